#include "solver/halves_space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    COARSE_BITS = 40, /* rows and score keep this many bits over all nodes */
    VECTOR_BITS = 60, /* a vector's lane too */
    LANE_BITS = 29,   /* and a lane that is searched */
    MOST_SHIFT = 50,  /* of integer multipliers */
    MOST_CUTS = 3
};

#define FAR ((int64_t)1 << 61)

/* ---- lanes in 64 bits -------------------------------------------------------------------------------------------------------------- */

static int64_t magnitude(int64_t a)
{
    return a < 0 ? -a : a;
}

/* Sum over nodes of the largest distance from the reference item. */
static double spread(const mn_halves_view *view, const int64_t *values)
{
    double sum = 0;
    for (int node = 0; node < view->node_count; node++) {
        double most = 0;
        for (int item = view->begin[node]; item < view->begin[node + 1]; item++)
            most = fmax(most, fabs((double)values[item] - (double)values[view->begin[node]]));
        sum += most;
    }
    return sum;
}

static int bits_above(double size, int bits)
{
    int exponent;
    frexp(size, &exponent);
    return exponent > bits ? exponent - bits : 0;
}

static int64_t clamp(mn_half_wide value)
{
    return value > FAR ? FAR : value < -FAR ? -FAR : (int64_t)value;
}

/* Rounds the multipliers to integers; the further vectors are 0 (the score itself) and random halves of the main one. */
static void round_multipliers(mn_half_space *s, const double *multipliers, const double *row_spread,
                              double score_spread)
{
    double total = ldexp(score_spread, -s->score_coarse) + 1, weights = 0;
    for (int row = 0; row < s->rows; row++)
        weights += multipliers[row] * ldexp(row_spread[row], -s->score_coarse);
    const double shrink = total + weights < 0x1p59 ? 1 : (0x1p59 - total) / weights;
    total += weights * shrink;
    s->shift = VECTOR_BITS - 1 - ilogb(total);
    s->shift = s->shift > MOST_SHIFT ? MOST_SHIFT : s->shift < 0 ? 0 : s->shift;
    uint64_t state = s->seed * 2 + 1;
    for (int vector = 0; vector < s->vectors; vector++)
        for (int row = 0; row < s->rows; row++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            const bool kept = vector == 0 || (vector > 1 && state >> 63);
            const double exact = multipliers[row] * shrink * ldexp(1, s->coarse[row] - s->score_coarse + s->shift);
            s->multipliers[vector * s->rows + row] = kept ? (int64_t)(exact + 0.5) : 0;
        }
}

/* From the least sum of the main vector: before the items are known it is left open. */
static void set_mirrored_caps(mn_half_space *s)
{
    for (int row = 0; row < s->rows; row++) {
        mn_half_wide cap = FAR;
        if (s->least && s->multipliers[row] > 0)
            cap = ((mn_half_wide)s->cap[0] - s->least[0]) / s->multipliers[row] - s->row_room[row];
        s->cap[s->vectors + s->rows + row] = clamp(cap);
    }
}

/* Capacities of the vectors' lanes at a target. */
static void set_target(mn_half_space *s, int64_t target)
{
    s->target = target;
    const mn_half_wide needed = ((mn_half_wide)s->score_base - target) >> s->score_coarse;
    for (int vector = 0; vector < s->vectors; vector++) {
        mn_half_wide cap = needed * ((mn_half_wide)1 << s->shift);
        for (int row = 0; row < s->rows; row++)
            cap += s->multipliers[vector * s->rows + row] * s->row_room[row];
        s->cap[vector] = clamp(cap);
    }
    if (s->mirrored) /* what a row may leave unused: the budget over its multiplier */
        set_mirrored_caps(s);
}

