/* The multiplier of a single limit, and what follows from it: the upper bound and the break network.
 *
 * The linear relaxation's optimum lies on the edge of the hull over the capacity (Dyer, Mathematical Programming 29, 1984; Zemel,
 * Information Processing Letters 18, 1984). The edge's two ends are networks that each maximise unit * score - multiplier * weight
 * for one multiplier. Multipliers are fractions of integers, so that networks that tie on the edge tie exactly, and the bound is
 * exact whatever the fraction. Ends found once are kept: a question with another capacity starts between the nearest two. */
#ifndef MN_SOLVER_KNAPSACK_BOUND_H
#define MN_SOLVER_KNAPSACK_BOUND_H

#include "solver/arena.h"
#include "solver/knapsack_items.h"

/* A network on the hull. */
typedef struct mn_vertex {
    int64_t weight, score;
    uint16_t *places; /* [nodes] */
    bool joined;      /* the edge to the next heavier vertex is one of the hull, with these: */
    int64_t unit, multiplier;
} mn_vertex;

typedef struct mn_hull {
    int count, capacity;
    mn_vertex *vertices; /* by ascending weight */
} mn_hull;

/* At one capacity. */
typedef struct mn_break {
    int64_t capacity;         /* inside the range of weights */
    int64_t unit, multiplier; /* multiplier / unit: score for a unit of the weight */
    int64_t bound;            /* scaled: unit * score <= bound for every network within the capacity */
    int64_t best_score;       /* that any network can have by this bound, on the grid of scores */
    const uint16_t *fitting;  /* the hull's network that fits */
    int64_t fitting_score;
    uint16_t *places; /* [nodes] each node's maximises unit * score - multiplier * weight; near the capacity */
    int64_t weight, score;
    int64_t *values; /* [nodes] that maximum */
} mn_break;

void mn_hull_free(mn_hull *hull);

/* MN_INFEASIBLE: the lightest network does not fit. MN_FAILURE: memory. */
mn_status mn_break_find(const mn_items *items, mn_hull *hull, int64_t capacity, mn_arena *arena, mn_break *found);

#endif
