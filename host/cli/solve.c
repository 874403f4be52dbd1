/* mathnas solve: the best network under limits, with its proof, or why there is none. */
#include "host/cli/cli.h"
#include "host/cli/commands.h"
#include "host/cli/log.h"
#include "host/cli/question.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The answer with the metrics of its networks. */
typedef struct answer {
    mn_status status;
    const mn_result *result;
    mn_resolution resolution; /* of the objective */
    int64_t **values;         /* [solution_count] -> [metrics] */
} answer;

/* ---- asking ---------------------------------------------------------------------------------------------------------------- */

static mn_status read_options(cli *c, mn_options *options)
{
    uint64_t top = 1;
    mn_status status = cli_integer(c, "top", 1, 10000000, &top);
    if (status == MN_OK)
        status = cli_integer(c, "node-limit", 1, UINT64_MAX, &options->node_limit);
    if (status == MN_OK)
        status = cli_seconds(c, "time-limit", &options->time_limit);
    options->top = (int)top;
    options->distinct_metrics = cli_has(c, "distinct-metrics");
    options->threads = c->threads;
    options->gap = cli_value(c, "gap");
    options->engine = cli_value(c, "engine");
    return status;
}

/* What is asked, with what the options point to. */
typedef struct asked {
    mn_options options;
    solve_log log;
    mn_networks **read; /* [tables] --start */
    mn_start *starts;   /* [tables] */
} asked;

static void free_asked(const cli *c, asked *q)
{
    for (int i = 0; q->read && i < c->table_count; i++)
        mn_networks_free(q->read[i]);
    free(q->read);
    free(q->starts);
}

/* --start: the network on every table that can read it. */
static mn_status read_start(cli *c, asked *q)
{
    const char *list = cli_value(c, "start");
    if (!list)
        return MN_OK;
    mn_status last = MN_OK;
    q->read = calloc((size_t)c->table_count, sizeof(mn_networks *));
    q->starts = calloc((size_t)c->table_count, sizeof *q->starts);
    if (!q->read || !q->starts)
        return cli_fail_memory(c);
    for (int i = 0; i < c->table_count; i++) {
        const mn_status status = mn_networks_parse(c->tables[i], list, &q->read[i]);
        if (mn_networks_count(q->read[i]) == 1) /* also one that breaks a rule of the table: the answer says so */
            q->starts[q->options.start_count++] = (mn_start){i, mn_networks_choices(q->read[i])};
        else
            last = cli_fail(c, status, "--start: %s", q->read[i] ? mn_last_error(q->read[i]) : "out of memory");
    }
    q->options.starts = q->starts;
    return q->options.start_count > 0 ? MN_OK : last;
}

static mn_status state_question(cli *c, mn_solver *solver, asked *q)
{
    q->options = mn_default_options();
    mn_status status = question_objective(c, solver);
    if (status == MN_OK)
        status = read_options(c, &q->options);
    if (status == MN_OK)
        status = read_start(c, q);
    if (status == MN_OK && cli_has(c, "log") && !c->quiet) {
        log_begin(&q->log, c, solver);
        q->options.log = log_show;
        q->options.user = &q->log;
    }
    return status;
}

static bool has_answer(mn_status status)
{
    return status == MN_OK || status == MN_INFEASIBLE || status == MN_STOPPED || status == MN_INTERRUPTED;
}

static mn_status predict_solutions(cli *c, answer *a)
{
    a->values = calloc((size_t)a->result->solution_count + 1, sizeof *a->values);
    if (!a->values)
        return cli_fail_memory(c);
    for (int i = 0; i < a->result->solution_count; i++) {
        const mn_solution *solution = &a->result->solutions[i];
        const mn_status status = cli_predict(c, NULL, c->tables[solution->table], solution->network, 1, &a->values[i]);
        if (status != MN_OK)
            return status;
    }
    return MN_OK;
}

