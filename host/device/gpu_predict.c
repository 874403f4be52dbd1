/* Networks go through the device in chunks, two at a time: while one chunk's networks and values cross the bus on a stream, the kernel runs
 * on the other. All that crosses goes through pinned memory. */
#include "host/device/gpu_predict.h"
#include "host/core/memory.h"
#include "host/device/gpu_predict_plan.h"

#include <inttypes.h>

enum { LARGEST_CHUNK = 1 << 22, SMALLEST_CHUNK = 256 }; /* networks */
static const uint64_t CHUNK_BYTES = 1 << 28;            /* of a chunk's networks, about */

/* What one stream works on. */
typedef struct slot {
    void *networks, *host_networks;  /* on the device; pinned */
    int64_t *columns, *host_columns; /* [column_count][chunk], likewise */
    uint64_t first, count;           /* the chunk; count 0: none */
} slot;

typedef struct job {
    const mn_plugin *plugin;
    mn_gpu *gpu;
    const mn_table *table;
    const uint8_t *networks;
    int width;
    uint64_t count, chunk;
    int64_t *const *columns; /* [metric] */
    const int *metrics;      /* of this pass */
    mn_gpu_predict_plan plan;
    void *plan_memory; /* the plan's arrays on the device */
    uint64_t *first_bad;
    slot slots[MN_GPU_STREAMS];
    mn_error *error;
} job;

static uint64_t row_bytes(const job *j)
{
    return (uint64_t)j->table->node_count * (uint64_t)j->width;
}

/* Bytes of networks with what the kernel may read behind them. */
static uint64_t padded(uint64_t bytes)
{
    return (bytes + MN_PREDICT_PADDING - 1) / MN_PREDICT_PADDING * MN_PREDICT_PADDING;
}

/* ---- memory ---------------------------------------------------------------------------------------------------------------------- */

/* Status MN_OK and false: out of memory. */
static bool allocate(const job *j, bool pinned, uint64_t bytes, void **memory, mn_status *status)
{
    *status = (pinned ? j->plugin->allocate_pinned : j->plugin->allocate)(j->gpu, bytes, memory, j->error);
    return *status == MN_OK && *memory;
}

static bool allocate_slot(const job *j, slot *s, mn_status *status)
{
    const uint64_t networks = padded(j->chunk * row_bytes(j));
    const uint64_t columns = j->chunk * (uint64_t)j->plan.column_count * sizeof(int64_t);
    void *memory[4] = {NULL, NULL, NULL, NULL};
    const bool ok = allocate(j, false, networks, &memory[0], status) &&
                    allocate(j, true, networks, &memory[1], status) &&
                    allocate(j, false, columns, &memory[2], status) && allocate(j, true, columns, &memory[3], status);
    s->networks = memory[0];
    s->host_networks = memory[1];
    s->columns = memory[2];
    s->host_columns = memory[3];
    return ok;
}

static mn_status release_slots(job *j, mn_error *error)
{
    mn_status status = MN_OK;
    mn_error later = {0}; /* the first failure counts */
    for (int i = 0; i < MN_GPU_STREAMS; i++) {
        slot *s = &j->slots[i];
        void *const memory[] = {s->networks, s->host_networks, s->columns, s->host_columns};
        for (int k = 0; k < 4; k++)
            if (j->plugin->release(j->gpu, memory[k], status == MN_OK ? error : &later) != MN_OK)
                status = MN_FAILURE;
        *s = (slot){0};
    }
    return status;
}

