/* A question in linear form: rows and a score that are plain sums over blocks, which the bounds work on. For additive problems it
 * is the question itself. A scaled column (Acc = base + S g(F)) is replaced by a linear relaxation on an interval of F; whole
 * networks are then checked exactly (`checked`).
 *
 * The relaxation: with q = 1 / g, value >= T means S >= tau q(F), tau = T - base - 1/2. Any slope b gives a necessary condition
 * A S - B F >= min over the interval of A tau q(F) - B F. With b the slope of tau q at the F of a good network this is tight there;
 * for the reciprocal form tau q is a line and nothing is lost (Dinkelbach's method, Management Science 13, 1967). */
#ifndef MN_SOLVER_FORM_H
#define MN_SOLVER_FORM_H

#include "solver/arena.h"
#include "solver/control.h"
#include "solver/graph.h"
#include "solver/rows.h"

/* What does not depend on the capacities. Ranges are of the sums without base, over the graph's paths. */
typedef struct mn_prepared {
    const mn_problem *problem;
    int problem_index;
    mn_graph graph;
    int64_t score_low, score_high, score_magnitude;
    int64_t *limit_low, *limit_high;  /* [limit_count] */
    int64_t score_step, score_offset; /* every network's score is offset plus a multiple of step */
    int64_t *limit_magnitude;   /* [limit_count] sum over nodes of the largest |value|: no partial sum passes it */
    mn_row_shape *limit_shapes; /* [limit_count] */
    int64_t capability_low, capability_high; /* F itself, base included */
    bool scaled;                             /* some column is */
} mn_prepared;

/* Takes over the graph, all of the problem's or a part of it, even on failure. */
mn_status mn_prepare(const mn_problem *problem, mn_graph graph, mn_error *error, mn_prepared *prepared);
void mn_prepared_free(mn_prepared *prepared);

/* 1 / g(F) = c F^r on an interval of F, up to a relative `error` of the integer g. */
typedef struct mn_inverse {
    long double c, r, error;
    long double at_low, at_high; /* F^r at the ends of the interval */
} mn_inverse;

typedef struct mn_form {
    const mn_prepared *prepared;
    int row_count;
    const int64_t **rows; /* [row_count][item_count]: sum <= caps */
    int *row_limit;       /* [row_count] the limit that the row is, -1: computed */
    int64_t *caps;
    int64_t *row_low, *row_high, *row_magnitude; /* ranges of the rows' sums, as in mn_prepared */
    const int64_t *score;                        /* [item_count] maximised */
    int64_t score_low, score_high, score_magnitude;
    int64_t score_step, score_offset;
    bool checked; /* a network that meets the rows must still be checked exactly */
    /* scaled objective: score = A S - B F */
    int64_t a, b;
    int64_t f_low, f_high;
    mn_inverse inverse;
    const mn_control *control; /* who may stop the work on it */
} mn_form;

/* Where to put the tangents: the score and F of a good network. */
typedef struct mn_guess {
    int64_t score, capability;
} mn_guess;

/* `f_low`, `f_high`: the interval of F (ignored when nothing is scaled). `guess` NULL: the relaxation starts without slope.
 * MN_INFEASIBLE when one limit alone excludes everything. Arrays live in the arena. */
mn_status mn_form_make(const mn_prepared *prepared, const int64_t *capacities, int64_t f_low, int64_t f_high,
                       const mn_guess *guess, const mn_control *control, mn_arena *arena, mn_form *form);

/* The least linear score that a network of value `target` or better can have. Monotone in target. */
int64_t mn_form_threshold(const mn_form *form, int64_t target);

/* The best value that a network of linear score `score` can have. */
int64_t mn_form_value_bound(const mn_form *form, int64_t score);

/* Whether the relaxation loses by its slope only as a chord does, so that shorter intervals of F tighten it. */
bool mn_form_wants_intervals(const mn_prepared *prepared, const int64_t *capacities, const mn_guess *guess);

#endif
