/* Depth-first search of a core, without recursion, on one or more threads: one subtraction and one sign test a block for sixteen
 * lanes; the last nodes by a table of their combinations (suffixes.h) once the search has gone on for a while. */
#ifndef MN_SOLVER_SEARCH_H
#define MN_SOLVER_SEARCH_H

#include "solver/control.h"
#include "solver/core.h"

#include <stdatomic.h>

/* Called with every network [node_count] that meets all lanes, by one thread of the search at a time. It may raise the threshold;
 * true: enough. */
typedef bool (*mn_search_found)(void *context, const uint16_t *network);

typedef struct mn_search {
    const mn_core *core;
    mn_core_order order; /* of the core's arcs */
    int threads;
    uint64_t expected; /* nodes, as a guess: large tables of suffixes are made at once where they will pay */
    const mn_control *control;
    const _Atomic int64_t *threshold; /* linear score that a network needs now; it may rise at any time */
    mn_search_found found;
    /* Called by the caller's thread every few thousand nodes, `nodes` of all searches so far; NULL: never. True: enough. */
    bool (*pause)(void *context, uint64_t nodes);
    void *context;
} mn_search;

/* `nodes` counts visited search nodes and is added to; the search ends when it reaches control->node_limit (a little later with
 * several threads). MN_OK: every network that meets all lanes was found, or the caller had enough; MN_STOPPED, MN_INTERRUPTED,
 * MN_FAILURE. Which networks are found before the threshold has risen, and in which order, depends on the threads; that none
 * above the final threshold is missed does not. */
mn_status mn_search_run(const mn_search *search, mn_arena *arena, _Atomic uint64_t *nodes);

#endif
