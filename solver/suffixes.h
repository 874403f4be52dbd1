/* What the last nodes of a core can add up to, in advance.
 *
 * Depth first, most of the time goes into the last dozen nodes, again and again: their blocks are cheap in the main lane, so bounds
 * cut little there. Their combinations are therefore listed once, put into an order in which neighbours have similar sums (a k-d
 * order: Bentley, Communications of the ACM 18, 1975), and covered by a tree of lane-wise minima with 32 children a node. A prefix is
 * then completed by walking the tree where the minima fit its slack: one comparison of 16-bit lanes tells about 32 combinations.
 * (Splitting a knapsack into halves: Horowitz and Sahni, Journal of the ACM 21, 1974.) Only where nodes are independent.
 *
 * Lanes keep the upper 15 bits of the root's slack, rounded down on both sides, so nothing that fits is missed; what seems to fit is
 * added up again from the core. */
#ifndef MN_SOLVER_SUFFIXES_H
#define MN_SOLVER_SUFFIXES_H

#include "solver/core.h"

enum { MN_SUFFIX_FAN = 32, MN_SUFFIX_LEVELS = 6, MN_SUFFIX_LANES = MN_LANES * MN_MOST_GROUPS };

typedef struct mn_suffixes {
    int first;                   /* depth at which they begin */
    int count;                   /* combinations */
    int lane_count;              /* that are compared, a multiple of 4 */
    int lanes[MN_SUFFIX_LANES];  /* the core's */
    int shifts[MN_SUFFIX_LANES]; /* bits that a lane drops */
    int levels;                  /* of the tree; level 0 are the combinations */
    int begin
        [MN_SUFFIX_LEVELS]; /* first block of each level: block b of level l covers blocks 32 b .. 32 b + 31 of level l - 1 */
    int16_t *least;         /* [blocks][lane_count][32] */
    uint64_t *codes;        /* [32 * blocks of level 0] the arcs, as a mixed-radix number */
} mn_suffixes;

/* Lists at most `most` combinations (fewer than 2^26), as many nodes as that allows. `suffixes->first` is the core's depth when
 * nothing is gained. */
mn_status mn_suffixes_make(const mn_core *core, int most, int threads, mn_arena *arena, mn_suffixes *suffixes);

/* Adds up combination `index` from the core: false when it does not fit `slack` [groups] in every lane, else its blocks are written
 * into the network. */
bool mn_suffixes_take(const mn_core *core, const mn_suffixes *suffixes, int index, const mn_lanes *slack,
                      uint16_t *network);

#endif
