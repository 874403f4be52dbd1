/* A text that grows: results are put together in memory and written at once. */
#ifndef MN_CLI_TEXT_H
#define MN_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct text {
    char *data; /* terminated, or NULL while empty */
    size_t length, room;
    bool failed; /* memory ran out: what was added since is missing */
} text;

void text_add(text *t, const char *bytes, size_t length);
void text_put(text *t, const char *string);
__attribute__((format(printf, 2, 3))) void text_printf(text *t, const char *format, ...);

/* Columns of names: characters of UTF-8, as a terminal shows them; and a name with blanks behind it up to `width` of them. */
int text_width(const char *string);
void text_column(text *t, const char *string, int width);

void text_clear(text *t); /* keeps the memory */
void text_free(text *t);

#endif
