/* Covariance of two networks: constant + sum over groups of linear kernels + amplitude * shape(sum over groups of weight * squared
 * distance).
 *
 * Rasmussen, Williams, Gaussian Processes for Machine Learning, ch. 4 and 5. Parameters are logarithms, each with a normal prior, in
 * units of the standardised target (mean 0, variance 1). */
#ifndef MN_FIT_KERNEL_H
#define MN_FIT_KERNEL_H

#include "host/fit/features.h"
#include "host/fit/lapack.h"

/* Places of the parameters: weight and linear variance of group g at MN_KERNEL_GROUPS + 2 g and + 1. */
enum { MN_KERNEL_AMPLITUDE, MN_KERNEL_NOISE, MN_KERNEL_GROUPS };
enum { MN_KERNEL_PARAMETERS = MN_KERNEL_GROUPS + 2 * MN_FEATURE_GROUPS };

static inline int mn_kernel_weight(int group)
{
    return MN_KERNEL_GROUPS + 2 * group;
}

static inline int mn_kernel_linear(int group)
{
    return MN_KERNEL_GROUPS + 2 * group + 1;
}

typedef enum mn_kernel_shape {
    MN_SHAPE_GAUSS,   /* exp(-d/2) of the squared distance d */
    MN_SHAPE_MATERN_5 /* Matern with smoothness 5/2 */
} mn_kernel_shape;

typedef struct mn_kernel {
    mn_kernel_shape shape;
    int column_count, group_count, parameter_count;
    mn_feature_group groups[MN_FEATURE_GROUPS];
    double parameters[MN_KERNEL_PARAMETERS];
    double prior_mean[MN_KERNEL_PARAMETERS], prior_deviation[MN_KERNEL_PARAMETERS];
} mn_kernel;

/* Parameters at the means of their priors. */
mn_kernel mn_kernel_default(const mn_features *features);

/* covariance [left_count][right_count] of feature rows, the right one fastest; without noise. */
mn_status mn_kernel_covariance(const mn_kernel *kernel, const mn_lapack *lapack, const double *left, int left_count,
                               const double *right, int right_count, mn_error *error, double *covariance);

/* The steps of that. scaled [count][columns]: rows whose inner products are the weighted ones (weights of the groups), or with `linear` the
 * covariance of the linear kernels. inner [left_count][right_count]: from such inner products to constant + amplitude * shape, squares being those
 * of each row with itself. */
void mn_kernel_scale_rows(const mn_kernel *kernel, bool linear, const double *rows, int count, double *scaled);
void mn_kernel_shapes(const mn_kernel *kernel, const double *left_squares, int left_count, const double *right_squares,
                      int right_count, double *inner);

/* variance [count]: the covariance of each row with itself. */
void mn_kernel_variance(const mn_kernel *kernel, const double *rows, int count, double *variance);

/* The evidence: logarithm of the marginal likelihood of standardised targets times the priors of the parameters (constants left
 * out of the priors only). */
typedef struct mn_evidence mn_evidence;

/* rows [count][columns]; noise [count]: factor of each target's noise variance. */
mn_status mn_evidence_create(const mn_kernel *kernel, const mn_lapack *lapack, const double *rows, const double *noise,
                             int count, mn_error *error, mn_evidence **evidence);
void mn_evidence_free(mn_evidence *evidence);

/* targets [count] are read at every evaluation. */
void mn_evidence_set_targets(mn_evidence *evidence, const double *targets);

/* Minus the evidence and its gradient [parameter_count]: an mn_function. INFINITY when the covariance is not positive definite. */
double mn_evidence_evaluate(void *evidence, const double *parameters, double *gradient);

#endif
