#include "solver/knapsack.h"
#include "solver/knapsack_core.h"
#include "host/core/memory.h"

enum { MOST_CELLS = 1 << 24 };

void mn_knapsack_free(mn_knapsack *knapsack)
{
    for (int i = 0; i < knapsack->count; i++) {
        mn_items_free(&knapsack->items[i]);
        mn_hull_free(&knapsack->hulls[i]);
    }
    free(knapsack->items);
    free(knapsack->hulls);
    mn_lists_free(&knapsack->lists);
    mn_tables_free(&knapsack->tables);
    mn_tables_free(&knapsack->kept_tables);
    *knapsack = (mn_knapsack){0};
}

/* ---- one question -------------------------------------------------------------------------------------------------------------------- */

/* A graph that the limit leaves something of. */
typedef struct open_graph {
    int graph;
    int64_t bound; /* value, base included */
    mn_break b;
} open_graph;

typedef struct solve {
    mn_knapsack *knapsack;
    const mn_question *question;
    mn_arena *arena;
    open_graph *open; /* in the order of graphs */
    int *order;       /* best bound first */
    int count;
    bool found;
    int64_t value;     /* the best known, base included */
    uint16_t *network; /* the best network known, */
    int64_t network_value;
    int graph;       /* ... and its graph; -1: the start network, if there is one */
    int start_nodes; /* of that */
    uint16_t *scratch;
    uint64_t made_before;
    int64_t bound;
} solve;

static uint64_t made(const solve *s)
{
    const mn_core_work work = {.lists = &s->knapsack->lists, .tables = &s->knapsack->tables};
    return mn_core_made(&work) - s->made_before;
}

static int64_t base_of(const mn_items *items)
{
    return items->problem->score.base;
}

/* capacity - base, kept inside the sums' range. */
static int64_t own_capacity(const mn_items *items, int64_t capacity)
{
    const mn_wide own = (mn_wide)capacity - items->problem->limits[items->limit].base;
    return own > INT64_MAX ? INT64_MAX : own < INT64_MIN ? INT64_MIN : (int64_t)own;
}

static mn_status open_graphs(solve *s)
{
    const mn_knapsack *k = s->knapsack;
    s->open = mn_arena_take(s->arena, (size_t)k->count, sizeof *s->open);
    s->order = mn_arena_take(s->arena, (size_t)k->count, sizeof *s->order);
    if (!s->open || !s->order)
        return MN_FAILURE;
    for (int i = 0; i < k->count; i++) {
        const mn_items *items = &k->items[i];
        open_graph *open = &s->open[s->count];
        const int64_t capacity = own_capacity(items, s->question->capacities[items->limit]);
        const mn_status status = mn_break_find(items, &k->hulls[i], capacity, s->arena, &open->b);
        if (status == MN_FAILURE)
            return status;
        if (status != MN_OK)
            continue;
        open->graph = i;
        open->bound = open->b.best_score + base_of(items);
        int at = s->count++;
        for (; at > 0 && s->open[s->order[at - 1]].bound < open->bound; at--)
            s->order[at] = s->order[at - 1];
        s->order[at] = s->count - 1;
    }
    return MN_OK;
}

static mn_core_work work_of(solve *s, const open_graph *open)
{
    return (mn_core_work){.items = &s->knapsack->items[open->graph],
                          .b = &open->b,
                          .lists = &s->knapsack->lists,
                          .tables = &s->knapsack->tables,
                          .kept_tables = &s->knapsack->kept_tables,
                          .most_cells = s->knapsack->most_cells ? s->knapsack->most_cells : MOST_CELLS,
                          .arena = s->arena,
                          .control = &s->question->control,
                          .made_before = s->made_before};
}

/* The best value over all graphs; graphs that cannot have a better one are not looked at. */
static mn_status find_value(solve *s, bool *beyond)
{
    for (int i = 0; i < s->count; i++) {
        const open_graph *open = &s->open[s->order[i]];
        const mn_items *items = &s->knapsack->items[open->graph];
        if (s->found && open->bound <= s->value)
            break;
        s->bound = open->bound;
        mn_monitor_bound(s->question->control.monitor, s->bound, made(s));
        int64_t known = items->score_low - 1;
        if (s->found && s->value - base_of(items) > known)
            known = s->value - base_of(items);
        int64_t score = known, network_score = known;
        const mn_core_work work = work_of(s, open);
        const mn_arena_mark mark = mn_arena_here(s->arena);
        const mn_status status = mn_core_best(&work, &score, &network_score, s->network, beyond);
        mn_arena_return(s->arena, mark);
        if (score > known) {
            s->found = true;
            s->value = score + base_of(items);
        }
        if (network_score > known) {
            s->network_value = network_score + base_of(items);
            s->graph = open->graph;
        }
        if (status != MN_OK)
            return status;
    }
    s->bound = s->value;
    if (s->found)
        mn_monitor_bound(s->question->control.monitor, s->bound, made(s));
    return MN_OK;
}

