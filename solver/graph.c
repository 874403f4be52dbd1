#include "solver/graph.h"
#include "host/core/memory.h"

static int count_arcs(const mn_diagram *diagram)
{
    int arcs = 0;
    for (int node = 0; node < diagram->node_count; node++) {
        const int states = diagram->state_count[node];
        const int cells = diagram->forced[node] ? states : states * mn_diagram_blocks(diagram, node);
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
            const mn_row row = mn_diagram_row(diagram, node, state);
            graph->begin[graph->layer[node] + state] = arcs;
            for (int block = row.begin; block < row.end; block++)
                if (mn_row_next(row, block) >= 0)
                    graph->arcs[arcs++] =
                        (mn_graph_arc){diagram->first[node] + block, graph->layer[node + 1] + mn_row_next(row, block)};
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

/* The arcs along one sequence of slots. */
static mn_status along(const mn_graph *graph, const int *slots, mn_error *error, mn_graph *part)
{
    const int nodes = graph->node_count;
    int arcs = 0;
    for (int node = 0; node < nodes; node++)
        arcs += graph->begin[slots[node] + 1] - graph->begin[slots[node]];
    *part = (mn_graph){.node_count = nodes, .slot_count = nodes + 1, .free = true};
    part->layer = mn_new_array((size_t)nodes + 2, sizeof *part->layer);
    part->begin = mn_new_array((size_t)nodes + 2, sizeof *part->begin);
    part->arcs = mn_new_array((size_t)arcs, sizeof *part->arcs);
    if (!part->layer || !part->begin || !part->arcs) {
        mn_graph_free(part);
        return mn_fail_memory(error);
    }
    arcs = 0;
    for (int node = 0; node < nodes; node++) {
        part->layer[node] = node;
        part->begin[node] = arcs;
        for (int arc = graph->begin[slots[node]]; arc < graph->begin[slots[node] + 1]; arc++)
            if (graph->arcs[arc].next == slots[node + 1])
                part->arcs[arcs++] = (mn_graph_arc){graph->arcs[arc].item, node + 1};
    }
    part->layer[nodes] = nodes;
    part->layer[nodes + 1] = nodes + 1;
    part->begin[nodes] = part->begin[nodes + 1] = arcs;
    return MN_OK;
}

/* Number of slot sequences from each slot to the end, saturating at `most` + 1; `seen` marks a slot's distinct successors. */
static void count_sequences(const mn_graph *graph, int most, int *sequences, int *seen)
{
    const int slots = graph->slot_count;
    memset(seen, -1, sizeof *seen * (size_t)slots);
    sequences[slots - 1] = 1;
    for (int slot = slots - 2; slot >= 0; slot--) {
        sequences[slot] = 0;
        for (int arc = graph->begin[slot]; arc < graph->begin[slot + 1]; arc++) {
            const int next = graph->arcs[arc].next;
            if (seen[next] != slot)
                sequences[slot] += sequences[next];
            seen[next] = slot;
            sequences[slot] = sequences[slot] > most ? most + 1 : sequences[slot];
        }
    }
}

/* Sequence number `rank`: at each slot its distinct successors, in the order of their first arcs, own as many ranks as they have
 * sequences. */
static void sequence_of_rank(const mn_graph *graph, const int *sequences, int rank, int *slots, int *seen)
{
    memset(seen, -1, sizeof *seen * (size_t)graph->slot_count);
    slots[0] = 0;
    for (int node = 0; node < graph->node_count; node++)
        for (int arc = graph->begin[slots[node]]; arc < graph->begin[slots[node] + 1]; arc++) {
            const int next = graph->arcs[arc].next;
            if (seen[next] == slots[node])
                continue;
            seen[next] = slots[node];
            slots[node + 1] = next;
            if (rank < sequences[next])
                break;
            rank -= sequences[next];
        }
}

mn_status mn_graph_split(const mn_graph *graph, int most, mn_error *error, mn_graph *parts, int *count)
{
    int *sequences = mn_new_array(3 * (size_t)graph->slot_count, sizeof *sequences);
    if (!sequences)
        return mn_fail_memory(error);
    int *seen = sequences + graph->slot_count, *slots = seen + graph->slot_count;
    count_sequences(graph, most, sequences, seen);
    const int total = sequences[0] <= most ? sequences[0] : 0;
    mn_status status = MN_OK;
    for (*count = 0; *count < total && status == MN_OK; ++*count) {
        sequence_of_rank(graph, sequences, *count, slots, seen);
        status = along(graph, slots, error, &parts[*count]);
    }
    for (; status != MN_OK && *count > 0; --*count)
        mn_graph_free(&parts[*count - 1]);
    free(sequences);
    return status;
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
