#include "host/cli/csv_out.h"

#include <inttypes.h>
#include <string.h>

static int find_name(const csv_out *csv, const char *name)
{
    for (int i = 0; i < csv->node_columns; i++)
        if (!strcmp(csv->node_names[i], name))
            return i;
    return -1;
}

static mn_status collect_nodes(cli *c, csv_out *csv)
{
    int most = 0;
    for (int t = 0; t < csv->table_count; t++)
        most += mn_table_node_count(csv->tables[t]);
    csv->node_names = calloc((size_t)most + 1, sizeof *csv->node_names);
    csv->node_of = calloc((size_t)csv->table_count, sizeof *csv->node_of);
    if (!csv->node_names || !csv->node_of)
        return cli_fail_memory(c);
    for (int t = 0; t < csv->table_count; t++)
        for (int node = 0; node < mn_table_node_count(csv->tables[t]); node++)
            if (find_name(csv, mn_table_node_name(csv->tables[t], node)) < 0)
                csv->node_names[csv->node_columns++] = mn_table_node_name(csv->tables[t], node);
    for (int t = 0; t < csv->table_count; t++) {
        csv->node_of[t] = malloc(((size_t)csv->node_columns + 1) * sizeof **csv->node_of);
        if (!csv->node_of[t])
            return cli_fail_memory(c);
        for (int i = 0; i < csv->node_columns; i++)
            csv->node_of[t][i] = -1;
        for (int node = 0; node < mn_table_node_count(csv->tables[t]); node++)
            csv->node_of[t][find_name(csv, mn_table_node_name(csv->tables[t], node))] = node;
    }
    return MN_OK;
}

mn_status csv_open(cli *c, csv_out *csv)
{
    *csv = (csv_out){.tables = c->tables, .table_count = c->table_count, .names = cli_has(c, "names")};
    for (int t = 0; t < c->table_count; t++) {
        csv->has_encoding |= *mn_table_encoding(c->tables[t]) != 0;
        uint16_t *first = calloc((size_t)mn_table_node_count(c->tables[t]) + 1, sizeof *first);
        if (!first)
            return cli_fail_memory(c);
        csv->has_index |= mn_network_index(c->tables[t], first) >= 0;
        free(first);
    }
    return collect_nodes(c, csv);
}

void csv_close(csv_out *csv)
{
    for (int t = 0; csv->node_of && t < csv->table_count; t++)
        free(csv->node_of[t]);
    free(csv->node_of);
    free(csv->node_names);
}

void csv_add_cell(text *out, const char *cell)
{
    if (!cell[strcspn(cell, ",\"\r\n")]) {
        text_put(out, cell);
        return;
    }
    text_put(out, "\"");
    for (; *cell; cell++)
        text_add(out, *cell == '"' ? "\"\"" : cell, *cell == '"' ? 2 : 1);
    text_put(out, "\"");
}

static int metric_count(const csv_out *csv)
{
    return csv->without_metrics ? 0 : mn_table_metric_count(csv->tables[0]);
}

void csv_add_header(const csv_out *csv, text *out)
{
    const mn_table *table = csv->tables[0];
    for (int i = 0; i < csv->node_columns; i++) {
        text_put(out, i ? "," : "");
        csv_add_cell(out, csv->node_names[i]);
    }
    for (int i = 0; i < metric_count(csv); i++) {
        text_put(out, ",");
        csv_add_cell(out, mn_table_metric_name(table, i));
    }
    text_put(out, csv->table_count > 1 ? ",table" : "");
    text_put(out, csv->has_encoding ? ",arch_str" : "");
    text_put(out, csv->has_index ? ",index" : "");
}

static void add_block(const csv_out *csv, text *out, const mn_table *table, int node, unsigned block)
{
    char digits[8];
    int length = 0;
    if (csv->names) {
        csv_add_cell(out, mn_table_block_name(table, node, (int)block));
        return;
    }
    do
        digits[sizeof digits - (size_t)++length] = (char)('0' + block % 10);
    while (block /= 10);
    text_add(out, digits + sizeof digits - length, (size_t)length);
}

void csv_add_row(const csv_out *csv, text *out, int t, const uint16_t *network, const int64_t *values)
{
    const mn_table *table = csv->tables[t];
    char number[MN_NUMBER_SIZE];
    for (int i = 0; i < csv->node_columns; i++) {
        const int node = csv->node_of[t][i];
        if (i)
            text_add(out, ",", 1);
        if (node >= 0)
            add_block(csv, out, table, node, network[node]);
    }
    for (int i = 0; i < metric_count(csv); i++) {
        text_add(out, ",", 1);
        text_put(out, mn_format(values[i], mn_table_metric_resolution(table, i), number));
    }
    if (csv->table_count > 1) {
        text_add(out, ",", 1);
        csv_add_cell(out, mn_table_name(table));
    }
    if (csv->has_encoding) {
        char encoded[1024];
        text_add(out, ",", 1);
        if (mn_network_encode(table, network, encoded, sizeof encoded))
            csv_add_cell(out, encoded);
    }
    if (csv->has_index) {
        const int64_t index = mn_network_index(table, network);
        text_printf(out, index >= 0 ? ",%" PRId64 : ",", index);
    }
}

int csv_column_count(const csv_out *csv)
{
    return csv->node_columns + metric_count(csv) + (csv->table_count > 1) + csv->has_encoding + csv->has_index;
}

void csv_add_empty(const csv_out *csv, text *out)
{
    for (int i = 1; i < csv_column_count(csv); i++)
        text_add(out, ",", 1);
}
