/* Exact hypervolume of a set of points: the volume that they dominate within a reference point. */
#ifndef MN_SOLVER_HYPERVOLUME_H
#define MN_SOLVER_HYPERVOLUME_H

#include "host/core/error.h"
#include "solver/control.h"

/* points     [count][dimension_count], minimised, 2 to 4 dimensions, count < 2^31; dominated and equal points are fine
 * reference  [dimension_count]; points not below it in every dimension contribute nothing
 * control    may be NULL: checked in four dimensions, where the time is quadratic in the count
 * decimal    receives the volume as decimal digits, in products of the coordinates' units; the caller frees it
 * MN_USAGE: another number of dimensions. */
mn_status mn_hypervolume(const int64_t *points, uint64_t count, int dimension_count, const int64_t *reference,
                         const mn_control *control, mn_error *error, char **decimal);

#endif
