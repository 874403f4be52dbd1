/* The items of independent nodes under one limit, the multiple-choice knapsack problem: score and weight of every block, node after
 * node, without a look at the graph. Passes over all items are what a large table costs, so they are few and run over contiguous
 * values: 16 bytes an item and pass. */
#ifndef MN_SOLVER_KNAPSACK_ITEMS_H
#define MN_SOLVER_KNAPSACK_ITEMS_H

#include "solver/graph.h"

typedef struct mn_items {
    const mn_problem *problem;
    int problem_index, limit;
    int nodes, count, widest;        /* widest: most items of a node */
    const int *begin;                /* [nodes + 1] */
    const int64_t *scores, *weights; /* [count] */
    const uint16_t *blocks;          /* [count]; NULL: an item's block is its place in its node */
    void *owned;                     /* what the arrays above lie in; NULL: the problem's own */
    /* of whole networks, without bases */
    int64_t score_low, score_high, weight_low, weight_high;
    int64_t score_magnitude, weight_magnitude; /* sums over nodes of the largest |value| */
    int64_t score_step, score_offset;          /* every score is the offset plus a multiple of the step */
    bool fits;                                 /* the magnitudes leave room for multipliers */
} mn_items;

/* `graph`: one slot a layer; NULL: all blocks of the problem. The problem is borrowed. */
mn_status mn_items_make(const mn_problem *problem, int problem_index, int limit, const mn_graph *graph, mn_error *error,
                        mn_items *items);
void mn_items_free(mn_items *items);

static inline uint16_t mn_items_block(const mn_items *items, int node, int place)
{
    return items->blocks ? items->blocks[items->begin[node] + place] : (uint16_t)place;
}

/* Place of the node's lightest item, of those the best; and of its best item, of those the lightest. */
int mn_items_lightest(const mn_items *items, int node);
int mn_items_best(const mn_items *items, int node);

/* Place and value of the first item of the node that maximises unit * score - multiplier * weight. */
int mn_items_price(const mn_items *items, int node, int64_t unit, int64_t multiplier, int64_t *value);

/* Places of the node's items of value `least` or more, ascending; returns their number. */
int mn_items_within(const mn_items *items, int node, int64_t unit, int64_t multiplier, int64_t least, uint16_t *places);

#endif
