/* Tables with factors and links, through the public interface, against enumeration (random_request.h): solves of K best networks under
 * limits, rules, fixed blocks and start networks, scans, sweeps, fronts, predictions, files. */
#include "host/core/factors.h"
#include "host/core/link.h"
#include "tests/files_support.h"
#include "tests/random_request.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>

enum { TOP = 6, ROWS = 40 };

/* ---- one request --------------------------------------------------------------------------------------------------------------------- */

static int nodes_of(const request *r, int network)
{
    return mn_table_node_count(r->all->tables[r->all->table[network]]);
}

static void expect_network(const request *r, int expected, int table, const uint16_t *network, const char *what)
{
    cr_assert_eq(table, r->all->table[expected], "%s: %s: table %d", r->label, what, table);
    cr_assert_arr_eq(network, r->all->choices[expected], sizeof *network * (size_t)nodes_of(r, expected),
                     "%s: %s: another network", r->label, what);
}

static bool is_entangled(const request *r)
{
    bool entangled = false;
    for (int i = 0; i < r->all->table_count; i++)
        entangled |= mn_table_entangled(r->all->tables[i]);
    return entangled;
}

static void check_solve(request *r, uint64_t *state)
{
    int best[TOP];
    const int top = 1 + (int)random_below(state, TOP), count = best_networks(r, top, best);
    const int drawn = (int)random_below(state, (uint64_t)r->all->count);
    const mn_start start = {r->all->table[drawn], r->all->choices[drawn]};
    mn_options options = {.top = top, .starts = &start, .start_count = (int)random_below(state, 2), .threads = 1};
    static const char *const engines[] = {"search", "scan", "search"};
    for (int i = 0; i < 3; i++) {
        const mn_result *result;
        options.engine = engines[i];
        if (i == 1 && is_entangled(r)) {
            cr_assert_eq(mn_solver_resolve(r->solver, &options, &result), MN_USAGE);
            cr_assert(strstr(mn_last_error(r->solver), "its factors entangle too many nodes"));
            continue;
        }
        const mn_status status = mn_solver_resolve(r->solver, &options, &result);
        cr_assert_eq(status, count ? MN_OK : MN_INFEASIBLE, "%s: %s: %s", r->label, engines[i],
                     mn_last_error(r->solver));
        cr_assert_eq(result->solution_count, count, "%s: %s", r->label, engines[i]);
        for (int k = 0; k < count; k++) {
            expect_network(r, best[k], result->solutions[k].table, result->solutions[k].network, engines[i]);
            cr_assert_eq(in_units(result->solutions[k].objective, mn_solver_objective_resolution(r->solver)),
                         r->objective.values[best[k]], "%s: %s: value", r->label, engines[i]);
        }
        cr_assert(!count || result->bound == result->solutions[0].objective, "%s: bound", r->label);
    }
}

/* The nearest value of a limit that clashes is that of a network which meets the others. */
static void check_conflict(request *r)
{
    const mn_result *result;
    if (mn_solver_solve(r->solver, NULL, &result) != MN_INFEASIBLE)
        return;
    for (int i = 0; i < result->conflict_count; i++) {
        const int limit = result->conflict[i];
        const request_limit *own = &r->limits[limit];
        bool found = false;
        int64_t nearest = 0;
        for (int network = 0; network < r->all->count; network++) {
            if (!meets_limits(r, network, ~(1u << limit)))
                continue;
            const int64_t value = own->column.values[network];
            nearest = !found || (own->at_most ? value < nearest : value > nearest) ? value : nearest;
            found = true;
        }
        cr_assert_eq(result->nearest_exists[i], found, "%s: limit %d", r->label, limit);
        cr_assert(!found || in_units(result->nearest[i], mn_solver_limit_resolution(r->solver, limit)) == nearest,
                  "%s: nearest value of limit %d", r->label, limit);
    }
}

