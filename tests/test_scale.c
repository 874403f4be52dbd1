/* g(F) against long double (x86's 64-bit fraction is 24 bits finer than g's) within the error that scale.h states, its monotony over
 * neighbours and over the whole range, and its ends. */
#include "host/core/scale.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define LARGEST_G ((uint64_t)1 << 62)

static mn_decimal decimal(const char *text)
{
    mn_decimal value;
    cr_assert(mn_decimal_parse(text, strlen(text), &value), "%s", text);
    return value;
}

static mn_scale power(const char *factor, const char *exponent, mn_resolution resolution)
{
    mn_scale scale = {.form = MN_POWER, .factor = decimal(factor), .exponent = decimal(exponent)};
    mn_error error = {0};
    cr_assert_eq(mn_scale_prepare(&scale, resolution, &error), MN_OK, "%s, %s: %s", factor, exponent, error.text);
    return scale;
}

static mn_scale reciprocal(int64_t mean)
{
    mn_scale scale = {.form = MN_RECIPROCAL, .mean = mean};
    cr_assert_eq(mn_scale_prepare(&scale, (mn_resolution){1, 0}, NULL), MN_OK);
    return scale;
}

/* Any F in 1 .. 2^62, all sizes alike. */
static int64_t random_capability(uint64_t *state)
{
    const int64_t value = (int64_t)(random_next(state) >> (2 + random_below(state, 61)));
    return value < 1 ? 1 : value;
}

static long double exactly(mn_decimal d)
{
    return (long double)d.mantissa * powl(10, -(long double)d.decimals);
}

/* factor * (F * resolution)^exponent * 2^32 */
static long double true_g(const mn_scale *scale, mn_resolution resolution, int64_t capability)
{
    const long double unit = exactly((mn_decimal){resolution.mantissa, resolution.decimals});
    const long double bits =
        log2l(exactly(scale->factor)) + exactly(scale->exponent) * (log2l(unit) + log2l((long double)capability));
    return exp2l(bits + 32);
}

static const struct {
    const char *factor, *exponent;
    mn_resolution resolution;
} powers[] = {{"332.1", "-0.3", {1, 0}},
              {"5.263157894736842", "-0.3", {1, 6}},
              {"1", "0", {1, 0}},
              {"1", "1", {1, 0}},
              {"1", "-1", {1, 0}},
              {"0.001", "0.5", {25, 2}},
              {"1e-100", "6.5", {3, 0}},
              {"1e100", "-5.5", {7, 18}},
              {"1", "64", {1, 6}},
              {"1e60", "-64", {1, 3}},
              {"1e-80", "-64", {3, 6}},
              {"1e20", "-1.234567890123456789", {123456789, 9}},
              {"123456789012345678901234567890", "-2.5", {1, 6}},
              {"9.99e99", "-64", {999999999, 9}}};
enum { POWERS = sizeof powers / sizeof *powers };

Test(scale, power_is_within_the_stated_error)
{
    uint64_t state = 1;
    for (int k = 0; k < POWERS; k++) {
        const mn_scale scale = power(powers[k].factor, powers[k].exponent, powers[k].resolution);
        const long double exponent = fabsl(exactly(scale.exponent)), relative = (1.5L * exponent + 3) * 0x1p-40L;
        for (int i = 0; i < 20000; i++) {
            const int64_t capability = i < 100 ? i + 1 : random_capability(&state);
            const long double expected = true_g(&scale, powers[k].resolution, capability);
            const uint64_t g = mn_scale_g(&scale, capability);
            if (expected * (1 - relative) >= 0x1p62L)
                cr_assert_eq(g, LARGEST_G);
            else
                cr_assert(fabsl((long double)g - expected) <= expected * relative + 1,
                          "%s F^%s at %" PRId64 ": %" PRIu64 ", not %.3Lf", powers[k].factor, powers[k].exponent,
                          capability, g, expected);
        }
    }
}

Test(scale, reciprocal_is_rounded_half_up)
{
    uint64_t state = 2;
    static const int64_t means[] = {1, 2, 3, 1000003, (int64_t)1 << 40, ((int64_t)1 << 62) - 1, INT64_MAX};
    for (size_t k = 0; k < sizeof means / sizeof *means; k++) {
        const mn_scale scale = reciprocal(means[k]);
        for (int i = 0; i < 50000; i++) {
            const int64_t capability = i < 1000 ? i + 1 : random_capability(&state);
            const unsigned __int128 product = (unsigned __int128)means[k] << 32, f = (unsigned __int128)capability;
            const unsigned __int128 expected = product / f + (2 * (product % f) >= f);
            cr_assert_eq(mn_scale_g(&scale, capability), expected > LARGEST_G ? LARGEST_G : (uint64_t)expected,
                         "%" PRId64 " / %" PRId64, means[k], capability);
        }
    }
}

