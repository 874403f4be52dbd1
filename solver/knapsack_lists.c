#include "solver/knapsack_lists.h"
#include "solver/instructions.h"
#include "host/core/memory.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { MOST_CANDIDATES = 1 << 22 }; /* of one expansion: 64 MB of scratch */

static int bits_of(int64_t range)
{
    return range > 0 ? 64 - __builtin_clzll((uint64_t)range) : 1;
}

bool mn_lists_start(mn_lists *lists, int64_t weight_range, int64_t score_range, size_t most)
{
    lists->score_bits = bits_of(score_range);
    lists->weight_range = weight_range;
    lists->used = 0;
    lists->count = 0;
    lists->most = most;
    return lists->score_bits + bits_of(weight_range) < 64; /* the all-ones word is left for the ends of runs */
}

void mn_lists_free(mn_lists *lists)
{
    free(lists->states);
    free(lists->begin);
    free(lists->scratch[0]);
    free(lists->scratch[1]);
    free(lists->runs);
    *lists = (mn_lists){0};
}

/* Room for `more` states in one more list. */
static bool reserve(mn_lists *lists, size_t more)
{
    if (lists->count + 2 > lists->list_capacity) {
        const int capacity = 2 * lists->list_capacity + 64;
        if (!mn_grow(&lists->begin, (size_t)capacity, sizeof *lists->begin))
            return false;
        lists->list_capacity = capacity;
    }
    if (lists->used + more > lists->capacity) {
        const size_t capacity = 2 * lists->capacity + more + 1024;
        if (!mn_grow(&lists->states, capacity, sizeof *lists->states))
            return false;
        lists->capacity = capacity;
    }
    return true;
}

static bool reserve_scratch(mn_lists *lists, size_t states, size_t runs)
{
    if (states > lists->scratch_capacity) {
        const size_t capacity = states + states / 2 + 256;
        for (int i = 0; i < 2; i++) {
            free(lists->scratch[i]);
            lists->scratch[i] = malloc(capacity * sizeof *lists->scratch[i]);
        }
        lists->scratch_capacity = lists->scratch[0] && lists->scratch[1] ? capacity : 0;
        if (lists->scratch_capacity == 0)
            return false;
    }
    if (runs > lists->run_capacity) {
        if (!mn_grow(&lists->runs, 2 * (2 * runs + 1), sizeof *lists->runs))
            return false;
        lists->run_capacity = 2 * runs;
    }
    return true;
}

bool mn_lists_first(mn_lists *lists, uint64_t state)
{
    if (!reserve(lists, 1))
        return false;
    lists->states[0] = state;
    lists->begin[0] = 0;
    lists->begin[1] = lists->used = 1;
    lists->count = 1;
    return true;
}

/* ---- expanding --------------------------------------------------------------------------------------------------------------------- */

static inline bool inside(uint64_t state, int score_bits, const mn_list_bounds *b)
{
    const int64_t weight = (int64_t)(state >> score_bits);
    const int64_t below = (int64_t)(state & (((uint64_t)1 << score_bits) - 1)) * b->unit;
    return (below + b->multiplier[0] * weight <= b->most[0]) & (below + b->multiplier[1] * weight <= b->most[1]) &
           (weight <= b->heaviest);
}

/* Writes the states, moved by `difference`, that are inside the bounds; returns their number. Room for 8 more is behind `moved`. */
static size_t move_portable(const uint64_t *states, size_t count, int64_t difference, int score_bits,
                            const mn_list_bounds *bounds, uint64_t *moved)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        moved[kept] = states[i] + (uint64_t)difference;
        kept += inside(moved[kept], score_bits, bounds);
    }
    return kept;
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512dq"))) static size_t move_avx512(const uint64_t *states, size_t count,
                                                                      int64_t difference, int score_bits,
                                                                      const mn_list_bounds *b, uint64_t *moved)
{
    const __m512i add = _mm512_set1_epi64(difference), unit = _mm512_set1_epi64(b->unit);
    const __m512i lower = _mm512_set1_epi64((int64_t)(((uint64_t)1 << score_bits) - 1));
    const __m512i multiplier0 = _mm512_set1_epi64(b->multiplier[0]), most0 = _mm512_set1_epi64(b->most[0]);
    const __m512i multiplier1 = _mm512_set1_epi64(b->multiplier[1]), most1 = _mm512_set1_epi64(b->most[1]);
    const __m512i heaviest = _mm512_set1_epi64(b->heaviest);
    const __m128i shift = _mm_cvtsi32_si128(score_bits);
    size_t kept = 0;
    for (size_t i = 0; i < count; i += 8) {
        __mmask8 mask = (__mmask8)(count - i >= 8 ? 0xff : (1u << (count - i)) - 1);
        const __m512i state = _mm512_add_epi64(_mm512_maskz_loadu_epi64(mask, states + i), add);
        const __m512i weight = _mm512_srl_epi64(state, shift);
        const __m512i below = _mm512_mullo_epi64(_mm512_and_si512(state, lower), unit);
        mask = _mm512_mask_cmple_epi64_mask(mask, weight, heaviest);
        mask =
            _mm512_mask_cmple_epi64_mask(mask, _mm512_add_epi64(below, _mm512_mullo_epi64(weight, multiplier0)), most0);
        mask =
            _mm512_mask_cmple_epi64_mask(mask, _mm512_add_epi64(below, _mm512_mullo_epi64(weight, multiplier1)), most1);
        _mm512_storeu_si512(moved + kept, _mm512_maskz_compress_epi64(mask, state));
        kept += (size_t)__builtin_popcount(mask);
    }
    return kept;
}
#endif

