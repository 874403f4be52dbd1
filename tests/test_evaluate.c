/* Statistics of predictions against measured values: closed forms, values worked out by hand, and a quadratic tau-b. */
#include "host/core/network.h"
#include "host/files/table_json.h"
#include "host/fit/evaluate.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double tau(const double *x, const double *y, uint64_t count)
{
    double value = 7;
    cr_assert_eq(mn_kendall_tau_b(x, y, count, NULL, &value), MN_OK);
    return value;
}

static double spearman(const double *x, const double *y, uint64_t count)
{
    double value = 7;
    cr_assert_eq(mn_spearman(x, y, count, NULL, &value), MN_OK);
    return value;
}

/* The definition: over all pairs, (concordant - discordant) / sqrt(pairs untied in x * pairs untied in y). */
static double tau_by_pairs(const double *x, const double *y, uint64_t count)
{
    int64_t difference = 0, untied_x = 0, untied_y = 0;
    for (uint64_t i = 0; i < count; i++)
        for (uint64_t j = 0; j < i; j++) {
            const int sx = (x[i] > x[j]) - (x[i] < x[j]), sy = (y[i] > y[j]) - (y[i] < y[j]);
            difference += sx * sy;
            untied_x += sx != 0;
            untied_y += sy != 0;
        }
    return (double)difference / sqrt((double)untied_x * (double)untied_y);
}

Test(evaluate, perfect_and_reversed_orders)
{
    double x[1000], up[1000], down[1000];
    for (int i = 0; i < 1000; i++) {
        x[i] = i;
        up[i] = 3.0 * i - 5;
        down[i] = 100 - 0.5 * i;
    }
    for (uint64_t count = 2; count <= 1000; count = count * 3 + 1) {
        cr_expect_eq(tau(x, up, count), 1);
        cr_expect_eq(tau(x, down, count), -1);
        cr_expect_float_eq(spearman(x, up, count), 1, 1e-14);
        cr_expect_float_eq(spearman(x, down, count), -1, 1e-14);
        cr_expect_float_eq(mn_pearson(x, up, count), 1, 1e-14);
        cr_expect_float_eq(mn_pearson(x, down, count), -1, 1e-14);
    }
}

Test(evaluate, values_worked_out_by_hand)
{
    /* 4 pairs concordant, 1 discordant, one tied in x: 3 / sqrt(5 * 6) */
    const double x[4] = {1, 2, 2, 3}, y[4] = {1, 3, 2, 2.5};
    cr_expect_float_eq(tau(x, y, 4), 3 / sqrt(30), 1e-15);
    /* Ranks 1 2.5 2.5 4 and 1 4 2 3: sum of products of deviations 3, of squares 4.5 and 5. */
    cr_expect_float_eq(spearman(x, y, 4), 3 / sqrt(4.5 * 5), 1e-15);
    /* Deviations -1 0 0 1 and -1.125 .875 -.125 .375. */
    cr_expect_float_eq(mn_pearson(x, y, 4), 1.5 / sqrt(2 * 2.1875), 1e-15);

    /* Ties on both sides, one pair in common: untied in a 8, in b 9; 6 concordant, 2 discordant. */
    const double a[5] = {1, 1, 2, 3, 3}, b[5] = {2, 2, 1, 4, 5};
    cr_expect_float_eq(tau(a, b, 5), 4 / sqrt(72), 1e-15);
}

Test(evaluate, tau_equals_the_definition_on_random_data_with_ties)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t state = seed;
        const uint64_t count = 2 + random_next(&state) % 90, values_x = 1 + random_next(&state) % 40,
                       values_y = 1 + random_next(&state) % 40;
        double x[92], y[92];
        for (uint64_t i = 0; i < count; i++) {
            x[i] = (double)(random_next(&state) % values_x) / 7 - 2;
            y[i] = (double)(random_next(&state) % values_y) / 3 - 5;
        }
        const double expected = tau_by_pairs(x, y, count), found = tau(x, y, count);
        if (isnan(expected))
            cr_assert(isnan(found), "seed %" PRIu64 ": tau %g, expected NaN", seed, found);
        else
            cr_assert_float_eq(found, expected, 1e-14, "seed %" PRIu64 ": tau %g, expected %g", seed, found, expected);
    }
}

