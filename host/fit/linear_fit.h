/* One metric fitted by a linear model: least squares, ridge, or robust by iterated reweighting.
 *
 * Strength of the ridge: by leave-one-out error over a grid of powers. Robust: Huber's weights first, then (MN_LOSS_BISQUARE) Tukey's; the scale is the
 * median absolute studentised residual times 1.4826 (Huber, Robust Statistics, ch. 7; Holland, Welsch 1977: tuning constants 1.345 and 4.685).
 * Relative: residuals count as shares of the fitted value, as device latencies are judged. */
#ifndef MN_FIT_LINEAR_FIT_H
#define MN_FIT_LINEAR_FIT_H

#include "host/core/cancel.h"
#include "host/fit/averages.h"

typedef enum mn_loss { MN_LOSS_SQUARES, MN_LOSS_HUBER, MN_LOSS_BISQUARE } mn_loss;

typedef struct mn_linear_model {
    int order;   /* of terms; 0: counts alone */
    bool counts; /* of block names over all nodes, not shrunk */
    bool shrink; /* ridge; otherwise no shrinkage */
    bool relative;
    mn_loss loss;
} mn_linear_model;

/* Measured networks of one metric. */
typedef struct mn_samples {
    const mn_table *table;
    const uint16_t *networks;        /* [count][nodes] */
    const double *targets, *weights; /* [count] */
    int count;
    const mn_averages *averages; /* measurements count for their function classes; NULL: for themselves */
    int input_count;
    const double *inputs;    /* [input_count][items] what is known beforehand, as additive tables (inputs.h) */
    const mn_cancel *cancel; /* of a fit to them; NULL: it cannot be stopped */
} mn_samples;

typedef struct mn_linear_fit {
    mn_linear_model model;
    mn_terms *terms;
    int coefficient_count; /* free first */
    double *coefficients;
    double *covariance;    /* [coefficient_count^2], or NULL where it was not asked for */
    double *leave_one_out; /* [count] each network predicted from the others, weights and strength as they are */
    double strength;       /* 0: no ridge */
    double freedom;        /* degrees of freedom spent */
    double
        residual; /* standard deviation of a measurement of weight 1 about the fit, metric's unit; NaN: no degree of freedom left */
} mn_linear_fit;

/* MN_BAD_INPUT names a node and block about which the samples say nothing. */
mn_status mn_linear_check(const mn_samples *samples, const mn_linear_model *model, mn_error *error);

/* Strength 0 needs mn_linear_check before; MN_BAD_INPUT when blocks cannot be told apart. */
mn_status mn_linear_fit_create(const mn_samples *samples, const mn_linear_model *model, bool covariance,
                               mn_error *error, mn_linear_fit **fit);
void mn_linear_fit_free(mn_linear_fit *fit);

/* scratch [coefficient_count] */
double mn_linear_fit_predict(const mn_linear_fit *fit, const uint16_t *network, double *scratch);

/* Value of a linear functional of the coefficients, and its standard error (NaN without covariance or residual). */
double mn_linear_fit_value(const mn_linear_fit *fit, const double *functional, double *standard_error);

/* "additive terms around counts of 5 operations, bisquare on relative error, strength 0.01" */
void mn_linear_fit_describe(const mn_linear_fit *fit, char *text, size_t size);

#endif
