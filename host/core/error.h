/* The one error path: a function that fails records a sentence (what was expected, what was found, where) and returns a status. */
#ifndef MN_CORE_ERROR_H
#define MN_CORE_ERROR_H

#include "host/mathnas.h"

enum { MN_ERROR_SIZE = 1024 };

/* First member of every public handle, so that mn_last_error works on all of them. */
typedef struct mn_error {
    mn_status status;
    char text[MN_ERROR_SIZE];
} mn_error;

/* Records the sentence and returns `status`. `error` may be NULL (the caller only wants the status). */
__attribute__((format(printf, 3, 4))) mn_status mn_fail(mn_error *error, mn_status status, const char *format, ...);

/* The sentence for memory that ran out; returns MN_FAILURE. */
mn_status mn_fail_memory(mn_error *error);

#endif
