/* What the scan's kernels share: chunks, tasks, what a candidate must beat, exact sums (host/device/kernel_scan.h has the words). */
#ifndef MN_KERNELS_SCAN_TASK_H
#define MN_KERNELS_SCAN_TASK_H

#include "host/device/kernel_scan.h"
#include "kernels/gpu.h"

namespace mn_scan
{

constexpr unsigned every_lane = 0xffffffffu;
constexpr uint64_t no_chunk = UINT64_MAX;
constexpr int64_t most_sum = INT64_C(1) << 62;

/* What a lane knows of the task that its warp works on. */
struct task {
    const mn_kernel_group *group;
    const mn_kernel_low *low;
    int64_t sum;         /* lane c: the high part's sum of column c */
    uint64_t path;       /* number of the first prefix of the high part */
    unsigned first, end; /* middle parts, within the group */
};

__device__ inline unsigned lane_number()
{
    return threadIdx.x % 32;
}

__device__ inline unsigned warp_or(unsigned value)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
    for (int distance = 16; distance; distance /= 2)
        value |= __shfl_xor_sync(every_lane, value, distance);
    return value;
#else
    return __reduce_or_sync(every_lane, value);
#endif
}

/* 64 bits of any type through CUDA's shuffle of a long long. */
__device__ inline int64_t hand_round(int64_t value, int source)
{
    return __shfl_sync(every_lane, static_cast<long long>(value), source);
}

__device__ inline unsigned long long *counter(uint64_t *word)
{
    return reinterpret_cast<unsigned long long *>(word);
}

/* ---- where the work is ---------------------------------------------------------------------------------------------------------- */

/* The last group that begins at `chunk` or before. */
__device__ inline int find_group(const mn_kernel_scan_tables &t, uint64_t chunk)
{
    int below = 0, above = t.group_count; /* groups[below].first_chunk <= chunk < groups[above].first_chunk */
    while (above - below > 1) {
        const int middle = (below + above) / 2;
        if (t.groups[middle].first_chunk <= chunk)
            below = middle;
        else
            above = middle;
    }
    return below;
}

/* The next chunk of this block; thread 0 alone. */
__device__ inline uint64_t take_chunk(const mn_kernel_scan &p)
{
    if (mn_load_now(&p.state->candidate_count) > p.capacity)
        return no_chunk;
    const uint64_t taken = atomicAdd(counter(&p.state->next_chunk), 1ULL);
    if (taken < p.redo_in_count)
        return p.redo_in[taken];
    const uint64_t chunk = p.first_chunk + (taken - p.redo_in_count);
    return chunk < p.end_chunk ? chunk : no_chunk;
}

/* Walks the high part of number `high` back from the middle layer. */
__device__ inline void find_high(const mn_kernel_scan_tables &t, uint64_t high, task &k)
{
    const unsigned lane = lane_number();
    const bool adds = lane < static_cast<unsigned>(t.column_count);
    const int64_t *weights = t.weights + (adds ? lane * t.item_count : 0);
    uint32_t state = k.group->state;
    k.sum = 0;
    k.path = 0;
    for (int layer = t.middle_layer; layer > 0; layer--) {
        const mn_kernel_way *way = t.ways + t.way_first[t.layer_first[layer] + state];
        for (; high >= way->count; way++)
            high -= way->count;
        k.path += way->before;
        state = static_cast<uint32_t>(way->state);
        if (adds)
            k.sum += weights[way->item];
    }
}

/* Task `number` of a group; false: there is none. */
__device__ inline bool find_task(const mn_kernel_scan_tables &t, uint64_t number, task &k)
{
    const uint64_t high = number / k.group->slices;
    if (high >= k.group->high_count)
        return false;
    k.first = static_cast<unsigned>(number - high * k.group->slices) * MN_KERNEL_SLICE;
    k.end = k.group->middle_count - k.first < MN_KERNEL_SLICE ? k.group->middle_count : k.first + MN_KERNEL_SLICE;
    find_high(t, high, k);
    return true;
}

/* ---- what is of interest -------------------------------------------------------------------------------------------------------- */

/* The score that a prefix's networks must reach. */
__device__ inline int64_t needed_score(const mn_kernel_scan &p, uint64_t prefix)
{
    const mn_kernel_candidate &worst = p.state->worst;
    int64_t score = worst.score;
    if (prefix > worst.prefix)
        score++;
    if (p.one) {
        const uint64_t bits = mn_load_now(&p.state->reached) ^ (uint64_t{1} << 63);
        const int64_t reached = static_cast<int64_t>(bits);
        score = reached > score ? reached : score;
    }
    return score;
}

