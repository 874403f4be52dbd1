/* Covariance of two networks: constant + linear kernel + amplitude * shape(sum over groups of weight * squared distance).
 *
 * Rasmussen, Williams, Gaussian Processes for Machine Learning, ch. 4 and 5. Parameters are logarithms; the order is linear,
 * amplitude, noise, weights of the groups. All is in units of the standardised target (mean 0, variance 1). */
#ifndef MN_FIT_KERNEL_H
#define MN_FIT_KERNEL_H

#include "host/fit/features.h"
#include "host/fit/lapack.h"

enum { MN_KERNEL_PARAMETERS = 3 + MN_FEATURE_GROUPS };
enum { MN_KERNEL_LINEAR, MN_KERNEL_AMPLITUDE, MN_KERNEL_NOISE, MN_KERNEL_WEIGHTS };

typedef struct mn_kernel {
    int group_count, column_count;
    mn_feature_group groups[MN_FEATURE_GROUPS];
    double log_parameters[MN_KERNEL_PARAMETERS]; /* 3 + group_count */
} mn_kernel;

/* Parameters at the means of their priors. */
void mn_kernel_default(const mn_features *features, mn_kernel *kernel);

/* covariance [left_count][right_count], row by row, of feature rows; without noise. */
mn_status mn_kernel_covariance(const mn_kernel *kernel, const double *left, int left_count, const double *right,
                               int right_count, const mn_lapack *lapack, mn_error *error, double *covariance);

/* variance [count]: the covariance of each row with itself. */
void mn_kernel_variance(const mn_kernel *kernel, const double *rows, int count, double *variance);

/* Minus the logarithm of the marginal likelihood times the priors of the parameters, and its gradient by the parameters.
 * rows [count][columns]; targets [count]; noise [count]: factor of the noise variance of each target. */
typedef struct mn_evidence mn_evidence;
mn_status mn_evidence_create(const mn_kernel *kernel, const double *rows, const double *noise, int count,
                             const mn_lapack *lapack, mn_error *error, mn_evidence **evidence);
void mn_evidence_free(mn_evidence *evidence);
/* INFINITY when the covariance is not positive definite; gradient may be NULL. */
double mn_evidence_evaluate(mn_evidence *evidence, const double *targets, const double *log_parameters, double *gradient);

#endif
