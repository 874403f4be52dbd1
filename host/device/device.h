/* What a device runs. The CPU is built in; plugins implement the same table of functions. All arithmetic is on integers: every
 * device returns the same bytes. */
#ifndef MN_DEVICE_DEVICE_H
#define MN_DEVICE_DEVICE_H

#include "solver/control.h"
#include "solver/problem.h"

/* Best networks of a whole space, found by looking at every one. */
typedef struct mn_scan_request {
    const mn_problem *problem;
    const int64_t *capacities; /* [limit_count], MN_NO_CAPACITY: off */
    int top;                   /* K best: score descending, then lexicographic; 1 and more */
    int threads;               /* 0: all cores */
    bool every; /* no bounds: compare every network with the limits and the best one, to measure how fast that is */
    mn_control control; /* the node limit does not apply */
} mn_scan_request;

typedef struct mn_scan_result {
    uint64_t networks; /* of the diagram, saturating (rules outside it not counted) */
    uint64_t examined; /* those that were compared one by one; the rest was excluded by a bound on its common prefix */
    int count;         /* found, <= top */
    int64_t *scores;   /* [top] */
    uint16_t *choices; /* [top][node_count] */
} mn_scan_result;

typedef struct mn_device {
    const char *name; /* "cpu" */

    /* As mn_predict of host/mathnas.h, the check of the indices included: reading the networks once more for it would cost a quarter of
     * the whole. Columns hold anything after MN_USAGE. */
    mn_status (*predict)(const mn_table *table, const void *networks, int width, uint64_t count, int threads,
                         int64_t *const *columns, mn_error *error);

    /* result's arrays are allocated by the caller. MN_INFEASIBLE: none obeys the limits. MN_STOPPED, MN_INTERRUPTED: the best
     * networks found so far, without proof. */
    mn_status (*scan)(const mn_scan_request *request, mn_scan_result *result, mn_error *error);
} mn_device;

extern const mn_device mn_device_cpu;

#endif
