/* Files of networks: CSV with a column per node (block indices or names) or one column arch, arch_str, number or index; or .npy of
 * integers. Either may be gzipped; the content tells them apart, not the file's name. Every network obeys the table's rules, or the
 * file is refused with the line and the rule. */
#ifndef MN_FILES_NETWORKS_FILE_H
#define MN_FILES_NETWORKS_FILE_H

#include "host/core/network.h"
#include "host/files/truth.h"

/* Fills an empty `networks`; other columns of a CSV are not looked at. On failure it only carries the sentence. */
mn_status mn_networks_file_read(const mn_table *table, const char *path, mn_networks *networks);
mn_status mn_networks_file_read_memory(const mn_table *table, const char *name, const char *packed, size_t size,
                                       mn_networks *networks);

/* Fills an empty `truth` from a CSV: the networks, and every other column whose first value is a number. An empty cell is NaN. */
mn_status mn_truth_file_read(const mn_table *table, const char *path, mn_truth *truth);
mn_status mn_truth_file_read_memory(const mn_table *table, const char *name, const char *packed, size_t size,
                                    mn_truth *truth);

/* Fills table->index_of from a .npy of the benchmark's order (entry i: the number of its network i). */
mn_status mn_index_file_read(mn_table *table, const char *path);

#endif
