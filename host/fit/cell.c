#include "host/fit/cell.h"
#include "host/core/memory.h"

/* ---- paths of the graph --------------------------------------------------------------------------------------------------------- */

/* Bit v: some way leads from vertex v to the output. */
static uint32_t leading_out(const mn_cell_graph *graph)
{
    uint32_t leading = (uint32_t)1 << (graph->vertices - 1);
    for (int vertex = graph->vertices - 2; vertex >= 0; vertex--)
        for (int edge = 0; edge < graph->edge_count; edge++)
            if (graph->from[edge] == vertex && leading >> graph->to[edge] & 1)
                leading |= (uint32_t)1 << vertex;
    return leading;
}

/* Extends `path`, which ends at `vertex`, in every way that leads out, so that no step is in vain; depth is at most MN_CELL_VERTICES - 1,
 * for edges lead upwards. */
static bool walk(mn_cell *cell, mn_cell_path *path, int vertex, uint32_t leading)
{
    const mn_cell_graph *graph = &cell->graph;
    if (vertex == graph->vertices - 1) {
        if (cell->path_count == MN_CELL_PATHS)
            return false;
        cell->paths[cell->path_count++] = *path;
        return true;
    }
    for (int edge = 0; edge < graph->edge_count; edge++) {
        if (graph->from[edge] != vertex || !(leading >> graph->to[edge] & 1))
            continue;
        path->edges[path->length++] = (uint8_t)edge;
        path->mask |= (uint64_t)1 << edge;
        if (!walk(cell, path, graph->to[edge], leading))
            return false;
        path->mask &= ~((uint64_t)1 << edge);
        path->length--;
    }
    return true;
}

static int by_length(const void *left, const void *right)
{
    const mn_cell_path *a = left, *b = right;
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return memcmp(a->edges, b->edges, (size_t)a->length);
}

static mn_status list_paths(mn_cell *cell, const char *name, mn_error *error)
{
    cell->paths = mn_new_array(MN_CELL_PATHS, sizeof *cell->paths);
    if (!cell->paths)
        return mn_fail_memory(error);
    mn_cell_path path = {0};
    if (!walk(cell, &path, 0, leading_out(&cell->graph)))
        return mn_fail(error, MN_USAGE, "\"%s\": the cell has more than %d paths from its first vertex to its last",
                       name, MN_CELL_PATHS);
    qsort(cell->paths, (size_t)cell->path_count, sizeof *cell->paths, by_length);
    return MN_OK;
}

/* ---- kinds of operations -------------------------------------------------------------------------------------------------------- */

static mn_status kind_of_block(const mn_table *table, int node, int block, mn_error *error, mn_cell_kind *kind)
{
    const mn_cell_graph *graph = &table->skeleton->cell;
    const mn_block *b = &table->nodes[node].blocks[block];
    int64_t kernel = 0;
    kind->operation = mn_block_operation(b);
    const bool has_kernel = kind->operation == MN_OPERATION_CONVOLUTION || kind->operation == MN_OPERATION_POOL;
    if (kind->operation == MN_OPERATION_UNKNOWN ||
        (has_kernel && (!mn_block_integer(b, "kernel", &kernel) || kernel < 1 || kernel > INT16_MAX)))
        return mn_fail(error, MN_USAGE,
                       "\"%s\": node \"%s\", block \"%s\": expected the attribute \"operation\" (\"none\", "
                       "\"identity\", \"convolution\" or \"pool\") and for the last two a \"kernel\"",
                       table->name, table->nodes[node].name, b->name);
    kind->kernel = has_kernel ? (int)kernel : 0;
    if (kind->operation == MN_OPERATION_IDENTITY && graph->strides && graph->from[node] == 0)
        *kind = (mn_cell_kind){.operation = MN_OPERATION_REDUCTION, .kernel = 1};
    return MN_OK;
}

static int by_kind(const void *left, const void *right)
{
    const mn_cell_kind *a = left, *b = right;
    if (a->operation != b->operation)
        return a->operation < b->operation ? -1 : 1;
    return (a->kernel > b->kernel) - (a->kernel < b->kernel);
}

