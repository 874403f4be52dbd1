#include "solver/form.h"
#include "host/core/memory.h"

#include <math.h>

#define LARGEST ((int64_t)1 << 62)
#define COARSE ((int64_t)1 << 58) /* core.c keeps only the upper bits of larger sums */

enum { SCORE_BITS = 44 }; /* of a scaled objective's linear score: fine enough, with room for large multipliers */

enum { MOST_LANE_ROWS = 56 }; /* core.c has lanes for these; it leaves more rows to the exact check */

static int64_t clamp(mn_wide value)
{
    return value > LARGEST ? LARGEST : value < -LARGEST ? -LARGEST : (int64_t)value;
}

/* ---- preparation ---------------------------------------------------------------------------------------------------------------- */

static int64_t magnitude_of(const mn_problem *problem, const int64_t *values)
{
    mn_wide sum = 0;
    for (int node = 0; node < problem->node_count; node++) {
        int64_t largest = 0;
        for (int item = problem->first[node]; item < problem->first[node + 1]; item++) {
            const int64_t magnitude = values[item] < 0 ? -values[item] : values[item];
            largest = magnitude > largest ? magnitude : largest;
        }
        sum += largest;
    }
    return clamp(sum);
}

/* Published values are often rounded (BLEU to 0.01): then scores lie on a coarse grid, and a bound may be rounded down to it. */
static void find_step(const mn_graph *graph, const mn_problem *problem, mn_prepared *prepared)
{
    uint64_t step = 0; /* values may lie 2^63 apart */
    int64_t offset = 0;
    for (int node = 0; node < graph->node_count; node++) {
        const int begin = graph->begin[graph->layer[node]], end = graph->begin[graph->layer[node + 1]];
        const int64_t first = problem->score.values[graph->arcs[begin].item];
        offset += first;
        for (int arc = begin + 1; arc < end && step != 1; arc++) {
            const int64_t value = problem->score.values[graph->arcs[arc].item];
            uint64_t a = value > first ? (uint64_t)value - (uint64_t)first : (uint64_t)first - (uint64_t)value,
                     b = step;
            while (b != 0) {
                const uint64_t rest = a % b;
                a = b;
                b = rest;
            }
            step = a;
        }
    }
    /* 0: one value only; 2^63 does not fit, and its half is a step too */
    prepared->score_step = step == 0 ? 1 : step > INT64_MAX ? (int64_t)1 << 62 : (int64_t)step;
    prepared->score_offset = offset;
}

mn_status mn_prepare(const mn_problem *problem, mn_graph graph, mn_error *error, mn_prepared *prepared)
{
    *prepared = (mn_prepared){.problem = problem, .graph = graph};
    int64_t *scratch = mn_new_array((size_t)prepared->graph.slot_count, sizeof *scratch);
    prepared->limit_low = mn_new_array((size_t)problem->limit_count, sizeof *prepared->limit_low);
    prepared->limit_high = mn_new_array((size_t)problem->limit_count, sizeof *prepared->limit_high);
    prepared->limit_magnitude = mn_new_array((size_t)problem->limit_count, sizeof *prepared->limit_magnitude);
    prepared->limit_shapes = mn_new_array((size_t)problem->limit_count, sizeof *prepared->limit_shapes);
    if (!scratch || !prepared->limit_low || !prepared->limit_high || !prepared->limit_magnitude ||
        !prepared->limit_shapes) {
        free(scratch);
        mn_prepared_free(prepared);
        return mn_fail_memory(error);
    }
    prepared->scaled = problem->score.scaled != 0;
    if (!problem->diagram->empty) {
        mn_graph_range(&prepared->graph, problem->score.values, scratch, &prepared->score_low, &prepared->score_high);
        prepared->score_magnitude = magnitude_of(problem, problem->score.values);
        find_step(&prepared->graph, problem, prepared);
        mn_row_shapes(problem, prepared->limit_shapes);
        for (int i = 0; i < problem->limit_count; i++) {
            prepared->limit_magnitude[i] = magnitude_of(problem, problem->limits[i].values);
            mn_graph_range(&prepared->graph, problem->limits[i].values, scratch, &prepared->limit_low[i],
                           &prepared->limit_high[i]);
            prepared->scaled |= problem->limits[i].scaled != 0;
        }
        if (problem->scale) {
            mn_graph_range(&prepared->graph, problem->capability.values, scratch, &prepared->capability_low,
                           &prepared->capability_high);
            prepared->capability_low += problem->capability.base;
            prepared->capability_high += problem->capability.base;
        }
    }
    free(scratch);
    return MN_OK;
}

