/* The process against its formulas: the covariance is written out again here from feature rows, and the posterior is computed in long
 * double by elimination. */
#include "host/core/memory.h"
#include "host/files/truth.h"
#include "host/fit/classes.h"
#include "host/fit/distill.h"
#include "host/fit/evaluate.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

static mn_error error;

#define OK(call) cr_assert_eq((call), MN_OK, "%s", error.text)

static double uniform(uint64_t *state)
{
    return (double)(random_next(state) >> 11) * 0x1p-53;
}

static mn_table *load(const char *name)
{
    mn_table *table;
    cr_assert_eq(mn_table_load(name, &table), MN_OK, "%s", mn_last_error(table));
    return table;
}

static mn_features *features_of(const mn_table *table, mn_feature_kind kind)
{
    mn_features *features;
    OK(mn_features_create(table, kind, &error, &features));
    return features;
}

static uint16_t *random_networks(const mn_table *table, int count, uint64_t *state)
{
    uint16_t *networks = mn_new_array((size_t)count * table->node_count, sizeof *networks);
    for (int i = 0; i < count; i++)
        for (int node = 0; node < table->node_count; node++)
            networks[i * table->node_count + node] = (uint16_t)random_below(state, table->nodes[node].block_count);
    return networks;
}

/* Networks that a process is fitted to: none computes a constant. */
static uint16_t *live_networks(const mn_features *features, int count, uint64_t *state)
{
    const mn_table *table = mn_features_table(features);
    uint16_t *networks = mn_new_array((size_t)count * table->node_count, sizeof *networks);
    for (int i = 0; i < count;) {
        uint16_t *one = random_networks(table, 1, state);
        memcpy(networks + (size_t)i * table->node_count, one, (size_t)table->node_count * sizeof *one);
        i += !mn_features_constant(features, one);
        free(one);
    }
    return networks;
}

/* Something smooth enough to be learnt, between 10 and 95. */
static double *targets_of(const mn_features *features, const uint16_t *networks, int count, uint64_t *state)
{
    const int columns = mn_features_count(features);
    double *rows = mn_new_array((size_t)count * columns, sizeof *rows), *targets = mn_new_array(count, sizeof *targets);
    OK(mn_features_rows(features, networks, (uint64_t)count, &error, rows));
    for (int i = 0; i < count; i++) {
        double sum = 0.2 * uniform(state);
        for (int column = 0; column < columns; column++)
            sum += sin(column + 1.0) * rows[(size_t)i * columns + column];
        targets[i] = 50 + 40 * tanh(sum);
    }
    free(rows);
    return targets;
}

/* ---- the formulas again ----------------------------------------------------------------------------------------------------------- */

static long double covariance_of(const mn_kernel *kernel, const double *a, const double *b)
{
    long double distance = 0, sum = 1;
    for (int g = 0; g < kernel->group_count; g++) {
        long double square = 0, product = 0;
        for (int column = kernel->groups[g].first; column < kernel->groups[g].first + kernel->groups[g].count;
             column++) {
            square += ((long double)a[column] - b[column]) * ((long double)a[column] - b[column]);
            product += (long double)a[column] * b[column];
        }
        distance += expl(kernel->parameters[mn_kernel_weight(g)]) * square;
        if (kernel->groups[g].linear > 0)
            sum += expl(kernel->parameters[mn_kernel_linear(g)]) * product;
    }
    const long double r = sqrtl(5 * distance);
    const long double shape = kernel->shape == MN_SHAPE_GAUSS ? expl(-distance / 2) : (1 + r + r * r / 3) * expl(-r);
    return sum + expl(kernel->parameters[MN_KERNEL_AMPLITUDE]) * shape;
}

/* Solves a x = b by elimination with pivots; a [n][n] and b [n] are overwritten, b by x. */
static void eliminate(int n, long double *a, long double *b)
{
    for (int k = 0; k < n; k++) {
        int pivot = k;
        for (int i = k + 1; i < n; i++)
            if (fabsl(a[i * n + k]) > fabsl(a[pivot * n + k]))
                pivot = i;
        for (int j = 0; j < n; j++) {
            const long double t = a[k * n + j];
            a[k * n + j] = a[pivot * n + j];
            a[pivot * n + j] = t;
        }
        const long double t = b[k];
        b[k] = b[pivot];
        b[pivot] = t;
        for (int i = k + 1; i < n; i++) {
            const long double factor = a[i * n + k] / a[k * n + k];
            for (int j = k; j < n; j++)
                a[i * n + j] -= factor * a[k * n + j];
            b[i] -= factor * b[k];
        }
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int j = i + 1; j < n; j++)
            b[i] -= a[i * n + j] * b[j];
        b[i] /= a[i * n + i];
    }
}