/* The gap in multiples as text: |bound - objective|. */
static const char *format_gap(const answer *a, char number[MN_NUMBER_SIZE])
{
    const int64_t difference = a->result->bound - a->result->solutions[0].objective;
    return mn_format(difference < 0 ? -difference : difference, a->resolution, number);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------------------ */

static void json_number_or_null(json_out *json, const char *key, bool known, int64_t multiples,
                                mn_resolution resolution)
{
    if (known) {
        char number[MN_NUMBER_SIZE];
        json_number(json, key, mn_format(multiples, resolution, number));
    } else {
        json_null(json, key);
    }
}

static void json_solution(json_out *json, cli *c, const answer *a, int index)
{
    const mn_solution *solution = &a->result->solutions[index];
    const mn_table *table = c->tables[solution->table];
    char encoded[1024];
    cli_json_network(json, table, solution->network, true);
    cli_json_metrics(json, table, a->values[index]);
    json_string(json, "table", mn_table_name(table));
    if (mn_network_encode(table, solution->network, encoded, sizeof encoded))
        json_string(json, "arch_str", encoded);
    if (mn_network_index(table, solution->network) >= 0)
        json_count(json, "index", (unsigned long long)mn_network_index(table, solution->network));
}

static mn_status print_json(cli *c, mn_solver *solver, const answer *a)
{
    const mn_result *result = a->result;
    const bool found = result->solution_count > 0;
    char number[MN_NUMBER_SIZE];
    json_out json = {0};
    json_object(&json, NULL);
    json_string(&json, "status", mn_outcome_name(result->outcome));
    json_number_or_null(&json, "objective", found, found ? result->solutions[0].objective : 0, a->resolution);
    json_number_or_null(&json, "bound", result->has_bound, result->bound, a->resolution);
    json_number(&json, "gap", found && result->has_bound ? format_gap(a, number) : "null");
    if (found) {
        json_solution(&json, c, a, 0);
    } else {
        json_null(&json, "arch");
        json_null(&json, "blocks");
        json_null(&json, "metrics");
    }
    json_count(&json, "search_nodes", result->search_nodes);
    json_double(&json, "seconds", result->seconds);
    json_string(&json, "device", result->device);
    json_string(&json, "engine", result->engine);
    if (cli_has(c, "top")) {
        json_array(&json, "solutions");
        for (int i = 0; i < result->solution_count; i++) {
            json_object(&json, NULL);
            json_number_or_null(&json, "objective", true, result->solutions[i].objective, a->resolution);
            json_solution(&json, c, a, i);
            json_close(&json);
        }
        json_close(&json);
    }
    if (result->outcome == MN_OUTCOME_INFEASIBLE)
        question_json_conflict(&json, solver, result);
    json_close(&json);
    const mn_status status = cli_print_json(c, &json);
    text_free(&json.out);
    return status;
}

/* ---- text ------------------------------------------------------------------------------------------------------------------ */

static void print_proof(text *out, const answer *a)
{
    const mn_result *result = a->result;
    char objective[MN_NUMBER_SIZE], bound[MN_NUMBER_SIZE], gap[MN_NUMBER_SIZE];
    mn_format(result->solutions[0].objective, a->resolution, objective);
    text_printf(out, "objective %s", objective);
    if (result->outcome == MN_OPTIMAL)
        text_put(out, ", proved optimal");
    else if (result->has_bound)
        text_printf(out, ", no network is better than %s (gap %s)", mn_format(result->bound, a->resolution, bound),
                    format_gap(a, gap));
    text_printf(out, "; %" PRIu64 " search nodes, %.6f s\n", result->search_nodes, result->seconds);
}

static mn_status print_text(cli *c, const answer *a)
{
    const mn_result *result = a->result;
    char number[MN_NUMBER_SIZE];
    text out = {0};
    text_printf(&out, "%s\n", mn_outcome_name(result->outcome));
    for (int i = 0; i < result->solution_count; i++) {
        const mn_solution *solution = &result->solutions[i];
        const mn_table *table = c->tables[solution->table];
        if (result->solution_count > 1)
            text_printf(&out, "%d. ", i + 1);
        text_put(&out, "network ");
        cli_add_arch(&out, table, solution->network);
        if (c->table_count > 1)
            text_printf(&out, " of %s", mn_table_name(table));
        if (result->solution_count > 1)
            text_printf(&out, ", objective %s", mn_format(solution->objective, a->resolution, number));
        text_put(&out, "\n");
        cli_describe_network(&out, table, solution->network, a->values[i]);
    }
    if (result->solution_count > 0)
        print_proof(&out, a);
    const mn_status status = cli_print(c, &out);
    text_free(&out);
    return status;
}

/* Why there is no answer, or no proof: always on standard error. */
static void report(const cli *c, const mn_solver *solver, const mn_result *result)
{
    if (result->outcome == MN_TIME_LIMIT || result->outcome == MN_NODE_LIMIT)
        fprintf(stderr, "mathnas solve: stopped at the %s limit without proof%s\n",
                result->outcome == MN_TIME_LIMIT ? "time" : "node",
                result->solution_count ? "; the best network found so far is reported" : ", and no network was found");
    if (result->outcome == MN_OUTCOME_INTERRUPTED)
        fprintf(stderr, "mathnas solve: interrupted%s\n",
                result->solution_count ? "; the best network found so far is reported" : "");
    if (result->outcome == MN_OUTCOME_INFEASIBLE)
        question_report_conflict(c, solver, result);
}

/* ---- the subcommand -------------------------------------------------------------------------------------------------------- */

static mn_status solve(cli *c, mn_solver *solver, answer *a)
{
    asked q = {0};
    mn_status status = state_question(c, solver, &q);
    if (status == MN_OK) {
        cli_set_running(solver);
        a->status = mn_solver_solve(solver, &q.options, &a->result);
        cli_set_running(NULL);
        if (!has_answer(a->status) || !a->result)
            status = cli_fail_with(c, a->status, solver);
    }
    free_asked(c, &q);
    return status;
}

static mn_status ask(cli *c, mn_solver *solver, answer *a)
{
    mn_status status = solve(c, solver, a);
    if (status != MN_OK)
        return status;
    if (*a->result->start_note)
        cli_note(c, "mathnas solve: --start is not used: %s", a->result->start_note);
    a->resolution = mn_solver_objective_resolution(solver);
    status = predict_solutions(c, a);
    if (status == MN_OK)
        status = c->json ? print_json(c, solver, a) : print_text(c, a);
    if (status == MN_OK)
        report(c, solver, a->result);
    return status == MN_OK ? a->status : status;
}

static mn_status run(cli *c)
{
    mn_solver *solver = NULL;
    answer a = {0};
    mn_status status = cli_load_tables(c);
    if (status == MN_OK)
        status = cli_make_solver(c, &solver);
    if (status == MN_OK)
        status = ask(c, solver, &a);
    for (int i = 0; a.values && i < a.result->solution_count; i++)
        free(a.values[i]);
    free(a.values);
    mn_solver_free(solver);
    return status;
}

static const cli_option own_options[] = {
    {"maximize", "E", false, "the objective: a metric or a linear expression of metrics ('accuracy - 0.02*latency')"},
    {"minimize", "E", false, "the objective, to be made as small as possible"},
    {"top", "K", false, "the K best networks, in order (default 1)"},
    {"distinct-metrics", NULL, false,
     "with --top: of networks that agree in every metric only the first counts (table, then lexicographic)"},
    {"time-limit", "SECONDS", false, "stop then, with the best network so far and a bound (exit code 5)"},
    {"node-limit", "N", false, "stop after N search nodes (exit code 5)"},
    {"gap", "G", false,
     "stop once the proved bound is within G of the objective, in its unit (default 0: a full proof)"},
    {"start", "LIST", false,
     "a network known already, as info --arch reads it: the search begins with it if it meets the limits and rules; it "
     "does not change what is proved"},
    {"log", NULL, false,
     "on standard error: time, search nodes, incumbent, bound and gap at every better network and bound, and each "
     "second"},
    {"engine", "NAME", false, "auto (default), search (bounds, branch and bound) or scan (every network)"},
    {0}};

const cli_command cli_solve = {
    "solve",
    "TABLE...",
    1,
    1 << 20,
    "The best network under any limits, proved. Several tables: over their union.",
    "  mathnas solve nasbench201/edgegpu --maximize accuracy --limit 'latency<=5000' --limit 'energy<=20000'\n"
    "  mathnas solve mobilenetv3/tx2gpu --minimize latency --limit 'accuracy>=79' --top 3\n"
    "  mathnas solve supervit/192 supervit/224 --maximize accuracy --limit 'flops<=300000000'\n",
    {own_options, cli_problem_options, cli_scale_options, cli_profile_options, cli_common_options},
    run};
