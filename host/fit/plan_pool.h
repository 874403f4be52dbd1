/* What a plan chooses from: one network of each function that is alive, with its share of the space, and which functions are taken. */
#ifndef MN_FIT_PLAN_POOL_H
#define MN_FIT_PLAN_POOL_H

#include "host/fit/classes.h"
#include "host/fit/plan.h"

typedef struct mn_plan_pool {
    const mn_plan_request *request;
    mn_classes *classes;
    uint64_t count;
    uint16_t *networks; /* [count][nodes] of each class the sample's first */
    uint64_t *class_of; /* [count] */
    double *weights;    /* [count] share of the sample's live networks, sum 1 */
    uint8_t *taken;     /* [taken_room] by class: measured, or in the plan */
    uint64_t taken_room;
} mn_plan_pool;

/* The functions of the request's sample; those of its measured networks are taken. Free it after success and failure. */
mn_status mn_plan_pool_make(const mn_plan_request *request, mn_error *error, mn_plan_pool *pool);
void mn_plan_pool_free(mn_plan_pool *pool);

/* Whether the network may be proposed: admissible, alive, its class not taken. `class` receives its class. */
mn_status mn_plan_pool_free_class(mn_plan_pool *pool, const uint16_t *network, mn_error *error, bool *is_free,
                                  uint64_t *class);
void mn_plan_pool_take(mn_plan_pool *pool, uint64_t class);
void mn_plan_pool_release(mn_plan_pool *pool, uint64_t class);

/* Functions of the pool that are not taken. */
uint64_t mn_plan_pool_left(const mn_plan_pool *pool);

/* Room for `count` networks in the plan. */
mn_status mn_plan_reserve(mn_plan *plan, const mn_table *space, uint64_t count, mn_error *error);
void mn_plan_append(mn_plan *plan, const mn_table *space, const uint16_t *network);

/* The methods, one file a family. Each appends to an empty plan. */
mn_status mn_plan_paper(mn_plan_pool *pool, mn_error *error, mn_plan *plan);
mn_status mn_plan_all(mn_plan_pool *pool, mn_error *error, mn_plan *plan);
mn_status mn_plan_random(mn_plan_pool *pool, mn_error *error, mn_plan *plan);
mn_status mn_plan_d_optimal(mn_plan_pool *pool, mn_error *error, mn_plan *plan);
mn_status mn_plan_orthogonal(mn_plan_pool *pool, mn_error *error, mn_plan *plan);
mn_status mn_plan_variance(mn_plan_pool *pool, mn_error *error, mn_plan *plan); /* imse, adaptive */
mn_status mn_plan_improvement(mn_plan_pool *pool, mn_error *error, mn_plan *plan);

#endif
