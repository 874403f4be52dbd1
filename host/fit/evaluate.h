/* How well predictions order and match measured values. Plain arrays in, figures out. */
#ifndef MN_FIT_EVALUATE_H
#define MN_FIT_EVALUATE_H

#include "host/core/error.h"

/* tau-b in O(n log n): Knight, J. Am. Stat. Assoc. 61 (1966); ties as in Kendall 1945. NaN when a side is constant. */
mn_status mn_kendall_tau_b(const double *x, const double *y, uint64_t count, mn_error *error, double *tau);
double mn_pearson(const double *x, const double *y, uint64_t count);
mn_status mn_spearman(const double *x, const double *y, uint64_t count, mn_error *error, double *rho); /* mid-ranks */

/* All figures of mn_evaluation; rows are positions in the arrays. Ties of the prediction go to the first row. */
mn_status mn_evaluate_arrays(const double *predicted, const double *truth, uint64_t count, bool higher_is_better,
                             mn_error *error, mn_evaluation *evaluation);

/* The figures of calibration, from standard errors [count] of the predictions. */
void mn_evaluate_errors(const double *predicted, const double *truth, const double *errors, uint64_t count,
                        mn_evaluation *evaluation);

/* mn_evaluate_limits on arrays: costs [count] predicted, lower is better. Figures are NaN for count 0. */
mn_status mn_regret_under_limits(const double *predicted, const double *truth, const double *costs, uint64_t count,
                                 bool higher_is_better, int limits, uint64_t seed, mn_error *error,
                                 mn_limit_regret *regret);

#endif
