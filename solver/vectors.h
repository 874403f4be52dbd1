/* Vectors of multipliers in integers, and the bounds that follow from them.
 *
 * For any multipliers L >= 0, kept as integers over 2^shift, a network of linear score >= threshold and rows within their caps has
 *     sum of (L.w - 2^shift p) over its blocks <= L.caps - 2^shift threshold.
 * Nothing is lost by rounding L; scores so large that 2^shift p could pass 2^58 are coarsened instead (`coarse` upper bits are kept). */
#ifndef MN_SOLVER_VECTORS_H
#define MN_SOLVER_VECTORS_H

#include "solver/form.h"

/* Vector 0 is the main one: the best known. */
typedef struct mn_vectors {
    int count, shift;
    int coarse;      /* bits that score and cap lose; then all multipliers are 0 and shift is 0 */
    int64_t *values; /* [count][rows] */
} mn_vectors;

/* Rounds multipliers to integers and adds weakened copies of them, at most `most` in all. */
mn_status mn_vectors_make(const mn_form *form, const double *multipliers, int most, mn_arena *arena,
                          mn_vectors *vectors);

/* L.w - 2^shift p of one item. */
int64_t mn_vectors_value(const mn_form *form, const mn_vectors *vectors, int vector, int item);

/* What a vector's sum may be at most; limited to +-2^60. */
int64_t mn_vectors_cap(const mn_form *form, const mn_vectors *vectors, int vector, int64_t threshold);

/* By how much that falls when the threshold rises by 1; 0 where scores are coarsened. */
int64_t mn_vectors_unit(const mn_vectors *vectors);

/* values [items] and least sums to the end [slots] under the main vector. */
void mn_vectors_main(const mn_form *form, const mn_vectors *vectors, int64_t *values, int64_t *to_end);

/* The best linear score that the main vector allows: an upper bound for every network. */
int64_t mn_vectors_bound(const mn_form *form, const mn_vectors *vectors, mn_arena *arena);

/* Bits by which sums of this magnitude must be coarsened to stay below 2^58. Values and cap floored to multiples of 2^bits: sum <= cap
 * still implies the same of the coarse ones. */
int mn_coarsening(int64_t magnitude);

#endif
