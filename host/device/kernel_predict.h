/* Parameters of the kernel that predicts (kernels/predict.cu); made by host/device/gpu_predict.c.
 *
 * Metrics are bit fields of words (predict_fields.h): sums of words over a network's nodes are sums of all metrics at once. A lookup adds
 * one entry of the tables: the words of one choice of a group of nodes.
 *
 * Nodes of up to 256 blocks go by windows: the four indices of nodes 4w .. 4w + 3 are one 32-bit word, and the entry of a group, a run of
 * nodes within a window, is a sum of its bytes times factors. All else is gathered: an entry is a sum of indices times strides over any
 * nodes (a node of more blocks, the combination of a factor's nodes). */
#ifndef MN_DEVICE_KERNEL_PREDICT_H
#define MN_DEVICE_KERNEL_PREDICT_H

#include "host/core/scale_arithmetic.h"

#include <stdint.h>

enum {
    MN_PREDICT_OUTPUTS = 18, /* fields of a launch: 16 metrics, and the sum and the capability behind a scaled one */
    MN_PREDICT_WINDOWS = 32,
    MN_PREDICT_GROUPS = 4 * MN_PREDICT_WINDOWS,
    MN_PREDICT_LANES = 256, /* most of a block */
    MN_PREDICT_PADDING = 16 /* bytes readable behind the networks, up to a multiple of 16 */
};

typedef struct mn_predict_window {
    uint32_t largest; /* byte k: the largest index of node 4w + k; 255 behind the last node */
    uint32_t
        groups_end; /* its groups lie before this one: an even number of them, the last perhaps one of the entry 0 */
} mn_predict_window;

typedef struct mn_predict_group {
    uint32_t factors; /* byte k: what index k counts, in entries */
    uint32_t start;   /* its first entry */
} mn_predict_group;

/* value = offset + (word >> shift & mask) * factor, modulo 2^64; then through the link, if there is one. */
typedef struct mn_predict_output {
    int64_t *column; /* [count], NULL: the value is only needed for the scaled metric */
    uint64_t mask, factor, offset;
    const int64_t *latents, *values; /* [knots] */
    int32_t knots;                   /* 0: no link */
    uint8_t shift;
    uint8_t is_sum, is_capability; /* of the scaled metric */
} mn_predict_output;

typedef struct mn_predict_part {
    uint32_t node, stride;
    uint32_t largest; /* index of the node */
} mn_predict_part;

typedef struct mn_predict_gather {
    uint32_t parts_end; /* its parts lie before this one */
    uint32_t start;     /* its first entry */
} mn_predict_gather;

/* The metric that is scaled: value = base + sum * g(capability). */
typedef struct mn_predict_scaled {
    int64_t *column; /* NULL: none */
    int64_t base;
    mn_scale_numbers numbers; /* powers: on the device */
    const int64_t *latents, *values;
    int32_t knots;
} mn_predict_scaled;

typedef struct mn_kernel_predict {
    const void *networks; /* [count][node_count], aligned to 16 bytes, with padding */
    uint64_t count;
    uint64_t first; /* number of the first network */
    uint64_t *
        first_bad; /* becomes the least number of a network with an index out of range, when that is less; its values are anything */

    int32_t width; /* bytes of an index: 1, 2 */
    int32_t node_count;
    int32_t plain;       /* windows only, tables in shared memory, no links, no scale: two networks a lane */
    int32_t lanes;       /* of a block, a multiple of 32: so many networks, or twice as many, make a tile */
    int32_t word_count;  /* words of an entry in each table: 1, 2 */
    int32_t table_count; /* each holds other words */
    int32_t tiled;       /* networks come through shared memory; needed by windows */
    int32_t
        copies_log2; /* of every entry in shared memory, so that lanes meet in no bank; -1: the tables stay in global memory */
    uint32_t entry_count;   /* of one table */
    const uint64_t *tables; /* [table_count][entry_count][word_count], aligned to 16 bytes */

    int32_t window_count, output_count;
    uint32_t gather_count;
    const mn_predict_gather *gathers;
    const mn_predict_part *parts;
    uint8_t outputs_end[MN_PREDICT_OUTPUTS]; /* [table_count * word_count] outputs of each word lie before this one */
    mn_predict_scaled scaled;
    mn_predict_window windows[MN_PREDICT_WINDOWS];
    mn_predict_group groups[MN_PREDICT_GROUPS];
    mn_predict_output outputs[MN_PREDICT_OUTPUTS];
} mn_kernel_predict;

/* Bytes of shared memory of a block. */
static inline uint64_t mn_predict_shared_bytes(const mn_kernel_predict *p)
{
    const uint64_t entry = (uint64_t)p->word_count * sizeof(uint64_t);
    const uint64_t tables =
        p->copies_log2 < 0 ? 0 : ((uint64_t)p->table_count * p->entry_count * entry) << p->copies_log2;
    const uint64_t tile = p->tiled
                              ? (uint64_t)p->lanes * (p->plain ? 2 : 1) * (uint64_t)p->node_count * (uint64_t)p->width +
                                    MN_PREDICT_PADDING
                              : 0;
    return (tables + 15) / 16 * 16 + (tile + 15) / 16 * 16;
}

#endif
