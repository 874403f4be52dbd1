/* One exact answer: options are checked, an engine runs, its answer comes back in the user's signs and units. */
#include "host/api/handle.h"
#include "host/core/memory.h"
#include "host/device/device.h"
#include "solver/conflict.h"
#include "solver/threads.h"

typedef struct effort {
    int top;
    int64_t gap; /* multiples of the objective's resolution */
    bool scan;
    double begun; /* mn_clock() */
    mn_known_start start;
    mn_monitor *monitor; /* NULL: nobody follows */
} effort;

mn_options mn_default_options(void)
{
    return (mn_options){.top = 1};
}

const char *mn_outcome_name(mn_outcome outcome)
{
    static const char *const names[] = {"optimal",    "infeasible", "time_limit",
                                        "node_limit", "gap_limit",  "interrupted"};
    return outcome >= MN_OPTIMAL && outcome <= MN_OUTCOME_INTERRUPTED ? names[outcome] : "";
}

static mn_status read_gap(mn_solver *solver, const char *text, int64_t *gap)
{
    *gap = 0;
    mn_decimal decimal;
    if (!text)
        return MN_OK;
    if (!mn_decimal_parse(text, strlen(text), &decimal) || decimal.mantissa < 0)
        return mn_fail(&solver->error, MN_USAGE, "gap \"%.100s\": expected a decimal, 0 or more", text);
    if (!mn_decimal_to_multiples(decimal, mn_solver_objective_resolution(solver), MN_FLOOR, gap, NULL))
        *gap = INT64_MAX;
    const mn_link *link = solver->members[0].objective.link;
    if (link)
        *gap = mn_link_latent_gap(link, *gap);
    return MN_OK;
}

static mn_status read_effort(mn_solver *solver, const mn_options *options, effort *work)
{
    const char *engine = options->engine ? options->engine : "auto";
    mn_status status = mn_check_effort(options->threads, options->time_limit, &solver->error);
    if (status == MN_OK)
        status = read_gap(solver, options->gap, &work->gap);
    if (status == MN_OK)
        status = mn_solver_choose_start(solver, options, &work->start);
    if (status != MN_OK)
        return status;
    work->top = options->top;
    work->scan = !strcmp(engine, "scan");
    if (options->top < 1)
        return mn_fail(&solver->error, MN_USAGE, "top %d: expected 1 or more", options->top);
    if (!work->scan && strcmp(engine, "auto") && strcmp(engine, "search"))
        return mn_fail(&solver->error, MN_USAGE, "engine \"%.100s\": expected auto, search or scan", engine);
    if (work->scan && (work->gap > 0 || options->node_limit > 0 || options->distinct_metrics))
        return mn_fail(
            &solver->error, MN_USAGE,
            "engine \"scan\" looks at every network: it takes no gap and no node limit, and tells no networks "
            "apart by their metrics");
    for (int i = 0; work->scan && i < solver->member_count; i++)
        if (mn_table_entangled(solver->members[i].table))
            return mn_fail(&solver->error, MN_USAGE,
                           "engine \"scan\" has no way through table \"%.200s\": its factors entangle too many nodes; "
                           "use \"search\"",
                           solver->members[i].table->name);
    return MN_OK;
}

/* ---- the engines ----------------------------------------------------------------------------------------------------------- */

/* The time limit counts from the beginning of the call. */
static mn_control control_of(const mn_solver *solver, const mn_options *options, const effort *work)
{
    mn_control control = mn_solver_control(solver, options->time_limit, options->node_limit);
    if (options->time_limit > 0)
        control.deadline = work->begun + options->time_limit;
    control.monitor = work->monitor;
    return control;
}

static void metrics_of(const void *context, int problem, const uint16_t *network, int64_t *values)
{
    const mn_solver *solver = context;
    const mn_table *table = solver->members[problem].searched;
    for (int metric = 0; metric < table->metric_count; metric++)
        values[metric] = mn_table_evaluate_latent(table, metric, network);
}

static int threads_of(mn_solver *solver, int requested)
{
    if (requested > 0)
        return mn_thread_count(requested);
    if (solver->cores == 0)
        solver->cores = mn_thread_count(0);
    return solver->cores;
}