/* Mean and variance at `row` from n measured rows with standardised targets; measurement `left_out` (or -1) is not used. */
static void dense_posterior(const mn_kernel *kernel, const double *rows, const double *targets, const double *weights,
                            int n, int left_out, const double *row, long double *mean, long double *variance)
{
    const int columns = kernel->column_count;
    long double *a = mn_new_array((size_t)n * n, sizeof *a), *b = mn_new_array(n, sizeof *b);
    long double *cross = mn_new_array(n, sizeof *cross);
    int *used = mn_new_array(n, sizeof *used), m = 0;
    for (int i = 0; i < n; i++)
        if (i != left_out)
            used[m++] = i;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < m; j++)
                a[i * m + j] =
                    covariance_of(kernel, rows + (size_t)used[i] * columns, rows + (size_t)used[j] * columns);
            a[i * m + i] += expl(kernel->parameters[MN_KERNEL_NOISE]) / (weights ? weights[used[i]] : 1);
            cross[i] = covariance_of(kernel, rows + (size_t)used[i] * columns, row);
            b[i] = pass ? cross[i] : targets[used[i]];
        }
        eliminate(m, a, b);
        long double sum = 0;
        for (int i = 0; i < m; i++)
            sum += cross[i] * b[i];
        if (pass)
            *variance = covariance_of(kernel, row, row) - sum;
        else
            *mean = sum;
    }
    free(a);
    free(b);
    free(cross);
    free(used);
}

/* The targets on the link's scale, standardised. */
static void standardise(mn_fit_link link, const double *targets, int n, double *standard, double *shift, double *scale)
{
    *shift = *scale = 0;
    for (int i = 0; i < n; i++)
        *shift += mn_fit_link_forward(link, targets[i]) / n;
    for (int i = 0; i < n; i++)
        *scale += pow(mn_fit_link_forward(link, targets[i]) - *shift, 2) / n;
    *scale = sqrt(*scale);
    for (int i = 0; i < n; i++)
        standard[i] = (mn_fit_link_forward(link, targets[i]) - *shift) / *scale;
}

/* ---- tests ------------------------------------------------------------------------------------------------------------------------ */

Test(process, evidence_gradient_equals_finite_differences)
{
    mn_table *table = load("data/spaces/nasbench201.json");
    mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
    const mn_lapack *lapack = mn_lapack_load(&error);
    cr_assert(lapack, "%s", error.text);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        uint64_t state = seed;
        enum { COUNT = 30 };
        mn_kernel kernel = mn_kernel_default(features);
        kernel.shape = seed % 2 ? MN_SHAPE_GAUSS : MN_SHAPE_MATERN_5;
        uint16_t *networks = live_networks(features, COUNT, &state);
        double *rows = mn_new_array((size_t)COUNT * kernel.column_count, sizeof *rows), noise[COUNT], targets[COUNT];
        OK(mn_features_rows(features, networks, COUNT, &error, rows));
        for (int i = 0; i < COUNT; i++) {
            noise[i] = 0.5 + uniform(&state);
            targets[i] = 2 * uniform(&state) - 1;
        }
        mn_evidence *evidence;
        OK(mn_evidence_create(&kernel, lapack, rows, noise, COUNT, &error, &evidence));
        mn_evidence_set_targets(evidence, targets);
        double at[MN_KERNEL_PARAMETERS], gradient[MN_KERNEL_PARAMETERS], unused[MN_KERNEL_PARAMETERS];
        for (int i = 0; i < kernel.parameter_count; i++)
            at[i] = kernel.parameters[i] + uniform(&state) - 0.5;
        mn_evidence_evaluate(evidence, at, gradient);
        for (int i = 0; i < kernel.parameter_count; i++) {
            const double here = at[i], step = 1e-5;
            at[i] = here + step;
            const double above = mn_evidence_evaluate(evidence, at, unused);
            at[i] = here - step;
            const double below = mn_evidence_evaluate(evidence, at, unused);
            at[i] = here;
            cr_assert_float_eq(gradient[i], (above - below) / (2 * step), 1e-5,
                               "seed %" PRIu64 ", parameter %d: %.9f, by differences %.9f", seed, i, gradient[i],
                               (above - below) / (2 * step));
        }
        mn_evidence_free(evidence);
        free(networks);
        free(rows);
    }
    mn_features_free(features);
    mn_table_free(table);
}

