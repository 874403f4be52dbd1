/* Metrics of many networks (parameters: host/device/kernel_predict.h).
 *
 * A block of `lanes` threads copies the tables into shared memory once and then takes every gridDim.x-th tile of lanes * rows networks. The
 * tile is read in 16-byte pieces; then thread t owns network t, and in the plain kernel also network t + lanes, so that both share what is
 * the same for all networks. Four indices are one 32-bit word of a row, whatever the row's alignment (two loads and a funnel shift); a dp4a
 * makes a group's entry out of them; one 8- or 16-byte load fetches the words of all metrics. Every entry lies there 2^copies_log2
 * times, a lane reads copy lane & (copies - 1): with 16 copies of 8 bytes, or 8 of 16 bytes, the lanes that the hardware serves together
 * never meet in a bank, whatever their entries. Columns are written 8 bytes a lane, a whole line a half-warp.
 *
 * What windows and groups cannot say (nodes of more than 256 blocks, factors, rows too long for a tile) is gathered index by index.
 *
 * Bytes a network: node_count * width read, 8 a column written. Operations, floor and rate: bench/results/kernels.md. */
#include "host/core/link_value.h"
#include "kernels/gpu.h"

/* The words of one entry, or their sums so far. */
template <int WORDS> struct entry {
    unsigned long long word[WORDS];
};

template <int WORDS> static __device__ __forceinline__ entry<WORDS> entry_at(const unsigned char *place)
{
    entry<WORDS> found;
    if (WORDS == 1) {
        found.word[0] = *reinterpret_cast<const unsigned long long *>(place);
    } else {
        const ulonglong2 words = *reinterpret_cast<const ulonglong2 *>(place);
        found.word[0] = words.x;
        found.word[WORDS - 1] = words.y;
    }
    return found;
}

/* Bytes of a that are larger than those of b: their top bits are set. */
static __device__ __forceinline__ unsigned bytes_above(unsigned a, unsigned b)
{
    const unsigned low = 0x7f7f7f7fu;
    const unsigned reaches =
        ((a & low) | ~low) - (b & low) - 0x01010101u; /* bit 7: a's low 7 bits > b's; no borrow passes a byte */
    return ((a & ~b) | (~(a ^ b) & reaches)) & ~low;
}

/* Copies the tables: entry e's copy c lies at (e * copies + c) entries. */
template <int WORDS> static __device__ void copy_tables(unsigned char *shared, const mn_kernel_predict &p)
{
    const unsigned total = (unsigned)p.table_count * p.entry_count << p.copies_log2;
    for (unsigned i = threadIdx.x; i < total; i += blockDim.x) {
        const size_t from = (size_t)(i >> p.copies_log2) * WORDS, to = (size_t)i * WORDS;
        if (WORDS == 1)
            reinterpret_cast<unsigned long long *>(shared)[to] = p.tables[from];
        else
            *reinterpret_cast<ulonglong2 *>(shared + to * 8) = *reinterpret_cast<const ulonglong2 *>(p.tables + from);
    }
}

static __device__ void load_tile(uint4 *tile, const mn_kernel_predict &p, uint64_t row, uint64_t rows)
{
    const size_t row_bytes = (size_t)p.node_count * (size_t)p.width;
    const uint4 *from =
        reinterpret_cast<const uint4 *>(static_cast<const unsigned char *>(p.networks) + row * row_bytes);
    const unsigned pieces = (unsigned)((rows * row_bytes + 15) / 16);
    for (unsigned i = threadIdx.x; i < pieces; i += blockDim.x)
        tile[i] = from[i];
    if (threadIdx.x == 0)
        tile[pieces] = make_uint4(0, 0, 0, 0); /* what the last row's window reads behind it */
}

/* Reads ROWS rows of a tile window after window: their indices as bytes. Behind a row's end come those of the next one. The rows lie whole
 * words apart. */
