/* What `mathnas evaluate` prints: the figures as text and as JSON. */
#include "host/cli/evaluate.h"

#include <inttypes.h>
#include <math.h>

static void json_rank(json_out *json, const cli_comparison *e)
{
    json_object(json, "network");
    cli_json_network(json, e->table, e->network, true);
    json_double(json, "truth", e->rank.value);
    json_boolean(json, "meets_limits", e->rank.meets);
    json_count(json, "rank", e->rank.rank);
    json_count(json, "among", e->rank.count);
    json_double(json, "best_truth", e->rank.best_value);
    json_close(json);
}

static void json_row(json_out *json, const cli_comparison *e, const char *key, uint64_t row)
{
    const int nodes = mn_table_node_count(e->table);
    json_array(json, key);
    for (int node = 0; e->figures.count && node < nodes; node++)
        json_count(json, NULL, mn_truth_networks(e->truth)[row * (uint64_t)nodes + (uint64_t)node]);
    json_close(json);
}

static void json_limits(json_out *json, const cli_comparison *e)
{
    if (e->cost < 0) {
        json_null(json, "limited");
        return;
    }
    json_object(json, "limited");
    json_string(json, "cost", mn_table_metric_name(e->table, e->cost));
    json_count(json, "limits", (unsigned long long)e->limited.limits);
    json_double(json, "mean_regret", e->limited.mean);
    json_double(json, "worst_regret", e->limited.worst);
    json_double(json, "share_best", e->limited.share_best);
    json_close(json);
}

/* What the metric was fitted to, and whether the figures test its predictions: null where that is not known. */
static void json_fitted(json_out *json, const cli_comparison *e)
{
    mn_fit_origin origin;
    const mn_fit_seen seen = mn_truth_seen(e->truth, e->table, e->metric, e->subset);
    if (!mn_table_metric_origin(e->table, e->metric, &origin)) {
        json_null(json, "fitted");
        return;
    }
    json_object(json, "fitted");
    json_string(json, "measurements", origin.measurements);
    json_count(json, "networks", origin.networks);
    json_string(json, "method", origin.method);
    json_string(json, "terms", origin.terms);
    if (seen == MN_SEEN_UNKNOWN)
        json_null(json, "tests_prediction");
    else
        json_boolean(json, "tests_prediction", seen == MN_SEEN_NONE);
    json_close(json);
}

mn_status cli_evaluate_json(cli_comparison *e)
{
    const mn_evaluation *f = &e->figures;
    static const char *const recalls[] = {"top_10_recall", "top_100_recall", "top_1000_recall"};
    json_out json = {0};
    json_object(&json, NULL);
    json_string(&json, "metric", mn_table_metric_name(e->table, e->metric));
    json_string(&json, "truth_column", mn_truth_column_name(e->truth, e->column));
    json_string(&json, "subset", e->subset);
    json_string(&json, "scale", mn_table_scale_text(e->table));
    json_fitted(&json, e);
    json_count(&json, "count", f->count);
    json_double(&json, "kendall_tau", f->kendall_tau);
    json_double(&json, "spearman", f->spearman);
    json_double(&json, "pearson", f->pearson);
    json_double(&json, "rmse", f->rmse);
    json_double(&json, "mae", f->mae);
    json_double(&json, "within_5_percent", f->within_5_percent);
    json_double(&json, "within_10_percent", f->within_10_percent);
    json_double(&json, "regret", f->regret);
    json_row(&json, e, "chosen", f->chosen);
    json_double(&json, "chosen_truth", f->count ? mn_truth_column(e->truth, e->column)[f->chosen] : NAN);
    json_count(&json, "chosen_rank", f->chosen_rank);
    json_row(&json, e, "true_best", f->true_best);
    json_double(&json, "best_truth", f->count ? mn_truth_column(e->truth, e->column)[f->true_best] : NAN);
    for (int i = 0; i < 3; i++)
        json_double(&json, recalls[i], f->top_recall[i]);
    json_double(&json, "within_1_standard_error", f->within_1_error);
    json_double(&json, "within_2_standard_errors", f->within_2_errors);
    json_double(&json, "error_ratio", f->error_ratio);
    json_limits(&json, e);
    if (e->network)
        json_rank(&json, e);
    json_close(&json);
    const mn_status status = cli_print_json(e->c, &json);
    text_free(&json.out);
    return status;
}