/* g(F) and g(F + 1) in the order that `rising` asks for, over `count` neighbours from `from` on. */
static void check_run(const mn_scale *scale, bool rising, int64_t from, int count)
{
    uint64_t last = mn_scale_g(scale, from);
    for (int i = 1; i < count; i++) {
        const uint64_t next = mn_scale_g(scale, from + i);
        if (rising ? next < last : next > last)
            cr_assert_fail("g(%" PRId64 ") = %" PRIu64 " after %" PRIu64, from + i, next, last);
        last = next;
    }
}

static void check_monotone(const mn_scale *scale, bool rising, uint64_t *state)
{
    check_run(scale, rising, 1, 50000);
    for (int bit = 16; bit < 62; bit++) /* about powers of two, where the logarithm's whole part changes */
        check_run(scale, rising, ((int64_t)1 << bit) - 500, 1000);
    check_run(scale, rising, INT64_MAX - 1000, 1001);
    for (int i = 0; i < 200; i++)
        check_run(scale, rising, random_capability(state) / 2 + 1, 100);
    for (int i = 0; i < 20000; i++) {
        const int64_t a = random_capability(state), b = random_capability(state);
        const uint64_t low = mn_scale_g(scale, a < b ? a : b), high = mn_scale_g(scale, a < b ? b : a);
        cr_assert(rising ? low <= high : low >= high, "%" PRId64 ", %" PRId64, a, b);
    }
}

Test(scale, is_monotone)
{
    uint64_t state = 3;
    for (int k = 0; k < POWERS; k++) {
        const mn_scale scale = power(powers[k].factor, powers[k].exponent, powers[k].resolution);
        check_monotone(&scale, exactly(scale.exponent) >= 0, &state);
    }
    for (int i = 0; i < 4; i++) {
        const mn_scale scale = reciprocal(random_capability(&state));
        check_monotone(&scale, false, &state);
    }
}

/* Every digit of the power's fraction counts: exponents of 2 that follow each other give strictly larger powers. Seen through g of
 * exponent 1, whose steps at F in 2^39 .. 2^40 are as fine as the logarithm's. */
Test(scale, is_strictly_monotone_where_g_is_fine_enough)
{
    const mn_scale scale = power("1e6", "1", (mn_resolution){1, 6});
    uint64_t last = 0, equal = 0;
    for (int64_t f = (int64_t)1 << 24; f < ((int64_t)1 << 24) + 1000000; f++) {
        const uint64_t g = mn_scale_g(&scale, f);
        cr_assert(g >= last);
        equal += g == last;
        last = g;
    }
    cr_assert_eq(equal, 0);
}

Test(scale, ends_of_the_range)
{
    static const char *const factors[] = {"1e-100", "1e100", "1", "9.99e99",
                                          "1.000000000000000000000000000000000001e-100"};
    static const char *const exponents[] = {"64",
                                            "-64",
                                            "0",
                                            "0.000000000000000001",
                                            "-0.000000000000000001",
                                            "63.999999999999999999",
                                            "-63.999999999999999999",
                                            "6e1"};
    static const mn_resolution resolutions[] = {{1, 0}, {1, 18}, {INT64_MAX, 0}, {INT64_MAX, 18}, {25, 2}};
    static const int64_t capabilities[] = {1,        2, 3, (int64_t)1 << 53, ((int64_t)1 << 62) - 1, (int64_t)1 << 62,
                                           INT64_MAX};
    for (size_t a = 0; a < sizeof factors / sizeof *factors; a++)
        for (size_t b = 0; b < sizeof exponents / sizeof *exponents; b++)
            for (size_t c = 0; c < sizeof resolutions / sizeof *resolutions; c++) {
                const mn_scale scale = power(factors[a], exponents[b], resolutions[c]);
                const bool rising = exactly(scale.exponent) >= 0;
                uint64_t last = mn_scale_g(&scale, 1);
                for (size_t d = 0; d < sizeof capabilities / sizeof *capabilities; d++) {
                    const uint64_t g = mn_scale_g(&scale, capabilities[d]);
                    cr_assert(g <= LARGEST_G && (rising ? g >= last : g <= last));
                    last = g;
                }
            }
    const mn_scale steep = power("1", "64", (mn_resolution){1, 0}), flat = power("1", "-64", (mn_resolution){1, 0});
    cr_assert_eq(mn_scale_g(&steep, INT64_MAX), LARGEST_G);
    cr_assert_eq(mn_scale_g(&steep, 1), (uint64_t)1 << 32);
    cr_assert_eq(mn_scale_g(&flat, 2), 0);
}

