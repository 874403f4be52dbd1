/* A solver's life: the union of tables, and the problems that are made of a question. What the question says: question.c. */
#include "host/api/handle.h"
#include "host/core/memory.h"
#include "host/device/device.h"

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
    member->searched = mn_table_searched(table);
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
    const int nodes = member->searched->node_count;
    solver->widest_searched = nodes > solver->widest_searched ? nodes : solver->widest_searched;
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

mn_status mn_solver_set_device(mn_solver *solver, mn_device *device)
{
    if (!solver)
        return MN_USAGE;
    mn_device_many_free(solver->device, solver->many);
    solver->many = NULL;
    solver->device = device;
    return MN_OK;
}

void mn_solver_drop_problems(mn_solver *solver)
{
    mn_engine_free(solver->engine);
    mn_sweeper_free(solver->sweeper);
    mn_device_many_free(solver->device, solver->many);
    solver->engine = NULL;
    solver->sweeper = NULL;
    solver->many = NULL;
    for (int i = 0; solver->problems && i < solver->member_count; i++)
        mn_problem_free(&solver->problems[i]);
    free(solver->problems);
    solver->problems = NULL;
}

void mn_solver_drop_diagrams(mn_solver *solver)
{
    mn_solver_drop_problems(solver);
    for (int i = 0; i < solver->member_count; i++) {
        mn_member *member = &solver->members[i];
        mn_diagram_free(member->own_diagram);
        mn_rules_expanded_free(member->searched_rules, member->searched_rule_count);
        member->own_diagram = NULL;
        member->searched_rules = NULL;
        member->diagram = NULL;
    }
}

static void free_member(mn_member *member, int limit_count)
{
    mn_diagram_free(member->own_diagram);
    mn_rules_expanded_free(member->searched_rules, member->searched_rule_count);
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
    mn_solver_drop_problems(solver);
    for (int i = 0; i < solver->member_count; i++)
        free_member(&solver->members[i], solver->limit_count);
    free(solver->members);
    for (int i = 0; i < solver->limit_count; i++)
        free(solver->limit_texts[i]);
    free(solver->limit_texts);
    free(solver->text_values);
    free(solver->senses);
    free(solver->values);
    free(solver->capacities);
    free(solver->solutions);
    free(solver->networks);
    free(solver->conflict);
    free(solver->nearest_exists);
    free(solver->nearest_proved);
    free(solver->nearest);
    free(solver->start);
    free(solver);
}

mn_status mn_solver_check(mn_solver *solver, const void *argument)
{
    if (!solver)
        return MN_USAGE;
    if (!solver->member_count)
        return solver->error.status ? solver->error.status
                                    : mn_fail(&solver->error, MN_USAGE, "the solver has no tables");
    return argument ? MN_OK : mn_fail(&solver->error, MN_USAGE, "expected a text, found NULL");
}

/* ---- making it ready -------------------------------------------------------------------------------------------------------- */

/* Of what the member may not use, about the searched table. */
static mn_status build_own_diagram(mn_solver *solver, mn_member *member)
{
    const mn_table *searched = member->searched;
    const bool expanded = searched != member->table;
    bool *allowed = expanded ? mn_allowed_expand(member->table, member->allowed) : member->allowed;
    if (!allowed)
        return mn_fail_memory(&solver->error);
    const mn_status status =
        mn_diagram_build(searched->node_count, searched->first, mn_member_rules(member), mn_member_rule_count(member),
                         allowed, &solver->error, &member->own_diagram);
    if (expanded)
        free(allowed);
    return status;
}

mn_status mn_solver_expand_rules(mn_solver *solver)
{
    for (int i = 0; i < solver->member_count; i++) {
        mn_member *member = &solver->members[i];
        if (member->searched == member->table || member->searched_rules)
            continue;
        member->searched_rules =
            mn_rules_expand(member->table, member->rules, member->rule_count, &member->searched_rule_count);
        if (!member->searched_rules)
            return mn_fail_memory(&solver->error);
    }
    return MN_OK;
}

mn_status mn_solver_build_diagrams(mn_solver *solver)
{
    mn_status status = mn_solver_expand_rules(solver);
    for (int i = 0; status == MN_OK && i < solver->member_count; i++) {
        mn_member *member = &solver->members[i];
        if (member->diagram)
            continue;
        if (member->restricted)
            status = build_own_diagram(solver, member);
        member->diagram = member->restricted ? member->own_diagram : member->searched->diagram;
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
            mn_problem_make(member->searched, member->diagram, mn_member_rules(member), mn_member_rule_count(member),
                            &member->objective, solver->maximize, member->limits, solver->senses, solver->limit_count,
                            &solver->error, &solver->problems[i]);
        if (status != MN_OK) {
            mn_solver_drop_problems(solver);
            return status;
        }
    }
    return MN_OK;
}

mn_status mn_solver_build(mn_solver *solver)
{
    const mn_status status = mn_solver_check(solver, "");
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
        solver->capacities[i] = mn_capacity(solver, i, solver->values[i]);
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
