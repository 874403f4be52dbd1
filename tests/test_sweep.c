/* Sweeps, conflicts and the step function of one limit, against enumeration. */
#include "tests/random_problem.h"
#include "solver/conflict.h"
#include "solver/steps.h"
#include "solver/sweep.h"

#include <criterion/criterion.h>
#include <inttypes.h>

/* ---- sweeps -------------------------------------------------------------------------------------------------------------- */

enum { MOST_ROWS = 200 };

/* Rows of random capacities; `only` >= 0: of that limit, the others off. */
static void check_sweep(mn_sweeper *sweeper, random_problems *p, int rows, int only, uint64_t seed, uint64_t *state)
{
    int64_t capacities[MOST_ROWS * PROBLEM_LIMITS];
    int32_t answers[MOST_ROWS];
    uint16_t choices[MOST_ROWS * PROBLEM_NODES];
    for (int row = 0; row < rows; row++) {
        draw_capacities(p, state);
        for (int i = 0; i < p->limit_count; i++)
            capacities[row * p->limit_count + i] = only < 0 || i == only ? p->capacities[i] : MN_NO_CAPACITY;
    }
    mn_sweep_request request = {.problems = p->problems,
                                .problem_count = p->count,
                                .count = (uint64_t)rows,
                                .capacities = capacities,
                                .threads = 1 + (int)(seed % 2),
                                .answer_problem = answers,
                                .choices = choices};
    mn_error error = {0};
    cr_assert_eq(mn_sweeper_run(sweeper, &request, &error), MN_OK, "seed %" PRIu64 ": %s", seed, error.text);
    cr_assert_eq(request.answered, rows, "seed %" PRIu64, seed);
    for (int row = 0; row < rows; row++) {
        const int best = next_fitting(p, capacities + row * p->limit_count, 0);
        const int expected = best < p->network_count ? p->networks[best].problem : -1;
        cr_assert_eq(answers[row], expected, "seed %" PRIu64 ", row %d: table %d, expected %d", seed, row, answers[row],
                     expected);
        if (expected >= 0)
            cr_assert_arr_eq(choices + row * p->width, p->networks[best].network,
                             sizeof *choices * (size_t)p->tables[expected]->node_count,
                             "seed %" PRIu64 ", row %d: network", seed, row);
    }
}

static void run_sweeps(random_shape shape, int tables, uint64_t first, uint64_t last)
{
    for (uint64_t seed = first; seed < last; seed++) {
        uint64_t state = seed;
        random_problems p = make_random_problems(
            seed, (problem_shape){shape, .tables = tables, .limits = 1 + (int)(seed % 3), .shrinking = seed % 2});
        mn_sweeper *sweeper;
        mn_error error = {0};
        cr_assert_eq(mn_sweeper_create(p.problems, p.count, &error, &sweeper), MN_OK);
        check_sweep(sweeper, &p, MOST_ROWS, 0, seed, &state);
        check_sweep(sweeper, &p, 30, -1, seed, &state);
        check_sweep(sweeper, &p, 100, p.limit_count - 1, seed, &state); /* after what the others left */
        mn_sweeper_free(sweeper);
        free_random_problems(&p);
    }
}

Test(sweep, equals_enumeration)
{
    run_sweeps((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .ragged = true}, 1, 0, 60);
}

Test(sweep, equals_enumeration_on_ties_over_several_tables)
{
    run_sweeps((random_shape){.nodes = 5, .blocks = 3, .metrics = 3, .distinct = 3}, 3, 100, 160);
}

Test(sweep, equals_enumeration_under_rules)
{
    run_sweeps((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .distinct = 5, .rules = 3}, 2, 200, 260);
}

Test(sweep, equals_enumeration_with_scaled_metrics_and_large_values)
{
    run_sweeps((random_shape){.nodes = 4, .blocks = 4, .metrics = 3, .scale = 1}, 1, 300, 306);
    run_sweeps((random_shape){.nodes = 4, .blocks = 4, .metrics = 3, .scale = 2, .rules = 1}, 1, 320, 322);
    run_sweeps((random_shape){.nodes = 4, .blocks = 4, .metrics = 3, .largest = INT64_C(1) << 53}, 1, 340, 370);
}

