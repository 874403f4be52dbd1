#include "solver/core.h"

#include <math.h>
#include <string.h>

#define LARGEST ((int64_t)1 << 60) /* "never": no path to the end; sums of two stay inside 64 bits */

/* ---- multiplier vectors ------------------------------------------------------------------------------------------------------------ */

/* The other vectors weaken one multiplier each: where the main bound is loose because a row has slack, one of them is not. */
static double weakening(int vector)
{
    return vector % 2 ? 0.6 : 0.4;
}

mn_status mn_vectors_make(const mn_form *form, const double *multipliers, mn_arena *arena, mn_vectors *vectors)
{
    const int rows = form->row_count;
    int count = rows + 1;
    const int fill = MN_LANES - rows % MN_LANES; /* what the last vector register has room for */
    if (count > fill)
        count = fill;
    if (rows == 0)
        count = 1;
    vectors->values = mn_arena_take(arena, (size_t)count * (rows + 1), sizeof *vectors->values);
    if (!vectors->values)
        return MN_FAILURE;
    const double score = (double)form->score_magnitude + 1;
    double weights = 0; /* what the multiplied rows may add up to */
    for (int row = 0; row < rows; row++)
        weights += multipliers[row] * (double)form->row_magnitude[row];
    const bool usable = score < 0x1p57;
    const double shrink = score + weights < 0x1p57 ? 1 : (0x1p57 - score) / weights; /* smaller ones are valid too */
    const double total = score + weights * shrink;
    vectors->count = count;
    vectors->shift = usable ? 58 - ilogb(total) - 2 : 0;
    vectors->shift = vectors->shift > 30 ? 30 : vectors->shift < 0 ? 0 : vectors->shift;
    for (int vector = 0; vector < count; vector++)
        for (int row = 0; row < rows; row++) {
            const double factor = shrink * (vector == row + 1 ? weakening(vector) : 1);
            vectors->values[vector * rows + row] =
                usable ? (int64_t)floor(ldexp(multipliers[row] * factor, vectors->shift) + 0.5) : 0;
        }
    return MN_OK;
}

/* Sums past 2^58 are coarsened: with values and capacity floored to multiples of 2^k, sum <= capacity still implies the same of the
 * coarse ones. Then whole networks must be checked exactly (form->checked). */
static int coarsening(int64_t magnitude)
{
    int bits = 0;
    while (magnitude >> bits >= (int64_t)1 << 58)
        bits++;
    return bits;
}

/* ---- lanes of items --------------------------------------------------------------------------------------------------------------- */

typedef struct maker {
    const mn_form *form;
    const mn_vectors *vectors;
    mn_arena *arena;
    int score_coarsening;
    int64_t *main; /* [items] the main vector's lane */
    int64_t threshold;
    /* arcs that are left, in slots */
    int slot_count, arc_count;
    int *begin; /* [slot_count + 1] */
    int32_t *item, *next;
    int *node_of; /* [slot_count] */
} maker;

/* The lane of multiplier vector `vector`: L.w - 2^s p. */
static int64_t vector_lane(const maker *m, int vector, int item)
{
    const mn_form *form = m->form;
    if (m->score_coarsening > 0)
        return -form->score[item] >> m->score_coarsening;
    int64_t value = -(form->score[item] * ((int64_t)1 << m->vectors->shift));
    for (int row = 0; row < form->row_count; row++)
        value += m->vectors->values[vector * form->row_count + row] * form->rows[row][item];
    return value;
}

/* What vector `vector`'s sum may be at most: L.caps - 2^s threshold. */
static int64_t vector_cap(const maker *m, int vector, int64_t threshold)
{
    const mn_form *form = m->form;
    mn_wide cap = -(mn_wide)threshold;
    if (m->score_coarsening > 0) {
        cap >>= m->score_coarsening;
    } else {
        cap *= (mn_wide)1 << m->vectors->shift;
        for (int row = 0; row < form->row_count; row++)
            cap += (mn_wide)m->vectors->values[vector * form->row_count + row] * form->caps[row];
    }
    return cap > LARGEST ? LARGEST : cap < -LARGEST ? -LARGEST : (int64_t)cap;
}

static void fill_main(maker *m)
{
    const int items = m->form->prepared->problem->item_count;
    for (int item = 0; item < items; item++)
        m->main[item] = vector_lane(m, 0, item);
}

