#include "host/core/attribute.h"

#include <string.h>

const char *mn_block_attribute(const mn_block *block, const char *name)
{
    for (int i = 0; i < block->attribute_count; i++)
        if (!strcmp(block->attributes[i].name, name))
            return block->attributes[i].text;
    return NULL;
}

bool mn_block_attribute_is(const mn_block *block, const char *name, const char *text)
{
    const char *value = mn_block_attribute(block, name);
    const size_t length = strlen(text);
    return value && value[0] == '"' && !strncmp(value + 1, text, length) && !strcmp(value + 1 + length, "\"");
}

bool mn_block_integer(const mn_block *block, const char *name, int64_t *value)
{
    const char *text = mn_block_attribute(block, name);
    if (!text)
        return false;
    const bool negative = *text == '-';
    const char *digits = text + negative;
    const size_t length = strspn(digits, "0123456789");
    if (length == 0 || length > 18 || digits[length])
        return false;
    int64_t sum = 0;
    for (const char *at = digits; *at; at++)
        sum = sum * 10 + (*at - '0');
    *value = negative ? -sum : sum;
    return true;
}

mn_operation mn_block_operation(const mn_block *block)
{
    static const char *const names[] = {"none", "identity", "convolution", "pool"};
    for (int operation = 0; operation <= MN_OPERATION_POOL; operation++)
        if (mn_block_attribute_is(block, "operation", names[operation]))
            return (mn_operation)operation;
    return MN_OPERATION_UNKNOWN;
}
