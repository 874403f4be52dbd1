/* Three fields: sort and sweep, with a staircase over the last two (Kung, Luccio and Preparata 1975). Four: in the order of the sweep
 * field, split at a median of the second; the finished low half strikes out what it dominates in the high half by one sweep. */
#include "solver/front_word.h"

enum {
    DIGIT_BITS = 11,
    SHORT_DIGIT_BITS = 8,
    SHORT = 4096,
    INSERTION = 32,
    LANES = 32,
    BRUTE = 96,
    BRUTE_WIDE = 448,
    SAMPLES = 31,
    CHECKED = 1 << 16
};

/* ---- layout ------------------------------------------------------------------------------------------------------------- */

static int width_of(uint64_t largest)
{
    return largest ? 64 - __builtin_clzll(largest) : 1;
}

bool mn_word_layout_make(const uint64_t *largest, int count, mn_word_layout *layout)
{
    *layout = (mn_word_layout){.field_count = count};
    if (count > MN_WORD_FIELDS)
        return false;
    int order[MN_WORD_FIELDS], shift = 0; /* order: narrowest first */
    for (int i = 0; i < count; i++) {
        int at = i;
        for (; at > 0 && width_of(largest[order[at - 1]]) > width_of(largest[i]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    /* From the lowest bits up: value, key, then the others, the widest last. */
    if (count >= 3) {
        const int narrowest = order[0];
        order[0] = order[1];
        order[1] = narrowest;
    }
    for (int place = 0; place < count; place++) {
        const int field = order[place], width = width_of(largest[field]);
        if (shift + width + 1 > 64)
            return false;
        layout->shift[field] = shift;
        layout->mask[field] = ((uint64_t)1 << width) - 1;
        layout->spare |= (uint64_t)1 << (shift + width);
        layout->worst |= layout->mask[field] << shift;
        shift += width + 1;
    }
    layout->bits = count ? shift - 1 : 1;
    if (count >= 3) {
        layout->value_mask = layout->mask[order[0]];
        layout->key_shift = layout->shift[order[1]];
        layout->key_mask = layout->mask[order[1]];
        layout->key_bits = __builtin_popcountll(layout->key_mask);
        layout->split_shift = layout->shift[order[2]];
        layout->split_mask = layout->mask[order[2]];
        layout->sweep_shift = layout->shift[order[count - 1]];
    }
    return true;
}

/* ---- sorting ------------------------------------------------------------------------------------------------------------ */

static void insertion_sort(uint64_t *words, uint32_t *ids, uint64_t count)
{
    for (uint64_t i = 1; i < count; i++) {
        const uint64_t word = words[i];
        const uint32_t id = ids[i];
        uint64_t at = i;
        for (; at > 0 && words[at - 1] > word; at--) {
            words[at] = words[at - 1];
            ids[at] = ids[at - 1];
        }
        words[at] = word;
        ids[at] = id;
    }
}

static void swap_buffers(mn_words *words)
{
    uint64_t *swap_words = words->words;
    uint32_t *swap_ids = words->ids;
    words->words = words->spare_words;
    words->ids = words->spare_ids;
    words->spare_words = swap_words;
    words->spare_ids = swap_ids;
}

/* One stable pass by the digit at `shift`; nothing moves when all words agree in it. */
static void sort_by_digit(mn_words *words, int shift, int digit_bits)
{
    uint32_t start[1 << DIGIT_BITS] = {0};
    const uint64_t mask = ((uint64_t)1 << digit_bits) - 1, count = words->count;
    const uint64_t *from = words->words;
    const uint32_t *from_ids = words->ids;
    for (uint64_t i = 0; i < count; i++)
        start[from[i] >> shift & mask]++;
    if (start[from[0] >> shift & mask] == count)
        return;
    uint32_t sum = 0;
    for (uint64_t digit = 0; digit <= mask; digit++) {
        const uint32_t size = start[digit];
        start[digit] = sum;
        sum += size;
    }
    uint64_t *to = words->spare_words;
    uint32_t *to_ids = words->spare_ids;
    for (uint64_t i = 0; i < count; i++) {
        const uint32_t place = start[from[i] >> shift & mask]++;
        to[place] = from[i];
        to_ids[place] = from_ids[i];
    }
    swap_buffers(words);
}

void mn_words_sort(mn_words *words, int bits)
{
    if (words->count <= INSERTION) {
        insertion_sort(words->words, words->ids, words->count);
        return;
    }
    const int digit_bits = words->count < SHORT ? SHORT_DIGIT_BITS : DIGIT_BITS;
    for (int shift = 0; shift < bits; shift += digit_bits)
        sort_by_digit(words, shift, digit_bits);
}

/* Of equal neighbours the first stays. */
static uint64_t drop_equal(uint64_t *words, uint32_t *ids, uint64_t count)
{
    uint64_t kept = count > 0;
    for (uint64_t i = 1; i < count; i++)
        if (words[i] != words[i - 1]) {
            words[kept] = words[i];
            ids[kept++] = ids[i];
        }
    return kept;
}

/* ---- up to three fields --------------------------------------------------------------------------------------------------- */

/* Two fields, sorted: the lower one must fall. Which dimension is the lower one the layout tells. */
static uint64_t sweep_two(const mn_word_layout *layout, uint64_t *words, uint32_t *ids, uint64_t count)
{
    const uint64_t mask = layout->shift[0] == 0 ? layout->mask[0] : layout->mask[1];
    uint64_t kept = 0, lowest = UINT64_MAX;
    for (uint64_t i = 0; i < count; i++)
        if ((words[i] & mask) < lowest) {
            lowest = words[i] & mask;
            words[kept] = words[i];
            ids[kept++] = ids[i];
        }
    return kept;
}

static uint64_t sweep_three(const mn_word_layout *layout, mn_staircase *stairs, uint64_t *words, uint32_t *ids,
                            uint64_t count)
{
    uint64_t kept = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t word = words[i];
        if (mn_staircase_insert(stairs, word >> layout->key_shift & layout->key_mask,
                                (uint32_t)(word & layout->value_mask))) {
            words[kept] = word;
            ids[kept++] = ids[i];
        }
    }
    mn_staircase_clear(stairs);
    return kept;
}

/* ---- four fields ---------------------------------------------------------------------------------------------------------- */

typedef struct recursion {
    const mn_word_layout *layout;
    mn_staircase *stairs;
    const mn_control *control;
    uint64_t *spare_words;
    uint32_t *spare_ids;
    mn_status status;
    uint64_t brute;
    uint64_t (*brute_force)(const mn_word_layout *layout, uint64_t *words, uint32_t *ids, uint64_t count);
} recursion;

/* Points are distinct and sorted, so only an earlier one can dominate. Compared in groups, which are filled up with a point that is the
 * largest in every field: if it is among the points itself, any other of the whole front dominates it. */
static inline __attribute__((always_inline)) uint64_t brute_force_body(const mn_word_layout *layout, uint64_t *words,
                                                                       uint32_t *ids, uint64_t count)
{
    uint64_t compared[BRUTE_WIDE + LANES], kept = 0;
    const uint64_t spare = layout->spare;
    for (uint64_t i = 0; i < count + LANES; i++)
        compared[i] = layout->worst;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t larger = words[i] | spare;
        uint64_t dominated = 0;
        for (uint64_t j = 0; j < kept && !dominated; j += LANES)
            for (int lane = 0; lane < LANES; lane++)
                dominated |= ((larger - compared[j + lane]) & spare) == spare;
        words[kept] = words[i];
        ids[kept] = ids[i];
        compared[kept] = dominated ? layout->worst : words[i];
        kept += !dominated;
    }
    return kept;
}

static uint64_t brute_force(const mn_word_layout *layout, uint64_t *words, uint32_t *ids, uint64_t count)
{
    return brute_force_body(layout, words, ids, count);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static uint64_t brute_force_avx2(const mn_word_layout *layout, uint64_t *words,
                                                                 uint32_t *ids, uint64_t count)
{
    return brute_force_body(layout, words, ids, count);
}
#endif

/* Sets how few points are compared all with all, and by what. */
static void choose_brute_force(recursion *r)
{
    r->brute = BRUTE;
    r->brute_force = brute_force;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        r->brute = BRUTE_WIDE;
        r->brute_force = brute_force_avx2;
    }
#endif
}

/* A value of the split field that leaves points on both sides of it (low: no larger); false when all are equal. */
static bool choose_split(const mn_word_layout *layout, const uint64_t *words, uint64_t count, uint64_t *split)
{
    uint64_t sample[SAMPLES] = {0};
    for (uint64_t i = 0; i < SAMPLES; i++) {
        const uint64_t value = words[i * (count - 1) / (SAMPLES - 1)] >> layout->split_shift & layout->split_mask;
        uint64_t at = i;
        for (; at > 0 && sample[at - 1] > value; at--)
            sample[at] = sample[at - 1];
        sample[at] = value;
    }
    uint64_t smallest = UINT64_MAX, largest = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t value = words[i] >> layout->split_shift & layout->split_mask;
        smallest = value < smallest ? value : smallest;
        largest = value > largest ? value : largest;
    }
    *split = sample[SAMPLES / 2] < largest ? sample[SAMPLES / 2] : largest - 1;
    return smallest < largest;
}

