/* Random tables for property tests: the same table for a seed and a shape everywhere. */
#ifndef MN_TESTS_RANDOM_TABLE_H
#define MN_TESTS_RANDOM_TABLE_H

#include "host/core/table.h"

typedef struct random_shape {
    int nodes;       /* 1 and more */
    int blocks;      /* most blocks of a node */
    int metrics;     /* 1 and more, named "m0", "m1", ... */
    bool ragged;     /* nodes of 1 .. blocks blocks, otherwise all have `blocks` */
    int64_t largest; /* values lie within +-largest; 0: 1000 */
    bool positive;   /* no negative values */
    int distinct;    /* a metric has that many different values at most, so that sums tie; 0: any value */
    int rules;       /* of all kinds; at least one network obeys them */
    int factors;     /* each metric has up to that many, over any nodes */
    bool entangled;  /* they are bounded instead of eliminated, however small the table */
    bool links;      /* metric 0 has a link: the same one for all tables */
    int scale;       /* 0: none, 1: metric 0 scaled by metric 1, reciprocal, 2: power. Metric 1 is positive then */
} random_shape;

/* A prepared table (free it with mn_table_free), or NULL when memory ran out or the values' sums do not fit. */
mn_table *random_table(uint64_t seed, random_shape shape);

/* The next number of a sequence (splitmix64), and one below `bound`. */
uint64_t random_next(uint64_t *state);
uint64_t random_below(uint64_t *state, uint64_t bound);

#endif
