#include "host/core/skeleton.h"
#include "host/core/attribute.h"
#include "host/core/memory.h"

#include <inttypes.h>

/* Sums in 128 bits: the reader bounds every factor (skeleton_json.c), so that none can pass them; totals are checked at the end. */
typedef struct wide_cost {
    mn_wide flops, params;
} wide_cost;

static void add(wide_cost *sum, wide_cost cost, int times)
{
    sum->flops += cost.flops * times;
    sum->params += cost.params * times;
}

/* ---- layers --------------------------------------------------------------------------------------------------------------------- */

/* A convolution without bias whose output is pixels x pixels, in `groups` equal groups. */
static wide_cost convolution(mn_wide inputs, mn_wide outputs, int kernel, int pixels, mn_wide groups)
{
    const mn_wide weights = inputs / groups * outputs * kernel * kernel;
    return (wide_cost){weights * pixels * pixels, weights};
}

static wide_cost batch_norm(mn_wide channels)
{
    return (wide_cost){0, 2 * channels};
}

static wide_cost linear(mn_wide inputs, mn_wide outputs)
{
    return (wide_cost){inputs * outputs, inputs * outputs + outputs};
}

/* ---- what no block changes ------------------------------------------------------------------------------------------------------ */

/* Two convolutions (or as many as the key says) beside a shortcut. */
static wide_cost reduction_cost(const mn_skeleton *s, int stage)
{
    const mn_reduction *r = &s->reduction;
    const int inputs = s->stages[stage - 1].channels, outputs = s->stages[stage].channels;
    const int pixels = s->stages[stage].pixels;
    wide_cost sum = {0};
    add(&sum, convolution(inputs, outputs, r->kernel, pixels, 1), 1);
    add(&sum, convolution(outputs, outputs, r->kernel, pixels, 1), r->convolutions - 1);
    add(&sum, batch_norm(outputs), r->convolutions);
    add(&sum, convolution(inputs, outputs, r->shortcut_kernel, pixels, 1), 1);
    return sum;
}

static wide_cost fixed_cost(const mn_skeleton *s)
{
    const mn_skeleton_stage *last = &s->stages[s->stage_count - 1];
    wide_cost sum = {0};
    add(&sum, convolution(s->input_channels, s->stem_channels, s->stem_kernel, s->input_pixels, 1), 1);
    add(&sum, batch_norm(s->stem_channels), 1);
    if (s->kind == MN_SKELETON_CELLS) {
        for (int stage = 1; stage < s->stage_count; stage++)
            add(&sum, reduction_cost(s, stage), 1);
        add(&sum, batch_norm(last->channels), 1);
        add(&sum, linear(last->channels, s->classes), 1);
    } else {
        add(&sum, convolution(last->channels, s->head_channels, s->head_kernel, last->pixels, 1), 1);
        add(&sum, batch_norm(s->head_channels), 1);
        add(&sum, linear(s->head_channels, s->classes), 1);
    }
    return sum;
}

/* ---- what a block adds ---------------------------------------------------------------------------------------------------------- */

/* One operation on one edge, over the cells of all stages. Only convolutions have weights. */
static wide_cost edge_cost(const mn_skeleton *s, const mn_block *block)
{
    wide_cost sum = {0};
    int64_t kernel = 0;
    if (mn_block_operation(block) != MN_OPERATION_CONVOLUTION || !mn_block_integer(block, "kernel", &kernel))
        return sum;
    for (int stage = 0; stage < s->stage_count; stage++) {
        const mn_skeleton_stage *at = &s->stages[stage];
        add(&sum, convolution(at->channels, at->channels, (int)kernel, at->pixels, 1), at->repeats);
        add(&sum, batch_norm(at->channels), at->repeats);
    }
    return sum;
}

/* 1x1 expansion, depthwise convolution with the stride, 1x1 projection, batch norm after each. Expansion 0 is the identity: nothing, or where
 * the shape changes a 1x1 convolution with stride and batch norm. */
