#include <math.h>

#include "host/core/memory.h"
#include "host/fit/distill.h"
#include "host/fit/parallel.h"
#include "host/fit/projection.h"
#include "host/fit/random_at.h"

enum {
    DRAWS = 32,       /* of the posterior, for standard errors: their own error is 1 / sqrt(2 * 32) = 13 % */
    SUPPORT = 512,    /* networks that a draw is interpolated from */
    PLACES = 20000000 /* factors times networks that are projected */
};

/* ---- networks -------------------------------------------------------------------------------------------------------------------- */

static uint64_t space_size(const mn_table *table)
{
    uint64_t count = 1;
    for (int node = 0; node < table->node_count; node++)
        if (__builtin_mul_overflow(count, (uint64_t)table->nodes[node].block_count, &count))
            return UINT64_MAX;
    return count;
}

/* Network number `number`, the last node fastest. */
static void unrank(const mn_table *table, uint64_t number, uint16_t *network)
{
    for (int node = table->node_count - 1; node >= 0; node--) {
        network[node] = (uint16_t)(number % (uint64_t)table->nodes[node].block_count);
        number /= (uint64_t)table->nodes[node].block_count;
    }
}

static void draw(const mn_table *table, uint64_t number, uint16_t *network)
{
    for (int node = 0; node < table->node_count; node++)
        network[node] = (uint16_t)(mn_random_at(number * (uint64_t)table->node_count + (uint64_t)node) %
                                   (uint64_t)table->nodes[node].block_count);
}

/* All networks, or MN_DISTILL_SAMPLE of a larger space: those that the rules admit and that compute no constant, whose values few nodes cannot
 * tell apart from others'. But all for MN_DISTILL_FULL, where each has a value. */
static mn_status list_networks(mn_projection *p, const mn_features *features, bool full, mn_error *error)
{
    const size_t nodes = (size_t)p->table->node_count;
    const uint64_t size = space_size(p->table);
    const uint64_t most = full ? MN_DISTILL_FULL_LIMIT : MN_DISTILL_SAMPLE;
    const uint64_t limit =
        full || most * (uint64_t)p->factor_count <= PLACES ? most : PLACES / (uint64_t)p->factor_count + 1;
    const uint64_t tries = size <= limit ? size : limit;
    if (full && size > most)
        return mn_fail(
            error, MN_USAGE,
            "one factor over all nodes has a value for each network: expected %d networks at most, found more",
            MN_DISTILL_FULL_LIMIT);
    p->networks = mn_new_array(tries * nodes, sizeof *p->networks);
    if (!p->networks)
        return mn_fail_memory(error);
    for (uint64_t i = 0; i < tries; i++) {
        uint16_t *network = p->networks + p->count * nodes;
        if (size <= limit)
            unrank(p->table, i, network);
        else
            draw(p->table, i, network);
        p->count += full || (mn_rules_admit(p->table->rules, p->table->rule_count, network) &&
                             !mn_features_constant(features, network));
    }
    return p->count ? MN_OK
                    : mn_fail(error, MN_USAGE, "the rules of \"%s\" admit none of %d networks drawn at random",
                              p->table->name, MN_DISTILL_SAMPLE);
}

/* ---- draws of the posterior ------------------------------------------------------------------------------------------------------- */

/* Deviations from the mean: the posterior is drawn at SUPPORT networks spread over the list and interpolated from there under its own
 * covariance. weights [DRAWS][support] = covariance^-1 (draw at the support). */
typedef struct posterior_draws {
    int support;
    uint16_t *networks; /* [support][nodes] */
    double *weights;
} posterior_draws;

