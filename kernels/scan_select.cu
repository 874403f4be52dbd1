/* The best of a list of candidates, in the order of the answers: score descending, then prefix, then low part (host/device/kernel_scan.h).
 *
 * Bitonic sort (Batcher 1968): deterministic, in place, no scratch. Steps whose distance lies within a tile of 1024 candidates (24 KiB of
 * shared memory) are done at once by a block of 512 threads, two candidates a thread; longer ones take a launch each, 48
 * bytes read and up to 48 written a pair. A list of n > 1024 takes (log2 n - 10) (log2 n - 9) / 2 such launches. Lists are short (what has beaten
 * the K best since the last selection), so nothing faster is needed. */
#include "host/device/kernel_scan.h"
#include "kernels/gpu.h"

namespace
{

constexpr unsigned tile = MN_KERNEL_SORT_TILE, threads = tile / 2;

/* Whether `a` comes after `b`. */
__device__ inline bool comes_after(const mn_kernel_candidate &a, const mn_kernel_candidate &b)
{
    if (a.dead != b.dead)
        return a.dead > b.dead;
    if (a.score != b.score)
        return a.score < b.score;
    return a.prefix != b.prefix ? a.prefix > b.prefix : a.low > b.low;
}

/* Orders the pair of number `pair` at that distance, in sequences of `size` that go up and down by turns. */
__device__ inline void order_pair(mn_kernel_candidate *list, uint64_t pair, uint64_t first, uint64_t size,
                                  uint64_t distance)
{
    const uint64_t i = 2 * pair - (pair & (distance - 1)), j = i + distance;
    const bool up = ((first + i) & size) == 0;
    const mn_kernel_candidate a = list[i], b = list[j];
    if (comes_after(a, b) == up && (comes_after(a, b) || comes_after(b, a))) {
        list[i] = b;
        list[j] = a;
    }
}

__global__ void __launch_bounds__(threads) sort_tiles(const mn_kernel_scan_sort p)
{
    MN_SHARED(mn_kernel_candidate, list, [tile]);
    const uint64_t first = static_cast<uint64_t>(blockIdx.x) * tile;
    for (unsigned i = threadIdx.x; i < tile; i += threads)
        list[i] = p.candidates[first + i];
    __syncthreads();
    for (uint64_t size = p.size <= tile ? 2 : p.size; size <= p.size; size *= 2)
        for (uint64_t distance = size / 2 < threads ? size / 2 : threads; distance > 0; distance /= 2) {
            order_pair(list, threadIdx.x, first, size, distance);
            __syncthreads();
        }
    for (unsigned i = threadIdx.x; i < tile; i += threads)
        p.candidates[first + i] = list[i];
}

__global__ void __launch_bounds__(threads) sort_step(const mn_kernel_scan_sort p)
{
    const uint64_t pair = static_cast<uint64_t>(blockIdx.x) * threads + threadIdx.x;
    if (pair < p.count / 2)
        order_pair(p.candidates, pair, 0, p.size, p.distance);
}

__global__ void __launch_bounds__(threads) mark_equal(const mn_kernel_scan_mark p)
{
    const uint64_t i = static_cast<uint64_t>(blockIdx.x) * threads + threadIdx.x + 1;
    if (i >= p.count)
        return;
    const mn_kernel_candidate *a = p.candidates + i - 1, *b = p.candidates + i;
    if (a->score != b->score || a->prefix != b->prefix || a->low != b->low)
        return;
    p.candidates[i].dead = 1;
    atomicAdd(reinterpret_cast<unsigned long long *>(&p.state->duplicates), 1ULL);
}

__global__ void __launch_bounds__(threads) fill_dead(const mn_kernel_scan_fill p)
{
    const uint64_t i = p.count + static_cast<uint64_t>(blockIdx.x) * threads + threadIdx.x;
    if (i < p.end)
        p.candidates[i] = {INT64_MIN, UINT64_MAX, UINT32_MAX, 1};
}

dim3 blocks_for(uint64_t work)
{
    return dim3(static_cast<unsigned>((work + threads - 1) / threads));
}

/* The frame of a launch. */
template <typename Launch>
mn_status run(mn_gpu *gpu, int stream, const char *kernel, uint64_t bytes, mn_error *error, Launch launch)
{
    const mn_gpu_work work = {kernel, bytes, 0};
    mn_status status = mn_gpu_begin(gpu, stream, &work, error);
    if (status == MN_OK)
        status = mn_gpu_call(gpu, error, kernel, launch);
    return status == MN_OK ? mn_gpu_end(gpu, stream, error) : status;
}

} // namespace

mn_status mn_launch_scan_sort(mn_gpu *gpu, int stream, const mn_kernel_scan_sort *parameters, mn_error *error)
{
    const mn_kernel_scan_sort &p = *parameters;
    const cudaStream_t on = mn_gpu_stream(gpu, stream);
    return run(gpu, stream, "scan sort", 2 * p.count * sizeof(mn_kernel_candidate), error, [&] {
        return p.distance ? MN_LAUNCH(sort_step, blocks_for(p.count / 2), dim3(threads), 0, on, p)
                          : MN_LAUNCH(sort_tiles, dim3(static_cast<unsigned>(p.count / tile)), dim3(threads), 0, on, p);
    });
}

mn_status mn_launch_scan_mark(mn_gpu *gpu, int stream, const mn_kernel_scan_mark *parameters, mn_error *error)
{
    const mn_kernel_scan_mark &p = *parameters;
    const cudaStream_t on = mn_gpu_stream(gpu, stream);
    return run(gpu, stream, "scan mark", p.count * sizeof(mn_kernel_candidate), error,
               [&] { return MN_LAUNCH(mark_equal, blocks_for(p.count), dim3(threads), 0, on, p); });
}

mn_status mn_launch_scan_fill(mn_gpu *gpu, int stream, const mn_kernel_scan_fill *parameters, mn_error *error)
{
    const mn_kernel_scan_fill &p = *parameters;
    const cudaStream_t on = mn_gpu_stream(gpu, stream);
    return run(gpu, stream, "scan fill", (p.end - p.count) * sizeof(mn_kernel_candidate), error,
               [&] { return MN_LAUNCH(fill_dead, blocks_for(p.end - p.count), dim3(threads), 0, on, p); });
}