static void print_rank(text *out, const cli_comparison *e)
{
    const char *unit = mn_table_metric_unit(e->table, e->metric);
    text_put(out, "\nnetwork ");
    cli_add_arch(out, e->table, e->network);
    text_printf(out, "\n  true %s %.6g %s: rank %" PRIu64 " of the %" PRIu64 " networks that meet the limits",
                mn_truth_column_name(e->truth, e->column), e->rank.value, unit, e->rank.rank, e->rank.count);
    if (e->rank.count)
        text_printf(out, ", the best of them has %.6g %s", e->rank.best_value, unit);
    text_put(out, e->rank.meets ? "\n" : "\n  (it does not meet them itself)\n");
}

static void print_fitted(text *out, const cli_comparison *e)
{
    static const char *const meanings[] = {
        [MN_SEEN_UNKNOWN] = "those that the truth holds too are no test of prediction; --subset unmeasured "
                            "--measurements FILE leaves them out",
        [MN_SEEN_NONE] = "none of the same function is compared",
        [MN_SEEN_SAME_FILE] = "a file of the truth's name, so this says how well it fits, not how well it predicts",
        [MN_SEEN_ALL] = "all of the space, so this says how well it fits, not how well it predicts"};
    mn_fit_origin origin;
    if (mn_table_metric_origin(e->table, e->metric, &origin))
        text_printf(out, "  fitted to %" PRIu64 " networks of %s: %s\n", origin.networks, origin.measurements,
                    meanings[mn_truth_seen(e->truth, e->table, e->metric, e->subset)]);
}

mn_status cli_evaluate_text(cli_comparison *e)
{
    const mn_evaluation *f = &e->figures;
    const char *unit = mn_table_metric_unit(e->table, e->metric);
    const double *truth = mn_truth_column(e->truth, e->column);
    text out = {0};
    text_printf(&out, "%s of %s%s%s against %s, %s: %" PRIu64 " networks\n", mn_table_metric_name(e->table, e->metric),
                mn_table_name(e->table), *mn_table_scale_text(e->table) ? ", scaled: " : "",
                mn_table_scale_text(e->table), mn_truth_column_name(e->truth, e->column), e->subset, f->count);
    print_fitted(&out, e);
    text_printf(&out, "  Kendall tau-b      %.4f\n  Spearman           %.4f\n  Pearson            %.4f\n",
                f->kendall_tau, f->spearman, f->pearson);
    text_printf(&out, "  RMSE               %.4f %s\n  mean abs. error    %.4f %s\n", f->rmse, unit, f->mae, unit);
    text_printf(&out, "  within 5 %%         %.1f %% of the networks\n  within 10 %%        %.1f %%\n",
                100 * f->within_5_percent, 100 * f->within_10_percent);
    if (f->count)
        text_printf(&out,
                    "  the network that the table ranks first has %.6g %s, rank %" PRIu64
                    "; the best has %.6g %s: regret %.4g\n",
                    truth[f->chosen], unit, f->chosen_rank, truth[f->true_best], unit, f->regret);
    if (f->count && e->cost >= 0 && (cli_has(e->c, "cost") || cli_has(e->c, "limits")))
        text_printf(
            &out,
            "  under %d random limits on the predicted %s: mean regret %.4g %s, worst %.4g, the best network in "
            "%.1f %%\n",
            e->limited.limits, mn_table_metric_name(e->table, e->cost), e->limited.mean, unit, e->limited.worst,
            100 * e->limited.share_best);
    if (!isnan(f->within_1_error))
        text_printf(
            &out,
            "  within 1 and 2 standard errors: %.1f %% and %.1f %% (68 %% and 95 %% where they are right; errors are "
            "%.3g times as large)\n",
            100 * f->within_1_error, 100 * f->within_2_errors, f->error_ratio);
    for (int i = 0, size = 10; i < 3; i++, size *= 10)
        if (!isnan(f->top_recall[i]))
            text_printf(&out, "  of the best %d, %.1f %% are among the predicted best %d\n", size,
                        100 * f->top_recall[i], size);
    if (e->network)
        print_rank(&out, e);
    const mn_status status = cli_print(e->c, &out);
    text_free(&out);
    return status;
}
