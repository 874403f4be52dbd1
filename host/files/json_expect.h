/* What a reader expects of a JSON value; a sentence "...: expected ..., found ..." otherwise. `what` names the place. */
#ifndef MN_FILES_JSON_EXPECT_H
#define MN_FILES_JSON_EXPECT_H

#include "host/core/decimal.h"
#include "host/files/json.h"

mn_status mn_json_expect(const mn_json_document *document, const mn_json *value, mn_json_type type, const char *what);

/* The member `key` of `object`, which must be there and of the type. */
mn_status mn_json_member(const mn_json_document *document, const mn_json *object, const char *what, const char *key,
                         mn_json_type type, const mn_json **member);

/* A copy of a string value that the caller frees. */
mn_status mn_json_copy(const mn_json_document *document, const mn_json *value, char **copy);

/* A name of a node or block: not empty, no ',' and no '=' (the command splits at them), no control characters. */
mn_status mn_json_name(const mn_json_document *document, const mn_json *value, const char *what, char **name);

mn_status mn_json_decimal(const mn_json_document *document, const mn_json *value, const char *what,
                          mn_decimal *decimal);

#endif
