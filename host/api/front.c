/* Pareto fronts over the union of the solver's tables: one front a table, joined by dominance, thinned when asked. */
#include "host/api/front.h"
#include "host/core/memory.h"
#include "solver/front.h"
#include "solver/threads.h"

#include <unistd.h>

/* ---- making ---------------------------------------------------------------------------------------------------------------- */

void mn_front_free(mn_front *front)
{
    if (!front)
        return;
    for (int i = 0; front->expressions && i < front->objective_count; i++)
        free(front->expressions[i]);
    free(front->expressions);
    free(front->values);
    free(front->tables);
    free(front->networks);
    free(front->volume);
    free(front);
}

static mn_status check_request(const mn_solver *solver, const char *const *expressions, const bool *maximize, int count,
                               mn_error *error)
{
    if (!solver || !solver->member_count)
        return mn_fail(error, MN_USAGE, "%s",
                       solver && solver->error.status ? solver->error.text : "expected a solver, found NULL");
    if (!expressions || !maximize)
        return mn_fail(error, MN_USAGE, "mn_front_compute: expected expressions and directions, found NULL");
    if (count < MN_FRONT_FEWEST || count > MN_FRONT_MOST)
        return mn_fail(error, MN_USAGE, "%d objectives: a front has %d to %d", count, MN_FRONT_FEWEST, MN_FRONT_MOST);
    for (int i = 0; i < count; i++)
        if (!expressions[i])
            return mn_fail(error, MN_USAGE, "objective %d is NULL", i);
    return MN_OK;
}

/* Objectives and limits of one table as columns to be kept small: those to be maximised are negated, as >= limits are. */
static mn_status make_columns(mn_front *front, const mn_solver *solver, const mn_member *member, mn_problem *problem)
{
    const int count = front->objective_count, all = count + solver->limit_count;
    mn_linear *columns = mn_new_array((size_t)all, sizeof *columns);
    mn_sense *senses = mn_new_array((size_t)all, sizeof *senses);
    mn_status status = columns && senses ? MN_OK : mn_fail_memory(&front->error);
    int parsed = 0;
    for (; status == MN_OK && parsed < count; parsed += status == MN_OK) {
        const char *text = front->expressions[parsed];
        status = mn_linear_parse(member->searched, text, strlen(text), &columns[parsed], &front->error);
        senses[parsed] = front->maximize[parsed] ? MN_AT_LEAST : MN_AT_MOST;
        if (status == MN_OK) {
            front->resolutions[parsed] = columns[parsed].resolution;
            front->links[parsed] = columns[parsed].link;
        }
    }
    if (status == MN_OK) {
        for (int i = 0; i < solver->limit_count; i++) {
            columns[count + i] = member->limits[i]; /* borrowed */
            senses[count + i] = solver->senses[i];
        }
        status =
            mn_problem_make(member->searched, member->diagram, mn_member_rules(member), mn_member_rule_count(member),
                            &columns[0], true, columns, senses, all, &front->error, problem);
    }
    while (parsed > 0)
        mn_linear_free(&columns[--parsed]);
    free(columns);
    free(senses);
    return status;
}

/* The sum of the worst block of each node; for a scaled metric the worst corner of sum and capability. */
static int64_t worst_value(const mn_problem *problem, const mn_column *column)
{
    int64_t low = 0, high = 0, by_low = problem->capability.base, by_high = by_low;
    for (int node = 0; node < problem->node_count; node++) {
        int64_t ends[4] = {INT64_MAX, INT64_MIN, column->scaled ? INT64_MAX : 0, column->scaled ? INT64_MIN : 0};
        for (int item = problem->first[node]; item < problem->first[node + 1]; item++) {
            const int64_t value = column->values[item], by = column->scaled ? problem->capability.values[item] : 0;
            ends[0] = value < ends[0] ? value : ends[0];
            ends[1] = value > ends[1] ? value : ends[1];
            ends[2] = by < ends[2] ? by : ends[2];
            ends[3] = by > ends[3] ? by : ends[3];
        }
        low += ends[0];
        high += ends[1];
        by_low += ends[2];
        by_high += ends[3];
    }
    if (!column->scaled)
        return column->base + high;
    int64_t smallest, largest;
    mn_scaled_range(problem->scale, column->base, low, high, by_low, by_high, &smallest, &largest);
    return column->scaled > 0 ? largest : -smallest;
}

/* A value of an objective that is kept small, with the table's link. */
static int64_t linked(const mn_front *front, int objective, int64_t value)
{
    const mn_link *link = front->links[objective];
    if (!link)
        return value;
    return front->maximize[objective] ? -mn_link_value(link, -value) : mn_link_value(link, value);
}

