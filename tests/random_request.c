#include "tests/random_request.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL_LIMITS (~0u)

enum { DECIMALS = 8 };

static int below(uint64_t *state, int bound)
{
    return (int)random_below(state, (uint64_t)bound);
}

int64_t in_units(int64_t multiples, mn_resolution resolution)
{
    cr_assert_leq(resolution.decimals, DECIMALS);
    __int128 value = (__int128)multiples * resolution.mantissa;
    for (int i = resolution.decimals; i < DECIMALS; i++)
        value *= 10;
    cr_assert(value < INT64_MAX && value > -INT64_MAX, "a value passes 64 bits in units of 10^-8");
    return (int64_t)value;
}

void write_decimal(int64_t value, char text[32])
{
    const uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    snprintf(text, 32, "%s%" PRIu64 ".%08" PRIu64, value < 0 ? "-" : "", size / 100000000, size % 100000000);
}

/* ---- all networks -------------------------------------------------------------------------------------------------------- */

/* base + sum * g(F), within what its integers may differ by: one rounding, and the stated error of g. */
static void check_scaled(const mn_table *table, const char *scale, long double mean, int64_t predicted, int64_t plain,
                         int by, int64_t capability)
{
    const long double sum = plain - mn_table_metric_base(table, 0);
    long double factor, exponent, g = mean / capability, error = ldexpl(1, -33);
    if (sscanf(scale, "power=%Lf,%Lf", &factor, &exponent) == 2) {
        const int decimals = mn_table_metric_resolution(table, by).decimals;
        g = factor * powl(capability * powl(10, -decimals), exponent);
        error = ldexpl(1, -32) + g * ldexpl(1.5L * fabsl(exponent) + 3, -40);
    }
    const long double expected = mn_table_metric_base(table, 0) + sum * g;
    cr_assert(fabsl(predicted - expected) <= 0.501L + fabsl(sum) * error, "%s, scale %s: %" PRId64 ", expected %Lf",
              mn_table_name(table), scale, predicted, expected);
}

/* The scaled metric (always metric 0) of one table's networks first .. first + count - 1. */
static void predict_scaled(all_networks *all, const mn_table *table, const char *scale, int first, int count)
{
    const int by = mn_table_find_metric(table, mn_table_find_metric(table, "flops") < 0 ? "latency" : "flops");
    const int nodes = mn_table_node_count(table);
    uint16_t *networks = malloc((size_t)(count * nodes) * sizeof *networks);
    int64_t *scaled = malloc((size_t)count * sizeof *scaled), *plain = malloc((size_t)count * sizeof *plain);
    int64_t *columns[MOST_METRICS] = {scaled};
    long double mean = 0;
    const int64_t unit = in_units(1, mn_table_metric_resolution(table, by)),
                  own_unit = in_units(1, mn_table_metric_resolution(table, 0));
    for (int i = 0; i < count; i++) {
        memcpy(networks + i * nodes, all->choices[first + i], (size_t)nodes * sizeof *networks);
        plain[i] = all->values[0][first + i] / own_unit;
        mean += (long double)(all->values[by][first + i] / unit) / count;
    }
    cr_assert_eq(mn_predict(table, networks, 2, (uint64_t)count, 1, columns), MN_OK);
    for (int i = 0; i < count; i++) {
        check_scaled(table, scale, roundl(mean), scaled[i], plain[i], by, all->values[by][first + i] / unit);
        all->values[0][first + i] = scaled[i] * own_unit;
    }
    free(networks);
    free(scaled);
    free(plain);
}

/* A metric's sum over blocks and factors. */
static int64_t sum_of(const mn_table *table, int metric, const uint16_t *network)
{
    int64_t value = mn_table_metric_base(table, metric);
    for (int node = 0; node < mn_table_node_count(table); node++)
        value += mn_table_metric_value(table, metric, node, network[node]);
    for (int factor = 0; factor < mn_table_factor_count(table, metric); factor++) {
        int combination = 0;
        for (int i = 0; i < mn_table_factor_node_count(table, metric, factor); i++) {
            const int node = mn_table_factor_node(table, metric, factor, i);
            combination = combination * mn_table_block_count(table, node) + network[node];
        }
        value += mn_table_factor_value(table, metric, factor, combination);
    }
    return value;
}

