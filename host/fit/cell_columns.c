/* Features of a cell (NAS-Bench-201 and its kin): what lies on the paths from input to output.
 *
 * Every open path is a sequence of operations, identities left out, and a function class fixes the sequences: sums are sorted and
 * flattened, operations are not distributed over sums, but the paths through them are counted. So all groups but the last are the
 * same for all networks of one class. */
#include <math.h>

#include "host/core/memory.h"
#include "host/fit/cell.h"
#include "host/fit/feature_columns.h"

enum { MOST_SEQUENCES = 1024, MOST_IN_SETS = 7 };

typedef struct cell_source {
    const mn_table *table;
    mn_cell *cell;
    mn_feature_kind kind;
    int active_count;             /* kinds that compute something: neither none nor identity */
    int active_of[MN_CELL_KINDS]; /* of each kind, -1 when it does not */
    int largest;                  /* the largest kernel of a convolution */
    int longest, sequence_count;  /* sequences of up to `longest` operations have a column each */
    int set_count;                /* sets of active kinds, not empty; 0 when there are too many */
    int counts, size, depth, sets, pool, flags, paths, edges, all_counts; /* first columns */
} cell_source;

/* Sums over the open paths. */
typedef struct path_figures {
    int count;
    int most_convolutions, least_convolutions, convolutions;
    int most_largest, least_largest, largest; /* convolutions of the largest kernel */
    int most_steps;                           /* pixels that the receptive field grows by */
    int most_pools, least_pools;
    bool has_identity, has_pool_only;
} path_figures;

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

/* Operations of each set of kinds on the path: most, least and sum over the paths read so far, three columns a set. */
static void count_sets(const cell_source *s, const int *counts, bool first, double *sets)
{
    for (int set = 1; set <= s->set_count; set++, sets += 3) {
        int count = 0;
        for (int active = 0; active < s->active_count; active++)
            if (set >> active & 1)
                count += counts[active];
        sets[0] = fmax(sets[0], count);
        sets[1] = first ? count : fmin(sets[1], count);
        sets[2] += count;
    }
}

static void read_path(const cell_source *s, const uint16_t *network, const mn_cell_path *path, path_figures *f,
                      double *row)
{
    int counts[MN_CELL_KINDS] = {0};
    int convolutions = 0, largest = 0, pools = 0, steps = 0, length = 0, number = 0, offset = 0, power = 1;
    for (int i = 0; i < path->length; i++) {
        const mn_cell_kind *kind = mn_cell_kind_of(s->cell, network, path->edges[i]);
        if (kind->operation == MN_OPERATION_IDENTITY)
            continue;
        const int active = s->active_of[kind - s->cell->kinds];
        if (length < s->longest) {
            offset += power;
            power *= s->active_count;
            number = number * s->active_count + active;
        }
        length++;
        counts[active]++;
        steps += (kind->kernel - 1) / 2;
        pools += kind->operation == MN_OPERATION_POOL;
        convolutions += kind->operation == MN_OPERATION_CONVOLUTION;
        largest += kind->operation == MN_OPERATION_CONVOLUTION && kind->kernel == s->largest;
    }
    row[s->paths + offset + number]++;
    count_sets(s, counts, f->count == 0, row + s->sets);
    f->least_convolutions = f->count ? min_int(f->least_convolutions, convolutions) : convolutions;
    f->least_largest = f->count ? min_int(f->least_largest, largest) : largest;
    f->least_pools = f->count ? min_int(f->least_pools, pools) : pools;
    f->most_convolutions = max_int(f->most_convolutions, convolutions);
    f->most_largest = max_int(f->most_largest, largest);
    f->most_pools = max_int(f->most_pools, pools);
    f->most_steps = max_int(f->most_steps, steps);
    f->convolutions += convolutions;
    f->largest += largest;
    f->has_identity |= length == 0;
    f->has_pool_only |= length > 0 && pools == length;
    f->count++;
}

static path_figures read_paths(const cell_source *s, const uint16_t *network, double *row)
{
    path_figures f = {0};
    const uint64_t open = mn_cell_open(s->cell, network);
    for (int i = 0; i < s->cell->path_count; i++)
        if (!(s->cell->paths[i].mask & ~open))
            read_path(s, network, &s->cell->paths[i], &f, row);
    return f;
}

/* Weights of the live convolutions, in units of a 1x1 one; and whether there is any. */
static void fill_counts(const cell_source *s, const uint16_t *network, double *row)
{
    double weights = 0;
    int counts[MN_CELL_KINDS];
    mn_cell_count(s->cell, network, counts);
    for (int kind = 0; kind < s->cell->kind_count; kind++) {
        const mn_cell_kind *k = &s->cell->kinds[kind];
        if (s->active_of[kind] >= 0)
            row[s->counts + s->active_of[kind]] = counts[kind];
        if (k->operation == MN_OPERATION_CONVOLUTION)
            weights += (double)k->kernel * k->kernel * counts[kind];
    }
    row[s->size] = log1p(weights);
    row[s->flags] = weights > 0;
}

static void fill_edges(const cell_source *s, const uint16_t *network, double *row)
{
    const uint64_t live = s->kind == MN_FEATURES_COST ? UINT64_MAX : mn_cell_live(s->cell, network);
    for (int edge = 0; edge < s->cell->graph.edge_count; edge++) {
        const int item = s->cell->first[edge] + network[edge];
        if (live >> edge & 1 && s->cell->kinds[s->cell->kind_of[item]].operation != MN_OPERATION_NONE)
            row[s->edges + item] = 1;
    }
}

