/* Fits against closed forms, simulation and an independent solver of normal equations (Gauss elimination). */
#include "host/fit/choose.h"
#include "host/fit/differences.h"
#include "host/fit/measurements.h"
#include "host/fit/regression.h"
#include "host/mathnas.h"
#include "host/files/measurements_file.h"
#include "tests/files_support.h"
#include "tests/random_table.h"

#include <inttypes.h>
#include <math.h>

enum { NODES = 4, BLOCKS = 3, ITEMS = NODES * BLOCKS };

static double uniform(uint64_t *state)
{
    return (double)(random_next(state) >> 11) * 0x1p-53;
}

static double normal(uint64_t *state)
{
    return sqrt(-2 * log(1 - uniform(state))) * cos(2 * 3.14159265358979323846 * uniform(state));
}

/* Four nodes of three blocks, the same names on each. */
static mn_table *small_space(void)
{
    static const char json[] =
        "{\"format\": \"mathnas-space\", \"version\": 1, \"name\": \"small\", \"nodes\": ["
        "{\"name\": \"n0\", \"blocks\": [\"a\", \"b\", \"c\"]}, {\"name\": \"n1\", \"blocks\": [\"a\", \"b\", \"c\"]},"
        "{\"name\": \"n2\", \"blocks\": [\"a\", \"b\", \"c\"]}, {\"name\": \"n3\", \"blocks\": [\"a\", \"b\", \"c\"]}],"
        "\"metrics\": [{\"name\": \"speed\", \"unit\": \"Hz\", \"better\": \"higher\", \"resolution\": 0.01}]}";
    mn_table *table = mn_table_new();
    cr_assert_eq(mn_table_read_memory("small.json", json, sizeof json - 1, table), MN_OK, "%s", table->error.text);
    return table;
}

typedef struct truth {
    double base, values[ITEMS];
} truth;

static truth random_truth(uint64_t *state)
{
    truth t = {.base = 40 + 20 * uniform(state)};
    for (int i = 0; i < ITEMS; i++)
        t.values[i] = 4 * uniform(state);
    return t;
}

static double value_of(const truth *t, const uint16_t *network)
{
    double sum = t->base;
    for (int node = 0; node < NODES; node++)
        sum += t->values[node * BLOCKS + network[node]];
    return sum;
}

typedef struct sample_set {
    uint16_t networks[81 * NODES];
    double targets[81], weights[81];
    mn_samples samples;
} sample_set;

/* `count` distinct networks; additive values and normal noise. */
static void draw(sample_set *set, const mn_table *table, const truth *t, int count, double noise, uint64_t *state)
{
    int order[81];
    for (int i = 0; i < 81; i++)
        order[i] = i;
    for (int i = 0; i < count; i++) {
        const int j = i + (int)(random_next(state) % (uint64_t)(81 - i)), number = order[j];
        order[j] = order[i];
        order[i] = number;
        for (int node = 0, rest = number; node < NODES; node++, rest /= 3)
            set->networks[i * NODES + node] = (uint16_t)(rest % 3);
        set->targets[i] = value_of(t, set->networks + i * NODES) + noise * normal(state);
        set->weights[i] = 1;
    }
    set->samples = (mn_samples){
        .table = table, .networks = set->networks, .targets = set->targets, .weights = set->weights, .count = count};
}

static mn_fitted *fit(const mn_samples *samples, bool higher, mn_fit_method method, mn_fit_terms terms)
{
    const mn_metric_request request = {.samples = samples,
                                       .metric = "speed",
                                       .higher_is_better = higher,
                                       .repeat_variance = NAN,
                                       .method = method,
                                       .terms = terms,
                                       .upper = NAN,
                                       .chance = NAN};
    mn_error error = {0};
    mn_fitted *fitted = NULL;
    mn_fit_terms chosen;
    cr_assert_eq(mn_fit_one_metric(&request, &error, &fitted, &chosen), MN_OK, "%s", error.text);
    return fitted;
}

