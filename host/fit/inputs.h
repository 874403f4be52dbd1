/* Numbers known beforehand (zero-cost scores, FLOPs, accuracies after few epochs) as inputs of a fit (--inputs FILE).
 *
 * A table must know an input for every network, so each is itself fitted onto the blocks, by ridge from all networks of its file (which cost
 * little and are many), and its additive part, of mean 0 and deviation 1 over the space, is a free column of the fit: values are shrunk towards a
 * multiple of the input instead of towards nothing. */
#ifndef MN_FIT_INPUTS_H
#define MN_FIT_INPUTS_H

#include "host/core/measured.h"
#include "host/fit/linear_fit.h"

enum { MN_MOST_INPUTS = 8 };

/* inputs [measured->column_count][items]: a new array, freed by the caller. `file` begins the sentences. */
mn_status mn_inputs_make(const mn_table *space, const char *file, const mn_measured *measured, mn_error *error,
                         double **inputs);

#endif
