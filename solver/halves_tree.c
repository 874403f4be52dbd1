#include "solver/halves_lists.h"
#include "solver/halves_signs.h"

/* First entry of node `index` of a level: leaves differ by one entry at most. */
static int first_of(const mn_half *half, int level, int64_t index)
{
    return (int)(index * half->sorted_count >> level);
}

static void smaller(mn_half_lanes *least, const mn_half_lanes *other)
{
    const mn_half_lanes less = *other < *least;
    *least = (*other & less) | (*least & ~less);
}

static void larger(mn_half_lanes *most, const mn_half_lanes *other)
{
    const mn_half_lanes more = *other > *most;
    *most = (*other & more) | (*most & ~more);
}

/* ---- building ---------------------------------------------------------------------------------------------------------------------- */

typedef struct keyed {
    int32_t key, entry;
} keyed;

/* Moves the smallest `middle` keys to the front (quickselect). */
static void halve(keyed *k, int count, int middle)
{
    int low = 0, high = count - 1;
    while (low < high) {
        const int32_t pivot = k[low + (high - low) / 2].key;
        int i = low, j = high;
        while (i <= j) {
            while (k[i].key < pivot)
                i++;
            while (k[j].key > pivot)
                j--;
            if (i <= j) {
                const keyed kept = k[i];
                k[i++] = k[j];
                k[j--] = kept;
            }
        }
        if (middle <= j)
            high = j;
        else if (middle >= i)
            low = i;
        else
            return;
    }
}

/* The lane whose range over the entries matters most. */
static int widest_lane(const mn_half *half, const int32_t *entries, int count, const double *importance)
{
    double widest = -1;
    int best = 0;
    for (int group = 0; group < half->groups; group++) {
        mn_half_lanes low = half->lanes[(size_t)entries[0] * half->groups + group], high = low;
        for (int i = 1; i < count; i++) {
            const mn_half_lanes *own = &half->lanes[(size_t)entries[i] * half->groups + group];
            smaller(&low, own);
            larger(&high, own);
        }
        for (int lane = 0; lane < MN_HALF_LANES; lane++) {
            const double range =
                ((double)high[lane] - (double)low[lane]) * importance[group * MN_HALF_LANES + lane];
            if (range > widest) {
                widest = range;
                best = group * MN_HALF_LANES + lane;
            }
        }
    }
    return best;
}

static void split(mn_half *half, int level, int64_t index, const double *importance, keyed *scratch)
{
    const int begin = first_of(half, level, index), count = first_of(half, level, index + 1) - begin;
    const int middle = first_of(half, level + 1, 2 * index + 1) - begin;
    int32_t *entries = half->order + begin;
    const int lane = widest_lane(half, entries, count, importance);
    for (int i = 0; i < count; i++)
        scratch[i] = (keyed){
            half->lanes[(size_t)entries[i] * half->groups + lane / MN_HALF_LANES][lane % MN_HALF_LANES], entries[i]};
    halve(scratch, count, middle);
    for (int i = 0; i < count; i++)
        entries[i] = scratch[i].entry;
}

static void find_minima(mn_half *half)
{
    const int groups = half->groups, leaves = 1 << half->depth;
    for (int leaf = 0; leaf < leaves; leaf++)
        for (int group = 0; group < groups; group++) {
            const int begin = first_of(half, half->depth, leaf), end = first_of(half, half->depth, leaf + 1);
            mn_half_lanes least = half->sorted[(size_t)begin * groups + group];
            for (int i = begin + 1; i < end; i++)
                smaller(&least, &half->sorted[(size_t)i * groups + group]);
            half->least_of[(size_t)(leaves - 1 + leaf) * groups + group] = least;
        }
    for (int node = leaves - 2; node >= 0; node--)
        for (int group = 0; group < groups; group++) {
            mn_half_lanes least = half->least_of[(size_t)(2 * node + 1) * groups + group];
            smaller(&least, &half->least_of[(size_t)(2 * node + 2) * groups + group]);
            half->least_of[(size_t)node * groups + group] = least;
        }
}

