/* How many networks a search trains until it has met the best of a benchmark. */
#ifndef MN_BENCH_PREDICTOR_SEARCH_H
#define MN_BENCH_PREDICTOR_SEARCH_H

#include "bench/predictor.h"

/* 8 networks by imse, then one at a time by expected improvement. trained: including the best one's; most + 1 when it was not met.
 * A function is measured by its first member, and the best is the function of the best network. */
bool search_by_improvement(const benchmark *b, uint64_t seed, uint64_t most, uint64_t *trained);

/* Regularised evolution (Real et al. 2019): population 10, the best of 3 random ones changes one node, the oldest dies. A network counts when
 * it is trained for the first time. */
bool search_by_evolution(const benchmark *b, uint64_t seed, uint64_t most, uint64_t *trained);

#endif
