/* What a question says: objective, limits, fixed and forbidden blocks, rules, each on every table of the union or on none. */
#include "host/api/handle.h"
#include "host/core/memory.h"
#include "host/files/table_json.h"

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
        status =
            name_table(solver, solver->members[done].table,
                       mn_linear_parse(solver->members[done].searched, text, length, &columns[done], &solver->error));
        if (status != MN_OK)
            break;
        if (columns[done].resolution.mantissa != columns[0].resolution.mantissa ||
            columns[done].resolution.decimals != columns[0].resolution.decimals) {
            status = mn_fail(&solver->error, MN_USAGE, "expression \"%.*s\" has different resolutions on the tables",
                             (int)length, text);
            done++;
            break;
        }
        const mn_link *link = columns[done].link, *first = columns[0].link;
        if (!link != !first || (link && !mn_link_same(link, first))) {
            status = mn_fail(&solver->error, MN_USAGE, "expression \"%.*s\" has different links on the tables",
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
    mn_status status = mn_solver_check(solver, expression);
    if (status != MN_OK)
        return status;
    mn_linear *columns = mn_new_array((size_t)solver->member_count, sizeof *columns);
    if (!columns)
        return mn_fail_memory(&solver->error);
    status = parse_everywhere(solver, expression, strlen(expression), columns);
    if (status == MN_OK) {
        mn_solver_drop_problems(solver);
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
    void **arrays[] = {(void **)&solver->senses, (void **)&solver->limit_texts, (void **)&solver->text_values,
                       (void **)&solver->values, (void **)&solver->capacities};
    const size_t sizes[] = {sizeof *solver->senses, sizeof *solver->limit_texts, sizeof *solver->text_values,
                            sizeof *solver->values, sizeof *solver->capacities};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
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
    char *copy = malloc(strlen(text) + MN_NUMBER_SIZE); /* room for any later value */
    if (copy)
        memcpy(copy, text, strlen(text) + 1);
    if (status == MN_OK)
        status = copy ? grow_limits(solver) : mn_fail_memory(&solver->error);
    if (status != MN_OK) {
        for (int i = 0; i < solver->member_count; i++)
            mn_linear_free(&columns[i]);
        free(copy);
        return status;
    }
    mn_solver_drop_problems(solver);
    const int index = solver->limit_count++;
    for (int i = 0; i < solver->member_count; i++)
        solver->members[i].limits[index] = columns[i];
    solver->senses[index] = sense;
    solver->limit_texts[index] = copy;
    solver->text_values[index] = solver->values[index] = value;
    return MN_OK;
}

mn_status mn_solver_add_limit(mn_solver *solver, const char *text, int *limit)
{
    mn_status status = mn_solver_check(solver, text);
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

/* A text is brought up to date when it is asked for: limits are set far more often than read. */
const char *mn_solver_limit_text(const mn_solver *solver, int limit)
{
    if (!has_limit(solver, limit))
        return "";
    char *text = solver->limit_texts[limit];
    const int64_t value = solver->values[limit];
    if (value != solver->text_values[limit]) {
        char *number = strchr(text, '=') + 1;
        *number = 0;
        if (value != MN_NO_LIMIT)
            mn_format(value, solver->members[0].limits[limit].resolution, number);
        solver->text_values[limit] = value;
    }
    return text;
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

int64_t mn_capacity(const mn_solver *solver, int limit, int64_t value)
{
    const bool at_least = solver->senses[limit] == MN_AT_LEAST;
    const mn_link *link = solver->members[0].limits[limit].link;
    if (value == MN_NO_LIMIT)
        return MN_NO_CAPACITY;
    if (link)
        value = at_least ? mn_link_ceil(link, value) : mn_link_floor(link, value);
    return at_least ? -value : value;
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
    mn_status status = mn_solver_check(solver, node_name && block_name ? node_name : NULL);
    int node = 0, block = 0;
    for (int i = 0; status == MN_OK && i < solver->member_count; i++)
        status = find_item(solver, solver->members[i].table, node_name, block_name, &node, &block);
    if (status != MN_OK)
        return status;
    mn_solver_drop_diagrams(solver);
    for (int i = 0; i < solver->member_count; i++) {
        const mn_table *table = solver->members[i].table;
        find_item(solver, table, node_name, block_name, &node, &block);
        solver->members[i].restricted = true;
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

static void add_rule(mn_member *member, mn_rule rule)
{
    member->rules[member->rule_count++] = rule;
    member->restricted = true;
}

mn_status mn_solver_add_rule(mn_solver *solver, const char *json)
{
    mn_status status = mn_solver_check(solver, json);
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
        mn_solver_drop_diagrams(solver);
        for (int i = 0; i < solver->member_count; i++)
            add_rule(&solver->members[i], rules[i]);
    } else {
        while (read > 0)
            mn_rule_free(&rules[--read]);
    }
    free(rules);
    return status;
}
