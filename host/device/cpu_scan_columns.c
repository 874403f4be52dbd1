/* The score and the limits as columns of sums, and which of them filter (cpu_scan_parts.h). */
#include "host/core/memory.h"
#include "host/device/cpu_scan_parts.h"
#include "host/device/cpu_scan_paths.h"

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
    if (parts->counting)
        column->largest = mn_diagram_extremes(parts->problem->diagram, column->weights, -1);
    parts->filters[parts->filter_count++].column = index;
    return column->smallest && (column->largest || !parts->counting);
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

mn_status mn_scan_columns_make(const mn_problem *problem, const int64_t *capacities, const mn_scan_room *room,
                               bool scored, mn_error *error, mn_scan_parts *parts)
{
    *parts = (mn_scan_parts){.problem = problem, .room = room, .counting = !scored, .capability = -1};
    parts->low_counts = mn_paths_count(problem->diagram, problem->node_count);
    parts->columns = mn_new_array((size_t)problem->limit_count + 2, sizeof *parts->columns);
    bool ok = parts->low_counts && parts->columns &&
              new_column(problem, &problem->score, !problem->score.scaled, &parts->columns[0]);
    parts->column_count = parts->columns ? 1 : 0;
    if (ok && !scored)
        parts->columns[0].scaled = 0; /* nobody asks for it */
    bool scaled = scored && problem->score.scaled;
    for (int i = 0; ok && i < problem->limit_count; i++)
        if (capacities[i] != MN_NO_CAPACITY) {
            ok = add_limit(parts, &problem->limits[i], capacities[i]);
            scaled |= problem->limits[i].scaled != 0;
        }
    if (ok && scored && !problem->score.scaled) {
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

mn_status mn_scan_columns_all(const mn_problem *problem, const mn_scan_room *room, mn_error *error,
                              mn_scan_parts *parts)
{
    *parts = (mn_scan_parts){.problem = problem, .room = room, .capability = -1};
    parts->low_counts = mn_paths_count(problem->diagram, problem->node_count);
    parts->columns = mn_new_array((size_t)problem->limit_count + 1, sizeof *parts->columns);
    bool ok = parts->low_counts && parts->columns;
    for (int i = 0; ok && i <= problem->limit_count; i++) {
        parts->column_count++;
        ok = new_column(problem, i == 0 ? &problem->score : &problem->limits[i - 1], i == 0, &parts->columns[i]) &&
             (i == 0 || add_filter(parts, i));
    }
    if (ok)
        return MN_OK;
    mn_scan_parts_free(parts);
    return mn_fail_memory(error);
}
