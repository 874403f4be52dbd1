/* How sure a table is of a network: from the standard errors of what it adds up. */
#ifndef MN_CORE_STANDARD_ERROR_H
#define MN_CORE_STANDARD_ERROR_H

#include "host/core/table.h"

/* Standard error of the metric's value for one network, in the metric's unit: the root of the sum of squares over its blocks and factors,
 * as if they were independent; through the link by its slope there, through the scale by g. NaN when the table has no errors. */
double mn_table_standard_error(const mn_table *table, int metric, const uint16_t *network);

#endif
