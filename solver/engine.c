/* What is kept between questions, and which way a question takes: rounds of branch and bound (rounds.c), or, for a single limit that
 * proves hard or is asked about often, its whole step function (steps.c). Where terms over several nodes entangle too many of them for a
 * diagram, another search takes all questions (entangled.c). */
#include "solver/engine.h"
#include "solver/knapsack.h"
#include "solver/rounds.h"
#include "solver/steps.h"
#include "solver/entangled.h"
#include "host/core/memory.h"

enum {
    MOST_SEQUENCES = 64,          /* into which one problem's graph is split */
    STEPS_AFTER_QUESTIONS = 64,   /* questions about one limit after which its steps pay */
    OFTEN_ASKED_POINTS = 1 << 17, /* ... and how many points they may have then */
    MOST_POINTS = 1 << 21         /* of one graph, ever: 32 MB */
};

/* Search and steps in turn, each with more to spend than before: either loses by far on some instances. */
static const struct stage {
    uint64_t nodes; /* of search */
    size_t points;  /* of one graph's steps */
} stages[] = {{1 << 12, 1 << 14}, {1 << 20, MOST_POINTS}};

/* What is kept for one limit. */
typedef struct limit_steps {
    int questions;
    bool ready;
    size_t refused;  /* more points than this would be needed */
    mn_steps *steps; /* [count] the step functions, over all graphs */
    mn_knapsack knapsack;
    bool beyond; /* its sums are too large for the knapsack */
} limit_steps;

/* One of the graphs. A free one that is all of its problem's is made only when something asks for it. */
typedef struct source {
    const mn_problem *problem;
    int problem_index;
    mn_graph graph;
    bool made;
} source;

struct mn_engine {
    int limit_count;
    int count, capacity;
    source *sources;     /* [count] */
    mn_graphs graphs;    /* all of them, or none yet */
    bool lost;           /* memory ran out while they were made */
    limit_steps *limits; /* [limit_count] */
    bool additive;       /* nothing is scaled, no rule is outside the diagrams */
    bool independent;    /* the nodes of every graph */
    mn_entangled *terms; /* some problem's terms are bounded: all questions go there. Otherwise NULL */
    mn_arena arena;
};

/* ---- making and freeing -------------------------------------------------------------------------------------------------------------- */

static mn_status add_source(mn_engine *engine, source own, mn_error *error)
{
    if (engine->count == engine->capacity) {
        const size_t capacity = engine->capacity ? 2 * (size_t)engine->capacity : 8;
        if (!mn_grow(&engine->sources, capacity, sizeof *engine->sources)) {
            mn_graph_free(&own.graph);
            return mn_fail_memory(error);
        }
        engine->capacity = (int)capacity;
    }
    engine->independent &= !own.made || own.graph.free;
    engine->sources[engine->count++] = own;
    return MN_OK;
}

/* No block is forbidden, and no node has lost all of its blocks. */
static bool all_blocks(const mn_problem *problem)
{
    for (int node = 0; node < problem->node_count; node++)
        for (int block = 0; block < mn_diagram_blocks(problem->diagram, node); block++)
            if (mn_row_next(mn_diagram_row(problem->diagram, node, 0), block) < 0)
                return false;
    return true;
}

static mn_status add_problem(mn_engine *engine, const mn_problem *problem, int problem_index, mn_error *error)
{
    mn_graph parts[MOST_SEQUENCES];
    int count = 0;
    source own = {.problem = problem, .problem_index = problem_index};
    engine->graphs.width = problem->node_count > engine->graphs.width ? problem->node_count : engine->graphs.width;
    if (problem->diagram->empty)
        return MN_OK;
    if (problem->diagram->free && all_blocks(problem))
        return add_source(engine, own, error);
    mn_status status = mn_graph_make(problem->diagram, error, &own.graph);
    own.made = true;
    if (status == MN_OK && !own.graph.free)
        status = mn_graph_split(&own.graph, MOST_SEQUENCES, error, parts, &count);
    if (status != MN_OK || count == 0)
        return status == MN_OK ? add_source(engine, own, error) : status;
    mn_graph_free(&own.graph);
    for (int i = 0; i < count; i++) {
        own.graph = parts[i];
        if (status == MN_OK)
            status = add_source(engine, own, error);
        else
            mn_graph_free(&parts[i]);
    }
    return status;
}

