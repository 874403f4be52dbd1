/* The exhaustive scan: networks a second when every one is compared with two limits and the best score (explicit), and when bounds
 * may exclude whole prefixes (effective). The peer is the same search written as plainly as possible: sums built up node by node,
 * the innermost node compared value by value. Tables have the shapes and value ranges of the published ones.
 *
 * usage: bench_scan [threads [runs]] */
#include "bench/machine.h"
#include "bench/shapes.h"
#include "host/device/cpu.h"
#include "solver/threads.h"

/* ---- the peer ------------------------------------------------------------------------------------------------------------------- */

typedef struct plain {
    const mn_problem *problem;
    const int64_t *capacities;
    int64_t best;
    uint64_t networks;
} plain;

static void plain_scan(plain *p, int node, int64_t score, int64_t first, int64_t second)
{
    const mn_problem *problem = p->problem;
    const int blocks = problem->first[node + 1] - problem->first[node];
    const int64_t *scores = problem->score.values + problem->first[node];
    const int64_t *firsts = problem->limits[0].values + problem->first[node];
    const int64_t *seconds = problem->limits[1].values + problem->first[node];
    if (node + 1 < problem->node_count) {
        for (int block = 0; block < blocks; block++)
            plain_scan(p, node + 1, score + scores[block], first + firsts[block], second + seconds[block]);
        return;
    }
    int64_t best = p->best;
    for (int block = 0; block < blocks; block++)
        if (first + firsts[block] <= p->capacities[0] && second + seconds[block] <= p->capacities[1] &&
            score + scores[block] > best)
            best = score + scores[block];
    p->best = best;
    p->networks += (uint64_t)blocks;
}

/* ---- the runs ------------------------------------------------------------------------------------------------------------------- */

typedef struct outcome {
    double seconds;
    mn_scan_result result;
    int64_t score;
    uint16_t network[32];
} outcome;

static bool scan(mn_cpu_level level, const mn_problem *problem, const int64_t *capacities, int threads, bool every,
                 outcome *o)
{
    o->result = (mn_scan_result){.scores = &o->score, .choices = o->network};
    const mn_scan_request request = {
        .problem = problem, .capacities = capacities, .top = 1, .threads = threads, .every = every};
    const double start = mn_clock();
    const mn_status status = level == mn_cpu_best_level() ? mn_device_cpu.scan(&request, &o->result, NULL)
                                                          : mn_cpu_scan(level, &request, &o->result, NULL);
    o->seconds = mn_clock() - start;
    return status == MN_OK;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median seconds; `o` receives the last outcome. */
static double median(mn_cpu_level level, const mn_problem *problem, const int64_t *capacities, int threads, bool every,
                     int runs, outcome *o)
{
    double seconds[99];
    for (int run = 0; run < runs; run++)
        seconds[run] = scan(level, problem, capacities, threads, every, o) ? o->seconds : 1e9;
    qsort(seconds, (size_t)runs, sizeof *seconds, compare);
    return seconds[runs / 2];
}

/* Score: metric 0 maximised; limits: metrics 1 and 2 (or 1 twice) between the smallest and the mean of their range. */
static void make_question(const mn_table *table, mn_problem *problem, int64_t *capacities)
{
    mn_linear columns[3] = {0};
    for (int i = 0; i < 3; i++) {
        const int metric = i < table->metric_count ? i : table->metric_count - 1;
        columns[i] = (mn_linear){
            .values = table->metrics[metric].values, .base = table->metrics[metric].base, .scaled_metric = -1};
    }
    static const mn_sense senses[2] = {MN_AT_MOST, MN_AT_MOST};
    mn_problem_make(table, table->diagram, table->rules, table->rule_count, &columns[0], true, &columns[1], senses, 2,
                    NULL, problem);
    for (int i = 0; i < 2; i++) {
        int64_t **least = mn_diagram_extremes(table->diagram, problem->limits[i].values, 1);
        int64_t **most = mn_diagram_extremes(table->diagram, problem->limits[i].values, -1);
        capacities[i] = problem->limits[i].base + least[0][0] + (most[0][0] - least[0][0]) / 100 * (i == 0 ? 40 : 45);
        free(least);
        free(most);
    }
}

static void run_shape(const shape *s, int threads, int runs)
{
    mn_table *table = make_table(s);
    mn_problem problem;
    int64_t capacities[2];
    make_question(table, &problem, capacities);
    outcome o;
    const mn_cpu_level best = mn_cpu_best_level();
    const double explicit_seconds = median(best, &problem, capacities, threads, true, runs, &o);
    const double networks = (double)o.result.networks;
    const int64_t score = o.score;
    const double portable_seconds = median(MN_CPU_PORTABLE, &problem, capacities, threads, true, runs, &o);
    const double bounded_seconds = median(best, &problem, capacities, threads, false, runs, &o);
    double peer_rate = 0;
    bool same = score == o.score;
    if (networks < 4e9) {
        plain p = {.problem = &problem, .capacities = capacities, .best = INT64_MIN};
        const double start = mn_clock();
        plain_scan(&p, 0, problem.score.base, problem.limits[0].base, problem.limits[1].base);
        peer_rate = (double)p.networks / (mn_clock() - start);
        same = same && p.best == score;
    }
    printf("%-26s %9.3g  %10.3g  %10.3g  %10.3g  %10.3g  %6.0f  %s\n", s->name, networks, explicit_seconds,
           networks / explicit_seconds, networks / portable_seconds, networks / bounded_seconds,
           peer_rate > 0 ? networks / explicit_seconds / peer_rate : 0.0, same ? "same" : "DIFFERENT");
    fflush(stdout);
    mn_problem_free(&problem);
    mn_table_free(table);
}

int main(int argc, char **argv)
{
    const int threads = mn_thread_count(argc > 1 ? atoi(argv[1]) : 0);
    int runs = argc > 2 ? atoi(argv[2]) : 3;
    runs = runs < 1 ? 1 : runs > 99 ? 99 : runs;
    print_machine();
    printf("best score under two limits, %d threads, median of %d runs, %s; peer: plain loops on one thread\n", threads,
           runs, mn_cpu_level_name(mn_cpu_best_level()));
    printf("repeat: %s %d %d\n\n", argv[0], threads, runs);
    printf("                                       explicit    explicit  explicit,   effective  explicit  the\n");
    printf("table                       networks    seconds   per second  portable  per second  / peer    answer\n");
    static const shape spaces[] = {SHAPE_NASBENCH201, SHAPE_SUPERVIT, SHAPE_12_OF_6, SHAPE_12_OF_8, SHAPE_16_OF_5};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        run_shape(&spaces[i], threads, runs);
    return 0;
}
