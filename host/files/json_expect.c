#include "host/files/json_expect.h"
#include "host/core/memory.h"

#include <stdio.h>

mn_status mn_json_expect(const mn_json_document *document, const mn_json *value, mn_json_type type, const char *what)
{
    static const char *const kinds[] = {"null", "true or false", "a number", "a string", "an array", "an object"};
    char found[MN_JSON_DESCRIPTION];
    if (value->type == type)
        return MN_OK;
    return mn_json_fail(document, value, "%s: expected %s, found %s", what, kinds[type],
                        mn_json_describe(value, found));
}

mn_status mn_json_member(const mn_json_document *document, const mn_json *object, const char *what, const char *key,
                         mn_json_type type, const mn_json **member)
{
    *member = mn_json_find(object, key);
    if (!*member)
        return mn_json_fail(document, object, "%s: the key \"%s\" is missing", what, key);
    if ((*member)->type == type)
        return MN_OK;
    char place[512];
    snprintf(place, sizeof place, "%.400s, \"%s\"", what, key);
    return mn_json_expect(document, *member, type, place);
}

mn_status mn_json_copy(const mn_json_document *document, const mn_json *value, char **copy)
{
    *copy = mn_copy_text(value->text, value->length);
    return *copy ? MN_OK : mn_fail_memory(document->source.error);
}

mn_status mn_json_name(const mn_json_document *document, const mn_json *value, const char *what, char **name)
{
    *name = NULL;
    const mn_status status = mn_json_expect(document, value, MN_JSON_STRING, what);
    if (status != MN_OK)
        return status;
    char found[MN_JSON_DESCRIPTION];
    bool good = value->length > 0;
    for (uint32_t i = 0; i < value->length; i++)
        good = good && !strchr(",=\x7f", value->text[i]) && (unsigned char)value->text[i] >= 0x20;
    if (!good)
        return mn_json_fail(
            document, value,
            "%s: expected a name that is not empty and holds no ',', '=' or control character, found %s", what,
            mn_json_describe(value, found));
    return mn_json_copy(document, value, name);
}

mn_status mn_json_decimal(const mn_json_document *document, const mn_json *value, const char *what, mn_decimal *decimal)
{
    const mn_status status = mn_json_expect(document, value, MN_JSON_NUMBER, what);
    if (status != MN_OK || mn_decimal_parse(value->text, value->length, decimal))
        return status;
    char found[MN_JSON_DESCRIPTION];
    return mn_json_fail(document, value, "%s: expected a decimal between 1e-300 and 1e300 in size, found %s", what,
                        mn_json_describe(value, found));
}
