/* Covariances of many blocks of the same networks: what a block needs of each network is computed once.
 *
 * A posterior covariance is constant + amplitude * shape(distance) + products of the linear kernels - products of whitened covariances with the
 * measurements (Rasmussen, Williams, algorithm 2.1). The last two are one matrix product. */
#ifndef MN_FIT_PROCESS_POINTS_H
#define MN_FIT_PROCESS_POINTS_H

#include "host/fit/process.h"

typedef struct mn_points mn_points;

/* The process must outlive the points; the networks [count][nodes] need not. */
mn_status mn_points_create(const mn_process *process, const uint16_t *networks, uint64_t count, mn_error *error,
                           mn_points **points);
void mn_points_free(mn_points *points);

/* covariance [rows][columns] of networks row .. row + rows - 1 of `left` with column .. column + columns - 1 of `right`, two sets of points of one
 * process; link's scale. Thread-safe. MN_USAGE for blocks of 2^31 rows or columns. */
mn_status mn_points_covariance(const mn_points *left, uint64_t row, uint64_t rows, const mn_points *right,
                               uint64_t column, uint64_t columns, mn_error *error, double *covariance);

#endif