/* Appends a table's points. */
static mn_status append(mn_front *front, const mn_table *table, const mn_front_points *points, int member)
{
    const size_t count = front->count + points->count, objectives = (size_t)front->objective_count,
                 widest = (size_t)front->widest;
    int64_t *values = realloc(front->values, (count ? count : 1) * objectives * sizeof *values);
    front->values = values ? values : front->values;
    int32_t *tables = realloc(front->tables, (count ? count : 1) * sizeof *tables);
    front->tables = tables ? tables : front->tables;
    uint16_t *networks = realloc(front->networks, (count ? count : 1) * widest * sizeof *networks);
    front->networks = networks ? networks : front->networks;
    if (!values || !tables || !networks)
        return mn_fail_memory(&front->error);
    if (points->count)
        for (uint64_t i = 0; i < points->count * objectives; i++)
            values[front->count * objectives + i] = linked(front, (int)(i % objectives), points->values[i]);
    for (uint64_t i = 0; i < points->count; i++) {
        uint16_t *network = networks + (front->count + i) * widest;
        memset(network, 0, widest * sizeof *network);
        mn_network_strip(table, points->choices + i * (size_t)points->node_count, network);
        tables[front->count + i] = member;
    }
    front->count = count;
    return MN_OK;
}

static uint64_t default_memory(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (uint64_t)pages / 4 * 3 * (uint64_t)size : (uint64_t)1 << 32;
}

static mn_status compute_table(mn_front *front, mn_solver *solver, int member, const mn_front_options *options,
                               const mn_control *control)
{
    const int count = front->objective_count;
    const mn_table *table = solver->members[member].table;
    mn_problem problem;
    if (mn_table_entangled(table) && count != 2)
        return mn_fail(&front->error, MN_USAGE,
                       "%d objectives on table \"%.200s\": its factors entangle too many nodes, so its fronts have two",
                       count, table->name);
    mn_status status = make_columns(front, solver, &solver->members[member], &problem);
    if (status != MN_OK)
        return status;
    for (int i = 0; i < count; i++) {
        const int64_t worst = linked(front, i, worst_value(&problem, &problem.limits[i]));
        if (member == 0 || worst > front->reference[i])
            front->reference[i] = worst;
    }
    const mn_front_request request = {.node_count = problem.node_count,
                                      .item_count = problem.item_count,
                                      .first = problem.first,
                                      .diagram = problem.diagram,
                                      .rule_count = problem.rule_count,
                                      .rules = problem.rules,
                                      .objective_count = count,
                                      .objectives = problem.limits,
                                      .limit_count = solver->limit_count,
                                      .limits = problem.limits + count,
                                      .capacities = solver->capacities,
                                      .scale = problem.scale,
                                      .capability = &problem.capability,
                                      .memory = options->memory ? options->memory : default_memory(),
                                      .threads = mn_thread_count(options->threads),
                                      .control = *control};
    mn_front_points points = {0};
    status = mn_front_points_compute(&request, &front->error, &points);
    if (status == MN_INFEASIBLE)
        status = MN_OK;
    else if (status == MN_OK)
        status = append(front, table, &points, member);
    mn_front_points_free(&points);
    mn_problem_free(&problem);
    return status;
}

/* ---- joining and thinning -------------------------------------------------------------------------------------------------- */

typedef struct order {
    const int64_t *values;
    int objectives;
} order;

static int compare_points(const void *a, const void *b, void *context)
{
    const order *o = context;
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    for (int i = 0; i < o->objectives; i++) {
        const int64_t u = o->values[x * (size_t)o->objectives + (size_t)i],
                      v = o->values[y * (size_t)o->objectives + (size_t)i];
        if (u != v)
            return u < v ? -1 : 1;
    }
    return x < y ? -1 : 1;
}

/* Keeps the marked points, sorted. */
static mn_status select_points(mn_front *front, const bool *keep)
{
    const size_t objectives = (size_t)front->objective_count, widest = (size_t)front->widest;
    uint64_t *rows = mn_new_array(front->count, sizeof *rows);
    int64_t *values = mn_new_array(front->count * objectives, sizeof *values);
    int32_t *tables = mn_new_array(front->count, sizeof *tables);
    uint16_t *networks = mn_new_array(front->count * widest, sizeof *networks);
    if (!rows || !values || !tables || !networks) {
        free(rows);
        free(values);
        free(tables);
        free(networks);
        return mn_fail_memory(&front->error);
    }
    uint64_t kept = 0;
    for (uint64_t i = 0; i < front->count; i++)
        if (keep[i])
            rows[kept++] = i;
    order o = {front->values, front->objective_count};
    qsort_r(rows, kept, sizeof *rows, compare_points, &o);
    for (uint64_t i = 0; i < kept; i++) {
        memcpy(values + i * objectives, front->values + rows[i] * objectives, objectives * sizeof *values);
        memcpy(networks + i * widest, front->networks + rows[i] * widest, widest * sizeof *networks);
        tables[i] = front->tables[rows[i]];
    }
    free(rows);
    free(front->values);
    free(front->tables);
    free(front->networks);
    front->values = values;
    front->tables = tables;
    front->networks = networks;
    front->count = kept;
    return MN_OK;
}

static mn_status join_tables(mn_front *front)
{
    bool *keep = mn_new_array(front->count, sizeof *keep);
    mn_status status =
        keep ? mn_front_points_filter(front->values, front->count, front->objective_count, keep) : MN_FAILURE;
    if (status != MN_OK)
        status = mn_fail_memory(&front->error);
    if (status == MN_OK)
        status = select_points(front, keep);
    free(keep);
    return status;
}

