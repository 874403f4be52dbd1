#include "solver/suffixes.h"
#include "solver/threads.h"

#include <string.h>

enum {
    FAN = MN_SUFFIX_FAN,
    FEWEST_NODES = 3,
    LANE_BITS = 15,
    SAMPLE = 64,     /* values that a split looks at, fewer of short ranges */
    SMALL = 32 * FAN /* combinations; below it splits are exact */
};

#define NEVER INT16_MAX /* fits no slack: those of prefixes are smaller */

static inline bool any_negative(const mn_lanes *lanes)
{
    int32_t bits = 0;
    for (int lane = 0; lane < MN_LANES; lane++)
        bits |= (*lanes)[lane];
    return bits < 0;
}

/* ---- listing ------------------------------------------------------------------------------------------------------------------------ */

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
                sum[group] = shorter->sums[(size_t)i * groups + group] + core->cost[(size_t)arc * groups + group];
                const mn_lanes slack = core->root[group] - sum[group];
                bad |= any_negative(&slack);
            }
            if (!bad)
                longer->codes[longer->count++] = shorter->codes[i] + radix * (uint64_t)(arc - begin);
        }
    return true;
}

/* The combinations of as many last nodes as `most` allows. */
static mn_status list_all(const mn_core *core, int most, mn_arena *arena, list *all, int *first)
{
    list other;
    if (!take_list(arena, most, core->groups, all) || !take_list(arena, most, core->groups, &other))
        return MN_FAILURE;
    all->count = 1;
    memset(all->sums, 0, sizeof *all->sums * (size_t)core->groups);
    all->codes[0] = 0;
    *first = core->depth;
    for (uint64_t radix = 1; *first > 0;) {
        const int arcs = core->begin[*first] - core->begin[*first - 1];
        if (radix > UINT64_MAX / (uint64_t)arcs / 2 || !prepend(core, *first - 1, radix, all, most, &other))
            break;
        const list made = other;
        other = *all;
        *all = made;
        radix *= (uint64_t)arcs;
        (*first)--;
    }
    return MN_OK;
}

/* ---- records: a code, then 16-bit lanes ------------------------------------------------------------------------------------------------ */

typedef struct records {
    int lane_count, words; /* of one record */
    uint64_t *data;        /* [count][words] */
    double weight[MN_SUFFIX_LANES];
} records;

static inline int16_t lane_of(const records *r, int index, int lane)
{
    return ((const int16_t *)(r->data + (size_t)index * r->words + 1))[lane];
}

static inline void swap_records(const records *r, int a, int b)
{
    uint64_t *x = r->data + (size_t)a * r->words, *y = r->data + (size_t)b * r->words;
    for (int word = 0; word < r->words; word++) {
        const uint64_t swapped = x[word];
        x[word] = y[word];
        y[word] = swapped;
    }
}

/* Rows are compared first: they tell most. */
static void choose_lanes(const mn_core *core, mn_suffixes *t, records *r)
{
    t->lane_count = (core->lane_count + 3) / 4 * 4; /* the surplus repeats the first ones */
    for (int own = 0; own < t->lane_count; own++) {
        const int lane = (own + core->vector_count) % core->lane_count;
        const int64_t root = core->root[lane / MN_LANES][lane % MN_LANES];
        t->lanes[own] = lane;
        t->shifts[own] = 0;
        while (root >> t->shifts[own] >= ((int64_t)1 << LANE_BITS) - 1)
            t->shifts[own]++;
        r->weight[own] = core->lanes[lane].weight * (double)((int64_t)1 << t->shifts[own]);
    }
    r->lane_count = t->lane_count;
    r->words = 1 + (t->lane_count + 3) / 4;
}

static bool make_records(const mn_core *core, const list *all, const mn_suffixes *t, mn_arena *arena, records *r)
{
    r->data = mn_arena_take(arena, (size_t)all->count * r->words, sizeof *r->data);
    if (!r->data)
        return false;
    for (int i = 0; i < all->count; i++) {
        uint64_t *record = r->data + (size_t)i * r->words;
        int16_t *lanes = (int16_t *)(record + 1);
        record[0] = all->codes[i];
        for (int own = 0; own < t->lane_count; own++) {
            const int lane = t->lanes[own];
            lanes[own] =
                (int16_t)(all->sums[(size_t)i * core->groups + lane / MN_LANES][lane % MN_LANES] >> t->shifts[own]);
        }
    }
    return true;
}