static int64_t lane_value(const maker *m, int lane, int item)
{
    if (lane < m->vectors->count)
        return vector_lane(m, lane, item);
    const int row = lane - m->vectors->count;
    return row < m->form->row_count ? m->form->rows[row][item] >> coarsening(m->form->row_magnitude[row]) : 0;
}

static int64_t lane_cap(const maker *m, int lane)
{
    if (lane < m->vectors->count)
        return vector_cap(m, lane, m->threshold);
    const int row = lane - m->vectors->count;
    return row < m->form->row_count ? m->form->caps[row] >> coarsening(m->form->row_magnitude[row]) : LARGEST;
}

/* ---- first cut: the main lane alone, over the whole graph ------------------------------------------------------------------------- */

static void main_to_end(const maker *m, int64_t *to_end)
{
    const mn_graph *graph = &m->form->prepared->graph;
    to_end[graph->slot_count - 1] = 0;
    for (int slot = graph->slot_count - 2; slot >= 0; slot--) {
        int64_t least = INT64_MAX;
        for (int arc = graph->begin[slot]; arc < graph->begin[slot + 1]; arc++) {
            const int64_t sum = m->main[graph->arcs[arc].item] + to_end[graph->arcs[arc].next];
            least = sum < least ? sum : least;
        }
        to_end[slot] = least;
    }
}

int64_t mn_vectors_bound(const mn_form *form, const mn_vectors *vectors, mn_arena *arena)
{
    const mn_arena_mark mark = mn_arena_here(arena);
    maker m = {.form = form, .vectors = vectors, .score_coarsening = coarsening(form->score_magnitude)};
    m.main = mn_arena_take(arena, (size_t)form->prepared->problem->item_count, sizeof *m.main);
    int64_t *to_end = mn_arena_take(arena, (size_t)form->prepared->graph.slot_count, sizeof *to_end);
    int64_t bound = form->score_high;
    if (m.main && to_end) {
        fill_main(&m);
        main_to_end(&m, to_end);
        /* the largest threshold whose cap is not below the least sum */
        const mn_wide room = (mn_wide)vector_cap(&m, 0, 0) - to_end[0];
        const mn_wide own =
            m.score_coarsening > 0 ? (room + 1) * ((mn_wide)1 << m.score_coarsening) - 1 : room >> vectors->shift;
        if (own < bound)
            bound = own < -LARGEST * 4 ? -LARGEST * 4 : (int64_t)own;
    }
    mn_arena_return(arena, mark);
    return bound;
}

/* Keeps the arcs whose best network under the main lane reaches the threshold. False when memory ran out. */
static bool cut_by_main(maker *m, bool *empty)
{
    const mn_graph *graph = &m->form->prepared->graph;
    const int slots = graph->slot_count;
    int64_t *to_end = mn_arena_take(m->arena, (size_t)slots, sizeof *to_end);
    int64_t *from_start = mn_arena_take(m->arena, (size_t)slots, sizeof *from_start);
    const size_t arcs = (size_t)graph->begin[slots];
    m->begin = mn_arena_take(m->arena, (size_t)slots + 1, sizeof *m->begin);
    m->item = mn_arena_take(m->arena, arcs, sizeof *m->item);
    m->next = mn_arena_take(m->arena, arcs, sizeof *m->next);
    m->node_of = mn_arena_take(m->arena, (size_t)slots, sizeof *m->node_of);
    if (!to_end || !from_start || !m->begin || !m->item || !m->next || !m->node_of)
        return false;
    main_to_end(m, to_end);
    const int64_t slack = vector_cap(m, 0, m->threshold) - to_end[0];
    *empty = slack < 0;
    if (*empty)
        return true;

    for (int slot = 0; slot < slots; slot++)
        from_start[slot] = LARGEST;
    from_start[0] = 0;
    m->slot_count = slots;
    m->arc_count = 0;
    for (int node = 0; node < graph->node_count; node++)
        for (int slot = graph->layer[node]; slot < graph->layer[node + 1]; slot++) {
            m->begin[slot] = m->arc_count;
            m->node_of[slot] = node;
            if (from_start[slot] > slack)
                continue;
            for (int arc = graph->begin[slot]; arc < graph->begin[slot + 1]; arc++) {
                const mn_graph_arc *a = &graph->arcs[arc];
                const int64_t cost = from_start[slot] + m->main[a->item] + to_end[a->next] - to_end[slot];
                if (cost > slack)
                    continue;
                if (cost < from_start[a->next])
                    from_start[a->next] = cost;
                m->item[m->arc_count] = a->item;
                m->next[m->arc_count++] = a->next;
            }
        }
    m->begin[slots - 1] = m->begin[slots] = m->arc_count;
    m->node_of[slots - 1] = graph->node_count;
    return true;
}

