/* Prediction on the CPU: networks go in tiles through the plan's lookups (cpu_predict_plan.h); tiles of words stay in the first-level
 * cache, columns are written past the caches when they are large. A few networks, or nodes of more than 256 blocks, are summed
 * value by value, since tables would not pay or not fit. */
#include "host/device/cpu_predict_kernels.h"
#include "host/core/memory.h"
#include "solver/threads.h"

enum {
    TILE = 512,            /* networks, at most */
    TILE_BYTES = 64 << 10, /* of networks */
    TILES_A_TASK = 64,
    STREAM_BYTES = 4 << 20, /* columns that are larger in all bypass the caches */
    CACHED_SCALES = 512     /* a power of two */
};

/* The parts of a wanted metric. */
typedef struct output {
    int metric;
    int64_t *column;
    int sum;        /* index of the field that sums its values */
    int capability; /* index of the field of F when the metric is scaled, otherwise -1 */
} output;

typedef struct request {
    const mn_table *table;
    const mn_predict_kernels *kernels;
    const void *networks;
    int width;
    uint64_t count;
    bool has_plan;
    mn_predict_plan plan;
    int output_count, sum_count;
    output *outputs;
    int *sum_metrics; /* [sum_count] */
    bool *sum_with_base;
    int tile;
    bool stream;
    char *scratch; /* [threads][scratch_size] */
    size_t scratch_size;
} request;

/* A thread's memory. */
typedef struct scratch {
    uint32_t (*indices)[MN_QUARTET_GROUPS]; /* [TILE] */
    uint64_t *words;                        /* [word_count][TILE] */
    int64_t *sums[3];                       /* [TILE]: unscaled sum, F, scaled value */
    int64_t *scale_keys;                    /* [CACHED_SCALES] F */
    uint64_t *scale_values;                 /* g(F) */
    uint8_t *bytes;                         /* a tile's networks as bytes, with room to read ahead */
} scratch;

static size_t take(size_t *size, size_t bytes)
{
    const size_t at = *size;
    *size += (bytes + 63) / 64 * 64;
    return at;
}

/* Lays out a thread's memory behind `base` (NULL: only its size). */
static scratch lay_out(const request *r, char *base, size_t *size)
{
    *size = 0;
    size_t at[8];
    at[0] = take(size, sizeof(uint32_t[MN_QUARTET_GROUPS]) * TILE);
    at[1] = take(size, sizeof(uint64_t) * TILE * (size_t)(r->has_plan ? r->plan.word_count : 0));
    for (int i = 2; i < 5; i++)
        at[i] = take(size, sizeof(int64_t) * TILE);
    at[5] = take(size, sizeof(int64_t) * CACHED_SCALES);
    at[6] = take(size, sizeof(uint64_t) * CACHED_SCALES);
    at[7] = take(size, (size_t)r->tile * (size_t)r->table->node_count + MN_READ_AHEAD);
    if (!base)
        return (scratch){0};
    return (scratch){.indices = (void *)(base + at[0]),
                     .words = (void *)(base + at[1]),
                     .sums = {(void *)(base + at[2]), (void *)(base + at[3]), (void *)(base + at[4])},
                     .scale_keys = (void *)(base + at[5]),
                     .scale_values = (void *)(base + at[6]),
                     .bytes = (void *)(base + at[7])};
}

/* ---- a tile through the plan ---------------------------------------------------------------------------------------------------- */

/* The tile's networks as bytes, readable MN_READ_AHEAD bytes beyond their end. */
static const uint8_t *tile_bytes(const request *r, const scratch *s, uint64_t first, int count)
{
    const size_t nodes = (size_t)r->table->node_count, size = (size_t)count * nodes;
    if (r->width == 1) {
        const uint8_t *networks = (const uint8_t *)r->networks + first * nodes;
        if ((r->count - first) * nodes >= size + MN_READ_AHEAD)
            return networks;
        memcpy(s->bytes, networks, size);
    } else {
        const uint8_t *networks = (const uint8_t *)r->networks + first * nodes * 2; /* perhaps not aligned */
        for (size_t i = 0; i < size; i++) {
            uint16_t choice;
            memcpy(&choice, networks + 2 * i, sizeof choice);
            s->bytes[i] = (uint8_t)choice;
        }
    }
    memset(s->bytes + size, 0, MN_READ_AHEAD);
    return s->bytes;
}

