/* IMSE and adaptive plans: the networks whose measurement leaves the least mean posterior variance over the space, functions weighted
 * by their share of it (plan_variance.h), under a process that knows no measurement or was fitted to those so far. */
#include "host/core/memory.h"
#include "host/fit/plan_process.h"
#include "host/fit/plan_variance.h"

#include <stdio.h>
#include <string.h>

enum { MOST_EVALUATIONS = 6144, SAMPLED_EVALUATIONS = 4096 }; /* bounds the kept covariances: 150 MB */

static mn_status covariance(const void *context, uint64_t row, uint64_t rows, uint64_t column, uint64_t columns,
                            mn_error *error, double *block)
{
    const mn_plan_process *planned = context;
    const size_t nodes = (size_t)planned->pool->request->space->node_count;
    return mn_process_covariance(planned->process, planned->networks + row * nodes, rows,
                                 planned->networks + column * nodes, columns, error, block);
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
                                   .count = request->count};
    double sum = 0;
    for (uint64_t i = 0; i < problem.evaluations; i++)
        sum += planned->weights[i];
    for (uint64_t i = 0; i < problem.evaluations; i++)
        weights[i] = planned->weights[i] / sum;
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
