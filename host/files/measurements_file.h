/* Files of measurements: a CSV of networks as in networks_file.h, and a column of numbers for each metric.
 *
 * Reserved columns: weight (a positive number, empty is 1), seed and epochs (whole numbers), status, number, index, arch, arch_str. Every
 * other column is a metric; an empty cell was not measured. A row whose status is neither empty nor "ok" nor "done" is left out (a
 * training that failed has no accuracy). Where trainings of different lengths meet, only those of the most epochs count. */
#ifndef MN_FILES_MEASUREMENTS_FILE_H
#define MN_FILES_MEASUREMENTS_FILE_H

#include "host/core/measured.h"
#include "host/core/table.h"

/* Fills an empty `measured`; on failure it holds nothing. */
mn_status mn_measurements_file_read(const mn_table *space, const char *path, mn_error *error, mn_measured *measured);
mn_status mn_measurements_file_read_memory(const mn_table *space, const char *name, const char *packed, size_t size,
                                           mn_error *error, mn_measured *measured);

#endif