static bool make_lanes(mn_half_space *s, const double *multipliers)
{
    const mn_halves_view *view = s->view;
    const size_t items = (size_t)view->begin[view->node_count], lanes = (size_t)s->lanes;
    double *row_spread = mn_arena_take(s->arena, (size_t)s->rows + 1, sizeof *row_spread);
    s->coarse = mn_arena_take(s->arena, (size_t)s->rows + 1, sizeof *s->coarse);
    s->multipliers = mn_arena_take(s->arena, (size_t)s->vectors * (s->rows + 1), sizeof *s->multipliers);
    s->value = mn_arena_take(s->arena, items * lanes, sizeof *s->value);
    s->cap = mn_arena_take(s->arena, lanes, sizeof *s->cap);
    s->row_room = mn_arena_take(s->arena, (size_t)s->rows + 1, sizeof *s->row_room);
    if (!row_spread || !s->coarse || !s->multipliers || !s->value || !s->cap || !s->row_room)
        return false;
    const double score_spread = spread(view, view->score);
    s->score_coarse = bits_above(score_spread, COARSE_BITS);
    s->score_base = 0;
    for (int node = 0; node < view->node_count; node++)
        s->score_base += view->score[view->begin[node]];
    for (int row = 0; row < s->rows; row++) {
        row_spread[row] = spread(view, view->rows[row]);
        s->coarse[row] = bits_above(row_spread[row], COARSE_BITS);
        mn_half_wide room = view->caps[row];
        for (int node = 0; node < view->node_count; node++)
            room -= view->rows[row][view->begin[node]];
        s->row_room[row] = room >> s->coarse[row];
        s->cap[s->vectors + row] = clamp(s->row_room[row]);
    }
    round_multipliers(s, multipliers, row_spread, score_spread);
    for (int node = 0; node < view->node_count; node++)
        for (int item = view->begin[node]; item < view->begin[node + 1]; item++) {
            int64_t *value = s->value + (size_t)item * lanes, *weight = value + s->vectors;
            for (int row = 0; row < s->rows; row++) {
                weight[row] = (view->rows[row][item] - view->rows[row][view->begin[node]]) >> s->coarse[row];
                if (s->mirrored)
                    weight[s->rows + row] = -weight[row];
            }
            const int64_t gain = (view->score[view->begin[node]] - view->score[item]) >> s->score_coarse;
            for (int vector = 0; vector < s->vectors; vector++) {
                value[vector] = gain * ((int64_t)1 << s->shift);
                for (int row = 0; row < s->rows; row++)
                    value[vector] += s->multipliers[vector * s->rows + row] * weight[row];
            }
        }
    return true;
}

/* ---- what is left of the items ----------------------------------------------------------------------------------------------------- */

static void find_least(const mn_half_space *s, int node, int64_t *least)
{
    for (int item = s->begin[node]; item < s->begin[node + 1]; item++) {
        const int64_t *value = s->value + (size_t)item * s->lanes;
        for (int lane = 0; lane < s->lanes; lane++)
            if (item == s->begin[node] || value[lane] < least[lane])
                least[lane] = value[lane];
    }
}

/* Drops items that no network worth finding has, in any lane. Returns how many; `*empty`: nothing is worth finding. */
static int cut(mn_half_space *s, int64_t *own, bool *empty)
{
    memset(s->least, 0, sizeof *s->least * (size_t)s->lanes);
    for (int node = 0; node < s->view->node_count; node++) {
        find_least(s, node, own);
        for (int lane = 0; lane < s->lanes; lane++)
            s->least[lane] += own[lane];
    }
    for (int lane = 0; lane < s->lanes; lane++)
        *empty |= s->least[lane] > s->cap[lane];
    if (*empty)
        return 0;
    int kept = 0, begin = s->begin[0];
    for (int node = 0; node < s->view->node_count; node++) {
        find_least(s, node, own);
        const int end = s->begin[node + 1];
        s->begin[node] = kept;
        for (int item = begin; item < end; item++) {
            const int64_t *value = s->value + (size_t)item * s->lanes;
            bool fits = true;
            for (int lane = 0; lane < s->lanes && fits; lane++)
                fits = value[lane] - own[lane] <= s->cap[lane] - s->least[lane];
            if (!fits)
                continue;
            memmove(s->value + (size_t)kept * s->lanes, value, sizeof *value * (size_t)s->lanes);
            s->origin[kept++] = s->origin[item];
        }
        *empty |= kept == s->begin[node];
        begin = end;
    }
    const int dropped = begin - kept;
    s->begin[s->view->node_count] = kept;
    return dropped;
}

