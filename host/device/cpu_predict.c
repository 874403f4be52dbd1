/* Prediction on the CPU: networks go in steps through lookups in registers (cpu_predict_registers.h) or in tables
 * (cpu_predict_plan.h), whose words stay in the first-level cache. Columns that are large in all are written past the caches, in whole lines. A few networks, or nodes of more than 256 blocks,
 * are summed value by value, since tables would not pay or not fit. */
#include "host/device/cpu_predict_kernels.h"
#include "host/core/memory.h"
#include "solver/threads.h"

#include <inttypes.h>
#include <stdatomic.h>

enum {
    TASK = 1 << 15,            /* networks that a thread takes at once; a multiple of MN_STEP */
    STREAM_BYTES = 4 << 20,    /* columns that are larger in all bypass the caches */
    FEW = 2000,                /* networks: below, no tables */
    CACHED_SCALES = 512,       /* a power of two */
    BUFFER = MN_LINE + MN_STEP /* the last values of the step before, then those of this step */
};

/* A wanted metric. */
typedef struct output {
    int metric;
    int64_t *column;
    int sum;        /* index of the field that sums its values */
    int capability; /* index of the field of F when the metric is scaled, otherwise -1 */
    int scaled;     /* place among the scaled metrics' buffers */
} output;

typedef struct request {
    const mn_table *table;
    const mn_predict_kernels *kernels;
    const uint8_t *networks;
    int width;
    uint64_t count;
    bool in_registers;
    mn_register_plan registers;
    mn_predict_plan plan;
    const mn_field *fields; /* of the plan in use; NULL: value by value */
    int word_count;
    int output_count, sum_count, scaled_count;
    output *outputs;
    int *sum_metrics;           /* [sum_count] */
    bool *sum_with_base;        /* [sum_count] */
    uint8_t *largest;           /* [MN_STEP][node_count] indices allowed, with a plan */
    _Atomic uint64_t first_bad; /* network with an index out of range; UINT64_MAX: none */
    bool stream;
    char *scratch; /* [threads][scratch_size] */
    size_t scratch_size;
} request;

/* A thread's memory. */
typedef struct scratch {
    uint16_t (*indices)[MN_OCTET_GROUPS]; /* [MN_STEP] */
    uint64_t (*words)[BUFFER];            /* [word_count] in tables */
    uint32_t (*digits)[BUFFER];           /* [word_count] in registers */
    uint64_t (*scaled)[BUFFER];           /* [scaled_count] */
    mn_store *stores;                     /* [output_count] */
    mn_store *parts;                      /* [scaled_count][2] sum and F of the scaled metrics */
    int *lags;                            /* [output_count] */
    int64_t *scale_keys;                  /* [CACHED_SCALES] F */
    uint64_t *scale_values;               /* g(F) */
    uint8_t *bytes;                       /* a step's networks as bytes, with room to read ahead */
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
    const size_t outputs = (size_t)r->output_count;
    size_t at[10];
    *size = 0;
    at[0] = take(size, sizeof(uint16_t[MN_STEP][MN_OCTET_GROUPS]));
    at[1] = take(size, sizeof(uint64_t[BUFFER]) * (size_t)(2 * r->plan.plane_count));
    at[8] = take(size, sizeof(uint32_t[BUFFER]) * (size_t)r->word_count);
    at[9] = take(size, sizeof(mn_store) * 2 * (size_t)r->scaled_count);
    at[2] = take(size, sizeof(uint64_t[BUFFER]) * (size_t)r->scaled_count);
    at[3] = take(size, sizeof(mn_store) * outputs);
    at[4] = take(size, sizeof(int) * outputs);
    at[5] = take(size, sizeof(int64_t) * CACHED_SCALES);
    at[6] = take(size, sizeof(uint64_t) * CACHED_SCALES);
    at[7] = take(size, MN_STEP * (size_t)r->table->node_count + MN_READ_AHEAD);
    if (!base)
        return (scratch){0};
    return (scratch){.indices = (void *)(base + at[0]),
                     .words = (void *)(base + at[1]),
                     .digits = (void *)(base + at[8]),
                     .parts = (void *)(base + at[9]),
                     .scaled = (void *)(base + at[2]),
                     .stores = (void *)(base + at[3]),
                     .lags = (void *)(base + at[4]),
                     .scale_keys = (void *)(base + at[5]),
                     .scale_values = (void *)(base + at[6]),
                     .bytes = (void *)(base + at[7])};
}

