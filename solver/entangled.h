/* Questions about problems whose terms over several nodes (factors) entangle too many nodes to be eliminated: exact branch and bound over the
 * table's own nodes.
 *
 *   model    auxiliary nodes become terms over their parts (entangled_model.c)
 *   first    networks by local search (entangled_first.c)
 *   root     multipliers of the limits and messages of the terms give a bound (entangled_root.c, entangled_lane.c, entangled_state.c)
 *   search   depth first, the messages improved at each search node (entangled_search.c)
 *   ties     among equals the lexicographically smallest: node by node, is there one with a smaller block here? (entangled.c) */
#ifndef MN_SOLVER_ENTANGLED_H
#define MN_SOLVER_ENTANGLED_H

#include "solver/engine.h"

typedef struct mn_entangled mn_entangled;

/* Whether some auxiliary node is tied by no diagram. */
bool mn_entangled_needed(const mn_problem *problems, int count);

/* Problems are borrowed; each may have terms that its diagram ties, or none. MN_USAGE: one is scaled. */
mn_status mn_entangled_create(const mn_problem *problems, int count, mn_error *error, mn_entangled **terms);
void mn_entangled_free(mn_entangled *terms);

/* As mn_engine_solve. */
mn_status mn_entangled_solve(mn_entangled *terms, const mn_question *question, mn_arena *arena, mn_answer *answer,
                             mn_error *error);

#endif
