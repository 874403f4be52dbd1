/* The items of a relaxation in vector order, and the two loops over all of them that a step of the simplex needs.
 *
 * Eight nodes share a register, one node a lane; the j-th items of these nodes are one vector. So comparing the items of a node
 * needs no exchange between lanes. Nodes are sorted by their number of items, so that few lanes are empty. */
#ifndef MN_SOLVER_RELAXATION_LANES_H
#define MN_SOLVER_RELAXATION_LANES_H

#include <stdbool.h>
#include <stddef.h>

enum { MN_REALS = 8 };

typedef double mn_reals __attribute__((vector_size(MN_REALS * sizeof(double))));

#define MN_REAL_NEVER (-1e30) /* score of what is not allowed, and of empty lanes */
#define MN_REAL_FAR 1e20      /* a breakpoint that does not exist */

/* A place is group * MN_REALS + lane. */
typedef struct mn_relaxation_lanes {
    int group_count, row_count;
    int *group_begin; /* [groups + 1] first vector of each group */
    mn_reals *weight; /* [vectors][rows] */
    mn_reals *score;  /* [vectors] MN_REAL_NEVER: not allowed */
    mn_reals *value;  /* [vectors] score - L.weight */
    mn_reals *slope;  /* [vectors] ray.weight */
    int *key;         /* [places] */
    double *first;    /* [places] where along the ray another item overtakes the key; MN_REAL_FAR: nowhere */
    int *first_item;  /* [places] which one */
} mn_relaxation_lanes;

/* Values under the multipliers, and for each place its best item in first_item. */
void mn_relaxation_lanes_evaluate(mn_relaxation_lanes *lanes, const double *multipliers);

/* Values advance by `step` along the last ray; then slopes and breakpoints of the new one. */
void mn_relaxation_lanes_ray(mn_relaxation_lanes *lanes, double step, const double *ray);

static inline size_t mn_relaxation_vector(const mn_relaxation_lanes *lanes, int place, int item)
{
    return (size_t)(lanes->group_begin[place / MN_REALS] + item);
}

#endif
