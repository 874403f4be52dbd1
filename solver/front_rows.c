/* The recursion is the one of Kung, Luccio and Preparata (1975): split at a median of the first dimension, reduce both halves, let the low
 * half strike out points of the high one in the remaining dimensions ("marry"), which splits again, down to three dimensions and a
 * sweep. Splits are medians of samples, so the depth stays near the logarithm of the count. */
#include "solver/front_rows.h"
#include "solver/front_word.h"

enum { BRUTE = 32, BRUTE_PAIRS = 2048, SAMPLES = 31, CHECKED = 1 << 14 };

/* Points are numbered in sorted order (sweep dimension first), so that an ascending list is a sorted one and only an earlier point can
 * dominate a later one. The last three dimensions are sweep, key and value of the sweeps. */
typedef struct recursion {
    int dimension_count; /* >= 3 */
    uint32_t **rank;     /* [dimension_count][points] */
    uint32_t *spare;     /* [points] */
    mn_staircase stairs;
    const mn_control *control;
    mn_status status;
} recursion;

static bool no_larger_from(const recursion *r, uint32_t a, uint32_t b, int from)
{
    for (int k = from; k < r->dimension_count; k++)
        if (r->rank[k][a] > r->rank[k][b])
            return false;
    return true;
}

static bool any_no_larger(const recursion *r, const uint32_t *list, uint64_t count, uint32_t point, int from)
{
    for (uint64_t i = 0; i < count && list[i] < point; i++)
        if (no_larger_from(r, list[i], point, from))
            return true;
    return false;
}

/* ---- sweeps over the last three dimensions ---------------------------------------------------------------------------------- */

static uint64_t sweep_one(recursion *r, uint32_t *list, uint64_t count)
{
    const uint32_t *key = r->rank[r->dimension_count - 2], *value = r->rank[r->dimension_count - 1];
    uint64_t kept = 0;
    for (uint64_t i = 0; i < count; i++)
        if (mn_staircase_insert(&r->stairs, key[list[i]], value[list[i]]))
            list[kept++] = list[i];
    mn_staircase_clear(&r->stairs);
    return kept;
}

static uint64_t sweep_both(recursion *r, const uint32_t *low, uint64_t low_count, uint32_t *high, uint64_t high_count)
{
    const uint32_t *sweep = r->rank[r->dimension_count - 3];
    const uint32_t *key = r->rank[r->dimension_count - 2], *value = r->rank[r->dimension_count - 1];
    uint64_t kept = 0, next = 0;
    for (uint64_t i = 0; i < high_count; i++) {
        const uint32_t point = high[i];
        for (; next < low_count && sweep[low[next]] <= sweep[point]; next++)
            mn_staircase_insert(&r->stairs, key[low[next]], value[low[next]]);
        if (!mn_staircase_covers(&r->stairs, key[point], value[point]))
            high[kept++] = point;
    }
    mn_staircase_clear(&r->stairs);
    return kept;
}

/* ---- splitting -------------------------------------------------------------------------------------------------------------- */

typedef struct range {
    uint32_t smallest, largest;
} range;

static range range_of(const uint32_t *rank, const uint32_t *list, uint64_t count)
{
    range found = {UINT32_MAX, 0};
    for (uint64_t i = 0; i < count; i++) {
        const uint32_t value = rank[list[i]];
        found.smallest = value < found.smallest ? value : found.smallest;
        found.largest = value > found.largest ? value : found.largest;
    }
    return found;
}

/* About the median of the ranks, below `largest`: something lies on both sides of it when they are not all equal. */
static uint32_t choose_split(const uint32_t *rank, const uint32_t *list, uint64_t count, uint32_t largest)
{
    uint32_t sample[SAMPLES] = {0};
    for (uint64_t i = 0; i < SAMPLES; i++) {
        const uint32_t value = rank[list[i * (count - 1) / (SAMPLES - 1)]];
        uint64_t at = i;
        for (; at > 0 && sample[at - 1] > value; at--)
            sample[at] = sample[at - 1];
        sample[at] = value;
    }
    return sample[SAMPLES / 2] < largest ? sample[SAMPLES / 2] : largest - 1;
}

static uint64_t partition(recursion *r, const uint32_t *rank, uint32_t *list, uint64_t count, uint32_t split)
{
    uint64_t low = 0, high = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint32_t point = list[i];
        const bool is_low = rank[point] <= split;
        list[low] = r->spare[high] = point;
        low += is_low;
        high += !is_low;
    }
    memcpy(list + low, r->spare, high * sizeof *list);
    return low;
}

