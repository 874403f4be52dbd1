/* What tests/simt/sums.cu computes, for its tests. The functions return a cudaError_t as a number. */
#ifndef MN_TESTS_SIMT_SUMS_H
#define MN_TESTS_SIMT_SUMS_H

#define sums_weight_count 7

#ifdef __cplusplus
extern "C" {
#endif

/* total = sum of values[i] * weights[i % 7]; `each` is 1 or 4 values a lane and step. */
int sums_weighted(const int *values, int count, const int *weights, int blocks, int block, int each, long long *total);

/* counts[value % bins]. */
int sums_counted(const int *values, int count, int bins, int blocks, int block, unsigned long long *counts);

#ifdef __cplusplus
}
#endif

#endif
