#include "solver/knapsack_tables.h"
#include "host/core/memory.h"

void mn_tables_start(mn_tables *tables, size_t most)
{
    tables->used = 0;
    tables->count = 0;
    tables->most = most;
}

void mn_tables_free(mn_tables *tables)
{
    free(tables->cells);
    free(tables->tables);
    *tables = (mn_tables){0};
}

mn_status mn_tables_append(mn_tables *tables, int64_t low, int64_t high)
{
    const size_t width = high < low ? 0 : (size_t)(high - low) + 1;
    if (width > tables->most || tables->used + width > tables->most)
        return MN_STOPPED;
    if (tables->used + width > tables->capacity) {
        const size_t capacity = 2 * tables->capacity + width + 4096;
        if (!mn_grow(&tables->cells, capacity, sizeof *tables->cells))
            return MN_FAILURE;
        tables->capacity = capacity;
    }
    if (tables->count == tables->table_capacity) {
        const int capacity = 2 * tables->table_capacity + 64;
        if (!mn_grow(&tables->tables, (size_t)capacity, sizeof *tables->tables))
            return MN_FAILURE;
        tables->table_capacity = capacity;
    }
    tables->tables[tables->count++] = (mn_cells){low, high, tables->used};
    tables->used += width;
    return MN_OK;
}

mn_status mn_tables_copy(const mn_tables *others, int from, mn_tables *tables)
{
    const mn_cells *source = &others->tables[from];
    const mn_status status = mn_tables_append(tables, source->low, source->high);
    if (status == MN_OK && source->low <= source->high)
        memcpy(mn_tables_cell(tables, tables->count - 1, source->low), others->cells + source->begin,
               sizeof *tables->cells * ((size_t)(source->high - source->low) + 1));
    return status;
}

/* ---- deciding a node ------------------------------------------------------------------------------------------------------------------ */

enum { TILE = 4096 }; /* cells that all blocks are put into before the next ones: they stay in the first-level cache */

static inline __attribute__((always_inline)) void take_smaller(int32_t *restrict cells, const int32_t *restrict from,
                                                               int64_t count, int32_t given_up)
{
    for (int64_t i = 0; i < count; i++) {
        const int32_t moved = from[i] + given_up;
        cells[i] = moved < cells[i] ? moved : cells[i];
    }
}

/* One tile of the new table: from `source`, the table of weights `before`. */
static inline __attribute__((always_inline)) void fill_tile(int32_t *restrict cells, int64_t low, int64_t high,
                                                            const int32_t *restrict source, mn_cells before,
                                                            const int64_t *weights, const int64_t *given_up, int count)
{
    const int64_t size = high - low + 1;
    for (int64_t i = 0; i < size; i++)
        cells[i] = MN_NO_CELL;
    for (int block = 0; block < count; block++) {
        const int64_t first = before.low + weights[block] > low ? before.low + weights[block] : low;
        const int64_t last = before.high + weights[block] < high ? before.high + weights[block] : high;
        if (first <= last)
            take_smaller(cells + (first - low), source + (first - weights[block] - before.low), last - first + 1,
                         (int32_t)given_up[block]);
    }
    for (int64_t i = 0; i < size; i++)
        cells[i] = cells[i] > MN_MOST_CELL ? MN_NO_CELL : cells[i]; /* nothing plus something is still nothing */
}

#define DEFINE_FILL(NAME, TARGET)                                                                                      \
    TARGET static void NAME(int32_t *restrict cells, int64_t low, int64_t high, const int32_t *restrict source,        \
                            mn_cells before, const int64_t *weights, const int64_t *given_up, int count)               \
    {                                                                                                                  \
        fill_tile(cells, low, high, source, before, weights, given_up, count);                                         \
    }

DEFINE_FILL(fill_portable, )
#if defined(__x86_64__)
DEFINE_FILL(fill_avx2, __attribute__((target("avx2"))))
DEFINE_FILL(fill_avx512, __attribute__((target("avx512f,prefer-vector-width=512"))))
#endif

mn_status mn_tables_decide(mn_tables *tables, int64_t low, int64_t high, const int64_t *weights,
                           const int64_t *given_up, int count)
{
    void (*fill)(int32_t *restrict, int64_t, int64_t, const int32_t *restrict, mn_cells, const int64_t *,
                 const int64_t *, int) = fill_portable;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        fill = fill_avx512;
    else if (__builtin_cpu_supports("avx2"))
        fill = fill_avx2;
#endif
    const int from = tables->count - 1;
    const mn_status status = mn_tables_append(tables, low, high);
    if (status != MN_OK || low > high)
        return status;
    const mn_cells before = tables->tables[from];
    for (int64_t first = low; first <= high; first += TILE) {
        const int64_t last = high - first < TILE ? high : first + TILE - 1;
        fill(mn_tables_cell(tables, from + 1, first), first, last, tables->cells + before.begin, before, weights,
             given_up, count);
    }
    tables->made += (uint64_t)(high - low + 1) * (uint64_t)count;
    return MN_OK;
}

void mn_tables_trim(mn_tables *tables, int64_t low, int64_t high)
{
    mn_cells *last = &tables->tables[tables->count - 1];
    if (low > high) {
        last->low = 0;
        last->high = -1;
        tables->used = last->begin;
        return;
    }
    last->begin += (size_t)(low - last->low);
    last->low = low;
    last->high = high;
    tables->used = last->begin + (size_t)(high - low) + 1;
}

int32_t mn_tables_least(const mn_tables *tables, int table, int64_t low, int64_t high)
{
    const mn_cells *t = &tables->tables[table];
    int32_t least = MN_NO_CELL;
    low = low > t->low ? low : t->low;
    high = high < t->high ? high : t->high;
    for (int64_t weight = low; weight <= high; weight++) {
        const int32_t here = *mn_tables_cell(tables, table, weight);
        least = here < least ? here : least;
    }
    return least;
}
