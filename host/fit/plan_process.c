#include "host/fit/plan_process.h"
#include "host/core/memory.h"
#include "host/core/random.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static mn_status choose_candidates(mn_plan_process *planned, mn_error *error)
{
    const mn_plan_pool *pool = planned->pool;
    const size_t nodes = (size_t)pool->request->space->node_count;
    const bool drawn = pool->count > MN_PLAN_CANDIDATES;
    const uint64_t count = drawn ? MN_PLAN_CANDIDATES : pool->count;
    uint64_t *order = mn_new_array(pool->count, sizeof *order), random = pool->request->seed;
    planned->networks = mn_new_array(count * nodes, sizeof *planned->networks);
    planned->weights = mn_new_array(count, sizeof *planned->weights);
    planned->excluded = mn_new_array(count, sizeof *planned->excluded);
    if (!order || !planned->networks || !planned->weights || !planned->excluded) {
        free(order);
        return mn_fail_memory(error);
    }
    for (uint64_t i = 0; i < pool->count; i++)
        order[i] = i;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t other = drawn ? i + mn_random_below(&random, pool->count - i) : i, from = order[other];
        order[other] = order[i];
        memcpy(planned->networks + i * nodes, pool->networks + from * nodes, nodes * sizeof *planned->networks);
        planned->weights[i] = pool->weights[from];
        planned->excluded[i] = pool->taken[pool->class_of[from]];
    }
    planned->count = count;
    free(order);
    return MN_OK;
}

static mn_status check_count(const mn_plan_process *planned, mn_error *error)
{
    const uint64_t wanted = planned->pool->request->count;
    uint64_t left = 0;
    for (uint64_t i = 0; i < planned->count; i++)
        left += !planned->excluded[i];
    return left >= wanted ? MN_OK
                          : mn_fail(error, MN_USAGE,
                                    "method %s chooses from %" PRIu64
                                    " functions that are not measured yet, found a count of %" PRIu64,
                                    mn_plan_method_name(planned->pool->request->method), left, wanted);
}

/* Fits to the measured networks whose target is known. Imse knows no targets: its hyperparameters stay as they are, and with them
 * the covariances depend on where was measured alone. */
static mn_status fit(mn_plan_process *planned, mn_error *error)
{
    const mn_plan_request *request = planned->pool->request;
    const bool blind = request->method == MN_PLAN_IMSE;
    const size_t nodes = (size_t)request->space->node_count;
    uint16_t *networks = mn_new_array(request->measured_count * nodes, sizeof *networks);
    double *targets = mn_new_array(request->measured_count, sizeof *targets);
    mn_status status = networks && targets ? MN_OK : mn_fail_memory(error);
    int count = 0;
    for (uint64_t i = 0; status == MN_OK && i < request->measured_count; i++)
        if (blind || !isnan(request->targets[i])) {
            memcpy(networks + (size_t)count * nodes, request->measured + i * nodes, nodes * sizeof *networks);
            targets[count++] = blind ? 0 : request->targets[i];
        }
    mn_process_options options = mn_process_default_options();
    options.threads = request->threads;
    options.cancel = request->cancel;
    options.keep_kernel = blind;
    options.choose_link = !blind;
    if (status == MN_OK)
        status = mn_process_fit(planned->features, networks, targets, NULL, count, &options, error, &planned->process);
    free(networks);
    free(targets);
    return status;
}

/* A fit needs two measurements of networks that are no constants; imse goes on without. */
static mn_status make_process(mn_plan_process *planned, mn_error *error)
{
    const mn_plan_request *request = planned->pool->request;
    const size_t nodes = (size_t)request->space->node_count;
    uint64_t alive = 0;
    for (uint64_t i = 0; i < request->measured_count; i++)
        alive += !mn_features_constant(planned->features, request->measured + i * nodes);
    return request->method == MN_PLAN_IMSE && alive < 2
               ? mn_process_prior(planned->features, NULL, request->cancel, error, &planned->process)
               : fit(planned, error);
}

mn_status mn_plan_process_make(mn_plan_pool *pool, mn_error *error, mn_plan_process *planned)
{
    *planned = (mn_plan_process){.pool = pool};
    mn_status status = choose_candidates(planned, error);
    if (status == MN_OK)
        status = check_count(planned, error);
    if (status == MN_OK)
        status = mn_features_create(pool->request->space, MN_FEATURES_FUNCTION, error, &planned->features);
    if (status == MN_OK)
        status = make_process(planned, error);
    if (status == MN_OK)
        status = mn_points_create(planned->process, planned->networks, planned->count, error, &planned->points);
    return status;
}

void mn_plan_process_free(mn_plan_process *planned)
{
    mn_points_free(planned->points);
    mn_process_free(planned->process);
    mn_features_free(planned->features);
    free(planned->networks);
    free(planned->weights);
    free(planned->excluded);
    *planned = (mn_plan_process){0};
}
