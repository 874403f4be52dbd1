#include "host/files/json.h"
#include "host/files/utf8.h"
#include "host/core/memory.h"

#include <stdio.h>

mn_status mn_json_fail_line(const mn_json_document *document, uint32_t line, const char *format, va_list arguments)
{
    char sentence[MN_ERROR_SIZE];
    vsnprintf(sentence, sizeof sentence, format, arguments);
    const mn_json_source *source = &document->source;
    if (source->one_line)
        return mn_fail(source->error, source->failure, "%s: %s", source->name, sentence);
    return mn_fail(source->error, source->failure, "%s:%u: %s", source->name, line, sentence);
}

const mn_json *mn_json_find(const mn_json *object, const char *key)
{
    for (const mn_json *member = object->first; member; member = member->next)
        if (!strcmp(member->key, key))
            return member;
    return NULL;
}

mn_status mn_json_fail(const mn_json_document *document, const mn_json *value, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const mn_status status = mn_json_fail_line(document, value->line, format, arguments);
    va_end(arguments);
    return status;
}

mn_status mn_json_fail_key(const mn_json_document *document, const mn_json *member, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const mn_status status = mn_json_fail_line(document, member->key_line, format, arguments);
    va_end(arguments);
    return status;
}

mn_status mn_json_check_keys(const mn_json_document *document, const mn_json *object, const char *what,
                             const char *const *known)
{
    for (const mn_json *member = object->first; member; member = member->next) {
        int i = 0;
        while (known[i] && strcmp(known[i], member->key))
            i++;
        if (known[i])
            continue;
        char list[256];
        size_t used = 0;
        list[0] = 0;
        for (i = 0; known[i] && used < sizeof list; i++)
            used += (size_t)snprintf(list + used, sizeof list - used, i ? ", %s" : "%s", known[i]);
        return mn_json_fail_key(document, member, "%s has the unknown key \"%.*s\"; expected %s", what,
                                mn_utf8_shown(member->key, strlen(member->key), 80), member->key, list);
    }
    return MN_OK;
}

const char *mn_json_describe(const mn_json *value, char text[MN_JSON_DESCRIPTION])
{
    const int shown = value->text ? mn_utf8_shown(value->text, value->length, 60) : 0;
    const char *more = value->text && (uint32_t)shown < value->length ? "..." : "";
    switch (value->type) {
    case MN_JSON_NULL:
        return "null";
    case MN_JSON_BOOLEAN:
        return value->is_true ? "true" : "false";
    case MN_JSON_NUMBER:
        snprintf(text, MN_JSON_DESCRIPTION, "the number %.*s%s", shown, value->text, more);
        break;
    case MN_JSON_STRING:
        snprintf(text, MN_JSON_DESCRIPTION, "the string \"%.*s%s\"", shown, value->text, more);
        break;
    case MN_JSON_ARRAY:
        snprintf(text, MN_JSON_DESCRIPTION, "an array of %u", value->count);
        break;
    case MN_JSON_OBJECT:
        return "an object";
    }
    return text;
}

char *mn_json_raw(const mn_json_document *document, const mn_json *value)
{
    return mn_copy_text(document->text + value->begin, value->end - value->begin);
}

char *mn_json_compact(const mn_json_document *document, const mn_json *value)
{
    char *text = mn_json_raw(document, value);
    if (!text)
        return NULL;
    char *to = text;
    bool inside = false;
    for (const char *from = text; *from; from++) {
        if (inside && *from == '\\')
            *to++ = *from++;
        else if (*from == '"')
            inside = !inside;
        else if (!inside && strchr(" \t\r\n", *from))
            continue;
        *to++ = *from;
    }
    *to = 0;
    return text;
}
