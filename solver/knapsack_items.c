#include "solver/knapsack_items.h"
#include "solver/instructions.h"
#include "host/core/memory.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define MOST_MAGNITUDE ((int64_t)1 << 58)

/* ---- passes over one node -------------------------------------------------------------------------------------------------------- */

/* Each pass is written once for every machine and once with masks for AVX-512. */
typedef struct passes {
    void (*range)(const int64_t *values, int count, int64_t *least, int64_t *largest);
    int (*price)(const int64_t *scores, const int64_t *weights, int count, int64_t unit, int64_t multiplier,
                 int64_t *value);
    int (*within)(const int64_t *scores, const int64_t *weights, int count, int64_t unit, int64_t multiplier,
                  int64_t least, uint16_t *places);
} passes;

static void range_portable(const int64_t *values, int count, int64_t *least, int64_t *largest)
{
    int64_t low = values[0], high = values[0];
    for (int i = 1; i < count; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    *least = low;
    *largest = high;
}

static int price_portable(const int64_t *scores, const int64_t *weights, int count, int64_t unit, int64_t multiplier,
                          int64_t *value)
{
    int64_t best = unit * scores[0] - multiplier * weights[0];
    int place = 0;
    for (int i = 1; i < count; i++) {
        const int64_t own = unit * scores[i] - multiplier * weights[i];
        place = own > best ? i : place;
        best = own > best ? own : best;
    }
    *value = best;
    return place;
}

static int within_portable(const int64_t *scores, const int64_t *weights, int count, int64_t unit, int64_t multiplier,
                           int64_t least, uint16_t *places)
{
    int found = 0;
    for (int i = 0; i < count; i++) {
        places[found] = (uint16_t)i;
        found += unit * scores[i] - multiplier * weights[i] >= least;
    }
    return found;
}

#if defined(__x86_64__)
#define AVX512 __attribute__((target("avx512f,avx512dq")))

static inline unsigned mask_of(int left)
{
    return left >= 8 ? 0xff : (1u << left) - 1;
}

AVX512 static void range_avx512(const int64_t *values, int count, int64_t *least, int64_t *largest)
{
    __m512i low = _mm512_set1_epi64(values[0]), high = low;
    for (int i = 0; i < count; i += 8) {
        const __m512i here = _mm512_mask_loadu_epi64(low, (__mmask8)mask_of(count - i), values + i);
        low = _mm512_min_epi64(low, here);
        high = _mm512_max_epi64(high, here);
    }
    *least = _mm512_reduce_min_epi64(low);
    *largest = _mm512_reduce_max_epi64(high);
}

AVX512 static inline __m512i value_avx512(const int64_t *scores, const int64_t *weights, __mmask8 mask, __m512i unit,
                                          __m512i multiplier)
{
    const __m512i score = _mm512_maskz_loadu_epi64(mask, scores), weight = _mm512_maskz_loadu_epi64(mask, weights);
    return _mm512_sub_epi64(_mm512_mullo_epi64(unit, score), _mm512_mullo_epi64(multiplier, weight));
}

AVX512 static int price_avx512(const int64_t *scores, const int64_t *weights, int count, int64_t unit,
                               int64_t multiplier, int64_t *value)
{
    const __m512i units = _mm512_set1_epi64(unit), multipliers = _mm512_set1_epi64(multiplier);
    __m512i best = _mm512_set1_epi64(INT64_MIN), place = _mm512_setzero_si512();
    __m512i places = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    for (int i = 0; i < count; i += 8) {
        const __mmask8 mask = (__mmask8)mask_of(count - i);
        const __m512i own = value_avx512(scores + i, weights + i, mask, units, multipliers);
        const __mmask8 better = _mm512_mask_cmpgt_epi64_mask(mask, own, best);
        best = _mm512_mask_mov_epi64(best, better, own);
        place = _mm512_mask_mov_epi64(place, better, places);
        places = _mm512_add_epi64(places, _mm512_set1_epi64(8));
    }
    *value = _mm512_reduce_max_epi64(best);
    const __mmask8 those = _mm512_cmpeq_epi64_mask(best, _mm512_set1_epi64(*value));
    return (int)_mm512_mask_reduce_min_epi64(those, place);
}

AVX512 static int within_avx512(const int64_t *scores, const int64_t *weights, int count, int64_t unit,
                                int64_t multiplier, int64_t least, uint16_t *places)
{
    const __m512i units = _mm512_set1_epi64(unit), multipliers = _mm512_set1_epi64(multiplier);
    const __m512i floor = _mm512_set1_epi64(least);
    int found = 0;
    for (int i = 0; i < count; i += 8) {
        const __mmask8 mask = (__mmask8)mask_of(count - i);
        const __m512i own = value_avx512(scores + i, weights + i, mask, units, multipliers);
        unsigned those = _mm512_mask_cmpge_epi64_mask(mask, own, floor);
        for (; those; those &= those - 1)
            places[found++] = (uint16_t)(i + __builtin_ctz(those));
    }
    return found;
}
#endif

static passes own_passes(void)
{
#if defined(__x86_64__)
    if (mn_instructions_here() == MN_AVX512)
        return (passes){range_avx512, price_avx512, within_avx512};
#endif
    return (passes){range_portable, price_portable, within_portable};
}

int mn_items_price(const mn_items *items, int node, int64_t unit, int64_t multiplier, int64_t *value)
{
    const int begin = items->begin[node];
    return own_passes().price(items->scores + begin, items->weights + begin, items->begin[node + 1] - begin, unit,
                              multiplier, value);
}

int mn_items_within(const mn_items *items, int node, int64_t unit, int64_t multiplier, int64_t least, uint16_t *places)
{
    const int begin = items->begin[node];
    return own_passes().within(items->scores + begin, items->weights + begin, items->begin[node + 1] - begin, unit,
                               multiplier, least, places);
}

/* Of the items of least key, the one of largest value; both signed. */
static int least_of(const int64_t *keys, int key_sign, const int64_t *values, int value_sign, int count)
{
    int best = 0;
    for (int i = 1; i < count; i++) {
        const int64_t a = key_sign * keys[i], b = key_sign * keys[best];
        if (a < b || (a == b && value_sign * values[i] > value_sign * values[best]))
            best = i;
    }
    return best;
}

/* One pass where both values fit into one: the first one weighs more than the whole range of the other. */
int mn_items_lightest(const mn_items *items, int node)
{
    const int begin = items->begin[node];
    const int64_t range = items->score_high - items->score_low + 1;
    int64_t value;
    if (range < 4 * MOST_MAGNITUDE / (items->weight_magnitude + 1))
        return mn_items_price(items, node, 1, range, &value);
    return least_of(items->weights + begin, 1, items->scores + begin, 1, items->begin[node + 1] - begin);
}

int mn_items_best(const mn_items *items, int node)
{
    const int begin = items->begin[node];
    const int64_t range = items->weight_high - items->weight_low + 1;
    int64_t value;
    if (range < 4 * MOST_MAGNITUDE / (items->score_magnitude + 1))
        return mn_items_price(items, node, range, 1, &value);
    return least_of(items->scores + begin, -1, items->weights + begin, -1, items->begin[node + 1] - begin);
}

/* ---- making ---------------------------------------------------------------------------------------------------------------------- */

static int64_t divisor_of(int64_t a, int64_t b)
{
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

/* Adds the node's range to sums; false when a sum leaves what multipliers can work with. */
static bool add_range(const int64_t *values, int count, int64_t *low, int64_t *high, int64_t *magnitude)
{
    int64_t least, largest;
    own_passes().range(values, count, &least, &largest);
    if (least < -MOST_MAGNITUDE || largest > MOST_MAGNITUDE)
        return false;
    const int64_t most = -least > largest ? -least : largest;
    *low += least;
    *high += largest;
    *magnitude += most;
    return *magnitude <= MOST_MAGNITUDE;
}

/* Published values are often rounded (BLEU to 0.01): scores then lie on a coarse grid, and a bound may be rounded down to it. */
static void find_step(mn_items *items)
{
    int64_t step = 0;
    for (int node = 0; node < items->nodes; node++) {
        const int64_t *scores = items->scores + items->begin[node];
        const int count = items->begin[node + 1] - items->begin[node];
        items->score_offset += scores[0];
        for (int i = 1; i < count && step != 1; i++)
            step = divisor_of(scores[i] - scores[0], step);
    }
    items->score_step = step > 0 ? step : 1;
}

static void measure(mn_items *items)
{
    items->fits = true;
    for (int node = 0; node < items->nodes && items->fits; node++) {
        const int begin = items->begin[node], count = items->begin[node + 1] - begin;
        items->widest = count > items->widest ? count : items->widest;
        items->fits =
            add_range(items->scores + begin, count, &items->score_low, &items->score_high, &items->score_magnitude) &&
            add_range(items->weights + begin, count, &items->weight_low, &items->weight_high, &items->weight_magnitude);
    }
    if (items->fits)
        find_step(items);
}

/* Copies of the graph's items, for a graph that does not have all of the problem's. */
static bool gather(mn_items *items, const mn_graph *graph)
{
    const mn_problem *problem = items->problem;
    const size_t count = (size_t)graph->begin[graph->slot_count], nodes = (size_t)graph->node_count;
    int64_t *scores = malloc(count * (2 * sizeof *scores + sizeof(uint16_t)) + (nodes + 1) * sizeof(int));
    if (!scores)
        return false;
    int64_t *weights = scores + count;
    int *begin = (int *)(weights + count);
    uint16_t *blocks = (uint16_t *)(begin + nodes + 1);
    for (int node = 0; node < graph->node_count; node++) {
        begin[node] = graph->begin[node];
        for (int arc = graph->begin[node]; arc < graph->begin[node + 1]; arc++) {
            const int item = graph->arcs[arc].item;
            scores[arc] = problem->score.values[item];
            weights[arc] = problem->limits[items->limit].values[item];
            blocks[arc] = (uint16_t)(item - problem->first[node]);
        }
    }
    begin[nodes] = (int)count;
    items->owned = scores;
    items->scores = scores;
    items->weights = weights;
    items->begin = begin;
    items->blocks = blocks;
    return true;
}

mn_status mn_items_make(const mn_problem *problem, int problem_index, int limit, const mn_graph *graph, mn_error *error,
                        mn_items *items)
{
    *items = (mn_items){.problem = problem,
                        .problem_index = problem_index,
                        .limit = limit,
                        .nodes = problem->node_count,
                        .begin = problem->first,
                        .scores = problem->score.values,
                        .weights = problem->limits[limit].values};
    if (graph && graph->begin[graph->slot_count] != problem->item_count && !gather(items, graph))
        return mn_fail_memory(error);
    items->count = items->begin[items->nodes];
    measure(items);
    return MN_OK;
}

void mn_items_free(mn_items *items)
{
    free(items->owned);
    *items = (mn_items){0};
}
