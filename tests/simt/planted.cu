/* Kernels with a mistake each (planted.h). A comment "mark NAME" stands on the lines that a report must name: the tests look for them here,
 * so that lines may move. Grid, block and bytes of each are in the table at the end. */
#include <cstring>

#include "kernels/kernel.h"
#include "tests/simt/planted.h"

static constexpr unsigned whole_warp = 0xffffffffu;

/* ---- lanes that do not meet ------------------------------------------------------------------------------------------------ */

__global__ void divergent_barrier(int *out)
{
    if (threadIdx.x % 2)
        __syncthreads(); /* mark divergent_barrier */
    else
        __syncthreads(); /* mark divergent_barrier */
    out[threadIdx.x] = 1;
}

__global__ void barrier_of_another_kind(int *out)
{
    if (threadIdx.x == 40)
        out[0] = __syncthreads_count(1); /* mark barrier_of_another_kind */
    else
        out[threadIdx.x] = __syncthreads_or(1); /* mark barrier_of_another_kind */
}

__global__ void left_before_barrier(int *out)
{
    if (threadIdx.x == 13)
        return;
    __syncthreads(); /* mark left_before_barrier */
    out[threadIdx.x] = 1;
}

__global__ void mask_without_self(int *out)
{
    out[threadIdx.x] = __shfl_sync(0x0000ffffu, static_cast<int>(threadIdx.x), 0); /* mark mask_without_self */
}

__global__ void left_but_in_mask(int *out)
{
    if (threadIdx.x == 5)
        return;
    out[threadIdx.x] = static_cast<int>(__ballot_sync(whole_warp, 1)); /* mark left_but_in_mask */
}

__global__ void mask_beyond_warp(int *out)
{
    out[threadIdx.x] = __any_sync(whole_warp, 1); /* mark mask_beyond_warp */
}

__global__ void source_outside_mask(int *out)
{
    if (threadIdx.x < 16)
        out[threadIdx.x] = __shfl_sync(0xffffu, static_cast<int>(threadIdx.x), 20); /* mark source_outside_mask */
}

__global__ void masks_that_differ(int *out)
{
    if (threadIdx.x < 8)
        out[threadIdx.x] = __shfl_sync(0xffu, 1, 0);
    else
        out[threadIdx.x] = __shfl_sync(whole_warp, 1, 8); /* mark masks_that_differ */
    if (threadIdx.x < 8)
        __syncthreads(); /* mark masks_that_differ */
}

__global__ void other_operation(int *out)
{
    if (threadIdx.x < 16)
        __syncwarp(); /* mark other_operation */
    else
        out[threadIdx.x] = __all_sync(whole_warp, 1); /* mark other_operation */
}

__global__ void warp_waits_for_block(int *out)
{
    if (threadIdx.x < 16)
        __syncwarp(); /* mark warp_waits_for_block */
    else
        __syncthreads(); /* mark warp_waits_for_block */
    out[threadIdx.x] = 1;
}

__global__ void endless_poll(int *out)
{
    while (mn_load_now(&out[0]) != 77)
        __nanosleep(20);
}

__global__ void broken_assumption(int *out)
{
    __builtin_assume(threadIdx.x < 7); /* mark broken_assumption */
    out[threadIdx.x] = 1;
}

/* ---- memory out of bounds --------------------------------------------------------------------------------------------------- */

__global__ void static_overrun(int *out)
{
    MN_SHARED(int, values, [64]);
    values[threadIdx.x + (threadIdx.x == 63 ? out[0] + 3 : 0)] = 1; /* mark static_overrun */
    __syncthreads();
    out[threadIdx.x] = values[threadIdx.x];
}

__global__ void dynamic_overrun(int *out)
{
    MN_DYNAMIC_SHARED(int, values);
    values[threadIdx.x + (threadIdx.x == 63 ? 1 : 0)] = 1; /* mark dynamic_overrun */
    __syncthreads();
    out[threadIdx.x] = 1;
}

__global__ void global_overrun(int *out)
{
    if (threadIdx.x == 0)
        out[planted_count] = 1; /* mark global_overrun */
}

__global__ void static_overread(int *out)
{
    MN_SHARED(int, values, [64]);
    values[threadIdx.x] = 1;
    __syncthreads();
    const int *const next = values + 1;
    out[threadIdx.x] = next[threadIdx.x]; /* mark static_overread */
}

__global__ void dynamic_overread(int *out)
{
    MN_DYNAMIC_SHARED(int, values);
    values[threadIdx.x] = 1;
    __syncthreads();
    out[threadIdx.x] = values[threadIdx.x + 1]; /* mark dynamic_overread */
}

__global__ void global_overread(int *out)
{
    out[threadIdx.x] = out[planted_count - 63 + threadIdx.x]; /* mark global_overread */
}

__global__ void use_after_free(int *out, const int *freed)
{
    out[threadIdx.x] = freed[threadIdx.x]; /* mark use_after_free */
}

