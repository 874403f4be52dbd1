/* Low tables: sorted, with the sets of each rank (cpu_scan_parts.h). */
#include "host/device/cpu_scan_low.h"
#include "host/core/memory.h"
#include "host/device/cpu_scan_paths.h"

/* ---- sorting ------------------------------------------------------------------------------------------------------------------- */

typedef struct keyed {
    int64_t key;
    uint32_t index;
} keyed;

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, FEW = 200 };

static void insert_by(const int64_t *sums, int count, keyed *order)
{
    for (int i = 0; i < count; i++) {
        int place = i;
        for (; place > 0 && order[place - 1].key > sums[i]; place--)
            order[place] = order[place - 1];
        order[place] = (keyed){sums[i], (uint32_t)i};
    }
}

/* Sorts by sum, equal sums by index: radix sort of what the sums exceed the smallest one by, low digits first. order, spare
 * [count]; the result is in `order`. */
static void sort_by(const int64_t *sums, int count, keyed *order, keyed *spare)
{
    if (count < FEW) {
        insert_by(sums, count, order);
        return;
    }
    int64_t smallest = INT64_MAX, largest = INT64_MIN;
    for (int i = 0; i < count; i++) {
        order[i] = (keyed){sums[i], (uint32_t)i};
        smallest = sums[i] < smallest ? sums[i] : smallest;
        largest = sums[i] > largest ? sums[i] : largest;
    }
    const uint64_t range = (uint64_t)largest - (uint64_t)smallest;
    keyed *from = order, *to = spare;
    for (int shift = 0; shift < 64 && range >> shift; shift += DIGIT_BITS) {
        int place[DIGITS] = {0};
        for (int i = 0; i < count; i++)
            place[((uint64_t)from[i].key - (uint64_t)smallest) >> shift & (DIGITS - 1)]++;
        for (int digit = 0, before = 0; digit < DIGITS; digit++) {
            const int size = place[digit];
            place[digit] = before;
            before += size;
        }
        for (int i = 0; i < count; i++)
            to[place[((uint64_t)from[i].key - (uint64_t)smallest) >> shift & (DIGITS - 1)]++] = from[i];
        keyed *swap = from;
        from = to;
        to = swap;
    }
    if (from != order)
        memcpy(order, from, sizeof *order * (size_t)count);
}

/* Best score first, then lexicographically; a scaled score follows F: neighbours then have nearly the same factor. */
static void sort_low(const mn_scan_parts *parts, mn_scan_low *low, keyed *order, keyed *spare)
{
    const int count = low->part.count;
    for (int i = 0; i < count; i++)
        low->number[i] = (uint32_t)i;
    const int key = parts->columns[0].scaled ? parts->capability : 0;
    sort_by(low->part.sums[key], count, order, spare);
    for (int i = 0; i < count; i++)
        low->number[i] = order[i].index;
    int64_t *scratch = (int64_t *)spare;
    for (int column = 0; column < parts->column_count; column++) {
        for (int i = 0; i < count; i++)
            scratch[i] = low->part.sums[column][low->number[i]];
        memcpy(low->part.sums[column], scratch, sizeof *scratch * (size_t)count);
    }
}

/* Chooses at most `most` ranks: one for each sum, or as many low parts in each. */
static void choose_bottoms(const keyed *order, int count, int most, mn_scan_ranks *ranks)
{
    int distinct = 1;
    for (int i = 1; i < count; i++)
        distinct += order[i].key != order[i - 1].key;
    ranks->exact = distinct <= most;
    for (int i = 0; i < (ranks->exact ? count : most); i++) {
        const int64_t bottom = order[ranks->exact ? i : (int)((int64_t)i * count / most)].key;
        if (ranks->count == 0 || bottom > ranks->bottoms[ranks->count - 1])
            ranks->bottoms[ranks->count++] = bottom;
    }
}

static void fill_sets(const keyed *order, int count, int words, int block_words, mn_scan_ranks *ranks)
{
    int at = 0;
    for (int rank = 1; rank <= ranks->count; rank++) {
        uint64_t *set = ranks->sets + (size_t)rank * (size_t)words;
        memcpy(set, set - words, sizeof *set * (size_t)words);
        for (; at < count && (rank == ranks->count || order[at].key < ranks->bottoms[rank]); at++)
            set[order[at].index / 64] |= (uint64_t)1 << order[at].index % 64;
    }
    for (int rank = 0; rank <= ranks->count; rank++) {
        const uint64_t *set = ranks->sets + (size_t)rank * (size_t)words;
        int first = 0, last = words;
        while (first < words && !set[first])
            first++;
        while (last > first && !set[last - 1])
            last--;
        ranks->first[rank] = (uint16_t)(first / block_words);
        ranks->last[rank] = (uint16_t)((last + block_words - 1) / block_words);
    }
}

/* The coarsest ranks that a cell may join: more are worth a search. */
static void fill_cells(const mn_scan_filter *filter, int cell_count, mn_scan_ranks *ranks)
{
    int rank = 0;
    for (int cell = 0; cell < cell_count; cell++) {
        const int before = rank;
        const mn_wide end = ((mn_wide)(cell + 1) << filter->shift) + filter->smallest; /* first value beyond the cell */
        while (rank < ranks->count && ranks->bottoms[rank] < end)
            rank++;
        ranks->cells[cell] = (uint8_t)(rank - before > 2 ? MN_SCAN_SEARCH : rank);
    }
    ranks->cells[cell_count] = 0;
}

