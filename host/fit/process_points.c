#include "host/fit/process_points.h"
#include "host/core/memory.h"
#include "host/fit/parallel.h"
#include "host/fit/process_parts.h"

enum { BLOCK = 256 }; /* networks prepared at a time */

struct mn_points {
    const mn_process *process;
    const uint16_t *networks; /* while they are prepared */
    uint64_t count;
    int columns, inner;
    double *shapes;  /* [count][columns] rows scaled for the shape's distances */
    double *squares; /* [count] their squared lengths */
    double
        *added; /* [count][inner] rows scaled for the linear kernel, then whitened covariances with the measurements */
    double *opposed; /* [count][inner] the same with the whitened ones negative */
};

/* Rows first .. first + count - 1. */
static mn_status prepare(const mn_points *points, uint64_t first, int count, double *rows, double *linear,
                         double *whitened, mn_error *error)
{
    const mn_process *p = points->process;
    const size_t columns = (size_t)points->columns, inner = (size_t)points->inner, n = (size_t)p->count;
    const size_t nodes = (size_t)mn_features_table(p->features)->node_count;
    mn_status status = mn_features_rows(p->features, points->networks + first * nodes, (uint64_t)count, error, rows);
    if (status == MN_OK && n)
        status = mn_kernel_covariance(&p->kernel, p->lapack, rows, count, p->rows, p->count, error, whitened);
    if (status != MN_OK)
        return status;
    mn_lapack_solve_lower(p->lapack, false, p->count, count, p->factor, p->count, whitened, p->count);
    mn_kernel_scale_rows(&p->kernel, false, rows, count, points->shapes + first * columns);
    mn_kernel_scale_rows(&p->kernel, true, rows, count, linear);
    for (size_t i = 0; i < (size_t)count; i++) {
        const double *shape = points->shapes + (first + i) * columns;
        double *added = points->added + (first + i) * inner, *opposed = points->opposed + (first + i) * inner;
        for (size_t column = 0; column < columns; column++)
            points->squares[first + i] += shape[column] * shape[column];
        memcpy(added, linear + i * columns, columns * sizeof *added);
        memcpy(opposed, linear + i * columns, columns * sizeof *opposed);
        for (size_t j = 0; j < n; j++) {
            added[columns + j] = whitened[i * n + j];
            opposed[columns + j] = -whitened[i * n + j];
        }
    }
    return MN_OK;
}

static mn_status prepare_block(void *context, uint64_t block, mn_error *error)
{
    const mn_points *points = context;
    const uint64_t first = block * BLOCK;
    const int count = (int)(points->count - first < BLOCK ? points->count - first : BLOCK);
    double *rows = mn_new_array((size_t)count * points->columns, sizeof *rows);
    double *linear = mn_new_array((size_t)count * points->columns, sizeof *linear);
    double *whitened = mn_new_array((size_t)count * points->process->count, sizeof *whitened);
    const mn_status status = rows && linear && whitened ? prepare(points, first, count, rows, linear, whitened, error)
                                                        : mn_fail_memory(error);
    free(rows);
    free(linear);
    free(whitened);
    return status;
}

mn_status mn_points_create(const mn_process *process, const uint16_t *networks, uint64_t count, mn_error *error,
                           mn_points **result)
{
    *result = NULL;
    mn_points *points = mn_new_array(1, sizeof *points);
    if (!points)
        return mn_fail_memory(error);
    *points = (mn_points){.process = process, .networks = networks, .count = count};
    points->columns = process->kernel.column_count;
    points->inner = points->columns + process->count;
    points->shapes = mn_new_array(count * points->columns, sizeof *points->shapes);
    points->squares = mn_new_array(count, sizeof *points->squares);
    points->added = mn_new_array(count * points->inner, sizeof *points->added);
    points->opposed = mn_new_array(count * points->inner, sizeof *points->opposed);
    mn_status status =
        points->shapes && points->squares && points->added && points->opposed ? MN_OK : mn_fail_memory(error);
    if (status == MN_OK)
        status =
            mn_run_pieces(process->threads, process->cancel, (count + BLOCK - 1) / BLOCK, prepare_block, points, error);
    points->networks = NULL;
    if (status == MN_OK)
        *result = points;
    else
        mn_points_free(points);
    return status;
}

void mn_points_free(mn_points *points)
{
    if (!points)
        return;
    free(points->shapes);
    free(points->squares);
    free(points->added);
    free(points->opposed);
    free(points);
}

mn_status mn_points_covariance(const mn_points *left, uint64_t row, uint64_t rows, const mn_points *right,
                               uint64_t column, uint64_t columns, mn_error *error, double *covariance)
{
    const mn_process *p = left->process;
    if (rows > INT32_MAX || columns > INT32_MAX)
        return mn_fail(error, MN_USAGE, "a block of the covariance has 2^31 - 1 rows and columns at most");
    const int m = (int)rows, n = (int)columns, width = left->columns, inner = left->inner;
    const double *a = left->shapes + row * width, *b = right->shapes + column * width;
    /* Row-major [rows][columns] is column-major [columns][rows]. */
    mn_lapack_multiply(p->lapack, true, false, n, m, width, 1, b, width, a, width, 0, covariance, n);
    mn_kernel_shapes(&p->kernel, left->squares + row, m, right->squares + column, n, covariance);
    mn_lapack_multiply(p->lapack, true, false, n, m, inner, 1, right->added + column * inner, inner,
                       left->opposed + row * inner, inner, 1, covariance, n);
    const double square = p->scale * p->scale;
    for (size_t i = 0; i < (size_t)m * (size_t)n && square != 1; i++)
        covariance[i] *= square;
    return MN_OK;
}

