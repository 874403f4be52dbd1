/* Expressions and limits: every malformed one gets a sentence, and the integers of a good one equal the sum written out in 128 bits. */
#include "host/core/linear.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Metrics m0 .. m3 of 4 nodes, of the resolutions given. */
static mn_table *table_of(uint64_t seed, const mn_resolution resolutions[4], int scale)
{
    mn_table *table =
        random_table(seed, (random_shape){.nodes = 4, .blocks = 3, .metrics = 4, .ragged = true, .scale = scale});
    cr_assert(table);
    for (int metric = 0; metric < 4; metric++)
        table->metrics[metric].resolution = resolutions[metric];
    return table;
}

static const mn_resolution plain[4] = {{1, 6}, {1, 6}, {1, 0}, {25, 2}};

static mn_linear parsed(const mn_table *table, const char *text)
{
    mn_linear linear;
    mn_error error = {0};
    cr_assert_eq(mn_linear_parse(table, text, strlen(text), &linear, &error), MN_OK, "%s: %s", text, error.text);
    cr_assert_str_eq(linear.text, text);
    return linear;
}

static void expect_refused(const mn_table *table, const char *text, const char *words)
{
    mn_linear linear;
    mn_error error = {0};
    cr_expect_eq(mn_linear_parse(table, text, strlen(text), &linear, &error), MN_USAGE, "%s", text);
    cr_expect(strstr(error.text, words), "\"%s\" says \"%s\", not \"%s\"", text, error.text, words);
    cr_expect(!linear.values && !linear.text, "nothing is left to free");
    cr_expect_eq(mn_linear_parse(table, text, strlen(text), &linear, NULL), MN_USAGE, "without a sentence too");
}

