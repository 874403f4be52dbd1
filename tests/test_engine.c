/* The exact search against enumeration: every network, value and tie. */
#include "tests/random_table.h"
#include "solver/engine.h"

#include <criterion/criterion.h>
#include <inttypes.h>

enum { MOST_LIMITS = 5, MOST_NODES = 8, MOST_TOP = 40, MOST_TABLES = 3 };

/* ---- a random question ------------------------------------------------------------------------------------------------------------------ */

typedef struct question {
    int table_count, limit_count, top;
    mn_table *tables[MOST_TABLES];
    mn_problem problems[MOST_TABLES];
    mn_diagram *diagrams[MOST_TABLES];
    int64_t capacities[MOST_LIMITS];
} question;

static void free_question(question *q)
{
    for (int i = 0; i < q->table_count; i++) {
        mn_problem_free(&q->problems[i]);
        mn_diagram_free(q->diagrams[i]);
        mn_table_free(q->tables[i]);
    }
}

/* Capacities near the value of a random network, so that limits bind, sometimes past what is feasible. */
static void draw_capacities(question *q, uint64_t *state)
{
    const mn_table *table = q->tables[0];
    for (int i = 0; i < q->limit_count; i++) {
        uint16_t network[MOST_NODES];
        for (int node = 0; node < table->node_count; node++)
            network[node] = (uint16_t)random_below(state, (uint64_t)table->nodes[node].block_count);
        const int64_t value = mn_problem_value(&q->problems[0], &q->problems[0].limits[i], network);
        q->capacities[i] = value + (int64_t)random_below(state, 7) - 3;
        if (random_below(state, 8) == 0)
            q->capacities[i] = MN_NO_CAPACITY;
    }
}

static bool make_problem(question *q, int index, uint64_t seed)
{
    uint64_t state = seed * 77 + 5; /* the same expressions for every table of the question */
    const mn_table *table = q->tables[index];
    bool *allowed = calloc((size_t)table->item_count, sizeof *allowed);
    for (int item = 0; item < table->item_count; item++)
        allowed[item] = random_below(&state, 12) != 0;
    mn_error error = {0};
    cr_assert_eq(mn_diagram_build(table->node_count, table->first, table->rules, table->rule_count, allowed, &error,
                                  &q->diagrams[index]),
                 MN_OK);
    free(allowed);
    state = seed * 31 + 7;
    mn_linear objective, limits[MOST_LIMITS];
    mn_sense senses[MOST_LIMITS];
    const bool maximize = random_below(&state, 2), scaled = table->has_scale;
    const char *expressions[] = {"m0", "m1", "m2", "m1 + m2", "2*m1 - m2", "m2 - 0.5*m1", "20*m1 + m2"};
    const char *goal =
        scaled && random_below(&state, 4) ? "m0" : expressions[scaled + random_below(&state, 7 - (uint64_t)scaled)];
    cr_assert_eq(mn_linear_parse(table, goal, strlen(goal), &objective, &error), MN_OK, "%s", error.text);
    for (int i = 0; i < q->limit_count; i++) {
        const char *text = expressions[random_below(&state, 7)];
        cr_assert_eq(mn_linear_parse(table, text, strlen(text), &limits[i], &error), MN_OK, "%s", error.text);
        senses[i] = random_below(&state, 2) ? MN_AT_LEAST : MN_AT_MOST;
    }
    cr_assert_eq(mn_problem_make(table, q->diagrams[index], table->rules, &objective, maximize, limits, senses,
                                 q->limit_count, &error, &q->problems[index]),
                 MN_OK);
    mn_linear_free(&objective);
    for (int i = 0; i < q->limit_count; i++)
        mn_linear_free(&limits[i]);
    return true;
}

static question make_question(uint64_t seed, random_shape shape, int tables)
{
    uint64_t state = seed;
    question q = {.table_count = tables};
    q.limit_count = (int)random_below(&state, MOST_LIMITS + 1);
    q.top = random_below(&state, 3) ? 1 : 1 + (int)random_below(&state, MOST_TOP);
    for (int i = 0; i < tables; i++) {
        q.tables[i] = random_table(seed * 16 + (uint64_t)i, shape);
        cr_assert_not_null(q.tables[i]);
        make_problem(&q, i, seed);
    }
    draw_capacities(&q, &state);
    return q;
}

/* ---- the oracle ------------------------------------------------------------------------------------------------------------------------- */

typedef struct found {
    int64_t score;
    int problem;
    uint16_t network[MOST_NODES];
} found;

static int compare_found(const void *left, const void *right)
{
    const found *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->problem != b->problem)
        return a->problem - b->problem;
    for (int i = 0; i < MOST_NODES; i++)
        if (a->network[i] != b->network[i])
            return (int)a->network[i] - b->network[i];
    return 0;
}