static bool make_ranks(const mn_scan_parts *parts, int filter, int most, keyed *order, keyed *spare, mn_scan_low *low)
{
    mn_scan_ranks *ranks = &low->ranks[filter];
    const int count = low->part.count;
    most = count < most ? count : most;
    ranks->bottoms = mn_new_array((size_t)most, sizeof *ranks->bottoms);
    ranks->first = mn_new_array((size_t)most + 1, sizeof *ranks->first);
    ranks->last = mn_new_array((size_t)most + 1, sizeof *ranks->last);
    ranks->cells = mn_new_array((size_t)parts->cell_count + 1, sizeof *ranks->cells);
    if (!ranks->bottoms || !ranks->first || !ranks->last || !ranks->cells)
        return false;
    sort_by(low->part.sums[parts->filters[filter].column], count, order, spare);
    choose_bottoms(order, count, most, ranks);
    const size_t bytes = ((size_t)ranks->count + 1) * (size_t)low->words * sizeof(uint64_t);
    ranks->sets = aligned_alloc(64, bytes);
    if (!ranks->sets)
        return false;
    memset(ranks->sets, 0, bytes);
    fill_sets(order, count, low->words, parts->room->block_words, ranks);
    fill_cells(&parts->filters[filter], parts->cell_count, ranks);
    return true;
}

static bool make_low(const mn_scan_parts *parts, int state, mn_scan_low *low)
{
    if (!mn_paths_list(parts->problem->diagram, parts->columns, parts->column_count, parts->split,
                       parts->problem->node_count, state, &low->part))
        return false;
    const size_t count = (size_t)low->part.count;
    low->words = mn_scan_words(parts->room, low->part.count);
    low->number = mn_new_array(count, sizeof *low->number);
    keyed *order = mn_new_array(2 * count, sizeof *order);
    const bool ok = low->number && order;
    if (ok)
        sort_low(parts, low, order, order + count);
    free(order);
    return ok;
}

static void choose_grids(mn_scan_parts *parts, int states)
{
    int bits = 11;
    while (bits > 4 && (states * parts->filter_count) << bits > 1 << 20)
        bits--;
    parts->cell_count = 1 << bits;
    for (int i = 0; i < parts->filter_count; i++) {
        mn_scan_filter *filter = &parts->filters[i];
        filter->smallest = INT64_MAX;
        filter->largest = INT64_MIN;
        for (int state = 0; state < states; state++)
            for (int j = 0; j < parts->lows[state].part.count; j++) {
                const int64_t sum = parts->lows[state].part.sums[filter->column][j];
                filter->smallest = sum < filter->smallest ? sum : filter->smallest;
                filter->largest = sum > filter->largest ? sum : filter->largest;
            }
        const uint64_t range = (uint64_t)filter->largest - (uint64_t)filter->smallest;
        filter->shift = 0;
        while (range >> filter->shift >= (uint64_t)parts->cell_count)
            filter->shift++;
    }
}

/* Ranks of a column whose sets have so many words. */
static int most_ranks(const mn_scan_room *room, size_t words)
{
    const size_t fit = room->set_bytes / (words * sizeof(uint64_t)); /* one set more: of rank 0 */
    if (fit > MN_SCAN_RANKS)
        return MN_SCAN_RANKS;
    if (room->bytes_a_state)
        return fit > 2 ? (int)fit - 1 : 1;
    return fit < (size_t)room->fewest_ranks ? room->fewest_ranks : (int)fit;
}

bool mn_scan_lows_make(mn_scan_parts *parts)
{
    const int states = parts->problem->diagram->state_count[parts->split];
    parts->lows = mn_new_array((size_t)states, sizeof *parts->lows);
    bool ok = parts->lows;
    size_t largest = 0, words = 0, most_words = 0;
    for (int state = 0; ok && state < states; state++) {
        ok = make_low(parts, state, &parts->lows[state]);
        largest = (size_t)parts->lows[state].part.count > largest ? (size_t)parts->lows[state].part.count : largest;
        words += (size_t)parts->lows[state].words;
        most_words = (size_t)parts->lows[state].words > most_words ? (size_t)parts->lows[state].words : most_words;
    }
    if (!ok)
        return false;
    choose_grids(parts, states);
    const int most = most_ranks(parts->room, parts->room->bytes_a_state ? most_words : words);
    keyed *order = mn_new_array(2 * largest, sizeof *order);
    ok = order;
    for (int state = 0; ok && state < states; state++)
        for (int filter = 0; ok && filter < parts->filter_count; filter++)
            ok = make_ranks(parts, filter, most, order, order + largest, &parts->lows[state]);
    free(order);
    return ok;
}

void mn_scan_low_free(mn_scan_low *low, int column_count)
{
    mn_paths_free(&low->part, column_count);
    free(low->number);
    for (int filter = 0; filter < MN_SCAN_FILTERS; filter++) {
        free(low->ranks[filter].bottoms);
        free(low->ranks[filter].sets);
        free(low->ranks[filter].cells);
        free(low->ranks[filter].first);
        free(low->ranks[filter].last);
    }
}
