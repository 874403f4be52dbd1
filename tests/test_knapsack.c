/* One limit on independent nodes: against enumeration, and against a textbook dynamic program over capacities where spaces are large.
 * Values, networks and ties, with every set of instructions. */
#include "tests/random_problem.h"
#include "solver/graph.h"
#include "solver/knapsack.h"
#include "solver/instructions.h"

#include <criterion/criterion.h>
#include <inttypes.h>

enum { MOST_NODES = 80 };

static const mn_instructions all_instructions[] = {MN_PLAIN, MN_AVX2, MN_AVX512};

/* ---- asking -------------------------------------------------------------------------------------------------------------- */

typedef struct asked {
    mn_status status;
    mn_answer answer;
    int32_t problem;
    int64_t score;
    uint16_t network[MOST_NODES];
    bool beyond;
} asked;

static void ask(mn_knapsack *knapsack, mn_arena *arena, const int64_t *capacities, mn_control control, asked *a)
{
    mn_error error = {0};
    *a = (asked){0};
    a->answer = (mn_answer){.problems = &a->problem, .scores = &a->score, .choices = a->network};
    const mn_question question = {.capacities = capacities, .top = 1, .control = control};
    mn_arena_reset(arena);
    a->status = mn_knapsack_solve(knapsack, &question, arena, &a->answer, &a->beyond, &error);
}

/* A knapsack over the problems' free graphs; those with rules are split. False: some graph is not free. */
static bool make_knapsack(const mn_problem *problems, int count, int limit, int width, mn_knapsack *knapsack)
{
    enum { MOST_PARTS = 64 };
    mn_error error = {0};
    bool independent = true;
    *knapsack = (mn_knapsack){.width = width};
    knapsack->items = calloc((size_t)count * MOST_PARTS, sizeof *knapsack->items);
    knapsack->hulls = calloc((size_t)count * MOST_PARTS, sizeof *knapsack->hulls);
    for (int i = 0; i < count; i++) {
        mn_graph graph, parts[MOST_PARTS];
        int part_count = 0;
        if (problems[i].diagram->empty)
            continue;
        cr_assert_eq(mn_graph_make(problems[i].diagram, &error, &graph), MN_OK);
        if (graph.free) {
            parts[part_count++] = graph;
        } else {
            cr_assert_eq(mn_graph_split(&graph, MOST_PARTS, &error, parts, &part_count), MN_OK);
            mn_graph_free(&graph);
            independent &= part_count > 0;
        }
        for (int part = 0; part < part_count; part++) {
            cr_assert_eq(
                mn_items_make(&problems[i], i, limit, &parts[part], &error, &knapsack->items[knapsack->count++]),
                MN_OK);
            mn_graph_free(&parts[part]);
        }
    }
    return independent;
}

/* ---- against enumeration --------------------------------------------------------------------------------------------------- */

static void check_listed(const random_problems *p, const asked *a, uint64_t seed)
{
    const int best = next_fitting(p, p->capacities, 0);
    cr_assert_not(a->beyond, "seed %" PRIu64 ": not answered", seed);
    cr_assert_eq(a->status, best < p->network_count ? MN_OK : MN_INFEASIBLE, "seed %" PRIu64 ": status %d", seed,
                 a->status);
    if (a->status != MN_OK)
        return;
    const listed_network *expected = &p->networks[best];
    cr_assert_eq(a->score, expected->score, "seed %" PRIu64 ": score %" PRId64 ", expected %" PRId64, seed, a->score,
                 expected->score);
    cr_assert_eq(a->answer.bound, expected->score, "seed %" PRIu64 ": bound", seed);
    cr_assert_eq(a->problem, expected->problem, "seed %" PRIu64 ": table", seed);
    cr_assert_arr_eq(a->network, expected->network, sizeof(uint16_t) * (size_t)p->width, "seed %" PRIu64 ": network",
                     seed);
}

static void enumerate(problem_shape shape, uint64_t first, uint64_t last)
{
    for (uint64_t seed = first; seed < last; seed++) {
        mn_instructions_limit(all_instructions[seed % 3]);
        random_problems p = make_random_problems(seed, shape);
        uint64_t state = seed;
        mn_knapsack knapsack;
        mn_arena arena = {0};
        if (make_knapsack(p.problems, p.count, 0, p.width, &knapsack))
            for (int question = 0; question < 12; question++) {
                do
                    draw_capacities(&p, &state);
                while (p.capacities[0] == MN_NO_CAPACITY);
                asked a;
                ask(&knapsack, &arena, p.capacities, (mn_control){0}, &a);
                check_listed(&p, &a, seed);
            }
        mn_knapsack_free(&knapsack);
        mn_arena_free(&arena);
        free_random_problems(&p);
    }
}

