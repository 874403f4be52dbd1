/* The graph that a network's operations make of its space's cell: which paths from input to output carry anything.
 *
 * The key "network" gives vertices and edges (edge i is node i), the blocks' attribute "operation" says what an edge does. An edge is
 * live when it lies on a path, from the input vertex to the output vertex, on which no edge is "none"; others cannot influence the
 * output. Where cells stride by their edges from the input (TransNAS-Bench-101), an identity there is a layer with weights in those cells:
 * a kind of its own, MN_OPERATION_REDUCTION, that no sum swallows. All paths of the graph are listed once, so that a network's live edges are a union of masks. */
#ifndef MN_FIT_CELL_H
#define MN_FIT_CELL_H

#include "host/core/attribute.h"
#include "host/core/skeleton.h"

enum { MN_CELL_PATHS = 1024, MN_CELL_KINDS = 256 };

typedef struct mn_cell_path {
    uint64_t mask; /* bit i: edge i is on the path */
    int length;
    uint8_t edges[MN_CELL_VERTICES - 1]; /* from input to output */
} mn_cell_path;

/* Operations of one kind are interchangeable: the same operation with the same kernel. */
typedef struct mn_cell_kind {
    mn_operation operation;
    int kernel; /* 0 for none and identity, 1 for reduction */
} mn_cell_kind;

typedef struct mn_cell {
    mn_cell_graph graph;
    int path_count;
    mn_cell_path *paths; /* of the graph, whatever the operations: the shortest first, then by edges */
    int kind_count;      /* in the order of operation, then kernel */
    mn_cell_kind kinds[MN_CELL_KINDS];
    int first[MN_CELL_EDGES + 1]; /* as the table's */
    uint8_t *kind_of;             /* [items] kind of each block */
} mn_cell;

/* Whether the table has a cell. */
bool mn_table_has_cell(const mn_table *table);

/* MN_USAGE when the table has no cell, or a block no operation. Free it with mn_cell_free. */
mn_status mn_cell_create(const mn_table *table, mn_error *error, mn_cell **cell);
void mn_cell_free(mn_cell *cell);

/* The kind of edge `edge` in the network. */
static inline const mn_cell_kind *mn_cell_kind_of(const mn_cell *cell, const uint16_t *network, int edge)
{
    return &cell->kinds[cell->kind_of[cell->first[edge] + network[edge]]];
}

/* Bit i: edge i is not "none". A path of the graph carries something when its mask lies within these. */
uint64_t mn_cell_open(const mn_cell *cell, const uint16_t *network);

/* Bit i: edge i is live. 0: no path is open, the network is constant. */
uint64_t mn_cell_live(const mn_cell *cell, const uint16_t *network);

/* counts [kind_count]: live edges of each kind. Returns the live edges. */
uint64_t mn_cell_count(const mn_cell *cell, const uint16_t *network, int *counts);

#endif
