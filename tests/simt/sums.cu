/* Sums of integers in the ways that kernels add: by warp shuffles and shared memory, by the last block to finish, by warp votes. Small, but
 * real: launched with streams, dynamic shared memory and constant memory, and compiled by nvcc as well. */
#include "kernels/kernel.h"
#include "tests/simt/sums.h"

static constexpr int warps_limit = 32;

static __constant__ int weights[sums_weight_count];

/* The block's sum, to lane 0. Block: any multiple of 32. */
__device__ static long long block_sum(long long value)
{
    MN_SHARED(long long, of_warp, [warps_limit]);
    for (int step = 16; step; step /= 2)
        value += __shfl_down_sync(0xffffffffu, value, step);
    if (threadIdx.x % 32 == 0)
        of_warp[threadIdx.x / 32] = value;
    __syncthreads();
    long long sum = 0;
    if (threadIdx.x == 0)
        for (unsigned warp = 0; warp < blockDim.x / 32; warp++)
            sum += of_warp[warp];
    return sum;
}

/* Weighted sum; each block leaves its own, the last one to finish adds them up. */
template <int Each>
__global__ void __launch_bounds__(1024)
    sum_kernel(const int *__restrict__ values, int count, long long *of_block, unsigned *finished, long long *total)
{
    MN_SHARED(bool, is_last, );
    const int stride = static_cast<int>(gridDim.x * blockDim.x);
    long long sum = 0;
    int at = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    for (; at < count; at += stride * Each)
        for (int i = 0; i < Each; i++)
            if (at + i * stride < count)
                sum += static_cast<long long>(__ldg(&values[at + i * stride])) *
                       weights[(at + i * stride) % sums_weight_count];
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        mn_store_now(&of_block[blockIdx.x], sum);
        __threadfence();
        is_last = atomicAdd(finished, 1u) == gridDim.x - 1;
    }
    __syncthreads();
    if (is_last && threadIdx.x == 0) {
        __threadfence();
        long long all = 0;
        for (unsigned block = 0; block < gridDim.x; block++)
            all += mn_load_now(&of_block[block]);
        *total = all;
    }
}

/* How many values fall into each of `bins`, counted in dynamic shared memory. */
__global__ void count_kernel(const int *__restrict__ values, int count, int bins, unsigned long long *counts)
{
    MN_DYNAMIC_SHARED(unsigned, local);
    for (int bin = static_cast<int>(threadIdx.x); bin < bins; bin += static_cast<int>(blockDim.x))
        local[bin] = 0;
    __syncthreads();
    const int stride = static_cast<int>(gridDim.x * blockDim.x);
    for (int at = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); at < count; at += stride)
        atomicAdd(&local[static_cast<unsigned>(values[at]) % static_cast<unsigned>(bins)], 1u);
    __syncthreads();
    for (int bin = static_cast<int>(threadIdx.x); bin < bins; bin += static_cast<int>(blockDim.x))
        atomicAdd(&counts[bin], static_cast<unsigned long long>(local[bin]));
}

#ifdef __CUDACC__
template __global__ void sum_kernel<1>(const int *, int, long long *, unsigned *, long long *);
template __global__ void sum_kernel<4>(const int *, int, long long *, unsigned *, long long *);
#endif

/* The first error of the calls made so far is kept: later ones follow from it. */
static void keep(cudaError_t *error, cudaError_t of_call)
{
    if (*error == cudaSuccess)
        *error = of_call;
}

extern "C" int sums_weighted(const int *values, int count, const int *given_weights, int blocks, int block, int each,
                             long long *total)
{
    int *device_values = nullptr;
    long long *of_block = nullptr;
    unsigned *finished = nullptr;
    cudaStream_t stream = nullptr;
    cudaError_t error = cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
    const size_t bytes = static_cast<size_t>(count) * sizeof *values;
    if (!error)
        error = cudaMalloc(&device_values, bytes);
    if (!error)
        error = cudaMalloc(&of_block, static_cast<size_t>(blocks + 1) * sizeof *of_block);
    if (!error)
        error = cudaMalloc(&finished, sizeof *finished);
    if (!error)
        error = cudaMemcpyToSymbol(weights, given_weights, sizeof weights);
    if (!error)
        error = cudaMemcpyAsync(device_values, values, bytes, cudaMemcpyHostToDevice, stream);
    if (!error)
        error = cudaMemsetAsync(finished, 0, sizeof *finished, stream);
    if (!error && each == 4)
        error = MN_LAUNCH(sum_kernel<4>, blocks, block, 0, stream, device_values, count, of_block, finished,
                          of_block + blocks);
    else if (!error)
        error = MN_LAUNCH(sum_kernel<1>, blocks, block, 0, stream, device_values, count, of_block, finished,
                          of_block + blocks);
    if (!error)
        error = cudaMemcpyAsync(total, of_block + blocks, sizeof *total, cudaMemcpyDeviceToHost, stream);
    if (!error)
        error = cudaStreamSynchronize(stream);
    keep(&error, cudaFree(finished));
    keep(&error, cudaFree(of_block));
    keep(&error, cudaFree(device_values));
    if (stream)
        keep(&error, cudaStreamDestroy(stream));
    return error;
}

extern "C" int sums_counted(const int *values, int count, int bins, int blocks, int block, unsigned long long *counts)
{
    int *device_values = nullptr;
    unsigned long long *device_counts = nullptr;
    const size_t bytes = static_cast<size_t>(count) * sizeof *values,
                 local = static_cast<size_t>(bins) * sizeof(unsigned);
    const size_t count_bytes = static_cast<size_t>(bins) * sizeof *counts;
    cudaError_t error =
        cudaFuncSetAttribute(count_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(local));
    if (!error)
        error = cudaMalloc(&device_values, bytes);
    if (!error)
        error = cudaMalloc(&device_counts, count_bytes);
    if (!error)
        error = cudaMemcpy(device_values, values, bytes, cudaMemcpyHostToDevice);
    if (!error)
        error = cudaMemset(device_counts, 0, count_bytes);
    if (!error)
        error = MN_LAUNCH(count_kernel, blocks, block, local, nullptr, device_values, count, bins, device_counts);
    if (!error)
        error = cudaMemcpy(counts, device_counts, count_bytes, cudaMemcpyDeviceToHost);
    keep(&error, cudaFree(device_counts));
    keep(&error, cudaFree(device_values));
    return error;
}