mn_status mn_engine_create(const mn_problem *problems, int problem_count, mn_error *error, mn_engine **result)
{
    mn_engine *engine = mn_new_array(1, sizeof *engine);
    *result = NULL;
    if (!engine)
        return mn_fail_memory(error);
    if (mn_entangled_needed(problems, problem_count)) {
        const mn_status made = mn_entangled_create(problems, problem_count, error, &engine->terms);
        if (made != MN_OK)
            mn_engine_free(engine);
        else
            *result = engine;
        return made;
    }
    engine->limit_count = problems[0].limit_count;
    engine->additive = engine->independent = true;
    engine->limits = mn_new_array((size_t)engine->limit_count, sizeof *engine->limits);
    mn_status status = engine->limits ? MN_OK : mn_fail_memory(error);
    for (int i = 0; i < problem_count && status == MN_OK; i++) {
        engine->additive &= !problems[i].scale && problems[i].diagram->outside_count == 0;
        status = add_problem(engine, &problems[i], i, error);
    }
    if (status != MN_OK)
        mn_engine_free(engine);
    else
        *result = engine;
    return status;
}

/* The graph at `index`; NULL: all blocks of its problem. */
static const mn_graph *graph_at(const mn_engine *engine, int index)
{
    if (index < engine->graphs.count)
        return &engine->graphs.prepared[index].graph;
    return engine->sources[index].made ? &engine->sources[index].graph : NULL;
}

/* Makes graphs.prepared and graphs.pools [count], where that has not been done. */
static mn_status prepare_graphs(mn_engine *engine, mn_error *error)
{
    mn_graphs *graphs = &engine->graphs;
    if (graphs->count == engine->count)
        return MN_OK;
    if (engine->lost)
        return mn_fail_memory(error);
    engine->lost = true; /* until all is well */
    graphs->prepared = mn_new_array((size_t)engine->count, sizeof *graphs->prepared);
    graphs->pools = mn_new_array((size_t)engine->count, sizeof *graphs->pools);
    if (!graphs->prepared || !graphs->pools)
        return mn_fail_memory(error);
    for (; graphs->count < engine->count; graphs->count++) {
        source *own = &engine->sources[graphs->count];
        mn_prepared *prepared = &graphs->prepared[graphs->count];
        mn_status status = own->made ? MN_OK : mn_graph_make(own->problem->diagram, error, &own->graph);
        if (status != MN_OK)
            return status;
        const mn_graph graph = own->graph;
        own->graph = (mn_graph){0};
        own->made = false;
        status = mn_prepare(own->problem, graph, error, prepared);
        if (status != MN_OK)
            return status;
        prepared->problem_index = own->problem_index;
        const int rows = own->problem->scale ? 3 * engine->limit_count + 2 : engine->limit_count;
        status = mn_pool_make(1 + rows, own->problem->node_count, error, &graphs->pools[graphs->count]);
        if (status != MN_OK) {
            mn_prepared_free(prepared);
            return status;
        }
    }
    engine->lost = false;
    return MN_OK;
}

static void free_steps(mn_engine *engine, int limit)
{
    limit_steps *own = &engine->limits[limit];
    for (int i = 0; own->steps && i < engine->count; i++)
        mn_steps_free(&own->steps[i]);
    free(own->steps);
    own->steps = NULL;
    own->ready = false;
}

static void free_limit(mn_engine *engine, int limit)
{
    free_steps(engine, limit);
    mn_knapsack_free(&engine->limits[limit].knapsack);
}

void mn_engine_free(mn_engine *engine)
{
    if (!engine)
        return;
    for (int limit = 0; engine->limits && limit < engine->limit_count; limit++)
        free_limit(engine, limit);
    free(engine->limits);
    mn_entangled_free(engine->terms);
    for (int i = 0; i < engine->count; i++)
        mn_graph_free(&engine->sources[i].graph);
    free(engine->sources);
    for (int i = 0; i < engine->graphs.count; i++) {
        mn_prepared_free(&engine->graphs.prepared[i]);
        mn_pool_free(&engine->graphs.pools[i]);
    }
    free(engine->graphs.prepared);
    free(engine->graphs.pools);
    mn_arena_free(&engine->arena);
    free(engine);
}

/* ---- steps ------------------------------------------------------------------------------------------------------------------------------ */

/* The one limit that is on, where its steps can answer; -1. */
static int single_limit(const mn_engine *engine, const mn_question *question)
{
    int single = -1;
    for (int limit = 0; limit < engine->limit_count; limit++)
        if (question->capacities[limit] != MN_NO_CAPACITY) {
            if (single >= 0)
                return -1;
            single = limit;
        }
    return engine->additive && question->top == 1 && question->gap == 0 ? single : -1;
}

