/* Order statistics of small arrays. */
#ifndef MN_FIT_ORDER_H
#define MN_FIT_ORDER_H

/* Sorts `values` [count >= 1] and returns their median: the mean of the middle two where the count is even. */
double mn_median(double *values, int count);

#endif
