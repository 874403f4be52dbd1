/* What the plans by a process share: the functions that they choose from, and the process over them. */
#ifndef MN_FIT_PLAN_PROCESS_H
#define MN_FIT_PLAN_PROCESS_H

#include "host/fit/plan_pool.h"
#include "host/fit/process_points.h"

typedef struct mn_plan_process {
    mn_plan_pool *pool;
    uint64_t count;     /* functions: all of the pool, or MN_PLAN_CANDIDATES drawn from it */
    uint16_t *networks; /* [count][nodes] */
    double *weights;    /* [count] share of the space */
    bool *excluded;     /* [count] measured already */
    mn_features *features;
    mn_process *process; /* without measurements, or fitted to the request's targets */
    mn_points *points;   /* of the functions */
} mn_plan_process;

/* Free it after success and failure. MN_USAGE where too few functions were drawn. */
mn_status mn_plan_process_make(mn_plan_pool *pool, mn_error *error, mn_plan_process *planned);
void mn_plan_process_free(mn_plan_process *planned);

#endif
