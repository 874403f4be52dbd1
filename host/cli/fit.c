/* mathnas fit: a table from measured networks, and how well it fits them. */
#include "host/cli/cli.h"
#include "host/cli/commands.h"

#include <math.h>
#include <string.h>

typedef struct fit_job {
    cli *c;
    const mn_table *space;
    mn_measurements *measurements;
    mn_fit *fit;
    const char *path; /* of the table */
} fit_job;

/* ---- output ------------------------------------------------------------------------------------------------------------------ */

static void json_metric(json_out *json, const mn_fit_figures *f)
{
    json_object(json, NULL);
    json_string(json, "metric", f->metric);
    json_string(json, "method", f->method);
    json_string(json, "terms", f->terms);
    json_string(json, "model", f->model);
    json_count(json, "networks", (unsigned long long)f->networks);
    json_count(json, "parameters", (unsigned long long)f->parameters);
    json_double(json, "degrees_of_freedom", f->degrees_of_freedom);
    json_double(json, "leave_one_out_rmse", f->leave_one_out_rmse);
    json_double(json, "leave_one_out_within_10_percent", f->leave_one_out_within_10_percent);
    json_double(json, "cross_validation", f->cross_validation);
    json_double(json, "residual", f->residual);
    json_double(json, "repeat_deviation", f->repeat_deviation);
    json_close(json);
}

static mn_status print_json(const fit_job *job)
{
    json_out json = {0};
    json_object(&json, NULL);
    json_string(&json, "status", "done");
    json_string(&json, "output", job->path);
    json_string(&json, "space", mn_table_name(job->space));
    json_count(&json, "networks", (unsigned long long)mn_measurements_count(job->measurements));
    json_count(&json, "rows", (unsigned long long)mn_measurements_row_count(job->measurements));
    json_count(&json, "left_out", (unsigned long long)mn_measurements_left_out(job->measurements));
    json_array(&json, "metrics");
    for (int i = 0; i < mn_fit_metric_count(job->fit); i++)
        json_metric(&json, mn_fit_metric(job->fit, i));
    json_close(&json);
    json_array(&json, "notes");
    for (int i = 0; i < mn_measurements_note_count(job->measurements); i++)
        json_string(&json, NULL, mn_measurements_note(job->measurements, i));
    for (int i = 0; i < mn_fit_note_count(job->fit); i++)
        json_string(&json, NULL, mn_fit_note(job->fit, i));
    json_close(&json);
    json_close(&json);
    const mn_status status = cli_print_json(job->c, &json);
    text_free(&json.out);
    return status;
}

static void print_metric(text *out, const mn_table *table, int metric, const mn_fit_figures *f)
{
    const char *unit = mn_table_metric_unit(table, metric);
    text_printf(out, "%s (%s): %s terms by %s, %s\n  %d networks, %d parameters", f->metric, unit, f->terms, f->method,
                f->model, f->networks, f->parameters);
    if (!isnan(f->degrees_of_freedom))
        text_printf(out, ", %.1f degrees of freedom", f->degrees_of_freedom);
    text_put(out, "\n");
    if (!isnan(f->leave_one_out_rmse))
        text_printf(out, "  each network from the others: RMSE %.4g %s, %.1f %% within 10 %%\n", f->leave_one_out_rmse,
                    unit, 100 * f->leave_one_out_within_10_percent);
    if (!isnan(f->residual))
        text_printf(out, "  a measurement about the fit: standard deviation %.4g %s\n", f->residual, unit);
    if (!isnan(f->repeat_deviation))
        text_printf(out, "  repeats of one network: standard deviation %.4g %s\n", f->repeat_deviation, unit);
}

static mn_status print_text(const fit_job *job)
{
    text out = {0};
    text_printf(&out, "%d networks of %s", mn_measurements_count(job->measurements), mn_table_name(job->space));
    if (mn_measurements_row_count(job->measurements) != mn_measurements_count(job->measurements))
        text_printf(&out, ", measured %d times", mn_measurements_row_count(job->measurements));
    if (mn_measurements_left_out(job->measurements))
        text_printf(&out, "; %d rows left out (status, or fewer epochs)", mn_measurements_left_out(job->measurements));
    text_put(&out, "\n");
    for (int i = 0; i < mn_fit_metric_count(job->fit); i++)
        print_metric(&out, mn_fit_table(job->fit), i, mn_fit_metric(job->fit, i));
    const mn_status status = cli_print(job->c, &out);
    text_free(&out);
    return status;
}

