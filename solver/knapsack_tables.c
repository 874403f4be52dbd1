#include "solver/knapsack_tables.h"
#include "solver/instructions.h"
#include "host/core/memory.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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
    free(tables->source);
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

/* What a new table is made from: the last one with cells without state around it, so that no block needs a look at its ends. Cell
 * `i` of the new table, moved back by a block, is source[i + heaviest - weight of the block]. */
typedef struct moves {
    const int32_t *source;
    const int64_t *weights, *given_up;
    int64_t heaviest;
    int count;
} moves;

enum { BLOCK = 64 }; /* cells that stay in registers while all of a node's blocks are gone through */

static void fill_portable(const moves *m, int32_t *cells, size_t size)
{
    for (size_t first = 0; first < size; first += BLOCK) {
        int32_t least[BLOCK];
        for (int i = 0; i < BLOCK; i++)
            least[i] = MN_NO_CELL;
        for (int block = 0; block < m->count; block++) {
            const int32_t *from = m->source + first + (m->heaviest - m->weights[block]);
            const int32_t given_up = (int32_t)m->given_up[block];
            for (int i = 0; i < BLOCK; i++)
                least[i] = from[i] + given_up < least[i] ? from[i] + given_up : least[i];
        }
        for (int i = 0; i < BLOCK; i++) /* nothing plus something is still nothing */
            cells[first + (size_t)i] = least[i] > MN_MOST_CELL ? MN_NO_CELL : least[i];
    }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void fill_avx2(const moves *m, int32_t *cells, size_t size)
{
    enum { VECTORS = 4 };
    const __m256i nothing = _mm256_set1_epi32(MN_NO_CELL), most = _mm256_set1_epi32(MN_MOST_CELL);
    for (size_t first = 0; first < size; first += 8 * VECTORS) {
        __m256i least[VECTORS] = {nothing, nothing, nothing, nothing};
        for (int block = 0; block < m->count; block++) {
            const int32_t *from = m->source + first + (m->heaviest - m->weights[block]);
            const __m256i given_up = _mm256_set1_epi32((int32_t)m->given_up[block]);
            for (int i = 0; i < VECTORS; i++)
                least[i] = _mm256_min_epi32(
                    least[i], _mm256_add_epi32(_mm256_loadu_si256((const __m256i *)(from + 8 * i)), given_up));
        }
        for (int i = 0; i < VECTORS; i++)
            _mm256_storeu_si256((__m256i *)(cells + first + 8 * i),
                                _mm256_blendv_epi8(least[i], nothing, _mm256_cmpgt_epi32(least[i], most)));
    }
}

__attribute__((target("avx512f"))) static void fill_avx512(const moves *m, int32_t *cells, size_t size)
{
    enum { VECTORS = BLOCK / 16 };
    const __m512i nothing = _mm512_set1_epi32(MN_NO_CELL), most = _mm512_set1_epi32(MN_MOST_CELL);
    for (size_t first = 0; first < size; first += BLOCK) {
        __m512i least[VECTORS] = {nothing, nothing, nothing, nothing};
        for (int block = 0; block < m->count; block++) {
            const int32_t *from = m->source + first + (m->heaviest - m->weights[block]);
            const __m512i given_up = _mm512_set1_epi32((int32_t)m->given_up[block]);
            for (int i = 0; i < VECTORS; i++)
                least[i] = _mm512_min_epi32(least[i], _mm512_add_epi32(_mm512_loadu_si512(from + 16 * i), given_up));
        }
        for (int i = 0; i < VECTORS; i++)
            _mm512_storeu_si512(cells + first + 16 * i,
                                _mm512_mask_mov_epi32(least[i], _mm512_cmpgt_epi32_mask(least[i], most), nothing));
    }
}
#endif

static void fill(const moves *m, int32_t *cells, size_t size)
{
#if defined(__x86_64__)
    const mn_instructions here = mn_instructions_here();
    if (here != MN_PLAIN) {
        (here == MN_AVX512 ? fill_avx512 : fill_avx2)(m, cells, size);
        return;
    }
#endif
    fill_portable(m, cells, size);
}

/* Copies the last table for new cells from weight `low` on, with all that blocks from `lightest` to `heaviest` may look at. */
static const int32_t *surround(mn_tables *tables, int64_t low, size_t size, int64_t lightest, int64_t heaviest)
{
    const mn_cells *last = &tables->tables[tables->count - 1];
    const size_t needed = size + (size_t)(heaviest - lightest) + BLOCK;
    if (needed > tables->source_capacity) {
        free(tables->source);
        tables->source = malloc(2 * needed * sizeof *tables->source);
        tables->source_capacity = tables->source ? 2 * needed : 0;
        if (!tables->source)
            return NULL;
    }
    const int64_t origin = low - heaviest,
                  end = origin + (int64_t)needed - 1; /* weights of the first and the last cell */
    const int64_t first = last->low > origin ? last->low : origin, final = last->high < end ? last->high : end;
    const size_t before = first > final ? needed : (size_t)(first - origin);
    const size_t count = first > final ? 0 : (size_t)(final - first) + 1;
    for (size_t i = 0; i < before; i++)
        tables->source[i] = MN_NO_CELL;
    if (count > 0)
        memcpy(tables->source + before, mn_tables_cell(tables, tables->count - 1, first),
               count * sizeof *tables->source);
    for (size_t i = before + count; i < needed; i++)
        tables->source[i] = MN_NO_CELL;
    return tables->source;
}

mn_status mn_tables_decide(mn_tables *tables, int64_t low, int64_t high, const int64_t *weights,
                           const int64_t *given_up, int count)
{
    if (low > high)
        return mn_tables_append(tables, low, high);
    const size_t size = ((size_t)(high - low) + BLOCK) / BLOCK * BLOCK;
    if (size > tables->most)
        return MN_STOPPED;
    int64_t lightest = weights[0], heaviest = weights[0];
    for (int i = 1; i < count; i++) {
        lightest = weights[i] < lightest ? weights[i] : lightest;
        heaviest = weights[i] > heaviest ? weights[i] : heaviest;
    }
    if ((uint64_t)(heaviest - lightest) > tables->most)
        return MN_STOPPED;
    const moves m = {.source = surround(tables, low, size, lightest, heaviest),
                     .weights = weights,
                     .given_up = given_up,
                     .heaviest = heaviest,
                     .count = count};
    if (!m.source)
        return MN_FAILURE;
    const mn_status status = mn_tables_append(tables, low, low + (int64_t)size - 1);
    if (status != MN_OK)
        return status;
    fill(&m, mn_tables_cell(tables, tables->count - 1, low), size);
    mn_tables_trim(tables, low, high);
    tables->made += (uint64_t)size * (uint64_t)count;
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

/* Moves a table's cells to the end of those before `place`, and the table to that place. */
static void move_to(mn_tables *tables, int from, int place)
{
    mn_cells table = tables->tables[from];
    const size_t width = table.high < table.low ? 0 : (size_t)(table.high - table.low) + 1;
    memmove(tables->cells + tables->used, tables->cells + table.begin, width * sizeof *tables->cells);
    table.begin = tables->used;
    tables->tables[place] = table;
    tables->used += width;
}

void mn_tables_keep_last(mn_tables *tables)
{
    tables->used = 0;
    move_to(tables, tables->count - 1, 0);
    tables->count = 1;
}

void mn_tables_halve(mn_tables *tables)
{
    const int count = (tables->count + 1) / 2;
    tables->used = 0;
    for (int i = 0; i < count; i++)
        move_to(tables, 2 * i, i);
    tables->count = count;
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
