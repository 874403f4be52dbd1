/* Tables and spaces from JSON, formats "mathnas-table" and "mathnas-space", version 1. Unknown keys are refused at every level but
 * in a block's attributes and in "network" (the macro skeleton, which training reads), kept as text. */
#ifndef MN_FILES_TABLE_JSON_H
#define MN_FILES_TABLE_JSON_H

#include "host/core/table.h"
#include "host/files/output.h"

/* Fills a table made by mn_table_new, and prepares it. On failure the table only carries the sentence; free it either way. */
mn_status mn_table_read(const char *path, mn_table *table);

/* The same from `size` bytes; `name` begins the sentences and becomes the table's path. */
mn_status mn_table_read_memory(const char *name, const char *text, size_t size, mn_table *table);

/* Writes a prepared table or space, exactly: what is read back is equal. The caller commits the output. */
mn_status mn_table_write(const mn_table *table, mn_output *output);

/* Reads one rule, a JSON object. `where` begins the sentences; every failure is MN_USAGE. The caller frees what the rule holds with
 * mn_rule_free; on failure it holds nothing. */
mn_status mn_rule_read(const mn_table *table, const char *json, const char *where, mn_rule *rule, mn_error *error);

/* The scale in words, "accuracy by flops: reciprocal, mean 55123456 FLOPs"; NULL when memory ran out. The caller frees it. */
char *mn_scale_text(const mn_table *table);

#endif
