/* Gaussian process over networks: from few measured networks to a mean and a variance for every network.
 *
 * Rasmussen, Williams, Gaussian Processes for Machine Learning, ch. 2 and 5. Covariance: kernel.h on the features of features.h.
 * Hyperparameters maximise the marginal likelihood times their priors. Predictions are on the link's scale (link.h): the caller maps
 * them back with mn_fit_link_inverse. Results depend neither on the number of threads nor on the order of memory. */
#ifndef MN_FIT_PROCESS_H
#define MN_FIT_PROCESS_H

#include "host/fit/kernel.h"
#include "host/fit/link.h"

typedef struct mn_process mn_process;

typedef struct mn_process_options {
    bool choose_link; /* by marginal likelihood among all links that hold the targets; otherwise `link` */
    mn_fit_link link;
    double upper; /* the metric's natural bound (100 for accuracies in %), a candidate of choose_link; NaN: none */
    const mn_kernel *kernel; /* hyperparameters to keep as they are, or to start from; NULL: the defaults */
    bool keep_kernel;        /* take `kernel` as it is */
    double
        constant; /* metric value of networks that compute a constant; NaN: mean of the measured ones, else the lowest target */
    int threads;             /* 0: as many as cores, at most 8 */
    const mn_cancel *cancel; /* of the fit and of all that is asked of the process; NULL: none */
} mn_process_options;

mn_process_options mn_process_default_options(void); /* choose_link, upper 100, no kernel */

/* networks [count][nodes]; targets [count] on the metric's scale; weights [count] > 0 divide the noise variance, or NULL.
 * Networks that compute a constant are set apart. MN_USAGE without LAPACK, or for fewer than 2 networks to fit. The features must
 * outlive the process. */
mn_status mn_process_fit(const mn_features *features, const uint16_t *networks, const double *targets,
                         const double *weights, int count, const mn_process_options *options, mn_error *error,
                         mn_process **process);

/* A process without measurements, for plans: mean 0 and unit target scale. kernel NULL: the defaults. */
mn_status mn_process_prior(const mn_features *features, const mn_kernel *kernel, const mn_cancel *cancel,
                           mn_error *error, mn_process **process);

void mn_process_free(mn_process *process);

/* mean, variance [count] on the link's scale, of the function without noise; variance may be NULL. A constant network's variance
 * is 0. */
mn_status mn_process_predict(const mn_process *process, const uint16_t *networks, uint64_t count, mn_error *error,
                             double *mean, double *variance);

/* covariance [left_count][right_count]: posterior covariance given the measurements (the prior's without), link's scale. */
mn_status mn_process_covariance(const mn_process *process, const uint16_t *left, uint64_t left_count,
                                const uint16_t *right, uint64_t right_count, mn_error *error, double *covariance);

/* combined [sums][count]: each network's posterior covariances with the others times weights [sums][other_count], added up. It takes no
 * solve for each network, which with thousands of measurements is most of mn_process_covariance. */
mn_status mn_process_combine(const mn_process *process, const uint16_t *networks, uint64_t count,
                             const uint16_t *others, int other_count, const double *weights, int sums, mn_error *error,
                             double *combined);

/* Closed form (Rasmussen, Williams, eq. 5.12): prediction of each measurement from the others under the same hyperparameters. mean,
 * variance [count of mn_process_fit], link's scale, variance with noise; NaN at networks that compute a constant. */
mn_status mn_process_leave_one_out(const mn_process *process, mn_error *error, double *mean, double *variance);

const mn_features *mn_process_features(const mn_process *process);
const mn_cancel *mn_process_cancel(const mn_process *process);
double mn_process_noise(const mn_process *process); /* variance of one measurement of weight 1, link's scale */
mn_fit_link mn_process_link(const mn_process *process);
const mn_kernel *mn_process_kernel(const mn_process *process);
double mn_process_evidence(
    const mn_process *process); /* log marginal likelihood of the targets, metric's scale, with priors */

#endif
