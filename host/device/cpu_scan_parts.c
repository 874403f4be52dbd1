#include "host/device/cpu_scan_parts.h"
#include "host/core/memory.h"
#include "host/device/cpu_scan_paths.h"

/* ---- columns ------------------------------------------------------------------------------------------------------------------- */

static bool new_column(const mn_problem *problem, const mn_column *column, bool negate, mn_scan_column *made)
{
    *made = (mn_scan_column){.base = column->base, .scaled = column->scaled};
    made->weights = mn_new_array((size_t)problem->item_count, sizeof *made->weights);
    for (int item = 0; made->weights && item < problem->item_count; item++)
        made->weights[item] = negate ? -column->values[item] : column->values[item];
    return made->weights;
}

/* Whether all sums, and differences of sums, stay within 64 bits. */
static bool has_room(const mn_problem *problem, const mn_scan_column *column)
{
    uint64_t worst = 0;
    for (int node = 0; node < problem->node_count; node++) {
        int64_t largest = 0;
        for (int item = problem->first[node]; item < problem->first[node + 1]; item++) {
            const int64_t weight = column->weights[item] < 0 ? -column->weights[item] : column->weights[item];
            largest = weight > largest ? weight : largest;
        }
        worst += (uint64_t)largest;
        if (worst >= (uint64_t)MN_MAX_SUM)
            return false;
    }
    return true;
}

static int64_t largest_sum(const mn_diagram *diagram, const mn_scan_column *column, bool *ok)
{
    int64_t **largest = mn_diagram_extremes(diagram, column->weights, -1);
    *ok = largest;
    const int64_t result = largest ? largest[0][0] : 0;
    free(largest);
    return result;
}

static bool add_filter(mn_scan_parts *parts, int index)
{
    mn_scan_column *column = &parts->columns[index];
    if (parts->filter_count == MN_SCAN_FILTERS || !has_room(parts->problem, column))
        return true;
    column->smallest = mn_diagram_extremes(parts->problem->diagram, column->weights, 1);
    parts->filters[parts->filter_count++].column = index;
    return column->smallest;
}

/* Adds a limit's column unless it cannot exclude anything. */
static bool add_limit(mn_scan_parts *parts, const mn_column *limit, int64_t capacity)
{
    mn_scan_column *column = &parts->columns[parts->column_count++];
    if (!new_column(parts->problem, limit, false, column))
        return false;
    column->capacity = capacity;
    if (limit->scaled)
        return true;
    bool ok;
    const mn_wide bound = (mn_wide)capacity - column->base;
    const int64_t largest = largest_sum(parts->problem->diagram, column, &ok);
    if (!ok)
        return false;
    if (bound >= largest) {
        free(column->weights);
        parts->column_count--;
        return true;
    }
    if (bound < -MN_MAX_SUM) {
        parts->infeasible = true;
        return true;
    }
    column->bound = (int64_t)bound;
    if (parts->filter_count < MN_SCAN_FILTERS - 1 &&
        !add_filter(parts, parts->column_count - 1)) /* one is the score's */
        return false;
    parts->infeasible |= column->smallest && column->smallest[0][0] > column->bound;
    return true;
}

mn_status mn_scan_columns_make(const mn_problem *problem, const int64_t *capacities, mn_error *error,
                               mn_scan_parts *parts)
{
    *parts = (mn_scan_parts){.problem = problem, .capability = -1};
    parts->low_counts = mn_paths_count(problem->diagram, problem->node_count);
    parts->columns = mn_new_array((size_t)problem->limit_count + 2, sizeof *parts->columns);
    bool ok = parts->low_counts && parts->columns &&
              new_column(problem, &problem->score, !problem->score.scaled, &parts->columns[0]);
    parts->column_count = parts->columns ? 1 : 0;
    bool scaled = problem->score.scaled;
    for (int i = 0; ok && i < problem->limit_count; i++)
        if (capacities[i] != MN_NO_CAPACITY) {
            ok = add_limit(parts, &problem->limits[i], capacities[i]);
            scaled |= problem->limits[i].scaled != 0;
        }
    if (ok && !problem->score.scaled) {
        const int limits = parts->filter_count;
        ok = add_filter(parts, 0);
        parts->score_filtered = parts->filter_count > limits;
    }
    if (ok && scaled) {
        parts->capability = parts->column_count++;
        ok = new_column(problem, &problem->capability, false, &parts->columns[parts->capability]);
    }
    if (ok)
        return MN_OK;
    mn_scan_parts_free(parts);
    return mn_fail_memory(error);
}

