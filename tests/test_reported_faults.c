/* Faults that users of other solvers have reported, as questions to this one. Each test names the report; the data are our own. */
#include "host/files/table_json.h"
#include "tests/processor_time.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- tables and questions -------------------------------------------------------------------------------------------------------- */

/* values [metrics][nodes][blocks], metrics "m0", "m1", ... of resolution 1. */
static mn_table *table_of(int metrics, int nodes, int blocks, const int64_t *values)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs("{\"format\": \"mathnas-table\", \"version\": 1, \"name\": \"reported\", \"nodes\": [", out);
    for (int node = 0; node < nodes; node++) {
        fprintf(out, "%s{\"name\": \"node%d\", \"blocks\": [", node ? ", " : "", node);
        for (int block = 0; block < blocks; block++)
            fprintf(out, "%s\"block%d\"", block ? ", " : "", block);
        fputs("]}", out);
    }
    fputs("], \"metrics\": [", out);
    for (int metric = 0; metric < metrics; metric++) {
        fprintf(out, "%s{\"name\": \"m%d\", \"unit\": \"u\", \"better\": \"higher\", \"resolution\": 1, \"base\": 0, ",
                metric ? ", " : "", metric);
        fputs("\"values\": [", out);
        for (int node = 0; node < nodes; node++)
            for (int block = 0; block < blocks; block++)
                fprintf(out, "%s%" PRId64 "%s",
                        block  ? ", "
                        : node ? ", ["
                               : "[",
                        *values++, block == blocks - 1 ? "]" : "");
        fputs("]}", out);
    }
    fputs("]}", out);
    fclose(out);
    mn_table *table = mn_table_new();
    cr_assert_eq(mn_table_read_memory("reported", text, size, table), MN_OK, "%s", mn_last_error(table));
    free(text);
    return table;
}

static mn_table *random_values(int metrics, int nodes, int blocks, int64_t largest, uint64_t seed)
{
    const int count = metrics * nodes * blocks;
    int64_t *values = malloc((size_t)count * sizeof *values);
    for (int i = 0; i < count; i++)
        values[i] = (int64_t)random_below(&seed, (uint64_t)largest + 1);
    mn_table *table = table_of(metrics, nodes, blocks, values);
    free(values);
    return table;
}

static mn_solver *solver_of(const mn_table *table, const char *maximize, const char *const *limits, int count)
{
    mn_solver *solver;
    cr_assert_eq(mn_solver_create(&table, 1, &solver), MN_OK);
    cr_assert_eq(mn_solver_maximize(solver, maximize), MN_OK, "%s", mn_last_error(solver));
    for (int i = 0; i < count; i++)
        cr_assert_eq(mn_solver_add_limit(solver, limits[i], NULL), MN_OK, "%s", mn_last_error(solver));
    return solver;
}

static int64_t value_of(const mn_table *table, int metric, const uint16_t *network)
{
    int64_t sum = mn_table_metric_base(table, metric);
    for (int node = 0; node < mn_table_node_count(table); node++)
        sum += mn_table_metric_value(table, metric, node, network[node]);
    return sum;
}

/* ---- status ---------------------------------------------------------------------------------------------------------------------- */

/* HiGHS 902: an infeasible problem was "optimal" when a (then infeasible) solution was at hand. Here earlier answers are at hand. */
Test(reported_faults, what_is_known_makes_no_infeasible_question_feasible)
{
    mn_table *table = random_values(3, 8, 5, 1000, 902);
    mn_solver *solver = solver_of(table, "m0", (const char *[]){"m1<=4000", "m2>=4000"}, 2);
    for (int again = 0; again < 3; again++) {
        const mn_result *result;
        mn_solver_set_limit(solver, 0, 8000);
        mn_solver_set_limit(solver, 1, 1000);
        cr_assert_eq(mn_solver_solve(solver, NULL, &result), MN_OK);
        cr_assert_eq(result->solution_count, 1);
        mn_solver_set_limit(solver, 0, 100);
        cr_assert_eq(mn_solver_solve(solver, NULL, &result), MN_INFEASIBLE);
        cr_assert_eq(result->outcome, MN_OUTCOME_INFEASIBLE);
        cr_assert_eq(result->solution_count, 0);
        cr_assert_eq(result->conflict_count, 1);
        cr_assert_eq(result->conflict[0], 0);
    }
    mn_solver_free(solver);
    mn_table_free(table);
}

