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
#include "host/core/scale_arithmetic.h"

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

/* The same without the decimals that it was made from. Borrows the powers. */
static inline mn_scale_numbers mn_scale_numbers_of(const mn_scale *scale)
{
    return (mn_scale_numbers){.mean = scale->mean,
                              .log_constant = scale->log_constant,
                              .exponent_fixed = scale->exponent_fixed,
                              .powers = scale->powers[0],
                              .form = (int32_t)scale->form};
}

#endif
