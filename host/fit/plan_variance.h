/* Greedy choice of the points whose measurement leaves the least mean variance (IMSE: integrated mean squared error; Sacks, Welch,
 * Mitchell, Wynn, Statistical Science 4, 1989).
 *
 * Measuring x changes the covariance of y and z from C(y, z) to C(y, z) - C(y, x) C(x, z) / (C(x, x) + noise). So x lowers the mean variance by
 * G(x) / (C(x, x) + noise), G(x) = sum over y of w(y) C(x, y)^2. The covariances at the beginning are kept; each choice adds a vector v =
 * C(x, .) / sqrt(C(x, x) + noise), from which the present G and variances follow in one pass over the kept matrix. */
#ifndef MN_FIT_PLAN_VARIANCE_H
#define MN_FIT_PLAN_VARIANCE_H

#include "host/core/cancel.h"

/* Covariances, before any choice, of the points row .. row + rows - 1 with column .. column + columns - 1: block [rows][columns]. Called
 * from several threads at once. */
typedef mn_status mn_covariance_block(const void *context, uint64_t row, uint64_t rows, uint64_t column,
                                      uint64_t columns, mn_error *error, double *block);

typedef struct mn_variance_problem {
    mn_covariance_block *covariance;
    const void *context;
    uint64_t candidates; /* points 0 .. candidates - 1 may be chosen ... */
    uint64_t
        evaluations; /* ... and the first so many of them are what the mean is over; 1 <= evaluations <= candidates */
    const double *weights; /* [evaluations] of the mean */
    const bool *excluded;  /* [candidates] may not be chosen; NULL: none */
    double noise;          /* variance of a measurement */
    int threads;
    const mn_cancel *cancel;
    uint64_t count; /* points to choose; so many are not excluded */
} mn_variance_problem;

/* chosen [count]; mean_variance [count + 1]: before and after each choice. Of equal gains the first point is chosen. */
mn_status mn_variance_choose(const mn_variance_problem *problem, mn_error *error, uint64_t *chosen,
                             double *mean_variance);

#endif
