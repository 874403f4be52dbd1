/* Prediction of many networks: the indices are checked here, on all threads, and the device does the rest. */
#include "host/api/handle.h"
#include "host/core/memory.h"
#include "host/device/device.h"
#include "solver/threads.h"

#include <inttypes.h>

enum { CHUNK = 1 << 15 }; /* networks that a thread checks at a time */

typedef struct index_check {
    const mn_table *table;
    const void *networks;
    int width;
    uint64_t count;
    int pattern_rows;           /* block counts repeated for so many networks, a long run for vector comparison */
    void *pattern;              /* of `width` bytes each: the largest index allowed */
    _Atomic uint64_t first_bad; /* row, UINT64_MAX: none */
} index_check;

static bool any_above_8(const uint8_t *values, const uint8_t *largest, size_t count)
{
    unsigned above = 0;
    for (size_t i = 0; i < count; i++)
        above |= values[i] > largest[i];
    return above;
}

static bool any_above_16(const uint16_t *values, const uint16_t *largest, size_t count)
{
    unsigned above = 0;
    for (size_t i = 0; i < count; i++)
        above |= values[i] > largest[i];
    return above;
}

static bool rows_are_bad(const index_check *check, uint64_t row, uint64_t rows)
{
    const size_t nodes = (size_t)check->table->node_count, count = rows * nodes;
    if (check->width == 1)
        return any_above_8((const uint8_t *)check->networks + row * nodes, check->pattern, count);
    return any_above_16((const uint16_t *)check->networks + row * nodes, check->pattern, count);
}

static void check_chunk(void *context, uint64_t index, int thread)
{
    (void)thread;
    index_check *check = context;
    const uint64_t begin = index * CHUNK, end = begin + CHUNK < check->count ? begin + CHUNK : check->count;
    for (uint64_t row = begin; row < end; row += (uint64_t)check->pattern_rows) {
        const uint64_t rows = end - row < (uint64_t)check->pattern_rows ? end - row : (uint64_t)check->pattern_rows;
        if (!rows_are_bad(check, row, rows))
            continue;
        uint64_t bad = row;
        while (!rows_are_bad(check, bad, 1))
            bad++;
        uint64_t known = check->first_bad;
        while (bad < known && !atomic_compare_exchange_weak(&check->first_bad, &known, bad))
            ;
        return;
    }
}

static unsigned choice_at(const index_check *check, uint64_t position)
{
    return check->width == 1 ? ((const uint8_t *)check->networks)[position]
                             : ((const uint16_t *)check->networks)[position];
}

static mn_status report_bad(const index_check *check, mn_error *error)
{
    const uint64_t row = check->first_bad, nodes = (uint64_t)check->table->node_count;
    int node = 0;
    while (choice_at(check, row * nodes + (uint64_t)node) < (unsigned)check->table->nodes[node].block_count)
        node++;
    return mn_fail(error, MN_USAGE, "network %" PRIu64 ": node \"%s\": index %u, expected 0 to %d", row,
                   check->table->nodes[node].name, choice_at(check, row * nodes + (uint64_t)node),
                   check->table->nodes[node].block_count - 1);
}

static mn_status check_indices(const mn_table *table, const void *networks, int width, uint64_t count, int threads,
                               mn_error *error)
{
    const int nodes = table->node_count, rows = 1 + 4096 / nodes;
    index_check check = {table,     networks, width, count, rows, mn_new_array((size_t)rows * nodes, (size_t)width),
                         UINT64_MAX};
    if (!check.pattern)
        return mn_fail_memory(error);
    for (int i = 0; i < rows * nodes; i++) {
        const int largest = table->nodes[i % nodes].block_count - 1;
        if (width == 1)
            ((uint8_t *)check.pattern)[i] = (uint8_t)(largest < UINT8_MAX ? largest : UINT8_MAX);
        else
            ((uint16_t *)check.pattern)[i] = (uint16_t)largest;
    }
    mn_parallel(threads, (count + CHUNK - 1) / CHUNK, check_chunk, &check);
    free(check.pattern);
    return check.first_bad == UINT64_MAX ? MN_OK : report_bad(&check, error);
}

mn_status mn_predict(const mn_table *table, const void *networks, int width, uint64_t count, int threads,
                     int64_t *const *columns)
{
    if (!table)
        return MN_USAGE;
    mn_error error = {0};
    mn_status status = MN_OK;
    if (!columns || (count && !networks))
        status = mn_fail(&error, MN_USAGE, "mn_predict: expected networks and columns, found NULL");
    else if (width != 1 && width != 2)
        status = mn_fail(&error, MN_USAGE, "mn_predict: width %d, expected 1 (uint8_t) or 2 (uint16_t)", width);
    else if (threads < 0)
        status = mn_fail(&error, MN_USAGE, "mn_predict: %d threads, expected 0 (all cores) or more", threads);
    else if (!table->has_values)
        status = mn_fail(&error, MN_USAGE, "\"%s\" is a space without values: nothing to predict with", table->name);
    if (status == MN_OK && count > 0)
        status = check_indices(table, networks, width, count, mn_thread_count(threads), &error);
    if (status == MN_OK && count > 0)
        status = mn_device_cpu.predict(table, networks, width, count, mn_thread_count(threads), columns, &error);
    return status == MN_OK ? MN_OK : mn_table_record(table, &error);
}
