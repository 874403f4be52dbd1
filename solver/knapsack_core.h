/* The core of one graph at a target: at each node the items that a network of that score may have, and how far the multiplier may move
 * before another of them becomes the best. */
#ifndef MN_SOLVER_KNAPSACK_CORE_H
#define MN_SOLVER_KNAPSACK_CORE_H

#include "solver/knapsack_bound.h"
#include "solver/control.h"
#include "solver/knapsack_lists.h"
#include "solver/knapsack_tables.h"

enum { MN_MOST_STATES = 1 << 22 }; /* of all lists together: 32 MB */

/* A node with a choice. */
typedef struct mn_core_node {
    int node, first, count; /* its items: first, count in the arrays of mn_kept */
    int64_t heavier,
        lighter; /* the break item stays best among items heavier (lighter) than it for multipliers of at least
                                  * `heavier` (at most `lighter`); 0 (INT64_MAX): there are none */
} mn_core_node;

typedef struct mn_kept {
    int node_count, item_count;
    mn_core_node *nodes; /* ascending */
    /* [item_count] against the node's break item: */
    int64_t *weights;  /* more weight */
    int64_t *given_up; /* less score */
    uint16_t *places;  /* ascending for each node */
} mn_kept;

/* Items of all nodes that lose at most `budget` of scaled score under the multiplier. `worse`: also those that are no lighter and no
 * better than the break item, which only ties need. False: memory ran out. */
bool mn_kept_make(const mn_items *items, const mn_break *b, int64_t budget, bool worse, mn_arena *arena, mn_kept *kept);

/* What moves a state from the break item to the item at that place of the arrays. */
int64_t mn_kept_difference(const mn_kept *kept, int at, const mn_lists *lists);

/* What moves a state to the core node's items of at most that loss; returns their number. */
int mn_kept_differences(const mn_kept *kept, const mn_core_node *node, const mn_break *b, int64_t budget,
                        const mn_lists *lists, int64_t *differences);

/* Bounds of a state under which the break items of all nodes not yet decided are the best, for multipliers from `heavier` to
 * `lighter`. */
mn_list_bounds mn_break_bounds(const mn_items *items, const mn_break *b, int64_t target, int64_t heavier,
                               int64_t lighter);

/* The largest multiplier that leaves room for its products. */
int64_t mn_most_multiplier(const mn_items *items);

/* State of the break network. */
uint64_t mn_break_state(const mn_items *items, const mn_break *b, const mn_lists *lists);

typedef struct mn_core_work {
    const mn_items *items;
    const mn_break *b;
    mn_lists *lists;
    mn_tables *tables, *kept_tables;
    size_t most_cells; /* of each */
    mn_arena *arena;
    const mn_control *control;
    uint64_t made_before; /* mn_core_made at the question's start */
} mn_core_work;

/* Raises *score to the best score of a network within the capacity, if that is better. A network that is met on the way is written to
 * `places`, and its score to *known: the best, or one not as good. MN_OK: *score is proved. MN_STOPPED with *beyond: lists or tables
 * became too large. */
mn_status mn_core_best(const mn_core_work *work, int64_t *score, int64_t *known, uint16_t *places, bool *beyond);

/* The lexicographically smallest network of the best score. MN_INFEASIBLE: none has it. As above otherwise. */
mn_status mn_core_smallest(const mn_core_work *work, int64_t score, uint16_t *places, bool *beyond);

/* Work done since the knapsack was made, in states; a vector of cells counts as one. */
uint64_t mn_core_made(const mn_core_work *work);

/* Tells who follows the search of a network of that score. */
void mn_core_tell(const mn_core_work *work, int64_t score);

/* MN_OK, or why to stop: the control, or the node limit. */
mn_status mn_core_check(const mn_core_work *work);

/* What a network of `target` or more can still lose. Negative: there is none. */
static inline int64_t mn_break_budget(const mn_break *b, int64_t target)
{
    return b->bound - b->unit * target;
}

#endif
