#include "host/fit/regression.h"
#include "host/core/memory.h"
#include "host/fit/cholesky.h"
#include "host/fit/lapack.h"

#include <math.h>

static const double LARGE = 1e7; /* rows times columns squared from which BLAS is asked for */
enum { BLOCK = 512 };            /* rows that it is given at a time */

struct mn_regression {
    const mn_design *design;
    const mn_lapack *lapack; /* large primal ones, where there is a library; else NULL */
    double *block;           /* [BLOCK][size] rows times the roots of their weights, with LAPACK */
    bool dual;               /* fewer rows than columns */
    int size;                /* of the matrix that is factored */
    double *gram;   /* primal: [size][size] weighted normal equations; dual: columns' inner products of the rows */
    double *factor; /* [size][size] */
    double *weights, *fitted, *slack, *scratch; /* [rows], scratch [size + rows] */
    double *coefficients;                       /* [free + columns] */
    double strength, spread;                    /* of the last fit; variance of the targets (dual) */
    bool has_slack;
};

static int column_count(const mn_design *design)
{
    return design->free_columns + design->columns;
}

/* The whole row, free columns first. */
static void copy_row(const mn_design *design, int row, double *values)
{
    memcpy(values, design->free + (size_t)row * (size_t)design->free_columns,
           (size_t)design->free_columns * sizeof *values);
    if (design->columns > 0)
        memcpy(values + design->free_columns, design->x + (size_t)row * (size_t)design->columns,
               (size_t)design->columns * sizeof *values);
}