Test(linear, malformed_expressions_get_a_sentence)
{
    static const struct {
        const char *text, *words;
    } cases[] = {{"", "expected a metric, found its end"},
                 {"   ", "expected a metric, found its end"},
                 {"+", "expected a metric, found its end"},
                 {"- ", "expected a metric, found its end"},
                 {"m0 -", "expected a metric, found its end"},
                 {"m0 m1", "expected \"+\" or \"-\" at \"m1\""},
                 {"m0 * m1", "expected \"+\" or \"-\" at \"* m1\""},
                 {"m0*2", "expected \"+\" or \"-\" at \"*2\""},
                 {"m0 + + m1", "expected a metric at \"+ m1\""},
                 {"--m0", "expected a metric at \"-m0\""},
                 {"2", "expected \"*\" and a metric, found its end"},
                 {"2 m0", "expected \"*\" and a metric at \"m0\""},
                 {"2*", "expected a metric, found its end"},
                 {"2*3*m0", "expected a metric at \"3*m0\""},
                 {"2*-m0", "expected a metric at \"-m0\""},
                 {"1.2.3*m0", "expected a number at \"1.2.3*m0\""},
                 {".*m0", "expected a number at"},
                 {"1e*m0", "expected a number at"},
                 {"2e-*m0", "expected a number at"},
                 {"1e999*m0", "expected a number at"},
                 {"2em0", "expected a number at \"2em0\""},
                 {"m9", "has no metric \"m9\"; it has m0, m1, m2, m3"},
                 {"m0 - 0.5*m00", "has no metric \"m00\""},
                 {"M0", "has no metric \"M0\""},
                 {"(m0)", "expected a metric at \"(m0)\""},
                 {"m0,m1", "expected \"+\" or \"-\" at \",m1\""},
                 {"m0<=3", "expected \"+\" or \"-\" at \"<=3\""},
                 {"m0 - 2*m1 ; rm", "expected \"+\" or \"-\" at \"; rm\""},
                 {"\xc3\xa9", "expected a metric at"},
                 {"1,5*m0", "expected \"*\" and a metric at \",5*m0\""},
                 {"inf*m0", "has no metric \"inf\""}};
    mn_table *table = table_of(1, plain, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refused(table, cases[i].text, cases[i].words);
    mn_table_free(table);
}

Test(linear, a_long_expression_does_not_break_the_sentence)
{
    mn_table *table = table_of(1, plain, 0);
    char *text = malloc(100001);
    memset(text, 'x', 100000);
    text[100000] = 0;
    expect_refused(table, text, "expression \"xxx");
    for (int i = 0; i < 33333; i++)
        memcpy(text + 3 * i, "+m0", 3);
    text[99999] = 0;
    mn_linear linear = parsed(table, text);
    cr_assert_eq(linear.base, 33333 * table->metrics[0].base, "a sum of 33,333 terms");
    mn_linear_free(&linear);
    free(text);
    mn_table_free(table);
}

Test(linear, reads_its_length_and_no_more)
{
    mn_table *table = table_of(1, plain, 0);
    mn_linear linear;
    cr_assert_eq(mn_linear_parse(table, "m0 - 0.5*m1<=7", 11, &linear, NULL), MN_OK);
    cr_assert_str_eq(linear.text, "m0 - 0.5*m1");
    mn_linear_free(&linear);
    cr_assert_eq(mn_linear_parse(table, "m0-m1", 3, &linear, NULL), MN_USAGE);
    mn_table_free(table);
}

Test(linear, resolution_takes_the_common_divisor)
{
    static const struct {
        const char *text;
        mn_resolution resolution;
        int metric; /* values are this one's times `factor` */
        int64_t factor;
    } cases[] = {{"m0", {1, 6}, 0, 1},         {" + m0 ", {1, 6}, 0, 1},
                 {"1*m0", {1, 6}, 0, 1},       {"1.000*m0", {1, 6}, 0, 1},
                 {"10e-1*m0", {1, 6}, 0, 1},   {"m3", {25, 2}, 3, 1},
                 {"-m0", {1, 6}, 0, -1},       {"-m3", {25, 2}, 3, -1},
                 {"0.02*m0", {2, 8}, 0, 1},    {"2.5*m2", {25, 1}, 2, 1},
                 {"-1000*m0", {1, 3}, 0, -1},  {"1e20*m0", {100000000000000, 0}, 0, 1},
                 {"1e-12*m0", {1, 18}, 0, 1},  {"4*m3", {1, 0}, 3, 1},
                 {"m3 + 0*m0", {25, 2}, 3, 1}, {"m0 + 0*m2 - 0.000*m3", {1, 6}, 0, 1},
                 {"0*m0", {1, 6}, 0, 0},       {"m0 + m0", {1, 6}, 0, 2},
                 {"m0 - m0", {1, 6}, 0, 0},    {"6*m2 + 4*m2", {2, 0}, 2, 5}};
    mn_table *table = table_of(2, plain, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mn_linear linear = parsed(table, cases[i].text);
        const mn_metric *metric = &table->metrics[cases[i].metric];
        cr_expect(linear.resolution.mantissa == cases[i].resolution.mantissa &&
                      linear.resolution.decimals == cases[i].resolution.decimals,
                  "%s: %" PRId64 "e-%d", cases[i].text, linear.resolution.mantissa, linear.resolution.decimals);
        cr_expect_eq(linear.base, cases[i].factor * metric->base, "%s", cases[i].text);
        for (int item = 0; item < table->item_count; item++)
            cr_expect_eq(linear.values[item], cases[i].factor * metric->values[item], "%s", cases[i].text);
        cr_expect_eq(linear.single_metric, i < 6 ? cases[i].metric : -1, "%s", cases[i].text);
        cr_expect_eq(linear.scaled_metric, -1);
        mn_linear_free(&linear);
    }
    mn_table_free(table);
}

/* A random expression, and the same as coefficients in 10^-9: at most 3 digits and 3 decimals each. */
static void random_expression(uint64_t *state, char *text, size_t size, int64_t coefficients[4])
{
    size_t used = 0;
    memset(coefficients, 0, 4 * sizeof *coefficients);
    const int terms = 1 + (int)random_below(state, 5);
    for (int i = 0; i < terms; i++) {
        const int metric = (int)random_below(state, 4), decimals = (int)random_below(state, 4);
        const bool negative = random_below(state, 2), plain_term = random_below(state, 4) == 0;
        const int64_t mantissa = plain_term ? 1 : (int64_t)random_below(state, 1000);
        int64_t unit = 1000000000;
        for (int k = 0; k < decimals && !plain_term; k++)
            unit /= 10;
        coefficients[metric] += (negative ? -mantissa : mantissa) * unit;
        const char *sign = negative ? "-" : i ? "+" : "";
        if (plain_term)
            used += (size_t)snprintf(text + used, size - used, "%s m%d", sign, metric);
        else
            used += (size_t)snprintf(text + used, size - used, "%s%" PRId64 "e-%d * m%d ", sign, mantissa, decimals,
                                     metric);
    }
}

static mn_wide wide_power(int power)
{
    mn_wide result = 1;
    while (power-- > 0)
        result *= 10;
    return result;
}

/* sum of values times resolution, in 10^-18 */
static mn_wide in_units(mn_wide multiples, mn_resolution resolution)
{
    return multiples * resolution.mantissa * wide_power(18 - resolution.decimals);
}

Test(linear, values_equal_the_sum_written_out)
{
    static const mn_resolution choices[] = {{1, 0}, {1, 3}, {1, 6}, {25, 2}, {5, 0}, {3, 5}, {128, 4}};
    uint64_t state = 3;
    for (int round = 0; round < 3000; round++) {
        mn_resolution resolutions[4];
        for (int i = 0; i < 4; i++)
            resolutions[i] = choices[random_below(&state, 7)];
        mn_table *table = table_of(random_next(&state), resolutions, 0);
        char text[400];
        int64_t coefficients[4];
        random_expression(&state, text, sizeof text, coefficients);
        mn_linear linear = parsed(table, text);
        for (int try = 0; try < 5; try++) {
            mn_wide expected = 0, found = linear.base;
            uint16_t network[4];
            for (int node = 0; node < 4; node++) {
                network[node] = (uint16_t)random_below(&state, (uint64_t)table->nodes[node].block_count);
                found += linear.values[table->first[node] + network[node]];
            }
            for (int i = 0; i < 4; i++) /* 10^-9 of the coefficient and 10^-9 of the resolution make 10^-18 */
                expected += coefficients[i] * (mn_wide)mn_table_evaluate(table, i, network) * resolutions[i].mantissa *
                            wide_power(9 - resolutions[i].decimals);
            cr_assert(in_units(found, linear.resolution) == expected, "seed 3, round %d: %s", round, text);
        }
        mn_linear_free(&linear);
        mn_table_free(table);
    }
}

Test(linear, what_passes_62_bits_is_refused)
{
    mn_table *table = table_of(4, plain, 0);
    table->metrics[0].base = 1000;
    expect_refused(table, "m0 + 1e16*m1", "pass 2^62");
    expect_refused(table, "1e300*m0 + m1", "pass 2^62");
    expect_refused(table, "m0 + 1e31*m1", "pass 2^62");
    expect_refused(table, "999999999999999999999999999999999999*m0 + 7*m1", "pass 2^62");
    expect_refused(table, "1e299*m0", "pass 2^62");
    expect_refused(table, "1e-13*m0", "18 decimals");
    expect_refused(table, "1e-300*m0", "18 decimals");
    expect_refused(table, "m0 + 1e-300*m1", "pass 2^62");

    for (int item = 0; item < table->item_count; item++)
        table->metrics[2].values[item] = 0;
    table->metrics[2].base = MN_MAX_MULTIPLES;
    for (int item = 0; item < table->item_count; item++)
        table->metrics[0].values[item] = 0;
    table->metrics[0].base = 1;
    mn_linear linear = parsed(table, "0.000512*m2 - m0");
    cr_assert_eq(linear.base, 512 * MN_MAX_MULTIPLES - 1, "2^62 - 1 is still fine");
    mn_linear_free(&linear);
    linear = parsed(table, "0.000512*m2 + 0*m0");
    mn_linear_free(&linear);
    expect_refused(table, "0.000512*m2 + m0", "pass 2^62");
    table->metrics[2].base = -MN_MAX_MULTIPLES;
    expect_refused(table, "0.000512*m2 - m0", "pass 2^62");
    mn_table_free(table);

    /* products at the very edge of 128 bits */
    table = table_of(4, (mn_resolution[4]){{(int64_t)1 << 62, 0}, {1, 18}, {INT64_MAX, 0}, {1, 0}}, 0);
    expect_refused(table, "-36893488147419103232*m0 + m3", "pass 2^62"); /* -2^65 * 2^62 */
    expect_refused(table, "-36893488147419103232*m0", "pass 2^62");
    expect_refused(table, "m2 + m1", "pass 2^62");
    table->metrics[3].base = INT64_MAX;
    expect_refused(table, "18446744073709551616*m3 + 0.5*m1", "pass 2^62");
    mn_table_free(table);
}

Test(linear, a_scaled_metric_stands_alone)
{
    for (int scale = 1; scale <= 2; scale++) {
        mn_table *table = table_of(5, (mn_resolution[4]){{1, 0}, {1, 0}, {1, 0}, {1, 0}}, scale);
        static const char *const alone[] = {"m0", "+m0", " 1*m0", "1.0 * m0 "};
        for (size_t i = 0; i < sizeof alone / sizeof *alone; i++) {
            mn_linear linear = parsed(table, alone[i]);
            cr_expect(linear.scaled_metric == 0 && linear.single_metric == 0);
            cr_expect_eq(linear.base, table->metrics[0].base, "unscaled sums");
            mn_linear_free(&linear);
        }
        static const char *const longer[] = {"-m0", "2*m0", "m0 + m2", "m2 - 0.5*m0", "m0 - m0", "0*m0", "m0 + 0*m1"};
        for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
            expect_refused(table, longer[i], "must stand alone");
        mn_linear linear = parsed(table, "m1 - 2*m2");
        cr_expect(linear.scaled_metric == -1 && linear.single_metric == -1);
        mn_linear_free(&linear);
        mn_table_free(table);
    }
}

Test(linear, a_space_has_nothing_to_compute_with)
{
    mn_table *table = table_of(6, plain, 0);
    table->has_values = false;
    expect_refused(table, "m0", "space without values");
    table->has_values = true;
    mn_table_free(table);
}

Test(linear, comparisons_are_split)
{
    static const struct {
        const char *text;
        size_t length;
        mn_sense sense;
        const char *value;
    } cases[] = {{"latency<=30", 7, MN_AT_MOST, "30"},
                 {"latency>=30", 7, MN_AT_LEAST, "30"},
                 {"a - 2*b <= -1e3", 7, MN_AT_MOST, " -1e3"},
                 {"<=5", 0, MN_AT_MOST, "5"},
                 {"latency<=", 7, MN_AT_MOST, ""},
                 {"a<=5<=6", 1, MN_AT_MOST, "5<=6"},
                 {"   >= 1", 0, MN_AT_LEAST, " 1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = 99;
        mn_sense sense = MN_NO_SENSE;
        const char *value = NULL;
        cr_assert_eq(mn_comparison_split(cases[i].text, &length, &sense, &value, NULL), MN_OK, "%s", cases[i].text);
        cr_expect_eq(length, cases[i].length, "%s", cases[i].text);
        cr_expect_eq(sense, cases[i].sense, "%s", cases[i].text);
        cr_expect_str_eq(value, cases[i].value);
    }
    static const char *const malformed[] = {"",           "latency",     "latency<30",  "latency>30",
                                            "latency=30", "latency==30", "latency=<30", "latency<",
                                            "<",          "a = b <= c",  "a<>b"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        size_t length;
        mn_sense sense;
        const char *value;
        mn_error error = {0};
        cr_expect_eq(mn_comparison_split(malformed[i], &length, &sense, &value, &error), MN_USAGE, "%s", malformed[i]);
        cr_expect(strstr(error.text, "expected EXPRESSION<=NUMBER"), "%s", error.text);
    }
}

Test(linear, limits_are_rounded_inwards)
{
    static const struct {
        const char *text;
        mn_resolution resolution;
        int64_t at_most, at_least;
    } cases[] = {{"30", {1, 6}, 30000000, 30000000},
                 {"0.0000015", {1, 6}, 1, 2},
                 {"-0.0000015", {1, 6}, -2, -1},
                 {" 7.4\t", {25, 2}, 29, 30},
                 {"-7.4", {5, 0}, -2, -1},
                 {"1e-300", {1, 0}, 0, 1},
                 {"-1e-300", {1, 0}, -1, 0},
                 {"4611686018427387904", {1, 0}, MN_MAX_SUM, MN_MAX_SUM},
                 {"-4611686018427387904", {1, 0}, -MN_MAX_SUM, -MN_MAX_SUM},
                 {"-0", {1, 6}, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t low = 99, high = 99;
        cr_assert_eq(mn_limit_value(cases[i].text, MN_AT_MOST, cases[i].resolution, &low, NULL), MN_OK, "%s",
                     cases[i].text);
        cr_assert_eq(mn_limit_value(cases[i].text, MN_AT_LEAST, cases[i].resolution, &high, NULL), MN_OK, "%s",
                     cases[i].text);
        cr_expect_eq(low, cases[i].at_most, "%s: %" PRId64, cases[i].text, low);
        cr_expect_eq(high, cases[i].at_least, "%s: %" PRId64, cases[i].text, high);
    }
    static const char *const malformed[] = {"",     "  ",  "abc", "1.2.3", "5<=6", "NaN", "inf",
                                            "0x10", "1 2", "1e",  "5%",    "3 ms", "1,5"};
    static const char *const large[] = {"1e300", "-1e300", "4611686018427387905", "-4611686018427387904.5",
                                        "9223372036854775808"};
    int64_t value;
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        mn_error error = {0};
        cr_expect_eq(mn_limit_value(malformed[i], MN_AT_MOST, (mn_resolution){1, 0}, &value, &error), MN_USAGE, "%s",
                     malformed[i]);
        cr_expect(strstr(error.text, "expected a decimal number, found \""), "%s", error.text);
    }
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        mn_error error = {0};
        const mn_sense sense = large[i][0] == '-' ? MN_AT_MOST : MN_AT_LEAST;
        cr_expect_eq(mn_limit_value(large[i], sense, (mn_resolution){1, 0}, &value, &error), MN_USAGE, "%s", large[i]);
        cr_expect(strstr(error.text, "2^62") && strstr(error.text, large[i]), "%s", error.text);
    }
}

/* Any text: an answer or a sentence, nothing else. */
Test(linear, any_text)
{
    static const char *const pieces[] = {
        "m0",  "m1", "m2",   "m3", "m", "+",  "-",  "*",    "2", "0.5",
        "1e9", "e",  "1e-9", ".",  " ", "\t", "<=", "\xff", "_", "99999999999999999999",
        "0"};
    mn_table *table = table_of(7, plain, 0);
    uint64_t state = 8;
    for (int round = 0; round < 100000; round++) {
        char text[200] = "";
        for (uint64_t left = random_below(&state, 9); left > 0; left--)
            strcat(text, pieces[random_below(&state, sizeof pieces / sizeof *pieces)]);
        mn_linear linear;
        mn_error error = {0};
        const mn_status status = mn_linear_parse(table, text, strlen(text), &linear, &error);
        cr_assert(status == MN_OK || (status == MN_USAGE && strstr(error.text, "expression \"")), "\"%s\": %s", text,
                  error.text);
        if (status == MN_OK)
            mn_linear_free(&linear);
    }
    mn_table_free(table);
}
