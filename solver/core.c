/* The 64-bit half: the first cut, by the main lane over the whole graph, and each lane's way to 32 bits. */
#include "solver/core.h"

#include <math.h>
#include <string.h>

#define NEVER ((int64_t)1 << 60) /* dearer than any slack; sums of two stay inside 64 bits */

enum { SLACK_BITS = 28 }; /* of a 32-bit lane: costs, slacks and their sums stay below 2^31 */

int mn_core_vectors(const mn_form *form)
{
    const int rows = form->row_count, few = 4;
    int groups = (rows + few + MN_LANES - 1) / MN_LANES;
    groups = groups > MN_MOST_GROUPS ? MN_MOST_GROUPS : groups;
    const int room = groups * MN_LANES - rows;
    return room < few ? few : room < rows + 1 ? room : rows + 1;
}

typedef struct maker {
    const mn_form *form;
    const mn_vectors *vectors;
    mn_arena *arena;
    int64_t threshold;
    int64_t *main; /* [items] the main vector's lane */
    /* arcs that are left, in slots */
    int slot_count, arc_count;
    int *begin; /* [slot_count + 1] */
    int32_t *item, *next;
    int *node_of; /* [slot_count] */
} maker;

/* ---- first cut -------------------------------------------------------------------------------------------------------------------- */

static bool take_first_arrays(maker *m)
{
    const mn_graph *graph = &m->form->prepared->graph;
    const size_t slots = (size_t)graph->slot_count, arcs = (size_t)graph->begin[slots];
    m->main = mn_arena_take(m->arena, (size_t)m->form->prepared->problem->item_count, sizeof *m->main);
    m->begin = mn_arena_take(m->arena, slots + 1, sizeof *m->begin);
    m->item = mn_arena_take(m->arena, arcs, sizeof *m->item);
    m->next = mn_arena_take(m->arena, arcs, sizeof *m->next);
    m->node_of = mn_arena_take(m->arena, slots, sizeof *m->node_of);
    return m->main && m->begin && m->item && m->next && m->node_of;
}