template <int WIDTH, int ROWS> struct window_reader {
    const unsigned *next; /* word of the tile behind the first row's held one */
    unsigned apart;       /* words */
    unsigned held[ROWS];
    unsigned shift; /* the rows' bytes begin so many bits into the held words */

    __device__ __forceinline__ window_reader(const unsigned *tile, unsigned row_start, unsigned words_apart)
        : next(tile + row_start / 4 + 1), apart(words_apart), shift(row_start % 4 * 8)
    {
        for (int row = 0; row < ROWS; row++)
            held[row] = next[row * (int)apart - 1];
    }

    __device__ __forceinline__ void read_words(unsigned *words)
    {
        for (int row = 0; row < ROWS; row++) {
            const unsigned before = held[row];
            held[row] = next[row * (int)apart];
            words[row] = __funnelshift_r(before, held[row], shift);
        }
        next++;
    }

    /* The next window; `above` is no longer 0 when an index is out of range, and then all bytes are 0, which every table has an entry for. */
    __device__ __forceinline__ void read(unsigned largest, int nodes, unsigned *bytes, unsigned *above)
    {
        unsigned second[ROWS];
        read_words(bytes);
        if (WIDTH == 2)
            read_words(second);
        for (int row = 0; row < ROWS; row++) {
            if (WIDTH == 2) {
                const unsigned high =
                    __byte_perm(bytes[row], second[row], 0x7531); /* behind the last node, whatever follows */
                above[row] |= nodes >= 4 ? high : high & ((1u << 8 * nodes) - 1);
                bytes[row] = __byte_perm(bytes[row], second[row], 0x6420);
            }
            above[row] |= bytes_above(bytes[row], largest);
            bytes[row] = above[row] ? 0 : bytes[row];
        }
    }
};

/* An index of the network, gathered. */
template <int WIDTH> static __device__ __forceinline__ unsigned index_at(const unsigned char *row, unsigned node)
{
    return WIDTH == 1 ? row[node] : reinterpret_cast<const unsigned short *>(row)[node];
}

/* Adds the windows' entries, two groups at a time. */
template <int WORDS, int WIDTH, int ROWS>
static __device__ __forceinline__ void add_windows(const mn_kernel_predict &p, const unsigned char *table,
                                                   window_reader<WIDTH, ROWS> reader, unsigned entry_bytes,
                                                   entry<WORDS> *sums, unsigned *above)
{
    int group = 0;
    MN_UNROLL(1)
    for (int w = 0; w < p.window_count; w++) {
        unsigned bytes[ROWS];
        const mn_predict_window window = p.windows[w];
        reader.read(window.largest, p.node_count - 4 * w, bytes, above);
        MN_UNROLL(1)
        for (; group < (int)window.groups_end; group += 2) {
            const mn_predict_group a = p.groups[group], b = p.groups[group + 1];
            for (int row = 0; row < ROWS; row++) {
                const entry<WORDS> x = entry_at<WORDS>(table + __dp4a(bytes[row], a.factors, a.start) * entry_bytes);
                const entry<WORDS> y = entry_at<WORDS>(table + __dp4a(bytes[row], b.factors, b.start) * entry_bytes);
                for (int word = 0; word < WORDS; word++)
                    sums[row].word[word] += x.word[word] + y.word[word];
            }
        }
    }
}

template <int WORDS, int WIDTH>
static __device__ void add_gathers(const mn_kernel_predict &p, const unsigned char *table, const unsigned char *row,
                                   unsigned entry_bytes, entry<WORDS> &sum, unsigned &above)
{
    unsigned part = 0;
    for (unsigned g = 0; g < p.gather_count; g++) {
        unsigned place = p.gathers[g].start;
        for (const unsigned end = p.gathers[g].parts_end; part < end; part++) {
            const unsigned index = index_at<WIDTH>(row, p.parts[part].node);
            above |= index > p.parts[part].largest;
            place += p.parts[part].stride * index;
        }
        if (above)
            break;
        const entry<WORDS> found = entry_at<WORDS>(table + (size_t)place * entry_bytes);
        for (int word = 0; word < WORDS; word++)
            sum.word[word] += found.word[word];
    }
}

static __device__ __forceinline__ int64_t linked(const int64_t *latents, const int64_t *values, int knots,
                                                 int64_t value)
{
    return knots ? mn_link_value_of(latents, values, knots, value) : value;
}

/* What the scaled metric is made of. */
struct scaled_parts {
    int64_t sum, capability;
};

