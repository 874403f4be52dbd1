#include "host/core/network.h"
#include "host/core/memory.h"

#include <stdio.h>

#define SPACES " \t\r\n\v\f"

/* A slice of text as a block of `node`: a name, else an index. */
static mn_status read_block(const mn_table *table, int node, const char *text, size_t length, uint16_t *choice,
                            mn_error *error)
{
    const size_t spaces = strspn(text, SPACES), skipped = spaces < length ? spaces : length;
    text += skipped;
    length -= skipped;
    while (length > 0 && strchr(SPACES, text[length - 1]))
        length--;
    char *name = mn_copy_text(text, length);
    if (!name)
        return mn_fail_memory(error);
    const int block = mn_table_find_block(table, node, name);
    mn_status status = MN_OK;
    if (block < 0)
        status = mn_fail(error, MN_USAGE,
                         "node \"%s\" has no block \"%.80s\"; expected a block name or an index from 0 to %d",
                         table->nodes[node].name, name, table->nodes[node].block_count - 1);
    else
        *choice = (uint16_t)block;
    free(name);
    return status;
}

static mn_status parse_list(const mn_table *table, const char *text, uint16_t *network, mn_error *error)
{
    int count = 1;
    for (const char *at = text; *at; at++)
        count += *at == ',';
    if (count != table->node_count)
        return mn_fail(error, MN_USAGE, "network \"%.200s\": expected %d block%s, found %d", text, table->node_count,
                       table->node_count == 1 ? "" : "s separated by commas, one for each node", count);
    for (int node = 0; node < table->node_count; node++) {
        const size_t length = strcspn(text, ",");
        const mn_status status = read_block(table, node, text, length, &network[node], error);
        if (status != MN_OK)
            return status;
        text += length + 1;
    }
    return MN_OK;
}

/* ---- NAS-Bench-201 and NATS topology strings: |op~0|+|op~0|op~1|+|op~0|op~1|op~2| ----------------------------------------------- */

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
            const mn_status status = read_block(table, node, at, length, &network[node], error);
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

/* ---- the public forms ----------------------------------------------------------------------------------------------------------- */

static bool has_encoding(const mn_table *table, const char *encoding)
{
    return table->encoding && !strcmp(table->encoding, encoding);
}

static bool is_digit_string(const mn_table *table, const char *text)
{
    const size_t digits = strspn(text, "0123456789");
    return table->node_count > 1 && digits == (size_t)table->node_count &&
           text[digits + strspn(text + digits, SPACES)] == 0;
}

mn_status mn_network_parse(const mn_table *table, const char *text, uint16_t *network, mn_error *error)
{
    text += strspn(text, SPACES);
    if (*text == '|' && has_encoding(table, "nasbench201") && table->node_count == 6)
        return parse_topology(table, text, network, error);
    if (has_encoding(table, "nasbench-macro") && is_digit_string(table, text))
        return parse_digits(table, text, network, error);
    return parse_list(table, text, network, error);
}

bool mn_network_encode(const mn_table *table, const uint16_t *network, char *text, size_t size)
{
    if (has_encoding(table, "nasbench201") && table->node_count == 6)
        return print_topology(table, network, text, size);
    if (has_encoding(table, "nasbench-macro"))
        return print_digits(table, network, text, size);
    return false;
}

bool mn_network_print(const mn_table *table, const uint16_t *network, char *text, size_t size)
{
    size_t used = 0;
    for (int node = 0; node < table->node_count; node++) {
        const int length = snprintf(text + used, size - used, node ? ",%d" : "%d", network[node]);
        if (length < 0 || (size_t)length >= size - used)
            return false;
        used += (size_t)length;
    }
    return true;
}

bool mn_network_number(const mn_table *table, const uint16_t *network, uint64_t *number)
{
    if (table->count == UINT64_MAX)
        return false;
    *number = 0;
    for (int node = 0; node < table->node_count; node++)
        *number = *number * (uint64_t)table->nodes[node].block_count + network[node];
    return true;
}

bool mn_network_from_number(const mn_table *table, uint64_t number, uint16_t *network)
{
    if (table->count == UINT64_MAX || number >= table->count)
        return false;
    for (int node = table->node_count - 1; node >= 0; node--) {
        const uint64_t blocks = (uint64_t)table->nodes[node].block_count;
        network[node] = (uint16_t)(number % blocks);
        number /= blocks;
    }
    return true;
}

int64_t mn_network_index(const mn_table *table, const uint16_t *network)
{
    uint64_t number;
    if (!table->index_of || !mn_network_number(table, network, &number))
        return -1;
    return table->index_of[number];
}
