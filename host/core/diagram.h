/* A decision diagram of the admissible networks: one layer a node, states that remember what the rules still need to know, one
 * transition a block. Counting, drawing, bounding, dynamic programs and enumeration all walk it, so each of them obeys rules,
 * fixed and forbidden blocks without a line of its own. Without rules it has one state a layer.
 *
 * A layer whose states admit one block each (a table's auxiliary node, host/core/factors.h) is kept as a list of these blocks.
 *
 * Rules that would need more than `MN_MAX_STATES` states in a layer (fewer where a node has more than 4096 blocks) stay outside
 * (`outside`): the diagram may or may not exclude a network that breaks them; whoever walks it checks those on whole networks. (Decision diagrams for optimisation: Bergman, Cire, van Hoeve, Hooker, 2016.) */
#ifndef MN_CORE_DIAGRAM_H
#define MN_CORE_DIAGRAM_H

#include "host/core/error.h"
#include "host/core/rules.h"

enum {
    MN_MAX_STATES = 4096,
    MN_MAX_FACTOR_STATES = 65535 /* where a factor must remember choices: a state fits uint16_t */
};

typedef struct mn_diagram {
    int node_count;
    int *first; /* [node_count + 1] items, as the table's */
    int *
        state_count; /* [node_count + 1]; layer 0 has state 0, layer node_count has state 0; all 0 when nothing is admissible */
    int32_t *
        *next; /* [node_count] -> [state_count[node] * blocks of node]: state in the next layer, -1: not admissible */
    int32_t **
        forced; /* [node_count] -> [state_count[node]] the one block of each state, next then holds one number a state; or NULL */
    bool empty; /* nothing is admissible */
    bool free;  /* one state in every layer: nodes are independent */
    int outside_count;
    int *outside; /* [outside_count] indices of rules that the diagram does not hold */
} mn_diagram;

/* allowed [item_count] or NULL: items that may be used (fixed and forbidden blocks). */
mn_status mn_diagram_build(int node_count, const int *first, const mn_rule *rules, int rule_count, const bool *allowed,
                           mn_error *error, mn_diagram **diagram);
void mn_diagram_free(mn_diagram *diagram);

static inline int mn_diagram_blocks(const mn_diagram *diagram, int node)
{
    return diagram->first[node + 1] - diagram->first[node];
}

/* The blocks begin .. end - 1 of a state; others are not admissible. */
typedef struct mn_row {
    const int32_t *next; /* [end - begin] */
    int begin, end;
} mn_row;

static inline mn_row mn_diagram_row(const mn_diagram *diagram, int node, int state)
{
    if (diagram->forced[node]) {
        const int block = diagram->forced[node][state];
        return (mn_row){diagram->next[node] + state, block, block + 1};
    }
    const int blocks = mn_diagram_blocks(diagram, node);
    return (mn_row){diagram->next[node] + (int64_t)state * blocks, 0, blocks};
}

/* The state behind a block, -1: not admissible. */
static inline int32_t mn_row_next(mn_row row, int block)
{
    return block >= row.begin && block < row.end ? row.next[block - row.begin] : -1;
}

/* Smallest (sign +1) or largest (sign -1) sum of `values` [items] over the diagram's paths from each state of each layer to the end:
 * extremes[layer][state], layer 0 .. node_count. Returns NULL when memory ran out; free() frees it at once. */
int64_t **mn_diagram_extremes(const mn_diagram *diagram, const int64_t *values, int sign);

/* Number of paths from each state to the end, saturating at 2^127: counts[layer][state]. free() frees it at once. Where counts[0][0]
 * is saturated, a rank drawn below it is not uniform over the networks. */
unsigned __int128 **mn_diagram_counts(const mn_diagram *diagram);

/* The number of paths as decimal text, exact at any size; NULL when memory ran out. The caller frees it. */
char *mn_diagram_count_text(const mn_diagram *diagram);

/* The path of rank `rank` in lexicographic order; counts from mn_diagram_counts; rank < counts[0][0]. */
void mn_diagram_unrank(const mn_diagram *diagram, unsigned __int128 *const *counts, unsigned __int128 rank,
                       uint16_t *network);

#endif
