#include <math.h>

#include "host/core/memory.h"
#include "host/fit/minimise.h"
#include "host/fit/parallel.h"
#include "host/fit/process.h"

enum {
    EVIDENCE_LIMIT = 250, /* measurements that hyperparameters are chosen by */
    BLOCK = 256,          /* networks predicted at a time */
    MOST_LINKS = 16
};

struct mn_process {
    const mn_features *features;
    const mn_lapack *lapack;
    mn_kernel kernel;
    int threads;
    mn_fit_link link;
    double shift, scale; /* link's scale = shift + scale * standardised */
    double evidence;
    double constant;  /* link's scale */
    int count;        /* measurements that were fitted */
    int given;        /* all that mn_process_fit was given */
    int *given_as;    /* [count] their places among those */
    double *rows;     /* [count][columns] */
    double *noise;    /* [count] factors of the noise variance */
    double *targets;  /* [count] standardised */
    double *factor;   /* [count][count] Cholesky factor of covariance and noise, column-major lower */
    double *solution; /* [count] covariance^-1 targets */
};

mn_process_options mn_process_default_options(void)
{
    return (mn_process_options){.choose_link = true, .upper = 100, .constant = NAN};
}

/* ---- measurements ---------------------------------------------------------------------------------------------------------------- */

static mn_status allocate(mn_process *p, mn_error *error)
{
    const size_t count = (size_t)p->given, columns = (size_t)p->kernel.column_count;
    p->given_as = mn_new_array(count, sizeof *p->given_as);
    p->rows = mn_new_array(count * columns, sizeof *p->rows);
    p->noise = mn_new_array(count, sizeof *p->noise);
    p->targets = mn_new_array(count, sizeof *p->targets);
    p->solution = mn_new_array(count, sizeof *p->solution);
    return p->given_as && p->rows && p->noise && p->targets && p->solution ? MN_OK : mn_fail_memory(error);
}

/* Sets networks that compute a constant apart; values [count] receives the metric's values of the others. `constant` is the level
 * of those set apart. */
static mn_status take_measurements(mn_process *p, const uint16_t *networks, const double *targets,
                                   const double *weights, double *values, double *constant, mn_error *error)
{
    const size_t nodes = (size_t)mn_features_table(p->features)->node_count;
    double sum = 0, lowest = INFINITY;
    for (int i = 0; i < p->given; i++) {
        if (mn_features_constant(p->features, networks + (size_t)i * nodes)) {
            sum += targets[i];
            continue;
        }
        const mn_status status = mn_features_rows(p->features, networks + (size_t)i * nodes, 1, error,
                                                  p->rows + (size_t)p->count * p->kernel.column_count);
        if (status != MN_OK)
            return status;
        p->noise[p->count] = weights ? 1 / weights[i] : 1;
        p->given_as[p->count] = i;
        values[p->count++] = targets[i];
        lowest = fmin(lowest, targets[i]);
    }
    if (isnan(*constant))
        *constant = p->count < p->given ? sum / (p->given - p->count) : lowest;
    return p->count >= 2
               ? MN_OK
               : mn_fail(error, MN_USAGE,
                         "a process needs 2 measured networks at least that compute no constant, found %d", p->count);
}

/* Standardised targets on the link's scale; false where the link does not hold them all. */
static bool standardise(mn_process *p, mn_fit_link link, const double *values)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < p->count; i++) {
        p->targets[i] = mn_fit_link_forward(link, values[i]);
        if (!isfinite(p->targets[i]))
            return false;
        sum += p->targets[i];
    }
    p->link = link;
    p->shift = sum / p->count;
    for (int i = 0; i < p->count; i++) {
        p->targets[i] -= p->shift;
        squares += p->targets[i] * p->targets[i];
    }
    p->scale = squares > 0 ? sqrt(squares / p->count) : 1;
    for (int i = 0; i < p->count; i++)
        p->targets[i] /= p->scale;
    return true;
}