void mn_prepared_free(mn_prepared *prepared)
{
    mn_graph_free(&prepared->graph);
    free(prepared->limit_low);
    free(prepared->limit_high);
    free(prepared->limit_magnitude);
    free(prepared->limit_shapes);
    *prepared = (mn_prepared){0};
}

/* ---- q(F) = 1 / g(F) = c F^r, and lines below tau q ------------------------------------------------------------------------------ */

static mn_inverse inverse_of(const mn_problem *problem, int64_t f_low, int64_t f_high)
{
    const mn_scale *scale = problem->scale;
    mn_inverse q;
    if (scale->form == MN_RECIPROCAL) {
        q.r = 1;
        q.c = 1 / (long double)scale->mean;
    } else {
        q.r = -(long double)scale->exponent_fixed / 0x1p56L;
        q.c = exp2l(-(long double)scale->log_constant / 0x1p40L);
    }
    q.at_low = powl((long double)f_low, q.r);
    q.at_high = powl((long double)f_high, q.r);
    q.error = 0x1p-32L * q.c * fmaxl(q.at_low, q.at_high) + (fabsl(q.r) + 8) * 0x1p-40L;
    return q;
}

/* A lower bound of a tau q(F) - b F over the interval of F: the ends and, where the derivative rises through zero in between, that
 * point, less what the integer g and this floating-point evaluation may be off. Asked hundreds of times for each part, so powers are
 * taken for that point only. */
static int64_t lowest_difference(const mn_form *form, int64_t a, int64_t b, long double tau)
{
    const mn_inverse *q = &form->inverse;
    if (!(q->error < 0.01L))
        return -LARGEST;
    const long double factor = (long double)a * tau * q->c, line = (long double)b;
    const long double low = (long double)form->f_low, high = (long double)form->f_high;
    const long double term_low = factor * q->at_low, term_high = factor * q->at_high;
    long double least = fminl(term_low - line * low, term_high - line * high);
    if (q->r * term_low / low < line && q->r * term_high / high > line) {
        const long double still = powl(line / (factor * q->r), 1 / (q->r - 1));
        least = fminl(least, factor * powl(still, q->r) - line * still);
    }
    const long double largest = fmaxl(fabsl(term_low), fabsl(term_high));
    least -= largest * q->error + (largest + fabsl(line) * high) * 1e-15L + 2;
    if (!(least > -0x1p62L))
        return -LARGEST;
    return least > 0x1p62L ? LARGEST : (int64_t)floorl(least);
}

static bool is_convex(const mn_inverse *q, long double tau)
{
    return tau * q->r * (q->r - 1) >= -1e-12L * fabsl(tau);
}

/* The slope of tau q: the tangent at `at` where that lies below the curve, else the chord. */
static long double slope(const mn_form *form, long double tau, int64_t at)
{
    const mn_inverse q = form->inverse;
    const int64_t f_low = form->f_low, f_high = form->f_high;
    if (is_convex(&q, tau) || f_low == f_high)
        return tau * q.c * q.r * powl((long double)at, q.r - 1);
    return tau * q.c * (q.at_high - q.at_low) / (long double)(f_high - f_low);
}

