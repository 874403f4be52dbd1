/* The shipped tables of at most 10^7 networks against enumeration, through the public header: solve and its K best by both engines,
 * re-solves, conflicts, sweeps and fronts, under random limits, restrictions and scales; and unions of tables full of ties. */
#include "solver/conflict.h"
#include "tests/processor_time.h"
#include "tests/random_request.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TOP = 20 };

static const char *const shipped[] = {"nasbench201/edgegpu", "nasbench201/fpga", "mobilenetv3/raspberrypi",
                                      "mobilenetv3/tx2cpu", "mobilenetv3/tx2gpu"};
enum { SHIPPED = sizeof shipped / sizeof *shipped, NASBENCH = 2 };

#define POWER "power=332.1,-0.3"

static all_networks *load(const char *name, const char *scale)
{
    mn_table *table;
    cr_assert_eq(mn_table_load(name, &table), MN_OK, "%s", mn_last_error(table));
    const char *by = mn_table_find_metric(table, "flops") < 0 ? "latency" : NULL;
    if (scale)
        cr_assert_eq(mn_table_set_scale(table, scale, NULL, by), MN_OK, "%s", mn_last_error(table));
    const mn_table *tables[] = {table};
    return all_networks_of(tables, 1, scale);
}

static void unload(all_networks *all)
{
    for (int i = 0; i < all->table_count; i++)
        mn_table_free((mn_table *)all->tables[i]);
    all_networks_free(all);
}

