/* The best network for each of many limit sets: a sweep by scan over the networks that can be an answer (host/device/kernel_scan_many.h has the words).
 *
 * Grid: as many blocks of 256 threads as run at once; a warp takes every so many-th row. Lane f finds filter f's rank by binary search; then the
 * warp goes through the sets, best networks first, 2048 a step: 256 bytes of global memory a limit, which lie in the second-level cache. The first
 * common bit that stands the check in 64 bits is the answer; its choices are copied. On NAS-Bench-201 with two limits all networks are in one
 * step: a row reads 2 limits x 256 bytes of cache, 16 bytes of capacities, and writes 24 bytes. */
#include "host/device/kernel_scan_many.h"
#include "kernels/gpu.h"

namespace
{

constexpr unsigned every_lane = 0xffffffffu, block_threads = 256;

__device__ inline unsigned lane_number()
{
    return threadIdx.x % 32;
}

__device__ inline int64_t hand_round(int64_t value, int source)
{
    return __shfl_sync(every_lane, static_cast<long long>(value), source);
}

__device__ inline unsigned find_rank(const mn_kernel_scan_many &p, int filter, int64_t bound)
{
    const int64_t *bottoms = p.bottoms + p.bottom[filter];
    unsigned below = 0, above = static_cast<unsigned>(p.ranks[filter]);
    while (below < above) { /* bottoms[below - 1] <= bound < bottoms[above] */
        const unsigned middle = (below + above) / 2;
        if (bottoms[middle] <= bound)
            below = middle + 1;
        else
            above = middle;
    }
    return below;
}

/* Whether network `place` obeys all limits; all lanes come here. */
__device__ inline bool obeys_limits(const mn_kernel_scan_many &p, int64_t bound, uint64_t place, bool have)
{
    for (int limit = 0; limit < p.limit_count; limit++) {
        const int64_t most = hand_round(bound, limit);
        if (have)
            have = p.values[static_cast<uint64_t>(limit) * p.networks + place] <= most;
    }
    return have;
}

/* The first network of a step that obeys the limits; UINT64_MAX: none. */
__device__ inline uint64_t first_of_step(const mn_kernel_scan_many &p, int64_t bound, uint64_t common, unsigned step)
{
    const uint64_t word = static_cast<uint64_t>(step) * MN_KERNEL_STEP_WORDS + lane_number();
    uint64_t found = UINT64_MAX;
    while (__any_sync(every_lane, common != 0)) {
        const bool have = common != 0;
        const unsigned bit = have ? static_cast<unsigned>(__ffsll(static_cast<long long>(common))) - 1 : 0;
        const uint64_t place = have ? word * 64 + bit : 0;
        const bool obeys = obeys_limits(p, bound, place, have);
        const unsigned now = __ballot_sync(every_lane, obeys);
        if (now) {
            const int first = __ffs(static_cast<int>(now)) - 1;
            found = static_cast<uint64_t>(hand_round(static_cast<int64_t>(place), first));
            if (lane_number() >= static_cast<unsigned>(first))
                common = 0; /* what lies before may still obey */
        }
        common &= common - 1;
    }
    return found;
}

/* The lane's word of a step: networks that may obey the limits. rank: lane f's. */
__device__ inline uint64_t intersect(const mn_kernel_scan_many &p, unsigned rank, unsigned step)
{
    const uint64_t word = static_cast<uint64_t>(step) * MN_KERNEL_STEP_WORDS + lane_number();
    uint64_t common = word * 64 + 64 <= p.networks ? ~uint64_t{0}
                      : word * 64 < p.networks     ? (uint64_t{1} << (p.networks - word * 64)) - 1
                                                   : 0;
    for (int f = 0; f < p.filter_count; f++) {
        const unsigned mine = __shfl_sync(every_lane, rank, f);
        if (mine < static_cast<unsigned>(p.ranks[f])) /* else everything fits */
            common &= p.sets[p.set[f] + static_cast<uint64_t>(mine) * p.words + word];
    }
    return common;
}

/* The place of a row's best network; UINT64_MAX: none. */
__device__ inline uint64_t answer_row(const mn_kernel_scan_many &p, uint64_t row)
{
    const int lane = static_cast<int>(lane_number());
    const bool limits = lane < p.limit_count;
    const int64_t bound =
        limits ? p.capacities[row * static_cast<uint64_t>(p.limit_count) + static_cast<uint64_t>(lane)] : 0;
    const bool filters = lane < p.filter_count;
    const int64_t mine = hand_round(bound, filters ? p.limit[lane] : 0);
    const unsigned rank = filters ? find_rank(p, lane, mine) : 0;
    const uint32_t edges = filters ? p.edges[p.edge[lane] + rank] : p.words / MN_KERNEL_STEP_WORDS << 16;
    unsigned first = edges & 0xffff, end = edges >> 16;
    for (int distance = 16; distance; distance /= 2) {
        const unsigned other_first = __shfl_xor_sync(every_lane, first, distance);
        const unsigned other_end = __shfl_xor_sync(every_lane, end, distance);
        first = other_first > first ? other_first : first;
        end = other_end < end ? other_end : end;
    }
    for (unsigned step = first; step < end; step++) {
        const uint64_t common = intersect(p, rank, step);
        if (!__any_sync(every_lane, common != 0))
            continue;
        const uint64_t found = first_of_step(p, bound, common, step);
        if (found != UINT64_MAX)
            return found;
    }
    return UINT64_MAX;
}

/* Four blocks a multiprocessor: 1024 threads are what the smallest one (sm_75) holds, and no architecture spills. */
__global__ void __launch_bounds__(block_threads, 4) answer_rows(const mn_kernel_scan_many p)
{
    const uint64_t warps = static_cast<uint64_t>(gridDim.x) * (block_threads / 32);
    for (uint64_t row = static_cast<uint64_t>(blockIdx.x) * (block_threads / 32) + threadIdx.x / 32; row < p.rows;
         row += warps) {
        const uint64_t place = answer_row(p, row);
        const int64_t score = place == UINT64_MAX ? 0 : p.worth[place];
        const bool better = place != UINT64_MAX && (p.problems[row] < 0 || score > p.scores[row]);
        __syncwarp();
        if (!better)
            continue;
        for (unsigned node = lane_number(); node < static_cast<unsigned>(p.node_count); node += 32)
            p.answers[row * static_cast<uint64_t>(p.widest) + node] =
                p.choices[place * static_cast<uint64_t>(p.node_count) + node];
        if (lane_number() == 0) {
            p.problems[row] = p.problem;
            p.scores[row] = score;
        }
    }
}

} // namespace

mn_status mn_launch_scan_many(mn_gpu *gpu, int stream, const mn_kernel_scan_many *parameters, mn_error *error)
{
    const mn_kernel_scan_many &p = *parameters;
    const uint64_t bytes =
        p.rows * (static_cast<uint64_t>(p.limit_count) * 8 + 12 + 2 * static_cast<uint64_t>(p.node_count));
    const mn_gpu_work work = {"scan many", bytes, p.rows};
    const mn_gpu_launch launch = {static_cast<int>(block_threads), 0,
                                  (p.rows + block_threads / 32 - 1) / (block_threads / 32)};
    return mn_gpu_launch_kernel(gpu, stream, &work, &launch, error, answer_rows, p);
}
