#include "solver/suffixes.h"

#include <string.h>

enum { FAN = 16, FEWEST_NODES = 3 };

#define NEVER INT32_MAX /* fits no slack */

/* Combinations while they are made. */
typedef struct list {
    int count;
    mn_lanes *sums;  /* [count][groups] */
    uint64_t *codes; /* [count] */
} list;

static bool take_list(mn_arena *arena, int most, int groups, list *l)
{
    l->count = 0;
    l->sums = mn_arena_take(arena, (size_t)most * groups, sizeof *l->sums);
    l->codes = mn_arena_take(arena, (size_t)most, sizeof *l->codes);
    return l->sums && l->codes;
}

static inline bool any_negative(const mn_lanes *lanes)
{
    int32_t bits = 0;
    for (int lane = 0; lane < MN_LANES; lane++)
        bits |= (*lanes)[lane];
    return bits < 0;
}

/* longer = blocks of `depth` x shorter, as far as it fits the root's slack. False: more than `most`. */
static bool prepend(const mn_core *core, int depth, uint64_t radix, const list *shorter, int most, list *longer)
{
    const int groups = core->groups, begin = core->begin[depth];
    longer->count = 0;
    for (int arc = begin; arc < core->begin[depth + 1]; arc++)
        for (int i = 0; i < shorter->count; i++) {
            if (longer->count == most)
                return false;
            mn_lanes *sum = longer->sums + (size_t)longer->count * groups;
            bool bad = false;
            for (int group = 0; group < groups; group++) {
                sum[group] =
                    shorter->sums[(size_t)i * groups + group] + core->cost[(size_t)arc * groups + group];
                const mn_lanes slack = core->root[group] - sum[group];
                bad |= any_negative(&slack);
            }
            if (!bad)
                longer->codes[longer->count++] = shorter->codes[i] + radix * (uint64_t)(arc - begin);
        }
    return true;
}

/* ---- order -------------------------------------------------------------------------------------------------------------------------- */

typedef struct sorter {
    const mn_core *core;
    const list *all;
    int *order;     /* [count] */
    uint64_t *keys; /* [count] scratch: lane value, then index */
} sorter;

static int32_t value_at(const sorter *s, int index, int lane)
{
    return s->all->sums[(size_t)index * s->core->groups + lane / MN_LANES][lane % MN_LANES];
}

/* The lane whose values spread widest, measured by the root's slack. */
static int widest_lane(const sorter *s, int begin, int end)
{
    const int groups = s->core->groups, step = (end - begin) / 1024 + 1; /* a sample will do */
    mn_lanes low[MN_MOST_GROUPS], high[MN_MOST_GROUPS];
    memcpy(low, s->all->sums + (size_t)s->order[begin] * groups, sizeof *low * (size_t)groups);
    memcpy(high, low, sizeof *low * (size_t)groups);
    for (int i = begin; i < end; i += step)
        for (int group = 0; group < groups; group++) {
            const mn_lanes value = s->all->sums[(size_t)s->order[i] * groups + group];
            const mn_lanes less = value < low[group], more = value > high[group];
            low[group] = (value & less) | (low[group] & ~less);
            high[group] = (value & more) | (high[group] & ~more);
        }
    int widest = 0;
    double most = -1;
    for (int lane = 0; lane < s->core->lane_count; lane++) {
        const int group = lane / MN_LANES, within = lane % MN_LANES;
        const double spread =
            ((double)high[group][within] - low[group][within]) / ((double)s->core->root[group][within] + 1);
        if (spread > most) {
            most = spread;
            widest = lane;
        }
    }
    return widest;
}