static wide_cost layer_cost(const mn_layer_shape *shape, const mn_block *block)
{
    wide_cost sum = {0};
    int64_t kernel = 0, expansion = 0;
    mn_block_integer(block, "kernel", &kernel);
    mn_block_integer(block, "expansion", &expansion);
    if (expansion == 0) {
        if (mn_layer_keeps_shape(shape))
            return sum;
        add(&sum, convolution(shape->in_channels, shape->out_channels, 1, shape->out_pixels, 1), 1);
        add(&sum, batch_norm(shape->out_channels), 1);
        return sum;
    }
    const mn_wide hidden = (mn_wide)shape->in_channels * expansion;
    add(&sum, convolution(shape->in_channels, hidden, 1, shape->in_pixels, 1), 1);
    add(&sum, convolution(hidden, hidden, (int)kernel, shape->out_pixels, hidden), 1);
    add(&sum, batch_norm(hidden), 2);
    add(&sum, convolution(hidden, shape->out_channels, 1, shape->out_pixels, 1), 1);
    add(&sum, batch_norm(shape->out_channels), 1);
    return sum;
}

mn_layer_shape mn_skeleton_layer(const mn_skeleton *s, int node)
{
    mn_layer_shape shape = {.in_channels = s->stem_channels, .in_pixels = s->input_pixels};
    int first = 0;
    while (node >= first + s->stages[shape.stage].repeats) {
        first += s->stages[shape.stage].repeats;
        shape.in_channels = s->stages[shape.stage].channels;
        shape.in_pixels = s->stages[shape.stage].pixels;
        shape.stage++;
    }
    const mn_skeleton_stage *stage = &s->stages[shape.stage];
    shape.out_channels = stage->channels;
    shape.out_pixels = stage->pixels;
    shape.stride = node == first ? stage->stride : 1;
    if (node > first) {
        shape.in_channels = stage->channels;
        shape.in_pixels = stage->pixels;
    }
    return shape;
}

bool mn_layer_keeps_shape(const mn_layer_shape *shape)
{
    return shape->in_channels == shape->out_channels && shape->stride == 1;
}

/* ---- preparation ---------------------------------------------------------------------------------------------------------------- */

enum { LARGEST_FACTOR = 255 }; /* of a kernel or an expansion */

static bool is_kernel(const mn_block *block)
{
    int64_t kernel;
    return mn_block_integer(block, "kernel", &kernel) && kernel >= 1 && kernel <= LARGEST_FACTOR && kernel % 2 == 1;
}

static mn_status check_cell_block(mn_table *table, const char *where, const mn_node *node, const mn_block *block)
{
    const mn_operation operation = mn_block_operation(block);
    if (operation == MN_OPERATION_UNKNOWN)
        return mn_fail(&table->error, MN_BAD_INPUT,
                       "%s: node \"%.200s\", block \"%.200s\": a network of kind \"cells\" needs the attribute "
                       "\"operation\": \"none\", \"identity\", \"convolution\" or \"pool\"",
                       where, node->name, block->name);
    if ((operation == MN_OPERATION_CONVOLUTION || operation == MN_OPERATION_POOL) && !is_kernel(block))
        return mn_fail(&table->error, MN_BAD_INPUT,
                       "%s: node \"%.200s\", block \"%.200s\": expected the attribute \"kernel\", an odd number up to "
                       "%d, for a convolution or pool",
                       where, node->name, block->name, LARGEST_FACTOR);
    return MN_OK;
}

static mn_status check_layer_block(mn_table *table, const char *where, const mn_node *node, const mn_block *block)
{
    int64_t expansion;
    if (!mn_block_integer(block, "expansion", &expansion) || expansion < 0 || expansion > LARGEST_FACTOR)
        return mn_fail(&table->error, MN_BAD_INPUT,
                       "%s: node \"%.200s\", block \"%.200s\": a network of kind \"layers\" needs the attribute "
                       "\"expansion\", 0 (the identity) to %d",
                       where, node->name, block->name, LARGEST_FACTOR);
    if (expansion > 0 && !is_kernel(block))
        return mn_fail(&table->error, MN_BAD_INPUT,
                       "%s: node \"%.200s\", block \"%.200s\": expected the attribute \"kernel\", an odd number up to "
                       "%d, for a block that expands",
                       where, node->name, block->name, LARGEST_FACTOR);
    return MN_OK;
}

static mn_status check_blocks(mn_table *table, const char *where)
{
    const bool cells = table->skeleton->kind == MN_SKELETON_CELLS;
    mn_status status = MN_OK;
    for (int node = 0; node < table->node_count; node++)
        for (int block = 0; block < table->nodes[node].block_count && status == MN_OK; block++)
            status = (cells ? check_cell_block : check_layer_block)(table, where, &table->nodes[node],
                                                                    &table->nodes[node].blocks[block]);
    return status;
}