/* Runs a check on every shipped table, then on NAS-Bench-201 with both forms of scaled accuracy and on one MobileNetV3. */
static void on_shipped_tables(void (*check)(const all_networks *all, uint64_t seed), int requests)
{
    const struct {
        const char *table, *scale;
    } cases[] = {{shipped[0], NULL},         {shipped[1], NULL},  {shipped[2], NULL},         {shipped[3], NULL},
                 {shipped[4], NULL},         {shipped[0], POWER}, {shipped[0], "reciprocal"}, {shipped[1], POWER},
                 {shipped[1], "reciprocal"}, {shipped[4], POWER}, {shipped[2], "reciprocal"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        all_networks *all = load(cases[i].table, cases[i].scale);
        for (int seed = 0; seed < requests; seed++)
            check(all, 1000 * i + (uint64_t)seed);
        unload(all);
    }
}

/* Unions of random tables of few different values: of other shapes where `ragged`. */
static all_networks *tie_tables(uint64_t seed, int count, int distinct)
{
    const mn_table *tables[MOST_TABLES];
    for (int i = 0; i < count; i++) {
        const random_shape shape = {.nodes = 3 + (int)((seed + (uint64_t)i) % 3),
                                    .blocks = 4,
                                    .metrics = 3,
                                    .largest = 9,
                                    .distinct = distinct};
        tables[i] = random_table(seed * 8 + (uint64_t)i, shape);
        cr_assert_not_null(tables[i], "seed %" PRIu64, seed);
    }
    return all_networks_of(tables, count, NULL);
}

static void on_tie_tables(void (*check)(const all_networks *all, uint64_t seed), int requests)
{
    for (int seed = 0; seed < requests; seed++) {
        all_networks *all = tie_tables((uint64_t)seed, 1 + seed % MOST_TABLES, 2 + seed % 4);
        check(all, 100000 + (uint64_t)seed);
        unload(all);
    }
}

/* ---- solve --------------------------------------------------------------------------------------------------------------- */

static int nodes_of(const all_networks *all, int network)
{
    return mn_table_node_count(all->tables[all->table[network]]);
}

static void expect_network(const request *r, const char *what, int row, int table, const uint16_t *found, int expected)
{
    cr_assert_eq(table, r->all->table[expected], "%s, %s %d: table %d, expected %d", r->label, what, row, table,
                 r->all->table[expected]);
    for (int node = 0; node < nodes_of(r->all, expected); node++)
        cr_assert_eq(found[node], r->all->choices[expected][node], "%s, %s %d: node %d takes block %d, expected %d",
                     r->label, what, row, node, found[node], r->all->choices[expected][node]);
}

/* Every limit of the conflict is needed, together they exclude everything, and each one's nearest value is the nearest. */
static void expect_conflict(const request *r, const mn_result *result)
{
    unsigned conflict = 0;
    for (int i = 0; i < result->conflict_count; i++)
        conflict |= 1u << result->conflict[i];
    unsigned possible_without = 0; /* bit i: something meets the conflict's limits other than i */
    bool exists[MOST_LIMITS] = {false};
    int64_t nearest[MOST_LIMITS] = {0};
    for (int network = 0; network < r->all->count; network++) {
        cr_assert(!meets_limits(r, network, conflict), "%s: network %d meets the limits of the conflict", r->label,
                  network);
        for (int i = 0; i < r->limit_count; i++) {
            if (meets_limits(r, network, conflict & ~(1u << i)))
                possible_without |= 1u << i;
            if (!meets_limits(r, network, ~(1u << i)))
                continue;
            const int64_t value = r->limits[i].column.values[network];
            const bool nearer = r->limits[i].at_most ? value < nearest[i] : value > nearest[i];
            nearest[i] = !exists[i] || nearer ? value : nearest[i];
            exists[i] = true;
        }
    }
    for (int i = 0; i < result->conflict_count; i++) {
        const int limit = result->conflict[i];
        cr_assert(r->limits[limit].on, "%s: limit %d is off", r->label, limit);
        cr_assert(possible_without >> limit & 1, "%s: the conflict does not need limit %d", r->label, limit);
        cr_assert_eq(result->nearest_exists[i], exists[limit], "%s: nearest value of limit %d", r->label, limit);
        if (exists[limit]) {
            const int64_t found = in_units(result->nearest[i], mn_solver_limit_resolution(r->solver, limit));
            cr_assert_eq(found, nearest[limit], "%s, limit %d: nearest %" PRId64 ", expected %" PRId64 " x 10^-8",
                         r->label, limit, found, nearest[limit]);
        }
    }
}

static void expect_answer(const request *r, mn_status status, const mn_result *result, const int *best, int count)
{
    cr_assert_eq(status, count ? MN_OK : MN_INFEASIBLE, "%s: status %d (%s), %d expected", r->label, status,
                 mn_last_error(r->solver), count);
    cr_assert_eq(result->outcome, count ? MN_OPTIMAL : MN_OUTCOME_INFEASIBLE, "%s", r->label);
    cr_assert_eq(result->solution_count, count, "%s: %d found, expected %d", r->label, result->solution_count, count);
    const mn_resolution resolution = mn_solver_objective_resolution(r->solver);
    for (int i = 0; i < count; i++) {
        const mn_solution *found = &result->solutions[i];
        cr_assert_eq(in_units(found->objective, resolution), r->objective.values[best[i]],
                     "%s, %s, solution %d: objective %" PRId64 ", expected %" PRId64 " x 10^-8", r->label,
                     result->engine, i, in_units(found->objective, resolution), r->objective.values[best[i]]);
        expect_network(r, "solution", i, found->table, found->network, best[i]);
    }
    if (count > 0) {
        cr_assert(result->has_bound, "%s", r->label);
        cr_assert_eq(result->bound, result->solutions[0].objective, "%s: bound", r->label);
    }
}

static void check_solve(const all_networks *all, uint64_t seed)
{
    uint64_t state = seed + 1000000;
    request *r = random_request(all, seed, (int)(seed % (MOST_LIMITS + 1)), seed % 4 == 0);
    mn_options options = mn_default_options();
    options.top = seed % 3 ? 1 + (int)random_below(&state, MOST_TOP) : 1;
    for (int again = 0; again < 3; again++) {
        int best[MOST_TOP];
        const mn_result *result;
        const int count = best_networks(r, options.top, best);
        const char *engines[] = {"search", "scan", NULL};
        for (int engine = 0; engine < 3; engine++) {
            options.engine = engines[engine];
            options.threads = engine == 1 ? 1 + (int)(seed % 2) : 0;
            const bool explained = again == 0 && engine == 0;
            const mn_status status = (explained ? mn_solver_solve : mn_solver_resolve)(r->solver, &options, &result);
            expect_answer(r, status, result, best, count);
            if (status == MN_INFEASIBLE && explained)
                expect_conflict(r, result);
        }
        draw_limits(r, &state); /* what was learned must not change the next answer */
    }
    request_free(r);
}

Test(shipped, solve_equals_enumeration)
{
    on_shipped_tables(check_solve, 100);
}

Test(shipped, solve_equals_enumeration_on_ties)
{
    on_tie_tables(check_solve, 400);
}

/* Limits that mostly exclude everything, on tables of ties and on shipped ones. */
static void check_conflict(const all_networks *all, uint64_t seed)
{
    uint64_t state = seed + 3000000;
    request *r = random_request(all, seed, 1 + (int)(seed % MOST_LIMITS), seed % 5 == 0);
    for (int tries = 0; tries < 8; tries++) {
        int best;
        const mn_result *result;
        if (best_networks(r, 1, &best) == 0) {
            cr_assert_eq(mn_solver_solve(r->solver, NULL, &result), MN_INFEASIBLE, "%s", r->label);
            expect_conflict(r, result);
            break;
        }
        draw_limits(r, &state);
    }
    request_free(r);
}

Test(shipped, conflicts_are_minimal_and_their_nearest_values_right)
{
    on_shipped_tables(check_conflict, 40);
    on_tie_tables(check_conflict, 300);
}

/* ---- sweep --------------------------------------------------------------------------------------------------------------- */

/* Row by row: other limits are drawn, answered by enumeration, and handed over together. */
static void sweep(request *r, uint64_t *state, int rows)
{
    const int limits = r->limit_count;
    int64_t *values = calloc((size_t)(rows * limits + 1), sizeof *values);
    int *expected = calloc((size_t)rows, sizeof *expected);
    int32_t *tables = calloc((size_t)rows, sizeof *tables);
    uint16_t *networks = calloc((size_t)rows * MOST_NODES, sizeof *networks);
    for (int row = 0; row < rows; row++) {
        if (best_networks(r, 1, &expected[row]) == 0)
            expected[row] = -1;
        for (int i = 0; i < limits; i++)
            values[row * limits + i] = mn_solver_limit(r->solver, i);
        draw_limits(r, state);
    }
    uint64_t answered = 0;
    cr_assert_eq(mn_solver_sweep(r->solver, NULL, (uint64_t)rows, values, tables, networks, &answered), MN_OK, "%s: %s",
                 r->label, mn_last_error(r->solver));
    cr_assert_eq(answered, rows, "%s", r->label);
    int widest = 0;
    for (int i = 0; i < r->all->table_count; i++)
        if (mn_table_node_count(r->all->tables[i]) > widest)
            widest = mn_table_node_count(r->all->tables[i]);
    for (int row = 0; row < rows; row++) {
        cr_assert_eq(tables[row] < 0, expected[row] < 0, "%s, row %d of %d: answer of table %d", r->label, row, rows,
                     tables[row]);
        if (expected[row] >= 0)
            expect_network(r, "row", row, tables[row], networks + row * widest, expected[row]);
    }
    free(values);
    free(expected);
    free(tables);
    free(networks);
}

/* One limit (few rows, and more than it takes for its steps to be learned), two, and none. */
static void check_sweep(const all_networks *all, uint64_t seed)
{
    static const int limits[] = {1, 2, 1, 3, 1, 0}, rows[] = {150, 60, 63, 70, 65, 3};
    uint64_t state = seed + 2000000;
    const int shape = (int)(seed % 6);
    request *r = random_request(all, seed, limits[shape], seed % 2);
    sweep(r, &state, rows[shape]);
    sweep(r, &state, rows[5 - shape]); /* what the first one learned stays right */
    request_free(r);
}

Test(shipped, sweep_equals_enumeration)
{
    on_shipped_tables(check_sweep, 12);
}

Test(shipped, sweep_equals_enumeration_on_ties)
{
    on_tie_tables(check_sweep, 300);
}

/* A grid over the whole range of a metric, its ends and what lies beyond them included. */
Test(shipped, a_grid_of_one_limit_equals_enumeration)
{
    enum { ROWS = 5000 };
    for (int t = 0; t < SHIPPED; t++) {
        all_networks *all = load(shipped[t], NULL);
        request *r = random_request(all, (uint64_t)t + 50, 1, false);
        request_limit *limit = &r->limits[0];
        int64_t low = INT64_MAX, high = INT64_MIN, values[ROWS];
        for (int i = 0; i < all->count; i++) {
            low = limit->column.values[i] < low ? limit->column.values[i] : low;
            high = limit->column.values[i] > high ? limit->column.values[i] : high;
        }
        const int64_t step = (high - low) / (ROWS - 3) + 1;
        static int32_t tables[ROWS];
        static uint16_t networks[ROWS * MOST_NODES];
        for (int row = 0; row < ROWS; row++) {
            char text[32];
            write_decimal(low + (row - 1) * step, text);
            cr_assert_eq(mn_solver_limit_value(r->solver, 0, text, &values[row]), MN_OK);
        }
        cr_assert_eq(mn_solver_sweep(r->solver, NULL, ROWS, values, tables, networks, NULL), MN_OK);
        limit->on = true;
        for (int row = 0; row < ROWS; row += row < 20 || row > ROWS - 21 ? 1 : 7) {
            int best;
            limit->value = low + (row - 1) * step;
            const int count = best_networks(r, 1, &best);
            cr_assert_eq(tables[row], count - 1, "%s, %s, row %d", r->label, limit->column.text, row);
            if (count)
                expect_network(r, "row", row, tables[row], networks + row * mn_table_node_count(all->tables[0]), best);
        }
        request_free(r);
        unload(all);
    }
}

/* ---- fronts -------------------------------------------------------------------------------------------------------------- */

static void check_front(const all_networks *all, uint64_t seed)
{
    uint64_t state = seed + 4000000;
    request *r = random_request(all, seed, seed % 2 ? (int)(seed / 2 % (MOST_LIMITS + 1)) : 0, seed % 5 == 0);
    const int count = 2 + (int)(seed / 3 % 2);
    expression objectives[MOST_OBJECTIVES];
    const char *texts[MOST_OBJECTIVES];
    bool maximize[MOST_OBJECTIVES];
    for (int i = 0; i < count; i++) {
        objectives[i] = random_expression(all, &state);
        texts[i] = objectives[i].text;
        maximize[i] = random_below(&state, 2);
    }
    int *expected = malloc((size_t)all->count * sizeof *expected);
    const int size = front_networks(r, objectives, maximize, count, expected);
    mn_front *front;
    const mn_status status = mn_front_compute(r->solver, texts, maximize, count, NULL, &front);
    cr_assert_eq(status, size ? MN_OK : MN_INFEASIBLE, "%s: status %d: %s", r->label, status, mn_last_error(front));
    cr_assert_eq(mn_front_count(front), size, "%s: %" PRIu64 " points, expected %d", r->label, mn_front_count(front),
                 size);
    for (int point = 0; point < size; point++) {
        const uint64_t at = (uint64_t)point;
        expect_network(r, "point", point, mn_front_table(front, at), mn_front_network(front, at), expected[point]);
        for (int i = 0; i < count; i++)
            cr_assert_eq(in_units(mn_front_value(front, at, i), mn_front_resolution(front, i)),
                         objectives[i].values[expected[point]], "%s, point %d, objective %d", r->label, point, i);
    }
    mn_front_free(front);
    for (int i = 0; i < count; i++)
        free(objectives[i].values);
    free(expected);
    request_free(r);
}

Test(shipped, front_equals_enumeration)
{
    on_shipped_tables(check_front, 30);
}

Test(shipped, front_equals_enumeration_on_ties)
{
    on_tie_tables(check_front, 300);
}

/* ---- time ---------------------------------------------------------------------------------------------------------------- */

/* Limits that exclude each other are seen at once; saying how near each comes must not take longer than its own time (conflict.h). */
Test(shipped, the_explanation_of_a_conflict_keeps_to_its_time, .timeout = 120)
{
    mn_table *table;
    mn_solver *solver;
    const mn_result *result;
    cr_assert_eq(mn_table_load("supervit/192", &table), MN_OK, "%s", mn_last_error(table));
    const mn_table *tables[] = {table};
    cr_assert_eq(mn_solver_create(tables, 1, &solver), MN_OK);
    cr_assert_eq(mn_solver_minimize(solver, "accuracy"), MN_OK);
    cr_assert_eq(mn_solver_add_limit(solver, "flops<=400433294", NULL), MN_OK);
    cr_assert_eq(mn_solver_add_limit(solver, "flops>=400753162", NULL), MN_OK);
    mn_options options = mn_default_options();
    options.threads = 1;
    const double start = processor_seconds();
    cr_assert_eq(mn_solver_solve(solver, &options, &result), MN_INFEASIBLE, "%s", mn_last_error(solver));
    const double taken = processor_seconds() - start;
    cr_assert_lt(taken, MN_EXPLANATION_SECONDS + seconds_worth(1), "%g s", taken);
    mn_solver_free(solver);
    mn_table_free(table);
}
