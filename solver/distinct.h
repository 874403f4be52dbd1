/* Telling networks apart by their metrics: which of the kept ones, numbered by an id, has the metrics of a given network. Chained
 * hashing; ids are reused as networks come and go. */
#ifndef MN_SOLVER_DISTINCT_H
#define MN_SOLVER_DISTINCT_H

#include "solver/arena.h"

#include <stdint.h>

/* What networks are told apart by. */
typedef struct mn_distinct {
    int metric_count;
    void (*metrics)(const void *context, int problem, const uint16_t *network, int64_t *values /* [metric_count] */);
    const void *context;
} mn_distinct;

typedef struct mn_distinct_index {
    const mn_distinct *by;
    int capacity, bucket_count; /* a power of 2 */
    int32_t *head;              /* [bucket_count] id, -1: none */
    int32_t *next;              /* [capacity] of the same bucket */
    int32_t *place;             /* [capacity] where the caller keeps the network */
    int64_t *values;            /* [capacity + 1][metric_count]; the last ones are those looked for last */
} mn_distinct_index;

/* NULL when memory ran out. */
mn_distinct_index *mn_distinct_make(const mn_distinct *by, int capacity, mn_arena *arena);
void mn_distinct_clear(mn_distinct_index *index);

/* The id with the network's metrics, or -1. */
int mn_distinct_find(mn_distinct_index *index, int problem, const uint16_t *network);

/* The metrics of the last mn_distinct_find, not found, get this id. */
void mn_distinct_insert(mn_distinct_index *index, int id);
void mn_distinct_remove(mn_distinct_index *index, int id);

#endif
