/* The canonical problem: its columns are the request's metrics with the signs that "maximise, at most" needs, and what it admits is
 * what the rules and the limits as stated admit. */
#include "host/core/memory.h"
#include "solver/problem.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

typedef struct request {
    mn_linear objective, limits[3];
    mn_sense senses[3];
    int64_t bounds[3]; /* as stated: <= or >= this */
    bool maximize, on[3];
} request;

static mn_linear parsed(const mn_table *table, const char *text)
{
    mn_linear linear;
    mn_error error = {0};
    cr_assert_eq(mn_linear_parse(table, text, strlen(text), &linear, &error), MN_OK, "%s", error.text);
    return linear;
}

static request random_request(const mn_table *table, uint64_t *state)
{
    static const char *const expressions[] = {"m0", "m1", "m2", "m1 - 3*m2", "2*m2"};
    request r;
    r.objective = parsed(table, expressions[random_below(state, 5)]);
    r.maximize = random_below(state, 2);
    for (int i = 0; i < 3; i++) {
        r.limits[i] = parsed(table, expressions[random_below(state, 5)]);
        r.senses[i] = random_below(state, 2) ? MN_AT_MOST : MN_AT_LEAST;
        r.bounds[i] = (int64_t)random_below(state, 8001) - 4000;
        r.on[i] = random_below(state, 4) != 0;
    }
    return r;
}

static void free_request(request *r)
{
    mn_linear_free(&r->objective);
    for (int i = 0; i < 3; i++)
        mn_linear_free(&r->limits[i]);
}

/* An expression's value on a network, scaled where it is the scaled metric. */
static int64_t value_of(const mn_table *table, const mn_linear *linear, const uint16_t *network)
{
    if (linear->single_metric >= 0)
        return mn_table_evaluate(table, linear->single_metric, network);
    int64_t value = linear->base;
    for (int node = 0; node < table->node_count; node++)
        value += linear->values[table->first[node] + network[node]];
    return value;
}

static bool next_network(const mn_table *table, uint16_t *network)
{
    for (int node = table->node_count - 1; node >= 0; node--) {
        if (++network[node] < table->nodes[node].block_count)
            return true;
        network[node] = 0;
    }
    return false;
}

static void check_networks(const mn_table *table, const request *r, const mn_problem *problem, uint64_t seed)
{
    int64_t capacities[3];
    for (int i = 0; i < 3; i++)
        capacities[i] = !r->on[i] ? MN_NO_CAPACITY : r->senses[i] == MN_AT_LEAST ? -r->bounds[i] : r->bounds[i];
    uint16_t network[8] = {0};
    do {
        const int64_t objective = value_of(table, &r->objective, network);
        cr_assert_eq(mn_problem_value(problem, &problem->score, network), r->maximize ? objective : -objective,
                     "seed %" PRIu64, seed);
        bool expected = mn_rules_admit(table->rules, table->rule_count, network);
        for (int i = 0; i < 3; i++) {
            const int64_t value = value_of(table, &r->limits[i], network);
            expected = expected &&
                       (!r->on[i] || (r->senses[i] == MN_AT_LEAST ? value >= r->bounds[i] : value <= r->bounds[i]));
        }
        cr_assert_eq(mn_problem_admits(problem, capacities, network), expected, "seed %" PRIu64, seed);
    } while (next_network(table, network));
}

Test(problem, admits_what_the_request_admits)
{
    for (uint64_t seed = 1; seed <= 600; seed++) {
        uint64_t state = seed;
        const random_shape shape = {.nodes = 1 + (int)seed % 5,
                                    .blocks = 4,
                                    .metrics = 3,
                                    .ragged = true,
                                    .rules = (int)seed % 3,
                                    .scale = (int)seed % 3};
        mn_table *table = random_table(seed, shape);
        cr_assert(table, "seed %" PRIu64, seed);
        request r = random_request(table, &state);
        mn_problem problem;
        cr_assert_eq(mn_problem_make(table, table->diagram, table->rules, table->rule_count, &r.objective, r.maximize,
                                     r.limits, r.senses, 3, NULL, &problem),
                     MN_OK);
        const bool scaled = r.objective.scaled_metric >= 0 || r.limits[0].scaled_metric >= 0 ||
                            r.limits[1].scaled_metric >= 0 || r.limits[2].scaled_metric >= 0;
        cr_assert_eq(problem.scale != NULL, scaled, "a scale is there when a column needs it, seed %" PRIu64, seed);
        check_networks(table, &r, &problem, seed);
        mn_problem_free(&problem);
        free_request(&r);
        mn_table_free(table);
    }
}

Test(problem, without_limits)
{
    mn_table *table = random_table(1, (random_shape){.nodes = 3, .blocks = 3, .metrics = 1});
    mn_linear objective = parsed(table, "m0");
    mn_problem problem;
    cr_assert_eq(mn_problem_make(table, table->diagram, table->rules, table->rule_count, &objective, true, NULL, NULL,
                                 0, NULL, &problem),
                 MN_OK);
    const uint16_t network[3] = {2, 1, 0};
    cr_assert(mn_problem_admits(&problem, NULL, network));
    cr_assert_eq(mn_problem_value(&problem, &problem.score, network), mn_table_evaluate(table, 0, network));
    mn_problem_free(&problem);
    mn_problem_free(&problem);
    mn_linear_free(&objective);
    mn_table_free(table);
}

/* Fixed and forbidden blocks come as a diagram of their own; rules that it does not hold are checked too. */
Test(problem, forbidden_blocks_and_rules_outside_the_diagram)
{
    mn_table *table = random_table(3, (random_shape){.nodes = 4, .blocks = 3, .metrics = 1, .rules = 2});
    bool allowed[12];
    for (int item = 0; item < 12; item++)
        allowed[item] = item != 1 && item != 5;
    mn_diagram *diagram;
    cr_assert_eq(mn_diagram_build(4, table->first, NULL, 0, allowed, NULL, &diagram), MN_OK);
    int outside[2] = {0, 1};
    int *own = diagram->outside;
    diagram->outside = outside;
    diagram->outside_count = 2;
    mn_linear objective = parsed(table, "m0");
    mn_problem problem;
    cr_assert_eq(mn_problem_make(table, diagram, table->rules, table->rule_count, &objective, true, NULL, NULL, 0, NULL,
                                 &problem),
                 MN_OK);
    uint16_t network[4] = {0};
    do
        cr_assert_eq(mn_problem_admits(&problem, NULL, network),
                     network[0] != 1 && network[1] != 2 && mn_rules_admit(table->rules, table->rule_count, network));
    while (next_network(table, network));
    diagram->outside = own;
    mn_problem_free(&problem);
    mn_linear_free(&objective);
    mn_diagram_free(diagram);
    mn_table_free(table);
}