/* ---- hyperparameters and link ---------------------------------------------------------------------------------------------------- */

/* Measurements that the evidence is computed of: all, or EVIDENCE_LIMIT of them spread evenly over their order. */
typedef struct subset {
    int count;
    int of[EVIDENCE_LIMIT];
    double noise[EVIDENCE_LIMIT], targets[EVIDENCE_LIMIT];
    double *rows;
    mn_evidence *evidence;
} subset;

static mn_status make_subset(const mn_process *p, subset *s, mn_error *error)
{
    const size_t columns = (size_t)p->kernel.column_count;
    s->count = p->count < EVIDENCE_LIMIT ? p->count : EVIDENCE_LIMIT;
    s->rows = mn_new_array((size_t)s->count * columns, sizeof *s->rows);
    if (!s->rows)
        return mn_fail_memory(error);
    for (int i = 0; i < s->count; i++) {
        s->of[i] = (int)((int64_t)i * p->count / s->count);
        s->noise[i] = p->noise[s->of[i]];
        memcpy(s->rows + (size_t)i * columns, p->rows + (size_t)s->of[i] * columns, columns * sizeof *s->rows);
    }
    return mn_evidence_create(&p->kernel, p->lapack, s->rows, s->noise, s->count, error, &s->evidence);
}

/* The logarithm of the density of the targets on the metric's scale: that of the standardised ones times the map's slope. */
static double log_slope(const mn_process *p, const subset *s, const double *values)
{
    double sum = 0;
    for (int i = 0; i < s->count; i++)
        sum += log(mn_fit_link_slope(p->link, values[s->of[i]]) / p->scale);
    return sum;
}

/* Hyperparameters of the targets as they stand; starts from the kernel's. */
static mn_status fit_kernel(mn_process *p, subset *s, const double *values, bool keep, mn_error *error)
{
    const mn_minimise_options options = {.iterations = 100, .tolerance = 1e-3, .step = 1};
    for (int i = 0; i < s->count; i++)
        s->targets[i] = p->targets[s->of[i]];
    mn_evidence_set_targets(s->evidence, s->targets);
    double value = 0, gradient[MN_KERNEL_PARAMETERS];
    mn_status status = MN_OK;
    if (keep)
        value = mn_evidence_evaluate(s->evidence, p->kernel.parameters, gradient);
    else
        status = mn_minimise(mn_evidence_evaluate, s->evidence, p->kernel.parameter_count, &options, error,
                             p->kernel.parameters, &value);
    p->evidence = log_slope(p, s, values) - value;
    return status;
}

/* Links worth trying. The bounds of the last lie above the best value by shares of the spread of the values. */
static int list_links(const mn_process_options *options, const double *values, int count, mn_fit_link *links)
{
    static const double shares[] = {0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6};
    if (!options->choose_link) {
        links[0] = options->link;
        return 1;
    }
    double lowest = INFINITY, highest = -INFINITY;
    for (int i = 0; i < count; i++) {
        lowest = fmin(lowest, values[i]);
        highest = fmax(highest, values[i]);
    }
    int found = 0;
    links[found++] = (mn_fit_link){MN_LINK_IDENTITY, 0};
    if (isnan(options->upper)) {
        links[found++] = (mn_fit_link){MN_LINK_LOG, 0};
        return found;
    }
    links[found++] = (mn_fit_link){MN_LINK_BOUNDED, options->upper};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        if (highest + shares[i] * (highest - lowest) < options->upper && highest > lowest)
            links[found++] = (mn_fit_link){MN_LINK_BOUNDED, highest + shares[i] * (highest - lowest)};
    return found;
}

