#include "host/fit/plan.h"
#include "host/core/memory.h"
#include "host/fit/plan_pool.h"

#include <inttypes.h>
#include <string.h>

typedef struct method {
    const char *name;
    mn_status (*make)(mn_plan_pool *pool, mn_error *error, mn_plan *plan);
    bool counted; /* takes the number of networks that it is asked for */
} method;

static const method methods[MN_PLAN_METHODS] = {
    [MN_PLAN_PAPER] = {"paper", mn_plan_paper, false},
    [MN_PLAN_ALL] = {"all", mn_plan_all, false},
    [MN_PLAN_RANDOM] = {"random", mn_plan_random, true},
    [MN_PLAN_D_OPTIMAL] = {"d-optimal", mn_plan_d_optimal, true},
    [MN_PLAN_ORTHOGONAL] = {"orthogonal", mn_plan_orthogonal, false},
    [MN_PLAN_IMSE] = {"imse", mn_plan_variance, true},
    [MN_PLAN_ADAPTIVE] = {"adaptive", mn_plan_variance, true},
    [MN_PLAN_IMPROVEMENT] = {"ei", mn_plan_improvement, true},
};

const char *mn_plan_method_name(mn_plan_method chosen)
{
    return methods[chosen].name;
}

bool mn_plan_method_find(const char *name, mn_plan_method *found)
{
    for (int i = 0; i < MN_PLAN_METHODS; i++)
        if (!strcmp(methods[i].name, name)) {
            *found = (mn_plan_method)i;
            return true;
        }
    return false;
}

static mn_status check(const mn_plan_request *request, mn_error *error)
{
    const method *chosen = &methods[request->method];
    if (request->method == MN_PLAN_ALL && !request->whole)
        return mn_fail(
            error, MN_USAGE,
            "method all: the space has more than %d networks; a plan of all of them is only for smaller ones",
            MN_PLAN_WHOLE);
    if (request->count > MN_PLAN_MOST)
        return mn_fail(error, MN_USAGE, "a plan has at most %d networks, found %" PRIu64, MN_PLAN_MOST, request->count);
    if (!chosen->counted && request->count > 0 && request->method != MN_PLAN_ORTHOGONAL)
        return mn_fail(error, MN_USAGE, "method %s: the space says how many networks there are; leave the count out",
                       chosen->name);
    if ((request->method == MN_PLAN_ADAPTIVE || request->method == MN_PLAN_IMPROVEMENT) && !request->targets)
        return mn_fail(error, MN_USAGE, "method %s: expected measurements, found none", chosen->name);
    return MN_OK;
}

mn_status mn_plan_make(const mn_plan_request *given, mn_error *error, mn_plan *plan)
{
    plan->method = given->method;
    mn_status status = check(given, error);
    if (status != MN_OK)
        return status;
    const method *chosen = &methods[given->method];
    mn_plan_request request = *given;
    if (chosen->counted && request.count == 0)
        request.count = MN_PLAN_COUNT;
    mn_plan_pool pool;
    status = mn_plan_pool_make(&request, error, &pool);
    const uint64_t left = status == MN_OK ? mn_plan_pool_left(&pool) : 0;
    if (status == MN_OK && chosen->counted && left < request.count)
        status = mn_fail(error, MN_USAGE,
                         request.whole ? "expected at most %" PRIu64 " networks, found a count of %" PRIu64
                                         ": so many functions of the space are alive and not measured yet"
                                       : "only %" PRIu64
                                         " functions that are not measured yet were found for a count of %" PRIu64,
                         left, request.count);
    if (status == MN_OK)
        status = chosen->make(&pool, error, plan);
    mn_plan_pool_free(&pool);
    return status;
}

void mn_plan_clear(mn_plan *plan)
{
    free(plan->networks);
    plan->networks = NULL;
    plan->count = 0;
}
