/* The threaded parts under the thread sanitizer, which reports by itself and ends the program with its own exit code. A plain main:
 * Criterion's test processes do not live with that sanitizer.
 *
 * Results are compared with those of one thread, so that a race that the sanitizer's eyes miss still shows. */
#include "bench/families.h"
#include "host/mathnas.h"
#include "solver/threads.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS = 4, NETWORKS = 100000, LIMITS = 2000, SOLVERS = 4 };

static const char *const table_name = "nasbench201/edgegpu";

typedef struct sums {
    uint64_t of_thread[THREADS]; /* by the thread that took the index: unsynchronised on purpose */
    uint8_t *taken;              /* by index */
} sums;

static void add_index(void *context, uint64_t index, int thread)
{
    sums *all = context;
    all->of_thread[thread] += index;
    all->taken[index]++;
}

/* Every index is handed out once, and what the threads wrote is there when mn_parallel returns. */
static bool parallel_hands_out_each_index_once(const mn_table *table)
{
    (void)table;
    const uint64_t count = 10000;
    sums all = {.taken = calloc(count, 1)};
    if (!all.taken)
        return false;
    mn_parallel(THREADS, count, add_index, &all);

    uint64_t sum = 0;
    bool once = true;
    for (int thread = 0; thread < THREADS; thread++)
        sum += all.of_thread[thread];
    for (uint64_t index = 0; index < count; index++)
        once = once && all.taken[index] == 1;
    free(all.taken);
    return once && sum == count * (count - 1) / 2;
}

static bool predict_does_not_depend_on_threads(const mn_table *table)
{
    const int metrics = mn_table_metric_count(table);
    const size_t bytes = NETWORKS * sizeof(int64_t);
    int64_t *values = malloc(2 * (size_t)metrics * bytes);
    int64_t **columns = malloc(2 * (size_t)metrics * sizeof *columns);
    mn_networks *networks = NULL;
    bool same = values && columns && mn_networks_random(table, NETWORKS, 1, &networks) == MN_OK;
    for (int i = 0; same && i < 2 * metrics; i++)
        columns[i] = values + (size_t)i * NETWORKS;
    same = same && mn_predict(table, mn_networks_choices(networks), 2, NETWORKS, THREADS, columns) == MN_OK;
    same = same && mn_predict(table, mn_networks_choices(networks), 2, NETWORKS, 1, columns + metrics) == MN_OK;
    same = same && memcmp(values, values + (size_t)metrics * NETWORKS, (size_t)metrics * bytes) == 0;
    mn_networks_free(networks);
    free(columns);
    free(values);
    return same;
}

/* The most accurate network below a latency, and below an energy. */
static mn_solver *new_solver(const mn_table *table)
{
    mn_solver *solver = NULL;
    int latency, energy;
    if (mn_solver_create(&table, 1, &solver) == MN_OK && mn_solver_maximize(solver, "accuracy") == MN_OK &&
        mn_solver_add_limit(solver, "latency<=", &latency) == MN_OK &&
        mn_solver_add_limit(solver, "energy<=", &energy) == MN_OK)
        return solver;
    mn_solver_free(solver);
    return NULL;
}

/* A grid over both limits' ranges, [LIMITS][2]. */
static bool fill_limits(const mn_table *table, int64_t (*limits)[2])
{
    int64_t low[2], high[2];
    if (mn_table_metric_range(table, mn_table_find_metric(table, "latency"), &low[0], &high[0]) != MN_OK ||
        mn_table_metric_range(table, mn_table_find_metric(table, "energy"), &low[1], &high[1]) != MN_OK)
        return false;
    for (int i = 0; i < LIMITS; i++) {
        limits[i][0] = low[0] + (high[0] - low[0]) / 50 * (i % 50);
        limits[i][1] = low[1] + (high[1] - low[1]) / (LIMITS / 50) * (i / 50);
    }
    return true;
}

typedef struct sweep_answer {
    int64_t limits[LIMITS][2];
    int32_t tables[LIMITS];
    uint16_t networks[LIMITS * 6];
    bool answered;
} sweep_answer;

