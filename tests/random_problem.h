/* Random canonical problems over one or more random tables, with all their networks written down: what the tests of the solver's
 * rooms compare with. */
#ifndef MN_TESTS_RANDOM_PROBLEM_H
#define MN_TESTS_RANDOM_PROBLEM_H

#include "tests/random_table.h"
#include "solver/problem.h"

enum { PROBLEM_LIMITS = 5, PROBLEM_NODES = 8, PROBLEM_TABLES = 3 };

typedef struct listed_network {
    int64_t score;
    int problem;
    uint16_t network[PROBLEM_NODES];
    int64_t limits[PROBLEM_LIMITS]; /* values, in the problems' sign */
} listed_network;

typedef struct random_problems {
    int count, limit_count, width; /* width: nodes of the widest */
    mn_table *tables[PROBLEM_TABLES];
    mn_diagram *diagrams[PROBLEM_TABLES];
    mn_problem problems[PROBLEM_TABLES];
    int64_t capacities[PROBLEM_LIMITS];
    int network_count;
    listed_network
        *networks; /* [network_count] that obey the rules and restrictions, best first, ties as they are settled */
} random_problems;

typedef struct problem_shape {
    random_shape table;
    int tables, limits;
    bool shrinking;   /* each further table has one node less */
    bool nearest_sum; /* the limit is the score: which sum comes nearest to a number; hard for bounds */
} problem_shape;

random_problems make_random_problems(uint64_t seed, problem_shape shape);
void free_random_problems(random_problems *p);

/* Capacities near the values of random networks, so that limits bind, sometimes past what is feasible, sometimes off. */
void draw_capacities(random_problems *p, uint64_t *state);

enum { NO_LIMIT_LEFT_OUT = -1 };

/* Whether the network meets all limits but one. */
bool network_fits(const random_problems *p, const int64_t *capacities, int left_out, const listed_network *network);

/* Index of the next network at or after `from` that meets all limits, or network_count. */
int next_fitting(const random_problems *p, const int64_t *capacities, int from);

#endif
