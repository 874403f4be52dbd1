/* Tables for the list dynamic program where its lists are dense: one cell for every weight of a window, with the least score that is
 * lost. Cells need no order and no merging, so that deciding a node costs one vector addition and minimum for sixteen cells and
 * block; lists are better only where few of the weights occur.
 *
 * Weights and scores are differences from the break network. */
#ifndef MN_SOLVER_KNAPSACK_TABLES_H
#define MN_SOLVER_KNAPSACK_TABLES_H

#include "host/mathnas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mn_cells {
    int64_t low, high; /* weights; high < low: no cell */
    size_t begin;      /* of the cell of weight `low` */
} mn_cells;

typedef struct mn_tables {
    size_t used, capacity, most; /* cells of all tables */
    int32_t *cells;              /* the score given up against the break network; MN_NO_CELL: no state */
    int count, table_capacity;
    mn_cells *tables;
    int32_t *source; /* scratch: the last table with room around it */
    size_t source_capacity;
    uint64_t made; /* cells looked at */
} mn_tables;

#define MN_NO_CELL ((int32_t)1 << 30)
#define MN_MOST_CELL ((int32_t)1 << 28) /* no score that is given up may be larger, nor smaller than less that */

void mn_tables_start(mn_tables *tables, size_t most);
void mn_tables_free(mn_tables *tables);

/* Appends a table of that window, its cells not set. MN_STOPPED: more cells than may be kept. MN_FAILURE: memory. */
mn_status mn_tables_append(mn_tables *tables, int64_t low, int64_t high);

/* Appends a copy of table `from` of other tables. */
mn_status mn_tables_copy(const mn_tables *others, int from, mn_tables *tables);

/* Appends a table of that window: every state of the last table moved by each of the blocks [count], by their weights and what they
 * give up; of equal weights the best. */
mn_status mn_tables_decide(mn_tables *tables, int64_t low, int64_t high, const int64_t *weights,
                           const int64_t *given_up, int count);

/* Forgets all tables but the last. */
void mn_tables_keep_last(mn_tables *tables);

/* Forgets every second table, not the first. */
void mn_tables_halve(mn_tables *tables);

/* Takes cells off the ends of the last table. */
void mn_tables_trim(mn_tables *tables, int64_t low, int64_t high);

static inline int32_t *mn_tables_cell(const mn_tables *tables, int table, int64_t weight)
{
    const mn_cells *t = &tables->tables[table];
    return tables->cells + t->begin + (weight - t->low);
}

/* The least that is given up at weights from `low` to `high`; MN_NO_CELL: nothing is there. */
int32_t mn_tables_least(const mn_tables *tables, int table, int64_t low, int64_t high);

#endif