/* ---- order of nodes, where they are independent ----------------------------------------------------------------------------------- */

/* Puts nodes first that decide most: the largest mean rc of the main lane. One slot a node here. */
static bool order_nodes(maker *m)
{
    const int nodes = m->slot_count - 1;
    double *decides = mn_arena_take(m->arena, (size_t)nodes, sizeof *decides);
    int *order = mn_arena_take(m->arena, (size_t)nodes, sizeof *order);
    int *begin = mn_arena_take(m->arena, (size_t)nodes + 2, sizeof *begin);
    int32_t *item = mn_arena_take(m->arena, (size_t)m->arc_count, sizeof *item);
    int *node_of = mn_arena_take(m->arena, (size_t)nodes + 1, sizeof *node_of);
    if (!decides || !order || !begin || !item || !node_of)
        return false;
    for (int node = 0; node < nodes; node++) {
        int64_t least = INT64_MAX;
        double sum = 0;
        for (int arc = m->begin[node]; arc < m->begin[node + 1]; arc++)
            least = m->main[m->item[arc]] < least ? m->main[m->item[arc]] : least;
        for (int arc = m->begin[node]; arc < m->begin[node + 1]; arc++)
            sum += (double)(m->main[m->item[arc]] - least);
        decides[node] = sum / (m->begin[node + 1] - m->begin[node] + 1e-9);
        int at = node;
        for (; at > 0 && decides[order[at - 1]] < decides[node]; at--)
            order[at] = order[at - 1];
        order[at] = node;
    }
    int arcs = 0;
    for (int depth = 0; depth < nodes; depth++) {
        const int node = order[depth];
        begin[depth] = arcs;
        node_of[depth] = node;
        for (int arc = m->begin[node]; arc < m->begin[node + 1]; arc++)
            item[arcs++] = m->item[arc];
        for (int arc = begin[depth]; arc < arcs; arc++)
            m->next[arc] = depth + 1;
    }
    begin[nodes] = begin[nodes + 1] = arcs;
    node_of[nodes] = nodes;
    m->begin = begin;
    m->item = item;
    m->node_of = node_of;
    return true;
}

/* ---- all lanes ---------------------------------------------------------------------------------------------------------------------- */

/* *least = lane-wise smaller of *least and *other. */
static inline void take_smaller(mn_lanes *least, const mn_lanes *other)
{
    const mn_lanes less = *other < *least;
    *least = (*other & less) | (*least & ~less);
}

static bool any_negative(const mn_lanes *lanes, int groups)
{
    for (int group = 0; group < groups; group++)
        for (int lane = 0; lane < MN_LANES; lane++)
            if (lanes[group][lane] < 0)
                return true;
    return false;
}

typedef struct bounds {
    mn_lanes *value;      /* [arcs][groups] lanes of the arc's item */
    mn_lanes *to_end;     /* [slots][groups] */
    mn_lanes *from_start; /* [slots][groups] */
    bool *alive;          /* [slots] some path leads to the end */
} bounds;

static bool fill_values(const maker *m, int groups, bounds *b)
{
    const size_t slots = (size_t)m->slot_count * groups;
    b->value = mn_arena_take(m->arena, (size_t)m->arc_count * groups, sizeof *b->value);
    b->to_end = mn_arena_take(m->arena, slots, sizeof *b->to_end);
    b->from_start = mn_arena_take(m->arena, slots, sizeof *b->from_start);
    b->alive = mn_arena_take(m->arena, (size_t)m->slot_count, sizeof *b->alive);
    if (!b->value || !b->to_end || !b->from_start || !b->alive)
        return false;
    for (int arc = 0; arc < m->arc_count; arc++) {
        mn_lanes *value = b->value + (size_t)arc * groups;
        for (int group = 0; group < groups; group++)
            for (int lane = 0; lane < MN_LANES; lane++)
                value[group][lane] = lane_value(m, group * MN_LANES + lane, m->item[arc]);
    }
    return true;
}

