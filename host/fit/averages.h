/* One measurement counts for its whole function class: rows of a design averaged over the class (--augment classes).
 *
 * A network's row becomes the mean row of the networks that compute the same function (classes.h), since one label holds for all of
 * them. Coefficients found so predict classes; a table adds up the blocks of a network as written, so they are projected: least squares of the
 * classes' predictions over the whole space onto the table's terms. Contrasts are orthogonal over a whole space, so the projection is one
 * matrix, T = D^-1 sum over classes of size * mean row' mean row with D the squared lengths of the columns. */
#ifndef MN_FIT_AVERAGES_H
#define MN_FIT_AVERAGES_H

#include "host/fit/terms.h"

enum { MN_AVERAGES_LIMIT = 1000000 }; /* networks of a space that is looked at one by one */

typedef struct mn_averages {
    const mn_table *table;
    uint64_t network_count, class_count;
    uint64_t *class_of;       /* [network_count] by the network's number */
    uint64_t *first, *member; /* [class_count + 1] into member [network_count]: numbers of the networks of a class */
} mn_averages;

/* MN_USAGE for a space with rules, or of more than MN_AVERAGES_LIMIT networks. */
mn_status mn_averages_create(const mn_table *table, mn_error *error, mn_averages **averages);
void mn_averages_free(mn_averages *averages);

/* As mn_terms_row, the mean over the network's class. scratch [2 * (free + columns)]. */
void mn_averages_row(const mn_averages *averages, const mn_terms *terms, const uint16_t *network, double *free_row,
                     double *row, double *scratch);

/* matrix [n][n], n = free + columns: T. Rows of counts are 0, what they say goes to the terms of single nodes. */
mn_status mn_averages_projection(const mn_averages *averages, const mn_terms *terms, mn_error *error, double *matrix);

#endif
