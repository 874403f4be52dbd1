/* Fronts under rules that the diagram does not hold: every path of the diagram is tried, in lexicographic order, so that of equal points
 * the first met is the smallest. */
#include "host/core/memory.h"
#include "solver/front_build.h"

enum { MOST_NETWORKS = 10000000, BATCH = 1 << 16 };

typedef struct enumeration {
    const mn_front_request *request;
    mn_problem problem; /* borrows everything from the request */
    mn_front_points *points;
    uint64_t capacity;
    bool *keep;
    uint16_t *network;
    int32_t *state; /* [node_count + 1] along the path */
} enumeration;

static bool grow(enumeration *e, uint64_t capacity)
{
    mn_front_points *points = e->points;
    e->capacity = capacity;
    return mn_grow(&points->values, capacity * (uint64_t)points->objective_count, sizeof(int64_t)) &&
           mn_grow(&points->choices, capacity * (uint64_t)points->node_count, sizeof(uint16_t)) &&
           mn_grow(&e->keep, capacity, sizeof(bool));
}

static mn_status drop_dominated(enumeration *e)
{
    mn_front_points *points = e->points;
    const int objectives = points->objective_count, nodes = points->node_count;
    const mn_status status = mn_front_points_filter(points->values, points->count, objectives, e->keep);
    uint64_t kept = 0;
    for (uint64_t i = 0; i < points->count && status == MN_OK; i++)
        if (e->keep[i]) {
            memmove(points->values + kept * objectives, points->values + i * objectives,
                    sizeof(int64_t) * (size_t)objectives);
            memmove(points->choices + kept * nodes, points->choices + i * nodes, sizeof(uint16_t) * (size_t)nodes);
            kept++;
        }
    points->count = kept;
    return status;
}

static mn_status add_network(enumeration *e, mn_error *error)
{
    const mn_front_request *request = e->request;
    mn_front_points *points = e->points;
    if (!mn_problem_admits(&e->problem, request->capacities, e->network))
        return MN_OK;
    if (points->count == e->capacity) {
        if (drop_dominated(e) != MN_OK)
            return mn_fail_memory(error);
        if (points->count > e->capacity / 2) {
            const uint64_t bytes =
                2 * e->capacity * (9 + 8 * (uint64_t)points->objective_count + 2 * (uint64_t)points->node_count);
            if (request->memory && bytes > request->memory)
                return mn_fail(error, MN_FAILURE, "front: more than the %llu bytes of memory allowed would be needed",
                               (unsigned long long)request->memory);
            if (!grow(e, 2 * e->capacity))
                return mn_fail_memory(error);
        }
    }
    for (int k = 0; k < points->objective_count; k++)
        points->values[points->count * points->objective_count + k] =
            mn_problem_value(&e->problem, &request->objectives[k], e->network);
    memcpy(points->choices + points->count * points->node_count, e->network,
           sizeof(uint16_t) * (size_t)points->node_count);
    points->count++;
    return MN_OK;
}

/* Steps the path to the first admissible one at or after `network` from `node` on; false when there is none. */
static bool settle(enumeration *e, int node)
{
    const mn_diagram *diagram = e->request->diagram;
    while (node >= 0 && node < diagram->node_count) {
        const mn_row row = mn_diagram_row(diagram, node, e->state[node]);
        int block = e->network[node] < row.begin ? row.begin : e->network[node];
        while (block < row.end && mn_row_next(row, block) < 0)
            block++;
        if (block >= row.end) {
            if (--node >= 0)
                e->network[node]++;
            continue;
        }
        e->network[node] = (uint16_t)block;
        e->state[node + 1] = mn_row_next(row, block);
        if (++node < diagram->node_count)
            e->network[node] = 0;
    }
    return node >= 0;
}

static mn_status walk_all(enumeration *e, mn_error *error)
{
    const int last = e->request->node_count - 1;
    uint64_t seen = 0;
    mn_status status = MN_OK;
    for (bool more = settle(e, 0); more && status == MN_OK;) {
        status = add_network(e, error);
        if (status == MN_OK && ++seen % BATCH == 0)
            status = mn_control_check(&e->request->control);
        e->network[last]++;
        more = settle(e, last);
    }
    return status;
}

/* Puts values and choices into the order of their values. */
static mn_status sort_points(mn_front_points *points, mn_error *error)
{
    mn_budget budget = {0};
    const int objectives = points->objective_count, nodes = points->node_count;
    uint32_t *order = mn_new_array(points->count, sizeof *order);
    int64_t *values = mn_new_array(points->count * objectives, sizeof *values);
    uint16_t *choices = mn_new_array(points->count * nodes, sizeof *choices);
    if (!order || !values || !choices || !mn_front_sort(points->values, points->count, objectives, order, &budget)) {
        free(order);
        free(values);
        free(choices);
        return mn_fail_memory(error);
    }
    for (uint64_t i = 0; i < points->count; i++) {
        memcpy(values + i * objectives, points->values + (uint64_t)order[i] * objectives,
               sizeof *values * (size_t)objectives);
        memcpy(choices + i * nodes, points->choices + (uint64_t)order[i] * nodes, sizeof *choices * (size_t)nodes);
    }
    free(points->values);
    free(points->choices);
    free(order);
    points->values = values;
    points->choices = choices;
    return MN_OK;
}

static mn_status check_size(const mn_front_request *request, mn_error *error)
{
    unsigned __int128 **counts = mn_diagram_counts(request->diagram);
    if (!counts)
        return mn_fail_memory(error);
    const bool small = counts[0][0] <= MOST_NETWORKS;
    free(counts);
    if (small)
        return MN_OK;
    return mn_fail(
        error, MN_FAILURE,
        "front: %d of the rules couple too many nodes at once, and with them only spaces of at most %d networks can be "
        "answered; fix or forbid blocks, or use fewer rules",
        request->diagram->outside_count, MOST_NETWORKS);
}

mn_status mn_front_enumerate(const mn_front_request *request, mn_error *error, mn_front_points *points)
{
    mn_status status = check_size(request, error);
    if (status != MN_OK)
        return status;
    *points = (mn_front_points){.objective_count = request->objective_count, .node_count = request->node_count};
    enumeration e = {.request = request, .points = points};
    e.problem = (mn_problem){.node_count = request->node_count,
                             .item_count = request->item_count,
                             .first = request->first,
                             .diagram = request->diagram,
                             .rules = request->rules,
                             .limit_count = request->limit_count,
                             .limits = (mn_column *)request->limits,
                             .scale = request->scale};
    if (request->capability)
        e.problem.capability = *request->capability;
    e.network = mn_new_array((size_t)request->node_count, sizeof *e.network);
    e.state = mn_new_array((size_t)request->node_count + 1, sizeof *e.state);
    status = e.network && e.state && grow(&e, BATCH) ? walk_all(&e, error) : mn_fail_memory(error);
    if (status == MN_OK && drop_dominated(&e) != MN_OK)
        status = mn_fail_memory(error);
    if (status == MN_OK && points->count == 0)
        status = mn_fail(error, MN_INFEASIBLE, "front: the limits and rules exclude every network");
    if (status == MN_OK)
        status = sort_points(points, error);
    free(e.network);
    free(e.state);
    free(e.keep);
    return status;
}
