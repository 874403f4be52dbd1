/* Prediction without memory lookups, where the processor permutes registers by index (AVX-512 with VBMI): a node's values fill one, two
 * or four registers of 16 numbers of 32 bits, and a permutation looks up 16 networks.
 *
 * A metric's values, less the smallest of their node and divided by their greatest common divisor, are written in one digit, or in
 * two of a radix for which the sum of the low digits fits 32 bits. Digits share words as their sums' ranges allow. The bytes of
 * four consecutive nodes make a window: 16 networks' windows are gathered into the lanes of a register, and shifted right node by
 * node. */
#ifndef MN_DEVICE_CPU_PREDICT_REGISTERS_H
#define MN_DEVICE_CPU_PREDICT_REGISTERS_H

#include "host/device/predict_fields.h"

enum {
    MN_REGISTER_BLOCKS = 64, /* most of a node */
    MN_REGISTER_NODES = 64,  /* most of a table */
    MN_REGISTER_WORDS = 3,   /* summed at a time */
    MN_WINDOW_NODES = 4,
    MN_WINDOW_PAIRS = MN_REGISTER_NODES * 16 / 128 /* of registers that hold 16 networks */
};

typedef struct mn_register_node {
    int registers;   /* 1, 2 or 4 */
    int next_window; /* of the node behind it when that begins a window, otherwise 0 */
    uint64_t start;  /* in values: [words][registers][16] */
} mn_register_node;

/* Where the bytes of 16 networks' windows lie: byte k of network i's window goes to place 4 i + k. */
typedef struct mn_window {
    uint8_t place[64];                 /* in its pair of registers */
    uint64_t in_pair[MN_WINDOW_PAIRS]; /* the bytes that lie in each pair */
} __attribute__((aligned(64))) mn_window;

typedef struct mn_register_plan {
    int field_count;
    mn_field *fields;
    int word_count;
    int node_count;
    mn_register_node *nodes;
    uint32_t *values;
    int pair_count, window_count;
    mn_window *windows;
} mn_register_plan;

/* As mn_predict_plan_make. `suits` tells whether the table can be written so: few nodes and blocks, values not too large. */
bool mn_register_plan_make(const mn_table *table, const int *metrics, const bool *with_base, int field_count,
                           mn_register_plan *plan, bool *suits);
void mn_register_plan_free(mn_register_plan *plan); /* what it holds */

#endif