static bool cut_items(mn_half_space *s, bool *empty)
{
    const mn_halves_view *view = s->view;
    const int items = view->begin[view->node_count];
    int64_t *own = mn_arena_take(s->arena, (size_t)s->lanes, sizeof *own);
    int64_t *least = mn_arena_take(s->arena, (size_t)s->lanes, sizeof *least);
    s->begin = mn_arena_take(s->arena, (size_t)view->node_count + 1, sizeof *s->begin);
    s->origin = mn_arena_take(s->arena, (size_t)items, sizeof *s->origin);
    if (!own || !least || !s->begin || !s->origin)
        return false;
    s->least = least;
    memcpy(s->begin, view->begin, sizeof *s->begin * ((size_t)view->node_count + 1));
    for (int node = 0; node < view->node_count; node++)
        for (int item = view->begin[node]; item < view->begin[node + 1]; item++)
            s->origin[item] = item - view->begin[node];
    *empty = false;
    for (int i = 0; i < MOST_CUTS; i++) {
        const int dropped = cut(s, own, empty);
        if (*empty)
            break;
        if (s->mirrored)
            set_mirrored_caps(s);
        if (dropped == 0)
            break;
    }
    return true;
}

/* ---- lanes in 32 bits -------------------------------------------------------------------------------------------------------------- */

static int32_t narrow(int64_t value, int drop)
{
    const int64_t kept = value >> drop, most = (int64_t)1 << LANE_BITS;
    return (int32_t)(kept > most ? most : kept < -most ? -most : kept);
}

static void set_limits(mn_half_space *s)
{
    for (int lane = 0; lane < s->groups * MN_HALF_LANES; lane++)
        s->limit[lane / MN_HALF_LANES][lane % MN_HALF_LANES] =
            lane < s->lanes ? narrow(s->cap[lane] - s->offset[lane], s->drop[lane]) : 0;
}

/* Each node's items by ascending rc; the first of them becomes the origin of all lanes. */
static void sort_items(mn_half_space *s)
{
    int64_t kept[MN_HALF_LANES * MN_HALF_MOST_GROUPS];
    const size_t size = sizeof *kept * (size_t)s->lanes;
    for (int node = 0; node < s->view->node_count; node++)
        for (int item = s->begin[node]; item < s->begin[node + 1]; item++) {
            const int origin = s->origin[item];
            memcpy(kept, s->value + (size_t)item * s->lanes, size);
            int at = item;
            for (; at > s->begin[node] && s->value[(size_t)(at - 1) * s->lanes] > kept[0]; at--) {
                memcpy(s->value + (size_t)at * s->lanes, s->value + (size_t)(at - 1) * s->lanes, size);
                s->origin[at] = s->origin[at - 1];
            }
            memcpy(s->value + (size_t)at * s->lanes, kept, size);
            s->origin[at] = origin;
        }
}

