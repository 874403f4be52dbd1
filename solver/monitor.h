/* What a running question tells about itself: its best network, its bound, the search nodes visited.
 *
 * The search reports from whatever thread it runs on; the callback is called by the thread that made the monitor alone. So a report
 * is kept until that thread looks: when the bound falls, and wherever it asks whether to stop (mn_control_check). Lines are
 * rationed: a burst of SIZE_OF_BURST, then LINES_A_SECOND; what happened in between is told with the next one. A question that nobody
 * follows has no monitor, and every call on NULL does nothing. */
#ifndef MN_SOLVER_MONITOR_H
#define MN_SOLVER_MONITOR_H

#include "host/core/link.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct mn_monitor {
    mn_log log;
    void *user;
    atomic_bool stop;    /* the callback asked for it */
    bool maximize;       /* else scores are negated objectives */
    const mn_link *link; /* of the objective, NULL: none; set it after mn_monitor_begin */
    double start;        /* mn_clock() */
    pthread_t caller;
    uint64_t nodes_before; /* of earlier searches for the same answer */
    _Atomic uint64_t nodes;
    _Atomic int64_t incumbent; /* score; INT64_MIN: none */
    _Atomic int64_t bound;     /* score; INT64_MAX: none */
    /* the caller's thread alone: what was told last */
    int64_t told_incumbent, told_bound;
    double told_at; /* seconds */
    double lines;   /* that may be told at once */
} mn_monitor;

/* `start` is when the call of the library began. Tells the first line. */
void mn_monitor_begin(mn_monitor *monitor, mn_log log, void *user, bool maximize, double start);

/* From any thread. */
void mn_monitor_nodes(mn_monitor *monitor, uint64_t nodes);
void mn_monitor_incumbent(mn_monitor *monitor, int64_t score);

/* From the caller's thread: no network has a better score. Tells. */
void mn_monitor_bound(mn_monitor *monitor, int64_t score, uint64_t nodes);

/* A further search for the same answer begins; earlier ones visited `nodes` nodes. */
void mn_monitor_continue(mn_monitor *monitor, uint64_t nodes);

/* Tells what is new, or at least once a second that the search goes on. Does nothing on other threads than the caller's. */
void mn_monitor_look(mn_monitor *monitor);

/* The last line. */
void mn_monitor_end(mn_monitor *monitor, mn_outcome outcome, uint64_t nodes);

#endif
