/* Decimals: parsing, rounding and printing against Python's fractions (decimal_vectors.h) and against sums in 128 bits. */
#include "host/core/decimal.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOO_LARGE INT64_MIN

typedef struct rounding_case {
    const char *text;
    mn_resolution resolution;
    int64_t expected[3]; /* by mn_rounding */
    bool exact;
} rounding_case;

static const rounding_case rounding_cases[] = {
#include "tests/decimal_vectors.h"
};

static mn_decimal parsed(const char *text)
{
    mn_decimal decimal = {0, 0};
    cr_assert(mn_decimal_parse(text, strlen(text), &decimal), "\"%s\" is a decimal", text);
    return decimal;
}

Test(decimal, rounds_as_fractions_do)
{
    for (size_t i = 0; i < sizeof rounding_cases / sizeof *rounding_cases; i++) {
        const rounding_case *c = &rounding_cases[i];
        for (mn_rounding rounding = MN_FLOOR; rounding <= MN_NEAREST; rounding++) {
            int64_t multiples = 0;
            bool exact = !c->exact;
            const bool fits = mn_decimal_to_multiples(parsed(c->text), c->resolution, rounding, &multiples, &exact);
            cr_expect_eq(fits, c->expected[rounding] != TOO_LARGE, "%s by %" PRId64 "e-%d, rounding %d: fits %d",
                         c->text, c->resolution.mantissa, c->resolution.decimals, rounding, fits);
            if (!fits)
                continue;
            cr_expect_eq(multiples, c->expected[rounding], "%s by %" PRId64 "e-%d, rounding %d: %" PRId64, c->text,
                         c->resolution.mantissa, c->resolution.decimals, rounding, multiples);
            cr_expect_eq(exact, c->exact, "%s is%s a multiple", c->text, c->exact ? "" : " not");
        }
    }
}

Test(decimal, exactness_is_optional)
{
    int64_t multiples = 0;
    cr_assert(mn_decimal_to_multiples(parsed("1.5"), (mn_resolution){1, 0}, MN_NEAREST, &multiples, NULL));
    cr_assert_eq(multiples, 2);
}

Test(decimal, malformed_text_is_refused)
{
    static const char *const malformed[] = {"",
                                            "+",
                                            "-",
                                            ".",
                                            "e5",
                                            "1e",
                                            "1e+",
                                            "1e-",
                                            "1.2.3",
                                            "--1",
                                            "+-1",
                                            "1 ",
                                            " 1",
                                            "1,5",
                                            "0x10",
                                            "1e5.0",
                                            "1ee5",
                                            "1e5e5",
                                            "NaN",
                                            "nan",
                                            "inf",
                                            "-inf",
                                            "1_000",
                                            "1f",
                                            "Infinity",
                                            "\xc2\xbd",
                                            "1e--5",
                                            "-.e1",
                                            "1-",
                                            "1+1",
                                            "1e 5",
                                            "1e+-5",
                                            ".-1",
                                            "1e1000",
                                            "1e-1000",
                                            "10e300",
                                            "0.1e-300",
                                            "1e99999999999999999999",
                                            "1e-99999999999999999999",
                                            "2e301"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        mn_decimal decimal;
        cr_expect_not(mn_decimal_parse(malformed[i], strlen(malformed[i]), &decimal), "\"%s\"", malformed[i]);
    }
}

Test(decimal, reads_its_length_and_no_more)
{
    mn_decimal decimal;
    cr_assert(mn_decimal_parse("123456", 3, &decimal));
    cr_assert(decimal.mantissa == 123 && decimal.decimals == 0);
    cr_assert(mn_decimal_parse("5e77", 1, &decimal));
    cr_assert(decimal.mantissa == 5);
    cr_assert_not(mn_decimal_parse("5e77", 2, &decimal), "\"5e\" lacks its exponent");
    cr_assert_not(mn_decimal_parse("1\0002", 3, &decimal), "a zero byte is no digit");
}

Test(decimal, zero_is_zero_with_any_exponent)
{
    static const char *const zeros[] = {"0", "-0", "0e0", "0e999999", "0.000e-999999", "-0.0E+99999999999", "000"};
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) {
        const mn_decimal decimal = parsed(zeros[i]);
        cr_expect(decimal.mantissa == 0 && decimal.decimals == 0, "\"%s\"", zeros[i]);
    }
}

