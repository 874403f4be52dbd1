/* Depth-first search of a core, without recursion, on one or more threads: one subtraction and one sign test a block for sixteen
 * lanes; the last nodes by a table of their combinations (suffixes.h) once the search has gone on for a while. */
#ifndef MN_SOLVER_SEARCH_H
#define MN_SOLVER_SEARCH_H

#include "solver/control.h"
#include "solver/core.h"

/* Called with every network [node_count] that meets all lanes, by one thread at a time. Returns by how much the threshold rises
 * (>= 0), or MN_SEARCH_ENOUGH to end the search. */
typedef int64_t (*mn_search_found)(void *context, const uint16_t *network);
enum { MN_SEARCH_ENOUGH = -1 };

typedef struct mn_search {
    const mn_core *core;
    mn_core_order order; /* of the core's arcs */
    int threads;
    uint64_t expected; /* nodes, as a guess: large tables of suffixes are made at once where they will pay */
    const mn_control *control;
    mn_search_found found;
    void *context;
} mn_search;

/* `nodes` counts visited search nodes and is added to; the search ends when it reaches control->node_limit (a little later with
 * several threads). MN_OK: the core is exhausted, or the caller had enough; MN_STOPPED, MN_INTERRUPTED, MN_FAILURE. Which networks
 * are found before the threshold has risen, and in which order, depends on the threads; that none above the final threshold is
 * missed does not. */
mn_status mn_search_run(const mn_search *search, mn_arena *arena, uint64_t *nodes);

#endif
