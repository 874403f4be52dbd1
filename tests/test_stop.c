/* Solves that end before a proof: the bound is never below the optimum, the incumbent is what is said of it, and they end in time. */
#include "solver/control.h"
#include "tests/family_question.h"
#include "tests/processor_time.h"

#include <pthread.h>
#include <string.h>

/* ---- bounds ------------------------------------------------------------------------------------------------------------------------------ */

static void expect_valid(const family_question *q, const mn_result *result, int64_t optimum, bool maximize,
                         const char *label)
{
    const int sign = maximize ? 1 : -1;
    cr_assert(result->has_bound, "%s", label);
    cr_assert_geq(sign * (result->bound - optimum), 0, "%s: bound %" PRId64 ", optimum %" PRId64, label, result->bound,
                  optimum);
    for (int i = 0; i < result->solution_count; i++) {
        cr_assert(family_question_agrees(q, &result->solutions[i]), "%s: solution %d", label, i);
        cr_assert_leq(sign * (result->solutions[i].objective - optimum), 0, "%s: solution %d", label, i);
    }
}

static const char *const families[] = {"10x5x2:w", "20x9x1:S", "20x9x1:subset-sum", "20x9x3:w",
                                       "20x9x3:s", "20x9x5:w", "50x20x2:w"};

/* Calls `check` with the optimum of some instances, by their proof. */
static void on_instances(void (*check)(family_question *q, int64_t optimum, bool maximize, const char *label))
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (uint64_t seed = 1; seed <= 3; seed++)
            for (int maximize = 0; maximize < 2; maximize++) {
                char label[96];
                snprintf(label, sizeof label, "%s seed %" PRIu64 " %s", families[i], seed,
                         maximize ? "maximize" : "minimize");
                family_question q = family_question_make(families[i], seed, maximize);
                const mn_result *result;
                const mn_options options = {.top = 1, .time_limit = 60};
                cr_assert_eq(mn_solver_solve(q.solver, &options, &result), MN_OK, "%s: %s", label,
                             mn_last_error(q.solver));
                check(&q, result->solutions[0].objective, maximize, label);
                family_question_free(&q);
            }
}

static void check_node_limits(family_question *q, int64_t optimum, bool maximize, const char *label)
{
    for (uint64_t limit = 1; limit <= 1000000; limit *= 7) {
        const mn_options options = {.top = 1, .node_limit = limit, .threads = 1 + limit % 2};
        const mn_result *result;
        const mn_status status = mn_solver_solve(q->solver, &options, &result);
        expect_valid(q, result, optimum, maximize, label);
        if (status == MN_OK) {
            cr_assert_eq(result->outcome, MN_OPTIMAL, "%s", label);
            cr_assert_eq(result->solutions[0].objective, optimum, "%s: %" PRIu64 " nodes", label, limit);
            return;
        }
        cr_assert_eq(status, MN_STOPPED, "%s", label);
        cr_assert_eq(result->outcome, MN_NODE_LIMIT, "%s", label);
        cr_assert_geq(result->search_nodes, limit, "%s", label);
        cr_assert_leq(result->search_nodes, limit + 20000, "%s: limit %" PRIu64, label, limit);
    }
}

Test(stop, at_a_node_limit_with_a_valid_bound)
{
    on_instances(check_node_limits);
}

static void check_gaps(family_question *q, int64_t optimum, bool maximize, const char *label)
{
    for (int64_t gap = 1; gap <= 1000; gap *= 5) {
        char text[32];
        snprintf(text, sizeof text, "%" PRId64, gap);
        const mn_options options = {.top = 1, .gap = text, .time_limit = 60};
        const mn_result *result;
        cr_assert_eq(mn_solver_solve(q->solver, &options, &result), MN_OK, "%s: gap %s", label, text);
        expect_valid(q, result, optimum, maximize, label);
        cr_assert_eq(result->solution_count, 1);
        const int64_t own = result->solutions[0].objective, difference = maximize ? optimum - own : own - optimum;
        cr_assert_leq(difference, gap, "%s: gap %s, the optimum is %" PRId64 " away", label, text, difference);
        const int64_t proved = maximize ? result->bound - own : own - result->bound;
        cr_assert_leq(proved, gap, "%s: gap %s, proved %" PRId64, label, text, proved);
        cr_assert(result->outcome == MN_OPTIMAL || result->outcome == MN_GAP_LIMIT, "%s", label);
        cr_assert(result->outcome == MN_GAP_LIMIT || difference == 0, "%s", label);
    }
}

Test(stop, within_the_gap_of_the_optimum)
{
    on_instances(check_gaps);
}

