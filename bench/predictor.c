#include "bench/predictor.h"
#include "bench/timing.h"
#include "host/core/memory.h"
#include "host/core/random.h"
#include "host/fit/evaluate.h"

#include <math.h>
#include <stdio.h>

bool bench_failed(const char *what, const char *sentence)
{
    fprintf(stderr, "bench_predictor: %s: %s\n", what, sentence);
    return false;
}

/* ---- rows by class and by network ---------------------------------------------------------------------------------------------- */

static uint64_t slot_of(const benchmark *b, const uint16_t *network)
{
    uint64_t hash = 0;
    for (uint64_t i = 0; i < b->nodes; i++) {
        hash += network[i];
        hash = mn_random_next(&hash);
    }
    uint64_t slot = hash & (b->slots - 1);
    while (b->row_of[slot] &&
           memcmp(b->networks + (b->row_of[slot] - 1) * b->nodes, network, b->nodes * sizeof *network))
        slot = (slot + 1) & (b->slots - 1);
    return slot;
}

uint64_t benchmark_row(const benchmark *b, const uint16_t *network)
{
    return b->row_of[slot_of(b, network)] - 1;
}

static void list_members(benchmark *b)
{
    for (uint64_t i = 0; i < b->count; i++)
        b->class_first[b->class_of[i] + 1]++;
    for (uint64_t i = 0; i < b->classes; i++)
        b->class_first[i + 1] += b->class_first[i];
    uint64_t *next = mn_new_array(b->classes, sizeof *next);
    for (uint64_t i = 0; next && i < b->count; i++)
        b->members[b->class_first[b->class_of[i]] + next[b->class_of[i]]++] = i;
    free(next);
}

static bool index_rows(benchmark *b)
{
    mn_classes *classes = NULL;
    mn_error error = {0};
    b->class_of = mn_new_array(b->count, sizeof *b->class_of);
    b->alive = mn_new_array(b->count, sizeof *b->alive);
    b->members = mn_new_array(b->count, sizeof *b->members);
    b->slots = 1;
    while (b->slots < 2 * b->count)
        b->slots *= 2;
    b->row_of = mn_new_array(b->slots, sizeof *b->row_of);
    bool ok = b->class_of && b->alive && b->members && b->row_of &&
              mn_classes_create(b->space, MN_CLASS_LIVE_COUNTS, &error, &classes) == MN_OK &&
              mn_classes_number(classes, b->networks, b->count, &error, b->class_of) == MN_OK;
    for (uint64_t i = 0; ok && i < b->count; i++) {
        b->alive[i] = mn_classes_alive(classes, b->networks + i * b->nodes);
        b->row_of[slot_of(b, b->networks + i * b->nodes)] = i + 1;
    }
    b->classes = ok ? mn_classes_count(classes) : 0;
    b->class_first = mn_new_array(b->classes + 1, sizeof *b->class_first);
    ok = ok && b->class_first;
    if (ok)
        list_members(b);
    mn_classes_free(classes);
    return ok || bench_failed(b->space_name, error.text);
}

bool benchmark_open(benchmark *b, const char *space, const char *set)
{
    mn_error error = {0};
    *b = (benchmark){.space_name = space, .set = set};
    if (mn_table_load(space, &b->space) != MN_OK)
        return bench_failed(space, mn_last_error(b->space));
    if (mn_truth_read(b->space, space, &b->truth) != MN_OK)
        return bench_failed(space, mn_last_error(b->truth));
    const int column = mn_truth_find_column(b->truth, set);
    if (column < 0)
        return bench_failed(set, "the truth has no such column");
    b->values = mn_truth_column(b->truth, column);
    b->count = mn_truth_count(b->truth);
    b->nodes = (uint64_t)mn_table_node_count(b->space);
    b->networks = mn_truth_networks(b->truth);
    if (mn_features_create(b->space, MN_FEATURES_FUNCTION, &error, &b->features) != MN_OK)
        return bench_failed(space, error.text);
    return index_rows(b);
}

void benchmark_close(benchmark *b)
{
    free(b->class_of);
    free(b->alive);
    free(b->members);
    free(b->class_first);
    free(b->row_of);
    mn_features_free(b->features);
    mn_truth_free(b->truth);
    mn_table_free(b->space);
    *b = (benchmark){0};
}

/* ---- plans --------------------------------------------------------------------------------------------------------------------- */

uint64_t benchmark_member(const benchmark *b, uint64_t row, const bool *allowed, uint64_t *random)
{
    const uint64_t first = b->class_first[b->class_of[row]], end = b->class_first[b->class_of[row] + 1];
    uint64_t member;
    do
        member = b->members[first + mn_random_below(random, end - first)];
    while (allowed && !allowed[member]);
    return member;
}