/* Weights a sign S - b F of the relaxation with slope `slope`, as large as SCORE_BITS allow. */
static void choose_weights(const mn_prepared *prepared, int64_t sum_low, int64_t sum_high, long double slope,
                           int64_t *a, int64_t *b)
{
    const long double sums = fmaxl(fabsl((long double)sum_low), fabsl((long double)sum_high));
    const long double largest = sums + fabsl(slope) * (long double)prepared->capability_high + 1;
    if (!(largest < 0x1p60L)) {
        *a = 1;
        *b = 0;
        return;
    }
    int bits = SCORE_BITS - ilogbl(largest);
    bits = bits < 0 ? 0 : bits > 30 ? 30 : bits;
    *a = (int64_t)1 << bits;
    *b = (int64_t)roundl(slope * (long double)*a);
}

static int64_t *combine(const mn_prepared *prepared, const int64_t *sums, int64_t a, int64_t b, mn_arena *arena)
{
    const mn_problem *problem = prepared->problem;
    int64_t *values = mn_arena_take(arena, (size_t)problem->item_count, sizeof *values);
    if (!values)
        return NULL;
    for (int item = 0; item < problem->item_count; item++)
        values[item] = clamp((mn_wide)a * sums[item] - (mn_wide)b * problem->capability.values[item]);
    return values;
}

/* ---- the form ---------------------------------------------------------------------------------------------------------------------- */

static mn_status add_row(mn_form *form, int limit, const int64_t *row, int64_t cap, int64_t low, int64_t high,
                         int64_t magnitude)
{
    if (cap < low)
        return MN_INFEASIBLE;
    if (cap >= high)
        return MN_OK;
    form->rows[form->row_count] = row;
    form->row_limit[form->row_count] = limit;
    form->caps[form->row_count] = cap;
    form->row_low[form->row_count] = low;
    form->row_high[form->row_count] = high;
    form->row_magnitude[form->row_count] = magnitude;
    form->row_count++;
    return MN_OK;
}

static mn_status add_computed_row(mn_form *form, const int64_t *row, int64_t cap, mn_arena *arena)
{
    int64_t *scratch = mn_arena_take(arena, (size_t)form->prepared->graph.slot_count, sizeof *scratch);
    if (!row || !scratch)
        return MN_FAILURE;
    int64_t low, high;
    mn_graph_range(&form->prepared->graph, row, scratch, &low, &high);
    return add_row(form, -1, row, cap, low, high, magnitude_of(form->prepared->problem, row));
}

enum { TANGENTS = 3 };

/* Rows that a scaled limit implies: tangents at a few places (or one chord). */
static mn_status add_scaled_limit(mn_form *form, int limit, int64_t capacity, mn_arena *arena)
{
    const mn_prepared *prepared = form->prepared;
    const mn_problem *problem = prepared->problem;
    const mn_column *column = &problem->limits[limit];
    const int sign = -column->scaled;
    const long double tau = -((long double)capacity - (long double)column->scaled * (long double)column->base) - 0.5L;
    mn_status status = MN_OK;
    for (int i = 0; i < TANGENTS && status == MN_OK; i++) {
        const int64_t at = form->f_low + (form->f_high - form->f_low) / (TANGENTS - 1) * i;
        int64_t a, b;
        choose_weights(prepared, prepared->limit_low[limit], prepared->limit_high[limit], slope(form, tau, at), &a, &b);
        const int64_t least = lowest_difference(form, a, b, tau);
        const mn_wide cap = -(mn_wide)least - (mn_wide)b * problem->capability.base;
        if (least > -LARGEST)
            status = add_computed_row(form, combine(prepared, column->values, -sign * a, -b, arena), clamp(cap), arena);
    }
    return status;
}

