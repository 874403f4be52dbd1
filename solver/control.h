/* When to stop: a cancel flag that another thread may set, a deadline, a limit on search nodes. */
#ifndef MN_SOLVER_CONTROL_H
#define MN_SOLVER_CONTROL_H

#include "solver/monitor.h"

#include <stdatomic.h>

typedef struct mn_control {
    const atomic_bool *cancel; /* may be NULL */
    double deadline;           /* mn_clock() seconds; 0: none */
    uint64_t node_limit;       /* 0: none */
    mn_monitor *monitor;       /* who follows the search; may be NULL */
} mn_control;

double mn_clock(void); /* monotonic, seconds */

/* MN_OK, MN_INTERRUPTED or MN_STOPPED (deadline). Reads the clock and lets the monitor look: call it every few thousand steps. */
mn_status mn_control_check(const mn_control *control);

#endif
