/* The K best networks of one thread, which meets networks in lexicographic order: of equal scores the earlier one stays. */
#ifndef MN_DEVICE_CPU_SCAN_BEST_H
#define MN_DEVICE_CPU_SCAN_BEST_H

#include <stdbool.h>
#include <stdint.h>

typedef struct mn_scan_best {
    int top, node_count;
    int count, capacity;
    uint64_t arrivals;
    int64_t *scores;   /* [capacity] */
    uint64_t *arrival; /* [capacity] */
    uint16_t *choices; /* [capacity][node_count] */
    int *heap;         /* [count] entries, the worst one first */
} mn_scan_best;

void mn_scan_best_start(mn_scan_best *best, int top, int node_count);
void mn_scan_best_free(mn_scan_best *best); /* what it holds */

static inline bool mn_scan_best_full(const mn_scan_best *best)
{
    return best->count == best->top;
}

/* The score that an entry must reach. */
static inline int64_t mn_scan_best_threshold(const mn_scan_best *best)
{
    return mn_scan_best_full(best) ? best->scores[best->heap[0]] + 1 : INT64_MIN;
}

/* Keeps a network that reaches the threshold. False when memory ran out. */
bool mn_scan_best_add(mn_scan_best *best, int64_t score, const uint16_t *network);

/* The best of `count` lists: scores [top], choices [top][node_count]. Returns how many there are, -1 when memory ran out. */
int mn_scan_best_merge(const mn_scan_best *lists, int count, int64_t *scores, uint16_t *choices);

#endif