static void all_to_end(const maker *m, int groups, bounds *b)
{
    for (int slot = m->slot_count - 1; slot >= 0; slot--) {
        mn_lanes *least = b->to_end + (size_t)slot * groups;
        const bool end = slot == m->slot_count - 1;
        b->alive[slot] = end;
        for (int group = 0; group < groups; group++)
            for (int lane = 0; lane < MN_LANES; lane++)
                least[group][lane] = end ? 0 : LARGEST;
        for (int arc = m->begin[slot]; arc < m->begin[slot + 1]; arc++) {
            if (!b->alive[m->next[arc]])
                continue;
            b->alive[slot] = true;
            const mn_lanes *value = b->value + (size_t)arc * groups, *next = b->to_end + (size_t)m->next[arc] * groups;
            for (int group = 0; group < groups; group++) {
                const mn_lanes sum = value[group] + next[group];
                take_smaller(&least[group], &sum);
            }
        }
    }
}

/* Drops the arcs that no network worth finding uses, in any lane; the rest keep their order. Returns how many went. */
static int cut_by_all(maker *m, int groups, const mn_lanes *root, bounds *b)
{
    for (size_t i = 0; i < (size_t)m->slot_count * groups; i++)
        for (int lane = 0; lane < MN_LANES; lane++)
            b->from_start[i][lane] = i < (size_t)groups ? 0 : LARGEST;
    int kept = 0;
    for (int slot = 0; slot < m->slot_count - 1; slot++) {
        const mn_lanes *here = b->from_start + (size_t)slot * groups, *own = b->to_end + (size_t)slot * groups;
        const int end = m->begin[slot + 1];
        int arc = m->begin[slot];
        m->begin[slot] = kept;
        for (; arc < end; arc++) {
            if (!b->alive[m->next[arc]] || here[0][0] >= LARGEST)
                continue;
            const mn_lanes *next = b->to_end + (size_t)m->next[arc] * groups;
            mn_lanes cost[MN_MOST_GROUPS], slack[MN_MOST_GROUPS];
            bool bad = false;
            for (int group = 0; group < groups; group++) {
                cost[group] = here[group] + b->value[(size_t)arc * groups + group] + next[group] - own[group];
                slack[group] = root[group] - cost[group];
                bad |= any_negative(&slack[group], 1);
            }
            if (bad)
                continue;
            mn_lanes *there = b->from_start + (size_t)m->next[arc] * groups;
            for (int group = 0; group < groups; group++) {
                take_smaller(&there[group], &cost[group]);
                b->value[(size_t)kept * groups + group] = b->value[(size_t)arc * groups + group];
            }
            m->item[kept] = m->item[arc];
            m->next[kept++] = m->next[arc];
        }
    }
    const int gone = m->arc_count - kept;
    m->begin[m->slot_count - 1] = m->begin[m->slot_count] = m->arc_count = kept;
    return gone;
}

/* ---- the finished core --------------------------------------------------------------------------------------------------------------- */

static void set_root(const maker *m, int groups, const bounds *b, mn_lanes *root)
{
    for (int group = 0; group < groups; group++)
        for (int lane = 0; lane < MN_LANES; lane++)
            root[group][lane] = lane_cap(m, group * MN_LANES + lane);
    for (int group = 0; group < groups; group++)
        root[group] -= b->to_end[group];
}

static double count_paths(const mn_core *core, mn_arena *arena)
{
    double *paths = mn_arena_take(arena, (size_t)core->slot_count, sizeof *paths);
    if (!paths)
        return 0;
    paths[core->slot_count - 1] = 1;
    double scale = 0; /* log2 of what was divided out, to stay inside doubles */
    for (int slot = core->slot_count - 2; slot >= 0; slot--) {
        paths[slot] = 0;
        for (int arc = core->begin[slot]; arc < core->begin[slot + 1]; arc++)
            paths[slot] += paths[core->arcs[arc].next];
        if (paths[slot] > 1e200) {
            for (int later = slot; later < core->slot_count; later++)
                paths[later] *= 0x1p-600;
            scale += 600;
        }
    }
    return paths[0] > 0 ? log2(paths[0]) + scale : 0;
}