Test(knapsack, equals_enumeration)
{
    const random_shape table = {.nodes = 6, .blocks = 4, .metrics = 3, .ragged = true};
    enumerate((problem_shape){table, .tables = 1, .limits = 1}, 0, 300);
}

Test(knapsack, equals_enumeration_where_everything_ties)
{
    for (int distinct = 1; distinct < 5; distinct++) { /* 1: zero ranges */
        const random_shape table = {.nodes = 7, .blocks = 4, .metrics = 3, .distinct = distinct};
        enumerate((problem_shape){table, .tables = 1, .limits = 1}, 0, 60);
    }
}

Test(knapsack, equals_enumeration_over_several_tables)
{
    const random_shape table = {.nodes = 5, .blocks = 4, .metrics = 3, .distinct = 5};
    enumerate((problem_shape){table, .tables = 3, .limits = 1, .shrinking = true}, 0, 200);
}

Test(knapsack, equals_enumeration_over_the_sequences_of_rules)
{
    const random_shape table = {.nodes = 6, .blocks = 4, .metrics = 3, .rules = 2, .distinct = 12};
    enumerate((problem_shape){table, .tables = 1, .limits = 1}, 0, 300);
}

Test(knapsack, equals_enumeration_of_nearest_sums)
{
    const random_shape table = {.nodes = 8, .blocks = 4, .metrics = 3};
    enumerate((problem_shape){table, .tables = 1, .limits = 1, .nearest_sum = true}, 0, 60);
}

Test(knapsack, equals_enumeration_on_single_nodes_and_blocks)
{
    enumerate((problem_shape){{.nodes = 1, .blocks = 5, .metrics = 3}, .tables = 1, .limits = 1}, 0, 60);
    enumerate((problem_shape){{.nodes = 5, .blocks = 1, .metrics = 3}, .tables = 1, .limits = 1}, 0, 30);
    enumerate((problem_shape){{.nodes = 8, .blocks = 2, .metrics = 3, .ragged = true}, .tables = 1, .limits = 1}, 0,
              60);
}

/* Ranges of weight and score that together need most of a state's 64 bits. */
Test(knapsack, equals_enumeration_with_wide_values)
{
    const random_shape table = {.nodes = 5, .blocks = 4, .metrics = 3, .largest = (int64_t)1 << 23};
    enumerate((problem_shape){table, .tables = 1, .limits = 1}, 0, 150);
}

/* ---- against a dynamic program over capacities --------------------------------------------------------------------------------- */

typedef enum family { UNCORRELATED, WEAK, STRONG, CUMULATIVE, SUBSET_SUM, SIGNED, FAMILIES } family;

typedef struct instance {
    int nodes, first[MOST_NODES + 1];
    int64_t *scores, *weights;
    int64_t least, most; /* sums of node minima and maxima of the weight */
    mn_diagram *diagram;
    mn_problem problem;
    mn_column limit;
} instance;

static void draw_node(family f, int blocks, int64_t largest, uint64_t *state, int64_t *scores, int64_t *weights)
{
    int64_t weight = 0, score = 0;
    for (int block = 0; block < blocks; block++) {
        const int64_t step = 1 + (int64_t)random_below(state, (uint64_t)largest / 10 + 1);
        weight = f == CUMULATIVE ? weight + step : 1 + (int64_t)random_below(state, (uint64_t)largest);
        switch (f) {
        case UNCORRELATED:
            score = 1 + (int64_t)random_below(state, (uint64_t)largest);
            break;
        case WEAK:
            score = weight + (int64_t)random_below(state, 21) - 10;
            break;
        case STRONG:
            score = weight + (int64_t)random_below(state, 5);
            break;
        case CUMULATIVE:
            score += step + 10;
            break;
        case SIGNED:
            weight -= largest / 2;
            score = (int64_t)random_below(state, 9) * 5 - 20;
            break;
        default:
            score = weight;
        }
        weights[block] = weight;
        scores[block] = score;
    }
}