/* The limit of 10^+-300 is one of size: long mantissas are as welcome as short ones. */
Test(decimal, size_and_not_length_is_limited)
{
    cr_expect_float_eq(mn_decimal_to_double(parsed("1.2345678901234567890123456789e-299")), 1.2345678901234568e-299,
                       1e-314);
    cr_expect_float_eq(mn_decimal_to_double(parsed("0.0001e300")), 1e296, 1e281);
    cr_expect_float_eq(mn_decimal_to_double(parsed("1000000e-300")), 1e-294, 1e-309);
    cr_expect_eq(parsed("1e300").mantissa, 1);
    cr_expect_eq(parsed("9.99e299").mantissa, 999);
}

static int64_t random_size(uint64_t *state)
{
    const int64_t value = (int64_t)(random_next(state) >> (1 + random_below(state, 62)));
    return random_below(state, 2) ? value : -value;
}

/* What mn_format prints is read back as the same number of multiples, exactly. */
Test(decimal, format_and_parse_are_inverse)
{
    uint64_t state = 1;
    for (int i = 0; i < 200000; i++) {
        const int64_t multiples = i == 0 ? INT64_MAX : i == 1 ? -INT64_MAX : i == 2 ? 0 : random_size(&state);
        mn_resolution resolution = {1, (int)random_below(&state, 19)};
        if (random_below(&state, 2))
            resolution.mantissa = 1 + llabs(random_size(&state)) % INT64_MAX;
        const mn_wide value = (mn_wide)multiples * resolution.mantissa;
        if (value > mn_power_of_ten(36) || value < -mn_power_of_ten(36))
            continue;
        char text[MN_NUMBER_SIZE];
        cr_assert_eq(mn_format(multiples, resolution, text), text);
        int64_t again = 0;
        bool exact = false;
        cr_assert(mn_decimal_to_multiples(parsed(text), resolution, MN_NEAREST, &again, &exact), "%s", text);
        cr_assert(again == multiples && exact, "seed 1, step %d: %s", i, text);
        const char *point = strchr(text, '.');
        cr_assert(!point || (point > text && point[-1] != '-' && text[strlen(text) - 1] != '0' && point[1]),
                  "form of %s", text);
    }
}

