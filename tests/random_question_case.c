/* A question with its expected answer as one JSON object: the form of tests/questions. */
#include "tests/random_question.h"

#include <stdlib.h>
#include <string.h>

static void write_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void write_argument(FILE *out, const char *option, const char *value)
{
    fprintf(out, ",\n  \"%s\", ", option);
    write_text(value, out);
}

static void write_solutions(const question *q, const question_answer *answer, FILE *out)
{
    fputs("[", out);
    for (int i = 0; i < answer->count; i++) {
        fprintf(out, "%s\n  {\"table\": \"table%d\", \"objective\": ", i ? "," : "", answer->table[i]);
        question_write_value(answer->objective[i], out);
        fputs(", \"arch\": [", out);
        for (int node = 0; node < q->tables[answer->table[i]].node_count; node++)
            fprintf(out, "%s%d", node ? ", " : "", answer->network[i][node]);
        fputs("]}", out);
    }
    fputs("]", out);
}

void question_write_case(const question *q, int round, const char *comment, FILE *out)
{
    question_answer answers[QUESTION_ROUNDS];
    question_answers(q, answers);
    fputs("{\"comment\": ", out);
    write_text(comment, out);
    fputs(",\n\"tables\": [\n", out);
    for (int i = 0; i < q->table_count; i++) {
        fputs(i ? ",\n" : "", out);
        question_write_table(q, i, out);
    }
    fputs("],\n\"arguments\": [\"solve\"", out);
    question_write_arguments(q, round, write_argument, out);
    fputs("],\n\"solutions\": ", out);
    write_solutions(q, &answers[round], out);
    fputs("}\n", out);
}