/* A stack for each lane is small, here and on a GPU (where it is slow as well). */
__global__ void deep_stack(int *out)
{
    volatile int values[20000];
    for (int i = 0; i < 20000; i++)
        values[i] = i;
    out[threadIdx.x] = values[threadIdx.x];
}

/* Static shared memory has 48 KiB; CUDA's compiler refuses more in one kernel, which the planted bug is kept from. */
#ifndef __CUDACC__
__global__ void too_much_shared(int *out)
{
    MN_SHARED(int, values, [13000]); /* mark too_much_shared */
    values[threadIdx.x] = 1;
    out[threadIdx.x] = values[threadIdx.x];
}
#endif

/* ---- memory that was never set ----------------------------------------------------------------------------------------------- */

__global__ void unset_shared(int *out)
{
    MN_SHARED(int, values, [64]);
    if (threadIdx.x != 9)
        values[threadIdx.x] = 1;
    __syncthreads();
    if (values[threadIdx.x] > 3) /* mark unset_shared */
        out[threadIdx.x] = 2;
}

__global__ void unset_dynamic(int *out)
{
    MN_DYNAMIC_SHARED(int, counts);
    atomicAdd(&counts[threadIdx.x % 8], 1); /* mark unset_dynamic */
    __syncthreads();
    if (counts[threadIdx.x % 8] > 8)
        out[threadIdx.x] = 2;
}

__global__ void unset_global(int *out, const int *never_set)
{
    if (never_set[threadIdx.x] > 3) /* mark unset_global */
        out[threadIdx.x] = 2;
}

/* ---- races: what a barrier, a fence or an atomic is missing for ------------------------------------------------------------- */

__global__ void race_without_barrier(int *out)
{
    MN_SHARED(int, values, [64]);
    values[threadIdx.x] = static_cast<int>(threadIdx.x); /* mark race_without_barrier */
    out[threadIdx.x] = values[63 - threadIdx.x];         /* mark race_without_barrier */
}

__global__ void race_in_warp(int *out)
{
    MN_SHARED(int, values, [32]);
    values[threadIdx.x] = static_cast<int>(threadIdx.x); /* mark race_in_warp */
    const int sum = __shfl_xor_sync(whole_warp, 1, 1);   /* orders no memory */
    out[threadIdx.x] = values[threadIdx.x ^ 1] + sum;    /* mark race_in_warp */
}

__global__ void race_of_warps(int *out)
{
    MN_SHARED(int, values, [64]);
    values[threadIdx.x] = static_cast<int>(threadIdx.x); /* mark race_of_warps */
    __syncwarp();
    out[threadIdx.x] = values[threadIdx.x ^ 32]; /* mark race_of_warps */
}

__global__ void race_of_blocks(int *out)
{
    if (threadIdx.x == 0)
        out[0] += 1; /* mark race_of_blocks */
}

__global__ void race_next_round(int *out)
{
    MN_SHARED(int, value, );
    for (int round = 0; round < 2; round++) {
        if (threadIdx.x == 0)
            value = round; /* mark race_next_round */
        __syncthreads();
        out[threadIdx.x] += value; /* mark race_next_round */
    }
}

__global__ void race_without_fence(int *out)
{
    if (threadIdx.x != 0)
        return;
    out[1 + blockIdx.x] = 7; /* mark race_without_fence */
    if (atomicAdd(&out[0], 1) == static_cast<int>(gridDim.x) - 1)
        for (unsigned block = 0; block < gridDim.x; block++)
            out[100] += out[1 + block]; /* mark race_without_fence */
}

/* ---- results that depend on who comes first ------------------------------------------------------------------------------- */

__global__ void lane_order(int *out)
{
    out[threadIdx.x] = atomicAdd(&out[500], 1);
}

__global__ void warp_order(int *out)
{
    MN_SHARED(int, last, );
    if (threadIdx.x % 32 == 0)
        atomicExch(&last, static_cast<int>(threadIdx.x));
    __syncthreads();
    out[threadIdx.x] = last;
}

__global__ void block_order(int *out)
{
    if (threadIdx.x == 0)
        atomicMax(&out[0], atomicAdd(&out[1], 1) == 0 ? static_cast<int>(blockIdx.x) + 1 : 0);
}

/* A block tells that it has finished before its sum is there: run one after the other, nobody notices. */
__global__ void last_block(int *out)
{
    if (threadIdx.x != 0)
        return;
    const int finished = atomicAdd(&out[0], 1);
    atomicAdd(&out[1], 10);
    if (finished == static_cast<int>(gridDim.x) - 1)
        out[2] = atomicAdd(&out[1], 0);
}

/* A test and a change in two steps, where one atomicCAS is needed. */
__global__ void read_then_write(int *out)
{
    const int seen = atomicAdd(&out[0], 0);
    atomicExch(&out[0], seen + 1);
}

