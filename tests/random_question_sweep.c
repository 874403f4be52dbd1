/* Sweeps of a question: every row is a question of its own to enumeration. */
#include "tests/random_question_ask.h"

#include <stdlib.h>

enum { SWEEP_ROWS = 66 }; /* past the 64 from which on steps answer */

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
        return ask_differs(a, "row %d: %s", row,
                           table < 0 ? "infeasible, but it is not" : "an answer, but there is none");
    if (table < 0)
        return true;
    if (table != wanted->table[0])
        return ask_differs(a, "row %d: table %d, expected %d", row, table, wanted->table[0]);
    for (int node = 0; node < a->q->tables[table].node_count; node++)
        if (network[node] != wanted->network[0][node])
            return ask_differs(a, "row %d: node %d takes block %d, expected %d", row, node, network[node],
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
bool ask_sweep(asking *a, bool one_limit)
{
    a->way = one_limit ? "sweep of one limit" : "sweep";
    mn_solver *solver = ask_make_solver(a);
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
                same = ask_limit_multiples(a, solver, i, rows[row].limits[i].value[0], multiples);
        }
    }
    const mn_options options = {.top = 1, .threads = 1 + (int)(q->limit_count % 2), .time_limit = ASK_SECONDS};
    if (same && mn_solver_sweep(solver, &options, (uint64_t)count, values, tables, networks, NULL) != MN_OK)
        same = ask_differs(a, "%s", mn_last_error(solver));
    for (int row = 0; same && row < count; row++)
        same = compare_row(a, row, &rows[row], tables[row], networks + row * nodes);
    free(rows);
    free(values);
    free(networks);
    free(tables);
    mn_solver_free(solver);
    return same;
}