/* ---- reading networks ----------------------------------------------------------------------------------------------------------- */

static inline int choice_of(const request *r, uint64_t place)
{
    if (r->width == 1)
        return r->networks[place];
    uint16_t choice;
    memcpy(&choice, r->networks + 2 * place, sizeof choice);
    return choice;
}

/* ---- indices out of range -------------------------------------------------------------------------------------------------------- */

/* The first node of the network whose index is out of range, or -1. */
static int bad_node(const request *r, uint64_t row)
{
    const uint64_t place = row * (uint64_t)r->table->node_count;
    for (int node = 0; node < r->table->node_count; node++)
        if (choice_of(r, place + (uint64_t)node) >= r->table->nodes[node].block_count)
            return node;
    return -1;
}

/* Notes the first bad network from `row` on, if it comes before those noted. */
static void note_bad(request *r, uint64_t row)
{
    while (bad_node(r, row) < 0)
        row++;
    uint64_t known = r->first_bad;
    while (row < known && !atomic_compare_exchange_weak(&r->first_bad, &known, row))
        ;
}

static mn_status report_bad(const request *r, mn_error *error)
{
    const uint64_t row = r->first_bad;
    const int node = bad_node(r, row);
    return mn_fail(error, MN_USAGE, "network %" PRIu64 ": node \"%s\": index %d, expected 0 to %d", row,
                   r->table->nodes[node].name, choice_of(r, row * (uint64_t)r->table->node_count + (uint64_t)node),
                   r->table->nodes[node].block_count - 1);
}

/* ---- few networks, value by value ------------------------------------------------------------------------------------------------ */

static int64_t plain_sum(const request *r, int sum, uint64_t row)
{
    const mn_table *table = r->table;
    const mn_metric *metric = &table->metrics[r->sum_metrics[sum]];
    const uint64_t place = row * (uint64_t)table->node_count;
    int64_t value = r->sum_with_base[sum] ? metric->base : 0;
    for (int node = 0; node < table->node_count; node++)
        value += metric->values[table->first[node] + choice_of(r, place + (uint64_t)node)];
    return value;
}

static void sum_plainly(void *context, uint64_t index, int thread)
{
    (void)thread;
    request *r = context;
    const uint64_t last = (index + 1) * TASK < r->count ? (index + 1) * TASK : r->count;
    for (uint64_t row = index * TASK; row < last; row++) {
        if (bad_node(r, row) >= 0) {
            note_bad(r, row);
            return;
        }
        for (int i = 0; i < r->output_count; i++) {
            const output *o = &r->outputs[i];
            int64_t value = plain_sum(r, o->sum, row);
            if (o->capability >= 0)
                value = mn_scale_apply(r->table->metrics[o->metric].base, value,
                                       mn_scale_g(&r->table->scale, plain_sum(r, o->capability, row)));
            o->column[row] = value;
        }
    }
}

/* ---- a step through the plan ---------------------------------------------------------------------------------------------------- */

/* A step's networks as bytes, all MN_STEP of them and MN_READ_AHEAD bytes more readable; NULL: one has an index out of range. */
static const uint8_t *step_bytes(const request *r, const scratch *s, uint64_t first, int count)
{
    const size_t nodes = (size_t)r->table->node_count, size = (size_t)count * nodes;
    const uint8_t *networks = r->networks + first * nodes * (size_t)r->width;
    if (r->width == 1) {
        if (!r->kernels->within(networks, r->largest, size))
            return NULL;
        if ((r->count - first) * nodes >= MN_STEP * nodes + MN_READ_AHEAD)
            return networks;
        memcpy(s->bytes, networks, size);
    } else {
        unsigned above = 0;
        for (size_t i = 0; i < size; i++) {
            uint16_t choice;
            memcpy(&choice, networks + 2 * i, sizeof choice); /* perhaps not aligned */
            above |= choice > r->largest[i];
            s->bytes[i] = (uint8_t)choice;
        }
        if (above)
            return NULL;
    }
    memset(s->bytes + size, 0, (MN_STEP - (size_t)count) * nodes + MN_READ_AHEAD);
    return s->bytes;
}

