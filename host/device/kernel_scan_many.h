/* Parameters of the kernel that answers many limit sets over one small space (kernels/scan_many.cu); made by host/device/gpu_scan_many.c.
 *
 * The whole space is one low table (cpu_scan_parts.h), best score first and then lexicographic, so the first network whose bit is in the sets of all
 * limits, and which obeys them exactly, is the answer. */
#ifndef MN_DEVICE_KERNEL_SCAN_MANY_H
#define MN_DEVICE_KERNEL_SCAN_MANY_H

#include "host/device/kernel_scan.h"

/* Pointers to the device's memory. */
typedef struct mn_kernel_scan_many {
    int32_t limit_count;  /* at most MN_KERNEL_COLUMNS - 1 */
    int32_t filter_count; /* limits that have sets: the first ones in `limit` */
    int32_t node_count, widest;
    int32_t problem;           /* what `problems` receives */
    uint64_t rows;             /* limit sets */
    uint64_t networks;         /* of the space */
    uint32_t words;            /* of a set: whole steps */
    int64_t score_base;        /* score = score_base - sum */
    const int64_t *capacities; /* [rows][limit_count]; INT64_MAX: off */
    const int64_t *bases;      /* [limit_count] of the limits' values */
    const int64_t *sums;       /* [1 + limit_count][networks]: the score's, negated, and the limits' */
    const uint16_t *choices;   /* [networks][node_count] */
    const uint64_t *sets;      /* [filter][ranks + 1][words], each filter's from set[filter] on */
    const int64_t *bottoms; /* [filter][ranks], from bottom[filter] on; the rank of x is the number of bottoms <= x */
    const uint32_t *edges;  /* [filter][ranks + 1], from edge[filter] on: first step that is not empty, and end << 16 */
    uint64_t set[MN_KERNEL_FILTERS];
    uint64_t bottom[MN_KERNEL_FILTERS], edge[MN_KERNEL_FILTERS];
    int32_t ranks[MN_KERNEL_FILTERS];
    int32_t limit[MN_KERNEL_FILTERS]; /* of the filter */
    int32_t *problems;                /* [rows] -1: no network yet */
    int64_t *scores;                  /* [rows] */
    uint16_t *answers;                /* [rows][widest] */
    int32_t blocks;                   /* of the grid */
} mn_kernel_scan_many;

#endif
