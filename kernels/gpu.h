/* What launchers use: the opened device, checked calls of its interface, and the frame around every launch. */
#ifndef MN_KERNELS_GPU_H
#define MN_KERNELS_GPU_H

#include "host/device/plugin.h"
#include "kernels/kernel.h"

/* Calls one function of the device's interface and checks it. Whether the call went well; otherwise `error` says which one failed, and why.
 * Written as  mn_gpu_call(gpu, error, "cudaMemsetAsync", [&] { return cudaMemsetAsync(...); })  so that a test may make any of them fail. */
bool mn_gpu_may_call(mn_gpu *gpu);
mn_status mn_gpu_check(mn_gpu *gpu, cudaError_t code, const char *call, mn_error *error);

template <typename Call> mn_status mn_gpu_call(mn_gpu *gpu, mn_error *error, const char *name, Call call)
{
    return mn_gpu_check(gpu, mn_gpu_may_call(gpu) ? call() : cudaErrorUnknown, name, error);
}

cudaStream_t mn_gpu_stream(const mn_gpu *gpu, int stream);
const mn_gpu_facts *mn_gpu_facts_of(const mn_gpu *gpu);

/* What a launch is counted as in the profile: bytes and networks as in mn_kernel_profile. */
typedef struct mn_gpu_work {
    const char *kernel; /* a literal */
    uint64_t bytes, networks;
} mn_gpu_work;

/* Frame of a launch: begin, MN_LAUNCH(...), end. The launch itself is checked by `end`. */
mn_status mn_gpu_begin(mn_gpu *gpu, int stream, const mn_gpu_work *work, mn_error *error);
mn_status mn_gpu_end(mn_gpu *gpu, int stream, const mn_gpu_work *work, mn_error *error);

/* ---- launchers, by file ---- */

mn_status mn_launch_predict(mn_gpu *gpu, int stream, const mn_kernel_predict *parameters,
                            mn_error *error); /* predict.cu */

#endif
