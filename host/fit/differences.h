/* The paper's few-network form: a reference network and its neighbours that change one block (arXiv 2311.04943, section 3).
 *
 * value(node, block) = metric(reference with that block) - metric(reference), base = metric(reference). The reference is the
 * measured network that has most of its one-block neighbours measured; among equals the one nearest to the mean FLOPs of the space where
 * the space tells FLOPs, then the first of the file. Other measurements are not used. */
#ifndef MN_FIT_DIFFERENCES_H
#define MN_FIT_DIFFERENCES_H

#include "host/fit/fitted.h"
#include "host/fit/linear_fit.h"

/* repeat_variance: of one measurement, NaN when not known; then so are the standard errors. MN_BAD_INPUT names the node and block
 * whose network was not measured. reference (may be NULL): row of the samples. */
mn_status mn_fit_differences(const mn_samples *samples, double repeat_variance, mn_error *error, mn_fitted **fitted,
                             int *reference);

#endif
