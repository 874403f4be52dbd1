/* What every method gives: one metric's table, in doubles, with standard errors.
 *
 * The effects of a node's blocks sum to 0 and the base is the mean of the space (but for the paper's differences, whose base is the
 * reference network), so that base and values are nearly independent. */
#ifndef MN_FIT_FITTED_H
#define MN_FIT_FITTED_H

#include "host/core/table.h"
#include "host/fit/link.h"

/* Values of a term over two nodes and more; the last node's block changes fastest. */
typedef struct mn_fitted_factor {
    int node_count;
    int *nodes; /* ascending */
    size_t value_count;
    double *values, *errors; /* [value_count] */
} mn_fitted_factor;

typedef struct mn_fitted {
    mn_fit_link link; /* base, values, factors and errors are on its scale */
    double base, base_error;
    double *values, *errors; /* [items]; an error that is not known is NaN */
    int factor_count;
    mn_fitted_factor *factors;
    double exponent; /* of the capability scaling; 0: none */
    double residual; /* standard deviation of a measurement about the fit; NaN: not known */

    const char *method;
    char model[256]; /* in words */
    int parameters;
    double freedom;
    double *leave_one_out; /* [samples] predictions, or NULL where the method has none */
    double loss;           /* of the cross-validation; NaN: there was none */
} mn_fitted;

/* An empty one for the table's items; NULL when memory ran out. */
mn_fitted *mn_fitted_new(const mn_table *table);
void mn_fitted_free(mn_fitted *fitted);

#endif
