/* Features of a chain of blocks (NAS-Bench-Macro, MnasNet-like spaces, MobileNet): which block and which attribute values each node,
 * each stage and the whole network have, and the logarithms of FLOPs and parameters where the table knows them.
 *
 * An attribute's values are taken as words, also the numbers: three kernels are three columns. A block without attributes has its
 * name as the only one. */
#include <math.h>

#include "host/core/attribute.h"
#include "host/core/memory.h"
#include "host/core/skeleton.h"
#include "host/fit/feature_columns.h"

enum { MOST_ATTRIBUTES = 32, MOST_VALUES = 64 };

typedef struct attribute {
    const char *name; /* NULL: the block's name */
    int value_count, first_value;
    const char *values[MOST_VALUES];
} attribute;

typedef struct chain_source {
    const mn_table *table;
    int attribute_count, value_count; /* values of all attributes, numbered one after the other */
    attribute attributes[MOST_ATTRIBUTES];
    int stage_count;
    int *stage_of;          /* [nodes] */
    int *value_of;          /* [items][attributes], -1: none */
    double *flops, *params; /* [items], or NULL */
    double fixed_flops, fixed_params;
    int blocks, node_values, stage_values, total_values, size;
} chain_source;

/* ---- attributes ----------------------------------------------------------------------------------------------------------------- */

static const char *value_text(const mn_block *block, const attribute *a)
{
    return a->name ? mn_block_attribute(block, a->name) : block->name;
}

static int find_value(const attribute *a, const char *text)
{
    for (int i = 0; text && i < a->value_count; i++)
        if (!strcmp(a->values[i], text))
            return i;
    return -1;
}

static bool is_cost(const char *name)
{
    return !strcmp(name, "flops") || !strcmp(name, "params");
}

/* Attributes beyond the limits are left out: the blocks themselves have columns in any case. */
static void add_attribute(chain_source *s, const char *name)
{
    for (int i = 0; i < s->attribute_count; i++)
        if (!strcmp(s->attributes[i].name, name))
            return;
    if (s->attribute_count < MOST_ATTRIBUTES)
        s->attributes[s->attribute_count++] = (attribute){.name = name};
}

static void list_values(chain_source *s, attribute *a)
{
    const mn_table *table = s->table;
    for (int node = 0; node < table->node_count; node++)
        for (int block = 0; block < table->nodes[node].block_count; block++) {
            const char *text = value_text(&table->nodes[node].blocks[block], a);
            if (text && find_value(a, text) < 0 && a->value_count < MOST_VALUES)
                a->values[a->value_count++] = text;
        }
    a->first_value = s->value_count;
    s->value_count += a->value_count;
}

static bool list_attributes(chain_source *s)
{
    const mn_table *table = s->table;
    for (int node = 0; node < table->node_count; node++)
        for (int block = 0; block < table->nodes[node].block_count; block++) {
            const mn_block *b = &table->nodes[node].blocks[block];
            for (int i = 0; i < b->attribute_count; i++)
                if (!is_cost(b->attributes[i].name))
                    add_attribute(s, b->attributes[i].name);
        }
    if (!s->attribute_count)
        s->attributes[s->attribute_count++] = (attribute){.name = NULL};
    for (int i = 0; i < s->attribute_count; i++)
        list_values(s, &s->attributes[i]);

    s->value_of = mn_new_array((size_t)table->item_count * (size_t)s->attribute_count, sizeof *s->value_of);
    for (int node = 0; node < table->node_count && s->value_of; node++)
        for (int item = table->first[node]; item < table->first[node + 1]; item++)
            for (int i = 0; i < s->attribute_count; i++) {
                const attribute *a = &s->attributes[i];
                const int value = find_value(a, value_text(&table->nodes[node].blocks[item - table->first[node]], a));
                s->value_of[item * s->attribute_count + i] = value < 0 ? -1 : a->first_value + value;
            }
    return s->value_of;
}

/* ---- stages and sizes ----------------------------------------------------------------------------------------------------------- */

static bool same_stage(const mn_node *a, const mn_node *b)
{
    return a->stage && b->stage && !strcmp(a->stage, b->stage);
}

/* Stages in the order of their first nodes; nodes without a stage share one. */
static bool number_stages(chain_source *s)
{
    const mn_table *table = s->table;
    s->stage_of = mn_new_array((size_t)table->node_count, sizeof *s->stage_of);
    for (int node = 0; node < table->node_count && s->stage_of; node++) {
        int before = 0;
        while (before < node && !same_stage(&table->nodes[node], &table->nodes[before]) &&
               (table->nodes[node].stage || table->nodes[before].stage))
            before++;
        s->stage_of[node] = before < node ? s->stage_of[before] : s->stage_count++;
    }
    return s->stage_of;
}

