/* The scan's inner loops, compiled once for each instruction set: cpu_scan_kernels.c includes this file with LEVEL set to the end of
 * the functions' names, TARGET to their attribute, LANES to a vector of words and ANY(x) to a test whether one has a bit set. (A
 * function that is inlined must have its caller's target, hence no parameter.) */

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define NAME(name) JOIN(name, LEVEL)
#define INLINE static inline __attribute__((always_inline)) TARGET

TARGET static void NAME(locate)(mn_scan_batch *batch)
{
    const uint64_t cells = (uint64_t)batch->parts->cell_count;
    for (int filter = 0; filter < batch->parts->filter_count; filter++) {
        const mn_scan_filter f = batch->parts->filters[filter];
        const int64_t remaining = batch->remaining[filter], *sums = batch->middle_sums[filter];
        uint16_t *cell = batch->cells[filter];
        for (int i = 0; i < batch->count; i++) {
            const int64_t left = remaining - sums[i], capped = left < f.largest ? left : f.largest;
            const uint64_t place =
                ((uint64_t)capped - (uint64_t)f.smallest) >> f.shift; /* huge when below the smallest */
            cell[i] = (uint16_t)(place < cells ? place : cells);
        }
    }
}

/* Whether blocks first .. last - 1 of the sets have a common member. */
INLINE bool NAME(meet)(const uint64_t *const *sets, int set_count, int first, int last)
{
    enum { WORDS = sizeof(LANES) / sizeof(uint64_t) };
    LANES any = {0};
    for (int block = first; block < last; block++)
        for (int at = block * MN_SCAN_BLOCK; at < (block + 1) * MN_SCAN_BLOCK; at += WORDS) {
            LANES common = *(const LANES *)(sets[0] + at);
            for (int set = 1; set < set_count; set++)
                common &= *(const LANES *)(sets[set] + at);
            any |= common;
        }
    return ANY(any);
}

/* With bounds: blocks in which no low part beats the best network, or none fits some limit, are not looked at. */
INLINE int NAME(next_bounded)(mn_scan_batch *batch, int from, int filter_count)
{
    for (int i = from; i < batch->count; i++) {
        const mn_scan_low *low = mn_scan_low_of(batch, i);
        int first = 0, last = low->words / MN_SCAN_BLOCK;
        const uint64_t *sets[MN_SCAN_FILTERS];
        for (int filter = 0; filter < filter_count; filter++) {
            const mn_scan_ranks *ranks = &low->ranks[filter];
            const int rank = mn_scan_rank(batch, low, filter, i);
            first = ranks->first[rank] > first ? ranks->first[rank] : first;
            last = ranks->last[rank] < last ? ranks->last[rank] : last;
            sets[filter] = ranks->sets + (size_t)rank * (size_t)low->words;
        }
        if (first >= last)
            continue;
        const int compared = (last - first) * MN_SCAN_BLOCK * 64;
        batch->examined += (uint64_t)(compared < low->part.count ? compared : low->part.count);
        if (filter_count == 0 || NAME(meet)(sets, filter_count, first, last))
            return i;
    }
    return batch->count;
}

INLINE int NAME(next_of_every)(mn_scan_batch *batch, int from, int filter_count)
{
    for (int i = from; i < batch->count; i++) {
        const mn_scan_low *low = mn_scan_low_of(batch, i);
        const uint64_t *sets[MN_SCAN_FILTERS];
        for (int filter = 0; filter < filter_count; filter++)
            sets[filter] = low->ranks[filter].sets + (size_t)mn_scan_rank(batch, low, filter, i) * (size_t)low->words;
        batch->examined += (uint64_t)low->part.count;
        if (filter_count == 0 || NAME(meet)(sets, filter_count, 0, low->words / MN_SCAN_BLOCK))
            return i;
    }
    return batch->count;
}

INLINE int NAME(next)(mn_scan_batch *batch, int from, int filter_count)
{
    return batch->every ? NAME(next_of_every)(batch, from, filter_count)
                        : NAME(next_bounded)(batch, from, filter_count);
}

TARGET static int NAME(next_hit)(mn_scan_batch *batch, int from)
{
    switch (batch->parts->filter_count) { /* constants unroll the loops over columns */
    case 1:
        return NAME(next)(batch, from, 1);
    case 2:
        return NAME(next)(batch, from, 2);
    case 3:
        return NAME(next)(batch, from, 3);
    case 4:
        return NAME(next)(batch, from, 4);
    default:
        return NAME(next)(batch, from, batch->parts->filter_count);
    }
}

static const mn_scan_kernels NAME(kernels) = {NAME(locate), NAME(next_hit)};

#undef JOIN_
#undef JOIN
#undef NAME
#undef INLINE
#undef LEVEL
#undef TARGET
#undef LANES
#undef ANY
