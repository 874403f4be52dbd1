#include "solver/front_grid.h"

enum {
    GRID_BITS = 18,          /* of cells at most: 1 MiB, for the second-level cache */
    MARGIN = 1 << (GRID_BITS - 1),
    FEWEST_CANDIDATES = 512, /* fewer are sorted sooner than filtered */
    VALUE_BITS = 31
};

bool mn_grid_create(mn_grid *grid, mn_budget *budget)
{
    *grid = (mn_grid){.cells = mn_budget_allocate(budget, (1 << GRID_BITS) + MARGIN, sizeof(uint32_t))};
    return grid->cells != NULL;
}

void mn_grid_free(mn_grid *grid, mn_budget *budget)
{
    mn_budget_free(budget, grid->cells);
    *grid = (mn_grid){0};
}

static int bits_of(uint64_t largest)
{
    return largest ? 64 - __builtin_clzll(largest) : 0;
}

void mn_grid_lay(mn_grid *grid, const uint64_t *largest, int dimension_count, uint64_t candidates)
{
    grid->axis_count = 0;
    if (dimension_count < 2 || dimension_count > MN_GRID_AXES + 1 || candidates < FEWEST_CANDIDATES)
        return;
    const int axes = grid->axis_count = dimension_count - 1;
    int total_bits = bits_of(candidates) - 2;
    total_bits = total_bits > GRID_BITS ? GRID_BITS : total_bits;
    uint32_t stride = 1;
    grid->above = 0;
    for (int axis = 0; axis < axes; axis++) {
        const int bits = bits_of(largest[axis]), axis_bits = total_bits / axes;
        grid->axis_shift[axis] = bits > axis_bits ? bits - axis_bits : 0;
        grid->stride[axis] = stride;
        grid->above += stride;
        stride *= (uint32_t)(largest[axis] >> grid->axis_shift[axis]) + 2; /* one more below: a margin without points */
    }
    grid->cell_count = stride;
    const int value_bits = bits_of(largest[axes]);
    grid->value_shift = value_bits > VALUE_BITS ? value_bits - VALUE_BITS : 0;
    memset(grid->cells, 0xFF, grid->cell_count * sizeof *grid->cells);
}

void mn_grid_spread(mn_grid *grid)
{
    for (int axis = 0; axis < grid->axis_count; axis++) {
        const uint64_t stride = grid->stride[axis];
        const uint64_t period = axis + 1 < grid->axis_count ? grid->stride[axis + 1] : grid->cell_count;
        for (uint64_t begin = 0; begin < grid->cell_count; begin += period)
            for (uint64_t i = begin + stride; i < begin + period; i++)
                grid->cells[i] = grid->cells[i] < grid->cells[i - stride] ? grid->cells[i] : grid->cells[i - stride];
    }
}
