/* Strict UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF), for texts that come from outside. */
#ifndef MN_FILES_UTF8_H
#define MN_FILES_UTF8_H

#include <stddef.h>

/* Length of the longest valid prefix: `size` when all of it is valid. */
size_t mn_utf8_prefix(const char *text, size_t size);

/* How much of a text to show in a sentence: at most `most` bytes, no character cut in two. Made for "%.*s". */
int mn_utf8_shown(const char *text, size_t length, int most);

/* Number of the line, from 1, that holds byte `offset`. */
int mn_line_of(const char *text, size_t offset);

#endif
