/* What a fitted table says of its fit: each metric's key "fitted", and a sentence behind the space's own source. */
#ifndef MN_FIT_FIT_RECORD_H
#define MN_FIT_FIT_RECORD_H

#include "host/fit/measurements.h"

mn_status mn_fit_record(const mn_measurements *measurements, const mn_fit_figures *figures, mn_error *error,
                        mn_metric *metric);

/* Replaces the table's source by one that ends in what its metrics were fitted to. */
mn_status mn_fit_record_source(const mn_measurements *measurements, mn_table *table, mn_error *error);

#endif