/* Fits to some networks and compares predictions, covariances and leave-one-out with the formulas. */
static void compare_with_formulas(const mn_table *table, uint64_t seed, bool weighted)
{
    enum { COUNT = 25, AHEAD = 20 };
    uint64_t state = seed;
    mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
    uint16_t *networks = live_networks(features, COUNT + AHEAD, &state);
    double *targets = targets_of(features, networks, COUNT, &state), weights[COUNT];
    for (int i = 0; i < COUNT; i++)
        weights[i] = weighted ? 0.5 + 3 * uniform(&state) : 1;
    mn_process_options options = mn_process_default_options();
    mn_process *process;
    OK(mn_process_fit(features, networks, targets, weighted ? weights : NULL, COUNT, &options, &error, &process));

    const mn_kernel *kernel = mn_process_kernel(process);
    double standard[COUNT], shift, scale, mean[AHEAD], variance[AHEAD], covariance[AHEAD * AHEAD];
    double *rows = mn_new_array((size_t)(COUNT + AHEAD) * kernel->column_count, sizeof *rows);
    OK(mn_features_rows(features, networks, COUNT + AHEAD, &error, rows));
    standardise(mn_process_link(process), targets, COUNT, standard, &shift, &scale);
    const uint16_t *ahead = networks + (size_t)COUNT * table->node_count;
    OK(mn_process_predict(process, ahead, AHEAD, &error, mean, variance));
    OK(mn_process_covariance(process, ahead, AHEAD, ahead, AHEAD, &error, covariance));
    for (int i = 0; i < AHEAD; i++) {
        long double m = NAN, v = NAN;
        dense_posterior(kernel, rows, standard, weights, COUNT, -1, rows + (size_t)(COUNT + i) * kernel->column_count,
                        &m, &v);
        cr_assert_float_eq(mean[i], shift + scale * (double)m, 1e-7 * scale, "seed %" PRIu64 ": mean", seed);
        cr_assert_float_eq(variance[i], scale * scale * (double)v, 1e-7 * scale * scale, "seed %" PRIu64 ": variance",
                           seed);
        cr_assert_float_eq(covariance[i * AHEAD + i], variance[i], 1e-9 * scale * scale);
        for (int j = 0; j < AHEAD; j++)
            cr_assert_float_eq(covariance[i * AHEAD + j], covariance[j * AHEAD + i], 1e-9 * scale * scale);
    }
    double out_mean[COUNT], out_variance[COUNT];
    OK(mn_process_leave_one_out(process, &error, out_mean, out_variance));
    for (int i = 0; i < COUNT; i++) {
        long double m = NAN, v = NAN;
        dense_posterior(kernel, rows, standard, weights, COUNT, i, rows + (size_t)i * kernel->column_count, &m, &v);
        v += expl(kernel->parameters[MN_KERNEL_NOISE]) / weights[i];
        cr_assert_float_eq(out_mean[i], shift + scale * (double)m, 1e-6 * scale, "seed %" PRIu64 ": left out", seed);
        cr_assert_float_eq(out_variance[i], scale * scale * (double)v, 1e-6 * scale * scale);
    }
    free(rows);
    free(networks);
    free(targets);
    mn_process_free(process);
    mn_features_free(features);
}

Test(process, posterior_equals_the_dense_formula_on_cells)
{
    mn_table *table = load("data/spaces/nasbench201.json");
    for (uint64_t seed = 1; seed <= 4; seed++)
        compare_with_formulas(table, seed, seed % 2);
    mn_table_free(table);
}

