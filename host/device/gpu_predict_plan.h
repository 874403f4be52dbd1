/* What the prediction kernel is given for a table and some of its metrics (kernel_predict.h), still in the host's memory. */
#ifndef MN_DEVICE_GPU_PREDICT_PLAN_H
#define MN_DEVICE_GPU_PREDICT_PLAN_H

#include "host/core/factors.h"
#include "host/device/plugin.h"

enum { MN_PREDICT_METRICS = 16 }; /* of one launch */

/* The kernel's arrays lie in one piece of memory, `bytes` long; `parameters` holds their places in it as offsets until
 * mn_predict_plan_place makes them addresses on the device. Columns are numbers of the metrics asked for. */
typedef struct mn_gpu_predict_plan {
    mn_kernel_predict parameters;
    uint8_t *memory;
    uint64_t bytes;
    int column_count;
} mn_gpu_predict_plan;

/* `metrics` [count]: those to predict, at most MN_PREDICT_METRICS, in the order of their columns. `width`: bytes of an index. MN_FAILURE:
 * out of memory. */
mn_status mn_gpu_predict_plan_make(const mn_table *table, const int *metrics, int count, int width,
                                   const mn_gpu_facts *facts, mn_gpu_predict_plan *plan, mn_error *error);
void mn_gpu_predict_plan_free(mn_gpu_predict_plan *plan); /* what it holds */

/* The parameters with arrays at `memory` and column i of the plan at columns[i], both on the device. */
mn_kernel_predict mn_gpu_predict_plan_place(const mn_gpu_predict_plan *plan, const void *memory,
                                            int64_t *const *columns);

#endif
