/* Allocation helpers: sizes are checked for overflow, and a failure is NULL. */
#ifndef MN_CORE_MEMORY_H
#define MN_CORE_MEMORY_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Zeroed array; never NULL for count 0. */
static inline void *mn_new_array(size_t count, size_t size)
{
    return calloc(count ? count : 1, size);
}

static inline char *mn_copy_text(const char *text, size_t length)
{
    char *copy = malloc(length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = 0;
    }
    return copy;
}

#endif
