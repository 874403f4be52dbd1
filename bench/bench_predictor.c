/* How well a process predicts all networks from few trained ones, and how soon a search by it meets the best, against complete truths.
 *
 * One line of CSV for each seed, design and number of trained networks; bench/run_predictor.sh makes bench/results/predictor.md of them and
 * runs scikit-learn on the same training networks, which go to the file of --designs.
 *
 * usage: bench_predictor [--seeds FIRST LAST] [--batch N] [--designs FILE] [SPACE SET DESIGN SIZES]...
 *   DESIGN: random; imse (no measurement known); adaptive (25 by imse, then batches); classes (SIZES is the share of classes in %, class means);
 *           half-random, half-imse (trained in a random half, evaluated on the other); ei (from 8 by imse), ei-random (from 8 random ones), evolution (SIZES is the most trained networks); costs (nothing
 *           is trained: FLOPs and, of cells, log(1 + 9 x live 3x3 + live 1x1))
 *   SIZES:  25,50,100 */
#include "bench/predictor.h"
#include "bench/predictor_search.h"
#include "bench/timing.h"
#include "host/core/memory.h"
#include "host/core/random.h"
#include "host/core/skeleton.h"
#include "host/fit/cell.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { MOST_SIZES = 16, MOST_TRAINED = 2000, FIRST_PLAN = 25 };

typedef struct bench {
    benchmark b;
    const char *design;
    uint64_t sizes[MOST_SIZES], size_count;
    uint64_t seed, batch;
    FILE *designs;
} bench;

static void print_line(const bench *r, uint64_t networks, const outcome *o, double plan_seconds)
{
    printf("%s,%s,%s,%" PRIu64 ",%" PRIu64 ",%.4f,%.4f,%.4f,%.4f,%.4f\n", r->b.space_name, r->b.set, r->design,
           networks, r->seed, o->tau_all, o->tau_unmeasured, plan_seconds, o->fit_seconds, o->predict_seconds);
    fflush(stdout);
}

static void write_design(const bench *r, const uint64_t *rows, uint64_t count, const bool *evaluated)
{
    if (!r->designs)
        return;
    fprintf(r->designs, "%s,%s,%s,%" PRIu64 ",%" PRIu64 ",", r->b.space_name, r->b.set, r->design, count, r->seed);
    for (uint64_t i = 0; i < count; i++)
        fprintf(r->designs, "%s%" PRIu64, i ? " " : "", rows[i]);
    fputs(",", r->designs);
    for (uint64_t i = 0; evaluated && i < r->b.count; i++)
        fputc(evaluated[i] ? '1' : '0', r->designs);
    fputs("\n", r->designs);
}

/* ---- few networks -------------------------------------------------------------------------------------------------------------- */

/* Rows up to `size`, by what the design does next. */
static bool extend(const bench *r, const bool *allowed, uint64_t size, uint64_t *have, uint64_t *rows)
{
    const bool adaptive = !strcmp(r->design, "adaptive"), random = strstr(r->design, "random") != NULL;
    while (*have < size) {
        uint64_t step = size - *have;
        mn_plan_method method = random ? MN_PLAN_RANDOM : MN_PLAN_IMSE;
        if (adaptive && *have < FIRST_PLAN && size > FIRST_PLAN)
            step = FIRST_PLAN - *have;
        if (adaptive && *have >= FIRST_PLAN) {
            method = MN_PLAN_ADAPTIVE;
            const uint64_t batch = *have / 8 > r->batch ? *have / 8 : r->batch;
            step = step < batch ? step : batch;
        }
        if (!benchmark_plan(&r->b, method, allowed, r->seed, *have, step, rows))
            return false;
        *have += step;
    }
    return true;
}

