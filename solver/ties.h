/* Among the networks of the best value, the lexicographically smallest of the earliest problem. */
#ifndef MN_SOLVER_TIES_H
#define MN_SOLVER_TIES_H

#include "solver/parts.h"
#include "solver/control.h"

#include <stdatomic.h>

typedef struct mn_ties {
    const mn_parts *parts;
    const int64_t *capacities;
    const mn_control *control;
    int threads;
    uint64_t expected; /* nodes of a search, as a guess */
    mn_arena *arena;
    _Atomic uint64_t *nodes;
} mn_ties;

/* `best` is a network of the best value there is; it becomes the one that counts. MN_OK, MN_STOPPED, MN_INTERRUPTED (best is then
 * some network of that value), MN_FAILURE. */
mn_status mn_ties_settle(const mn_ties *ties, mn_best_entry *best);

#endif