Test(process, posterior_equals_the_dense_formula_on_random_chains)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        mn_table *table = random_table(seed, (random_shape){.nodes = 5, .blocks = 4, .metrics = 1});
        cr_assert(table);
        compare_with_formulas(table, seed, seed % 2);
        mn_table_free(table);
    }
}

Test(process, interpolates_exactly_without_noise)
{
    uint64_t state = 7;
    enum { COUNT = 40 };
    mn_table *table = load("data/spaces/nasbench_macro.json");
    mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
    uint16_t *networks = live_networks(features, COUNT, &state);
    double *targets = targets_of(features, networks, COUNT, &state), mean[COUNT];
    uint64_t class_of[COUNT];
    OK(mn_classes_of(table, networks, COUNT, &error, class_of));
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < i; j++)
            if (class_of[j] == class_of[i])
                targets[i] = targets[j];
    mn_kernel kernel = mn_kernel_default(features);
    kernel.parameters[MN_KERNEL_NOISE] = log(1e-9);
    mn_process_options options = mn_process_default_options();
    options.kernel = &kernel;
    options.keep_kernel = true;
    mn_process *process;
    OK(mn_process_fit(features, networks, targets, NULL, COUNT, &options, &error, &process));
    OK(mn_process_predict(process, networks, COUNT, &error, mean, NULL));
    for (int i = 0; i < COUNT; i++)
        cr_assert_float_eq(mn_fit_link_inverse(mn_process_link(process), mean[i]), targets[i], 1e-3);
    free(networks);
    free(targets);
    mn_process_free(process);
    mn_features_free(features);
    mn_table_free(table);
}

/* All networks of a space, the last node fastest. */
static uint16_t *all_networks(const mn_table *table, uint64_t *count)
{
    *count = 1;
    for (int node = 0; node < table->node_count; node++)
        *count *= (uint64_t)table->nodes[node].block_count;
    uint16_t *networks = mn_new_array(*count * table->node_count, sizeof *networks);
    for (uint64_t i = 0; i < *count; i++) {
        uint64_t rest = i;
        for (int node = table->node_count - 1; node >= 0; node--) {
            networks[i * table->node_count + node] = (uint16_t)(rest % table->nodes[node].block_count);
            rest /= (uint64_t)table->nodes[node].block_count;
        }
    }
    return networks;
}

static mn_process *fit_some(const mn_features *features, int count, uint64_t seed, int threads)
{
    uint64_t state = seed;
    uint16_t *networks = live_networks(features, count, &state);
    double *targets = targets_of(features, networks, count, &state);
    mn_process_options options = mn_process_default_options();
    options.threads = threads;
    mn_process *process;
    OK(mn_process_fit(features, networks, targets, NULL, count, &options, &error, &process));
    free(networks);
    free(targets);
    return process;
}

Test(process, members_of_a_class_are_predicted_alike)
{
    static const char *const spaces[] = {"data/spaces/nasbench201.json", "data/spaces/nasbench_macro.json"};
    for (int s = 0; s < 2; s++) {
        mn_table *table = load(spaces[s]);
        mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
        mn_process *process = fit_some(features, 30, 3, 0);
        uint64_t count;
        uint16_t *networks = all_networks(table, &count);
        double *mean = mn_new_array(count, sizeof *mean), *variance = mn_new_array(count, sizeof *variance);
        uint64_t *class_of = mn_new_array(count, sizeof *class_of), *first = mn_new_array(count, sizeof *first);
        OK(mn_process_predict(process, networks, count, &error, mean, variance));
        OK(mn_classes_of(table, networks, count, &error, class_of));
        uint64_t classes = 0, shared = 0;
        for (uint64_t i = 0; i < count; i++) {
            if (class_of[i] == classes)
                first[classes++] = i;
            const uint64_t k = first[class_of[i]];
            shared += k != i;
            cr_assert_float_eq(mean[i], mean[k], 1e-9, "%s: networks %" PRIu64 ", %" PRIu64, spaces[s], i, k);
            cr_assert_float_eq(variance[i], variance[k], 1e-9);
        }
        cr_assert_gt(shared, 2000);
        free(networks);
        free(mean);
        free(variance);
        free(class_of);
        free(first);
        mn_process_free(process);
        mn_features_free(features);
        mn_table_free(table);
    }
}

