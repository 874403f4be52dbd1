#include "host/cli/json_out.h"
#include "host/files/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bytes that are no UTF-8 (arguments may hold any) become U+FFFD: the object stays JSON. */
static void add_quoted(text *out, const char *string)
{
    size_t left = strlen(string);
    size_t valid = mn_utf8_prefix(string, left);
    text_put(out, "\"");
    for (; left > 0; string++, left--) {
        const unsigned char c = (unsigned char)*string;
        if (valid == 0) {
            text_put(out, "\\ufffd");
            valid = mn_utf8_prefix(string + 1, left - 1);
            continue;
        }
        valid--;
        if (c == '"' || c == '\\')
            text_printf(out, "\\%c", c);
        else if (c < 0x20)
            text_printf(out, "\\u%04x", c);
        else
            text_add(out, string, 1);
    }
    text_put(out, "\"");
}

/* What comes before a value: a comma, and its key. */
static void begin_value(json_out *json, const char *key)
{
    if (json->depth > 0) {
        if (json->started[json->depth - 1])
            text_put(&json->out, ", ");
        json->started[json->depth - 1] = true;
    }
    if (key) {
        add_quoted(&json->out, key);
        text_put(&json->out, ": ");
    }
}

static void open_value(json_out *json, const char *key, const char *opener, char closer)
{
    begin_value(json, key);
    text_put(&json->out, opener);
    json->closers[json->depth] = closer;
    json->started[json->depth++] = false;
}

void json_object(json_out *json, const char *key)
{
    open_value(json, key, "{", '}');
}

void json_array(json_out *json, const char *key)
{
    open_value(json, key, "[", ']');
}

void json_close(json_out *json)
{
    text_add(&json->out, &json->closers[--json->depth], 1);
    if (json->depth == 0)
        text_put(&json->out, "\n");
}

void json_string(json_out *json, const char *key, const char *value)
{
    begin_value(json, key);
    add_quoted(&json->out, value);
}

void json_number(json_out *json, const char *key, const char *decimal)
{
    begin_value(json, key);
    text_put(&json->out, decimal);
}

void json_double(json_out *json, const char *key, double value)
{
    char number[64];
    snprintf(number, sizeof number, "%.15g", value);
    json_number(json, key, isfinite(value) ? number : "null");
}

void json_count(json_out *json, const char *key, unsigned long long value)
{
    char number[32];
    snprintf(number, sizeof number, "%llu", value);
    json_number(json, key, number);
}

void json_boolean(json_out *json, const char *key, bool value)
{
    json_number(json, key, value ? "true" : "false");
}

void json_null(json_out *json, const char *key)
{
    json_number(json, key, "null");
}