/* MN_STOPPED: some graph has more than `most_points`. */
static mn_status learn_steps(mn_engine *engine, int limit, size_t most_points, mn_error *error)
{
    limit_steps *own = &engine->limits[limit];
    if (own->ready)
        return MN_OK;
    if (own->refused >= most_points)
        return MN_STOPPED;
    if (prepare_graphs(engine, error) != MN_OK)
        return MN_FAILURE;
    own->steps = mn_new_array((size_t)engine->graphs.count, sizeof *own->steps);
    mn_status status = own->steps ? MN_OK : mn_fail_memory(error);
    for (int i = 0; i < engine->graphs.count && status == MN_OK; i++)
        status = mn_steps_make(&engine->graphs.prepared[i], limit, most_points, error, &own->steps[i]);
    own->ready = status == MN_OK;
    if (status == MN_STOPPED)
        own->refused = most_points;
    if (status != MN_OK)
        free_steps(engine, limit);
    return status;
}

mn_status mn_engine_learn_steps(mn_engine *engine, int limit, mn_error *error)
{
    return engine->additive ? learn_steps(engine, limit, MOST_POINTS, error) : MN_STOPPED;
}

/* capacity - base, kept inside the sums' range. */
static int64_t without_base(int64_t capacity, int64_t base)
{
    const mn_wide difference = (mn_wide)capacity - base, most = (mn_wide)1 << 62;
    return difference > most ? (int64_t)most : difference < -most ? (int64_t)-most : (int64_t)difference;
}

bool mn_engine_best_step(mn_engine *engine, int limit, int64_t capacity, mn_step *best)
{
    bool found = false;
    best->last = INT64_MAX;
    for (int i = 0; i < engine->graphs.count; i++) {
        const mn_prepared *prepared = &engine->graphs.prepared[i];
        const mn_problem *problem = prepared->problem;
        uint16_t *network = best->scratch;
        int64_t sum, last;
        const int64_t base = problem->limits[limit].base;
        const bool fits =
            mn_steps_best(&engine->limits[limit].steps[i], without_base(capacity, base), network, &sum, &last);
        last = last == INT64_MAX ? last : last + base;
        best->last = last < best->last ? last : best->last;
        const int64_t score = sum + problem->score.base;
        if (!fits || (found && score < best->score) ||
            (found && score == best->score && prepared->problem_index > best->problem))
            continue;
        const bool better = !found || score > best->score;
        if (!better) { /* another sequence of the same problem */
            int difference = 0;
            for (int node = 0; node < problem->node_count && difference == 0; node++)
                difference = (int)network[node] - best->network[node];
            if (difference >= 0)
                continue;
        }
        best->score = score;
        best->problem = prepared->problem_index;
        memset(best->network, 0, sizeof *network * (size_t)engine->graphs.width);
        memcpy(best->network, network, sizeof *network * (size_t)problem->node_count);
        found = true;
    }
    return found;
}

static mn_status answer_by_steps(mn_engine *engine, const mn_question *question, int limit, mn_answer *answer)
{
    mn_step step = {.network = answer->choices,
                    .scratch = mn_arena_take(&engine->arena, (size_t)engine->graphs.width, sizeof(uint16_t))};
    if (!step.scratch)
        return MN_FAILURE;
    answer->count = mn_engine_best_step(engine, limit, question->capacities[limit], &step);
    answer->outcome = answer->count ? MN_OPTIMAL : MN_OUTCOME_INFEASIBLE;
    answer->has_bound = answer->count > 0;
    if (answer->count == 0)
        return MN_INFEASIBLE;
    answer->problems[0] = step.problem;
    answer->scores[0] = answer->bound = step.score;
    return MN_OK;
}

/* ---- one question ------------------------------------------------------------------------------------------------------------------- */

static mn_status make_knapsack(const mn_engine *engine, int limit, mn_error *error)
{
    mn_knapsack *knapsack = &engine->limits[limit].knapsack;
    if (knapsack->count == engine->count)
        return MN_OK;
    knapsack->width = engine->graphs.width;
    if (!knapsack->items)
        knapsack->items = mn_new_array((size_t)engine->count, sizeof *knapsack->items);
    if (!knapsack->hulls)
        knapsack->hulls = mn_new_array((size_t)engine->count, sizeof *knapsack->hulls);
    mn_status status = knapsack->items && knapsack->hulls ? MN_OK : mn_fail_memory(error);
    for (; status == MN_OK && knapsack->count < engine->count; knapsack->count += status == MN_OK) {
        const source *own = &engine->sources[knapsack->count];
        status = mn_items_make(own->problem, own->problem_index, limit, graph_at(engine, knapsack->count), error,
                               &knapsack->items[knapsack->count]);
    }
    return status;
}

