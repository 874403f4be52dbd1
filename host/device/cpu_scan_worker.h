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

/* Keeps the best networks of the high part walked to, in `state` of the middle layer, and of the middle part `index` of the batch that
 * begins at `first`. */
void mn_scan_check_prefix(mn_scan_worker *w, int state, int first, int index);

#endif
