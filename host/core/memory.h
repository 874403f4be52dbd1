/* Allocation helpers: sizes are checked for overflow, and a failure is NULL. */
#ifndef MN_CORE_MEMORY_H
#define MN_CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Zeroed array; never NULL for count 0. */
static inline void *mn_new_array(size_t count, size_t size)
{
    return calloc(count ? count : 1, size);
}

/* Grows (or makes) the array that `array` points to, a pointer to any pointer, to `count` elements; false leaves it as it was. */
static inline bool mn_grow(void *array, size_t count, size_t size)
{
    void *now, *larger = NULL;
    size_t bytes;
    memcpy(&now, array, sizeof now);
    if (!__builtin_mul_overflow(count, size, &bytes))
        larger = realloc(now, bytes ? bytes : 1);
    if (larger)
        memcpy(array, &larger, sizeof larger);
    return larger != NULL;
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