/* cuOpt 1021: "infeasible" was printed, and then the solver hung until its time limit. */
Test(reported_faults, infeasible_returns_at_once, .timeout = 120)
{
    mn_table *table = random_values(4, 100, 20, 1000, 1021);
    mn_solver *solver = solver_of(table, "m0", (const char *[]){"m1<=100", "m2<=50000", "m3>=10"}, 3);
    const mn_result *result;
    const double start = processor_seconds();
    cr_assert_eq(mn_solver_solve(solver, NULL, &result), MN_INFEASIBLE);
    cr_assert_lt(processor_seconds() - start, seconds_worth(10));
    cr_assert_eq(result->conflict_count, 1);
    cr_assert_eq(result->conflict[0], 0);
    cr_assert(result->nearest_exists[0]);
    mn_solver_free(solver);
    mn_table_free(table);
}

/* DynamicOFA 2: a search in a latency range that no network has ran for two days. */
Test(reported_faults, a_latency_range_without_networks_is_refused_with_what_is_reachable, .timeout = 120)
{
    mn_table *table = random_values(2, 20, 9, 1000, 2);
    int64_t smallest, largest;
    cr_assert_eq(mn_table_metric_range(table, 1, &smallest, &largest), MN_OK);
    mn_solver *solver = solver_of(table, "m0", (const char *[]){"m1>=", "m1<="}, 2);
    const int64_t ranges[][2] = {
        {smallest - 300, smallest - 1}, {largest + 1, largest + 2}, {smallest + 70, smallest + 50}};
    for (int i = 0; i < 3; i++) {
        mn_solver_set_limit(solver, 0, ranges[i][0]);
        mn_solver_set_limit(solver, 1, ranges[i][1]);
        const mn_result *result;
        const double start = processor_seconds();
        cr_assert_eq(mn_solver_solve(solver, NULL, &result), MN_INFEASIBLE);
        cr_assert_lt(processor_seconds() - start, seconds_worth(10));
        if (i == 0)
            cr_assert(result->conflict_count == 1 && result->conflict[0] == 1 && result->nearest[0] == smallest);
        if (i == 1)
            cr_assert(result->conflict_count == 1 && result->conflict[0] == 0 && result->nearest[0] == largest);
        if (i == 2)
            cr_assert_eq(result->conflict_count, 2);
    }
    mn_solver_free(solver);
    mn_table_free(table);
}

/* The same among other limits, which hid it from the search: ends that cross, also by expressions of another factor or sign, and ends
 * between two multiples that sums can take. */
Test(reported_faults, a_range_that_is_empty_in_itself_is_refused_among_other_limits, .timeout = 120)
{
    enum { NODES = 40, BLOCKS = 8 };
    int64_t values[4][NODES][BLOCKS];
    uint64_t state = 20;
    for (int metric = 0; metric < 4; metric++)
        for (int node = 0; node < NODES; node++)
            for (int block = 0; block < BLOCKS; block++)
                values[metric][node][block] = (int64_t)random_below(&state, 1000) * (metric == 3 ? 25 : 1);
    mn_table *table = table_of(4, NODES, BLOCKS, &values[0][0][0]);
    const char *const ranges[][2] = {{"m3<=500000", "m3>=500025"},
                                     {"m3<=500024", "m3>=500001"},
                                     {"2*m3<=1000000", "-3*m3<=-1500075"},
                                     {"m1 + m2<=40000", "-0.5*m1 - 0.5*m2<=-20000.5"}};
    for (int i = 0; i < 4; i++) {
        const char *const limits[] = {"m1<=21000", ranges[i][0], "m2<=20500", ranges[i][1]};
        mn_solver *solver = solver_of(table, "m0", limits, 4);
        const mn_result *result;
        const double start = processor_seconds();
        cr_assert_eq(mn_solver_resolve(solver, NULL, &result), MN_INFEASIBLE, "%s", ranges[i][0]);
        cr_assert_lt(processor_seconds() - start, seconds_worth(10));
        mn_solver_free(solver);
    }
    mn_table_free(table);
}