/* Keeps the arcs whose best network under the main lane reaches the threshold. False when memory ran out. */
static bool cut_by_main(maker *m, bool *empty)
{
    const mn_graph *graph = &m->form->prepared->graph;
    const int slots = graph->slot_count;
    int64_t *to_end = mn_arena_take(m->arena, (size_t)slots, sizeof *to_end);
    int64_t *from_start = mn_arena_take(m->arena, (size_t)slots, sizeof *from_start);
    if (!take_first_arrays(m) || !to_end || !from_start)
        return false;
    mn_vectors_main(m->form, m->vectors, m->main, to_end);
    const int64_t slack = mn_vectors_cap(m->form, m->vectors, 0, m->threshold) - to_end[0];
    *empty = slack < 0;
    if (*empty)
        return true;

    for (int slot = 0; slot < slots; slot++)
        from_start[slot] = NEVER;
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

/* The mean rc of a node's blocks in the main lane: how much deciding it decides. */
static double mean_cost(const maker *m, int node)
{
    int64_t least = INT64_MAX;
    double sum = 0;
    for (int arc = m->begin[node]; arc < m->begin[node + 1]; arc++)
        least = m->main[m->item[arc]] < least ? m->main[m->item[arc]] : least;
    for (int arc = m->begin[node]; arc < m->begin[node + 1]; arc++)
        sum += (double)(m->main[m->item[arc]] - least);
    return sum / (m->begin[node + 1] - m->begin[node] + 1e-9);
}

/* Puts nodes first that decide most. One slot a node here. */
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
    int placed = 0;
    for (int node = 0; node < nodes; node++) { /* decided ones keep their order: most nodes of a large space are */
        decides[node] = mean_cost(m, node);
        int at = placed++;
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

/* ---- lanes -------------------------------------------------------------------------------------------------------------------------- */

/* values [arcs] and cap of one lane: vectors first, then rows. */
static int64_t fill_lane(const maker *m, int lane, int64_t *values)
{
    const mn_form *form = m->form;
    if (lane < m->vectors->count) {
        for (int arc = 0; arc < m->arc_count; arc++)
            values[arc] = lane == 0 ? m->main[m->item[arc]] : mn_vectors_value(form, m->vectors, lane, m->item[arc]);
        return mn_vectors_cap(form, m->vectors, lane, m->threshold);
    }
    const int row = lane - m->vectors->count, coarse = mn_coarsening(form->row_magnitude[row]);
    for (int arc = 0; arc < m->arc_count; arc++)
        values[arc] = form->rows[row][m->item[arc]] >> coarse;
    return form->caps[row] >> coarse;
}

static void least_to_end(const maker *m, const int64_t *values, int64_t *to_end)
{
    to_end[m->slot_count - 1] = 0;
    for (int slot = m->slot_count - 2; slot >= 0; slot--) {
        int64_t least = NEVER;
        for (int arc = m->begin[slot]; arc < m->begin[slot + 1]; arc++) {
            const int64_t sum = values[arc] + to_end[m->next[arc]];
            least = sum < least ? sum : least;
        }
        to_end[slot] = least;
    }
}

/* Writes one lane of all arcs in 32 bits. False: even the cheapest path is too dear. */
static bool write_lane(const maker *m, int index, const int64_t *values, const int64_t *to_end, int64_t cap,
                       mn_core *core)
{
    mn_core_lane *lane = &core->lanes[index];
    *lane =
        (mn_core_lane){.slack = cap - to_end[0], .unit = index < m->vectors->count ? mn_vectors_unit(m->vectors) : 0};
    if (lane->slack < 0)
        return false;
    while (lane->slack >> lane->shift >= (int64_t)1 << SLACK_BITS)
        lane->shift++;
    const int row = index - m->vectors->count;
    lane->weight = ldexp(row < 0 ? 1 : (double)m->vectors->values[row], lane->shift - m->vectors->shift);
    const int group = index / MN_LANES, within = index % MN_LANES;
    const int64_t root = lane->slack >> lane->shift;
    core->root[group][within] = (int32_t)root;
    for (int slot = 0; slot < m->slot_count - 1; slot++)
        for (int arc = m->begin[slot]; arc < m->begin[slot + 1]; arc++) {
            const int64_t cost = (values[arc] + to_end[m->next[arc]] - to_end[slot]) >> lane->shift;
            core->cost[(size_t)arc * core->groups + group][within] = (int32_t)(cost > root ? root + 1 : cost);
        }
    return true;
}

static void write_arcs(const maker *m, mn_core *core)
{
    const mn_problem *problem = m->form->prepared->problem;
    for (int slot = 0; slot < m->slot_count - 1; slot++) {
        const int node = m->node_of[slot];
        for (int arc = m->begin[slot]; arc < m->begin[slot + 1]; arc++)
            core->arcs[arc] =
                (mn_core_arc){m->next[arc], (uint16_t)node, (uint16_t)(m->item[arc] - problem->first[node])};
    }
}

static mn_status write_core(const maker *m, mn_core *core)
{
    const size_t arcs = (size_t)m->arc_count, groups = (size_t)core->groups;
    core->begin = m->begin;
    core->slot_count = m->slot_count;
    core->arcs = mn_arena_take(m->arena, arcs, sizeof *core->arcs);
    core->cost = mn_arena_take(m->arena, arcs * groups, sizeof *core->cost);
    core->root = mn_arena_take(m->arena, groups, sizeof *core->root);
    core->lanes = mn_arena_take(m->arena, (size_t)core->lane_count, sizeof *core->lanes);
    int64_t *values = mn_arena_take(m->arena, arcs, sizeof *values);
    int64_t *to_end = mn_arena_take(m->arena, (size_t)m->slot_count, sizeof *to_end);
    if (!core->arcs || !core->cost || !core->root || !core->lanes || !values || !to_end)
        return MN_FAILURE;
    memset(core->cost, 0, sizeof *core->cost * arcs * groups);
    memset(core->root, 0, sizeof *core->root * groups);
    write_arcs(m, core);
    for (int lane = 0; lane < core->lane_count && !core->empty; lane++) {
        const int64_t cap = fill_lane(m, lane, values);
        least_to_end(m, values, to_end);
        core->empty = !write_lane(m, lane, values, to_end, cap, core);
    }
    return MN_OK;
}

/* ---- entry -------------------------------------------------------------------------------------------------------------------------- */

static void start_core(const maker *m, mn_core *core)
{
    *core = (mn_core){.form = m->form,
                      .threshold = m->threshold,
                      .depth = m->form->prepared->problem->node_count,
                      .free = m->form->prepared->graph.free,
                      .vector_count = m->vectors->count,
                      .lane_count = m->vectors->count + m->form->row_count};
    core->groups = (core->lane_count + MN_LANES - 1) / MN_LANES;
    if (core->groups > MN_MOST_GROUPS) {
        core->groups = MN_MOST_GROUPS;
        core->lane_count = MN_MOST_GROUPS * MN_LANES;
    }
}

mn_status mn_core_make(const mn_form *form, const mn_vectors *vectors, int64_t threshold, mn_core_order order,
                       mn_arena *arena, mn_core *core)
{
    maker m = {.form = form, .vectors = vectors, .arena = arena, .threshold = threshold};
    start_core(&m, core);
    if (!cut_by_main(&m, &core->empty))
        return MN_FAILURE;
    if (core->empty)
        return MN_OK;
    if (order == MN_BY_COST && core->free && !order_nodes(&m))
        return MN_FAILURE;
    const mn_status status = write_core(&m, core);
    return status != MN_OK || core->empty ? status : mn_core_cut(core, false, order == MN_BY_COST, arena);
}