Test(process, threads_change_nothing)
{
    mn_table *table = load("data/spaces/nasbench_macro.json");
    mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
    uint64_t count;
    uint16_t *networks = all_networks(table, &count);
    double *mean[3], *variance[3];
    for (int threads = 1; threads <= 3; threads++) {
        mn_process *process = fit_some(features, 60, 5, threads);
        mean[threads - 1] = mn_new_array(count, sizeof **mean);
        variance[threads - 1] = mn_new_array(count, sizeof **variance);
        OK(mn_process_predict(process, networks, count, &error, mean[threads - 1], variance[threads - 1]));
        cr_assert(!memcmp(mean[0], mean[threads - 1], count * sizeof **mean));
        cr_assert(!memcmp(variance[0], variance[threads - 1], count * sizeof **variance));
        mn_process_free(process);
    }
    for (int i = 0; i < 3; i++) {
        free(mean[i]);
        free(variance[i]);
    }
    free(networks);
    mn_features_free(features);
    mn_table_free(table);
}

Test(process, a_prior_needs_no_measurements)
{
    uint64_t state = 11;
    mn_table *table = load("data/spaces/nasbench201.json");
    mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
    uint16_t *networks = live_networks(features, 2, &state);
    mn_process *prior;
    OK(mn_process_prior(features, NULL, NULL, &error, &prior));
    double mean[2], variance[2], covariance[4];
    OK(mn_process_predict(prior, networks, 2, &error, mean, variance));
    OK(mn_process_covariance(prior, networks, 2, networks, 2, &error, covariance));
    double rows[2 * 512];
    OK(mn_features_rows(features, networks, 2, &error, rows));
    const mn_kernel *kernel = mn_process_kernel(prior);
    cr_assert_eq(mean[0], 0);
    cr_assert_float_eq(variance[1], covariance[3], 1e-12);
    cr_assert_float_eq(covariance[1], (double)covariance_of(kernel, rows, rows + kernel->column_count), 1e-12);
    free(networks);
    mn_process_free(prior);
    mn_features_free(features);
    mn_table_free(table);
}

/* Criterion runs every test in a process of its own, so LAPACK is not loaded yet. */
Test(process, says_what_is_missing_without_lapack)
{
    mn_table *table = load("data/spaces/nasbench201.json");
    mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
    setenv("MATHNAS_LAPACK", "/nowhere/liblapack.so", 1);
    mn_process *process;
    cr_assert_eq(mn_process_prior(features, NULL, NULL, &error, &process), MN_USAGE);
    cr_assert_null(process);
    cr_assert(strstr(error.text, "libopenblas0"), "%s", error.text);
    mn_features_free(features);
    mn_table_free(table);
}

Test(process, refuses_too_few_measurements_and_values_outside_the_link)
{
    uint64_t state = 2;
    mn_table *table = load("data/spaces/nasbench201.json");
    mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
    uint16_t *networks = live_networks(features, 3, &state);
    mn_process_options options = mn_process_default_options();
    mn_process *process;
    cr_assert_eq(mn_process_fit(features, networks, (double[]){50}, NULL, 1, &options, &error, &process), MN_USAGE);
    cr_assert(strstr(error.text, "found 1"), "%s", error.text);
    options.choose_link = false;
    options.link = (mn_fit_link){MN_LINK_BOUNDED, 60};
    cr_assert_eq(mn_process_fit(features, networks, (double[]){50, 70, 30}, NULL, 3, &options, &error, &process),
                 MN_USAGE);
    cr_assert(strstr(error.text, "link"), "%s", error.text);
    free(networks);
    mn_features_free(features);
    mn_table_free(table);
}

/* ---- on published accuracies ------------------------------------------------------------------------------------------------------ */

