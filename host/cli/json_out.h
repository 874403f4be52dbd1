/* Writes one JSON object into a text; commas and nesting are kept here. A key is NULL inside an array. */
#ifndef MN_CLI_JSON_OUT_H
#define MN_CLI_JSON_OUT_H

#include "host/cli/text.h"

enum { JSON_OUT_DEPTH = 16 };

typedef struct json_out {
    text out;
    int depth;
    char closers[JSON_OUT_DEPTH];
    bool started[JSON_OUT_DEPTH]; /* something precedes at this depth */
} json_out;

void json_object(json_out *json, const char *key);
void json_array(json_out *json, const char *key);
void json_close(json_out *json); /* the innermost object or array */

void json_string(json_out *json, const char *key, const char *value);
void json_number(json_out *json, const char *key, const char *decimal); /* as written */
void json_double(json_out *json, const char *key, double value);        /* null when it is no number */
void json_count(json_out *json, const char *key, unsigned long long value);
void json_boolean(json_out *json, const char *key, bool value);
void json_null(json_out *json, const char *key);

#endif
