/* Weighted ridge regression with free columns: minimises  sum of w (y - a'free - b'columns)^2 + strength |b|^2.
 *
 * Free columns are not shrunk (the mean, counts of operations). Solved by normal equations, or, where there are fewer rows than
 * columns, in their dual form, n x n (Rasmussen, Williams, eq. 2.11 to 2.12): the same answer. Large normal equations are made by BLAS where
 * there is one (lapack.h), small ones never ask for it. Leave-one-out predictions follow
 * from the slacks 1 - h without another fit (Golub, Heath, Wahba, Technometrics 21, 1979: the PRESS residual e / (1 - h)). */
#ifndef MN_FIT_REGRESSION_H
#define MN_FIT_REGRESSION_H

#include "host/core/cancel.h"

typedef struct mn_design {
    int rows, free_columns, columns;
    const double *free;      /* [rows][free_columns] */
    const double *x;         /* [rows][columns] */
    const mn_cancel *cancel; /* after a request slacks are left unfinished; NULL: none */
} mn_design;

typedef struct mn_regression mn_regression;

/* The design must outlive the regression. */
mn_status mn_regression_create(const mn_design *design, mn_error *error, mn_regression **regression);
void mn_regression_free(mn_regression *regression);

/* weights [rows] > 0 (0: the row does not count); NULL: all 1. */
void mn_regression_weigh(mn_regression *regression, const double *weights);

/* Fits targets [rows] at the present weights. False when the coefficients are not determined: strength 0, or free columns that depend on
 * each other. */
bool mn_regression_solve(mn_regression *regression, const double *targets, double strength);

/* What the last fit says: [free_columns + columns], [rows], [rows]. */
const double *mn_regression_coefficients(const mn_regression *regression);
const double *mn_regression_fitted(const mn_regression *regression);
/* 1 - h of each row, h being the share of its own target in its fitted value; found when first asked for. The sum of h is the degrees of
 * freedom. (1 - h, since it keeps its digits where h is nearly 1.) */
const double *mn_regression_slack(mn_regression *regression);

/* covariance [(free + columns)^2] of the coefficients for residuals of variance 1, at the weights and strength of the last fit. It holds the prior of the
 * shrunk ones. False when not determined. */
bool mn_regression_covariance(const mn_regression *regression, double *covariance);

#endif
