/* A question: tables, objective, limits, fixed and forbidden blocks, rules. Nothing is searched here. */
#include "host/api/handle.h"
#include "host/core/memory.h"
#include "host/files/table_json.h"

#include <math.h>

/* ---- the union of tables --------------------------------------------------------------------------------------------------- */

static bool same_metrics(const mn_table *a, const mn_table *b, int *different)
{
    for (*different = 0; *different < a->metric_count && *different < b->metric_count; ++*different) {
        const mn_metric *x = &a->metrics[*different], *y = &b->metrics[*different];
        if (strcmp(x->name, y->name) || strcmp(x->unit, y->unit) || x->higher_is_better != y->higher_is_better ||
            x->resolution.mantissa != y->resolution.mantissa || x->resolution.decimals != y->resolution.decimals)
            return false;
    }
    return a->metric_count == b->metric_count;
}

static mn_status check_tables(const mn_table *const *tables, int count, mn_error *error)
{
    if (!tables || count < 1)
        return mn_fail(error, MN_USAGE, "expected one table or more, found none");
    for (int i = 0; i < count; i++) {
        int different;
        if (!tables[i])
            return mn_fail(error, MN_USAGE, "table %d is NULL", i);
        if (!tables[i]->diagram)
            return mn_fail(error, MN_USAGE, "table %d was not loaded: %.600s", i, tables[i]->error.text);
        if (!tables[i]->has_values)
            return mn_fail(error, MN_USAGE, "\"%s\" is a space without values: nothing to search", tables[i]->name);
        if (!same_metrics(tables[0], tables[i], &different))
            return mn_fail(error, MN_USAGE,
                           "tables \"%s\" and \"%s\" have different metrics (metric %d: \"%s\" and \"%s\"): a union "
                           "needs the same "
                           "names, units, directions and resolutions, in the same order",
                           tables[0]->name, tables[i]->name, different, mn_table_metric_name(tables[0], different),
                           mn_table_metric_name(tables[i], different));
    }
    return MN_OK;
}

static mn_status add_member(mn_solver *solver, const mn_table *table)
{
    mn_member *member = &solver->members[solver->member_count];
    member->table = table;
    member->rule_count = table->rule_count;
    member->allowed = mn_new_array((size_t)table->item_count, sizeof *member->allowed);
    member->rules = mn_new_array((size_t)table->rule_count, sizeof *member->rules);
    solver->member_count++;
    if (!member->allowed || !member->rules)
        return mn_fail_memory(&solver->error);
    memset(member->allowed, true, (size_t)table->item_count * sizeof *member->allowed);
    if (table->rule_count > 0)
        memcpy(member->rules, table->rules, (size_t)table->rule_count * sizeof *member->rules);
    solver->widest = table->node_count > solver->widest ? table->node_count : solver->widest;
    return MN_OK;
}

mn_status mn_solver_create(const mn_table *const *tables, int table_count, mn_solver **result)
{
    if (!result)
        return MN_USAGE;
    mn_solver *solver = *result = mn_new_array(1, sizeof *solver);
    if (!solver)
        return MN_FAILURE;
    atomic_init(&solver->cancel, false);
    mn_status status = check_tables(tables, table_count, &solver->error);
    if (status == MN_OK) {
        solver->members = mn_new_array((size_t)table_count, sizeof *solver->members);
        if (!solver->members)
            status = mn_fail_memory(&solver->error);
    }
    for (int i = 0; status == MN_OK && i < table_count; i++)
        status = add_member(solver, tables[i]);
    return status;
}

/* What was built from the question is made anew on the next solve. */
static void drop_problems(mn_solver *solver)
{
    mn_engine_free(solver->engine);
    mn_sweeper_free(solver->sweeper);
    solver->engine = NULL;
    solver->sweeper = NULL;
    for (int i = 0; solver->problems && i < solver->member_count; i++)
        mn_problem_free(&solver->problems[i]);
    free(solver->problems);
    solver->problems = NULL;
}

static void drop_diagrams(mn_solver *solver)
{
    drop_problems(solver);
    for (int i = 0; i < solver->member_count; i++) {
        mn_diagram_free(solver->members[i].diagram);
        solver->members[i].diagram = NULL;
    }
}

static void free_member(mn_member *member, int limit_count)
{
    mn_diagram_free(member->diagram);
    for (int i = member->table->rule_count; i < member->rule_count; i++)
        mn_rule_free(&member->rules[i]);
    free(member->rules);
    free(member->allowed);
    mn_linear_free(&member->objective);
    for (int i = 0; i < limit_count; i++)
        mn_linear_free(&member->limits[i]);
    free(member->limits);
}