static bool run_sizes(const bench *r)
{
    uint64_t rows[MOST_TRAINED], have = 0, random = r->seed;
    const bool half = !strncmp(r->design, "half-", 5);
    bool *allowed = mn_new_array(r->b.count, sizeof *allowed), *evaluated = mn_new_array(r->b.count, sizeof *evaluated);
    bool ok = allowed && evaluated;
    for (uint64_t i = 0; ok && i < r->b.count; i++)
        evaluated[i] = !(allowed[i] = mn_random_next(&random) >> 63);
    double plan_seconds = 0;
    for (uint64_t i = 0; ok && i < r->size_count; i++) {
        outcome o;
        const double start = now();
        ok = r->sizes[i] <= MOST_TRAINED && extend(r, half ? allowed : NULL, r->sizes[i], &have, rows);
        plan_seconds += now() - start;
        ok = ok && benchmark_evaluate(&r->b, rows, have, half ? evaluated : NULL, &o);
        if (ok) {
            print_line(r, have, &o, plan_seconds);
            write_design(r, rows, have, half ? evaluated : NULL);
        }
    }
    free(allowed);
    free(evaluated);
    return ok;
}

/* ---- most classes -------------------------------------------------------------------------------------------------------------- */

/* Trains the means of a share of the live classes, weighted by their sizes, and evaluates the rows of the other classes. */
static bool run_classes(const bench *r)
{
    const benchmark *b = &r->b;
    mn_error error = {0};
    mn_process *process = NULL;
    uint64_t random = r->seed, count = 0;
    uint16_t *networks = mn_new_array(b->classes * b->nodes, sizeof *networks);
    double *targets = mn_new_array(b->classes, sizeof *targets), *weights = mn_new_array(b->classes, sizeof *weights),
           *predicted = mn_new_array(b->count, sizeof *predicted);
    bool *evaluated = mn_new_array(b->count, sizeof *evaluated),
         ok = networks && targets && weights && predicted && evaluated;
    for (uint64_t class = 0; ok && class < b->classes; class ++) {
        const uint64_t first = b->class_first[class], end = b->class_first[class + 1], row = b->members[first];
        if (!b->alive[row])
            continue;
        if (mn_random_below(&random, 100) >= r->sizes[0]) {
            for (uint64_t j = first; j < end; j++)
                evaluated[b->members[j]] = true;
            continue;
        }
        memcpy(networks + count * b->nodes, b->networks + row * b->nodes, b->nodes * sizeof *networks);
        for (uint64_t j = first; j < end; j++)
            targets[count] += b->values[b->members[j]] / (double)(end - first);
        weights[count++] = (double)(end - first);
    }
    const mn_process_options options = mn_process_default_options();
    const double start = now();
    ok = ok && mn_process_fit(b->features, networks, targets, weights, (int)count, &options, &error, &process) == MN_OK;
    const double fitted = now();
    ok = ok && mn_process_predict(process, b->networks, b->count, &error, predicted, NULL) == MN_OK;
    if (ok) {
        const double tau = benchmark_tau(b, predicted, evaluated);
        print_line(r, count, &(outcome){tau, tau, fitted - start, now() - fitted}, 0);
    }
    mn_process_free(process);
    free(networks);
    free(targets);
    free(weights);
    free(predicted);
    free(evaluated);
    return ok || bench_failed("classes", error.text);
}

/* ---- nothing trained ----------------------------------------------------------------------------------------------------------- */

static bool count_convolutions(const benchmark *b, double *score)
{
    mn_cell *cell = NULL;
    if (!mn_table_has_cell(b->space) || mn_cell_create(b->space, NULL, &cell) != MN_OK)
        return false;
    for (uint64_t i = 0; i < b->count; i++) {
        int counts[MN_CELL_KINDS];
        double weight = 1;
        mn_cell_count(cell, b->networks + i * b->nodes, counts);
        for (int kind = 0; kind < cell->kind_count; kind++)
            if (cell->kinds[kind].operation == MN_OPERATION_CONVOLUTION)
                weight += counts[kind] * cell->kinds[kind].kernel * cell->kinds[kind].kernel;
        score[i] = log(weight);
    }
    mn_cell_free(cell);
    return true;
}

