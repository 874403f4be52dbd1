#include "host/files/network_columns.h"
#include "host/files/utf8.h"
#include "host/core/memory.h"
#include "host/core/network.h"

#include <stdio.h>

/* The single columns, in the order in which they are looked for. */
enum { ARCH, ARCH_STR, NUMBER, INDEX, FORM_COUNT };
static const char *const form_names[FORM_COUNT] = {"arch", "arch_str", "number", "index"};

/* ---- finding the columns -------------------------------------------------------------------------------------------------------- */

static bool has_name(const mn_cell *cell, const char *name, size_t length)
{
    return cell->length == length && !memcmp(cell->text, name, length);
}

/* Node columns mostly stand in the table's order, so the search for each begins behind the one before. */
static int find_from(const mn_csv *csv, int start, const char *name)
{
    const size_t length = strlen(name);
    for (int i = 0; i < csv->column_count; i++) {
        const int column = start + i < csv->column_count ? start + i : start + i - csv->column_count;
        if (has_name(&csv->header[column], name, length))
            return column;
    }
    return -1;
}

/* How many nodes have a column; `missing` becomes the first that has none. */
static int find_node_columns(mn_network_columns *columns, int *missing)
{
    const mn_table *table = columns->table;
    int found = 0, start = 0;
    *missing = -1;
    for (int node = 0; node < table->node_count; node++) {
        columns->column_of[node] = find_from(columns->csv, start, table->nodes[node].name);
        if (columns->column_of[node] >= 0) {
            found++;
            start = (columns->column_of[node] + 1) % columns->csv->column_count;
        } else if (*missing < 0) {
            *missing = node;
            if (found == 0 && node > 0)
                break; /* the first two have none: no need to search for all of a large table's */
        }
    }
    return found;
}

static void note_digit_names(mn_network_columns *columns)
{
    for (int node = 0; node < columns->table->node_count; node++) {
        const mn_node *n = &columns->table->nodes[node];
        for (int block = 0; block < n->block_count && !columns->digits[node]; block++)
            columns->digits[node] = strspn(n->blocks[block].name, "0123456789") == strlen(n->blocks[block].name);
    }
}

static mn_status find_single_column(mn_network_columns *columns)
{
    mn_csv *csv = columns->csv;
    columns->column = -1;
    for (int form = 0; form < FORM_COUNT && columns->column < 0; form++) {
        columns->column = mn_csv_find(csv, form_names[form]);
        columns->form = form;
    }
    const mn_table *table = columns->table;
    if (columns->column < 0)
        return mn_fail(csv->error, MN_BAD_INPUT,
                       "%s:%d: expected a column for each node (\"%.80s\", ...) or a column arch, arch_str, number or "
                       "index; found "
                       "\"%.*s\"%s",
                       csv->name, csv->line, table->nodes[0].name,
                       mn_utf8_shown(csv->header[0].text, csv->header[0].length, 80), csv->header[0].text,
                       csv->column_count > 1 ? ", ..." : "");
    if (columns->form == NUMBER && table->count == UINT64_MAX)
        return mn_fail(csv->error, MN_BAD_INPUT,
                       "%s:%d: column \"number\": the space has more networks than 64-bit numbers; expected a column "
                       "for each node",
                       csv->name, csv->line);
    if (columns->form == INDEX && !table->index_of)
        return mn_fail(
            csv->error, MN_BAD_INPUT,
            "%s:%d: column \"index\": the table \"%.200s\" knows no order of a benchmark; expected node columns, arch, "
            "arch_str or number",
            csv->name, csv->line, table->name);
    return MN_OK;
}

/* The table numbers the networks in the benchmark's order; reading needs the way back. */
static mn_status invert_index(mn_network_columns *columns)
{
    const mn_table *table = columns->table;
    columns->number_of = mn_new_array((size_t)table->count, sizeof *columns->number_of);
    if (!columns->number_of)
        return mn_fail_memory(columns->csv->error);
    memset(columns->number_of, 0xff, (size_t)table->count * sizeof *columns->number_of);
    for (uint64_t number = 0; number < table->count; number++)
        if (table->index_of[number] >= 0 && (uint64_t)table->index_of[number] < table->count)
            columns->number_of[table->index_of[number]] = (int64_t)number;
    return MN_OK;
}

mn_status mn_network_columns_open(mn_network_columns *columns, const mn_table *table, mn_csv *csv)
{
    *columns = (mn_network_columns){.table = table, .csv = csv, .column = -1};
    columns->column_of = mn_new_array((size_t)table->node_count, sizeof *columns->column_of);
    columns->digits = mn_new_array((size_t)table->node_count, sizeof *columns->digits);
    if (!columns->column_of || !columns->digits)
        return mn_fail_memory(csv->error);
    int missing;
    const int found = find_node_columns(columns, &missing);
    if (found == table->node_count) {
        note_digit_names(columns);
        return MN_OK;
    }
    if (found > 0)
        return mn_fail(csv->error, MN_BAD_INPUT,
                       "%s:%d: expected a column for each of the %d nodes; \"%.200s\" has none", csv->name, csv->line,
                       table->node_count, table->nodes[missing].name);
    free(columns->column_of);
    columns->column_of = NULL;
    const mn_status status = find_single_column(columns);
    return status == MN_OK && columns->form == INDEX ? invert_index(columns) : status;
}

