/* The space in which a front's suffixes are compared: a few sums over the chosen blocks, all minimised, from which every objective and
 * every limit follows. */
#ifndef MN_SOLVER_FRONT_SPACE_H
#define MN_SOLVER_FRONT_SPACE_H

#include "solver/front.h"

enum { MN_FRONT_MAX_DIMENSIONS = 64 };

/* One sum, in its own units: shifted so that each node's best block adds 0, divided by the greatest common divisor. Columns that are
 * positive multiples of each other, up to a constant for each node, thus share a dimension. */
typedef struct mn_front_dimension {
    int64_t *values; /* [item_count] >= 0 */
    int64_t largest; /* of any admissible network, so of any suffix */
    bool limited;
    int64_t capacity;                          /* of a whole network, when limited */
    bool limit_only;                           /* nothing but the capacity asks for it */
    int64_t *before_smallest, *before_largest; /* limited: [states of all layers] sum of the nodes before a state */
} mn_front_dimension;

/* offset + factor * x, x the point's coordinate in `dimension`; dimension -1: constant. */
typedef struct mn_front_sum {
    int dimension;
    int64_t offset, factor;
} mn_front_sum;

/* How a column's value follows from a point. A scaled one needs F too: from the dimension in which F is minimised, from the one in which
 * it is maximised, or (then both equal) from either. */
typedef struct mn_front_map {
    int scaled;
    int64_t base;
    mn_front_sum sum;
    int capability_count;
    mn_front_sum capability[2];
} mn_front_map;

typedef struct mn_front_space {
    const mn_front_request *request;
    int state_count;  /* of all layers */
    int *first_state; /* [node_count + 2] number of each layer's state 0 */
    int dimension_count;
    mn_front_dimension *dimensions;
    mn_front_map objectives[MN_FRONT_MAX_OBJECTIVES];
    int scaled_limit_count;
    mn_front_map *scaled_limits;
    int64_t *scaled_capacities;
    bool one_to_one; /* points are equal where all objectives are: no dimension is there for limits or scaling */
} mn_front_space;

/* MN_INFEASIBLE when a limit alone excludes every network. */
mn_status mn_front_space_make(const mn_front_request *request, mn_error *error, mn_front_space *space);
void mn_front_space_free(mn_front_space *space); /* what it holds */

static inline int64_t mn_front_sum_at(const mn_front_sum *sum, const int64_t *point)
{
    return sum->dimension < 0 ? sum->offset : sum->offset + sum->factor * point[sum->dimension];
}

/* The column's value at a point; at the componentwise minimum of some points, a lower bound of their values. */
int64_t mn_front_map_value(const mn_front_space *space, const mn_front_map *map, const int64_t *point);

#endif