static void make_instance(family f, int nodes, int blocks, int64_t largest, uint64_t seed, instance *p)
{
    uint64_t state = seed * 1000 + (uint64_t)f;
    *p = (instance){.nodes = nodes};
    for (int node = 0; node < nodes; node++)
        p->first[node + 1] = p->first[node] + (seed % 2 ? blocks : 1 + (int)random_below(&state, (uint64_t)blocks));
    const int items = p->first[nodes];
    p->scores = calloc((size_t)items, sizeof *p->scores);
    p->weights = calloc((size_t)items, sizeof *p->weights);
    for (int node = 0; node < nodes; node++) {
        const int begin = p->first[node], count = p->first[node + 1] - begin;
        draw_node(f, count, largest, &state, p->scores + begin, p->weights + begin);
        int64_t least = INT64_MAX, most = INT64_MIN;
        for (int item = begin; item < begin + count; item++) {
            least = p->weights[item] < least ? p->weights[item] : least;
            most = p->weights[item] > most ? p->weights[item] : most;
        }
        p->least += least;
        p->most += most;
    }
    mn_error error = {0};
    cr_assert_eq(mn_diagram_build(nodes, p->first, NULL, 0, NULL, &error, &p->diagram), MN_OK);
    p->limit = (mn_column){.values = p->weights};
    p->problem = (mn_problem){.node_count = nodes,
                              .item_count = items,
                              .first = p->first,
                              .diagram = p->diagram,
                              .score = {.values = p->scores},
                              .limit_count = 1,
                              .limits = &p->limit};
}

static void free_instance(instance *p)
{
    free(p->scores);
    free(p->weights);
    mn_diagram_free(p->diagram);
}

#define NOTHING (INT64_MIN / 2)

/* best[node][room]: the best score of the nodes from that one on with weights, above each node's least, of at most `room` together. */
static int64_t *oracle(const instance *p)
{
    const int64_t rooms = p->most - p->least + 1;
    int64_t *best = calloc((size_t)(p->nodes + 1) * (size_t)rooms, sizeof *best);
    for (int node = p->nodes - 1; node >= 0; node--) {
        int64_t least = INT64_MAX;
        for (int item = p->first[node]; item < p->first[node + 1]; item++)
            least = p->weights[item] < least ? p->weights[item] : least;
        int64_t *own = best + node * rooms;
        const int64_t *next = own + rooms;
        for (int64_t room = 0; room < rooms; room++) {
            own[room] = NOTHING;
            for (int item = p->first[node]; item < p->first[node + 1]; item++) {
                const int64_t left = room - (p->weights[item] - least);
                if (left >= 0 && next[left] + p->scores[item] > own[room])
                    own[room] = next[left] + p->scores[item];
            }
        }
    }
    return best;
}

static void smallest_of_oracle(const instance *p, const int64_t *best, int64_t room, uint16_t *network)
{
    const int64_t rooms = p->most - p->least + 1;
    for (int node = 0; node < p->nodes; node++) {
        int64_t least = INT64_MAX;
        for (int item = p->first[node]; item < p->first[node + 1]; item++)
            least = p->weights[item] < least ? p->weights[item] : least;
        for (int item = p->first[node]; item < p->first[node + 1]; item++) {
            const int64_t left = room - (p->weights[item] - least);
            if (left >= 0 && best[(node + 1) * rooms + left] + p->scores[item] == best[node * rooms + room]) {
                network[node] = (uint16_t)(item - p->first[node]);
                room = left;
                break;
            }
        }
    }
}

/* Returns whether tables were used, and more than are kept at once. */
static bool check_instance(instance *p, uint64_t seed, family f, size_t most_cells)
{
    mn_knapsack knapsack;
    mn_arena arena = {0};
    make_knapsack(&p->problem, 1, 0, p->nodes, &knapsack);
    knapsack.most_cells = most_cells;
    int64_t *best = oracle(p);
    const int64_t range = p->most - p->least;
    uint64_t state = seed;
    for (int question = 0; question < 9;
         question++) { /* what was kept from earlier capacities must not change an answer */
        mn_instructions_limit(all_instructions[question % 3]);
        int64_t room = question == 0 ? range / 2 : (int64_t)random_below(&state, (uint64_t)range + 1);
        room = question == 1 ? -1 : question == 2 ? range + 7 : room;
        const int64_t capacity = p->least + room;
        asked a;
        ask(&knapsack, &arena, &capacity, (mn_control){0}, &a);
        cr_assert(!a.beyond || most_cells > 0, "family %d, seed %" PRIu64 ": not answered", f, seed);
        if (a.beyond)
            continue;
        cr_assert_eq(a.status, room < 0 ? MN_INFEASIBLE : MN_OK, "family %d, seed %" PRIu64, f, seed);
        if (room < 0)
            continue;
        room = room < range ? room : range;
        uint16_t network[MOST_NODES];
        smallest_of_oracle(p, best, room, network);
        cr_assert_eq(a.score, best[room], "family %d, seed %" PRIu64 ": %" PRId64 ", expected %" PRId64, f, seed,
                     a.score, best[room]);
        cr_assert_eq(a.answer.bound, best[room], "family %d, seed %" PRIu64 ": bound", f, seed);
        cr_assert_arr_eq(a.network, network, sizeof *network * (size_t)p->nodes, "family %d, seed %" PRIu64 ": network",
                         f, seed);
    }
    const bool many_tables = knapsack.kept_tables.table_capacity > 0 && knapsack.kept_tables.count > 1;
    free(best);
    mn_knapsack_free(&knapsack);
    mn_arena_free(&arena);
    return many_tables;
}

