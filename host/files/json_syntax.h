/* What is wrong with a JSON text, in words: yajl's short messages become "expected ..., found ...". */
#ifndef MN_FILES_JSON_SYNTAX_H
#define MN_FILES_JSON_SYNTAX_H

#include <stddef.h>

/* said  what yajl says;  offset  where it stopped, just behind or inside the offending token of `text` [size] */
void mn_json_syntax_sentence(const char *said, const char *text, size_t offset, size_t size, char *sentence,
                             size_t room);

/* Position of the first \uD800 .. \uDFFF escape that is no half of a pair; `size` when there is none. `text` is valid JSON. */
size_t mn_json_lone_surrogate(const char *text, size_t size);

#endif
