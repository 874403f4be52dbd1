#include "solver/front_solves.h"
#include "host/core/memory.h"
#include "solver/engine.h"

/* ---- when ----------------------------------------------------------------------------------------------------------------------- */

static bool opposite(const mn_front_space *space, const mn_front_dimension *a, const mn_front_dimension *b)
{
    const mn_front_request *request = space->request;
    bool varies = false;
    for (int node = 0; node < request->node_count; node++) {
        int64_t total = -1; /* the same for every block that may be used */
        for (int state = 0; state < request->diagram->state_count[node]; state++) {
            const mn_row row = mn_diagram_row(request->diagram, node, state);
            for (int block = row.begin; block < row.end; block++) {
                const int item = request->first[node] + block;
                if (mn_row_next(row, block) < 0)
                    continue;
                if (total >= 0 && a->values[item] + b->values[item] != total)
                    return false;
                total = a->values[item] + b->values[item];
            }
        }
        varies |= total > 0;
    }
    return varies;
}

bool mn_front_space_opposed(const mn_front_space *space)
{
    for (int i = 0; i < space->dimension_count; i++)
        for (int j = 0; j < i; j++)
            if (opposite(space, &space->dimensions[i], &space->dimensions[j]))
                return true;
    return false;
}

/* ---- how ------------------------------------------------------------------------------------------------------------------------ */

/* "Minimise one objective while the other stays below a capacity": the request's limits, and the other objective behind them. */
typedef struct half {
    mn_problem problem;
    mn_engine *engine;
    int64_t *capacities; /* [limit_count + 1] */
} half;

static void free_half(half *h)
{
    mn_engine_free(h->engine);
    free(h->problem.score.values);
    free(h->problem.limits);
    free(h->capacities);
}

static mn_status make_half(const mn_front_request *request, int minimised, mn_error *error, half *h)
{
    const mn_column *column = &request->objectives[minimised];
    const int limits = request->limit_count;
    h->problem = (mn_problem){.node_count = request->node_count,
                              .item_count = request->item_count,
                              .first = request->first,
                              .diagram = request->diagram,
                              .rule_count = request->rule_count,
                              .rules = request->rules,
                              .limit_count = limits + 1,
                              .scale = request->scale};
    if (request->capability)
        h->problem.capability = *request->capability;
    h->problem.score.values = mn_new_array((size_t)request->item_count, sizeof(int64_t));
    h->problem.limits = mn_new_array((size_t)limits + 1, sizeof *h->problem.limits);
    h->capacities = mn_new_array((size_t)limits + 1, sizeof *h->capacities);
    if (!h->problem.score.values || !h->problem.limits || !h->capacities)
        return mn_fail_memory(error);
    const int sign = column->scaled ? 1 : -1; /* a scaled column keeps its sum and negates the value */
    for (int item = 0; item < request->item_count; item++)
        h->problem.score.values[item] = sign * column->values[item];
    h->problem.score.base = sign * column->base;
    h->problem.score.scaled = -column->scaled;
    for (int limit = 0; limit < limits; limit++) {
        h->problem.limits[limit] = request->limits[limit];
        h->capacities[limit] = request->capacities[limit];
    }
    h->problem.limits[limits] = request->objectives[1 - minimised];
    h->capacities[limits] = MN_NO_CAPACITY;
    return mn_engine_create(&h->problem, 1, error, &h->engine);
}

/* The least value of the half's objective while the other is at most `capacity`, with its network. */
static mn_status ask(half *h, int64_t capacity, const mn_control *control, mn_error *error, int64_t *value,
                     uint16_t *network)
{
    int32_t problem;
    int64_t score = 0;
    mn_answer answer = {.problems = &problem, .scores = &score, .choices = network};
    h->capacities[h->problem.limit_count - 1] = capacity;
    const mn_question question = {.capacities = h->capacities, .top = 1, .control = *control};
    const mn_status status = mn_engine_solve(h->engine, &question, &answer, error);
    *value = -score;
    return status;
}

static mn_status reserve(const mn_front_request *request, mn_error *error, uint64_t *capacity, mn_front_points *points)
{
    if (points->count < *capacity)
        return MN_OK;
    const uint64_t larger = *capacity ? 2 * *capacity : 256;
    const uint64_t bytes = larger * (2 * sizeof(int64_t) + sizeof(uint16_t) * (uint64_t)request->node_count);
    if (request->memory && bytes > request->memory)
        return mn_fail(error, MN_FAILURE, "front: more than the %llu bytes of memory allowed would be needed",
                       (unsigned long long)request->memory);
    if (!mn_grow(&points->values, 2 * larger, sizeof *points->values) ||
        !mn_grow(&points->choices, larger * (uint64_t)request->node_count, sizeof *points->choices))
        return mn_fail_memory(error);
    *capacity = larger;
    return MN_OK;
}

/* From the best first objective on: the least second objective that goes with it is the next point, and what follows must be below that.
 * The second solve settles ties: among networks of these two values it returns the lexicographically smallest. */
static mn_status collect(half halves[2], const mn_front_request *request, mn_error *error, mn_front_points *points)
{
    uint64_t room = 0;
    int64_t capacity = MN_NO_CAPACITY;
    for (;;) {
        mn_status status = mn_control_check(&request->control);
        if (status == MN_OK)
            status = reserve(request, error, &room, points);
        if (status != MN_OK)
            return status;
        int64_t *values = points->values + 2 * points->count;
        uint16_t *network = points->choices + points->count * (uint64_t)request->node_count;
        status = ask(&halves[0], capacity, &request->control, error, &values[0], network);
        if (status == MN_INFEASIBLE)
            return points->count > 0 ? MN_OK : mn_fail(error, status, "front: the limits exclude every network");
        if (status == MN_OK)
            status = ask(&halves[1], values[0], &request->control, error, &values[1], network);
        if (status != MN_OK)
            return status;
        points->count++;
        capacity = values[1] - 1;
    }
}

mn_status mn_front_by_solves(const mn_front_request *request, mn_error *error, mn_front_points *points)
{
    half halves[2] = {{.engine = NULL}, {.engine = NULL}};
    *points = (mn_front_points){.objective_count = 2, .node_count = request->node_count};
    mn_status status = make_half(request, 0, error, &halves[0]);
    if (status == MN_OK)
        status = make_half(request, 1, error, &halves[1]);
    if (status == MN_OK)
        status = collect(halves, request, error, points);
    free_half(&halves[0]);
    free_half(&halves[1]);
    return status;
}
