/* Where a search that bounds terms stands: the costs of each lane, the blocks that are left, the nodes that are decided. */
#ifndef MN_SOLVER_ENTANGLED_STATE_H
#define MN_SOLVER_ENTANGLED_STATE_H

#include "solver/entangled_lane.h"

typedef struct mn_entangled_level {
    mn_entangled_costs *costs; /* [lane_count] */
    mn_entangled_live live;
    int32_t *reach; /* [width] main lane: what a network with the block costs at least */
    /* the branches of the node that is decided next */
    int node, count, next;
    uint16_t *order; /* [most blocks] */
} mn_entangled_level;

typedef struct mn_entangled_state {
    const mn_entangled_model *model;
    int lane_count;
    mn_entangled_lane *lanes;   /* [lane_count] the main one first */
    mn_entangled_level *levels; /* [node_count + 2] */
    int32_t *taken;             /* [node_count] the block of a decided node, -1: free */
    int *open;                  /* [term_count] members of each term that are free */
    int free_count;             /* nodes */
    bool keep_all;              /* the bounds do not hold yet, or are not asked: nothing is dropped */
    int32_t *spare;             /* [most padded blocks] scratch */
    uint16_t *network;          /* [problem's nodes] scratch */
    int *rule_nodes;            /* scratch */
} mn_entangled_state;

/* Room for everything but the lanes' tables; all blocks allowed are live, nothing is moved. False when memory ran out. */
bool mn_entangled_state_make(const mn_entangled_model *model, int lane_count, mn_arena *arena,
                             mn_entangled_state *state);

/* All blocks that some rule-abiding network may have. */
void mn_entangled_fill_live(const mn_entangled_model *model, mn_entangled_live *live);

/* The level's costs of one lane from its tables and the messages that stand. */
void mn_entangled_refresh(mn_entangled_state *state, mn_entangled_level *level, int lane);

/* Copies all but messages: those are the original's until mn_entangled_own, which must come before the first pass. */
void mn_entangled_copy(const mn_entangled_state *state, const mn_entangled_level *from, mn_entangled_level *to);
void mn_entangled_own(const mn_entangled_state *state, mn_entangled_level *level);

/* One pass over the free nodes, forwards or backwards. False: some lane's cap excludes every network. */
bool mn_entangled_pass(mn_entangled_state *state, mn_entangled_level *level, bool forwards);

/* Decides a free node; the level's messages are not changed. False as above. Either way mn_entangled_release takes it back. */
bool mn_entangled_decide(mn_entangled_state *state, mn_entangled_level *level, int node, int block);
void mn_entangled_release(mn_entangled_state *state, int node);

/* Drops the blocks that cost too much of all free nodes. False as above. */
bool mn_entangled_drop(mn_entangled_state *state, mn_entangled_level *level);

/* Keeps the blocks [low, high) of a node. */
bool mn_entangled_keep(mn_entangled_state *state, mn_entangled_level *level, int node, int low, int high);

#endif
