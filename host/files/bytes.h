/* Whole files as bytes. Content that begins with the gzip magic is inflated, whatever the file is called. */
#ifndef MN_FILES_BYTES_H
#define MN_FILES_BYTES_H

#include "host/core/error.h"

#define MN_MAX_FILE_SIZE ((size_t)4 << 30) /* bytes, inflated: a stated bound against endless devices and gzip bombs */

/* Reads the file `path`; `data` holds `size` bytes and a terminating zero, and is freed by the caller. Pipes can be read. */
mn_status mn_bytes_read(const char *path, char **data, size_t *size, mn_error *error);

/* The same from memory: inflates, or copies what is no gzip. `name` begins the sentences. */
mn_status mn_bytes_unpack(const char *name, const char *packed, size_t packed_size, char **data, size_t *size,
                          mn_error *error);

#endif
