#include "host/files/json_syntax.h"
#include "host/files/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Part of yajl's message -> the sentence; `token`: the offending token follows it. */
static const struct {
    const char *said, *sentence;
    bool token;
} sentences[] = {
    {"premature EOF", "the text ends before its JSON value does", false},
    {"trailing garbage", "expected nothing after the JSON value", true},
    {"invalid object key", "expected a key in double quotes", true},
    {"separated by a colon", "expected ':' after the key", true},
    {"inside map", "expected ',' or '}' after the value", true},
    {"after array element", "expected ',' or ']' after the value", true},
    {"unallowed token", "expected a JSON value", true},
    {"before a character which it may not", "a string holds '\\' before a character that it cannot escape", false},
    {"invalid character inside string", "a string holds a raw control character; expected an escape such as \\n",
     false},
    {"non-hex", "expected four hexadecimal digits after \\u", false},
    {"after the exponent", "expected a digit after the exponent of a number", false},
    {"after the decimal point", "expected a digit after the decimal point of a number", false},
    {"after the minus sign", "expected a digit after '-'", false},
    {"comment", "found a comment; JSON has none", false},
    {"json text", "expected a JSON value", true},
};

static bool in_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' ||
           c == '.' || c == '_';
}

/* The token around or just before `offset`. */
static const char *token_at(const char *text, size_t offset, size_t size, int *length)
{
    size_t begin = offset, end = offset;
    while (begin > 0 && in_word(text[begin - 1]))
        begin--;
    while (end < size && in_word(text[end]))
        end++;
    if (begin == end && begin > 0)
        begin--;
    while (begin > 0 && ((unsigned char)text[begin] & 0xc0) == 0x80)
        begin--;
    while (end < size && ((unsigned char)text[end] & 0xc0) == 0x80)
        end++;
    *length = mn_utf8_shown(text + begin, end - begin, 40);
    return text + begin;
}

static bool is_not_finite(const char *token, int length)
{
    static const char *const words[] = {"nan", "inf", "infinity"};
    if (length > 0 && (*token == '-' || *token == '+')) {
        token++;
        length--;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((size_t)length == strlen(words[i]) && !strncasecmp(token, words[i], (size_t)length))
            return true;
    return false;
}

void mn_json_syntax_sentence(const char *said, const char *text, size_t offset, size_t size, char *sentence,
                             size_t room)
{
    int length = 0;
    const char *token = token_at(text, offset, size, &length);
    if (is_not_finite(token, length)) {
        snprintf(sentence, room, "%.*s is no JSON number; expected a finite decimal", length, token);
        return;
    }
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        if (!strstr(said, sentences[i].said))
            continue;
        if (!sentences[i].token)
            snprintf(sentence, room, "%s", sentences[i].sentence);
        else if (*token == '"')
            snprintf(sentence, room, "%s, found a string", sentences[i].sentence);
        else
            snprintf(sentence, room, "%s, found '%.*s'", sentences[i].sentence, length, token);
        return;
    }
    snprintf(sentence, room, "no valid JSON: %.*s", (int)strcspn(said, "\n"), said);
}

static unsigned escape_value(const char *digits)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        const char c = digits[i];
        value = value * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

size_t mn_json_lone_surrogate(const char *text, size_t size)
{
    size_t at = 0;
    for (const char *found; (found = memchr(text + at, '\\', size - at)) != NULL;) {
        at = (size_t)(found - text);
        if (text[at + 1] != 'u') {
            at += 2;
            continue;
        }
        const unsigned value = escape_value(text + at + 2);
        if (value >= 0xd800 && value <= 0xdfff) {
            if (value >= 0xdc00 || text[at + 6] != '\\' || text[at + 7] != 'u')
                return at;
            const unsigned low = escape_value(text + at + 8);
            if (low < 0xdc00 || low > 0xdfff)
                return at;
            at += 6;
        }
        at += 6;
    }
    return size;
}
