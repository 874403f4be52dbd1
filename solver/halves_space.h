/* The items of a view as lanes: what both searches over lists of combinations work on (halves.c, quarters.c).
 *
 * Lanes are sums over nodes that must stay within a capacity: vectors of multipliers (L.w - score, 2^shift of a unit; the first is the
 * main one, the second the score itself), the rows, and when `mirrored` the rows from below: a network that reaches the target leaves
 * at most budget / L_k of row k unused. First in 64 bits, where items that no network worth finding has are dropped; then in 32. */
#ifndef MN_SOLVER_HALVES_SPACE_H
#define MN_SOLVER_HALVES_SPACE_H

#include "solver/halves.h"
#include "solver/halves_lists.h"

typedef __int128 mn_half_wide;

typedef struct mn_half_space {
    const mn_halves_view *view;
    mn_arena *arena;
    uint64_t seed;
    int rows, vectors, lanes, groups; /* lanes = vectors + rows (+ rows, mirrored) */
    bool mirrored;
    int *coarse; /* [rows] bits dropped of a row */
    int score_coarse, shift;
    int64_t *multipliers;   /* [vectors][rows] over 2^shift, for coarse rows and score */
    int64_t *value;         /* [items][lanes] differences to the reference item */
    int64_t *cap;           /* [lanes] */
    int64_t score_base;     /* of the reference items */
    mn_half_wide *row_room; /* [rows] coarse caps less the reference items */
    int64_t target;
    /* what is left of the items */
    int *begin, *origin; /* [nodes + 1]; [left] item's index from its node's first */
    int64_t *least;      /* [lanes] sum over nodes of the least value */
    /* in 32 bits; a node's first item has the least rc */
    int *drop;       /* [lanes] bits dropped of a lane */
    int64_t *offset; /* [lanes] of the items of least rc */
    mn_half_lanes *item_lanes;
    int32_t *item_cost;
    int *node_of; /* [left] */
    mn_half_lanes *limit;
    double *unit; /* [lanes, up to whole registers] what 1 of a lane is worth in the score's unit */
} mn_half_space;

mn_arena *mn_halves_arena(mn_halves *halves);

/* Everything above for a target. *empty: nothing reaches it within the rows. False when memory ran out. */
bool mn_half_space_make(mn_half_space *space, const mn_halves_view *view, const double *multipliers, int64_t target,
                        bool mirrored, uint64_t seed, mn_arena *arena, bool *empty);

/* Another target: changes `limit`. */
void mn_half_space_aim(mn_half_space *space, int64_t target);

/* Room for a part of the nodes and a list of `size` combinations of them; nodes are added by ascending second rc. */
bool mn_half_take(const mn_half_space *space, mn_half *half, int nodes, int size);
void mn_half_add(const mn_half_space *space, mn_half *half, int node);
void mn_half_find_savings(const mn_half_space *space, mn_half *half);

/* The nodes with a choice, by ascending second rc; returns how many. nodes [node_count]. */
int mn_half_rank(const mn_half_space *space, int *nodes);

/* Checks a network (items of all nodes) in 64 bits and hands it on; true: go on. `*ended`: the caller had enough. */
bool mn_half_offer(mn_half_space *space, const int *items, mn_halves_found found, void *context, bool *ended);

#endif