/* The link's definition: the segment by going through all of them, the floor by correcting a quotient. */
static int64_t link_of(const mn_table *table, int metric, int64_t latent)
{
    const int knots = mn_table_link_knots(table, metric);
    int segment = 0;
    while (segment + 2 < knots && mn_table_link_knot_latent(table, metric, segment + 1) <= latent)
        segment++;
    const __int128 l0 = mn_table_link_knot_latent(table, metric, segment),
                   l1 = mn_table_link_knot_latent(table, metric, segment + 1),
                   v0 = mn_table_link_knot_value(table, metric, segment),
                   v1 = mn_table_link_knot_value(table, metric, segment + 1);
    __int128 value = (latent - l0) * (v1 - v0) / (l1 - l0);
    while (value * (l1 - l0) > (latent - l0) * (v1 - v0))
        value--;
    return (int64_t)(v0 + value);
}

static void add_networks(all_networks *all, int index)
{
    const mn_table *table = all->tables[index];
    const int nodes = mn_table_node_count(table);
    const uint64_t count = mn_table_network_count(table);
    for (uint64_t number = 0; number < count; number++, all->count++) {
        uint16_t *network = all->choices[all->count];
        uint64_t rest = number;
        for (int node = nodes - 1; node >= 0; node--) {
            network[node] = (uint16_t)(rest % (uint64_t)mn_table_block_count(table, node));
            rest /= (uint64_t)mn_table_block_count(table, node);
        }
        all->table[all->count] = index;
        for (int metric = 0; metric < all->metric_count; metric++) {
            int64_t value = sum_of(table, metric, network);
            if (all->latents[metric]) {
                all->latents[metric][all->count] = value;
                value = link_of(table, metric, value);
            }
            all->values[metric][all->count] = in_units(value, mn_table_metric_resolution(table, metric));
        }
    }
}

all_networks *all_networks_of(const mn_table *const *tables, int table_count, const char *scale)
{
    all_networks *all = calloc(1, sizeof *all);
    *all = (all_networks){.table_count = table_count, .scaled_metric = scale ? 0 : -1};
    all->metric_count = mn_table_metric_count(tables[0]);
    cr_assert(table_count <= MOST_TABLES && all->metric_count <= MOST_METRICS);
    size_t count = 0;
    for (int i = 0; i < table_count; i++) {
        all->tables[i] = tables[i];
        count += mn_table_network_count(tables[i]);
        cr_assert(mn_table_node_count(tables[i]) <= MOST_NODES && mn_table_rule_count(tables[i]) == 0);
    }
    all->table = calloc(count, sizeof *all->table);
    all->choices = calloc(count, sizeof *all->choices);
    for (int metric = 0; metric < all->metric_count; metric++) {
        all->values[metric] = calloc(count, sizeof *all->values[metric]);
        if (mn_table_link_knots(tables[0], metric) > 0)
            all->latents[metric] = calloc(count, sizeof *all->latents[metric]);
    }
    for (int i = 0; i < table_count; i++) {
        const int first = all->count;
        add_networks(all, i);
        if (scale)
            predict_scaled(all, tables[i], scale, first, all->count - first);
    }
    return all;
}

void all_networks_free(all_networks *all)
{
    for (int metric = 0; metric < all->metric_count; metric++) {
        free(all->values[metric]);
        free(all->latents[metric]);
    }
    free(all->table);
    free(all->choices);
    free(all);
}

/* ---- drawing expressions and limits -------------------------------------------------------------------------------------- */

/* A scaled or linked metric is part of no longer expression. */
static bool stands_alone(const all_networks *all, int metric)
{
    return metric == all->scaled_metric || all->latents[metric];
}

