/* The CSV of networks: a column per node, the metrics, the table (when there are several), arch_str and index where the tables have
 * an encoding. Rows grow in a text; the caller writes it out. */
#ifndef MN_CLI_CSV_OUT_H
#define MN_CLI_CSV_OUT_H

#include "host/cli/cli.h"

typedef struct csv_out {
    mn_table *const *tables;
    int table_count;
    bool names; /* block names instead of indices */
    bool without_metrics;
    int node_columns; /* of all tables: the first one's, and what others add */
    const char **node_names;
    int **node_of; /* [tables][node_columns] -1: that table has no such node */
    bool has_encoding, has_index;
} csv_out;

mn_status csv_open(cli *c, csv_out *csv);
void csv_close(csv_out *csv);

int csv_column_count(const csv_out *csv);
void csv_add_header(const csv_out *csv, text *out); /* "node,...,metric,..." without a line end */
void csv_add_row(const csv_out *csv, text *out, int table, const uint16_t *network, const int64_t *values);
void csv_add_empty(const csv_out *csv, text *out); /* the commas of a row without an answer */
void csv_add_cell(text *out, const char *cell);    /* quoted where RFC 4180 asks for it */

#endif
