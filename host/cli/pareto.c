/* mathnas pareto: the exact front of two to four objectives. */
#include "host/cli/csv_out.h"
#include "host/cli/commands.h"
#include "host/cli/plot.h"
#include "host/cli/question.h"
#include "host/files/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FEWEST = 2, MOST = 4 };

typedef struct front_job {
    cli *c;
    const char *expressions[MOST];
    bool maximize[MOST];
    int count;
    mn_solver *solver;
    mn_front *front;
    int64_t **values; /* [points] -> [metrics] */
    const char *volume;
} front_job;

static mn_status read_objectives(front_job *job)
{
    const cli *c = job->c;
    for (int i = 0; i < c->given_count; i++) {
        const bool maximize = !strcmp(c->given[i].option->name, "maximize");
        if (!maximize && strcmp(c->given[i].option->name, "minimize"))
            continue;
        if (job->count < MOST) {
            job->expressions[job->count] = c->given[i].value;
            job->maximize[job->count] = maximize;
        }
        job->count++;
    }
    if (job->count < FEWEST || job->count > MOST)
        return cli_fail(job->c, MN_USAGE, "expected %d to %d objectives (--maximize, --minimize), found %d", FEWEST,
                        MOST, job->count);
    return MN_OK;
}

static bool report_progress(void *user, double seconds, uint64_t done, uint64_t total)
{
    cli *c = user;
    if (total > 1)
        progress_show(&c->progress, "pareto", seconds, done, total);
    return cli_interrupted();
}

/* No network at all: the solver names the limits that clash. */
static mn_status explain(front_job *job)
{
    cli *c = job->c;
    const mn_result *result;
    mn_status status = mn_solver_maximize(job->solver, job->expressions[0]);
    cli_set_running(job->solver);
    if (status == MN_OK)
        status = mn_solver_solve(job->solver, NULL, &result);
    cli_set_running(NULL);
    if (status != MN_INFEASIBLE)
        return cli_fail_with(c, status, job->solver);
    question_report_conflict(c, job->solver, result);
    if (!c->json)
        return status;
    json_out json = {0};
    json_object(&json, NULL);
    json_string(&json, "status", "infeasible");
    json_array(&json, "points");
    json_close(&json);
    json_count(&json, "count", 0);
    json_null(&json, "hypervolume");
    question_json_conflict(&json, job->solver, result);
    json_close(&json);
    const mn_status printed = cli_print_json(c, &json);
    text_free(&json.out);
    return printed == MN_OK ? status : printed;
}

static mn_status compute(front_job *job)
{
    cli *c = job->c;
    mn_front_options options = {
        .threads = c->threads, .epsilon = cli_value(c, "epsilon"), .progress = report_progress, .user = c};
    mn_status status = cli_integer(c, "memory", 1 << 20, UINT64_MAX, &options.memory);
    if (status == MN_OK)
        status = cli_seconds(c, "time-limit", &options.time_limit);
    if (status != MN_OK)
        return status;
    cli_set_running(job->solver);
    status = mn_front_compute(job->solver, job->expressions, job->maximize, job->count, &options, &job->front);
    cli_set_running(NULL);
    progress_clear(&c->progress);
    if (status == MN_INTERRUPTED)
        return cli_fail(c, status, "interrupted; no file was written");
    if (status == MN_INFEASIBLE)
        return explain(job);
    if (status != MN_OK)
        return cli_fail_with(c, status, job->front);
    for (int i = 0; status == MN_OK && i < cli_count(c, "reference"); i++)
        status = mn_front_set_reference(job->front, cli_value_at(c, "reference", i));
    if (status == MN_OK)
        status = mn_front_hypervolume(job->front, &job->volume);
    return status == MN_OK ? MN_OK : cli_fail_with(c, status, job->front);
}

static const mn_table *table_of(const front_job *job, uint64_t point)
{
    return job->c->tables[mn_front_table(job->front, point)];
}

static mn_status predict_points(front_job *job)
{
    const uint64_t count = mn_front_count(job->front);
    job->values = calloc(count + 1, sizeof *job->values);
    if (!job->values)
        return cli_fail_memory(job->c);
    mn_status status = MN_OK;
    for (uint64_t i = 0; status == MN_OK && i < count; i++)
        status = cli_predict(job->c, NULL, table_of(job, i), mn_front_network(job->front, i), 1, &job->values[i]);
    return status;
}

/* ---- output ---------------------------------------------------------------------------------------------------------------- */

static mn_status make_csv(front_job *job, text *rows)
{
    csv_out csv;
    const mn_status status = csv_open(job->c, &csv);
    if (status == MN_OK) {
        csv_add_header(&csv, rows);
        text_put(rows, "\n");
        for (uint64_t i = 0; i < mn_front_count(job->front); i++) {
            csv_add_row(&csv, rows, mn_front_table(job->front, i), mn_front_network(job->front, i), job->values[i]);
            text_put(rows, "\n");
        }
    }
    csv_close(&csv);
    return rows->failed ? cli_fail_memory(job->c) : status;
}

static mn_status write_file(cli *c, const char *path, const text *content)
{
    mn_error error = {0};
    mn_output *output;
    mn_status status = mn_output_open(path, &error, &output);
    if (status == MN_OK) {
        mn_output_write(output, content->data, content->length);
        status = mn_output_commit(output);
    }
    return status == MN_OK ? MN_OK : cli_fail(c, status, "%s", error.text);
}

