/* Start networks: they change no answer that is proved, make nothing feasible that is not, and are the least that a stopped solve
 * answers. The oracle is enumeration (random_request.h), or sums over the instance's own numbers. */
#include "tests/family_question.h"
#include "tests/random_request.h"
#include "tests/random_table.h"

#include <stdlib.h>
#include <string.h>

/* ---- against enumeration ---------------------------------------------------------------------------------------------------------------- */

static void expect_best(const request *r, const mn_result *result, const int *best, int count, const char *engine)
{
    cr_assert_eq(result->outcome, count ? MN_OPTIMAL : MN_OUTCOME_INFEASIBLE, "%s, %s", r->label, engine);
    cr_assert_eq(result->solution_count, count, "%s, %s", r->label, engine);
    for (int i = 0; i < count; i++) {
        const mn_solution *found = &result->solutions[i];
        cr_assert_eq(found->table, r->all->table[best[i]], "%s, %s, solution %d", r->label, engine, i);
        cr_assert_eq(memcmp(found->network, r->all->choices[best[i]],
                            sizeof(uint16_t) * (size_t)mn_table_node_count(r->all->tables[found->table])),
                     0, "%s, %s, solution %d: another network", r->label, engine, i);
    }
}

static void check_request(const all_networks *all, uint64_t seed)
{
    enum { TOP = 4, STARTS = 3 };
    uint64_t state = seed;
    request *r = random_request(all, seed, (int)(seed % (MOST_LIMITS + 1)), seed % 3 == 0);
    for (int again = 0; again < 3; again++, draw_limits(r, &state)) {
        int best[TOP], admitted = 0;
        mn_start starts[STARTS];
        mn_options options = {
            .top = 1 + (int)(seed % TOP), .starts = starts, .start_count = (int)random_below(&state, STARTS + 1)};
        for (int i = 0; i < options.start_count; i++) {
            const int network = (int)random_below(&state, (uint64_t)all->count);
            starts[i] = (mn_start){all->table[network], all->choices[network]};
            admitted += meets_limits(r, network, ~0u);
        }
        const int count = best_networks(r, options.top, best);
        const char *engines[] = {"search", "scan"};
        for (int engine = 0; engine < 2; engine++) {
            const mn_result *result;
            options.engine = engines[engine];
            mn_solver_resolve(r->solver, &options, &result);
            expect_best(r, result, best, count, engines[engine]);
            cr_assert_eq(*result->start_note == 0, admitted > 0 || options.start_count == 0, "%s: note \"%s\"",
                         r->label, result->start_note);
        }
    }
    request_free(r);
}

/* Few different values: many networks tie. Rules too, and every other time a union. */
Test(start, changes_no_answer)
{
    for (uint64_t seed = 1; seed <= 150; seed++) {
        const random_shape shape = {.nodes = 4, .blocks = 4, .metrics = 3, .ragged = seed % 2, .distinct = 3};
        mn_table *made[2] = {random_table(seed, shape), random_table(seed + 1000, shape)};
        const mn_table *tables[2] = {made[0], made[1]};
        all_networks *all = all_networks_of(tables, 1 + seed % 2, NULL);
        check_request(all, seed);
        all_networks_free(all);
        mn_table_free(made[0]);
        mn_table_free(made[1]);
    }
}

Test(start, changes_no_scaled_answer)
{
    mn_table *tables[2];
    for (int i = 0; i < 2; i++)
        cr_assert_eq(mn_table_load(i ? "mobilenetv3/tx2cpu" : "mobilenetv3/tx2gpu", &tables[i]), MN_OK);
    for (int i = 0; i < 2; i++) {
        const mn_table *table = tables[i];
        const bool scaled = i == 0 && mn_table_find_metric(table, "flops") >= 0;
        if (scaled)
            cr_assert_eq(mn_table_set_scale(tables[i], "reciprocal", NULL, NULL), MN_OK);
        all_networks *all = all_networks_of(&table, 1, scaled ? "reciprocal" : NULL);
        for (uint64_t seed = 1; seed <= 20; seed++)
            check_request(all, seed);
        all_networks_free(all);
        mn_table_free(tables[i]);
    }
}

/* ---- stopped solves ---------------------------------------------------------------------------------------------------------------------- */

Test(start, a_stopped_solve_is_never_worse)
{
    const char *families[] = {"20x9x3:w", "20x9x5:w", "20x9x1:S", "20x9x3:s"};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (int maximize = 0; maximize < 2; maximize++) {
            family_question q = family_question_make(families[i], 3, maximize);
            const mn_result *result;
            cr_assert_eq(mn_solver_solve(q.solver, NULL, &result), MN_OK);
            uint16_t network[20];
            memcpy(network, result->solutions[0].network, sizeof network);
            const int64_t optimum = result->solutions[0].objective;
            const mn_start start = {0, network};
            for (uint64_t nodes = 1; nodes <= 100000; nodes *= 10)
                for (int top = 1; top <= 3; top += 2) {
                    const mn_options options = {.top = top, .node_limit = nodes, .starts = &start, .start_count = 1};
                    const mn_status status = mn_solver_resolve(q.solver, &options, &result);
                    cr_assert(status == MN_OK || status == MN_STOPPED);
                    cr_assert_geq(result->solution_count, 1, "%s: %" PRIu64 " nodes", families[i], nodes);
                    cr_assert_eq(result->solutions[0].objective, optimum, "%s: %" PRIu64 " nodes", families[i], nodes);
                    for (int k = 0; k < result->solution_count; k++)
                        cr_assert(family_question_agrees(&q, &result->solutions[k]));
                }
            family_question_free(&q);
        }
}

