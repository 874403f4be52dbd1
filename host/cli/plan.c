/* mathnas plan: which networks to measure. */
#include "host/cli/commands.h"
#include "host/cli/csv_out.h"
#include "host/files/output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static mn_status read_options(cli *c, mn_plan_options *options)
{
    *options = mn_plan_default_options();
    options->method = cli_value(c, "method");
    for (int i = 0; i < cli_count(c, "metric"); i++)
        if (!strchr(cli_value_at(c, "metric", i), ':'))
            options->metric = cli_value_at(c, "metric", i);
    options->threads = c->threads;
    options->cancel = cli_cancel();
    mn_status status = cli_check_output(c);
    if (status == MN_OK)
        status = cli_integer(c, "count", 1, UINT64_MAX, &options->count);
    return status == MN_OK ? cli_integer(c, "seed", 0, UINT64_MAX, &options->seed) : status;
}

static mn_status read_measurements(cli *c, mn_measurements **measurements)
{
    const char *path = cli_value(c, "measurements");
    if (!path)
        return MN_OK;
    const int count = cli_count(c, "metric");
    const char **described = calloc((size_t)count + 1, sizeof *described);
    if (!described)
        return cli_fail_memory(c);
    int described_count = 0;
    for (int i = 0; i < count; i++)
        if (strchr(cli_value_at(c, "metric", i), ':'))
            described[described_count++] = cli_value_at(c, "metric", i);
    cli_end_at_once(c, true);
    const mn_status status = mn_measurements_read(c->tables[0], path, described, described_count, measurements);
    cli_end_at_once(c, false);
    free(described);
    return status == MN_OK ? MN_OK : cli_fail_with(c, status, *measurements);
}

static mn_status write_csv(cli *c, const mn_plan *plan)
{
    const size_t nodes = (size_t)mn_table_node_count(c->tables[0]);
    const char *path = cli_value(c, "output");
    csv_out csv = {0};
    text rows = {0};
    mn_error error = {0};
    mn_output *output = NULL;
    mn_status status = csv_open(c, &csv);
    csv.without_metrics = true;
    if (status == MN_OK) {
        csv_add_header(&csv, &rows);
        for (uint64_t i = 0; i < mn_plan_count(plan); i++) {
            text_put(&rows, "\n");
            csv_add_row(&csv, &rows, 0, mn_plan_networks(plan) + i * nodes, NULL);
        }
        text_put(&rows, "\n");
        status = rows.failed ? cli_fail_memory(c) : mn_output_open(path ? path : "-", &error, &output);
    }
    if (status == MN_OK) {
        mn_output_write(output, rows.data, rows.length);
        status = mn_output_commit(output);
    }
    csv_close(&csv);
    text_free(&rows);
    return status == MN_OK || c->error[0] ? status : cli_fail(c, status, "%s", error.text);
}

static mn_status print_json(cli *c, const mn_plan *plan)
{
    const size_t nodes = (size_t)mn_table_node_count(c->tables[0]);
    json_out json = {0};
    json_object(&json, NULL);
    json_string(&json, "method", mn_plan_used_method(plan));
    json_count(&json, "count", mn_plan_count(plan));
    json_string(&json, "note", mn_plan_note(plan));
    json_array(&json, "networks");
    for (uint64_t i = 0; i < mn_plan_count(plan); i++) {
        json_object(&json, NULL);
        json_array(&json, "arch");
        for (size_t node = 0; node < nodes; node++)
            json_count(&json, NULL, mn_plan_networks(plan)[i * nodes + node]);
        json_close(&json);
        json_close(&json);
    }
    json_close(&json);
    json_close(&json);
    const mn_status status = cli_print_json(c, &json);
    text_free(&json.out);
    return status;
}

static mn_status write_plan(cli *c, const mn_plan *plan)
{
    mn_status status = MN_OK;
    if (cli_value(c, "output") || !c->json)
        status = write_csv(c, plan);
    if (status == MN_OK && c->json)
        status = print_json(c, plan);
    const char *note = mn_plan_note(plan);
    if (status == MN_OK)
        cli_note(c, "mathnas plan: %s, %" PRIu64 " networks%s%s", mn_plan_used_method(plan), mn_plan_count(plan),
                 *note ? "; " : "", note);
    return status;
}

static mn_status run(cli *c)
{
    mn_plan_options options;
    mn_measurements *measurements = NULL;
    mn_plan *plan = NULL;
    mn_status status = read_options(c, &options);
    if (status == MN_OK)
        status = cli_load_space(c);
    if (status == MN_OK)
        status = read_measurements(c, &measurements);
    if (status == MN_OK && (status = mn_plan_create(c->tables[0], measurements, &options, &plan)) != MN_OK)
        cli_fail_with(c, status, plan);
    if (status == MN_OK)
        status = write_plan(c, plan);
    mn_plan_free(plan);
    mn_measurements_free(measurements);
    return status;
}

static const cli_option own_options[] = {
    {"space", "SPACE", false, "the space (or a table): a file, or a shipped name (nasbench201, nasbench_macro)"},
    {"method", "NAME", false,
     "imse (default): lowest mean variance over the space; adaptive (default with --measurements): the same after a "
     "fit to them; ei: "
     "expected improvement on the best; d-optimal, orthogonal: for the additive model; random; paper: a reference and "
     "one change at a time; all"},
    {"count", "N", false, "networks to propose (default 25; paper, all and orthogonal say themselves)"},
    {"seed", "S", false, "seed of what is random (default 0)"},
    {"measurements", "FILE", false,
     "CSV (or .csv.gz) of what was measured so far: no network of the same function is proposed again"},
    {"metric", "NAME", true,
     "the measured metric that adaptive and ei look at (default: the first); NAME:UNIT:higher or NAME:UNIT:lower says "
     "what a "
     "column is that neither the space nor a well-known name describes"},
    {"output", "FILE", false, "FILE.csv, or - (default) for standard output"},
    {"names", NULL, false, "block names instead of indices"},
    {0}};

const cli_command cli_plan = {
    "plan",
    "",
    0,
    0,
    "Which networks of a space to measure, so that few say much about all.",
    "  mathnas plan --space nasbench201 --output plan.csv\n"
    "  mathnas plan --space nasbench201 --count 12 --measurements measured.csv --output next.csv\n"
    "  mathnas plan --space nasbench_macro --method paper\n",
    {own_options, cli_common_options},
    run};