/* ---- where to split -------------------------------------------------------------------------------------------------------------- */

enum {
    MOST_LOW_PARTS = 1 << 17,
    MOST_MIDDLE_PARTS = 1 << 13,
    SET_BYTES = 4 << 20, /* of a split's sets, per column and all states */
    FEWEST_RANKS = 16    /* however many bytes they take */
};

/* Costs in cycles, roughly, to choose the split. */
static const double COST_PREFIX = 14, COST_BLOCK = 3, COST_LOW_PART = 100;

static int words_of(double count)
{
    const int blocks = (int)((count + 511) / 512);
    return (blocks < 1 ? 1 : blocks) * MN_SCAN_BLOCK;
}

/* Paths from the root to each state of each layer, as floating point: they may be any number. */
static double **forward_counts(const mn_diagram *diagram)
{
    size_t cells = 0;
    for (int layer = 0; layer <= diagram->node_count; layer++)
        cells += (size_t)diagram->state_count[layer];
    double **counts = mn_new_array((size_t)diagram->node_count + 1 + cells, sizeof(double));
    if (!counts)
        return NULL;
    double *at = (double *)(counts + diagram->node_count + 1);
    for (int layer = 0; layer <= diagram->node_count; layer++) {
        counts[layer] = at;
        at += diagram->state_count[layer];
    }
    counts[0][0] = 1;
    for (int node = 0; node < diagram->node_count; node++)
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const int32_t *row = mn_diagram_row(diagram, node, state);
            for (int block = 0; block < mn_diagram_blocks(diagram, node); block++)
                if (row[block] >= 0)
                    counts[node + 1][row[block]] += counts[node][state];
        }
    return counts;
}

/* The cheapest layer whose low tables stay small. */
static int choose_split(const mn_scan_parts *parts, double *const *forward)
{
    const mn_diagram *diagram = parts->problem->diagram;
    int best = diagram->node_count;
    double least = -1;
    for (int layer = diagram->node_count; layer >= 0; layer--) {
        double low = 0, cost = 0, sets = 0;
        for (int state = 0; state < diagram->state_count[layer]; state++) {
            const double count = (double)parts->low_counts[layer][state];
            low += count;
            if (low > MOST_LOW_PARTS)
                return best;
            sets += words_of(count) * 8.0 * (count < 32 ? count : 32);
            cost += forward[layer][state] * (COST_PREFIX + COST_BLOCK * words_of(count) / MN_SCAN_BLOCK) +
                    count * COST_LOW_PART;
        }
        if (least < 0 || (cost < least && sets < SET_BYTES)) {
            least = cost;
            best = layer;
        }
    }
    return best;
}

/* The middle part takes at least the node before the split, if there is one. */
static int choose_middle(const mn_scan_parts *parts)
{
    const mn_diagram *diagram = parts->problem->diagram;
    int middle = parts->split > 0 ? parts->split - 1 : 0;
    for (int layer = middle - 1; layer >= 0; layer--) {
        double count = 0;
        for (int state = 0; state < diagram->state_count[layer]; state++)
            count += (double)parts->middle_counts[layer][state];
        if (count > MOST_MIDDLE_PARTS)
            break;
        middle = layer;
    }
    return middle;
}

/* ---- low tables ------------------------------------------------------------------------------------------------------------------ */

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
    const bool exact = distinct <= most;
    for (int i = 0; i < (exact ? count : most); i++) {
        const int64_t bottom = order[exact ? i : (int)((int64_t)i * count / most)].key;
        if (ranks->count == 0 || bottom > ranks->bottoms[ranks->count - 1])
            ranks->bottoms[ranks->count++] = bottom;
    }
}