static double predict(const mn_fitted *f, const uint16_t *network)
{
    double sum = f->base;
    for (int node = 0; node < NODES; node++)
        sum += f->values[node * BLOCKS + network[node]];
    for (int i = 0; i < f->factor_count; i++) {
        size_t at = 0;
        for (int k = 0; k < f->factors[i].node_count; k++)
            at = at * BLOCKS + network[f->factors[i].nodes[k]];
        sum += f->factors[i].values[at];
    }
    return sum;
}

static void all_networks(void (*visit)(const uint16_t *network, void *user), void *user)
{
    for (int number = 0; number < 81; number++) {
        uint16_t network[NODES];
        for (int node = 0, rest = number; node < NODES; node++, rest /= 3)
            network[node] = (uint16_t)(rest % 3);
        visit(network, user);
    }
}

typedef struct comparison {
    const mn_fitted *fitted;
    const truth *t;
    double worst;
} comparison;

static void compare(const uint16_t *network, void *user)
{
    comparison *c = user;
    c->worst = fmax(c->worst, fabs(predict(c->fitted, network) - value_of(c->t, network)));
}

static double worst_error(const mn_fitted *fitted, const truth *t)
{
    comparison c = {fitted, t, 0};
    all_networks(compare, &c);
    return c.worst;
}

/* Without noise every method that determines the blocks gives the additive table back. */
Test(fit, recovers_an_additive_table)
{
    mn_table *table = small_space();
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t state = seed;
        const truth t = random_truth(&state);
        sample_set set;
        draw(&set, table, &t, 30, 0, &state);
        for (mn_fit_method method = MN_FIT_LEAST_SQUARES; method <= MN_FIT_ROBUST; method++)
            for (int higher = 0; higher < 2; higher++) {
                mn_fitted *fitted = fit(&set.samples, higher, method, MN_FIT_ADDITIVE);
                cr_expect_lt(worst_error(fitted, &t), method == MN_FIT_LEAST_SQUARES ? 1e-9 : 1e-3,
                             "seed %" PRIu64 ", %s, %s: off by %g", seed, fitted->method, fitted->model,
                             worst_error(fitted, &t));
                mn_fitted_free(fitted);
            }
    }
    mn_table_free(table);
}

/* Pairs hold what additive terms cannot. */
Test(fit, recovers_pairs)
{
    mn_table *table = small_space();
    uint64_t state = 3;
    const truth t = random_truth(&state);
    sample_set set;
    draw(&set, table, &t, 70, 0, &state);
    for (int i = 0; i < 70; i++)
        set.targets[i] += set.networks[i * NODES] == 1 && set.networks[i * NODES + 2] == 2 ? 5 : 0;
    mn_fitted *fitted = fit(&set.samples, true, MN_FIT_LEAST_SQUARES, MN_FIT_PAIRS);
    for (int i = 0; i < 70; i++)
        cr_expect_float_eq(predict(fitted, set.networks + i * NODES), set.targets[i], 1e-9);
    cr_expect_eq(fitted->factor_count, 6);
    mn_fitted_free(fitted);
    mn_table_free(table);
}

/* Wild measurements move least squares but not the robust fit. */
Test(fit, robust_fit_withstands_outliers)
{
    mn_table *table = small_space();
    for (uint64_t seed = 1; seed <= 10; seed++) {
        uint64_t state = 100 + seed;
        const truth t = random_truth(&state);
        sample_set set;
        draw(&set, table, &t, 60, 0.01, &state);
        for (int i = 0; i < 6; i++)
            set.targets[i * 9] *= i % 2 ? 0.001 : 3;
        mn_fitted *robust = fit(&set.samples, false, MN_FIT_ROBUST, MN_FIT_ADDITIVE);
        mn_fitted *squares = fit(&set.samples, false, MN_FIT_LEAST_SQUARES, MN_FIT_ADDITIVE);
        cr_expect_lt(worst_error(robust, &t), 0.1, "seed %" PRIu64 ": %s is off by %g", seed, robust->model,
                     worst_error(robust, &t));
        cr_expect_gt(worst_error(squares, &t), 3);
        mn_fitted_free(robust);
        mn_fitted_free(squares);
    }
    mn_table_free(table);
}

