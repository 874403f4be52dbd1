/* The bound before any branch: multipliers of the limits, and messages of the terms under them. */
#ifndef MN_SOLVER_ENTANGLED_ROOT_H
#define MN_SOLVER_ENTANGLED_ROOT_H

#include "solver/entangled_search.h"

typedef struct mn_entangled_root {
    mn_entangled_state *state;
    const int64_t *capacities; /* [limit_count] */
    const int *limits;         /* [lane_count - 1] those that are on, in the order of their lanes */
    bool plain;                /* all multipliers are 0 */
    bool known;                /* a network is */
    int64_t score;             /* ... of this score */
} mn_entangled_root;

/* Finds multipliers and builds the main lane under them. MN_OK or why the control stopped. */
mn_status mn_entangled_root_multipliers(mn_entangled_root *root, const mn_control *control, mn_arena *arena);

/* Level 0 as it is when the main lane must not pass `cap`: all blocks but those that no such network has. False: there is none. */
bool mn_entangled_root_enter(const mn_entangled_root *root, int32_t cap);

#endif
