/* Many limits in one call of mn_solver_sweep: a million rows of one limit, ten thousand of two, and of three where the
 * table has four metrics, with one thread and with all.
 * The solver is fresh each time, so what the call learns is in its time; nothing is written. Rows in random order: questions.h.
 *
 * usage: bench_sweep [--csv] [--pairs ROWS] [TABLE...]     ROWS of two and of three limits */
#include "bench/machine.h"
#include "bench/questions.h"
#include "bench/timing.h"

#include <inttypes.h>

enum { SINGLE_ROWS = 1000000, PAIR_ROWS = 10000, RUNS = 3, SEED = 1 };

static bool failed(const char *what, const char *sentence)
{
    fprintf(stderr, "bench_sweep: %s: %s\n", what, sentence);
    return false;
}

/* Seconds, or < 0. */
static double sweep_once(const questions *q, int threads, int32_t *tables, uint16_t *networks)
{
    const mn_options options = {.top = 1, .threads = threads};
    const double start = now();
    mn_solver *solver = question_solver(q, -1);
    const bool ok = solver && mn_solver_sweep(solver, &options, q->count, q->values, tables, networks, NULL) == MN_OK;
    const double seconds = now() - start;
    if (solver && !ok)
        failed("sweep", mn_last_error(solver));
    mn_solver_free(solver);
    return ok ? seconds : -1;
}

/* Median seconds of runs that take turns, one thread then all; false on failure. */
static bool time_sweeps(const questions *q, int runs, double seconds[2])
{
    double times[2][RUNS];
    int32_t *tables = calloc(q->count, sizeof *tables);
    uint16_t *networks = calloc(q->count * (uint64_t)mn_table_node_count(q->table), sizeof *networks);
    bool ok = tables && networks;
    for (int run = 0; ok && run < runs; run++)
        for (int all = 0; all < 2; all++)
            ok = ok && (times[all][run] = sweep_once(q, all ? 0 : 1, tables, networks)) >= 0;
    for (uint64_t row = 0; ok && row < q->count; row++)
        if (tables[row] < 0)
            ok = failed("a row", "infeasible, though its limits came from a network");
    free(tables);
    free(networks);
    for (int all = 0; ok && all < 2; all++) {
        sort_times(times[all], (size_t)runs);
        seconds[all] = times[all][runs / 2];
    }
    return ok;
}

static bool measure(const char *name, int limits, uint64_t rows, bool csv)
{
    mn_table *table = NULL;
    questions q = {0};
    double seconds[2];
    bool ok = mn_table_load(name, &table) == MN_OK || failed(name, table ? mn_last_error(table) : "out of memory");
    if (ok && limits > 2 && limits >= mn_table_metric_count(table)) {
        mn_table_free(table);
        return true;
    }
    ok = ok && questions_make(table, limits, rows, SEED, &q) && time_sweeps(&q, RUNS, seconds);
    if (ok)
        printf(csv ? "%s,%d,%" PRIu64 ",%.5f,%.5f\n" : "%-28s %6d  %8" PRIu64 "  %10.4f  %10.4f  %12.3g\n", name,
               limits, q.count, seconds[0], seconds[1], (double)q.count / seconds[1]);
    fflush(stdout);
    questions_free(&q);
    mn_table_free(table);
    return ok;
}

static void print_head(bool csv, int argc, char **argv)
{
    if (csv) {
        printf("table,limits,rows,one_thread_s,all_threads_s\n");
        return;
    }
    print_machine();
    printf("sweeps, nothing written; median of %d runs\nrepeat:", RUNS);
    for (int i = 0; i < argc; i++)
        printf(" %s", argv[i]);
    printf("\n\n                                               one thread all threads  all threads\n");
    printf("table                        limits      rows     seconds     seconds     rows / s\n");
}

int main(int argc, char **argv)
{
    uint64_t rows[MOST_LIMITS] = {SINGLE_ROWS, PAIR_ROWS, PAIR_ROWS};
    int first = 1;
    const bool csv = first < argc && !strcmp(argv[first], "--csv");
    first += csv;
    if (first + 1 < argc && !strcmp(argv[first], "--pairs")) {
        rows[1] = rows[2] = strtoull(argv[first + 1], NULL, 10);
        first += 2;
    }
    if (rows[1] < 1 || (first < argc && argv[first][0] == '-')) {
        fprintf(stderr, "usage: bench_sweep [--csv] [--pairs ROWS] [TABLE...]\n");
        return 2;
    }
    print_head(csv, argc, argv);
    for (int limits = 1; limits <= MOST_LIMITS; limits++)
        for (int i = 0; i < (first < argc ? argc - first : SHIPPED_TABLES); i++)
            if (!measure(first < argc ? argv[first + i] : shipped_tables[i], limits, rows[limits - 1], csv))
                return 1;
    return 0;
}