void mn_network_columns_close(mn_network_columns *columns)
{
    free(columns->column_of);
    free(columns->digits);
    free(columns->number_of);
    free(columns->text);
}

bool mn_network_columns_hold(const mn_network_columns *columns, int column)
{
    const mn_cell *name = &columns->csv->header[column];
    for (int form = 0; form < FORM_COUNT; form++)
        if (has_name(name, form_names[form], strlen(form_names[form])))
            return true;
    for (int node = 0; columns->column_of && node < columns->table->node_count; node++)
        if (columns->column_of[node] == column)
            return true;
    return false;
}

/* ---- reading a row -------------------------------------------------------------------------------------------------------------- */

/* The whole cell as a decimal number below `limit`. */
static bool read_number(const mn_cell *cell, uint64_t limit, uint64_t *number)
{
    *number = 0;
    if (cell->length == 0 || cell->length > 20)
        return false;
    for (size_t i = 0; i < cell->length; i++) {
        const unsigned digit = (unsigned char)cell->text[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(*number, (uint64_t)10, number) ||
            __builtin_add_overflow(*number, (uint64_t)digit, number))
            return false;
    }
    return *number < limit;
}

static int find_block(const mn_node *node, const mn_cell *cell)
{
    for (int block = 0; block < node->block_count; block++)
        if (has_name(cell, node->blocks[block].name, strlen(node->blocks[block].name)))
            return block;
    return -1;
}

/* By name, else by index; the index first where no name looks like one. */
static mn_status read_block(const mn_network_columns *columns, int node, uint16_t *choice)
{
    const mn_node *n = &columns->table->nodes[node];
    const mn_cell *cell = &columns->csv->cells[columns->column_of[node]];
    const int named = columns->digits[node] ? find_block(n, cell) : -1;
    uint64_t number;
    if (named < 0 && read_number(cell, (uint64_t)n->block_count, &number)) {
        *choice = (uint16_t)number;
        return MN_OK;
    }
    const int block = named >= 0 ? named : find_block(n, cell);
    if (block >= 0) {
        *choice = (uint16_t)block;
        return MN_OK;
    }
    char expected[128];
    snprintf(expected, sizeof expected, "a block's name or an index from 0 to %d", n->block_count - 1);
    return mn_csv_fail_cell(columns->csv, columns->column_of[node], expected);
}

static mn_status read_text(mn_network_columns *columns, uint16_t *network)
{
    const mn_csv *csv = columns->csv;
    const mn_cell *cell = &csv->cells[columns->column];
    if (cell->length + 1 > columns->room) {
        char *text = realloc(columns->text, 2 * cell->length + 64);
        if (!text)
            return mn_fail_memory(csv->error);
        columns->text = text;
        columns->room = 2 * cell->length + 64;
    }
    memcpy(columns->text, cell->text, cell->length);
    columns->text[cell->length] = 0;
    mn_error inner = {0};
    const mn_status status = mn_network_parse(columns->table, columns->text, network, &inner);
    if (status == MN_OK)
        return MN_OK;
    return mn_fail(csv->error, status == MN_FAILURE ? MN_FAILURE : MN_BAD_INPUT, "%s:%d: column \"%s\": %s", csv->name,
                   csv->line, form_names[columns->form], inner.text);
}

static mn_status read_numbered(mn_network_columns *columns, uint16_t *network)
{
    const mn_table *table = columns->table;
    uint64_t number;
    bool good = read_number(&columns->csv->cells[columns->column], table->count, &number);
    if (good && columns->form == INDEX) {
        good = columns->number_of[number] >= 0;
        number = good ? (uint64_t)columns->number_of[number] : 0;
    }
    if (good && mn_network_from_number(table, number, network))
        return MN_OK;
    char expected[128];
    snprintf(expected, sizeof expected, "a network's %s below %llu", columns->form == INDEX ? "index" : "number",
             (unsigned long long)table->count);
    return mn_csv_fail_cell(columns->csv, columns->column, expected);
}

static mn_status read_nodes(const mn_network_columns *columns, uint16_t *network)
{
    for (int node = 0; node < columns->table->node_count; node++) {
        const mn_status status = read_block(columns, node, &network[node]);
        if (status != MN_OK)
            return status;
    }
    return MN_OK;
}

mn_status mn_network_columns_read(mn_network_columns *columns, uint16_t *network)
{
    const mn_table *table = columns->table;
    mn_status status;
    if (columns->column_of)
        status = read_nodes(columns, network);
    else if (columns->form == ARCH || columns->form == ARCH_STR)
        status = read_text(columns, network);
    else
        status = read_numbered(columns, network);
    if (status != MN_OK)
        return status;
    const int broken = mn_rules_broken(table->rules, table->rule_count, network);
    return broken < 0 ? MN_OK
                      : mn_fail(columns->csv->error, MN_BAD_INPUT, "%s:%d: the network breaks the rule %.600s",
                                columns->csv->name, columns->csv->line, table->rules[broken].text);
}
