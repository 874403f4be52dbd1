/* Fronts of points of any number of dimensions and any 64-bit values: each dimension is replaced by ranks. When the ranks fit one word,
 * front_word.c does the rest, otherwise the general recursion here. */
#ifndef MN_SOLVER_FRONT_ROWS_H
#define MN_SOLVER_FRONT_ROWS_H

#include "solver/budget.h"
#include "solver/control.h"

/* Finds the rows that no other dominates; of equal rows the first.
 *
 * rows       [count][dimension_count] minimised; count < 2^31
 * survivors  [count] receives the rows' numbers, in no particular order
 * MN_OK, MN_FAILURE (no memory, without a sentence), MN_STOPPED or MN_INTERRUPTED. */
mn_status mn_rows_reduce(const uint64_t *rows, uint64_t count, int dimension_count, mn_budget *budget,
                         const mn_control *control, uint32_t *survivors, uint64_t *survivor_count);

#endif