static void check_sweep(request *r, uint64_t *state)
{
    int64_t values[ROWS * MOST_LIMITS];
    int expected[ROWS];
    int32_t tables[ROWS];
    uint16_t networks[ROWS * MOST_NODES];
    int widest = 0;
    for (int i = 0; i < r->all->table_count; i++)
        widest = mn_table_node_count(r->all->tables[i]) > widest ? mn_table_node_count(r->all->tables[i]) : widest;
    for (int row = 0; row < ROWS; row++) {
        draw_limits(r, state);
        for (int i = 0; i < r->limit_count; i++)
            values[row * r->limit_count + i] = mn_solver_limit(r->solver, i);
        if (best_networks(r, 1, &expected[row]) == 0)
            expected[row] = -1;
    }
    uint64_t answered;
    cr_assert_eq(mn_solver_sweep(r->solver, NULL, ROWS, values, tables, networks, &answered), MN_OK, "%s: %s", r->label,
                 mn_last_error(r->solver));
    cr_assert_eq(answered, ROWS);
    for (int row = 0; row < ROWS; row++)
        if (expected[row] < 0)
            cr_assert_eq(tables[row], -1, "%s: row %d", r->label, row);
        else
            expect_network(r, expected[row], tables[row], networks + row * widest, "sweep");
}

static void check_front(request *r, uint64_t *state)
{
    const int count = is_entangled(r) ? 2 : 2 + (int)random_below(state, MOST_OBJECTIVES - 1);
    expression objectives[MOST_OBJECTIVES];
    const char *texts[MOST_OBJECTIVES];
    bool maximize[MOST_OBJECTIVES];
    for (int i = 0; i < count; i++) {
        objectives[i] = random_expression(r->all, state);
        texts[i] = objectives[i].text;
        maximize[i] = random_below(state, 2);
    }
    int *expected = calloc((size_t)r->all->count, sizeof *expected);
    const int points = front_networks(r, objectives, maximize, count, expected);
    mn_front *front;
    const mn_status status = mn_front_compute(r->solver, texts, maximize, count, NULL, &front);
    cr_assert_eq(status, points ? MN_OK : MN_INFEASIBLE, "%s: %s", r->label, mn_last_error(front));
    cr_assert_eq(mn_front_count(front), (uint64_t)points, "%s: front of %s, %s", r->label, texts[0], texts[1]);
    for (int i = 0; i < points; i++) {
        for (int k = 0; k < count; k++)
            cr_assert_eq(in_units(mn_front_value(front, (uint64_t)i, k), mn_front_resolution(front, k)),
                         objectives[k].values[expected[i]], "%s: point %d, %s", r->label, i, texts[k]);
        expect_network(r, expected[i], mn_front_table(front, (uint64_t)i), mn_front_network(front, (uint64_t)i),
                       "front");
    }
    mn_front_free(front);
    for (int i = 0; i < count; i++)
        free(objectives[i].values);
    free(expected);
}

static void check_prediction(const all_networks *all)
{
    int64_t *columns[MOST_METRICS];
    uint16_t *networks = calloc((size_t)all->count * MOST_NODES, sizeof *networks);
    uint8_t *narrow = calloc((size_t)all->count * MOST_NODES, 1);
    for (int metric = 0; metric < all->metric_count; metric++)
        columns[metric] = calloc((size_t)all->count, sizeof *columns[metric]);
    for (int first = 0, end; first < all->count; first = end) {
        const mn_table *table = all->tables[all->table[first]];
        const int nodes = mn_table_node_count(table);
        for (end = first; end < all->count && all->table[end] == all->table[first]; end++)
            for (int node = 0; node < nodes; node++)
                narrow[(end - first) * nodes + node] =
                    (uint8_t)(networks[(end - first) * nodes + node] = all->choices[end][node]);
        for (int width = 1; width <= 2; width++) {
            const void *given = width == 1 ? (const void *)narrow : networks;
            cr_assert_eq(mn_predict(table, given, width, (uint64_t)(end - first), width, columns), MN_OK);
            for (int metric = 0; metric < all->metric_count; metric++)
                for (int i = first; i < end; i++)
                    cr_assert_eq(in_units(columns[metric][i - first], mn_table_metric_resolution(table, metric)),
                                 all->values[metric][i], "%s, metric %d, network %d", mn_table_name(table), metric, i);
        }
        for (int metric = 0; metric < all->metric_count; metric++) { /* ranges are exact */
            int64_t low, high, least = INT64_MAX, most = INT64_MIN;
            for (int i = first; i < end; i++) {
                least = all->values[metric][i] < least ? all->values[metric][i] : least;
                most = all->values[metric][i] > most ? all->values[metric][i] : most;
            }
            const mn_resolution resolution = mn_table_metric_resolution(table, metric);
            cr_assert_eq(mn_table_metric_range(table, metric, &low, &high), MN_OK);
            cr_assert(in_units(low, resolution) == least && in_units(high, resolution) == most);
        }
    }
    for (int metric = 0; metric < all->metric_count; metric++)
        free(columns[metric]);
    free(networks);
    free(narrow);
}

