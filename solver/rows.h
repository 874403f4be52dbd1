/* What limits say of themselves and of one another, before any search. Their sums lie on a grid, to which capacities are rounded down;
 * and limits on the same expression, up to sign and factor, bound the same sum: the tightest counts, and when the ends of a range cross
 * there is no network, however many other limits hide it. In exact integers. */
#ifndef MN_SOLVER_ROWS_H
#define MN_SOLVER_ROWS_H

#include "solver/problem.h"

typedef struct mn_row_shape {
    mn_wide offset, step; /* every network's sum, without base, is offset + sign * step * X; step 0: X says nothing */
    int sign;             /* 1 or -1 */
    int group;            /* limits of the same X share it: the first of them */
    uint64_t hash;        /* of the values of X */
} mn_row_shape;

/* `shapes` [problem->limit_count]; what does not depend on the capacities. */
void mn_row_shapes(const mn_problem *problem, mn_row_shape *shapes);

/* Rounds `sums` [limit_count], capacities without bases, and sets those that another one implies to MN_NO_CAPACITY. False: two of them
 * exclude every network. */
bool mn_rows_tighten(const mn_row_shape *shapes, int limit_count, int64_t *sums);

#endif
