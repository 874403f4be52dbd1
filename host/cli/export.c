/* mathnas export: the question as a file for other solvers, so that anyone can check an answer. */
#include "host/cli/cli.h"
#include "host/cli/commands.h"
#include "host/cli/question.h"

#include <inttypes.h>
#include <string.h>

static mn_status read_options(cli *c, const char **path, mn_export_options *options)
{
    mn_status status = cli_check_output(c);
    *path = cli_value(c, "output");
    options->format = cli_value(c, "format");
    options->numbered = cli_has(c, "numbered");
    if (status == MN_OK && !*path)
        status = cli_fail(c, MN_USAGE, "expected --output FILE.lp, FILE.mps or FILE.opb");
    if (status != MN_OK)
        return status;
    if (options->format)
        return strcmp(options->format, "lp") && strcmp(options->format, "mps") && strcmp(options->format, "opb")
                   ? cli_fail(c, MN_USAGE, "--format: expected lp, mps or opb, found \"%.100s\"", options->format)
                   : MN_OK;
    options->format = mn_export_format(*path);
    if (!options->format)
        return cli_fail(c, MN_USAGE,
                        "--output \"%.200s\": expected a name that ends in .lp, .mps or .opb, or --format beside it",
                        *path);
    return MN_OK;
}

static mn_status report(cli *c, const char *path, const mn_export *about)
{
    if (about->inexact)
        cli_note(c,
                 "mathnas export: some sums pass 2^53: a reader that keeps doubles rounds them (the format opb has no "
                 "such bound)");
    if (!c->json) {
        cli_note(c, "mathnas export: %" PRId64 " variables, %" PRId64 " rows", about->variables, about->rows);
        return MN_OK;
    }
    json_out json = {0};
    json_object(&json, NULL);
    json_string(&json, "status", "done");
    json_string(&json, "output", path);
    json_string(&json, "format", about->format);
    json_count(&json, "variables", (unsigned long long)about->variables);
    json_count(&json, "rows", (unsigned long long)about->rows);
    json_boolean(&json, "inexact", about->inexact);
    json_close(&json);
    const mn_status status = cli_print_json(c, &json);
    text_free(&json.out);
    return status;
}

static mn_status run(cli *c)
{
    mn_solver *solver = NULL;
    const char *path = NULL;
    mn_export_options options = {0};
    mn_export about;
    mn_status status = read_options(c, &path, &options);
    if (status == MN_OK && options.numbered && strcmp(options.format, "opb"))
        status = cli_fail(c, MN_USAGE, "--numbered is for the format opb, found %s", options.format);
    if (status == MN_OK)
        status = cli_load_tables(c);
    if (status == MN_OK)
        status = cli_make_solver(c, &solver);
    if (status == MN_OK)
        status = question_objective(c, solver);
    if (status == MN_OK) {
        status = mn_solver_export(solver, path, &options, &about);
        status = status == MN_OK ? report(c, path, &about) : cli_fail_with(c, status, solver);
    }
    mn_solver_free(solver);
    return status;
}

static const cli_option own_options[] = {
    {"maximize", "E", false, "the objective: a metric or a linear expression of metrics ('accuracy - 0.02*latency')"},
    {"minimize", "E", false, "the objective, to be made as small as possible"},
    {"output", "FILE", false, "FILE.lp (CPLEX LP), FILE.mps (free MPS) or FILE.opb (pseudo-Boolean); - with --format"},
    {"format", "FORMAT", false, "lp, mps or opb, whatever the file is called"},
    {"numbered", NULL, false,
     "opb: variables x1, x2, ... for solvers that take no other names (comments say which is which)"},
    {0}};

const cli_command cli_export = {
    "export",
    "TABLE...",
    1,
    1 << 20,
    "The same problem as solve's, as a file for other solvers (HiGHS, Gurobi, SCIP, CBC; pseudo-Boolean ones).",
    "  mathnas export nasbench201/edgegpu --maximize accuracy --limit 'latency<=5000' --output problem.lp\n"
    "  mathnas export supervit/192 supervit/224 --maximize accuracy --limit 'flops<=300000000' --output problem.mps\n"
    "  mathnas export nasbench201/edgegpu --minimize latency --limit 'accuracy>=35' --output problem.opb\n",
    {own_options, cli_problem_options, cli_scale_options, cli_common_options},
    run};
