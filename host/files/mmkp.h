/* Instances of the multiple-choice multidimensional knapsack problem, as the literature's libraries have them (Khan, Li, Manning and
 * Akbar 2002, and those that followed), as tables: metrics value, w0, w1, ..., and the capacities as limits.
 *
 *     N M                 classes, capacities          or   N L M     classes, items of each, capacities
 *     C_1 ... C_M
 *     for each class:
 *     L_i                 its number of items; or its number and its number of items; with N L M its number
 *     value w_1 ... w_M   a line for each item
 *
 * Numbers are decimals, apart by spaces and line ends wherever they are not told apart by the line above. '#', '%' and "//" begin
 * comments. One instance is read; what follows it is told of in the table's note. */
#ifndef MN_FILES_MMKP_H
#define MN_FILES_MMKP_H

#include "host/core/table.h"

/* Fills a table made by mn_table_new, with limit_texts and note, and prepares it. On failure the table only carries the sentence; free
 * it either way. The file may be gzipped. */
mn_status mn_mmkp_read(const char *path, mn_table *table);

/* The same from memory; `name` begins the sentences. */
mn_status mn_mmkp_read_memory(const char *name, const char *text, size_t size, mn_table *table);

#endif
