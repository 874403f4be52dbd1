/* A block's attributes by name: what a space says of a block besides its name ("kernel": 3, "operation": "pool"). */
#ifndef MN_CORE_ATTRIBUTE_H
#define MN_CORE_ATTRIBUTE_H

#include "host/core/table.h"

/* The JSON text of the value as read; NULL when the block lacks the attribute. */
const char *mn_block_attribute(const mn_block *block, const char *name);

/* Whether the attribute is the string `text` (no character of which needs an escape in JSON). */
bool mn_block_attribute_is(const mn_block *block, const char *name, const char *text);

/* A whole number of at most 18 digits; false when the attribute is missing or another kind of value. */
bool mn_block_integer(const mn_block *block, const char *name, int64_t *value);

/* What the block does to its input, by its attribute "operation". MN_OPERATION_UNKNOWN: missing or another word. */
typedef enum mn_operation {
    MN_OPERATION_NONE,        /* "none": contributes nothing */
    MN_OPERATION_IDENTITY,    /* "identity" */
    MN_OPERATION_CONVOLUTION, /* "convolution" of the attribute "kernel" */
    MN_OPERATION_POOL,        /* "pool" of the attribute "kernel" */
    MN_OPERATION_REDUCTION,   /* no block says so: what an identity is where its cell strides (host/fit/cell.h) */
    MN_OPERATION_UNKNOWN
} mn_operation;

mn_operation mn_block_operation(const mn_block *block);

#endif
