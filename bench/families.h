/* The instance families of the literature on multiple-choice knapsacks (Kellerer, Pferschy, Pisinger, "Knapsack Problems", ch. 11;
 * Pisinger 1995; Han, Leblet and Simon 2010), the same for a seed on every machine.
 *
 * An instance has `nodes` nodes of `blocks` blocks and `limits` limits. Generator: splitmix64 (Steele, Lea and Flood, OOPSLA 2014),
 * whose 64-bit state starts at the seed; a step adds 0x9E3779B97F4A7C15 to it and returns the mixed state. uniform(a, b) takes one
 * step x and is a + floor(x * (b - a + 1) / 2^64). Draws are made node by node, block by block; at each block, in this order:
 *
 *     u, uncorrelated     weights of limit 0, 1, ... uniform(1, 1000); then the value, uniform(1, 1000)
 *     w, weak             weights the same; value = max(1, mean + uniform(-100, 100))
 *     s, strong           weights the same; value = mean + uniform(0, 40)
 *     S, cumulative       increments d of limit 0, 1, ... uniform(1, 100), added to the weights of the node's block before (0 before
 *                         the first); the value grows by the mean of the increments + 10
 *     subset-sum          weights uniform(1, 1000); value = mean
 *     inverse             value uniform(1, 1000); every weight = value + 10, so several limits are the same one
 *
 * mean: over the limits, rounded down. Capacity of a limit: half of (sum of the nodes' smallest weights + sum of the largest), rounded
 * down. The value is maximised. */
#ifndef MN_BENCH_FAMILIES_H
#define MN_BENCH_FAMILIES_H

#include "host/mathnas.h"

#include <stdio.h>

typedef enum family_kind {
    FAMILY_UNCORRELATED,
    FAMILY_WEAK,
    FAMILY_STRONG,
    FAMILY_CUMULATIVE,
    FAMILY_SUBSET_SUM,
    FAMILY_INVERSE,
    FAMILY_KINDS
} family_kind;

enum { FAMILY_NAME = 64, FAMILY_MOST_LIMITS = 32 };

typedef struct family {
    family_kind kind;
    int nodes, blocks, limits;
} family;

typedef struct instance {
    family family;
    uint64_t seed;
    int64_t *values;     /* [nodes * blocks] */
    int64_t *weights;    /* [limits][nodes * blocks] */
    int64_t *capacities; /* [limits] */
} instance;

/* Reads "50x20x3:s" (nodes, blocks, limits, kind by its letter or name); false when `text` is none. */
bool family_parse(const char *text, family *result);
void family_print(const family *f, char text[FAMILY_NAME]);

/* False when memory ran out. Free it either way. */
bool instance_make(const family *f, uint64_t seed, instance *result);
void instance_free(instance *made);

/* A table of the metrics value, w0, w1, ...; NULL when memory ran out. Free it with mn_table_free. */
mn_table *instance_table(const instance *made);

/* The literature's text form: "nodes limits", the capacities, then for each node its number of blocks and a row of value and weights
 * for each block. */
void instance_write(const instance *made, FILE *file);

#endif