/* Writes the fields of one word of one network: outputs `o` to `end` - 1. */
static __device__ __forceinline__ void store_fields(const mn_kernel_predict &p, uint64_t network, int o, int end,
                                                    unsigned long long word, scaled_parts &parts)
{
    for (; o < end; o++) {
        const mn_predict_output &output = p.outputs[o];
        const int64_t value = (int64_t)(output.offset + (word >> output.shift & output.mask) * output.factor);
        if (output.is_sum)
            parts.sum = value;
        const int64_t image = linked(output.latents, output.values, output.knots, value);
        if (output.is_capability)
            parts.capability = image;
        if (output.column)
            output.column[network] = image;
    }
}

static __device__ __forceinline__ void note_bad(const mn_kernel_predict &p, uint64_t network)
{
    atomicMin(reinterpret_cast<unsigned long long *>(p.first_bad), (unsigned long long)(p.first + network));
}

/* One network by all means; `row`: its indices, wherever they lie. */
template <int WORDS, int WIDTH>
static __device__ __forceinline__ void predict_network(const mn_kernel_predict &p, const unsigned char *tables,
                                                       uint64_t network, const unsigned char *row, const unsigned *tile,
                                                       unsigned row_start)
{
    const int copies_log2 = p.copies_log2 >= 0 ? p.copies_log2 : 0;
    const unsigned entry_bytes = 8u * WORDS << copies_log2;
    const unsigned char *table = tables + 8u * WORDS * (threadIdx.x & ((1u << copies_log2) - 1));
    scaled_parts parts = {0, 1};
    unsigned above = 0;
    int o = 0;
    for (int t = 0; t < p.table_count; t++, table += (size_t)p.entry_count * entry_bytes) {
        entry<WORDS> sum = {};
        if (p.window_count > 0)
            add_windows<WORDS, WIDTH, 1>(p, table, window_reader<WIDTH, 1>(tile, row_start, 0), entry_bytes, &sum,
                                         &above);
        add_gathers<WORDS, WIDTH>(p, table, row, entry_bytes, sum, above);
        if (above) {
            note_bad(p, network);
            return;
        }
        store_fields(p, network, o, p.outputs_end[t * WORDS], sum.word[0], parts);
        if (WORDS == 2)
            store_fields(p, network, p.outputs_end[t * 2], p.outputs_end[t * 2 + 1], sum.word[WORDS - 1], parts);
        o = p.outputs_end[(t + 1) * WORDS - 1];
    }
    if (p.scaled.column) {
        const int64_t value =
            mn_scale_apply(p.scaled.base, parts.sum, mn_scale_g_of(&p.scaled.numbers, parts.capability));
        p.scaled.column[network] = linked(p.scaled.latents, p.scaled.values, p.scaled.knots, value);
    }
}

/* Networks `network` and `network` + blockDim.x of a plain question: windows only, tables in shared memory, neither links nor a scale. */
template <int WORDS, int WIDTH>
static __device__ __forceinline__ void predict_two(const mn_kernel_predict &p, const unsigned char *tables,
                                                   uint64_t network, const unsigned *tile, unsigned row_bytes)
{
    const window_reader<WIDTH, 2> rows(tile, threadIdx.x * row_bytes, blockDim.x * row_bytes / 4);
    const unsigned entry_bytes = 8u * WORDS << p.copies_log2;
    const unsigned char *table = tables + 8u * WORDS * (threadIdx.x & ((1u << p.copies_log2) - 1));
    const uint64_t other = network + blockDim.x;
    const bool first_there = network < p.count, second_there = other < p.count;
    unsigned above[2] = {first_there ? 0u : 1u, second_there ? 0u : 1u};
    int o = 0;
    MN_UNROLL(1)
    for (int t = 0; t < p.table_count; t++, table += p.entry_count * entry_bytes) {
        entry<WORDS> sums[2] = {};
        add_windows<WORDS, WIDTH, 2>(p, table, rows, entry_bytes, sums, above);
        for (int word = 0; word < WORDS; word++) {
            MN_UNROLL(1)
            for (const int end = p.outputs_end[t * WORDS + word]; o < end; o++) {
                const mn_predict_output &output = p.outputs[o];
                int64_t *const place = output.column + network;
                for (int row = 0; row < 2; row++)
                    if (!above[row])
                        place[row * blockDim.x] =
                            (int64_t)(output.offset +
                                      (sums[row].word[word] >> output.shift & output.mask) * output.factor);
            }
        }
    }
    if (first_there && above[0])
        note_bad(p, network);
    if (second_there && above[1])
        note_bad(p, other);
}

