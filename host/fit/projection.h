/* Least squares of numbers given for networks onto terms of one to three nodes. */
#ifndef MN_FIT_PROJECTION_H
#define MN_FIT_PROJECTION_H

#include "host/core/cancel.h"
#include "host/core/table.h"

/* Networks that are projected, and where each one lies in each factor. */
typedef struct mn_projection {
    const mn_table *table;
    uint64_t count;
    uint16_t *networks; /* [count][nodes] */
    int factor_count;
    int *sizes;              /* [factors] nodes of each factor */
    int (*nodes)[3];         /* [factors]; MN_DISTILL_FULL has none: its values are the predictions */
    size_t *first;           /* [factors + 1] of a factor's values among all */
    const mn_cancel *cancel; /* NULL: it cannot be stopped */
} mn_projection;

/* All factors of up to `order` nodes, 1 to 3: singles, then pairs, then triples. Frees nothing on failure. */
mn_status mn_projection_list_factors(mn_projection *projection, int order, mn_error *error);

/* CGLS (Paige, Saunders 1982) on the coefficients of orthonormal contrasts: over a complete space these are orthogonal and one iteration
 * does; over networks drawn at random they nearly are, however many values there are. residual [count] goes from the targets, of mean
 * 0, to what the terms do not explain. values [first[factor_count]]: those of a factor over several nodes sum to 0 along each of its
 * nodes. work [2 values + count]. It ends where the gradient is `tolerance` of the first one, or early after a request to stop. Returns the number of
 * iterations. */
int mn_projection_solve(const mn_projection *projection, double tolerance, double *residual, double *values,
                        double *work);

double mn_projection_square(size_t count, const double *numbers); /* sum of squares */

#endif
