/* g(F) and its product with a sum (scale.h), as the CPU and the kernels compute them: the same integers on both.
 *
 * Powers of two multiply table entries for 8 bits of the exponent at a time; the logarithm is defined as the largest fraction whose power
 * does not pass the argument, so a floating-point guess may find it quickly without having any say in the result. Monotone: exponents
 * that first differ in one digit differ by at least 2^-40 there, far more than the products' truncations (5 x 2^-58) can take back. */
#ifndef MN_CORE_SCALE_ARITHMETIC_H
#define MN_CORE_SCALE_ARITHMETIC_H

#include "host/core/device_code.h"

#include <math.h>
#include <stdint.h>

typedef enum mn_scale_form { MN_RECIPROCAL, MN_POWER } mn_scale_form;

enum { MN_LOG_BITS = 40, MN_DIGIT_BITS = 8, MN_DIGITS = MN_LOG_BITS / MN_DIGIT_BITS, MN_EXPONENT_BITS = 56 };

#define MN_LARGEST_G ((uint64_t)1 << 62)

/* What g needs of a prepared scale. */
typedef struct mn_scale_numbers {
    int64_t mean;           /* reciprocal */
    int64_t log_constant;   /* power, as in mn_scale */
    int64_t exponent_fixed; /* power */
    const uint64_t *powers; /* power: [MN_DIGITS][1 << MN_DIGIT_BITS] */
    int32_t form;           /* an mn_scale_form */
} mn_scale_numbers;

MN_SHARED_CODE uint64_t mn_multiply_62(uint64_t a, uint64_t b)
{
    return (uint64_t)(((unsigned __int128)a * b) >> 62);
}

/* 2^(fraction / 2^40) with 62 fractional bits, 0 <= fraction < 2^40. */
MN_SHARED_CODE uint64_t mn_power_of_two(const uint64_t *powers, uint64_t fraction)
{
    uint64_t product = powers[fraction >> 32 & 255];
    product = mn_multiply_62(product, powers[256 + (fraction >> 24 & 255)]);
    product = mn_multiply_62(product, powers[512 + (fraction >> 16 & 255)]);
    product = mn_multiply_62(product, powers[768 + (fraction >> 8 & 255)]);
    return mn_multiply_62(product, powers[1024 + (fraction & 255)]);
}

/* log2 of value >= 1, 40 fractional bits. */
MN_SHARED_CODE int64_t mn_logarithm(const uint64_t *powers, int64_t value)
{
    const int whole = 63 - mn_leading_zeros((unsigned long long)value);
    const uint64_t argument = (uint64_t)value << (62 - whole);
    const uint64_t last = ((uint64_t)1 << MN_LOG_BITS) - 1;
    const double guess = (log2((double)value) - whole) * (double)(last + 1);
    uint64_t fraction = guess <= 0 ? 0 : guess >= (double)last ? last : (uint64_t)guess;
    while (fraction > 0 && mn_power_of_two(powers, fraction) > argument)
        fraction--;
    while (fraction < last && mn_power_of_two(powers, fraction + 1) <= argument)
        fraction++;
    return ((int64_t)whole << MN_LOG_BITS) + (int64_t)fraction;
}

MN_SHARED_CODE uint64_t mn_scale_reciprocal(int64_t mean, int64_t capability)
{
    const unsigned __int128 numerator = ((unsigned __int128)mean << 33) + (uint64_t)capability;
    const unsigned __int128 g = numerator / ((unsigned __int128)capability << 1);
    return g > MN_LARGEST_G ? MN_LARGEST_G : (uint64_t)g;
}

MN_SHARED_CODE uint64_t mn_scale_power(const mn_scale_numbers *scale, int64_t capability)
{
    const int64_t exponent =
        scale->log_constant +
        (int64_t)((__int128)scale->exponent_fixed * mn_logarithm(scale->powers, capability) >> MN_EXPONENT_BITS);
    const int64_t whole = exponent >> MN_LOG_BITS, shift = 62 - 32 - whole;
    if (shift <= 0)
        return MN_LARGEST_G; /* 2^62 and more */
    if (shift > 63)
        return 0;
    return mn_power_of_two(scale->powers, (uint64_t)exponent & (((uint64_t)1 << MN_LOG_BITS) - 1)) >> shift;
}

MN_SHARED_CODE uint64_t mn_scale_g_of(const mn_scale_numbers *scale, int64_t capability)
{
    return scale->form == MN_RECIPROCAL ? mn_scale_reciprocal(scale->mean, capability)
                                        : mn_scale_power(scale, capability);
}

/* base + round-half-up(sum * g / 2^32); the caller has checked that it fits (mn_table_prepare). */
MN_SHARED_CODE int64_t mn_scale_apply(int64_t base, int64_t sum, uint64_t g)
{
    return base + (int64_t)(((__int128)sum * (__int128)g + ((__int128)1 << 31)) >> 32);
}

#endif