/* Puts the `middle` smallest keys first (Hoare's selection). */
static void select_smallest(uint64_t *keys, int count, int middle)
{
    int low = 0, high = count - 1;
    while (low < high) {
        const uint64_t pivot = keys[low + (high - low) / 2];
        int i = low, j = high;
        while (i <= j) {
            while (keys[i] < pivot)
                i++;
            while (keys[j] > pivot)
                j--;
            if (i <= j) {
                const uint64_t swapped = keys[i];
                keys[i++] = keys[j];
                keys[j--] = swapped;
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

static void split_range(const sorter *s, int begin, int middle, int end)
{
    const int lane = widest_lane(s, begin, end);
    for (int i = begin; i < end; i++)
        s->keys[i] = (uint64_t)(uint32_t)value_at(s, s->order[i], lane) << 32 | (uint32_t)s->order[i];
    select_smallest(s->keys + begin, end - begin, middle - begin);
    for (int i = begin; i < end; i++)
        s->order[i] = (int)(uint32_t)s->keys[i];
}

/* Halves ranges at block boundaries of the tree, the largest blocks first. */
static void order_all(const sorter *s)
{
    struct range {
        int begin, end, unit;
    } stack[64];
    int top = 0, unit = FAN;
    while ((int64_t)unit * FAN < s->all->count)
        unit *= FAN;
    stack[top++] = (struct range){0, s->all->count, unit};
    while (top > 0) {
        struct range r = stack[--top];
        while (r.unit > 1 && r.end - r.begin <= r.unit)
            r.unit /= FAN;
        if (r.unit <= 1)
            continue;
        const int units = (r.end - r.begin + r.unit - 1) / r.unit, middle = r.begin + units / 2 * r.unit;
        split_range(s, r.begin, middle, r.end);
        stack[top++] = (struct range){middle, r.end, r.unit};
        stack[top++] = (struct range){r.begin, middle, r.unit};
    }
}

/* ---- tree --------------------------------------------------------------------------------------------------------------------------- */

static int blocks_of(int count)
{
    return (count + FAN - 1) / FAN;
}

static mn_status make_tree(const sorter *s, mn_arena *arena, mn_suffixes *t)
{
    int blocks = 0;
    t->levels = 0;
    for (int count = s->all->count;; count = blocks_of(count)) {
        t->begin[t->levels++] = blocks;
        blocks += blocks_of(count);
        if (blocks_of(count) == 1)
            break;
    }
    const size_t width = (size_t)t->lane_count * FAN;
    t->least = mn_arena_take(arena, (size_t)blocks * width, sizeof *t->least);
    t->codes = mn_arena_take(arena, (size_t)blocks_of(s->all->count) * FAN, sizeof *t->codes);
    if (!t->least || !t->codes)
        return MN_FAILURE;
    for (size_t i = 0; i < (size_t)blocks * width; i++)
        t->least[i] = NEVER;
    for (int i = 0; i < s->all->count; i++) {
        t->codes[i] = s->all->codes[s->order[i]];
        for (int lane = 0; lane < t->lane_count; lane++)
            t->least[(size_t)(i / FAN) * width + (size_t)lane * FAN + i % FAN] = value_at(s, s->order[i], lane);
    }
    for (int level = 1; level < t->levels; level++)
        for (int child = t->begin[level - 1]; child < t->begin[level]; child++) {
            const int index = child - t->begin[level - 1], block = t->begin[level] + index / FAN;
            for (int lane = 0; lane < t->lane_count; lane++) {
                int32_t least = NEVER;
                const int32_t *own = t->least + (size_t)child * width + (size_t)lane * FAN;
                for (int i = 0; i < FAN; i++)
                    least = own[i] < least ? own[i] : least;
                t->least[(size_t)block * width + (size_t)lane * FAN + index % FAN] = least;
            }
        }
    return MN_OK;
}

/* ---- entry -------------------------------------------------------------------------------------------------------------------------- */

mn_status mn_suffixes_make(const mn_core *core, int most, mn_arena *arena, mn_suffixes *suffixes)
{
    *suffixes = (mn_suffixes){.first = core->depth, .lane_count = core->lane_count};
    list lists[2];
    if (!take_list(arena, most, core->groups, &lists[0]) || !take_list(arena, most, core->groups, &lists[1]))
        return MN_FAILURE;
    lists[0].count = 1;
    memset(lists[0].sums, 0, sizeof *lists[0].sums * (size_t)core->groups);
    lists[0].codes[0] = 0;
    int now = 0, depth = core->depth;
    for (uint64_t radix = 1; depth > 0; depth--, now = !now) {
        const int arcs = core->begin[depth] - core->begin[depth - 1];
        if (radix > UINT64_MAX / (uint64_t)arcs / 2 ||
            !prepend(core, depth - 1, radix, &lists[now], most, &lists[!now]))
            break;
        radix *= (uint64_t)arcs;
    }
    if (core->depth - depth < FEWEST_NODES)
        return MN_OK;
    suffixes->first = depth;
    suffixes->count = lists[now].count;
    if (suffixes->count == 0)
        return MN_OK;
    const sorter s = {.core = core,
                      .all = &lists[now],
                      .order = mn_arena_take(arena, (size_t)suffixes->count, sizeof *s.order),
                      .keys = mn_arena_take(arena, (size_t)suffixes->count, sizeof *s.keys)};
    if (!s.order || !s.keys)
        return MN_FAILURE;
    for (int i = 0; i < suffixes->count; i++)
        s.order[i] = i;
    order_all(&s);
    return make_tree(&s, arena, suffixes);
}

void mn_suffixes_write(const mn_core *core, const mn_suffixes *suffixes, int index, uint16_t *network)
{
    uint64_t code = suffixes->codes[index];
    for (int depth = core->depth - 1; depth >= suffixes->first; depth--) {
        const int begin = core->begin[depth], arcs = core->begin[depth + 1] - begin;
        const mn_core_arc *arc = &core->arcs[begin + (int)(code % (uint64_t)arcs)];
        network[arc->node] = arc->block;
        code /= (uint64_t)arcs;
    }
}