/* Slots for as many networks as the device has room for: half of what failed, until it fits. */
static mn_status allocate_slots(job *j)
{
    const uint64_t many = CHUNK_BYTES / row_bytes(j) + 1, most = many < LARGEST_CHUNK ? many : LARGEST_CHUNK;
    j->chunk = j->count < most ? j->count : most;
    for (;;) {
        mn_status status = MN_OK;
        const int slots = j->count > j->chunk ? MN_GPU_STREAMS : 1;
        int made = 0;
        while (made < slots && allocate_slot(j, &j->slots[made], &status))
            made++;
        if (made == slots || status != MN_OK)
            return status;
        status = release_slots(j, j->error);
        if (status != MN_OK)
            return status;
        if (j->chunk <= SMALLEST_CHUNK)
            return mn_fail(j->error, MN_FAILURE, "%s: out of memory: %" PRIu64 " networks of %d nodes do not fit",
                           j->plugin->name, j->chunk, j->table->node_count);
        j->chunk = j->chunk / 2 < SMALLEST_CHUNK ? SMALLEST_CHUNK : j->chunk / 2;
    }
}

/* The tables and the number of the first bad network. */
static mn_status upload_plan(job *j)
{
    mn_status status = MN_OK;
    void *memory = NULL, *first_bad = NULL;
    const bool room = allocate(j, false, j->plan.bytes, &memory, &status) &&
                      allocate(j, false, sizeof *j->first_bad, &first_bad, &status);
    j->plan_memory = memory;
    j->first_bad = first_bad;
    if (status == MN_OK && !room)
        return mn_fail(j->error, MN_FAILURE, "%s: out of memory for tables of %" PRIu64 " bytes", j->plugin->name,
                       j->plan.bytes);
    if (status == MN_OK)
        status = j->plugin->upload(j->gpu, 0, j->plan_memory, j->plan.memory, j->plan.bytes, j->error);
    if (status == MN_OK)
        status = j->plugin->fill(j->gpu, 0, j->first_bad, UINT8_MAX, sizeof *j->first_bad, j->error);
    return status == MN_OK ? j->plugin->follow(j->gpu, 1, 0, j->error) : status;
}

/* ---- chunks ---------------------------------------------------------------------------------------------------------------------- */

/* Waits for the slot's chunk and hands its values over. */
static mn_status finish(const job *j, int stream)
{
    const slot *s = &j->slots[stream];
    const mn_status status = s->count > 0 ? j->plugin->synchronise(j->gpu, stream, j->error) : MN_OK;
    for (int i = 0; status == MN_OK && s->count > 0 && i < j->plan.column_count; i++)
        memcpy(j->columns[j->metrics[i]] + s->first, s->host_columns + (uint64_t)i * j->chunk,
               s->count * sizeof(int64_t));
    return status;
}

static mn_status launch(const job *j, int stream)
{
    const slot *s = &j->slots[stream];
    int64_t *columns[MN_PREDICT_METRICS];
    for (int i = 0; i < j->plan.column_count; i++)
        columns[i] = s->columns + (uint64_t)i * j->chunk;
    mn_kernel_predict p = mn_gpu_predict_plan_place(&j->plan, j->plan_memory, columns);
    p.networks = s->networks;
    p.count = s->count;
    p.first = s->first;
    p.first_bad = j->first_bad;
    return j->plugin->predict(j->gpu, stream, &p, j->error);
}

static mn_status begin(job *j, int stream, uint64_t first)
{
    slot *s = &j->slots[stream];
    s->first = first;
    s->count = j->count - first < j->chunk ? j->count - first : j->chunk;
    const uint64_t bytes = s->count * row_bytes(j);
    memcpy(s->host_networks, j->networks + first * row_bytes(j), bytes);
    memset((uint8_t *)s->host_networks + bytes, 0, padded(bytes) - bytes);
    mn_status status = j->plugin->upload(j->gpu, stream, s->networks, s->host_networks, padded(bytes), j->error);
    if (status == MN_OK)
        status = launch(j, stream);
    for (int i = 0; status == MN_OK && i < j->plan.column_count; i++) {
        const uint64_t place = (uint64_t)i * j->chunk;
        status = j->plugin->download(j->gpu, stream, s->host_columns + place, s->columns + place,
                                     s->count * sizeof(int64_t), j->error);
    }
    return status;
}