expression random_expression(const all_networks *all, uint64_t *state)
{
    expression e = {.values = calloc((size_t)all->count, sizeof *e.values)};
    int metric = below(state, all->metric_count);
    int sociable = 0;
    for (int i = 0; i < all->metric_count; i++)
        sociable += !stands_alone(all, i);
    if (stands_alone(all, metric) || sociable < 2 || below(state, 2)) {
        e.latents = all->latents[metric];
        memcpy(e.values, all->values[metric], (size_t)all->count * sizeof *e.values);
        snprintf(e.text, sizeof e.text, "%s", mn_table_metric_name(all->tables[0], metric));
        return e;
    }
    const int terms = 2 + below(state, 2);
    for (int term = 0; term < terms; term++) {
        const int64_t hundredths = 1 + below(state, 999);
        const bool negative = below(state, 2);
        while (stands_alone(all, metric))
            metric = below(state, all->metric_count);
        const size_t used = strlen(e.text);
        snprintf(e.text + used, sizeof e.text - used, "%s%" PRId64 ".%02" PRId64 "*%s",
                 negative ? " - "
                 : term   ? " + "
                          : "",
                 hundredths / 100, hundredths % 100, mn_table_metric_name(all->tables[0], metric));
        for (int i = 0; i < all->count; i++) /* metrics are multiples of 10^-6: nothing is lost */
            e.values[i] += (negative ? -1 : 1) * hundredths * (all->values[metric][i] / 100);
        metric = below(state, all->metric_count);
    }
    return e;
}

void draw_limits(request *r, uint64_t *state)
{
    static const int slacks[] = {1, 3, 1000, 1000000, 100000000};
    const bool together = below(state, 2); /* all near one network: feasible more often than not */
    int anchor = below(state, r->all->count);
    for (int i = 0; i < r->limit_count; i++) {
        request_limit *limit = &r->limits[i];
        anchor = together ? anchor : below(state, r->all->count);
        const int64_t slack = below(state, slacks[below(state, 5)]);
        limit->value = limit->column.values[anchor] + (limit->at_most == (below(state, 8) > 0) ? slack : -slack);
        if (below(state, 40) == 0)
            limit->value += (limit->at_most ? -1 : 1) * INT64_C(1000000000000);
        limit->on = below(state, 10) > 0;
        int64_t multiples = MN_NO_LIMIT;
        char text[32];
        write_decimal(limit->value, text);
        if (limit->on)
            cr_assert_eq(mn_solver_limit_value(r->solver, i, text, &multiples), MN_OK, "%s: %s", r->label,
                         mn_last_error(r->solver));
        cr_assert_eq(mn_solver_set_limit(r->solver, i, multiples), MN_OK);
    }
}

static void add_limits(request *r, uint64_t *state, int limits)
{
    for (; r->limit_count < limits; r->limit_count++) {
        request_limit *limit = &r->limits[r->limit_count];
        *limit = (request_limit){.column = random_expression(r->all, state), .at_most = below(state, 2)};
        char text[MOST_TEXT + 4];
        snprintf(text, sizeof text, "%s%s", limit->column.text, limit->at_most ? "<=" : ">=");
        cr_assert_eq(mn_solver_add_limit(r->solver, text, NULL), MN_OK, "%s: %s", r->label, mn_last_error(r->solver));
    }
}

/* ---- drawing restrictions ------------------------------------------------------------------------------------------------ */

typedef struct choice_set {
    int node;
    bool member[64];
    char text[MOST_TEXT]; /* ["node", ["block", ...]] */
} choice_set;

/* Nodes and blocks that every table has. */
static int common_nodes(const all_networks *all)
{
    int nodes = MOST_NODES;
    for (int i = 0; i < all->table_count; i++)
        if (mn_table_node_count(all->tables[i]) < nodes)
            nodes = mn_table_node_count(all->tables[i]);
    return nodes;
}

static int common_blocks(const all_networks *all, int node)
{
    int blocks = 64;
    for (int i = 0; i < all->table_count; i++)
        if (mn_table_block_count(all->tables[i], node) < blocks)
            blocks = mn_table_block_count(all->tables[i], node);
    return blocks;
}

static void restrict_block(request *r, uint64_t *state, bool fix)
{
    const mn_table *table = r->all->tables[0];
    const int node = below(state, common_nodes(r->all)), block = below(state, common_blocks(r->all, node));
    char node_index[16], block_index[16];
    snprintf(node_index, sizeof node_index, "%d", node);
    snprintf(block_index, sizeof block_index, "%d", block);
    const char *node_text = below(state, 2) ? node_index : mn_table_node_name(table, node),
               *block_text = below(state, 2) ? block_index : mn_table_block_name(table, node, block);
    cr_assert_eq((fix ? mn_solver_fix : mn_solver_forbid)(r->solver, node_text, block_text), MN_OK, "%s: %s", r->label,
                 mn_last_error(r->solver));
    for (int i = 0; i < r->all->count; i++)
        r->admitted[i] &= (r->all->choices[i][node] == block) == fix;
}

