/* Start networks: which one the search may begin with, or why none of them. A start is admitted by the same exact check that every
 * network of an answer passes, so it can never make an infeasible question look feasible. */
#include "host/api/handle.h"
#include "host/core/memory.h"

/* The first node whose block may not be taken, whatever the rules; -1. */
static int node_not_allowed(const mn_member *member, const uint16_t *network)
{
    const mn_table *table = member->table;
    for (int node = 0; node < table->node_count; node++)
        if (!member->allowed[table->first[node] + network[node]])
            return node;
    return -1;
}

/* Records what excludes the network, the nearest reason first. */
static void say_why(mn_solver *solver, const mn_start *start, const uint16_t *expanded)
{
    const mn_member *member = &solver->members[start->table];
    const mn_table *table = member->table;
    const mn_problem *problem = &solver->problems[start->table];
    const int node = node_not_allowed(member, start->network);
    const int rule = mn_rules_broken(member->rules, member->rule_count, start->network);
    mn_error *note = &solver->start_note;
    if (node >= 0) {
        mn_fail(note, MN_INFEASIBLE, "node \"%.200s\" may not take block \"%.200s\"", table->nodes[node].name,
                table->nodes[node].blocks[start->network[node]].name);
        return;
    }
    if (rule >= 0) {
        mn_fail(note, MN_INFEASIBLE, "it breaks the rule %.600s", member->rules[rule].text);
        return;
    }
    for (int limit = 0; limit < solver->limit_count; limit++) {
        const int64_t value = mn_problem_value(problem, &problem->limits[limit], expanded);
        if (solver->capacities[limit] == MN_NO_CAPACITY || value <= solver->capacities[limit])
            continue;
        char number[MN_NUMBER_SIZE];
        mn_format(mn_linked(&member->limits[limit], solver->senses[limit] == MN_AT_LEAST ? -value : value),
                  member->limits[limit].resolution, number);
        mn_fail(note, MN_INFEASIBLE, "it breaks the limit %.600s: its value is %s", mn_solver_limit_text(solver, limit),
                number);
        return;
    }
}

static mn_status check_start(mn_solver *solver, const mn_start *start, int index)
{
    if (start->table < 0 || start->table >= solver->member_count || !start->network)
        return mn_fail(&solver->error, MN_USAGE, "start %d: expected a network of one of the solver's %d tables", index,
                       solver->member_count);
    const mn_table *table = solver->members[start->table].table;
    for (int node = 0; node < table->node_count; node++)
        if (start->network[node] >= table->nodes[node].block_count)
            return mn_fail(&solver->error, MN_USAGE,
                           "start %d: node \"%.200s\" has no block %d; expected an index from 0 to %d", index,
                           table->nodes[node].name, start->network[node], table->nodes[node].block_count - 1);
    return MN_OK;
}

mn_status mn_solver_choose_start(mn_solver *solver, const mn_options *options, mn_known_start *chosen)
{
    *chosen = (mn_known_start){0};
    solver->start_note.text[0] = 0;
    if (options->start_count < 0 || (options->start_count > 0 && !options->starts))
        return mn_fail(&solver->error, MN_USAGE, "%d start networks: expected 0 or more, and where they are",
                       options->start_count);
    const size_t width = (size_t)solver->widest_searched;
    if (options->start_count > 0 && !solver->start) {
        solver->start = mn_new_array(2 * width, sizeof *solver->start);
        if (!solver->start)
            return mn_fail_memory(&solver->error);
    }
    for (int i = 0; i < options->start_count; i++) {
        const mn_start *start = &options->starts[i];
        const mn_status status = check_start(solver, start, i);
        if (status != MN_OK)
            return status;
        const mn_problem *problem = &solver->problems[start->table];
        uint16_t *expanded = solver->start + width;
        mn_network_expand(solver->members[start->table].table, start->network, expanded);
        if (!mn_problem_admits(problem, solver->capacities, expanded)) {
            if (!chosen->network && !solver->start_note.text[0])
                say_why(solver, start, expanded);
            continue;
        }
        const int64_t score = mn_problem_value(problem, &problem->score, expanded);
        if (!chosen->network || score > chosen->score) {
            memcpy(solver->start, expanded, sizeof *expanded * (size_t)problem->node_count);
            *chosen = (mn_known_start){solver->start, start->table, score};
        }
        solver->start_note.text[0] = 0;
    }
    return MN_OK;
}
