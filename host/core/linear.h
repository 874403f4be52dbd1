/* Linear expressions of metrics ("accuracy - 0.02*latency") and their comparison with a number, in exact integers. */
#ifndef MN_CORE_LINEAR_H
#define MN_CORE_LINEAR_H

#include "host/core/decimal.h"
#include "host/core/table.h"

/* An expression on one table: a column of integers like a metric's. A scaled metric stands alone and keeps its index. */
typedef struct mn_linear {
    char *text;
    mn_resolution resolution;
    int64_t base;
    const int64_t *values; /* [item_count] the table's own for a single metric, which must outlive this; else `own` */
    int64_t *own;
    int scaled_metric;   /* -1, or the scaled metric: values and base are those of its unscaled sum */
    const mn_link *link; /* NULL, or the single metric's: values and base are latent, resolution is the metric's */
    int single_metric;   /* -1, or the metric when the expression is one metric with coefficient 1 */
} mn_linear;

typedef enum mn_sense { MN_NO_SENSE, MN_AT_MOST, MN_AT_LEAST } mn_sense;

/* Parses `length` bytes of `text` as an expression of the metrics of a table without factors (mn_table_searched). Errors are MN_USAGE and name the place. */
mn_status mn_linear_parse(const mn_table *table, const char *text, size_t length, mn_linear *linear, mn_error *error);
void mn_linear_free(mn_linear *linear); /* what it holds */

/* Splits "E<=V", "E>=V" (or "E<=" with an empty V): the length of E, the sense, where V begins. MN_USAGE when there is none. */
mn_status mn_comparison_split(const char *text, size_t *expression_length, mn_sense *sense, const char **value,
                              mn_error *error);

/* V rounded inwards (<= floor, >= ceil) in multiples of `resolution`; spaces around it are no part of it. MN_USAGE when it is no
 * decimal or passes 2^62 multiples. */
mn_status mn_limit_value(const char *text, mn_sense sense, mn_resolution resolution, int64_t *multiples,
                         mn_error *error);

#endif