void mn_solver_free(mn_solver *solver)
{
    if (!solver)
        return;
    drop_problems(solver);
    for (int i = 0; i < solver->member_count; i++)
        free_member(&solver->members[i], solver->limit_count);
    free(solver->members);
    for (int i = 0; i < solver->limit_count; i++)
        free(solver->limit_texts[i]);
    free(solver->limit_texts);
    free(solver->senses);
    free(solver->values);
    free(solver->capacities);
    free(solver->solutions);
    free(solver->networks);
    free(solver->conflict);
    free(solver->nearest_exists);
    free(solver->nearest);
    free(solver);
}

/* A solver whose creation failed has no members and can do nothing. */
static mn_status check_solver(mn_solver *solver, const void *argument)
{
    if (!solver)
        return MN_USAGE;
    if (!solver->member_count)
        return solver->error.status ? solver->error.status
                                    : mn_fail(&solver->error, MN_USAGE, "the solver has no tables");
    return argument ? MN_OK : mn_fail(&solver->error, MN_USAGE, "expected a text, found NULL");
}

/* Errors of one table among several name it. */
static mn_status name_table(mn_solver *solver, const mn_table *table, mn_status status)
{
    if (status == MN_OK || solver->member_count == 1)
        return status;
    mn_error inner = solver->error;
    return mn_fail(&solver->error, status, "table \"%.100s\": %.900s", table->name, inner.text);
}

/* ---- objective and limits -------------------------------------------------------------------------------------------------- */

/* The expression on every table; `columns` [members] are filled, or nothing is left in them. */
static mn_status parse_everywhere(mn_solver *solver, const char *text, size_t length, mn_linear *columns)
{
    mn_status status = MN_OK;
    int done = 0;
    for (; status == MN_OK && done < solver->member_count; done++) {
        status = name_table(solver, solver->members[done].table,
                            mn_linear_parse(solver->members[done].table, text, length, &columns[done], &solver->error));
        if (status != MN_OK)
            break;
        if (columns[done].resolution.mantissa != columns[0].resolution.mantissa ||
            columns[done].resolution.decimals != columns[0].resolution.decimals) {
            status = mn_fail(&solver->error, MN_USAGE, "expression \"%.*s\" has different resolutions on the tables",
                             (int)length, text);
            done++;
            break;
        }
    }
    while (status != MN_OK && done > 0)
        mn_linear_free(&columns[--done]);
    return status;
}

static mn_status set_objective(mn_solver *solver, const char *expression, bool maximize)
{
    mn_status status = check_solver(solver, expression);
    if (status != MN_OK)
        return status;
    mn_linear *columns = mn_new_array((size_t)solver->member_count, sizeof *columns);
    if (!columns)
        return mn_fail_memory(&solver->error);
    status = parse_everywhere(solver, expression, strlen(expression), columns);
    if (status == MN_OK) {
        drop_problems(solver);
        for (int i = 0; i < solver->member_count; i++) {
            mn_linear_free(&solver->members[i].objective);
            solver->members[i].objective = columns[i];
        }
        solver->has_objective = true;
        solver->maximize = maximize;
    }
    free(columns);
    return status;
}

mn_status mn_solver_maximize(mn_solver *solver, const char *expression)
{
    return set_objective(solver, expression, true);
}

mn_status mn_solver_minimize(mn_solver *solver, const char *expression)
{
    return set_objective(solver, expression, false);
}

mn_resolution mn_solver_objective_resolution(const mn_solver *solver)
{
    return solver && solver->has_objective ? solver->members[0].objective.resolution : (mn_resolution){1, 0};
}

/* Room for one more limit in every array. */
static mn_status grow_limits(mn_solver *solver)
{
    const size_t count = (size_t)solver->limit_count + 1;
    void **arrays[] = {(void **)&solver->senses, (void **)&solver->limit_texts, (void **)&solver->values,
                       (void **)&solver->capacities};
    const size_t sizes[] = {sizeof *solver->senses, sizeof *solver->limit_texts, sizeof *solver->values,
                            sizeof *solver->capacities};
    for (int i = 0; i < 4; i++) {
        void *grown = realloc(*arrays[i], count * sizes[i]);
        if (!grown)
            return mn_fail_memory(&solver->error);
        *arrays[i] = grown;
    }
    for (int i = 0; i < solver->member_count; i++) {
        mn_linear *grown = realloc(solver->members[i].limits, count * sizeof *grown);
        if (!grown)
            return mn_fail_memory(&solver->error);
        solver->members[i].limits = grown;
    }
    return MN_OK;
}

static bool blank(const char *text)
{
    return text[strspn(text, " \t")] == 0;
}

