/* Asks the library in every way that has one right answer, and compares. */
#include "tests/random_question_ask.h"
#include "host/core/table.h"
#include "host/files/table_json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool ask_differs(asking *a, const char *format, ...)
{
    const int used = snprintf(a->why, QUESTION_WHY, "%s, round %d: ", a->way, a->round);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(a->why + used, (size_t)(QUESTION_WHY - used), format, arguments);
    va_end(arguments);
    return false;
}

const char *ask_shown(mn_wide value, char text[64])
{
    FILE *out = fmemopen(text, 64, "w");
    question_write_value(value, out);
    fclose(out);
    return text;
}

/* Multiples in 10^-6. */
mn_wide ask_in_millionths(int64_t multiples, mn_resolution resolution)
{
    mn_wide value = (mn_wide)multiples * resolution.mantissa;
    for (int decimals = resolution.decimals; decimals < 6; decimals++)
        value *= 10;
    return value;
}

/* ---- tables ---------------------------------------------------------------------------------------------------------------------- */

static mn_status load_table(asking *a, int index, bool bounded)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    question_write_table(a->q, index, out);
    fclose(out);
    a->tables[index] = mn_table_new();
    a->tables[index]->most_states = bounded ? 1 : 0;
    const mn_status status = mn_table_read_memory("question", text, size, a->tables[index]);
    free(text);
    return status;
}

/* Reads a table that its own rules may empty: then it must be refused. */
static bool check_load(asking *a, int index)
{
    const mn_status status = load_table(a, index, a->q->bounded);
    const bool wanted = question_table_has_networks(a->q, index);
    if ((status == MN_OK) != wanted)
        return ask_differs(a, "table %d: status %d (%s), expected that it %s", index, status,
                           mn_last_error(a->tables[index]),
                           wanted ? "is read" : "is refused, as its rules exclude every network");
    return true;
}

/* ---- putting the question -------------------------------------------------------------------------------------------------------- */

static char *expression_text(const question_expression *expression, const char *sign, bool valued, mn_wide value)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    question_write_expression(expression, out);
    fputs(sign, out);
    if (valued)
        question_write_value(value, out);
    fclose(out);
    return text;
}

static mn_status add_fix(mn_solver *solver, const question *q, const question_fix *fix)
{
    char node[16], block[16];
    snprintf(node, sizeof node, fix->by_index ? "%d" : "n%d", fix->node);
    snprintf(block, sizeof block, "%d", fix->block);
    return (fix->keep ? mn_solver_fix : mn_solver_forbid)(solver, node,
                                                          fix->by_index ? block : question_block_name(q, fix->block));
}

static mn_status add_rule(mn_solver *solver, const question *q, const question_rule *rule)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    question_write_rule(q, rule, out);
    fclose(out);
    const mn_status status = mn_solver_add_rule(solver, text);
    free(text);
    return status;
}

static mn_status state_question(const question *q, mn_solver *solver)
{
    char *text = expression_text(&q->objective, "", false, 0);
    mn_status status = (q->maximize ? mn_solver_maximize : mn_solver_minimize)(solver, text);
    free(text);
    for (int i = 0; i < q->limit_count && status == MN_OK; i++) {
        const question_limit *limit = &q->limits[i];
        text = expression_text(&limit->expression, limit->at_most ? "<=" : ">=", limit->on[0], limit->value[0]);
        status = mn_solver_add_limit(solver, text, NULL);
        free(text);
    }
    for (int i = 0; i < q->fix_count && status == MN_OK; i++)
        status = add_fix(solver, q, &q->fixes[i]);
    for (int i = 0; i < q->rule_count && status == MN_OK; i++)
        status = add_rule(solver, q, &q->rules[i]);
    return status;
}

mn_solver *ask_make_solver(asking *a)
{
    mn_solver *solver;
    mn_status status = mn_solver_create((const mn_table *const *)a->tables, a->q->table_count, &solver);
    if (status == MN_OK)
        status = state_question(a->q, solver);
    if (status == MN_OK)
        return solver;
    ask_differs(a, "status %d: %s", status, mn_last_error(solver));
    mn_solver_free(solver);
    return NULL;
}