/* ---- steps of one graph -------------------------------------------------------------------------------------------------- */

Test(sweep, steps_of_a_graph_equal_enumeration)
{
    for (uint64_t seed = 400; seed < 500; seed++) {
        const random_shape shape = {
            .nodes = 5, .blocks = 4, .metrics = 3, .distinct = seed % 2 ? 4 : 0, .rules = (int)seed % 3};
        random_problems p = make_random_problems(seed, (problem_shape){shape, .tables = 1, .limits = 1});
        mn_error error = {0};
        mn_graph graph;
        mn_prepared prepared;
        mn_steps steps;
        if (p.network_count == 0 || p.diagrams[0]->outside_count > 0) {
            free_random_problems(&p);
            continue;
        }
        cr_assert_eq(mn_graph_make(p.diagrams[0], &error, &graph), MN_OK);
        cr_assert_eq(mn_prepare(&p.problems[0], graph, &error, &prepared), MN_OK);
        cr_assert_eq(mn_steps_make(&prepared, 0, 2, &error, &steps), MN_STOPPED, "seed %" PRIu64 ": 2 points", seed);
        cr_assert_eq(mn_steps_make(&prepared, 0, 1 << 20, &error, &steps), MN_OK);
        for (int i = 0; i < 3 * p.network_count; i++) {
            const int64_t asked = p.networks[i / 3].limits[0] + i % 3 - 1, base = p.problems[0].limits[0].base;
            uint16_t network[PROBLEM_NODES] = {0};
            int64_t score = 0, last;
            const int best = next_fitting(&p, &asked, 0);
            const bool found = mn_steps_best(&steps, asked - base, network, &score, &last);
            cr_assert_eq(found, best < p.network_count, "seed %" PRIu64 ", capacity %" PRId64, seed, asked);
            const int64_t end = last == INT64_MAX ? INT64_MAX - 1 : last + base;
            cr_assert_geq(end, asked, "seed %" PRIu64 ", capacity %" PRId64, seed, asked);
            cr_assert_eq(next_fitting(&p, &end, 0), best, "seed %" PRIu64 ", from %" PRId64 " to %" PRId64, seed, asked,
                         end);
            if (!found)
                continue;
            cr_assert_eq(score + p.problems[0].score.base, p.networks[best].score, "seed %" PRIu64, seed);
            cr_assert_arr_eq(network, p.networks[best].network, sizeof network, "seed %" PRIu64 ", capacity %" PRId64,
                             seed, asked);
        }
        mn_steps_free(&steps);
        mn_prepared_free(&prepared);
        free_random_problems(&p);
    }
}

/* ---- conflicts ----------------------------------------------------------------------------------------------------------- */

/* The conflict's limits exclude everything together, and not without one that is said to be needed. */
static void check_minimal(const random_problems *p, const mn_conflict *conflict, uint64_t seed)
{
    int64_t kept[PROBLEM_LIMITS];
    for (int i = 0; i < p->limit_count; i++)
        kept[i] = MN_NO_CAPACITY;
    for (int i = 0; i < conflict->count; i++)
        kept[conflict->limits[i]] = p->capacities[conflict->limits[i]];
    cr_assert_eq(next_fitting(p, kept, 0), p->network_count, "seed %" PRIu64 ": the conflict is none", seed);
    for (int i = 0; i < conflict->count; i++) {
        const int limit = conflict->limits[i];
        cr_assert_neq(kept[limit], MN_NO_CAPACITY, "seed %" PRIu64 ": limit %d is off", seed, limit);
        kept[limit] = MN_NO_CAPACITY;
        cr_assert(!conflict->needed[i] || next_fitting(p, kept, 0) < p->network_count,
                  "seed %" PRIu64 ": limit %d is not needed", seed, limit);
        kept[limit] = p->capacities[limit];
    }
}

