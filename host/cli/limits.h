/* The limit vectors of a sweep: the product of --grid's, or the rows of --limits FILE. */
#ifndef MN_CLI_LIMITS_H
#define MN_CLI_LIMITS_H

#include "host/cli/cli.h"

typedef struct sweep_grid {
    int64_t low, high; /* multiples */
    uint64_t count;
} sweep_grid;

/* The varying limits are the solver's limits first .. first + count - 1; those before are --limit's and do not vary. */
typedef struct sweep_limits {
    int first, count;
    uint64_t rows;
    sweep_grid *grids; /* [count], or NULL: from a file */
    int64_t *values;   /* [rows][count], or NULL: a grid */
} sweep_limits;

/* Adds the varying limits to the solver. */
mn_status limits_read(cli *c, mn_solver *solver, sweep_limits *limits);
void limits_free(sweep_limits *limits);

int64_t limits_value(const sweep_limits *limits, uint64_t row, int limit); /* multiples, or MN_NO_LIMIT */

#endif