Test(decimal, format_prints_no_more_than_needed)
{
    static const struct {
        int64_t multiples;
        mn_resolution resolution;
        const char *text;
    } cases[] = {{0, {1, 0}, "0"},
                 {0, {25, 18}, "0"},
                 {40780000, {1, 6}, "40.78"},
                 {-1, {1, 18}, "-0.000000000000000001"},
                 {4, {25, 2}, "1"},
                 {-3, {25, 2}, "-0.75"},
                 {7, {5, 0}, "35"},
                 {100, {1, 0}, "100"},
                 {1000000, {1, 6}, "1"},
                 {-10, {1, 2}, "-0.1"},
                 {INT64_MAX, {1, 0}, "9223372036854775807"},
                 {INT64_MIN, {1, 0}, "-9223372036854775808"},
                 {INT64_MIN, {INT64_MAX, 18}, "-85070591730234615856.620279821087277056"},
                 {INT64_MAX, {INT64_MAX, 0}, "85070591730234615847396907784232501249"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[MN_NUMBER_SIZE];
        cr_expect_str_eq(mn_format(cases[i].multiples, cases[i].resolution, text), cases[i].text);
    }
}

Test(decimal, wide_numbers_print_to_their_ends)
{
    char text[MN_NUMBER_SIZE];
    const mn_wide smallest = (mn_wide)((unsigned __int128)1 << 127), largest = ~smallest;
    cr_expect_str_eq(mn_format_wide(smallest, 0, text), "-170141183460469231731687303715884105728");
    cr_expect_str_eq(mn_format_wide(largest, 39, text), "0.170141183460469231731687303715884105727");
    cr_expect_str_eq(mn_format_wide(smallest, 60, text),
                     "-0.000000000000000000000170141183460469231731687303715884105728");
    cr_expect_str_eq(mn_format_wide(-7, 60, text), "-0.000000000000000000000000000000000000000000000000000000000007");
}

/* floor <= nearest <= ceil, floor of -x is -ceil of x, and quotients agree with division in 128 bits. */
Test(decimal, roundings_agree_with_128_bits)
{
    uint64_t state = 2;
    for (int i = 0; i < 200000; i++) {
        const mn_decimal decimal = {random_size(&state), (int)random_below(&state, 19)};
        const mn_resolution resolution = {1 + llabs(random_size(&state)) % 1000000, (int)random_below(&state, 19)};
        mn_wide numerator = decimal.mantissa, denominator = resolution.mantissa;
        const int shift = resolution.decimals - decimal.decimals;
        numerator *= mn_power_of_ten(shift > 0 ? shift : 0);
        denominator *= mn_power_of_ten(shift < 0 ? -shift : 0);
        if (numerator / denominator > INT64_MAX - 1 || numerator / denominator < -INT64_MAX + 1)
            continue;
        int64_t low, near, high, opposite;
        cr_assert(mn_decimal_to_multiples(decimal, resolution, MN_FLOOR, &low, NULL));
        cr_assert(mn_decimal_to_multiples(decimal, resolution, MN_NEAREST, &near, NULL));
        cr_assert(mn_decimal_to_multiples(decimal, resolution, MN_CEIL, &high, NULL));
        cr_assert(mn_decimal_to_multiples((mn_decimal){-decimal.mantissa, decimal.decimals}, resolution, MN_FLOOR,
                                          &opposite, NULL));
        cr_assert(low * denominator <= numerator && numerator < (low + (mn_wide)1) * denominator,
                  "seed 2, step %d: floor", i);
        cr_assert((high - (mn_wide)1) * denominator < numerator && numerator <= high * denominator,
                  "seed 2, step %d: ceil", i);
        cr_assert_eq(opposite, -high, "seed 2, step %d", i);
        const mn_wide error =
            (near * denominator - numerator) * (numerator < 0 ? -1 : 1); /* away from zero is positive */
        cr_assert(2 * error <= denominator && 2 * error > -denominator, "seed 2, step %d: nearest", i);
    }
}

Test(decimal, resolutions)
{
    static const struct {
        const char *text;
        bool accepted;
        mn_resolution resolution;
    } cases[] = {{"1", true, {1, 0}},
                 {"1e-6", true, {1, 6}},
                 {"0.25", true, {25, 2}},
                 {"0.250", true, {25, 2}},
                 {"5", true, {5, 0}},
                 {"1e6", true, {1000000, 0}},
                 {"1e18", true, {1000000000000000000, 0}},
                 {"1e-18", true, {1, 18}},
                 {"9223372036854775807", true, {INT64_MAX, 0}},
                 {"1e19", false, {0, 0}},
                 {"1e300", false, {0, 0}},
                 {"9223372036854775808", false, {0, 0}},
                 {"1e-19", false, {0, 0}},
                 {"1e-300", false, {0, 0}},
                 {"0", false, {0, 0}},
                 {"-1", false, {0, 0}},
                 {"-1e300", false, {0, 0}},
                 {"-1e-6", false, {0, 0}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mn_resolution resolution = {0, 0};
        cr_expect_eq(mn_decimal_to_resolution(parsed(cases[i].text), &resolution), cases[i].accepted, "%s",
                     cases[i].text);
        cr_expect(resolution.mantissa == cases[i].resolution.mantissa &&
                      resolution.decimals == cases[i].resolution.decimals,
                  "%s", cases[i].text);
    }
}

/* Nearest double of every count that a table may hold (2^53) of a resolution that is a power of ten. */
Test(decimal, doubles_are_nearest)
{
    uint64_t state = 3;
    for (int i = 0; i < 50000; i++) {
        const int64_t multiples = random_size(&state) % ((int64_t)1 << 53);
        const mn_resolution resolution = {1, (int)random_below(&state, 19)};
        char text[MN_NUMBER_SIZE];
        cr_assert_eq(mn_to_double(multiples, resolution), strtod(mn_format(multiples, resolution, text), NULL), "%s",
                     text);
    }
    cr_assert_float_eq(mn_to_double(INT64_MAX, (mn_resolution){INT64_MAX, 18}), 8.507059173023461e19, 1e5);
}

/* Any bytes: no crash, and what is accepted is a number to strtod too. */
Test(decimal, any_bytes)
{
    static const char alphabet[] = "0123456789012345678900+-..eE \n\t\"x";
    uint64_t state = 4;
    for (int i = 0; i < 300000; i++) {
        char text[80];
        const size_t length = random_below(&state, sizeof text);
        for (size_t k = 0; k < length; k++)
            text[k] = alphabet[random_below(&state, sizeof alphabet - 1)];
        text[length] = 0;
        mn_decimal decimal;
        if (!mn_decimal_parse(text, length, &decimal))
            continue;
        char *end;
        const double expected = strtod(text, &end), found = mn_decimal_to_double(decimal);
        cr_assert(*end == 0 && !isnan(expected), "\"%s\"", text);
        cr_assert(fabs(found - expected) <= 1e-15 * fabs(expected), "\"%s\": %.17g", text, found);
        for (mn_rounding rounding = MN_FLOOR; rounding <= MN_NEAREST; rounding++) {
            int64_t multiples;
            mn_decimal_to_multiples(decimal, (mn_resolution){7, 9}, rounding, &multiples, NULL);
        }
        mn_resolution resolution;
        mn_decimal_to_resolution(decimal, &resolution);
    }
}