/* Writes the arcs of one slot, cheapest in the main lane first when the order asks for it. */
static void write_slot(const maker *m, int groups, const bounds *b, int slot, mn_core_order order, mn_core *core)
{
    const mn_problem *problem = m->form->prepared->problem;
    const int begin = m->begin[slot], node = m->node_of[slot];
    const mn_lanes *own = b->to_end + (size_t)slot * groups;
    for (int arc = begin; arc < m->begin[slot + 1]; arc++) {
        const mn_lanes *value = b->value + (size_t)arc * groups, *next = b->to_end + (size_t)m->next[arc] * groups;
        mn_lanes cost[MN_MOST_GROUPS];
        for (int group = 0; group < groups; group++)
            cost[group] = value[group] + next[group] - own[group];
        int at = arc;
        if (order == MN_BY_COST)
            for (; at > begin && core->cost[(size_t)(at - 1) * groups][0] > cost[0][0]; at--) {
                core->arcs[at] = core->arcs[at - 1];
                memcpy(core->cost + (size_t)at * groups, core->cost + (size_t)(at - 1) * groups,
                       sizeof *cost * (size_t)groups);
            }
        core->arcs[at] = (mn_core_arc){m->next[arc], (uint16_t)node, (uint16_t)(m->item[arc] - problem->first[node])};
        memcpy(core->cost + (size_t)at * groups, cost, sizeof *cost * (size_t)groups);
    }
}

static bool write_core(const maker *m, int groups, const bounds *b, mn_core_order order, mn_core *core)
{
    core->depth = m->form->prepared->problem->node_count;
    core->groups = groups;
    core->slot_count = m->slot_count;
    core->begin = m->begin;
    core->arcs = mn_arena_take(m->arena, (size_t)m->arc_count, sizeof *core->arcs);
    core->cost = mn_arena_take(m->arena, (size_t)m->arc_count * groups, sizeof *core->cost);
    core->unit = mn_arena_take(m->arena, (size_t)groups, sizeof *core->unit);
    if (!core->arcs || !core->cost || !core->unit)
        return false;
    for (int group = 0; group < groups; group++)
        for (int lane = 0; lane < MN_LANES; lane++) {
            const bool is_vector = group * MN_LANES + lane < m->vectors->count;
            core->unit[group][lane] = is_vector && m->score_coarsening == 0 ? (int64_t)1 << m->vectors->shift : 0;
        }
    for (int slot = 0; slot < m->slot_count - 1; slot++)
        write_slot(m, groups, b, slot, order, core);
    core->log2_paths = count_paths(core, m->arena);
    return true;
}

enum { MOST_CUTS = 4 };

mn_status mn_core_make(const mn_form *form, const mn_vectors *vectors, int64_t threshold, mn_core_order order,
                       mn_arena *arena, mn_core *core)
{
    *core = (mn_core){.form = form};
    maker m = {.form = form, .vectors = vectors, .arena = arena, .threshold = threshold};
    m.score_coarsening = coarsening(form->score_magnitude);
    m.main = mn_arena_take(arena, (size_t)form->prepared->problem->item_count, sizeof *m.main);
    if (!m.main)
        return MN_FAILURE;
    fill_main(&m);
    if (!cut_by_main(&m, &core->empty))
        return MN_FAILURE;
    if (core->empty)
        return MN_OK;
    if (order == MN_BY_COST && form->prepared->graph.free && !order_nodes(&m))
        return MN_FAILURE;

    int groups = (vectors->count + form->row_count + MN_LANES - 1) / MN_LANES;
    groups = groups > MN_MOST_GROUPS ? MN_MOST_GROUPS : groups;
    bounds b;
    core->root = mn_arena_take(arena, (size_t)groups, sizeof *core->root);
    if (!core->root || !fill_values(&m, groups, &b))
        return MN_FAILURE;
    for (int cut = 0; cut <= MOST_CUTS; cut++) {
        all_to_end(&m, groups, &b);
        set_root(&m, groups, &b, core->root);
        core->empty = !b.alive[0] || any_negative(core->root, groups);
        if (core->empty)
            return MN_OK;
        if (cut == MOST_CUTS || cut_by_all(&m, groups, core->root, &b) == 0)
            break;
    }
    return write_core(&m, groups, &b, order, core) ? MN_OK : MN_FAILURE;
}
