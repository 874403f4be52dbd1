/* What the library says of a question beside what is expected. */
#include "tests/random_question_ask.h"

#include <inttypes.h>

static bool compare_network(asking *a, int place, const mn_solution *found, mn_resolution resolution)
{
    const question_answer *wanted = &a->answers[a->round];
    const mn_wide objective = ask_in_millionths(found->objective, resolution);
    char x[64], y[64];
    if (objective != wanted->objective[place])
        return ask_differs(a, "solution %d: objective %s, expected %s", place, ask_shown(objective, x),
                           ask_shown(wanted->objective[place], y));
    if (found->table != wanted->table[place])
        return ask_differs(a, "solution %d: table %d, expected %d", place, found->table, wanted->table[place]);
    for (int node = 0; node < a->q->tables[found->table].node_count; node++)
        if (found->network[node] != wanted->network[place][node])
            return ask_differs(a, "solution %d: node %d takes block %d, expected %d", place, node, found->network[node],
                               wanted->network[place][node]);
    return true;
}

bool ask_check_claims(asking *a, const mn_solver *solver, const mn_result *result, mn_wide gap)
{
    const question_answer *wanted = &a->answers[a->round];
    const mn_resolution resolution = mn_solver_objective_resolution(solver);
    const int sign = a->q->maximize ? 1 : -1;
    mn_wide objective, limits[QUESTION_LIMITS], bound = ask_in_millionths(result->bound, resolution) * sign;
    if (result->outcome == MN_OUTCOME_INFEASIBLE && wanted->count)
        return ask_differs(a, "infeasible, but %d networks expected", wanted->count);
    if (result->has_bound && wanted->count && bound < sign * wanted->objective[0])
        return ask_differs(a, "the bound excludes the optimum");
    for (int i = 0; i < result->solution_count; i++) {
        const mn_solution *found = &result->solutions[i];
        if (!question_evaluate(a->q, found->table, found->network, &objective, limits) ||
            !question_meets(a->q, a->round, limits, 0))
            return ask_differs(a, "solution %d breaks a limit or a rule", i);
        if (objective != ask_in_millionths(found->objective, resolution))
            return ask_differs(a, "solution %d: not the objective of its network", i);
    }
    const bool done = result->outcome == MN_OPTIMAL || result->outcome == MN_GAP_LIMIT;
    if (!done)
        return true;
    if (result->solution_count == 0 || !result->has_bound)
        return ask_differs(a, "%s without solution or bound", mn_outcome_name(result->outcome));
    if (bound - sign * ask_in_millionths(result->solutions[0].objective, resolution) > gap)
        return ask_differs(a, "%s, but the gap is larger", mn_outcome_name(result->outcome));
    return true;
}

bool ask_compare(asking *a, const mn_solver *solver, mn_status status, const mn_result *result)
{
    const question_answer *wanted = &a->answers[a->round];
    if (!result)
        return ask_differs(a, "status %d without result: %s", status, mn_last_error(solver));
    if (a->may_stop && result->outcome == MN_TIME_LIMIT)
        return ask_check_claims(a, solver, result, 0);
    if (status != (wanted->count ? MN_OK : MN_INFEASIBLE) ||
        result->outcome != (wanted->count ? MN_OPTIMAL : MN_OUTCOME_INFEASIBLE))
        return ask_differs(a, "status %d, %s after %.3f s; %d networks expected", status,
                           mn_outcome_name(result->outcome), result->seconds, wanted->count);
    if (result->solution_count != wanted->count)
        return ask_differs(a, "%d solutions, expected %d", result->solution_count, wanted->count);
    const mn_resolution resolution = mn_solver_objective_resolution(solver);
    for (int i = 0; i < wanted->count; i++)
        if (!compare_network(a, i, &result->solutions[i], resolution))
            return false;
    if (wanted->count && (!result->has_bound || result->bound != result->solutions[0].objective))
        return ask_differs(a, "bound %" PRId64 ", objective %" PRId64, result->bound, result->solutions[0].objective);
    return true;
}

bool ask_check_starts(asking *a, const mn_solver *solver, const mn_result *result, const start_networks *starts)
{
    const int sign = a->q->maximize ? 1 : -1;
    for (int i = 0; i < starts->count; i++) {
        mn_wide objective, limits[QUESTION_LIMITS];
        if (!question_evaluate(a->q, starts->starts[i].table, starts->starts[i].network, &objective, limits) ||
            !question_meets(a->q, a->round, limits, 0))
            continue;
        if (result->solution_count == 0)
            return ask_differs(a, "no solution, but start %d is one", i);
        const mn_wide found = ask_in_millionths(result->solutions[0].objective, mn_solver_objective_resolution(solver));
        if (sign * found < sign * objective)
            return ask_differs(a, "start %d is better than the first solution", i);
    }
    return true;
}
