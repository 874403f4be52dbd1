/* What the last nodes of a core can add up to, in advance.
 *
 * Depth first, most of the time goes into the last dozen nodes, again and again: their blocks are cheap in the main lane, so bounds
 * cut little there. Their combinations are therefore listed once, put into an order in which neighbours have similar sums (a k-d
 * order: Bentley, Communications of the ACM 18, 1975), and covered by a tree of lane-wise minima with 16 children a node. A prefix is
 * then completed by walking the tree where the minima fit its slack: one comparison tells about 16 combinations. (Splitting a
 * knapsack into halves: Horowitz and Sahni, Journal of the ACM 21, 1974.) Only where nodes are independent. */
#ifndef MN_SOLVER_SUFFIXES_H
#define MN_SOLVER_SUFFIXES_H

#include "solver/core.h"

enum { MN_SUFFIX_LEVELS = 8 };

typedef struct mn_suffixes {
    int first;      /* depth at which they begin */
    int count;      /* combinations */
    int lane_count; /* of the core */
    int levels;     /* of the tree; level 0 are the combinations */
    int begin[MN_SUFFIX_LEVELS]; /* first block of each level: block b of level l covers blocks 16 b .. 16 b + 15 of level l - 1 */
    int32_t *least;              /* [blocks][lane_count][16] */
    uint64_t *codes;             /* [16 * blocks of level 0] the arcs, as a mixed-radix number */
} mn_suffixes;

/* Lists at most `most` combinations (fewer than 2^26), as many nodes as that allows. `suffixes->first` is the core's depth when even
 * one node has too many, or nothing is gained. */
mn_status mn_suffixes_make(const mn_core *core, int most, mn_arena *arena, mn_suffixes *suffixes);

/* Writes the blocks of combination `index` into a network. */
void mn_suffixes_write(const mn_core *core, const mn_suffixes *suffixes, int index, uint16_t *network);

#endif
