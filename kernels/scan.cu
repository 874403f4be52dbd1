/* Scans a space: the best networks under limits, or how many obey them (host/device/kernel_scan.h has the view and the words).
 *
 * Grid: as many blocks as run at once; each takes chunks from a counter until none is left, and keeps the sets of one low table in its
 * shared memory, loaded anew only where the next chunk has another one. A warp takes a task: its lanes add up the high part's sums, a column
 * each; then find the ranks of 32 middle parts at a time, one a lane, in a grid of cells; then each prefix's ranks are handed round by a
 * shuffle, and the lanes intersect the words of the columns' sets: 64 low parts a lane, 2048 a warp's step. Whatever the sets
 * let through is checked in 64-bit sums by the lane that found it.
 *
 * A step of 2048 networks under f filters takes 256 f bytes of shared memory: f = 3, 128 bytes a cycle: 6 cycles; a prefix takes one cycle more for
 * its shuffle. Counted in the disassembly for f = 3: 35 instructions for a prefix's first step, 7 for each further one. Global memory: 8 f bytes a
 * prefix. So shared memory binds from two steps on: bench/results/kernels.md has the figures.
 *
 * Chunks whose candidates did not find room are noted and done again after a selection has raised what a candidate must beat
 * (scan_select.cu); a candidate that is found twice is dropped there. */
#include "kernels/scan_task.h"