static mn_status run_search(mn_solver *solver, const mn_options *options, const effort *work, mn_answer *answer)
{
    mn_status status = MN_OK;
    if (!solver->engine)
        status = mn_engine_create(solver->problems, solver->member_count, &solver->error, &solver->engine);
    if (status != MN_OK)
        return status;
    mn_device_without_kernel(solver->device, "the search");
    const mn_distinct distinct = {solver->members[0].table->metric_count, metrics_of, solver};
    const mn_question question = {.capacities = solver->capacities,
                                  .top = work->top,
                                  .distinct = options->distinct_metrics ? &distinct : NULL,
                                  .gap = work->gap,
                                  .threads = threads_of(solver, options->threads),
                                  .start = work->start.network,
                                  .start_problem = work->start.member,
                                  .control = control_of(solver, options, work)};
    return mn_engine_solve(solver->engine, &question, answer, &solver->error);
}

/* Merges the next table's best into the best so far; both are sorted, and on a tie the earlier table comes first. */
static void merge_scan(mn_answer *answer, const mn_scan_result *scan, int member, size_t nodes, size_t widest, int top)
{
    int keep = answer->count + scan->count < top ? answer->count + scan->count : top;
    int mine = answer->count, theirs = scan->count;
    while (mine + theirs > keep) { /* drop the worst of the two tails */
        if (theirs == 0 || (mine > 0 && answer->scores[mine - 1] < scan->scores[theirs - 1]))
            mine--;
        else
            theirs--;
    }
    answer->count = keep;
    while (theirs > 0) { /* from the back, so that nothing is overwritten before it moved */
        keep--;
        uint16_t *place = answer->choices + (size_t)keep * widest;
        if (mine > 0 && answer->scores[mine - 1] < scan->scores[theirs - 1]) {
            mine--;
            answer->scores[keep] = answer->scores[mine];
            answer->problems[keep] = answer->problems[mine];
            memmove(place, answer->choices + (size_t)mine * widest, widest * sizeof *place);
        } else {
            theirs--;
            answer->scores[keep] = scan->scores[theirs];
            answer->problems[keep] = member;
            memcpy(place, scan->choices + (size_t)theirs * nodes, nodes * sizeof *place);
        }
    }
}

static mn_status run_scan(mn_solver *solver, const mn_options *options, const effort *work, mn_answer *answer)
{
    const size_t top = (size_t)work->top, widest = (size_t)solver->widest_searched;
    mn_scan_result scan = {.scores = mn_new_array(top, sizeof *scan.scores),
                           .choices = mn_new_array(top * widest, sizeof *scan.choices)};
    mn_scan_request request = {.capacities = solver->capacities,
                               .top = work->top,
                               .threads = threads_of(solver, options->threads),
                               .control = control_of(solver, options, work)};
    mn_status status = scan.scores && scan.choices ? MN_OK : mn_fail_memory(&solver->error);
    for (int i = 0; status == MN_OK && i < solver->member_count; i++) {
        request.problem = &solver->problems[i];
        scan.count = 0;
        scan.examined = 0;
        status = mn_device_scan(solver->device, &request, &scan, &solver->error);
        if (status == MN_INFEASIBLE)
            status = MN_OK;
        merge_scan(answer, &scan, i, (size_t)request.problem->node_count, widest, work->top);
        answer->search_nodes += scan.examined;
        mn_monitor_nodes(work->monitor, answer->search_nodes);
        if (answer->count > 0)
            mn_monitor_incumbent(work->monitor, answer->scores[0]);
    }
    free(scan.scores);
    free(scan.choices);
    if (status == MN_OK) {
        answer->outcome = answer->count ? MN_OPTIMAL : MN_OUTCOME_INFEASIBLE;
        answer->has_bound = answer->count > 0;
        answer->bound = answer->count > 0 ? answer->scores[0] : 0;
        return answer->count ? MN_OK : MN_INFEASIBLE;
    }
    answer->outcome = status == MN_STOPPED ? MN_TIME_LIMIT : MN_OUTCOME_INTERRUPTED;
    return status;
}

