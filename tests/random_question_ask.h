/* What the parts of random_question_ask.c share. */
#ifndef MN_TESTS_RANDOM_QUESTION_ASK_H
#define MN_TESTS_RANDOM_QUESTION_ASK_H

#include "tests/random_question.h"

enum { ASK_SECONDS = 20, BRIEF_SECONDS = 1 }; /* more than any of the enumerated questions takes; and for the larger ones */

/* A question that is being asked. */
typedef struct asking {
    const question *q;
    mn_table *tables[QUESTION_TABLES];
    question_answer answers[QUESTION_ROUNDS];
    const char *way; /* in which it is asked, for messages */
    int round;
    bool may_stop; /* a time limit is no fault */
    char *why; /* [QUESTION_WHY] */
} asking;

/* Writes what differs; false, to be returned. */
__attribute__((format(printf, 2, 3))) bool ask_differs(asking *a, const char *format, ...);

const char *ask_shown(mn_wide value, char text[64]);
mn_wide ask_in_millionths(int64_t multiples, mn_resolution resolution);

/* A solver that was told the question, limits at the first round; NULL after a failure. */
mn_solver *ask_make_solver(asking *a);
bool ask_limit_multiples(asking *a, mn_solver *solver, int limit, mn_wide value, int64_t *multiples);

/* Whether limits that are said to clash do so, and the nearest values (random_question_conflict.c). */
bool ask_compare_conflict(asking *a, const mn_solver *solver, const mn_result *result);

/* The rounds in one sweep, or the first one with limit 0 at many values (random_question_sweep.c). */
bool ask_sweep(asking *a, bool one_limit);

#endif
