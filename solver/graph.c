#include "solver/graph.h"
#include "host/core/memory.h"

static int count_arcs(const mn_diagram *diagram)
{
    int arcs = 0;
    for (int node = 0; node < diagram->node_count; node++) {
        const int cells = diagram->state_count[node] * mn_diagram_blocks(diagram, node);
        for (int i = 0; i < cells; i++)
            arcs += diagram->next[node][i] >= 0;
    }
    return arcs;
}

mn_status mn_graph_make(const mn_diagram *diagram, mn_error *error, mn_graph *graph)
{
    const int nodes = diagram->node_count;
    *graph = (mn_graph){.node_count = nodes, .free = diagram->free};
    graph->layer = mn_new_array((size_t)nodes + 2, sizeof *graph->layer);
    if (!graph->layer)
        return mn_fail_memory(error);
    for (int node = 0; node < nodes; node++)
        graph->layer[node + 1] = graph->layer[node] + diagram->state_count[node];
    graph->slot_count = graph->layer[nodes + 1] = graph->layer[nodes] + 1;
    graph->begin = mn_new_array((size_t)graph->slot_count + 1, sizeof *graph->begin);
    graph->arcs = mn_new_array((size_t)count_arcs(diagram), sizeof *graph->arcs);
    if (!graph->begin || !graph->arcs) {
        mn_graph_free(graph);
        return mn_fail_memory(error);
    }
    int arcs = 0;
    for (int node = 0; node < nodes; node++)
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const int32_t *row = mn_diagram_row(diagram, node, state);
            graph->begin[graph->layer[node] + state] = arcs;
            for (int block = 0; block < mn_diagram_blocks(diagram, node); block++)
                if (row[block] >= 0)
                    graph->arcs[arcs++] = (mn_graph_arc){diagram->first[node] + block, graph->layer[node + 1] + row[block]};
        }
    graph->begin[graph->slot_count - 1] = graph->begin[graph->slot_count] = arcs;
    return MN_OK;
}

void mn_graph_free(mn_graph *graph)
{
    free(graph->layer);
    free(graph->begin);
    free(graph->arcs);
    *graph = (mn_graph){0};
}

static int64_t extreme(const mn_graph *graph, const int64_t *values, int64_t *scratch, int sign)
{
    scratch[graph->slot_count - 1] = 0;
    for (int slot = graph->slot_count - 2; slot >= 0; slot--) {
        int64_t best = INT64_MAX;
        for (int arc = graph->begin[slot]; arc < graph->begin[slot + 1]; arc++) {
            const int64_t sum = sign * values[graph->arcs[arc].item] + scratch[graph->arcs[arc].next];
            best = sum < best ? sum : best;
        }
        scratch[slot] = best;
    }
    return sign * scratch[0];
}

void mn_graph_range(const mn_graph *graph, const int64_t *values, int64_t *scratch, int64_t *smallest, int64_t *largest)
{
    *smallest = extreme(graph, values, scratch, 1);
    *largest = extreme(graph, values, scratch, -1);
}