static size_t move(const uint64_t *states, size_t count, int64_t difference, int score_bits,
                   const mn_list_bounds *bounds, uint64_t *moved)
{
#if defined(__x86_64__)
    if (count >= 8 && mn_instructions_here() == MN_AVX512)
        return move_avx512(states, count, difference, score_bits, bounds, moved);
#endif
    return move_portable(states, count, difference, score_bits, bounds, moved);
}

/* Merges two runs, each with an all-ones word behind it, into one without dominated states; returns its length. Branch-free: which
 * of two states comes next is as good as random. */
static size_t merge(const uint64_t *a, const uint64_t *b, uint64_t lower, uint64_t *merged)
{
    size_t count = 0;
    uint64_t least = UINT64_MAX;
    uint64_t x = *a, y = *b;
    while ((x & y) != UINT64_MAX) {
        const bool first = x <= y;
        const uint64_t next = first ? x : y, below = next & lower;
        a += first;
        b += !first;
        x = *a;
        y = *b;
        merged[count] = next;
        count += below < least;
        least = below < least ? below : least;
    }
    merged[count] = UINT64_MAX;
    return count;
}

/* Merges the runs of scratch[0] pairwise until one is left; returns the buffer that holds it, and its length. */
static int merge_runs(mn_lists *lists, size_t runs, size_t *length)
{
    const uint64_t lower = ((uint64_t)1 << lists->score_bits) - 1;
    size_t *begin = lists->runs;
    int from = 0;
    if (runs == 1)
        *length = begin[1] - 1;
    for (; runs > 1; from ^= 1) {
        size_t at = 0, left = 0;
        for (size_t i = 0; i < runs; i += 2) {
            const uint64_t *a = lists->scratch[from] + begin[i];
            uint64_t *merged = lists->scratch[from ^ 1] + at;
            if (i + 1 < runs) {
                *length = merge(a, lists->scratch[from] + begin[i + 1], lower, merged);
            } else {
                *length = begin[i + 1] - begin[i] - 1;
                memcpy(merged, a, (*length + 1) * sizeof *merged);
            }
            begin[left++] = at;
            at += *length + 1;
        }
        begin[left] = at;
        runs = left;
    }
    return from;
}

mn_status mn_lists_expand(mn_lists *lists, const int64_t *differences, int count, const mn_list_bounds *bounds)
{
    const size_t begin = lists->begin[lists->count - 1], size = lists->used - begin;
    lists->made += size * (uint64_t)count;
    if (size * (uint64_t)count > MOST_CANDIDATES)
        return MN_STOPPED;
    if (!reserve_scratch(lists, (size + 1) * (size_t)count + 16, (size_t)count))
        return MN_FAILURE;
    size_t at = 0, runs = 0, length = 0;
    for (int i = 0; i < count; i++) {
        uint64_t *moved = lists->scratch[0] + at;
        const size_t kept = move(lists->states + begin, size, differences[i], lists->score_bits, bounds, moved);
        if (kept == 0)
            continue;
        moved[kept] = UINT64_MAX;
        lists->runs[runs++] = at;
        at += kept + 1;
    }
    lists->runs[runs] = at;
    const int buffer = runs > 0 ? merge_runs(lists, runs, &length) : 0;
    if (lists->used + length > lists->most)
        return MN_STOPPED;
    if (!reserve(lists, length))
        return MN_FAILURE;
    memcpy(lists->states + lists->used, lists->scratch[buffer], length * sizeof *lists->states);
    lists->used += length;
    lists->begin[++lists->count] = lists->used;
    return MN_OK;
}

/* ---- looking up ---------------------------------------------------------------------------------------------------------------------- */

/* Number of the list's states up to `state`. */
static size_t up_to(const mn_lists *lists, int list, uint64_t state)
{
    const uint64_t *states = lists->states + lists->begin[list];
    size_t low = 0, high = mn_lists_size(lists, list);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (states[middle] <= state)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const uint64_t *mn_lists_best(const mn_lists *lists, int list, int64_t weight)
{
    if (weight < 0)
        return NULL;
    weight = weight < lists->weight_range ? weight : lists->weight_range;
    const uint64_t state = mn_state(lists, weight, 0) | (((uint64_t)1 << lists->score_bits) - 1);
    const size_t count = up_to(lists, list, state);
    return count > 0 ? lists->states + lists->begin[list] + count - 1 : NULL;
}

bool mn_lists_hold(const mn_lists *lists, int list, uint64_t state)
{
    const size_t count = up_to(lists, list, state);
    return count > 0 && lists->states[lists->begin[list] + count - 1] == state;
}
