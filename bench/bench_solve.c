/* One exact answer on the shipped tables, through the public header.
 *
 * first   mn_solver_create, objective, limits and solve, the table being loaded; each question to three fresh solvers, of which the
 *         median counts, so that an interruption of this process is not taken for a hard question
 * again   mn_solver_set_limit and mn_solver_resolve on one solver, every question once; what it learns on the way (engine.c) is in
 *         these times. Early: the second to the 64th question, before the engine turns one limit into a step function
 * sweep   mn_solver_sweep over a million values of one limit in random order, all cores, on a fresh solver; median of three
 *
 * The questions: questions.h. Every optimum of a first solve must come out of the re-solve too.
 *
 * usage: bench_solve [--csv] [TABLE...]
 *        bench_solve --optima COUNT LIMITS TABLE     the first questions with their optimum, as multiples, for other solvers */
#include "bench/machine.h"
#include "bench/questions.h"
#include "bench/timing.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    FIRST_QUESTIONS = 200,
    FIRST_RUNS = 3,
    AGAIN_QUESTIONS = 20000,
    EARLY_QUESTIONS = 64,
    SWEEP_ROWS = 1000000,
    SWEEP_RUNS = 3,
    TIMED_LIMITS = 2,
    SEED = 1
};

typedef struct solve_times {
    double first, first_worst, early, again, again_99, again_worst; /* seconds */
} solve_times;

static bool failed(const char *what, const mn_solver *solver)
{
    fprintf(stderr, "bench_solve: %s: %s\n", what, solver ? mn_last_error(solver) : "out of memory");
    return false;
}

/* A fresh solver answers one question; seconds, or < 0. */
static double solve_first(const questions *q, uint64_t question, int64_t *objective)
{
    const mn_result *result = NULL;
    const double start = now();
    mn_solver *solver = question_solver(q, (int64_t)question);
    const mn_status status = solver ? mn_solver_solve(solver, NULL, &result) : MN_FAILURE;
    const double seconds = now() - start;
    if (status == MN_OK)
        *objective = result->solutions[0].objective;
    else
        failed("first solve", solver);
    mn_solver_free(solver);
    return status == MN_OK ? seconds : -1;
}

static bool time_first(const questions *q, int64_t *objectives, solve_times *times)
{
    double seconds[FIRST_QUESTIONS], runs[FIRST_RUNS];
    for (uint64_t question = 0; question < FIRST_QUESTIONS; question++) {
        for (int run = 0; run < FIRST_RUNS; run++)
            if ((runs[run] = solve_first(q, question, &objectives[question])) < 0)
                return false;
        sort_times(runs, FIRST_RUNS);
        seconds[question] = runs[FIRST_RUNS / 2];
    }
    sort_times(seconds, FIRST_QUESTIONS);
    times->first = share_of_times(seconds, FIRST_QUESTIONS, 0.5);
    times->first_worst = share_of_times(seconds, FIRST_QUESTIONS, 1);
    return true;
}

static bool time_again(const questions *q, const int64_t *objectives, solve_times *times)
{
    static double seconds[AGAIN_QUESTIONS];
    mn_solver *solver = question_solver(q, -1);
    bool ok = solver != NULL;
    for (uint64_t question = 0; ok && question < q->count; question++) {
        const mn_result *result = NULL;
        const double start = now();
        question_set(q, question, solver);
        ok = mn_solver_resolve(solver, NULL, &result) == MN_OK || failed("re-solve", solver);
        seconds[question] = now() - start;
        if (ok && question < FIRST_QUESTIONS && result->solutions[0].objective != objectives[question])
            ok = failed("re-solve", NULL) || (fprintf(stderr, "another optimum than the first solve's\n"), false);
    }
    mn_solver_free(solver);
    double early[EARLY_QUESTIONS - 1];
    memcpy(early, seconds + 1, sizeof early);
    sort_times(early, EARLY_QUESTIONS - 1);
    times->early = share_of_times(early, EARLY_QUESTIONS - 1, 0.5);
    sort_times(seconds, q->count);
    times->again = share_of_times(seconds, q->count, 0.5);
    times->again_99 = share_of_times(seconds, q->count, 0.99);
    times->again_worst = share_of_times(seconds, q->count, 1);
    return ok;
}

static bool time_solves(const mn_table *table, int limits, solve_times *times)
{
    int64_t objectives[FIRST_QUESTIONS];
    questions q;
    const bool ok = questions_make(table, limits, AGAIN_QUESTIONS, SEED, &q) && time_first(&q, objectives, times) &&
                    time_again(&q, objectives, times);
    questions_free(&q);
    return ok;
}

