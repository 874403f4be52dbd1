/* mathnas evaluate: a table's predictions against measured truth, and what the truth says of one network. */
#include "host/cli/commands.h"
#include "host/cli/csv_out.h"
#include "host/cli/evaluate.h"
#include "host/cli/plot.h"

#include <string.h>

/* ---- what is compared -------------------------------------------------------------------------------------------------------- */

/* The truth's columns whose names begin with `beginning`, but for one, as a list in words. */
static text list_columns(const cli_comparison *e, const char *beginning, int but)
{
    text list = {0};
    for (int i = 0; i < mn_truth_column_count(e->truth); i++)
        if (i != but && !strncmp(mn_truth_column_name(e->truth, i), beginning, strlen(beginning)))
            text_printf(&list, "%s%s", list.length ? ", " : "", mn_truth_column_name(e->truth, i));
    return list;
}

/* The first column that begins with "NAME_", with a note of the others that do. */
static mn_status guess_column(cli_comparison *e, const char *name)
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

static mn_status choose_metric(cli_comparison *e)
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

static mn_status read_measurements(cli_comparison *e)
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
static mn_status choose_cost(cli_comparison *e)
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

static mn_status measure_limits(cli_comparison *e)
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
static mn_status choose_network(cli_comparison *e)
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

static mn_status rank_network(cli_comparison *e)
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

/* ---- the subcommand ---------------------------------------------------------------------------------------------------------- */

static mn_status compare(cli_comparison *e)
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
        status = cli_evaluate_pairs(e, output);
    if (status == MN_OK && picture)
        status = cli_evaluate_plot(e, picture);
    if (status != MN_OK)
        return status;
    if (c->json)
        return cli_evaluate_json(e);
    return output && !strcmp(output, "-") ? MN_OK : cli_evaluate_text(e);
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
    cli_comparison e = {
        .c = c, .table = c->tables[0], .subset = cli_value(c, "subset") ? cli_value(c, "subset") : "all"};
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
