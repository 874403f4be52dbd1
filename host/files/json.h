/* A JSON text (RFC 8259) as a tree that keeps what a table needs: numbers as text, so that every digit counts, and the line of
 * every value and key, so that every sentence says where.
 *
 * libyajl reads the grammar without recursion; this room adds what it leaves out: strict UTF-8, lone surrogates, duplicate keys, a
 * bound on nesting, and sentences for people. Values live in one arena and are freed at once. */
#ifndef MN_FILES_JSON_H
#define MN_FILES_JSON_H

#include "host/core/error.h"

#include <stdarg.h>

enum { MN_JSON_DEPTH = 64 };               /* deepest nesting that is read */
#define MN_JSON_MAX_SIZE ((size_t)1 << 30) /* bytes of text */

typedef enum mn_json_type {
    MN_JSON_NULL,
    MN_JSON_BOOLEAN,
    MN_JSON_NUMBER,
    MN_JSON_STRING,
    MN_JSON_ARRAY,
    MN_JSON_OBJECT
} mn_json_type;

typedef struct mn_json {
    mn_json_type type;
    bool is_true;        /* boolean */
    uint32_t line;       /* where the value begins, from 1 */
    uint32_t key_line;   /* where its key is, when it is a member of an object */
    uint32_t begin, end; /* bytes of the text that it spans */
    uint32_t count;      /* array, object: number of children */
    uint32_t length;     /* of `text` */
    const char *text;    /* number: as written, not terminated; string: decoded, terminated, holds no zero byte */
    const char *key;     /* of a member of an object, terminated */
    struct mn_json *first, *next; /* first child, next sibling */
} mn_json;

/* How sentences begin and what they return: "name:line: ..." and `failure` */
typedef struct mn_json_source {
    const char *name;
    bool one_line;     /* the text is an option's: sentences leave the line out */
    mn_status failure; /* MN_BAD_INPUT, or MN_USAGE for an option's text */
    mn_error *error;
} mn_json_source;

typedef struct mn_json_document {
    mn_json_source source;
    const char *text; /* the caller's; it must outlive the document */
    const mn_json *root;
    struct mn_json_chunk *chunks;
} mn_json_document;

/* Parses `size` bytes. Call mn_json_free after success and failure. */
mn_status mn_json_parse(mn_json_document *document, mn_json_source source, const char *text, size_t size);
void mn_json_free(mn_json_document *document); /* what it holds */

const mn_json *mn_json_find(const mn_json *object, const char *key); /* NULL when there is none */

/* Records "name:line: ..." at the value's line. */
__attribute__((format(printf, 3, 4))) mn_status mn_json_fail(const mn_json_document *document, const mn_json *value,
                                                             const char *format, ...);

/* The same at the line of the value's key. */
__attribute__((format(printf, 3, 4))) mn_status mn_json_fail_key(const mn_json_document *document,
                                                                 const mn_json *member, const char *format, ...);

/* The same at any line. */
__attribute__((format(printf, 3, 0))) mn_status mn_json_fail_line(const mn_json_document *document, uint32_t line,
                                                                  const char *format, va_list arguments);

/* Refuses keys outside `known` (NULL-terminated); `what` names the object in the sentence. */
mn_status mn_json_check_keys(const mn_json_document *document, const mn_json *object, const char *what,
                             const char *const *known);

/* What a value is, for "expected ..., found ...": `the number 12`, `the string "abc"`, `an array of 3`. */
enum { MN_JSON_DESCRIPTION = 96 };
const char *mn_json_describe(const mn_json *value, char text[MN_JSON_DESCRIPTION]);

/* The value's own text as written, and without the spaces between its tokens; NULL when memory ran out. The caller frees it. */
char *mn_json_raw(const mn_json_document *document, const mn_json *value);
char *mn_json_compact(const mn_json_document *document, const mn_json *value);

#endif
