/* mathnas info: what a table or space holds, its function classes, and one network of it. */
#include "host/cli/cli.h"
#include "host/cli/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LINE_WIDTH = 100 };

/* What was asked for beside the table itself. */
typedef struct info {
    const mn_table *table;
    const uint16_t *network; /* NULL: none */
    int64_t *values;         /* its metrics, NULL in a space */
    bool has_cost;           /* the skeleton prices it */
    int64_t flops, params;
    bool has_count; /* limits, or rules beside the table's */
    uint64_t feasible;
    bool has_classes;
    mn_class_counts classes;
} info;

/* ---- JSON ------------------------------------------------------------------------------------------------------------------ */

static void json_nodes(json_out *json, const mn_table *table)
{
    json_array(json, "nodes");
    for (int node = 0; node < mn_table_node_count(table); node++) {
        json_object(json, NULL);
        json_string(json, "name", mn_table_node_name(table, node));
        if (*mn_table_node_stage(table, node))
            json_string(json, "stage", mn_table_node_stage(table, node));
        json_array(json, "blocks");
        for (int block = 0; block < mn_table_block_count(table, node); block++) {
            json_object(json, NULL);
            json_string(json, "name", mn_table_block_name(table, node, block));
            for (int i = 0; i < mn_table_attribute_count(table, node, block); i++)
                json_number(json, mn_table_attribute_name(table, node, block, i),
                            mn_table_attribute_text(table, node, block, i));
            json_close(json);
        }
        json_close(json);
        json_close(json);
    }
    json_close(json);
}

/* Which nodes each factor is about; nothing when there are none. */
static void json_factors(json_out *json, const mn_table *table, int metric)
{
    char number[24];
    if (mn_table_factor_count(table, metric) == 0)
        return;
    json_array(json, "factors");
    for (int factor = 0; factor < mn_table_factor_count(table, metric); factor++) {
        json_array(json, NULL);
        for (int i = 0; i < mn_table_factor_node_count(table, metric, factor); i++) {
            snprintf(number, sizeof number, "%d", mn_table_factor_node(table, metric, factor, i));
            json_number(json, NULL, number);
        }
        json_close(json);
    }
    json_close(json);
}

static void json_link(json_out *json, const mn_table *table, int metric)
{
    char number[MN_NUMBER_SIZE];
    const mn_resolution latent = mn_table_metric_value_resolution(table, metric);
    if (mn_table_link_knots(table, metric) == 0)
        return;
    json_object(json, "link");
    json_string(json, "form", "knots");
    json_number(json, "latent_resolution", mn_format(1, latent, number));
    json_array(json, "knots");
    for (int knot = 0; knot < mn_table_link_knots(table, metric); knot++) {
        json_array(json, NULL);
        json_number(json, NULL, mn_format(mn_table_link_knot_latent(table, metric, knot), latent, number));
        json_number(json, NULL,
                    mn_format(mn_table_link_knot_value(table, metric, knot), mn_table_metric_resolution(table, metric),
                              number));
        json_close(json);
    }
    json_close(json);
    json_close(json);
}

static void json_metric_list(json_out *json, const mn_table *table)
{
    char number[MN_NUMBER_SIZE];
    json_array(json, "metrics");
    for (int i = 0; i < mn_table_metric_count(table); i++) {
        const mn_resolution resolution = mn_table_metric_resolution(table, i);
        int64_t smallest, largest;
        json_object(json, NULL);
        json_string(json, "name", mn_table_metric_name(table, i));
        json_string(json, "unit", mn_table_metric_unit(table, i));
        json_string(json, "better", mn_table_metric_higher_is_better(table, i) ? "higher" : "lower");
        json_number(json, "resolution", mn_format(1, resolution, number));
        if (mn_table_has_values(table)) {
            json_number(json, "base",
                        mn_format(mn_table_metric_base(table, i), mn_table_metric_value_resolution(table, i), number));
            if (mn_table_metric_range(table, i, &smallest, &largest) == MN_OK) {
                json_number(json, "smallest", mn_format(smallest, resolution, number));
                json_number(json, "largest", mn_format(largest, resolution, number));
            }
            json_double(json, "largest_rounding", mn_table_metric_largest_rounding(table, i));
            json_factors(json, table, i);
            json_link(json, table, i);
        }
        json_close(json);
    }
    json_close(json);
}

