/* Costs by counts of the live operations of a cell: for runtimes that drop what leads nowhere before they run a network (LiteRT, ONNX Runtime).
 *
 * Dead edges become "none", then the counts of linear_fit.h are fitted; networks without a live edge cost what those measured cost on average. Which edges are live
 * depends on all nodes, so the outcome is one factor over all of them. On runtimes that run dead edges too, counts of all operations are
 * right: cross-validation on the measured networks decides (choose.h). */
#ifndef MN_FIT_LIVE_FIT_H
#define MN_FIT_LIVE_FIT_H

#include "host/fit/fitted.h"
#include "host/fit/linear_fit.h"

/* Whether the table has a cell with "none" at every node, and few enough networks for one factor over all nodes. */
bool mn_live_fit_possible(const mn_table *table);

/* model: counts, order 0. predicted [count] of other networks. */
mn_status mn_live_fit_predict(const mn_samples *samples, const mn_linear_model *model, const uint16_t *networks,
                              int count, mn_error *error, double *predicted);

mn_status mn_live_fit_metric(const mn_samples *samples, const mn_linear_model *model, mn_error *error,
                             mn_fitted **fitted);

#endif
