/* Statistics of predictions against measured values: closed forms, values worked out by hand, and a quadratic tau-b. */
#include "host/fit/evaluate.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

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
