#include "host/cli/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(text *t, size_t more)
{
    if (t->failed || t->length + more + 1 <= t->room)
        return !t->failed;
    const size_t room = (t->length + more + 1) * 2;
    char *grown = realloc(t->data, room);
    t->failed = !grown;
    if (grown) {
        t->data = grown;
        t->room = room;
    }
    return grown != NULL;
}

void text_add(text *t, const char *bytes, size_t length)
{
    if (!reserve(t, length))
        return;
    memcpy(t->data + t->length, bytes, length);
    t->length += length;
    t->data[t->length] = 0;
}

void text_put(text *t, const char *string)
{
    text_add(t, string, strlen(string));
}

void text_printf(text *t, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    if (length > 0 && reserve(t, (size_t)length)) {
        vsnprintf(t->data + t->length, (size_t)length + 1, format, again);
        t->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

int text_width(const char *string)
{
    int width = 0;
    for (; *string; string++)
        width += ((unsigned char)*string & 0xc0) != 0x80; /* not a continuation byte */
    return width;
}

void text_column(text *t, const char *string, int width)
{
    text_printf(t, "%s%*s", string, width > text_width(string) ? width - text_width(string) : 0, "");
}

void text_clear(text *t)
{
    t->length = 0;
    if (t->data)
        t->data[0] = 0;
}

void text_free(text *t)
{
    free(t->data);
    *t = (text){0};
}
