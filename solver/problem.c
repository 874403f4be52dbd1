#include "solver/problem.h"
#include "host/core/memory.h"

/* The column of an expression, negated when `sign` is -1. */
static mn_status make_column(const mn_linear *linear, int item_count, int sign, mn_error *error, mn_column *column)
{
    column->values = mn_new_array((size_t)item_count, sizeof *column->values);
    if (!column->values)
        return mn_fail_memory(error);
    if (linear->scaled_metric >=
        0) { /* the sum stays as it is, the scaled value is negated: rounding is not symmetric */
        column->scaled = sign;
        column->base = linear->base;
        memcpy(column->values, linear->values, sizeof *column->values * (size_t)item_count);
        return MN_OK;
    }
    column->base = sign * linear->base;
    for (int item = 0; item < item_count; item++)
        column->values[item] = sign * linear->values[item];
    return MN_OK;
}

mn_status mn_problem_make(const mn_table *table, const mn_diagram *diagram, const mn_rule *rules, int rule_count,
                          const mn_linear *objective, bool maximize, const mn_linear *limits,
                          const mn_sense *limit_senses, int limit_count, mn_error *error, mn_problem *problem)
{
    *problem = (mn_problem){.node_count = table->node_count,
                            .item_count = table->item_count,
                            .first = table->first,
                            .diagram = diagram,
                            .rule_count = rule_count,
                            .rules = rules};
    problem->limits = mn_new_array((size_t)limit_count, sizeof *problem->limits);
    mn_status status = problem->limits ? MN_OK : mn_fail_memory(error);
    if (status == MN_OK)
        status = make_column(objective, table->item_count, maximize ? 1 : -1, error, &problem->score);
    bool scaled = status == MN_OK && problem->score.scaled;
    for (; status == MN_OK && problem->limit_count < limit_count; problem->limit_count++) {
        const int i = problem->limit_count;
        status = make_column(&limits[i], table->item_count, limit_senses[i] == MN_AT_LEAST ? -1 : 1, error,
                             &problem->limits[i]);
        scaled |= problem->limits[i].scaled != 0;
    }
    if (status == MN_OK && scaled) {
        const mn_metric *by = &table->metrics[table->scale.by];
        const mn_linear capability = {.base = by->base, .values = by->values, .scaled_metric = -1};
        problem->scale = &table->scale;
        status = make_column(&capability, table->item_count, 1, error, &problem->capability);
    }
    if (status != MN_OK)
        mn_problem_free(problem);
    return status;
}

void mn_problem_free(mn_problem *problem)
{
    for (int i = 0; i < problem->limit_count; i++)
        free(problem->limits[i].values);
    free(problem->limits);
    free(problem->score.values);
    free(problem->capability.values);
    *problem = (mn_problem){0};
}

static int64_t sum_of(const mn_problem *problem, const int64_t *values, const uint16_t *network)
{
    int64_t sum = 0;
    for (int node = 0; node < problem->node_count; node++)
        sum += values[problem->first[node] + network[node]];
    return sum;
}

int64_t mn_problem_value(const mn_problem *problem, const mn_column *column, const uint16_t *network)
{
    const int64_t sum = sum_of(problem, column->values, network);
    if (!column->scaled)
        return column->base + sum;
    const int64_t capability = problem->capability.base + sum_of(problem, problem->capability.values, network);
    return column->scaled * mn_scale_apply(column->base, sum, mn_scale_g(problem->scale, capability));
}

bool mn_problem_admits(const mn_problem *problem, const int64_t *capacities, const uint16_t *network)
{
    int state = problem->diagram->empty ? -1 : 0;
    for (int node = 0; node < problem->node_count && state >= 0; node++)
        state = mn_row_next(mn_diagram_row(problem->diagram, node, state), network[node]);
    if (state < 0)
        return false;
    for (int i = 0; i < problem->diagram->outside_count; i++)
        if (!mn_rule_admits(&problem->rules[problem->diagram->outside[i]], network))
            return false;
    for (int i = 0; i < problem->limit_count; i++)
        if (capacities[i] != MN_NO_CAPACITY && mn_problem_value(problem, &problem->limits[i], network) > capacities[i])
            return false;
    return true;
}
