/* Prediction by a plugin's kernel. */
#ifndef MN_DEVICE_GPU_PREDICT_H
#define MN_DEVICE_GPU_PREDICT_H

#include "host/core/table.h"
#include "host/device/plugin.h"

/* As mn_predict of host/mathnas.h with checked arguments: factors, scale and links included. */
mn_status mn_gpu_predict(const mn_plugin *plugin, mn_gpu *gpu, const mn_table *table, const void *networks, int width,
                         uint64_t count, int64_t *const *columns, mn_error *error);

#endif
