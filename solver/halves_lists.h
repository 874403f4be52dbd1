/* Combinations of half of the nodes by ascending reduced cost, and the k-d tree over them: the two parts of the search by halves
 * (halves.h). */
#ifndef MN_SOLVER_HALVES_LISTS_H
#define MN_SOLVER_HALVES_LISTS_H

#include "solver/arena.h"
#include "solver/control.h"

#include <stdbool.h>
#include <stdint.h>

enum { MN_HALF_LANES = 16, MN_HALF_MOST_GROUPS = 8, MN_HALF_LEAF = 16 };

typedef int32_t mn_half_lanes __attribute__((vector_size(MN_HALF_LANES * sizeof(int32_t))));

/* A node of the tree: entries begin .. end - 1 in leaf order; its children are `child` and the next; 0: a leaf. */
typedef struct mn_half_node {
    int32_t begin, end, child;
} mn_half_node;

/* Lanes are differences to the node's item of least rc; lane 0 is rc itself. Each is within +-2^29 over all nodes together. */
typedef struct mn_half {
    int groups;
    int node_count;
    int *node;             /* [node_count] by ascending second smallest rc */
    int *begin, *end;      /* [node_count] items besides the one of least rc, by ascending rc */
    int32_t *least;        /* [node_count] rc of the first of them */
    mn_half_lanes *saving; /* [node_count + 1][groups] what the nodes from here on can save at most, <= 0 */
    mn_half_lanes *reach;  /* [node_count + 1][groups] scratch */
    /* the list */
    int count;
    mn_half_lanes *lanes; /* [count][groups] */
    int32_t *parent;      /* [count] -1: every node has its item of least rc */
    int32_t *item;        /* [count] how it differs from its parent */
    int32_t *last;        /* [count] position of that item's node */
    /* the tree */
    int tree_count, depth, sorted_count;
    mn_half_node *tree;      /* [tree_count] the root first */
    mn_half_lanes *least_of; /* [tree_count][groups] lane-wise minima of each tree node */
    int32_t *order;          /* [sorted_count] entries, leaf by leaf */
    mn_half_lanes *sorted;   /* [sorted_count][groups] their lanes */
} mn_half;

/* The items of all nodes, as int32 lanes. */
typedef struct mn_half_items {
    const mn_half_lanes *lanes; /* [items][groups] */
    const int32_t *cost;        /* [items] lane 0 */
} mn_half_items;

/* Lists the combinations of rc <= `most` that, with the other half's best (`other` [groups]) and later savings, can meet `limit`.
 * Returns false when there are more than `capacity`; *work is added to. Memory: arrays of `capacity` are there. */
bool mn_half_list(mn_half *half, const mn_half_items *items, int32_t most, const mn_half_lanes *limit,
                  const mn_half_lanes *other, int capacity, uint64_t *work);

/* The largest rc budget, at most `most`, within which there are about `count` combinations. */
int32_t mn_half_budget(const mn_half *half, const mn_half_items *items, int32_t most, double count);

/* Builds the tree over those entries that can meet `limit` with the other half's best. Splits the lane of the largest range times
 * unit [groups * MN_HALF_LANES]. False when memory ran out. */
bool mn_half_plant(mn_half *half, const mn_half_lanes *limit, const mn_half_lanes *other, const double *unit,
                   mn_arena *arena);

/* Called with a pair of entries that meets all lanes. Returns false to end the search; may lower `limit`. */
typedef bool (*mn_half_pair)(void *context, int32_t a, int32_t b);

/* MN_OK: all pairs were looked at, or the caller ended it; MN_STOPPED also when *work reached most_work (0: no limit). */
mn_status mn_half_join(const mn_half *a, const mn_half *b, const mn_half_lanes *limit, mn_half_pair pair, void *context,
                       const mn_control *control, uint64_t most_work, uint64_t *work);

#endif