Test(evaluate, constant_sides_and_tiny_counts_are_not_numbers)
{
    const double constant[3] = {0.1, 0.1, 0.1}, varied[3] = {1, 2, 3};
    cr_expect(isnan(tau(constant, varied, 3)) && isnan(tau(varied, constant, 3)));
    cr_expect(isnan(spearman(constant, varied, 3)) && isnan(spearman(varied, constant, 3)));
    cr_expect(isnan(mn_pearson(constant, varied, 3)) && isnan(mn_pearson(varied, constant, 3)));
    for (uint64_t count = 0; count < 2; count++)
        cr_expect(isnan(tau(varied, varied, count)) && isnan(spearman(varied, varied, count)) &&
                  isnan(mn_pearson(varied, varied, count)));
}

Test(evaluate, all_figures_of_a_small_case)
{
    const double predicted[5] = {90, 94, 94, 80, 50}, truth[5] = {91, 92, 95, 80, 60};
    mn_evaluation e;
    cr_assert_eq(mn_evaluate_arrays(predicted, truth, 5, true, NULL, &e), MN_OK);
    cr_expect_eq(e.count, 5);
    cr_expect_float_eq(e.rmse, sqrt((1 + 4 + 1 + 0 + 100) / 5.0), 1e-14);
    cr_expect_float_eq(e.mae, 14 / 5.0, 1e-14);
    cr_expect_float_eq(e.within_5_percent, 0.8, 1e-15);
    cr_expect_float_eq(e.within_10_percent, 0.8, 1e-15);
    cr_expect_eq(e.chosen, 1, "a tied prediction goes to the first row");
    cr_expect_eq(e.true_best, 2);
    cr_expect_eq(e.chosen_rank, 2);
    cr_expect_float_eq(e.regret, 3, 1e-15);
    cr_expect(isnan(e.top_recall[0]), "five rows have no best ten");
    cr_expect_float_eq(e.kendall_tau, tau_by_pairs(predicted, truth, 5), 1e-15);

    cr_assert_eq(mn_evaluate_arrays(predicted, truth, 5, false, NULL, &e), MN_OK);
    cr_expect_eq(e.chosen, 4);
    cr_expect_eq(e.chosen_rank, 1);
    cr_expect_eq(e.regret, 0);
}

Test(evaluate, top_recall_counts_the_best_rows)
{
    double predicted[100], truth[100];
    for (int i = 0; i < 100; i++) {
        truth[i] = i;
        predicted[i] = i < 96 ? i : 0; /* the four best are predicted worst */
    }
    mn_evaluation e;
    cr_assert_eq(mn_evaluate_arrays(predicted, truth, 100, true, NULL, &e), MN_OK);
    cr_expect_float_eq(e.top_recall[0], 0.6, 1e-15);
    cr_expect_float_eq(e.top_recall[1], 1, 1e-15);
    cr_expect(isnan(e.top_recall[2]));

    for (int i = 0; i < 100; i++)
        truth[i] = 1; /* every row ties with the tenth best */
    cr_assert_eq(mn_evaluate_arrays(predicted, truth, 100, true, NULL, &e), MN_OK);
    cr_expect_float_eq(e.top_recall[0], 1, 1e-15);
    cr_expect_eq(e.chosen_rank, 1);
}

Test(evaluate, few_rows)
{
    const double one[1] = {3}, two[2] = {3, 5};
    mn_evaluation e;
    cr_assert_eq(mn_evaluate_arrays(NULL, NULL, 0, true, NULL, &e), MN_OK);
    cr_expect(e.count == 0 && isnan(e.rmse) && isnan(e.regret) && isnan(e.kendall_tau));
    cr_assert_eq(mn_evaluate_arrays(one, one, 1, true, NULL, &e), MN_OK);
    cr_expect(e.rmse == 0 && e.regret == 0 && e.chosen_rank == 1 && isnan(e.pearson));
    cr_assert_eq(mn_evaluate_arrays(two, two, 2, true, NULL, &e), MN_OK);
    cr_expect(e.kendall_tau == 1 && e.chosen == 1 && e.within_5_percent == 1);
}

/* A large offset must not drown the variation. */
Test(evaluate, pearson_with_a_large_offset)
{
    double x[100], y[100];
    for (int i = 0; i < 100; i++) {
        x[i] = 1e12 + i;
        y[i] = -1e12 + 2 * i;
    }
    cr_expect_float_eq(mn_pearson(x, y, 100), 1, 1e-14);
}

