/* Random questions that have an answer: the best first metric of a shipped table (accuracy or BLEU) under one to three limits.
 *
 * One limit: the second metric (latency or FLOPs), uniform between the smallest and the largest value that a network reaches.
 * Two limits: the second and third metric of a random network; a table of two metrics instead gets a window of a hundredth of the
 * second metric's range around a random network. Three limits: the second to fourth metric of a random network. The same table, count and seed give the same questions everywhere. */
#ifndef MN_BENCH_QUESTIONS_H
#define MN_BENCH_QUESTIONS_H

#include "host/mathnas.h"

enum { SHIPPED_TABLES = 12, MOST_LIMITS = 3, LIMIT_TEXT = 160 };

extern const char *const shipped_tables[SHIPPED_TABLES];

typedef struct questions {
    const mn_table *table;
    const char *objective; /* to be maximised */
    int limit_count;
    char limits[MOST_LIMITS][LIMIT_TEXT]; /* "latency<=", without value */
    mn_resolution resolutions[MOST_LIMITS];
    uint64_t count;
    int64_t *values; /* [count][limit_count] multiples */
} questions;

/* limit_count: 1 to 3, 3 only where the table has four metrics. False, with a sentence on standard error: the table's ranges or networks cannot be had, or memory ran out. */
bool questions_make(const mn_table *table, int limit_count, uint64_t count, uint64_t seed, questions *q);
void questions_free(questions *q);

/* The text of one limit with its value, as mn_solver_add_limit takes it. */
void question_text(const questions *q, uint64_t question, int limit, char text[LIMIT_TEXT + MN_NUMBER_SIZE]);

/* A solver with the objective and, when `question` >= 0, the limits of that question; else limits that are still off. NULL after a
 * sentence on standard error. */
mn_solver *question_solver(const questions *q, int64_t question);

/* Sets the limits of a solver made by question_solver. */
void question_set(const questions *q, uint64_t question, mn_solver *solver);

#endif
