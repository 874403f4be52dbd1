/* The exact search against enumeration: every network, value and tie. */
#include "tests/random_problem.h"
#include "solver/engine.h"

#include <criterion/criterion.h>
#include <inttypes.h>

enum { MOST_TOP = 40 };

static void check(mn_engine *engine, const random_problems *p, int top, uint64_t seed, uint64_t *search_nodes)
{
    int32_t problems[MOST_TOP];
    int64_t scores[MOST_TOP];
    uint16_t choices[MOST_TOP * PROBLEM_NODES];
    mn_answer answer = {.problems = problems, .scores = scores, .choices = choices};
    mn_error error = {0};
    const mn_question asked = {.capacities = p->capacities, .top = top};
    const mn_status status = mn_engine_solve(engine, &asked, &answer, &error);
    *search_nodes = answer.search_nodes;

    const int best = next_fitting(p, p->capacities, 0);
    const bool feasible = best < p->network_count;
    cr_assert_eq(status, feasible ? MN_OK : MN_INFEASIBLE, "seed %" PRIu64 ": status %d", seed, status);
    int found = 0;
    for (int i = best; i < p->network_count && found < top; i = next_fitting(p, p->capacities, i + 1), found++) {
        const listed_network *expected = &p->networks[i];
        cr_assert_gt(answer.count, found, "seed %" PRIu64 ": only %d found", seed, answer.count);
        cr_assert_eq(scores[found], expected->score, "seed %" PRIu64 " #%d: score %" PRId64 ", expected %" PRId64, seed,
                     found, scores[found], expected->score);
        cr_assert_eq(problems[found], expected->problem, "seed %" PRIu64 " #%d: table", seed, found);
        cr_assert_arr_eq(choices + found * p->width, expected->network,
                         sizeof(uint16_t) * (size_t)p->tables[expected->problem]->node_count,
                         "seed %" PRIu64 " #%d: network", seed, found);
    }
    cr_assert_eq(answer.count, found, "seed %" PRIu64 ": %d found, %d expected", seed, answer.count, found);
    if (feasible)
        cr_assert_eq(answer.bound, p->networks[best].score, "seed %" PRIu64 ": bound", seed);
}

static void run(random_shape shape, int tables, uint64_t first, uint64_t last)
{
    for (uint64_t seed = first; seed < last; seed++) {
        uint64_t state = seed, nodes;
        const int limits = (int)random_below(&state, PROBLEM_LIMITS + 1);
        const int top = random_below(&state, 3) ? 1 : 1 + (int)random_below(&state, MOST_TOP);
        random_problems p = make_random_problems(seed, (problem_shape){shape, .tables = tables, .limits = limits});
        mn_engine *engine;
        mn_error error = {0};
        cr_assert_eq(mn_engine_create(p.problems, p.count, &error, &engine), MN_OK);
        for (int again = 0; again < 5; again++) { /* what the engine has learned must not change an answer */
            draw_capacities(&p, &state);
            check(engine, &p, top, seed, &nodes);
        }
        mn_engine_free(engine);
        free_random_problems(&p);
    }
}

Test(engine, equals_enumeration)
{
    run((random_shape){.nodes = 6, .blocks = 4, .metrics = 3, .ragged = true}, 1, 0, 400);
}

Test(engine, equals_enumeration_where_everything_ties)
{
    run((random_shape){.nodes = 6, .blocks = 4, .metrics = 3, .distinct = 3}, 1, 0, 200);
}

Test(engine, equals_enumeration_under_rules)
{
    run((random_shape){.nodes = 6, .blocks = 4, .metrics = 3, .ragged = true, .rules = 3}, 1, 0, 300);
}

Test(engine, equals_enumeration_over_several_tables)
{
    run((random_shape){.nodes = 4, .blocks = 4, .metrics = 3, .distinct = 6}, 3, 0, 200);
}

Test(engine, equals_enumeration_with_large_values)
{
    run((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .largest = (int64_t)1 << 53}, 1, 0, 200);
}

Test(engine, equals_enumeration_with_reciprocal_scale)
{
    run((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .scale = 1}, 1, 0, 300);
    run((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .scale = 1, .rules = 2, .largest = 100000000}, 1, 0, 200);
}

Test(engine, equals_enumeration_with_power_scale)
{
    run((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .scale = 2}, 1, 0, 80);
    run((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .scale = 2, .rules = 2, .largest = 100000000}, 1, 0, 50);
}

Test(engine, equals_enumeration_on_single_nodes_and_blocks)
{
    run((random_shape){.nodes = 1, .blocks = 5, .metrics = 3}, 1, 0, 100);
    run((random_shape){.nodes = 5, .blocks = 1, .metrics = 3}, 1, 0, 50);
    run((random_shape){.nodes = 7, .blocks = 2, .metrics = 3, .ragged = true}, 1, 0, 100);
}

/* ---- what is learned ----------------------------------------------------------------------------------------------------- */

static mn_engine *engine_of(const random_problems *p)
{
    mn_engine *engine;
    mn_error error = {0};
    cr_assert_eq(mn_engine_create(p->problems, p->count, &error, &engine), MN_OK, "%s", error.text);
    return engine;
}