static mn_status choose(mn_process *p, subset *s, const double *values, const mn_process_options *options,
                        mn_error *error)
{
    mn_fit_link links[MOST_LINKS];
    const int count = list_links(options, values, p->count, links);
    mn_kernel best_kernel = p->kernel;
    mn_fit_link best_link = links[0];
    double best = -INFINITY;
    for (int i = 0; i < count; i++) {
        if (!standardise(p, links[i], values))
            continue;
        const mn_status status = fit_kernel(p, s, values, options->keep_kernel, error);
        if (status != MN_OK)
            return status;
        if (p->evidence > best) {
            best = p->evidence;
            best_kernel = p->kernel;
            best_link = links[i];
        }
    }
    if (!(best > -INFINITY))
        return mn_fail(error, MN_USAGE, "the measured values fit no link: expected finite values%s",
                       options->choose_link ? "" : " in the domain of the link that was asked for");
    p->kernel = best_kernel;
    p->evidence = best;
    standardise(p, best_link, values);
    return MN_OK;
}

/* ---- posterior ------------------------------------------------------------------------------------------------------------------- */

static mn_status solve(mn_process *p, mn_error *error)
{
    const int n = p->count;
    p->factor = mn_new_array((size_t)n * (size_t)n, sizeof *p->factor);
    if (!p->factor)
        return mn_fail_memory(error);
    const mn_status status = mn_kernel_covariance(&p->kernel, p->lapack, p->rows, n, p->rows, n, error, p->factor);
    if (status != MN_OK)
        return status;
    const double noise = exp(p->kernel.parameters[MN_KERNEL_NOISE]);
    for (int i = 0; i < n; i++)
        p->factor[(size_t)i * n + i] += noise * p->noise[i] + 1e-10;
    if (!mn_lapack_cholesky(p->lapack, n, p->factor, n))
        return mn_fail(error, MN_FAILURE, "the covariance of %d measurements is not positive definite", n);
    memcpy(p->solution, p->targets, (size_t)n * sizeof *p->solution);
    mn_lapack_solve_lower(p->lapack, false, n, 1, p->factor, n, p->solution, n);
    mn_lapack_solve_lower(p->lapack, true, n, 1, p->factor, n, p->solution, n);
    return MN_OK;
}

static mn_status fit(mn_process *p, const uint16_t *networks, const double *targets, const double *weights,
                     const mn_process_options *options, double *values, mn_error *error)
{
    double constant = options->constant;
    mn_status status = allocate(p, error);
    if (status == MN_OK)
        status = take_measurements(p, networks, targets, weights, values, &constant, error);
    subset s = {0};
    if (status == MN_OK)
        status = make_subset(p, &s, error);
    if (status == MN_OK)
        status = choose(p, &s, values, options, error);
    mn_evidence_free(s.evidence);
    free(s.rows);
    if (status == MN_OK)
        status = solve(p, error);
    if (status == MN_OK)
        p->constant = mn_fit_link_forward(p->link, constant);
    return status;
}

static mn_process *process_new(const mn_features *features, const mn_kernel *kernel, mn_error *error)
{
    const mn_lapack *lapack = mn_lapack_load(error);
    if (!lapack)
        return NULL;
    mn_process *p = mn_new_array(1, sizeof *p);
    if (!p) {
        mn_fail_memory(error);
        return NULL;
    }
    *p = (mn_process){.features = features, .lapack = lapack, .scale = 1};
    p->kernel = kernel ? *kernel : mn_kernel_default(features);
    return p;
}

mn_status mn_process_fit(const mn_features *features, const uint16_t *networks, const double *targets,
                         const double *weights, int count, const mn_process_options *options, mn_error *error,
                         mn_process **result)
{
    *result = NULL;
    mn_error own = {0};
    mn_process *p = process_new(features, options->kernel, &own);
    if (!p)
        return mn_fail(error, own.status, "%s", own.text);
    p->given = count;
    p->threads = options->threads;
    double *values = mn_new_array((size_t)count, sizeof *values);
    const mn_status status =
        values ? fit(p, networks, targets, weights, options, values, error) : mn_fail_memory(error);
    free(values);
    if (status == MN_OK)
        *result = p;
    else
        mn_process_free(p);
    return status;
}