static mn_status make_draws(const mn_process *process, const mn_projection *p, posterior_draws *d, mn_error *error)
{
    const size_t nodes = (size_t)p->table->node_count;
    const int n = d->support = p->count < SUPPORT ? (int)p->count : SUPPORT;
    const mn_lapack *lapack = mn_lapack_load(error);
    d->networks = mn_new_array((size_t)n * nodes, sizeof *d->networks);
    d->weights = mn_new_array((size_t)DRAWS * n, sizeof *d->weights);
    double *factor = mn_new_array((size_t)n * n, sizeof *factor);
    mn_status status = lapack && d->networks && d->weights && factor ? MN_OK : mn_fail_memory(error);
    for (int i = 0; i < n && status == MN_OK; i++)
        memcpy(d->networks + (size_t)i * nodes,
               p->networks + (p->count > SUPPORT ? mn_random_at((uint64_t)i) % p->count : (uint64_t)i) * nodes,
               nodes * sizeof *d->networks);
    if (status == MN_OK)
        status = mn_process_covariance(process, d->networks, (uint64_t)n, d->networks, (uint64_t)n, error, factor);
    if (status == MN_OK) {
        double largest = 0;
        for (int i = 0; i < n; i++)
            largest = fmax(largest, factor[(size_t)i * n + i]);
        for (int i = 0; i < n; i++)
            factor[(size_t)i * n + i] += 1e-6 * largest + 1e-300; /* networks of one class repeat */
        if (!mn_lapack_cholesky(lapack, n, factor, n))
            status = mn_fail(error, MN_FAILURE, "the posterior covariance of %d networks is not positive definite", n);
    }
    /* A draw is L e, so covariance^-1 times it is L'^-1 e. */
    for (size_t i = 0; i < (size_t)DRAWS * n && status == MN_OK; i++)
        d->weights[i] = mn_normal_at(i);
    if (status == MN_OK)
        mn_lapack_solve_lower(lapack, true, n, DRAWS, factor, n, d->weights, n);
    free(factor);
    return status;
}

typedef struct draw_projections {
    const mn_projection *projection;
    double *deviations; /* [DRAWS][networks] */
    double *values;     /* [DRAWS][values] */
} draw_projections;

static double take_mean(uint64_t count, double *values)
{
    double mean = 0;
    for (uint64_t i = 0; i < count; i++)
        mean += values[i];
    mean /= (double)count;
    for (uint64_t i = 0; i < count; i++)
        values[i] -= mean;
    return mean;
}

static mn_status project_draw(void *context, uint64_t piece, mn_error *error)
{
    const draw_projections *d = context;
    const mn_projection *p = d->projection;
    const size_t values = p->first[p->factor_count];
    double *work = mn_new_array(2 * values + p->count, sizeof *work);
    if (!work)
        return mn_fail_memory(error);
    double *deviation = d->deviations + piece * p->count;
    take_mean(p->count, deviation);
    mn_projection_solve(p, 1e-4, deviation, d->values + piece * values, work);
    free(work);
    return mn_check_cancel(p->cancel, error);
}

/* errors [values]: root mean square of the projections of the draws. */
static mn_status value_errors(const mn_process *process, const mn_projection *p, double *errors, mn_error *error)
{
    const size_t values = p->first[p->factor_count];
    posterior_draws draws = {0};
    draw_projections d = {p, mn_new_array(DRAWS * p->count, sizeof *d.deviations),
                          mn_new_array(DRAWS * values, sizeof *d.values)};
    mn_status status = d.deviations && d.values ? make_draws(process, p, &draws, error) : mn_fail_memory(error);
    if (status == MN_OK)
        status = mn_process_combine(process, p->networks, p->count, draws.networks, draws.support, draws.weights, DRAWS,
                                    error, d.deviations);
    if (status == MN_OK)
        status = mn_run_pieces(0, p->cancel, DRAWS, project_draw, &d, error);
    for (size_t i = 0; i < values && status == MN_OK; i++) {
        double sum = 0;
        for (int k = 0; k < DRAWS; k++)
            sum += d.values[(size_t)k * values + i] * d.values[(size_t)k * values + i];
        errors[i] = sqrt(sum / DRAWS);
    }
    free(draws.networks);
    free(draws.weights);
    free(d.deviations);
    free(d.values);
    return status;
}

/* ---- results --------------------------------------------------------------------------------------------------------------------- */

static bool new_factor(mn_distilled_factor *factor, int node_count, size_t values)
{
    factor->node_count = node_count;
    factor->value_count = values;
    factor->nodes = mn_new_array((size_t)node_count, sizeof *factor->nodes);
    factor->values = mn_new_array(values, sizeof *factor->values);
    factor->errors = mn_new_array(values, sizeof *factor->errors);
    return factor->nodes && factor->values && factor->errors;
}

static mn_status fill_result(const mn_projection *p, const double *values, const double *errors, mn_distilled *result,
                             mn_error *error)
{
    result->factors = mn_new_array((size_t)p->factor_count, sizeof *result->factors);
    if (!result->factors)
        return mn_fail_memory(error);
    for (int i = 0; i < p->factor_count; i++) {
        mn_distilled_factor *factor = &result->factors[result->factor_count++];
        const size_t count = p->first[i + 1] - p->first[i];
        if (!new_factor(factor, p->sizes[i], count))
            return mn_fail_memory(error);
        memcpy(factor->nodes, p->nodes[i], (size_t)p->sizes[i] * sizeof *factor->nodes);
        memcpy(factor->values, values + p->first[i], count * sizeof *values);
        memcpy(factor->errors, errors + p->first[i], count * sizeof *errors);
    }
    return MN_OK;
}

