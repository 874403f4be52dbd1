/* mathnas evaluate: a table's predictions against measured truth, and what the truth says of one network. */
#include "host/cli/csv_out.h"
#include "host/cli/commands.h"
#include "host/cli/plot.h"
#include "host/files/output.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef struct comparison {
    cli *c;
    const mn_table *table;
    mn_truth *truth;
    int metric, column;
    const char *subset;
    mn_evaluation figures;
    mn_solver *solver; /* with --limit or --arch */
    uint16_t *network; /* the one that is looked at, NULL: none */
    mn_rank rank;
    mn_networks *measured; /* with --measurements */
    int cost;              /* metric of the random limits, -1: none */
    mn_limit_regret limited;
} comparison;

/* ---- what is compared -------------------------------------------------------------------------------------------------------- */

/* The truth's columns whose names begin with `beginning`, but for one, as a list in words. */
static text list_columns(const comparison *e, const char *beginning, int but)
{
    text list = {0};
    for (int i = 0; i < mn_truth_column_count(e->truth); i++)
        if (i != but && !strncmp(mn_truth_column_name(e->truth, i), beginning, strlen(beginning)))
            text_printf(&list, "%s%s", list.length ? ", " : "", mn_truth_column_name(e->truth, i));
    return list;
}

/* The first column that begins with "NAME_", with a note of the others that do. */
static mn_status guess_column(comparison *e, const char *name)
{
    text beginning = {0};
    text_printf(&beginning, "%s_", name);
    if (!beginning.data)
        return cli_fail_memory(e->c);
    for (int i = 0; e->column < 0 && i < mn_truth_column_count(e->truth); i++)
        if (!strncmp(mn_truth_column_name(e->truth, i), beginning.data, beginning.length))
            e->column = i;
    text others = list_columns(e, e->column < 0 ? "" : beginning.data, e->column);
    mn_status status = MN_OK;
    if (e->column < 0)
        status =
            cli_fail(e->c, MN_USAGE, "the truth has no column for \"%s\"; choose one with --metric %s=COLUMN from %s",
                     name, name, others.data ? others.data : "");
    else if (others.length)
        cli_note(e->c,
                 "mathnas evaluate: %s is compared with the truth's column %s, the first that begins with \"%s\"; "
                 "--metric %s=COLUMN chooses another: %s",
                 name, mn_truth_column_name(e->truth, e->column), beginning.data, name, others.data);
    else
        cli_note(e->c, "mathnas evaluate: %s is compared with the truth's column %s", name,
                 mn_truth_column_name(e->truth, e->column));
    text_free(&others);
    text_free(&beginning);
    return status;
}

static mn_status choose_metric(comparison *e)
{
    const char *given = cli_value(e->c, "metric");
    const size_t length = given ? strcspn(given, "=") : 0;
    if (given) {
        char *name = strndup(given, length);
        if (!name)
            return cli_fail_memory(e->c);
        e->metric = mn_table_find_metric(e->table, name);
        free(name);
        if (e->metric < 0)
            return cli_fail(e->c, MN_USAGE, "--metric: table \"%s\" has no metric \"%.*s\"", mn_table_name(e->table),
                            (int)length, given);
    }
    const char *name = mn_table_metric_name(e->table, e->metric);
    if (!given || !given[length]) {
        e->column = mn_truth_find_column(e->truth, name);
        return e->column < 0 ? guess_column(e, name) : MN_OK;
    }
    e->column = mn_truth_find_column(e->truth, given + length + 1);
    if (e->column < 0)
        return cli_fail(e->c, MN_USAGE, "--metric: the truth has no column \"%.200s\"", given + length + 1);
    return MN_OK;
}

/* ---- what the table has seen, and limits -------------------------------------------------------------------------------------- */

static mn_status read_measurements(comparison *e)
{
    cli *c = e->c;
    const char *path = cli_value(c, "measurements");
    if (!path && !strcmp(e->subset, "unmeasured"))
        return cli_fail(c, MN_USAGE, "--subset unmeasured: expected --measurements FILE, what the table was fitted to");
    if (!path)
        return MN_OK;
    mn_status status = mn_networks_read(e->table, path, &e->measured);
    if (status != MN_OK)
        return cli_fail_with(c, status, e->measured);
    status = mn_truth_set_measured(e->truth, e->table, e->measured);
    return status == MN_OK ? MN_OK : cli_fail_with(c, status, e->truth);
}