bool ask_limit_multiples(asking *a, mn_solver *solver, int limit, mn_wide value, int64_t *multiples)
{
    char text[64];
    if (mn_solver_limit_value(solver, limit, ask_shown(value, text), multiples) == MN_OK)
        return true;
    return ask_differs(a, "limit %d: %s", limit, mn_last_error(solver));
}

static bool set_round(asking *a, mn_solver *solver, int round)
{
    a->round = round;
    for (int i = 0; i < a->q->limit_count; i++) {
        int64_t multiples = MN_NO_LIMIT;
        if (a->q->limits[i].on[round] && !ask_limit_multiples(a, solver, i, a->q->limits[i].value[round], &multiples))
            return false;
        if (mn_solver_set_limit(solver, i, multiples) != MN_OK)
            return ask_differs(a, "limit %d: %s", i, mn_last_error(solver));
    }
    return true;
}

/* ---- ways of asking -------------------------------------------------------------------------------------------------------------- */

static mn_options options_of(const asking *a, const char *engine, int threads)
{
    mn_options options = mn_default_options();
    options.top = a->q->top;
    options.engine = engine;
    options.threads = threads;
    options.time_limit = a->may_stop && strcmp(engine, "scan") ? BRIEF_SECONDS : ASK_SECONDS;
    return options;
}

static void find_starts(const asking *a, uint64_t number, start_networks *s)
{
    s->count = 0;
    for (int round = 0; round < a->q->round_count; round++) {
        const question_answer *answer = &a->answers[round];
        if (answer->count > 0)
            s->starts[s->count++] = (mn_start){answer->table[answer->count - 1], answer->network[answer->count - 1]};
    }
    const int table = (int)(number % (uint64_t)a->q->table_count);
    for (int node = 0; node < a->q->tables[table].node_count; node++)
        s->any[node] = (uint16_t)((number >> node) % (uint64_t)a->q->tables[table].block_count[node]);
    s->starts[s->count++] = (mn_start){table, s->any};
}

/* All rounds, and the first again: what was learned, or is known at the start, changes no answer. */
static bool ask_rounds(asking *a, const char *way, mn_options options, bool explained, const start_networks *starts)
{
    a->way = way;
    mn_solver *solver = ask_make_solver(a);
    options.starts = starts ? starts->starts : NULL;
    options.start_count = starts ? starts->count : 0;
    bool same = solver != NULL;
    for (int i = 0; same && i <= a->q->round_count; i++) {
        const mn_result *result;
        same = set_round(a, solver, i % a->q->round_count);
        if (!same)
            break;
        const mn_status status = (explained ? mn_solver_solve : mn_solver_resolve)(solver, &options, &result);
        same = ask_compare(a, solver, status, result);
        if (same && status == MN_INFEASIBLE && explained)
            same = ask_compare_conflict(a, solver, result);
    }
    mn_solver_free(solver);
    return same;
}

static bool ask_briefly(asking *a, uint64_t seed, const start_networks *starts)
{
    a->way = seed % 2 ? "gap" : "node limit";
    mn_solver *solver = ask_make_solver(a);
    if (!solver)
        return false;
    mn_options options = options_of(a, "search", 1 + (int)(seed / 2 % 2));
    char text[64];
    const mn_wide gap = question_worst(a->q, &a->q->objective) / (mn_wide)(1 + seed % 1000);
    if (seed % 2)
        options.gap = ask_shown(gap, text);
    else
        options.node_limit = 1 + seed / 4 % 40;
    if (starts) {
        options.starts = starts->starts;
        options.start_count = starts->count;
    }
    bool same = true;
    for (int round = 0; same && round < a->q->round_count; round++) {
        const mn_result *result;
        same = set_round(a, solver, round);
        if (!same)
            break;
        const mn_status status = mn_solver_resolve(solver, &options, &result);
        if (!result || (result->outcome == MN_TIME_LIMIT && !a->may_stop))
            same = ask_differs(a, "status %d: %s", status, mn_last_error(solver));
        same = same && ask_check_claims(a, solver, result, seed % 2 ? gap : 0) &&
               (!starts || ask_check_starts(a, solver, result, starts));
    }
    mn_solver_free(solver);
    return same;
}

/* ---- everything ------------------------------------------------------------------------------------------------------------------ */

