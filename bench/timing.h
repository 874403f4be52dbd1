/* The clock of the benchmarks that only use the public header, and what they say of many times. */
#ifndef MN_BENCH_TIMING_H
#define MN_BENCH_TIMING_H

#include <stdlib.h>
#include <time.h>

static inline double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static inline int compare_times(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline void sort_times(double *times, size_t count)
{
    qsort(times, count, sizeof *times, compare_times);
}

/* Of sorted times: 0.5 is the median, 1 the worst. */
static inline double share_of_times(const double *times, size_t count, double share)
{
    const size_t at = (size_t)(share * (double)count);
    return times[at < count ? at : count - 1];
}

#endif
