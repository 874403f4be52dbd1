#include "tests/random_scan.h"
#include "host/core/memory.h"

#include <criterion/criterion.h>
#include <inttypes.h>

int64_t scan_question_value(const scan_question *q, const mn_column *column, const uint16_t *network)
{
    int64_t sum = 0, capability = q->problem.capability.base;
    int item = 0;
    for (int node = 0; node < q->table->node_count; node++) {
        sum += column->values[item + network[node]];
        if (column->scaled)
            capability += q->problem.capability.values[item + network[node]];
        item += q->table->nodes[node].block_count;
    }
    if (!column->scaled)
        return column->base + sum;
    return column->scaled * mn_scale_apply(column->base, sum, mn_scale_g(&q->table->scale, capability));
}

int64_t random_scan_capacity(const scan_question *q, uint64_t *state, const mn_column *column)
{
    uint16_t *network = mn_new_array((size_t)q->table->node_count, sizeof *network);
    for (int node = 0; node < q->table->node_count; node++)
        network[node] = (uint16_t)random_below(state, (uint64_t)q->table->nodes[node].block_count);
    const int64_t value = scan_question_value(q, column, network);
    free(network);
    switch (random_below(state, 12)) {
    case 0:
        return MN_NO_CAPACITY;
    case 1:
        return INT64_MIN + 1;
    case 2:
        return INT64_MAX - 1;
    case 3:
        return 0;
    default:
        return value - (int64_t)random_below(state, 2);
    }
}

scan_question random_scan_question(uint64_t seed, random_shape shape, int limits)
{
    uint64_t state = seed ^ 0xABCDEF;
    scan_question q = {.table = random_table(seed, shape)};
    cr_assert(q.table, "seed %" PRIu64 ": no table", seed);
    mn_linear columns[1 + MOST_SCAN_LIMITS] = {0};
    mn_sense senses[1 + MOST_SCAN_LIMITS];
    for (int i = 0; i <= limits; i++) {
        const int metric = i == 0 ? 0 : (int)random_below(&state, (uint64_t)q.table->metric_count);
        const mn_metric *m = &q.table->metrics[metric];
        columns[i] = (mn_linear){.base = m->base, .values = m->values, .scaled_metric = -1, .single_metric = metric};
        if (shape.scale && metric == 0)
            columns[i].scaled_metric = 0;
        senses[i] = random_below(&state, 2) ? MN_AT_MOST : MN_AT_LEAST;
    }
    mn_error error = {0};
    const mn_status status =
        mn_problem_make(q.table, q.table->diagram, q.table->rules, q.table->rule_count, &columns[0],
                        random_below(&state, 2), &columns[1], &senses[1], limits, &error, &q.problem);
    cr_assert_eq(status, MN_OK, "%s", error.text);
    for (int i = 0; i < limits; i++)
        q.capacities[i] = random_scan_capacity(&q, &state, &q.problem.limits[i]);
    const uint64_t all = q.table->count;
    q.top = random_below(&state, 2) ? 1 : 1 + (int)random_below(&state, all < 500 ? all + 5 : 60);
    return q;
}

void free_scan_question(scan_question *q)
{
    mn_problem_free(&q->problem);
    mn_table_free(q->table);
}