/* ---- order -------------------------------------------------------------------------------------------------------------------------- */

/* The lane whose values spread widest, in units of the score, and the middle of a sample of them. */
static int widest_lane(const records *r, int begin, int end, int16_t *middle)
{
    const int count = end - begin, wanted = count < 16 * SAMPLE ? SAMPLE / 4 : SAMPLE,
              sample = count < wanted ? count : wanted;
    int widest = 0;
    double most = -1;
    for (int lane = 0; lane < r->lane_count; lane++) {
        int16_t low = INT16_MAX, high = INT16_MIN;
        for (int i = 0; i < sample; i++) {
            const int16_t value = lane_of(r, begin + (int)((int64_t)i * count / sample), lane);
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
        const double spread = ((double)high - low) * r->weight[lane];
        if (spread > most) {
            most = spread;
            widest = lane;
        }
    }
    int16_t values[SAMPLE];
    for (int i = 0; i < sample; i++) {
        const int16_t value = lane_of(r, begin + (int)((int64_t)i * count / sample), widest);
        int at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
    *middle = values[sample / 2];
    return widest;
}

/* Moves records of a lane's value below the pivot to the front; returns how many are there. Equal ones go to both sides. */
static int partition(const records *r, int begin, int end, int lane, int16_t pivot, int *equal_end)
{
    int i = begin, j = end - 1;
    while (i <= j) {
        while (lane_of(r, i, lane) < pivot)
            i++;
        while (lane_of(r, j, lane) > pivot)
            j--;
        if (i <= j)
            swap_records(r, i++, j--);
    }
    *equal_end = i;
    return j + 1;
}

/* Puts the records in front that belong before `middle` by one lane; roughly so where there are many. */
static int split_range(const records *r, int begin, int middle, int end)
{
    int16_t pivot;
    const int lane = widest_lane(r, begin, end, &pivot);
    int low = begin, high = end;
    for (;;) {
        int right;
        const int left = partition(r, low, high, lane, pivot, &right);
        if (middle < left)
            high = left;
        else if (middle >= right)
            low = right;
        else
            return middle;
        if (end - begin > SMALL) /* near enough: blocks of the tree may straddle the split */
            return middle < left ? left : right;
        pivot = lane_of(r, low + (high - low) / 2, lane);
    }
}

typedef struct range {
    int begin, end;
} range;

/* Splits a range in two, at a block boundary or near one. False: it is one block. */
static bool halve(const records *r, range own, range *left, range *right)
{
    const int blocks = (own.end - own.begin + FAN - 1) / FAN;
    if (blocks <= 1)
        return false;
    int middle = split_range(r, own.begin, own.begin + blocks / 2 * FAN, own.end);
    if (middle <= own.begin || middle >= own.end)
        middle = own.begin + blocks / 2 * FAN; /* all alike */
    *left = (range){own.begin, middle};
    *right = (range){middle, own.end};
    return true;
}

/* Halves a range until each piece is one block of combinations. */
static void order_range(const records *r, range whole)
{
    range stack[64], left, right;
    int top = 0;
    stack[top++] = whole;
    while (top > 0) {
        if (!halve(r, stack[--top], &left, &right))
            continue;
        const bool left_longer =
            left.end - left.begin > right.end - right.begin; /* the shorter first: the stack stays low */
        stack[top++] = left_longer ? left : right;
        stack[top++] = left_longer ? right : left;
    }
}

enum { PIECES = 32, WORTH_THREADS = 1 << 14 /* combinations */ };

typedef struct pieces {
    const records *records;
    range ranges[PIECES];
} pieces;

static void order_piece(void *context, uint64_t index, int thread)
{
    (void)thread;
    const pieces *p = context;
    order_range(p->records, p->ranges[index]);
}

/* The same order for any number of threads: the first splits make the pieces that threads then take. */
static void order_all(const records *r, int count, int threads)
{
    pieces p = {.records = r, .ranges = {{0, count}}};
    int made = 1;
    while (made < PIECES && count >= WORTH_THREADS)
        for (int i = 0, end = made; i < end; i++)
            if (halve(r, p.ranges[i], &p.ranges[i], &p.ranges[made]))
                made++;
    mn_parallel(threads, (uint64_t)made, order_piece, &p);
}

/* ---- tree --------------------------------------------------------------------------------------------------------------------------- */

static int blocks_of(int count)
{
    return (count + FAN - 1) / FAN;
}

static void fill_leaves(const records *r, int count, mn_suffixes *t)
{
    const size_t width = (size_t)t->lane_count * FAN;
    for (int block = 0; block < blocks_of(count); block++) {
        int16_t *least = t->least + (size_t)block * width;
        for (int i = 0; i < FAN; i++) {
            const int index = block * FAN + i;
            t->codes[index] = index < count ? r->data[(size_t)index * r->words] : 0;
            for (int lane = 0; lane < t->lane_count; lane++)
                least[lane * FAN + i] = index < count ? lane_of(r, index, lane) : NEVER;
        }
    }
}

static void fill_level(mn_suffixes *t, int level)
{
    const size_t width = (size_t)t->lane_count * FAN;
    for (int child = t->begin[level - 1]; child < t->begin[level]; child++) {
        const int index = child - t->begin[level - 1], block = t->begin[level] + index / FAN;
        for (int lane = 0; lane < t->lane_count; lane++) {
            int16_t least = NEVER;
            const int16_t *own = t->least + (size_t)child * width + (size_t)lane * FAN;
            for (int i = 0; i < FAN; i++)
                least = own[i] < least ? own[i] : least;
            t->least[(size_t)block * width + (size_t)lane * FAN + index % FAN] = least;
        }
    }
}

static mn_status make_tree(const records *r, int count, mn_arena *arena, mn_suffixes *t)
{
    int blocks = 0;
    t->levels = 0;
    for (int units = count;; units = blocks_of(units)) {
        t->begin[t->levels++] = blocks;
        blocks += blocks_of(units);
        if (blocks_of(units) == 1)
            break;
    }
    const size_t width = (size_t)t->lane_count * FAN;
    t->least = mn_arena_take(arena, (size_t)blocks * width, sizeof *t->least);
    t->codes = mn_arena_take(arena, (size_t)blocks_of(count) * FAN, sizeof *t->codes);
    if (!t->least || !t->codes)
        return MN_FAILURE;
    fill_leaves(r, count, t);
    for (size_t i = (size_t)blocks_of(count) * width; i < (size_t)blocks * width; i++)
        t->least[i] = NEVER;
    for (int level = 1; level < t->levels; level++)
        fill_level(t, level);
    return MN_OK;
}

/* ---- entry -------------------------------------------------------------------------------------------------------------------------- */

mn_status mn_suffixes_make(const mn_core *core, int most, int threads, mn_arena *arena, mn_suffixes *suffixes)
{
    *suffixes = (mn_suffixes){.first = core->depth};
    list all;
    int first;
    const mn_status status = list_all(core, most, arena, &all, &first);
    if (status != MN_OK || core->depth - first < FEWEST_NODES)
        return status;
    suffixes->first = first;
    suffixes->count = all.count;
    if (all.count == 0)
        return MN_OK;
    records r;
    choose_lanes(core, suffixes, &r);
    if (!make_records(core, &all, suffixes, arena, &r))
        return MN_FAILURE;
    order_all(&r, all.count, threads);
    return make_tree(&r, all.count, arena, suffixes);
}

bool mn_suffixes_take(const mn_core *core, const mn_suffixes *suffixes, int index, const mn_lanes *slack,
                      uint16_t *network)
{
    uint64_t code = suffixes->codes[index];
    mn_lanes left[MN_MOST_GROUPS];
    memcpy(left, slack, sizeof *left * (size_t)core->groups);
    for (int depth = core->depth - 1; depth >= suffixes->first; depth--) {
        const int begin = core->begin[depth];
        const uint64_t arcs = (uint64_t)(core->begin[depth + 1] - begin);
        const int arc = begin + (int)(code % arcs);
        network[core->arcs[arc].node] = core->arcs[arc].block;
        for (int group = 0; group < core->groups; group++)
            left[group] -= core->cost[(size_t)arc * core->groups + group];
        code /= arcs;
    }
    for (int group = 0; group < core->groups; group++)
        if (any_negative(&left[group]))
            return false;
    return true;
}
