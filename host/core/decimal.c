#include "host/core/decimal.h"

#include <math.h>
#include <string.h>

enum { KEPT_DIGITS = 36, LARGEST_EXPONENT = 300 };

mn_wide mn_power_of_ten(int power)
{
    mn_wide result = 1;
    while (power-- > 0)
        result *= 10;
    return result;
}

/* Reads an exponent "e-12"; returns the position behind it, or NULL. */
static const char *read_exponent(const char *at, const char *end, int *exponent)
{
    bool negative = false;
    if (at < end && (*at == '+' || *at == '-'))
        negative = *at++ == '-';
    if (at == end)
        return NULL;
    int value = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        if (value < 100000)
            value = value * 10 + (*at - '0');
    *exponent = negative ? -value : value;
    return at;
}

static int digit_count(mn_wide value)
{
    int count = 0;
    for (; value > 0; value /= 10)
        count++;
    return count;
}

bool mn_decimal_parse(const char *text, size_t length, mn_decimal *decimal)
{
    const char *at = text, *end = text + length;
    bool negative = false, seen_point = false, seen_digit = false, more = false;
    if (at < end && (*at == '+' || *at == '-'))
        negative = *at++ == '-';

    mn_wide mantissa = 0;
    int kept = 0, decimals = 0;
    for (; at < end; at++) {
        if (*at == '.' && !seen_point) {
            seen_point = true;
            continue;
        }
        if (*at < '0' || *at > '9')
            break;
        seen_digit = true;
        if (kept < KEPT_DIGITS) {
            mantissa = mantissa * 10 + (*at - '0');
            kept += mantissa != 0;
            decimals += seen_point;
        } else {
            more |= *at != '0';
            decimals -= !seen_point;
        }
    }
    if (!seen_digit)
        return false;
    if (more) {
        mantissa = mantissa * 10 + 1;
        decimals++;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        int exponent = 0;
        at = read_exponent(at + 1, end, &exponent);
        if (!at)
            return false;
        decimals -= exponent;
    }
    if (at != end)
        return false;
    while (mantissa != 0 && mantissa % 10 == 0) {
        mantissa /= 10;
        decimals--;
    }
    if (mantissa == 0)
        decimals = 0;
    const int exponent = digit_count(mantissa) - 1 - decimals; /* of the first digit */
    if (mantissa != 0 && (exponent > LARGEST_EXPONENT || exponent < -LARGEST_EXPONENT))
        return false;
    *decimal = (mn_decimal){negative ? -mantissa : mantissa, decimals};
    return true;
}

/* numerator / denominator, denominator > 0. */
static mn_wide divide(mn_wide numerator, mn_wide denominator, mn_rounding rounding, bool *exact)
{
    mn_wide quotient = numerator / denominator, remainder = numerator % denominator;
    if (exact)
        *exact = remainder == 0;
    if (remainder == 0)
        return quotient;
    if (rounding == MN_FLOOR)
        return quotient - (remainder < 0);
    if (rounding == MN_CEIL)
        return quotient + (remainder > 0);
    const mn_wide magnitude = remainder < 0 ? -remainder : remainder;
    if (magnitude >= denominator - magnitude)
        return quotient + (remainder < 0 ? -1 : 1);
    return quotient;
}

bool mn_decimal_to_multiples(mn_decimal decimal, mn_resolution resolution, mn_rounding rounding, int64_t *multiples,
                             bool *exact)
{
    mn_wide numerator = decimal.mantissa, denominator = resolution.mantissa;
    for (int shift = resolution.decimals - decimal.decimals; shift > 0 && numerator != 0; shift--)
        if (__builtin_mul_overflow(numerator, (mn_wide)10, &numerator))
            return false;
    for (int shift = decimal.decimals - resolution.decimals; shift > 0; shift--)
        if (__builtin_mul_overflow(denominator, (mn_wide)10, &denominator)) {
            /* The value is far below half a multiple: any denominator this large rounds it the same way. */
            denominator = (mn_wide)1 << 126;
            break;
        }
    const mn_wide quotient = divide(numerator, denominator, rounding, exact);
    if (quotient > INT64_MAX || quotient < INT64_MIN + 1)
        return false;
    *multiples = (int64_t)quotient;
    return true;
}

bool mn_decimal_to_resolution(mn_decimal decimal, mn_resolution *resolution)
{
    if (decimal.mantissa <= 0)
        return false;
    while (decimal.decimals < 0 && decimal.mantissa <= INT64_MAX / 10) {
        decimal.mantissa *= 10;
        decimal.decimals++;
    }
    if (decimal.mantissa > INT64_MAX || decimal.decimals < 0 || decimal.decimals > 18)
        return false;
    *resolution = (mn_resolution){(int64_t)decimal.mantissa, decimal.decimals};
    return true;
}

double mn_decimal_to_double(mn_decimal decimal)
{
    return (double)((long double)decimal.mantissa * powl(10.0L, -(long double)decimal.decimals));
}

char *mn_format_wide(mn_wide value, int decimals, char *text)
{
    char reversed[MN_NUMBER_SIZE];
    int length = 0;
    unsigned __int128 magnitude = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    for (; decimals > 0 && magnitude % 10 == 0; decimals--)
        magnitude /= 10;
    for (int position = 0; magnitude > 0 || position <= decimals; position++) {
        if (position == decimals && decimals > 0)
            reversed[length++] = '.';
        reversed[length++] = (char)('0' + (int)(magnitude % 10));
        magnitude /= 10;
    }
    if (value < 0)
        reversed[length++] = '-';
    for (int i = 0; i < length; i++)
        text[i] = reversed[length - 1 - i];
    text[length] = 0;
    return text;
}

char *mn_format(int64_t multiples, mn_resolution resolution, char text[MN_NUMBER_SIZE])
{
    return mn_format_wide((mn_wide)multiples * resolution.mantissa, resolution.decimals, text);
}

double mn_to_double(int64_t multiples, mn_resolution resolution)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                    1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
    return (double)multiples * (double)resolution.mantissa / powers[resolution.decimals];
}
