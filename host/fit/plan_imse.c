/* IMSE and adaptive plans: the networks whose measurement leaves the least mean posterior variance over the space (plan_variance.h), under a
 * process that knows no measurement or was fitted to those so far. Functions are weighted by their share of the space; adaptive plans, which
 * know the means, weight them also by what their variance does to the order of all networks (weigh_by_order). */
#include "host/core/memory.h"
#include "host/fit/plan_process.h"
#include "host/fit/plan_variance.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { GRID = 512 };                                          /* points that a density is computed at */
static const double LEAST_VARIANCE = 1e-12;                   /* one of 0 has no density */
enum { MOST_EVALUATIONS = 6144, SAMPLED_EVALUATIONS = 2048 }; /* bounds the kept covariances: 150 MB */

static mn_status covariance(const void *context, uint64_t row, uint64_t rows, uint64_t column, uint64_t columns,
                            mn_error *error, double *block)
{
    const mn_plan_process *planned = context;
    return mn_points_covariance(planned->points, row, rows, planned->points, column, columns, error, block);
}

/* Density at GRID points from `lowest` on of the values in the space: a mixture of normal ones. */
static void mixture(const double *mean, const double *variance, const double *weights, uint64_t count, double lowest,
                    double step, double *density)
{
    for (int t = 0; t < GRID; t++) {
        double sum = 0;
        for (uint64_t i = 0; i < count; i++) {
            const double away = lowest + t * step - mean[i];
            sum += weights[i] / sqrt(variance[i]) * exp(-away * away / (2 * variance[i]));
        }
        density[t] = sum;
    }
}

/* worth [count]: p(mean) / deviation; false when all means are equal. */
static bool find_worth(const double *mean, const double *variance, const double *weights, uint64_t count, double *worth)
{
    double lowest = INFINITY, highest = -INFINITY, density[GRID];
    for (uint64_t i = 0; i < count; i++) {
        lowest = fmin(lowest, mean[i]);
        highest = fmax(highest, mean[i]);
    }
    if (!(highest > lowest))
        return false;
    const double step = (highest - lowest) / (GRID - 1);
    mixture(mean, variance, weights, count, lowest, step, density);
    for (uint64_t i = 0; i < count; i++) {
        const double at = (mean[i] - lowest) / step;
        const int t = at < GRID - 2 ? (int)at : GRID - 2;
        worth[i] = (density[t] + (at - t) * (density[t + 1] - density[t])) / sqrt(variance[i]);
    }
    return true;
}

/* Half of each weight stays a share of the space; the other half makes a mean of variances the expected share of pairs of networks in the
 * wrong order, to first order.
 *
 * A network of mean m and deviation s changes places with those whose values lie within about s of m: p(m) s of them, up to a constant, p the
 * density of the values in the space. So what a lower variance s^2 is worth is d(p s)/d(s^2) = p(m) / (2 s). Half, because the means are guesses:
 * what lies outside the crowd by mistake must be looked at too (a defensive mixture: Hesterberg, Technometrics 37, 1995). */
static mn_status weigh_by_order(const mn_plan_process *planned, uint64_t count, double *weights, mn_error *error)
{
    double *mean = mn_new_array(3 * count, sizeof *mean), *variance = mean + count, *worth = variance + count, sum = 0;
    mn_status status = mean ? mn_process_predict(planned->process, planned->networks, count, error, mean, variance)
                            : mn_fail_memory(error);
    for (uint64_t i = 0; status == MN_OK && i < count; i++)
        variance[i] = fmax(variance[i], LEAST_VARIANCE);
    if (status == MN_OK && find_worth(mean, variance, weights, count, worth)) {
        for (uint64_t i = 0; i < count; i++)
            sum += weights[i] * worth[i];
        for (uint64_t i = 0; i < count; i++)
            weights[i] *= 0.5 + 0.5 * worth[i] / sum;
    }
    free(mean);
    return status;
}

static mn_status choose(const mn_plan_process *planned, uint64_t *chosen, double *mean, double *weights,
                        mn_error *error)
{
    const mn_plan_request *request = planned->pool->request;
    mn_variance_problem problem = {.covariance = covariance,
                                   .context = planned,
                                   .candidates = planned->count,
                                   .evaluations =
                                       planned->count > MOST_EVALUATIONS ? SAMPLED_EVALUATIONS : planned->count,
                                   .weights = weights,
                                   .excluded = planned->excluded,
                                   .noise = mn_process_noise(planned->process),
                                   .threads = request->threads,
                                   .cancel = request->cancel,
                                   .count = request->count};
    double sum = 0;
    for (uint64_t i = 0; i < problem.evaluations; i++)
        sum += planned->weights[i];
    for (uint64_t i = 0; i < problem.evaluations; i++)
        weights[i] = planned->weights[i] / sum;
    if (request->method == MN_PLAN_ADAPTIVE) {
        const mn_status status = weigh_by_order(planned, problem.evaluations, weights, error);
        if (status != MN_OK)
            return status;
    }
    return mn_variance_choose(&problem, error, chosen, mean);
}

mn_status mn_plan_variance(mn_plan_pool *pool, mn_error *error, mn_plan *plan)
{
    const mn_plan_request *request = pool->request;
    const size_t nodes = (size_t)request->space->node_count;
    mn_plan_process planned;
    mn_status status = mn_plan_process_make(pool, error, &planned);
    uint64_t *chosen = mn_new_array(request->count, sizeof *chosen);
    double *mean = mn_new_array(request->count + 1, sizeof *mean),
           *weights = mn_new_array(planned.count, sizeof *weights);
    if (status == MN_OK && (!chosen || !mean || !weights))
        status = mn_fail_memory(error);
    if (status == MN_OK)
        status = choose(&planned, chosen, mean, weights, error);
    if (status == MN_OK)
        status = mn_plan_reserve(plan, request->space, request->count, error);
    for (uint64_t i = 0; status == MN_OK && i < request->count; i++)
        mn_plan_append(plan, request->space, planned.networks + chosen[i] * nodes);
    if (status == MN_OK)
        snprintf(plan->note, sizeof plan->note,
                 "expected mean variance over the space after measuring: %.1f %% of what it is now",
                 100 * mean[request->count] / mean[0]);
    free(chosen);
    free(mean);
    free(weights);
    mn_plan_process_free(&planned);
    return status;
}
