#include "tests/random_problem.h"

#include <criterion/criterion.h>
#include <inttypes.h>

/* ---- making -------------------------------------------------------------------------------------------------------------- */

static void make_problem(random_problems *p, int index, uint64_t seed, bool nearest_sum, bool *allowed)
{
    uint64_t state = seed * 77 + 5; /* the same restrictions and expressions for every table */
    const mn_table *table = p->tables[index];
    for (int item = 0; item < table->item_count; item++)
        allowed[item] = random_below(&state, 12) != 0;
    mn_error error = {0};
    cr_assert_eq(mn_diagram_build(table->node_count, table->first, table->rules, table->rule_count, allowed, &error,
                                  &p->diagrams[index]),
                 MN_OK);
    state = seed * 31 + 7;
    mn_linear objective, limits[PROBLEM_LIMITS];
    mn_sense senses[PROBLEM_LIMITS];
    const bool maximize = random_below(&state, 2) || nearest_sum, scaled = table->has_scale;
    const char *expressions[] = {"m0", "m1", "m2", "m1 + m2", "2*m1 - m2", "m2 - 0.5*m1", "20*m1 + m2"};
    const char *goal =
        scaled && random_below(&state, 4) ? "m0" : expressions[scaled + random_below(&state, 7 - (uint64_t)scaled)];
    cr_assert_eq(mn_linear_parse(table, goal, strlen(goal), &objective, &error), MN_OK, "%s", error.text);
    for (int i = 0; i < p->limit_count; i++) {
        const char *drawn = expressions[random_below(&state, 7)], *text = nearest_sum ? goal : drawn;
        cr_assert_eq(mn_linear_parse(table, text, strlen(text), &limits[i], &error), MN_OK, "%s", error.text);
        senses[i] = random_below(&state, 2) && !nearest_sum ? MN_AT_LEAST : MN_AT_MOST;
    }
    cr_assert_eq(mn_problem_make(table, p->diagrams[index], table->rules, table->rule_count, &objective, maximize,
                                 limits, senses, p->limit_count, &error, &p->problems[index]),
                 MN_OK);
    mn_linear_free(&objective);
    for (int i = 0; i < p->limit_count; i++)
        mn_linear_free(&limits[i]);
}

static bool admitted(const mn_table *table, const bool *allowed, const uint16_t *network)
{
    for (int node = 0; node < table->node_count; node++)
        if (!allowed[table->first[node] + network[node]])
            return false;
    return mn_rules_admit(table->rules, table->rule_count, network);
}

static void list_networks(random_problems *p, int index, const bool *allowed)
{
    const mn_table *table = p->tables[index];
    const mn_problem *problem = &p->problems[index];
    for (uint64_t number = 0; number < table->count; number++) {
        listed_network next = {.problem = index};
        uint64_t rest = number;
        for (int node = table->node_count - 1; node >= 0; node--) {
            next.network[node] = (uint16_t)(rest % (uint64_t)table->nodes[node].block_count);
            rest /= (uint64_t)table->nodes[node].block_count;
        }
        if (!admitted(table, allowed, next.network))
            continue;
        next.score = mn_problem_value(problem, &problem->score, next.network);
        for (int i = 0; i < p->limit_count; i++)
            next.limits[i] = mn_problem_value(problem, &problem->limits[i], next.network);
        p->networks[p->network_count++] = next;
    }
}

static int compare_listed(const void *left, const void *right)
{
    const listed_network *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->problem != b->problem)
        return a->problem - b->problem;
    for (int i = 0; i < PROBLEM_NODES; i++)
        if (a->network[i] != b->network[i])
            return (int)a->network[i] - b->network[i];
    return 0;
}

random_problems make_random_problems(uint64_t seed, problem_shape shape)
{
    random_problems p = {.count = shape.tables, .limit_count = shape.limits};
    bool *allowed[PROBLEM_TABLES];
    size_t count = 1;
    for (int i = 0; i < shape.tables; i++) {
        random_shape own = shape.table;
        own.nodes -= shape.shrinking ? i : 0;
        p.tables[i] = random_table(seed * 16 + (uint64_t)i, own);
        cr_assert_not_null(p.tables[i], "seed %" PRIu64, seed);
        allowed[i] = calloc((size_t)p.tables[i]->item_count, sizeof *allowed[i]);
        make_problem(&p, i, seed, shape.nearest_sum, allowed[i]);
        p.width = own.nodes > p.width ? own.nodes : p.width;
        count += p.tables[i]->count;
    }
    p.networks = calloc(count, sizeof *p.networks);
    for (int i = 0; i < shape.tables; i++) {
        list_networks(&p, i, allowed[i]);
        free(allowed[i]);
    }
    qsort(p.networks, (size_t)p.network_count, sizeof *p.networks, compare_listed);
    return p;
}

void free_random_problems(random_problems *p)
{
    for (int i = 0; i < p->count; i++) {
        mn_problem_free(&p->problems[i]);
        mn_diagram_free(p->diagrams[i]);
        mn_table_free(p->tables[i]);
    }
    free(p->networks);
}

/* ---- asking -------------------------------------------------------------------------------------------------------------- */

void draw_capacities(random_problems *p, uint64_t *state)
{
    const mn_table *table = p->tables[0];
    for (int i = 0; i < p->limit_count; i++) {
        uint16_t network[PROBLEM_NODES];
        for (int node = 0; node < table->node_count; node++)
            network[node] = (uint16_t)random_below(state, (uint64_t)table->nodes[node].block_count);
        const int64_t value = mn_problem_value(&p->problems[0], &p->problems[0].limits[i], network);
        p->capacities[i] = value + (int64_t)random_below(state, 7) - 3;
        if (random_below(state, 8) == 0)
            p->capacities[i] = MN_NO_CAPACITY;
    }
}

bool network_fits(const random_problems *p, const int64_t *capacities, int left_out, const listed_network *network)
{
    for (int i = 0; i < p->limit_count; i++)
        if (i != left_out && capacities[i] != MN_NO_CAPACITY && network->limits[i] > capacities[i])
            return false;
    return true;
}

int next_fitting(const random_problems *p, const int64_t *capacities, int from)
{
    while (from < p->network_count && !network_fits(p, capacities, NO_LIMIT_LEFT_OUT, &p->networks[from]))
        from++;
    return from;
}
