/* Random questions in which every feature is mixed, asked in every way, against enumeration (random_question.h).
 *
 * Questions run in batches, each in a process of its own, so that a crash or an endless search is an answer like a wrong one: the
 * question is then shrunk while it stays wrong, and the smallest one is printed as a command and kept as a case for tests/questions.
 *
 *     MATHNAS_SEED=17 build/tests/test_differential          one question
 *     MATHNAS_QUESTIONS=100000 build/tests/test_differential that many */
#include "tests/random_question.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PARTS = 4, BATCH = 50, QUESTIONS = 2000, FULL_QUESTIONS = 40000, QUESTION_SECONDS = 120, SHRINK_SECONDS = 120 };

/* Seeds from here on make spaces past enumeration, where the scan says what is right. */
#define LARGE_SEEDS UINT64_C(1000000000)

/* What the child that asks tells its parent. */
typedef struct message {
    uint64_t seed;
    char why[QUESTION_WHY];
} message;

static void make_question(uint64_t seed, question *q)
{
    random_source source = {.state = seed * 0x2545F4914F6CDD1Du + 1};
    const uint64_t networks = UINT64_C(1) << (seed < LARGE_SEEDS ? draw(&source, 18) : 18 + draw(&source, 10));
    random_question(&source, networks, q);
}

static bool answers_are_right(uint64_t seed, const question *q, char why[QUESTION_WHY])
{
    return seed < LARGE_SEEDS ? question_holds(q, why) : question_engines_agree(q, why);
}

/* ---- asking in a process of its own ---------------------------------------------------------------------------------------------- */

static message *shared_message(void)
{
    message *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(shared, MAP_FAILED);
    return shared;
}

