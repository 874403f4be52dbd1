/* Orthogonal arrays of strength 2: for every two columns, every pair of their levels occurs in equally many rows (Hedayat, Sloane, Stufken,
 * Orthogonal Arrays, 1999).
 *
 * For levels that are powers of one prime p: rows are the vectors of F_p^k, a column of p^a levels is a linear map onto F_p^a. Two such
 * columns are orthogonal when the subspaces that their maps span meet in zero alone, so an array is a set of subspaces with that
 * property (a partial spread). Where a divides k the multiplicative cosets of the subfield of p^a elements are one that cannot
 * be larger; between, random subspaces are tried. Levels of several primes: the product of one array for each prime, of which a
 * column takes its level's parts. */
#ifndef MN_FIT_PLAN_ARRAY_H
#define MN_FIT_PLAN_ARRAY_H

#include "host/core/error.h"

enum { MN_ARRAY_ROWS = 1 << 20 }; /* the largest array that is looked for */

typedef struct mn_array {
    uint64_t rows;
    int columns;
    uint16_t *levels; /* [rows][columns] */
} mn_array;

/* The smallest array that the constructions above find for columns of levels[i] >= 1 levels. MN_USAGE when it would have more than
 * MN_ARRAY_ROWS rows. Free it after success and failure. */
mn_status mn_array_make(const int *levels, int columns, mn_error *error, mn_array *array);
void mn_array_free(mn_array *array);

#endif
