/* Logarithms and powers of two in integers. Powers multiply table entries for 8 bits of the exponent at a time; the logarithm is
 * defined as the largest fraction whose power does not pass the argument, so a floating-point guess may find it quickly without
 * having any say in the result. Monotone: exponents that first differ in one digit differ by at least 2^-40 there, far more than
 * the products' truncations (5 x 2^-58) can take back. */
#include "host/core/scale.h"

#include <math.h>

#define ONE ((uint64_t)1 << 62)
#define LOG2_OF_10 3829922337353294527 /* 60 fractional bits, rounded down */
#define LARGEST_G ((uint64_t)1 << 62)

enum { EXPONENT_BITS = 56, LARGEST_EXPONENT = 64 };

static uint64_t multiply(uint64_t a, uint64_t b)
{
    return (uint64_t)(((unsigned __int128)a * b) >> 62);
}

/* floor(sqrt(square * 2^62)) for square in [1, 2) with 62 fractional bits. */
static uint64_t square_root(uint64_t square)
{
    const unsigned __int128 target = (unsigned __int128)square << 62;
    uint64_t root = 0;
    for (int bit = 62; bit >= 0; bit--) {
        const uint64_t larger = root | ((uint64_t)1 << bit);
        if ((unsigned __int128)larger * larger <= target)
            root = larger;
    }
    return root;
}

static void fill_powers(mn_scale *scale)
{
    uint64_t root = 2 * ONE - 1; /* 2, as near as 62 fractional bits below it come */
    for (int digit = 0; digit < MN_DIGITS; digit++) {
        uint64_t bit_power[MN_DIGIT_BITS];
        for (int bit = 0; bit < MN_DIGIT_BITS; bit++)
            root = bit_power[bit] = square_root(root);
        for (int value = 0; value < 1 << MN_DIGIT_BITS; value++) {
            uint64_t product = ONE;
            for (int bit = 0; bit < MN_DIGIT_BITS; bit++)
                if (value >> (MN_DIGIT_BITS - 1 - bit) & 1)
                    product = multiply(product, bit_power[bit]);
            scale->powers[digit][value] = product;
        }
    }
}

/* 2^(fraction / 2^40) with 62 fractional bits, 0 <= fraction < 2^40. */
static uint64_t power_of_two(const mn_scale *scale, uint64_t fraction)
{
    uint64_t product = scale->powers[0][fraction >> 32 & 255];
    product = multiply(product, scale->powers[1][fraction >> 24 & 255]);
    product = multiply(product, scale->powers[2][fraction >> 16 & 255]);
    product = multiply(product, scale->powers[3][fraction >> 8 & 255]);
    return multiply(product, scale->powers[4][fraction & 255]);
}

/* log2 of value >= 1, 40 fractional bits. */
static int64_t logarithm(const mn_scale *scale, int64_t value)
{
    const int whole = 63 - __builtin_clzll((unsigned long long)value);
    const uint64_t argument = (uint64_t)value << (62 - whole);
    const uint64_t last = ((uint64_t)1 << MN_LOG_BITS) - 1;
    const double guess = (log2((double)value) - whole) * (double)(last + 1);
    uint64_t fraction = guess <= 0 ? 0 : guess >= (double)last ? last : (uint64_t)guess;
    while (fraction > 0 && power_of_two(scale, fraction) > argument)
        fraction--;
    while (fraction < last && power_of_two(scale, fraction + 1) <= argument)
        fraction++;
    return ((int64_t)whole << MN_LOG_BITS) + (int64_t)fraction;
}

static int64_t logarithm_of_decimal(const mn_scale *scale, mn_decimal decimal)
{
    mn_wide mantissa = decimal.mantissa;
    int shift = 0;
    while (mantissa > INT64_MAX) {
        mantissa >>= 1;
        shift++;
    }
    const mn_wide tens = (mn_wide)decimal.decimals * LOG2_OF_10 >> (60 - MN_LOG_BITS);
    return logarithm(scale, (int64_t)mantissa) + ((int64_t)shift << MN_LOG_BITS) - (int64_t)tens;
}

mn_status mn_scale_prepare(mn_scale *scale, mn_resolution resolution, mn_error *error)
{
    if (scale->form == MN_RECIPROCAL) {
        if (scale->mean < 1)
            return mn_fail(error, MN_USAGE, "scale: the mean must be positive");
        return MN_OK;
    }
    if (scale->factor.mantissa <= 0)
        return mn_fail(error, MN_USAGE, "scale: the factor must be positive");
    const double factor = mn_decimal_to_double(scale->factor);
    if (factor < 1e-100 || factor > 1e100)
        return mn_fail(error, MN_USAGE, "scale: the factor must lie between 1e-100 and 1e100");
    if (fabs(mn_decimal_to_double(scale->exponent)) > LARGEST_EXPONENT || scale->exponent.decimals > 18)
        return mn_fail(error, MN_USAGE, "scale: the exponent must lie between -%d and %d and have at most 18 decimals",
                       LARGEST_EXPONENT, LARGEST_EXPONENT);
    const int decimals = scale->exponent.decimals;
    const mn_wide mantissa = scale->exponent.mantissa * mn_power_of_ten(decimals < 0 ? -decimals : 0);
    scale->exponent_fixed =
        (int64_t)(mantissa * ((mn_wide)1 << EXPONENT_BITS) / mn_power_of_ten(decimals > 0 ? decimals : 0));

    fill_powers(scale);
    const int64_t unit = logarithm_of_decimal(scale, (mn_decimal){resolution.mantissa, resolution.decimals});
    scale->log_constant =
        logarithm_of_decimal(scale, scale->factor) + (int64_t)((mn_wide)scale->exponent_fixed * unit >> EXPONENT_BITS);
    return MN_OK;
}

static uint64_t reciprocal(int64_t mean, int64_t capability)
{
    const unsigned __int128 numerator = ((unsigned __int128)mean << 33) + (uint64_t)capability;
    const unsigned __int128 g = numerator / ((unsigned __int128)capability << 1);
    return g > LARGEST_G ? LARGEST_G : (uint64_t)g;
}

uint64_t mn_scale_g(const mn_scale *scale, int64_t capability)
{
    if (scale->form == MN_RECIPROCAL)
        return reciprocal(scale->mean, capability);
    const int64_t exponent =
        scale->log_constant + (int64_t)((mn_wide)scale->exponent_fixed * logarithm(scale, capability) >> EXPONENT_BITS);
    const int64_t whole = exponent >> MN_LOG_BITS, shift = 62 - 32 - whole;
    if (shift <= 0)
        return LARGEST_G; /* 2^62 and more */
    if (shift > 63)
        return 0;
    const uint64_t power = power_of_two(scale, (uint64_t)exponent & (((uint64_t)1 << MN_LOG_BITS) - 1));
    return power >> shift;
}
