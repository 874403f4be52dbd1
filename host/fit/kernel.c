#include <math.h>

#include "host/core/memory.h"
#include "host/fit/kernel.h"

/* An unknown mean of the standardised target: wide, yet it keeps the covariance well conditioned. */
static const double constant_variance = 1;

mn_kernel mn_kernel_default(const mn_features *features)
{
    mn_kernel kernel = {.shape = MN_SHAPE_GAUSS,
                        .column_count = mn_features_count(features),
                        .group_count = mn_features_group_count(features)};
    kernel.parameter_count = MN_KERNEL_GROUPS + 2 * kernel.group_count;
    kernel.prior_mean[MN_KERNEL_AMPLITUDE] = log(0.5);
    kernel.prior_mean[MN_KERNEL_NOISE] = log(0.05);
    for (int g = 0; g < kernel.group_count; g++) {
        kernel.groups[g] = *mn_features_group(features, g);
        kernel.prior_mean[mn_kernel_weight(g)] = log(0.3);
        kernel.prior_mean[mn_kernel_linear(g)] = kernel.groups[g].linear > 0 ? log(kernel.groups[g].linear) : 0;
    }
    for (int i = 0; i < kernel.parameter_count; i++)
        kernel.prior_deviation[i] = 1;
    memcpy(kernel.parameters, kernel.prior_mean, sizeof kernel.parameters);
    return kernel;
}

/* The shape at squared distance d, and its derivative by d. */
static double shape_at(mn_kernel_shape shape, double d, double *derivative)
{
    if (shape == MN_SHAPE_GAUSS) {
        const double value = exp(-d / 2);
        *derivative = -value / 2;
        return value;
    }
    const double r = sqrt(5 * d), decay = exp(-r);
    *derivative = -5.0 / 6 * (1 + r) * decay;
    return (1 + r + r * r / 3) * decay;
}

/* ---- blocks of the covariance ---------------------------------------------------------------------------------------------------- */

void mn_kernel_scale_rows(const mn_kernel *kernel, bool linear, const double *rows, int count, double *scaled)
{
    for (int g = 0; g < kernel->group_count; g++) {
        const mn_feature_group *group = &kernel->groups[g];
        const double factor = linear ? (group->linear > 0 ? exp(kernel->parameters[mn_kernel_linear(g)] / 2) : 0)
                                     : exp(kernel->parameters[mn_kernel_weight(g)] / 2);
        for (int i = 0; i < count; i++)
            for (int column = group->first; column < group->first + group->count; column++)
                scaled[(size_t)i * kernel->column_count + column] =
                    factor * rows[(size_t)i * kernel->column_count + column];
    }
}

static double square(const double *row, int columns)
{
    double sum = 0;
    for (int i = 0; i < columns; i++)
        sum += row[i] * row[i];
    return sum;
}

void mn_kernel_shapes(const mn_kernel *kernel, const double *left_squares, int left_count, const double *right_squares,
                      int right_count, double *inner)
{
    const double amplitude = exp(kernel->parameters[MN_KERNEL_AMPLITUDE]);
    double derivative;
    for (int i = 0; i < left_count; i++)
        for (int j = 0; j < right_count; j++) {
            double *at = &inner[(size_t)i * right_count + j];
            const double d = left_squares[i] + right_squares[j] - 2 * *at;
            *at = constant_variance + amplitude * shape_at(kernel->shape, d > 0 ? d : 0, &derivative);
        }
}

mn_status mn_kernel_covariance(const mn_kernel *kernel, const mn_lapack *lapack, const double *left, int left_count,
                               const double *right, int right_count, mn_error *error, double *covariance)
{
    const int columns = kernel->column_count;
    double *a = mn_new_array((size_t)left_count * columns, sizeof *a);
    double *b = mn_new_array((size_t)right_count * columns, sizeof *b);
    double *squares = mn_new_array((size_t)left_count + (size_t)right_count, sizeof *squares);
    const bool enough = a && b && squares;
    if (enough) {
        /* Row-major [left][right] is column-major [right][left]. */
        mn_kernel_scale_rows(kernel, false, left, left_count, a);
        mn_kernel_scale_rows(kernel, false, right, right_count, b);
        for (int i = 0; i < left_count; i++)
            squares[i] = square(a + (size_t)i * columns, columns);
        for (int j = 0; j < right_count; j++)
            squares[left_count + j] = square(b + (size_t)j * columns, columns);
        mn_lapack_multiply(lapack, true, false, right_count, left_count, columns, 1, b, columns, a, columns, 0,
                           covariance, right_count);
        mn_kernel_shapes(kernel, squares, left_count, squares + left_count, right_count, covariance);
        mn_kernel_scale_rows(kernel, true, left, left_count, a);
        mn_kernel_scale_rows(kernel, true, right, right_count, b);
        mn_lapack_multiply(lapack, true, false, right_count, left_count, columns, 1, b, columns, a, columns, 1,
                           covariance, right_count);
    }
    free(a);
    free(b);
    free(squares);
    return enough ? MN_OK : mn_fail_memory(error);
}

