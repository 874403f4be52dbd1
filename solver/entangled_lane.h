/* Lanes of the search that bounds terms. A lane is a cost of every network, a sum over blocks and terms, that must not pass a cap: one for
 * "limits times multipliers less score", one for each limit. Costs are whole numbers of 32 bits, rounded down, so that what is too dear here is
 * too dear.
 *
 * A lane's least cost is bounded by moving cost between terms and blocks until each block and each term has a combination that costs nothing
 * and the rest stands in `least` (reparametrisation; soft arc consistency: Cooper, de Givry, Sanchez, Schiex, Zytnicki, Werner, Artificial Intelligence
 * 174, 2010). Which way it moves is that of sequential message passing: a node collects what its terms can spare, and hands it on to the terms
 * that come later in the pass, the next pass going the other way (TRW-S: Kolmogorov, IEEE PAMI 28, 2006; for terms of any size SRMP: PAMI 37,
 * 2015). Every move keeps the sum of each network as it is, in integers: whatever is moved, the bound holds. */
#ifndef MN_SOLVER_ENTANGLED_LANE_H
#define MN_SOLVER_ENTANGLED_LANE_H

#include "solver/arena.h"
#include "solver/entangled_model.h"

enum {
    MN_ENTANGLED_BITS = 24,            /* of the range that a lane's scores or values have; totals stay below 2^27 */
    MN_ENTANGLED_MOST_MOVED = 1 << 25, /* of any message: those of a term's 16 members or fewer add up within 32 bits */
    MN_ENTANGLED_LARGEST_CAP = 1 << 28, /* a cap that excludes nothing */
};

typedef struct mn_entangled_lane {
    bool has_terms;
    int32_t *blocks; /* [width] */
    int32_t **
        tables; /* [slot_count] of a term over two nodes: [blocks of the other][padded blocks of the slot's node]; else as the columns */
    int32_t *storage; /* of the tables */
    size_t stored;
    int shift;            /* a unit of cost is 2^shift of what is summed exactly */
    int scale;            /* main lane: scores count 2^scale */
    int64_t *multipliers; /* [limit_count] main lane: each limit's, over 2^scale; NULL: the lane of one limit */
    int32_t cap;
} mn_entangled_lane;

/* Where the cost of a lane stands. */
typedef struct mn_entangled_costs {
    int32_t least;     /* no network costs less */
    int32_t *blocks;   /* [width] >= 0 for live blocks */
    int32_t *messages; /* [message_width] what each term has given to each member's blocks */
    int32_t *own;      /* [message_width] where these stand once they differ from those of the level above */
} mn_entangled_costs;

/* The blocks that are left. */
typedef struct mn_entangled_live {
    int *count;       /* [node_count] */
    uint16_t *blocks; /* [width] each node's, from its place on */
} mn_entangled_live;

/* Room for a lane; false when memory ran out. */
bool mn_entangled_lane_make(const mn_entangled_model *model, bool has_terms, mn_arena *arena, mn_entangled_lane *lane);

/* The lane of limit `limit`, and its cap; false: the capacity is below every network. */
bool mn_entangled_lane_limit(const mn_entangled_model *model, int limit, int64_t capacity, mn_entangled_lane *lane);

/* The main lane under the multipliers that it holds. */
void mn_entangled_lane_score(const mn_entangled_model *model, mn_entangled_lane *lane);

/* How scores are scaled, for the ranges of the problem; `limited`: multipliers other than 0 may come. */
void mn_entangled_lane_scale(const mn_entangled_model *model, bool limited, mn_entangled_lane *lane);

/* The main lane's cap when scores must reach `target`; below -2^29: none can. */
int32_t mn_entangled_score_cap(const mn_entangled_model *model, const mn_entangled_lane *lane,
                               const int64_t *capacities, int64_t target);

/* The best score of a network that costs at least `least`. */
int64_t mn_entangled_score_bound(const mn_entangled_model *model, const mn_entangled_lane *lane,
                                 const int64_t *capacities, int32_t least);

/* What the term of a slot can spare of each block of its node (least cost over the live blocks of its other free members) into `spare`
 * [padded], with what it has given already. `taken` [node_count]: the block of each node that is decided, -1: free. */
void mn_entangled_collect(const mn_entangled_model *model, const mn_entangled_lane *lane, const int32_t *messages,
                          const mn_entangled_live *live, const int32_t *taken, int slot, int32_t *spare);

#endif