static bool run_costs(bench *r)
{
    const benchmark *b = &r->b;
    double *score = mn_new_array(b->count, sizeof *score);
    if (!score)
        return false;
    outcome o = {0};
    bool priced = true;
    for (uint64_t i = 0; i < b->count; i++)
        for (int node = 0; node < (int)b->nodes; node++) {
            mn_cost cost = {0};
            priced = priced && mn_block_cost(b->space, node, b->networks[i * b->nodes + (uint64_t)node], &cost);
            score[i] += (double)cost.flops;
        }
    if (priced) {
        r->design = "flops";
        o.tau_all = o.tau_unmeasured = benchmark_tau(b, score, NULL);
        print_line(r, 0, &o, 0);
    }
    if (count_convolutions(b, score)) {
        r->design = "convolutions";
        o.tau_all = o.tau_unmeasured = benchmark_tau(b, score, NULL);
        print_line(r, 0, &o, 0);
    }
    free(score);
    return true;
}

/* ---- the command line ---------------------------------------------------------------------------------------------------------- */

static bool read_sizes(bench *r, const char *text)
{
    r->size_count = 0;
    while (*text && r->size_count < MOST_SIZES) {
        char *end;
        r->sizes[r->size_count] = strtoull(text, &end, 10);
        if (end == text || r->sizes[r->size_count] < 1)
            return bench_failed("SIZES", "expected numbers separated by commas");
        r->size_count++;
        text = *end == ',' ? end + 1 : end;
    }
    return r->size_count > 0;
}

static bool run_seed(bench *r)
{
    if (!strcmp(r->design, "classes"))
        return run_classes(r);
    const bool improvement = !strncmp(r->design, "ei", 2);
    if (improvement || !strcmp(r->design, "evolution")) {
        outcome o = {0};
        uint64_t trained;
        const double start = now();
        const mn_plan_method first = strcmp(r->design, "ei") ? MN_PLAN_RANDOM : MN_PLAN_IMSE;
        if (!(improvement ? search_by_improvement(&r->b, first, r->seed, r->sizes[0], &trained)
                          : search_by_evolution(&r->b, r->seed, r->sizes[0], &trained)))
            return false;
        print_line(r, trained, &o, now() - start);
        return true;
    }
    return run_sizes(r);
}

static bool run(bench *r, const char *space, const char *set, uint64_t first, uint64_t last)
{
    bool ok = benchmark_open(&r->b, space, set);
    if (ok && !strcmp(r->design, "costs"))
        ok = run_costs(r);
    else
        for (r->seed = first; ok && r->seed <= last; r->seed++)
            ok = run_seed(r);
    benchmark_close(&r->b);
    return ok;
}

int main(int argc, char **argv)
{
    bench r = {.batch = 12};
    uint64_t first = 1, last = 20;
    int at = 1;
    for (; at < argc && !strncmp(argv[at], "--", 2); at++) {
        if (!strcmp(argv[at], "--seeds") && at + 2 < argc) {
            first = strtoull(argv[++at], NULL, 10);
            last = strtoull(argv[++at], NULL, 10);
        } else if (!strcmp(argv[at], "--batch") && at + 1 < argc) {
            r.batch = strtoull(argv[++at], NULL, 10);
        } else if (!strcmp(argv[at], "--designs") && at + 1 < argc) {
            r.designs = fopen(argv[++at], "a");
        }
    }
    if (at == argc || (argc - at) % 4 || r.batch < 1) {
        fprintf(
            stderr,
            "usage: bench_predictor [--seeds FIRST LAST] [--batch N] [--designs FILE] [SPACE SET DESIGN SIZES]...\n");
        return 2;
    }
    bool ok = true;
    for (; ok && at < argc; at += 4) {
        r.design = argv[at + 2];
        ok = read_sizes(&r, argv[at + 3]) && run(&r, argv[at], argv[at + 1], first, last);
    }
    if (r.designs)
        fclose(r.designs);
    return ok ? 0 : 1;
}
