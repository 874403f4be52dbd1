/* Exact decimals: numbers from files and the command line become integer multiples of a resolution, and back, without floating
 * point, so that every digit of a table or limit counts. */
#ifndef MN_CORE_DECIMAL_H
#define MN_CORE_DECIMAL_H

#include "host/mathnas.h"

typedef __int128 mn_wide;

/* mantissa * 10^-decimals. Numbers of more than 36 digits keep 36 and a digit that says that more followed; to multiples they round
 * the same way as long as multiples * the resolution's mantissa has no more than 35 digits. */
typedef struct mn_decimal {
    mn_wide mantissa;
    int decimals;
} mn_decimal;

typedef enum mn_rounding { MN_FLOOR, MN_CEIL, MN_NEAREST } mn_rounding; /* nearest: half away from zero */

/* Reads [+-]digits[.digits][e[+-]digits] of exactly `length` bytes; one side of the point may be empty. False when malformed, or
 * when the first digit that is not 0 stands for more than 10^300 or less than 10^-300. */
bool mn_decimal_parse(const char *text, size_t length, mn_decimal *decimal);

/* False when the result passes 64 bits. `exact` (may be NULL) tells whether nothing was rounded. */
bool mn_decimal_to_multiples(mn_decimal decimal, mn_resolution resolution, mn_rounding rounding, int64_t *multiples,
                             bool *exact);

/* A positive decimal as a resolution; false when zero, negative or too fine (more than 18 decimals). */
bool mn_decimal_to_resolution(mn_decimal decimal, mn_resolution *resolution);

double mn_decimal_to_double(mn_decimal decimal);

/* 10^power for 0 <= power <= 38. */
mn_wide mn_power_of_ten(int power);

/* Prints a wide count of a resolution of `decimals` digits exactly, 0 <= decimals <= 60; `text` holds at least 64 bytes. */
char *mn_format_wide(mn_wide value, int decimals, char *text);

#endif
