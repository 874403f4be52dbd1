/* Depth-first search of a core, without recursion: one subtraction and one sign test a block, whatever the number of lanes. */
#ifndef MN_SOLVER_SEARCH_H
#define MN_SOLVER_SEARCH_H

#include "solver/control.h"
#include "solver/core.h"

/* Called with every network [node_count] that meets all lanes. Returns by how much the threshold rises (>= 0), or
 * MN_SEARCH_ENOUGH to end the search. */
typedef int64_t (*mn_search_found)(void *context, const uint16_t *network);
enum { MN_SEARCH_ENOUGH = -1 };

/* Searches in the order of the core's arcs. `nodes` counts visited search nodes and is added to; the search ends when it reaches
 * control->node_limit. MN_OK: the core is exhausted, or the caller had enough; MN_STOPPED, MN_INTERRUPTED, MN_FAILURE. */
mn_status mn_search_run(const mn_core *core, mn_core_order order, const mn_control *control, mn_search_found found,
                        void *context, mn_arena *arena, uint64_t *nodes);

#endif