/* Grid: any number of blocks. Shared memory: mn_predict_shared_bytes. PLAIN: as predict_two, whose loads are then shared memory's own and
 * not loads from anywhere. */
template <int WORDS, int WIDTH, bool PLAIN>
__global__ void __launch_bounds__(MN_PREDICT_LANES, 4) predict(const mn_kernel_predict p)
{
    MN_DYNAMIC_SHARED(unsigned char, shared);
    const bool copied = PLAIN || p.copies_log2 >= 0;
    const size_t table_bytes =
        copied ? ((((size_t)p.table_count * p.entry_count * WORDS * 8) << p.copies_log2) + 15) / 16 * 16 : 0;
    const size_t row_bytes = (size_t)p.node_count * WIDTH;
    unsigned char *tile = shared + table_bytes;
    const unsigned *words = reinterpret_cast<const unsigned *>(tile);
    const unsigned char *tables = copied ? shared : reinterpret_cast<const unsigned char *>(p.tables);
    if (copied)
        copy_tables<WORDS>(shared, p);

    const unsigned rows = PLAIN ? 2 * blockDim.x : blockDim.x; /* of a tile */
    for (uint64_t first = (uint64_t)blockIdx.x * rows; first < p.count; first += (uint64_t)gridDim.x * rows) {
        const uint64_t left = p.count - first, network = first + threadIdx.x;
        if (PLAIN || p.tiled) {
            __syncthreads(); /* the tile before has been read */
            load_tile(reinterpret_cast<uint4 *>(tile), p, first, left < rows ? left : rows);
        }
        __syncthreads(); /* tables and tile are there */
        if (PLAIN) {
            predict_two<WORDS, WIDTH>(p, tables, network, words, (unsigned)row_bytes);
        } else if (network < p.count) {
            const unsigned row_start = threadIdx.x * (unsigned)row_bytes;
            const unsigned char *row =
                p.tiled ? tile + row_start : static_cast<const unsigned char *>(p.networks) + network * row_bytes;
            predict_network<WORDS, WIDTH>(p, tables, network, row, words, row_start);
        }
    }
}

/* ---- the launcher -------------------------------------------------------------------------------------------------------------- */

static uint64_t bytes_of(const mn_kernel_predict *p)
{
    uint64_t columns = p->scaled.column ? 1 : 0;
    for (int i = 0; i < p->output_count; i++)
        columns += p->outputs[i].column ? 1 : 0;
    return p->count * ((uint64_t)p->node_count * (uint64_t)p->width + 8 * columns);
}

mn_status mn_launch_predict(mn_gpu *gpu, int stream, const mn_kernel_predict *p, mn_error *error)
{
    typedef void (*kernel)(const mn_kernel_predict);
    static const kernel kernels[2][2][2] = {
        {{predict<1, 1, false>, predict<1, 1, true>}, {predict<1, 2, false>, predict<1, 2, true>}},
        {{predict<2, 1, false>, predict<2, 1, true>}, {predict<2, 2, false>, predict<2, 2, true>}}};
    const uint64_t rows = (uint64_t)p->lanes * (p->plain ? 2 : 1);
    const mn_gpu_work work = {"predict", bytes_of(p), p->count};
    const mn_gpu_launch launch = {p->lanes, mn_predict_shared_bytes(p), (p->count + rows - 1) / rows};
    return mn_gpu_launch_kernel(gpu, stream, &work, &launch, error,
                                kernels[p->word_count - 1][p->width - 1][p->plain ? 1 : 0], *p);
}

#ifdef __CUDACC__
template __global__ void predict<1, 1, false>(const mn_kernel_predict);
template __global__ void predict<1, 1, true>(const mn_kernel_predict);
template __global__ void predict<1, 2, false>(const mn_kernel_predict);
template __global__ void predict<1, 2, true>(const mn_kernel_predict);
template __global__ void predict<2, 1, false>(const mn_kernel_predict);
template __global__ void predict<2, 1, true>(const mn_kernel_predict);
template __global__ void predict<2, 2, false>(const mn_kernel_predict);
template __global__ void predict<2, 2, true>(const mn_kernel_predict);
#endif