static void check_tables(const mn_table *const *tables, int count, uint64_t seed)
{
    all_networks *all = all_networks_of(tables, count, NULL);
    check_prediction(all);
    for (uint64_t part = 0; part < 3; part++) {
        uint64_t state = seed * 10 + part;
        request *r = random_request(all, state, (int)((seed + part) % (MOST_LIMITS + 1)), part > 0);
        check_solve(r, &state);
        check_conflict(r);
        check_front(r, &state);
        if (r->limit_count > 0) {
            check_sweep(r, &state);
            check_solve(r, &state);
            check_conflict(r);
        }
        request_free(r);
    }
    all_networks_free(all);
}

static void check_shape(random_shape shape, int tables, uint64_t first, uint64_t last)
{
    for (uint64_t seed = first; seed < last; seed++) {
        mn_table *made[MOST_TABLES];
        const mn_table *given[MOST_TABLES];
        for (int i = 0; i < tables; i++) {
            given[i] = made[i] = random_table(seed + 10000 * (uint64_t)i, shape);
            cr_assert(made[i], "seed %" PRIu64, seed);
        }
        check_tables(given, tables, seed);
        for (int i = 0; i < tables; i++)
            mn_table_free(made[i]);
    }
}

Test(factors, equal_enumeration)
{
    check_shape((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .ragged = true, .factors = 4}, 1, 1, 81);
}

Test(factors, equal_enumeration_on_ties)
{
    check_shape((random_shape){.nodes = 5, .blocks = 3, .metrics = 3, .distinct = 3, .factors = 3}, 1, 100, 160);
}

Test(factors, equal_enumeration_over_several_tables)
{
    check_shape((random_shape){.nodes = 4, .blocks = 3, .metrics = 3, .distinct = 4, .factors = 2}, 3, 200, 230);
    check_shape((random_shape){.nodes = 4, .blocks = 4, .metrics = 2, .ragged = true, .factors = 1}, 2, 230, 260);
}

Test(factors, equal_enumeration_with_a_link)
{
    check_shape((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .ragged = true, .factors = 3, .links = true}, 1,
                300, 360);
    check_shape((random_shape){.nodes = 4, .blocks = 4, .metrics = 2, .links = true}, 2, 360, 400);
}

/* A factor over all nodes, as a space that was evaluated whole has it. */
Test(factors, equal_enumeration_when_many_entangle_all_nodes)
{
    check_shape((random_shape){.nodes = 6, .blocks = 3, .metrics = 2, .factors = 20}, 1, 400, 415);
}

/* ---- factors that are bounded ------------------------------------------------------------------------------------------------------------ */

Test(factors, equal_enumeration_when_bounded)
{
    check_shape((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .ragged = true, .factors = 6, .entangled = true},
                1, 1, 21);
    check_shape((random_shape){.nodes = 6, .blocks = 3, .metrics = 2, .factors = 20, .entangled = true}, 1, 81, 86);
}

Test(factors, equal_enumeration_on_ties_when_bounded)
{
    check_shape((random_shape){.nodes = 5, .blocks = 3, .metrics = 3, .distinct = 3, .factors = 4, .entangled = true},
                1, 100, 120);
}

Test(factors, equal_enumeration_when_bounded_over_several_tables)
{
    check_shape((random_shape){.nodes = 4, .blocks = 3, .metrics = 3, .distinct = 4, .factors = 3, .entangled = true},
                3, 200, 210);
}

Test(factors, equal_enumeration_when_bounded_with_a_link)
{
    check_shape(
        (random_shape){
            .nodes = 5, .blocks = 4, .metrics = 3, .ragged = true, .factors = 4, .links = true, .entangled = true},
        1, 400, 415);
}

