/* Asks the library in every way that has one right answer, and compares. */
#include "tests/random_question.h"
#include "host/core/memory.h"
#include "host/files/table_json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEP_ROWS = 66, SECONDS = 20 };

/* A question that is being asked. */
typedef struct asking {
    const question *q;
    mn_table *tables[QUESTION_TABLES];
    question_answer answers[QUESTION_ROUNDS];
    const char *way; /* in which it is asked, for messages */
    int round;
    char *why;
} asking;

__attribute__((format(printf, 2, 3))) static bool differs(asking *a, const char *format, ...)
{
    const int used = snprintf(a->why, QUESTION_WHY, "%s, round %d: ", a->way, a->round);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(a->why + used, (size_t)(QUESTION_WHY - used), format, arguments);
    va_end(arguments);
    return false;
}

static const char *shown(mn_wide value, char text[64])
{
    FILE *out = fmemopen(text, 64, "w");
    question_write_value(value, out);
    fclose(out);
    return text;
}

/* Multiples in 10^-6. */
static mn_wide in_millionths(int64_t multiples, mn_resolution resolution)
{
    mn_wide value = (mn_wide)multiples * resolution.mantissa;
    for (int decimals = resolution.decimals; decimals < 6; decimals++)
        value *= 10;
    return value;
}

/* ---- tables ---------------------------------------------------------------------------------------------------------------------- */

