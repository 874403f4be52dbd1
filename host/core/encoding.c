#include "host/core/encoding.h"
#include "host/core/attribute.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SPACES " \t\r\n\v\f"

/* Appends to text that holds `used` characters; false when `size` is too small. */
__attribute__((format(printf, 4, 5))) static bool append(char *text, size_t size, size_t *used, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text + *used, size - *used, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= size - *used)
        return false;
    *used += (size_t)length;
    return true;
}

/* ---- NAS-Bench-201 and NATS topology strings: |op~0|+|op~0|op~1|+|op~0|op~1|op~2| ----------------------------------------------- */

static bool is_topology(const mn_table *table, const char *text)
{
    (void)table;
    return *text == '|';
}

static mn_status parse_topology(const mn_table *table, const char *text, uint16_t *network, mn_error *error)
{
    const char *at = text;
    int node = 0;
    for (int target = 1; target <= 3; target++) {
        if (*at++ != '|')
            goto malformed;
        for (int source = 0; source < target; source++, node++) {
            const size_t length = strcspn(at, "~|");
            if (at[length] != '~' || at[length + 1] != '0' + source || at[length + 2] != '|')
                goto malformed;
            const mn_status status = mn_network_read_block(table, node, at, length, &network[node], error);
            if (status != MN_OK)
                return status;
            at += length + 3;
        }
        if (target < 3 && *at++ != '+')
            goto malformed;
    }
    if (at[strspn(at, SPACES)] == 0)
        return MN_OK;
malformed:
    return mn_fail(error, MN_USAGE, "network \"%.200s\": expected the form |op~0|+|op~0|op~1|+|op~0|op~1|op~2|", text);
}

static bool print_topology(const mn_table *table, const uint16_t *network, char *text, size_t size)
{
    const char *name[6];
    for (int node = 0; node < 6; node++)
        name[node] = table->nodes[node].blocks[network[node]].name;
    const int length = snprintf(text, size, "|%s~0|+|%s~0|%s~1|+|%s~0|%s~1|%s~2|", name[0], name[1], name[2], name[3],
                                name[4], name[5]);
    return length >= 0 && (size_t)length < size;
}

/* ---- digit strings, one digit a node: NAS-Bench-Macro ("22212220") --------------------------------------------------------------- */

static bool is_digit_string(const mn_table *table, const char *text)
{
    const size_t digits = strspn(text, "0123456789");
    return table->node_count > 1 && digits == (size_t)table->node_count &&
           text[digits + strspn(text + digits, SPACES)] == 0;
}

/* A digit is an index, whatever the blocks' names are. */
static mn_status parse_digits(const mn_table *table, const char *text, uint16_t *network, mn_error *error)
{
    for (int node = 0; node < table->node_count; node++) {
        const int block = text[node] - '0', count = table->nodes[node].block_count;
        if (block >= count)
            return mn_fail(error, MN_USAGE, "node \"%s\" has no block \"%d\"; expected a digit from 0 to %d",
                           table->nodes[node].name, block, count - 1);
        network[node] = (uint16_t)block;
    }
    return MN_OK;
}

static bool print_digits(const mn_table *table, const uint16_t *network, char *text, size_t size)
{
    if ((size_t)table->node_count + 1 > size)
        return false;
    for (int node = 0; node < table->node_count; node++) {
        if (network[node] > 9)
            return false;
        text[node] = (char)('0' + network[node]);
    }
    text[table->node_count] = 0;
    return true;
}

/* ---- TransNAS-Bench-101, micro: 64-41414-a_bc_def, the macro skeleton and a digit for each edge ------------------------------------ */

static const char transnas_prefix[] = "64-41414-";

static bool is_transnas(const mn_table *table, const char *text)
{
    (void)table;
    return !strncmp(text, "64-", 3);
}

