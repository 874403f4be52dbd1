/* The scan's inner loops, for each instruction set: a batch of middle parts under one high part. */
#ifndef MN_DEVICE_CPU_SCAN_KERNELS_H
#define MN_DEVICE_CPU_SCAN_KERNELS_H

#include "host/device/cpu.h"
#include "host/device/cpu_scan_parts.h"

enum { MN_SCAN_BATCH = 256 };

typedef struct mn_scan_batch {
    const mn_scan_parts *parts;
    bool every;                                  /* compare with every low part */
    int count;                                   /* middle parts, at most MN_SCAN_BATCH */
    const uint16_t *end;                         /* [count] their states at the split; NULL: all 0 */
    const int64_t *middle_sums[MN_SCAN_FILTERS]; /* [count] of each filtered column */
    int64_t remaining[MN_SCAN_FILTERS];          /* for middle and low part together */
    uint16_t cells[MN_SCAN_FILTERS][MN_SCAN_BATCH];
    uint64_t examined; /* low parts compared, added up by next_hit */
} mn_scan_batch;

typedef struct mn_scan_kernels {
    /* Fills cells from remaining and middle_sums. */
    void (*locate)(mn_scan_batch *batch);

    /* The first middle part from `from` on under which the sets of all columns have a low part in common; count: none. */
    int (*next_hit)(mn_scan_batch *batch, int from);
} mn_scan_kernels;

const mn_scan_kernels *mn_scan_kernels_of(mn_cpu_level level);

/* The rank of what remains of filter `filter`'s column behind middle part `index`. */
int mn_scan_search_rank(const mn_scan_batch *batch, const mn_scan_low *low, int filter, int index);

static inline const mn_scan_low *mn_scan_low_of(const mn_scan_batch *batch, int index)
{
    return &batch->parts->lows[batch->end ? batch->end[index] : 0];
}

static inline int mn_scan_rank(const mn_scan_batch *batch, const mn_scan_low *low, int filter, int index)
{
    const int rank = low->ranks[filter].cells[batch->cells[filter][index]];
    return __builtin_expect(rank == MN_SCAN_SEARCH, 0) ? mn_scan_search_rank(batch, low, filter, index) : rank;
}

#endif
