/* LAPACK and BLAS, loaded when first needed: the command starts without them, and only what needs them asks for them.
 *
 * libopenblas.so.0, else liblapack.so.3 with whatever BLAS it brings; the Fortran interface with 32-bit integers, column-major. One
 * thread inside the library: callers share out blocks of fixed size, so that results do not depend on the number of threads. */
#ifndef MN_FIT_LAPACK_H
#define MN_FIT_LAPACK_H

#include <stdbool.h>

#include "host/core/error.h"

typedef struct mn_lapack mn_lapack;

/* NULL, with a sentence that says what to install, when there is none. Thread-safe; never freed. */
const mn_lapack *mn_lapack_load(mn_error *error);

/* Lower Cholesky factor in place, the upper triangle left as it was; false when the matrix is not positive definite. */
bool mn_lapack_cholesky(const mn_lapack *lapack, int n, double *a, int stride);

/* Lower triangle of the inverse in place, from the lower Cholesky factor. */
bool mn_lapack_cholesky_inverse(const mn_lapack *lapack, int n, double *factor, int stride);

/* b [n x columns]: solves with the lower factor (transposed false: L x = b; true: L' x = b). */
void mn_lapack_solve_lower(const mn_lapack *lapack, bool transposed, int n, int columns, const double *factor,
                           int stride, double *b, int b_stride);

/* c [m x n] = alpha op(a) op(b) + beta c, inner dimension k. */
void mn_lapack_multiply(const mn_lapack *lapack, bool transpose_a, bool transpose_b, int m, int n, int k, double alpha,
                        const double *a, int a_stride, const double *b, int b_stride, double beta, double *c,
                        int c_stride);

/* Lower triangle of c [n x n] = a a' + beta c, a [n x k]. */
void mn_lapack_add_squares(const mn_lapack *lapack, int n, int k, const double *a, int a_stride, double beta, double *c,
                           int c_stride);

#endif