static void look_up(const request *r, const scratch *s, const uint8_t *networks)
{
    const mn_predict_plan *plan = &r->plan;
    if (r->in_registers)
        r->kernels->permute(&r->registers, networks, s->digits[0] + MN_LINE, BUFFER);
    for (int i = 0; i < plan->octet_count; i++) {
        const mn_octet *octet = &plan->octets[i];
        r->kernels->index(octet, networks, r->table->node_count, s->indices);
        for (int plane = 0; plane < plan->plane_count; plane++) {
            const int words = 2 * plane + 1 < plan->word_count ? 2 : 1;
            const uint64_t *tables[MN_OCTET_GROUPS];
            for (int group = 0; group < octet->group_count; group++)
                tables[group] = plan->planes[plane] + octet->table_start[group] * (uint64_t)words;
            uint64_t *const sums[2] = {s->words[2 * plane] + MN_LINE, s->words[2 * plane + 1] + MN_LINE};
            mn_predict_accumulate(tables, octet->group_count, words, (const void *)s->indices, i == 0, sums);
        }
    }
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

static void scale_step(const request *r, const scratch *s, const output *o, int count)
{
    const mn_store *sum = &s->parts[2 * o->scaled], *capability = sum + 1;
    const int64_t base = r->table->metrics[o->metric].base;
    for (int i = 0; i < count; i++)
        s->scaled[o->scaled][MN_LINE + i] = (uint64_t)mn_scale_apply(
            base, mn_store_value(sum, i), cached_g(&r->table->scale, s, mn_store_value(capability, i)));
}

/* A reader of the field's values, `lag` values back from the step's. */
static mn_store reader_of(const request *r, const scratch *s, int field, int lag)
{
    mn_store store = {.field = r->fields[field]};
    if (r->in_registers) {
        store.low = s->digits[store.field.low.word] + MN_LINE - lag;
        store.high = s->digits[store.field.high.word] + MN_LINE - lag;
    } else {
        store.words = s->words[store.field.low.word] + MN_LINE - lag;
    }
    return store;
}

static void start_stores(const request *r, const scratch *s, uint64_t first)
{
    for (int i = 0; i < r->output_count; i++) {
        const output *o = &r->outputs[i];
        const uintptr_t address = (uintptr_t)(o->column + first);
        const bool stream = r->stream && address % sizeof(int64_t) == 0;
        const int lag = stream ? (int)(address / sizeof(int64_t) % MN_LINE) : 0;
        if (o->capability < 0) {
            s->stores[i] = reader_of(r, s, o->sum, lag);
        } else {
            s->parts[2 * o->scaled] = reader_of(r, s, o->sum, 0);
            s->parts[2 * o->scaled + 1] = reader_of(r, s, o->capability, 0);
            s->stores[i] = (mn_store){.words = s->scaled[o->scaled] + MN_LINE - lag};
            s->stores[i].field = (mn_field){.low.mask = UINT64_MAX, .factor = 1};
        }
        s->lags[i] = lag;
        s->stores[i].column = o->column + first - lag;
        s->stores[i].stream = stream;
    }
}

/* Writes values `from` .. `to` - 1 of a step's, one by one: the ends of a task. */
static void store_some(mn_store *store, int from, int to)
{
    for (int i = from; i < to; i++)
        store->column[i] = mn_store_value(store, i);
}

static void keep_last_line(const request *r, const scratch *s)
{
    for (int word = 0; word < r->word_count; word++)
        if (r->in_registers)
            memcpy(s->digits[word], s->digits[word] + MN_STEP, sizeof **s->digits * MN_LINE);
        else
            memcpy(s->words[word], s->words[word] + MN_STEP, sizeof **s->words * MN_LINE);
    for (int i = 0; i < r->scaled_count; i++)
        memcpy(s->scaled[i], s->scaled[i] + MN_STEP, sizeof **s->scaled * MN_LINE);
}

static void predict_task(void *context, uint64_t index, int thread)
{
    request *r = context;
    size_t size;
    const scratch s = lay_out(r, r->scratch + (size_t)thread * r->scratch_size, &size);
    const uint64_t start = index * TASK, last = start + TASK < r->count ? start + TASK : r->count;
    start_stores(r, &s, start);
    for (uint64_t first = start; first < last; first += MN_STEP) {
        const int count = last - first < MN_STEP ? (int)(last - first) : MN_STEP;
        const uint8_t *networks = step_bytes(r, &s, first, count);
        if (!networks) {
            note_bad(r, first);
            break;
        }
        look_up(r, &s, networks);
        for (int i = 0; i < r->output_count; i++)
            if (r->outputs[i].capability >= 0)
                scale_step(r, &s, &r->outputs[i], count);
        if (first > start && count == MN_STEP)
            r->kernels->store(s.stores, r->output_count);
        else
            for (int i = 0; i < r->output_count; i++) { /* what comes before the task is not its own */
                store_some(&s.stores[i], first > start ? 0 : s.lags[i], count);
                s.stores[i].column += MN_STEP;
            }
        if (first + MN_STEP >= last)
            for (int i = 0; i < r->output_count; i++) {
                s.stores[i].column -= MN_STEP;
                store_some(&s.stores[i], count, count + s.lags[i]);
            }
        keep_last_line(r, &s);
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
        *o =
            (output){.metric = metric, .column = columns[metric], .sum = add_sum(r, metric, !scaled), .capability = -1};
        if (scaled) {
            o->capability = add_sum(r, table->scale.by, true);
            o->scaled = r->scaled_count++;
        }
    }
    return true;
}

static bool make_plan(request *r)
{
    bool ok = true;
    if (r->kernels->permute)
        ok = mn_register_plan_make(r->table, r->sum_metrics, r->sum_with_base, r->sum_count, &r->registers,
                                   &r->in_registers);
    if (ok && !r->in_registers)
        ok = mn_predict_plan_make(r->table, r->sum_metrics, r->sum_with_base, r->sum_count, &r->plan);
    r->fields = r->in_registers ? r->registers.fields : r->plan.fields;
    r->word_count = r->in_registers ? r->registers.word_count : r->plan.word_count;
    return ok;
}

static bool wants_plan(const request *r)
{
    for (int node = 0; node < r->table->node_count; node++)
        if (r->table->first[node + 1] - r->table->first[node] > MN_PLAN_BLOCKS)
            return false;
    return r->count >= FEW && r->output_count > 0;
}

static bool prepare(request *r, int threads)
{
    if (!make_plan(r))
        return false;
    r->stream = r->count * (uint64_t)r->output_count * sizeof(int64_t) > STREAM_BYTES;
    const int nodes = r->table->node_count;
    r->largest = aligned_alloc(64, MN_STEP * (size_t)nodes);
    for (int i = 0; r->largest && i < MN_STEP * nodes; i++)
        r->largest[i] = (uint8_t)(r->table->nodes[i % nodes].block_count - 1);
    lay_out(r, NULL, &r->scratch_size);
    r->scratch = aligned_alloc(64, r->scratch_size * (size_t)threads);
    if (r->scratch)
        memset(r->scratch, 0, r->scratch_size * (size_t)threads);
    return r->largest && r->scratch;
}

mn_status mn_cpu_predict(mn_cpu_level level, const mn_table *table, const void *networks, int width, uint64_t count,
                         int threads, int64_t *const *columns, mn_error *error)
{
    request r = {.table = table,
                 .kernels = mn_predict_kernels_of(level),
                 .networks = networks,
                 .width = width,
                 .count = count,
                 .first_bad = UINT64_MAX};
    bool ok = list_outputs(&r, columns);
    if (ok && count > 0) {
        threads = mn_thread_count(threads);
        const bool planned = wants_plan(&r);
        ok = !planned || prepare(&r, threads);
        if (ok)
            mn_parallel(threads, (count + TASK - 1) / TASK, planned ? predict_task : sum_plainly, &r);
    }
    mn_predict_plan_free(&r.plan);
    mn_register_plan_free(&r.registers);
    free(r.outputs);
    free(r.sum_metrics);
    free(r.sum_with_base);
    free(r.largest);
    free(r.scratch);
    if (!ok)
        return mn_fail_memory(error);
    return r.first_bad == UINT64_MAX ? MN_OK : report_bad(&r, error);
}
