#include "solver/relaxation_basis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ------------------------------------------------------------------------------------------------------------------------ */

mn_relaxation *mn_relaxation_create(void)
{
    return calloc(1, sizeof(mn_relaxation));
}

void mn_relaxation_free(mn_relaxation *relaxation)
{
    if (relaxation)
        free(relaxation->memory);
    free(relaxation);
}

/* The next `count` elements of the block, or only their size when there is no block yet. */
static void *carve(char *memory, size_t *used, size_t count, size_t size)
{
    char *here = memory ? memory + *used : NULL;
    *used += (count * size + 63) / 64 * 64;
    return here;
}

static size_t lay_out(mn_relaxation *r, char *memory)
{
    const size_t rows = (size_t)r->rows, places = (size_t)r->places, vectors = r->vectors;
    size_t used = 0;
    mn_relaxation_lanes *l = &r->lanes;
    l->weight = carve(memory, &used, vectors * rows, sizeof *l->weight);
    l->score = carve(memory, &used, vectors, sizeof *l->score);
    l->value = carve(memory, &used, vectors, sizeof *l->value);
    l->slope = carve(memory, &used, vectors, sizeof *l->slope);
    l->key = carve(memory, &used, places, sizeof *l->key);
    l->first = carve(memory, &used, places, sizeof *l->first);
    l->first_item = carve(memory, &used, places, sizeof *l->first_item);
    l->group_begin = carve(memory, &used, places / MN_REALS + 1, sizeof *l->group_begin);
    r->place_of = carve(memory, &used, (size_t)r->node_count, sizeof *r->place_of);
    r->node_at = carve(memory, &used, places, sizeof *r->node_at);
    r->count = carve(memory, &used, places, sizeof *r->count);
    r->given = carve(memory, &used, vectors, sizeof *r->given);
    r->row_base = carve(memory, &used, rows, sizeof *r->row_base);
    r->row_scale = carve(memory, &used, rows, sizeof *r->row_scale);
    r->caps = carve(memory, &used, rows, sizeof *r->caps);
    r->multipliers = carve(memory, &used, rows, sizeof *r->multipliers);
    r->basis = carve(memory, &used, rows, sizeof *r->basis);
    r->inverse = carve(memory, &used, rows * rows, sizeof *r->inverse);
    r->room = carve(memory, &used, rows, sizeof *r->room);
    r->level = carve(memory, &used, rows, sizeof *r->level);
    r->ray = carve(memory, &used, rows, sizeof *r->ray);
    r->column = carve(memory, &used, rows, sizeof *r->column);
    r->moved = carve(memory, &used, rows, sizeof *r->moved);
    r->matrix = carve(memory, &used, 2 * rows * rows, sizeof *r->matrix);
    r->heap = carve(memory, &used, places + rows, sizeof *r->heap);
    r->extras = carve(memory, &used, rows, sizeof *r->extras);
    return used;
}

/* ---- loading ----------------------------------------------------------------------------------------------------------------------- */

static int items_of(const mn_relaxation_view *view, int node)
{
    return view->begin[node + 1] - view->begin[node];
}

/* Deals nodes to places, most items first (counting sort), and finds how many vectors each group has. */
static bool deal_places(mn_relaxation *r, const mn_relaxation_view *view)
{
    int most = 1;
    for (int node = 0; node < view->node_count; node++)
        most = items_of(view, node) > most ? items_of(view, node) : most;
    int *start = calloc((size_t)most + 2, sizeof *start),
        *sorted = malloc(sizeof *sorted * ((size_t)view->node_count + 1));
    if (!start || !sorted) {
        free(start);
        free(sorted);
        return false;
    }
    for (int node = 0; node < view->node_count; node++)
        start[most - items_of(view, node) + 1]++;
    for (int i = 1; i <= most; i++)
        start[i] += start[i - 1];
    for (int node = 0; node < view->node_count; node++)
        sorted[start[most - items_of(view, node)]++] = node;

    r->node_count = view->node_count;
    r->rows = view->row_count;
    r->places = (view->node_count + MN_REALS - 1) / MN_REALS * MN_REALS;
    r->vectors = 0;
    for (int place = 0; place < view->node_count; place += MN_REALS)
        r->vectors += (size_t)items_of(view, sorted[place]);
    const size_t size = lay_out(r, NULL);
    if (size > r->memory_size) {
        free(r->memory);
        r->memory_size = size + size / 4;
        r->memory_size += 64 - r->memory_size % 64;
        r->memory = aligned_alloc(64, r->memory_size);
        if (!r->memory)
            r->memory_size = 0;
    }
    if (r->memory) {
        lay_out(r, r->memory);
        mn_relaxation_lanes *l = &r->lanes;
        l->group_count = r->places / MN_REALS;
        l->row_count = r->rows;
        l->group_begin[0] = 0;
        for (int place = 0; place < r->places; place++) {
            const int node = place < view->node_count ? sorted[place] : -1;
            r->node_at[place] = node;
            r->count[place] = node >= 0 ? items_of(view, node) : 0;
            if (node >= 0)
                r->place_of[node] = place;
            if (place % MN_REALS == 0)
                l->group_begin[place / MN_REALS + 1] = l->group_begin[place / MN_REALS] + r->count[place];
        }
    }
    free(start);
    free(sorted);
    return r->memory != NULL;
}