namespace
{

using namespace mn_scan;

/* 32 prefixes, one a lane: ranks as bytes, and the steps in which their sets have members. */
template <int words> struct ranks {
    unsigned packed[words];
    unsigned edges; /* first step, and end << 16 */
};

/* ---- ranks ---------------------------------------------------------------------------------------------------------------------- */

__device__ inline unsigned find_rank(const mn_kernel_scan_tables &t, const mn_kernel_low &low, int filter, int64_t left)
{
    const int64_t smallest = t.smallest[filter], capped = left < t.largest[filter] ? left : t.largest[filter];
    const uint64_t cells = static_cast<uint64_t>(t.cell_count);
    const uint64_t place = (static_cast<uint64_t>(capped) - static_cast<uint64_t>(smallest)) >> t.shift[filter];
    const uint64_t cell = capped < smallest || place > cells ? cells : place;
    const unsigned rank = t.cells[low.cells + static_cast<uint64_t>(filter) * (cells + 1) + cell];
    if (rank != MN_KERNEL_SEARCH)
        return rank;
    const int64_t *bottoms = t.bottoms + low.bottoms[filter];
    unsigned below = 0, above = low.ranks[filter]; /* bottoms[below - 1] <= left < bottoms[above] */
    while (below < above) {
        const unsigned middle = (below + above) / 2;
        if (bottoms[middle] <= left)
            below = middle + 1;
        else
            above = middle;
    }
    return below;
}

/* The ranks of the lane's middle part, `index` of the group; false: no low part fits some filter, or there is no middle part. */
template <int filters, int mode>
__device__ inline bool find_ranks(const mn_kernel_scan &p, const task &k, unsigned index,
                                  ranks<(filters + 3) / 4> &found)
{
    const mn_kernel_scan_tables &t = p.tables;
    const int count = filters <= 4 ? filters : t.filter_count;
    const bool have = index < k.end;
    const uint64_t middle = k.group->middle + (have ? index : k.first);
    const uint64_t prefix = k.path + t.middle_numbers[middle];
    bool fits = have;
    unsigned first = 0, end = k.low->words / MN_KERNEL_STEP_WORDS;
    MN_UNROLL(16)
    for (int word = 0; word < (filters + 3) / 4; word++)
        found.packed[word] = 0;
    MN_UNROLL(16)
    for (int f = 0; f < filters; f++)
        if (f < count) {
            const int column = t.column[f];
            int64_t bound = t.bounds[column];
            if (mode != MN_KERNEL_SCAN_COUNT && f == t.score_filter)
                bound = score_bound(t.score_base, needed_score(p, prefix));
            const int64_t left = bound - hand_round(k.sum, column) -
                                 t.middle_sums[static_cast<uint64_t>(column) * t.middle_total + middle];
            unsigned rank = find_rank(t, *k.low, f, left);
            if (mode == MN_KERNEL_SCAN_COUNT) /* a cell tells the highest rank that it spans */
                while (rank > 0 && t.bottoms[k.low->bottoms[f] + rank - 1] > left)
                    rank--;
            found.packed[f / 4] |= (have ? rank : 0) << f % 4 * 8;
            fits = fits && rank > 0;
            if (mode == MN_KERNEL_SCAN_BOUNDED) {
                const unsigned edges = t.edges[k.low->edges[f] + rank];
                first = (edges & 0xffff) > first ? edges & 0xffff : first;
                end = edges >> 16 < end ? edges >> 16 : end;
            }
        }
    found.edges = first | end << 16;
    return fits && first < end;
}

/* Hands lane `source`'s ranks to all lanes. */
template <int words> __device__ inline ranks<words> hand_ranks(const ranks<words> &mine, int source, int filters)
{
    ranks<words> theirs;
    MN_UNROLL(16)
    for (int word = 0; word < words; word++)
        theirs.packed[word] = word * 4 < filters ? __shfl_sync(every_lane, mine.packed[word], source) : 0;
    theirs.edges = __shfl_sync(every_lane, mine.edges, source);
    return theirs;
}

/* ---- sets ----------------------------------------------------------------------------------------------------------------------- */

/* A low table's sets as a warp reads them, in registers while there are few filters. */
template <int filters> struct set_view {
    const mn_kernel_low &low;
    const uint64_t *sets;
    int count;               /* filters */
    unsigned words;          /* of a set */
    unsigned first[filters]; /* the lane's first word of rank 0; of many filters: read from `low` each time */
};

template <int filters>
__device__ inline set_view<filters> view_sets(const mn_kernel_scan_tables &t, const mn_kernel_low &low,
                                              const uint64_t *sets)
{
    set_view<filters> v = {low, sets, filters <= 4 ? filters : t.filter_count, low.words, {}};
    MN_UNROLL(16)
    for (int f = 0; f < filters; f++)
        if (filters <= 4)
            v.first[f] = low.set[f] + lane_number();
    return v;
}

/* The lane's word of a step, of the intersection of the filters' sets. */
template <int filters>
__device__ inline uint64_t intersect(const set_view<filters> &v, const unsigned *packed, unsigned step)
{
    uint64_t common = ~uint64_t{0};
    MN_UNROLL(16)
    for (int f = 0; f < filters; f++)
        if (f < v.count) {
            const unsigned first = filters <= 4 ? v.first[f] : v.low.set[f] + lane_number();
            common &= v.sets[first + (packed[f / 4] >> f % 4 * 8 & 255) * v.words + step * MN_KERNEL_STEP_WORDS];
        }
    if (v.count == 0) {
        const unsigned begin = (step * MN_KERNEL_STEP_WORDS + lane_number()) * 64;
        const unsigned rest = begin < v.low.count ? v.low.count - begin : 0;
        common = rest >= 64 ? common : (uint64_t{1} << rest) - 1;
    }
    return common;
}

/* Ranks whose sets surely fit. */
template <int filters> __device__ inline void lower_coarse(unsigned coarse, const unsigned *packed, unsigned *sure)
{
    MN_UNROLL(16)
    for (int word = 0; word < (filters + 3) / 4; word++)
        sure[word] = packed[word];
    MN_UNROLL(16)
    for (int f = 0; f < filters; f++)
        sure[f / 4] -= (coarse >> f & 1) << f % 4 * 8;
}

/* ---- hits ------------------------------------------------------------------------------------------------------------------------- */

/* The networks of one prefix that the sets let through and that are of interest; of a single best the first only: low parts come best
 * first. False: some found no room. */
template <int filters>
__device__ inline bool keep_hits(const mn_kernel_scan &p, const task &k, const set_view<filters> &v, unsigned index,
                                 const ranks<(filters + 3) / 4> &of)
{
    const mn_kernel_scan_tables &t = p.tables;
    const prefix x = add_middle(t, k, index);
    const int64_t score_sum = hand_round(x.sum, 0);
    bool room = true;
    for (unsigned step = 0; step < k.low->words / MN_KERNEL_STEP_WORDS; step++) {
        uint64_t common = intersect<filters>(v, of.packed, step);
        unsigned found = 0; /* lanes with an answer */
        while (__any_sync(every_lane, common != 0)) {
            const bool have = common != 0;
            const unsigned bit = have ? static_cast<unsigned>(__ffsll(static_cast<long long>(common))) - 1 : 0;
            const uint64_t place = k.low->parts + (have ? (step * MN_KERNEL_STEP_WORDS + lane_number()) * 64 + bit : 0);
            const int64_t score = t.score_base - score_sum - t.low_sums[place];
            const uint32_t low = t.low_numbers[place];
            const bool wanted = have && of_interest(p, score, x.number, low);
            common = wanted ? common & (common - 1) : 0; /* the next ones of the lane are no better */
            const bool obeys = obeys_limits(t, x, place, wanted);
            const unsigned now = __ballot_sync(every_lane, obeys), before = now & ((1u << lane_number()) - 1);
            if (obeys && (!p.one || !before) && !append(p, score, x.number, low))
                room = false;
            if (p.one && (obeys || before))
                common = 0; /* only low parts before the best one found so far are of interest */
            found |= now;
        }
        if ((p.one && found) || !__all_sync(every_lane, room))
            break;
    }
    return __all_sync(every_lane, room);
}

/* Networks of one prefix that obey the limits, though the sets alone do not tell: this lane's. */
template <int filters>
__device__ inline uint64_t count_unsure(const mn_kernel_scan &p, const task &k, const set_view<filters> &v,
                                        unsigned index, const ranks<(filters + 3) / 4> &of, bool all_unsure)
{
    const mn_kernel_scan_tables &t = p.tables;
    const prefix x = add_middle(t, k, index);
    unsigned sure[(filters + 3) / 4 + 1];
    lower_coarse<filters>(k.low->coarse, of.packed, sure);
    uint64_t count = 0;
    for (unsigned step = 0; step < k.low->words / MN_KERNEL_STEP_WORDS; step++) {
        uint64_t unsure = intersect<filters>(v, of.packed, step);
        if (!all_unsure)
            unsure &= ~intersect<filters>(v, sure, step);
        while (__any_sync(every_lane, unsure != 0)) {
            const bool have = unsure != 0;
            const unsigned bit = have ? static_cast<unsigned>(__ffsll(static_cast<long long>(unsure))) - 1 : 0;
            unsure &= unsure - 1;
            const uint64_t place = k.low->parts + (have ? (step * MN_KERNEL_STEP_WORDS + lane_number()) * 64 + bit : 0);
            count += obeys_limits(t, x, place, have);
        }
    }
    return count;
}

/* ---- a task --------------------------------------------------------------------------------------------------------------------- */

/* Which of the 32 prefixes have common members: bit p, in the lanes whose words have them. */
template <int filters>
__device__ inline unsigned compare_every(const mn_kernel_scan_tables &t, const set_view<filters> &v,
                                         const ranks<(filters + 3) / 4> &mine, unsigned todo)
{
    constexpr int words = (filters + 3) / 4;
    const int count = filters <= 4 ? filters : t.filter_count;
    const unsigned steps = v.words / MN_KERNEL_STEP_WORDS;
    unsigned hits = 0;
    if (count == 0)
        return todo;
    MN_UNROLL(4)
    for (int p = 0; p < 32; p++) {
        unsigned packed[words + 1];
        MN_UNROLL(16)
        for (int word = 0; word < words; word++)
            packed[word] = word * 4 < count ? __shfl_sync(every_lane, mine.packed[word], p) : 0;
        uint64_t any = intersect<filters>(v, packed, 0);
        for (unsigned step = 1; step < steps; step++)
            any |= intersect<filters>(v, packed, step);
        if (any)
            hits |= 1u << p;
    }
    return hits;
}

template <int filters>
__device__ inline unsigned compare_bounded(const mn_kernel_scan_tables &t, const task &k, const set_view<filters> &v,
                                           const ranks<(filters + 3) / 4> &mine, unsigned todo, uint64_t &examined)
{
    const int count = filters <= 4 ? filters : t.filter_count;
    unsigned hits = 0;
    for (; todo; todo &= todo - 1) {
        const int p = __ffs(static_cast<int>(todo)) - 1;
        const auto theirs = hand_ranks(mine, p, count);
        const unsigned first = theirs.edges & 0xffff, end = theirs.edges >> 16;
        const unsigned compared = (end - first) * MN_KERNEL_STEP_WORDS * 64;
        examined += compared < k.low->count ? compared : k.low->count;
        uint64_t any = 0;
        for (unsigned step = first; step < end; step++)
            any |= intersect<filters>(v, theirs.packed, step);
        if (any)
            hits |= 1u << p;
    }
    return hits;
}

/* Counts this lane's networks that surely obey the limits; bits p of `hits`: prefixes with some that are not sure. */
template <int filters>
__device__ inline uint64_t count_sure(const mn_kernel_scan_tables &t, const task &k, const set_view<filters> &v,
                                      const ranks<(filters + 3) / 4> &mine, unsigned todo, bool all_unsure,
                                      unsigned &hits)
{
    const int count = filters <= 4 ? filters : t.filter_count;
    uint64_t sum = 0;
    for (; todo; todo &= todo - 1) {
        const int p = __ffs(static_cast<int>(todo)) - 1;
        const auto theirs = hand_ranks(mine, p, count);
        unsigned lower[(filters + 3) / 4 + 1];
        lower_coarse<filters>(k.low->coarse, theirs.packed, lower);
        bool unsure = false;
        for (unsigned step = 0; step < k.low->words / MN_KERNEL_STEP_WORDS; step++) {
            const uint64_t may = intersect<filters>(v, theirs.packed, step);
            const uint64_t sure = all_unsure ? 0 : k.low->coarse ? intersect<filters>(v, lower, step) : may;
            sum += static_cast<uint64_t>(__popcll(sure));
            unsure |= may != sure;
        }
        if (unsure)
            hits |= 1u << p;
    }
    return sum;
}

/* Whether the high part alone excludes all its networks. */
__device__ inline bool cannot_hold(const mn_kernel_scan &p, const task &k)
{
    const mn_kernel_scan_tables &t = p.tables;
    bool excluded = false;
    for (int f = 0; f < t.filter_count; f++) {
        const int64_t bound =
            f == t.score_filter ? score_bound(t.score_base, needed_score(p, k.path)) : t.bounds[t.column[f]];
        const int64_t least = t.least[static_cast<uint64_t>(f) * t.middle_states + k.group->state];
        excluded |= hand_round(k.sum, t.column[f]) + least > bound;
    }
    return __any_sync(every_lane, excluded); /* lanes may have read different scores */
}

template <int filters, int mode>
__device__ inline void run_task(const mn_kernel_scan &p, const task &k, const uint64_t *sets, tally &sum)
{
    const mn_kernel_scan_tables &t = p.tables;
    const bool all_unsure = t.column_count - 1 > t.filter_count; /* some limit is only checked */
    const set_view<filters> v = view_sets<filters>(t, *k.low, sets);
    for (unsigned batch = k.first; batch < k.end && sum.room; batch += 32) {
        ranks<(filters + 3) / 4> mine;
        const bool fits = find_ranks<filters, mode>(p, k, batch + lane_number(), mine);
        const unsigned todo =
            __ballot_sync(every_lane, mode == MN_KERNEL_SCAN_EVERY ? batch + lane_number() < k.end : fits);
        if (!todo)
            continue;
        unsigned hits = 0;
        if (mode == MN_KERNEL_SCAN_EVERY) {
            hits = compare_every<filters>(t, v, mine, todo);
            sum.examined += static_cast<uint64_t>(__popc(todo)) * k.low->count;
        } else if (mode == MN_KERNEL_SCAN_BOUNDED) {
            hits = compare_bounded<filters>(t, k, v, mine, todo, sum.examined);
        } else {
            sum.feasible += count_sure<filters>(t, k, v, mine, todo, all_unsure, hits);
            sum.examined += static_cast<uint64_t>(__popc(todo)) * k.low->count;
        }
        if (!__any_sync(every_lane, hits != 0))
            continue;
        for (unsigned rest = warp_or(hits); rest && sum.room; rest &= rest - 1) {
            const int i = __ffs(static_cast<int>(rest)) - 1;
            const auto theirs = hand_ranks(mine, i, filters <= 4 ? filters : t.filter_count);
            if (mode == MN_KERNEL_SCAN_COUNT)
                sum.feasible += count_unsure<filters>(p, k, v, batch + i, theirs, all_unsure);
            else
                sum.room = keep_hits<filters>(p, k, v, batch + i, theirs) && sum.room;
        }
    }
}

/* ---- the kernel ----------------------------------------------------------------------------------------------------------------- */

template <int filters, int mode> __global__ void __launch_bounds__(512, 1) scan_space(const mn_kernel_scan p)
{
    MN_DYNAMIC_SHARED(uint64_t, sets);
    tally sum = {0, 0, true};
    run_chunks(
        p, sum,
        [&](const mn_kernel_low &low) {
            for (uint64_t word = threadIdx.x; word < low.set_words; word += blockDim.x)
                sets[word] = p.tables.sets[low.sets + word];
        },
        [&](const task &k) {
            if (mode == MN_KERNEL_SCAN_EVERY || !cannot_hold(p, k))
                run_task<filters, mode>(p, k, sets, sum);
        });
    if (mode == MN_KERNEL_SCAN_COUNT && sum.feasible)
        atomicAdd(counter(&p.state->feasible), static_cast<unsigned long long>(sum.feasible));
}

template <int filters, int mode> cudaError_t launch(const mn_kernel_scan &p, cudaStream_t stream)
{
    const cudaError_t code = cudaFuncSetAttribute(
        scan_space<filters, mode>, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(p.shared_bytes));
    if (code != cudaSuccess)
        return code;
    return MN_LAUNCH((scan_space<filters, mode>), dim3(static_cast<unsigned>(p.blocks)),
                     dim3(static_cast<unsigned>(p.threads)), p.shared_bytes, stream, p);
}

template <int filters> cudaError_t launch_mode(const mn_kernel_scan &p, cudaStream_t stream)
{
    switch (p.mode) {
    case MN_KERNEL_SCAN_EVERY:
        return launch<filters, MN_KERNEL_SCAN_EVERY>(p, stream);
    case MN_KERNEL_SCAN_BOUNDED:
        return launch<filters, MN_KERNEL_SCAN_BOUNDED>(p, stream);
    default:
        return launch<filters, MN_KERNEL_SCAN_COUNT>(p, stream);
    }
}

cudaError_t launch_filters(const mn_kernel_scan &p, cudaStream_t stream)
{
    switch (p.tables.filter_count) {
    case 1:
        return launch_mode<1>(p, stream);
    case 2:
        return launch_mode<2>(p, stream);
    case 3:
        return launch_mode<3>(p, stream);
    case 4:
        return launch_mode<4>(p, stream);
    default:
        return launch_mode<MN_KERNEL_FILTERS>(p, stream);
    }
}

} // namespace

mn_status mn_launch_scan(mn_gpu *gpu, int stream, const mn_kernel_scan *parameters, mn_error *error)
{
    const mn_kernel_scan &p = *parameters;
    const mn_gpu_work work = {p.mode == MN_KERNEL_SCAN_COUNT ? "scan count" : "scan", 0, p.networks};
    mn_status status = mn_gpu_begin(gpu, stream, &work, error);
    if (status == MN_OK)
        status = mn_gpu_call(gpu, error, "scan", [&] { return launch_filters(p, mn_gpu_stream(gpu, stream)); });
    return status == MN_OK ? mn_gpu_end(gpu, stream, error) : status;
}
