/* The K best networks of different metrics: against enumeration, and the heap that keeps them against a plain list. */
#include "solver/best.h"
#include "tests/random_request.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the solver --------------------------------------------------------------------------------------------------------------------------- */

enum { MOST_TOP = 40 };

static bool same_metrics(const all_networks *all, int a, int b)
{
    for (int metric = 0; metric < all->metric_count; metric++)
        if (all->values[metric][a] != all->values[metric][b])
            return false;
    return true;
}

/* Of all networks in order of their value, those that differ from every one before. */
static int best_distinct(const request *r, int top, int *best)
{
    int *sorted = malloc(sizeof *sorted * (size_t)r->all->count), kept = 0;
    cr_assert(sorted);
    const int count = best_networks(r, r->all->count, sorted);
    for (int i = 0; i < count && kept < top; i++) {
        bool known = false;
        for (int k = 0; k < kept && !known; k++)
            known = same_metrics(r->all, best[k], sorted[i]);
        if (!known)
            best[kept++] = sorted[i];
    }
    free(sorted);
    return kept;
}

static void check_request(const all_networks *all, uint64_t seed)
{
    uint64_t state = seed;
    request *r = random_request(all, seed, (int)(seed % (MOST_LIMITS + 1)), seed % 4 == 0);
    for (int again = 0; again < 3; again++, draw_limits(r, &state)) {
        int best[MOST_TOP];
        const mn_options options = {
            .top = 1 + (int)random_below(&state, MOST_TOP), .distinct_metrics = true, .threads = 1 + (int)(seed % 2)};
        const mn_result *result;
        const int count = best_distinct(r, options.top, best);
        const mn_status status = mn_solver_resolve(r->solver, &options, &result);
        cr_assert_eq(status, count ? MN_OK : MN_INFEASIBLE, "%s: %s", r->label, mn_last_error(r->solver));
        cr_assert_eq(result->solution_count, count, "%s, top %d: %d found, %d expected", r->label, options.top,
                     result->solution_count, count);
        for (int i = 0; i < count; i++) {
            const mn_solution *found = &result->solutions[i];
            cr_assert_eq(found->table, all->table[best[i]], "%s, solution %d", r->label, i);
            cr_assert_eq(memcmp(found->network, all->choices[best[i]],
                                sizeof(uint16_t) * (size_t)mn_table_node_count(all->tables[found->table])),
                         0, "%s, top %d, solution %d: another network", r->label, options.top, i);
        }
    }
    request_free(r);
}

/* Two or three different values a metric: many networks agree in all metrics, within a table and, every other time, across two. */
Test(distinct, equals_enumeration)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        const random_shape shape = {
            .nodes = 5, .blocks = 4, .metrics = 2, .ragged = seed % 3 == 0, .distinct = 2 + (int)(seed % 4)};
        mn_table *made[2] = {random_table(seed, shape), random_table(seed % 5 ? seed : seed + 1000, shape)};
        const mn_table *tables[2] = {made[0], made[1]};
        all_networks *all = all_networks_of(tables, 1 + seed % 2, NULL);
        check_request(all, seed);
        all_networks_free(all);
        mn_table_free(made[0]);
        mn_table_free(made[1]);
    }
}

Test(distinct, the_scan_refuses)
{
    mn_table *table;
    mn_solver *solver;
    const mn_result *result;
    cr_assert_eq(mn_table_load("mobilenetv3/tx2gpu", &table), MN_OK);
    const mn_table *one = table;
    cr_assert_eq(mn_solver_create(&one, 1, &solver), MN_OK);
    cr_assert_eq(mn_solver_maximize(solver, "accuracy"), MN_OK);
    const mn_options options = {.top = 3, .engine = "scan", .distinct_metrics = true};
    cr_assert_eq(mn_solver_solve(solver, &options, &result), MN_USAGE);
    mn_solver_free(solver);
    mn_table_free(table);
}

/* ---- the heap ------------------------------------------------------------------------------------------------------------------------------ */

/* Networks of three nodes; the first two are the metrics, the score is their sum. */
static void first_two(const void *context, int problem, const uint16_t *network, int64_t *values)
{
    (void)context;
    (void)problem;
    values[0] = network[0];
    values[1] = network[1];
}

typedef struct entry {
    int64_t score;
    int problem;
    uint16_t network[3];
} entry;

static int compare_entries(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->problem != y->problem)
        return x->problem - y->problem;
    for (int i = 0; i < 3; i++)
        if (x->network[i] != y->network[i])
            return (int)x->network[i] - y->network[i];
    return 0;
}

Test(distinct, the_heap_keeps_the_best_of_each_kind)
{
    const mn_distinct by = {2, first_two, NULL};
    for (uint64_t seed = 1; seed <= 500; seed++) {
        enum { ENTRIES = 300 };
        uint64_t state = seed;
        static entry all[ENTRIES];
        mn_arena arena = {0};
        mn_best best;
        const int capacity = 1 + (int)random_below(&state, 30);
        cr_assert(mn_best_make(&best, capacity, 3, &arena) && mn_best_distinguish(&best, &by, &arena));
        for (int round = 0; round < 2; round++) {
            mn_best_clear(&best);
            for (int i = 0; i < ENTRIES; i++) {
                entry *e = &all[i];
                *e = (entry){.problem = (int)random_below(&state, 2)};
                for (int node = 0; node < 3; node++)
                    e->network[node] = (uint16_t)random_below(&state, 5);
                e->score = e->network[0] + e->network[1];
                mn_best_add(&best, e->score, e->problem, e->network, 3);
            }
            qsort(all, ENTRIES, sizeof *all, compare_entries);
            int kept = 0;
            for (int i = 0; i < ENTRIES && kept < capacity; i++) {
                bool known = false;
                for (int k = 0; k < i && !known; k++)
                    known = !memcmp(all[k].network, all[i].network, 2 * sizeof(uint16_t));
                if (known)
                    continue;
                bool found = false;
                for (int k = 0; k < best.count && !found; k++)
                    found = best.entries[k].problem == all[i].problem &&
                            !memcmp(best.entries[k].network, all[i].network, sizeof all[i].network);
                cr_assert(found, "seed %" PRIu64 ": the %d. best is missing", seed, kept + 1);
                kept++;
            }
            cr_assert_eq(best.count, kept, "seed %" PRIu64, seed);
        }
        mn_arena_free(&arena);
    }
}
