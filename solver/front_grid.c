#include "solver/front_grid.h"

enum {
    MOST_CELL_BITS = 21,
    FEWEST_CANDIDATES = 512, /* fewer are sorted sooner than filtered */
    VALUE_BITS = 31,
    STEP = 256 /* points located at a time */
};

void mn_grid_free(mn_grid *grid, mn_budget *budget)
{
    mn_budget_free(budget, grid->cells);
    *grid = (mn_grid){0};
}

static int bits_of(uint64_t largest)
{
    return largest ? 64 - __builtin_clzll(largest) : 0;
}

/* The largest side whose power `axes` is no larger than `cells`. */
static uint32_t side_of(uint64_t cells, int axes)
{
    uint64_t side = 1, power;
    do {
        side++;
        power = 1;
        for (int axis = 0; axis < axes; axis++)
            power *= side;
    } while (power <= cells);
    return (uint32_t)side - 1;
}

static bool reserve_cells(mn_grid *grid, uint64_t count, mn_budget *budget)
{
    if (count <= grid->capacity)
        return true;
    mn_budget_free(budget, grid->cells);
    grid->cells = mn_budget_allocate(budget, 2 * count, sizeof *grid->cells);
    grid->capacity = grid->cells ? 2 * count : 0;
    budget->passed = false; /* the filter can be done without */
    return grid->cells != NULL;
}

void mn_grid_lay(mn_grid *grid, const mn_grid_field *fields, int field_count, uint64_t candidates, mn_budget *budget)
{
    const int axes = field_count - 1;
    grid->used = false;
    if (axes < 1 || axes > MN_GRID_AXES || candidates < FEWEST_CANDIDATES)
        return;
    const uint64_t most = (uint64_t)1 << MOST_CELL_BITS, wanted = axes == 3 ? candidates : candidates / 4;
    const uint32_t side = side_of(wanted < most ? wanted : most, axes);
    uint64_t stride = 1;
    grid->above = 0;
    for (int axis = 0; axis < MN_GRID_AXES; axis++) {
        grid->column[axis] = grid->shift[axis] = 0;
        grid->mask[axis] = grid->step[axis] = grid->stride[axis] = 0;
        if (axis >= axes)
            continue;
        const mn_grid_field *field = &fields[axis];
        const int drop = bits_of(field->largest) > MN_GRID_FRACTION ? bits_of(field->largest) - MN_GRID_FRACTION : 0;
        const uint64_t reach = (field->largest >> drop) + 1, one = 1 << MN_GRID_FRACTION;
        grid->column[axis] = field->column;
        grid->shift[axis] = field->shift + drop;
        grid->mask[axis] = field->mask >> drop;
        grid->step[axis] = (uint32_t)(reach <= side ? one : side * one / reach);
        grid->stride[axis] = (uint32_t)stride;
        grid->above += (uint32_t)stride;
        stride *= (reach <= side ? reach : side) + 1; /* one more below: a margin without points */
    }
    grid->value = fields[axes];
    grid->value_shift = bits_of(fields[axes].largest) > VALUE_BITS ? bits_of(fields[axes].largest) - VALUE_BITS : 0;
    grid->cell_count = (uint32_t)stride;
    grid->used = reserve_cells(grid, stride, budget);
    if (grid->used)
        memset(grid->cells, 0xFF, stride * sizeof *grid->cells);
}

/* Cells and last coordinates of at most STEP points; axis by axis, so that the loops become vector instructions. */
static void locate(const mn_grid *grid, const uint64_t *points, int width, int count, uint32_t *cells, uint64_t *values)
{
    memset(cells, 0, sizeof *cells * (size_t)count);
    for (int axis = 0; axis < MN_GRID_AXES && grid->stride[axis]; axis++) {
        const uint64_t *column = points + grid->column[axis], mask = grid->mask[axis];
        const int shift = grid->shift[axis];
        const uint32_t step = grid->step[axis], stride = grid->stride[axis];
        for (int i = 0; i < count; i++)
            cells[i] += ((uint32_t)(column[(size_t)i * width] >> shift & mask) * step >> MN_GRID_FRACTION) * stride;
    }
    const uint64_t *column = points + grid->value.column;
    for (int i = 0; i < count; i++)
        values[i] = column[(size_t)i * width] >> grid->value.shift & grid->value.mask;
}

/* The last coordinate is rounded up when marked and down when asked. */
void mn_grid_mark(mn_grid *grid, const uint64_t *points, int width, int count)
{
    const uint64_t round_up = ((uint64_t)1 << grid->value_shift) - 1;
    uint32_t cells[STEP];
    uint64_t values[STEP];
    for (int begin = 0; begin < count; begin += STEP) {
        const int size = count - begin < STEP ? count - begin : STEP;
        locate(grid, points + (size_t)begin * width, width, size, cells, values);
        for (int i = 0; i < size; i++) {
            uint32_t *cell = &grid->cells[cells[i] + grid->above];
            const uint32_t value = (uint32_t)((values[i] + round_up) >> grid->value_shift);
            *cell = value < *cell ? value : *cell;
        }
    }
}

void mn_grid_pass(const mn_grid *grid, const uint64_t *points, int width, int count, bool *passes)
{
    uint32_t cells[STEP];
    uint64_t values[STEP];
    for (int begin = 0; begin < count; begin += STEP) {
        const int size = count - begin < STEP ? count - begin : STEP;
        locate(grid, points + (size_t)begin * width, width, size, cells, values);
        for (int i = 0; i < size; i++)
            passes[begin + i] = grid->cells[cells[i]] > (uint32_t)(values[i] >> grid->value_shift);
    }
}

void mn_grid_spread(mn_grid *grid)
{
    for (int axis = 0; axis < MN_GRID_AXES && grid->stride[axis]; axis++) {
        const uint32_t stride = grid->stride[axis];
        const bool last = axis + 1 == MN_GRID_AXES || grid->stride[axis + 1] == 0;
        const uint32_t period = last ? grid->cell_count : grid->stride[axis + 1];
        for (uint32_t begin = 0; begin < grid->cell_count; begin += period)
            for (uint32_t i = begin + stride; i < begin + period; i++)
                grid->cells[i] = grid->cells[i] < grid->cells[i - stride] ? grid->cells[i] : grid->cells[i - stride];
    }
}