mn_status mn_process_covariance(const mn_process *process, const uint16_t *left, uint64_t left_count,
                                const uint16_t *right, uint64_t right_count, mn_error *error, double *covariance)
{
    mn_points *points[2] = {NULL, NULL};
    mn_status status = mn_points_create(process, left, left_count, error, &points[0]);
    if (status == MN_OK)
        status = mn_points_create(process, right, right_count, error, &points[1]);
    if (status == MN_OK)
        status = mn_points_covariance(points[0], 0, left_count, points[1], 0, right_count, error, covariance);
    mn_points_free(points[0]);
    mn_points_free(points[1]);
    return status;
}

/* ---- combinations of covariances -------------------------------------------------------------------------------------------------- */

/* The posterior covariance with other points times weights is the prior's, times weights of the other points and of the measurements:
 * k(x, S) w - k(x, X) K^-1 k(X, S) w. No network needs a solve of its own. */
typedef struct combination {
    const mn_process *process;
    const uint16_t *networks;
    uint64_t count;
    int others, sums;
    double *other_rows;       /* [others][columns] */
    const double *weights;    /* [sums][others] */
    double *measured_weights; /* [sums][measurements] */
    double *combined;         /* [sums][count] */
} combination;

static mn_status weigh_measured(combination *c, double *cross, mn_error *error)
{
    const mn_process *p = c->process;
    if (p->count == 0)
        return MN_OK;
    const mn_status status =
        mn_kernel_covariance(&p->kernel, p->lapack, p->rows, p->count, c->other_rows, c->others, error, cross);
    if (status != MN_OK)
        return status;
    mn_lapack_multiply(p->lapack, true, false, p->count, c->sums, c->others, -1, cross, c->others, c->weights,
                       c->others, 0, c->measured_weights, p->count);
    mn_lapack_solve_lower(p->lapack, false, p->count, c->sums, p->factor, p->count, c->measured_weights, p->count);
    mn_lapack_solve_lower(p->lapack, true, p->count, c->sums, p->factor, p->count, c->measured_weights, p->count);
    return MN_OK;
}

/* The part of the sums that comes from `points` [point_count][columns], added to what is there or in its place. */
static mn_status add_points(const combination *c, uint64_t first, int count, const double *rows, const double *points,
                            int point_count, const double *weights, bool add, double *cross, mn_error *error)
{
    const mn_process *p = c->process;
    const mn_status status =
        mn_kernel_covariance(&p->kernel, p->lapack, rows, count, points, point_count, error, cross);
    if (status == MN_OK)
        mn_lapack_multiply(p->lapack, true, false, count, c->sums, point_count, p->scale * p->scale, cross, point_count,
                           weights, point_count, add, c->combined + first, (int)c->count);
    return status;
}

static mn_status combine_block(void *context, uint64_t block, mn_error *error)
{
    const combination *c = context;
    const mn_process *p = c->process;
    const uint64_t first = block * BLOCK;
    const int count = (int)(c->count - first < BLOCK ? c->count - first : BLOCK);
    const size_t nodes = (size_t)mn_features_table(p->features)->node_count;
    const int most = p->count > c->others ? p->count : c->others;
    double *rows = mn_new_array((size_t)count * p->kernel.column_count, sizeof *rows);
    double *cross = mn_new_array((size_t)count * most, sizeof *cross);
    mn_status status = rows && cross
                           ? mn_features_rows(p->features, c->networks + first * nodes, (uint64_t)count, error, rows)
                           : mn_fail_memory(error);
    if (status == MN_OK)
        status = add_points(c, first, count, rows, c->other_rows, c->others, c->weights, false, cross, error);
    if (status == MN_OK && p->count > 0)
        status = add_points(c, first, count, rows, p->rows, p->count, c->measured_weights, true, cross, error);
    free(rows);
    free(cross);
    return status;
}

mn_status mn_process_combine(const mn_process *process, const uint16_t *networks, uint64_t count,
                             const uint16_t *others, int other_count, const double *weights, int sums, mn_error *error,
                             double *combined)
{
    if (count > INT32_MAX)
        return mn_fail(error, MN_USAGE, "covariances are combined for 2^31 - 1 networks at most");
    combination c = {process, networks, count, other_count, sums, .weights = weights, .combined = combined};
    c.other_rows = mn_new_array((size_t)other_count * process->kernel.column_count, sizeof *c.other_rows);
    c.measured_weights = mn_new_array((size_t)sums * process->count, sizeof *c.measured_weights);
    double *cross = mn_new_array((size_t)process->count * other_count, sizeof *cross);
    mn_status status = c.other_rows && c.measured_weights && cross
                           ? mn_features_rows(process->features, others, (uint64_t)other_count, error, c.other_rows)
                           : mn_fail_memory(error);
    if (status == MN_OK)
        status = weigh_measured(&c, cross, error);
    if (status == MN_OK)
        status =
            mn_run_pieces(process->threads, process->cancel, (count + BLOCK - 1) / BLOCK, combine_block, &c, error);
    free(c.other_rows);
    free(c.measured_weights);
    free(cross);
    return status;
}
