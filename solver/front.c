/* The method.
 *
 * For every state of the diagram, from the last node to the first, keep the suffixes that no other suffix of the state dominates: what
 * follows a prefix depends on the state alone, so a dominated suffix can be exchanged for the one that dominates it, and every network
 * on the front is made of kept suffixes. front_space.c chooses the sums in which suffixes are compared, front_build.c runs the program,
 * front_word.c and front_rows.c find what is not dominated.
 *
 * Ties. Of suffixes of a state that agree in every dimension, the lexicographically smallest is kept. Where points and objective values
 * correspond one to one this finds the smallest network of every point of the front: all its suffixes are on the front of their state
 * (else the network could be bettered), and each is the smallest of its equals (else exchanging it would give a smaller network of equal
 * value). Candidates are listed by block, then by the next state's points, which are distinct; so the smallest of equal candidates is
 * the first listed. With dimensions for limits or scaling, networks of equal objectives differ in other dimensions and the smallest may
 * be dominated there; front_search.c then walks each point's nodes again.
 *
 * Two objectives whose space holds opposed dimensions are found point by point by exact solves (front_solves.c): there the program would
 * keep nearly every suffix. Rules that the diagram does not hold make dominance invalid (the better suffix may break one): two objectives
 * take the same way then (small spaces are simply enumerated), more are enumerated when the space has at most 10^7 networks, and refused otherwise. */
#include "solver/front.h"
#include "host/core/memory.h"
#include "solver/front_build.h"
#include "solver/front_rows.h"
#include "solver/front_solves.h"

void mn_front_points_free(mn_front_points *points)
{
    free(points->values);
    free(points->choices);
    *points = (mn_front_points){0};
}

mn_status mn_front_points_filter(const int64_t *values, uint64_t count, int dimension_count, bool *keep)
{
    if (count > INT32_MAX)
        return MN_FAILURE;
    mn_budget budget = {0};
    const mn_control control = {0};
    const uint64_t cells = count * dimension_count;
    uint64_t *rows = mn_budget_allocate(&budget, cells, sizeof *rows), survivor_count = 0;
    uint32_t *survivors = mn_budget_allocate(&budget, count, sizeof *survivors);
    mn_status status = MN_FAILURE;
    if (rows && survivors) {
        for (uint64_t i = 0; i < cells; i++)
            rows[i] = (uint64_t)values[i] ^ (uint64_t)1 << 63; /* the same order without a sign */
        status = mn_rows_reduce(rows, count, dimension_count, &budget, &control, survivors, &survivor_count);
    }
    memset(keep, 0, count * sizeof *keep);
    for (uint64_t i = 0; i < survivor_count; i++)
        keep[survivors[i]] = true;
    mn_budget_free(&budget, rows);
    mn_budget_free(&budget, survivors);
    return status;
}

bool mn_front_sort(const int64_t *values, uint64_t count, int dimension_count, uint32_t *order, mn_budget *budget)
{
    mn_words words = {.count = count, .capacity = count};
    words.words = mn_budget_allocate(budget, count, sizeof(uint64_t));
    words.spare_words = mn_budget_allocate(budget, count, sizeof(uint64_t));
    words.ids = mn_budget_allocate(budget, count, sizeof(uint32_t));
    words.spare_ids = mn_budget_allocate(budget, count, sizeof(uint32_t));
    const bool made = words.words && words.spare_words && words.ids && words.spare_ids;
    for (uint64_t i = 0; made && i < count; i++)
        words.ids[i] = (uint32_t)i;
    for (int k = dimension_count - 1; made && k >= 0 && count > 0; k--) {
        int64_t smallest = INT64_MAX, largest = INT64_MIN;
        for (uint64_t i = 0; i < count; i++) {
            const int64_t value = values[i * dimension_count + k];
            smallest = value < smallest ? value : smallest;
            largest = value > largest ? value : largest;
        }
        for (uint64_t i = 0; i < count; i++)
            words.words[i] = (uint64_t)values[(uint64_t)words.ids[i] * dimension_count + k] - (uint64_t)smallest;
        const uint64_t span = (uint64_t)largest - (uint64_t)smallest;
        mn_words_sort(&words, span ? 64 - __builtin_clzll(span) : 1);
    }
    if (made)
        memcpy(order, words.ids, count * sizeof *order);
    mn_budget_free(budget, words.words);
    mn_budget_free(budget, words.spare_words);
    mn_budget_free(budget, words.ids);
    mn_budget_free(budget, words.spare_ids);
    return made;
}