void mn_kernel_variance(const mn_kernel *kernel, const double *rows, int count, double *variance)
{
    const double fixed = constant_variance + exp(kernel->parameters[MN_KERNEL_AMPLITUDE]);
    for (int i = 0; i < count; i++) {
        double sum = 0;
        for (int g = 0; g < kernel->group_count; g++)
            if (kernel->groups[g].linear > 0)
                sum +=
                    exp(kernel->parameters[mn_kernel_linear(g)]) *
                    square(rows + (size_t)i * kernel->column_count + kernel->groups[g].first, kernel->groups[g].count);
        variance[i] = fixed + sum;
    }
}

/* ---- evidence -------------------------------------------------------------------------------------------------------------------- */

struct mn_evidence {
    const mn_kernel *kernel;
    const mn_lapack *lapack;
    int count;
    const double *noise, *targets;
    double *products;           /* [groups][pairs i >= j] inner products, of linear groups */
    double *distances;          /* [groups][pairs] squared */
    double *shape, *derivative; /* [pairs] at the current parameters */
    double *matrix;             /* [count][count] covariance, its factor, then its inverse */
    double *solution;           /* [count] covariance^-1 targets */
};

static size_t pair_count(int count)
{
    return (size_t)count * ((size_t)count + 1) / 2;
}

static double group_distance(const mn_feature_group *group, const double *a, const double *b)
{
    double sum = 0;
    for (int column = group->first; column < group->first + group->count; column++)
        sum += (a[column] - b[column]) * (a[column] - b[column]);
    return sum;
}

static double group_product(const mn_feature_group *group, const double *a, const double *b)
{
    double sum = 0;
    for (int column = group->first; column < group->first + group->count; column++)
        sum += a[column] * b[column];
    return sum;
}

static void fill_pairs(mn_evidence *e, const double *rows)
{
    const mn_kernel *kernel = e->kernel;
    const size_t pairs = pair_count(e->count);
    size_t at = 0;
    for (int i = 0; i < e->count; i++)
        for (int j = 0; j <= i; j++, at++) {
            const double *a = rows + (size_t)i * kernel->column_count, *b = rows + (size_t)j * kernel->column_count;
            for (int g = 0; g < kernel->group_count; g++) {
                e->distances[g * pairs + at] = group_distance(&kernel->groups[g], a, b);
                if (kernel->groups[g].linear > 0)
                    e->products[g * pairs + at] = group_product(&kernel->groups[g], a, b);
            }
        }
}

mn_status mn_evidence_create(const mn_kernel *kernel, const mn_lapack *lapack, const double *rows, const double *noise,
                             int count, mn_error *error, mn_evidence **result)
{
    *result = NULL;
    mn_evidence *e = mn_new_array(1, sizeof *e);
    if (!e)
        return mn_fail_memory(error);
    const size_t pairs = pair_count(count);
    *e = (mn_evidence){.kernel = kernel, .lapack = lapack, .count = count, .noise = noise};
    e->products = mn_new_array(pairs * (size_t)kernel->group_count, sizeof *e->products);
    e->distances = mn_new_array(pairs * (size_t)kernel->group_count, sizeof *e->distances);
    e->shape = mn_new_array(pairs, sizeof *e->shape);
    e->derivative = mn_new_array(pairs, sizeof *e->derivative);
    e->matrix = mn_new_array((size_t)count * (size_t)count, sizeof *e->matrix);
    e->solution = mn_new_array((size_t)count, sizeof *e->solution);
    if (!e->products || !e->distances || !e->shape || !e->derivative || !e->matrix || !e->solution) {
        mn_evidence_free(e);
        return mn_fail_memory(error);
    }
    fill_pairs(e, rows);
    *result = e;
    return MN_OK;
}

void mn_evidence_free(mn_evidence *e)
{
    if (!e)
        return;
    free(e->products);
    free(e->distances);
    free(e->shape);
    free(e->derivative);
    free(e->matrix);
    free(e->solution);
    free(e);
}

void mn_evidence_set_targets(mn_evidence *e, const double *targets)
{
    e->targets = targets;
}