/* A weight counts as so many repeats. */
Test(fit, weights_are_repeats)
{
    mn_table *table = small_space();
    uint64_t state = 7;
    const truth t = random_truth(&state);
    sample_set weighted, repeated;
    draw(&weighted, table, &t, 30, 1, &state);
    repeated = weighted;
    repeated.samples = (mn_samples){.table = table,
                                    .networks = repeated.networks,
                                    .targets = repeated.targets,
                                    .weights = repeated.weights,
                                    .count = 40};
    for (int i = 0; i < 10; i++) {
        weighted.weights[i] = 2;
        memcpy(repeated.networks + (30 + i) * NODES, weighted.networks + i * NODES, NODES * sizeof(uint16_t));
        repeated.targets[30 + i] = weighted.targets[i];
        repeated.weights[30 + i] = 1;
    }
    mn_fitted *one = fit(&weighted.samples, true, MN_FIT_LEAST_SQUARES, MN_FIT_ADDITIVE);
    mn_fitted *other = fit(&repeated.samples, true, MN_FIT_LEAST_SQUARES, MN_FIT_ADDITIVE);
    for (int item = 0; item < ITEMS; item++)
        cr_expect_float_eq(one->values[item], other->values[item], 1e-9);
    mn_fitted_free(one);
    mn_fitted_free(other);
    mn_table_free(table);
}

/* Over many simulated sets of measurements the errors are as large as the fit says. */
Test(fit, standard_errors_agree_with_simulation)
{
    enum { ROUNDS = 600 };
    mn_table *table = small_space();
    uint64_t state = 11;
    const truth t = random_truth(&state);
    double squares[ITEMS] = {0}, stated[ITEMS] = {0}, centred[ITEMS], base_squares = 0, base_stated = 0, base = t.base;
    for (int node = 0; node < NODES; node++) {
        const double mean = (t.values[3 * node] + t.values[3 * node + 1] + t.values[3 * node + 2]) / 3;
        base += mean;
        for (int block = 0; block < BLOCKS; block++)
            centred[3 * node + block] = t.values[3 * node + block] - mean;
    }
    for (int round = 0; round < ROUNDS; round++) {
        sample_set set;
        draw(&set, table, &t, 40, 0.5, &state);
        mn_fitted *fitted = fit(&set.samples, true, MN_FIT_LEAST_SQUARES, MN_FIT_ADDITIVE);
        for (int item = 0; item < ITEMS; item++) {
            squares[item] += pow(fitted->values[item] - centred[item], 2) / ROUNDS;
            stated[item] += pow(fitted->errors[item], 2) / ROUNDS;
        }
        base_squares += pow(fitted->base - base, 2) / ROUNDS;
        base_stated += pow(fitted->base_error, 2) / ROUNDS;
        mn_fitted_free(fitted);
    }
    for (int item = 0; item < ITEMS; item++)
        cr_expect_float_eq(sqrt(squares[item] / stated[item]), 1, 0.12, "item %d: %g", item,
                           sqrt(squares[item] / stated[item]));
    cr_expect_float_eq(sqrt(base_squares / base_stated), 1, 0.12);
    mn_table_free(table);
}

/* ---- regression ----------------------------------------------------------------------------------------------------------------- */

/* Solves a x = b by Gauss elimination with pivots; a [n][n] and b [n] are lost. */
static void eliminate(double *a, double *b, int n)
{
    for (int k = 0; k < n; k++) {
        int pivot = k;
        for (int i = k + 1; i < n; i++)
            pivot = fabs(a[i * n + k]) > fabs(a[pivot * n + k]) ? i : pivot;
        for (int j = 0; j < n; j++) {
            const double swap = a[k * n + j];
            a[k * n + j] = a[pivot * n + j];
            a[pivot * n + j] = swap;
        }
        const double swap = b[k];
        b[k] = b[pivot];
        b[pivot] = swap;
        for (int i = 0; i < n; i++) {
            const double factor = i == k ? 0 : a[i * n + k] / a[k * n + k];
            for (int j = k; j < n; j++)
                a[i * n + j] -= factor * a[k * n + j];
            b[i] -= factor * b[k];
        }
    }
    for (int k = 0; k < n; k++)
        b[k] /= a[k * n + k];
}