/* Whoever was stopped knows the start network at least. */
static void answer_with_start(const mn_solver *solver, const effort *work, mn_answer *answer)
{
    const mn_known_start *start = &work->start;
    if (!start->network || (answer->count > 0 && answer->scores[0] >= start->score))
        return;
    const size_t nodes = (size_t)solver->members[start->member].searched->node_count;
    mn_scan_result known = {.count = 1, .scores = &(int64_t){start->score}, .choices = (uint16_t *)start->network};
    merge_scan(answer, &known, start->member, nodes, (size_t)solver->widest_searched, work->top);
}

/* A request to stop that came before the call ends it, however small the question. */
static mn_status run_engine(mn_solver *solver, const mn_options *options, const effort *work, mn_answer *answer)
{
    const mn_control now = {.cancel = &solver->cancel, .monitor = work->monitor};
    mn_status status = mn_control_check(&now);
    if (status == MN_INTERRUPTED)
        answer->outcome = MN_OUTCOME_INTERRUPTED;
    else
        status = work->scan ? run_scan(solver, options, work, answer) : run_search(solver, options, work, answer);
    if (status == MN_STOPPED || status == MN_INTERRUPTED)
        answer_with_start(solver, work, answer);
    return status;
}

/* ---- the result ------------------------------------------------------------------------------------------------------------ */

static bool resize(void *array, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return false;
    void *grown = realloc(*(void **)array, bytes ? bytes : 1);
    if (grown)
        *(void **)array = grown;
    return grown != NULL;
}

/* Arrays for the engine's answer: the networks are those of the result. */
static mn_status make_room(mn_solver *solver, int top, mn_answer *answer)
{
    const size_t count = (size_t)top, limits = (size_t)solver->limit_count;
    *answer = (mn_answer){0};
    answer->problems = mn_new_array(count, sizeof *answer->problems);
    answer->scores = mn_new_array(count, sizeof *answer->scores);
    if (!answer->problems || !answer->scores || !resize(&solver->solutions, count, sizeof *solver->solutions) ||
        !resize(&solver->networks, count, sizeof *solver->networks * (size_t)solver->widest_searched) ||
        !resize(&solver->conflict, limits, sizeof *solver->conflict) ||
        !resize(&solver->nearest_exists, limits, sizeof *solver->nearest_exists) ||
        !resize(&solver->nearest_proved, limits, sizeof *solver->nearest_proved) ||
        !resize(&solver->nearest, limits, sizeof *solver->nearest))
        return mn_fail_memory(&solver->error);
    answer->choices = solver->networks;
    return MN_OK;
}

static void take_answer(mn_solver *solver, const mn_answer *answer, const char *engine)
{
    const int sign = solver->maximize ? 1 : -1;
    const mn_linear *objective = &solver->members[0].objective;
    for (int i = 0; i < answer->count; i++) {
        uint16_t *network = solver->networks + (size_t)i * (size_t)solver->widest_searched;
        mn_network_strip(solver->members[answer->problems[i]].table, network, network);
        solver->solutions[i] = (mn_solution){.table = answer->problems[i],
                                             .network = network,
                                             .objective = mn_linked(objective, sign * answer->scores[i])};
    }
    solver->result = (mn_result){.outcome = answer->outcome,
                                 .solution_count = answer->count,
                                 .solutions = solver->solutions,
                                 .has_bound = answer->has_bound,
                                 .bound = answer->has_bound ? mn_linked(objective, sign * answer->bound) : 0,
                                 .search_nodes = answer->search_nodes,
                                 .engine = engine,
                                 .device = mn_device_ran(solver->device),
                                 .start_note = solver->start_note.text,
                                 .conflict = solver->conflict,
                                 .nearest_exists = solver->nearest_exists,
                                 .nearest_proved = solver->nearest_proved,
                                 .nearest = solver->nearest};
}

static mn_status explain(mn_solver *solver, const mn_control *control)
{
    mn_conflict conflict = {.limits = solver->conflict,
                            .exists = solver->nearest_exists,
                            .proved = solver->nearest_proved,
                            .nearest = solver->nearest,
                            .needed = mn_new_array((size_t)solver->limit_count, sizeof *conflict.needed)};
    if (!conflict.needed)
        return mn_fail_memory(&solver->error);
    const mn_status status = mn_conflict_explain(solver->problems, solver->member_count, solver->capacities, control,
                                                 &solver->error, &conflict);
    solver->result.conflict_count = status == MN_OK ? conflict.count : 0;
    solver->result.conflict_minimal = true;
    for (int i = 0; i < solver->result.conflict_count; i++) {
        solver->result.conflict_minimal &= conflict.needed[i];
        const int limit = conflict.limits[i];
        const int64_t nearest = solver->senses[limit] == MN_AT_LEAST ? -solver->nearest[i] : solver->nearest[i];
        solver->nearest[i] = mn_linked(&solver->members[0].limits[limit], nearest);
    }
    free(conflict.needed);
    return status;
}