/* The shape of the weighted distances, and its derivative. */
static void fill_shape(mn_evidence *e, const double *parameters)
{
    const mn_kernel *kernel = e->kernel;
    const size_t pairs = pair_count(e->count);
    memset(e->shape, 0, pairs * sizeof *e->shape);
    for (int g = 0; g < kernel->group_count; g++) {
        const double weight = exp(parameters[mn_kernel_weight(g)]);
        for (size_t at = 0; at < pairs; at++)
            e->shape[at] += weight * e->distances[g * pairs + at];
    }
    for (size_t at = 0; at < pairs; at++)
        e->shape[at] = shape_at(kernel->shape, e->shape[at], &e->derivative[at]);
}

/* The lower triangle of the covariance with noise, column-major. */
static void fill_covariance(mn_evidence *e, const double *parameters)
{
    const mn_kernel *kernel = e->kernel;
    const size_t pairs = pair_count(e->count);
    const double amplitude = exp(parameters[MN_KERNEL_AMPLITUDE]), noise = exp(parameters[MN_KERNEL_NOISE]);
    fill_shape(e, parameters);
    size_t at = 0;
    for (int i = 0; i < e->count; i++)
        for (int j = 0; j <= i; j++, at++) {
            double sum = constant_variance + amplitude * e->shape[at] + (i == j ? noise * e->noise[i] : 0);
            for (int g = 0; g < kernel->group_count; g++)
                if (kernel->groups[g].linear > 0)
                    sum += exp(parameters[mn_kernel_linear(g)]) * e->products[g * pairs + at];
            e->matrix[(size_t)j * e->count + i] = sum;
        }
}

/* Minus the log marginal likelihood; leaves the inverse in `matrix`. Rasmussen, Williams, eq. 2.30. */
static double negative_likelihood(mn_evidence *e)
{
    const int n = e->count;
    if (!mn_lapack_cholesky(e->lapack, n, e->matrix, n))
        return INFINITY;
    double value = n / 2.0 * log(2 * M_PI);
    for (int i = 0; i < n; i++)
        value += log(e->matrix[(size_t)i * n + i]);
    memcpy(e->solution, e->targets, (size_t)n * sizeof *e->solution);
    mn_lapack_solve_lower(e->lapack, false, n, 1, e->matrix, n, e->solution, n);
    value += square(e->solution, n) / 2;
    mn_lapack_solve_lower(e->lapack, true, n, 1, e->matrix, n, e->solution, n);
    return mn_lapack_cholesky_inverse(e->lapack, n, e->matrix, n) ? value : INFINITY;
}

static double dot(size_t count, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* d/dp = -1/2 tr((a a' - K^-1) dK/dp), eq. 5.9; pairs off the diagonal count twice. */
static void likelihood_gradient(mn_evidence *e, const double *parameters, double *gradient)
{
    const mn_kernel *kernel = e->kernel;
    const size_t pairs = pair_count(e->count);
    const double amplitude = exp(parameters[MN_KERNEL_AMPLITUDE]);
    double shape = 0, noise = 0;
    size_t at = 0;
    for (int i = 0; i < e->count; i++)
        for (int j = 0; j <= i; j++, at++) {
            double half = (e->solution[i] * e->solution[j] - e->matrix[(size_t)j * e->count + i]) / 2;
            if (i == j)
                noise += half * e->noise[i];
            else
                half *= 2;
            shape += half * e->shape[at];
            e->derivative[at] *= half * amplitude;
            e->shape[at] = half; /* the shape is not needed any more */
        }
    gradient[MN_KERNEL_AMPLITUDE] = -amplitude * shape;
    gradient[MN_KERNEL_NOISE] = -exp(parameters[MN_KERNEL_NOISE]) * noise;
    for (int g = 0; g < kernel->group_count; g++) {
        gradient[mn_kernel_weight(g)] =
            -exp(parameters[mn_kernel_weight(g)]) * dot(pairs, e->derivative, e->distances + g * pairs);
        gradient[mn_kernel_linear(g)] =
            -exp(parameters[mn_kernel_linear(g)]) * dot(pairs, e->shape, e->products + g * pairs);
    }
}

double mn_evidence_evaluate(void *context, const double *parameters, double *gradient)
{
    mn_evidence *e = context;
    const mn_kernel *kernel = e->kernel;
    fill_covariance(e, parameters);
    double value = negative_likelihood(e);
    if (!(value < INFINITY))
        return INFINITY;
    likelihood_gradient(e, parameters, gradient);
    for (int i = 0; i < kernel->parameter_count; i++) {
        const double away = (parameters[i] - kernel->prior_mean[i]) / kernel->prior_deviation[i];
        value += away * away / 2;
        gradient[i] += away / kernel->prior_deviation[i];
    }
    return value;
}
