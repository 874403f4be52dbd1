/* Good networks by merging four lists of combinations (the generalised birthday problem: Wagner, CRYPTO 2002; for knapsacks
 * Howgrave-Graham and Joux, EUROCRYPT 2010).
 *
 * Two lists of N combinations hold N^2 networks, but with many rows hardly any of them comes near all caps at once. So the nodes are
 * dealt into four quarters, and two quarters at a time are merged into those pairs whose sums lie in a box: near what the other half
 * leaves, in every row. Two lists from such boxes meet the caps far more often. Nothing is proved: what is outside the boxes is
 * lost. */
#ifndef MN_SOLVER_QUARTERS_H
#define MN_SOLVER_QUARTERS_H

#include "solver/halves.h"

typedef struct mn_quarters_options {
    int list_size;
    double share;  /* 0 .. 1 of the budget that reduced costs may take; the rest is what rows may leave unused */
    uint64_t seed; /* of the deal */
    uint64_t most_work;
    const mn_control *control;
} mn_quarters_options;

/* As mn_halves_search, with nothing complete. *box: half the width of the boxes, in the score's unit; set to what fills the lists, for
 * the next search; 0: a first guess. */
mn_status mn_quarters_search(mn_halves *halves, const mn_halves_view *view, const double *multipliers, int64_t target,
                             const mn_quarters_options *options, double *box, mn_halves_found found, void *context,
                             uint64_t *work);

#endif