/* At times that fall anywhere: into the preparation, the rounds, the ties. */
static void check_time_limits(family_question *q, int64_t optimum, bool maximize, const char *label)
{
    for (double limit = 1e-7; limit < 1e-2; limit *= 2.5) {
        const mn_options options = {.top = 1, .time_limit = limit};
        const mn_result *result;
        const mn_status status = mn_solver_solve(q->solver, &options, &result);
        cr_assert(status == MN_OK || status == MN_STOPPED, "%s: %g s: %d", label, limit, status);
        if (result->has_bound)
            expect_valid(q, result, optimum, maximize, label);
        if (status == MN_OK)
            cr_assert_eq(result->solutions[0].objective, optimum, "%s: %g s", label, limit);
        else
            cr_assert_eq(result->outcome, MN_TIME_LIMIT, "%s: %g s", label, limit);
    }
}

Test(stop, at_a_time_limit_with_a_valid_bound)
{
    on_instances(check_time_limits);
}

/* ---- in time ------------------------------------------------------------------------------------------------------------------------------ */

static const double PROMPT = 0.2; /* seconds of a quiet machine */

/* Time on the processor, for each thread that may use it: on a busy machine the clock says little. */
static void expect_prompt(double since, int threads, double allowed, const char *what)
{
    const double taken = (processor_seconds() - since) / threads;
    cr_assert_lt(taken, allowed + seconds_worth(PROMPT), "%s took %g s", what, taken);
}

Test(stop, a_time_limit_holds_on_hard_instances)
{
    const char *hard[] = {"50x20x5:s",   "50x20x3:s",    "100x10x10:s",  "100x50x1:subset-sum", "400x10x10:s",
                          "700x10x30:s", "1000x300x1:s", "1000x300x3:s", "1000x100x32:w"};
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++)
        for (int threads = 1; threads <= 2; threads++) {
            family_question q = family_question_make(hard[i], 1, true);
            const mn_options options = {.top = 1, .time_limit = 0.3, .threads = threads};
            const mn_result *result;
            const double start = processor_seconds();
            const mn_status status = mn_solver_solve(q.solver, &options, &result);
            expect_prompt(start, threads, options.time_limit, hard[i]);
            cr_assert(status == MN_OK || status == MN_STOPPED, "%s", hard[i]);
            for (int k = 0; k < result->solution_count; k++)
                cr_assert(family_question_agrees(&q, &result->solutions[k]), "%s", hard[i]);
            family_question_free(&q);
        }
}

typedef struct canceller {
    mn_solver *solver;
    double delay; /* seconds */
    double then;  /* out: processor_seconds() when it cancelled */
} canceller;

static void *cancel_later(void *user)
{
    canceller *own = user;
    const struct timespec delay = {(time_t)own->delay, (long)(own->delay * 1e9) % 1000000000};
    nanosleep(&delay, NULL);
    own->then = processor_seconds();
    mn_solver_cancel(own->solver);
    return NULL;
}

Test(stop, a_cancel_from_another_thread_is_prompt)
{
    const char *hard[] = {"50x20x10:s", "100x10x10:s", "400x10x10:s"};
    for (int i = 0; i < 3; i++)
        for (int threads = 1; threads <= 2; threads++) {
            family_question q = family_question_make(hard[i], 1, true);
            canceller other = {.solver = q.solver, .delay = 0.1 + 0.2 * i};
            pthread_t thread;
            const mn_options options = {.top = 1, .threads = threads};
            const mn_result *result;
            cr_assert_eq(pthread_create(&thread, NULL, cancel_later, &other), 0);
            const mn_status status = mn_solver_solve(q.solver, &options, &result);
            pthread_join(thread, NULL);
            cr_assert_eq(status, MN_INTERRUPTED, "%s", hard[i]);
            cr_assert_eq(result->outcome, MN_OUTCOME_INTERRUPTED);
            expect_prompt(other.then, threads, 0, hard[i]);
            cr_assert(result->has_bound);
            for (int k = 0; k < result->solution_count; k++)
                cr_assert(family_question_agrees(&q, &result->solutions[k]), "%s", hard[i]);
            family_question_free(&q);
        }
}

static void check_cancel(const char *name)
{
    family_question q = family_question_make(name, 1, true);
    const mn_options scan = {.top = 1, .engine = "scan"};
    const mn_result *result;
    cr_assert_eq(mn_solver_solve(q.solver, NULL, &result), MN_OK);
    const int64_t optimum = result->solutions[0].objective;
    for (int i = 0; i < 4; i++) {
        mn_solver_cancel(q.solver);
        mn_solver_cancel(q.solver);
        cr_assert_eq(mn_solver_solve(q.solver, i % 2 ? &scan : NULL, &result), MN_INTERRUPTED, "%s", name);
        cr_assert_eq(result->outcome, MN_OUTCOME_INTERRUPTED);
        cr_assert_eq(mn_solver_solve(q.solver, NULL, &result), MN_OK, "%s", name);
        cr_assert_eq(result->solutions[0].objective, optimum);
    }
    family_question_free(&q);
}

/* When none runs, the next one stops, however small; a call that returned MN_INTERRUPTED has used the request up. */
Test(stop, a_cancel_is_used_up_by_the_call_that_it_stops)
{
    check_cancel("20x9x3:w");
    check_cancel("4x3x1:u");
}