static void choose_drops(mn_half_space *s, const double *multipliers)
{
    for (int lane = 0; lane < s->groups * MN_HALF_LANES; lane++)
        s->unit[lane] = 0;
    for (int lane = 0; lane < s->lanes; lane++) {
        double spreads = 0;
        s->offset[lane] = 0;
        for (int node = 0; node < s->view->node_count; node++) {
            const int64_t first = s->value[(size_t)s->begin[node] * s->lanes + lane];
            int64_t most = 0;
            for (int item = s->begin[node]; item < s->begin[node + 1]; item++) {
                const int64_t distance = magnitude(s->value[(size_t)item * s->lanes + lane] - first);
                most = distance > most ? distance : most;
            }
            spreads += (double)most;
            s->offset[lane] += first;
        }
        s->drop[lane] = bits_above(spreads, LANE_BITS);
        s->unit[lane] = ldexp(1, s->drop[lane]);
        if (lane < s->vectors)
            s->unit[lane] *= ldexp(1, s->score_coarse - s->shift);
        else
            s->unit[lane] *=
                ldexp(multipliers[(lane - s->vectors) % s->rows], s->coarse[(lane - s->vectors) % s->rows]);
    }
}

static bool narrow_lanes(mn_half_space *s, const double *multipliers)
{
    const int nodes = s->view->node_count, items = s->begin[nodes];
    const size_t padded = (size_t)s->groups * MN_HALF_LANES;
    s->drop = mn_arena_take(s->arena, padded, sizeof *s->drop);
    s->offset = mn_arena_take(s->arena, padded, sizeof *s->offset);
    s->unit = mn_arena_take(s->arena, padded, sizeof *s->unit);
    s->limit = mn_arena_take(s->arena, (size_t)s->groups, sizeof *s->limit);
    s->item_lanes = mn_arena_take(s->arena, (size_t)items * s->groups, sizeof *s->item_lanes);
    s->item_cost = mn_arena_take(s->arena, (size_t)items, sizeof *s->item_cost);
    s->node_of = mn_arena_take(s->arena, (size_t)items, sizeof *s->node_of);
    if (!s->drop || !s->offset || !s->unit || !s->limit || !s->item_lanes || !s->item_cost || !s->node_of)
        return false;
    sort_items(s);
    choose_drops(s, multipliers);
    memset(s->item_lanes, 0, sizeof *s->item_lanes * (size_t)items * (size_t)s->groups);
    for (int node = 0; node < nodes; node++)
        for (int item = s->begin[node]; item < s->begin[node + 1]; item++) {
            const int64_t *value = s->value + (size_t)item * s->lanes,
                          *first = s->value + (size_t)s->begin[node] * s->lanes;
            for (int lane = 0; lane < s->lanes; lane++)
                s->item_lanes[(size_t)item * s->groups + lane / MN_HALF_LANES][lane % MN_HALF_LANES] =
                    narrow(value[lane] - first[lane], s->drop[lane]);
            s->item_cost[item] = s->item_lanes[(size_t)item * s->groups][0];
            s->node_of[item] = node;
        }
    set_limits(s);
    return true;
}

/* ---- parts of the nodes ---------------------------------------------------------------------------------------------------------------- */

bool mn_half_take(const mn_half_space *s, mn_half *half, int nodes, int list_size)
{
    const size_t count = (size_t)nodes, size = (size_t)list_size;
    half->groups = s->groups;
    half->node_count = 0;
    half->node = mn_arena_take(s->arena, count, sizeof *half->node);
    half->begin = mn_arena_take(s->arena, count, sizeof *half->begin);
    half->end = mn_arena_take(s->arena, count, sizeof *half->end);
    half->least = mn_arena_take(s->arena, count, sizeof *half->least);
    half->saving = mn_arena_take(s->arena, (count + 1) * s->groups, sizeof *half->saving);
    half->reach = mn_arena_take(s->arena, (count + 1) * s->groups, sizeof *half->reach);
    half->lanes = mn_arena_take(s->arena, size * s->groups, sizeof *half->lanes);
    half->parent = mn_arena_take(s->arena, size, sizeof *half->parent);
    half->item = mn_arena_take(s->arena, size, sizeof *half->item);
    half->last = mn_arena_take(s->arena, size, sizeof *half->last);
    return half->node && half->begin && half->end && half->least && half->saving && half->reach && half->lanes &&
           half->parent && half->item && half->last;
}

