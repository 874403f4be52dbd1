/* The K best networks found so far, worst first in a heap. Better: larger score, then earlier problem, then lexicographically
 * smaller. On request, of networks that agree in certain sums only the best is kept (distinct.h). */
#ifndef MN_SOLVER_BEST_H
#define MN_SOLVER_BEST_H

#include "solver/distinct.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct mn_best_entry {
    int64_t score;
    int32_t problem;
    int32_t id;        /* of its metrics, when they are told apart */
    uint16_t *network; /* [width], unused nodes 0 */
} mn_best_entry;

typedef struct mn_best {
    int count, capacity, width;
    mn_best_entry *entries;   /* heap */
    mn_distinct_index *index; /* NULL: every network counts */
} mn_best;

/* Room for `capacity` networks of `width` nodes; false when memory ran out. */
bool mn_best_make(mn_best *best, int capacity, int width, mn_arena *arena);

/* From now on networks of equal metrics count once. `best` is empty. False when memory ran out. */
bool mn_best_distinguish(mn_best *best, const mn_distinct *by, mn_arena *arena);

/* Whether the network would be among the best, by its order alone. */
bool mn_best_admits(const mn_best *best, int64_t score, int32_t problem, const uint16_t *network, int nodes);

/* Adds a network of `nodes` nodes if it is among the best; tells whether it was added. The same network must not be added twice. */
bool mn_best_add(mn_best *best, int64_t score, int32_t problem, const uint16_t *network, int nodes);

void mn_best_clear(mn_best *best);

/* Score of the worst kept one; count > 0. */
static inline int64_t mn_best_worst(const mn_best *best)
{
    return best->entries[0].score;
}

/* Orders the entries best first; the heap is over. */
void mn_best_sort(mn_best *best);

/* < 0: a is better. */
int mn_best_compare(const mn_best_entry *a, const mn_best_entry *b, int width);

#endif
