/* The shipped spaces and their ground truth, as the library reads them: what is known of each benchmark from elsewhere. */
#include "host/core/memory.h"
#include "host/core/table.h"
#include "host/fit/classes.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static mn_table *load(const char *name)
{
    mn_table *table;
    cr_assert_eq(mn_table_load(name, &table), MN_OK, "%s", mn_last_error(table));
    return table;
}

static mn_truth *read_truth(const mn_table *space, const char *name)
{
    mn_truth *truth;
    cr_assert_eq(mn_truth_read(space, name, &truth), MN_OK, "%s", mn_last_error(truth));
    return truth;
}

static const double *column_of(const mn_truth *truth, const char *name)
{
    const int column = mn_truth_find_column(truth, name);
    cr_assert(column >= 0, "%s", name);
    return mn_truth_column(truth, column);
}

/* Every space loads by its short name, and each of its metrics without a cost of its own is a column of its truth. */
Test(spaces, metrics_are_columns_of_the_truth)
{
    static const struct {
        const char *name;
        int nodes;
        uint64_t rows;
    } known[] = {{"nasbench201", 6, 15625},
                 {"nasbench_macro", 8, 6561},
                 {"transnas_micro", 6, 4096},
                 {"accel_nasbench", 7, 5138},
                 {"fbnet", 22, 5000}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        mn_table *space = load(known[i].name);
        mn_truth *truth = read_truth(space, known[i].name);
        cr_expect_not(mn_table_has_values(space));
        cr_expect_eq(mn_table_node_count(space), known[i].nodes);
        cr_expect_eq(mn_truth_count(truth), known[i].rows);
        for (int metric = 0; metric < mn_table_metric_count(space); metric++) {
            const char *name = mn_table_metric_name(space, metric);
            int64_t flops, params;
            const bool derived = (!strcmp(name, "flops") || !strcmp(name, "params")) &&
                                 mn_network_cost(space, mn_truth_networks(truth), &flops, &params);
            cr_expect(derived || mn_truth_find_column(truth, name) >= 0, "%s: %s", known[i].name, name);
        }
        mn_truth_free(truth);
        mn_table_free(space);
    }
}

/* The literature's 6,466 classes keep dead terms apart; none of them is split by functions. */
Test(spaces, functions_of_nasbench201_join_whole_classes_of_the_literature)
{
    mn_table *space = load("nasbench201");
    mn_truth *truth = read_truth(space, "nasbench201");
    const double *literature = column_of(truth, "class");
    mn_error error = {0};
    mn_classes *classes;
    cr_assert_eq(mn_classes_create(space, MN_CLASS_FUNCTIONS, &error, &classes), MN_OK, "%s", error.text);
    uint64_t *function = mn_new_array(15625, sizeof *function);
    cr_assert_eq(mn_classes_number(classes, mn_truth_networks(truth), 15625, &error, function), MN_OK);
    cr_expect_eq(mn_classes_count(classes), 4930);
    for (int row = 0; row < 15625; row++) /* the class is the row of its first member */
        cr_assert_eq(function[row], function[(int)literature[row]], "row %d, class %.0f", row, literature[row]);
    free(function);
    mn_classes_free(classes);
    mn_truth_free(truth);
    mn_table_free(space);
}

/* Largest measured value of networks without a path, and the root of the mean square deviation from the class's mean elsewhere. */
static void spread(const mn_table *space, const mn_truth *truth, const char *name, double *constant, double *within)
{
    const double *values = column_of(truth, name);
    const uint64_t count = mn_truth_count(truth);
    mn_error error = {0};
    mn_classes *classes;
    uint64_t *class_of = mn_new_array(count, sizeof *class_of);
    cr_assert_eq(mn_classes_create(space, MN_CLASS_LIVE_COUNTS, &error, &classes), MN_OK, "%s", error.text);
    cr_assert_eq(mn_classes_number(classes, mn_truth_networks(truth), count, &error, class_of), MN_OK);
    const uint64_t class_count = mn_classes_count(classes);
    double *sums = mn_new_array(class_count, sizeof *sums), *sizes = mn_new_array(class_count, sizeof *sizes);
    for (uint64_t row = 0; row < count; row++) {
        sums[class_of[row]] += values[row];
        sizes[class_of[row]]++;
    }
    double squares = 0, freedom = 0;
    *constant = 0;
    for (uint64_t row = 0; row < count; row++) {
        const uint64_t class = class_of[row];
        if (!mn_classes_alive(classes, mn_truth_networks(truth) + row * (uint64_t)mn_table_node_count(space))) {
            *constant = fmax(*constant, values[row]);
            continue;
        }
        squares += pow(values[row] - sums[class] / sizes[class], 2);
        freedom += 1 - 1 / sizes[class];
    }
    *within = sqrt(squares / freedom);
    free(sums);
    free(sizes);
    free(class_of);
    mn_classes_free(classes);
}