/* A metric of the network as a number; where the table lacks it, what the skeleton says; else null. */
static void json_cost(json_out *json, const info *asked, const char *name, int64_t by_skeleton)
{
    const int metric = mn_table_find_metric(asked->table, name);
    char number[MN_NUMBER_SIZE];
    if (asked->values && metric >= 0)
        json_number(json, name,
                    mn_format(asked->values[metric], mn_table_metric_resolution(asked->table, metric), number));
    else if (asked->has_cost)
        json_count(json, name, (unsigned long long)by_skeleton);
    else
        json_null(json, name);
}

static void json_one_network(json_out *json, const info *asked)
{
    const mn_table *table = asked->table;
    char encoded[1024];
    json_object(json, "network");
    cli_json_network(json, table, asked->network, true);
    if (mn_network_encode(table, asked->network, encoded, sizeof encoded))
        json_string(json, "arch_str", encoded);
    if (mn_network_index(table, asked->network) >= 0)
        json_count(json, "index", (unsigned long long)mn_network_index(table, asked->network));
    if (asked->values) {
        cli_json_metrics(json, table, asked->values);
    } else {
        json_object(json, "metrics");
        json_close(json);
    }
    json_cost(json, asked, "flops", asked->flops);
    json_cost(json, asked, "params", asked->params);
    json_close(json);
}

/* Counts of a space without skeleton may pass 64 bits: there they are its number of networks. */
static void json_class_count(json_out *json, const info *asked, const char *key, uint64_t count)
{
    const char *admissible = mn_table_admissible_count_text(asked->table);
    if (count == UINT64_MAX)
        json_number(json, key, *admissible ? admissible : "null");
    else
        json_count(json, key, count);
}

static void json_classes(json_out *json, const info *asked)
{
    json_object(json, "classes");
    json_class_count(json, asked, "count", asked->classes.classes);
    json_class_count(json, asked, "functions", asked->classes.functions);
    json_count(json, "constant", asked->classes.constant);
    json_close(json);
}

static mn_status print_json(cli *c, const info *asked)
{
    const mn_table *table = asked->table;
    json_out json = {0};
    json_object(&json, NULL);
    json_string(&json, "name", mn_table_name(table));
    json_string(&json, "path", mn_table_path(table));
    json_string(&json, "format", mn_table_has_values(table) ? "mathnas-table" : "mathnas-space");
    json_string(&json, "encoding", mn_table_encoding(table));
    json_string(&json, "source", mn_table_source(table));
    json_nodes(&json, table);
    json_metric_list(&json, table);
    json_number(&json, "networks", mn_table_network_count_text(table));
    const char *admissible = mn_table_admissible_count_text(table);
    json_number(&json, "admissible", *admissible ? admissible : "null");
    if (asked->has_count)
        json_count(&json, "feasible", asked->feasible);
    json_array(&json, "rules");
    for (int i = 0; i < mn_table_rule_count(table); i++)
        json_number(&json, NULL, mn_table_rule_text(table, i));
    json_close(&json);
    json_string(&json, "scale", mn_table_scale_text(table));
    if (asked->has_classes)
        json_classes(&json, asked);
    if (asked->network)
        json_one_network(&json, asked);
    json_close(&json);
    const mn_status status = cli_print_json(c, &json);
    text_free(&json.out);
    return status;
}

/* ---- text ------------------------------------------------------------------------------------------------------------------ */

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static void print_nodes(text *out, const mn_table *table)
{
    const int widest = cli_node_width(table);
    int digits = 3;
    for (int node = 0; node < mn_table_node_count(table); node++)
        digits = larger(digits, snprintf(NULL, 0, "%d", mn_table_block_count(table, node)));
    text_printf(out, "\n%d nodes\n", mn_table_node_count(table));
    for (int node = 0; node < mn_table_node_count(table); node++) {
        const int count = mn_table_block_count(table, node);
        int column = widest + digits + 13;
        text_put(out, "  ");
        text_column(out, mn_table_node_name(table, node), widest);
        text_printf(out, "  %*d blocks: ", digits, count);
        for (int block = 0; block < count; block++) {
            const char *name = mn_table_block_name(table, node, block);
            column += text_width(name) + 2;
            if (column > LINE_WIDTH && block + 1 < count) {
                text_printf(out, "... %s", mn_table_block_name(table, node, count - 1));
                break;
            }
            text_printf(out, "%s%s", name, block + 1 < count ? ", " : "");
        }
        text_put(out, "\n");
    }
}