static void note_all(const fit_job *job)
{
    for (int i = 0; i < mn_measurements_note_count(job->measurements); i++)
        cli_note(job->c, "mathnas fit: %s", mn_measurements_note(job->measurements, i));
    for (int i = 0; i < mn_fit_note_count(job->fit); i++)
        cli_note(job->c, "mathnas fit: %s", mn_fit_note(job->fit, i));
}

/* ---- the subcommand ---------------------------------------------------------------------------------------------------------- */

static mn_status read_measurements(fit_job *job)
{
    cli *c = job->c;
    const int count = cli_count(c, "metric");
    const char **metrics = calloc((size_t)count + 1, sizeof *metrics);
    if (!metrics)
        return cli_fail_memory(c);
    for (int i = 0; i < count; i++)
        metrics[i] = cli_value_at(c, "metric", i);
    cli_end_at_once(c, true);
    const mn_status status =
        mn_measurements_read(job->space, cli_value(c, "measurements"), metrics, count, &job->measurements);
    cli_end_at_once(c, false);
    free(metrics);
    return status == MN_OK ? MN_OK : cli_fail_with(c, status, job->measurements);
}

static mn_status fit_and_write(fit_job *job)
{
    cli *c = job->c;
    mn_fit_options options = mn_fit_default_options();
    options.method = cli_value(c, "method");
    options.terms = cli_value(c, "terms");
    options.inputs = cli_value(c, "inputs");
    options.augment = cli_value(c, "augment");
    options.scale = cli_value(c, "scale");
    options.threads = c->threads;
    options.cancel = cli_cancel();
    mn_status status = mn_fit_create(job->space, job->measurements, &options, &job->fit);
    if (status != MN_OK)
        return cli_fail_with(c, status, job->fit);
    note_all(job);
    status = mn_table_save(mn_fit_table(job->fit), job->path);
    if (status != MN_OK)
        return cli_fail_with(c, status, mn_fit_table(job->fit));
    if (c->json)
        return print_json(job);
    return strcmp(job->path, "-") ? print_text(job) : MN_OK;
}

static mn_status run(cli *c)
{
    fit_job job = {.c = c, .path = cli_value(c, "output")};
    static const char *const needed[][2] = {{"space", "--space SPACE, a file or the name of a shipped space"},
                                            {"measurements", "--measurements FILE, the measured networks"},
                                            {"output", "--output TABLE.json, the table to write"}};
    mn_status status = cli_check_output(c);
    for (int i = 0; i < 3 && status == MN_OK; i++)
        if (!cli_value(c, needed[i][0]))
            status = cli_fail(c, MN_USAGE, "expected %s", needed[i][1]);
    if (status == MN_OK)
        status = cli_load_space(c);
    job.space = c->tables ? c->tables[0] : NULL;
    if (status == MN_OK)
        status = read_measurements(&job);
    if (status == MN_OK)
        status = fit_and_write(&job);
    mn_fit_free(job.fit);
    mn_measurements_free(job.measurements);
    return status;
}

static const cli_option own_options[] = {
    {"space", "SPACE", false,
     "the space that the networks are of: a file, or the name of a shipped space (nasbench201)"},
    {"measurements", "FILE", false,
     "CSV (or .csv.gz) of measured networks: a column per node (or arch, arch_str, number, index), a column per "
     "metric; "
     "optional weight, seed, epochs, status"},
    {"output", "TABLE", false, "the table to write; - is standard output"},
    {"method", "NAME", false,
     "paper, least-squares, ridge, robust or process (default: chosen by cross-validation, for each metric)"},
    {"terms", "NAME", false,
     "additive, pairs, triples or full; default: additive, by the process full where that is at most 65,535 values"},
    {"inputs", "FILE", false,
     "CSV of networks and numbers known beforehand (scores, FLOPs, accuracies after few epochs): ridge and robust fits "
     "start from them"},
    {"augment", "classes", false, "a measurement counts for all networks that compute the same function"},
    {"scale", "FORM", false,
     "with --method paper, of the first metric of which more is better: none (default), reciprocal (mean FLOPs / "
     "FLOPs) or power (of FLOPs, "
     "the exponent fitted)"},
    {"metric", "NAME:UNIT:higher|lower", true,
     "what a column is that neither the space nor a well-known name describes"},
    {0}};

const cli_command cli_fit = {
    "fit",
    "--space SPACE --measurements FILE --output TABLE",
    0,
    0,
    "A table from measured networks: what each block contributes to each metric, with standard errors.",
    "  mathnas fit --space nasbench201 --measurements measured.csv --output mine.json\n"
    "  mathnas fit --space nasbench201 --measurements phone.csv --method robust --output phone.json\n",
    {own_options, cli_common_options},
    run};
