#include "solver/pricing.h"

#include <math.h>
#include <string.h>

mn_status mn_pricing_make(const mn_form *form, mn_pool *pool, mn_arena *arena, mn_pricing *w)
{
    const size_t rows = (size_t)form->row_count;
    const mn_graph *graph = &form->prepared->graph;
    *w = (mn_pricing){.form = form, .pool = pool, .rows = form->row_count, .own_limits = !form->prepared->scaled};
    w->values = mn_arena_take(arena, (size_t)form->prepared->problem->item_count, sizeof *w->values);
    w->best = mn_arena_take(arena, (size_t)graph->slot_count, sizeof *w->best);
    w->choice = mn_arena_take(arena, (size_t)graph->slot_count, sizeof *w->choice);
    w->row_low = mn_arena_take(arena, rows, sizeof *w->row_low);
    w->row_range = mn_arena_take(arena, rows, sizeof *w->row_range);
    w->cap = mn_arena_take(arena, rows, sizeof *w->cap);
    int *own = mn_arena_take(arena, rows, sizeof *own);
    if (!w->values || !w->best || !w->choice || !w->row_low || !w->row_range || !w->cap || !own)
        return MN_FAILURE;
    for (int row = 0; row < form->row_count; row++)
        own[row] = 1 + (w->own_limits ? form->row_limit[row] : row);
    w->row_column = own;
    w->score_low = (double)form->score_low;
    w->score_range = fmax(1, (double)form->score_high - (double)form->score_low);
    for (int row = 0; row < form->row_count; row++) {
        w->row_low[row] = (double)form->row_low[row];
        w->row_range[row] = fmax(1, (double)form->row_high[row] - (double)form->row_low[row]);
        w->cap[row] = ((double)form->caps[row] - w->row_low[row]) / w->row_range[row];
    }
    return MN_OK;
}

void mn_pricing_weigh(const mn_pricing *w, double score_weight, const double *multipliers)
{
    const int items = w->form->prepared->problem->item_count;
    const double factor = score_weight / w->score_range;
    for (int item = 0; item < items; item++)
        w->values[item] = factor * (double)w->form->score[item];
    for (int row = 0; row < w->rows; row++) {
        const double weight = multipliers[row] / w->row_range[row];
        const int64_t *values = w->form->rows[row];
        if (weight != 0)
            for (int item = 0; item < items; item++)
                w->values[item] -= weight * (double)values[item];
    }
}

static void longest_path(const mn_pricing *w)
{
    const mn_graph *graph = &w->form->prepared->graph;
    w->best[graph->slot_count - 1] = 0;
    for (int slot = graph->slot_count - 2; slot >= 0; slot--) {
        double best = -INFINITY;
        int choice = graph->begin[slot];
        for (int arc = graph->begin[slot]; arc < graph->begin[slot + 1]; arc++) {
            const double value = w->values[graph->arcs[arc].item] + w->best[graph->arcs[arc].next];
            if (value > best) {
                best = value;
                choice = arc;
            }
        }
        w->best[slot] = best;
        w->choice[slot] = choice;
    }
}

int mn_pricing_add(const mn_pricing *w)
{
    mn_pool *pool = w->pool;
    const mn_graph *graph = &w->form->prepared->graph;
    const mn_problem *problem = w->form->prepared->problem;
    if (pool->count == MN_POOL_SIZE)
        return -1;
    double *sums = pool->sums + (size_t)pool->count * pool->width;
    uint16_t *choices = pool->choices + (size_t)pool->count * pool->node_count;
    memset(sums, 0, sizeof *sums * (size_t)pool->width);
    int slot = 0;
    for (int node = 0; node < graph->node_count; node++) {
        const mn_graph_arc *arc = &graph->arcs[w->choice[slot]];
        choices[node] = (uint16_t)(arc->item - problem->first[node]);
        sums[0] += (double)w->form->score[arc->item];
        if (w->own_limits)
            for (int limit = 0; limit < problem->limit_count; limit++)
                sums[1 + limit] += (double)problem->limits[limit].values[arc->item];
        else
            for (int row = 0; row < w->rows; row++)
                sums[1 + row] += (double)w->form->rows[row][arc->item];
        slot = arc->next;
    }
    return pool->count++;
}

int mn_price(const mn_pricing *w, double score_weight, const double *multipliers)
{
    mn_pricing_weigh(w, score_weight, multipliers);
    longest_path(w);
    return mn_pricing_add(w);
}