static void look_up(const request *r, const scratch *s, uint64_t first, int count)
{
    const mn_predict_plan *plan = &r->plan;
    const uint8_t *networks = tile_bytes(r, s, first, count);
    for (int i = 0; i < plan->quartet_count; i++) {
        const mn_quartet *quartet = &plan->quartets[i];
        r->kernels->index_quartet(quartet, networks, r->table->node_count, count, s->indices);
        for (int plane = 0; plane < plan->plane_count; plane++) {
            const int words = 2 * plane + 1 < plan->word_count ? 2 : 1;
            const uint64_t *tables[MN_QUARTET_GROUPS] = {0};
            for (int group = 0; group < quartet->group_count; group++)
                tables[group] = plan->planes[plane] + quartet->table_start[group] * words;
            uint64_t *const sums[2] = {s->words + 2 * plane * TILE, s->words + (2 * plane + words - 1) * TILE};
            mn_predict_accumulate(tables, quartet->group_count, words, (const void *)s->indices, count, i == 0, sums);
        }
    }
}

/* ---- a tile value by value ------------------------------------------------------------------------------------------------------ */

static inline int choice_of(const request *r, uint64_t place)
{
    if (r->width == 1)
        return ((const uint8_t *)r->networks)[place];
    uint16_t choice;
    memcpy(&choice, (const uint8_t *)r->networks + 2 * place, sizeof choice);
    return choice;
}

static void sum_directly(const request *r, int sum, uint64_t first, int count, int64_t *column)
{
    const mn_table *table = r->table;
    const mn_metric *metric = &table->metrics[r->sum_metrics[sum]];
    uint64_t place = first * (uint64_t)table->node_count;
    for (int i = 0; i < count; i++) {
        int64_t value = r->sum_with_base[sum] ? metric->base : 0;
        for (int node = 0; node < table->node_count; node++)
            value += metric->values[table->first[node] + choice_of(r, place++)];
        column[i] = value;
    }
}

/* ---- outputs ------------------------------------------------------------------------------------------------------------------- */

static void get_sum(const request *r, const scratch *s, int sum, uint64_t first, int count, bool stream,
                    int64_t *column)
{
    if (!r->has_plan)
        sum_directly(r, sum, first, count, column);
    else
        r->kernels->unpack(&r->plan.fields[sum], s->words + r->plan.fields[sum].word * TILE, count, stream, column);
}

/* g(F), remembered: the capability takes few values where nodes repeat. F >= 1, so that zeroed memory holds no F. */
static inline uint64_t cached_g(const mn_scale *scale, const scratch *s, int64_t capability)
{
    const uint64_t slot = (uint64_t)capability * 0x9E3779B97F4A7C15u >> (64 - __builtin_ctz(CACHED_SCALES));
    if (s->scale_keys[slot] != capability) {
        s->scale_keys[slot] = capability;
        s->scale_values[slot] = mn_scale_g(scale, capability);
    }
    return s->scale_values[slot];
}

static void get_scaled(const request *r, const scratch *s, const output *o, uint64_t first, int count)
{
    const int64_t base = r->table->metrics[o->metric].base;
    get_sum(r, s, o->sum, first, count, false, s->sums[0]);
    get_sum(r, s, o->capability, first, count, false, s->sums[1]);
    for (int i = 0; i < count; i++)
        s->sums[2][i] = mn_scale_apply(base, s->sums[0][i], cached_g(&r->table->scale, s, s->sums[1][i]));
    r->kernels->copy(s->sums[2], count, r->stream, o->column + first);
}

