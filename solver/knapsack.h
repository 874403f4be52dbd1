/* One limit on independent nodes, the multiple-choice knapsack problem, by list dynamic programming over a core that grows only as
 * far as the proof needs (Pisinger, European Journal of Operational Research 83, 1995). */
#ifndef MN_SOLVER_KNAPSACK_H
#define MN_SOLVER_KNAPSACK_H

#include "solver/engine.h"
#include "solver/knapsack_bound.h"
#include "solver/knapsack_lists.h"
#include "solver/knapsack_tables.h"

/* Several graphs (tables, or the sequences that one table's rules split it into) under the same limit; what is kept between
 * questions: their items, and the ends of hull edges met. */
typedef struct mn_knapsack {
    int count, width; /* width: nodes of the widest problem */
    mn_items *items;  /* [count] */
    mn_hull *hulls;   /* [count] */
    mn_lists lists;
    mn_tables tables, kept_tables;
    size_t most_cells; /* that each of these may have; 0: 2^24, 64 MB */
} mn_knapsack;

void mn_knapsack_free(mn_knapsack *knapsack);

/* As mn_engine_solve, for a question about one limit, K = 1. `beyond`: the sums or the lists are too large for this method; the answer
 * holds what was found and proved before that (MN_OK). The arena is not reset. */
mn_status mn_knapsack_solve(mn_knapsack *knapsack, const mn_question *question, mn_arena *arena, mn_answer *answer,
                            bool *beyond, mn_error *error);

#endif
