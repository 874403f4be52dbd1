#include "solver/pricing.h"
#include "host/core/memory.h"

#include <math.h>

mn_status mn_pool_make(int width, int node_count, mn_error *error, mn_pool *pool)
{
    *pool = (mn_pool){.width = width, .node_count = node_count};
    /* Not cleared: a solve mostly touches a few of them. */
    pool->sums = malloc((size_t)MN_POOL_SIZE * width * sizeof *pool->sums);
    pool->choices = malloc((size_t)MN_POOL_SIZE * node_count * sizeof *pool->choices);
    pool->loaded = mn_new_array((size_t)width, sizeof *pool->loaded);
    if (pool->sums && pool->choices && pool->loaded)
        return MN_OK;
    mn_pool_free(pool);
    return mn_fail_memory(error);
}

void mn_pool_free(mn_pool *pool)
{
    free(pool->sums);
    free(pool->choices);
    free(pool->loaded);
    mn_relaxation_free(pool->relaxation);
    *pool = (mn_pool){0};
}

/* Without rows there is nothing to multiply, but the best network is worth knowing. */
static void no_row(const mn_pricing *w)
{
    const int column = mn_price(w, 1, NULL);
    for (int known = 0; known < column; known++)
        if (mn_scaled_score(w, known) >= mn_scaled_score(w, column)) {
            w->pool->count--;
            return;
        }
}

/* ---- one row: the hull edge over the capacity ------------------------------------------------------------------------------------ */

/* The pool's best column under one multiplier. */
static int best_column(const mn_pricing *w, double score_weight, double multiplier, double *value)
{
    int best = -1;
    *value = -INFINITY;
    for (int column = 0; column < w->pool->count; column++) {
        const double own = score_weight * mn_scaled_score(w, column) - multiplier * mn_scaled_row(w, column, 0);
        if (own > *value) {
            *value = own;
            best = column;
        }
    }
    return best;
}

static bool fits(const mn_pricing *w, int column)
{
    return mn_scaled_row(w, column, 0) <= w->cap[0];
}

/* A column for one end of the bracket: from the pool, else priced. */
static int end_column(const mn_pricing *w, double score_weight, double multiplier, bool wanted_fit)
{
    double value;
    const int known = best_column(w, score_weight, multiplier, &value);
    if (known >= 0 && fits(w, known) == wanted_fit)
        return known;
    return mn_price(w, score_weight, &multiplier);
}

static double one_row(const mn_pricing *w)
{
    int low = -1, high = -1; /* does not fit; fits */
    for (int column = 0; column < w->pool->count; column++) {
        /* any bracket will do: take the nearest sums on both sides */
        if (fits(w, column)) {
            if (high < 0 || mn_scaled_row(w, column, 0) > mn_scaled_row(w, high, 0))
                high = column;
        } else if (low < 0 || mn_scaled_row(w, column, 0) < mn_scaled_row(w, low, 0)) {
            low = column;
        }
    }
    if (low < 0)
        low = end_column(w, 1, 0, false);
    if (low < 0 || fits(w, low))
        return 0; /* the best of all fits */
    if (high < 0)
        high = end_column(w, 0, 1, true);
    if (high < 0)
        return 0;

    double multiplier = 0;
    for (int step = 0; step < 100 && mn_control_check(w->form->control) == MN_OK;
         step++) { /* any multiplier is valid */
        const double rise = mn_scaled_score(w, low) - mn_scaled_score(w, high);
        const double run = mn_scaled_row(w, low, 0) - mn_scaled_row(w, high, 0);
        multiplier = rise > 0 && run > 0 ? rise / run : 0;
        const double on_edge = fmax(mn_scaled_score(w, high) - multiplier * mn_scaled_row(w, high, 0),
                                    mn_scaled_score(w, low) - multiplier * mn_scaled_row(w, low, 0));
        double value;
        int column = best_column(w, 1, multiplier, &value);
        if (value <= on_edge + MN_PRICING_TOLERANCE) {
            column = mn_price(w, 1, &multiplier);
            if (column < 0)
                break;
            value = mn_scaled_score(w, column) - multiplier * mn_scaled_row(w, column, 0);
            if (value <= on_edge + MN_PRICING_TOLERANCE) {
                w->pool->count--; /* nothing new */
                break;
            }
        }
        if (fits(w, column))
            high = column;
        else
            low = column;
    }
    return multiplier;
}

/* ---- entry ------------------------------------------------------------------------------------------------------------------------- */

mn_status mn_multipliers_find(const mn_form *form, mn_pool *pool, mn_arena *arena, double *multipliers)
{
    const mn_arena_mark mark = mn_arena_here(arena);
    mn_pricing w;
    mn_status status = mn_pricing_make(form, pool, arena, &w);
    if (!w.own_limits || pool->count > MN_POOL_SIZE * 3 / 4)
        pool->count = 0;
    if (status == MN_OK && form->row_count == 0)
        no_row(&w);
    else if (status == MN_OK && form->row_count == 1)
        multipliers[0] = one_row(&w);
    else if (status == MN_OK && form->prepared->graph.free)
        status = mn_multipliers_by_relaxation(&w, arena, multipliers);
    else if (status == MN_OK)
        status = mn_multipliers_by_columns(&w, arena, multipliers);
    for (int row = 0; row < form->row_count && status == MN_OK; row++) /* back to the form's units */
        multipliers[row] *= w.score_range / w.row_range[row];
    mn_arena_return(arena, mark);
    return status;
}
