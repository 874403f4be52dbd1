/* How the CPU predicts: few table lookups a network instead of nodes x metrics.
 *
 * Consecutive nodes are joined into groups of up to four; a group's table holds the sums of every choice of its nodes. Metrics are
 * packed as bit fields into 64-bit words: a metric's values, less the smallest of their node and divided by their greatest common
 * divisor, are small numbers whose worst-case sum fits the field, so one addition adds several metrics. Nothing is rounded.
 *
 * Four groups make a quartet: a network's bytes for it lie within 16 bytes, and shuffle, multiply-add of bytes and
 * multiply-add of halves turn those into the four indices. */
#ifndef MN_DEVICE_CPU_PREDICT_PLAN_H
#define MN_DEVICE_CPU_PREDICT_PLAN_H

#include "host/core/table.h"

enum {
    MN_GROUP_NODES = 4,
    MN_QUARTET_GROUPS = 4,
    MN_PLAN_BLOCKS = 256,      /* networks reach the kernels as bytes */
    MN_GROUP_NODE_BLOCKS = 127 /* nodes with more stand alone: the factors of byte multiply-adds are signed bytes */
};

/* value = offset + (word >> shift & mask) * factor, modulo 2^64 */
typedef struct mn_field {
    int metric;
    int bits, word, shift;
    uint64_t mask;
    uint64_t factor, offset;
    int64_t *smallest; /* [node_count] the smallest value of each node */
} mn_field;

typedef struct mn_quartet {
    int first_node;
    int group_count;
    int nodes[MN_QUARTET_GROUPS]; /* of each group */
    uint32_t strides[MN_QUARTET_GROUPS][MN_GROUP_NODES];
    uint8_t shuffle[16]; /* byte of the 16 that goes into each lane's place; 0x80: none */
    int8_t byte_factors[16];
    int16_t half_factors[8];
    uint64_t table_start[MN_QUARTET_GROUPS]; /* entry in each plane's tables */
} mn_quartet;

typedef struct mn_predict_plan {
    int field_count;
    mn_field *fields;
    int word_count;  /* words a network */
    int plane_count; /* words are looked up in pairs: plane p holds words 2p and, if there is one, 2p + 1 */
    int quartet_count;
    mn_quartet *quartets;
    uint64_t entries;  /* of all groups */
    uint64_t **planes; /* [plane_count] -> [entries][words of the plane] */
} mn_predict_plan;

/* `metrics` [field_count]: the metrics to sum, without scaling. `with_base` [field_count]: whether the base is added. The table's
 * nodes must have at most MN_PLAN_BLOCKS blocks. False when memory ran out. */
bool mn_predict_plan_make(const mn_table *table, const int *metrics, const bool *with_base, int field_count,
                          mn_predict_plan *plan);
void mn_predict_plan_free(mn_predict_plan *plan); /* what it holds */

/* Entries that the tables would have: what making a plan costs. */
uint64_t mn_predict_plan_entries(const mn_table *table);

#endif