static choice_set random_set(const all_networks *all, uint64_t *state)
{
    choice_set set = {.node = below(state, common_nodes(all))};
    const mn_table *table = all->tables[0];
    const int blocks = common_blocks(all, set.node), first = below(state, blocks);
    int used = snprintf(set.text, sizeof set.text, "[\"%s\", [", mn_table_node_name(table, set.node));
    for (int block = 0; block < blocks; block++) {
        set.member[block] = block == first || below(state, 3) == 0;
        if (set.member[block])
            used += snprintf(set.text + used, sizeof set.text - (size_t)used, "%s\"%s\"",
                             set.text[used - 1] == '[' ? "" : ", ", mn_table_block_name(table, set.node, block));
    }
    snprintf(set.text + used, sizeof set.text - (size_t)used, "]]");
    return set;
}

static bool holds(const choice_set *set, const uint16_t *network)
{
    return set->member[network[set->node]];
}

static void add_set_rule(request *r, uint64_t *state)
{
    const choice_set a = random_set(r->all, state), b = random_set(r->all, state), c = random_set(r->all, state);
    const int kind = below(state, 3), most = below(state, 3);
    char text[4 * MOST_TEXT];
    if (kind == 2)
        snprintf(text, sizeof text, "{\"at_most\": %d, \"of\": [%s, %s, %s]}", most, a.text, b.text, c.text);
    else
        snprintf(text, sizeof text, "{\"if\": %s, \"%s\": %s}", a.text, kind ? "then_not" : "then", b.text);
    cr_assert_eq(mn_solver_add_rule(r->solver, text), MN_OK, "%s: %s", r->label, mn_last_error(r->solver));
    for (int i = 0; i < r->all->count; i++) {
        const bool in_a = holds(&a, r->all->choices[i]), in_b = holds(&b, r->all->choices[i]),
                   in_c = holds(&c, r->all->choices[i]);
        r->admitted[i] &= kind == 2 ? in_a + in_b + in_c <= most : !in_a || in_b == (kind == 0);
    }
}

static void add_equal_rule(request *r, uint64_t *state)
{
    const int nodes = common_nodes(r->all);
    const int a = below(state, nodes), b = (a + 1 + below(state, nodes - 1)) % nodes;
    char text[2 * MOST_TEXT];
    snprintf(text, sizeof text, "{\"equal\": [\"%s\", \"%s\"]}", mn_table_node_name(r->all->tables[0], a),
             mn_table_node_name(r->all->tables[0], b));
    cr_assert_eq(mn_solver_add_rule(r->solver, text), MN_OK, "%s: %s", r->label, mn_last_error(r->solver));
    for (int i = 0; i < r->all->count; i++) {
        const mn_table *table = r->all->tables[r->all->table[i]];
        r->admitted[i] &= !strcmp(mn_table_block_name(table, a, r->all->choices[i][a]),
                                  mn_table_block_name(table, b, r->all->choices[i][b]));
    }
}

static void add_restrictions(request *r, uint64_t *state)
{
    for (int count = below(state, 3); count > 0; count--)
        restrict_block(r, state, false);
    if (below(state, 3) == 0)
        restrict_block(r, state, true);
    for (int count = below(state, 3); count > 0; count--)
        add_set_rule(r, state);
    if (below(state, 6) == 0)
        add_equal_rule(r, state);
}

/* ---- requests ------------------------------------------------------------------------------------------------------------ */