static mn_status run_chunks(job *j)
{
    int stream = 0;
    mn_status status = MN_OK;
    for (uint64_t first = 0; status == MN_OK && first < j->count; first += j->chunk, stream ^= 1) {
        status = finish(j, stream);
        if (status == MN_OK)
            status = begin(j, stream, first);
    }
    for (int i = 0; status == MN_OK && i < MN_GPU_STREAMS; i++)
        status = finish(j, stream ^ i);
    return status;
}

/* ---- indices out of range -------------------------------------------------------------------------------------------------------- */

static int choice_of(const job *j, uint64_t place)
{
    if (j->width == 1)
        return j->networks[place];
    uint16_t choice;
    memcpy(&choice, j->networks + 2 * place, sizeof choice);
    return choice;
}

static mn_status check_indices(const job *j)
{
    uint64_t row = 0;
    mn_status status = j->plugin->download(j->gpu, 0, &row, j->first_bad, sizeof row, j->error);
    if (status == MN_OK)
        status = j->plugin->synchronise(j->gpu, 0, j->error);
    if (status != MN_OK || row == UINT64_MAX)
        return status;
    const mn_node *nodes = j->table->nodes;
    for (int node = 0; row < j->count && node < j->table->node_count; node++) {
        const int choice = choice_of(j, row * (uint64_t)j->table->node_count + (uint64_t)node);
        if (choice >= nodes[node].block_count)
            return mn_fail(j->error, MN_USAGE, "network %" PRIu64 ": node \"%s\": index %d, expected 0 to %d", row,
                           nodes[node].name, choice, nodes[node].block_count - 1);
    }
    return mn_fail(j->error, MN_FAILURE, "%s: the device found fault with network %" PRIu64 ", which has none",
                   j->plugin->name, row);
}

/* ---- passes over the metrics ----------------------------------------------------------------------------------------------------- */

static mn_status run_pass(job *j)
{
    mn_status status = upload_plan(j);
    if (status == MN_OK)
        status = allocate_slots(j);
    if (status == MN_OK) {
        j->plugin->range_push(j->gpu, "predict: chunks");
        status = run_chunks(j);
        j->plugin->range_pop(j->gpu);
    }
    if (status == MN_OK)
        status = check_indices(j);
    mn_error later = {0}; /* the first failure is the one to tell */
    mn_error *const error = status == MN_OK ? j->error : &later;
    mn_status released = release_slots(j, error);
    if (j->plugin->release(j->gpu, j->plan_memory, error) != MN_OK ||
        j->plugin->release(j->gpu, j->first_bad, error) != MN_OK)
        released = MN_FAILURE;
    return status == MN_OK ? released : status;
}

mn_status mn_gpu_predict(const mn_plugin *plugin, mn_gpu *gpu, const mn_table *table, const void *networks, int width,
                         uint64_t count, int64_t *const *columns, mn_error *error)
{
    mn_status status = MN_OK;
    for (int metric = 0; status == MN_OK && metric < table->metric_count;) {
        int metrics[MN_PREDICT_METRICS], wanted = 0;
        for (; metric < table->metric_count && wanted < MN_PREDICT_METRICS; metric++)
            if (columns[metric])
                metrics[wanted++] = metric;
        if (wanted == 0)
            break;
        job j = {.plugin = plugin,
                 .gpu = gpu,
                 .table = table,
                 .networks = networks,
                 .width = width,
                 .count = count,
                 .columns = columns,
                 .metrics = metrics,
                 .error = error};
        plugin->range_push(gpu, "predict: tables");
        status = mn_gpu_predict_plan_make(table, metrics, wanted, width, plugin->facts(gpu), &j.plan, error);
        plugin->range_pop(gpu);
        if (status == MN_OK)
            status = run_pass(&j);
        mn_gpu_predict_plan_free(&j.plan);
    }
    return status;
}