typedef struct extent {
    double low_sum, high_sum; /* over the nodes, of the smallest and the largest value */
    double range;             /* the largest of a node */
} extent;

static void node_range(const double *values, int count, double *low, double *high)
{
    *low = *high = values[0];
    for (int item = 1; item < count; item++) {
        *low = values[item] < *low ? values[item] : *low;
        *high = values[item] > *high ? values[item] : *high;
    }
}

static extent measure(const mn_relaxation_view *view, const double *values)
{
    extent e = {0, 0, 0};
    for (int node = 0; node < view->node_count; node++) {
        double low, high;
        node_range(values + view->begin[node], items_of(view, node), &low, &high);
        e.low_sum += low;
        e.high_sum += high;
        e.range = high - low > e.range ? high - low : e.range;
    }
    if (e.range == 0)
        e.range = 1;
    return e;
}

/* Writes `values` scaled into lanes, one vector every `stride`; the smallest (or largest) of a node becomes 0. */
static void fill(const mn_relaxation *r, const mn_relaxation_view *view, const double *values, double range,
                 bool from_largest, mn_reals *to, size_t stride)
{
    const double factor = 1 / range;
    for (int place = 0; place < r->places; place++) {
        if (r->count[place] == 0)
            continue;
        const double *own = values + view->begin[r->node_at[place]];
        double low, high;
        node_range(own, r->count[place], &low, &high);
        const double from = from_largest ? high : low;
        double *lane = (double *)(to + mn_relaxation_vector(&r->lanes, place, 0) * stride) + place % MN_REALS;
        for (int item = 0; item < r->count[place]; item++)
            lane[(size_t)item * stride * MN_REALS] = (own[item] - from) * factor;
    }
}

bool mn_relaxation_load(mn_relaxation *r, const mn_relaxation_view *view)
{
    if (!deal_places(r, view))
        return false;
    mn_relaxation_lanes *l = &r->lanes;
    memset(l->weight, 0, sizeof *l->weight * r->vectors * (size_t)r->rows);
    for (size_t vector = 0; vector < r->vectors; vector++)
        for (int lane = 0; lane < MN_REALS; lane++)
            r->given[vector][lane] = MN_REAL_NEVER;
    const extent scores = measure(view, view->score);
    r->score_base = scores.high_sum;
    r->score_scale = scores.range;
    fill(r, view, view->score, scores.range, true, r->given, 1);
    for (int row = 0; row < r->rows; row++) {
        const extent own = measure(view, view->rows[row]);
        r->row_base[row] = own.low_sum;
        r->row_scale[row] = own.range;
        fill(r, view, view->rows[row], own.range, false, l->weight + row, (size_t)r->rows);
    }
    memcpy(l->score, r->given, sizeof *l->score * r->vectors);
    memset(l->slope, 0, sizeof *l->slope * r->vectors);
    mn_relaxation_set_caps(r, view->caps);
    mn_relaxation_start(r, NULL);
    return true;
}

void mn_relaxation_set_caps(mn_relaxation *r, const double *caps)
{
    for (int row = 0; row < r->rows; row++)
        r->caps[row] = (caps[row] - r->row_base[row]) / r->row_scale[row];
}

void mn_relaxation_allow(mn_relaxation *r, int node, int item, bool allowed)
{
    const int place = r->place_of[node], lane = place % MN_REALS;
    const size_t vector = mn_relaxation_vector(&r->lanes, place, item);
    r->lanes.score[vector][lane] = allowed ? r->given[vector][lane] : MN_REAL_NEVER;
}

void mn_relaxation_start(mn_relaxation *r, const double *multipliers)
{
    for (int row = 0; row < r->rows; row++)
        r->multipliers[row] = multipliers ? fmax(0, multipliers[row] * r->row_scale[row] / r->score_scale) : 0;
    r->started = false;
}