static void predict_tiles(void *context, uint64_t index, int thread)
{
    const request *r = context;
    size_t size;
    const scratch s = lay_out(r, r->scratch + (size_t)thread * r->scratch_size, &size);
    for (int tile = 0; tile < TILES_A_TASK; tile++) {
        const uint64_t first = (index * TILES_A_TASK + tile) * r->tile;
        if (first >= r->count)
            break;
        const int count = r->count - first < (uint64_t)r->tile ? (int)(r->count - first) : r->tile;
        if (r->has_plan)
            look_up(r, &s, first, count);
        for (int i = 0; i < r->output_count; i++) {
            const output *o = &r->outputs[i];
            if (o->capability >= 0)
                get_scaled(r, &s, o, first, count);
            else
                get_sum(r, &s, o->sum, first, count, r->stream, o->column + first);
        }
    }
#if defined(__x86_64__)
    __builtin_ia32_sfence(); /* streamed stores are ordered before the threads join */
#endif
}

/* ---- the request --------------------------------------------------------------------------------------------------------------- */

static int add_sum(request *r, int metric, bool with_base)
{
    for (int i = 0; i < r->sum_count; i++)
        if (r->sum_metrics[i] == metric && r->sum_with_base[i] == with_base)
            return i;
    r->sum_metrics[r->sum_count] = metric;
    r->sum_with_base[r->sum_count] = with_base;
    return r->sum_count++;
}

static bool list_outputs(request *r, int64_t *const *columns)
{
    const mn_table *table = r->table;
    r->outputs = mn_new_array((size_t)table->metric_count, sizeof *r->outputs);
    r->sum_metrics = mn_new_array((size_t)table->metric_count + 1, sizeof *r->sum_metrics);
    r->sum_with_base = mn_new_array((size_t)table->metric_count + 1, sizeof *r->sum_with_base);
    if (!r->outputs || !r->sum_metrics || !r->sum_with_base)
        return false;
    for (int metric = 0; metric < table->metric_count; metric++) {
        if (!columns[metric])
            continue;
        const bool scaled = table->has_scale && table->scale.metric == metric;
        output *o = &r->outputs[r->output_count++];
        *o = (output){metric, columns[metric], add_sum(r, metric, !scaled), -1};
        if (scaled)
            o->capability = add_sum(r, table->scale.by, true);
    }
    return true;
}

static bool wants_plan(const request *r)
{
    for (int node = 0; node < r->table->node_count; node++)
        if (r->table->first[node + 1] - r->table->first[node] > MN_PLAN_BLOCKS)
            return false;
    return r->count >= mn_predict_plan_entries(r->table);
}

static bool prepare(request *r, int threads)
{
    r->has_plan = wants_plan(r);
    if (r->has_plan && !mn_predict_plan_make(r->table, r->sum_metrics, r->sum_with_base, r->sum_count, &r->plan)) {
        r->has_plan = false;
        return false;
    }
    r->tile = TILE_BYTES / r->table->node_count;
    r->tile = r->tile > TILE ? TILE : r->tile < 8 ? 8 : r->tile / 8 * 8;
    r->stream = r->count * (uint64_t)r->output_count * sizeof(int64_t) > STREAM_BYTES;
    lay_out(r, NULL, &r->scratch_size);
    r->scratch = aligned_alloc(64, r->scratch_size * (size_t)threads);
    if (r->scratch)
        memset(r->scratch, 0, r->scratch_size * (size_t)threads);
    return r->scratch;
}

mn_status mn_cpu_predict(mn_cpu_level level, const mn_table *table, const void *networks, int width, uint64_t count,
                         int threads, int64_t *const *columns, mn_error *error)
{
    request r = {
        .table = table, .kernels = mn_predict_kernels_of(level), .networks = networks, .width = width, .count = count};
    bool ok = list_outputs(&r, columns);
    if (ok && count > 0 && r.output_count > 0) {
        threads = mn_thread_count(threads);
        ok = prepare(&r, threads);
        if (ok)
            mn_parallel(threads, (count + (uint64_t)r.tile * TILES_A_TASK - 1) / ((uint64_t)r.tile * TILES_A_TASK),
                        predict_tiles, &r);
    }
    if (r.has_plan)
        mn_predict_plan_free(&r.plan);
    free(r.outputs);
    free(r.sum_metrics);
    free(r.sum_with_base);
    free(r.scratch);
    return ok ? MN_OK : mn_fail_memory(error);
}
