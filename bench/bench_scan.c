/* The exhaustive scan: networks a second when every one is compared with two limits and the best score (explicit), and when bounds
 * may exclude whole prefixes (effective). The peer is the same search written as plainly as possible: sums built up node by node,
 * the innermost node compared value by value. Tables have the shapes and value ranges of the published ones.
 *
 * With a device the same questions, larger spaces and a count, each for some seconds: networks examined a second of wall time (explicit), of
 * the kernel alone by its events, of the kernel that compares sums of 32 bits likewise, and when bounds may exclude prefixes (networks of the
 * space a second, where it was finished).
 * Answers of runs that finished are compared with the CPU's.
 *
 * usage: bench_scan [threads [runs]]
 *        bench_scan --device simt|cuda|cuda:N [seconds] */
#include "bench/machine.h"
#include "bench/shapes.h"
#include "host/device/cpu.h"
#include "host/device/gpu_scan.h"
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
    const mn_status status = level == mn_cpu_best_level() ? mn_device_scan(NULL, &request, &o->result, NULL)
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

/* ---- a device ------------------------------------------------------------------------------------------------------------------- */

/* Seconds that kernel `kernel` has run in all. */
static double kernel_seconds(mn_device *device, const char *kernel)
{
    mn_kernel_use use;
    for (int i = 0; mn_device_kernel(device, i, &use); i++)
        if (!strcmp(use.kernel, kernel))
            return use.seconds;
    return 0;
}

typedef struct device_run {
    mn_status status;
    mn_scan_result result;
    double seconds, kernel;
    int64_t score;
    uint16_t network[32];
} device_run;

typedef enum device_work { EVERY, PLAIN, BOUNDED, COUNT } device_work;

/* One question for at most `seconds`. */
static void run_on(mn_device *device, const mn_problem *problem, const int64_t *capacities, device_work work,
                   double seconds, device_run *r)
{
    const char *kernel = work == COUNT ? "scan count" : work == PLAIN ? "scan plain" : "scan", *unfit = NULL;
    const mn_gpu_scan_tuning tuning = {.plain = work == PLAIN};
    *r = (device_run){.kernel = kernel_seconds(device, kernel)};
    r->result = (mn_scan_result){.scores = &r->score, .choices = r->network};
    const double start = mn_clock();
    const mn_scan_request request = {.problem = problem,
                                     .capacities = capacities,
                                     .top = 1,
                                     .every = work <= PLAIN,
                                     .count = work == COUNT,
                                     .control = {.deadline = start + seconds}};
    mn_error error = {0};
    r->status = mn_gpu_scan(device->plugin, device->gpu, &tuning, &request, &r->result, &unfit, &error);
    r->seconds = mn_clock() - start;
    r->kernel = kernel_seconds(device, kernel) - r->kernel;
    if (r->status == MN_FAILURE)
        fprintf(stderr, "bench_scan: %s\n", error.text);
}

/* Whether the finished runs agree with the CPU. */
static const char *compare_with_cpu(const mn_problem *problem, const int64_t *capacities, const device_run *bounded,
                                    const device_run *counted)
{
    outcome o;
    if (bounded->status != MN_OK || !scan(mn_cpu_best_level(), problem, capacities, 0, false, &o))
        return "not finished";
    if (o.score != bounded->score ||
        memcmp(o.network, bounded->network, sizeof *o.network * (size_t)problem->node_count) != 0)
        return "DIFFERENT";
    const mn_scan_request request = {.problem = problem, .capacities = capacities, .count = true};
    mn_scan_result cpu = {0};
    if (counted->status == MN_OK && mn_device_scan(NULL, &request, &cpu, NULL) == MN_OK &&
        cpu.feasible != counted->result.feasible)
        return "DIFFERENT";
    return "same";
}

static void run_shape_on(mn_device *device, const shape *s, double seconds)
{
    mn_table *table = make_table(s);
    mn_problem problem;
    int64_t capacities[2];
    make_question(table, &problem, capacities);
    device_run every, plain_sums, bounded, counted;
    run_on(device, &problem, capacities, EVERY, seconds, &every);
    run_on(device, &problem, capacities, PLAIN, seconds, &plain_sums);
    run_on(device, &problem, capacities, BOUNDED, seconds, &bounded);
    run_on(device, &problem, capacities, COUNT, seconds, &counted);
    const double examined = (double)every.result.examined;
    printf("%-26s %9.3g  %10.3g  %10.3g  %10.3g  %10.3g  %10.3g  %s\n", s->name, (double)every.result.networks,
           examined / every.seconds, every.kernel > 0 ? examined / every.kernel : 0.0,
           plain_sums.kernel > 0 ? (double)plain_sums.result.examined / plain_sums.kernel : 0.0,
           bounded.status == MN_OK ? (double)bounded.result.networks / bounded.seconds : 0.0,
           (double)counted.result.examined / counted.seconds,
           compare_with_cpu(&problem, capacities, &bounded, &counted));
    fflush(stdout);
    mn_problem_free(&problem);
    mn_table_free(table);
}

static int run_device(const char *program, const char *name, double seconds)
{
    mn_device *device = NULL;
    if (mn_device_open(name, true, &device) != MN_OK || !device->plugin) {
        printf("nothing measured: %s\n", mn_last_error(device));
        mn_device_close(device);
        return 1;
    }
    print_machine();
    printf("device %s; repeat: %s --device %s %g\n\n", mn_device_name(device), program, name, seconds);
    printf("                                      explicit,   explicit,   32-bit      effective,   counted,  the\n");
    printf(
        "table                       networks  per second  kernel      sums, same  per second  per second  answers\n");
    static const shape spaces[] = {SHAPE_NASBENCH201, SHAPE_SUPERVIT, SHAPE_12_OF_6,
                                   SHAPE_12_OF_8,     SHAPE_16_OF_5,  SHAPE_20_OF_9};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        run_shape_on(device, &spaces[i], seconds);
    mn_device_close(device);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 2 && !strcmp(argv[1], "--device"))
        return run_device(argv[0], argv[2], argc > 3 ? atof(argv[3]) : 5);
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
