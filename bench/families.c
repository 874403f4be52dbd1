#include "bench/families.h"
#include "host/core/memory.h"
#include "host/core/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[FAMILY_KINDS] = {"u", "w", "s", "S", "subset-sum", "inverse"};
static const char *const long_names[FAMILY_KINDS] = {"uncorrelated", "weak",       "strong",
                                                     "cumulative",   "subset-sum", "inverse"};

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static int64_t uniform(uint64_t *state, int64_t smallest, int64_t largest)
{
    const uint64_t width = (uint64_t)(largest - smallest) + 1;
    return smallest + (int64_t)(((unsigned __int128)next_random(state) * width) >> 64);
}

/* ---- names --------------------------------------------------------------------------------------------------------------------- */

bool family_parse(const char *text, family *result)
{
    int nodes, blocks, limits, read = 0;
    if (sscanf(text, "%dx%dx%d:%n", &nodes, &blocks, &limits, &read) != 3 || read == 0)
        return false;
    if (nodes < 1 || nodes > MN_MAX_NODES || blocks < 1 || blocks > MN_MAX_BLOCKS || limits < 1 ||
        limits > FAMILY_MOST_LIMITS)
        return false;
    for (int kind = 0; kind < FAMILY_KINDS; kind++)
        if (!strcmp(text + read, kind_names[kind]) || !strcmp(text + read, long_names[kind])) {
            *result = (family){(family_kind)kind, nodes, blocks, limits};
            return true;
        }
    return false;
}

void family_print(const family *f, char text[FAMILY_NAME])
{
    snprintf(text, FAMILY_NAME, "%dx%dx%d:%s", f->nodes, f->blocks, f->limits, kind_names[f->kind]);
}

/* ---- drawing ------------------------------------------------------------------------------------------------------------------- */

/* One block that is drawn by itself: its weights, [limits] `stride` apart; returns the value. */
static int64_t draw_block(const family *f, uint64_t *state, int64_t *weights, size_t stride)
{
    const int64_t own = f->kind == FAMILY_INVERSE ? uniform(state, 1, 1000) : 0;
    int64_t sum = 0;
    for (int limit = 0; limit < f->limits; limit++)
        sum += weights[(size_t)limit * stride] = own ? own + 10 : uniform(state, 1, 1000);
    const int64_t mean = sum / f->limits;
    int64_t value;
    switch (f->kind) {
    case FAMILY_UNCORRELATED:
        return uniform(state, 1, 1000);
    case FAMILY_WEAK:
        value = mean + uniform(state, -100, 100);
        return value > 1 ? value : 1;
    case FAMILY_STRONG:
        return mean + uniform(state, 0, 40);
    case FAMILY_INVERSE:
        return own;
    default:
        return mean;
    }
}

/* The next block of a cumulative node; `before`: 0 in the node's first block, else 1. */
static int64_t draw_increment(const family *f, uint64_t *state, int64_t *weights, size_t stride, size_t before)
{
    int64_t sum = 0;
    for (int limit = 0; limit < f->limits; limit++) {
        int64_t *weight = weights + (size_t)limit * stride;
        const int64_t increment = uniform(state, 1, 100);
        *weight = increment + (before ? weight[-1] : 0);
        sum += increment;
    }
    return sum / f->limits + 10;
}

static int64_t half_way(const family *f, const int64_t *weights)
{
    int64_t sum = 0;
    for (int node = 0; node < f->nodes; node++) {
        const int64_t *own = weights + (size_t)node * (size_t)f->blocks;
        int64_t smallest = own[0], largest = own[0];
        for (int block = 1; block < f->blocks; block++) {
            smallest = own[block] < smallest ? own[block] : smallest;
            largest = own[block] > largest ? own[block] : largest;
        }
        sum += smallest + largest;
    }
    return sum / 2;
}

