/* Hypervolumes against counting unit cells, against inclusion and exclusion, and against closed forms past 64 bits. */
#include "solver/hypervolume.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_volume(const int64_t *points, uint64_t count, int dimensions, const int64_t *reference,
                          const char *expected, uint64_t seed)
{
    char *found = NULL;
    cr_assert_eq(mn_hypervolume(points, count, dimensions, reference, NULL, NULL, &found), MN_OK);
    cr_assert_str_eq(found, expected, "seed %" PRIu64 ", %d dimensions: %s, expected %s", seed, dimensions, found,
                     expected);
    free(found);
}

/* Unit cells between 0 and the reference that some point dominates. */
static uint64_t count_cells(const int64_t *points, uint64_t count, int dimensions, const int64_t *reference)
{
    uint64_t cells = 0;
    int64_t cell[4] = {0};
    for (;;) {
        bool dominated = false;
        for (uint64_t i = 0; i < count && !dominated; i++) {
            dominated = true;
            for (int k = 0; k < dimensions; k++)
                dominated &= points[i * (uint64_t)dimensions + k] <= cell[k];
        }
        cells += dominated;
        int k = 0;
        while (k < dimensions && ++cell[k] == reference[k])
            cell[k++] = 0;
        if (k == dimensions)
            return cells;
    }
}

Test(hypervolume, equals_counted_cells)
{
    for (uint64_t seed = 1; seed <= 600; seed++) {
        uint64_t state = seed;
        const int dimensions = 2 + (int)(seed % 3);
        const uint64_t count = random_below(&state, 25);
        int64_t points[100], reference[4];
        for (int k = 0; k < dimensions; k++)
            reference[k] = 1 + (int64_t)random_below(&state, 9);
        for (uint64_t i = 0; i < count * (uint64_t)dimensions; i++)
            points[i] = (int64_t)random_below(&state, 11);
        char expected[32];
        snprintf(expected, sizeof expected, "%" PRIu64, count_cells(points, count, dimensions, reference));
        expect_volume(points, count, dimensions, reference, expected, seed);
    }
}

/* Sum over all subsets of -(-1)^size times the volume of their common part. */
static __int128 by_inclusion_and_exclusion(const int64_t *points, int count, int dimensions, const int64_t *reference)
{
    __int128 sum = 0;
    for (int subset = 1; subset < 1 << count; subset++) {
        __int128 volume = __builtin_popcount((unsigned)subset) % 2 ? 1 : -1;
        for (int k = 0; k < dimensions; k++) {
            int64_t largest = INT64_MIN;
            for (int i = 0; i < count; i++)
                if (subset >> i & 1 && points[i * dimensions + k] > largest)
                    largest = points[i * dimensions + k];
            volume *= largest < reference[k] ? reference[k] - largest : 0;
        }
        sum += volume;
    }
    return sum;
}

Test(hypervolume, equals_inclusion_and_exclusion_with_large_numbers)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t state = seed;
        const int dimensions = 2 + (int)(seed % 3), count = 1 + (int)random_below(&state, 8);
        int64_t points[40], reference[4];
        for (int k = 0; k < dimensions; k++)
            reference[k] = (int64_t)random_below(&state, 1000000000) - 300000000;
        for (int i = 0; i < count * dimensions; i++)
            points[i] = (int64_t)random_below(&state, 1000000000) - 500000000;
        __int128 volume = by_inclusion_and_exclusion(points, count, dimensions, reference);
        char expected[64];
        int at = sizeof expected - 1;
        expected[at] = 0;
        do {
            expected[--at] = (char)('0' + (int)(volume % 10));
            volume /= 10;
        } while (volume > 0);
        expect_volume(points, (uint64_t)count, dimensions, reference, expected + at, seed);
    }
}

Test(hypervolume, numbers_past_64_bits_stay_exact)
{
    const int64_t lowest[4] = {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN},
                  highest[4] = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    /* (2^64 - 1)^d */
    expect_volume(lowest, 1, 2, highest, "340282366920938463426481119284349108225", 0);
    expect_volume(lowest, 1, 3, highest, "6277101735386680762814942322444851025767571854389858533375", 0);
    expect_volume(lowest, 1, 4, highest,
                  "115792089237316195398462578067141184799968521174335529155754622898352762650625", 0);
}

Test(hypervolume, nothing_below_the_reference_is_zero)
{
    const int64_t points[6] = {1, 2, 3, 4, 5, 6}, reference[3] = {4, 2, 9};
    expect_volume(points, 2, 3, reference, "0", 0);
    expect_volume(points, 0, 3, reference, "0", 0);
    char *text;
    mn_error error;
    cr_assert_eq(mn_hypervolume(points, 2, 5, reference, NULL, &error, &text), MN_USAGE);
    cr_assert(text == NULL && strstr(error.text, "5 objectives"));
}

/* A larger case: points on a sphere-like front, in three and four dimensions, equal when the fourth adds nothing. */
Test(hypervolume, a_constant_fourth_dimension_multiplies)
{
    enum { COUNT = 2000 };
    int64_t *three = calloc(3 * COUNT, sizeof *three), *four = calloc(4 * COUNT, sizeof *four);
    uint64_t state = 11;
    for (int i = 0; i < COUNT; i++) {
        for (int k = 0; k < 2; k++)
            three[3 * i + k] = (int64_t)random_below(&state, 1000);
        three[3 * i + 2] = 2000 - three[3 * i] - three[3 * i + 1] + (int64_t)random_below(&state, 100);
        for (int k = 0; k < 4; k++)
            four[4 * i + k] = k < 3 ? three[3 * i + k] : 7;
    }
    const int64_t reference[4] = {3000, 3000, 3000, 17};
    char *small, *large;
    cr_assert_eq(mn_hypervolume(three, COUNT, 3, reference, NULL, NULL, &small), MN_OK);
    cr_assert_eq(mn_hypervolume(four, COUNT, 4, reference, NULL, NULL, &large), MN_OK);
    cr_assert_eq(strtoull(small, NULL, 10) * 10, strtoull(large, NULL, 10));
    free(small);
    free(large);
    free(three);
    free(four);
}