static bool load_table(asking *a, int index)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    question_write_table(a->q, index, out);
    fclose(out);
    mn_table *table = a->tables[index] = mn_table_new();
    const mn_status status = mn_table_read_memory("question", text, size, table);
    free(text);
    const bool wanted = question_table_has_networks(a->q, index);
    if ((status == MN_OK) != wanted)
        return differs(a, "table %d: status %d (%s), expected that it %s", index, status, mn_last_error(table),
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

static mn_solver *make_solver(asking *a)
{
    mn_solver *solver;
    mn_status status = mn_solver_create((const mn_table *const *)a->tables, a->q->table_count, &solver);
    if (status == MN_OK)
        status = state_question(a->q, solver);
    if (status == MN_OK)
        return solver;
    differs(a, "status %d: %s", status, mn_last_error(solver));
    mn_solver_free(solver);
    return NULL;
}

static bool limit_multiples(asking *a, mn_solver *solver, int limit, mn_wide value, int64_t *multiples)
{
    char text[64];
    if (mn_solver_limit_value(solver, limit, shown(value, text), multiples) == MN_OK)
        return true;
    return differs(a, "limit %d: %s", limit, mn_last_error(solver));
}

static bool set_round(asking *a, mn_solver *solver, int round)
{
    a->round = round;
    for (int i = 0; i < a->q->limit_count; i++) {
        int64_t multiples = MN_NO_LIMIT;
        if (a->q->limits[i].on[round] && !limit_multiples(a, solver, i, a->q->limits[i].value[round], &multiples))
            return false;
        if (mn_solver_set_limit(solver, i, multiples) != MN_OK)
            return differs(a, "limit %d: %s", i, mn_last_error(solver));
    }
    return true;
}

/* ---- comparing ------------------------------------------------------------------------------------------------------------------- */

static bool compare_network(asking *a, int place, const mn_solution *found, mn_resolution resolution)
{
    const question_answer *wanted = &a->answers[a->round];
    const mn_wide objective = in_millionths(found->objective, resolution);
    char x[64], y[64];
    if (objective != wanted->objective[place])
        return differs(a, "solution %d: objective %s, expected %s", place, shown(objective, x),
                       shown(wanted->objective[place], y));
    if (found->table != wanted->table[place])
        return differs(a, "solution %d: table %d, expected %d", place, found->table, wanted->table[place]);
    for (int node = 0; node < a->q->tables[found->table].node_count; node++)
        if (found->network[node] != wanted->network[place][node])
            return differs(a, "solution %d: node %d takes block %d, expected %d", place, node, found->network[node],
                           wanted->network[place][node]);
    return true;
}

static bool compare(asking *a, const mn_solver *solver, mn_status status, const mn_result *result)
{
    const question_answer *wanted = &a->answers[a->round];
    if (!result)
        return differs(a, "status %d without result: %s", status, mn_last_error(solver));
    if (status != (wanted->count ? MN_OK : MN_INFEASIBLE) ||
        result->outcome != (wanted->count ? MN_OPTIMAL : MN_OUTCOME_INFEASIBLE))
        return differs(a, "status %d, %s after %.3f s; %d networks expected", status, mn_outcome_name(result->outcome),
                       result->seconds, wanted->count);
    if (result->solution_count != wanted->count)
        return differs(a, "%d solutions, expected %d", result->solution_count, wanted->count);
    const mn_resolution resolution = mn_solver_objective_resolution(solver);
    for (int i = 0; i < wanted->count; i++)
        if (!compare_network(a, i, &result->solutions[i], resolution))
            return false;
    if (wanted->count && (!result->has_bound || result->bound != result->solutions[0].objective))
        return differs(a, "bound %" PRId64 ", objective %" PRId64, result->bound, result->solutions[0].objective);
    return true;
}

/* ---- why there is no network ----------------------------------------------------------------------------------------------------- */

typedef struct explaining {
    const question *q;
    int round;
    unsigned conflict;
    bool met;                         /* the conflict's limits, by some network */
    bool without[QUESTION_LIMITS];    /* met but for this one */
    bool exists[QUESTION_LIMITS];     /* a network that meets all limits but for this one */
    mn_wide nearest[QUESTION_LIMITS]; /* of its values the one nearest to the limit */
} explaining;

static void explain_with(void *user, const listed_choice *choice)
{
    explaining *e = user;
    unsigned broken = 0;
    for (int i = 0; i < e->q->limit_count; i++)
        if (!question_meets(e->q, e->round, choice->limits, ~(1u << i)))
            broken |= 1u << i;
    e->met |= !(broken & e->conflict);
    for (int i = 0; i < e->q->limit_count; i++) {
        if (!(broken >> i & 1))
            continue;
        const mn_wide value = choice->limits[i];
        e->without[i] |= (broken & e->conflict) == 1u << i;
        if (broken != 1u << i)
            continue;
        if (!e->exists[i] || (e->q->limits[i].at_most ? value < e->nearest[i] : value > e->nearest[i]))
            e->nearest[i] = value;
        e->exists[i] = true;
    }
}

static bool compare_conflict(asking *a, const mn_solver *solver, const mn_result *result)
{
    explaining e = {.q = a->q, .round = a->round};
    for (int i = 0; i < result->conflict_count; i++) {
        const int limit = result->conflict[i];
        if (limit < 0 || limit >= a->q->limit_count || e.conflict >> limit & 1 || !a->q->limits[limit].on[a->round])
            return differs(a, "conflict names limit %d", limit);
        e.conflict |= 1u << limit;
    }
    question_visit(a->q, explain_with, &e);
    if (e.met)
        return differs(a, "some network meets the %d limits that are said to clash", result->conflict_count);
    for (int i = 0; i < result->conflict_count; i++) {
        const int limit = result->conflict[i];
        char x[64], y[64];
        if (!e.without[limit])
            return differs(a, "limit %d is said to clash but can be left out", limit);
        if (!result->nearest_proved[i])
            return differs(a, "limit %d: the nearest value is not proved", limit);
        if (result->nearest_exists[i] != e.exists[limit])
            return differs(a, "limit %d: nearest value exists: %d, expected %d", limit, result->nearest_exists[i],
                           e.exists[limit]);
        const mn_wide nearest = in_millionths(result->nearest[i], mn_solver_limit_resolution(solver, limit));
        if (e.exists[limit] && nearest != e.nearest[limit])
            return differs(a, "limit %d: nearest value %s, expected %s", limit, shown(nearest, x),
                           shown(e.nearest[limit], y));
    }
    return true;
}

/* ---- ways of asking -------------------------------------------------------------------------------------------------------------- */

static mn_options options_of(const question *q, const char *engine, int threads)
{
    mn_options options = mn_default_options();
    options.top = q->top;
    options.engine = engine;
    options.threads = threads;
    options.time_limit = SECONDS;
    return options;
}

/* All rounds, and the first again: what was learned changes no answer. */
static bool ask_rounds(asking *a, const char *way, const char *engine, int threads, bool explained)
{
    a->way = way;
    mn_solver *solver = make_solver(a);
    const mn_options options = options_of(a->q, engine, threads);
    bool same = solver != NULL;
    for (int i = 0; same && i <= a->q->round_count; i++) {
        const mn_result *result;
        same = set_round(a, solver, i % a->q->round_count);
        if (!same)
            break;
        const mn_status status = (explained ? mn_solver_solve : mn_solver_resolve)(solver, &options, &result);
        same = compare(a, solver, status, result);
        if (same && status == MN_INFEASIBLE && explained)
            same = compare_conflict(a, solver, result);
    }
    mn_solver_free(solver);
    return same;
}

/* A solve that may end early: what it says must be true. */
static bool check_claims(asking *a, const mn_solver *solver, const mn_result *result, mn_wide gap)
{
    const question_answer *wanted = &a->answers[a->round];
    const mn_resolution resolution = mn_solver_objective_resolution(solver);
    const int sign = a->q->maximize ? 1 : -1;
    mn_wide objective, limits[QUESTION_LIMITS], bound = in_millionths(result->bound, resolution) * sign;
    if (result->outcome == MN_OUTCOME_INFEASIBLE && wanted->count)
        return differs(a, "infeasible, but %d networks expected", wanted->count);
    if (result->has_bound && wanted->count && bound < sign * wanted->objective[0])
        return differs(a, "the bound excludes the optimum");
    for (int i = 0; i < result->solution_count; i++) {
        const mn_solution *found = &result->solutions[i];
        if (!question_evaluate(a->q, found->table, found->network, &objective, limits) ||
            !question_meets(a->q, a->round, limits, 0))
            return differs(a, "solution %d breaks a limit or a rule", i);
        if (objective != in_millionths(found->objective, resolution))
            return differs(a, "solution %d: not the objective of its network", i);
    }
    const bool done = result->outcome == MN_OPTIMAL || result->outcome == MN_GAP_LIMIT;
    if (!done)
        return true;
    if (result->solution_count == 0 || !result->has_bound)
        return differs(a, "%s without solution or bound", mn_outcome_name(result->outcome));
    if (bound - sign * in_millionths(result->solutions[0].objective, resolution) > gap)
        return differs(a, "%s, but the gap is larger", mn_outcome_name(result->outcome));
    return true;
}

static bool ask_briefly(asking *a, uint64_t seed)
{
    a->way = seed % 2 ? "gap" : "node limit";
    mn_solver *solver = make_solver(a);
    if (!solver)
        return false;
    mn_options options = options_of(a->q, "search", 1 + (int)(seed / 2 % 2));
    char text[64];
    const mn_wide gap = question_worst(a->q, &a->q->objective) / (mn_wide)(1 + seed % 1000);
    if (seed % 2)
        options.gap = shown(gap, text);
    else
        options.node_limit = 1 + seed / 4 % 40;
    bool same = true;
    for (int round = 0; same && round < a->q->round_count; round++) {
        const mn_result *result;
        same = set_round(a, solver, round);
        if (!same)
            break;
        const mn_status status = mn_solver_resolve(solver, &options, &result);
        if (!result || (result->outcome == MN_TIME_LIMIT))
            same = differs(a, "status %d: %s", status, mn_last_error(solver));
        same = same && check_claims(a, solver, result, seed % 2 ? gap : 0);
    }
    mn_solver_free(solver);
    return same;
}

/* ---- sweeps ---------------------------------------------------------------------------------------------------------------------- */

/* Row r of a sweep: the round r, or past the rounds the first one with limit 0 at one of many values. */
static void make_row(const question *q, int row, question *made)
{
    *made = *q;
    made->top = 1;
    made->round_count = 1;
    for (int i = 0; i < q->limit_count; i++) {
        const int round = row < q->round_count ? row : 0;
        made->limits[i].on[0] = q->limits[i].on[round];
        made->limits[i].value[0] = q->limits[i].value[round];
    }
    if (row < q->round_count || q->limit_count == 0)
        return;
    question_limit *swept = &made->limits[0];
    const mn_wide unit = question_unit(q, &swept->expression), span = question_worst(q, &swept->expression) / unit,
                  middle = q->limits[0].value[row % q->round_count];
    const int step = row - q->round_count - SWEEP_ROWS / 2;
    swept->on[0] = true;
    swept->value[0] = question_clamp(row % 2 ? middle + step * unit : span * step / SWEEP_ROWS * unit, unit);
}

static bool compare_row(asking *a, int row, const question *asked, int table, const uint16_t *network)
{
    question_answer wanted[QUESTION_ROUNDS];
    question_answers(asked, wanted);
    if ((table >= 0) != (wanted->count > 0))
        return differs(a, "row %d: %s", row, table < 0 ? "infeasible, but it is not" : "an answer, but there is none");
    if (table < 0)
        return true;
    if (table != wanted->table[0])
        return differs(a, "row %d: table %d, expected %d", row, table, wanted->table[0]);
    for (int node = 0; node < a->q->tables[table].node_count; node++)
        if (network[node] != wanted->network[0][node])
            return differs(a, "row %d: node %d takes block %d, expected %d", row, node, network[node],
                           wanted->network[0][node]);
    return true;
}

static int widest(const question *q)
{
    int nodes = 0;
    for (int i = 0; i < q->table_count; i++)
        nodes = q->tables[i].node_count > nodes ? q->tables[i].node_count : nodes;
    return nodes;
}

/* The rounds; then, where the space is small, the first one with limit 0 at many values. */
static bool ask_sweep(asking *a, bool one_limit)
{
    a->way = one_limit ? "sweep of one limit" : "sweep";
    mn_solver *solver = make_solver(a);
    if (!solver)
        return false;
    const question *q = a->q;
    const int first = one_limit ? q->round_count : 0, count = one_limit ? SWEEP_ROWS : q->round_count,
              nodes = widest(q);
    question *rows = malloc((size_t)count * sizeof *rows);
    int64_t *values = calloc((size_t)(count * q->limit_count) + 1, sizeof *values);
    uint16_t *networks = calloc((size_t)(count * nodes), sizeof *networks);
    int32_t *tables = calloc((size_t)count, sizeof *tables);
    bool same = true;
    for (int row = 0; row < count; row++) {
        make_row(q, first + row, &rows[row]);
        for (int i = 0; same && i < q->limit_count; i++) {
            int64_t *multiples = &values[row * q->limit_count + i];
            *multiples = MN_NO_LIMIT;
            if (rows[row].limits[i].on[0])
                same = limit_multiples(a, solver, i, rows[row].limits[i].value[0], multiples);
        }
    }
    const mn_options options = {.top = 1, .threads = 1 + (int)(q->limit_count % 2), .time_limit = SECONDS};
    if (same && mn_solver_sweep(solver, &options, (uint64_t)count, values, tables, networks, NULL) != MN_OK)
        same = differs(a, "%s", mn_last_error(solver));
    for (int row = 0; same && row < count; row++)
        same = compare_row(a, row, &rows[row], tables[row], networks + row * nodes);
    free(rows);
    free(values);
    free(networks);
    free(tables);
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
    question_answers(q, a->answers);
    return ask_rounds(a, "search", "search", 1, true) && ask_rounds(a, "two threads", "auto", 2, false) &&
           ask_rounds(a, "scan", "scan", 1 + (int)(number % 2), networks < 1000) && ask_briefly(a, number) &&
           ask_sweep(a, false) && (q->limit_count == 0 || networks > 3000 || number % 4 || ask_sweep(a, true));
}

bool question_holds(const question *q, char why[QUESTION_WHY])
{
    asking a = {.q = q, .why = why, .way = "loading"};
    bool holds = true, loaded = true;
    why[0] = 0;
    for (int i = 0; holds && i < q->table_count; i++) {
        holds = load_table(&a, i);
        loaded = loaded && question_table_has_networks(q, i);
    }
    if (holds && loaded)
        holds = ask(&a);
    for (int i = 0; i < q->table_count; i++)
        mn_table_free(a.tables[i]);
    return holds;
}
