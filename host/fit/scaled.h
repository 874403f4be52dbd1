/* The paper's capability scaling on its differences (arXiv 2311.04943, section 3): metric(N) = base + g(F(N)) * sum of values.
 *
 * g = mean(F) / F, or g = (F / mean(F))^exponent. The values are the plain differences, as in the paper: its reference is meant to lie
 * near the mean, where g is 1. The exponent is fitted by least squares to all measured networks, of which some must differ from the
 * reference on several nodes: MN_SCALE_NETWORKS at least. */
#ifndef MN_FIT_SCALED_H
#define MN_FIT_SCALED_H

#include "host/fit/fitted.h"
#include "host/fit/linear_fit.h"

enum { MN_SCALE_NETWORKS = 3 };

/* The exponent for differences (differences.h) from row `reference`; capability [count] > 0, mean: of the space. */
mn_status mn_fit_exponent(const mn_samples *samples, const mn_fitted *differences, int reference,
                          const double *capability, double mean, mn_error *error, double *exponent);

#endif
