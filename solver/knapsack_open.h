/* Deciding a node in tables: which states of the decided nodes the open ones, those not yet decided, can still bring to a target.
 *
 * For any multiplier u, unit * (given up) + u * weight of a whole network is at least what its decided nodes bring, less what the open
 * ones gain over their break items. A multiplier near the break bounds states near the capacity, one further off those far from it;
 * several such cuts together follow the convex loss of moving weight through the open nodes. */
#ifndef MN_SOLVER_KNAPSACK_OPEN_H
#define MN_SOLVER_KNAPSACK_OPEN_H

#include "solver/knapsack_core.h"

enum { MN_MOST_CUTS = 32 };

typedef struct mn_cuts {
    int count;
    int64_t multipliers[MN_MOST_CUTS];
    int64_t *gains; /* [core nodes][count] of each node's best item over its break item, >= 0 */
} mn_cuts;

/* False: memory ran out. */
bool mn_cuts_make(const mn_core_work *work, const mn_kept *kept, mn_cuts *cuts);

/* The open nodes all together. */
typedef struct mn_open {
    int64_t least_weight, most_weight; /* sums of their lightest and of their heaviest items */
    int64_t heavier, lighter;          /* their break items stay the best between these multipliers */
    int64_t gains[MN_MOST_CUTS];
} mn_open;

/* Weights and given up scores are differences from the break network. */
typedef struct mn_goal {
    int64_t room, target; /* most weight, most given up score of a whole network */
} mn_goal;

/* The lightest and the heaviest of the node's items. */
void mn_core_node_range(const mn_kept *kept, const mn_core_node *node, int64_t *least, int64_t *most);

/* Whether the last list had better be a table: one in `sparse` of the weights it spans occurs in it. */
bool mn_lists_dense(const mn_core_work *work, int sparse);

/* Starts the tables with the last list. */
mn_status mn_tables_from_list(const mn_core_work *work);

/* The blocks between which a node decides, against its break item; that is among them. */
typedef struct mn_choice {
    const int64_t *weights, *given_up;
    int count;
} mn_choice;

/* The next table: the last one with one more node decided; `open`: without it. */
mn_status mn_open_decide(const mn_core_work *work, mn_choice choice, const mn_cuts *cuts, const mn_open *open,
                         mn_goal goal);

/* The least that is given up in a table at weights up to `room`, if that is at most `target`; else MN_NO_CELL. */
int32_t mn_open_least(const mn_core_work *work, int table, int64_t room, int64_t target);

#endif
