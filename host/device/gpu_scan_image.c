#include "host/device/gpu_scan_image.h"
#include "host/core/memory.h"

/* ---- arrays that become one piece of the device's memory ---------------------------------------------------------------------------- */

enum { MOST_ARRAYS = 20 };

/* An array made here, and the pointer that is to find its copy on the device. */
typedef struct array {
    void *host;
    size_t bytes;
    void *field;
} array;

typedef struct maker {
    const mn_scan_parts *parts;
    const mn_diagram *diagram;
    mn_scan_image *image;
    mn_kernel_scan_tables *t;
    uint64_t **forward; /* [layer][state] paths from the root, layers 0 .. middle */
    int array_count;
    array arrays[MOST_ARRAYS];
} maker;

/* A new array, zeroed, for `field`, a pointer to a pointer of the tables; NULL when memory ran out. */
static void *add(maker *m, void *field, size_t count, size_t size)
{
    array *a = &m->arrays[m->array_count++];
    *a = (array){mn_new_array(count, size), count * size, field};
    return a->host;
}

static size_t aligned(size_t bytes)
{
    return (bytes + MN_GPU_ALIGNMENT - 1) / MN_GPU_ALIGNMENT * MN_GPU_ALIGNMENT;
}

static mn_status upload(maker *m, const mn_plugin *plugin, mn_gpu *gpu, mn_error *error)
{
    size_t bytes = 0;
    for (int i = 0; i < m->array_count; i++)
        bytes += aligned(m->arrays[i].bytes);
    mn_status status = plugin->allocate(gpu, bytes, &m->image->memory, error);
    if (status == MN_OK && !m->image->memory)
        status = mn_fail(error, MN_FAILURE, "scan: the device has no %zu bytes left for the tables", bytes);
    uint8_t *at = m->image->memory;
    for (int i = 0; status == MN_OK && i < m->array_count; i++) {
        const array *a = &m->arrays[i];
        memcpy(a->field, &at, sizeof at);
        status = plugin->upload(gpu, 0, at, a->host, a->bytes, error);
        at += aligned(a->bytes);
    }
    return status == MN_OK ? plugin->synchronise(gpu, 0, error) : status; /* the arrays are freed now */
}

/* ---- low tables ----------------------------------------------------------------------------------------------------------------------- */

typedef struct low_sizes {
    size_t parts, words, bottoms, edges;
} low_sizes;

/* Where each low table's arrays begin. */
static low_sizes place_lows(const maker *m, mn_kernel_low *lows, int states)
{
    const mn_scan_parts *parts = m->parts;
    low_sizes all = {0};
    for (int state = 0; state < states; state++) {
        const mn_scan_low *low = &parts->lows[state];
        mn_kernel_low *k = &lows[state];
        *k = (mn_kernel_low){.sets = all.words,
                             .parts = all.parts,
                             .cells =
                                 (uint64_t)state * (uint64_t)parts->filter_count * ((uint64_t)parts->cell_count + 1),
                             .count = (uint32_t)low->part.count,
                             .words = (uint32_t)low->words};
        for (int f = 0; f < parts->filter_count; f++) {
            const mn_scan_ranks *ranks = &low->ranks[f];
            k->bottoms[f] = all.bottoms;
            k->edges[f] = all.edges;
            k->set[f] = (uint32_t)k->set_words;
            k->ranks[f] = (uint32_t)ranks->count;
            k->coarse |= (uint32_t)!ranks->exact << f;
            k->set_words += ((uint64_t)ranks->count + 1) * (uint64_t)low->words;
            all.bottoms += (size_t)ranks->count;
            all.edges += (size_t)ranks->count + 1;
        }
        all.words += (size_t)k->set_words;
        all.parts += (size_t)low->part.count;
        const uint64_t bytes = k->set_words * sizeof(uint64_t);
        m->image->shared_bytes = bytes > m->image->shared_bytes ? (uint32_t)bytes : m->image->shared_bytes;
    }
    return all;
}

