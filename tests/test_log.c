/* The log of a solve: what its lines say agrees with the answer and never goes back; they are rationed, and come from one thread. */
#include "solver/control.h"
#include "tests/family_question.h"
#include "tests/processor_time.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_LINES = 4096 };

typedef struct log_record {
    int count;
    mn_log_line lines[MOST_LINES];
    double computed[MOST_LINES]; /* processor_seconds() then */
    pthread_t caller;
    bool elsewhere; /* some line came from another thread */
    int stop_after; /* lines; 0: never */
} log_record;

static bool record(void *user, const mn_log_line *line)
{
    log_record *all = user;
    all->elsewhere |= !pthread_equal(all->caller, pthread_self());
    if (all->count < MOST_LINES) {
        all->lines[all->count] = *line;
        all->computed[all->count] = processor_seconds();
    }
    all->count++;
    return all->stop_after > 0 && all->count >= all->stop_after;
}

static log_record *new_record(void)
{
    log_record *all = calloc(1, sizeof *all);
    cr_assert(all);
    all->caller = pthread_self();
    return all;
}

/* What holds of every log. */
static void expect_orderly(const log_record *all, bool maximize, const mn_result *result, const char *label)
{
    const int sign = maximize ? 1 : -1;
    cr_assert(!all->elsewhere, "%s: a line came from another thread", label);
    cr_assert_geq(all->count, 2, "%s", label);
    cr_assert_lt(all->count, MOST_LINES);
    for (int i = 0; i < all->count; i++) {
        const mn_log_line *line = &all->lines[i], *before = i > 0 ? line - 1 : NULL;
        cr_assert_eq((line->events & MN_LOG_START) != 0, i == 0, "%s, line %d", label, i);
        cr_assert_eq((line->events & MN_LOG_END) != 0, i == all->count - 1, "%s, line %d", label, i);
        if (line->has_incumbent && line->has_bound) {
            cr_assert_eq(line->gap, sign * (line->bound - line->incumbent), "%s, line %d", label, i);
            cr_assert_geq(line->gap, 0, "%s, line %d: the bound is worse than the incumbent", label, i);
        }
        if (!before)
            continue;
        cr_assert_geq(line->seconds, before->seconds, "%s, line %d", label, i);
        cr_assert_geq(line->search_nodes, before->search_nodes, "%s, line %d", label, i);
        cr_assert(line->has_incumbent || !before->has_incumbent, "%s, line %d", label, i);
        const bool better =
            line->has_incumbent && (!before->has_incumbent || sign * (line->incumbent - before->incumbent) > 0);
        const bool tighter = line->has_bound && (!before->has_bound || sign * (before->bound - line->bound) > 0);
        cr_assert_eq((line->events & MN_LOG_INCUMBENT) != 0, better, "%s, line %d", label, i);
        cr_assert_eq((line->events & MN_LOG_BOUND) != 0, tighter, "%s, line %d", label, i);
        if (before->has_incumbent)
            cr_assert_geq(sign * (line->incumbent - before->incumbent), 0, "%s, line %d", label, i);
        if (before->has_bound && line->has_bound)
            cr_assert_leq(sign * (line->bound - before->bound), 0, "%s, line %d", label, i);
    }
    const mn_log_line *last = &all->lines[all->count - 1];
    cr_assert_eq(last->outcome, result->outcome, "%s", label);
    cr_assert_eq(last->search_nodes, result->search_nodes, "%s", label);
    cr_assert_eq(last->has_incumbent, result->solution_count > 0, "%s", label);
    if (result->solution_count > 0)
        cr_assert_eq(last->incumbent, result->solutions[0].objective, "%s", label);
    cr_assert_eq(last->has_bound, result->has_bound, "%s", label);
    if (result->has_bound)
        cr_assert_eq(last->bound, result->bound, "%s", label);
}

static void check_log(const char *name, uint64_t seed, bool maximize, const mn_options *given)
{
    char label[96];
    snprintf(label, sizeof label, "%s seed %" PRIu64 " %s", name, seed, maximize ? "maximize" : "minimize");
    family_question q = family_question_make(name, seed, maximize);
    log_record *all = new_record();
    mn_options options = *given;
    options.log = record;
    options.user = all;
    const mn_result *result;
    const mn_status status = mn_solver_solve(q.solver, &options, &result);
    cr_assert(status == MN_OK || status == MN_STOPPED, "%s: %s", label, mn_last_error(q.solver));
    expect_orderly(all, maximize, result, label);
    family_question_free(&q);
    free(all);
}

Test(log, agrees_with_the_answer_and_never_goes_back)
{
    const char *families[] = {"10x5x1:u", "20x9x1:S", "20x9x3:w", "20x9x2:s", "20x9x5:w", "50x20x1:subset-sum"};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (uint64_t seed = 1; seed <= 4; seed++) {
            const mn_options options[] = {{.top = 1, .node_limit = 300000},
                                          {.top = 5, .node_limit = 300000, .threads = 2},
                                          {.top = 1, .gap = "40", .node_limit = 300000}};
            for (int k = 0; k < 3; k++)
                for (int maximize = 0; maximize < 2; maximize++)
                    check_log(families[i], seed, maximize, &options[k]);
        }
}