/* Merges two ascending runs that lie one behind the other with a gap; returns their joint size. */
static uint64_t merge_runs(recursion *r, uint32_t *list, uint64_t low, uint64_t begin_high, uint64_t high)
{
    memcpy(r->spare, list, low * sizeof *list);
    uint64_t at = 0, i = 0, j = begin_high;
    const uint64_t end = begin_high + high;
    while (i < low && j < end) {
        const bool first = r->spare[i] < list[j];
        list[at++] = first ? r->spare[i] : list[j];
        i += first;
        j += !first;
    }
    for (; i < low; i++)
        list[at++] = r->spare[i];
    memmove(list + at, list + j, (end - j) * sizeof *list);
    return at + (end - j);
}

static bool go_on(recursion *r, uint64_t count)
{
    if (count >= CHECKED && r->status == MN_OK)
        r->status = mn_control_check(r->control);
    return r->status == MN_OK;
}

/* ---- the recursion ---------------------------------------------------------------------------------------------------------- */

/* Removes from `high` what a point of `low` dominates, given that low's are no larger in the dimensions before k. Returns the number
 * left; `low` is as it was. */
static uint64_t marry(recursion *r, uint32_t *low, uint64_t low_count, uint32_t *high, uint64_t high_count, int k)
{
    if (low_count == 0 || high_count == 0 || !go_on(r, low_count + high_count))
        return high_count;
    if (low_count * high_count <= BRUTE_PAIRS) {
        uint64_t kept = 0;
        for (uint64_t i = 0; i < high_count; i++)
            if (!any_no_larger(r, low, low_count, high[i], k))
                high[kept++] = high[i];
        return kept;
    }
    if (k == r->dimension_count - 3)
        return sweep_both(r, low, low_count, high, high_count);

    const uint32_t *rank = r->rank[k];
    const range of_low = range_of(rank, low, low_count), of_high = range_of(rank, high, high_count);
    if (of_low.smallest > of_high.largest)
        return high_count;
    if (of_low.largest <= of_high.smallest)
        return marry(r, low, low_count, high, high_count, k + 1);
    const uint32_t largest = of_low.largest > of_high.largest ? of_low.largest : of_high.largest;
    const uint32_t split = low_count > high_count ? choose_split(rank, low, low_count, largest)
                                                  : choose_split(rank, high, high_count, largest);
    const uint64_t low_low = partition(r, rank, low, low_count, split),
                   high_low = partition(r, rank, high, high_count, split);
    const uint64_t kept_low = marry(r, low, low_low, high, high_low, k);
    uint64_t kept_high = marry(r, low + low_low, low_count - low_low, high + high_low, high_count - high_low, k);
    kept_high = marry(r, low, low_low, high + high_low, kept_high, k + 1);
    merge_runs(r, low, low_low, low_low, low_count - low_low);
    return merge_runs(r, high, kept_low, high_low, kept_high);
}

/* Removes from `list`, whose points agree in the dimensions before k, what another of its points dominates. */
static uint64_t reduce(recursion *r, uint32_t *list, uint64_t count, int k)
{
    if (!go_on(r, count))
        return count;
    if (count <= BRUTE) {
        uint64_t kept = 0;
        for (uint64_t i = 0; i < count; i++)
            if (!any_no_larger(r, list, kept, list[i], k))
                list[kept++] = list[i];
        return kept;
    }
    if (k == r->dimension_count - 3)
        return sweep_one(r, list, count);
    const range all = range_of(r->rank[k], list, count);
    if (all.smallest == all.largest)
        return reduce(r, list, count, k + 1);
    const uint32_t split = choose_split(r->rank[k], list, count, all.largest);
    const uint64_t begin_high = partition(r, r->rank[k], list, count, split);
    const uint64_t low = reduce(r, list, begin_high, k);
    uint64_t high = marry(r, list, low, list + begin_high, count - begin_high, k + 1);
    high = reduce(r, list + begin_high, high, k);
    return merge_runs(r, list, low, begin_high, high);
}

/* ---- ranks ------------------------------------------------------------------------------------------------------------------ */