static bool fill_ranks(maker *m, const mn_kernel_low *lows, int states, const low_sizes *sizes)
{
    const mn_scan_parts *parts = m->parts;
    const size_t cells = (size_t)parts->cell_count + 1;
    uint64_t *sets = add(m, &m->t->sets, sizes->words, sizeof *sets);
    uint8_t *all_cells = add(m, &m->t->cells, (size_t)states * (size_t)parts->filter_count * cells, 1);
    int64_t *bottoms = add(m, &m->t->bottoms, sizes->bottoms, sizeof *bottoms);
    uint32_t *edges = add(m, &m->t->edges, sizes->edges, sizeof *edges);
    if (!sets || !all_cells || !bottoms || !edges)
        return false;
    for (int state = 0; state < states; state++)
        for (int f = 0; f < parts->filter_count; f++) {
            const mn_scan_ranks *ranks = &parts->lows[state].ranks[f];
            const mn_kernel_low *k = &lows[state];
            memcpy(sets + k->sets + k->set[f], ranks->sets,
                   ((size_t)ranks->count + 1) * (size_t)k->words * sizeof *sets);
            memcpy(all_cells + k->cells + (size_t)f * cells, ranks->cells, cells);
            memcpy(bottoms + k->bottoms[f], ranks->bottoms, (size_t)ranks->count * sizeof *bottoms);
            for (int rank = 0; rank <= ranks->count; rank++)
                edges[k->edges[f] + (size_t)rank] = ranks->first[rank] | (uint32_t)ranks->last[rank] << 16;
        }
    return true;
}

static bool make_lows(maker *m)
{
    const mn_scan_parts *parts = m->parts;
    const int states = m->diagram->state_count[parts->split];
    mn_kernel_low *lows = add(m, &m->t->lows, (size_t)states, sizeof *lows);
    if (!lows)
        return false;
    const low_sizes sizes = place_lows(m, lows, states);
    m->t->low_total = sizes.parts;
    int64_t *sums = add(m, &m->t->low_sums, (size_t)parts->column_count * sizes.parts, sizeof *sums);
    uint32_t *numbers = add(m, &m->t->low_numbers, sizes.parts, sizeof *numbers);
    if (!sums || !numbers)
        return false;
    for (int state = 0; state < states; state++) {
        const mn_scan_low *low = &parts->lows[state];
        const size_t first = (size_t)lows[state].parts, count = (size_t)low->part.count;
        for (int column = 0; column < parts->column_count; column++)
            memcpy(sums + (size_t)column * sizes.parts + first, low->part.sums[column], count * sizeof *sums);
        memcpy(numbers + first, low->number, count * sizeof *numbers);
    }
    return fill_ranks(m, lows, states, &sizes);
}

/* ---- high parts ------------------------------------------------------------------------------------------------------------------------ */

static bool count_forward(maker *m)
{
    const int middle = m->parts->middle;
    size_t cells = 0;
    for (int layer = 0; layer <= middle; layer++)
        cells += (size_t)m->diagram->state_count[layer];
    m->forward = mn_new_array((size_t)middle + 1 + cells, sizeof(uint64_t));
    if (!m->forward)
        return false;
    uint64_t *at = (uint64_t *)(m->forward + middle + 1);
    for (int layer = 0; layer <= middle; layer++) {
        m->forward[layer] = at;
        at += m->diagram->state_count[layer];
    }
    m->forward[0][0] = 1;
    for (int node = 0; node < middle; node++)
        for (int state = 0; state < m->diagram->state_count[node]; state++) {
            const mn_row row = mn_diagram_row(m->diagram, node, state);
            for (int block = row.begin; block < row.end; block++)
                if (mn_row_next(row, block) >= 0)
                    m->forward[node + 1][mn_row_next(row, block)] += m->forward[node][state];
        }
    return true;
}

/* Calls `count` or `fill` of each way into a state: first[state place] counts them, then says where the next one goes. */
static void visit_ways(const maker *m, const uint32_t *layer_first, uint32_t *next, mn_kernel_way *ways)
{
    for (int node = 0; node < m->parts->middle; node++)
        for (int state = 0; state < m->diagram->state_count[node]; state++) {
            const mn_row row = mn_diagram_row(m->diagram, node, state);
            uint64_t before = 0;
            for (int block = row.begin; block < row.end; block++) {
                const int32_t to = mn_row_next(row, block);
                if (to < 0)
                    continue;
                const uint32_t place = next[layer_first[node + 1] + (uint32_t)to]++;
                if (ways)
                    ways[place] = (mn_kernel_way){.count = m->forward[node][state],
                                                  .before = before,
                                                  .item = m->diagram->first[node] + block,
                                                  .state = state};
                before += m->parts->middle_counts[node + 1][to];
            }
        }
}

