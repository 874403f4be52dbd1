/* Prediction on the CPU, whole: sums over blocks (cpu_predict.c), then factors and links, in pieces that fit the nearest cache. */
#include "host/core/factors.h"
#include "host/core/memory.h"
#include "host/device/cpu.h"
#include "solver/threads.h"

enum { PIECE = 1024 };

typedef struct finish {
    const mn_table *table;
    const void *networks;
    int width;
    uint64_t count;
    int64_t *const *columns;
    bool *evaluated; /* [metric_count] scaled by or of sums with factors: network by network */
    _Atomic bool lost;
} finish;

static bool has_factors(const mn_table *table, int metric)
{
    return table->metrics[metric].factor_count > 0;
}

static bool scales_factors(const mn_table *table)
{
    return table->has_scale && (has_factors(table, table->scale.metric) || has_factors(table, table->scale.by));
}

static int choice_at(const finish *f, uint64_t place)
{
    if (f->width == 1)
        return ((const uint8_t *)f->networks)[place];
    uint16_t choice; /* perhaps not aligned */
    memcpy(&choice, (const uint8_t *)f->networks + 2 * place, sizeof choice);
    return choice;
}

static int choice_of(const finish *f, uint64_t network, int node)
{
    return choice_at(f, network * (uint64_t)f->table->node_count + (uint64_t)node);
}

/* Numbers of one auxiliary node's combinations; its parts' own nodes are `nodes`. */
static void find_combinations(const finish *f, const mn_auxiliary *auxiliary, const int *node_of, uint64_t first,
                              int count, int32_t *combinations)
{
    const size_t nodes = (size_t)f->table->node_count;
    memset(combinations, 0, sizeof *combinations * (size_t)count);
    for (int part = 0; part < auxiliary->part_count; part++) {
        const int stride = auxiliary->strides[part];
        const size_t place = (size_t)first * nodes + (size_t)node_of[auxiliary->parts[part]];
        if (f->width == 1) {
            const uint8_t *choices = (const uint8_t *)f->networks + place;
            for (int i = 0; i < count; i++)
                combinations[i] += stride * choices[(size_t)i * nodes];
        } else {
            for (int i = 0; i < count; i++)
                combinations[i] += stride * choice_at(f, place + (size_t)i * nodes);
        }
    }
}

/* Adds what factors contribute to every column that has any. */
static void add_factors(const finish *f, const int *node_of, uint64_t first, int count)
{
    const mn_expansion *expansion = f->table->expansion;
    int32_t combinations[PIECE];
    for (int i = 0; i < expansion->auxiliary_count; i++) {
        const mn_auxiliary *auxiliary = &expansion->auxiliaries[i];
        find_combinations(f, auxiliary, node_of, first, count, combinations);
        for (int metric = 0; metric < f->table->metric_count; metric++) {
            if (!f->columns[metric] || f->evaluated[metric] || !has_factors(f->table, metric))
                continue;
            const int64_t *values = expansion->table.metrics[metric].values + expansion->table.first[auxiliary->node];
            int64_t *column = f->columns[metric] + first;
            for (int k = 0; k < count; k++)
                column[k] += values[combinations[k]];
        }
    }
}

static void evaluate(const finish *f, int metric, uint64_t first, int count, uint16_t *network)
{
    for (int i = 0; i < count; i++) {
        for (int node = 0; node < f->table->node_count; node++)
            network[node] = (uint16_t)choice_of(f, first + (uint64_t)i, node);
        f->columns[metric][first + (uint64_t)i] = mn_table_evaluate(f->table, metric, network);
    }
}

static void finish_piece(void *context, uint64_t index, int thread)
{
    (void)thread;
    finish *f = context;
    const mn_table *table = f->table;
    const uint64_t first = index * PIECE;
    const int count = f->count - first < PIECE ? (int)(f->count - first) : PIECE;
    int *node_of = NULL; /* [searched nodes] the table's own node */
    uint16_t *network = mn_new_array((size_t)table->node_count, sizeof *network);
    if (table->expansion && (node_of = mn_new_array((size_t)table->expansion->table.node_count, sizeof *node_of)))
        for (int node = 0; node < table->node_count; node++)
            node_of[table->expansion->place[node]] = node;
    if (!network || (table->expansion && !node_of)) {
        f->lost = true;
    } else {
        if (table->expansion)
            add_factors(f, node_of, first, count);
        for (int metric = 0; metric < table->metric_count; metric++) {
            const mn_link *link = &table->metrics[metric].link;
            int64_t *column = f->columns[metric];
            if (column && f->evaluated[metric])
                evaluate(f, metric, first, count, network);
            for (int i = 0; column && link->count && i < count; i++)
                column[first + (uint64_t)i] = mn_link_value(link, column[first + (uint64_t)i]);
        }
    }
    free(node_of);
    free(network);
}

/* Whether some column asked for is more than a sum over blocks. */
static bool has_more(const mn_table *table, int64_t *const *columns)
{
    bool more = false;
    for (int metric = 0; metric < table->metric_count; metric++)
        more |= columns[metric] && (table->metrics[metric].link.count || table->expansion);
    return more;
}

/* Factors and links of columns that hold sums over blocks. */
static mn_status finish_columns(const mn_table *table, const void *networks, int width, uint64_t count, int threads,
                                int64_t *const *columns, mn_error *error)
{
    finish f = {.table = table, .networks = networks, .width = width, .count = count, .columns = columns};
    f.evaluated = mn_new_array((size_t)table->metric_count, sizeof *f.evaluated);
    if (!f.evaluated)
        return mn_fail_memory(error);
    if (table->has_scale)
        f.evaluated[table->scale.metric] = scales_factors(table);
    mn_parallel(threads, (count + PIECE - 1) / PIECE, finish_piece, &f);
    free(f.evaluated);
    return f.lost ? mn_fail_memory(error) : MN_OK;
}

/* A scale of sums with factors is evaluated network by network: a capability may be positive with them only. */
mn_status mn_cpu_predict_whole(const mn_table *table, const void *networks, int width, uint64_t count, int threads,
                               int64_t *const *columns, mn_error *error)
{
    mn_table *unscaled = NULL;
    if (scales_factors(table)) {
        unscaled = mn_new_array(1, sizeof *unscaled);
        if (!unscaled)
            return mn_fail_memory(error);
        *unscaled = *table;
        unscaled->has_scale = false;
    }
    mn_status status = mn_cpu_predict(mn_cpu_best_level(), unscaled ? unscaled : table, networks, width, count, threads,
                                      columns, error);
    free(unscaled);
    if (status == MN_OK && has_more(table, columns))
        status = finish_columns(table, networks, width, count, threads, columns, error);
    return status;
}
