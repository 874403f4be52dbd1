/* A fitted metric as a table holds it: values, factors and link in whole multiples of a resolution. */
#ifndef MN_FIT_FITTED_METRIC_H
#define MN_FIT_FITTED_METRIC_H

#include "host/fit/fitted.h"
#include "host/fit/measurements.h"

/* Fills `metric`, which is empty; what it holds is the caller's even on failure. `note` becomes a sentence where values are so large that
 * the resolution had to be coarser, else stays as it is. */
mn_status mn_fitted_metric(const mn_table *table, const mn_measured_metric *measured, const mn_fitted *fitted,
                           mn_error *error, mn_metric *metric, char *note, size_t note_size);

#endif