request *random_request(const all_networks *all, uint64_t seed, int limits, bool restricted)
{
    uint64_t state = seed;
    request *r = calloc(1, sizeof *r);
    *r = (request){.all = all, .maximize = below(&state, 2)};
    snprintf(r->label, sizeof r->label, "%d of %s, scale \"%.20s\", seed %" PRIu64, all->table_count,
             mn_table_name(all->tables[0]), mn_table_scale_text(all->tables[0]), seed);
    r->admitted = malloc((size_t)all->count * sizeof *r->admitted);
    memset(r->admitted, true, (size_t)all->count * sizeof *r->admitted);
    cr_assert_eq(mn_solver_create(all->tables, all->table_count, &r->solver), MN_OK);
    r->objective = random_expression(all, &state);
    cr_assert_eq((r->maximize ? mn_solver_maximize : mn_solver_minimize)(r->solver, r->objective.text), MN_OK,
                 "%s: %s: %s", r->label, r->objective.text, mn_last_error(r->solver));
    if (restricted)
        add_restrictions(r, &state);
    add_limits(r, &state, limits);
    draw_limits(r, &state);
    return r;
}

void request_free(request *r)
{
    for (int i = 0; i < r->limit_count; i++)
        free(r->limits[i].column.values);
    free(r->objective.values);
    free(r->admitted);
    mn_solver_free(r->solver);
    free(r);
}

/* ---- answers ------------------------------------------------------------------------------------------------------------- */

bool meets_limits(const request *r, int network, unsigned limits)
{
    for (int i = 0; i < r->limit_count; i++) {
        const request_limit *limit = &r->limits[i];
        if (!limit->on || !(limits >> i & 1))
            continue;
        const int64_t value = limit->column.values[network];
        if (limit->at_most ? value > limit->value : value < limit->value)
            return false;
    }
    return r->admitted[network];
}

int best_networks(const request *r, int top, int *best)
{
    const int64_t *values = r->objective.latents ? r->objective.latents : r->objective.values;
    int found = 0;
    for (int network = 0; network < r->all->count; network++) {
        if (!meets_limits(r, network, ALL_LIMITS))
            continue;
        int place = found; /* behind all that are at least as good */
        while (place > 0 &&
               (r->maximize ? values[network] > values[best[place - 1]] : values[network] < values[best[place - 1]]))
            place--;
        if (place == top)
            continue;
        found += found < top;
        for (int i = found - 1; i > place; i--)
            best[i] = best[i - 1];
        best[place] = network;
    }
    return found;
}

typedef struct front_order {
    const all_networks *all;
    const expression *objectives;
    const bool *maximize;
    int count;
} front_order;

/* < 0: a comes first. */
static int compare_objective(const front_order *order, int objective, int a, int b)
{
    const int64_t x = order->objectives[objective].values[a], y = order->objectives[objective].values[b];
    const int ascending = (x > y) - (x < y);
    return order->maximize[objective] ? -ascending : ascending;
}

static int compare_networks(const void *left, const void *right, void *context)
{
    const int a = *(const int *)left, b = *(const int *)right;
    const front_order *order = context;
    for (int i = 0; i < order->count; i++)
        if (compare_objective(order, i, a, b))
            return compare_objective(order, i, a, b);
    const all_networks *all = order->all;
    if (all->table[a] != all->table[b])
        return all->table[a] - all->table[b];
    for (int i = 0; i < order->count; i++) { /* of equal values, the better latent ones come first */
        const int64_t *latents = order->objectives[i].latents;
        if (latents && latents[a] != latents[b])
            return (latents[a] < latents[b]) == order->maximize[i] ? 1 : -1;
    }
    return a - b;
}

static bool covers(const front_order *order, int a, int b)
{
    for (int i = 0; i < order->count; i++)
        if (compare_objective(order, i, a, b) > 0)
            return false;
    return true;
}

int front_networks(const request *r, const expression *objectives, const bool *maximize, int count, int *front)
{
    front_order order = {r->all, objectives, maximize, count};
    int candidates = 0, kept = 0;
    for (int network = 0; network < r->all->count; network++)
        if (meets_limits(r, network, ALL_LIMITS))
            front[candidates++] = network;
    qsort_r(front, (size_t)candidates, sizeof *front, compare_networks, &order);
    for (int i = 0; i < candidates; i++) { /* whatever is as good comes first */
        bool covered = false;
        for (int k = kept - 1; k >= 0 && !covered; k--)
            covered = covers(&order, front[k], front[i]);
        if (!covered)
            front[kept++] = front[i];
    }
    return kept;
}