/* Values that need all bits: costs of 32 bits are rounded down. */
Test(factors, equal_enumeration_when_bounded_with_large_values)
{
    check_shape(
        (random_shape){.nodes = 5, .blocks = 4, .metrics = 2, .largest = 100000000, .factors = 5, .entangled = true}, 1,
        500, 508);
}

/* The best networks of one table within a share of the range of a metric. */
static void solve_within(const mn_table *table, int64_t low, int64_t high, uint64_t share, int top,
                         const mn_result **result, mn_solver **solver)
{
    const mn_options options = {.top = top, .threads = 1};
    cr_assert_eq(mn_solver_create(&table, 1, solver), MN_OK);
    cr_assert_eq(mn_solver_maximize(*solver, "m0"), MN_OK);
    cr_assert_eq(mn_solver_add_limit(*solver, "m1<=", NULL), MN_OK);
    mn_solver_set_limit(*solver, 0, low + (int64_t)((uint64_t)(high - low) * share / 8));
    cr_assert_eq(mn_solver_resolve(*solver, &options, result), MN_OK, "%s", mn_last_error(*solver));
}

/* Past enumeration: bounding and eliminating the factors of one table share no bound, and agree. */
Test(factors, bounding_equals_eliminating)
{
    int compared = 0;
    for (uint64_t seed = 1; seed <= 16; seed++) {
        random_shape shape = {.nodes = 9, .blocks = 5, .metrics = 2, .distinct = seed % 4 ? 0 : 5, .factors = 12};
        mn_table *tables[2] = {random_table(seed, shape), NULL};
        shape.entangled = true;
        tables[1] = random_table(seed, shape);
        if (!tables[0] || !tables[1] || mn_table_entangled(tables[0]) || !mn_table_entangled(tables[1])) {
            mn_table_free(tables[0]);
            mn_table_free(tables[1]);
            continue;
        }
        compared++;
        int64_t low, high;
        cr_assert_eq(mn_table_metric_range(tables[0], 1, &low, &high), MN_OK);
        for (uint64_t share = 2; share < 9; share += 3) {
            const mn_result *results[2];
            mn_solver *solvers[2];
            for (int i = 0; i < 2; i++)
                solve_within(tables[i], low, high, share, 1 + (int)(seed % 3), &results[i], &solvers[i]);
            cr_assert_eq(results[0]->solution_count, results[1]->solution_count, "seed %" PRIu64, seed);
            for (int i = 0; i < results[0]->solution_count; i++) {
                cr_assert_eq(results[0]->solutions[i].objective, results[1]->solutions[i].objective,
                             "seed %" PRIu64 ", share %" PRIu64, seed, share);
                cr_assert_arr_eq(results[0]->solutions[i].network, results[1]->solutions[i].network,
                                 sizeof(uint16_t) * 9, "seed %" PRIu64 ", share %" PRIu64, seed, share);
            }
            for (int i = 0; i < 2; i++)
                mn_solver_free(solvers[i]);
        }
        mn_table_free(tables[0]);
        mn_table_free(tables[1]);
    }
    cr_assert(compared >= 4, "%d", compared);
}

/* ---- the link -------------------------------------------------------------------------------------------------------------------------- */

/* The inverses against their definition, on links of any steepness. */
Test(factors, inverse_of_a_link)
{
    uint64_t state = 5;
    for (int round = 0; round < 300; round++) {
        int64_t latents[4], values[4];
        const uint64_t steps[2] = {1 + random_below(&state, 50), 1 + random_below(&state, 50)};
        for (int i = 0; i < 4; i++) {
            latents[i] = (i ? latents[i - 1] : -40) + 1 + (int64_t)random_below(&state, steps[0]);
            values[i] = (i ? values[i - 1] : -40) + 1 + (int64_t)random_below(&state, steps[1]);
        }
        const mn_link link = {.count = 2 + round % 3, .latents = latents, .values = values, .resolution = {1, 0}};
        for (int64_t value = -120; value <= 120; value++) {
            const int64_t below = mn_link_floor(&link, value), above = mn_link_ceil(&link, value);
            cr_assert(mn_link_value(&link, below) <= value && mn_link_value(&link, below + 1) > value, "round %d",
                      round);
            cr_assert(mn_link_value(&link, above) >= value && mn_link_value(&link, above - 1) < value, "round %d",
                      round);
        }
        const int64_t gap = (int64_t)random_below(&state, 60), latent = mn_link_latent_gap(&link, gap);
        for (int64_t from = -100; from <= 100; from++)
            cr_assert(mn_link_value(&link, from + latent) - mn_link_value(&link, from) <= gap, "round %d", round);
    }
}