bool mn_half_plant(mn_half *half, const mn_half_lanes *limit, const mn_half_lanes *other, const double *importance,
                   mn_arena *arena)
{
    const int groups = half->groups;
    half->order = mn_arena_take(arena, (size_t)half->count, sizeof *half->order);
    if (!half->order)
        return false;
    half->sorted_count = 0;
    for (int entry = 0; entry < half->count; entry++) {
        mn_half_lanes any = {0};
        for (int group = 0; group < groups; group++)
            any |= limit[group] - other[group] - half->lanes[(size_t)entry * groups + group];
        half->order[half->sorted_count] = entry;
        half->sorted_count += !mn_negative_portable(&any);
    }
    if (half->sorted_count == 0)
        return true;
    half->depth = 0;
    while ((half->sorted_count - 1) >> half->depth >= MN_HALF_LEAF)
        half->depth++;
    half->sorted = mn_arena_take(arena, (size_t)half->sorted_count * groups, sizeof *half->sorted);
    half->least_of = mn_arena_take(arena, ((size_t)2 << half->depth) * groups, sizeof *half->least_of);
    keyed *scratch = mn_arena_take(arena, (size_t)half->sorted_count, sizeof *scratch);
    if (!half->sorted || !half->least_of || !scratch)
        return false;
    for (int level = 0; level < half->depth; level++)
        for (int64_t index = 0; index < (int64_t)1 << level; index++)
            split(half, level, index, importance, scratch);
    for (int i = 0; i < half->sorted_count; i++)
        memcpy(half->sorted + (size_t)i * groups, half->lanes + (size_t)half->order[i] * groups,
               sizeof *half->sorted * (size_t)groups);
    find_minima(half);
    return true;
}

/* ---- joining ----------------------------------------------------------------------------------------------------------------------- */

enum { CHECK_EVERY = 1 << 14 };

typedef struct tree_pair {
    int32_t a, b;
    int8_t a_level, b_level;
} tree_pair;

typedef struct join {
    const mn_half *a, *b;
    const mn_half_lanes *limit;
    mn_half_pair pair;
    void *context;
    const mn_control *control;
    uint64_t most_work, *work;
} join;