/* Kendall tau over all networks from `count` random ones, mean of three seeds. */
static double tau_from(const char *space, const char *truth_name, const char *column_name, int count)
{
    mn_table *table = load(space);
    mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
    mn_truth *truth;
    cr_assert_eq(mn_truth_read(table, truth_name, &truth), MN_OK, "%s", mn_last_error(truth));
    const double *accuracy = truth->columns[mn_truth_find_column(truth, column_name)];
    const size_t nodes = (size_t)table->node_count;
    double sum = 0, *mean = mn_new_array(truth->count, sizeof *mean), targets[256];
    uint16_t *networks = mn_new_array(256 * nodes, sizeof *networks);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        uint64_t state = seed;
        for (int i = 0; i < count;) {
            const uint64_t row = random_below(&state, truth->count);
            memcpy(networks + (size_t)i * nodes, truth->networks + row * nodes, nodes * sizeof *networks);
            targets[i] = accuracy[row];
            i += !mn_features_constant(features, truth->networks + row * nodes);
        }
        mn_process_options options = mn_process_default_options();
        options.constant = 10;
        mn_process *process;
        OK(mn_process_fit(features, networks, targets, NULL, count, &options, &error, &process));
        OK(mn_process_predict(process, truth->networks, truth->count, &error, mean, NULL));
        double tau;
        OK(mn_kendall_tau_b(mean, accuracy, truth->count, &error, &tau));
        sum += tau / 3;
        mn_process_free(process);
    }
    free(mean);
    free(networks);
    mn_truth_free(truth);
    mn_features_free(features);
    mn_table_free(table);
    return sum;
}

Test(process, orders_nasbench201_from_100_networks)
{
    const double tau = tau_from("data/spaces/nasbench201.json", "nasbench201", "accuracy_cifar10", 100);
    cr_assert_gt(tau, 0.85, "tau %.4f", tau);
}

Test(process, orders_nasbench_macro_from_51_networks)
{
    const double tau = tau_from("data/spaces/nasbench_macro.json", "nasbench_macro", "accuracy_cifar10", 51);
    cr_assert_gt(tau, 0.84, "tau %.4f", tau);
}

/* ---- costs -------------------------------------------------------------------------------------------------------------------------- */

/* An operation that leads nowhere changes what a network costs, not what it computes; and every network costs something. */
Test(process, features_of_costs_see_dead_operations)
{
    mn_table *table = load("data/spaces/nasbench201.json");
    const uint16_t networks[3][6] = {{2, 0, 0, 1, 0, 0}, {3, 0, 0, 1, 0, 0}, {0, 0, 0, 0, 0, 0}};
    for (int kind = MN_FEATURES_FUNCTION; kind <= MN_FEATURES_COST; kind++) {
        mn_features *features = features_of(table, (mn_feature_kind)kind);
        const size_t columns = (size_t)mn_features_count(features);
        double *rows = mn_new_array(2 * columns, sizeof *rows);
        OK(mn_features_rows(features, networks[0], 2, &error, rows));
        cr_expect_eq(mn_features_kind(features), kind);
        cr_expect_eq(!memcmp(rows, rows + columns, columns * sizeof *rows), kind == MN_FEATURES_FUNCTION);
        cr_expect_eq(mn_features_constant(features, networks[2]), kind == MN_FEATURES_FUNCTION);
        free(rows);
        mn_features_free(features);
    }
    mn_table_free(table);
}

/* Costs that add up over all operations, the dead ones too: few networks tell those of all others. */
Test(process, learns_additive_costs_from_few_networks)
{
    mn_table *table = load("data/spaces/nasbench201.json");
    mn_features *features = features_of(table, MN_FEATURES_COST);
    uint64_t count, state = 17;
    uint16_t *networks = all_networks(table, &count), *some = random_networks(table, 80, &state);
    double costs[6][5], targets[80], tau;
    for (int node = 0; node < 6; node++)
        for (int block = 0; block < 5; block++)
            costs[node][block] = block * (1 + 0.3 * uniform(&state));
    for (int i = 0; i < 80; i++) {
        targets[i] = 5;
        for (int node = 0; node < 6; node++)
            targets[i] += costs[node][some[6 * i + node]];
    }
    double *truth = mn_new_array(count, sizeof *truth), *mean = mn_new_array(count, sizeof *mean);
    for (uint64_t i = 0; i < count; i++) {
        truth[i] = 5;
        for (int node = 0; node < 6; node++)
            truth[i] += costs[node][networks[6 * i + (uint64_t)node]];
    }
    mn_process_options options = mn_process_default_options();
    options.upper = NAN;
    mn_process *process;
    OK(mn_process_fit(features, some, targets, NULL, 80, &options, &error, &process));
    OK(mn_process_predict(process, networks, count, &error, mean, NULL));
    OK(mn_kendall_tau_b(mean, truth, count, &error, &tau));
    cr_assert_gt(tau, 0.95, "tau %.4f", tau);
    double squares = 0;
    for (uint64_t i = 0; i < count; i++)
        squares += pow(mn_fit_link_inverse(mn_process_link(process), mean[i]) - truth[i], 2);
    cr_assert_lt(sqrt(squares / (double)count), 0.5);
    free(truth);
    free(mean);
    free(networks);
    free(some);
    mn_process_free(process);
    mn_features_free(features);
    mn_table_free(table);
}