static const mn_metric *values_of_metric(const mn_table *table, const char *name)
{
    for (int i = 0; i < table->metric_count; i++)
        if (table->has_values && table->metrics[i].values && !strcmp(table->metrics[i].name, name))
            return &table->metrics[i];
    return NULL;
}

/* From the table's metrics "flops" and "params", else from what its skeleton or its blocks say. */
static bool list_sizes(chain_source *s)
{
    const mn_table *table = s->table;
    const mn_metric *flops = values_of_metric(table, "flops"), *params = values_of_metric(table, "params");
    s->flops = mn_new_array((size_t)table->item_count, sizeof *s->flops);
    s->params = mn_new_array((size_t)table->item_count, sizeof *s->params);
    if (!s->flops || !s->params)
        return false;
    if (table->skeleton && table->skeleton->complete) {
        s->fixed_flops = (double)table->skeleton->fixed.flops;
        s->fixed_params = (double)table->skeleton->fixed.params;
    }
    if (flops)
        s->fixed_flops = (double)flops->base;
    if (params)
        s->fixed_params = (double)params->base;
    for (int node = 0; node < table->node_count; node++)
        for (int item = table->first[node]; item < table->first[node + 1]; item++) {
            mn_cost cost = {0, 0};
            mn_block_cost(table, node, item - table->first[node], &cost);
            s->flops[item] = flops ? (double)flops->values[item] : (double)cost.flops;
            s->params[item] = params ? (double)params->values[item] : (double)cost.params;
        }
    return true;
}

/* ---- columns -------------------------------------------------------------------------------------------------------------------- */

static void fill_chain(const void *source, const uint16_t *network, double *row)
{
    const chain_source *s = source;
    double flops = s->fixed_flops, params = s->fixed_params;
    for (int node = 0; node < s->table->node_count; node++) {
        const int item = s->table->first[node] + network[node];
        row[s->blocks + item] = 1;
        flops += s->flops[item];
        params += s->params[item];
        for (int i = 0; i < s->attribute_count; i++) {
            const int value = s->value_of[item * s->attribute_count + i];
            if (value < 0)
                continue;
            row[s->total_values + value]++;
            if (s->attributes[i].name)
                row[s->node_values + node * s->value_count + value] = 1;
            if (s->stage_values >= 0)
                row[s->stage_values + s->stage_of[node] * s->value_count + value]++;
        }
    }
    row[s->size] = log1p(fmax(flops, 0));
    row[s->size + 1] = log1p(fmax(params, 0));
}

static bool never_constant(const void *source, const uint16_t *network)
{
    (void)source;
    (void)network;
    return false;
}

static void free_source(void *source)
{
    chain_source *s = source;
    if (!s)
        return;
    free(s->stage_of);
    free(s->value_of);
    free(s->flops);
    free(s->params);
    free(s);
}

static void lay_out(chain_source *s, mn_columns *columns)
{
    mn_columns_group(columns, "blocks", MN_COLUMNS_LINEAR, false);
    s->blocks = mn_columns_add(columns, s->table->item_count);
    if (s->attributes[0].name) {
        mn_columns_group(columns, "attributes", MN_COLUMNS_LINEAR, false);
        s->node_values = mn_columns_add(columns, s->table->node_count * s->value_count);
    }
    s->stage_values = -1;
    if (s->stage_count > 1 && s->stage_count < s->table->node_count) {
        mn_columns_group(columns, "stages", MN_COLUMNS_LINEAR, true);
        s->stage_values = mn_columns_add(columns, s->stage_count * s->value_count);
    }
    mn_columns_group(columns, "totals", MN_COLUMNS_LINEAR, true);
    s->total_values = mn_columns_add(columns, s->value_count);
    mn_columns_group(columns, "size", MN_COLUMNS_LINEAR, true);
    s->size = mn_columns_add(columns, 2);
}

mn_status mn_chain_columns(const mn_table *table, mn_feature_kind kind, mn_error *error, mn_columns *columns)
{
    (void)kind; /* in a chain every block both computes and costs */
    chain_source *s = mn_new_array(1, sizeof *s);
    if (s)
        *s = (chain_source){.table = table};
    if (!s || !list_attributes(s) || !number_stages(s) || !list_sizes(s)) {
        free_source(s);
        return mn_fail_memory(error);
    }
    lay_out(s, columns);
    columns->source = s;
    columns->fill = fill_chain;
    columns->constant = never_constant;
    columns->free = free_source;
    return MN_OK;
}