/* The smallest network of that value: of the first table that has one. */
static mn_status settle_ties(solve *s, bool *beyond)
{
    int found = -1;
    for (int i = 0; i < s->count; i++) {
        const open_graph *open = &s->open[i];
        const mn_items *items = &s->knapsack->items[open->graph];
        if (found >= 0 && s->knapsack->items[found].problem_index != items->problem_index)
            break;
        if (open->bound < s->value)
            continue;
        const mn_core_work work = work_of(s, open);
        const mn_arena_mark mark = mn_arena_here(s->arena);
        const mn_status status = mn_core_smallest(&work, s->value - base_of(items), s->scratch, beyond);
        mn_arena_return(s->arena, mark);
        if (status == MN_INFEASIBLE)
            continue;
        if (status != MN_OK)
            return status;
        int difference = found < 0 ? -1 : 0;
        for (int node = 0; node < items->nodes && difference == 0; node++)
            difference = (int)mn_items_block(items, node, s->scratch[node]) -
                         mn_items_block(&s->knapsack->items[found], node, s->network[node]);
        if (difference < 0) {
            memcpy(s->network, s->scratch, sizeof *s->network * (size_t)items->nodes);
            s->graph = found = open->graph;
            s->network_value = s->value;
        }
    }
    return MN_OK;
}

/* The network that the question starts from counts as known. */
static void take_start(solve *s)
{
    const mn_knapsack *k = s->knapsack;
    for (int i = 0; s->question->start && i < k->count && !s->found; i++) {
        const mn_problem *problem = k->items[i].problem;
        if (k->items[i].problem_index != s->question->start_problem)
            continue;
        s->found = true;
        s->start_nodes = problem->node_count;
        s->value = s->network_value = mn_problem_value(problem, &problem->score, s->question->start);
    }
}

static void write_answer(const solve *s, mn_answer *answer)
{
    answer->search_nodes = made(s);
    answer->has_bound = s->count > 0;
    answer->bound = s->bound;
    answer->count = s->graph >= 0 || s->found;
    if (answer->count == 0)
        return;
    answer->scores[0] = s->network_value;
    if (s->graph < 0) {
        answer->problems[0] = s->question->start_problem;
        const size_t nodes = (size_t)s->start_nodes, width = (size_t)s->knapsack->width;
        memmove(answer->choices, s->question->start, sizeof *answer->choices * nodes);
        memset(answer->choices + nodes, 0, sizeof *answer->choices * (width - nodes));
        return;
    }
    const mn_items *items = &s->knapsack->items[s->graph];
    answer->problems[0] = items->problem_index;
    memset(answer->choices, 0, sizeof *answer->choices * (size_t)s->knapsack->width);
    for (int node = 0; node < items->nodes; node++)
        answer->choices[node] = mn_items_block(items, node, s->network[node]);
}

static mn_status conclude(const solve *s, mn_status status, mn_answer *answer)
{
    write_answer(s, answer);
    const uint64_t limit = s->question->control.node_limit;
    if (status == MN_OK && !s->found) {
        answer->outcome = MN_OUTCOME_INFEASIBLE;
        return MN_INFEASIBLE;
    }
    answer->outcome = status == MN_OK             ? MN_OPTIMAL
                      : status == MN_INTERRUPTED  ? MN_OUTCOME_INTERRUPTED
                      : limit && made(s) >= limit ? MN_NODE_LIMIT
                                                  : MN_TIME_LIMIT;
    return status;
}

mn_status mn_knapsack_solve(mn_knapsack *knapsack, const mn_question *question, mn_arena *arena, mn_answer *answer,
                            bool *beyond, mn_error *error)
{
    solve s = {.knapsack = knapsack, .question = question, .arena = arena, .graph = -1};
    s.made_before = made(&s);
    *beyond = false;
    for (int i = 0; i < knapsack->count; i++)
        *beyond |= !knapsack->items[i].fits;
    if (*beyond)
        return MN_OK;
    s.network = mn_arena_take(arena, (size_t)knapsack->width, sizeof *s.network);
    s.scratch = mn_arena_take(arena, (size_t)knapsack->width, sizeof *s.scratch);
    take_start(&s);
    mn_status status = s.network && s.scratch ? open_graphs(&s) : MN_FAILURE;
    if (status == MN_OK)
        status = find_value(&s, beyond);
    if (status == MN_OK && s.found)
        status = settle_ties(&s, beyond);
    if (status == MN_FAILURE)
        return mn_fail_memory(error);
    if (*beyond) {
        write_answer(&s, answer);
        return MN_OK;
    }
    return conclude(&s, status, answer);
}