/* Past 64 questions about one limit the answers come from its steps; questions about others, and of the K best, come between. */
Test(engine, answers_stay_right_when_a_limit_is_asked_about_often)
{
    for (uint64_t seed = 0; seed < 24; seed++) {
        const random_shape shape = {
            .nodes = 4, .blocks = 4, .metrics = 3, .distinct = seed % 3 ? 4 : 0, .rules = seed % 2 ? 2 : 0};
        random_problems p = make_random_problems(
            seed, (problem_shape){shape, .tables = 1 + (int)seed % 3, .limits = 2, .shrinking = seed % 4 == 3});
        mn_engine *engine = engine_of(&p);
        uint64_t state = seed, nodes, last_nodes = 0;
        for (int question = 0; question < 200; question++) {
            draw_capacities(&p, &state);
            const bool both = question % 16 == 15;
            if (!both)
                p.capacities[1] = MN_NO_CAPACITY;
            const int top = question % 10 == 9 ? 5 : 1;
            check(engine, &p, top, seed, &nodes);
            if (!both && top == 1 && p.capacities[0] != MN_NO_CAPACITY)
                last_nodes = nodes;
        }
        cr_assert_eq(last_nodes, 0, "seed %" PRIu64 ": the last questions were still searched", seed);
        mn_engine_free(engine);
        free_random_problems(&p);
    }
}

/* Which sum comes nearest to a number: bounds say nothing, so that the search ends in its budget and steps take over, at once or
 * (where they have many points) after more search. */
Test(engine, answers_stay_right_past_the_search_budget)
{
    int past_budget = 0;
    for (uint64_t seed = 0; seed < 8; seed++) {
        const random_shape shape = {.nodes = seed % 2 ? 8 : 7,
                                    .blocks = seed % 2 ? 4 : 6,
                                    .metrics = 3,
                                    .largest = seed % 4 < 2 ? INT64_C(1) << 40 : 3000};
        random_problems p =
            make_random_problems(seed, (problem_shape){shape, .tables = 1, .limits = 1, .nearest_sum = true});
        mn_engine *engine = engine_of(&p);
        uint64_t state = seed, nodes;
        for (int question = 0; question < 5; question++) {
            const int at = (int)random_below(&state, (uint64_t)p.network_count);
            p.capacities[0] = p.networks[at].limits[0] - (int64_t)random_below(&state, 2);
            check(engine, &p, 1, seed, &nodes);
            past_budget += nodes >= 1 << 12;
        }
        mn_engine_free(engine);
        free_random_problems(&p);
    }
    cr_assert_gt(past_budget, 0, "no question passed the search's budget: the test lost its subject");
}

/* From the smallest capacity up: every answer holds from where it was asked to `last`, and no further than it may. */
Test(engine, steps_equal_enumeration_up_to_where_they_say)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        const random_shape shape = {
            .nodes = 5, .blocks = 3, .metrics = 3, .distinct = seed % 3 ? 4 : 0, .rules = (int)seed % 3};
        random_problems p = make_random_problems(
            seed, (problem_shape){shape, .tables = 1 + (int)seed % 3, .limits = 1, .shrinking = seed % 2});
        mn_engine *engine = engine_of(&p);
        mn_error error = {0};
        const mn_status learned = mn_engine_learn_steps(engine, 0, &error);
        cr_assert_eq(learned, MN_OK, "seed %" PRIu64, seed);
        uint16_t network[PROBLEM_NODES], scratch[PROBLEM_NODES];
        mn_step step = {.network = network, .scratch = scratch};
        int64_t capacity = INT64_C(-100000);
        for (int intervals = 0;; intervals++) {
            cr_assert_leq(intervals, 3 * p.network_count + 3, "seed %" PRIu64 ": intervals without end", seed);
            const bool found = mn_engine_best_step(engine, 0, capacity, &step);
            cr_assert_geq(step.last, capacity, "seed %" PRIu64, seed);
            const int64_t ends[] = {capacity, step.last == INT64_MAX ? INT64_C(100000) : step.last};
            for (int end = 0; end < 2; end++) {
                const int best = next_fitting(&p, &ends[end], 0);
                cr_assert_eq(found, best < p.network_count, "seed %" PRIu64 ", capacity %" PRId64, seed, ends[end]);
                if (!found)
                    continue;
                cr_assert_eq(step.score, p.networks[best].score, "seed %" PRIu64 ", capacity %" PRId64, seed,
                             ends[end]);
                cr_assert_eq(step.problem, p.networks[best].problem, "seed %" PRIu64 ", capacity %" PRId64, seed,
                             ends[end]);
                cr_assert_arr_eq(network, p.networks[best].network, sizeof *network * (size_t)p.width,
                                 "seed %" PRIu64 ", capacity %" PRId64, seed, ends[end]);
            }
            if (step.last == INT64_MAX)
                break;
            capacity = step.last + 1;
        }
        mn_engine_free(engine);
        free_random_problems(&p);
    }
}
