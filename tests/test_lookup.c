/* The networks that can be an answer, and answers looked up among them, against enumeration. */
#include "tests/random_problem.h"
#include "solver/instructions.h"
#include "solver/lookup.h"

#include <criterion/criterion.h>
#include <inttypes.h>

enum { ROWS = 200 };

/* By the definition, over the listing of all problems; `expected` receives indices of p->networks. */
static int list_undominated(const random_problems *p, int problem, int *expected)
{
    int count = 0;
    for (int i = 0; i < p->network_count; i++) {
        bool beaten = p->networks[i].problem != problem;
        for (int j = 0; !beaten && j < count; j++) {
            beaten = true;
            for (int k = 0; beaten && k < p->limit_count; k++)
                beaten = p->networks[expected[j]].limits[k] <= p->networks[i].limits[k];
        }
        if (!beaten)
            expected[count++] = i;
    }
    return count;
}

/* In portions of effort: the list must not depend on pauses. */
static mn_undominated make_list(const mn_problem *problem, uint64_t portion, uint64_t seed)
{
    mn_undominated_build *build;
    mn_undominated list;
    mn_error error = {0};
    const mn_control control = {0};
    cr_assert_eq(mn_undominated_begin(problem, &error, &build), MN_OK, "seed %" PRIu64 ": %s", seed, error.text);
    mn_status status = MN_STOPPED;
    for (uint64_t effort = portion; status == MN_STOPPED; effort += portion) {
        bool never;
        status = mn_undominated_continue(build, &effort, &control, &never, &error, &list);
        cr_assert_not(never, "seed %" PRIu64, seed);
    }
    mn_undominated_end(build);
    cr_assert_eq(status, MN_OK, "seed %" PRIu64 ": %s", seed, error.text);
    return list;
}

static void check_list(const random_problems *p, int problem, const mn_undominated *list, uint64_t seed)
{
    int *expected = calloc((size_t)p->network_count + 1, sizeof *expected);
    cr_assert(expected);
    const int count = list_undominated(p, problem, expected);
    cr_assert_eq(list->count, count, "seed %" PRIu64 ", table %d: %zu networks, expected %d", seed, problem,
                 list->count, count);
    for (int i = 0; i < count; i++) {
        const listed_network *own = &p->networks[expected[i]];
        cr_assert_eq(list->scores[i], own->score, "seed %" PRIu64 ", place %d", seed, i);
        cr_assert_arr_eq(list->limits + i * p->limit_count, own->limits, sizeof(int64_t) * (size_t)p->limit_count,
                         "seed %" PRIu64 ", place %d: limits", seed, i);
        cr_assert_arr_eq(list->choices + i * list->node_count, own->network,
                         sizeof(uint16_t) * (size_t)list->node_count, "seed %" PRIu64 ", place %d: network", seed, i);
    }
    free(expected);
}

static void check_rows(const mn_lookup *lookup, random_problems *p, uint64_t seed, uint64_t *state)
{
    int64_t capacities[ROWS * PROBLEM_LIMITS];
    int32_t answers[ROWS];
    uint16_t choices[ROWS * PROBLEM_NODES];
    for (int row = 0; row < ROWS; row++) {
        draw_capacities(p, state);
        for (int i = 0; i < p->limit_count; i++) /* one multiple to either side of a value is where ranks could slip */
            capacities[row * p->limit_count + i] =
                p->capacities[i] == MN_NO_CAPACITY ? MN_NO_CAPACITY : p->capacities[i] + row % 3 - 1;
    }
    for (int level = MN_PLAIN; level <= MN_AVX512; level++) {
        mn_instructions_limit((mn_instructions)level);
        memset(choices, 0xff, sizeof choices);
        mn_lookup_rows(lookup, ROWS, capacities, answers, choices);
        for (int row = 0; row < ROWS; row++) {
            const int best = next_fitting(p, capacities + row * p->limit_count, 0);
            const bool exists = best < p->network_count;
            uint16_t expected[PROBLEM_NODES] = {0};
            if (exists)
                memcpy(expected, p->networks[best].network,
                       sizeof *expected * (size_t)p->tables[p->networks[best].problem]->node_count);
            cr_assert_eq(answers[row], exists ? p->networks[best].problem : -1,
                         "seed %" PRIu64 ", row %d, instructions %d: table %d", seed, row, level, answers[row]);
            cr_assert_arr_eq(choices + row * p->width, expected, sizeof *choices * (size_t)p->width,
                             "seed %" PRIu64 ", row %d, instructions %d: network", seed, row, level);
        }
    }
    mn_instructions_limit(MN_AVX512);
}