/* ---- from the root's points to networks ---------------------------------------------------------------------------------------- */

/* Objective values of the root's points that keep the scaled limits; returns how many do. `source` tells which. */
static uint64_t evaluate_root(const mn_front_build *build, int64_t *values, uint32_t *source)
{
    const mn_front_space *space = &build->space;
    const mn_front_list *root = mn_front_list_of(build, 0, 0);
    const int objectives = build->request->objective_count;
    int64_t point[MN_FRONT_MAX_DIMENSIONS];
    uint64_t count = 0;
    for (uint64_t i = 0; i < root->count; i++) {
        mn_front_point(build, root->cells + i * build->width, point);
        bool admitted = true;
        for (int limit = 0; limit < space->scaled_limit_count && admitted; limit++)
            admitted =
                mn_front_map_value(space, &space->scaled_limits[limit], point) <= space->scaled_capacities[limit];
        if (!admitted)
            continue;
        for (int k = 0; k < objectives; k++)
            values[count * objectives + k] = mn_front_map_value(space, &space->objectives[k], point);
        source[count++] = (uint32_t)i;
    }
    return count;
}

/* Keeps the rows of values and source that are not dominated. */
static mn_status keep_undominated(mn_front_build *build, int64_t *values, uint32_t *source, uint64_t *count)
{
    const int objectives = build->request->objective_count;
    bool *keep = mn_budget_allocate(&build->budget, *count, sizeof *keep);
    if (!keep)
        return mn_front_build_no_memory(build);
    mn_status status = mn_front_points_filter(values, *count, objectives, keep);
    if (status != MN_OK)
        status = mn_fail_memory(build->error);
    uint64_t kept = 0;
    for (uint64_t i = 0; i < *count && status == MN_OK; i++)
        if (keep[i]) {
            memmove(values + kept * objectives, values + i * objectives, sizeof *values * (size_t)objectives);
            source[kept++] = source[i];
        }
    *count = kept;
    mn_budget_free(&build->budget, keep);
    return status;
}

/* Allocates the caller's arrays within the bound and fills the values in order. `source` becomes the order of the root's points. */
static mn_status make_points(mn_front_build *build, const int64_t *values, uint32_t *source, uint64_t count,
                             mn_front_points *points)
{
    const mn_front_request *request = build->request;
    const int objectives = request->objective_count;
    const uint64_t bytes =
        count * (sizeof(int64_t) * (uint64_t)objectives + sizeof(uint16_t) * (uint64_t)request->node_count);
    if (build->budget.limit && bytes > build->budget.limit - build->budget.used) {
        build->budget.passed = true;
        return mn_front_build_no_memory(build);
    }
    *points = (mn_front_points){.count = count, .objective_count = objectives, .node_count = request->node_count};
    points->values = mn_new_array(count * objectives, sizeof *points->values);
    points->choices = mn_new_array(count * request->node_count, sizeof *points->choices);
    uint32_t *order = mn_budget_allocate(&build->budget, count, sizeof *order);
    if (!points->values || !points->choices || !order ||
        !mn_front_sort(values, count, objectives, order, &build->budget)) {
        mn_budget_free(&build->budget, order);
        return mn_front_build_no_memory(build);
    }
    for (uint64_t i = 0; i < count; i++) {
        memcpy(points->values + i * objectives, values + (uint64_t)order[i] * objectives,
               sizeof *values * (size_t)objectives);
        order[i] = source[order[i]];
    }
    memcpy(source, order, count * sizeof *order);
    mn_budget_free(&build->budget, order);
    return MN_OK;
}

