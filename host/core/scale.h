/* Capability scaling of the accuracy, arXiv 2311.04943 section 3: Acc(N) = base + sum * g(F(N)), in integers.
 *
 * g is a fixed-point number with 32 fractional bits, computed here only, with the same result on every device:
 *   reciprocal  g = round(mean * 2^32 / F), half up: error at most 2^-33
 *   power       g = floor(factor * F^exponent * 2^32) up to a relative error of (1.5 |exponent| + 3) * 2^-40
 * Both are monotone in F, bit for bit, which the search's bounds and the fronts rely on. */
#ifndef MN_CORE_SCALE_H
#define MN_CORE_SCALE_H

#include "host/core/decimal.h"
#include "host/core/error.h"

typedef enum mn_scale_form { MN_RECIPROCAL, MN_POWER } mn_scale_form;

enum { MN_LOG_BITS = 40, MN_DIGIT_BITS = 8, MN_DIGITS = MN_LOG_BITS / MN_DIGIT_BITS };

typedef struct mn_scale {
    int metric, by;
    mn_scale_form form;
    int64_t mean;                                   /* reciprocal: multiples of `by`'s resolution, >= 1 */
    mn_decimal factor, exponent;                    /* power: of F in `by`'s unit */
    int64_t log_constant;                           /* power: log2(factor * resolution^exponent), 40 fractional bits */
    int64_t exponent_fixed;                         /* power: the exponent, 56 fractional bits */
    uint64_t powers[MN_DIGITS][1 << MN_DIGIT_BITS]; /* 2^(d * 2^-8(k+1)) with 62 fractional bits: powers[k][d] */
} mn_scale;

/* Readies a scale whose form and parameters are set. `resolution` is `by`'s. Power: factor > 0. */
mn_status mn_scale_prepare(mn_scale *scale, mn_resolution resolution, mn_error *error);

/* g(F) for F >= 1 multiples; saturates at 2^62. */
uint64_t mn_scale_g(const mn_scale *scale, int64_t capability);

/* base + round-half-up(sum * g / 2^32); the caller has checked that it fits (mn_table_prepare). */
static inline int64_t mn_scale_apply(int64_t base, int64_t sum, uint64_t g)
{
    return base + (int64_t)(((mn_wide)sum * (mn_wide)g + ((mn_wide)1 << 31)) >> 32);
}

#endif
