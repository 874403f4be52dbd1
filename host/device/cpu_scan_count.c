/* Counting the networks that obey the limits, with the tables of the scan.
 *
 * A set of rank r holds every low part that fits, and perhaps some that do not; the set of rank r - 1 holds only such that fit (where each sum
 * has a rank of its own, so does that of rank r). What lies in the larger sets' intersection and not in the smaller ones' is
 * checked in exact sums. High parts behind which everything fits are counted at once, those behind which nothing does are skipped. */
#include "host/device/cpu_scan_worker.h"

/* Whether sets decide: no limit is scaled or beyond the sets, no rule beyond the diagram. */
static bool sets_decide(const mn_scan_parts *parts)
{
    return parts->problem->diagram->outside_count == 0 && parts->column_count - 1 == parts->filter_count;
}

bool mn_scan_count_all(mn_scan_worker *w, int layer)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const int64_t *sums = w->sums + layer * parts->column_count;
    if (!sets_decide(parts))
        return false;
    for (int filter = 0; filter < parts->filter_count; filter++) {
        const mn_scan_column *column = &parts->columns[parts->filters[filter].column];
        if (sums[parts->filters[filter].column] + column->largest[layer][w->states[layer]] > column->bound)
            return false;
    }
    w->feasible += parts->low_counts[layer][w->states[layer]];
    return true;
}

/* The members of one word that may fit and are not sure to, checked one by one. */
static void count_unsure(mn_scan_worker *w, int state, int middle_index, const mn_scan_low *low, int word,
                         uint64_t unsure)
{
    int64_t score;
    for (; unsure && !mn_scan_stopped(w); unsure &= unsure - 1) {
        const int low_index = word * 64 + __builtin_ctzll(unsure);
        w->feasible += mn_scan_obeys_limits(w, low, low_index, &score) &&
                       (w->shared->parts.problem->diagram->outside_count == 0 ||
                        mn_scan_obeys_rules(w, state, middle_index, low, low_index));
        mn_scan_go_on(w, w->shared->parts.capability >= 0 ? 16 : 2);
    }
}

/* The rank itself, where a cell tells the highest that it spans. */
static int exact_rank(const mn_scan_batch *batch, const mn_scan_low *low, int filter, int index)
{
    const int64_t left = batch->remaining[filter] - batch->middle_sums[filter][index];
    int rank = mn_scan_rank(batch, low, filter, index);
    while (rank > 0 && low->ranks[filter].bottoms[rank - 1] > left)
        rank--;
    return rank;
}

void mn_scan_count_prefix(mn_scan_worker *w, int state, int first, int index)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_scan_low *low = mn_scan_low_of(&w->batch, index);
    const uint64_t *may_fit[MN_SCAN_FILTERS], *sure[MN_SCAN_FILTERS];
    for (int filter = 0; filter < parts->filter_count; filter++) {
        const mn_scan_ranks *ranks = &low->ranks[filter];
        const int rank = exact_rank(&w->batch, low, filter, index);
        if (rank == 0)
            return;
        may_fit[filter] = ranks->sets + (size_t)rank * (size_t)low->words;
        sure[filter] = may_fit[filter] - (ranks->exact ? 0 : low->words);
    }
    const uint64_t decided = sets_decide(parts) ? UINT64_MAX : 0;
    w->batch.examined += (uint64_t)low->part.count;
    mn_scan_add_middle(w, state, first + index);
    for (int word = 0; word * 64 < low->part.count && !mn_scan_stopped(w); word++) {
        const int rest = low->part.count - word * 64;
        uint64_t common = rest < 64 ? ((uint64_t)1 << rest) - 1 : UINT64_MAX, fits = decided & common;
        for (int filter = 0; filter < parts->filter_count; filter++) {
            common &= may_fit[filter][word];
            fits &= sure[filter][word];
        }
        w->feasible += (uint64_t)__builtin_popcountll(fits);
        count_unsure(w, state, first + index, low, word, common & ~fits);
    }
}