static mn_status add_kind(const mn_table *table, mn_cell *cell, mn_cell_kind kind, mn_error *error)
{
    for (int i = 0; i < cell->kind_count; i++)
        if (!by_kind(&cell->kinds[i], &kind))
            return MN_OK;
    if (cell->kind_count == MN_CELL_KINDS)
        return mn_fail(error, MN_USAGE, "\"%s\": more than %d kinds of operations in the cell", table->name,
                       MN_CELL_KINDS);
    cell->kinds[cell->kind_count++] = kind;
    return MN_OK;
}

/* Twice over the blocks: which kinds there are, sorted, and then which one each block is. */
static mn_status number_kinds(const mn_table *table, mn_cell *cell, mn_error *error)
{
    mn_cell_kind *kinds = mn_new_array((size_t)table->item_count, sizeof *kinds);
    cell->kind_of = mn_new_array((size_t)table->item_count, sizeof *cell->kind_of);
    mn_status status = kinds && cell->kind_of ? MN_OK : mn_fail_memory(error);
    for (int node = 0; node < table->node_count && status == MN_OK; node++)
        for (int item = table->first[node]; item < table->first[node + 1] && status == MN_OK; item++) {
            status = kind_of_block(table, node, item - table->first[node], error, &kinds[item]);
            if (status == MN_OK)
                status = add_kind(table, cell, kinds[item], error);
        }
    if (status == MN_OK) {
        qsort(cell->kinds, (size_t)cell->kind_count, sizeof *cell->kinds, by_kind);
        for (int item = 0; item < table->item_count; item++) {
            const mn_cell_kind *found =
                bsearch(&kinds[item], cell->kinds, (size_t)cell->kind_count, sizeof *kinds, by_kind);
            cell->kind_of[item] = (uint8_t)(found - cell->kinds);
        }
    }
    free(kinds);
    return status;
}

/* ---- public --------------------------------------------------------------------------------------------------------------------- */

bool mn_table_has_cell(const mn_table *table)
{
    return table->skeleton && table->skeleton->kind == MN_SKELETON_CELLS;
}

mn_status mn_cell_create(const mn_table *table, mn_error *error, mn_cell **result)
{
    *result = NULL;
    if (!mn_table_has_cell(table))
        return mn_fail(error, MN_USAGE, "\"%s\" has no cell: expected \"network\" of kind \"cells\"", table->name);
    mn_cell *cell = mn_new_array(1, sizeof *cell);
    if (!cell)
        return mn_fail_memory(error);
    cell->graph = table->skeleton->cell;
    memcpy(cell->first, table->first, ((size_t)table->node_count + 1) * sizeof *cell->first);
    mn_status status = list_paths(cell, table->name, error);
    if (status == MN_OK)
        status = number_kinds(table, cell, error);
    if (status == MN_OK)
        *result = cell;
    else
        mn_cell_free(cell);
    return status;
}

void mn_cell_free(mn_cell *cell)
{
    if (!cell)
        return;
    free(cell->paths);
    free(cell->kind_of);
    free(cell);
}

uint64_t mn_cell_open(const mn_cell *cell, const uint16_t *network)
{
    uint64_t open = 0;
    for (int edge = 0; edge < cell->graph.edge_count; edge++)
        if (mn_cell_kind_of(cell, network, edge)->operation != MN_OPERATION_NONE)
            open |= (uint64_t)1 << edge;
    return open;
}

uint64_t mn_cell_live(const mn_cell *cell, const uint16_t *network)
{
    const uint64_t open = mn_cell_open(cell, network);
    uint64_t live = 0;
    for (int i = 0; i < cell->path_count; i++)
        if (!(cell->paths[i].mask & ~open))
            live |= cell->paths[i].mask;
    return live;
}

uint64_t mn_cell_count(const mn_cell *cell, const uint16_t *network, int *counts)
{
    const uint64_t live = mn_cell_live(cell, network);
    memset(counts, 0, (size_t)cell->kind_count * sizeof *counts);
    for (int edge = 0; edge < cell->graph.edge_count; edge++)
        if (live >> edge & 1)
            counts[cell->kind_of[cell->first[edge] + network[edge]]]++;
    return live;
}