/* Returns the number of instances with many tables. */
static int check_families(int nodes, int blocks, int64_t largest, uint64_t seeds, size_t most_cells)
{
    int many_tables = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++)
        for (family f = 0; f < FAMILIES; f++) {
            instance p;
            make_instance(f, nodes, blocks, largest, seed, &p);
            many_tables += check_instance(&p, seed, f, most_cells);
            free_instance(&p);
        }
    return many_tables;
}

Test(knapsack, equals_a_dynamic_program_over_capacities)
{
    check_families(12, 6, 60, 40, 0);
    check_families(25, 12, 100, 12, 0);
}

/* Lists grow dense and go on as tables; walks over more nodes than there are tables at once. */
Test(knapsack, equals_a_dynamic_program_where_lists_are_dense)
{
    const int many_tables = check_families(MOST_NODES, 14, 60, 8, 0) + check_families(70, 5, 30, 12, 0);
    cr_assert_gt(many_tables, 0, "no instance had many tables: the test lost its subject");
}

/* Tables that do not all fit go, and are made again. */
Test(knapsack, equals_a_dynamic_program_with_little_memory)
{
    int many_tables = 0;
    for (size_t most_cells = 1000; most_cells < 100000; most_cells = most_cells * 3 / 2)
        many_tables += check_families(MOST_NODES, 8, 40, 2, most_cells);
    cr_assert_gt(many_tables, 0, "no instance had many tables: the test lost its subject");
}

/* ---- being stopped -------------------------------------------------------------------------------------------------------------- */

Test(knapsack, stops_with_a_network_and_a_bound)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        instance p;
        mn_knapsack knapsack;
        mn_arena arena = {0};
        make_instance(CUMULATIVE, MOST_NODES, 20, 1000, seed, &p);
        make_knapsack(&p.problem, 1, 0, p.nodes, &knapsack);
        const int64_t capacity = (p.least + p.most) / 2;
        asked whole, part;
        ask(&knapsack, &arena, &capacity, (mn_control){0}, &whole);
        cr_assert_eq(whole.status, MN_OK);
        const atomic_bool cancel = true;
        for (uint64_t nodes = 1; nodes < whole.answer.search_nodes; nodes = 3 * nodes + 1) {
            ask(&knapsack, &arena, &capacity, (mn_control){.node_limit = nodes}, &part);
            if (part.status == MN_OK) /* the limit is looked at after every node */
                break;
            cr_assert_eq(part.status, MN_STOPPED);
            cr_assert_eq(part.answer.outcome, MN_NODE_LIMIT);
            cr_assert_eq(part.answer.count, 1, "seed %" PRIu64, seed);
            cr_assert(mn_problem_admits(&p.problem, &capacity, part.network), "seed %" PRIu64, seed);
            cr_assert_eq(mn_problem_value(&p.problem, &p.problem.score, part.network), part.score, "seed %" PRIu64,
                         seed);
            cr_assert_leq(part.score, whole.score, "seed %" PRIu64, seed);
            cr_assert_geq(part.answer.bound, whole.score, "seed %" PRIu64, seed);
        }
        ask(&knapsack, &arena, &capacity, (mn_control){.cancel = &cancel}, &part);
        cr_assert(part.status == MN_INTERRUPTED || part.answer.search_nodes == 0, "seed %" PRIu64, seed);
        ask(&knapsack, &arena, &capacity, (mn_control){.deadline = 1e-9}, &part);
        cr_assert(part.status == MN_STOPPED || part.answer.search_nodes == 0, "seed %" PRIu64, seed);
        mn_knapsack_free(&knapsack);
        mn_arena_free(&arena);
        free_instance(&p);
    }
}

/* Sums that do not fit are left to others, not answered wrongly. */
Test(knapsack, leaves_what_it_cannot_hold)
{
    const random_shape table = {.nodes = 5, .blocks = 4, .metrics = 3, .largest = (int64_t)1 << 53};
    random_problems p = make_random_problems(3, (problem_shape){table, .tables = 1, .limits = 1});
    mn_knapsack knapsack;
    mn_arena arena = {0};
    make_knapsack(p.problems, 1, 0, p.width, &knapsack);
    p.capacities[0] = p.networks[p.network_count / 2].limits[0];
    asked a;
    ask(&knapsack, &arena, p.capacities, (mn_control){0}, &a);
    cr_assert(a.beyond || a.score == p.networks[next_fitting(&p, p.capacities, 0)].score);
    mn_knapsack_free(&knapsack);
    mn_arena_free(&arena);
    free_random_problems(&p);
}
