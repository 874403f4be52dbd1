/* Where shipped files are looked for. */
#ifndef MN_API_FIND_H
#define MN_API_FIND_H

#include "host/core/error.h"

/* The first existing regular file among `name` itself and, below each data folder, the patterns (each with one %s for the name;
 * NULL-terminated). The caller frees `path`. MN_BAD_INPUT with a sentence that lists where it looked; `what` is what was asked for
 * ("table"). */
mn_status mn_find_file(const char *what, const char *name, const char *const *patterns, mn_error *error, char **path);

#endif