static double dot(const double *a, const double *b, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* ---- setting up ----------------------------------------------------------------------------------------------------------------- */

static void make_kernel(mn_regression *r)
{
    const mn_design *design = r->design;
    const size_t columns = (size_t)design->columns;
    for (int i = 0; i < design->rows; i++)
        for (int j = i; j < design->rows; j++)
            r->gram[(size_t)i * (size_t)r->size + (size_t)j] =
                dot(design->x + (size_t)i * columns, design->x + (size_t)j * columns, design->columns);
}

mn_status mn_regression_create(const mn_design *design, mn_error *error, mn_regression **result)
{
    mn_regression *r = *result = mn_new_array(1, sizeof *r);
    if (!r)
        return mn_fail_memory(error);
    r->design = design;
    r->dual = design->rows < design->columns;
    r->size = r->dual ? design->rows : column_count(design);
    const size_t size = (size_t)r->size, rows = (size_t)design->rows;
    r->gram = mn_new_array(size * size, sizeof(double));
    r->factor = mn_new_array(size * size, sizeof(double));
    r->weights = mn_new_array(rows, sizeof(double));
    r->fitted = mn_new_array(rows, sizeof(double));
    r->slack = mn_new_array(rows, sizeof(double));
    r->scratch = mn_new_array(size + rows, sizeof(double));
    r->coefficients = mn_new_array((size_t)column_count(design), sizeof(double));
    if (!r->gram || !r->factor || !r->weights || !r->fitted || !r->slack || !r->scratch || !r->coefficients) {
        mn_regression_free(r);
        *result = NULL;
        return mn_fail_memory(error);
    }
    if (r->dual)
        make_kernel(r);
    else if ((double)rows * (double)size * (double)size > LARGE)
        r->lapack = mn_lapack_load(NULL);
    if (r->lapack && !(r->block = mn_new_array(BLOCK * size, sizeof(double))))
        r->lapack = NULL; /* the plain loops need no room */
    mn_regression_weigh(r, NULL);
    return MN_OK;
}

void mn_regression_free(mn_regression *r)
{
    if (!r)
        return;
    free(r->block);
    free(r->gram);
    free(r->factor);
    free(r->weights);
    free(r->fitted);
    free(r->slack);
    free(r->scratch);
    free(r->coefficients);
    free(r);
}

/* Rows first .. first + count - 1 of those that BLAS is given; returns their count. */
static int fill_block(mn_regression *r, int first)
{
    const int count = r->design->rows - first < BLOCK ? r->design->rows - first : BLOCK;
    for (int i = 0; i < count; i++) {
        double *row = r->block + (size_t)i * (size_t)r->size;
        const double root = sqrt(r->weights[first + i]);
        copy_row(r->design, first + i, row);
        for (int j = 0; j < r->size; j++)
            row[j] *= root;
    }
    return count;
}

/* Row-major [rows][size] is column-major [size][rows], and the upper triangle of the one the lower one of the other. */
static void weigh_blocks(mn_regression *r)
{
    for (int first = 0; first < r->design->rows; first += BLOCK)
        mn_lapack_add_squares(r->lapack, r->size, fill_block(r, first), r->block, r->size, first > 0, r->gram, r->size);
}

void mn_regression_weigh(mn_regression *r, const double *weights)
{
    const mn_design *design = r->design;
    for (int row = 0; row < design->rows; row++)
        r->weights[row] = weights ? weights[row] : 1;
    if (r->dual)
        return;
    if (r->lapack) {
        weigh_blocks(r);
        return;
    }
    memset(r->gram, 0, (size_t)r->size * (size_t)r->size * sizeof(double));
    for (int row = 0; row < design->rows; row++) {
        copy_row(design, row, r->scratch);
        for (int i = 0; i < r->size; i++) {
            const double factor = r->weights[row] * r->scratch[i];
            double *sums = r->gram + (size_t)i * (size_t)r->size;
            if (factor != 0)
                for (int j = i; j < r->size; j++)
                    sums[j] += factor * r->scratch[j];
        }
    }
}

/* ---- solving -------------------------------------------------------------------------------------------------------------------- */

static bool solve_primal(mn_regression *r, const double *targets)
{
    const mn_design *design = r->design;
    double *b = r->coefficients;
    memcpy(r->factor, r->gram, (size_t)r->size * (size_t)r->size * sizeof(double));
    for (int i = design->free_columns; i < r->size; i++)
        r->factor[(size_t)i * (size_t)r->size + (size_t)i] += r->strength;
    if (!mn_cholesky(r->factor, r->size, NULL))
        return false;
    memset(b, 0, (size_t)r->size * sizeof *b);
    for (int row = 0; row < design->rows; row++) {
        copy_row(design, row, r->scratch);
        const double factor = r->weights[row] * targets[row];
        for (int i = 0; i < r->size; i++)
            b[i] += factor * r->scratch[i];
    }
    mn_cholesky_forward(r->factor, r->size, b);
    mn_cholesky_backward(r->factor, r->size, b);
    for (int row = 0; row < design->rows; row++) {
        copy_row(design, row, r->scratch);
        r->fitted[row] = dot(r->scratch, b, r->size);
    }
    return true;
}

/* Prior variance of a free coefficient: large against everything else, small enough to keep eight digits. */
static double free_variance(const mn_regression *r)
{
    double largest = 1;
    for (int row = 0; row < r->size; row++)
        largest = fmax(largest, r->gram[(size_t)row * (size_t)r->size + (size_t)row] / r->strength);
    return 1e6 * largest;
}

static bool solve_dual(mn_regression *r, const double *targets)
{
    const mn_design *design = r->design;
    const size_t size = (size_t)r->size, free_columns = (size_t)design->free_columns;
    if (!(r->strength > 0))
        return false;
    const double loose = free_variance(r);
    double *alpha = r->scratch;
    for (int i = 0; i < r->size; i++) {
        for (int j = i; j < r->size; j++)
            r->factor[(size_t)i * size + (size_t)j] =
                r->gram[(size_t)i * size + (size_t)j] / r->strength +
                loose * dot(design->free + (size_t)i * free_columns, design->free + (size_t)j * free_columns,
                            design->free_columns);
        r->factor[(size_t)i * size + (size_t)i] += 1 / fmax(r->weights[i], 1e-12);
        alpha[i] = targets[i];
    }
    if (!mn_cholesky(r->factor, r->size, NULL))
        return false;
    mn_cholesky_forward(r->factor, r->size, alpha);
    mn_cholesky_backward(r->factor, r->size, alpha);
    memset(r->coefficients, 0, (size_t)column_count(design) * sizeof(double));
    for (int row = 0; row < design->rows; row++) {
        for (int i = 0; i < design->free_columns; i++)
            r->coefficients[i] += loose * alpha[row] * design->free[(size_t)row * free_columns + (size_t)i];
        for (int i = 0; i < design->columns; i++)
            r->coefficients[design->free_columns + i] +=
                alpha[row] / r->strength * design->x[(size_t)row * (size_t)design->columns + (size_t)i];
        r->fitted[row] = targets[row] - alpha[row] / fmax(r->weights[row], 1e-12);
    }
    return true;
}

bool mn_regression_solve(mn_regression *r, const double *targets, double strength)
{
    r->strength = strength;
    r->has_slack = false;
    return r->dual ? solve_dual(r, targets) : solve_primal(r, targets);
}

const double *mn_regression_coefficients(const mn_regression *r)
{
    return r->coefficients;
}

const double *mn_regression_fitted(const mn_regression *r)
{
    return r->fitted;
}

static void slack_blocks(mn_regression *r)
{
    const size_t size = (size_t)r->size;
    for (int first = 0; first < r->design->rows; first += BLOCK) {
        const int count = fill_block(r, first);
        mn_lapack_solve_lower(r->lapack, false, r->size, count, r->factor, r->size, r->block, r->size);
        for (int i = 0; i < count; i++) {
            const double *row = r->block + (size_t)i * size;
            r->slack[first + i] = fmax(1 - dot(row, row, r->size), 1e-9);
        }
    }
}

/* Primal: 1 - w z'(A^-1)z = 1 - w |R'^-1 z|^2. Dual: (G^-1)_ii / w. */
const double *mn_regression_slack(mn_regression *r)
{
    if (r->has_slack)
        return r->slack;
    if (r->lapack)
        slack_blocks(r);
    for (int row = 0; row < r->design->rows && !r->lapack && !mn_is_cancelled(r->design->cancel); row++) {
        if (r->dual) {
            memset(r->scratch, 0, (size_t)r->size * sizeof(double));
            r->scratch[row] = 1;
        } else {
            copy_row(r->design, row, r->scratch);
        }
        mn_cholesky_forward(r->factor, r->size, r->scratch);
        const double square = dot(r->scratch, r->scratch, r->size);
        r->slack[row] = r->dual ? square / fmax(r->weights[row], 1e-12) : fmax(1 - r->weights[row] * square, 1e-9);
    }
    r->has_slack = true;
    return r->slack;
}

bool mn_regression_covariance(const mn_regression *r, double *covariance)
{
    const mn_design *design = r->design;
    const int size = column_count(design);
    const size_t cells = (size_t)size * (size_t)size;
    double *normal = mn_new_array(cells + (size_t)size, sizeof *normal);
    if (!normal)
        return false;
    double *values = normal + cells;
    for (int row = 0; row < design->rows; row++) {
        copy_row(design, row, values);
        for (int i = 0; i < size; i++)
            for (int j = i; j < size; j++)
                normal[(size_t)i * (size_t)size + (size_t)j] += r->weights[row] * values[i] * values[j];
    }
    for (int i = design->free_columns; i < size; i++)
        normal[(size_t)i * (size_t)size + (size_t)i] += r->strength;
    const bool good = mn_cholesky(normal, size, NULL);
    if (good)
        mn_cholesky_inverse(normal, size, covariance);
    free(normal);
    return good;
}