/* ---- standard errors ------------------------------------------------------------------------------------------------------------ */

Test(evaluate, calibration_worked_out_by_hand)
{
    const double predicted[5] = {10, 20, 30, 40, 50}, truth[5] = {11, 20, 33, 40, 47}, errors[5] = {2, 1, 2, 0, 1};
    mn_evaluation e;
    mn_evaluate_errors(predicted, truth, errors, 5, &e);
    cr_expect_float_eq(e.within_1_error, 3 / 5.0, 1e-15, "10, 20, and 40, which is known exactly");
    cr_expect_float_eq(e.within_2_errors, 4 / 5.0, 1e-15);
    cr_expect_float_eq(e.error_ratio, sqrt((0.25 + 0 + 2.25 + 9) / 4), 1e-15, "what is known exactly has no ratio");
    mn_evaluate_errors(predicted, truth, errors, 0, &e);
    cr_expect(isnan(e.within_1_error) && isnan(e.within_2_errors) && isnan(e.error_ratio));
}

static const char with_errors[] =
    "{\"format\": \"mathnas-table\", \"version\": 1, \"name\": \"errors\","
    " \"nodes\": [{\"name\": \"a\", \"blocks\": [\"x\", \"y\"]}, {\"name\": \"b\", \"blocks\": [\"x\", \"y\", \"z\"]}],"
    " \"metrics\": ["
    "{\"name\": \"plain\", \"unit\": \"%\", \"better\": \"higher\", \"resolution\": 0.001, \"base\": 70,"
    " \"values\": [[0, 1], [0, 1, 2]], \"errors\": [[0.3, 0], [0, 0.4, 1.2]],"
    " \"factors\": [{\"nodes\": [\"a\", \"b\"], \"values\": [0, 0, 0, 0, 0, 1], \"errors\": [0, 1.2, 0, 0, 0, 0.5]}]},"
    "{\"name\": \"linked\", \"unit\": \"%\", \"better\": \"higher\", \"resolution\": 0.00001, \"base\": 0,"
    " \"values\": [[-0.5, 0.5], [0, 0, 0]], \"errors\": [[0.03, 0.06], [0.04, 0, 0.08]],"
    " \"link\": {\"form\": \"knots\", \"latent_resolution\": 0.0001, \"knots\": [[-1, 60], [0, 68], [2, 72]]}},"
    "{\"name\": \"flops\", \"unit\": \"FLOPs\", \"better\": \"lower\", \"resolution\": 1, \"base\": 100,"
    " \"values\": [[0, 100], [0, 0, 200]]}]}";

/* The root of the sum of squares over blocks and factors; through the link by its slope where the network lies. */
Test(evaluate, errors_of_a_network_add_up_in_squares)
{
    mn_table *table = mn_table_new();
    cr_assert(table);
    cr_assert_eq(mn_table_read_memory("errors.json", with_errors, strlen(with_errors), table), MN_OK, "%s",
                 mn_last_error(table));
    const uint16_t xx[] = {0, 0}, xy[] = {0, 1}, yx[] = {1, 0}, yz[] = {1, 2}, beyond[] = {1, 3};
    cr_expect_float_eq(mn_predict_error(table, 0, xx), 0.3, 1e-12);
    cr_expect_float_eq(mn_predict_error(table, 0, xy), 1.3, 1e-12, "0.3, 0.4 and the factor's 1.2");
    cr_expect_float_eq(mn_predict_error(table, 0, yx), 0, 1e-12);
    cr_expect_float_eq(mn_predict_error(table, 0, yz), 1.3, 1e-12, "1.2 and the factor's 0.5");
    cr_expect_float_eq(mn_predict_error(table, 1, xx), 8 * 0.05, 1e-4, "a slope of 8 below 0");
    cr_expect_float_eq(mn_predict_error(table, 1, yz), 2 * 0.1, 1e-4, "a slope of 2 above");
    cr_expect(isnan(mn_predict_error(table, 2, xx)), "no errors");
    cr_expect(isnan(mn_predict_error(table, 0, beyond)), "no such block");
    cr_expect(isnan(mn_predict_error(table, 3, xx)), "no such metric");
    mn_table_free(table);
}