static mn_status add_limit(mn_solver *solver, const char *text, mn_linear *columns)
{
    size_t length;
    mn_sense sense;
    const char *value_text;
    int64_t value = MN_NO_LIMIT;
    mn_status status = mn_comparison_split(text, &length, &sense, &value_text, &solver->error);
    if (status == MN_OK)
        status = parse_everywhere(solver, text, length, columns);
    if (status != MN_OK)
        return status;
    if (!blank(value_text) &&
        (status = mn_limit_value(value_text, sense, columns[0].resolution, &value, &solver->error)) != MN_OK) {
        const mn_error inner = solver->error;
        mn_fail(&solver->error, status, "limit \"%.300s\": %.600s", text, inner.text);
    }
    char *copy = mn_copy_text(text, strlen(text));
    if (status == MN_OK)
        status = copy ? grow_limits(solver) : mn_fail_memory(&solver->error);
    if (status != MN_OK) {
        for (int i = 0; i < solver->member_count; i++)
            mn_linear_free(&columns[i]);
        free(copy);
        return status;
    }
    drop_problems(solver);
    const int index = solver->limit_count++;
    for (int i = 0; i < solver->member_count; i++)
        solver->members[i].limits[index] = columns[i];
    solver->senses[index] = sense;
    solver->limit_texts[index] = copy;
    solver->values[index] = value;
    return MN_OK;
}

mn_status mn_solver_add_limit(mn_solver *solver, const char *text, int *limit)
{
    mn_status status = check_solver(solver, text);
    if (status != MN_OK)
        return status;
    mn_linear *columns = mn_new_array((size_t)solver->member_count, sizeof *columns);
    if (!columns)
        return mn_fail_memory(&solver->error);
    status = add_limit(solver, text, columns);
    free(columns);
    if (status == MN_OK && limit)
        *limit = solver->limit_count - 1;
    return status;
}

int mn_solver_limit_count(const mn_solver *solver)
{
    return solver ? solver->limit_count : 0;
}

static bool has_limit(const mn_solver *solver, int limit)
{
    return solver && limit >= 0 && limit < solver->limit_count;
}

const char *mn_solver_limit_text(const mn_solver *solver, int limit)
{
    return has_limit(solver, limit) ? solver->limit_texts[limit] : "";
}

mn_resolution mn_solver_limit_resolution(const mn_solver *solver, int limit)
{
    return has_limit(solver, limit) ? solver->members[0].limits[limit].resolution : (mn_resolution){1, 0};
}

static mn_status check_limit(mn_solver *solver, int limit)
{
    if (!solver)
        return MN_USAGE;
    return has_limit(solver, limit)
               ? MN_OK
               : mn_fail(&solver->error, MN_USAGE, "no limit %d: the solver has %d", limit, solver->limit_count);
}

int64_t mn_solver_limit(const mn_solver *solver, int limit)
{
    return has_limit(solver, limit) ? solver->values[limit] : MN_NO_LIMIT;
}

mn_status mn_solver_set_limit(mn_solver *solver, int limit, int64_t multiples)
{
    const mn_status status = check_limit(solver, limit);
    if (status == MN_OK)
        solver->values[limit] = multiples;
    return status;
}

mn_status mn_solver_limit_value(mn_solver *solver, int limit, const char *decimal, int64_t *multiples)
{
    const mn_status status = check_limit(solver, limit);
    if (status != MN_OK)
        return status;
    if (!decimal || !multiples)
        return mn_fail(&solver->error, MN_USAGE,
                       "mn_solver_limit_value: expected a decimal and a place for the value, found NULL");
    return mn_limit_value(decimal, solver->senses[limit], mn_solver_limit_resolution(solver, limit), multiples,
                          &solver->error);
}

int64_t mn_capacity(mn_sense sense, int64_t value)
{
    if (value == MN_NO_LIMIT)
        return MN_NO_CAPACITY;
    return sense == MN_AT_LEAST ? -value : value;
}

/* ---- fixed and forbidden blocks, rules -------------------------------------------------------------------------------------- */

static mn_status find_item(mn_solver *solver, const mn_table *table, const char *node_name, const char *block_name,
                           int *node, int *block)
{
    *node = mn_table_find_node(table, node_name);
    if (*node < 0)
        return mn_fail(&solver->error, MN_USAGE, "table \"%s\" has no node \"%.200s\"", table->name, node_name);
    *block = mn_table_find_block(table, *node, block_name);
    if (*block < 0)
        return mn_fail(&solver->error, MN_USAGE,
                       "table \"%s\": node \"%s\" has no block \"%.200s\"; expected a name or an index from 0 to %d",
                       table->name, table->nodes[*node].name, block_name, table->nodes[*node].block_count - 1);
    return MN_OK;
}