/* Returns in how many cases ranks were coarser than values. */
static int compare(random_shape shape, int tables, int limits, uint64_t first, uint64_t last)
{
    int coarse = 0;
    for (uint64_t seed = first; seed < last; seed++) {
        uint64_t state = seed;
        random_problems p = make_random_problems(
            seed, (problem_shape){shape, .tables = tables, .limits = limits ? limits : 1 + (int)(seed % PROBLEM_LIMITS),
                                  .shrinking = seed % 2});
        mn_undominated lists[PROBLEM_TABLES];
        mn_lookup *lookup;
        mn_error error = {0};
        const mn_control control = {0};
        bool outside = false;
        for (int i = 0; i < p.count; i++)
            outside |= p.diagrams[i]->outside_count > 0;
        if (outside) {
            free_random_problems(&p);
            continue;
        }
        for (int i = 0; i < p.count; i++) {
            lists[i] = make_list(&p.problems[i], 1 + seed % 2 * UINT32_MAX, seed);
            check_list(&p, i, &lists[i], seed);
        }
        cr_assert_eq(mn_lookup_make(lists, p.count, p.width, &control, &error, &lookup), MN_OK);
        for (int i = 0; lookup->count > 0 && i < p.limit_count; i++)
            coarse += !lookup->ranks[i].exact;
        check_rows(lookup, &p, seed, &state);
        mn_lookup_free(lookup);
        for (int i = 0; i < p.count; i++)
            mn_undominated_free(&lists[i]);
        free_random_problems(&p);
    }
    return coarse;
}

Test(lookup, equals_enumeration)
{
    compare((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .ragged = true}, 1, 0, 0, 60);
    compare((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .factors = 2}, 1, 0, 60, 90);
}

Test(lookup, equals_enumeration_on_ties_over_several_tables)
{
    compare((random_shape){.nodes = 5, .blocks = 3, .metrics = 3, .distinct = 2}, 3, 0, 100, 160);
}

Test(lookup, equals_enumeration_under_rules)
{
    compare((random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .distinct = 5, .rules = 3}, 2, 0, 200, 260);
}

Test(lookup, equals_enumeration_with_large_values)
{
    compare((random_shape){.nodes = 4, .blocks = 4, .metrics = 3, .largest = INT64_C(1) << 53}, 2, 0, 300, 330);
}

/* So many networks can be an answer that ranks hold several values, and sets many steps. */
Test(lookup, equals_enumeration_where_ranks_are_coarse, .timeout = 120)
{
    const int coarse =
        compare((random_shape){.nodes = 6, .blocks = 5, .metrics = 6, .largest = 100000}, 1, PROBLEM_LIMITS, 400, 403);
    cr_assert_gt(coarse, 0);
}

Test(lookup, stops_when_told)
{
    random_problems p = make_random_problems(
        1, (problem_shape){(random_shape){.nodes = 5, .blocks = 4, .metrics = 3}, .tables = 1, .limits = 2});
    atomic_bool cancel = true;
    const mn_control control = {.cancel = &cancel};
    mn_undominated_build *build;
    mn_undominated list;
    mn_error error = {0};
    uint64_t effort = UINT64_MAX;
    bool never;
    cr_assert_eq(mn_undominated_begin(&p.problems[0], &error, &build), MN_OK);
    cr_assert_eq(mn_undominated_continue(build, &effort, &control, &never, &error, &list), MN_INTERRUPTED);
    cancel = false;
    cr_assert_eq(mn_undominated_continue(build, &effort, &control, &never, &error, &list), MN_OK);
    check_list(&p, 0, &list, 1);
    mn_undominated_free(&list);
    mn_undominated_end(build);
    free_random_problems(&p);
}
