/* The dynamic program: for every state of the diagram, the suffixes that no other suffix of that state dominates. */
#ifndef MN_SOLVER_FRONT_BUILD_H
#define MN_SOLVER_FRONT_BUILD_H

#include "solver/front_grid.h"
#include "solver/front_space.h"
#include "solver/front_word.h"

/* The front of one state. A point is one word (packed) or one number a dimension. `ids` tell where a point came from: its rank among
 * the candidates, which are listed block by block, each with the points of the next state in their order. */
typedef struct mn_front_list {
    uint64_t count;
    uint64_t *cells;                  /* [count][width] */
    uint32_t *ids;                    /* [count]; NULL when the space is not one-to-one */
    uint64_t largest[MN_WORD_FIELDS]; /* coordinates, of the first dimensions */
} mn_front_list;

typedef struct mn_front_build {
    const mn_front_request *request;
    mn_front_space space;
    bool packed;
    mn_word_layout layout; /* when packed */
    int width;             /* cells of a point */
    mn_budget budget;
    mn_front_list *lists; /* [space.state_count]; only state 0's cells are left when the space is one-to-one */
    uint64_t *tile;       /* some candidates of one block */
    mn_grid grid;
    mn_words work; /* candidates of the state being built, with `width` cells a point */
    mn_staircase stairs;
    mn_error *error;
} mn_front_build;

/* Builds all fronts. The caller frees `build` in every case. */
mn_status mn_front_build_make(const mn_front_request *request, mn_error *error, mn_front_build *build);
void mn_front_build_free(mn_front_build *build); /* what it holds */

/* The sentence for an allocation that failed: the bound, or the machine's memory. */
mn_status mn_front_build_no_memory(mn_front_build *build);

static inline mn_front_list *mn_front_list_of(const mn_front_build *build, int layer, int state)
{
    return &build->lists[build->space.first_state[layer] + state];
}

static inline void mn_front_point(const mn_front_build *build, const uint64_t *cells, int64_t *point)
{
    for (int k = 0; k < build->space.dimension_count; k++)
        point[k] = (int64_t)(build->packed ? mn_word_field(&build->layout, cells[0], k) : cells[k]);
}

/* Networks of the root's points `order[0 .. count)`, by following ids; choices [count][node_count]. */
mn_status mn_front_networks_by_parents(mn_front_build *build, const uint32_t *order, uint64_t count, uint16_t *choices);

/* The lexicographically smallest network that keeps the limits and reaches each value vector, values [count][objective_count]; for
 * spaces that are not one-to-one. */
mn_status mn_front_networks_by_search(mn_front_build *build, const int64_t *values, uint64_t count, uint16_t *choices);

/* For rules outside the diagram: enumerates. */
mn_status mn_front_enumerate(const mn_front_request *request, mn_error *error, mn_front_points *points);

/* Order of rows sorted lexicographically, into order [count]; false when memory ran out. */
bool mn_front_sort(const int64_t *values, uint64_t count, int dimension_count, uint32_t *order, mn_budget *budget);

#endif