bool benchmark_plan(const benchmark *b, mn_plan_method method, const bool *allowed, uint64_t seed, uint64_t have,
                    uint64_t count, uint64_t *rows)
{
    mn_error error = {0};
    mn_plan plan = {0};
    uint64_t random = seed * 1000003 + have, sampled = 0;
    uint16_t *sample = mn_new_array(b->count * b->nodes, sizeof *sample);
    uint16_t *measured = mn_new_array(have * b->nodes, sizeof *measured);
    double *targets = mn_new_array(have, sizeof *targets);
    bool ok = sample && measured && targets;
    for (uint64_t i = 0; ok && i < b->count; i++)
        if (!allowed || allowed[i])
            memcpy(sample + sampled++ * b->nodes, b->networks + i * b->nodes, b->nodes * sizeof *sample);
    for (uint64_t i = 0; ok && i < have; i++) {
        memcpy(measured + i * b->nodes, b->networks + rows[i] * b->nodes, b->nodes * sizeof *measured);
        targets[i] = b->values[rows[i]];
    }
    const mn_plan_request request = {.space = b->space,
                                     .method = method,
                                     .count = count,
                                     .seed = seed,
                                     .sample = sample,
                                     .sample_count = sampled,
                                     .whole = true,
                                     .measured = measured,
                                     .targets = targets,
                                     .measured_count = have,
                                     .higher_is_better = true};
    ok = ok && mn_plan_make(&request, &error, &plan) == MN_OK;
    for (uint64_t i = 0; ok && i < plan.count; i++)
        rows[have + i] = benchmark_member(b, benchmark_row(b, plan.networks + i * b->nodes), allowed, &random);
    mn_plan_clear(&plan);
    free(sample);
    free(measured);
    free(targets);
    return ok || bench_failed(mn_plan_method_name(method), error.text);
}

/* ---- figures ------------------------------------------------------------------------------------------------------------------- */

double benchmark_tau(const benchmark *b, const double *predicted, const bool *evaluated)
{
    double *x = mn_new_array(b->count, sizeof *x), *y = mn_new_array(b->count, sizeof *y), tau = NAN;
    uint64_t count = 0;
    for (uint64_t i = 0; x && y && i < b->count; i++)
        if ((!evaluated || evaluated[i]) && !isnan(b->values[i])) {
            x[count] = predicted[i];
            y[count++] = b->values[i];
        }
    if (x && y)
        mn_kendall_tau_b(x, y, count, NULL, &tau);
    free(x);
    free(y);
    return tau;
}

/* The evaluated rows of live functions that were not trained. */
static void mark_unmeasured(const benchmark *b, const uint64_t *rows, uint64_t count, const bool *evaluated,
                            bool *apart)
{
    for (uint64_t i = 0; i < b->count; i++)
        apart[i] = b->alive[i] && (!evaluated || evaluated[i]);
    for (uint64_t i = 0; i < count; i++)
        for (uint64_t j = b->class_first[b->class_of[rows[i]]]; j < b->class_first[b->class_of[rows[i]] + 1]; j++)
            apart[b->members[j]] = false;
}

bool benchmark_evaluate(const benchmark *b, const uint64_t *rows, uint64_t count, const bool *evaluated,
                        outcome *result)
{
    mn_error error = {0};
    mn_process *process = NULL;
    uint16_t *networks = mn_new_array(count * b->nodes, sizeof *networks);
    double *targets = mn_new_array(count, sizeof *targets), *predicted = mn_new_array(b->count, sizeof *predicted);
    bool *apart = mn_new_array(b->count, sizeof *apart);
    bool ok = networks && targets && predicted && apart;
    for (uint64_t i = 0; ok && i < count; i++) {
        memcpy(networks + i * b->nodes, b->networks + rows[i] * b->nodes, b->nodes * sizeof *networks);
        targets[i] = b->values[rows[i]];
    }
    const mn_process_options options = mn_process_default_options();
    const double start = now();
    ok = ok && mn_process_fit(b->features, networks, targets, NULL, (int)count, &options, &error, &process) == MN_OK;
    const double fitted = now();
    ok = ok && mn_process_predict(process, b->networks, b->count, &error, predicted, NULL) == MN_OK;
    result->fit_seconds = fitted - start;
    result->predict_seconds = now() - fitted;
    if (ok) {
        mark_unmeasured(b, rows, count, evaluated, apart);
        result->tau_all = benchmark_tau(b, predicted, evaluated);
        result->tau_unmeasured = benchmark_tau(b, predicted, apart);
    }
    mn_process_free(process);
    free(networks);
    free(targets);
    free(predicted);
    free(apart);
    return ok || bench_failed("process", error.text);
}