/* ", 15 factors over 2 nodes", ", link of 3 knots" */
static void print_factors(text *out, const mn_table *table, int metric)
{
    int least = 0, most = 0;
    const int factors = mn_table_factor_count(table, metric), knots = mn_table_link_knots(table, metric);
    for (int i = 0; i < factors; i++) {
        const int nodes = mn_table_factor_node_count(table, metric, i);
        least = i == 0 || nodes < least ? nodes : least;
        most = larger(most, nodes);
    }
    if (factors > 0)
        text_printf(out, ", %d factor%s over %d", factors, factors > 1 ? "s" : "", least);
    if (factors > 0 && most > least)
        text_printf(out, " to %d", most);
    if (factors > 0)
        text_put(out, " nodes");
    if (knots > 0)
        text_printf(out, ", link of %d knots", knots);
}

static void print_metrics(text *out, const mn_table *table)
{
    char low[MN_NUMBER_SIZE], high[MN_NUMBER_SIZE], resolution[MN_NUMBER_SIZE], base[MN_NUMBER_SIZE];
    int widest_name = 12, widest_unit = 6;
    for (int i = 0; i < mn_table_metric_count(table); i++) {
        widest_name = larger(widest_name, text_width(mn_table_metric_name(table, i)));
        widest_unit = larger(widest_unit, text_width(mn_table_metric_unit(table, i)));
    }
    text_printf(out, "\n%d metrics\n", mn_table_metric_count(table));
    for (int i = 0; i < mn_table_metric_count(table); i++) {
        const mn_resolution r = mn_table_metric_resolution(table, i);
        int64_t smallest, largest;
        text_put(out, "  ");
        text_column(out, mn_table_metric_name(table, i), widest_name + 1);
        text_column(out, mn_table_metric_unit(table, i), widest_unit + 1);
        text_printf(out, "%s is better, resolution %s",
                    mn_table_metric_higher_is_better(table, i) ? "higher" : "lower ", mn_format(1, r, resolution));
        if (mn_table_has_values(table) && mn_table_metric_range(table, i, &smallest, &largest) == MN_OK)
            text_printf(out, ", base %s, from %s to %s",
                        mn_format(mn_table_metric_base(table, i), mn_table_metric_value_resolution(table, i), base),
                        mn_format(smallest, r, low), mn_format(largest, r, high));
        print_factors(out, table, i);
        if (mn_table_metric_largest_rounding(table, i) > 0)
            text_printf(out, ", largest rounding %.3g", mn_table_metric_largest_rounding(table, i));
        text_put(out, "\n");
    }
}

static void print_network(text *out, const info *asked)
{
    text_put(out, "\nnetwork ");
    cli_add_arch(out, asked->table, asked->network);
    text_put(out, "\n");
    cli_describe_network(out, asked->table, asked->network, asked->values);
    if (asked->has_cost && (!asked->values || mn_table_find_metric(asked->table, "flops") < 0))
        text_printf(out, "  flops         %" PRId64 " FLOPs\n", asked->flops);
    if (asked->has_cost && (!asked->values || mn_table_find_metric(asked->table, "params") < 0))
        text_printf(out, "  params        %" PRId64 " parameters\n", asked->params);
}

static void print_classes(text *out, const info *asked)
{
    const mn_class_counts *counts = &asked->classes;
    if (counts->classes == UINT64_MAX || counts->classes == counts->networks)
        text_put(out, "every network is a function class of its own\n");
    else if (counts->classes == counts->functions)
        text_printf(out, "%" PRIu64 " function classes\n", counts->classes);
    else
        text_printf(out, "%" PRIu64 " function classes: %" PRIu64 " functions, told apart by live operations\n",
                    counts->classes, counts->functions);
    if (counts->constant)
        text_printf(out, "%" PRIu64 " networks have no path from input to output\n", counts->constant);
}