static mn_status add_interval(mn_form *form, mn_arena *arena)
{
    const mn_prepared *prepared = form->prepared;
    const mn_column *capability = &prepared->problem->capability;
    const int64_t low = prepared->capability_low - capability->base,
                  high = prepared->capability_high - capability->base;
    const int64_t magnitude = magnitude_of(prepared->problem, capability->values);
    mn_status status = add_row(form, -1, capability->values, form->f_high - capability->base, low, high, magnitude);
    if (status != MN_OK || form->f_low <= prepared->capability_low)
        return status;
    int64_t *negated = mn_arena_take(arena, (size_t)prepared->problem->item_count, sizeof *negated);
    if (!negated)
        return MN_FAILURE;
    for (int item = 0; item < prepared->problem->item_count; item++)
        negated[item] = -capability->values[item];
    return add_row(form, -1, negated, capability->base - form->f_low, -high, -low, magnitude);
}

static mn_status set_scaled_score(mn_form *form, const mn_guess *guess, mn_arena *arena)
{
    const mn_prepared *prepared = form->prepared;
    const mn_column *column = &prepared->problem->score;
    long double b_slope = 0;
    if (guess) {
        const long double tau =
            (long double)guess->score - (long double)column->scaled * (long double)column->base - 0.5L;
        int64_t at = guess->capability < form->f_low ? form->f_low : guess->capability;
        at = at > form->f_high ? form->f_high : at;
        b_slope = slope(form, tau, at);
    }
    choose_weights(prepared, prepared->score_low, prepared->score_high, b_slope, &form->a, &form->b);
    int64_t *scratch = mn_arena_take(arena, (size_t)prepared->graph.slot_count, sizeof *scratch);
    form->score = combine(prepared, column->values, column->scaled * form->a, form->b, arena);
    if (!form->score || !scratch)
        return MN_FAILURE;
    mn_graph_range(&prepared->graph, form->score, scratch, &form->score_low, &form->score_high);
    form->score_magnitude = magnitude_of(prepared->problem, form->score);
    return MN_OK;
}

/* The rows of the limits that are on, those of sums with capacities as tight as limits of the same sum make them. */
static mn_status add_limits(mn_form *form, const int64_t *capacities, mn_arena *arena)
{
    const mn_prepared *prepared = form->prepared;
    const mn_problem *problem = prepared->problem;
    int64_t *sums = mn_arena_take(arena, (size_t)problem->limit_count, sizeof *sums);
    if (!sums)
        return MN_FAILURE;
    for (int i = 0; i < problem->limit_count; i++)
        sums[i] = capacities[i] == MN_NO_CAPACITY || problem->limits[i].scaled
                      ? MN_NO_CAPACITY
                      : clamp((mn_wide)capacities[i] - problem->limits[i].base);
    if (!mn_rows_tighten(prepared->limit_shapes, problem->limit_count, sums))
        return MN_INFEASIBLE;
    mn_status status = MN_OK;
    for (int i = 0; i < problem->limit_count && status == MN_OK; i++) {
        if (problem->limits[i].scaled && capacities[i] != MN_NO_CAPACITY) {
            form->checked = true;
            status = add_scaled_limit(form, i, capacities[i], arena);
        } else if (sums[i] != MN_NO_CAPACITY) {
            status = add_row(form, i, problem->limits[i].values, sums[i], prepared->limit_low[i],
                             prepared->limit_high[i], prepared->limit_magnitude[i]);
        }
    }
    return status;
}