typedef struct ranking {
    uint64_t count;
    int dimension_count;
    uint32_t **rank;   /* [dimension_count][count] by row; constant dimensions are left out */
    uint64_t *largest; /* [dimension_count] */
    mn_words words;    /* scratch */
    mn_budget *budget;
} ranking;

static bool ranking_create(ranking *ranks, uint64_t count, int dimension_count, mn_budget *budget)
{
    *ranks = (ranking){.count = count, .budget = budget};
    ranks->rank = mn_budget_allocate(budget, (uint64_t)dimension_count + 3, sizeof *ranks->rank);
    ranks->largest = mn_budget_allocate(budget, (uint64_t)dimension_count + 3, sizeof *ranks->largest);
    ranks->words.words = mn_budget_allocate(budget, count, sizeof(uint64_t));
    ranks->words.spare_words = mn_budget_allocate(budget, count, sizeof(uint64_t));
    ranks->words.ids = mn_budget_allocate(budget, count, sizeof(uint32_t));
    ranks->words.spare_ids = mn_budget_allocate(budget, count, sizeof(uint32_t));
    ranks->words.count = ranks->words.capacity = count;
    return ranks->rank && ranks->largest && ranks->words.words && ranks->words.spare_words && ranks->words.ids &&
           ranks->words.spare_ids;
}

static void ranking_free(ranking *ranks)
{
    for (int k = 0; k < ranks->dimension_count; k++)
        mn_budget_free(ranks->budget, ranks->rank[k]);
    mn_budget_free(ranks->budget, ranks->rank);
    mn_budget_free(ranks->budget, ranks->largest);
    mn_budget_free(ranks->budget, ranks->words.words);
    mn_budget_free(ranks->budget, ranks->words.spare_words);
    mn_budget_free(ranks->budget, ranks->words.ids);
    mn_budget_free(ranks->budget, ranks->words.spare_ids);
}

static bool add_rank(ranking *ranks, uint64_t largest)
{
    uint32_t *rank = mn_budget_allocate(ranks->budget, ranks->count, sizeof *rank);
    if (!rank)
        return false;
    ranks->largest[ranks->dimension_count] = largest;
    ranks->rank[ranks->dimension_count++] = rank;
    return true;
}

/* Ranks of one dimension: equal values share one, and the ranks are 0, 1, 2 ... */
static bool rank_dimension(ranking *ranks, const uint64_t *rows, int stride, int k)
{
    mn_words *words = &ranks->words;
    uint64_t smallest = UINT64_MAX, largest = 0;
    for (uint64_t i = 0; i < ranks->count; i++) {
        const uint64_t value = rows[i * stride + k];
        smallest = value < smallest ? value : smallest;
        largest = value > largest ? value : largest;
    }
    if (smallest >= largest)
        return true;
    for (uint64_t i = 0; i < ranks->count; i++) {
        words->words[i] = rows[i * stride + k] - smallest;
        words->ids[i] = (uint32_t)i;
    }
    mn_words_sort(words, 64 - __builtin_clzll(largest - smallest));
    if (!add_rank(ranks, 0))
        return false;
    uint32_t *rank = ranks->rank[ranks->dimension_count - 1], next = 0;
    for (uint64_t i = 0; i < ranks->count; i++) {
        next += i > 0 && words->words[i] != words->words[i - 1];
        rank[words->ids[i]] = next;
    }
    ranks->largest[ranks->dimension_count - 1] = next;
    return true;
}

/* ---- the two ways ------------------------------------------------------------------------------------------------------------ */

static mn_status reduce_packed(ranking *ranks, const mn_word_layout *layout, const mn_control *control)
{
    mn_staircase stairs = {0};
    if (layout->field_count >= 3 && !mn_staircase_create(&stairs, layout->key_bits, ranks->budget))
        return MN_FAILURE;
    memset(ranks->words.words, 0, ranks->count * sizeof(uint64_t));
    for (int k = 0; k < ranks->dimension_count; k++)
        for (uint64_t i = 0; i < ranks->count; i++)
            ranks->words.words[i] |= (uint64_t)ranks->rank[k][i] << layout->shift[k];
    for (uint64_t i = 0; i < ranks->count; i++)
        ranks->words.ids[i] = (uint32_t)i;
    const mn_status status = mn_words_reduce(layout, &ranks->words, &stairs, control);
    mn_staircase_free(&stairs, ranks->budget);
    return status;
}

