/* Orthogonal arrays as plans: every two nodes show every pair of their blocks equally often, so that the additive model's estimates of
 * different nodes do not disturb each other. The array (plan_array.h) leaves free which level is which block; of many random assignments
 * the one is kept that proposes the most new functions. */
#include "host/core/memory.h"
#include "host/core/random.h"
#include "host/fit/plan_array.h"
#include "host/fit/plan_pool.h"

#include <stdio.h>
#include <inttypes.h>
#include <string.h>

enum { MOST_TRIES = 1000, WORK = 1 << 17 /* networks looked at in all */ };

typedef struct assignment {
    mn_plan_pool *pool;
    const mn_table *space;
    const mn_array *array;
    uint16_t *block_of; /* [item_count] block of each level of each node */
    uint64_t *classes;  /* [rows] of what is proposed */
    uint16_t *networks; /* [rows][nodes] */
    uint64_t count;
} assignment;

static void shuffle(assignment *a, uint64_t *random)
{
    for (int node = 0; node < a->space->node_count; node++) {
        uint16_t *blocks = a->block_of + a->space->first[node];
        const int count = a->space->nodes[node].block_count;
        for (int i = 0; i < count; i++)
            blocks[i] = (uint16_t)i;
        for (int i = count - 1; i > 0; i--) {
            const uint64_t other = mn_random_below(random, (uint64_t)i + 1);
            const uint16_t block = blocks[i];
            blocks[i] = blocks[other];
            blocks[other] = block;
        }
    }
}

/* The array's networks whose functions are new. */
static mn_status assign(assignment *a, mn_error *error)
{
    const size_t nodes = (size_t)a->space->node_count;
    mn_status status = MN_OK;
    a->count = 0;
    for (uint64_t row = 0; status == MN_OK && row < a->array->rows; row++) {
        uint16_t *network = a->networks + a->count * nodes;
        bool is_free;
        for (size_t node = 0; node < nodes; node++)
            network[node] = a->block_of[(size_t)a->space->first[node] + a->array->levels[row * nodes + node]];
        status = mn_plan_pool_free_class(a->pool, network, error, &is_free, &a->classes[a->count]);
        if (status == MN_OK && is_free)
            mn_plan_pool_take(a->pool, a->classes[a->count++]);
    }
    for (uint64_t i = 0; i < a->count; i++)
        mn_plan_pool_release(a->pool, a->classes[i]);
    return status;
}

static mn_status search(assignment *a, mn_error *error, mn_plan *plan)
{
    uint64_t random = a->pool->request->seed, tries = WORK / a->array->rows;
    tries = tries < 1 ? 1 : tries > MOST_TRIES ? MOST_TRIES : tries;
    for (uint64_t i = 0; i < tries && plan->count < a->array->rows; i++) {
        shuffle(a, &random);
        mn_status status = mn_check_cancel(a->pool->request->cancel, error);
        if (status == MN_OK)
            status = assign(a, error);
        if (status != MN_OK)
            return status;
        if (a->count <= plan->count)
            continue;
        plan->count = 0;
        for (uint64_t k = 0; k < a->count; k++)
            mn_plan_append(plan, a->space, a->networks + k * (size_t)a->space->node_count);
    }
    if (plan->count < a->array->rows)
        snprintf(plan->note, sizeof plan->note,
                 "of the array's %" PRIu64 " networks %" PRIu64
                 " are left out: they break a rule, are constant, or compute what another one or a measured one does",
                 a->array->rows, a->array->rows - plan->count);
    return MN_OK;
}

static mn_status make_array(const mn_plan_pool *pool, mn_error *error, mn_array *array)
{
    const mn_table *space = pool->request->space;
    const uint64_t wanted = pool->request->count;
    int *levels = mn_new_array((size_t)space->node_count, sizeof *levels);
    if (!levels)
        return mn_fail_memory(error);
    for (int node = 0; node < space->node_count; node++)
        levels[node] = space->nodes[node].block_count;
    mn_status status = mn_array_make(levels, space->node_count, error, array);
    free(levels);
    if (status == MN_OK && wanted > 0 && wanted != array->rows)
        status = mn_fail(error, MN_USAGE,
                         "method orthogonal: the array for these blocks has %" PRIu64
                         " networks; leave the count (%" PRIu64 ") out",
                         array->rows, wanted);
    return status;
}

mn_status mn_plan_orthogonal(mn_plan_pool *pool, mn_error *error, mn_plan *plan)
{
    const mn_table *space = pool->request->space;
    mn_array array = {0};
    assignment a = {.pool = pool, .space = space, .array = &array};
    mn_status status = make_array(pool, error, &array);
    if (status == MN_OK) {
        a.block_of = mn_new_array((size_t)space->item_count, sizeof *a.block_of);
        a.classes = mn_new_array(array.rows, sizeof *a.classes);
        a.networks = mn_new_array(array.rows * (size_t)space->node_count, sizeof *a.networks);
        status = a.block_of && a.classes && a.networks ? mn_plan_reserve(plan, space, array.rows, error)
                                                       : mn_fail_memory(error);
    }
    if (status == MN_OK)
        status = search(&a, error, plan);
    free(a.block_of);
    free(a.classes);
    free(a.networks);
    mn_array_free(&array);
    return status;
}