/* Keeps the order on both sides; returns the size of the low one. */
static uint64_t partition(recursion *r, uint64_t *words, uint32_t *ids, uint64_t count, uint64_t split)
{
    const int shift = r->layout->split_shift;
    const uint64_t mask = r->layout->split_mask;
    uint64_t low = 0, high = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t word = words[i];
        const uint32_t id = ids[i];
        const bool is_low = (word >> shift & mask) <= split;
        words[low] = r->spare_words[high] = word;
        ids[low] = r->spare_ids[high] = id;
        low += is_low;
        high += !is_low;
    }
    memcpy(words + low, r->spare_words, high * sizeof *words);
    memcpy(ids + low, r->spare_ids, high * sizeof *ids);
    return low;
}

/* Removes from the high points those that a low point dominates; returns how many stay, at the same place. */
static uint64_t strike_out(recursion *r, const uint64_t *low, uint64_t low_count, uint64_t *high, uint32_t *high_ids,
                           uint64_t high_count)
{
    const mn_word_layout *layout = r->layout;
    uint64_t kept = 0, next = 0;
    for (uint64_t i = 0; i < high_count; i++) {
        const uint64_t word = high[i], sweep = word >> layout->sweep_shift;
        for (; next < low_count && low[next] >> layout->sweep_shift <= sweep; next++)
            mn_staircase_insert(r->stairs, low[next] >> layout->key_shift & layout->key_mask,
                                (uint32_t)(low[next] & layout->value_mask));
        if (mn_staircase_covers(r->stairs, word >> layout->key_shift & layout->key_mask,
                                (uint32_t)(word & layout->value_mask)))
            continue;
        high[kept] = word;
        high_ids[kept++] = high_ids[i];
    }
    mn_staircase_clear(r->stairs);
    return kept;
}