/* Coefficients of the ridge with the rows but `left_out`, free column first. */
static void solve_directly(const double *x, const double *y, const double *weights, int rows, int columns,
                           double strength, int left_out, double *b)
{
    const int n = columns + 1;
    double a[50 * 50] = {0};
    memset(b, 0, (size_t)n * sizeof *b);
    for (int row = 0; row < rows; row++) {
        double z[50] = {1};
        if (row == left_out)
            continue;
        memcpy(z + 1, x + row * columns, (size_t)columns * sizeof *z);
        for (int i = 0; i < n; i++) {
            b[i] += weights[row] * z[i] * y[row];
            for (int j = 0; j < n; j++)
                a[i * n + j] += weights[row] * z[i] * z[j];
        }
    }
    for (int i = 1; i < n; i++)
        a[i * n + i] += strength;
    eliminate(a, b, n);
}

/* Both forms, more rows than columns and fewer, agree with elimination; leaving a row out agrees with fitting without it. */
Test(regression, equals_elimination_and_refits)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        uint64_t state = seed;
        const int rows = seed % 2 ? 25 : 12, columns = seed % 2 ? 8 : 30;
        double x[25 * 30], y[25], weights[25], ones[25], direct[50];
        for (int i = 0; i < rows * columns; i++)
            x[i] = normal(&state);
        for (int i = 0; i < rows; i++) {
            y[i] = 5 + normal(&state);
            weights[i] = 0.5 + uniform(&state);
            ones[i] = 1;
        }
        const mn_design design = {rows, 1, columns, ones, x, NULL};
        mn_regression *r;
        cr_assert_eq(mn_regression_create(&design, NULL, &r), MN_OK);
        mn_regression_weigh(r, weights);
        cr_assert(mn_regression_solve(r, y, 0.7));
        solve_directly(x, y, weights, rows, columns, 0.7, -1, direct);
        for (int i = 0; i <= columns; i++)
            cr_expect_float_eq(mn_regression_coefficients(r)[i], direct[i], 1e-5, "seed %" PRIu64 ", %d: %g and %g",
                               seed, i, mn_regression_coefficients(r)[i], direct[i]);
        for (int row = 0; row < rows; row++) {
            solve_directly(x, y, weights, rows, columns, 0.7, row, direct);
            double without = direct[0];
            for (int i = 0; i < columns; i++)
                without += direct[1 + i] * x[row * columns + i];
            const double left = y[row] - (y[row] - mn_regression_fitted(r)[row]) / mn_regression_slack(r)[row];
            cr_expect_float_eq(left, without, 1e-4, "seed %" PRIu64 ", row %d: %g and %g", seed, row, left, without);
        }
        mn_regression_free(r);
    }
}

/* So many rows that BLAS makes the normal equations, in blocks whose last one is not full. */
Test(regression, large_ones_equal_elimination_and_refits)
{
    enum { ROWS = 5003, COLUMNS = 48 };
    static double x[ROWS * COLUMNS], y[ROWS], weights[ROWS], ones[ROWS];
    uint64_t state = 11;
    double direct[50];
    for (int i = 0; i < ROWS * COLUMNS; i++)
        x[i] = normal(&state);
    for (int i = 0; i < ROWS; i++) {
        y[i] = 5 + x[i * COLUMNS] + normal(&state);
        weights[i] = i % 7 ? 0.5 + uniform(&state) : 0;
        ones[i] = 1;
    }
    const mn_design design = {ROWS, 1, COLUMNS, ones, x, NULL};
    mn_regression *r;
    cr_assert_eq(mn_regression_create(&design, NULL, &r), MN_OK);
    mn_regression_weigh(r, weights);
    cr_assert(mn_regression_solve(r, y, 30));
    solve_directly(x, y, weights, ROWS, COLUMNS, 30, -1, direct);
    for (int i = 0; i <= COLUMNS; i++)
        cr_expect_float_eq(mn_regression_coefficients(r)[i], direct[i], 1e-9);
    for (int row = 1; row < ROWS; row += 1667) {
        solve_directly(x, y, weights, ROWS, COLUMNS, 30, row, direct);
        double without = direct[0];
        for (int i = 0; i < COLUMNS; i++)
            without += direct[1 + i] * x[row * COLUMNS + i];
        const double left = y[row] - (y[row] - mn_regression_fitted(r)[row]) / mn_regression_slack(r)[row];
        cr_expect_float_eq(left, without, 1e-7, "row %d: %g and %g", row, left, without);
    }
    mn_regression_free(r);
}