Test(factors, link_near_the_ends_of_64_bits)
{
    int64_t latents[] = {-(INT64_C(1) << 53), INT64_C(1) << 53}, values[] = {-(INT64_C(1) << 53), INT64_C(1) << 53};
    const mn_link same = {.count = 2, .latents = latents, .values = values, .resolution = {1, 0}};
    const int64_t most = INT64_C(1) << 62;
    for (int64_t value = most - 3; value <= most; value++) {
        cr_assert_eq(mn_link_value(&same, value), value);
        cr_assert_eq(mn_link_value(&same, -value), -value);
        cr_assert_eq(mn_link_floor(&same, value), value);
        cr_assert_eq(mn_link_ceil(&same, -value), -value);
    }
    int64_t flat[] = {0, 1};
    const mn_link slow = {.count = 2, .latents = latents, .values = flat, .resolution = {1, 0}};
    cr_assert_eq(mn_link_value(&slow, most), (most - latents[0]) / (latents[1] - latents[0]));
    cr_assert_eq(mn_link_floor(&slow, INT64_C(1) << 60), most);
}

/* ---- files ----------------------------------------------------------------------------------------------------------------------------- */

TestSuite(factors_files, .init = make_folder, .fini = remove_folder);

/* What is written reads back: the same predictions, factors, errors and link, and the same bytes when written again. */
Test(factors_files, round_trip)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        mn_table *table = random_table(
            seed,
            (random_shape){.nodes = 4, .blocks = 3, .metrics = 3, .ragged = true, .factors = 3, .links = seed % 2});
        mn_metric *metric = &table->metrics[seed % 3];
        uint64_t state = seed;
        metric->errors = calloc((size_t)table->item_count, sizeof *metric->errors);
        for (int item = 0; item < table->item_count; item++)
            metric->errors[item] = (double)random_below(&state, 1000) / 7;
        cr_assert_eq(mn_table_save(table, in_folder("a.json")), MN_OK, "%s", mn_last_error(table));
        mn_table *read;
        cr_assert_eq(mn_table_load(in_folder("a.json"), &read), MN_OK, "%s", mn_last_error(read));
        cr_assert_eq(mn_table_save(read, in_folder("b.json")), MN_OK);
        for (int i = 0; i < 3; i++) {
            const mn_metric *a = &table->metrics[i], *b = &read->metrics[i];
            cr_assert_eq(a->factor_count, b->factor_count);
            cr_assert(mn_link_same(&a->link, &b->link));
            cr_assert_eq(!a->errors, !b->errors);
            cr_assert(!a->errors || !memcmp(a->errors, b->errors, sizeof *a->errors * (size_t)table->item_count));
            for (int k = 0; k < a->factor_count; k++)
                for (int c = 0; c < mn_table_factor_combinations(table, i, k); c++)
                    cr_assert_eq(a->factors[k].values[c], b->factors[k].values[c]);
        }
        char command[1100];
        snprintf(command, sizeof command, "cmp -s %s %s", in_folder("a.json"), in_folder("b.json"));
        cr_assert_eq(system(command), 0);
        mn_table_free(read);
        mn_table_free(table);
    }
}

/* ---- what is refused ------------------------------------------------------------------------------------------------------------------- */

