/* The columns of a CSV that say which network a row is about. */
#ifndef MN_FILES_NETWORK_COLUMNS_H
#define MN_FILES_NETWORK_COLUMNS_H

#include "host/core/table.h"
#include "host/files/csv.h"

typedef struct mn_network_columns {
    const mn_table *table;
    mn_csv *csv;
    int *column_of; /* [node_count] one column a node; NULL when `column` alone holds the network */
    bool *digits;   /* [node_count] some block of the node is named by digits, so that a name may look like an index */
    int column, form;   /* the single column, and which of arch, arch_str, number, index it is */
    int64_t *number_of; /* [table->count] network number of each index of the benchmark, -1: none; NULL unless needed */
    char *text;         /* terminated copy of a cell */
    size_t room;
} mn_network_columns;

/* Finds the columns. Call mn_network_columns_close after success and failure. */
mn_status mn_network_columns_open(mn_network_columns *columns, const mn_table *table, mn_csv *csv);
void mn_network_columns_close(mn_network_columns *columns);

/* Whether column `column` speaks of networks: it is used here, or is one of the reserved names. */
bool mn_network_columns_hold(const mn_network_columns *columns, int column);

/* The network [node_count] of the csv's present row; it obeys the table's rules. */
mn_status mn_network_columns_read(mn_network_columns *columns, uint16_t *network);

#endif
