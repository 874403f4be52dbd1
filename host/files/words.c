#include "host/files/words.h"

#include <string.h>

mn_words mn_words_open(const char *text, size_t size)
{
    const size_t mark = size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
    return (mn_words){text + mark, text + size, 1};
}

static bool begins_comment(const mn_words *words)
{
    return *words->at == '#' || *words->at == '%' ||
           (*words->at == '/' && words->at + 1 < words->end && words->at[1] == '/');
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Skips spaces and comments, over line ends when `lines`; false at the end (of the line). */
static bool skip(mn_words *words, bool lines)
{
    for (; words->at < words->end; words->at++) {
        if (begins_comment(words)) {
            const char *stop = memchr(words->at, '\n', (size_t)(words->end - words->at));
            words->at = stop ? stop : words->end;
            if (!stop)
                return false;
        }
        if (*words->at == '\n' && !lines)
            return false;
        if (!is_space(*words->at))
            return true;
        words->line += *words->at == '\n';
    }
    return false;
}

bool mn_word_next(mn_words *words, bool lines, mn_word *word)
{
    *word = (mn_word){0};
    if (!skip(words, lines))
        return false;
    *word = (mn_word){words->at, 0, words->line};
    while (words->at < words->end && !is_space(*words->at) && !begins_comment(words))
        words->at++;
    word->length = (size_t)(words->at - word->text);
    return true;
}

int mn_words_on_line(mn_words ahead, int most)
{
    mn_word word;
    int count = 0;
    for (bool lines = true; count < most && mn_word_next(&ahead, lines, &word); lines = false)
        count++;
    return count;
}

const char *mn_word_shown(const mn_word *word, char text[MN_WORD_SHOWN])
{
    const size_t length = word->length < 40 ? word->length : 40;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)(word->text[i] > 0x20 && word->text[i] < 0x7f ? word->text[i] : '?');
    strcpy(text + length, word->length > length ? "..." : "");
    return text;
}
