/* The networks that `mathnas evaluate` compared, one by one: predicted and true values as CSV or as a scatter plot. */
#include "host/cli/csv_out.h"
#include "host/cli/evaluate.h"
#include "host/cli/plot.h"
#include "host/files/output.h"

/* [rows of the truth] whether the subset holds them; NULL, with a sentence, when that failed. */
static bool *find_compared(cli_comparison *e)
{
    const uint64_t count = mn_truth_count(e->truth);
    uint64_t *rows = calloc(count + 1, sizeof *rows), found = 0;
    bool *compared = rows ? calloc(count + 1, sizeof *compared) : NULL;
    mn_status status = compared ? mn_evaluate_rows(e->table, e->truth, e->column, e->subset, rows, &found) : MN_OK;
    if (!compared)
        cli_fail_memory(e->c);
    else if (status != MN_OK)
        cli_fail_with(e->c, status, e->truth);
    for (uint64_t i = 0; i < found; i++)
        compared[rows[i]] = true;
    free(rows);
    if (status == MN_OK)
        return compared;
    free(compared);
    return NULL;
}

/* The compared rows with both values: as CSV in the truth's order, or as points for a picture. */
static mn_status collect_pairs(cli_comparison *e, bool csv, text *out)
{
    const uint64_t count = mn_truth_count(e->truth);
    const int nodes = mn_table_node_count(e->table), metrics = mn_table_metric_count(e->table);
    const double *truth = mn_truth_column(e->truth, e->column);
    char number[MN_NUMBER_SIZE];
    int64_t *values;
    const mn_status status = cli_predict(e->c, e->c->device, e->table, mn_truth_networks(e->truth), count, &values);
    bool *compared = status == MN_OK ? find_compared(e) : NULL;
    if (!compared) {
        if (status == MN_OK)
            free(values);
        return status == MN_OK ? MN_FAILURE : status;
    }
    for (uint64_t row = 0; row < count; row++) {
        if (!compared[row])
            continue;
        const char *predicted = mn_format(values[row * (uint64_t)metrics + (uint64_t)e->metric],
                                          mn_table_metric_resolution(e->table, e->metric), number);
        if (csv) {
            cli_add_arch(out, e->table, mn_truth_networks(e->truth) + row * (uint64_t)nodes);
            text_printf(out, ",%s,%.15g\n", predicted, truth[row]);
        } else {
            text_printf(out, "%.10g %s\n", truth[row], predicted);
        }
    }
    free(values);
    free(compared);
    return out->failed ? cli_fail_memory(e->c) : MN_OK;
}

mn_status cli_evaluate_pairs(cli_comparison *e, const char *path)
{
    text out = {0};
    for (int node = 0; node < mn_table_node_count(e->table); node++) {
        csv_add_cell(&out, mn_table_node_name(e->table, node));
        text_put(&out, ",");
    }
    text_put(&out, "predicted,truth\n");
    mn_status status = collect_pairs(e, true, &out);
    mn_error error = {0};
    mn_output *output;
    if (status == MN_OK && (status = mn_output_open(path, &error, &output)) == MN_OK) {
        mn_output_write(output, out.data, out.length);
        status = mn_output_commit(output);
    }
    text_free(&out);
    return status == MN_OK || e->c->error[0] ? status : cli_fail(e->c, status, "%s", error.text);
}

mn_status cli_evaluate_plot(cli_comparison *e, const char *path)
{
    text points = {0};
    mn_status status = collect_pairs(e, false, &points);
    const plot_request request = {.title = mn_table_name(e->table),
                                  .x = mn_truth_column_name(e->truth, e->column),
                                  .y = mn_table_metric_name(e->table, e->metric),
                                  .style = "dots",
                                  .points = &points};
    if (status == MN_OK)
        status = plot_write(e->c, &request, path);
    text_free(&points);
    return status;
}
