/* The exact search over one or more problems (tables) with the same limits: multipliers, core, branch and bound (engine.c names the
 * steps). An engine keeps what it learns, so that a second question with other capacities starts where the last one ended. */
#ifndef MN_SOLVER_ENGINE_H
#define MN_SOLVER_ENGINE_H

#include "solver/control.h"
#include "solver/problem.h"

typedef struct mn_engine mn_engine;

typedef struct mn_question {
    const int64_t *capacities; /* [limit_count], MN_NO_CAPACITY: off */
    int top;                   /* K best: score descending, then problem, then lexicographic */
    int64_t gap;               /* >= 0: stop once bound - score is no larger */
    int threads;               /* of one search; below 2: the caller's alone */
    const uint16_t *start;     /* a network known already, which the capacities and rules admit; NULL: none */
    int start_problem;
    mn_control control;
} mn_question;

/* Arrays are the caller's: problems, scores [top], choices [top][widest problem's node_count]. */
typedef struct mn_answer {
    mn_outcome outcome;
    int count; /* found */
    int32_t *problems;
    int64_t *scores;
    uint16_t *choices;
    bool has_bound;
    int64_t bound; /* no network scores more */
    uint64_t search_nodes;
} mn_answer;

/* Problems are borrowed and must outlive the engine. */
mn_status mn_engine_create(const mn_problem *problems, int problem_count, mn_error *error, mn_engine **engine);
void mn_engine_free(mn_engine *engine);

/* MN_OK, MN_INFEASIBLE, MN_STOPPED, MN_INTERRUPTED (all fill the answer), or MN_FAILURE. */
mn_status mn_engine_solve(mn_engine *engine, const mn_question *question, mn_answer *answer, mn_error *error);

/* Builds the step function of one limit (score against capacity, all other limits off), for mn_engine_best_step. MN_STOPPED: the
 * problem is scaled, has rules outside its diagram, or the function has too many steps. */
mn_status mn_engine_learn_steps(mn_engine *engine, int limit, mn_error *error);

typedef struct mn_step {
    int32_t problem;
    int64_t score;
    int64_t last;      /* the same answer holds for all capacities from the one asked to this one */
    uint16_t *network; /* [widest] the caller's */
    uint16_t *scratch; /* [widest] the caller's */
} mn_step;

/* The answer at one capacity; false: infeasible, up to `last`. After mn_engine_learn_steps; only reads the engine, so several threads
 * may ask at once. */
bool mn_engine_best_step(mn_engine *engine, int limit, int64_t capacity, mn_step *best);

#endif