/* ---- tolerances ------------------------------------------------------------------------------------------------------------------ */

/* HiGHS 1510, 1959: a feasibility tolerance changed the optimum, or made a feasible problem infeasible. One part in 2^53 counts here. */
Test(reported_faults, no_tolerance_changes_the_optimum)
{
    const int64_t large = INT64_C(1) << 52;
    /* m0: the second blocks are better by 1. m1: exactly `large`, or one more, at each node. */
    const int64_t values[] = {large, large + 1, large, large + 1, large, large + 1,
                              large, large + 1, large, large + 1, large, large + 1};
    mn_table *table = table_of(2, 3, 2, values);
    mn_solver *solver = solver_of(table, "m0", (const char *[]){"m1<="}, 1);
    for (int more = -1; more <= 4; more++) {
        const mn_result *result;
        mn_solver_set_limit(solver, 0, 3 * large + more);
        const mn_status status = mn_solver_solve(solver, NULL, &result);
        cr_assert_eq(status, more < 0 ? MN_INFEASIBLE : MN_OK, "%d more", more);
        if (more >= 0)
            cr_assert_eq(result->solutions[0].objective, 3 * large + (more < 3 ? more : 3), "%d more", more);
        else
            cr_assert_eq(result->nearest[0], 3 * large);
    }
    mn_solver_free(solver);
    mn_table_free(table);
}

/* pulp 289, 822: status "optimal", and a limit of 5119995 was met by 5120000: one millionth too much passed as equal. */
Test(reported_faults, an_optimal_network_meets_its_limit_exactly)
{
    const int64_t values[] = {4, 3, 2, 1, 0, 0, 0, 0, 35840000, 15360000, 5120000, 0, 1, 1, 1, 1};
    mn_table *table = table_of(2, 2, 4, values);
    mn_solver *solver = solver_of(table, "m0", (const char *[]){"m1<="}, 1);
    for (int64_t limit = 5119990; limit <= 5120002; limit++) {
        const mn_result *result;
        mn_solver_set_limit(solver, 0, limit);
        cr_assert_eq(mn_solver_solve(solver, NULL, &result), MN_OK);
        cr_assert_eq(result->solutions[0].objective, limit < 5120001 ? 1 : 2, "limit %" PRId64, limit);
        cr_assert_leq(value_of(table, 1, result->solutions[0].network), limit);
    }
    mn_solver_free(solver);
    mn_table_free(table);
}

/* ---- solving again --------------------------------------------------------------------------------------------------------------- */

