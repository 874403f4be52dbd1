#include "host/fit/plan_pool.h"
#include "host/core/memory.h"
#include "host/core/rules.h"

#include <string.h>

enum { AT_ONCE = 1 << 13 }; /* networks numbered between two looks for a request to stop */

static bool room_for_class(mn_plan_pool *pool, uint64_t class)
{
    if (class < pool->taken_room)
        return true;
    const uint64_t room = 2 * class + 64;
    if (!mn_grow(&pool->taken, room, sizeof *pool->taken))
        return false;
    memset(pool->taken + pool->taken_room, 0, room - pool->taken_room);
    pool->taken_room = room;
    return true;
}

/* Classes of a list, with room for each in `taken`. The caller frees `class_of`. */
static mn_status number(mn_plan_pool *pool, const uint16_t *networks, uint64_t count, mn_error *error,
                        uint64_t **class_of)
{
    *class_of = mn_new_array(count, sizeof **class_of);
    if (!*class_of)
        return mn_fail_memory(error);
    const size_t nodes = (size_t)pool->request->space->node_count;
    mn_status status = MN_OK;
    for (uint64_t first = 0; status == MN_OK && first < count; first += AT_ONCE) {
        const uint64_t some = count - first < AT_ONCE ? count - first : AT_ONCE;
        status = mn_check_cancel(pool->request->cancel, error);
        if (status == MN_OK)
            status = mn_classes_number(pool->classes, networks + first * nodes, some, error, *class_of + first);
    }
    if (status == MN_OK && !room_for_class(pool, mn_classes_count(pool->classes)))
        return mn_fail_memory(error);
    return status;
}

static mn_status take_measured(mn_plan_pool *pool, mn_error *error)
{
    uint64_t *class_of;
    const mn_status status = number(pool, pool->request->measured, pool->request->measured_count, error, &class_of);
    for (uint64_t i = 0; status == MN_OK && i < pool->request->measured_count; i++)
        pool->taken[class_of[i]] = 1;
    free(class_of);
    return status;
}

/* One network of each live class of the sample, and how many of the sample it stands for. */
static mn_status collect(mn_plan_pool *pool, const uint64_t *class_of, mn_error *error)
{
    const mn_plan_request *request = pool->request;
    const size_t nodes = (size_t)request->space->node_count;
    const uint64_t classes = mn_classes_count(pool->classes);
    uint64_t *place = mn_new_array(classes, sizeof *place); /* 1 + place in the pool */
    pool->networks = mn_new_array(classes * nodes, sizeof *pool->networks);
    pool->class_of = mn_new_array(classes, sizeof *pool->class_of);
    pool->weights = mn_new_array(classes, sizeof *pool->weights);
    if (!place || !pool->networks || !pool->class_of || !pool->weights) {
        free(place);
        return mn_fail_memory(error);
    }
    uint64_t alive = 0;
    for (uint64_t i = 0; i < request->sample_count; i++) {
        const uint16_t *network = request->sample + i * nodes;
        uint64_t *at = &place[class_of[i]];
        if (*at == 0 && mn_classes_alive(pool->classes, network)) {
            memcpy(pool->networks + pool->count * nodes, network, nodes * sizeof *network);
            pool->class_of[pool->count] = class_of[i];
            *at = ++pool->count;
        }
        if (*at)
            pool->weights[*at - 1] += 1;
        alive += *at > 0;
    }
    for (uint64_t i = 0; i < pool->count; i++)
        pool->weights[i] /= (double)alive;
    free(place);
    return MN_OK;
}

mn_status mn_plan_pool_make(const mn_plan_request *request, mn_error *error, mn_plan_pool *pool)
{
    *pool = (mn_plan_pool){.request = request};
    mn_status status = mn_classes_create(request->space, MN_CLASS_LIVE_COUNTS, error, &pool->classes);
    uint64_t *class_of = NULL;
    if (status == MN_OK)
        status = number(pool, request->sample, request->sample_count, error, &class_of);
    if (status == MN_OK)
        status = collect(pool, class_of, error);
    free(class_of);
    if (status == MN_OK && request->measured_count > 0)
        status = take_measured(pool, error);
    return status;
}

void mn_plan_pool_free(mn_plan_pool *pool)
{
    mn_classes_free(pool->classes);
    free(pool->networks);
    free(pool->class_of);
    free(pool->weights);
    free(pool->taken);
    *pool = (mn_plan_pool){0};
}

mn_status mn_plan_pool_free_class(mn_plan_pool *pool, const uint16_t *network, mn_error *error, bool *is_free,
                                  uint64_t *class)
{
    const mn_table *space = pool->request->space;
    *is_free = false;
    const mn_status status = mn_classes_number(pool->classes, network, 1, error, class);
    if (status != MN_OK)
        return status;
    if (!room_for_class(pool, *class))
        return mn_fail_memory(error);
    *is_free = !pool->taken[*class] && mn_classes_alive(pool->classes, network) &&
               mn_rules_admit(space->rules, space->rule_count, network);
    return MN_OK;
}

void mn_plan_pool_take(mn_plan_pool *pool, uint64_t class)
{
    pool->taken[class] = 1;
}

void mn_plan_pool_release(mn_plan_pool *pool, uint64_t class)
{
    pool->taken[class] = 0;
}

uint64_t mn_plan_pool_left(const mn_plan_pool *pool)
{
    uint64_t left = 0;
    for (uint64_t i = 0; i < pool->count; i++)
        left += !pool->taken[pool->class_of[i]];
    return left;
}

mn_status mn_plan_reserve(mn_plan *plan, const mn_table *space, uint64_t count, mn_error *error)
{
    return mn_grow(&plan->networks, count * (uint64_t)space->node_count, sizeof *plan->networks)
               ? MN_OK
               : mn_fail_memory(error);
}

void mn_plan_append(mn_plan *plan, const mn_table *space, const uint16_t *network)
{
    const size_t nodes = (size_t)space->node_count;
    memcpy(plan->networks + plan->count++ * nodes, network, nodes * sizeof *network);
}