#define DEFINE_JOIN(NAME, TARGET, NEGATIVE)                                                                            \
    /* Pairs of two leaves. False: enough. */                                                                          \
    TARGET static inline __attribute__((always_inline)) bool NAME##_leaves(const join *j, const tree_pair *p,          \
                                                                           const int groups)                           \
    {                                                                                                                  \
        const int a_leaf = p->a - (1 << j->a->depth) + 1, b_leaf = p->b - (1 << j->b->depth) + 1;                      \
        const int a_end = first_of(j->a, j->a->depth, a_leaf + 1), b_begin = first_of(j->b, j->b->depth, b_leaf),      \
                  b_end = first_of(j->b, j->b->depth, b_leaf + 1);                                                     \
        const mn_half_lanes *b_least = j->b->least_of + (size_t)p->b * groups;                                         \
        for (int a = first_of(j->a, j->a->depth, a_leaf); a < a_end; a++) {                                            \
            const mn_half_lanes *own = j->a->sorted + (size_t)a * groups;                                              \
            mn_half_lanes any = {0};                                                                                   \
            for (int group = 0; group < groups; group++)                                                               \
                any |= j->limit[group] - own[group] - b_least[group];                                                  \
            ++*j->work;                                                                                                \
            if (NEGATIVE(&any))                                                                                        \
                continue;                                                                                              \
            *j->work += (uint64_t)(b_end - b_begin);                                                                   \
            for (int b = b_begin; b < b_end; b++) {                                                                    \
                const mn_half_lanes *other = j->b->sorted + (size_t)b * groups;                                        \
                mn_half_lanes some = {0};                                                                              \
                for (int group = 0; group < groups; group++)                                                           \
                    some |= j->limit[group] - own[group] - other[group];                                               \
                if (!NEGATIVE(&some) && !j->pair(j->context, j->a->order[a], j->b->order[b]))                          \
                    return false;                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        return true;                                                                                                   \
    }                                                                                                                  \
    TARGET static inline __attribute__((always_inline)) mn_status NAME##_loop(const join *j, const int groups)         \
    {                                                                                                                  \
        tree_pair stack[2 * 64 + 2];                                                                                   \
        int count = 1;                                                                                                 \
        uint64_t next_check = *j->work + CHECK_EVERY;                                                                  \
        stack[0] = (tree_pair){0, 0, 0, 0};                                                                            \
        while (count > 0) {                                                                                            \
            const tree_pair p = stack[--count];                                                                        \
            mn_half_lanes any = {0};                                                                                   \
            for (int group = 0; group < groups; group++)                                                               \
                any |= j->limit[group] - j->a->least_of[(size_t)p.a * groups + group] -                                \
                       j->b->least_of[(size_t)p.b * groups + group];                                                   \
            if (++*j->work >= next_check) {                                                                            \
                const mn_status status = mn_control_check(j->control);                                                 \
                if (status != MN_OK)                                                                                   \
                    return status;                                                                                     \
                if (j->most_work && *j->work >= j->most_work)                                                          \
                    return MN_STOPPED;                                                                                 \
                next_check = *j->work + CHECK_EVERY;                                                                   \
            }                                                                                                          \
            if (NEGATIVE(&any))                                                                                        \
                continue;                                                                                              \
            const bool a_inner = p.a_level < j->a->depth, b_inner = p.b_level < j->b->depth;                           \
            if (a_inner && (!b_inner || p.a_level <= p.b_level)) {                                                     \
                stack[count++] = (tree_pair){2 * p.a + 2, p.b, (int8_t)(p.a_level + 1), p.b_level};                    \
                stack[count++] = (tree_pair){2 * p.a + 1, p.b, (int8_t)(p.a_level + 1), p.b_level};                    \
            } else if (b_inner) {                                                                                      \
                stack[count++] = (tree_pair){p.a, 2 * p.b + 2, p.a_level, (int8_t)(p.b_level + 1)};                    \
                stack[count++] = (tree_pair){p.a, 2 * p.b + 1, p.a_level, (int8_t)(p.b_level + 1)};                    \
            } else if (!NAME##_leaves(j, &p, groups)) {                                                                \
                return MN_OK;                                                                                          \
            }                                                                                                          \
        }                                                                                                              \
        return MN_OK;                                                                                                  \
    }                                                                                                                  \
    TARGET static mn_status NAME(const join *j)                                                                        \
    {                                                                                                                  \
        return j->a->groups == 1   ? NAME##_loop(j, 1)                                                                 \
               : j->a->groups == 2 ? NAME##_loop(j, 2)                                                                 \
                                   : NAME##_loop(j, j->a->groups);                                                     \
    }

DEFINE_JOIN(join_portable, , mn_negative_portable)
#if defined(__x86_64__)
DEFINE_JOIN(join_avx2, __attribute__((target("avx2"))), mn_negative_avx2)
DEFINE_JOIN(join_avx512, __attribute__((target("avx512f,avx512dq"))), mn_negative_avx512)
#endif

mn_status mn_half_join(const mn_half *a, const mn_half *b, const mn_half_lanes *limit, mn_half_pair pair, void *context,
                       const mn_control *control, uint64_t most_work, uint64_t *work)
{
    if (a->sorted_count == 0 || b->sorted_count == 0)
        return MN_OK;
    const join j = {a, b, limit, pair, context, control, most_work, work};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512dq"))
        return join_avx512(&j);
    if (__builtin_cpu_supports("avx2"))
        return join_avx2(&j);
#endif
    return join_portable(&j);
}
