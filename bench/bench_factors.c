/* Tables with factors: what a first solve, a re-solve, a sweep, a front, a scan and a prediction take of one core.
 *
 *     make bench BENCH=factors, or: build/bench/bench_factors TABLE OBJECTIVE LIMITED [seconds a measurement] */
#include "host/mathnas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Processor time: all is done by one thread. */
static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void fail(const char *sentence)
{
    fprintf(stderr, "bench_factors: %s\n", sentence);
    exit(1);
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* A value between the metric's ends. */
static int64_t draw(const mn_table *table, int metric, uint64_t *state)
{
    int64_t low, high;
    if (mn_table_metric_range(table, metric, &low, &high) != MN_OK)
        fail(mn_last_error(table));
    return low + (int64_t)(((double)next_random(state) / 0x1p31) * (double)(high - low));
}

static mn_solver *ask(const mn_table *table, const char *objective, const char *limit)
{
    mn_solver *solver;
    if (mn_solver_create(&table, 1, &solver) != MN_OK || mn_solver_maximize(solver, objective) != MN_OK ||
        mn_solver_add_limit(solver, limit, NULL) != MN_OK)
        fail(mn_last_error(solver));
    return solver;
}

static void time_solves(const mn_table *table, const char *objective, const char *limit, int metric, const char *engine,
                        double seconds)
{
    uint64_t state = 7, solves = 0, first_count = 0;
    double first = 0, begun = now();
    const mn_options options = {.top = 1, .threads = 1, .engine = engine};
    const mn_result *result;
    while (now() - begun < seconds) {
        mn_solver *solver = ask(table, objective, limit);
        mn_solver_set_limit(solver, 0, draw(table, metric, &state));
        const double start = now();
        mn_solver_resolve(solver, &options, &result);
        first += now() - start;
        first_count++;
        mn_solver_free(solver);
    }
    mn_solver *solver = ask(table, objective, limit);
    mn_solver_resolve(solver, &options, &result);
    int64_t values[256];
    for (int i = 0; i < 256; i++)
        values[i] = draw(table, metric, &state);
    begun = now();
    while (now() - begun < seconds) {
        mn_solver_set_limit(solver, 0, values[solves++ % 256]);
        mn_solver_resolve(solver, &options, &result);
    }
    const double again = (now() - begun) / (double)solves;
    printf("%s: first solve %.3f ms, re-solve %.3f us\n", engine, 1e3 * first / (double)first_count, 1e6 * again);
    mn_solver_free(solver);
}

static void time_sweep(const mn_table *table, const char *objective, const char *limit, int metric, uint64_t rows)
{
    uint64_t state = 9;
    int64_t *values = malloc(rows * sizeof *values);
    int32_t *tables = malloc(rows * sizeof *tables);
    uint16_t *networks = malloc(rows * (size_t)mn_table_node_count(table) * sizeof *networks);
    mn_solver *solver = ask(table, objective, limit);
    for (uint64_t i = 0; i < rows; i++)
        values[i] = draw(table, metric, &state);
    const mn_options options = {.threads = 1};
    const double begun = now();
    if (mn_solver_sweep(solver, &options, rows, values, tables, networks, NULL) != MN_OK)
        fail(mn_last_error(solver));
    printf("sweep of %llu rows: %.3f ms\n", (unsigned long long)rows, 1e3 * (now() - begun));
    mn_solver_free(solver);
    free(values);
    free(tables);
    free(networks);
}

static void time_front(const mn_table *table, const char *objective, const char *limited)
{
    mn_solver *solver;
    mn_front *front;
    mn_solver_create(&table, 1, &solver);
    const mn_front_options options = {.threads = 1};
    const double begun = now();
    if (mn_front_compute(solver, (const char *[]){objective, limited}, (bool[]){true, false}, 2, &options, &front) !=
        MN_OK)
        fail(mn_last_error(front));
    printf("front of %llu points: %.3f ms\n", (unsigned long long)mn_front_count(front), 1e3 * (now() - begun));
    mn_front_free(front);
    mn_solver_free(solver);
}

static void time_prediction(const mn_table *table, double seconds)
{
    enum { COUNT = 1 << 18 };
    const int nodes = mn_table_node_count(table), metrics = mn_table_metric_count(table);
    uint8_t *networks = malloc((size_t)COUNT * (size_t)nodes);
    int64_t **columns = calloc((size_t)metrics, sizeof *columns);
    uint64_t state = 3, rounds = 0;
    for (int i = 0; i < COUNT * nodes; i++)
        networks[i] = (uint8_t)(next_random(&state) % (uint64_t)mn_table_block_count(table, i % nodes));
    columns[0] = malloc((size_t)COUNT * sizeof **columns);
    const double begun = now();
    for (; now() - begun < seconds; rounds++)
        if (mn_predict(table, networks, 1, COUNT, 1, columns) != MN_OK)
            fail(mn_last_error(table));
    printf("predict: %.1f million networks a second (metric 0, one thread)\n",
           (double)rounds * COUNT / (now() - begun) / 1e6);
    free(columns[0]);
    free(columns);
    free(networks);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        fail("expected a table, an objective to maximise and a metric to limit");
    const double seconds = argc > 4 ? strtod(argv[4], NULL) : 0.5;
    mn_table *table;
    const double begun = now();
    if (mn_table_load(argv[1], &table) != MN_OK)
        fail(mn_last_error(table));
    printf("%s: load %.3f ms\n", mn_table_name(table), 1e3 * (now() - begun));
    char limit[256];
    snprintf(limit, sizeof limit, "%s<=", argv[3]);
    const int metric = mn_table_find_metric(table, argv[3]);
    time_solves(table, argv[2], limit, metric, "search", seconds);
    time_solves(table, argv[2], limit, metric, "scan", seconds);
    time_sweep(table, argv[2], limit, metric, 100000);
    time_front(table, argv[2], argv[3]);
    time_prediction(table, seconds);
    mn_table_free(table);
    return 0;
}
