/* The parts of the table reader, each for one key of the file. They fill `table`; table_json.c calls them in the order in which
 * they need each other, whatever the order of the keys. */
#ifndef MN_FILES_TABLE_READER_H
#define MN_FILES_TABLE_READER_H

#include "host/core/table.h"
#include "host/files/json_expect.h"

mn_status mn_read_nodes(const mn_json_document *document, const mn_json *nodes, mn_table *table);
mn_status mn_read_metrics(const mn_json_document *document, const mn_json *metrics, mn_table *table);
mn_status mn_read_scale(const mn_json_document *document, const mn_json *scale, mn_table *table);
mn_status mn_read_rules(const mn_json_document *document, const mn_json *rules, mn_table *table);

#endif
