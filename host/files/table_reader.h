/* The parts of the table reader, each for one key of the file. They fill `table`; table_json.c calls them in the order in which
 * they need each other, whatever the order of the keys. */
#ifndef MN_FILES_TABLE_READER_H
#define MN_FILES_TABLE_READER_H

#include "host/core/table.h"
#include "host/files/json_expect.h"

mn_status mn_read_nodes(const mn_json_document *document, const mn_json *nodes, mn_table *table);
mn_status mn_read_metrics(const mn_json_document *document, const mn_json *metrics, mn_table *table);

/* Parts of a metric: "link" before any value, "factors" and "errors" behind "values" (table_factors.c); "fitted", if there is such a
 * key (table_fitted.c). */
mn_status mn_read_link(const mn_json_document *document, const mn_json *link, mn_metric *metric);
mn_status mn_read_factors(const mn_json_document *document, const mn_json *factors, const mn_table *table,
                          mn_metric *metric);
mn_status mn_read_errors(const mn_json_document *document, const mn_json *errors, const mn_table *table,
                         mn_metric *metric);
mn_status mn_read_fitted(const mn_json_document *document, const mn_json *metric_json, mn_metric *metric);

/* A number as multiples, at most 2^53 of them; how much it was rounded counts in `largest_rounding` (NULL: nowhere). The first says
 * false where the second records what is wrong at `place`. */
bool mn_try_multiples(const mn_json *value, mn_resolution resolution, int64_t *multiples, double *largest_rounding);
mn_status mn_fail_multiples(const mn_json_document *document, const mn_json *value, const char *place);

mn_status mn_read_scale(const mn_json_document *document, const mn_json *scale, mn_table *table);
mn_status mn_read_rules(const mn_json_document *document, const mn_json *rules, mn_table *table);

#endif