void mn_half_add(const mn_half_space *s, mn_half *half, int node)
{
    const int at = half->node_count++;
    half->node[at] = node;
    half->begin[at] = s->begin[node] + 1;
    half->end[at] = s->begin[node + 1];
    half->least[at] = s->item_cost[s->begin[node] + 1];
}

/* What the nodes from each on can save at most: lane-wise least sums, the item of least rc counts as 0. */
void mn_half_find_savings(const mn_half_space *s, mn_half *half)
{
    const int groups = s->groups;
    memset(half->saving + (size_t)half->node_count * groups, 0, sizeof *half->saving * (size_t)groups);
    for (int at = half->node_count - 1; at >= 0; at--)
        for (int group = 0; group < groups; group++) {
            mn_half_lanes least = {0};
            for (int item = half->begin[at]; item < half->end[at]; item++)
                for (int lane = 0; lane < MN_HALF_LANES; lane++) {
                    const int32_t own = s->item_lanes[(size_t)item * groups + group][lane];
                    least[lane] = own < least[lane] ? own : least[lane];
                }
            half->saving[(size_t)at * groups + group] = least + half->saving[(size_t)(at + 1) * groups + group];
        }
}

typedef struct ranked {
    int32_t cost;
    int node;
} ranked;

static int by_cost(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    return x->cost != y->cost ? (x->cost < y->cost ? -1 : 1) : x->node - y->node;
}

int mn_half_rank(const mn_half_space *s, int *nodes)
{
    const int count = s->view->node_count;
    ranked *rank = mn_arena_take(s->arena, (size_t)count, sizeof *rank);
    if (!rank)
        return -1;
    int open = 0;
    for (int node = 0; node < count; node++)
        if (s->begin[node + 1] - s->begin[node] > 1)
            rank[open++] = (ranked){s->item_cost[s->begin[node] + 1], node};
    qsort(rank, (size_t)open, sizeof *rank, by_cost);
    for (int i = 0; i < open; i++)
        nodes[i] = rank[i].node;
    return open;
}

bool mn_half_offer(mn_half_space *s, const int *items, mn_halves_found found, void *context, bool *ended)
{
    const mn_halves_view *view = s->view;
    int64_t score = 0;
    for (int node = 0; node < view->node_count; node++)
        score += view->score[view->begin[node] + items[node]];
    if (score < s->target)
        return true;
    for (int row = 0; row < s->rows; row++) {
        int64_t sum = 0;
        for (int node = 0; node < view->node_count; node++)
            sum += view->rows[row][view->begin[node] + items[node]];
        if (sum > view->caps[row])
            return true;
    }
    const int64_t target = found(context, items, score);
    *ended = target == MN_HALVES_ENOUGH;
    if (!*ended && target > s->target)
        mn_half_space_aim(s, target);
    return !*ended;
}

/* ---- all of it --------------------------------------------------------------------------------------------------------------------- */

void mn_half_space_aim(mn_half_space *s, int64_t target)
{
    set_target(s, target);
    set_limits(s);
}

bool mn_half_space_make(mn_half_space *s, const mn_halves_view *view, const double *multipliers, int64_t target,
                        bool mirrored, uint64_t seed, mn_arena *arena, bool *empty)
{
    *s = (mn_half_space){.view = view, .arena = arena, .seed = seed, .rows = view->row_count, .mirrored = mirrored};
    const int own = mirrored ? 2 * s->rows : s->rows;
    s->groups = (own + 2 + MN_HALF_LANES - 1) / MN_HALF_LANES;
    s->vectors = s->groups * MN_HALF_LANES - own;
    s->lanes = s->vectors + own;
    if (!make_lanes(s, multipliers))
        return false;
    set_target(s, target);
    if (!cut_items(s, empty))
        return false;
    return *empty || narrow_lanes(s, multipliers);
}