/* The metric of --cost, else the first one, other than that compared, that is better when lower. */
static mn_status choose_cost(comparison *e)
{
    const char *given = cli_value(e->c, "cost");
    e->cost = -1;
    if (given) {
        e->cost = mn_table_find_metric(e->table, given);
        if (e->cost < 0)
            return cli_fail(e->c, MN_USAGE, "--cost: table \"%s\" has no metric \"%.100s\"", mn_table_name(e->table),
                            given);
    }
    for (int i = 0; e->cost < 0 && !given && i < mn_table_metric_count(e->table); i++)
        if (i != e->metric && !mn_table_metric_higher_is_better(e->table, i))
            e->cost = i;
    return MN_OK;
}

static mn_status measure_limits(comparison *e)
{
    uint64_t limits = 1000, seed = 0;
    mn_status status = cli_integer(e->c, "limits", 1, 1000000, &limits);
    if (status == MN_OK)
        status = cli_integer(e->c, "seed", 0, UINT64_MAX, &seed);
    if (status == MN_OK)
        status = choose_cost(e);
    if (status != MN_OK || e->cost < 0)
        return status;
    status = mn_evaluate_limits(e->table, e->metric, e->cost, e->truth, e->column, e->subset, (int)limits, seed,
                                &e->limited);
    return status == MN_OK ? MN_OK : cli_fail_with(e->c, status, e->truth);
}

/* ---- one network ------------------------------------------------------------------------------------------------------------- */

/* The network of --arch, or the table's best under the limits. */
static mn_status choose_network(comparison *e)
{
    const char *arch = cli_value(e->c, "arch");
    const size_t nodes = (size_t)mn_table_node_count(e->table);
    mn_networks *parsed = NULL;
    const mn_result *result = NULL;
    mn_status status = MN_OK;
    e->network = calloc(nodes, sizeof *e->network);
    if (!e->network)
        return cli_fail_memory(e->c);
    if (arch) {
        status = mn_networks_parse(e->table, arch, &parsed);
        if (status == MN_OK)
            memcpy(e->network, mn_networks_choices(parsed), nodes * sizeof *e->network);
        else
            cli_fail_with(e->c, status, parsed);
        mn_networks_free(parsed);
        return status;
    }
    const char *name = mn_table_metric_name(e->table, e->metric);
    status = (mn_table_metric_higher_is_better(e->table, e->metric) ? mn_solver_maximize
                                                                    : mn_solver_minimize)(e->solver, name);
    mn_options options = mn_default_options();
    options.threads = e->c->threads;
    cli_set_running(e->solver);
    if (status == MN_OK)
        status = mn_solver_solve(e->solver, &options, &result);
    cli_set_running(NULL);
    if (status != MN_OK)
        return cli_fail_with(e->c, status, e->solver);
    memcpy(e->network, result->solutions[0].network, nodes * sizeof *e->network);
    return MN_OK;
}

static mn_status rank_network(comparison *e)
{
    if (!cli_value(e->c, "arch") && !cli_count(e->c, "limit"))
        return MN_OK;
    mn_status status = cli_make_solver(e->c, &e->solver);
    if (status == MN_OK)
        status = choose_network(e);
    if (status != MN_OK)
        return status;
    status = mn_truth_rank(e->truth, e->column, e->solver, e->network,
                           mn_table_metric_higher_is_better(e->table, e->metric), &e->rank);
    return status == MN_OK ? MN_OK : cli_fail_with(e->c, status, e->truth);
}

/* ---- output ------------------------------------------------------------------------------------------------------------------ */

static void json_rank(json_out *json, const comparison *e)
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

static void json_row(json_out *json, const comparison *e, const char *key, uint64_t row)
{
    const int nodes = mn_table_node_count(e->table);
    json_array(json, key);
    for (int node = 0; e->figures.count && node < nodes; node++)
        json_count(json, NULL, mn_truth_networks(e->truth)[row * (uint64_t)nodes + (uint64_t)node]);
    json_close(json);
}

static void json_limits(json_out *json, const comparison *e)
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
static void json_fitted(json_out *json, const comparison *e)
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

static mn_status print_json(comparison *e)
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

static void print_rank(text *out, const comparison *e)
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

static void print_fitted(text *out, const comparison *e)
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

static mn_status print_text(comparison *e)
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

/* ---- scatter ----------------------------------------------------------------------------------------------------------------- */

