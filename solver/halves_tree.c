#include "solver/halves_lists.h"
#include "solver/halves_signs.h"

/* ---- building ---------------------------------------------------------------------------------------------------------------------- */

enum {
    SAMPLE = 33,    /* entries at most that decide where a node is split */
    MOST_DEPTH = 60 /* of the tree: deeper nodes stay leaves */
};

/* Entries in two places: a partition writes from one to the other. */
typedef struct planting {
    mn_half *half;
    const double *importance;
    mn_half_lanes *lanes[2]; /* [sorted_count][groups] */
    int32_t *order[2];       /* [sorted_count] */
} planting;

/* The lane whose range over a sample of the entries matters most, and the sample's median there. */
static int choose_split(const planting *p, int from, const mn_half_node *node, int32_t *pivot)
{
    const int groups = p->half->groups, lanes = groups * MN_HALF_LANES, count = node->end - node->begin;
    const int step = (count + SAMPLE - 1) / SAMPLE;
    int32_t low[MN_HALF_LANES * MN_HALF_MOST_GROUPS], high[MN_HALF_LANES * MN_HALF_MOST_GROUPS], sample[SAMPLE];
    for (int i = 0; i < count; i += step) {
        const int32_t *own = (const int32_t *)(p->lanes[from] + (size_t)(node->begin + i) * groups);
        for (int lane = 0; lane < lanes; lane++) {
            low[lane] = i == 0 || own[lane] < low[lane] ? own[lane] : low[lane];
            high[lane] = i == 0 || own[lane] > high[lane] ? own[lane] : high[lane];
        }
    }
    double widest = -1;
    int best = 0;
    for (int lane = 0; lane < lanes; lane++)
        if (((double)high[lane] - (double)low[lane]) * p->importance[lane] > widest) {
            widest = ((double)high[lane] - (double)low[lane]) * p->importance[lane];
            best = lane;
        }
    int sampled = 0;
    for (int i = 0; i < count; i += step) {
        const int32_t key = ((const int32_t *)(p->lanes[from] + (size_t)(node->begin + i) * groups))[best];
        int at = sampled++;
        for (; at > 0 && sample[at - 1] > key; at--)
            sample[at] = sample[at - 1];
        sample[at] = key;
    }
    *pivot = sample[sampled / 2];
    return best;
}

/* Moves the node's entries to the other place, those below the pivot first; returns where the others begin. Without a branch: the
 * entries come in no order. */
static int divide(const planting *p, int from, const mn_half_node *node, int lane, int32_t pivot)
{
    const int groups = p->half->groups;
    const mn_half_lanes *lanes = p->lanes[from];
    int front = node->begin, back = node->end - 1;
    for (int i = node->begin; i < node->end; i++) {
        const mn_half_lanes *own = lanes + (size_t)i * groups;
        const int below = ((const int32_t *)own)[lane] < pivot, to = below ? front : back;
        for (int group = 0; group < groups; group++)
            p->lanes[1 - from][(size_t)to * groups + group] = own[group];
        p->order[1 - from][to] = p->order[from][i];
        front += below;
        back -= !below;
    }
    if (front == node->begin || front == node->end) /* many are equal */
        front = node->begin + (node->end - node->begin) / 2;
    return front;
}

/* Splits nodes until they are leaves; leaves end in place 0. */
static void grow(const planting *p, int8_t *level)
{
    mn_half *half = p->half;
    half->tree[0] = (mn_half_node){0, half->sorted_count, 0};
    half->tree_count = 1;
    half->depth = 0;
    level[0] = 0;
    for (int at = 0; at < half->tree_count; at++) {
        mn_half_node *node = &half->tree[at];
        const int from = level[at] % 2, count = node->end - node->begin;
        half->depth = level[at] > half->depth ? level[at] : half->depth;
        if (count <= MN_HALF_LEAF || level[at] == MOST_DEPTH) {
            if (from == 1) {
                memcpy(p->lanes[0] + (size_t)node->begin * half->groups,
                       p->lanes[1] + (size_t)node->begin * half->groups,
                       sizeof *p->lanes[0] * (size_t)count * (size_t)half->groups);
                memcpy(p->order[0] + node->begin, p->order[1] + node->begin, sizeof *p->order[0] * (size_t)count);
            }
            continue;
        }
        int32_t pivot;
        const int lane = choose_split(p, from, node, &pivot);
        const int middle = divide(p, from, node, lane, pivot);
        node->child = half->tree_count;
        for (int child = 0; child < 2; child++) {
            half->tree[half->tree_count] = (mn_half_node){child ? middle : node->begin, child ? node->end : middle, 0};
            level[half->tree_count++] = (int8_t)(level[at] + 1);
        }
    }
}

