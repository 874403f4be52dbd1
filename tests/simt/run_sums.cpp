/* The right kernels of sums.cu under a sanitizer, in order and under two seeds: it must have nothing to say, and the sums must be right. */
#include <cstdio>

#include "kernels/simt/control.h"
#include "tests/simt/sums.h"

static constexpr int count = 3000;

static int check(uint64_t seed, const int *values, const int *weights, long long expected)
{
    unsigned long long counts[40];
    long long total = 0;
    simt::set_seed(seed);
    const int error = sums_weighted(values, count, weights, 5, 96, 4, &total);
    if (error || total != expected || sums_counted(values, count, 40, 3, 64, counts)) {
        fprintf(stderr, "seed %d: error %d, total %lld, expected %lld; %s\n", static_cast<int>(seed), error, total,
                expected, simt::fault_message().c_str());
        return 1;
    }
    return 0;
}

int main()
{
    static int values[count];
    const int weights[sums_weight_count] = {1, -2, 3, -4, 5, -6, 7};
    long long expected = 0;
    for (int i = 0; i < count; i++) {
        values[i] = i * 7919 % 1000;
        expected += static_cast<long long>(values[i]) * weights[i % sums_weight_count];
    }
    int failed = 0;
    for (uint64_t seed = 0; seed <= 2; seed++)
        failed += check(seed, values, weights, expected);
    return failed != 0;
}