/* The sentence that goes with a status other than MN_OK. */
static void describe(mn_solver *solver, mn_status status)
{
    if (status == MN_INFEASIBLE)
        mn_fail(&solver->error, status, "no network meets the limits and rules");
    else if (status == MN_STOPPED)
        mn_fail(&solver->error, status, "stopped at the %s limit without proof",
                solver->result.outcome == MN_NODE_LIMIT ? "node" : "time");
    else if (status == MN_INTERRUPTED)
        mn_fail(&solver->error, status, "interrupted");
}

/* Begins the log, if one is wanted. */
static void follow(mn_solver *solver, const mn_options *options, effort *work, mn_monitor *monitor)
{
    if (!options->log)
        return;
    work->monitor = monitor;
    mn_monitor_begin(monitor, options->log, options->user, solver->maximize, work->begun);
    monitor->link = solver->members[0].objective.link;
    if (work->start.network)
        mn_monitor_incumbent(monitor, work->start.score);
}

static void end_log(const effort *work, const mn_answer *answer)
{
    if (answer->count > 0)
        mn_monitor_incumbent(work->monitor, answer->scores[0]);
    if (answer->has_bound)
        mn_monitor_bound(work->monitor, answer->bound, answer->search_nodes);
    mn_monitor_end(work->monitor, answer->outcome, answer->search_nodes);
}

static mn_status run(mn_solver *solver, const mn_options *options, double begun, bool explained)
{
    effort work = {.begun = begun};
    mn_answer answer = {0};
    mn_monitor monitor;
    mn_status status = read_effort(solver, options, &work);
    if (status == MN_OK)
        status = make_room(solver, work.top, &answer);
    if (status == MN_OK && options->progress && options->progress(options->user, 0, 0, 1))
        atomic_store(&solver->cancel, true);
    if (status == MN_OK) {
        follow(solver, options, &work, &monitor);
        status = run_engine(solver, options, &work, &answer);
        const bool answered = status != MN_FAILURE;
        if (answered) {
            take_answer(solver, &answer, work.scan ? "scan" : "search");
            end_log(&work, &answer);
        }
        if (status == MN_INFEASIBLE && explained) {
            const mn_control control = mn_solver_control(solver, 0, 0);
            const mn_status explanation = explain(solver, &control);
            status = explanation == MN_OK ? status : explanation;
        }
        if (answered)
            describe(solver, status);
        solver->result.seconds = mn_clock() - begun;
    }
    free(answer.problems);
    free(answer.scores);
    if (status == MN_OK && options->progress)
        options->progress(options->user, solver->result.seconds, 1, 1);
    if (status == MN_INTERRUPTED)
        atomic_store(&solver->cancel, false);
    return status;
}

static mn_status solve(mn_solver *solver, const mn_options *options, const mn_result **result, bool explained)
{
    if (!solver)
        return MN_USAGE;
    if (!result)
        return mn_fail(&solver->error, MN_USAGE, "mn_solver_solve: expected a place for the result, found NULL");
    *result = NULL;
    const mn_options defaults = mn_default_options();
    const double begun = mn_clock();
    mn_status status = mn_solver_build(solver);
    if (status == MN_OK)
        status = run(solver, options ? options : &defaults, begun, explained);
    if (status == MN_OK || status == MN_INFEASIBLE || status == MN_STOPPED || status == MN_INTERRUPTED)
        *result = &solver->result;
    return status;
}

mn_status mn_solver_solve(mn_solver *solver, const mn_options *options, const mn_result **result)
{
    return solve(solver, options, result, true);
}

mn_status mn_solver_resolve(mn_solver *solver, const mn_options *options, const mn_result **result)
{
    return solve(solver, options, result, false);
}