/* One figure has one source: a block may repeat what the skeleton says, not contradict it. */
static mn_status check_attribute(mn_table *table, const char *where, int node, int block, const char *name,
                                 int64_t derived)
{
    const mn_node *n = &table->nodes[node];
    int64_t stated;
    if (!mn_block_attribute(&n->blocks[block], name) ||
        (mn_block_integer(&n->blocks[block], name, &stated) && stated == derived))
        return MN_OK;
    return mn_fail(&table->error, MN_BAD_INPUT,
                   "%s: node \"%.200s\", block \"%.200s\": \"%s\" is %.40s, but \"network\" makes it %" PRId64
                   "; leave it out or correct one of them",
                   where, n->name, n->blocks[block].name, name, mn_block_attribute(&n->blocks[block], name), derived);
}

/* Costs of all blocks; `total` grows by the largest of each node. */
static mn_status price_blocks(mn_table *table, const char *where, wide_cost *total)
{
    mn_skeleton *s = table->skeleton;
    for (int node = 0; node < table->node_count; node++) {
        wide_cost largest = {0};
        const mn_layer_shape shape = s->kind == MN_SKELETON_LAYERS ? mn_skeleton_layer(s, node) : (mn_layer_shape){0};
        for (int block = 0; block < table->nodes[node].block_count; block++) {
            const mn_block *b = &table->nodes[node].blocks[block];
            const wide_cost cost = s->kind == MN_SKELETON_CELLS ? edge_cost(s, b) : layer_cost(&shape, b);
            largest.flops = cost.flops > largest.flops ? cost.flops : largest.flops;
            largest.params = cost.params > largest.params ? cost.params : largest.params;
            if (largest.flops > MN_MAX_SUM || largest.params > MN_MAX_SUM)
                break;
            mn_cost *kept = &s->blocks[table->first[node] + block];
            *kept = (mn_cost){(int64_t)cost.flops, (int64_t)cost.params};
            mn_status status = check_attribute(table, where, node, block, "flops", kept->flops);
            if (status == MN_OK)
                status = check_attribute(table, where, node, block, "params", kept->params);
            if (status != MN_OK)
                return status;
        }
        add(total, largest, 1);
    }
    return MN_OK;
}

mn_status mn_skeleton_prepare(mn_table *table, const char *where)
{
    mn_skeleton *s = table->skeleton;
    mn_status status = check_blocks(table, where);
    if (status != MN_OK || !s->complete)
        return status;
    free(s->blocks); /* of an earlier call */
    s->blocks = mn_new_array((size_t)table->item_count, sizeof *s->blocks);
    if (!s->blocks)
        return mn_fail_memory(&table->error);
    const wide_cost fixed = fixed_cost(s);
    wide_cost total = fixed;
    status = price_blocks(table, where, &total);
    if (status == MN_OK && (total.flops > MN_MAX_SUM || total.params > MN_MAX_SUM))
        status = mn_fail(&table->error, MN_BAD_INPUT,
                         "%s: \"network\": the largest network passes 2^62 FLOPs or "
                         "parameters",
                         where);
    if (status == MN_OK)
        s->fixed = (mn_cost){(int64_t)fixed.flops, (int64_t)fixed.params};
    return status;
}

void mn_skeleton_free(mn_skeleton *skeleton)
{
    if (skeleton)
        free(skeleton->blocks);
    free(skeleton);
}

/* ---- answers -------------------------------------------------------------------------------------------------------------------- */

static bool is_priced(const mn_table *table)
{
    return table->skeleton && table->skeleton->complete;
}

bool mn_skeleton_cost(const mn_table *table, const uint16_t *network, mn_cost *cost)
{
    if (!is_priced(table))
        return false;
    *cost = table->skeleton->fixed;
    for (int node = 0; node < table->node_count; node++) {
        const mn_cost *block = &table->skeleton->blocks[table->first[node] + network[node]];
        cost->flops += block->flops;
        cost->params += block->params;
    }
    return true;
}

bool mn_block_cost(const mn_table *table, int node, int block, mn_cost *cost)
{
    const mn_block *b = &table->nodes[node].blocks[block];
    if (is_priced(table)) {
        *cost = table->skeleton->blocks[table->first[node] + block];
        return true;
    }
    return mn_block_integer(b, "flops", &cost->flops) && mn_block_integer(b, "params", &cost->params);
}