/* Waits for the child; whether all was right. A child that was killed says so in the message. */
static bool child_is_content(pid_t child, message *shared)
{
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(shared->why, sizeof shared->why, "no answer in time");
    else if (WIFSIGNALED(status))
        snprintf(shared->why, sizeof shared->why, "signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) > 1) /* a sanitizer's report */
        snprintf(shared->why, sizeof shared->why, "exit code %d", WEXITSTATUS(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void reset_signals(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], SIG_DFL);
}

static bool batch_is_right(uint64_t first, uint64_t last, message *shared)
{
    const pid_t child = fork();
    if (child == 0) {
        reset_signals();
        question *q = malloc(sizeof *q);
        bool right = true;
        for (uint64_t seed = first; right && seed < last; seed++) {
            shared->seed = seed;
            alarm(QUESTION_SECONDS);
            make_question(seed, q);
            right = answers_are_right(seed, q, shared->why);
        }
        _exit(!right);
    }
    return child_is_content(child, shared);
}

typedef struct shrinking {
    uint64_t seed;
    message *shared;
    time_t end;
} shrinking;

static bool still_wrong(const question *q, void *user)
{
    shrinking *s = user;
    if (time(NULL) > s->end)
        return false;
    const pid_t child = fork();
    if (child == 0) {
        reset_signals();
        alarm(QUESTION_SECONDS / 4);
        _exit(!answers_are_right(s->seed, q, s->shared->why));
    }
    return !child_is_content(child, s->shared);
}

/* ---- what was found -------------------------------------------------------------------------------------------------------------- */

static void write_shell_argument(FILE *out, const char *option, const char *value)
{
    fprintf(out, " %s '%s'", option, value);
}

/* Tables and case as files below BUILD/logs, and the command. */
static void print_case(const question *q, uint64_t seed, const char *why)
{
    char path[256], comment[QUESTION_WHY + 64];
    const char *build = getenv("BUILD") ? getenv("BUILD") : "build";
    snprintf(path, sizeof path, "%s/logs", build);
    mkdir(path, 0777);
    for (int round = 0; round < q->round_count; round++) {
        snprintf(comment, sizeof comment, "test_differential, seed %" PRIu64 ", round %d: %s", seed, round, why);
        snprintf(path, sizeof path, "%s/logs/differential-%" PRIu64 "-%d.json", build, seed, round);
        FILE *out = fopen(path, "w");
        if (!out)
            continue;
        question_write_case(q, round, comment, out);
        fclose(out);
        fprintf(stderr, "kept as %s (a case for tests/questions)\n", path);
    }
    fprintf(stderr, "%s/mathnas solve", build);
    for (int i = 0; i < q->table_count; i++) {
        snprintf(path, sizeof path, "%s/logs/differential-%" PRIu64 "-table%d.json", build, seed, i);
        FILE *out = fopen(path, "w");
        if (!out)
            continue;
        question_write_table(q, i, out);
        fclose(out);
        fprintf(stderr, " %s", path);
    }
    question_write_arguments(q, 0, write_shell_argument, stderr);
    fputs("\n", stderr);
}

static void report(uint64_t seed, message *shared)
{
    fprintf(stderr, "seed %" PRIu64 ": %s\n", seed, shared->why);
    question *q = malloc(sizeof *q);
    make_question(seed, q);
    shrinking s = {.seed = seed, .shared = shared, .end = time(NULL) + SHRINK_SECONDS};
    if (still_wrong(q, &s)) {
        question_shrink(q, still_wrong, &s);
        s.end = time(NULL) + QUESTION_SECONDS;
        still_wrong(q, &s); /* its own sentence */
        fprintf(stderr, "shrunk: %s\n", shared->why);
    } else {
        fprintf(stderr, "right when asked again: the fault depends on time or memory\n");
    }
    print_case(q, seed, shared->why);
    free(q);
}

/* ---- the tests ------------------------------------------------------------------------------------------------------------------- */

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void run_seeds(uint64_t first, uint64_t last)
{
    message *shared = shared_message();
    int wrong = 0;
    for (uint64_t seed = first; seed < last && wrong < 3;) {
        const uint64_t end = seed + BATCH < last ? seed + BATCH : last;
        if (batch_is_right(seed, end, shared)) {
            seed = end;
            continue;
        }
        seed = shared->seed + 1;
        wrong++;
        report(shared->seed, shared);
    }
    munmap(shared, sizeof *shared);
    cr_assert_eq(wrong, 0, "%d wrong answers among seeds %" PRIu64 " to %" PRIu64, wrong, first, last - 1);
}

/* A part of the count, from `base` on; or the one seed that is asked for, when it lies there. */
static void run_part(uint64_t base, uint64_t part, uint64_t count)
{
    const uint64_t only = number_from("MATHNAS_SEED", 0);
    if (!only)
        run_seeds(base + part * count / PARTS, base + (part + 1) * count / PARTS);
    else if (part == 0 && (only < LARGE_SEEDS) == (base < LARGE_SEEDS))
        run_seeds(only, only + 1);
}

static uint64_t question_count(void)
{
    return number_from("MATHNAS_QUESTIONS", getenv("MATHNAS_TEST_FULL") ? FULL_QUESTIONS : QUESTIONS);
}

Test(differential, equals_enumeration_first_quarter)
{
    run_part(1, 0, question_count());
}

Test(differential, equals_enumeration_second_quarter)
{
    run_part(1, 1, question_count());
}

Test(differential, equals_enumeration_third_quarter)
{
    run_part(1, 2, question_count());
}

Test(differential, equals_enumeration_last_quarter)
{
    run_part(1, 3, question_count());
}

Test(differential, search_equals_scan_on_larger_spaces)
{
    for (uint64_t part = 0; part < PARTS; part++)
        run_part(LARGE_SEEDS, part, question_count() / 5);
}

/* In this process, so that the address sanitizer looks for leaks. */
Test(differential, leaks_nothing)
{
    question *q = malloc(sizeof *q);
    char why[QUESTION_WHY];
    for (uint64_t seed = 1000000; seed < 1000040; seed++) {
        make_question(seed, q);
        cr_assert(question_holds(q, why), "seed %" PRIu64 ": %s", seed, why);
    }
    free(q);
}

/* ---- the tests' own parts -------------------------------------------------------------------------------------------------------- */

/* Half of the questions have answers, half have more than one limit, and so on: the tests keep their subject. */
Test(differential, questions_are_mixed)
{
    question *q = malloc(sizeof *q);
    question_answer answers[QUESTION_ROUNDS];
    enum { COUNT = 400 };
    int feasible = 0, several_tables = 0, ruled = 0, scaled = 0, many_limits = 0, tied = 0, fixed = 0, large = 0;
    int linked = 0, linked_asked = 0, linked_with_factors = 0, bounded_with_rules = 0;
    for (uint64_t seed = 1; seed <= COUNT; seed++) {
        make_question(seed, q);
        cr_assert(question_valid(q), "seed %" PRIu64, seed);
        question_answers(q, answers);
        feasible += answers[0].count > 0;
        several_tables += q->table_count > 1;
        ruled += q->rule_count > 0 || q->tables[0].rule_count > 0;
        scaled += q->tables[0].scale.form != UNSCALED;
        linked += q->link.count > 0;
        linked_asked += question_linked(q, &q->objective);
        linked_with_factors += q->link.count > 0 && q->tables[0].factor_count > 0;
        bounded_with_rules += q->bounded && q->tables[0].factor_count > 0 && q->tables[0].rule_count > 0;
        many_limits += q->limit_count > 8;
        fixed += q->fix_count > 0;
        tied += answers[0].count > 1 && answers[0].objective[0] == answers[0].objective[1];
        large += question_worst(q, &q->objective) > question_unit(q, &q->objective) << 60;
    }
    free(q);
    cr_assert(feasible > COUNT / 2 && feasible < COUNT * 4 / 5, "%d feasible", feasible);
    cr_assert(several_tables > COUNT / 8 && ruled > COUNT / 8 && scaled > COUNT / 12 && many_limits > COUNT / 20 &&
                  tied > COUNT / 25 && fixed > COUNT / 8 && large > COUNT / 80,
              "tables %d, rules %d, scaled %d, limits %d, ties %d, fixed %d, large %d", several_tables, ruled, scaled,
              many_limits, tied, fixed, large);
    cr_assert(linked > COUNT / 8 && linked_asked > COUNT / 20 && linked_with_factors > COUNT / 40 &&
                  bounded_with_rules > COUNT / 100,
              "linked %d (asked for: %d, with factors: %d), rules with bounded factors %d", linked, linked_asked,
              linked_with_factors, bounded_with_rules);
}

/* A solver that overlooks limits of the form >=. */
static bool overlooks_lower_limits(const question *q, void *user)
{
    question_answer answers[QUESTION_ROUNDS], wrong[QUESTION_ROUNDS];
    question *without = user;
    *without = *q;
    for (int i = 0; i < q->limit_count; i++)
        for (int round = 0; round < q->round_count; round++)
            without->limits[i].on[round] &= q->limits[i].at_most;
    question_answers(q, answers);
    question_answers(without, wrong);
    for (int round = 0; round < q->round_count; round++)
        if (answers[round].count != wrong[round].count ||
            (answers[round].count > 0 && answers[round].objective[0] != wrong[round].objective[0]))
            return true;
    return false;
}

Test(differential, shrinking_leaves_what_the_fault_needs)
{
    question *q = malloc(sizeof *q), *scratch = malloc(sizeof *scratch);
    int shrunk = 0;
    for (uint64_t seed = 1; shrunk < 5; seed++) {
        cr_assert_lt(seed, 1000);
        make_question(seed, q);
        uint64_t size = 1;
        for (int node = 0; node < q->tables[0].node_count; node++)
            size *= (uint64_t)q->tables[0].block_count[node];
        if (size > 100 || !overlooks_lower_limits(q, scratch))
            continue;
        question_shrink(q, overlooks_lower_limits, scratch);
        shrunk++;
        cr_assert(overlooks_lower_limits(q, scratch), "seed %" PRIu64 ": no longer wrong", seed);
        cr_assert(q->table_count == 1 && q->limit_count == 1 && q->round_count == 1 && q->top == 1 &&
                      q->rule_count == 0 && q->fix_count == 0 && q->tables[0].rule_count == 0,
                  "seed %" PRIu64 ": %d tables, %d limits, %d rounds, top %d", seed, q->table_count, q->limit_count,
                  q->round_count, q->top);
        cr_assert(q->tables[0].node_count == 1 && q->tables[0].block_count[0] <= 2, "seed %" PRIu64 ": %d nodes, %d",
                  seed, q->tables[0].node_count, q->tables[0].block_count[0]);
    }
    free(q);
    free(scratch);
}
