#include "solver/halves_lists.h"
#include "solver/halves_signs.h"

/* ---- how far the list can go ------------------------------------------------------------------------------------------------------- */

enum { BINS = 512, FINEST = 32 }; /* when the answer lies below bin FINEST, a sixteenth of the range is counted again */

/* ways[bin]: about how many combinations have an rc in the bin's part of [0, range]. */
static void count_ways(const mn_half *half, const mn_half_items *items, int32_t range, double *ways)
{
    double next[BINS];
    memset(ways, 0, sizeof *ways * BINS);
    ways[0] = 1;
    for (int node = 0; node < half->node_count && half->least[node] <= range; node++) {
        memcpy(next, ways, sizeof next);
        for (int item = half->begin[node]; item < half->end[node] && items->cost[item] <= range; item++) {
            const int bin = (int)((int64_t)items->cost[item] * BINS / ((int64_t)range + 1));
            for (int from = 0; from + bin < BINS; from++)
                next[from + bin] += ways[from];
        }
        memcpy(ways, next, sizeof next);
    }
}

int32_t mn_half_budget(const mn_half *half, const mn_half_items *items, int32_t most, double count)
{
    double ways[BINS];
    for (int32_t range = most;; range /= 16) {
        count_ways(half, items, range, ways);
        double sum = 0;
        int bin = 0;
        while (bin < BINS && (sum += ways[bin]) <= count)
            bin++;
        if (bin == BINS)
            return range;
        if (bin >= FINEST || range < BINS)
            return (int32_t)(((int64_t)range + 1) * bin / BINS) - (bin > 0);
    }
}

/* ---- the list ---------------------------------------------------------------------------------------------------------------------- */

#define DEFINE_LIST(NAME, TARGET, NEGATIVE)                                                                            \
    TARGET static bool NAME(mn_half *half, const mn_half_items *items, int32_t most, int capacity, uint64_t *work)     \
    {                                                                                                                  \
        const int groups = half->groups;                                                                               \
        for (int entry = 0; entry < half->count; entry++) {                                                            \
            const mn_half_lanes *own = half->lanes + (size_t)entry * groups;                                           \
            const int32_t left = most - own[0][0];                                                                     \
            for (int at = half->last[entry] + 1; at < half->node_count && half->least[at] <= left; at++) {             \
                const mn_half_lanes *reach = half->reach + (size_t)(at + 1) * groups;                                  \
                for (int item = half->begin[at]; item < half->end[at] && items->cost[item] <= left; item++) {          \
                    const mn_half_lanes *change = items->lanes + (size_t)item * groups;                                \
                    mn_half_lanes any = {0};                                                                           \
                    for (int group = 0; group < groups; group++)                                                       \
                        any |= reach[group] - own[group] - change[group];                                              \
                    ++*work;                                                                                           \
                    if (NEGATIVE(&any))                                                                                \
                        continue;                                                                                      \
                    if (half->count == capacity)                                                                       \
                        return false;                                                                                  \
                    mn_half_lanes *to = half->lanes + (size_t)half->count * groups;                                    \
                    for (int group = 0; group < groups; group++)                                                       \
                        to[group] = own[group] + change[group];                                                        \
                    half->parent[half->count] = entry;                                                                 \
                    half->item[half->count] = item;                                                                    \
                    half->last[half->count++] = at;                                                                    \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        return true;                                                                                                   \
    }

DEFINE_LIST(list_portable, , mn_negative_portable)
#if defined(__x86_64__)
DEFINE_LIST(list_avx2, __attribute__((target("avx2"))), mn_negative_avx2)
DEFINE_LIST(list_avx512, __attribute__((target("avx512f,avx512dq"))), mn_negative_avx512)
#endif

bool mn_half_list(mn_half *half, const mn_half_items *items, int32_t most, const mn_half_lanes *limit,
                  const mn_half_lanes *other, int capacity, uint64_t *work)
{
    const int groups = half->groups;
    for (int node = 0; node <= half->node_count; node++)
        for (int group = 0; group < groups; group++)
            half->reach[(size_t)node * groups + group] =
                limit[group] - other[group] - half->saving[(size_t)node * groups + group];
    memset(half->lanes, 0, sizeof *half->lanes * (size_t)groups);
    half->count = 1;
    half->parent[0] = half->item[0] = half->last[0] = -1;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512dq"))
        return list_avx512(half, items, most, capacity, work);
    if (__builtin_cpu_supports("avx2"))
        return list_avx2(half, items, most, capacity, work);
#endif
    return list_portable(half, items, most, capacity, work);
}
