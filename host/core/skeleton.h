/* The macro skeleton of a space: the layers around its blocks, from which the FLOPs and parameters of every network follow, and
 * from which networks are built for training. Filled by host/files/skeleton_json.c from the key "network".
 *
 * Two kinds. Cells (NAS-Bench-201): stem, stages of equal cells in a row with a reduction before every stage but the first, head; a
 * node is an edge of the cell. Layers (NAS-Bench-Macro): stem, stages of layers in a row, head; a node is a layer, and the first
 * layer of a stage strides. Channels and repeats are free: what the key's stages say. Convolutions have no bias, the classifier has.
 *
 * FLOPs count single multiply-adds of convolution and linear weights; parameters count batch norm's scale and shift too. */
#ifndef MN_CORE_SKELETON_H
#define MN_CORE_SKELETON_H

#include "host/core/table.h"

enum { MN_MAX_STAGES = 64, MN_CELL_VERTICES = 12, MN_CELL_EDGES = 64 };

typedef enum mn_skeleton_kind { MN_SKELETON_CELLS, MN_SKELETON_LAYERS } mn_skeleton_kind;

/* Vertex 0 is the cell's input, the last vertex its output; edge i is the table's node i and leads to a higher vertex. */
typedef struct mn_cell_graph {
    int vertices, edge_count;
    uint8_t from[MN_CELL_EDGES], to[MN_CELL_EDGES];
    bool strides; /* some cells of the network stride, by their edges from vertex 0 */
} mn_cell_graph;

typedef struct mn_skeleton_stage {
    int channels, pixels; /* of its output, pixels x pixels */
    int repeats;          /* cells or layers in a row */
    int stride;           /* of its first layer, or of the reduction before it; 1 in the first stage of cells */
} mn_skeleton_stage;

/* Before every stage of cells but the first: `convolutions` of ReLU, convolution, batch norm, the first with the stage's stride, beside a
 * shortcut of average pooling with the stride and a convolution without batch norm. */
typedef struct mn_reduction {
    int kernel, convolutions;
    int shortcut_pool, shortcut_kernel;
} mn_reduction;

typedef struct mn_cost {
    int64_t flops, params;
} mn_cost;

typedef struct mn_skeleton {
    mn_skeleton_kind kind;
    mn_cell_graph cell; /* cells: always there */
    bool complete;      /* false: only the cell's graph is known, all below is empty */

    int input_channels, input_pixels, classes;
    int stem_kernel, stem_channels; /* convolution with stride 1, batch norm (layers: and ReLU) */
    int stage_count;
    mn_skeleton_stage stages[MN_MAX_STAGES];
    mn_reduction reduction; /* cells */
    /* Cells: batch norm, ReLU; layers: convolution, batch norm, ReLU. Then global average pooling and a linear classifier. */
    int head_kernel, head_channels;

    mn_cost fixed;   /* all that no block changes */
    mn_cost *blocks; /* [the table's item_count] what each block adds, over all cells */
} mn_skeleton;

/* One layer of kind "layers", as its place in the skeleton makes it. */
typedef struct mn_layer_shape {
    int in_channels, out_channels;
    int in_pixels, out_pixels;
    int stride;
    int stage; /* from 0 */
} mn_layer_shape;

void mn_skeleton_free(mn_skeleton *skeleton);

/* Checks what the blocks must say (operation and kernel, or kernel and expansion), computes the costs, and refuses blocks whose own
 * attributes "flops" or "params" say otherwise. The table's items are numbered; part of mn_table_prepare. */
mn_status mn_skeleton_prepare(mn_table *table, const char *where);

/* Shape of the table's node `node`; kind layers, complete. */
mn_layer_shape mn_skeleton_layer(const mn_skeleton *skeleton, int node);

/* Whether the identity fits as it is, without a convolution. */
bool mn_layer_keeps_shape(const mn_layer_shape *shape);

/* FLOPs and parameters of a network; false when the table has no complete skeleton. */
bool mn_skeleton_cost(const mn_table *table, const uint16_t *network, mn_cost *cost);

/* What a block adds to its network: from the skeleton, else from its attributes "flops" and "params"; false when neither says. */
bool mn_block_cost(const mn_table *table, int node, int block, mn_cost *cost);

#endif