static mn_status read_epsilon(const char *text, mn_decimal *epsilon, mn_error *error)
{
    if (!text || (mn_decimal_parse(text, strlen(text), epsilon) && epsilon->mantissa >= 0))
        return MN_OK;
    return mn_fail(error, MN_USAGE, "epsilon \"%.100s\": expected a decimal, 0 or more", text);
}

static mn_status thin(mn_front *front, mn_decimal epsilon)
{
    bool *keep = mn_new_array(front->count, sizeof *keep);
    mn_status status =
        keep ? mn_front_thin(front->values, front->count, front->objective_count, epsilon, &front->error, keep)
             : mn_fail_memory(&front->error);
    if (status == MN_OK)
        status = select_points(front, keep);
    free(keep);
    return status;
}

/* ---- the public functions -------------------------------------------------------------------------------------------------- */

static mn_status take_request(mn_front *front, const mn_solver *solver, const char *const *expressions,
                              const bool *maximize, int count)
{
    front->widest = solver->widest;
    front->expressions = mn_new_array((size_t)count, sizeof *front->expressions);
    if (!front->expressions)
        return mn_fail_memory(&front->error);
    front->objective_count = count;
    for (int i = 0; i < count; i++) {
        front->expressions[i] = mn_copy_text(expressions[i], strlen(expressions[i]));
        front->maximize[i] = maximize[i];
        if (!front->expressions[i])
            return mn_fail_memory(&front->error);
    }
    return MN_OK;
}

static mn_status compute(mn_front *front, mn_solver *solver, const mn_front_options *options)
{
    mn_decimal epsilon = {0};
    mn_status status = mn_check_effort(options->threads, options->time_limit, &front->error);
    if (status == MN_OK)
        status = read_epsilon(options->epsilon, &epsilon, &front->error);
    if (status == MN_OK && (status = mn_solver_build_diagrams(solver)) != MN_OK)
        front->error = solver->error;
    const mn_control control = mn_solver_control(solver, options->time_limit, 0);
    const double start = mn_clock();
    for (int i = 0; i < solver->limit_count; i++)
        solver->capacities[i] = mn_capacity(solver, i, solver->values[i]);
    for (int i = 0; status == MN_OK && i < solver->member_count; i++) {
        const uint64_t total = (uint64_t)solver->member_count;
        if (options->progress && options->progress(options->user, mn_clock() - start, (uint64_t)i, total))
            status = MN_INTERRUPTED;
        if (status == MN_OK)
            status = compute_table(front, solver, i, options, &control);
    }
    bool joined = solver->member_count > 1; /* linked values may tie, and dominate, where latent ones do not */
    for (int i = 0; i < front->objective_count; i++)
        joined |= front->links[i] != NULL;
    if (status == MN_OK && joined)
        status = join_tables(front);
    if (status == MN_OK && epsilon.mantissa > 0)
        status = thin(front, epsilon);
    if (status == MN_OK && front->count == 0)
        status = mn_fail(&front->error, MN_INFEASIBLE, "no network meets the limits and rules");
    return status;
}

mn_status mn_front_compute(mn_solver *solver, const char *const *expressions, const bool *maximize, int count,
                           const mn_front_options *options, mn_front **result)
{
    if (!result)
        return MN_USAGE;
    mn_front *front = *result = mn_new_array(1, sizeof *front);
    if (!front)
        return MN_FAILURE;
    const mn_front_options defaults = {0};
    mn_status status = check_request(solver, expressions, maximize, count, &front->error);
    if (status == MN_OK)
        status = take_request(front, solver, expressions, maximize, count);
    if (status == MN_OK) {
        mn_device_without_kernel(solver->device, "the front");
        status = compute(front, solver, options ? options : &defaults);
    }
    if (status == MN_STOPPED)
        mn_fail(&front->error, status, "stopped at the time limit: the front is not complete");
    if (status == MN_INTERRUPTED) {
        mn_fail(&front->error, status, "interrupted");
        atomic_store(&solver->cancel, false);
    }
    if (status != MN_OK)
        front->count = 0;
    return status;
}

uint64_t mn_front_count(const mn_front *front)
{
    return front ? front->count : 0;
}

int mn_front_table(const mn_front *front, uint64_t point)
{
    return front && point < front->count ? front->tables[point] : -1;
}

const uint16_t *mn_front_network(const mn_front *front, uint64_t point)
{
    return front && point < front->count ? front->networks + point * (size_t)front->widest : NULL;
}

int64_t mn_front_value(const mn_front *front, uint64_t point, int objective)
{
    if (!front || point >= front->count || objective < 0 || objective >= front->objective_count)
        return 0;
    const int64_t value = front->values[point * (size_t)front->objective_count + (size_t)objective];
    return front->maximize[objective] ? -value : value;
}

mn_resolution mn_front_resolution(const mn_front *front, int objective)
{
    return front && objective >= 0 && objective < front->objective_count ? front->resolutions[objective]
                                                                         : (mn_resolution){1, 0};
}
