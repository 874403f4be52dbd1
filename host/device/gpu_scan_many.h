/* Many limit sets over small spaces, by scan on a GPU or its emulator: a sweep. */
#ifndef MN_DEVICE_GPU_SCAN_MANY_H
#define MN_DEVICE_GPU_SCAN_MANY_H

#include "host/device/device.h"

/* Tables of the problems, in the device's memory. `*unfit`: NULL, or a few words on why there is no kernel for them; `*many` is NULL then, as
 * after a failure. */
mn_status mn_gpu_many_create(const mn_plugin *plugin, mn_gpu *gpu, const mn_problem *problems, int problem_count,
                             const char **unfit, mn_error *error, mn_gpu_many **many);

/* `gpu`: the device that is open now; memory of one that was closed went with it. */
void mn_gpu_many_free(mn_gpu_many *many, const mn_gpu *gpu);
bool mn_gpu_many_is_of(const mn_gpu_many *many, const mn_gpu *gpu);

/* As mn_sweeper_run, the control being looked at once: a run of a million rows takes milliseconds. */
mn_status mn_gpu_many_run(mn_gpu_many *many, mn_sweep_request *request, mn_error *error);

#endif
