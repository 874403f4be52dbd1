/* The scan without ranks: every network's sums are compared as 32-bit integers. The peer that the bit sets are measured against, and a second way to the
 * same answers.
 *
 * Grid and chunks as scan.cu. A block keeps one low table in its shared memory, 16 bytes a low part: up to three sums, counted from the smallest.
 * A lane owns 8 middle parts, whose remainders it keeps in registers, limited to 32 bits (no larger than the largest low sum, no smaller than one
 * below the smallest). A low part is one 16-byte read for 256 networks of a warp; each network takes three comparisons, chained, and a conditional
 * or: 4 integer instructions at 64 lanes a clock, so 3.6e12 networks/s on an H100 at most. Prefixes with a hit are gone through exactly. */
#include "kernels/scan_task.h"

namespace
{

using namespace mn_scan;

constexpr int owned = MN_KERNEL_PLAIN_OWNED;

/* What is left for the low part in filter f behind one middle part, counted from the smallest low sum. */
__device__ inline int32_t remainder_of(const mn_kernel_scan &p, const task &k, int f, uint64_t middle, int64_t high)
{
    const mn_kernel_scan_tables &t = p.tables;
    const int column = t.column[f];
    const int64_t bound = f == t.score_filter
                              ? score_bound(t.score_base, needed_score(p, k.path + t.middle_numbers[middle]))
                              : t.bounds[column];
    const int64_t left = bound - high - t.middle_sums[static_cast<uint64_t>(column) * t.middle_total + middle];
    const int64_t capped = left < t.largest[f] ? left : t.largest[f];
    return capped < t.smallest[f] ? -1 : static_cast<int32_t>(capped - t.smallest[f]);
}

/* The networks of one prefix that obey the limits and are of interest; of a single best the first only. False: some found no room. */
__device__ inline bool keep_prefix(const mn_kernel_scan &p, const task &k, unsigned index)
{
    const mn_kernel_scan_tables &t = p.tables;
    const prefix x = add_middle(t, k, index);
    const int64_t score_sum = hand_round(x.sum, 0);
    bool room = true;
    for (unsigned first = 0; first < k.low->count; first += 32) {
        const bool have = first + lane_number() < k.low->count;
        const uint64_t place = k.low->parts + (have ? first + lane_number() : 0);
        const int64_t score = t.score_base - score_sum - t.low_sums[place];
        const uint32_t low = t.low_numbers[place];
        const bool wanted = have && of_interest(p, score, x.number, low);
        if (!__any_sync(every_lane, wanted)) /* low parts come best first */
            break;
        const bool obeys = obeys_limits(t, x, place, wanted);
        const unsigned now = __ballot_sync(every_lane, obeys), before = now & ((1u << lane_number()) - 1);
        if (obeys && (!p.one || !before) && !append(p, score, x.number, low))
            room = false;
        if ((p.one && now) || !__all_sync(every_lane, room))
            break;
    }
    return __all_sync(every_lane, room);
}

template <int filters>
__device__ inline void run_task(const mn_kernel_scan &p, const task &k, const int4 *lows, tally &sum)
{
    int64_t highs[filters];
    MN_UNROLL(3)
    for (int f = 0; f < filters; f++)
        highs[f] = hand_round(k.sum, p.tables.column[f]);
    for (unsigned batch = k.first; batch < k.end && sum.room; batch += 32 * owned) {
        int32_t left[owned][filters];
        MN_UNROLL(8)
        for (int i = 0; i < owned; i++) {
            const unsigned index = batch + 32 * static_cast<unsigned>(i) + lane_number();
            const bool have = index < k.end;
            MN_UNROLL(3)
            for (int f = 0; f < filters; f++)
                left[i][f] = have ? remainder_of(p, k, f, k.group->middle + index, highs[f]) : -1;
        }
        unsigned hits = 0;
        for (unsigned low = 0; low < k.low->count; low++) {
            const int4 sums = lows[low];
            MN_UNROLL(8)
            for (int i = 0; i < owned; i++)
                if (sums.x <= left[i][0] && (filters < 2 || sums.y <= left[i][filters > 1 ? 1 : 0]) &&
                    (filters < 3 || sums.z <= left[i][filters > 2 ? 2 : 0]))
                    hits |= 1u << i;
        }
        const unsigned in_batch = k.end - batch < 32 * owned ? k.end - batch : 32 * owned;
        sum.examined += static_cast<uint64_t>(in_batch) * k.low->count;
        for (int i = 0; i < owned; i++)
            for (unsigned rest = __ballot_sync(every_lane, hits >> i & 1); rest && sum.room; rest &= rest - 1) {
                const unsigned lane = static_cast<unsigned>(__ffs(static_cast<int>(rest))) - 1;
                sum.room = keep_prefix(p, k, batch + 32 * static_cast<unsigned>(i) + lane) && sum.room;
            }
    }
}

template <int filters> __global__ void __launch_bounds__(512, 1) scan_plain(const mn_kernel_scan p)
{
    MN_DYNAMIC_SHARED(int4, lows);
    const mn_kernel_scan_tables &t = p.tables;
    tally sum = {0, 0, true};
    run_chunks(
        p, sum,
        [&](const mn_kernel_low &low) {
            for (unsigned i = threadIdx.x; i < low.count; i += blockDim.x) {
                int32_t sums[3] = {0, 0, 0};
                MN_UNROLL(3)
                for (int f = 0; f < filters; f++)
                    sums[f] = static_cast<int32_t>(
                        t.low_sums[static_cast<uint64_t>(t.column[f]) * t.low_total + low.parts + i] - t.smallest[f]);
                lows[i] = make_int4(sums[0], sums[1], sums[2], 0);
            }
        },
        [&](const task &k) { run_task<filters>(p, k, lows, sum); });
}

template <int filters> cudaError_t launch(const mn_kernel_scan &p, cudaStream_t stream)
{
    const cudaError_t code = cudaFuncSetAttribute(scan_plain<filters>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                  static_cast<int>(p.shared_bytes));
    if (code != cudaSuccess)
        return code;
    return MN_LAUNCH(scan_plain<filters>, dim3(static_cast<unsigned>(p.blocks)), dim3(static_cast<unsigned>(p.threads)),
                     p.shared_bytes, stream, p);
}

} // namespace

mn_status mn_launch_scan_plain(mn_gpu *gpu, int stream, const mn_kernel_scan *parameters, mn_error *error)
{
    const mn_kernel_scan &p = *parameters;
    const mn_gpu_work work = {"scan plain", 0, p.networks};
    mn_status status = mn_gpu_begin(gpu, stream, &work, error);
    if (status == MN_OK)
        status = mn_gpu_call(gpu, error, "scan plain", [&] {
            const cudaStream_t on = mn_gpu_stream(gpu, stream);
            return p.tables.filter_count == 1   ? launch<1>(p, on)
                   : p.tables.filter_count == 2 ? launch<2>(p, on)
                                                : launch<3>(p, on);
        });
    return status == MN_OK ? mn_gpu_end(gpu, stream, error) : status;
}