bool instance_make(const family *f, uint64_t seed, instance *result)
{
    const size_t items = (size_t)f->nodes * (size_t)f->blocks;
    *result = (instance){.family = *f,
                         .seed = seed,
                         .values = calloc(items, sizeof(int64_t)),
                         .weights = calloc(items * (size_t)f->limits, sizeof(int64_t)),
                         .capacities = calloc((size_t)f->limits, sizeof(int64_t))};
    if (!result->values || !result->weights || !result->capacities)
        return false;
    uint64_t state = seed;
    for (size_t item = 0; item < items; item++) {
        const size_t before = item % (size_t)f->blocks ? 1 : 0;
        if (f->kind == FAMILY_CUMULATIVE)
            result->values[item] = (before ? result->values[item - 1] : 0) +
                                   draw_increment(f, &state, result->weights + item, items, before);
        else
            result->values[item] = draw_block(f, &state, result->weights + item, items);
    }
    for (int limit = 0; limit < f->limits; limit++)
        result->capacities[limit] = half_way(f, result->weights + (size_t)limit * items);
    return true;
}

void instance_free(instance *made)
{
    free(made->values);
    free(made->weights);
    free(made->capacities);
    *made = (instance){0};
}

/* ---- as a table, as text ------------------------------------------------------------------------------------------------------- */

static char *numbered(const char *stem, int number)
{
    char name[32];
    const int length = snprintf(name, sizeof name, "%s%d", stem, number);
    return mn_copy_text(name, (size_t)length);
}

static bool fill_node(mn_node *node, int number, int blocks)
{
    node->name = numbered("node", number);
    node->blocks = mn_new_array((size_t)blocks, sizeof *node->blocks);
    if (!node->name || !node->blocks)
        return false;
    for (; node->block_count < blocks; node->block_count++)
        if (!(node->blocks[node->block_count].name = numbered("", node->block_count)))
            return false;
    return true;
}

/* limit < 0: the value */
static bool fill_metric(mn_metric *metric, const instance *made, int limit)
{
    const size_t items = (size_t)made->family.nodes * (size_t)made->family.blocks;
    metric->name = limit < 0 ? mn_copy_text("value", 5) : numbered("w", limit);
    metric->unit = mn_copy_text("", 0);
    metric->higher_is_better = limit < 0;
    metric->resolution = (mn_resolution){1, 0};
    metric->values = mn_new_array(items, sizeof *metric->values);
    if (!metric->name || !metric->unit || !metric->values)
        return false;
    memcpy(metric->values, limit < 0 ? made->values : made->weights + (size_t)limit * items, items * sizeof(int64_t));
    return true;
}

mn_table *instance_table(const instance *made)
{
    const family *f = &made->family;
    char name[FAMILY_NAME];
    mn_table *table = mn_table_new();
    if (!table)
        return NULL;
    family_print(f, name);
    table->has_values = true;
    table->name = mn_copy_text(name, strlen(name));
    table->path = mn_copy_text(name, strlen(name));
    table->scale_text = mn_copy_text("", 0);
    table->nodes = mn_new_array((size_t)f->nodes, sizeof *table->nodes);
    table->metrics = mn_new_array((size_t)f->limits + 1, sizeof *table->metrics);
    bool ok = table->name && table->path && table->scale_text && table->nodes && table->metrics;
    for (int node = 0; ok && node < f->nodes; node++)
        ok = fill_node(&table->nodes[table->node_count++], node, f->blocks);
    for (int limit = -1; ok && limit < f->limits; limit++)
        ok = fill_metric(&table->metrics[table->metric_count++], made, limit);
    if (ok && mn_table_prepare(table, name) == MN_OK)
        return table;
    mn_table_free(table);
    return NULL;
}

void instance_write(const instance *made, FILE *file)
{
    const family *f = &made->family;
    const size_t items = (size_t)f->nodes * (size_t)f->blocks;
    fprintf(file, "%d %d\n", f->nodes, f->limits);
    for (int limit = 0; limit < f->limits; limit++)
        fprintf(file, "%" PRId64 "%c", made->capacities[limit], limit + 1 < f->limits ? ' ' : '\n');
    for (size_t item = 0; item < items; item++) {
        if (item % (size_t)f->blocks == 0)
            fprintf(file, "%d\n", f->blocks);
        fprintf(file, "%" PRId64, made->values[item]);
        for (int limit = 0; limit < f->limits; limit++)
            fprintf(file, " %" PRId64, made->weights[(size_t)limit * items + item]);
        fputc('\n', file);
    }
}