/* accuracy = base + g * sum: errors of the sum count g times. */
Test(evaluate, errors_are_scaled_with_the_accuracy)
{
    mn_table *table = random_table(3, (random_shape){.nodes = 4, .blocks = 3, .metrics = 2, .scale = 1});
    cr_assert(table);
    mn_metric *metric = &table->metrics[0];
    cr_assert(table->has_scale && table->scale.metric == 0 && !metric->errors);
    metric->errors = calloc((size_t)table->item_count, sizeof *metric->errors);
    for (int item = 0; item < table->item_count; item++)
        metric->errors[item] = 1 + item % 5;
    for (uint64_t number = 0; number < table->count; number++) {
        uint16_t network[4];
        double squares = 0;
        cr_assert(mn_network_from_number(table, number, network));
        int64_t capability = table->metrics[1].base;
        for (int node = 0; node < 4; node++) {
            const int item = table->first[node] + network[node];
            squares += (1 + item % 5) * (1 + item % 5);
            capability += table->metrics[1].values[item];
        }
        const double g = (double)table->scale.mean / (double)capability;
        cr_assert_float_eq(mn_predict_error(table, 0, network), sqrt(squares) * g, 1e-6 * (1 + g), "network %" PRIu64,
                           number);
    }
    mn_table_free(table);
}

/* ---- regret under limits ---------------------------------------------------------------------------------------------------------- */

/* What a limit at row `at`'s cost makes of the predictions, by looking at every row. */
static double regret_at(const double *predicted, const double *truth, const double *costs, int count, int sign, int at)
{
    int chosen = -1, best = -1;
    for (int i = 0; i < count; i++) {
        if (costs[i] > costs[at])
            continue;
        if (chosen < 0 || sign * predicted[i] > sign * predicted[chosen])
            chosen = i;
        if (best < 0 || sign * truth[i] > sign * truth[best])
            best = i;
    }
    return sign * (truth[best] - truth[chosen]);
}

/* Mean, worst and share over many limits approach those over all of them, ties of costs and predictions included. */
Test(evaluate, regret_under_limits_agrees_with_every_limit)
{
    enum { COUNT = 60, LIMITS = 100000 };
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t state = seed;
        double predicted[COUNT], truth[COUNT], costs[COUNT], sum = 0, squares = 0, worst = 0, best = 0;
        const int sign = seed % 2 ? 1 : -1, distinct = seed % 3 ? 12 : 1000;
        for (int i = 0; i < COUNT; i++) {
            truth[i] = (double)random_below(&state, 1000);
            predicted[i] = truth[i] + (double)random_below(&state, 300);
            predicted[i] -= seed % 5 ? 0 : fmod(predicted[i], 100);
            costs[i] = (double)random_below(&state, (uint64_t)distinct);
        }
        for (int at = 0; at < COUNT; at++) {
            const double regret = regret_at(predicted, truth, costs, COUNT, sign, at);
            sum += regret;
            squares += regret * regret;
            worst = fmax(worst, regret);
            best += regret == 0;
        }
        const double mean = sum / COUNT, share = best / COUNT;
        mn_limit_regret found, again;
        cr_assert_eq(mn_regret_under_limits(predicted, truth, costs, COUNT, sign > 0, LIMITS, seed, NULL, &found),
                     MN_OK);
        cr_assert_eq(found.limits, LIMITS);
        cr_assert_eq(found.worst, worst, "seed %" PRIu64 ": worst %g, expected %g", seed, found.worst, worst);
        cr_assert_leq(fabs(found.mean - mean), 6 * sqrt((squares / COUNT - mean * mean) / LIMITS) + 1e-9,
                      "seed %" PRIu64 ": mean %g, expected %g", seed, found.mean, mean);
        cr_assert_leq(fabs(found.share_best - share), 6 * sqrt(share * (1 - share) / LIMITS) + 1e-9,
                      "seed %" PRIu64 ": share %g, expected %g", seed, found.share_best, share);
        cr_assert_eq(mn_regret_under_limits(predicted, truth, costs, COUNT, sign > 0, LIMITS, seed, NULL, &again),
                     MN_OK);
        cr_assert(again.mean == found.mean && again.share_best == found.share_best, "the same for a seed");
    }
}

Test(evaluate, regret_under_limits_of_no_rows_is_not_a_number)
{
    mn_limit_regret found;
    cr_assert_eq(mn_regret_under_limits(NULL, NULL, NULL, 0, true, 10, 1, NULL, &found), MN_OK);
    cr_expect(isnan(found.mean) && isnan(found.worst) && isnan(found.share_best));
}