/* Applies to all tables or, when one lacks the node or block, to none. */
static mn_status restrict_block(mn_solver *solver, const char *node_name, const char *block_name, bool keep)
{
    mn_status status = check_solver(solver, node_name && block_name ? node_name : NULL);
    int node = 0, block = 0;
    for (int i = 0; status == MN_OK && i < solver->member_count; i++)
        status = find_item(solver, solver->members[i].table, node_name, block_name, &node, &block);
    if (status != MN_OK)
        return status;
    drop_diagrams(solver);
    for (int i = 0; i < solver->member_count; i++) {
        const mn_table *table = solver->members[i].table;
        find_item(solver, table, node_name, block_name, &node, &block);
        for (int b = 0; b < table->nodes[node].block_count; b++)
            solver->members[i].allowed[table->first[node] + b] &= (b == block) == keep;
    }
    return MN_OK;
}

mn_status mn_solver_fix(mn_solver *solver, const char *node, const char *block)
{
    return restrict_block(solver, node, block, true);
}

mn_status mn_solver_forbid(mn_solver *solver, const char *node, const char *block)
{
    return restrict_block(solver, node, block, false);
}

mn_status mn_solver_add_rule(mn_solver *solver, const char *json)
{
    mn_status status = check_solver(solver, json);
    if (status != MN_OK)
        return status;
    mn_rule *rules = mn_new_array((size_t)solver->member_count, sizeof *rules);
    if (!rules)
        return mn_fail_memory(&solver->error);
    int read = 0;
    for (; status == MN_OK && read < solver->member_count; read += status == MN_OK)
        status = name_table(solver, solver->members[read].table,
                            mn_rule_read(solver->members[read].table, json, "rule", &rules[read], &solver->error));
    for (int i = 0; status == MN_OK && i < solver->member_count; i++) {
        mn_member *member = &solver->members[i];
        mn_rule *grown = realloc(member->rules, ((size_t)member->rule_count + 1) * sizeof *grown);
        if (grown)
            member->rules = grown;
        else
            status = mn_fail_memory(&solver->error);
    }
    if (status == MN_OK) {
        drop_diagrams(solver);
        for (int i = 0; i < solver->member_count; i++)
            solver->members[i].rules[solver->members[i].rule_count++] = rules[i];
    } else {
        while (read > 0)
            mn_rule_free(&rules[--read]);
    }
    free(rules);
    return status;
}

/* ---- making it ready -------------------------------------------------------------------------------------------------------- */

mn_status mn_solver_build_diagrams(mn_solver *solver)
{
    mn_status status = MN_OK;
    for (int i = 0; status == MN_OK && i < solver->member_count; i++) {
        mn_member *member = &solver->members[i];
        if (!member->diagram)
            status = mn_diagram_build(member->table->node_count, member->table->first, member->rules,
                                      member->rule_count, member->allowed, &solver->error, &member->diagram);
    }
    return status;
}

static mn_status make_problems(mn_solver *solver)
{
    solver->problems = mn_new_array((size_t)solver->member_count, sizeof *solver->problems);
    if (!solver->problems)
        return mn_fail_memory(&solver->error);
    for (int i = 0; i < solver->member_count; i++) {
        const mn_member *member = &solver->members[i];
        const mn_status status =
            mn_problem_make(member->table, member->diagram, member->rules, &member->objective, solver->maximize,
                            member->limits, solver->senses, solver->limit_count, &solver->error, &solver->problems[i]);
        if (status != MN_OK) {
            drop_problems(solver);
            return status;
        }
    }
    return MN_OK;
}

mn_status mn_solver_build(mn_solver *solver)
{
    const mn_status status = check_solver(solver, "");
    if (status != MN_OK)
        return status;
    if (!solver->has_objective)
        return mn_fail(&solver->error, MN_USAGE, "no objective: expected an expression to maximize or to minimize");
    if (!solver->problems) {
        const mn_status built = mn_solver_build_diagrams(solver);
        const mn_status made = built == MN_OK ? make_problems(solver) : built;
        if (made != MN_OK)
            return made;
    }
    for (int i = 0; i < solver->limit_count; i++)
        solver->capacities[i] = mn_capacity(solver->senses[i], solver->values[i]);
    return MN_OK;
}

mn_control mn_solver_control(const mn_solver *solver, double time_limit, uint64_t node_limit)
{
    return (mn_control){
        .cancel = &solver->cancel, .deadline = time_limit > 0 ? mn_clock() + time_limit : 0, .node_limit = node_limit};
}

mn_status mn_check_effort(int threads, double time_limit, mn_error *error)
{
    if (threads < 0)
        return mn_fail(error, MN_USAGE, "%d threads: expected 0 (all cores) or more", threads);
    if (!(time_limit >= 0) || isinf(time_limit))
        return mn_fail(error, MN_USAGE, "time limit %g: expected 0 (none) or a number of seconds", time_limit);
    return MN_OK;
}

void mn_solver_cancel(mn_solver *solver)
{
    if (solver)
        atomic_store(&solver->cancel, true);
}