static uint64_t networks_of(const question *q)
{
    uint64_t sum = 0;
    for (int i = 0; i < q->table_count; i++) {
        uint64_t count = 1;
        for (int node = 0; node < q->tables[i].node_count; node++)
            count *= (uint64_t)q->tables[i].block_count[node];
        sum += count;
    }
    return sum;
}

/* Some number that belongs to the question, for choices that need not be drawn. */
static uint64_t number_of(const question *q)
{
    uint64_t number = (uint64_t)q->limit_count * 7 + (uint64_t)q->tables[0].node_count;
    for (int node = 0; node < q->tables[0].node_count; node++)
        number = number * 31 + (uint64_t)q->tables[0].values[0][node][0];
    return number ^ number >> 29;
}

static bool ask(asking *a)
{
    const question *q = a->q;
    const uint64_t number = number_of(q), networks = networks_of(q);
    const int some = 1 + (int)(number % 2);
    start_networks starts;
    question_answers(q, a->answers);
    find_starts(a, number, &starts);
    return ask_rounds(a, "search", options_of(a, "search", 1), true, NULL) &&
           ask_rounds(a, "two threads", options_of(a, "auto", 2), false, some == 1 ? &starts : NULL) &&
           (q->bounded || ask_rounds(a, "scan", options_of(a, "scan", some), networks < 1000, NULL)) &&
           ask_briefly(a, number, number / 2 % 2 ? &starts : NULL) && ask_sweep(a, false) &&
           (q->limit_count == 0 || networks > 3000 || number / 4 % 4 || ask_sweep(a, true)) &&
           (q->limit_count == 0 || networks > 1000 || number / 16 % 2 || ask_front(a, (int)networks));
}

bool question_holds(const question *q, char why[QUESTION_WHY])
{
    asking a = {.q = q, .why = why, .way = "loading"};
    bool holds = true, loaded = true;
    why[0] = 0;
    for (int i = 0; holds && i < q->table_count; i++) {
        holds = check_load(&a, i);
        loaded = loaded && question_table_has_networks(q, i);
    }
    if (holds && loaded)
        holds = ask(&a);
    for (int i = 0; i < q->table_count; i++)
        mn_table_free(a.tables[i]);
    return holds;
}

/* ---- spaces past enumeration ----------------------------------------------------------------------------------------------------- */

/* The scan's answers as those that are expected. */
static bool scan_answers(asking *a)
{
    a->way = "scan";
    mn_solver *solver = ask_make_solver(a);
    const mn_options options = options_of(a, "scan", 1);
    bool same = solver != NULL;
    for (int round = 0; same && round < a->q->round_count; round++) {
        const mn_result *result;
        question_answer *answer = &a->answers[round];
        same = set_round(a, solver, round);
        if (!same)
            break;
        const mn_status status = mn_solver_resolve(solver, &options, &result);
        if (status != MN_OK && status != MN_INFEASIBLE)
            same = ask_differs(a, "status %d: %s", status, mn_last_error(solver));
        answer->count = same ? result->solution_count : 0;
        for (int i = 0; i < answer->count; i++) {
            const mn_solution *found = &result->solutions[i];
            answer->table[i] = found->table;
            answer->objective[i] = ask_in_millionths(found->objective, mn_solver_objective_resolution(solver));
            memcpy(answer->network[i], found->network,
                   sizeof *found->network * (size_t)a->q->tables[found->table].node_count);
        }
    }
    mn_solver_free(solver);
    return same;
}

bool question_engines_agree(const question *q, char why[QUESTION_WHY])
{
    asking a = {.q = q, .why = why, .way = "loading", .may_stop = true};
    bool holds = true, loaded = true;
    why[0] = 0;
    for (int i = 0; i < q->table_count; i++)
        loaded = load_table(&a, i, false) == MN_OK && loaded;
    if (loaded) {
        start_networks starts;
        holds = scan_answers(&a);
        if (holds)
            find_starts(&a, number_of(q), &starts);
        holds = holds && ask_rounds(&a, "search", options_of(&a, "search", 1), false, NULL) &&
                ask_rounds(&a, "two threads", options_of(&a, "auto", 2), false, &starts) &&
                ask_briefly(&a, number_of(q), &starts);
    }
    for (int i = 0; i < q->table_count; i++)
        mn_table_free(a.tables[i]);
    return holds;
}