/* Merges two sorted runs that lie one behind the other with a gap; returns their joint size. */
static uint64_t merge_runs(recursion *r, uint64_t *words, uint32_t *ids, uint64_t low, uint64_t begin_high,
                           uint64_t high)
{
    memcpy(r->spare_words, words, low * sizeof *words);
    memcpy(r->spare_ids, ids, low * sizeof *ids);
    uint64_t at = 0, i = 0, j = begin_high;
    const uint64_t end = begin_high + high;
    while (i < low && j < end) {
        const bool first = r->spare_words[i] < words[j];
        words[at] = first ? r->spare_words[i] : words[j];
        ids[at++] = first ? r->spare_ids[i] : ids[j];
        i += first;
        j += !first;
    }
    for (; i < low; i++, at++) {
        words[at] = r->spare_words[i];
        ids[at] = r->spare_ids[i];
    }
    memmove(words + at, words + j, (end - j) * sizeof *words);
    memmove(ids + at, ids + j, (end - j) * sizeof *ids);
    return at + (end - j);
}

/* The depth is about the logarithm of the count: splits are medians of samples, and each leaves both sides. */
static uint64_t reduce_four(recursion *r, uint64_t *words, uint32_t *ids, uint64_t count)
{
    if (count <= 1)
        return count;
    if (count <= r->brute)
        return r->brute_force(r->layout, words, ids, count);
    if (count >= CHECKED && r->status == MN_OK)
        r->status = mn_control_check(r->control);
    uint64_t split;
    if (r->status != MN_OK)
        return count;
    if (!choose_split(r->layout, words, count, &split))
        return sweep_three(r->layout, r->stairs, words, ids, count);
    const uint64_t begin_high = partition(r, words, ids, count, split);
    const uint64_t low = reduce_four(r, words, ids, begin_high);
    uint64_t high = strike_out(r, words, low, words + begin_high, ids + begin_high, count - begin_high);
    high = reduce_four(r, words + begin_high, ids + begin_high, high);
    return merge_runs(r, words, ids, low, begin_high, high);
}

mn_status mn_words_reduce(const mn_word_layout *layout, mn_words *words, mn_staircase *stairs,
                          const mn_control *control)
{
    mn_words_sort(words, layout->bits);
    words->count = drop_equal(words->words, words->ids, words->count);
    if (layout->field_count <= 1)
        words->count = words->count > 0;
    else if (layout->field_count == 2)
        words->count = sweep_two(layout, words->words, words->ids, words->count);
    else if (layout->field_count == 3)
        words->count = sweep_three(layout, stairs, words->words, words->ids, words->count);
    else {
        recursion r = {.layout = layout,
                       .stairs = stairs,
                       .control = control,
                       .spare_words = words->spare_words,
                       .spare_ids = words->spare_ids,
                       .status = MN_OK};
        choose_brute_force(&r);
        words->count = reduce_four(&r, words->words, words->ids, words->count);
        return r.status;
    }
    return mn_control_check(control);
}