static void fill_function(const void *source, const uint16_t *network, double *row)
{
    const cell_source *s = source;
    fill_counts(s, network, row);
    const path_figures f = read_paths(s, network, row);
    const double count = f.count ? f.count : 1;
    const double depth[] = {f.count,        f.most_convolutions, f.least_convolutions, f.convolutions / count,
                            f.most_largest, f.least_largest,     f.largest / count,    f.most_steps};
    memcpy(row + s->depth, depth, sizeof depth);
    for (int set = 0; set < s->set_count; set++)
        row[s->sets + 3 * set + 2] /= count;
    row[s->pool] = f.least_pools;
    row[s->pool + 1] = f.most_pools;
    row[s->pool + 2] = f.has_pool_only;
    row[s->flags + 1] = f.has_identity;
    row[s->flags + 2] = f.count > 0;
    fill_edges(s, network, row);
}

static void fill_cost(const void *source, const uint16_t *network, double *row)
{
    const cell_source *s = source;
    fill_counts(s, network, row);
    double weights = 0;
    for (int edge = 0; edge < s->cell->graph.edge_count; edge++) {
        const mn_cell_kind *kind = mn_cell_kind_of(s->cell, network, edge);
        row[s->all_counts + (kind - s->cell->kinds)]++;
        if (kind->operation == MN_OPERATION_CONVOLUTION)
            weights += (double)kind->kernel * kind->kernel;
    }
    row[s->size + 1] = log1p(weights);
    fill_edges(s, network, row);
}

static bool is_constant(const void *source, const uint16_t *network)
{
    const cell_source *s = source;
    return s->kind == MN_FEATURES_FUNCTION && !mn_cell_live(s->cell, network);
}

static void free_source(void *source)
{
    cell_source *s = source;
    mn_cell_free(s->cell);
    free(s);
}

/* Which kinds compute something, and the sequences of them that get a column: all up to the longest length that fits. */
static void number_sequences(cell_source *s)
{
    for (int kind = 0; kind < s->cell->kind_count; kind++) {
        const mn_cell_kind *k = &s->cell->kinds[kind];
        const bool active = k->operation != MN_OPERATION_NONE && k->operation != MN_OPERATION_IDENTITY;
        s->active_of[kind] = active ? s->active_count++ : -1;
        if (k->operation == MN_OPERATION_CONVOLUTION && k->kernel > s->largest)
            s->largest = k->kernel;
    }
    const int longest = s->cell->path_count ? s->cell->paths[s->cell->path_count - 1].length : 0;
    s->sequence_count = 1;
    for (int power = s->active_count; s->longest < longest && s->sequence_count + power <= MOST_SEQUENCES && power;
         power *= s->active_count) {
        s->sequence_count += power;
        s->longest++;
    }
    s->set_count = s->active_count <= MOST_IN_SETS ? (1 << s->active_count) - 1 : 0;
}

static void lay_out(cell_source *s, mn_columns *columns)
{
    const bool function = s->kind == MN_FEATURES_FUNCTION;
    mn_columns_group(columns, "live operations", MN_COLUMNS_LINEAR, true);
    s->counts = mn_columns_add(columns, s->active_count);
    mn_columns_group(columns, "size", MN_COLUMNS_LINEAR, true);
    s->size = mn_columns_add(columns, function ? 1 : 2);
    mn_columns_group(columns, "flags", MN_COLUMNS_LINEAR, true);
    s->flags = mn_columns_add(columns, function ? 3 : 1);
    if (function) {
        mn_columns_group(columns, "depth", MN_COLUMNS_LINEAR, true);
        s->depth = mn_columns_add(columns, 8);
        mn_columns_group(columns, "operations of paths", MN_COLUMNS_LINEAR, true);
        s->sets = mn_columns_add(columns, 3 * s->set_count);
        mn_columns_group(columns, "pooling", MN_COLUMNS_LINEAR, true);
        s->pool = mn_columns_add(columns, 3);
        mn_columns_group(columns, "paths", MN_COLUMNS_LINEAR / 10, false);
        s->paths = mn_columns_add(columns, s->sequence_count);
    } else {
        mn_columns_group(columns, "operations", MN_COLUMNS_LINEAR, true);
        s->all_counts = mn_columns_add(columns, s->cell->kind_count);
    }
    mn_columns_group(columns, "edges", function ? 0 : MN_COLUMNS_LINEAR, false);
    s->edges = mn_columns_add(columns, s->table->item_count);
}

mn_status mn_cell_columns(const mn_table *table, mn_feature_kind kind, mn_error *error, mn_columns *columns)
{
    cell_source *s = mn_new_array(1, sizeof *s);
    if (!s)
        return mn_fail_memory(error);
    *s = (cell_source){.table = table, .kind = kind};
    const mn_status status = mn_cell_create(table, error, &s->cell);
    if (status != MN_OK) {
        free(s);
        return status;
    }
    number_sequences(s);
    lay_out(s, columns);
    columns->source = s;
    columns->fill = kind == MN_FEATURES_FUNCTION ? fill_function : fill_cost;
    columns->constant = is_constant;
    columns->free = free_source;
    return MN_OK;
}
