#include "solver/vectors.h"

#include <math.h>

#define LARGEST ((int64_t)1 << 60) /* sums of two stay inside 64 bits */

/* The other vectors weaken one multiplier each: where the main bound is loose because a row has slack, one of them is not. */
static double weakening(int vector)
{
    return vector % 2 ? 0.6 : 0.4;
}

int mn_coarsening(int64_t magnitude)
{
    int bits = 0;
    while (magnitude >> bits >= (int64_t)1 << 58)
        bits++;
    return bits;
}

mn_status mn_vectors_make(const mn_form *form, const double *multipliers, int most, mn_arena *arena,
                          mn_vectors *vectors)
{
    const int rows = form->row_count;
    const int count = rows == 0 ? 1 : rows + 1 < most ? rows + 1 : most;
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
    vectors->coarse = mn_coarsening(form->score_magnitude);
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

int64_t mn_vectors_value(const mn_form *form, const mn_vectors *vectors, int vector, int item)
{
    if (vectors->coarse > 0)
        return -form->score[item] >> vectors->coarse;
    int64_t value = -(form->score[item] * ((int64_t)1 << vectors->shift));
    for (int row = 0; row < form->row_count; row++)
        value += vectors->values[vector * form->row_count + row] * form->rows[row][item];
    return value;
}

int64_t mn_vectors_cap(const mn_form *form, const mn_vectors *vectors, int vector, int64_t threshold)
{
    mn_wide cap = -(mn_wide)threshold;
    if (vectors->coarse > 0) {
        cap >>= vectors->coarse;
    } else {
        cap *= (mn_wide)1 << vectors->shift;
        for (int row = 0; row < form->row_count; row++)
            cap += (mn_wide)vectors->values[vector * form->row_count + row] * form->caps[row];
    }
    return cap > LARGEST ? LARGEST : cap < -LARGEST ? -LARGEST : (int64_t)cap;
}

int64_t mn_vectors_unit(const mn_vectors *vectors)
{
    return vectors->coarse > 0 ? 0 : (int64_t)1 << vectors->shift;
}

void mn_vectors_main(const mn_form *form, const mn_vectors *vectors, int64_t *values, int64_t *to_end)
{
    const mn_graph *graph = &form->prepared->graph;
    const int items = form->prepared->problem->item_count;
    if (vectors->coarse > 0) {
        for (int item = 0; item < items; item++)
            values[item] = -form->score[item] >> vectors->coarse;
    } else {
        for (int item = 0; item < items; item++)
            values[item] = -(form->score[item] * ((int64_t)1 << vectors->shift));
        for (int row = 0; row < form->row_count; row++) {
            const int64_t multiplier = vectors->values[row], *weights = form->rows[row];
            if (multiplier != 0)
                for (int item = 0; item < items; item++)
                    values[item] += multiplier * weights[item];
        }
    }
    to_end[graph->slot_count - 1] = 0;
    for (int slot = graph->slot_count - 2; slot >= 0; slot--) {
        int64_t least = INT64_MAX;
        for (int arc = graph->begin[slot]; arc < graph->begin[slot + 1]; arc++) {
            const int64_t sum = values[graph->arcs[arc].item] + to_end[graph->arcs[arc].next];
            least = sum < least ? sum : least;
        }
        to_end[slot] = least;
    }
}

int64_t mn_vectors_bound(const mn_form *form, const mn_vectors *vectors, mn_arena *arena)
{
    const mn_arena_mark mark = mn_arena_here(arena);
    int64_t *values = mn_arena_take(arena, (size_t)form->prepared->problem->item_count, sizeof *values);
    int64_t *to_end = mn_arena_take(arena, (size_t)form->prepared->graph.slot_count, sizeof *to_end);
    int64_t bound = form->score_high;
    if (values && to_end) {
        mn_vectors_main(form, vectors, values, to_end);
        /* the largest threshold whose cap is not below the least sum */
        const mn_wide room = (mn_wide)mn_vectors_cap(form, vectors, 0, 0) - to_end[0];
        const mn_wide own =
            vectors->coarse > 0 ? (room + 1) * ((mn_wide)1 << vectors->coarse) - 1 : room >> vectors->shift;
        if (own < bound)
            bound = own < -LARGEST * 4 ? -LARGEST * 4 : (int64_t)own;
    }
    mn_arena_return(arena, mark);
    return bound;
}
