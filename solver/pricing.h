/* Networks priced under multipliers: what the ways to find multipliers (multipliers.c) share. Rows and score are scaled to [0, 1] so that
 * one tolerance fits all. */
#ifndef MN_SOLVER_PRICING_H
#define MN_SOLVER_PRICING_H

#include "solver/multipliers.h"

typedef struct mn_pricing {
    const mn_form *form;
    mn_pool *pool;
    const int *row_column;
    bool own_limits; /* the pool's sums are of the problem's limits, whichever are on now */
    int rows;
    double *values;  /* [items] score - multipliers . rows, scratch */
    double *best;    /* [slots] */
    int32_t *choice; /* [slots] arc */
    double score_low, score_range;
    double *row_low, *row_range, *cap; /* [rows]; cap scaled */
} mn_pricing;

#define MN_PRICING_TOLERANCE 1e-9

static inline double mn_scaled_score(const mn_pricing *w, int column)
{
    return (w->pool->sums[(size_t)column * w->pool->width] - w->score_low) / w->score_range;
}

static inline double mn_scaled_row(const mn_pricing *w, int column, int row)
{
    return (w->pool->sums[(size_t)column * w->pool->width + w->row_column[row]] - w->row_low[row]) / w->row_range[row];
}

mn_status mn_pricing_make(const mn_form *form, mn_pool *pool, mn_arena *arena, mn_pricing *w);

/* values[item] = score_weight * score - sum of multipliers * rows, all in scaled units. */
void mn_pricing_weigh(const mn_pricing *w, double score_weight, const double *multipliers);

/* Adds the network of w->choice to the pool; returns its column, or -1 when the pool is full. */
int mn_pricing_add(const mn_pricing *w);

/* Adds the best network under the multipliers. */
int mn_price(const mn_pricing *w, double score_weight, const double *multipliers);

/* The two ways with several rows; multipliers [rows], scaled. MN_OK or MN_FAILURE (memory). */
mn_status mn_multipliers_by_columns(const mn_pricing *w, mn_arena *arena, double *multipliers);
mn_status mn_multipliers_by_relaxation(const mn_pricing *w, mn_arena *arena, double *multipliers);

#endif