mn_status mn_process_prior(const mn_features *features, const mn_kernel *kernel, mn_error *error, mn_process **result)
{
    mn_error own = {0};
    *result = process_new(features, kernel, &own);
    return *result ? MN_OK : mn_fail(error, own.status, "%s", own.text);
}

void mn_process_free(mn_process *p)
{
    if (!p)
        return;
    free(p->given_as);
    free(p->rows);
    free(p->noise);
    free(p->targets);
    free(p->factor);
    free(p->solution);
    free(p);
}

/* ---- predictions ----------------------------------------------------------------------------------------------------------------- */

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
    return mn_run_pieces(process->threads, (count + BLOCK - 1) / BLOCK, predict_block, &r, error);
}

/* rows and whitened [count][measurements] = (factor^-1 cross)' of networks. */
static mn_status whiten(const mn_process *p, const uint16_t *networks, int count, double *rows, double *whitened,
                        mn_error *error)
{
    mn_status status = mn_features_rows(p->features, networks, (uint64_t)count, error, rows);
    if (status == MN_OK && p->count)
        status = mn_kernel_covariance(&p->kernel, p->lapack, rows, count, p->rows, p->count, error, whitened);
    if (status == MN_OK)
        mn_lapack_solve_lower(p->lapack, false, p->count, count, p->factor, p->count, whitened, p->count);
    return status;
}

mn_status mn_process_covariance(const mn_process *p, const uint16_t *left, uint64_t left_count, const uint16_t *right,
                                uint64_t right_count, mn_error *error, double *covariance)
{
    const int m = (int)left_count, n = (int)right_count, columns = p->kernel.column_count;
    if (left_count > INT32_MAX || right_count > INT32_MAX)
        return mn_fail(error, MN_USAGE, "a block of the covariance has 2^31 - 1 rows and columns at most");
    double *rows[2] = {mn_new_array(left_count * columns, sizeof **rows),
                       mn_new_array(right_count * columns, sizeof **rows)};
    double *whitened[2] = {mn_new_array(left_count * p->count, sizeof **whitened),
                           mn_new_array(right_count * p->count, sizeof **whitened)};
    mn_status status = rows[0] && rows[1] && whitened[0] && whitened[1] ? MN_OK : mn_fail_memory(error);
    if (status == MN_OK)
        status = whiten(p, left, m, rows[0], whitened[0], error);
    if (status == MN_OK)
        status = whiten(p, right, n, rows[1], whitened[1], error);
    if (status == MN_OK)
        status = mn_kernel_covariance(&p->kernel, p->lapack, rows[0], m, rows[1], n, error, covariance);
    if (status == MN_OK) {
        const double square = p->scale * p->scale;
        for (size_t i = 0; i < (size_t)m * n; i++)
            covariance[i] *= square;
        if (p->count)
            mn_lapack_multiply(p->lapack, true, false, n, m, p->count, -square, whitened[1], p->count, whitened[0],
                               p->count, 1, covariance, n);
    }
    for (int i = 0; i < 2; i++) {
        free(rows[i]);
        free(whitened[i]);
    }
    return status;
}

mn_status mn_process_leave_one_out(const mn_process *p, mn_error *error, double *mean, double *variance)
{
    const int n = p->count;
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

const mn_features *mn_process_features(const mn_process *p)
{
    return p->features;
}

double mn_process_noise(const mn_process *p)
{
    return exp(p->kernel.parameters[MN_KERNEL_NOISE]) * p->scale * p->scale;
}

mn_fit_link mn_process_link(const mn_process *p)
{
    return p->link;
}

const mn_kernel *mn_process_kernel(const mn_process *p)
{
    return &p->kernel;
}

double mn_process_evidence(const mn_process *p)
{
    return p->evidence;
}