Test(process, combined_covariances_are_sums_of_covariances)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        enum { SUMS = 3, OTHERS = 7 };
        mn_table *table = random_table(seed, (random_shape){.nodes = 4, .blocks = 4, .metrics = 1});
        mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
        mn_process *process = fit_some(features, 20, seed, 0);
        uint64_t count, state = seed;
        uint16_t *networks = all_networks(table, &count);
        uint16_t *others = random_networks(table, OTHERS, &state);
        double weights[SUMS * OTHERS];
        for (int i = 0; i < SUMS * OTHERS; i++)
            weights[i] = uniform(&state) - 0.5;
        double *covariance = mn_new_array(count * OTHERS, sizeof *covariance),
               *combined = mn_new_array(count * SUMS, sizeof *combined);
        OK(mn_process_covariance(process, networks, count, others, OTHERS, &error, covariance));
        OK(mn_process_combine(process, networks, count, others, OTHERS, weights, SUMS, &error, combined));
        for (int sum = 0; sum < SUMS; sum++)
            for (uint64_t i = 0; i < count; i++) {
                double expected = 0;
                for (int k = 0; k < OTHERS; k++)
                    expected += weights[sum * OTHERS + k] * covariance[i * OTHERS + k];
                cr_assert_float_eq(combined[sum * count + i], expected, 1e-8 * (1 + fabs(expected)),
                                   "seed %" PRIu64 ", network %" PRIu64, seed, i);
            }
        free(networks);
        free(others);
        free(covariance);
        free(combined);
        mn_process_free(process);
        mn_features_free(features);
        mn_table_free(table);
    }
}

/* ---- distillation ----------------------------------------------------------------------------------------------------------------- */

Test(distill, all_terms_keep_the_predictions)
{
    mn_table *table = load("data/spaces/nasbench_macro.json");
    mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
    mn_process *process = fit_some(features, 40, 9, 0);
    uint64_t count;
    uint16_t *networks = all_networks(table, &count);
    double *mean = mn_new_array(count, sizeof *mean), *variance = mn_new_array(count, sizeof *variance);
    OK(mn_process_predict(process, networks, count, &error, mean, variance));
    mn_distilled *full;
    OK(mn_process_distill(process, MN_DISTILL_FULL, true, &error, &full));
    cr_assert_eq(full->factor_count, 1);
    for (uint64_t i = 0; i < count; i++) {
        cr_assert_float_eq(mn_distilled_value(full, table, networks + i * table->node_count), mean[i], 1e-9);
        cr_assert_float_eq(full->factors[0].errors[i], sqrt(variance[i]), 1e-9);
    }
    mn_distilled_free(full);
    free(networks);
    free(mean);
    free(variance);
    mn_process_free(process);
    mn_features_free(features);
    mn_table_free(table);
}