/* ---- the paper's differences ---------------------------------------------------------------------------------------------------- */

Test(fit, differences_from_the_reference)
{
    mn_table *table = small_space();
    uint64_t state = 5;
    const truth t = random_truth(&state);
    uint16_t networks[9 * NODES] = {0};
    double targets[9], weights[9];
    for (int i = 0; i < 9; i++) {
        for (int node = 0; node < NODES; node++)
            networks[i * NODES + node] = 1;
        if (i < 8)
            networks[i * NODES + i / 2] = i % 2 ? 0 : 2;
        targets[i] = value_of(&t, networks + i * NODES);
        weights[i] = 1;
    }
    const mn_samples samples = {
        .table = table, .networks = networks, .targets = targets, .weights = weights, .count = 9};
    mn_error error = {0};
    mn_fitted *fitted = NULL;
    int reference = -1;
    cr_assert_eq(mn_fit_differences(&samples, 0.25, &error, &fitted, &reference), MN_OK, "%s", error.text);
    cr_expect_eq(reference, 8);
    cr_expect_lt(worst_error(fitted, &t), 1e-12);
    cr_expect_float_eq(fitted->errors[0], sqrt(0.5), 1e-12);
    cr_expect_eq(fitted->errors[1], 0);
    mn_fitted_free(fitted);

    const mn_samples fewer = {
        .table = table, .networks = networks + NODES, .targets = targets + 1, .weights = weights, .count = 8};
    cr_expect_eq(mn_fit_differences(&fewer, NAN, &error, &fitted, NULL), MN_BAD_INPUT);
    cr_expect(strstr(error.text, "block \"c\" on node \"n0\""), "%s", error.text);
    mn_table_free(table);
}

/* ---- measurements --------------------------------------------------------------------------------------------------------------- */

static mn_status read_measurements(const mn_table *table, const char *text, const char *const *options,
                                   int option_count, mn_measurements *measurements)
{
    mn_measured measured;
    memset(measurements, 0, sizeof *measurements);
    mn_status status =
        mn_measurements_file_read_memory(table, "m.csv", text, strlen(text), &measurements->error, &measured);
    if (status == MN_OK)
        status = mn_measurements_make(table, "m.csv", &measured, options, option_count, measurements);
    mn_measured_clear(&measured);
    return status;
}

Test(measurements, repeats_are_averaged_and_their_variance_kept)
{
    mn_table *table = small_space();
    mn_measurements m;
    const char *text = "n0,n1,n2,n3,speed,latency_x,weight,seed,status\n"
                       "0,0,0,0,10,1,1,1,ok\na,a,a,a,12,,3,2,\n1,1,1,1,,5,1,1,done\n2,2,2,2,7,7,1,1,diverged\n";
    cr_assert_eq(read_measurements(table, text, NULL, 0, &m), MN_OK, "%s", m.error.text);
    cr_expect_eq(m.count, 2);
    cr_expect_eq(m.rows, 3);
    cr_expect_eq(m.left_out, 1);
    cr_expect_eq(m.metric_count, 2);
    cr_expect_eq(m.metrics[0].values[0], 11.5);
    cr_expect_eq(m.metrics[0].weights[0], 4);
    cr_expect_eq(m.metrics[0].repeats[0], 2);
    cr_expect_eq(m.metrics[0].variances[0], 2.5);
    cr_expect(isnan(m.metrics[0].values[1]));
    cr_expect_str_eq(m.metrics[0].unit, "Hz");
    cr_expect(m.metrics[0].higher_is_better);
    cr_expect_eq(m.metrics[0].resolution.decimals, 2);
    cr_expect_eq(m.metrics[1].values[0], 1);
    cr_expect_str_eq(m.metrics[1].unit, "ms");
    cr_expect(!m.metrics[1].higher_is_better);
    mn_measurements_clear(&m);
    mn_table_free(table);
}