/* ---- launching ------------------------------------------------------------------------------------------------------------- */

__global__ void set_to_one(int *out)
{
    out[threadIdx.x] = 1;
}

using plain_kernel = void (*)(int *);

static const struct {
    const char *name;
    plain_kernel kernel;
    unsigned blocks, block;
    size_t bytes;
} plain[] = {
    {"divergent_barrier", divergent_barrier, 1, 64, 0},
    {"barrier_of_another_kind", barrier_of_another_kind, 1, 64, 0},
    {"left_before_barrier", left_before_barrier, 1, 64, 0},
    {"mask_without_self", mask_without_self, 1, 32, 0},
    {"left_but_in_mask", left_but_in_mask, 1, 32, 0},
    {"mask_beyond_warp", mask_beyond_warp, 1, 20, 0},
    {"source_outside_mask", source_outside_mask, 1, 32, 0},
    {"masks_that_differ", masks_that_differ, 1, 32, 0},
    {"other_operation", other_operation, 1, 32, 0},
    {"warp_waits_for_block", warp_waits_for_block, 1, 32, 0},
    {"endless_poll", endless_poll, 2, 32, 0},
    {"broken_assumption", broken_assumption, 1, 32, 0},
    {"static_overrun", static_overrun, 1, 64, 0},
    {"dynamic_overrun", dynamic_overrun, 1, 64, 256},
    {"global_overrun", global_overrun, 1, 64, 0},
    {"deep_stack", deep_stack, 1, 1, 0},
    {"static_overread", static_overread, 1, 64, 0},
    {"dynamic_overread", dynamic_overread, 1, 64, 256},
    {"global_overread", global_overread, 1, 64, 0},
#ifndef __CUDACC__
    {"too_much_shared", too_much_shared, 1, 64, 0},
#endif
    {"unset_shared", unset_shared, 1, 64, 0},
    {"unset_dynamic", unset_dynamic, 1, 64, 32},
    {"race_without_barrier", race_without_barrier, 1, 64, 0},
    {"race_in_warp", race_in_warp, 1, 32, 0},
    {"race_of_warps", race_of_warps, 1, 64, 0},
    {"race_of_blocks", race_of_blocks, 2, 32, 0},
    {"race_next_round", race_next_round, 1, 64, 0},
    {"race_without_fence", race_without_fence, 4, 32, 0},
    {"lane_order", lane_order, 1, 32, 0},
    {"warp_order", warp_order, 1, 256, 0},
    {"block_order", block_order, 16, 32, 0},
    {"last_block", last_block, 8, 32, 0},
    {"read_then_write", read_then_write, 1, 64, 0},
};

/* The launch alone; `out` lies on the device. */
static cudaError_t launch(const char *name, int *out)
{
    for (const auto &entry : plain)
        if (!strcmp(entry.name, name))
            return MN_LAUNCH(entry.kernel, entry.blocks, entry.block, entry.bytes, nullptr, out);
    if (strcmp(name, "use_after_free") && strcmp(name, "unset_global"))
        return cudaErrorInvalidValue;
    int *other = nullptr;
    if (const cudaError_t error = cudaMalloc(&other, 64 * sizeof *other))
        return error;
    if (!strcmp(name, "use_after_free")) {
        cudaFree(other);
        return MN_LAUNCH(use_after_free, 1, 64, 0, nullptr, out, other);
    }
    const cudaError_t error = MN_LAUNCH(unset_global, 1, 64, 0, nullptr, out, other);
    cudaFree(other);
    return error;
}

/* Waits for nothing: `out` is read while the stream may still be at work. */
static cudaError_t forget_to_wait(int *device, int *out)
{
    cudaStream_t stream = nullptr;
    int *pinned = nullptr;
    if (cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) ||
        cudaMallocHost(&pinned, planted_count * sizeof *out))
        return cudaErrorUnknown;
    memset(pinned, 0, planted_count * sizeof *out);
    MN_LAUNCH(set_to_one, 1, 64, 0, stream, device);
    cudaMemcpyAsync(pinned, device, planted_count * sizeof *out, cudaMemcpyDeviceToHost, stream);
    memcpy(out, pinned, planted_count * sizeof *out);
    cudaStreamDestroy(stream);
    cudaFreeHost(pinned);
    return cudaSuccess;
}

int planted_run(const char *name, int *out)
{
    int *device = nullptr;
    cudaError_t error = cudaMalloc(&device, planted_count * sizeof *out);
    if (!error)
        error = cudaMemset(device, 0, planted_count * sizeof *out);
    if (!error && !strcmp(name, "forget_to_wait"))
        error = forget_to_wait(device, out);
    else if (!error && !(error = launch(name, device)))
        error = cudaMemcpy(out, device, planted_count * sizeof *out, cudaMemcpyDeviceToHost);
    cudaFree(device);
    return error ? error : cudaGetLastError();
}
