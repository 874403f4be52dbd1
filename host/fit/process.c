#include <math.h>

#include "host/core/memory.h"
#include "host/fit/minimise.h"
#include "host/fit/process_parts.h"

enum {
    EVIDENCE_LIMIT = 250, /* measurements that hyperparameters are chosen by */
    MOST_LINKS = 16
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
    const mn_minimise_options options = {.iterations = 100, .tolerance = 1e-3, .step = 1, .cancel = p->cancel};
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
    if (mn_check_cancel(p->cancel, error) != MN_OK)
        return MN_INTERRUPTED;
    p->factor = mn_new_array((size_t)n * (size_t)n, sizeof *p->factor);
    if (!p->factor)
        return mn_fail_memory(error);
    mn_status status = mn_kernel_covariance(&p->kernel, p->lapack, p->rows, n, p->rows, n, error, p->factor);
    if (status != MN_OK || (status = mn_check_cancel(p->cancel, error)) != MN_OK)
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
    p->cancel = options->cancel;
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

mn_status mn_process_prior(const mn_features *features, const mn_kernel *kernel, const mn_cancel *cancel,
                           mn_error *error, mn_process **result)
{
    mn_error own = {0};
    *result = process_new(features, kernel, &own);
    if (!*result)
        return mn_fail(error, own.status, "%s", own.text);
    (*result)->cancel = cancel;
    return MN_OK;
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

const mn_features *mn_process_features(const mn_process *p)
{
    return p->features;
}

const mn_cancel *mn_process_cancel(const mn_process *p)
{
    return p->cancel;
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
