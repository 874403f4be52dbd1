/* What the parts of the process know of each other: fit (process.c), predictions (process_predict.c), covariances (process_points.c). */
#ifndef MN_FIT_PROCESS_PARTS_H
#define MN_FIT_PROCESS_PARTS_H

#include "host/core/cancel.h"
#include "host/fit/process.h"

struct mn_process {
    const mn_features *features;
    const mn_lapack *lapack;
    mn_kernel kernel;
    int threads;
    const mn_cancel *cancel; /* of fit and predictions */
    mn_fit_link link;
    double shift, scale; /* link's scale = shift + scale * standardised */
    double evidence;
    double constant;  /* link's scale */
    int count;        /* measurements that were fitted */
    int given;        /* all that mn_process_fit was given */
    int *given_as;    /* [count] their places among those */
    double *rows;     /* [count][columns] */
    double *noise;    /* [count] factors of the noise variance */
    double *targets;  /* [count] standardised */
    double *factor;   /* [count][count] Cholesky factor of covariance and noise, column-major lower */
    double *solution; /* [count] covariance^-1 targets */
};

#endif