mn_status mn_form_make(const mn_prepared *prepared, const int64_t *capacities, int64_t f_low, int64_t f_high,
                       const mn_guess *guess, const mn_control *control, mn_arena *arena, mn_form *form)
{
    const mn_problem *problem = prepared->problem;
    *form = (mn_form){.prepared = prepared, .f_low = f_low, .f_high = f_high, .control = control};
    if (problem->diagram->empty)
        return MN_INFEASIBLE;
    const size_t most_rows = (size_t)problem->limit_count * TANGENTS + 2;
    form->rows = mn_arena_take(arena, most_rows, sizeof *form->rows);
    form->row_limit = mn_arena_take(arena, most_rows, sizeof *form->row_limit);
    form->caps = mn_arena_take(arena, most_rows, sizeof *form->caps);
    form->row_low = mn_arena_take(arena, most_rows, sizeof *form->row_low);
    form->row_high = mn_arena_take(arena, most_rows, sizeof *form->row_high);
    form->row_magnitude = mn_arena_take(arena, most_rows, sizeof *form->row_magnitude);
    if (!form->rows || !form->row_limit || !form->caps || !form->row_low || !form->row_high || !form->row_magnitude)
        return MN_FAILURE;

    if (prepared->scaled)
        form->inverse = inverse_of(problem, f_low, f_high);
    form->checked = problem->diagram->outside_count > 0 || problem->score.scaled;
    form->score = problem->score.values;
    form->score_low = prepared->score_low;
    form->score_high = prepared->score_high;
    form->score_magnitude = prepared->score_magnitude;
    form->score_step = prepared->score_step;
    form->score_offset = prepared->score_offset;
    mn_status status = add_limits(form, capacities, arena);
    if (status == MN_OK && prepared->scaled)
        status = add_interval(form, arena);
    if (status == MN_OK && problem->score.scaled)
        status = set_scaled_score(form, guess, arena);
    form->checked |= form->score_magnitude >= COARSE || form->row_count > MOST_LANE_ROWS;
    for (int row = 0; row < form->row_count; row++)
        form->checked |= form->row_magnitude[row] >= COARSE;
    return status;
}

/* `difference` modulo `step`, 0 .. step - 1. */
static int64_t to_grid(mn_wide difference, int64_t step)
{
    const int64_t rest = (int64_t)(difference % step);
    return rest < 0 ? rest + step : rest;
}

int64_t mn_form_threshold(const mn_form *form, int64_t target)
{
    const mn_problem *problem = form->prepared->problem;
    const mn_column *column = &problem->score;
    if (!column->scaled) {
        const mn_wide least = (mn_wide)target - column->base;
        return clamp(least + (mn_wide)to_grid(form->score_offset - least, form->score_step));
    }
    const long double tau = (long double)target - (long double)column->scaled * (long double)column->base - 0.5L;
    const int64_t least = lowest_difference(form, form->a, form->b, tau);
    return least <= -LARGEST ? -LARGEST : clamp((mn_wide)least + (mn_wide)form->b * problem->capability.base);
}

int64_t mn_form_value_bound(const mn_form *form, int64_t score)
{
    const mn_column *column = &form->prepared->problem->score;
    if (!column->scaled)
        return clamp((mn_wide)score - (mn_wide)to_grid((mn_wide)score - form->score_offset, form->score_step) +
                     column->base);
    int64_t low = -LARGEST, high = LARGEST; /* threshold(low) <= score < threshold(high + 1) */
    while (low < high) {
        const int64_t middle = low + (int64_t)(((uint64_t)high - (uint64_t)low + 1) / 2);
        if (mn_form_threshold(form, middle) <= score)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

bool mn_form_wants_intervals(const mn_prepared *prepared, const int64_t *capacities, const mn_guess *guess)
{
    const mn_problem *problem = prepared->problem;
    if (!prepared->scaled || problem->diagram->empty)
        return false;
    const mn_inverse q = inverse_of(problem, prepared->capability_low, prepared->capability_high);
    if (problem->score.scaled && !is_convex(&q, (long double)guess->score - (long double)problem->score.scaled *
                                                                                (long double)problem->score.base))
        return true;
    for (int i = 0; i < problem->limit_count; i++)
        if (problem->limits[i].scaled && capacities[i] != MN_NO_CAPACITY &&
            !is_convex(&q, -((long double)capacities[i] -
                             (long double)problem->limits[i].scaled * (long double)problem->limits[i].base)))
            return true;
    return false;
}