/* On a complete space the additive part is the mean over each block, and more terms explain more. */
Test(distill, additive_part_is_the_marginal_means)
{
    mn_table *table = load("data/spaces/nasbench_macro.json");
    mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
    mn_process *process = fit_some(features, 40, 9, 0);
    uint64_t count;
    uint16_t *networks = all_networks(table, &count);
    double *mean = mn_new_array(count, sizeof *mean), all = 0, explained = 0;
    OK(mn_process_predict(process, networks, count, &error, mean, NULL));
    for (uint64_t i = 0; i < count; i++)
        all += mean[i] / (double)count;
    for (int terms = MN_DISTILL_ADDITIVE; terms <= MN_DISTILL_TRIPLES; terms++) {
        mn_distilled *d;
        OK(mn_process_distill(process, (mn_distill_terms)terms, true, &error, &d));
        cr_assert_float_eq(d->base, all, 1e-9);
        cr_assert_gt(d->explained, explained);
        cr_assert_leq(d->explained, 1 + 1e-12);
        explained = d->explained;
        for (int node = 0; node < table->node_count && terms == MN_DISTILL_ADDITIVE; node++)
            for (int block = 0; block < table->nodes[node].block_count; block++) {
                double sum = 0, members = 0;
                for (uint64_t i = 0; i < count; i++)
                    if (networks[i * table->node_count + node] == block) {
                        sum += mean[i];
                        members++;
                    }
                cr_assert_float_eq(d->factors[node].values[block], sum / members - all, 1e-9);
            }
        mn_distilled_free(d);
    }
    free(networks);
    free(mean);
    mn_process_free(process);
    mn_features_free(features);
    mn_table_free(table);
}

/* Networks that compute a constant are left out: what the terms do not explain sums to nothing over the other networks of each block. */
Test(distill, constant_networks_are_left_out)
{
    mn_table *table = load("data/spaces/nasbench201.json");
    mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
    mn_process *process = fit_some(features, 60, 5, 0);
    uint64_t count, live = 0;
    uint16_t *networks = all_networks(table, &count);
    double *mean = mn_new_array(count, sizeof *mean), *sums = mn_new_array((size_t)table->item_count, sizeof *sums);
    OK(mn_process_predict(process, networks, count, &error, mean, NULL));
    mn_distilled *d;
    OK(mn_process_distill(process, MN_DISTILL_ADDITIVE, false, &error, &d));
    for (uint64_t i = 0; i < count; i++) {
        const uint16_t *network = networks + i * (uint64_t)table->node_count;
        if (mn_features_constant(features, network))
            continue;
        live++;
        for (int node = 0; node < table->node_count; node++)
            sums[table->first[node] + network[node]] += mean[i] - mn_distilled_value(d, table, network);
    }
    cr_assert_eq(live, 15625 - 341);
    cr_assert_eq(d->networks, live);
    for (int item = 0; item < table->item_count; item++)
        cr_expect_float_eq(sums[item] / (double)live, 0, 1e-7, "item %d", item);
    mn_distilled_free(d);
    free(networks);
    free(mean);
    free(sums);
    mn_process_free(process);
    mn_features_free(features);
    mn_table_free(table);
}

/* The variance of a marginal mean is a' C a with the posterior covariance C of all networks. 32 draws are within 45 % at 3.5 deviations. */
Test(distill, standard_errors_follow_from_the_posterior_covariance)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        mn_table *table = random_table(seed, (random_shape){.nodes = 4, .blocks = 3, .metrics = 1});
        mn_features *features = features_of(table, MN_FEATURES_FUNCTION);
        mn_process *process = fit_some(features, 20, seed, 0);
        uint64_t count;
        uint16_t *networks = all_networks(table, &count);
        double *covariance = mn_new_array(count * count, sizeof *covariance), *a = mn_new_array(count, sizeof *a);
        OK(mn_process_covariance(process, networks, count, networks, count, &error, covariance));
        mn_distilled *d;
        OK(mn_process_distill(process, MN_DISTILL_ADDITIVE, true, &error, &d));
        for (int node = 0; node < table->node_count; node++)
            for (int block = 0; block < table->nodes[node].block_count; block++) {
                const double blocks = table->nodes[node].block_count;
                double variance = 0;
                for (uint64_t i = 0; i < count; i++)
                    a[i] = ((networks[i * table->node_count + node] == block) * blocks - 1) / (double)count;
                for (uint64_t i = 0; i < count; i++)
                    for (uint64_t j = 0; j < count; j++)
                        variance += a[i] * a[j] * covariance[i * count + j];
                const double ratio = d->factors[node].errors[block] / sqrt(variance);
                cr_assert(ratio > 0.55 && ratio < 1.45, "seed %" PRIu64 ", node %d, block %d: ratio %.3f", seed, node,
                          block, ratio);
            }
        mn_distilled_free(d);
        free(networks);
        free(covariance);
        free(a);
        mn_process_free(process);
        mn_features_free(features);
        mn_table_free(table);
    }
}
