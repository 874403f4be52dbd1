/* Every operation of lanes, warps and blocks once, for comparison with what CUDA says of it (tests/test_simt_lanes.cpp). */
#include "kernels/kernel.h"
#include "tests/simt/lanes.h"

__global__ void warp_kernel(const warp_input *inputs, warp_results *results)
{
    const warp_input in = inputs[threadIdx.x];
    const unsigned mask = in.mask;
    warp_results got = {};
    if (!mask)
        return;
    got.from = __shfl_sync(mask, in.value, in.source, in.width);
    got.up = __shfl_up_sync(mask, in.value, in.delta, in.width);
    got.down = __shfl_down_sync(mask, in.value, in.delta, in.width);
    got.crossed = __shfl_xor_sync(mask, in.value, in.crossing, in.width);
    got.from_wide = __shfl_sync(mask, in.value * 4294967296 + 5, in.source, in.width);
    got.crossed_double = __shfl_xor_sync(mask, in.value + 0.5, in.crossing, in.width);
    got.ballot = __ballot_sync(mask, in.value & 2);
    got.any = __any_sync(mask, in.value & 1) != 0;
    got.all = __all_sync(mask, in.value & 1) != 0;
    got.match_any = __match_any_sync(mask, in.value);
    got.match_all = __match_all_sync(mask, in.value, &got.all_equal);
    __syncwarp(mask);
    got.add_signed = __reduce_add_sync(mask, in.value);
    got.min_signed = __reduce_min_sync(mask, in.value);
    got.max_signed = __reduce_max_sync(mask, in.value);
    got.add = __reduce_add_sync(mask, static_cast<unsigned>(in.value));
    got.min = __reduce_min_sync(mask, static_cast<unsigned>(in.value));
    got.max = __reduce_max_sync(mask, static_cast<unsigned>(in.value));
    got.bits_and = __reduce_and_sync(mask, static_cast<unsigned>(in.value));
    got.bits_or = __reduce_or_sync(mask, static_cast<unsigned>(in.value));
    got.bits_xor = __reduce_xor_sync(mask, static_cast<unsigned>(in.value));
    got.active = __activemask();
    results[threadIdx.x] = got;
}

__global__ void atomic_kernel(atomic_results *r)
{
    const unsigned number = blockIdx.x * blockDim.x + threadIdx.x;
    const int value = static_cast<int>(number);
    unsigned long long old = 0;
    old += static_cast<unsigned>(atomicAdd(&r->add, 1));
    atomicSub(&r->sub, value);
    atomicMin(&r->min, -value);
    atomicMax(&r->max, value);
    old += static_cast<unsigned>(atomicExch(&r->exchange, value));
    atomicAdd(&r->add_unsigned, 0x80000001u);
    atomicInc(&r->inc, 6);
    atomicDec(&r->dec, 10);
    atomicAnd(&r->bits_and, ~(1u << number % 7));
    atomicOr(&r->bits_or, 1u << number % 13);
    atomicXor(&r->bits_xor, number);
    atomicMin(&r->min_unsigned, number + 3);
    atomicMax(&r->max_unsigned, 0xf0000000u + number);
    atomicAdd(&r->add_wide, 1ull << 40);
    atomicMax(&r->max_wide, static_cast<unsigned long long>(number) << 33);
    unsigned seen = atomicAdd(&r->swaps, 0u);
    for (unsigned last; (last = atomicCAS(&r->swaps, seen, seen + 2)) != seen;)
        seen = last;
    unsigned long long wide = atomicAdd(&r->wide_swaps, 0ull);
    for (unsigned long long last; (last = atomicCAS(&r->wide_swaps, wide, wide + (1ull << 36))) != wide;)
        wide = last;
    atomicAdd(&r->old_sum, old);
}

__global__ void place_kernel(lane_place *places)
{
    const unsigned number = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    const int count = __syncthreads_count(number % 3 == 0), all = __syncthreads_and(number % 3 == 0),
              any = __syncthreads_or(number % 3 == 0);
    lane_place *const place = &places[block * (blockDim.x * blockDim.y * blockDim.z) + number];
    *place = {{threadIdx.x, threadIdx.y, threadIdx.z},
              {blockIdx.x, blockIdx.y, blockIdx.z},
              {blockDim.x, blockDim.y, blockDim.z},
              {gridDim.x, gridDim.y, gridDim.z},
              count,
              all != 0,
              any != 0};
}

/* Runs `kernel` on the device's copies of the arrays; `results` goes both ways. */
template <typename Input, typename Result, typename Launch>
static int on_device(const Input *inputs, size_t input_count, Result *results, size_t count, Launch launch)
{
    Input *device_inputs = nullptr;
    Result *device_results = nullptr;
    cudaError_t error = cudaMalloc(&device_inputs, input_count * sizeof *inputs);
    if (!error)
        error = cudaMalloc(&device_results, count * sizeof *results);
    if (!error)
        error = cudaMemcpy(device_inputs, inputs, input_count * sizeof *inputs, cudaMemcpyHostToDevice);
    if (!error)
        error = cudaMemcpy(device_results, results, count * sizeof *results, cudaMemcpyHostToDevice);
    if (!error)
        error = launch(device_inputs, device_results);
    if (!error)
        error = cudaMemcpy(results, device_results, count * sizeof *results, cudaMemcpyDeviceToHost);
    cudaFree(device_results);
    cudaFree(device_inputs);
    return error;
}

int lanes_warp(const warp_input *inputs, int lanes, warp_results *results)
{
    return on_device(
        inputs, static_cast<size_t>(lanes), results, static_cast<size_t>(lanes),
        [=](warp_input *in, warp_results *out) { return MN_LAUNCH(warp_kernel, 1, lanes, 0, nullptr, in, out); });
}

int lanes_atomic(int blocks, int block, atomic_results *results)
{
    return on_device(&blocks, 1, results, 1, [=](int *, atomic_results *out) {
        return MN_LAUNCH(atomic_kernel, blocks, block, 0, nullptr, out);
    });
}

int lanes_places(const unsigned *grid, const unsigned *block, lane_place *places)
{
    const size_t count = static_cast<size_t>(grid[0]) * grid[1] * grid[2] * block[0] * block[1] * block[2];
    return on_device(grid, 3, places, count, [=](unsigned *, lane_place *out) {
        return MN_LAUNCH(place_kernel, dim3(grid[0], grid[1], grid[2]), dim3(block[0], block[1], block[2]), 0, nullptr,
                         out);
    });
}
