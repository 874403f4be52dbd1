/* What the threads of a scan share, what each has, and the exact check of the networks that the sets let through. */
#ifndef MN_DEVICE_CPU_SCAN_WORKER_H
#define MN_DEVICE_CPU_SCAN_WORKER_H

#include "host/device/cpu_scan_kernels.h"
#include "solver/best.h"

typedef struct mn_scan {
    const mn_scan_request *request;
    const mn_scan_kernels *kernels;
    mn_scan_parts parts;
    int task_layer; /* a task is a path to this layer ... */
    int slices;     /* ... and one of this many slices of its middle parts */
    uint64_t task_count;
    uint64_t **task_counts; /* paths to the task layer */
    _Atomic uint64_t next_task;
    _Atomic int64_t reached; /* K networks have this score or more */
    _Atomic int status;      /* the first thread that stops says why */
    mn_arena arena;
    struct mn_scan_worker *workers;
} mn_scan;

typedef struct mn_scan_worker {
    mn_scan *shared;
    mn_best best;
    mn_scan_batch batch;
    int64_t threshold;    /* score that a network must reach */
    int64_t *sums;        /* [middle + 1][column_count] of the high part, layer by layer */
    int *states, *blocks; /* [middle + 1] */
    uint16_t *network;    /* [node_count] */
    int64_t *prefix;      /* [column_count] sums of high and middle part */
    uint64_t feasible;    /* networks counted */
    int steps;
    mn_status status;
} mn_scan_worker;

static inline bool mn_scan_stopped(const mn_scan_worker *w)
{
    return w->status != MN_OK;
}

/* Counts work, in steps of about 4 ns, and looks at the clock now and then; false: stop. */
bool mn_scan_go_on(mn_scan_worker *w, int steps);

/* Brings the score that a network must reach up to date. */
void mn_scan_update_threshold(mn_scan_worker *w);

/* With request.count: whether all networks behind the high part up to `layer` are known to obey limits and rules; they are counted then. */
bool mn_scan_count_all(mn_scan_worker *w, int layer);

/* Counts the networks of a middle part, named as below. */
void mn_scan_count_prefix(mn_scan_worker *w, int state, int first, int index);

/* For the exact checks of a middle part, named as below: w->prefix. */
void mn_scan_add_middle(mn_scan_worker *w, int state, int index);

/* Whether low part `low_index` behind w->prefix obeys the limits; `score` receives the network's score. */
bool mn_scan_obeys_limits(const mn_scan_worker *w, const mn_scan_low *low, int low_index, int64_t *score);

/* Whether the network of the high part, a middle part and a low part obeys the rules outside the diagram; it is in w->network then. */
bool mn_scan_obeys_rules(mn_scan_worker *w, int state, int middle_index, const mn_scan_low *low, int low_index);

/* Keeps the best networks of the high part walked to, in `state` of the middle layer, and of the middle part `index` of the batch that
 * begins at `first`. */
void mn_scan_check_prefix(mn_scan_worker *w, int state, int first, int index);

#endif