static bool diagram_admits(const mn_diagram *diagram, const uint16_t *network)
{
    int state = diagram->empty ? -1 : 0;
    for (int node = 0; node < diagram->node_count && state >= 0; node++)
        state = diagram->next[node][state * mn_diagram_blocks(diagram, node) + network[node]];
    return state >= 0;
}

static found *enumerate(const question *q, int *count)
{
    size_t capacity = 0;
    for (int i = 0; i < q->table_count; i++)
        capacity += q->tables[i]->count;
    found *all = calloc(capacity + 1, sizeof *all);
    *count = 0;
    for (int i = 0; i < q->table_count; i++)
        for (uint64_t number = 0; number < q->tables[i]->count; number++) {
            found *next = &all[*count];
            *next = (found){.problem = i};
            uint64_t rest = number;
            for (int node = q->tables[i]->node_count - 1; node >= 0; node--) {
                next->network[node] = (uint16_t)(rest % (uint64_t)q->tables[i]->nodes[node].block_count);
                rest /= (uint64_t)q->tables[i]->nodes[node].block_count;
            }
            const mn_problem *problem = &q->problems[i];
            bool admitted = diagram_admits(problem->diagram, next->network) &&
                            mn_rules_admit(q->tables[i]->rules, q->tables[i]->rule_count, next->network);
            for (int limit = 0; limit < q->limit_count && admitted; limit++)
                admitted = q->capacities[limit] == MN_NO_CAPACITY ||
                           mn_problem_value(problem, &problem->limits[limit], next->network) <= q->capacities[limit];
            if (!admitted)
                continue;
            next->score = mn_problem_value(problem, &problem->score, next->network);
            ++*count;
        }
    qsort(all, (size_t)*count, sizeof *all, compare_found);
    return all;
}

/* ---- comparison ------------------------------------------------------------------------------------------------------------------------- */

static void check(mn_engine *engine, const question *q, uint64_t seed)
{
    int32_t problems[MOST_TOP];
    int64_t scores[MOST_TOP];
    uint16_t choices[MOST_TOP * MOST_NODES];
    mn_answer answer = {.problems = problems, .scores = scores, .choices = choices};
    mn_error error = {0};
    const mn_question asked = {.capacities = q->capacities, .top = q->top};
    const mn_status status = mn_engine_solve(engine, &asked, &answer, &error);

    int count;
    found *all = enumerate(q, &count);
    const int expected = count < q->top ? count : q->top;
    cr_assert_eq(status, count ? MN_OK : MN_INFEASIBLE, "seed %" PRIu64 ": status %d, %d feasible", seed, status,
                 count);
    cr_assert_eq(answer.count, expected, "seed %" PRIu64 ": %d found, %d expected", seed, answer.count, expected);
    int width = 0;
    for (int i = 0; i < q->table_count; i++)
        width = q->tables[i]->node_count > width ? q->tables[i]->node_count : width;
    for (int i = 0; i < expected; i++) {
        cr_assert_eq(scores[i], all[i].score, "seed %" PRIu64 " #%d: score %" PRId64 ", expected %" PRId64, seed, i,
                     scores[i], all[i].score);
        cr_assert_eq(problems[i], all[i].problem, "seed %" PRIu64 " #%d: table", seed, i);
        cr_assert_arr_eq(choices + i * width, all[i].network,
                         sizeof(uint16_t) * (size_t)q->tables[all[i].problem]->node_count,
                         "seed %" PRIu64 " #%d: network", seed, i);
    }
    if (count > 0)
        cr_assert_eq(answer.bound, all[0].score, "seed %" PRIu64 ": bound", seed);
    free(all);
}

static void run(random_shape shape, int tables, uint64_t first, uint64_t last)
{
    for (uint64_t seed = first; seed < last; seed++) {
        question q = make_question(seed, shape, tables);
        mn_engine *engine;
        mn_error error = {0};
        cr_assert_eq(mn_engine_create(q.problems, q.table_count, &error, &engine), MN_OK);
        check(engine, &q, seed);
        uint64_t state = seed + 1000000;
        for (int again = 0; again < 4; again++) { /* what the engine has learned must not change an answer */
            draw_capacities(&q, &state);
            check(engine, &q, seed);
        }
        mn_engine_free(engine);
        free_question(&q);
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
    run((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .scale = 2}, 1, 0, 300);
    run((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .scale = 2, .rules = 2, .largest = 100000000}, 1, 0, 200);
}

Test(engine, equals_enumeration_on_single_nodes_and_blocks)
{
    run((random_shape){.nodes = 1, .blocks = 5, .metrics = 3}, 1, 0, 100);
    run((random_shape){.nodes = 5, .blocks = 1, .metrics = 3}, 1, 0, 50);
    run((random_shape){.nodes = 7, .blocks = 2, .metrics = 3, .ragged = true}, 1, 0, 100);
}