static void sweep(const mn_table *table, int threads, sweep_answer *answer)
{
    mn_solver *solver = new_solver(table);
    mn_options options = mn_default_options();
    options.threads = threads;
    uint64_t count = 0;
    memset(answer, 0, sizeof *answer);
    answer->answered = solver && fill_limits(table, answer->limits) &&
                       mn_solver_sweep(solver, &options, LIMITS, &answer->limits[0][0], answer->tables,
                                       answer->networks, &count) == MN_OK;
    for (int i = 0; i < LIMITS; i++)
        if (answer->tables[i] < 0)
            memset(answer->networks + (size_t)i * 6, 0,
                   6 * sizeof *answer->networks); /* an infeasible row's network is not defined */
    mn_solver_free(solver);
}

static bool sweep_does_not_depend_on_threads(const mn_table *table)
{
    sweep_answer *answers = malloc(2 * sizeof *answers);
    if (!answers)
        return false;
    sweep(table, THREADS, &answers[0]);
    sweep(table, 1, &answers[1]);
    const bool same = answers[0].answered && memcmp(&answers[0], &answers[1], sizeof *answers) == 0;
    free(answers);
    return same;
}

static bool front_does_not_depend_on_threads(const mn_table *table)
{
    const char *const objectives[] = {"accuracy", "latency", "energy"};
    const bool maximize[] = {true, false, false};
    mn_front *fronts[2] = {NULL, NULL};
    mn_solver *solver = new_solver(table);
    bool same = solver != NULL;
    for (int i = 0; i < 2; i++) {
        const mn_front_options options = {.threads = i == 0 ? THREADS : 1};
        same = same && mn_front_compute(solver, objectives, maximize, 3, &options, &fronts[i]) == MN_OK;
    }
    same = same && mn_front_count(fronts[0]) == mn_front_count(fronts[1]);
    for (uint64_t point = 0; same && point < mn_front_count(fronts[0]); point++)
        same =
            memcmp(mn_front_network(fronts[0], point), mn_front_network(fronts[1], point), 6 * sizeof(uint16_t)) == 0;
    mn_front_free(fronts[0]);
    mn_front_free(fronts[1]);
    mn_solver_free(solver);
    return same;
}

static void *solve_in_thread(void *table)
{
    mn_solver *solver = new_solver(table);
    const mn_options options = mn_default_options();
    const mn_result *result = NULL;
    const bool solved = solver && mn_solver_solve(solver, &options, &result) == MN_OK && result->solution_count == 1;
    mn_solver_free(solver);
    return solved ? table : NULL;
}

/* Distinct handles in distinct threads, on one table. */
static bool solvers_share_a_table(const mn_table *table)
{
    pthread_t threads[SOLVERS];
    int started = 0, solved = 0;
    while (started < SOLVERS && pthread_create(&threads[started], NULL, solve_in_thread, (void *)table) == 0)
        started++;
    for (int i = 0; i < started; i++) {
        void *answer;
        pthread_join(threads[i], &answer);
        solved += answer != NULL;
    }
    return started == SOLVERS && solved == SOLVERS;
}

static void *cancel_in_thread(void *solver)
{
    mn_solver_cancel(solver);
    return NULL;
}

/* A cancel from another thread, at whatever moment it comes, leaves a whole answer or none. */
static bool cancel_comes_from_another_thread(const mn_table *table)
{
    mn_solver *solver = new_solver(table);
    sweep_answer *answer = malloc(sizeof *answer);
    pthread_t thread;
    bool passed = solver && answer && fill_limits(table, answer->limits);
    if (passed && pthread_create(&thread, NULL, cancel_in_thread, solver) == 0) {
        const mn_options options = mn_default_options();
        uint64_t count = 0;
        const mn_status status =
            mn_solver_sweep(solver, &options, LIMITS, &answer->limits[0][0], answer->tables, answer->networks, &count);
        pthread_join(thread, NULL);
        passed = (status == MN_OK && count == LIMITS) || (status == MN_INTERRUPTED && count <= LIMITS);
    }
    free(answer);
    mn_solver_free(solver);
    return passed;
}

/* ---- one search on several threads, followed and cancelled ----------------------------------------------------------------------- */