Test(scale, exact_where_the_power_is)
{
    const mn_scale one = power("1", "0", (mn_resolution){1, 6}), linear = power("1", "1", (mn_resolution){1, 0});
    for (int64_t f = 1; f > 0 && f < (int64_t)1 << 61; f = f * 3 + 1)
        cr_assert_eq(mn_scale_g(&one, f), (uint64_t)1 << 32, "factor 1, exponent 0: nothing is scaled");
    for (int bit = 0; bit < 30; bit++)
        cr_assert_eq(mn_scale_g(&linear, (int64_t)1 << bit), (uint64_t)1 << (32 + bit));
}

/* round-half-up of sum * g / 2^32, negative sums too. */
Test(scale, apply_rounds_half_up)
{
    const uint64_t half = (uint64_t)1 << 31, one = (uint64_t)1 << 32;
    static const struct {
        int64_t sum, rounded;
    } halves[] = {{1, 1}, {-1, 0}, {3, 2}, {-3, -1}, {5, 3}, {-5, -2}, {0, 0}, {4, 2}, {-4, -2}};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++)
        cr_assert_eq(mn_scale_apply(10, halves[i].sum, half), 10 + halves[i].rounded, "%" PRId64 " / 2", halves[i].sum);
    cr_assert_eq(mn_scale_apply(-7, INT64_MAX / 4, one), INT64_MAX / 4 - 7);
    cr_assert_eq(mn_scale_apply(0, -((int64_t)1 << 62), one), -((int64_t)1 << 62));
    cr_assert_eq(mn_scale_apply(0, -1, LARGEST_G), -((int64_t)1 << 30));
    cr_assert_eq(mn_scale_apply(5, 123456, 0), 5);
    uint64_t state = 5;
    for (int i = 0; i < 100000; i++) { /* the nearest integer, of two equally near ones the larger */
        const int64_t sum = (int64_t)(random_next(&state) >> 12) - ((int64_t)1 << 51);
        const uint64_t g = random_next(&state) >> (20 + random_below(&state, 40));
        const mn_wide error = (mn_wide)mn_scale_apply(0, sum, g) * ((mn_wide)1 << 32) - (mn_wide)sum * (mn_wide)g;
        cr_assert(error > -((mn_wide)1 << 31) && error <= (mn_wide)1 << 31, "seed 5, step %d", i);
    }
}

Test(scale, what_cannot_be_scaled_is_refused)
{
    static const struct {
        const char *factor, *exponent, *word;
    } cases[] = {{"0", "1", "factor"},       {"-1", "1", "factor"},
                 {"1e101", "1", "factor"},   {"1e-101", "1", "factor"},
                 {"1e120", "1", "factor"},   {"9.99e-101", "1", "factor"},
                 {"1", "64.1", "exponent"},  {"1", "-65", "exponent"},
                 {"1", "1e300", "exponent"}, {"1", "-0.1234567890123456789", "exponent"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mn_scale scale = {.form = MN_POWER, .factor = decimal(cases[i].factor), .exponent = decimal(cases[i].exponent)};
        mn_error error = {0};
        cr_expect_neq(mn_scale_prepare(&scale, (mn_resolution){1, 0}, &error), MN_OK, "%s F^%s", cases[i].factor,
                      cases[i].exponent);
        cr_expect(strstr(error.text, cases[i].word), "%s", error.text);
    }
    mn_scale scale = {.form = MN_RECIPROCAL, .mean = 0};
    mn_error error = {0};
    cr_expect_neq(mn_scale_prepare(&scale, (mn_resolution){1, 0}, &error), MN_OK);
    cr_expect(strstr(error.text, "mean"), "%s", error.text);
    power("1.23456789e-99", "1", (mn_resolution){1, 0});
    power("123456789e91", "1", (mn_resolution){1, 0});
}