/* [rows of the truth] whether the subset holds them; NULL, with a sentence, when that failed. */
static bool *find_compared(comparison *e)
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
static mn_status collect_pairs(comparison *e, bool csv, text *out)
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

static mn_status write_pairs(comparison *e, const char *path)
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

static mn_status draw_pairs(comparison *e, const char *path)
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

/* ---- the subcommand ---------------------------------------------------------------------------------------------------------- */

static mn_status compare(comparison *e)
{
    cli *c = e->c;
    const char *output = cli_value(c, "output"), *picture = cli_value(c, "plot");
    cli_end_at_once(c, true); /* until a file is written */
    mn_status status = mn_truth_read(e->table, cli_value(c, "truth"), &e->truth);
    if (status != MN_OK)
        return cli_fail_with(c, status, e->truth);
    status = choose_metric(e);
    if (status == MN_OK)
        status = read_measurements(e);
    if (status == MN_OK &&
        (status = mn_evaluate(e->table, e->metric, e->truth, e->column, e->subset, &e->figures)) != MN_OK)
        cli_fail_with(c, status, e->truth);
    if (status == MN_OK)
        status = measure_limits(e);
    if (status == MN_OK)
        status = rank_network(e);
    cli_end_at_once(c, false);
    if (status == MN_OK && output)
        status = write_pairs(e, output);
    if (status == MN_OK && picture)
        status = draw_pairs(e, picture);
    if (status != MN_OK)
        return status;
    if (c->json)
        return print_json(e);
    return output && !strcmp(output, "-") ? MN_OK : print_text(e);
}

static mn_status run(cli *c)
{
    mn_status status = cli_check_output(c);
    if (status == MN_OK && cli_value(c, "plot"))
        status = plot_check_path(c, "plot", cli_value(c, "plot"));
    if (status == MN_OK && !cli_value(c, "truth"))
        status = cli_fail(c, MN_USAGE, "expected --truth FILE");
    if (status == MN_OK)
        status = cli_load_tables(c);
    if (status != MN_OK)
        return status;
    comparison e = {.c = c, .table = c->tables[0], .subset = cli_value(c, "subset") ? cli_value(c, "subset") : "all"};
    if (!mn_table_has_values(e.table))
        return cli_fail(c, MN_USAGE, "\"%s\" is a space without values: nothing to compare", mn_table_name(e.table));
    status = compare(&e);
    free(e.network);
    mn_solver_free(e.solver);
    mn_truth_free(e.truth);
    mn_networks_free(e.measured);
    return status;
}

static const cli_option own_options[] = {
    {"truth", "FILE", false,
     "CSV (or .csv.gz) of networks and measured metrics, or the name of a shipped space (nasbench201)"},
    {"metric", "NAME[=COLUMN]", false,
     "metric of the table, and the truth's column (default: the first metric; the column of its name, else the first "
     "that begins with it)"},
    {"subset", "NAME", false,
     "all (default); reachable: networks of cells without operations that cannot influence the output; "
     "unmeasured: "
     "networks of whose function class --measurements holds none"},
    {"measurements", "FILE", false, "CSV of the networks that the table was fitted to, for --subset unmeasured"},
    {"cost", "METRIC", false,
     "regret under random limits on this metric of the table (with --json always: the first other metric that is "
     "better when lower)"},
    {"limits", "N", false, "how many random limits (default 1000)"},
    {"seed", "S", false, "seed of the random limits (default 0)"},
    {"arch", "LIST", false, "what the truth says of this network, and its rank among those that meet the limits"},
    {"output", "FILE", false, "CSV of each network's predicted value and truth"},
    {"plot", "FILE.svg", false, "a picture of predicted values over truth (needs gnuplot)"},
    {0}};

const cli_command cli_evaluate = {
    "evaluate",
    "TABLE",
    1,
    1,
    "Predictions of a table against a truth file: Kendall tau-b, Spearman, errors, regret.\n"
    "With --limit (and without --arch): also the true value and rank of the table's best network under these limits.",
    "  mathnas evaluate nasbench201/edgegpu --truth nasbench201 --metric accuracy=accuracy_imagenet16\n"
    "  mathnas evaluate nasbench201/edgegpu --truth nasbench201 --metric accuracy=accuracy_imagenet16 --scale "
    "reciprocal --limit 'latency<=5000'\n",
    {own_options, cli_problem_options, cli_scale_options, cli_common_options},
    run};