static bool make_ways(maker *m)
{
    const int middle = m->parts->middle;
    uint32_t states = 0;
    uint32_t *layer_first = add(m, &m->t->layer_first, (size_t)middle + 1, sizeof *layer_first);
    if (!layer_first)
        return false;
    for (int layer = 1; layer <= middle; layer++) {
        layer_first[layer] = states;
        states += (uint32_t)m->diagram->state_count[layer];
    }
    uint32_t *first = add(m, &m->t->way_first, (size_t)states + 1, sizeof *first);
    uint32_t *next = mn_new_array((size_t)states + 1, sizeof *next);
    if (!first || !next) {
        free(next);
        return false;
    }
    visit_ways(m, layer_first, next, NULL);
    for (uint32_t i = 0; i < states; i++) {
        first[i + 1] = first[i] + next[i];
        next[i] = first[i];
    }
    mn_kernel_way *ways = add(m, &m->t->ways, first[states], sizeof *ways);
    if (ways)
        visit_ways(m, layer_first, next, ways);
    free(next);
    return ways;
}

/* ---- middle parts and groups ------------------------------------------------------------------------------------------------------------ */

/* The middle parts of one state of the middle layer, by the state at their end; begins[end] receives where those of `end` begin. */
static void place_middles(const maker *m, const mn_scan_part *middle, uint32_t first, uint32_t *begins, int64_t *sums,
                          uint32_t *numbers)
{
    const int ends = m->diagram->state_count[m->parts->split];
    memset(begins, 0, ((size_t)ends + 2) * sizeof *begins);
    for (int i = 0; i < middle->count; i++)
        begins[middle->end[i] + 2]++;
    for (int end = 0; end < ends; end++)
        begins[end + 2] += begins[end + 1];
    for (int i = 0; i < middle->count; i++) { /* begins[end + 1] is where the next one of `end` goes */
        const uint32_t place = first + begins[middle->end[i] + 1]++;
        numbers[place] = (uint32_t)i;
        for (int column = 0; column < m->parts->column_count; column++)
            sums[(size_t)column * m->t->middle_total + place] = middle->sums[column][i];
    }
}

static void add_group(maker *m, mn_kernel_group *groups, int state, int end, uint32_t first, uint32_t count)
{
    mn_kernel_group *g = &groups[m->t->group_count++];
    *g = (mn_kernel_group){.first_chunk = m->image->chunk_count,
                           .high_count = m->forward[m->parts->middle][state],
                           .state = (uint32_t)state,
                           .low = (uint32_t)end,
                           .middle = first,
                           .middle_count = count,
                           .slices = (count + MN_KERNEL_SLICE - 1) / MN_KERNEL_SLICE};
    const uint64_t tasks = g->high_count * g->slices;
    m->image->chunk_count += (tasks + MN_KERNEL_CHUNK - 1) / MN_KERNEL_CHUNK;
}

/* Groups of one state at the split follow each other: a block then keeps its sets. */
static void make_groups(maker *m, mn_kernel_group *groups, const uint32_t *begins)
{
    const int states = m->diagram->state_count[m->parts->middle], ends = m->diagram->state_count[m->parts->split];
    for (int end = 0; end < ends; end++) {
        uint32_t first = 0;
        for (int state = 0; state < states; state++) {
            const uint32_t *mine = begins + (size_t)state * ((size_t)ends + 2);
            if (mine[end + 1] > mine[end] && m->forward[m->parts->middle][state] > 0)
                add_group(m, groups, state, end, first + mine[end], mine[end + 1] - mine[end]);
            first += (uint32_t)m->parts->middles[state].count;
        }
    }
}

