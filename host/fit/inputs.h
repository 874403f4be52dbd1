/* Numbers known beforehand (zero-cost scores, FLOPs, accuracies after few epochs) as inputs of a fit (--inputs FILE).
 *
 * A table must know an input for every network, so each is itself fitted onto the blocks, by ridge from all networks of its file (which cost
 * little and are many), and its additive part, of mean 0 and deviation 1 over the space, is a free column of a linear fit: values are shrunk towards
 * a multiple of the input instead of towards nothing. A process takes each as a group of features of its own: the file's numbers where it has one
 * for every network of the space, else the additive part, for measured networks too, so that it trusts the input as far as it goes for others. */
#ifndef MN_FIT_INPUTS_H
#define MN_FIT_INPUTS_H

#include "host/core/measured.h"
#include "host/fit/linear_fit.h"

enum { MN_MOST_INPUTS = 8 };

typedef struct mn_inputs {
    const mn_table *space;
    int count;
    double *additive;              /* [count][items] */
    double *known[MN_MOST_INPUTS]; /* [networks of the space] by number, or NULL: not known of every network */
} mn_inputs;

/* `file` begins the sentences. */
mn_status mn_inputs_make(const mn_table *space, const char *file, const mn_measured *measured, mn_error *error,
                         mn_inputs *inputs);
void mn_inputs_free(mn_inputs *inputs); /* what it holds */

/* What is known of a network. */
double mn_inputs_value(const mn_inputs *inputs, int input, const uint16_t *network);

#endif