static mn_status finish(mn_front_build *build, mn_front_points *points)
{
    const int objectives = build->request->objective_count;
    const mn_front_list *root = mn_front_list_of(build, 0, 0);
    int64_t *values = mn_budget_allocate(&build->budget, root->count * objectives, sizeof *values);
    uint32_t *source = mn_budget_allocate(&build->budget, root->count, sizeof *source);
    mn_status status = values && source ? MN_OK : mn_front_build_no_memory(build);
    if (status == MN_OK) {
        uint64_t count = evaluate_root(build, values, source);
        if (count == 0)
            status = mn_fail(build->error, MN_INFEASIBLE, "front: the limits exclude every network");
        if (status == MN_OK && !build->space.one_to_one)
            status = keep_undominated(build, values, source, &count);
        if (status == MN_OK)
            status = make_points(build, values, source, count, points);
    }
    if (status == MN_OK)
        status = build->space.one_to_one
                     ? mn_front_networks_by_parents(build, source, points->count, points->choices)
                     : mn_front_networks_by_search(build, points->values, points->count, points->choices);
    mn_budget_free(&build->budget, values);
    mn_budget_free(&build->budget, source);
    return status;
}

/* Few enough networks to look at each: under a second. */
static bool is_small(const mn_diagram *diagram)
{
    unsigned __int128 **counts = mn_diagram_counts(diagram);
    const bool small = counts && counts[0][0] <= 1 << 20;
    free(counts);
    return small;
}

/* Factors may entangle a small space so much that it has about as many states as networks: looking at each of them is less work. */
static bool is_entangled(const mn_diagram *diagram)
{
    uint64_t states = 0;
    for (int node = 0; node < diagram->node_count; node++)
        states += (uint64_t)diagram->state_count[node];
    if (states <= (uint64_t)diagram->node_count * 16)
        return false;
    unsigned __int128 **counts = mn_diagram_counts(diagram);
    const bool entangled = counts && counts[0][0] <= 1 << 20 && counts[0][0] <= 4 * states;
    free(counts);
    return entangled;
}

static mn_status by_program(const mn_front_request *request, mn_error *error, mn_front_points *points)
{
    if (is_entangled(request->diagram))
        return mn_front_enumerate(request, error, points);
    if (request->objective_count == 2) {
        mn_front_space space;
        mn_status status = mn_front_space_make(request, error, &space);
        const bool opposed = status == MN_OK && mn_front_space_opposed(&space);
        mn_front_space_free(&space);
        if (status == MN_OK && opposed)
            return is_small(request->diagram) ? mn_front_enumerate(request, error, points)
                                              : mn_front_by_solves(request, error, points);
    }
    mn_front_build build;
    mn_status status = mn_front_build_make(request, error, &build);
    if (status == MN_OK)
        status = finish(&build, points);
    mn_front_build_free(&build);
    return status;
}

mn_status mn_front_points_compute(const mn_front_request *request, mn_error *error, mn_front_points *points)
{
    *points = (mn_front_points){0};
    if (request->objective_count < 1 || request->objective_count > MN_FRONT_MAX_OBJECTIVES)
        return mn_fail(error, MN_USAGE, "front: %d objectives, expected 1 to %d", request->objective_count,
                       MN_FRONT_MAX_OBJECTIVES);
    if (request->diagram->empty)
        return mn_fail(error, MN_INFEASIBLE, "front: rules, fixed and forbidden blocks exclude every network");
    mn_status status = request->diagram->outside_count == 0 ? by_program(request, error, points)
                       : request->objective_count == 2      ? mn_front_by_solves(request, error, points)
                                                            : mn_front_enumerate(request, error, points);
    if (status == MN_STOPPED)
        mn_fail(error, status, "front: stopped by the time limit; an exact front has no partial answer");
    if (status == MN_INTERRUPTED)
        mn_fail(error, status, "front: interrupted");
    if (status != MN_OK)
        mn_front_points_free(points);
    return status;
}
