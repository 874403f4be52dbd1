/* Lagrange multipliers of the rows at (nearly) the optimum of the linear relaxation.
 *
 * Any multipliers >= 0 give a valid bound, so they need to be good, not exact: every bound that prunes is recomputed in integers
 * (core.c). Where nodes are independent and there are several rows, a dual simplex finds them (relaxation.c), warm after a change of
 * capacities. Otherwise the relaxation's optimum is a convex combination of few networks: starting from known networks, the best
 * network under the present multipliers joins until none improves (Dantzig and Wolfe, Operations Research 8, 1960). With one row
 * this is the search for the hull edge above the capacity. The networks met do not depend on the capacities: they are kept in a
 * pool, so that a question with other capacities mostly finds its multipliers, or a first good network, there. */
#ifndef MN_SOLVER_MULTIPLIERS_H
#define MN_SOLVER_MULTIPLIERS_H

#include "solver/form.h"
#include "solver/relaxation.h"

enum { MN_POOL_SIZE = 256 };

/* Networks with the sums of their score and limits, for one problem. */
typedef struct mn_pool {
    int count, width, node_count;
    double *sums;      /* [MN_POOL_SIZE][width]: score, then rows */
    uint16_t *choices; /* [MN_POOL_SIZE][node_count] */
    /* the simplex, once it was needed, with the limits that its rows are */
    mn_relaxation *relaxation;
    int loaded_count, *loaded; /* [width] */
} mn_pool;

mn_status mn_pool_make(int width, int node_count, mn_error *error, mn_pool *pool);
void mn_pool_free(mn_pool *pool);

/* multipliers [row_count], score per unit of the row, >= 0. When every row is one of the problem's limits the pool keeps its networks
 * from call to call; otherwise it is emptied first. Its width is at least 1 + limits and 1 + rows. MN_OK or MN_FAILURE (memory). */
mn_status mn_multipliers_find(const mn_form *form, mn_pool *pool, mn_arena *arena, double *multipliers);

#endif