/* An instance that is not proved within the tests, with its limits. */
static mn_solver *new_hard_solver(mn_table **table, const char *name)
{
    family f;
    instance made = {0};
    mn_solver *solver = NULL;
    const mn_table *borrowed = *table =
        family_parse(name, &f) && instance_make(&f, 1, &made) ? instance_table(&made) : NULL;
    bool stated =
        borrowed && mn_solver_create(&borrowed, 1, &solver) == MN_OK && mn_solver_maximize(solver, "value") == MN_OK;
    for (int limit = 0; stated && limit < f.limits; limit++) {
        char text[64];
        snprintf(text, sizeof text, "w%d<=%lld", limit, (long long)made.capacities[limit]);
        stated = mn_solver_add_limit(solver, text, NULL) == MN_OK;
    }
    instance_free(&made);
    if (stated)
        return solver;
    mn_solver_free(solver);
    return NULL;
}

typedef struct log_count {
    pthread_t caller;
    int lines, elsewhere;
} log_count;

static bool count_line(void *user, const mn_log_line *line)
{
    log_count *count = user;
    count->lines += line->search_nodes < UINT64_MAX;
    count->elsewhere += !pthread_equal(count->caller, pthread_self());
    return false;
}

static void *cancel_a_little_later(void *solver)
{
    const struct timespec delay = {0, 400000000};
    nanosleep(&delay, NULL);
    mn_solver_cancel(solver);
    return NULL;
}

static bool hard_search_is_followed_and_cancelled(const mn_table *unused)
{
    (void)unused;
    mn_table *table;
    mn_solver *solver = new_hard_solver(&table, "50x20x10:s");
    pthread_t thread;
    log_count count = {.caller = pthread_self()};
    const mn_options options = {.top = 1, .threads = THREADS, .log = count_line, .user = &count};
    const mn_result *result = NULL;
    bool passed = solver && pthread_create(&thread, NULL, cancel_a_little_later, solver) == 0;
    if (passed) {
        passed = mn_solver_solve(solver, &options, &result) == MN_INTERRUPTED && result->has_bound;
        pthread_join(thread, NULL);
    }
    passed = passed && count.lines > 2 && count.elsewhere == 0;
    mn_solver_free(solver);
    mn_table_free(table);
    return passed;
}

/* With a log, with a start, on any number of threads: the same network. */
static bool followed_search_does_not_depend_on_threads(const mn_table *unused)
{
    (void)unused;
    mn_table *table;
    mn_solver *solver = new_hard_solver(&table, "20x9x3:s");
    uint16_t networks[3][20];
    bool passed = solver != NULL;
    for (int i = 0; i < 3 && passed; i++) {
        const mn_result *result = NULL;
        log_count count = {.caller = pthread_self()};
        const mn_start start = {0, networks[0]};
        mn_options options = {.top = 1, .threads = i == 0 ? 1 : THREADS, .log = count_line, .user = &count};
        options.starts = &start;
        options.start_count = i == 2;
        passed = mn_solver_solve(solver, &options, &result) == MN_OK && count.elsewhere == 0;
        if (passed)
            memcpy(networks[i], result->solutions[0].network, sizeof networks[i]);
    }
    passed = passed && !memcmp(networks[0], networks[1], sizeof networks[0]) &&
             !memcmp(networks[0], networks[2], sizeof networks[0]);
    mn_solver_free(solver);
    mn_table_free(table);
    return passed;
}

static const struct {
    const char *name;
    bool (*test)(const mn_table *table);
} tests[] = {
    {"parallel hands out each index once", parallel_hands_out_each_index_once},
    {"predict does not depend on the threads", predict_does_not_depend_on_threads},
    {"sweep does not depend on the threads", sweep_does_not_depend_on_threads},
    {"front does not depend on the threads", front_does_not_depend_on_threads},
    {"solvers share a table", solvers_share_a_table},
    {"cancel comes from another thread", cancel_comes_from_another_thread},
    {"a hard search is followed and cancelled", hard_search_is_followed_and_cancelled},
    {"a followed search does not depend on the threads", followed_search_does_not_depend_on_threads},
};

int main(void)
{
    mn_table *table = NULL;
    if (mn_table_load(table_name, &table) != MN_OK) {
        printf("%s\n", mn_last_error(table));
        mn_table_free(table);
        return 1;
    }
    int passed = 0;
    const int count = (int)(sizeof tests / sizeof *tests);
    for (int i = 0; i < count; i++) {
        const bool good = tests[i].test(table);
        passed += good;
        printf("%s %s\n", good ? "ok  " : "FAIL", tests[i].name);
    }
    mn_table_free(table);
    printf("%d passed, %d failed\n", passed, count - passed);
    return passed == count ? 0 : 1;
}