/* Median seconds, or < 0. */
static double time_sweep(const mn_table *table)
{
    double seconds[SWEEP_RUNS];
    questions q;
    const uint64_t nodes = (uint64_t)mn_table_node_count(table);
    int32_t *tables = calloc(SWEEP_ROWS, sizeof *tables);
    uint16_t *networks = calloc(SWEEP_ROWS * nodes, sizeof *networks);
    bool ok = questions_make(table, 1, SWEEP_ROWS, SEED + 1, &q) && tables && networks;
    for (int run = 0; ok && run < SWEEP_RUNS; run++) {
        const double start = now();
        mn_solver *solver = question_solver(&q, -1);
        ok = solver && mn_solver_sweep(solver, NULL, q.count, q.values, tables, networks, NULL) == MN_OK;
        seconds[run] = now() - start;
        if (!ok)
            failed("sweep", solver);
        mn_solver_free(solver);
    }
    questions_free(&q);
    free(tables);
    free(networks);
    if (!ok)
        return -1;
    sort_times(seconds, SWEEP_RUNS);
    return seconds[SWEEP_RUNS / 2];
}

/* ---- printing ---------------------------------------------------------------------------------------------------------------- */

static void print_head(bool csv, int argc, char **argv)
{
    if (csv) {
        printf("table,limits,first_us,first_worst_us,early_us,again_us,again_99_us,again_worst_us,sweep_s\n");
        return;
    }
    print_machine();
    printf("first: median and worst of %d questions; again: median of the second to the %dth question on a solver, and "
           "median,\n"
           "99th percentile and worst of %d; sweep: %d rows\n",
           FIRST_QUESTIONS, EARLY_QUESTIONS, AGAIN_QUESTIONS, SWEEP_ROWS);
    printf("repeat:");
    for (int i = 0; i < argc; i++)
        printf(" %s", argv[i]);
    printf("\n\n");
    printf("                                     first us           again us                             sweep\n");
    printf("table                        limits  median    worst    early   median     99 %%    worst    seconds\n");
}

static void print_row(bool csv, const char *name, int limits, const solve_times *t, double sweep)
{
    char swept[32] = "";
    if (limits == 1)
        snprintf(swept, sizeof swept, "%.4f", sweep);
    printf(csv ? "%s,%d,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%s\n" : "%-28s %6d  %6.1f %8.1f %8.2f %8.2f %8.2f %8.1f    %s\n",
           name, limits, 1e6 * t->first, 1e6 * t->first_worst, 1e6 * t->early, 1e6 * t->again, 1e6 * t->again_99,
           1e6 * t->again_worst, swept);
    fflush(stdout);
}

static mn_table *load(const char *name)
{
    mn_table *table = NULL;
    if (mn_table_load(name, &table) == MN_OK)
        return table;
    fprintf(stderr, "bench_solve: %s\n", table ? mn_last_error(table) : "out of memory");
    mn_table_free(table);
    return NULL;
}

static bool measure(const char *name, bool csv)
{
    mn_table *table = load(name);
    bool ok = table != NULL;
    for (int limits = 1; ok && limits <= TIMED_LIMITS; limits++) {
        solve_times times;
        ok = time_solves(table, limits, &times);
        const double sweep = ok && limits == 1 ? time_sweep(table) : 0;
        ok = ok && sweep >= 0;
        if (ok)
            print_row(csv, name, limits, &times, sweep);
    }
    mn_table_free(table);
    return ok;
}

static bool list_optima(uint64_t count, int limits, const char *name)
{
    questions q = {0};
    mn_table *table = load(name);
    bool ok = table && questions_make(table, limits, AGAIN_QUESTIONS, SEED, &q);
    for (int limit = 0; ok && limit < limits; limit++)
        printf("%s,", q.limits[limit]);
    if (ok)
        printf("%s\n", q.objective);
    for (uint64_t question = 0; ok && question < count && question < q.count; question++) {
        int64_t objective = 0;
        ok = solve_first(&q, question, &objective) >= 0;
        for (int limit = 0; ok && limit < limits; limit++)
            printf("%" PRId64 ",", q.values[question * (uint64_t)limits + (uint64_t)limit]);
        if (ok)
            printf("%" PRId64 "\n", objective);
    }
    questions_free(&q);
    mn_table_free(table);
    return ok;
}

int main(int argc, char **argv)
{
    if (argc == 5 && !strcmp(argv[1], "--optima")) {
        const int asked = atoi(argv[3]), limits = asked < 1 ? 1 : asked > MOST_LIMITS ? MOST_LIMITS : asked;
        return list_optima(strtoull(argv[2], NULL, 10), limits, argv[4]) ? 0 : 1;
    }
    const bool csv = argc > 1 && !strcmp(argv[1], "--csv");
    const int first = csv ? 2 : 1, count = argc > first ? argc - first : SHIPPED_TABLES;
    print_head(csv, argc, argv);
    for (int i = 0; i < count; i++)
        if (!measure(argc > first ? argv[first + i] : shipped_tables[i], csv))
            return 1;
    return 0;
}