Test(log, the_scan_has_one_too)
{
    const mn_options options = {.top = 3, .engine = "scan"};
    check_log("6x5x2:w", 1, true, &options);
    check_log("6x5x2:w", 1, false, &options);
}

/* A search without news says once a second that it is alive. */
Test(log, tells_about_once_a_second_that_it_goes_on)
{
    family_question q = family_question_make("100x20x10:s", 1, true);
    log_record *all = new_record();
    const mn_options options = {.top = 1, .time_limit = 3.5, .threads = 1, .log = record, .user = all};
    const mn_result *result;
    cr_assert_eq(mn_solver_solve(q.solver, &options, &result), MN_STOPPED);
    expect_orderly(all, true, result, "100x20x10:s");
    cr_assert_geq(all->count, 5);
    for (int i = 1; i < all->count; i++)
        cr_assert_lt(all->computed[i] - all->computed[i - 1], 1 + seconds_worth(1), "line %d", i);
    family_question_free(&q);
    free(all);
}

Test(log, an_infeasible_question_ends_without_a_bound)
{
    family_question q = family_question_make("20x9x3:w", 1, true);
    log_record *all = new_record();
    const mn_options options = {.top = 1, .log = record, .user = all};
    const mn_result *result;
    cr_assert_eq(mn_solver_set_limit(q.solver, 1, 5), MN_OK);
    cr_assert_eq(mn_solver_solve(q.solver, &options, &result), MN_INFEASIBLE);
    expect_orderly(all, true, result, "infeasible");
    family_question_free(&q);
    free(all);
}

Test(log, a_callback_may_stop_the_solve)
{
    for (int lines = 1; lines <= 3; lines++) {
        family_question q = family_question_make("100x20x10:s", 2, true);
        log_record *all = new_record();
        all->stop_after = lines;
        mn_options options = {.top = 1, .log = record, .user = all};
        const mn_result *result;
        cr_assert_eq(mn_solver_solve(q.solver, &options, &result), MN_INTERRUPTED);
        cr_assert_eq(result->outcome, MN_OUTCOME_INTERRUPTED);
        cr_assert(all->lines[all->count - 1].events & MN_LOG_END);
        options = (mn_options){.top = 1, .node_limit = 1};
        cr_assert_eq(mn_solver_solve(q.solver, &options, &result), MN_STOPPED, "the request is used up");
        family_question_free(&q);
        free(all);
    }
}

/* However small the question: a request is met or forgotten, never left to the next one. */
Test(log, a_callback_stops_small_questions_too)
{
    for (int lines = 1; lines <= 4; lines++) {
        family_question q = family_question_make("4x3x1:u", 1, true);
        log_record *all = new_record();
        all->stop_after = lines;
        mn_options options = {.top = 1, .log = record, .user = all};
        const mn_result *result;
        const mn_status status = mn_solver_solve(q.solver, &options, &result);
        cr_assert(status == MN_INTERRUPTED || (lines > 1 && status == MN_OK), "%d lines: %d", lines, status);
        cr_assert_eq(mn_solver_solve(q.solver, NULL, &result), MN_OK);
        family_question_free(&q);
        free(all);
    }
}

/* ---- rations -------------------------------------------------------------------------------------------------------------------------- */

Test(log, thousands_of_incumbents_are_told_in_few_lines)
{
    log_record *all = new_record();
    mn_monitor monitor;
    const double start = mn_clock();
    mn_monitor_begin(&monitor, record, all, true, start);
    const mn_control control = {.monitor = &monitor};
    for (int64_t score = 0; score < 100000; score++) {
        mn_monitor_incumbent(&monitor, score);
        cr_assert_eq(mn_control_check(&control), MN_OK);
    }
    const double most = 22 + 10 * (mn_clock() - start);
    mn_monitor_end(&monitor, MN_OPTIMAL, 5);
    cr_assert_leq(all->count, most);
    cr_assert_geq(all->count, 20);
    cr_assert_eq(all->lines[all->count - 1].incumbent, 99999, "the last line tells all");
    cr_assert_eq(all->lines[all->count - 1].search_nodes, 5);
    free(all);
}

static void *report(void *user)
{
    mn_monitor *monitor = user;
    const mn_control control = {.monitor = monitor};
    for (int64_t score = 0; score < 20000; score++) {
        mn_monitor_incumbent(monitor, score);
        mn_monitor_nodes(monitor, (uint64_t)score);
        mn_control_check(&control);
    }
    return NULL;
}

Test(log, other_threads_report_and_the_caller_tells)
{
    log_record *all = new_record();
    mn_monitor monitor;
    pthread_t threads[4];
    mn_monitor_begin(&monitor, record, all, false, mn_clock());
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, report, &monitor), 0);
    for (int i = 0; i < 4; i++) {
        mn_monitor_look(&monitor);
        pthread_join(threads[i], NULL);
    }
    mn_monitor_end(&monitor, MN_TIME_LIMIT, 30000);
    cr_assert(!all->elsewhere);
    cr_assert_eq(all->lines[all->count - 1].incumbent, -19999);
    free(all);
}

Test(log, nobody_follows)
{
    mn_monitor_incumbent(NULL, 1);
    mn_monitor_nodes(NULL, 1);
    mn_monitor_bound(NULL, 1, 1);
    mn_monitor_continue(NULL, 1);
    mn_monitor_look(NULL);
    mn_monitor_end(NULL, MN_OPTIMAL, 1);
}
