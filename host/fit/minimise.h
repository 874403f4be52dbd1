/* Unconstrained minimum of a smooth function of some numbers: L-BFGS with backtracking (Nocedal, Wright, Numerical Optimization, ch. 7). */
#ifndef MN_FIT_MINIMISE_H
#define MN_FIT_MINIMISE_H

#include "host/core/cancel.h"

/* The function's value at x [n], its gradient into gradient [n]; INFINITY where it is not defined. */
typedef double mn_function(void *context, const double *x, double *gradient);

typedef struct mn_minimise_options {
    int iterations;
    double tolerance;        /* of the largest component of the gradient */
    double step;             /* no component moves by more at a time */
    const mn_cancel *cancel; /* NULL: it cannot be stopped */
} mn_minimise_options;

/* x [n] goes from the start to the minimum found. Deterministic. */
mn_status mn_minimise(mn_function *function, void *context, int n, const mn_minimise_options *options, mn_error *error,
                      double *x, double *value);

#endif
