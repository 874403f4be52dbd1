/* How the CPU predicts: few table lookups a network instead of nodes x metrics.
 *
 * Consecutive nodes are joined into groups of up to four; a group's table holds the sums of every choice of its nodes, as words of 64
 * bits (predict_fields.h).
 *
 * Up to eight groups whose nodes lie within 16 bytes make an octet: shuffles and multiply-adds of bytes turn a network's 16 bytes
 * into the octet's indices, 16 bits each.
 *
 * Where the processor permutes registers by index (AVX-512 with VBMI), nodes of few blocks need no memory: the node's values fill
 * registers, and one permutation looks up eight networks. Eight consecutive nodes make a window: a network's 8 bytes in a lane of its
 * own. The cheapest mixture of both is chosen. */
#ifndef MN_DEVICE_CPU_PREDICT_PLAN_H
#define MN_DEVICE_CPU_PREDICT_PLAN_H

#include "host/device/predict_fields.h"

enum {
    MN_GROUP_NODES = 4,
    MN_OCTET_GROUPS = 8,
    MN_OCTET_BYTES = 16,
    MN_PLAN_BLOCKS = 256, /* networks reach the kernels as bytes */
    MN_PAIR_BLOCKS = 127  /* nodes with more stand alone: the factors of byte multiply-adds are signed bytes */
};

/* The index of group g: (b0 + n0 b1) + n0 n1 (b2 + n2 b3). */
typedef struct mn_octet {
    int first_node;
    int group_count;
    int nodes[MN_OCTET_GROUPS]; /* of each group */
    uint32_t strides[MN_OCTET_GROUPS][MN_GROUP_NODES];
    uint8_t low_shuffle[16], high_shuffle[16]; /* places of b0, b1 and of b2, b3 among the 16 bytes; 0x80: none */
    int8_t low_factors[16], high_factors[16];  /* 1, n0 and 1, n2 */
    uint16_t high_strides[MN_OCTET_GROUPS];    /* n0 n1 */
    bool has_high;                             /* some group has more than two nodes */
    uint64_t table_start[MN_OCTET_GROUPS];     /* entry in each plane's tables */
} mn_octet;

typedef struct mn_predict_plan {
    int field_count;
    mn_field *fields;
    int word_count;  /* words a network */
    int plane_count; /* words are looked up in pairs: plane p holds words 2p and, if there is one, 2p + 1 */
    int octet_count;
    mn_octet *octets;
    uint64_t entries;  /* of all groups */
    uint64_t **planes; /* [plane_count] -> [entries][words of the plane] */
} mn_predict_plan;

/* `metrics` [field_count]: the metrics to sum, without scaling. `with_base` [field_count]: whether the base is added. The table's
 * nodes must have at most MN_PLAN_BLOCKS blocks. False when memory ran out. */
bool mn_predict_plan_make(const mn_table *table, const int *metrics, const bool *with_base, int field_count,
                          mn_predict_plan *plan);
void mn_predict_plan_free(mn_predict_plan *plan); /* what it holds */

#endif