__device__ inline bool of_interest(const mn_kernel_scan &p, int64_t score, uint64_t prefix, uint32_t low)
{
    const mn_kernel_candidate &worst = p.state->worst;
    const int64_t needed = needed_score(p, prefix);
    return score > needed || (score == needed && (score != worst.score || prefix != worst.prefix || low < worst.low));
}

/* What the score's column may sum to for that score. */
__device__ inline int64_t score_bound(int64_t base, int64_t score)
{
    if (score <= base - most_sum)
        return most_sum;
    return score >= 0 && base < score - most_sum ? -most_sum : base - score;
}

/* ---- exact sums ----------------------------------------------------------------------------------------------------------------- */

/* The sums of one prefix, a column a lane. */
struct prefix {
    int64_t sum;
    uint64_t number;
};

__device__ inline prefix add_middle(const mn_kernel_scan_tables &t, const task &k, unsigned index)
{
    const unsigned lane = lane_number();
    const uint64_t middle = k.group->middle + index;
    prefix x = {k.sum, k.path + t.middle_numbers[middle]};
    if (lane < static_cast<unsigned>(t.column_count))
        x.sum += t.middle_sums[lane * t.middle_total + middle];
    return x;
}

/* Whether low part `place` obeys all limits behind the prefix; all lanes come here, those without one say `have` = false. */
__device__ inline bool obeys_limits(const mn_kernel_scan_tables &t, const prefix &x, uint64_t place, bool have)
{
    for (int column = 1; column < t.column_count; column++) {
        const int64_t sum = hand_round(x.sum, column);
        if (have)
            have = sum + t.low_sums[static_cast<uint64_t>(column) * t.low_total + place] <= t.bounds[column];
    }
    return have;
}

/* Adds a candidate; false: there is no room. */
__device__ inline bool append(const mn_kernel_scan &p, int64_t score, uint64_t number, uint32_t low)
{
    if (p.one)
        atomicMax(counter(&p.state->reached), static_cast<unsigned long long>(score) ^ 1ULL << 63);
    const uint64_t slot = atomicAdd(counter(&p.state->candidate_count), 1ULL);
    if (slot >= p.capacity)
        return false;
    p.candidates[slot] = {score, number, low, 0};
    return true;
}

/* ---- a block's work ---------------------------------------------------------------------------------------------------------------- */

/* What a warp adds up over its tasks. */
struct tally {
    uint64_t examined; /* the same in all lanes */
    uint64_t feasible; /* this lane's */
    bool room;         /* every candidate found its place */
};

/* Takes chunks until there are none, loads what a block keeps of a low table when it changes, and gives the warps their tasks.
 * load(low), run(task); sum.room tells whether candidates found room. A chunk whose candidates did not is noted and ends the block; its warps
 * stop where they are, for all of it will be done again. */
template <typename Load, typename Run>
__device__ inline void run_chunks(const mn_kernel_scan &p, tally &sum, Load load, Run run)
{
    MN_SHARED(uint64_t, chunk, );
    MN_SHARED(int, group, );
    MN_SHARED(int, full, );
    const mn_kernel_scan_tables &t = p.tables;
    const unsigned warps = blockDim.x / 32;
    uint32_t loaded = UINT32_MAX;
    if (threadIdx.x == 0)
        full = 0;
    for (;;) {
        if (threadIdx.x == 0) {
            chunk = take_chunk(p);
            group = chunk == no_chunk ? 0 : find_group(t, chunk);
        }
        __syncthreads();
        if (chunk == no_chunk)
            break;
        task k;
        k.group = t.groups + group;
        k.low = t.lows + k.group->low;
        if (k.group->low != loaded) {
            loaded = k.group->low;
            load(*k.low);
            __syncthreads();
        }
        const uint64_t first = (chunk - k.group->first_chunk) * MN_KERNEL_CHUNK;
        for (unsigned i = threadIdx.x / 32; i < MN_KERNEL_CHUNK && sum.room && find_task(t, first + i, k); i += warps)
            run(k);
        if (!sum.room && lane_number() == 0)
            atomicExch(&full, 1);
        __syncthreads();
        if (full) {
            if (threadIdx.x == 0)
                p.redo[atomicAdd(counter(&p.state->redo_count), 1ULL)] = chunk;
            break;
        }
    }
    if (lane_number() == 0 && sum.examined)
        atomicAdd(counter(&p.state->examined), static_cast<unsigned long long>(sum.examined));
}

} // namespace mn_scan

#endif