/* Networks without a path are at chance level; those of one class differ by no more than repeated trainings do. */
Test(spaces, members_of_a_class_measure_alike)
{
    static const struct {
        const char *space, *column;
        double chance, within;
    } known[] = {
        {"nasbench201", "accuracy_cifar10", 10.01, 0.30},      {"nasbench201", "accuracy_cifar100", 1.01, 0.50},
        {"nasbench201", "accuracy_imagenet16", 0.84, 0.70},    {"nasbench_macro", "accuracy_cifar10", 0, 0.20},
        {"transnas_micro", "accuracy_class_scene", 14.2, 0.4}, {"transnas_micro", "accuracy_class_object", 26.6, 0.7},
        {"transnas_micro", "accuracy_jigsaw", 0.2, 1.8},       {"transnas_micro", "miou_segmentsemantic", 5.5, 0.5}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        mn_table *space = load(known[i].space);
        mn_truth *truth = read_truth(space, known[i].space);
        double constant, within;
        spread(space, truth, known[i].column, &constant, &within);
        cr_expect_leq(constant, known[i].chance, "%s %s: %g", known[i].space, known[i].column, constant);
        cr_expect(within < known[i].within, "%s %s: %g", known[i].space, known[i].column, within);
        mn_truth_free(truth);
        mn_table_free(space);
    }
}

Test(spaces, accel_nasbench_keeps_repeats_and_gaps)
{
    mn_table *space = load("accel_nasbench");
    mn_truth *truth = read_truth(space, "accel_nasbench");
    cr_expect_str_eq(mn_table_network_count_text(space), "104485552128");
    static const struct {
        const char *column;
        int gaps;
    } known[] = {{"accuracy_imagenet", 0},
                 {"throughput_tpuv3", 44},
                 {"throughput_tpuv2", 37},
                 {"throughput_3090", 3},
                 {"latency_zcu102", 2}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        int gaps = 0;
        for (uint64_t row = 0; row < mn_truth_count(truth); row++)
            gaps += isnan(column_of(truth, known[i].column)[row]);
        cr_expect_eq(gaps, known[i].gaps, "%s: %d", known[i].column, gaps);
    }
    cr_expect_eq(column_of(truth, "flops")[0], 415361072);
    cr_expect_eq(column_of(truth, "params")[0], 2501160);
    cr_expect_str_eq(mn_table_block_name(space, 0, mn_truth_networks(truth)[0]), "e6_k3_l1_se0");
    mn_truth_free(truth);
    mn_table_free(space);
}

/* Predictions of the table are the measured latencies, up to the rounding of 22 values. */
Test(spaces, fbnet_latency_is_a_sum)
{
    mn_table *table = load("fbnet/latency");
    mn_truth *truth = read_truth(table, "fbnet");
    const uint64_t count = mn_truth_count(truth);
    int64_t *values = mn_new_array(4 * count, sizeof *values);
    int64_t *columns[4] = {values, values + count, values + 2 * count, values + 3 * count};
    cr_assert_eq(mn_predict(table, mn_truth_networks(truth), 2, count, 1, columns), MN_OK);
    for (int metric = 0; metric < 4; metric++) {
        const double *measured = column_of(truth, mn_table_metric_name(table, metric));
        for (uint64_t row = 0; row < count; row++) {
            const double predicted = mn_to_double(columns[metric][row], mn_table_metric_resolution(table, metric));
            cr_assert(fabs(predicted - measured[row]) < 1e-5, "row %" PRIu64 ": %f, measured %f", row, predicted,
                      measured[row]);
        }
    }
    free(values);
    mn_truth_free(truth);
    mn_table_free(table);
}
