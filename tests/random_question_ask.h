/* What the parts of random_question_ask.c share. */
#ifndef MN_TESTS_RANDOM_QUESTION_ASK_H
#define MN_TESTS_RANDOM_QUESTION_ASK_H

#include "tests/random_question.h"

enum {
    ASK_SECONDS = 20,
    BRIEF_SECONDS = 1
}; /* more than any of the enumerated questions takes; and for the larger ones */

/* A question that is being asked. */
typedef struct asking {
    const question *q;
    mn_table *tables[QUESTION_TABLES];
    question_answer answers[QUESTION_ROUNDS];
    const char *way; /* in which it is asked, for messages */
    int round;
    bool may_stop; /* a time limit is no fault */
    char *why;     /* [QUESTION_WHY] */
} asking;

/* Writes what differs; false, to be returned. */
__attribute__((format(printf, 2, 3))) bool ask_differs(asking *a, const char *format, ...);

const char *ask_shown(mn_wide value, char text[64]);
mn_wide ask_in_millionths(int64_t multiples, mn_resolution resolution);

/* A solver that was told the question, limits at the first round; NULL after a failure. */
mn_solver *ask_make_solver(asking *a);
bool ask_limit_multiples(asking *a, mn_solver *solver, int limit, mn_wide value, int64_t *multiples);

/* Networks to start from: the worst that the answers of each round hold, and any one. Some break the limits or rules. */
typedef struct start_networks {
    int count;
    mn_start starts[QUESTION_ROUNDS + 1];
    uint16_t any[QUESTION_NODES];
} start_networks;

/* Result against a->answers of the round, everything the same. */
bool ask_compare(asking *a, const mn_solver *solver, mn_status status, const mn_result *result);

/* A solve that may have ended early: what it says must be true; with a proof, to within `gap`. */
bool ask_check_claims(asking *a, const mn_solver *solver, const mn_result *result, mn_wide gap);

/* A stopped solve is no worse than what it started from. */
bool ask_check_starts(asking *a, const mn_solver *solver, const mn_result *result, const start_networks *starts);

/* Whether limits that are said to clash do so, and the nearest values (random_question_conflict.c). */
bool ask_compare_conflict(asking *a, const mn_solver *solver, const mn_result *result);

/* The rounds in one sweep, or the first one with limit 0 at many values (random_question_sweep.c). */
bool ask_sweep(asking *a, bool one_limit);

/* The front of the objective and the first limit's expression, of at most `networks` networks (random_question_front.c). */
bool ask_front(asking *a, int networks);

#endif
