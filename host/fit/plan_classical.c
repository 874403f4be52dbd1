/* Plans that need no model: every network, and random ones. */
#include "host/core/memory.h"
#include "host/core/random.h"
#include "host/fit/plan_pool.h"

#include <inttypes.h>
#include <string.h>

static int compare_networks(const void *a, const void *b, void *size)
{
    const uint16_t *x = a, *y = b;
    for (size_t node = 0; node < *(const size_t *)size; node++)
        if (x[node] != y[node])
            return x[node] < y[node] ? -1 : 1;
    return 0;
}

/* Every network that was not measured itself: the averages want each of them, so classes do not count here. */
mn_status mn_plan_all(mn_plan_pool *pool, mn_error *error, mn_plan *plan)
{
    const mn_plan_request *request = pool->request;
    const uint64_t measured = request->measured_count;
    size_t nodes = (size_t)request->space->node_count;
    const size_t size = nodes * sizeof(uint16_t);
    uint16_t *known = mn_new_array(measured * nodes, sizeof *known);
    if (!known)
        return mn_fail_memory(error);
    if (measured > 0) {
        memcpy(known, request->measured, measured * size);
        qsort_r(known, measured, size, compare_networks, &nodes);
    }
    const mn_status status = mn_plan_reserve(plan, request->space, request->sample_count, error);
    uint64_t at = 0; /* both lists are sorted */
    for (uint64_t i = 0; status == MN_OK && i < request->sample_count; i++) {
        const uint16_t *network = request->sample + i * nodes;
        while (at < measured && compare_networks(known + at * nodes, network, &nodes) < 0)
            at++;
        if (at == measured || memcmp(known + at * nodes, network, size) != 0)
            mn_plan_append(plan, request->space, network);
    }
    free(known);
    return status;
}

/* The sample in random order; of each function the first that comes. So a function is drawn by its share of the space. */
mn_status mn_plan_random(mn_plan_pool *pool, mn_error *error, mn_plan *plan)
{
    const mn_plan_request *request = pool->request;
    const size_t nodes = (size_t)request->space->node_count;
    uint64_t *order = mn_new_array(request->sample_count, sizeof *order), random = request->seed;
    mn_status status = order ? mn_plan_reserve(plan, request->space, request->count, error) : mn_fail_memory(error);
    for (uint64_t i = 0; order && i < request->sample_count; i++)
        order[i] = i;
    for (uint64_t i = 0; status == MN_OK && plan->count < request->count && i < request->sample_count; i++) {
        const uint64_t other = i + mn_random_below(&random, request->sample_count - i), drawn = order[other];
        const uint16_t *network = request->sample + drawn * nodes;
        uint64_t class;
        bool is_free;
        order[other] = order[i];
        status = mn_check_cancel(request->cancel, error);
        if (status == MN_OK)
            status = mn_plan_pool_free_class(pool, network, error, &is_free, &class);
        if (status == MN_OK && is_free) {
            mn_plan_pool_take(pool, class);
            mn_plan_append(plan, request->space, network);
        }
    }
    free(order);
    return status;
}
