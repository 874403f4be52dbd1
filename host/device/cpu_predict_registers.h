/* Prediction without memory lookups, where the processor permutes registers by index (AVX-512 with VBMI): a node's values fill one, two
 * or four registers of 16 numbers of 32 bits, and a permutation looks up 16 networks.
 *
 * A metric's values, less the smallest of their node and divided by their greatest common divisor, are written in one digit, or in
 * two of a radix for which the sum of the low digits fits 32 bits. Digits share words as their sums' ranges allow. The bytes of
 * four consecutive nodes make a window: 16 networks' windows are the lanes of a register, shifted right node by node. */
#ifndef MN_DEVICE_CPU_PREDICT_REGISTERS_H
#define MN_DEVICE_CPU_PREDICT_REGISTERS_H

#include "host/device/cpu_predict_fields.h"

enum {
    MN_REGISTER_BLOCKS = 64, /* most of a node */
    MN_REGISTER_NODES = 64,  /* most of a table */
    MN_REGISTER_WORDS = 4,   /* summed at a time */
    MN_WINDOW_NODES = 4,
    MN_WINDOW_CHUNKS = 8 /* of 128 bytes: 16 networks */
};

typedef struct mn_register_node {
    int window;
    int shift;      /* bits, of its byte in the window */
    int registers;  /* 1, 2 or 4 */
    uint64_t start; /* in values: [words][registers][16] */
} mn_register_node;

typedef struct mn_register_plan {
    int field_count;
    mn_field *fields;
    int word_count;
    int node_count;
    mn_register_node *nodes;
    uint32_t *values;
    int chunk_count;
    uint8_t places[64]; /* of the lanes' bytes in their chunk of 128 bytes, from the first network's window on */
    uint64_t chunks[MN_WINDOW_CHUNKS]; /* the lanes' bytes that lie in each chunk */
} mn_register_plan;

/* As mn_predict_plan_make. `suits` tells whether the table can be written so: few nodes and blocks, values not too large. */
bool mn_register_plan_make(const mn_table *table, const int *metrics, const bool *with_base, int field_count,
                           mn_register_plan *plan, bool *suits);
void mn_register_plan_free(mn_register_plan *plan); /* what it holds */

#endif
