/* Files that are written whole or not at all.
 *
 * Bytes go to a temporary file in the folder of the final one, which takes its name only when everything has reached the disk, so
 * that a failure or a kill at any moment leaves the old file or the new one. A sweep's output goes to PATH.part instead, which
 * stays when the work stops, to be continued. "-" (standard output) and whatever exists and is no regular file (/dev/null, a
 * pipe) are written directly.
 *
 * The first failure is kept and returned by every later call. Whoever writes to pipes must ignore SIGPIPE; a closed pipe is then
 * a sentence like any other. */
#ifndef MN_FILES_OUTPUT_H
#define MN_FILES_OUTPUT_H

#include "host/core/error.h"

typedef struct mn_output mn_output;

/* Opens `path` for writing. `error` takes the sentence of every failure until the output is closed; it must outlive it. On failure
 * `output` is NULL and nothing is left behind. */
mn_status mn_output_open(const char *path, mn_error *error, mn_output **output);

/* The same by way of PATH.part, whose first `keep` bytes stay (0: begin anew; it must be at least that long). For an output that is
 * written directly `keep` must be 0. */
mn_status mn_output_open_part(const char *path, uint64_t keep, mn_error *error, mn_output **output);

mn_status mn_output_write(mn_output *output, const void *data, size_t size);
__attribute__((format(printf, 2, 3))) mn_status mn_output_printf(mn_output *output, const char *format, ...);

/* Hands what is buffered to the system (for readers of a pipe, and so that PATH.part is current). */
mn_status mn_output_flush(mn_output *output);

/* The buffer's free bytes, at least `size` of them (size <= 64 KiB), for writers that format in place; NULL after a failure. Tell
 * with mn_output_advance how many were used. */
char *mn_output_room(mn_output *output, size_t size);
void mn_output_advance(mn_output *output, size_t size);

/* Each of the three closes and frees. NULL is fine for discard. */
mn_status
mn_output_commit(mn_output *output); /* flush, to the disk, final name; on failure nothing is left (but PATH.part) */
mn_status mn_output_keep_part(mn_output *output); /* flush and leave PATH.part as it is */
void mn_output_discard(mn_output *output);        /* remove what was written */

/* Whether `path` is written directly: "-", or it exists and is no regular file. */
bool mn_output_is_direct(const char *path);

/* PATH.part; NULL when memory ran out. The caller frees it. */
char *mn_output_part_path(const char *path);

#endif
