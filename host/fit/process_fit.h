/* One metric fitted by a Gaussian process (process.h) and distilled into a table's terms (distill.h).
 *
 * Metrics of which more is better depend on what a network computes, costs on what it holds: that decides the features. The link is chosen by
 * marginal likelihood and kept in the table. */
#ifndef MN_FIT_PROCESS_FIT_H
#define MN_FIT_PROCESS_FIT_H

#include "host/fit/distill.h"
#include "host/fit/fitted.h"
#include "host/fit/linear_fit.h"

typedef struct mn_process_request {
    const mn_samples *samples;
    const mn_features *features;
    double upper;  /* natural bound of the metric (100 for %); NaN: none */
    double chance; /* value of networks whose output is constant; NaN: not known */
    mn_distill_terms terms;
    int threads;
} mn_process_request;

mn_status mn_process_fit_metric(const mn_process_request *request, mn_error *error, mn_fitted **fitted);

/* predicted [count], metric's scale, of other networks by the distilled terms (by the process itself where all nodes are one term). */
mn_status mn_process_fit_predict(const mn_process_request *request, const uint16_t *networks, int count,
                                 mn_error *error, double *predicted);

#endif
