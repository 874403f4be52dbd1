/* Making a scale: the table of powers of two and the constants of its logarithm. */
#include "host/core/scale.h"

#include <math.h>

#define ONE ((uint64_t)1 << 62)
#define LOG2_OF_10 3829922337353294527 /* 60 fractional bits, rounded down */

enum { LARGEST_EXPONENT = 64 };

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
                    product = mn_multiply_62(product, bit_power[bit]);
            scale->powers[digit][value] = product;
        }
    }
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
    return mn_logarithm(scale->powers[0], (int64_t)mantissa) + ((int64_t)shift << MN_LOG_BITS) - (int64_t)tens;
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
        (int64_t)(mantissa * ((mn_wide)1 << MN_EXPONENT_BITS) / mn_power_of_ten(decimals > 0 ? decimals : 0));

    fill_powers(scale);
    const int64_t unit = logarithm_of_decimal(scale, (mn_decimal){resolution.mantissa, resolution.decimals});
    scale->log_constant = logarithm_of_decimal(scale, scale->factor) +
                          (int64_t)((mn_wide)scale->exponent_fixed * unit >> MN_EXPONENT_BITS);
    return MN_OK;
}

uint64_t mn_scale_g(const mn_scale *scale, int64_t capability)
{
    const mn_scale_numbers numbers = mn_scale_numbers_of(scale);
    return mn_scale_g_of(&numbers, capability);
}
