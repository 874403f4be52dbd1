/* A first, coarse filter of candidates. Most candidates of a state are dominated by far, and sorting them is most of the work; so space is
 * cut into a grid over all dimensions but the last, each cell learns the smallest last coordinate of the points in it, then of the points
 * in the cells below in every direction. A candidate that is no smaller than that is dominated. Two passes over candidates that are
 * made twice and never stored. */
#ifndef MN_SOLVER_FRONT_GRID_H
#define MN_SOLVER_FRONT_GRID_H

#include "solver/front_word.h"

enum { MN_GRID_AXES = MN_WORD_FIELDS - 1 };

typedef struct mn_grid {
    int axis_count; /* 0: no grid, everything passes */
    int axis_shift[MN_GRID_AXES], value_shift;
    uint32_t stride[MN_GRID_AXES], above; /* above: from the cell that is asked to the one that is marked */
    uint64_t cell_count;
    uint32_t *cells; /* [2^MN_GRID_BITS and the margins], UINT32_MAX: no point */
} mn_grid;

bool mn_grid_create(mn_grid *grid, mn_budget *budget);
void mn_grid_free(mn_grid *grid, mn_budget *budget);

/* Lays an empty grid for about `candidates` points with coordinates up to largest[0 .. dimension_count). */
void mn_grid_lay(mn_grid *grid, const uint64_t *largest, int dimension_count, uint64_t candidates);

/* After the last mark, before the first question. */
void mn_grid_spread(mn_grid *grid);

static inline uint32_t mn_grid_cell(const mn_grid *grid, const uint64_t *coordinates)
{
    uint32_t cell = 0;
    for (int axis = 0; axis < grid->axis_count; axis++)
        cell += (uint32_t)(coordinates[axis] >> grid->axis_shift[axis]) * grid->stride[axis];
    return cell;
}

/* The last coordinate is rounded up when marked and down when asked. */
static inline void mn_grid_mark(mn_grid *grid, const uint64_t *coordinates)
{
    uint32_t *cell = &grid->cells[mn_grid_cell(grid, coordinates) + grid->above];
    const uint64_t round_up = ((uint64_t)1 << grid->value_shift) - 1;
    const uint32_t value = (uint32_t)((coordinates[grid->axis_count] + round_up) >> grid->value_shift);
    *cell = value < *cell ? value : *cell;
}

static inline bool mn_grid_passes(const mn_grid *grid, const uint64_t *coordinates)
{
    return grid->cells[mn_grid_cell(grid, coordinates)] > (uint32_t)(coordinates[grid->axis_count] >> grid->value_shift);
}

#endif
