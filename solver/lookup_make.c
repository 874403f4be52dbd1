/* Making a lookup: the problems' lists in one order, then ranks and sets of each limit. */
#include "solver/lookup.h"
#include "host/core/memory.h"
#include "solver/front_rows.h"

enum {
    SET_BYTES = 1 << 20, /* of one limit's sets, about: both of two limits stay in a core's second-level cache */
    FEWEST_RANKS = 64,   /* even where they take more */
    CELLS = 1 << MN_LOOKUP_CELL_BITS
};

/* ---- one order ------------------------------------------------------------------------------------------------------------------------ */

typedef struct entry {
    int64_t score;
    int32_t problem;
    uint32_t place; /* in the problem's list */
} entry;

static int compare_entries(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->problem != b->problem)
        return a->problem < b->problem ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

/* All entries, without those that another problem's dominate. */
static mn_status order_entries(const mn_undominated *lists, int list_count, const mn_control *control, entry *entries,
                               size_t *count)
{
    const size_t limits = (size_t)lists[0].limit_count, total = *count;
    size_t at = 0;
    for (int list = 0; list < list_count; list++)
        for (size_t i = 0; i < lists[list].count; i++)
            entries[at++] = (entry){lists[list].scores[i], list, (uint32_t)i};
    if (list_count == 1 || total == 0)
        return MN_OK;
    qsort(entries, total, sizeof *entries, compare_entries);
    mn_budget budget = {0};
    uint64_t *rows = mn_new_array(total * (1 + limits), sizeof *rows), survivor_count = 0;
    uint32_t *survivors = mn_new_array(total, sizeof *survivors);
    bool *keep = mn_new_array(total, sizeof *keep);
    mn_status status = rows && survivors && keep ? MN_OK : MN_FAILURE;
    for (size_t i = 0; status == MN_OK && i < total; i++) {
        rows[i * (1 + limits)] = i;
        for (size_t k = 0; k < limits; k++)
            rows[i * (1 + limits) + 1 + k] =
                (uint64_t)lists[entries[i].problem].limits[entries[i].place * limits + k] ^ (uint64_t)1 << 63;
    }
    if (status == MN_OK)
        status = mn_rows_reduce(rows, total, 1 + (int)limits, &budget, control, survivors, &survivor_count);
    for (size_t i = 0; status == MN_OK && i < survivor_count; i++)
        keep[survivors[i]] = true;
    if (status == MN_OK)
        *count = 0;
    for (size_t i = 0; status == MN_OK && i < total; i++)
        if (keep[i])
            entries[(*count)++] = entries[i];
    free(rows);
    free(survivors);
    free(keep);
    return status;
}

static mn_status copy_entries(const mn_undominated *lists, const entry *entries, size_t count, mn_lookup *t)
{
    const size_t limits = (size_t)t->limit_count;
    t->count = count;
    t->words = (count + 64 * MN_LOOKUP_STEP - 1) / (64 * MN_LOOKUP_STEP) * MN_LOOKUP_STEP;
    t->occupied_words = (t->words / MN_LOOKUP_STEP + 63) / 64;
    t->problems = mn_new_array(count, sizeof *t->problems);
    t->choices = mn_new_array((count + 1) * t->width, sizeof *t->choices);
    t->limits = mn_new_array(count * limits, sizeof *t->limits);
    if (!t->problems || !t->choices || !t->limits)
        return MN_FAILURE;
    for (size_t i = 0; i < count; i++) {
        const mn_undominated *list = &lists[entries[i].problem];
        const size_t place = entries[i].place, nodes = (size_t)list->node_count;
        t->problems[i] = entries[i].problem;
        memcpy(t->choices + i * t->width, list->choices + place * nodes, nodes * sizeof *t->choices);
        for (size_t k = 0; k < limits; k++)
            t->limits[k * count + i] = list->limits[place * limits + k];
    }
    return MN_OK;
}

/* ---- ranks ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct valued {
    int64_t value;
    size_t place;
} valued;

static int compare_values(const void *left, const void *right)
{
    const valued *a = left, *b = right;
    return a->value < b->value ? -1 : a->value > b->value;
}

/* A rank for each value, or as many networks in each. */
static void choose_bottoms(const valued *order, size_t count, size_t most, mn_lookup_ranks *ranks)
{
    size_t distinct = 1;
    for (size_t i = 1; i < count; i++)
        distinct += order[i].value != order[i - 1].value;
    ranks->exact = distinct <= most;
    for (size_t i = 0; i < (ranks->exact ? count : most); i++) {
        const int64_t bottom = order[ranks->exact ? i : i * count / most].value;
        if (ranks->count == 0 || bottom > ranks->bottoms[ranks->count - 1])
            ranks->bottoms[ranks->count++] = bottom;
    }
}

