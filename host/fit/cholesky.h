/* Cholesky factors of small symmetric matrices, without a library: what few-parameter regressions need. */
#ifndef MN_FIT_CHOLESKY_H
#define MN_FIT_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

/* Upper factor R with a = R'R in place of a [n][n], of which the upper triangle is read and the lower one left. `pivot` (may be
 * NULL) becomes the first row whose pivot is below 1e-11 of its diagonal, when the result is false: not positive definite. */
bool mn_cholesky(double *a, int n, int *pivot);

/* b [n]: solves R'x = b, R x = b. */
void mn_cholesky_forward(const double *r, int n, double *b);
void mn_cholesky_backward(const double *r, int n, double *b);

/* inverse [n][n], symmetric, of a = R'R. */
void mn_cholesky_inverse(const double *r, int n, double *inverse);

#endif