/* Lane-wise minima of `count` vectors of lanes. */
static void find_least(const mn_half_lanes *from, int count, int groups, mn_half_lanes *to)
{
    int32_t least[MN_HALF_LANES * MN_HALF_MOST_GROUPS];
    const int lanes = groups * MN_HALF_LANES;
    memcpy(least, from, sizeof *least * (size_t)lanes);
    for (int i = 1; i < count; i++) {
        const int32_t *own = (const int32_t *)(from + (size_t)i * groups);
        for (int lane = 0; lane < lanes; lane++)
            least[lane] = own[lane] < least[lane] ? own[lane] : least[lane];
    }
    memcpy(to, least, sizeof *least * (size_t)lanes);
}

static void find_minima(mn_half *half)
{
    const int groups = half->groups;
    for (int at = half->tree_count - 1; at >= 0; at--) { /* children come later */
        const mn_half_node *node = &half->tree[at];
        if (node->child)
            find_least(half->least_of + (size_t)node->child * groups, 2, groups, half->least_of + (size_t)at * groups);
        else
            find_least(half->sorted + (size_t)node->begin * groups, node->end - node->begin, groups,
                       half->least_of + (size_t)at * groups);
    }
}

bool mn_half_plant(mn_half *half, const mn_half_lanes *limit, const mn_half_lanes *other, const double *importance,
                   mn_arena *arena)
{
    const int groups = half->groups;
    const size_t count = (size_t)half->count;
    planting p = {.half = half, .importance = importance};
    for (int place = 0; place < 2; place++) {
        p.lanes[place] = mn_arena_take(arena, count * groups, sizeof *p.lanes[place]);
        p.order[place] = mn_arena_take(arena, count, sizeof *p.order[place]);
        if (!p.lanes[place] || !p.order[place])
            return false;
    }
    half->sorted_count = 0;
    for (int entry = 0; entry < half->count; entry++) {
        const mn_half_lanes *own = half->lanes + (size_t)entry * groups;
        mn_half_lanes any = {0}, *to = p.lanes[0] + (size_t)half->sorted_count * groups;
        for (int group = 0; group < groups; group++) {
            any |= limit[group] - other[group] - own[group];
            to[group] = own[group];
        }
        p.order[0][half->sorted_count] = entry;
        half->sorted_count += !mn_negative_portable(&any);
    }
    const size_t most_nodes = 2 * (size_t)half->sorted_count + 1;
    half->tree = mn_arena_take(arena, most_nodes, sizeof *half->tree);
    half->least_of = mn_arena_take(arena, most_nodes * groups, sizeof *half->least_of);
    int8_t *level = mn_arena_take(arena, most_nodes, sizeof *level);
    if (!half->tree || !half->least_of || !level)
        return false;
    if (half->sorted_count == 0)
        return true;
    grow(&p, level);
    half->sorted = p.lanes[0];
    half->order = p.order[0];
    find_minima(half);
    return true;
}

/* ---- joining ----------------------------------------------------------------------------------------------------------------------- */

enum { CHECK_EVERY = 1 << 14 };

typedef struct tree_pair {
    int32_t a, b;
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
    TARGET static inline                                                                                               \
        __attribute__((always_inline)) bool NAME##_leaves(const join *j, const tree_pair *p, const int groups)         \
    {                                                                                                                  \
        const mn_half_node *a_leaf = &j->a->tree[p->a], *b_leaf = &j->b->tree[p->b];                                   \
        const mn_half_lanes *b_least = j->b->least_of + (size_t)p->b * groups;                                         \
        for (int a = a_leaf->begin; a < a_leaf->end; a++) {                                                            \
            const mn_half_lanes *own = j->a->sorted + (size_t)a * groups;                                              \
            mn_half_lanes any = {0};                                                                                   \
            for (int group = 0; group < groups; group++)                                                               \
                any |= j->limit[group] - own[group] - b_least[group];                                                  \
            ++*j->work;                                                                                                \
            if (NEGATIVE(&any))                                                                                        \
                continue;                                                                                              \
            *j->work += (uint64_t)(b_leaf->end - b_leaf->begin);                                                       \
            for (int b = b_leaf->begin; b < b_leaf->end; b++) {                                                        \
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
        tree_pair stack[2 * MOST_DEPTH + 2];                                                                           \
        int count = 1;                                                                                                 \
        uint64_t next_check = *j->work + CHECK_EVERY;                                                                  \
        stack[0] = (tree_pair){0, 0};                                                                                  \
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
            const mn_half_node *a = &j->a->tree[p.a], *b = &j->b->tree[p.b];                                           \
            if (a->child && (!b->child || a->end - a->begin >= b->end - b->begin)) {                                   \
                stack[count++] = (tree_pair){a->child + 1, p.b};                                                       \
                stack[count++] = (tree_pair){a->child, p.b};                                                           \
            } else if (b->child) {                                                                                     \
                stack[count++] = (tree_pair){p.a, b->child + 1};                                                       \
                stack[count++] = (tree_pair){p.a, b->child};                                                           \
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