static void fill_sets(const mn_lookup *t, const valued *order, mn_lookup_ranks *ranks)
{
    size_t at = 0;
    for (int rank = 1; rank <= ranks->count; rank++) {
        uint64_t *set = ranks->sets + (size_t)rank * t->words;
        uint64_t *occupied = ranks->occupied + (size_t)rank * t->occupied_words;
        memcpy(set, set - t->words, sizeof *set * t->words);
        memcpy(occupied, occupied - t->occupied_words, sizeof *occupied * t->occupied_words);
        for (; at < t->count && (rank == ranks->count || order[at].value < ranks->bottoms[rank]); at++) {
            const size_t word = order[at].place / 64, step = word / MN_LOOKUP_STEP;
            set[word] |= (uint64_t)1 << order[at].place % 64;
            occupied[step / 64] |= (uint64_t)1 << step % 64;
        }
    }
}

static void fill_cells(const valued *order, size_t count, mn_lookup_ranks *ranks)
{
    ranks->smallest = order[0].value;
    ranks->largest = order[count - 1].value;
    const uint64_t range = (uint64_t)ranks->largest - (uint64_t)ranks->smallest;
    while (range >> ranks->shift >= CELLS)
        ranks->shift++;
    int rank = 0;
    for (uint64_t cell = 0; cell <= CELLS; cell++) {
        const mn_wide begin = ((mn_wide)cell << ranks->shift) + ranks->smallest;
        while (rank < ranks->count && ranks->bottoms[rank] < begin)
            rank++;
        ranks->cells[cell] = rank; /* bottoms before `begin`; at `begin` itself the next one may be */
    }
}

static mn_status make_ranks(const mn_lookup *t, int limit, valued *order, mn_lookup_ranks *ranks)
{
    for (size_t i = 0; i < t->count; i++)
        order[i] = (valued){t->limits[(size_t)limit * t->count + i], i};
    qsort(order, t->count, sizeof *order, compare_values);
    const size_t fit = SET_BYTES / sizeof(uint64_t) / t->words;
    size_t most = fit > FEWEST_RANKS ? fit : FEWEST_RANKS;
    most = most < t->count ? most : t->count;
    ranks->bottoms = mn_new_array(most, sizeof *ranks->bottoms);
    ranks->cells = mn_new_array(CELLS + 1, sizeof *ranks->cells);
    if (!ranks->bottoms || !ranks->cells)
        return MN_FAILURE;
    choose_bottoms(order, t->count, most, ranks);
    const size_t sets = (size_t)ranks->count + 1;
    ranks->sets = aligned_alloc(64, sets * t->words * sizeof *ranks->sets);
    ranks->occupied = mn_new_array(sets * t->occupied_words, sizeof *ranks->occupied);
    if (!ranks->sets || !ranks->occupied)
        return MN_FAILURE;
    memset(ranks->sets, 0, t->words * sizeof *ranks->sets);
    fill_sets(t, order, ranks);
    fill_cells(order, t->count, ranks);
    return MN_OK;
}

static mn_status make_all_ranks(const mn_control *control, mn_lookup *t)
{
    t->ranks = mn_new_array((size_t)t->limit_count, sizeof *t->ranks);
    valued *order = mn_new_array(t->count, sizeof *order);
    mn_status status = t->ranks && order ? MN_OK : MN_FAILURE;
    for (int limit = 0; status == MN_OK && t->count > 0 && limit < t->limit_count; limit++) {
        status = make_ranks(t, limit, order, &t->ranks[limit]);
        if (status == MN_OK)
            status = mn_control_check(control);
    }
    free(order);
    return status;
}

mn_status mn_lookup_make(const mn_undominated *lists, int list_count, int width, const mn_control *control,
                         mn_error *error, mn_lookup **made)
{
    mn_lookup *t = mn_new_array(1, sizeof *t);
    *made = NULL;
    if (!t)
        return mn_fail_memory(error);
    t->limit_count = lists[0].limit_count;
    t->width = (size_t)width;
    size_t count = 0;
    for (int i = 0; i < list_count; i++)
        count += lists[i].count;
    entry *entries = mn_new_array(count, sizeof *entries);
    mn_status status = entries ? order_entries(lists, list_count, control, entries, &count) : MN_FAILURE;
    if (status == MN_OK)
        status = copy_entries(lists, entries, count, t);
    free(entries);
    if (status == MN_OK)
        status = make_all_ranks(control, t);
    if (status == MN_OK)
        *made = t;
    else
        mn_lookup_free(t);
    return status == MN_FAILURE ? mn_fail_memory(error) : status;
}

void mn_lookup_free(mn_lookup *t)
{
    if (!t)
        return;
    for (int i = 0; t->ranks && i < t->limit_count; i++) {
        free(t->ranks[i].bottoms);
        free(t->ranks[i].sets);
        free(t->ranks[i].occupied);
        free(t->ranks[i].cells);
    }
    free(t->ranks);
    free(t->problems);
    free(t->choices);
    free(t->limits);
    free(t);
}