static mn_status print_json(front_job *job)
{
    json_out json = {0};
    json_object(&json, NULL);
    json_array(&json, "points");
    for (uint64_t i = 0; i < mn_front_count(job->front); i++) {
        json_object(&json, NULL);
        cli_json_network(&json, table_of(job, i), mn_front_network(job->front, i), false);
        cli_json_metrics(&json, table_of(job, i), job->values[i]);
        if (job->c->table_count > 1)
            json_string(&json, "table", mn_table_name(table_of(job, i)));
        json_close(&json);
    }
    json_close(&json);
    json_count(&json, "count", mn_front_count(job->front));
    json_string(&json, "hypervolume", job->volume);
    json_string(&json, "device", mn_device_ran(job->c->device));
    json_close(&json);
    const mn_status status = cli_print_json(job->c, &json);
    text_free(&json.out);
    return status;
}

static mn_status print_table(front_job *job)
{
    char number[MN_NUMBER_SIZE];
    text out = {0};
    for (int k = 0; k < job->count; k++)
        text_printf(&out, "%*s  ", 16, job->expressions[k]);
    text_put(&out, "network\n");
    for (uint64_t i = 0; i < mn_front_count(job->front); i++) {
        for (int k = 0; k < job->count; k++)
            text_printf(&out, "%16s  ",
                        mn_format(mn_front_value(job->front, i, k), mn_front_resolution(job->front, k), number));
        cli_add_arch(&out, table_of(job, i), mn_front_network(job->front, i));
        if (job->c->table_count > 1)
            text_printf(&out, "  %s", mn_table_name(table_of(job, i)));
        text_put(&out, "\n");
    }
    text_printf(&out, "%" PRIu64 " points, hypervolume %s\n", mn_front_count(job->front), job->volume);
    const mn_status status = cli_print(job->c, &out);
    text_free(&out);
    return status;
}

/* The first two objectives; the second goes along x. */
static mn_status draw(front_job *job, const char *path)
{
    text points = {0};
    for (uint64_t i = 0; i < mn_front_count(job->front); i++)
        text_printf(&points, "%.10g %.10g\n",
                    mn_to_double(mn_front_value(job->front, i, 1), mn_front_resolution(job->front, 1)),
                    mn_to_double(mn_front_value(job->front, i, 0), mn_front_resolution(job->front, 0)));
    const plot_request request = {.title = mn_table_name(job->c->tables[0]),
                                  .x = job->expressions[1],
                                  .y = job->expressions[0],
                                  .style = "points pt 7 ps 0.6",
                                  .points = &points};
    const mn_status status = plot_write(job->c, &request, path);
    text_free(&points);
    return status;
}

static mn_status write_results(front_job *job)
{
    const char *path = cli_value(job->c, "output"), *picture = cli_value(job->c, "plot");
    mn_status status = MN_OK;
    if (path) {
        text rows = {0};
        status = make_csv(job, &rows);
        if (status == MN_OK)
            status = write_file(job->c, path, &rows);
        text_free(&rows);
    }
    if (status == MN_OK && picture)
        status = draw(job, picture);
    if (status != MN_OK)
        return status;
    if (job->c->json)
        return print_json(job);
    if (!path)
        return print_table(job);
    cli_note(job->c, "mathnas pareto: %" PRIu64 " points, hypervolume %s", mn_front_count(job->front), job->volume);
    return MN_OK;
}

static mn_status run(cli *c)
{
    front_job job = {.c = c};
    mn_status status = cli_check_output(c);
    if (status == MN_OK)
        status = read_objectives(&job);
    if (status == MN_OK && cli_value(c, "plot"))
        status = plot_check_path(c, "plot", cli_value(c, "plot"));
    if (status == MN_OK)
        status = cli_load_tables(c);
    if (status == MN_OK)
        status = cli_make_solver(c, &job.solver);
    if (status == MN_OK)
        status = compute(&job);
    if (status == MN_OK)
        status = predict_points(&job);
    if (status == MN_OK)
        status = write_results(&job);
    for (uint64_t i = 0; job.values && i < mn_front_count(job.front); i++)
        free(job.values[i]);
    free(job.values);
    mn_front_free(job.front);
    mn_solver_free(job.solver);
    return status;
}

static const cli_option own_options[] = {
    {"maximize", "E", true,
     "an objective, two to four in all; rows are sorted by the first, best first, then the next"},
    {"minimize", "E", true, "an objective to be made as small as possible"},
    {"output", "FILE", false, "the front as CSV, columns as predict's (default: a table for people)"},
    {"names", NULL, false, "block names instead of indices in the CSV"},
    {"epsilon", "X", false,
     "fewer points: every point of the front is within a factor 1+X of a written one on every objective"},
    {"reference", "E=V", true,
     "reference of the hypervolume for objective E (default: the sum of the worst block of each node)"},
    {"memory", "BYTES", false, "memory to use (default: three quarters of the machine's)"},
    {"time-limit", "SECONDS", false, "stop then (exit code 5, nothing is written)"},
    {"plot", "FILE.svg", false, "a picture of the first two objectives (needs gnuplot)"},
    {0}};

const cli_command cli_pareto = {
    "pareto",
    "TABLE...",
    1,
    1 << 20,
    "The exact Pareto front of two to four objectives, each point with its network.",
    "  mathnas pareto nasbench201/edgegpu --maximize accuracy --minimize latency --output front.csv\n"
    "  mathnas pareto nasbench201/edgegpu --maximize accuracy --minimize latency --minimize energy --limit "
    "'latency<=5000'\n",
    {own_options, cli_problem_options, cli_scale_options, cli_common_options},
    run};
