/* The inner loops of prediction, for each instruction set. Networks go through them in steps of MN_STEP. */
#ifndef MN_DEVICE_CPU_PREDICT_KERNELS_H
#define MN_DEVICE_CPU_PREDICT_KERNELS_H

#include "host/device/cpu.h"
#include "host/device/cpu_predict_plan.h"
#include "host/device/cpu_predict_registers.h"

enum {
    MN_STEP = 64,       /* networks: few, so that the stores of one step drain while the next one computes */
    MN_LINE = 8,        /* values of a cache line */
    MN_READ_AHEAD = 256 /* bytes that may be read behind the last network */
};

/* Where a step's values go. A column that is streamed begins anywhere in a cache line, so values are written `lag` later than they are
 * computed, in whole lines; what they come from lies behind MN_LINE values of the step before. */
typedef struct mn_store {
    mn_field field;
    const uint64_t *words; /* [MN_STEP], at the first value to write; NULL: the digits' words are these: */
    const uint32_t *low, *high;
    int64_t *column; /* place of that value; aligned to a line when streamed */
    bool stream;
} mn_store;

typedef struct mn_predict_kernels {
    /* Whether no value is larger than its bound. */
    bool (*within)(const uint8_t *values, const uint8_t *bounds, size_t count);

    /* indices[i][g]: entry of network i in group g's table. `networks` [MN_STEP][node_count]. */
    void (*index)(const mn_octet *octet, const uint8_t *networks, int node_count, uint16_t (*indices)[MN_OCTET_GROUPS]);

    /* column[i] = the field of words[i], for each store; the columns move on by a step. */
    void (*store)(mn_store *stores, int count);

    /* sums[w * stride + i]: word w of network i, by registers. NULL where the processor cannot. */
    void (*permute)(const mn_register_plan *plan, const uint8_t *networks, uint32_t *sums, int stride);
} mn_predict_kernels;

const mn_predict_kernels *mn_predict_kernels_of(mn_cpu_level level);

/* Adds (`first`: stores) the entries of an octet to each network's words. `tables` are those of the octet's groups in one plane of
 * `words` 1 or 2; sums[w] [MN_STEP]. */
void mn_predict_accumulate(const uint64_t *const *tables, int groups, int words,
                           const uint16_t (*indices)[MN_OCTET_GROUPS], bool first, uint64_t *const *sums);

/* `permute` of the processors that can; nowhere else. */
void mn_predict_permute(const mn_register_plan *plan, const uint8_t *networks, uint32_t *sums, int stride);

static inline int64_t mn_store_value(const mn_store *store, int i)
{
    const mn_field *field = &store->field;
    uint64_t number = mn_digit_of(&field->low, store->words ? store->words[i] : store->low[i]);
    if (field->radix)
        number += mn_digit_of(&field->high, store->high[i]) * field->radix;
    return (int64_t)(field->offset + number * field->factor);
}

#endif