/* HiGHS 3294: hot starts after other right-hand sides gave, sometimes, another objective than a cold start. */
Test(reported_faults, other_limits_on_the_same_solver_answer_as_on_a_new_one)
{
    mn_table *table = random_values(3, 12, 6, 1000, 3294);
    const char *const limits[] = {"m1<=", "m2<="};
    mn_solver *warm = solver_of(table, "m0", limits, 2);
    uint16_t networks[40][12];
    int64_t values[40];
    for (int pass = 0; pass < 3; pass++) {
        uint64_t state = 3294; /* the same limits in the same order */
        for (int row = 0; row < 40; row++) {
            mn_solver *cold = solver_of(table, "m0", limits, 2);
            const mn_result *result, *expected;
            for (int limit = 0; limit < 2; limit++) {
                const int64_t value = 2500 + (int64_t)random_below(&state, 5000);
                mn_solver_set_limit(warm, limit, value);
                mn_solver_set_limit(cold, limit, value);
            }
            cr_assert_eq(mn_solver_resolve(warm, NULL, &result), MN_OK);
            cr_assert_eq(mn_solver_resolve(cold, NULL, &expected), MN_OK);
            cr_assert_eq(result->solutions[0].objective, expected->solutions[0].objective, "pass %d, row %d", pass,
                         row);
            cr_assert_arr_eq(result->solutions[0].network, expected->solutions[0].network, sizeof networks[0]);
            cr_assert(pass == 0 || values[row] == result->solutions[0].objective);
            values[row] = result->solutions[0].objective;
            memcpy(networks[row], result->solutions[0].network, sizeof networks[0]);
            cr_assert_eq(value_of(table, 0, networks[row]), values[row]);
            mn_solver_free(cold);
        }
    }
    mn_solver_free(warm);
    mn_table_free(table);
}

/* cuOpt 1488: with many threads "optimal" came with the objective of an older incumbent, as solves were so short. */
Test(reported_faults, the_network_reported_is_the_optimum_whatever_the_threads)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        mn_table *table = random_values(3, 10, 5, seed % 2 ? 3 : 1000, seed);
        mn_solver *solver = solver_of(table, "m0", (const char *[]){"m1<=", "m2>="}, 2);
        const int64_t largest = 10 * (seed % 2 ? 3 : 1000);
        mn_solver_set_limit(solver, 0, largest * 4 / 10);
        mn_solver_set_limit(solver, 1, largest * 5 / 10);
        uint16_t first[10];
        for (int threads = 1; threads <= 16; threads += threads < 4 ? 1 : 4) {
            const mn_options options = {.top = 1, .threads = threads};
            const mn_result *result;
            cr_assert_eq(mn_solver_resolve(solver, &options, &result), MN_OK);
            const uint16_t *network = result->solutions[0].network;
            cr_assert_eq(value_of(table, 0, network), result->solutions[0].objective, "seed %" PRIu64, seed);
            cr_assert_eq(result->bound, result->solutions[0].objective, "seed %" PRIu64, seed);
            if (threads == 1)
                memcpy(first, network, sizeof first);
            cr_assert_arr_eq(network, first, sizeof first, "seed %" PRIu64 ", %d threads", seed, threads);
        }
        mn_solver_free(solver);
        mn_table_free(table);
    }
}

/* ---- memory ---------------------------------------------------------------------------------------------------------------------- */

static long resident_pages(void)
{
    long total, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file) {
        if (fscanf(file, "%ld %ld", &total, &resident) != 2)
            resident = 0;
        fclose(file);
    }
    return resident;
}

/* python-mip 423: many solves in a row, each independent, and memory grew. */
Test(reported_faults, memory_stays_over_many_solves, .timeout = 600)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("the address sanitizer keeps freed memory");
#endif
    mn_table *table = random_values(3, 10, 6, 1000, 423);
    const char *const limits[] = {"m1<=", "m2<="};
    mn_solver *kept = solver_of(table, "m0", limits, 2);
    uint64_t state = 423;
    long early = 0;
    for (int solve = 0; solve < 20000; solve++) {
        mn_solver *solver = solve % 4 ? kept : solver_of(table, "m0", limits, 2);
        for (int limit = 0; limit < 2; limit++)
            mn_solver_set_limit(solver, limit, 1000 + (int64_t)random_below(&state, 6000));
        const mn_result *result;
        const mn_status status = mn_solver_resolve(solver, NULL, &result);
        cr_assert(status == MN_OK || status == MN_INFEASIBLE);
        if (solver != kept)
            mn_solver_free(solver);
        if (solve == 4000)
            early = resident_pages();
    }
    const long pages = resident_pages() - early, bytes = pages * sysconf(_SC_PAGESIZE);
    cr_assert_lt(bytes, 4 << 20, "%ld bytes more after 20,000 solves than after 4,000", bytes);
    mn_solver_free(kept);
    mn_table_free(table);
}

