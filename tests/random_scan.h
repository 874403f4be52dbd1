/* Random questions to the scan, for property tests: the same for a seed everywhere. */
#ifndef MN_TESTS_RANDOM_SCAN_H
#define MN_TESTS_RANDOM_SCAN_H

#include "solver/problem.h"
#include "tests/random_table.h"

enum { MOST_SCAN_LIMITS = 20 };

/* A random question on a random table. */
typedef struct scan_question {
    mn_table *table;
    mn_problem problem;
    int64_t capacities[MOST_SCAN_LIMITS];
    int top;
} scan_question;

scan_question random_scan_question(uint64_t seed, random_shape shape, int limits);
void free_scan_question(scan_question *q);

/* A column's value of a network, by its definition. */
int64_t scan_question_value(const scan_question *q, const mn_column *column, const uint16_t *network);

/* The value of a random network, sometimes off by one, so that limits bind: some exclude everything, some nothing. */
int64_t random_scan_capacity(const scan_question *q, uint64_t *state, const mn_column *column);

#endif
