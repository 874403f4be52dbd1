/* NumPy .npy arrays, format versions 1 to 3 (numpy/lib/format.py): networks in, predictions out. */
#ifndef MN_FILES_NPY_H
#define MN_FILES_NPY_H

#include "host/core/table.h"
#include "host/files/output.h"

bool mn_npy_detect(const char *data, size_t size); /* begins with the format's magic */

/* Reads integers [count][nodes] of 1, 2, 4 or 8 bytes, of either sign, byte order and array order, as choices of the table's nodes.
 * `choices` is freed by the caller. Rules are not checked. */
mn_status mn_npy_read_choices(const mn_table *table, const char *name, const char *data, size_t size, uint64_t *count,
                              uint16_t **choices, mn_error *error);

/* Reads a benchmark's order, entry i = mixed-radix number of its network i, as mn_table.index_of: the caller frees or keeps it. */
mn_status mn_npy_read_index(const mn_table *table, const char *name, const char *data, size_t size, int64_t **index_of,
                            mn_error *error);

/* Writes the header of float64 [count][columns] in this machine's byte order; the numbers, row by row, are the caller's. */
mn_status mn_npy_write_header(mn_output *output, uint64_t count, uint64_t columns);

#endif
