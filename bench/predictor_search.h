/* How many networks a search trains until it has met the best of a benchmark. */
#ifndef MN_BENCH_PREDICTOR_SEARCH_H
#define MN_BENCH_PREDICTOR_SEARCH_H

#include "bench/predictor.h"

/* 8 networks by `start`, then one at a time by expected improvement. trained: including the best one's; most + 1 when it was not met. The best is
 * met when any member of its function class is trained. */
bool search_by_improvement(const benchmark *b, mn_plan_method start, uint64_t seed, uint64_t most, uint64_t *trained);

/* Regularised evolution (Real et al. 2019): population 20, the best of 10 random ones changes one node, the oldest dies: the best of six
 * settings on 100 seeds (10/3, 10/5, 20/5, 20/10, 30/10, 50/10). A network counts when
 * it is trained for the first time. */
bool search_by_evolution(const benchmark *b, uint64_t seed, uint64_t most, uint64_t *trained);

#endif
