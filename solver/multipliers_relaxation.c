/* Several rows, independent nodes: the dual simplex (relaxation.h), and its network rounded and repaired for the pool. */
#include "solver/pricing.h"

#include <math.h>
#include <string.h>

/* The graph's items as the relaxation reads them. */
static mn_status load_relaxation(const mn_pricing *w, mn_arena *arena)
{
    const mn_graph *graph = &w->form->prepared->graph;
    const size_t arcs = (size_t)graph->begin[graph->node_count];
    double *values = mn_arena_take(arena, arcs * (size_t)(w->rows + 1), sizeof *values);
    const double **rows = mn_arena_take(arena, (size_t)w->rows, sizeof *rows);
    double *caps = mn_arena_take(arena, (size_t)w->rows, sizeof *caps);
    if (!values || !rows || !caps)
        return MN_FAILURE;
    mn_status status = MN_OK;
    for (int row = -1; row < w->rows && (status = mn_control_check(w->form->control)) == MN_OK; row++) {
        const int64_t *from = row < 0 ? w->form->score : w->form->rows[row];
        double *to = values + arcs * (size_t)(row + 1);
        for (size_t arc = 0; arc < arcs; arc++)
            to[arc] = (double)from[graph->arcs[arc].item];
        if (row >= 0) {
            rows[row] = to;
            caps[row] = (double)w->form->caps[row];
        }
    }
    const mn_relaxation_view view = {graph->node_count, w->rows, graph->begin, values, rows, caps};
    if (status == MN_OK && !mn_relaxation_load(w->pool->relaxation, &view))
        return MN_FAILURE;
    return status;
}

/* Loads the relaxation, or only its caps when it holds these rows already. MN_OK, MN_FAILURE, or what the control says. */
static mn_status prepare_relaxation(const mn_pricing *w, mn_arena *arena)
{
    mn_pool *pool = w->pool;
    bool same = pool->relaxation && w->own_limits && pool->loaded_count == w->rows;
    for (int row = 0; row < w->rows && same; row++)
        same = pool->loaded[row] == w->form->row_limit[row];
    if (!pool->relaxation)
        pool->relaxation = mn_relaxation_create();
    if (!pool->relaxation)
        return MN_FAILURE;
    pool->loaded_count = 0;
    if (same) {
        double *caps = mn_arena_take(arena, (size_t)w->rows, sizeof *caps);
        if (!caps)
            return MN_FAILURE;
        for (int row = 0; row < w->rows; row++)
            caps[row] = (double)w->form->caps[row];
        mn_relaxation_set_caps(pool->relaxation, caps);
    } else {
        const mn_status status = load_relaxation(w, arena);
        if (status != MN_OK)
            return status;
    }
    if (w->own_limits) {
        pool->loaded_count = w->rows;
        memcpy(pool->loaded, w->form->row_limit, sizeof *pool->loaded * (size_t)w->rows);
    }
    return MN_OK;
}

/* By how much the sums pass their caps, all rows together, scaled; `from` and `to`: with one item exchanged. */
static double excess_of(const mn_pricing *w, const int64_t *room, int from, int to)
{
    double excess = 0;
    for (int row = 0; row < w->rows; row++) {
        const int64_t left = room[row] + w->form->rows[row][from] - w->form->rows[row][to];
        if (left < 0)
            excess -= (double)left / w->row_range[row];
    }
    return excess;
}

/* Exchanges single items of the network in w->choice for the least loss (w->values) per excess until all rows are met, or
 * `most_moves` are done. */
static void repair(const mn_pricing *w, int64_t *room, int most_moves)
{
    const mn_graph *graph = &w->form->prepared->graph;
    for (int row = 0; row < w->rows; row++) {
        room[row] = w->form->caps[row];
        for (int node = 0; node < graph->node_count; node++)
            room[row] -= w->form->rows[row][graph->arcs[w->choice[node]].item];
    }
    const int any = graph->arcs[w->choice[0]].item;
    for (double excess = excess_of(w, room, any, any); excess > 0 && most_moves-- > 0;) {
        double most = 0, left = 0;
        int best_node = -1, best_arc = 0;
        for (int node = 0; node < graph->node_count; node++) {
            const int now = graph->arcs[w->choice[node]].item;
            for (int arc = graph->begin[node]; arc < graph->begin[node + 1]; arc++) {
                const int item = graph->arcs[arc].item;
                const double rest = excess_of(w, room, now, item);
                const double merit = (excess - rest) / (fmax(0, w->values[now] - w->values[item]) + 1e-6);
                if (rest < excess && merit > most) {
                    most = merit;
                    left = rest;
                    best_node = node;
                    best_arc = arc;
                }
            }
        }
        if (best_node < 0)
            return;
        const int from = graph->arcs[w->choice[best_node]].item, to = graph->arcs[best_arc].item;
        for (int row = 0; row < w->rows; row++)
            room[row] += w->form->rows[row][from] - w->form->rows[row][to];
        w->choice[best_node] = best_arc;
        excess = left;
    }
}

enum { MOST_REPAIR = 1 << 22 }; /* items looked at, times rows: some ms */

/* The node's best items under the multipliers, made to fit, join the pool. */
static mn_status add_rounded(const mn_pricing *w, const double *multipliers, mn_arena *arena)
{
    const mn_graph *graph = &w->form->prepared->graph;
    int64_t *room = mn_arena_take(arena, (size_t)w->rows, sizeof *room);
    if (!room)
        return MN_FAILURE;
    mn_pricing_weigh(w, 1, multipliers);
    for (int node = 0; node < graph->node_count; node++) {
        double share;
        w->choice[node] = graph->begin[node] + mn_relaxation_key(w->pool->relaxation, node, &share);
    }
    const double look = (double)graph->begin[graph->node_count] * w->rows;
    repair(w, room, (int)fmin(2.0 * w->rows + 4, MOST_REPAIR / look));
    mn_pricing_add(w);
    return MN_OK;
}

mn_status mn_multipliers_by_relaxation(const mn_pricing *w, mn_arena *arena, double *multipliers)
{
    const mn_status status = prepare_relaxation(w, arena);
    memset(multipliers, 0, sizeof *multipliers * (size_t)w->rows);
    if (status != MN_OK)
        return status == MN_FAILURE ? status : MN_OK; /* stopped: no multipliers are valid ones, too */
    mn_relaxation_watch(w->pool->relaxation, w->form->control);
    const mn_relaxation_end end = mn_relaxation_solve(w->pool->relaxation, -INFINITY);
    mn_relaxation_watch(w->pool->relaxation, NULL);
    mn_relaxation_multipliers(w->pool->relaxation, multipliers);
    double most = 0;
    for (int row = 0; row < w->rows; row++) {
        multipliers[row] *= w->row_range[row] / w->score_range;
        most = fmax(most, multipliers[row]);
    }
    if (end != MN_RELAXATION_INFEASIBLE)
        return add_rounded(w, multipliers, arena);
    for (int row = 0; row < w->rows; row++) /* a ray: long enough to exclude every score */
        multipliers[row] *= 1e4 / fmax(most, 1e-100);
    return MN_OK;
}
