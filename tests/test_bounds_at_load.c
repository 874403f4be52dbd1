/* The arithmetic's bounds: tables, expressions and limits whose numbers could leave 64 bits are refused with a sentence, and those just
 * within are solved right (the undefined-behaviour sanitizer looks on in `make test-asan`). */
#include "host/files/table_json.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t largest = INT64_C(1) << 53; /* of one value */
enum { MOST_NODES = 512 };                       /* 512 * 2^53 = 2^62: the largest sum */

/* Two metrics, m0 and m1, of `nodes` nodes with the blocks "low" and "high". */
static mn_status read_table(int nodes, int64_t base, int64_t low, int64_t high, mn_table **table)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs("{\"format\": \"mathnas-table\", \"version\": 1, \"name\": \"bounds\", \"nodes\": [", out);
    for (int node = 0; node < nodes; node++)
        fprintf(out, "%s{\"name\": \"node%d\", \"blocks\": [\"low\", \"high\"]}", node ? ", " : "", node);
    fputs("], \"metrics\": [", out);
    for (int metric = 0; metric < 2; metric++) {
        fprintf(out,
                "%s{\"name\": \"m%d\", \"unit\": \"u\", \"better\": \"lower\", \"resolution\": 1, \"base\": %" PRId64
                ", ",
                metric ? ", " : "", metric, base);
        for (int node = 0; node < nodes; node++)
            fprintf(out, "%s[%" PRId64 ", %" PRId64 "]", node ? ", " : "\"values\": [", low, high);
        fputs("]}", out);
    }
    fputs("]}", out);
    fclose(out);
    *table = mn_table_new();
    const mn_status status = mn_table_read_memory("bounds", text, size, *table);
    free(text);
    return status;
}

static void expect_refused(int nodes, int64_t base, int64_t low, int64_t high, const char *part)
{
    mn_table *table;
    cr_assert_eq(read_table(nodes, base, low, high, &table), MN_BAD_INPUT);
    cr_assert(strstr(mn_last_error(table), part), "%s", mn_last_error(table));
    cr_assert(strstr(mn_last_error(table), "m0"), "the sentence names the metric: %s", mn_last_error(table));
    mn_table_free(table);
}

static mn_table *expect_read(int nodes, int64_t base, int64_t low, int64_t high)
{
    mn_table *table;
    cr_assert_eq(read_table(nodes, base, low, high, &table), MN_OK, "%s", mn_last_error(table));
    return table;
}

Test(bounds_at_load, sums_past_2_to_the_62_are_refused)
{
    expect_refused(MOST_NODES, 1, 0, largest, "2^62");
    expect_refused(MOST_NODES, -1, -largest, largest, "2^62");
    expect_refused(MOST_NODES + 1, 0, -largest, 0, "2^62");
    mn_table_free(expect_read(MOST_NODES, 0, -largest, largest));
}

Test(bounds_at_load, values_past_2_to_the_53_are_refused)
{
    expect_refused(1, 0, 0, largest + 1, "2^53");
    expect_refused(1, 0, -largest - 1, 0, "2^53");
    expect_refused(1, largest + 1, 0, 0, "2^53");
    mn_table_free(expect_read(1, largest, -largest, largest));
}

Test(bounds_at_load, expressions_and_limits_past_2_to_the_62_are_refused)
{
    mn_table *table = expect_read(4, 0, -largest, largest);
    mn_solver *solver;
    cr_assert_eq(mn_solver_create((const mn_table *const *)&table, 1, &solver), MN_OK);
    /* the sums reach a * 2^55 + b * 2^55 */
    cr_assert_eq(mn_solver_maximize(solver, "64*m0 + 63*m1"), MN_OK, "%s", mn_last_error(solver));
    cr_assert_eq(mn_solver_maximize(solver, "65*m0 + 64*m1"), MN_USAGE);
    cr_assert_eq(mn_solver_maximize(solver, "1e30*m0 + m1"), MN_USAGE);
    cr_assert_eq(mn_solver_add_limit(solver, "m0 - 130*m1<=0", NULL), MN_USAGE);
    cr_assert_eq(mn_solver_add_limit(solver, "m0<=4611686018427387904", NULL), MN_OK, "%s", mn_last_error(solver));
    cr_assert_eq(mn_solver_add_limit(solver, "m0<=4611686018427387905", NULL), MN_USAGE);
    cr_assert_eq(mn_solver_add_limit(solver, "m0>=-4611686018427387905", NULL), MN_USAGE);
    cr_assert_eq(mn_solver_add_limit(solver, "m0>=1e40", NULL), MN_USAGE);
    cr_assert_eq(mn_solver_limit_count(solver), 1);
    mn_solver_free(solver);
    mn_table_free(table);
}

/* ---- just within ----------------------------------------------------------------------------------------------------------------- */