Test(measurements, contradictory_repeats_are_named_with_both_lines)
{
    mn_table *table = small_space();
    mn_measurements m;
    char text[2048] = "n0,n1,n2,n3,accuracy\n";
    for (int i = 0; i < 8; i++)
        sprintf(text + strlen(text), "%d,%d,%d,0,%d.1\n%d,%d,%d,0,%d.2\n", i % 2, i / 2 % 2, i / 4, 50 + i, i % 2,
                i / 2 % 2, i / 4, 50 + i);
    cr_assert_eq(read_measurements(table, text, NULL, 0, &m), MN_OK, "%s", m.error.text);
    cr_expect_eq(m.note_count, 0);
    mn_measurements_clear(&m);
    strcat(text, "1,0,0,0,71\n");
    cr_assert_eq(read_measurements(table, text, NULL, 0, &m), MN_OK, "%s", m.error.text);
    cr_assert_eq(m.note_count, 1);
    cr_expect(strstr(m.notes[0], "m.csv:4 and :18 contradict each other"), "%s", m.notes[0]);
    mn_measurements_clear(&m);
    mn_table_free(table);
}

Test(measurements, what_is_wrong_is_a_sentence)
{
    static const struct {
        const char *text, *sentence;
        mn_status status;
    } cases[] = {
        {"n0,n1,n2,n3,fun\n0,0,0,0,1\n", "column \"fun\": unit and direction are not known", MN_USAGE},
        {"n0,n1,n2,n3,accuracy\n0,0,0,0,good\n", "m.csv:2", MN_BAD_INPUT},
        {"n0,n1,n2,n3,accuracy\n0,0,0,0,nan\n", "finite decimal number", MN_BAD_INPUT},
        {"n0,n1,n2,n3,accuracy,weight\n0,0,0,0,1,0\n", "a positive number", MN_BAD_INPUT},
        {"n0,n1,n2,n3,accuracy,seed\n0,0,0,0,1,1.5\n", "a whole number", MN_BAD_INPUT},
        {"n0,n1,n2,n3\n0,0,0,0\n", "a column of a metric", MN_BAD_INPUT},
        {"n0,n1,n2,n3,accuracy\n", "no measured network", MN_BAD_INPUT},
        {"n0,n1,n2,n3,accuracy\n0,0,0,9,1\n", "m.csv:2", MN_BAD_INPUT},
    };
    mn_table *table = small_space();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mn_measurements m;
        cr_expect_eq(read_measurements(table, cases[i].text, NULL, 0, &m), cases[i].status, "case %zu: %s", i,
                     m.error.text);
        cr_expect(strstr(m.error.text, cases[i].sentence), "case %zu: %s", i, m.error.text);
        mn_measurements_clear(&m);
    }
    const char *option = "fun:laughs:higher";
    mn_measurements m;
    cr_expect_eq(read_measurements(table, cases[0].text, &option, 1, &m), MN_OK, "%s", m.error.text);
    cr_expect_str_eq(m.metrics[0].unit, "laughs");
    mn_measurements_clear(&m);
    option = "fun:laughs:sideways";
    cr_expect_eq(read_measurements(table, cases[0].text, &option, 1, &m), MN_USAGE);
    mn_measurements_clear(&m);
    mn_table_free(table);
}