static mn_status distill_terms(const mn_process *process, const mn_projection *p, bool with_errors,
                               mn_distilled *result, mn_error *error)
{
    const size_t count = p->first[p->factor_count];
    double *residual = mn_new_array(p->count, sizeof *residual);
    double *values = mn_new_array(count, sizeof *values), *errors = mn_new_array(count, sizeof *errors);
    double *work = mn_new_array(2 * count + p->count, sizeof *work);
    mn_status status = residual && values && errors && work
                           ? mn_process_predict(process, p->networks, p->count, error, residual, NULL)
                           : mn_fail_memory(error);
    if (status == MN_OK) {
        result->base = take_mean(p->count, residual);
        const double before = mn_projection_square(p->count, residual);
        mn_projection_solve(p, 1e-10, residual, values, work);
        const double after = mn_projection_square(p->count, residual);
        result->rmse = sqrt(after / (double)p->count);
        result->explained = before > 0 ? 1 - after / before : 1;
        status = mn_check_cancel(p->cancel, error);
    }
    if (status == MN_OK && with_errors)
        status = value_errors(process, p, errors, error);
    if (status == MN_OK)
        status = fill_result(p, values, errors, result, error);
    free(residual);
    free(values);
    free(errors);
    free(work);
    return status;
}

/* The predictions themselves, around their mean. */
static mn_status distill_full(const mn_process *process, const mn_projection *p, mn_distilled *result, mn_error *error)
{
    result->explained = 1;
    result->factors = mn_new_array(1, sizeof *result->factors);
    if (!result->factors)
        return mn_fail_memory(error);
    result->factor_count = 1;
    mn_distilled_factor *factor = result->factors;
    if (!new_factor(factor, p->table->node_count, p->count))
        return mn_fail_memory(error);
    for (int node = 0; node < p->table->node_count; node++)
        factor->nodes[node] = node;
    const mn_status status = mn_process_predict(process, p->networks, p->count, error, factor->values, factor->errors);
    if (status != MN_OK)
        return status;
    result->base = take_mean(p->count, factor->values);
    for (uint64_t i = 0; i < p->count; i++)
        factor->errors[i] = sqrt(factor->errors[i]);
    return MN_OK;
}

mn_status mn_process_distill(const mn_process *process, mn_distill_terms terms, bool errors, mn_error *error,
                             mn_distilled **distilled)
{
    *distilled = NULL;
    mn_distilled *result = mn_new_array(1, sizeof *result);
    if (!result)
        return mn_fail_memory(error);
    mn_projection p = {.table = mn_features_table(mn_process_features(process)), .cancel = mn_process_cancel(process)};
    const bool full = terms == MN_DISTILL_FULL;
    mn_status status = full ? MN_OK : mn_projection_list_factors(&p, (int)terms + 1, error);
    if (status == MN_OK)
        status = list_networks(&p, mn_process_features(process), full, error);
    result->link = mn_process_link(process);
    result->networks = p.count;
    if (status == MN_OK)
        status = full ? distill_full(process, &p, result, error) : distill_terms(process, &p, errors, result, error);
    free(p.networks);
    free(p.sizes);
    free(p.nodes);
    free(p.first);
    if (status == MN_OK)
        *distilled = result;
    else
        mn_distilled_free(result);
    return status;
}

void mn_distilled_free(mn_distilled *distilled)
{
    if (!distilled)
        return;
    for (int i = 0; i < distilled->factor_count; i++) {
        free(distilled->factors[i].nodes);
        free(distilled->factors[i].values);
        free(distilled->factors[i].errors);
    }
    free(distilled->factors);
    free(distilled);
}

double mn_distilled_value(const mn_distilled *distilled, const mn_table *table, const uint16_t *network)
{
    double sum = distilled->base;
    for (int i = 0; i < distilled->factor_count; i++) {
        const mn_distilled_factor *factor = &distilled->factors[i];
        size_t place = 0;
        for (int k = 0; k < factor->node_count; k++)
            place = place * (size_t)table->nodes[factor->nodes[k]].block_count + network[factor->nodes[k]];
        sum += factor->values[place];
    }
    return sum;
}
