/* The diagram as flat lists for the solver's loops: a slot is a (node, state) pair, an arc one admissible block there. */
#ifndef MN_SOLVER_GRAPH_H
#define MN_SOLVER_GRAPH_H

#include "solver/problem.h"

typedef struct mn_graph_arc {
    int32_t item; /* first[node] + block */
    int32_t next; /* slot in the next layer */
} mn_graph_arc;

typedef struct mn_graph {
    int node_count, slot_count; /* the last slot is the end */
    int *layer;                 /* [node_count + 2] first slot of each node's layer; [node_count] is the end's layer */
    int *begin;                 /* [slot_count + 1] arcs of each slot, by ascending block */
    mn_graph_arc *arcs;
    bool free; /* one slot a layer */
} mn_graph;

mn_status mn_graph_make(const mn_diagram *diagram, mn_error *error, mn_graph *graph);
void mn_graph_free(mn_graph *graph);

/* Splits the graph into graphs of independent nodes that share no network and hold all of them: one for each sequence of slots from
 * start to end. Rules that cut a network short (a "stop") make few sequences, and each alone has far better bounds than their
 * mixture. False when there are more than `most` sequences. parts [most]; free each. */
mn_status mn_graph_split(const mn_graph *graph, int most, mn_error *error, mn_graph *parts, int *count);

/* Smallest and largest sum of values [items] over all paths. The diagram is not empty. */
void mn_graph_range(const mn_graph *graph, const int64_t *values, int64_t *scratch /* [slot_count] */,
                    int64_t *smallest, int64_t *largest);

#endif
