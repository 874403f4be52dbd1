/* Means and variances of networks given the measurements, and of each measurement given the others. */
#include <math.h>

#include "host/core/memory.h"
#include "host/fit/parallel.h"
#include "host/fit/process_parts.h"

enum { BLOCK = 256 }; /* networks predicted at a time */

typedef struct request {
    const mn_process *process;
    const uint16_t *networks;
    uint64_t count;
    double *mean, *variance;
} request;

/* cross [count][measurements]; mean and variance of standardised targets. Rasmussen, Williams, algorithm 2.1. */
static void posterior(const mn_process *p, double *cross, int count, double *mean, double *variance)
{
    const int n = p->count;
    for (int i = 0; i < count; i++) {
        double sum = 0;
        for (int j = 0; j < n; j++)
            sum += cross[(size_t)i * n + j] * p->solution[j];
        mean[i] = sum;
    }
    if (!variance)
        return;
    mn_lapack_solve_lower(p->lapack, false, n, count, p->factor, n, cross, n);
    for (int i = 0; i < count; i++) {
        double sum = 0;
        for (int j = 0; j < n; j++)
            sum += cross[(size_t)i * n + j] * cross[(size_t)i * n + j];
        variance[i] = fmax(variance[i] - sum, 0);
    }
}

static void to_link_scale(const mn_process *p, const uint16_t *networks, int count, double *mean, double *variance)
{
    const size_t nodes = (size_t)mn_features_table(p->features)->node_count;
    for (int i = 0; i < count; i++) {
        const bool constant = p->count && mn_features_constant(p->features, networks + (size_t)i * nodes);
        mean[i] = constant ? p->constant : p->shift + p->scale * mean[i];
        if (variance)
            variance[i] = constant ? 0 : p->scale * p->scale * variance[i];
    }
}

static mn_status predict_block(void *context, uint64_t block, mn_error *error)
{
    const request *r = context;
    const mn_process *p = r->process;
    const uint64_t first = block * BLOCK;
    const int count = (int)(r->count - first < BLOCK ? r->count - first : BLOCK);
    const uint16_t *networks = r->networks + first * (uint64_t)mn_features_table(p->features)->node_count;
    double *variance = r->variance ? r->variance + first : NULL;
    double *rows = mn_new_array((size_t)count * p->kernel.column_count, sizeof *rows);
    double *cross = mn_new_array((size_t)count * p->count, sizeof *cross);
    mn_status status =
        rows && cross ? mn_features_rows(p->features, networks, (uint64_t)count, error, rows) : mn_fail_memory(error);
    if (status == MN_OK)
        status = mn_kernel_covariance(&p->kernel, p->lapack, rows, count, p->rows, p->count, error, cross);
    if (status == MN_OK) {
        if (variance)
            mn_kernel_variance(&p->kernel, rows, count, variance);
        posterior(p, cross, count, r->mean + first, variance);
        to_link_scale(p, networks, count, r->mean + first, variance);
    }
    free(rows);
    free(cross);
    return status;
}

mn_status mn_process_predict(const mn_process *process, const uint16_t *networks, uint64_t count, mn_error *error,
                             double *mean, double *variance)
{
    request r = {process, networks, count, mean, variance};
    return mn_run_pieces(process->threads, process->cancel, (count + BLOCK - 1) / BLOCK, predict_block, &r, error);
}

mn_status mn_process_leave_one_out(const mn_process *p, mn_error *error, double *mean, double *variance)
{
    const int n = p->count;
    if (mn_check_cancel(p->cancel, error) != MN_OK)
        return MN_INTERRUPTED;
    double *inverse = mn_new_array((size_t)n * (size_t)n, sizeof *inverse);
    if (!inverse)
        return mn_fail_memory(error);
    memcpy(inverse, p->factor, (size_t)n * (size_t)n * sizeof *inverse);
    mn_lapack_cholesky_inverse(p->lapack, n, inverse, n);
    for (int i = 0; i < p->given; i++)
        mean[i] = variance[i] = NAN;
    for (int i = 0; i < n; i++) {
        const double precision = inverse[(size_t)i * n + i];
        mean[p->given_as[i]] = p->shift + p->scale * (p->targets[i] - p->solution[i] / precision);
        variance[p->given_as[i]] = p->scale * p->scale / precision;
    }
    free(inverse);
    return MN_OK;
}
