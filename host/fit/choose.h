/* The method of one metric: the one asked for, or the one that predicts best what it was not fitted to.
 *
 * Cross-validation over the measured networks alone: ten folds (as many as networks below 20), the same for every candidate; of more than
 * MN_CHOOSE_ROWS networks so many, drawn at random, decide; of MN_CHOOSE_PLENTY or more of a space of MN_CHOOSE_WIDE blocks, two of the folds alone are predicted, 200 networks and more. Loss for metrics of
 * which less is better and that are positive (latency, energy): mean error relative to the measurement, each held at 30 %, so that a wild
 * measurement counts once; for others: 1 - Kendall's tau-b, since a table is there to order networks. */
#ifndef MN_FIT_CHOOSE_H
#define MN_FIT_CHOOSE_H

#include "host/fit/fitted.h"
#include "host/fit/linear_fit.h"
#include "host/fit/process_fit.h"

enum { MN_CHOOSE_ROWS = 2000, MN_CHOOSE_PLENTY = 1000, MN_CHOOSE_WIDE = 100 };

typedef enum mn_fit_method {
    MN_FIT_CHOOSE,
    MN_FIT_PAPER,
    MN_FIT_LEAST_SQUARES,
    MN_FIT_RIDGE,
    MN_FIT_ROBUST,
    MN_FIT_PROCESS,
    MN_FIT_METHODS
} mn_fit_method;

extern const char *const mn_fit_method_names[MN_FIT_METHODS]; /* [0]: NULL */

/* By default additive, and for the process one term over all nodes where a table holds it. */
typedef enum mn_fit_terms {
    MN_FIT_ADDITIVE,
    MN_FIT_PAIRS,
    MN_FIT_TRIPLES,
    MN_FIT_FULL,
    MN_FIT_TERMS,
    MN_FIT_DEFAULT_TERMS = MN_FIT_TERMS
} mn_fit_terms;

extern const char *const mn_fit_terms_names[MN_FIT_TERMS];

typedef enum mn_fit_scale { MN_FIT_UNSCALED, MN_FIT_RECIPROCAL, MN_FIT_POWER } mn_fit_scale;

typedef struct mn_metric_request {
    const mn_samples *samples;
    const char *metric; /* its name, for sentences */
    bool higher_is_better;
    double repeat_variance; /* of one measurement; NaN: not known */
    mn_fit_method method;
    mn_fit_terms terms;
    const mn_features *features; /* of the process; NULL: there is none */
    mn_fit_scale scale;          /* with MN_FIT_PAPER */
    const double *capability;    /* [samples] FLOPs, for the scale */
    double mean_capability;      /* of the space */
    double upper;                /* natural bound of the metric; NaN: none */
    double chance;               /* value of networks whose output is constant; NaN: not known */
    int threads;
} mn_metric_request;

/* terms: those of the outcome. */
mn_status mn_fit_one_metric(const mn_metric_request *request, mn_error *error, mn_fitted **fitted, mn_fit_terms *terms);

#endif
