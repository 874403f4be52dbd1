/* A first, coarse filter of candidates. Most candidates of a state are dominated by far, and sorting them is most of the work; so space is
 * cut into a grid over all dimensions but the last, each cell learns the smallest last coordinate of the points in it, then of the points
 * in the cells below in every direction. A candidate that is no smaller than that is dominated. Two passes over candidates that are
 * made twice and never stored. */
#ifndef MN_SOLVER_FRONT_GRID_H
#define MN_SOLVER_FRONT_GRID_H

#include "solver/front_word.h"

enum { MN_GRID_AXES = MN_WORD_FIELDS - 1, MN_GRID_FRACTION = 16 };

/* Where a coordinate lies in a point's cells. */
typedef struct mn_grid_field {
    int column, shift;
    uint64_t mask;
    uint64_t largest; /* the coordinate is at most this */
} mn_grid_field;

/* Axes that are not used have stride 0. Along an axis the place is coordinate >> (shift - field's shift) * step >> MN_GRID_FRACTION. */
typedef struct mn_grid {
    bool used; /* false: no grid, everything passes */
    int column[MN_GRID_AXES], shift[MN_GRID_AXES];
    uint64_t mask[MN_GRID_AXES];
    uint32_t step[MN_GRID_AXES], stride[MN_GRID_AXES];
    mn_grid_field value;
    int value_shift;
    uint32_t above; /* from the cell that is asked to the one that is marked */
    uint32_t cell_count;
    uint32_t *cells; /* UINT32_MAX: no point */
    uint64_t capacity;
} mn_grid;

void mn_grid_free(mn_grid *grid, mn_budget *budget);

/* Lays an empty grid for about `candidates` points of `field_count` coordinates; unused when that would not pay or memory is short. */
void mn_grid_lay(mn_grid *grid, const mn_grid_field *fields, int field_count, uint64_t candidates, mn_budget *budget);

/* Points are [count][width]. */
void mn_grid_mark(mn_grid *grid, const uint64_t *points, int width, int count);

/* After the last mark, before the first question. */
void mn_grid_spread(mn_grid *grid);

/* Whether each point may be undominated. */
void mn_grid_pass(const mn_grid *grid, const uint64_t *points, int width, int count, bool *passes);

#endif
