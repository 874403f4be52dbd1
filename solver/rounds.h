/* One question answered by bounds and branch and bound, in rounds of growing distance from the bound. */
#ifndef MN_SOLVER_ROUNDS_H
#define MN_SOLVER_ROUNDS_H

#include "solver/engine.h"
#include "solver/multipliers.h"

/* All problems, each as one graph or as the graphs it splits into, with the networks that their relaxations met. */
typedef struct mn_graphs {
    int count, width; /* width: nodes of the widest problem */
    mn_prepared *prepared;
    mn_pool *pools;
} mn_graphs;

/* As mn_engine_solve. Everything in the arena is overwritten. */
mn_status mn_rounds_solve(const mn_graphs *graphs, const mn_question *question, mn_arena *arena, mn_answer *answer,
                          mn_error *error);

#endif