static bool make_middles(maker *m)
{
    const mn_scan_parts *parts = m->parts;
    const int states = m->diagram->state_count[parts->middle], ends = m->diagram->state_count[parts->split];
    size_t total = 0;
    for (int state = 0; state < states; state++)
        total += (size_t)parts->middles[state].count;
    m->t->middle_total = total;
    int64_t *sums = add(m, &m->t->middle_sums, (size_t)parts->column_count * total, sizeof *sums);
    uint32_t *numbers = add(m, &m->t->middle_numbers, total, sizeof *numbers);
    uint32_t *begins = mn_new_array((size_t)states * ((size_t)ends + 2), sizeof *begins);
    size_t pairs = 0;
    uint32_t first = 0;
    for (int state = 0; sums && numbers && begins && state < states; state++) {
        uint32_t *mine = begins + (size_t)state * ((size_t)ends + 2);
        place_middles(m, &parts->middles[state], first, mine, sums, numbers);
        for (int end = 0; end < ends; end++)
            pairs += mine[end + 1] > mine[end];
        first += (uint32_t)parts->middles[state].count;
    }
    mn_kernel_group *groups = add(m, &m->t->groups, pairs, sizeof *groups);
    const bool ok = sums && numbers && begins && groups;
    if (ok)
        make_groups(m, groups, begins);
    free(begins);
    return ok;
}

/* ---- columns --------------------------------------------------------------------------------------------------------------------------- */

static bool make_columns(maker *m)
{
    const mn_scan_parts *parts = m->parts;
    const size_t items = (size_t)parts->problem->item_count, columns = (size_t)parts->column_count;
    const size_t states = (size_t)m->diagram->state_count[parts->middle];
    int64_t *weights = add(m, &m->t->weights, columns * items, sizeof *weights);
    int64_t *bounds = add(m, &m->t->bounds, columns, sizeof *bounds);
    int64_t *least = add(m, &m->t->least, (size_t)parts->filter_count * states, sizeof *least);
    if (!weights || !bounds || !least)
        return false;
    for (size_t column = 0; column < columns; column++) {
        memcpy(weights + column * items, parts->columns[column].weights, items * sizeof *weights);
        bounds[column] = parts->columns[column].bound;
    }
    for (int f = 0; f < parts->filter_count; f++) {
        const mn_scan_filter *filter = &parts->filters[f];
        m->t->smallest[f] = filter->smallest;
        m->t->largest[f] = filter->largest;
        m->t->shift[f] = filter->shift;
        m->t->column[f] = filter->column;
        memcpy(least + (size_t)f * states, parts->columns[filter->column].smallest[parts->middle],
               states * sizeof *least);
    }
    return true;
}

/* The scan without ranks reads three sums of 32 bits and a filling. */
static uint32_t plain_bytes(const mn_scan_parts *parts)
{
    uint32_t most = 1;
    bool fits = parts->filter_count >= 1 && parts->filter_count <= 3;
    for (int f = 0; f < parts->filter_count; f++)
        fits = fits && (uint64_t)parts->filters[f].largest - (uint64_t)parts->filters[f].smallest < INT32_MAX;
    for (int state = 0; state < parts->problem->diagram->state_count[parts->split]; state++)
        most = (uint32_t)parts->lows[state].part.count > most ? (uint32_t)parts->lows[state].part.count : most;
    return fits ? most * 16 : 0;
}

mn_status mn_scan_image_make(const mn_plugin *plugin, mn_gpu *gpu, const mn_scan_parts *parts, mn_error *error,
                             mn_scan_image *image)
{
    *image = (mn_scan_image){0};
    image->tables =
        (mn_kernel_scan_tables){.column_count = parts->column_count,
                                .filter_count = parts->filter_count,
                                .score_filter = parts->score_filtered ? parts->filter_count - 1 : -1,
                                .cell_count = parts->cell_count,
                                .middle_layer = parts->middle,
                                .item_count = (uint64_t)parts->problem->item_count,
                                .score_base = parts->columns[0].base,
                                .middle_states = (uint64_t)parts->problem->diagram->state_count[parts->middle]};
    image->plain_bytes = plain_bytes(parts);
    maker m = {.parts = parts, .diagram = parts->problem->diagram, .image = image, .t = &image->tables};
    const bool made = make_lows(&m) && count_forward(&m) && make_ways(&m) && make_middles(&m) && make_columns(&m);
    const mn_status status = made ? upload(&m, plugin, gpu, error) : mn_fail_memory(error);
    for (int i = 0; i < m.array_count; i++)
        free(m.arrays[i].host);
    free(m.forward);
    return status;
}
