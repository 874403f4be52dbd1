/* The words of a text file in order, each with its line: for formats of numbers apart by spaces. '#', '%' and "//" begin comments. */
#ifndef MN_FILES_WORDS_H
#define MN_FILES_WORDS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mn_word {
    const char *text; /* not terminated; NULL: no word, the end */
    size_t length;
    int line;
} mn_word;

/* A place in a text; a copy of it looks ahead. */
typedef struct mn_words {
    const char *at, *end;
    int line; /* from 1 */
} mn_words;

/* From the beginning, behind a byte order mark. */
mn_words mn_words_open(const char *text, size_t size);

/* The next word, of the whole text or (`lines` false) of the present line; false when there is none, and `word` is then empty. */
bool mn_word_next(mn_words *words, bool lines, mn_word *word);

/* How many words the line of the next word has from there on; `most` when there are more. */
int mn_words_on_line(mn_words ahead, int most);

/* A word for a sentence: at most 40 bytes, those that are no plain text as '?'. */
enum { MN_WORD_SHOWN = 48 };
const char *mn_word_shown(const mn_word *word, char text[MN_WORD_SHOWN]);

#endif