/* A table of three nodes, with `extra` behind the values of its one metric, from line 5 on. */
static void expect_sentence(const char *extra, const char *words)
{
    char text[4096];
    snprintf(text, sizeof text,
             "{\"format\": \"mathnas-table\", \"version\": 1, \"name\": \"t\",\n"
             "\"nodes\": [{\"name\": \"a\", \"blocks\": [\"x\", \"y\"]}, {\"name\": \"b\", \"blocks\": [\"x\", \"y\", "
             "\"z\"]}, {\"name\": \"c\", \"blocks\": [\"x\"]}],\n"
             "\"metrics\": [{\"name\": \"m\", \"unit\": \"\", \"better\": \"higher\", \"resolution\": 1, \"base\": 0,\n"
             "\"values\": [[1, 2], [1, 2, 3], [0]],\n%s}]}",
             extra);
    mn_table *table = mn_table_new();
    cr_expect_eq(mn_table_read_memory("t.json", text, strlen(text), table), MN_BAD_INPUT, "%s", extra);
    cr_expect(strstr(table->error.text, words), "%s: \"%s\", expected \"%s\"", extra, table->error.text, words);
    mn_table_free(table);
}

Test(factors_files, sentences)
{
    static const char *const cases[][2] = {
        {"\"factors\": 3", "t.json:5: metric \"m\", \"factors\": expected an array, found the number 3"},
        {"\"factors\": [{\"nodes\": [\"a\"], \"values\": []}]",
         "t.json:5: metric \"m\", factor 0 (from 0), \"nodes\": 1 nodes; expected 2 or more"},
        {"\"factors\": [{\"nodes\": [\"a\", \"q\"], \"values\": []}]",
         "factor 0 (from 0): expected a node's name or an index from 0 to 2, found the string \"q\""},
        {"\"factors\": [{\"nodes\": [\"b\", \"a\"], \"values\": []}]", "found \"a\" behind \"b\""},
        {"\"factors\": [{\"nodes\": [0, 0], \"values\": []}]", "found \"a\" behind \"a\""},
        {"\"factors\": [{\"nodes\": [\"a\", \"b\"], \"values\": [1, 2]}]", "\"values\": 2 numbers; expected 6"},
        {"\"factors\": [{\"nodes\": [\"a\", \"b\"],\n\"values\": [1, 2, 3,\n4, \"5\", 6]}]",
         "t.json:7: metric \"m\", factor 0 (from 0), node \"a\" block \"y\", node \"b\" block \"y\": expected a"},
        {"\"factors\": [{\"nodes\": [\"a\", \"b\"], \"values\": [1, 2, 3, 4, 5, 1e17]}]",
         "node \"b\" block \"z\": expected at most"},
        {"\"factors\": [{\"nodes\": [\"a\", \"b\"], \"values\": [1, 2, 3, 4, 5, 6], \"errors\": [0, 0, 0, 0, 0, -1]}]",
         "node \"b\" block \"z\": expected a standard error, 0 or more, found the number -1"},
        {"\"factors\": [{\"nodes\": [\"a\", \"b\"], \"values\": [1, 2, 3, 4, 5, 6], \"weight\": 1}]", "weight"},
        {"\"errors\": [[0, 0], [0, 0, -1], [0]]",
         "metric \"m\", \"errors\", node \"b\", block \"z\": expected a standard error"},
        {"\"errors\": [[0, 0], [0, 0], [0]]", "node \"b\": 2 errors; expected 3"},
        {"\"errors\": [[0, 0]]", "\"errors\": 1 lists; expected 3"},
        {"\"link\": {\"form\": \"curve\"}", "\"form\": expected \"knots\", found \"curve\""},
        {"\"link\": {\"form\": \"knots\", \"latent_resolution\": 0, \"knots\": [[0, 0], [1, 1]]}",
         "expected a positive number"},
        {"\"link\": {\"form\": \"knots\", \"latent_resolution\": 1, \"knots\": [[0, 0]]}", "1 knots; expected 2 to"},
        {"\"link\": {\"form\": \"knots\", \"latent_resolution\": 1, \"knots\": [[0, 0], 4]}",
         "knot 1 (from 0): expected [latent, value]"},
        {"\"link\": {\"form\": \"knots\", \"latent_resolution\": 1,\n\"knots\": [[0, 0], [1, 0.4]]}",
         "t.json:6: metric \"m\", \"link\", knot 1 (from 0): expected a larger latent value and a larger value"},
        {"\"chance\": \"ten\"", "metric \"m\", \"chance\": expected"},
        {"\"chance\": 1e18", "metric \"m\", \"chance\": expected at most 2^53 multiples"},
        {"\"fitted\": 25", "metric \"m\", \"fitted\": expected an object"},
        {"\"fitted\": {\"measurements\": \"m.csv\", \"networks\": 25, \"method\": \"ridge\"}",
         "the key \"terms\" is missing"},
        {"\"fitted\": {\"measurements\": \"m.csv\", \"networks\": 2.5, \"method\": \"ridge\", \"terms\": \"pairs\"}",
         "\"networks\": expected a whole number of networks, found"},
        {"\"fitted\": {\"measurements\": \"m.csv\", \"networks\": 2, \"by\": \"me\"}", "has the unknown key \"by\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_sentence(cases[i][0], cases[i][1]);
}

/* All pairs of seven nodes of 36 blocks need more states than there can be; pairs of neighbours do not. */
Test(factors, what_entangles_too_much_is_bounded)
{
    for (int neighbours = 0; neighbours < 2; neighbours++) {
        mn_table *table = random_table(1, (random_shape){.nodes = 7, .blocks = 36, .metrics = 1});
        mn_table *made = mn_table_new(); /* the same, before it is prepared */
        made->has_values = true;
        made->nodes = table->nodes;
        made->node_count = table->node_count;
        made->metrics = table->metrics;
        made->metric_count = 1;
        mn_metric *metric = &made->metrics[0];
        metric->factors = calloc(21, sizeof *metric->factors);
        for (int a = 0; a < 7; a++)
            for (int b = a + 1; b < 7 && (!neighbours || b == a + 1); b++) {
                mn_factor *factor = &metric->factors[metric->factor_count++];
                *factor = (mn_factor){.node_count = 2, .nodes = calloc(2, sizeof(int)), .values = calloc(1296, 8)};
                factor->nodes[0] = a;
                factor->nodes[1] = b;
            }
        cr_assert_eq(mn_table_prepare(made, "t.json"), MN_OK, "%s", made->error.text);
        cr_assert_eq(mn_table_entangled(made), !neighbours);
        mn_solver *solver;
        uint64_t count;
        cr_assert_eq(mn_solver_create((const mn_table *const[]){made}, 1, &solver), MN_OK);
        cr_assert_eq(mn_solver_count(solver, NULL, &count), neighbours ? MN_OK : MN_USAGE);
        if (neighbours)
            cr_assert_eq(count, UINT64_C(78364164096)); /* 36^7 */
        else
            cr_assert(strstr(mn_last_error(solver), "factors entangle too many nodes"), "%s", mn_last_error(solver));
        mn_solver_free(solver);
        table->node_count = table->metric_count = 0; /* made owns them */
        table->nodes = NULL;
        table->metrics = NULL;
        mn_table_free(table);
        mn_table_free(made);
    }
}

/* A linked metric stands alone, has no scale, and is the same on all tables. */
Test(factors, what_a_link_does_not_go_with)
{
    mn_table *tables[2];
    for (uint64_t i = 0; i < 2; i++)
        tables[i] = random_table(i + 1, (random_shape){.nodes = 3, .blocks = 3, .metrics = 2, .links = true});
    cr_assert_eq(mn_table_set_scale(tables[0], "reciprocal=5", "m0", "m1"), MN_USAGE);
    cr_assert(strstr(mn_last_error(tables[0]), "metric \"m0\" has a link; a scale takes metrics without one"));
    mn_solver *solver;
    tables[1]->metrics[0].link.values[0]--;
    cr_assert_eq(mn_solver_create((const mn_table *const *)tables, 2, &solver), MN_OK);
    cr_assert_eq(mn_solver_maximize(solver, "m0 + m1"), MN_USAGE);
    cr_assert(strstr(mn_last_error(solver), "\"m0\" has a link and must stand alone"), "%s", mn_last_error(solver));
    cr_assert_eq(mn_solver_maximize(solver, "m0"), MN_USAGE);
    cr_assert(strstr(mn_last_error(solver), "has different links on the tables"), "%s", mn_last_error(solver));
    cr_assert_eq(mn_solver_maximize(solver, "m1"), MN_OK);
    mn_solver_free(solver);
    for (int i = 0; i < 2; i++)
        mn_table_free(tables[i]);
}