static mn_status parse_transnas(const mn_table *table, const char *text, uint16_t *network, mn_error *error)
{
    static const char form[] = "d_dd_ddd"; /* d: a digit */
    bool good = !strncmp(text, transnas_prefix, sizeof transnas_prefix - 1);
    const char *at = good ? text + (sizeof transnas_prefix - 1) : text;
    int node = 0;
    for (int i = 0; form[i] && good; i++) {
        good = form[i] == '_' ? at[i] == '_' : at[i] >= '0' && at[i] <= '9';
        if (good && form[i] == 'd')
            network[node++] = (uint16_t)(at[i] - '0');
    }
    if (!good || at[8 + strspn(at + 8, SPACES)])
        return mn_fail(error, MN_USAGE, "network \"%.200s\": expected the form %sa_bc_def, a digit for each edge", text,
                       transnas_prefix);
    for (node = 0; node < table->node_count; node++)
        if (network[node] >= table->nodes[node].block_count)
            return mn_fail(error, MN_USAGE, "node \"%s\" has no block \"%d\"; expected a digit from 0 to %d",
                           table->nodes[node].name, network[node], table->nodes[node].block_count - 1);
    return MN_OK;
}

static bool print_transnas(const mn_table *table, const uint16_t *network, char *text, size_t size)
{
    (void)table;
    size_t used = 0;
    for (int node = 0; node < 6; node++)
        if (network[node] > 9)
            return false;
    return append(text, size, &used, "%s%d_%d%d_%d%d%d", transnas_prefix, network[0], network[1], network[2],
                  network[3], network[4], network[5]);
}

/* ---- HW-NAS-Bench's FBNet: a list of 22 indices, [7, 8, 1, ...] ------------------------------------------------------------------- */

static bool is_bracketed(const mn_table *table, const char *text)
{
    (void)table;
    return *text == '[';
}

static mn_status parse_fbnet(const mn_table *table, const char *text, uint16_t *network, mn_error *error)
{
    const char *at = text + 1;
    for (int node = 0; node < table->node_count; node++) {
        const size_t length = strcspn(at, ",]");
        const char wanted = node + 1 < table->node_count ? ',' : ']';
        if (at[length] != wanted)
            return mn_fail(error, MN_USAGE, "network \"%.200s\": expected a list of %d indices in brackets", text,
                           table->node_count);
        const mn_status status = mn_network_read_block(table, node, at, length, &network[node], error);
        if (status != MN_OK)
            return status;
        at += length + 1;
    }
    if (at[strspn(at, SPACES)])
        return mn_fail(error, MN_USAGE, "network \"%.200s\": expected nothing after the list, found \"%.40s\"", text,
                       at);
    return MN_OK;
}

static bool print_fbnet(const mn_table *table, const uint16_t *network, char *text, size_t size)
{
    size_t used = 0;
    bool fits = size > 0;
    for (int node = 0; node < table->node_count && fits; node++)
        fits = append(text, size, &used, "%s%d", node ? ", " : "[", network[node]);
    return fits && append(text, size, &used, "]");
}

/* ---- Accel-NASBench: [[expansions], [kernels], [layers], [squeeze-excitation]], seven each ------------------------------------------ */

static const char *const accel_attributes[] = {"expansion", "kernel", "layers", "se"};
enum { ACCEL_ATTRIBUTES = 4, ACCEL_NODES = 7 };

/* A number, True or False; `at` moves behind it and the spaces that follow. */
static bool read_accel_value(const char **at, int64_t *value)
{
    const size_t letters = strspn(*at, "TrueFals"), digits = strspn(*at, "0123456789");
    if (letters == 4 && !strncmp(*at, "True", 4))
        *value = 1;
    else if (letters == 5 && !strncmp(*at, "False", 5))
        *value = 0;
    else if (digits > 0 && digits < 10)
        sscanf(*at, "%" SCNd64, value);
    else
        return false;
    *at += letters + digits;
    *at += strspn(*at, SPACES);
    return true;
}

static bool read_accel_mark(const char **at, char mark)
{
    if (**at != mark)
        return false;
    ++*at;
    *at += strspn(*at, SPACES);
    return true;
}

