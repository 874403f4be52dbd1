/* Device latencies from few measured networks: share of all networks that a fitted table predicts within 10 %.
 *
 *   bench_fit_latency [--space SPACE] [--truth TRUTH.csv] [--networks N] [--seeds S] [--method NAME]
 *
 * For every column latency_* of the truth and every seed: N random networks are measured, fitted (default: the method chosen by cross-validation on them
 * alone), and the table is compared with the truth of the whole space. Prints a line per device, and how many devices reach 95, 90 and 80 %. */
#include "host/mathnas.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct bench {
    mn_table *space;
    mn_truth *truth;
    const char *method;
    int networks, seeds;
} bench;

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Distinct random rows of the truth, as a file of measurements of all devices. */
static bool write_measurements(const bench *b, uint64_t seed, const char *path)
{
    const uint64_t rows = mn_truth_count(b->truth);
    const int nodes = mn_table_node_count(b->space), columns = mn_truth_column_count(b->truth);
    uint64_t *order = malloc(rows * sizeof *order), state = seed;
    FILE *file = fopen(path, "w");
    if (!order || !file)
        return false;
    for (uint64_t i = 0; i < rows; i++)
        order[i] = i;
    for (int node = 0; node < nodes; node++)
        fprintf(file, "%s%s", node ? "," : "", mn_table_node_name(b->space, node));
    for (int column = 0; column < columns; column++)
        if (!strncmp(mn_truth_column_name(b->truth, column), "latency_", 8))
            fprintf(file, ",%s", mn_truth_column_name(b->truth, column));
    fputc('\n', file);
    for (int i = 0; i < b->networks; i++) {
        const uint64_t j = (uint64_t)i + next_random(&state) % (rows - (uint64_t)i), row = order[j];
        order[j] = order[i];
        order[i] = row;
        for (int node = 0; node < nodes; node++)
            fprintf(file, "%s%d", node ? "," : "", mn_truth_networks(b->truth)[row * (uint64_t)nodes + (uint64_t)node]);
        for (int column = 0; column < columns; column++)
            if (!strncmp(mn_truth_column_name(b->truth, column), "latency_", 8)) {
                fputc(',', file);
                if (!isnan(mn_truth_column(b->truth, column)[row]))
                    fprintf(file, "%.17g", mn_truth_column(b->truth, column)[row]);
            }
        fputc('\n', file);
    }
    free(order);
    return fclose(file) == 0;
}

/* shares [columns]: within 10 %, of each column. */
static bool run_seed(const bench *b, uint64_t seed, double *shares, double *seconds)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/bench_fit_latency.%d.csv", (int)getpid());
    mn_measurements *measurements = NULL;
    mn_fit *fit = NULL;
    mn_fit_options options = mn_fit_default_options();
    options.method = b->method;
    bool good =
        write_measurements(b, seed, path) && mn_measurements_read(b->space, path, NULL, 0, &measurements) == MN_OK;
    remove(path);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    good = good && mn_fit_create(b->space, measurements, &options, &fit) == MN_OK;
    clock_gettime(CLOCK_MONOTONIC, &end);
    *seconds += (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
    if (!good)
        fprintf(stderr, "seed %llu: %s%s\n", (unsigned long long)seed, mn_last_error(measurements), mn_last_error(fit));
    for (int column = 0; good && column < mn_truth_column_count(b->truth); column++) {
        const int metric = mn_table_find_metric(mn_fit_table(fit), mn_truth_column_name(b->truth, column));
        mn_evaluation figures;
        if (metric < 0)
            continue;
        good = mn_evaluate(mn_fit_table(fit), metric, b->truth, column, "all", &figures) == MN_OK;
        shares[column] = figures.within_10_percent;
    }
    mn_fit_free(fit);
    mn_measurements_free(measurements);
    return good;
}

static void print_devices(const bench *b, const double *sums, const double *squares)
{
    int at_95 = 0, at_90 = 0, at_80 = 0, devices = 0;
    printf("%-28s %10s %8s\n", "device", "within 10%", "sd");
    for (int column = 0; column < mn_truth_column_count(b->truth); column++) {
        const char *name = mn_truth_column_name(b->truth, column);
        if (strncmp(name, "latency_", 8))
            continue;
        const double mean = sums[column] / b->seeds;
        printf("%-28s %9.1f%% %7.1f%%\n", name, 100 * mean,
               100 * sqrt(fmax(squares[column] / b->seeds - mean * mean, 0)));
        devices++;
        at_95 += mean >= 0.95;
        at_90 += mean >= 0.90;
        at_80 += mean >= 0.80;
    }
    printf("devices: %d; with at least 95 %% of the networks within 10 %%: %d, 90 %%: %d, 80 %%: %d\n", devices, at_95,
           at_90, at_80);
}

int main(int count, char **arguments)
{
    bench b = {.networks = 50, .seeds = 20};
    const char *space = "nasbench201", *truth = "nasbench201";
    bool usage = count % 2 == 0;
    for (int i = 1; i + 1 < count; i += 2) {
        if (!strcmp(arguments[i], "--space"))
            space = arguments[i + 1];
        else if (!strcmp(arguments[i], "--truth"))
            truth = arguments[i + 1];
        else if (!strcmp(arguments[i], "--networks"))
            b.networks = atoi(arguments[i + 1]);
        else if (!strcmp(arguments[i], "--seeds"))
            b.seeds = atoi(arguments[i + 1]);
        else if (!strcmp(arguments[i], "--method"))
            b.method = arguments[i + 1];
        else
            usage = true;
    }
    if (usage || b.networks < 1 || b.seeds < 1) {
        fprintf(stderr,
                "bench_fit_latency [--space SPACE] [--truth TRUTH.csv] [--networks N] [--seeds S] [--method NAME]\n");
        return 2;
    }
    if (mn_table_load(space, &b.space) != MN_OK || mn_truth_read(b.space, truth, &b.truth) != MN_OK) {
        fprintf(stderr, "%s%s\n", mn_last_error(b.space), mn_last_error(b.truth));
        return 3;
    }
    const size_t columns = (size_t)mn_truth_column_count(b.truth);
    double *shares = calloc(3 * columns, sizeof *shares), seconds = 0;
    bool good = shares && mn_truth_count(b.truth) >= (uint64_t)b.networks;
    for (int seed = 1; seed <= b.seeds && good; seed++) {
        good = run_seed(&b, (uint64_t)seed, shares, &seconds);
        for (size_t column = 0; column < columns; column++) {
            shares[columns + column] += shares[column];
            shares[2 * columns + column] += shares[column] * shares[column];
        }
    }
    if (good) {
        printf("%s, %d random networks, %d seeds, method %s\n", mn_table_name(b.space), b.networks, b.seeds,
               b.method ? b.method : "chosen by cross-validation");
        print_devices(&b, shares + columns, shares + 2 * columns);
        printf("%.2f s to fit all devices once\n", seconds / b.seeds);
    }
    free(shares);
    mn_truth_free(b.truth);
    mn_table_free(b.space);
    return good ? 0 : 1;
}