static void fill_sets(const keyed *order, int count, int words, mn_scan_ranks *ranks)
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
        ranks->first[rank] = (uint16_t)(first / MN_SCAN_BLOCK);
        ranks->last[rank] = (uint16_t)((last + MN_SCAN_BLOCK - 1) / MN_SCAN_BLOCK);
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
    fill_sets(order, count, low->words, ranks);
    fill_cells(&parts->filters[filter], parts->cell_count, ranks);
    return true;
}

static bool make_low(const mn_scan_parts *parts, int state, mn_scan_low *low)
{
    if (!mn_paths_list(parts->problem->diagram, parts->columns, parts->column_count, parts->split,
                       parts->problem->node_count, state, &low->part))
        return false;
    const size_t count = (size_t)low->part.count;
    low->words = words_of(low->part.count);
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

static bool make_lows(mn_scan_parts *parts)
{
    const int states = parts->problem->diagram->state_count[parts->split];
    parts->lows = mn_new_array((size_t)states, sizeof *parts->lows);
    bool ok = parts->lows;
    size_t largest = 0, words = 0;
    for (int state = 0; ok && state < states; state++) {
        ok = make_low(parts, state, &parts->lows[state]);
        largest = (size_t)parts->lows[state].part.count > largest ? (size_t)parts->lows[state].part.count : largest;
        words += (size_t)parts->lows[state].words;
    }
    if (!ok)
        return false;
    choose_grids(parts, states);
    const size_t fit = SET_BYTES / (words * sizeof(uint64_t));
    const int most = fit > MN_SCAN_RANKS ? MN_SCAN_RANKS : fit < FEWEST_RANKS ? FEWEST_RANKS : (int)fit;
    keyed *order = mn_new_array(2 * largest, sizeof *order);
    ok = order;
    for (int state = 0; ok && state < states; state++)
        for (int filter = 0; ok && filter < parts->filter_count; filter++)
            ok = make_ranks(parts, filter, most, order, order + largest, &parts->lows[state]);
    free(order);
    return ok;
}

static bool make_middles(mn_scan_parts *parts)
{
    const mn_diagram *diagram = parts->problem->diagram;
    const int states = diagram->state_count[parts->middle];
    parts->middles = mn_new_array((size_t)states, sizeof *parts->middles);
    bool ok = parts->middles;
    for (int state = 0; ok && state < states; state++)
        ok = mn_paths_list(diagram, parts->columns, parts->column_count, parts->middle, parts->split, state,
                           &parts->middles[state]);
    return ok;
}

mn_status mn_scan_parts_make(mn_scan_parts *parts, mn_error *error)
{
    const mn_diagram *diagram = parts->problem->diagram;
    double **forward = forward_counts(diagram);
    bool ok = forward;
    if (ok) {
        parts->split = choose_split(parts, forward);
        ok = (parts->middle_counts = mn_paths_count(diagram, parts->split));
    }
    if (ok) {
        parts->middle = choose_middle(parts);
        ok = (parts->high_counts = mn_paths_count(diagram, parts->middle));
    }
    free(forward);
    if (ok && make_lows(parts) && make_middles(parts))
        return MN_OK;
    return mn_fail_memory(error);
}

static void free_low(mn_scan_low *low, int column_count)
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

void mn_scan_parts_free(mn_scan_parts *parts)
{
    const mn_diagram *diagram = parts->problem->diagram;
    for (int state = 0; parts->lows && state < diagram->state_count[parts->split]; state++)
        free_low(&parts->lows[state], parts->column_count);
    for (int state = 0; parts->middles && state < diagram->state_count[parts->middle]; state++)
        mn_paths_free(&parts->middles[state], parts->column_count);
    for (int column = 0; column < parts->column_count; column++) {
        free(parts->columns[column].weights);
        free(parts->columns[column].smallest);
    }
    free(parts->columns);
    free(parts->lows);
    free(parts->middles);
    free(parts->low_counts);
    free(parts->middle_counts);
    free(parts->high_counts);
    *parts = (mn_scan_parts){.problem = parts->problem};
}