static bool read_accel_lists(const char *at, int64_t values[ACCEL_ATTRIBUTES][ACCEL_NODES])
{
    bool good = read_accel_mark(&at, '[');
    for (int list = 0; list < ACCEL_ATTRIBUTES && good; list++) {
        good = (list == 0 || read_accel_mark(&at, ',')) && read_accel_mark(&at, '[');
        for (int node = 0; node < ACCEL_NODES && good; node++)
            good = (node == 0 || read_accel_mark(&at, ',')) && read_accel_value(&at, &values[list][node]);
        good = good && read_accel_mark(&at, ']');
    }
    return good && read_accel_mark(&at, ']') && *at == 0;
}

/* The block of `node` with these attributes; -1 when there is none. */
static int find_accel_block(const mn_node *node, const int64_t *wanted)
{
    for (int block = 0; block < node->block_count; block++) {
        bool same = true;
        for (int i = 0; i < ACCEL_ATTRIBUTES && same; i++) {
            int64_t value;
            same = mn_block_integer(&node->blocks[block], accel_attributes[i], &value) && value == wanted[i];
        }
        if (same)
            return block;
    }
    return -1;
}

static mn_status parse_accel(const mn_table *table, const char *text, uint16_t *network, mn_error *error)
{
    int64_t values[ACCEL_ATTRIBUTES][ACCEL_NODES];
    if (!read_accel_lists(text, values))
        return mn_fail(
            error, MN_USAGE,
            "network \"%.200s\": expected [[expansions], [kernels], [layers], [squeeze-excitation]], lists of "
            "%d",
            text, ACCEL_NODES);
    for (int node = 0; node < ACCEL_NODES; node++) {
        const int64_t wanted[ACCEL_ATTRIBUTES] = {values[0][node], values[1][node], values[2][node], values[3][node]};
        const int block = find_accel_block(&table->nodes[node], wanted);
        if (block < 0)
            return mn_fail(error, MN_USAGE,
                           "node \"%s\" has no block of expansion %" PRId64 ", kernel %" PRId64 ", layers %" PRId64
                           ", se %" PRId64,
                           table->nodes[node].name, wanted[0], wanted[1], wanted[2], wanted[3]);
        network[node] = (uint16_t)block;
    }
    return MN_OK;
}

static bool print_accel(const mn_table *table, const uint16_t *network, char *text, size_t size)
{
    size_t used = 0;
    bool fits = size > 0;
    for (int list = 0; list < ACCEL_ATTRIBUTES; list++) {
        const bool truth = list == ACCEL_ATTRIBUTES - 1;
        for (int node = 0; node < ACCEL_NODES && fits; node++) {
            int64_t value;
            const char *before = node ? ", " : list ? "], [" : "[[";
            if (!mn_block_integer(&table->nodes[node].blocks[network[node]], accel_attributes[list], &value))
                return false;
            fits = truth ? append(text, size, &used, "%s%s", before, value ? "True" : "False")
                         : append(text, size, &used, "%s%" PRId64, before, value);
        }
    }
    return fits && append(text, size, &used, "]]");
}

/* ---- which one ------------------------------------------------------------------------------------------------------------------ */

const mn_encoding *mn_encoding_of(const mn_table *table)
{
    static const mn_encoding known[] = {
        {"nasbench201", 6, is_topology, parse_topology, print_topology},
        {"nasbench-macro", 0, is_digit_string, parse_digits, print_digits},
        {"transnas-micro", 6, is_transnas, parse_transnas, print_transnas},
        {"fbnet", 22, is_bracketed, parse_fbnet, print_fbnet},
        {"accel-nasbench", ACCEL_NODES, is_bracketed, parse_accel, print_accel},
    };
    for (size_t i = 0; table->encoding && i < sizeof known / sizeof *known; i++)
        if (!strcmp(table->encoding, known[i].name) && (!known[i].nodes || known[i].nodes == table->node_count))
            return &known[i];
    return NULL;
}
