/* How much the nodes not yet decided can still help: their linear relaxation, by several multipliers.
 *
 * For any multiplier u, unit * (given up) + u * weight of a whole network is at least what its decided nodes bring less what the others
 * gain over their break items. One multiplier near the break bounds states near the capacity, one further off those far from it; together
 * they follow the convex loss of moving weight through the open nodes. */
#ifndef MN_SOLVER_KNAPSACK_CUTS_H
#define MN_SOLVER_KNAPSACK_CUTS_H

#include "solver/knapsack_core.h"

enum { MN_MOST_CUTS = 32 };

typedef struct mn_cuts {
    int count;
    int64_t multiplier[MN_MOST_CUTS];
    int64_t *gain; /* [core nodes + 1][count] of the core nodes before each, all together, >= 0 */
} mn_cuts;

/* False: memory ran out. */
bool mn_cuts_make(const mn_items *items, const mn_break *b, const mn_kept *kept, mn_arena *arena, mn_cuts *cuts);

#endif