/* All nodes are alike: a network is the number of its "high" blocks, and the smallest network has them at the end. */
static void expect_high_blocks(mn_solver *solver, int nodes, int wanted)
{
    const mn_options options = {.top = 1, .threads = 1, .time_limit = 60};
    const mn_result *result;
    const mn_status status = mn_solver_solve(solver, &options, &result);
    cr_assert_eq(status, wanted < 0 ? MN_INFEASIBLE : MN_OK, "status %d, %d expected: %s", status, wanted,
                 mn_last_error(solver));
    if (wanted < 0)
        return;
    cr_assert_eq(result->outcome, MN_OPTIMAL);
    const mn_solution *found = &result->solutions[0];
    for (int node = 0; node < nodes; node++)
        cr_assert_eq(found->network[node], node >= nodes - wanted, "%d expected, node %d", wanted, node);
    cr_assert_eq(found->objective, (2 * wanted - nodes) * largest);
    cr_assert_eq(result->bound, found->objective);
}

static mn_solver *maximizing(const mn_table *table)
{
    mn_solver *solver;
    cr_assert_eq(mn_solver_create(&table, 1, &solver), MN_OK);
    cr_assert_eq(mn_solver_maximize(solver, "m0"), MN_OK);
    cr_assert_eq(mn_solver_add_limit(solver, "m1<=", NULL), MN_OK);
    cr_assert_eq(mn_solver_add_limit(solver, "m0>=", NULL), MN_OK);
    return solver;
}

/* Each node spans 2^54, all of them 2^63. */
Test(bounds_at_load, the_largest_sums_are_solved_right, .timeout = 300)
{
    mn_table *table = expect_read(MOST_NODES, 0, -largest, largest);
    mn_solver *solver = maximizing(table);
    const int64_t most = INT64_C(1) << 62;
    expect_high_blocks(solver, MOST_NODES, MOST_NODES);
    const int64_t capacities[] = {most, most - 1, most - 2 * largest, 0, -1, 1, -most, -most + 1, 3 * largest};
    const int wanted[] = {512, 511, 511, 256, 255, 256, 0, 0, 257};
    for (int i = 0; i < 9; i++) {
        mn_solver_set_limit(solver, 0, capacities[i]);
        expect_high_blocks(solver, MOST_NODES, wanted[i]);
    }
    mn_solver_set_limit(solver, 0, MN_NO_LIMIT);
    mn_solver_set_limit(solver, 1, most);
    expect_high_blocks(solver, MOST_NODES, MOST_NODES);
    cr_assert_eq(mn_solver_minimize(solver, "m0"), MN_OK);
    expect_high_blocks(solver, MOST_NODES, MOST_NODES);
    mn_solver_set_limit(solver, 1, MN_NO_LIMIT);
    expect_high_blocks(solver, MOST_NODES, 0);
    mn_solver_free(solver);
    mn_table_free(table);
}

Test(bounds_at_load, windows_of_the_largest_values_are_solved_right, .timeout = 300)
{
    enum { NODES = 12 };
    mn_table *table = expect_read(NODES, 0, -largest, largest);
    mn_solver *solver = maximizing(table);
    for (int high = 0; high <= NODES; high++) {
        const int64_t sum = (2 * high - NODES) * largest;
        mn_solver_set_limit(solver, 0, sum);
        mn_solver_set_limit(solver, 1, sum);
        expect_high_blocks(solver, NODES, high);
        mn_solver_set_limit(solver, 1, sum + 1);
        expect_high_blocks(solver, NODES, -1);
        mn_solver_set_limit(solver, 0, sum + 1);
        expect_high_blocks(solver, NODES, -1);
        mn_solver_set_limit(solver, 1, sum - 1);
        expect_high_blocks(solver, NODES, high);
    }
    mn_solver_free(solver);
    mn_table_free(table);
}

/* One node whose two scores lie 2^63 apart. */
Test(bounds_at_load, one_node_spans_the_whole_range)
{
    mn_table *table = expect_read(1, 0, -largest, largest);
    mn_solver *solver = maximizing(table);
    const mn_result *result;
    cr_assert_eq(mn_solver_maximize(solver, "257*m0 + 255*m1"), MN_OK, "%s", mn_last_error(solver));
    for (int engine = 0; engine < 2; engine++) {
        const mn_options options = {.top = 1, .threads = 1, .engine = engine ? "scan" : "search"};
        mn_solver_set_limit(solver, 0, largest);
        cr_assert_eq(mn_solver_solve(solver, &options, &result), MN_OK, "%s", mn_last_error(solver));
        cr_assert_eq(result->solutions[0].objective, INT64_C(1) << 62);
        mn_solver_set_limit(solver, 0, largest - 1);
        cr_assert_eq(mn_solver_solve(solver, &options, &result), MN_OK, "%s", mn_last_error(solver));
        cr_assert_eq(result->solutions[0].objective, -(INT64_C(1) << 62));
    }
    mn_solver_free(solver);
    mn_table_free(table);
}
