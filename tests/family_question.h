/* Questions on the benchmark's instance families (bench/families.h): their tables with a solver that holds the question. */
#ifndef MN_TESTS_FAMILY_QUESTION_H
#define MN_TESTS_FAMILY_QUESTION_H

#include "bench/families.h"

#include <criterion/criterion.h>
#include <inttypes.h>

typedef struct family_question {
    instance made;
    mn_table *table;
    mn_solver *solver;
} family_question;

/* Maximise the value under all limits; or, the other way round, minimise w0 with at least as much value as half of its range, the
 * other limits kept. */
static inline family_question family_question_make(const char *name, uint64_t seed, bool maximize)
{
    family_question q = {0};
    family f;
    cr_assert(family_parse(name, &f) && instance_make(&f, seed, &q.made), "%s", name);
    q.table = instance_table(&q.made);
    cr_assert(q.table);
    const mn_table *table = q.table;
    cr_assert_eq(mn_solver_create(&table, 1, &q.solver), MN_OK);
    cr_assert_eq(maximize ? mn_solver_maximize(q.solver, "value") : mn_solver_minimize(q.solver, "w0"), MN_OK);
    char text[64];
    if (!maximize) {
        int64_t low, high;
        cr_assert_eq(mn_table_metric_range(q.table, 0, &low, &high), MN_OK);
        snprintf(text, sizeof text, "value>=%" PRId64, low + (high - low) / 2);
        cr_assert_eq(mn_solver_add_limit(q.solver, text, NULL), MN_OK);
    }
    for (int limit = maximize ? 0 : 1; limit < f.limits; limit++) {
        snprintf(text, sizeof text, "w%d<=%" PRId64, limit, q.made.capacities[limit]);
        cr_assert_eq(mn_solver_add_limit(q.solver, text, NULL), MN_OK, "%s", mn_last_error(q.solver));
    }
    return q;
}

static inline void family_question_free(family_question *q)
{
    mn_solver_free(q->solver);
    mn_table_free(q->table);
    instance_free(&q->made);
}

/* Whether the network has the objective that is said of it and meets the limits, summed here. */
static inline bool family_question_agrees(const family_question *q, const mn_solution *solution)
{
    const mn_table *table = q->table;
    const int metrics = mn_table_metric_count(table);
    const bool maximize = !strstr(mn_solver_limit_text(q->solver, 0), "value");
    int64_t sums[1 + FAMILY_MOST_LIMITS] = {0};
    for (int metric = 0; metric < metrics; metric++)
        for (int node = 0; node < mn_table_node_count(table); node++)
            sums[metric] += mn_table_metric_value(table, metric, node, solution->network[node]);
    bool meets = solution->objective == sums[maximize ? 0 : 1];
    for (int limit = 0; limit < mn_solver_limit_count(q->solver); limit++) {
        const int64_t value = mn_solver_limit(q->solver, limit);
        meets &= maximize || limit > 0 ? sums[1 + limit] <= value : sums[0] >= value;
    }
    return meets;
}

#endif
