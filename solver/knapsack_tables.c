#include "solver/knapsack_tables.h"
#include "host/core/memory.h"

void mn_tables_start(mn_tables *tables, size_t most)
{
    tables->used = 0;
    tables->count = 0;
    tables->most = most;
    tables->made = 0;
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
    for (size_t i = 0; i < width; i++)
        tables->cells[tables->used + i] = MN_NO_CELL;
    tables->used += width;
    return MN_OK;
}

/* ---- vector loops, compiled for each machine ------------------------------------------------------------------------------------------ */

static inline __attribute__((always_inline)) void take_smaller(int32_t *restrict cells, const int32_t *restrict from,
                                                               size_t count, int32_t given_up)
{
    for (size_t i = 0; i < count; i++) {
        const int32_t moved = from[i] + given_up;
        cells[i] = moved < cells[i] ? moved : cells[i];
    }
}

static inline __attribute__((always_inline)) void mark(int32_t *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cells[i] = cells[i] > MN_MOST_CELL ? MN_NO_CELL : cells[i];
}

#define DEFINE_LOOPS(SUFFIX, TARGET)                                                                                   \
    TARGET static void take_smaller_##SUFFIX(int32_t *restrict cells, const int32_t *restrict from, size_t count,      \
                                             int32_t given_up)                                                         \
    {                                                                                                                  \
        take_smaller(cells, from, count, given_up);                                                                    \
    }                                                                                                                  \
    TARGET static void mark_##SUFFIX(int32_t *cells, size_t count)                                                     \
    {                                                                                                                  \
        mark(cells, count);                                                                                            \
    }

DEFINE_LOOPS(portable, )
#if defined(__x86_64__)
DEFINE_LOOPS(avx2, __attribute__((target("avx2"))))
DEFINE_LOOPS(avx512, __attribute__((target("avx512f,prefer-vector-width=512"))))
#endif

static void take_smaller_here(int32_t *cells, const int32_t *from, size_t count, int32_t given_up)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        take_smaller_avx512(cells, from, count, given_up);
        return;
    }
    if (__builtin_cpu_supports("avx2")) {
        take_smaller_avx2(cells, from, count, given_up);
        return;
    }
#endif
    take_smaller_portable(cells, from, count, given_up);
}

static void mark_here(int32_t *cells, size_t count)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        mark_avx512(cells, count);
        return;
    }
    if (__builtin_cpu_supports("avx2")) {
        mark_avx2(cells, count);
        return;
    }
#endif
    mark_portable(cells, count);
}

/* ---- deciding a node ------------------------------------------------------------------------------------------------------------------ */

void mn_tables_move(mn_tables *tables, int from, int64_t weight, int32_t given_up)
{
    const mn_cells *source = &tables->tables[from], *last = &tables->tables[tables->count - 1];
    const int64_t low = source->low + weight > last->low ? source->low + weight : last->low;
    const int64_t high = source->high + weight < last->high ? source->high + weight : last->high;
    if (low > high)
        return;
    const size_t count = (size_t)(high - low) + 1;
    take_smaller_here(mn_tables_cell(tables, tables->count - 1, low), mn_tables_cell(tables, from, low - weight), count,
                      given_up);
    tables->made += count;
}

void mn_tables_finish(mn_tables *tables)
{
    const mn_cells *last = &tables->tables[tables->count - 1];
    mark_here(tables->cells + last->begin, tables->used - last->begin);
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
