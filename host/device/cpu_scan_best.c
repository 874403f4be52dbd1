#include "host/device/cpu_scan_best.h"
#include "host/core/memory.h"

void mn_scan_best_start(mn_scan_best *best, int top, int node_count)
{
    *best = (mn_scan_best){.top = top, .node_count = node_count};
}

void mn_scan_best_free(mn_scan_best *best)
{
    free(best->scores);
    free(best->arrival);
    free(best->choices);
    free(best->heap);
    *best = (mn_scan_best){0};
}

static bool grow(mn_scan_best *best)
{
    int capacity = best->capacity < 8 ? 8 : best->capacity > best->top / 2 ? best->top : 2 * best->capacity;
    if (capacity > best->top)
        capacity = best->top;
    const size_t n = (size_t)capacity, row = sizeof *best->choices * (size_t)best->node_count;
    int64_t *scores = realloc(best->scores, n * sizeof *scores);
    if (scores)
        best->scores = scores;
    uint64_t *arrival = realloc(best->arrival, n * sizeof *arrival);
    if (arrival)
        best->arrival = arrival;
    uint16_t *choices = realloc(best->choices, n * row);
    if (choices)
        best->choices = choices;
    int *heap = realloc(best->heap, n * sizeof *heap);
    if (heap)
        best->heap = heap;
    if (!scores || !arrival || !choices || !heap)
        return false;
    best->capacity = capacity;
    return true;
}

static bool is_worse(const mn_scan_best *best, int a, int b)
{
    return best->scores[a] != best->scores[b] ? best->scores[a] < best->scores[b] : best->arrival[a] > best->arrival[b];
}

static void swap(int *a, int *b)
{
    const int kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_up(mn_scan_best *best, int at)
{
    for (; at > 0 && is_worse(best, best->heap[at], best->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&best->heap[at], &best->heap[(at - 1) / 2]);
}

static void sift_down(mn_scan_best *best, int at)
{
    for (int child; (child = 2 * at + 1) < best->count; at = child) {
        if (child + 1 < best->count && is_worse(best, best->heap[child + 1], best->heap[child]))
            child++;
        if (!is_worse(best, best->heap[child], best->heap[at]))
            break;
        swap(&best->heap[at], &best->heap[child]);
    }
}

bool mn_scan_best_add(mn_scan_best *best, int64_t score, const uint16_t *network)
{
    const bool full = mn_scan_best_full(best);
    if (!full && best->count == best->capacity && !grow(best))
        return false;
    const int entry = full ? best->heap[0] : best->count;
    best->scores[entry] = score;
    best->arrival[entry] = best->arrivals++;
    memcpy(best->choices + (size_t)entry * (size_t)best->node_count, network,
           sizeof *network * (size_t)best->node_count);
    if (full) {
        sift_down(best, 0);
    } else {
        best->heap[best->count] = entry;
        sift_up(best, best->count++);
    }
    return true;
}

/* ---- merging ------------------------------------------------------------------------------------------------------------------- */

typedef struct ranked {
    int64_t score;
    const uint16_t *network;
    int node_count;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    for (int node = 0; node < x->node_count; node++)
        if (x->network[node] != y->network[node])
            return x->network[node] < y->network[node] ? -1 : 1;
    return 0;
}

int mn_scan_best_merge(const mn_scan_best *lists, int count, int64_t *scores, uint16_t *choices)
{
    size_t total = 0, filled = 0;
    for (int i = 0; i < count; i++)
        total += (size_t)lists[i].count;
    ranked *all = mn_new_array(total, sizeof *all);
    if (!all)
        return -1;
    const int node_count = lists[0].node_count;
    for (int i = 0; i < count; i++)
        for (int entry = 0; entry < lists[i].count; entry++)
            all[filled++] =
                (ranked){lists[i].scores[entry], lists[i].choices + (size_t)entry * (size_t)node_count, node_count};
    qsort(all, total, sizeof *all, compare_ranked);
    const int kept = total < (size_t)lists[0].top ? (int)total : lists[0].top;
    for (int i = 0; i < kept; i++) {
        scores[i] = all[i].score;
        memcpy(choices + (size_t)i * (size_t)node_count, all[i].network, sizeof *choices * (size_t)node_count);
    }
    free(all);
    return kept;
}