static void check_nearest(const random_problems *p, const mn_conflict *conflict, uint64_t seed)
{
    for (int i = 0; i < conflict->count; i++) {
        const int limit = conflict->limits[i];
        bool exists = false;
        int64_t nearest = 0;
        for (int network = 0; network < p->network_count; network++) {
            const listed_network *own = &p->networks[network];
            if (!network_fits(p, p->capacities, limit, own) || (exists && own->limits[limit] >= nearest))
                continue;
            exists = true;
            nearest = own->limits[limit];
        }
        if (!conflict->proved[i]) { /* at least no network is made up */
            cr_assert(!conflict->exists[i] || (exists && conflict->nearest[i] >= nearest),
                      "seed %" PRIu64 ", limit %d: found %" PRId64 ", nearest %" PRId64, seed, limit,
                      conflict->nearest[i], nearest);
            continue;
        }
        cr_assert_eq(conflict->exists[i], exists, "seed %" PRIu64 ": limit %d", seed, limit);
        if (exists)
            cr_assert_eq(conflict->nearest[i], nearest,
                         "seed %" PRIu64 ", limit %d: nearest %" PRId64 ", expected %" PRId64, seed, limit,
                         conflict->nearest[i], nearest);
    }
}

static void run_conflicts(random_shape shape, int tables, uint64_t first, uint64_t last)
{
    for (uint64_t seed = first; seed < last; seed++) {
        uint64_t state = seed;
        random_problems p = make_random_problems(
            seed, (problem_shape){shape, .tables = tables, .limits = 1 + (int)(seed % PROBLEM_LIMITS)});
        for (int tries = 0; tries < 12; tries++) {
            draw_capacities(&p, &state);
            for (int i = 0; i < p.limit_count; i++)
                if (p.capacities[i] != MN_NO_CAPACITY)
                    p.capacities[i] -= (int64_t)random_below(&state, 2) * shape.largest / 2;
            if (next_fitting(&p, p.capacities, 0) < p.network_count)
                continue;
            int limits[PROBLEM_LIMITS];
            bool exists[PROBLEM_LIMITS];
            int64_t nearest[PROBLEM_LIMITS];
            bool proved[PROBLEM_LIMITS], needed[PROBLEM_LIMITS];
            mn_conflict conflict = {
                .limits = limits, .needed = needed, .proved = proved, .exists = exists, .nearest = nearest};
            mn_error error = {0};
            const mn_control control = {0}, hurried = {.deadline = mn_clock() + 4e-6 * (tries * tries)};
            cr_assert_eq(mn_conflict_explain(p.problems, p.count, p.capacities, &hurried, &error, &conflict), MN_OK,
                         "seed %" PRIu64 ": %s", seed, error.text);
            check_minimal(&p, &conflict, seed);
            check_nearest(&p, &conflict, seed);
            cr_assert_eq(mn_conflict_explain(p.problems, p.count, p.capacities, &control, &error, &conflict), MN_OK,
                         "seed %" PRIu64 ": %s", seed, error.text);
            for (int i = 0; i < conflict.count; i++)
                cr_assert(needed[i] && proved[i], "seed %" PRIu64 ": limit %d is not proved", seed, limits[i]);
            check_minimal(&p, &conflict, seed);
            check_nearest(&p, &conflict, seed);
        }
        free_random_problems(&p);
    }
}

Test(conflict, is_minimal_and_its_nearest_values_right, .timeout = 120)
{
    run_conflicts((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .largest = 1000}, 1, 0, 100);
    run_conflicts((random_shape){.nodes = 4, .blocks = 3, .metrics = 3, .largest = 9, .distinct = 3, .rules = 2}, 3,
                  100, 200);
}

/* A scaled limit or objective, small values and values past what the search adds up exactly (the score of a conflict's question may
 * be additive where the problem's own is scaled). */
Test(conflict, is_right_with_scaled_limits_and_large_values, .timeout = 120)
{
    run_conflicts((random_shape){.nodes = 4, .blocks = 4, .metrics = 3, .largest = 1000, .scale = 1}, 1, 200, 280);
    run_conflicts((random_shape){.nodes = 4, .blocks = 4, .metrics = 3, .largest = 1000, .scale = 2, .rules = 1}, 2,
                  280, 360);
    run_conflicts((random_shape){.nodes = 4, .blocks = 4, .metrics = 3, .largest = INT64_C(1) << 52, .scale = 1}, 1,
                  360, 420);
    run_conflicts((random_shape){.nodes = 4, .blocks = 4, .metrics = 3, .largest = INT64_C(1) << 53}, 1, 420, 480);
}
