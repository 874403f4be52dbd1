/* Any bytes as the choices that make a small question: the library's answers, asked in every way, are those of enumeration. */
#include "tests/random_question.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_NETWORKS = 300 };

static void write_argument(FILE *out, const char *option, const char *value)
{
    fprintf(out, " %s '%s'", option, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static question q;
    random_source source = {.bytes = data, .left = size};
    random_question(&source, 1 + draw(&source, MOST_NETWORKS), &q);
    char why[QUESTION_WHY];
    if (question_holds(&q, why))
        return 0;
    fprintf(stderr, "%s\n", why);
    for (int table = 0; table < q.table_count; table++)
        question_write_table(&q, table, stderr);
    question_write_arguments(&q, 0, write_argument, stderr);
    fputs("\n", stderr);
    abort();
}