Test(start, a_stopped_scan_is_never_worse)
{
    mn_table *table;
    mn_solver *solver;
    const mn_result *result;
    cr_assert_eq(mn_table_load("supertransformer/xeon", &table), MN_OK);
    const mn_table *one = table;
    cr_assert_eq(mn_solver_create(&one, 1, &solver), MN_OK);
    cr_assert_eq(mn_solver_maximize(solver, "bleu"), MN_OK);
    cr_assert_eq(mn_solver_add_limit(solver, "latency<=300", NULL), MN_OK);
    cr_assert_eq(mn_solver_solve(solver, NULL, &result), MN_OK);
    uint16_t network[64];
    memcpy(network, result->solutions[0].network, sizeof *network * (size_t)mn_table_node_count(table));
    const int64_t optimum = result->solutions[0].objective;
    const mn_start start = {0, network};
    const mn_options options = {.top = 2, .engine = "scan", .starts = &start, .start_count = 1};
    mn_solver_cancel(solver);
    cr_assert_eq(mn_solver_solve(solver, &options, &result), MN_INTERRUPTED);
    cr_assert_geq(result->solution_count, 1);
    cr_assert_eq(result->solutions[0].objective, optimum);
    mn_solver_free(solver);
    mn_table_free(table);
}

/* ---- what is said of one that cannot be used ---------------------------------------------------------------------------------------------- */

static void expect_note(mn_solver *solver, const char *start, const mn_table *table, const char *words)
{
    mn_networks *networks;
    const mn_result *result;
    mn_networks_parse(table, start, &networks);
    cr_assert_eq(mn_networks_count(networks), 1, "also one that breaks a rule of the table is read");
    const mn_start given = {0, mn_networks_choices(networks)};
    const mn_options options = {.top = 1, .starts = &given, .start_count = 1};
    cr_assert_eq(mn_solver_solve(solver, &options, &result), MN_OK);
    cr_assert_str_eq(result->start_note, words);
    mn_networks_free(networks);
}

Test(start, the_note_names_the_limit_or_rule)
{
    mn_table *table;
    mn_solver *solver;
    int limit;
    const char *rule = "{\"if\":[\"edge 0->1\",\"none\"],\"then\":[\"edge 0->2\",\"none\"]}";
    cr_assert_eq(mn_table_load("nasbench201/edgegpu", &table), MN_OK);
    const mn_table *one = table;
    cr_assert_eq(mn_solver_create(&one, 1, &solver), MN_OK);
    cr_assert_eq(mn_solver_maximize(solver, "accuracy"), MN_OK);
    expect_note(solver, "3,3,3,3,3,3", table, "");
    cr_assert_eq(mn_solver_add_limit(solver, "latency<=7000", &limit), MN_OK);
    expect_note(solver, "3,3,3,3,3,3", table, "it breaks the limit latency<=7000: its value is 7894.878751");
    int64_t lower;
    cr_assert_eq(mn_solver_limit_value(solver, limit, "6000", &lower), MN_OK);
    cr_assert_eq(mn_solver_set_limit(solver, limit, lower), MN_OK);
    expect_note(solver, "3,3,3,3,3,3", table, "it breaks the limit latency<=6000: its value is 7894.878751");
    cr_assert_eq(mn_solver_set_limit(solver, limit, MN_NO_LIMIT), MN_OK);
    expect_note(solver, "3,3,3,3,3,3", table, "");
    cr_assert_eq(mn_solver_add_rule(solver, rule), MN_OK);
    char sentence[200];
    snprintf(sentence, sizeof sentence, "it breaks the rule %s", rule);
    expect_note(solver, "0,1,0,0,0,0", table, sentence);
    cr_assert_eq(mn_solver_forbid(solver, "edge 0->1", "none"), MN_OK);
    expect_note(solver, "0,1,0,0,0,0", table, "node \"edge 0->1\" may not take block \"none\"");
    mn_solver_free(solver);
    mn_table_free(table);
}

Test(start, misuse_is_refused)
{
    family_question q = family_question_make("6x5x2:w", 1, true);
    const uint16_t network[6] = {0}, outside[6] = {0, 0, 5};
    const mn_start bad[] = {{-1, network}, {1, network}, {0, NULL}, {0, outside}};
    const mn_result *result;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const mn_options options = {.top = 1, .starts = &bad[i], .start_count = 1};
        cr_assert_eq(mn_solver_solve(q.solver, &options, &result), MN_USAGE, "start %zu", i);
        cr_assert(strstr(mn_last_error(q.solver), "start 0"));
    }
    const mn_options none = {.top = 1, .start_count = 1}, negative = {.top = 1, .start_count = -1, .starts = bad};
    cr_assert_eq(mn_solver_solve(q.solver, &none, &result), MN_USAGE);
    cr_assert_eq(mn_solver_solve(q.solver, &negative, &result), MN_USAGE);
    family_question_free(&q);
}