/* ---- fronts ---------------------------------------------------------------------------------------------------------------------- */

static int front_size(const mn_table *table, const char *const *objectives, int count, mn_front **front)
{
    mn_solver *solver;
    cr_assert_eq(mn_solver_create(&table, 1, &solver), MN_OK);
    const bool maximize[] = {true, false, false};
    const mn_status status = mn_front_compute(solver, objectives, maximize, count, NULL, front);
    cr_assert_eq(status, MN_OK, "%s", mn_last_error(*front));
    mn_solver_free(solver);
    return (int)mn_front_count(*front);
}

/* MultiObjectiveAlgorithms 193: points were lost to the subproblems' relative gap. Here all 2^10 networks are points, their values one
 * apart among 10^12. */
Test(reported_faults, fronts_lose_no_points_to_a_gap)
{
    int64_t values[2][10][2];
    for (int metric = 0; metric < 2; metric++)
        for (int node = 0; node < 10; node++) {
            values[metric][node][0] = INT64_C(100000000000);
            values[metric][node][1] = INT64_C(100000000000) + (1 << node);
        }
    mn_table *table = table_of(2, 10, 2, &values[0][0][0]);
    mn_front *front;
    cr_assert_eq(front_size(table, (const char *[]){"m0", "m1"}, 2, &front), 1024);
    for (uint64_t i = 0; i < 1024; i++)
        cr_assert(mn_front_value(front, i, 0) == mn_front_value(front, i, 1) &&
                  mn_front_value(front, i, 0) == INT64_C(1000000001023) - (int64_t)i);
    mn_front_free(front);
    mn_table_free(table);
}

/* MultiObjectiveAlgorithms 20: points were kept that another one equals in one objective and beats in the other. */
Test(reported_faults, fronts_keep_no_weakly_dominated_points)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        mn_table *table = random_values(3, 6, 4, 3, seed); /* few different values */
        mn_front *front;
        const int count = front_size(table, (const char *[]){"m0", "m1", "m2"}, 3, &front);
        for (int a = 0; a < count; a++)
            for (int b = 0; b < count; b++)
                cr_assert(a == b || mn_front_value(front, a, 0) < mn_front_value(front, b, 0) ||
                              mn_front_value(front, a, 1) > mn_front_value(front, b, 1) ||
                              mn_front_value(front, a, 2) > mn_front_value(front, b, 2),
                          "seed %" PRIu64 ": point %d covers point %d", seed, a, b);
        mn_front_free(front);
        mn_table_free(table);
    }
}

/* MultiObjectiveAlgorithms 50: no end where both ends of the range of an objective are the same. */
Test(reported_faults, fronts_of_identical_or_constant_metrics_end, .timeout = 120)
{
    int64_t values[3][8][4];
    uint64_t state = 50;
    for (int node = 0; node < 8; node++)
        for (int block = 0; block < 4; block++) {
            values[0][node][block] = values[1][node][block] = (int64_t)random_below(&state, 100);
            values[2][node][block] = 7;
        }
    mn_table *table = table_of(3, 8, 4, &values[0][0][0]);
    mn_front *front;
    cr_assert_eq(front_size(table, (const char *[]){"m0", "m2"}, 2, &front), 1); /* the best, at the constant */
    mn_front_free(front);
    cr_assert_eq(front_size(table, (const char *[]){"m2", "m2"}, 2, &front), 1);
    mn_front_free(front);
    cr_assert_gt(front_size(table, (const char *[]){"m0", "m1"}, 2, &front), 50); /* every sum once */
    for (uint64_t i = 1; i < mn_front_count(front); i++)
        cr_assert_lt(mn_front_value(front, i, 0), mn_front_value(front, i - 1, 0));
    mn_front_free(front);
    mn_table_free(table);
}