/* Sorts rows by all dimensions, the sweep dimension first, drops equal ones and renumbers: position i is row words.ids[i]. `column` is
 * scratch. */
static void sort_rows(ranking *ranks, uint32_t *column)
{
    mn_words *words = &ranks->words;
    const int count = ranks->dimension_count, sweep = count - 3;
    for (uint64_t i = 0; i < ranks->count; i++)
        words->ids[i] = (uint32_t)i;
    words->count = ranks->count;
    for (int i = count - 1; i >= 0; i--) { /* least significant first: all but the sweep dimension, then that one */
        const int k = i > sweep ? i : i > 0 ? i - 1 : sweep;
        for (uint64_t at = 0; at < words->count; at++)
            words->words[at] = ranks->rank[k][words->ids[at]];
        mn_words_sort(words, ranks->largest[k] ? 64 - __builtin_clzll(ranks->largest[k]) : 1);
    }
    uint64_t kept = 0;
    for (uint64_t at = 0; at < words->count; at++) {
        bool equal = kept > 0;
        for (int k = 0; k < count && equal; k++)
            equal = ranks->rank[k][words->ids[at]] == ranks->rank[k][words->ids[kept - 1]];
        if (!equal)
            words->ids[kept++] = words->ids[at];
    }
    words->count = kept;
    for (int k = 0; k < count; k++) {
        for (uint64_t at = 0; at < kept; at++)
            column[at] = ranks->rank[k][words->ids[at]];
        memcpy(ranks->rank[k], column, kept * sizeof *column);
    }
}

/* Leaves the survivors' rows in words.ids. */
static mn_status reduce_by_recursion(ranking *ranks, const mn_control *control)
{
    while (ranks->dimension_count < 3) { /* a constant dimension changes nothing */
        if (!add_rank(ranks, 0))
            return MN_FAILURE;
        memset(ranks->rank[ranks->dimension_count - 1], 0, ranks->count * sizeof(uint32_t));
    }
    recursion r = {
        .dimension_count = ranks->dimension_count, .rank = ranks->rank, .control = control, .status = MN_FAILURE};
    uint32_t *list = mn_budget_allocate(ranks->budget, ranks->count, sizeof *list);
    r.spare = mn_budget_allocate(ranks->budget, ranks->count, sizeof *r.spare);
    const uint64_t largest_key = ranks->largest[ranks->dimension_count - 2];
    const int key_bits = largest_key ? 64 - __builtin_clzll(largest_key) : 1;
    if (list && r.spare && mn_staircase_create(&r.stairs, key_bits, ranks->budget)) {
        sort_rows(ranks, list);
        for (uint64_t i = 0; i < ranks->words.count; i++)
            list[i] = (uint32_t)i;
        r.status = MN_OK;
        const uint64_t kept = reduce(&r, list, ranks->words.count, 0);
        for (uint64_t i = 0; i < kept; i++)
            ranks->words.ids[i] =
                ranks->words.ids[list[i]]; /* ascending, so nothing is overwritten before it is read */
        ranks->words.count = kept;
        mn_staircase_free(&r.stairs, ranks->budget);
    }
    mn_budget_free(ranks->budget, list);
    mn_budget_free(ranks->budget, r.spare);
    return r.status;
}

mn_status mn_rows_reduce(const uint64_t *rows, uint64_t count, int dimension_count, mn_budget *budget,
                         const mn_control *control, uint32_t *survivors, uint64_t *survivor_count)
{
    *survivor_count = 0;
    if (count == 0)
        return MN_OK;
    ranking ranks;
    mn_status status = ranking_create(&ranks, count, dimension_count, budget) ? MN_OK : MN_FAILURE;
    for (int k = 0; k < dimension_count && status == MN_OK; k++) {
        status = rank_dimension(&ranks, rows, dimension_count, k) ? MN_OK : MN_FAILURE;
        if (status == MN_OK)
            status = mn_control_check(control);
    }
    mn_word_layout layout;
    if (status == MN_OK)
        status = mn_word_layout_make(ranks.largest, ranks.dimension_count, &layout)
                     ? reduce_packed(&ranks, &layout, control)
                     : reduce_by_recursion(&ranks, control);
    if (status == MN_OK) {
        *survivor_count = ranks.words.count;
        memcpy(survivors, ranks.words.ids, ranks.words.count * sizeof *survivors);
    }
    ranking_free(&ranks);
    return status;
}