static mn_status print_text(cli *c, const info *asked)
{
    const mn_table *table = asked->table;
    text out = {0};
    const char *admissible = mn_table_admissible_count_text(table);
    text_printf(&out, "%s  (%s)\n", mn_table_name(table), mn_table_path(table));
    if (*mn_table_source(table))
        text_printf(&out, "source: %s\n", mn_table_source(table));
    if (*mn_table_encoding(table))
        text_printf(&out, "encoding: %s\n", mn_table_encoding(table));
    print_nodes(&out, table);
    print_metrics(&out, table);
    if (*mn_table_scale_text(table))
        text_printf(&out, "\nscale: %s\n", mn_table_scale_text(table));
    if (mn_table_rule_count(table))
        text_printf(&out, "\n%d rules\n", mn_table_rule_count(table));
    for (int i = 0; i < mn_table_rule_count(table); i++)
        text_printf(&out, "  %s\n", mn_table_rule_text(table, i));
    text_printf(&out, "\n%s networks", mn_table_network_count_text(table));
    if (mn_table_rule_count(table))
        text_printf(&out, ", %s obey the rules", *admissible ? admissible : "an unknown number of which");
    text_put(&out, "\n");
    if (asked->has_count)
        text_printf(&out, "%" PRIu64 " of them meet the limits and rules asked for\n", asked->feasible);
    if (asked->has_classes)
        print_classes(&out, asked);
    if (asked->network)
        print_network(&out, asked);
    const mn_status status = cli_print(c, &out);
    text_free(&out);
    return status;
}

static mn_status ask_network(cli *c, const char *arch, mn_networks **networks, info *asked)
{
    mn_status status = mn_networks_parse(asked->table, arch, networks);
    if (status != MN_OK)
        return cli_fail_with(c, status, *networks);
    asked->network = mn_networks_choices(*networks);
    asked->has_cost = mn_network_cost(asked->table, asked->network, &asked->flops, &asked->params);
    if (mn_table_has_values(asked->table))
        status = cli_predict(c, NULL, asked->table, asked->network, 1, &asked->values);
    return status;
}

/* The networks that meet --limit, --fix, --forbid and --rule. */
static mn_status count_networks(cli *c, info *asked)
{
    mn_solver *solver = NULL;
    mn_status status = cli_make_solver(c, &solver);
    if (status == MN_OK) {
        mn_options options = mn_default_options();
        options.threads = c->threads;
        cli_set_running(solver);
        status = mn_solver_count(solver, &options, &asked->feasible);
        cli_set_running(NULL);
        if (status != MN_OK)
            cli_fail_with(c, status, solver);
    }
    mn_solver_free(solver);
    return status;
}

static mn_status run(cli *c)
{
    mn_status status = cli_load_tables(c);
    if (status != MN_OK)
        return status;
    info asked = {.table = c->tables[0], .has_classes = cli_has(c, "classes")};
    const char *arch = cli_value(c, "arch");
    mn_networks *networks = NULL;
    if (arch)
        status = ask_network(c, arch, &networks, &asked);
    if (status == MN_OK && asked.has_classes) {
        cli_end_at_once(c, true);
        status = mn_table_count_classes(asked.table, &asked.classes);
        cli_end_at_once(c, false);
        if (status != MN_OK)
            cli_fail_with(c, status, asked.table);
    }
    asked.has_count = cli_has(c, "limit") || cli_has(c, "fix") || cli_has(c, "forbid") || cli_has(c, "rule");
    if (status == MN_OK && asked.has_count)
        status = count_networks(c, &asked);
    if (status == MN_OK)
        status = (c->json ? print_json : print_text)(c, &asked);
    free(asked.values);
    mn_networks_free(networks);
    return status;
}

static const cli_option own_options[] = {
    {"arch", "LIST", false, "also one network: blocks separated by commas (indices or names), or the table's encoding"},
    {"classes", NULL, false, "also how many functions the networks compute: those of one class are measured once"},
    {0}};

const cli_command cli_info = {
    "info",
    "TABLE|SPACE",
    1,
    1,
    "What a table or space holds, its size, its function classes; how many networks meet limits and rules.",
    "  mathnas info nasbench201/edgegpu\n"
    "  mathnas info mobilenetv3/tx2gpu --arch 3,4,4,4,3\n"
    "  mathnas info spaces/nasbench201 --classes\n"
    "  mathnas info nasbench201/edgegpu --limit 'latency<=5000' --limit 'accuracy>=30'\n",
    {own_options, cli_problem_options, cli_scale_options, cli_common_options},
    run};
