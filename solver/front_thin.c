/* Thinning by buckets: along each objective, sorted values are cut greedily into buckets within which any two values are within the
 * factor of each other. A point whose bucket numbers are all no larger than another's is within the factor of it, so of the points with
 * undominated bucket vectors one each is enough (Papadimitriou and Yannakakis 2000). */
#include "host/core/memory.h"
#include "solver/front.h"

static int compare_values(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

/* The largest value within the factor (one + parts) / one of `value`. */
static int64_t reach(int64_t value, int64_t one, int64_t more)
{
    if (value >= 0) {
        const mn_wide product = (mn_wide)value * more / one;
        return product > INT64_MAX ? INT64_MAX : (int64_t)product;
    }
    const mn_wide product = (mn_wide)value * one;
    return (int64_t)(product / more - (product % more != 0)); /* floor */
}

/* Replaces column k by bucket numbers. `sorted` [count] and `ends` [count] are scratch. */
static void number_buckets(const int64_t *values, uint64_t count, int stride, int k, int64_t one, int64_t more,
                           int64_t *sorted, int64_t *ends, int64_t *buckets)
{
    for (uint64_t i = 0; i < count; i++)
        sorted[i] = values[i * stride + k];
    qsort(sorted, count, sizeof *sorted, compare_values);
    int64_t bucket_count = 0;
    for (uint64_t i = 0; i < count; i++)
        if (bucket_count == 0 || sorted[i] > ends[bucket_count - 1])
            ends[bucket_count++] = reach(sorted[i], one, more);
    for (uint64_t i = 0; i < count; i++) {
        int64_t low = 0, high = bucket_count - 1; /* the first bucket whose end is not below the value */
        while (low < high) {
            const int64_t middle = (low + high) / 2;
            if (ends[middle] < values[i * stride + k])
                low = middle + 1;
            else
                high = middle;
        }
        buckets[i * stride + k] = low;
    }
}

mn_status mn_front_thin(const int64_t *values, uint64_t count, int dimension_count, mn_decimal epsilon, mn_error *error,
                        bool *keep)
{
    while (epsilon.decimals < 0 && epsilon.mantissa < INT64_MAX / 10) {
        epsilon.mantissa *= 10;
        epsilon.decimals++;
    }
    if (epsilon.mantissa < 0 || epsilon.decimals < 0 || epsilon.decimals > 18 || epsilon.mantissa > INT64_MAX / 2)
        return mn_fail(error, MN_USAGE, "epsilon: expected a decimal of at least 0 with at most 18 digits");
    const int64_t one = (int64_t)mn_power_of_ten(epsilon.decimals), more = one + (int64_t)epsilon.mantissa;
    int64_t *sorted = mn_new_array(count, sizeof *sorted), *ends = mn_new_array(count, sizeof *ends);
    int64_t *buckets = mn_new_array(count * dimension_count, sizeof *buckets);
    mn_status status = MN_FAILURE;
    if (sorted && ends && buckets) {
        for (int k = 0; k < dimension_count; k++)
            number_buckets(values, count, dimension_count, k, one, more, sorted, ends, buckets);
        status = mn_front_points_filter(buckets, count, dimension_count, keep);
    }
    free(sorted);
    free(ends);
    free(buckets);
    return status == MN_OK ? MN_OK : mn_fail_memory(error);
}