/* Independent nodes and one limit. `beyond`: not answered. */
static mn_status solve_knapsack(mn_engine *engine, const mn_question *question, int limit, mn_answer *answer,
                                bool *beyond, mn_error *error)
{
    limit_steps *own = &engine->limits[limit];
    *beyond = own->beyond || !engine->independent;
    if (*beyond)
        return MN_OK;
    mn_status status = make_knapsack(engine, limit, error);
    if (status == MN_OK)
        status = mn_knapsack_solve(&own->knapsack, question, &engine->arena, answer, beyond, error);
    own->beyond = *beyond && answer->search_nodes == 0; /* not even begun: never */
    return status;
}

/* What a stage without an end found is where the next one starts. */
static void go_on(mn_question *question, const mn_answer *answer, uint64_t spent)
{
    mn_monitor_continue(question->control.monitor, spent);
    if (answer->count == 0)
        return;
    question->start = answer->choices;
    question->start_problem = answer->problems[0];
}

/* The least bound that any stage has proved. */
static void keep_bound(mn_answer *answer, int64_t *least)
{
    if (!answer->has_bound)
        return;
    *least = answer->bound < *least ? answer->bound : *least;
    answer->bound = *least;
}

/* One question about one limit. Nodes of earlier stages count against the question's own node limit, and their bounds hold. */
static mn_status solve_in_stages(mn_engine *engine, const mn_question *question, int limit, mn_answer *answer,
                                 mn_error *error)
{
    const uint64_t own_limit = question->control.node_limit;
    uint64_t spent = 0;
    int64_t bound = INT64_MAX;
    mn_question part = *question;
    bool beyond;
    mn_status known = solve_knapsack(engine, question, limit, answer, &beyond, error);
    if (!beyond)
        return known;
    spent = answer->search_nodes;
    keep_bound(answer, &bound);
    if (spent > 0)
        go_on(&part, answer, spent);
    known = prepare_graphs(engine, error);
    if (known != MN_OK)
        return known;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        if (engine->limits[limit].refused >= stages[i].points)
            continue; /* nothing would follow the search: leave it to the last stage */
        if (own_limit && own_limit - spent <= stages[i].nodes)
            break;
        part.control.node_limit = stages[i].nodes;
        mn_status status = mn_rounds_solve(&engine->graphs, &part, &engine->arena, answer, error);
        answer->search_nodes = spent += answer->search_nodes;
        keep_bound(answer, &bound);
        if (status != MN_STOPPED || answer->outcome != MN_NODE_LIMIT)
            return status;
        go_on(&part, answer, spent);
        status = learn_steps(engine, limit, stages[i].points, error);
        if (status == MN_OK)
            return answer_by_steps(engine, question, limit, answer);
        if (status != MN_STOPPED)
            return status;
    }
    part.control.node_limit = own_limit ? own_limit - spent : 0;
    const mn_status status = mn_rounds_solve(&engine->graphs, &part, &engine->arena, answer, error);
    answer->search_nodes += spent;
    keep_bound(answer, &bound);
    return status;
}

mn_status mn_engine_solve(mn_engine *engine, const mn_question *question, mn_answer *answer, mn_error *error)
{
    answer->count = 0;
    answer->search_nodes = 0;
    answer->has_bound = false;
    if (engine->terms)
        return mn_entangled_solve(engine->terms, question, &engine->arena, answer, error);
    mn_arena_reset(&engine->arena);
    const int limit = single_limit(engine, question);
    if (limit < 0) {
        const mn_status status = prepare_graphs(engine, error);
        return status == MN_OK ? mn_rounds_solve(&engine->graphs, question, &engine->arena, answer, error) : status;
    }
    if (++engine->limits[limit].questions > STEPS_AFTER_QUESTIONS) {
        const mn_status status = learn_steps(engine, limit, OFTEN_ASKED_POINTS, error);
        if (status == MN_FAILURE)
            return status;
    }
    if (engine->limits[limit].ready)
        return answer_by_steps(engine, question, limit, answer);
    return solve_in_stages(engine, question, limit, answer, error);
}
