/* What launchers use: the opened device, checked calls of its interface, and the frame around every launch. */
#ifndef MN_KERNELS_GPU_H
#define MN_KERNELS_GPU_H

#include "host/device/plugin.h"
#include "kernels/kernel.h"

/* Calls one function of the device's interface and checks it; a failure is a sentence that names the function and says why. Written as
 *     status = mn_gpu_call(gpu, error, "cudaMemsetAsync", [&] { return cudaMemsetAsync(...); });
 * so that a test can make any of them fail without being called. After a failure nothing is called any more. */
bool mn_gpu_may_call(mn_gpu *gpu);
mn_status mn_gpu_check(mn_gpu *gpu, cudaError_t code, const char *call, mn_error *error);

template <typename Call> mn_status mn_gpu_call(mn_gpu *gpu, mn_error *error, const char *name, Call call)
{
    return mn_gpu_check(gpu, mn_gpu_may_call(gpu) ? call() : cudaErrorUnknown, name, error);
}

cudaStream_t mn_gpu_stream(const mn_gpu *gpu, int stream);
const mn_gpu_facts *mn_gpu_facts_of(const mn_gpu *gpu);

/* What a launch is counted as in the profile. */
typedef struct mn_gpu_work {
    const char *kernel;       /* a literal */
    uint64_t bytes, networks; /* as in mn_kernel_profile */
} mn_gpu_work;

/* The frame of a launch, for the profile: begin, the launch by mn_gpu_call, end. */
mn_status mn_gpu_begin(mn_gpu *gpu, int stream, const mn_gpu_work *work, mn_error *error);
mn_status mn_gpu_end(mn_gpu *gpu, int stream, mn_error *error);

/* A launch of one wave of blocks: as many as the device holds at once, and at most `blocks_wanted`. */
typedef struct mn_gpu_launch {
    int block; /* threads */
    uint64_t shared_bytes;
    uint64_t blocks_wanted;
} mn_gpu_launch;

template <typename Parameters>
mn_status mn_gpu_launch_kernel(mn_gpu *gpu, int stream, const mn_gpu_work *work, const mn_gpu_launch *launch,
                               mn_error *error, void (*kernel)(Parameters), const Parameters &parameters)
{
    int resident = 0; /* blocks a multiprocessor */
    mn_status status = mn_gpu_call(gpu, error, "cudaFuncSetAttribute", [&] {
        return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, (int)launch->shared_bytes);
    });
    if (status == MN_OK)
        status = mn_gpu_call(gpu, error, "cudaOccupancyMaxActiveBlocksPerMultiprocessor", [&] {
            return cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, kernel, launch->block,
                                                                 (size_t)launch->shared_bytes);
        });
    if (status == MN_OK)
        status = mn_gpu_begin(gpu, stream, work, error);
    if (status != MN_OK)
        return status;
    const uint64_t wave = (uint64_t)mn_gpu_facts_of(gpu)->multiprocessors * (uint64_t)(resident > 0 ? resident : 1);
    const uint64_t blocks = launch->blocks_wanted < wave ? launch->blocks_wanted : wave;
    status = mn_gpu_call(gpu, error, work->kernel, [&] {
        return MN_LAUNCH(kernel, dim3((unsigned)blocks), dim3((unsigned)launch->block), (size_t)launch->shared_bytes,
                         mn_gpu_stream(gpu, stream), parameters);
    });
    return status == MN_OK ? mn_gpu_end(gpu, stream, error) : status;
}

/* ---- launchers, by file ---- */

mn_status mn_launch_predict(mn_gpu *gpu, int stream, const mn_kernel_predict *parameters,
                            mn_error *error); /* predict.cu */

/* scan.cu */
mn_status mn_launch_scan(mn_gpu *gpu, int stream, const mn_kernel_scan *parameters, mn_error *error);

/* scan_plain.cu: modes bounded and every are the same */
mn_status mn_launch_scan_plain(mn_gpu *gpu, int stream, const mn_kernel_scan *parameters, mn_error *error);

/* scan_select.cu */
mn_status mn_launch_scan_sort(mn_gpu *gpu, int stream, const mn_kernel_scan_sort *parameters, mn_error *error);
mn_status mn_launch_scan_mark(mn_gpu *gpu, int stream, const mn_kernel_scan_mark *parameters, mn_error *error);
mn_status mn_launch_scan_fill(mn_gpu *gpu, int stream, const mn_kernel_scan_fill *parameters, mn_error *error);

/* scan_many.cu */
mn_status mn_launch_scan_many(mn_gpu *gpu, int stream, const mn_kernel_scan_many *parameters, mn_error *error);

#endif
