#include "solver/entangled.h"
#include "host/core/memory.h"
#include "solver/best.h"
#include "solver/entangled_first.h"
#include "solver/entangled_root.h"

struct mn_entangled {
    int count, width; /* width: nodes of the widest problem */
    const mn_problem *problems;
    mn_entangled_model *models; /* [count] */
};

enum { PLAIN_NODES = 200 }; /* search nodes */

/* One question. */
typedef struct run {
    const mn_entangled *terms;
    const mn_question *question;
    mn_arena *arena;
    mn_best best;
    uint64_t nodes;
    bool bounded; /* no network scores more than `bound` */
    int64_t bound;
    bool again;  /* what is found may have been found before */
    int64_t gap; /* within which a better network is not looked for */
    /* the problem at hand */
    int index;
    const mn_entangled_model *model;
    mn_entangled_state state;
    mn_entangled_root root;
    int *limits; /* those that are on */
} run;

/* ---- making ----------------------------------------------------------------------------------------------------------------------- */

static bool is_needed(const mn_problem *problem)
{
    for (int i = 0; i < problem->diagram->outside_count; i++)
        if (problem->rules[problem->diagram->outside[i]].kind == MN_RULE_COMBINE)
            return true;
    return false;
}

bool mn_entangled_needed(const mn_problem *problems, int count)
{
    bool needed = false;
    for (int i = 0; i < count; i++)
        needed |= is_needed(&problems[i]);
    return needed;
}

mn_status mn_entangled_create(const mn_problem *problems, int count, mn_error *error, mn_entangled **result)
{
    mn_entangled *terms = *result = NULL;
    for (int i = 0; i < count; i++)
        if (problems[i].scale)
            return mn_fail(
                error, MN_USAGE,
                "the factors entangle too many nodes for a scaled metric: use --scale none, or fewer factors");
    terms = mn_new_array(1, sizeof *terms);
    if (!terms)
        return mn_fail_memory(error);
    terms->problems = problems;
    terms->models = mn_new_array((size_t)count, sizeof *terms->models);
    mn_status status = terms->models ? MN_OK : mn_fail_memory(error);
    for (; status == MN_OK && terms->count < count; terms->count += status == MN_OK) {
        const mn_problem *problem = &problems[terms->count];
        terms->width = problem->node_count > terms->width ? problem->node_count : terms->width;
        status = mn_entangled_model_make(problem, error, &terms->models[terms->count]);
    }
    if (status != MN_OK)
        mn_entangled_free(terms);
    else
        *result = terms;
    return status;
}

void mn_entangled_free(mn_entangled *terms)
{
    if (!terms)
        return;
    for (int i = 0; i < terms->count; i++)
        mn_entangled_model_free(&terms->models[i]);
    free(terms->models);
    free(terms);
}

/* ---- networks that are found ------------------------------------------------------------------------------------------------------ */

static bool one_wanted(const run *r)
{
    return r->best.capacity == 1;
}

/* The main lane's cap for networks that may still be among the best. */
static int32_t cap_of(const run *r)
{
    if (r->best.count < r->best.capacity)
        return MN_ENTANGLED_LARGEST_CAP;
    const int64_t worst = mn_best_worst(&r->best);
    const bool better = one_wanted(r) && r->best.entries[0].problem <= r->index; /* its ties are settled afterwards */
    const int64_t target = r->gap > INT64_MAX / 4 - worst ? INT64_MAX / 4 : worst + r->gap + better;
    return mn_entangled_score_cap(r->model, &r->state.lanes[0], r->question->capacities, target);
}

/* Whether an earlier search has found the network. */
static bool is_there(const run *r, int64_t score, const uint16_t *network)
{
    const size_t bytes = sizeof *network * (size_t)r->model->problem->node_count;
    for (int i = 0; i < r->best.count; i++) {
        const mn_best_entry *entry = &r->best.entries[i];
        if (entry->score == score && entry->problem == r->index && !memcmp(entry->network, network, bytes))
            return true;
    }
    return false;
}

static void take(run *r, const uint16_t *network)
{
    const mn_problem *problem = r->model->problem;
    const int64_t score = mn_problem_value(problem, &problem->score, network);
    if (r->again && is_there(r, score, network))
        return;
    if (!mn_best_add(&r->best, score, r->index, network, problem->node_count))
        return;
    mn_monitor_incumbent(r->question->control.monitor, score);
}

static void found_first(void *context, uint16_t *network)
{
    run *r = context;
    if (mn_problem_admits(r->model->problem, r->question->capacities, network))
        take(r, network);
}

/* Fills in the auxiliary nodes of a network whose own nodes stand. */
static void complete(const mn_entangled_model *model, uint16_t *network)
{
    for (int i = 0; i < model->problem->rule_count; i++) {
        const mn_rule *rule = &model->problem->rules[i];
        if (rule->kind == MN_RULE_COMBINE)
            network[rule->auxiliary->node] = (uint16_t)mn_auxiliary_block(rule->auxiliary, network);
    }
}

static bool found_in_search(void *context, uint16_t *network)
{
    run *r = context;
    complete(r->model, network);
    if (mn_problem_admits(r->model->problem, r->question->capacities, network)) {
        take(r, network);
        r->state.lanes[0].cap = cap_of(r);
    }
    return false;
}

/* ---- ties ------------------------------------------------------------------------------------------------------------------------- */

typedef struct descent {
    run *run;
    int64_t score;
    uint16_t *network; /* the smallest so far */
    bool found;
} descent;

static bool found_tie(void *context, uint16_t *network)
{
    descent *d = context;
    const mn_problem *problem = d->run->model->problem;
    complete(d->run->model, network);
    if (mn_problem_value(problem, &problem->score, network) != d->score ||
        !mn_problem_admits(problem, d->run->question->capacities, network))
        return false;
    memcpy(d->network, network, sizeof *network * (size_t)problem->node_count);
    d->found = true;
    return true;
}

/* One node: networks that agree with the smallest so far before it and have a smaller block here. */
static mn_status settle_node(descent *d, int node)
{
    run *r = d->run;
    const int place = r->model->place[node];
    mn_entangled_search search = {
        .state = &r->state, .control = &r->question->control, .nodes = &r->nodes, .found = found_tie, .context = d};
    for (;;) {
        mn_entangled_copy(&r->state, &r->state.levels[0], &r->state.levels[1]);
        if (!mn_entangled_keep(&r->state, &r->state.levels[1], node, 0, d->network[place]))
            return MN_OK;
        d->found = false;
        const mn_status status = mn_entangled_search_run(&search, 1);
        if (status != MN_OK || !d->found)
            return status;
    }
}

/* The best network becomes the smallest of its score. */
static mn_status settle_ties(run *r)
{
    mn_best_entry *best = &r->best.entries[0];
    descent d = {.run = r, .score = best->score, .network = best->network};
    const int32_t cap = mn_entangled_score_cap(r->model, &r->state.lanes[0], r->question->capacities, d.score);
    mn_status status = MN_OK;
    mn_entangled_root_enter(&r->root, cap);
    int decided = 0;
    for (; decided < r->model->node_count && status == MN_OK; decided++) {
        status = settle_node(&d, decided);
        if (status == MN_OK)
            mn_entangled_decide(&r->state, &r->state.levels[0], decided, d.network[r->model->place[decided]]);
        else
            break;
    }
    while (decided > 0)
        mn_entangled_release(&r->state, --decided);
    return status;
}

/* ---- one problem ------------------------------------------------------------------------------------------------------------------ */

/* Lanes of the limits that are on; false in `possible`: one excludes every network. */
static mn_status make_lanes(run *r, bool *possible)
{
    const mn_entangled_model *model = r->model;
    const int limit_count = model->problem->limit_count;
    const int64_t *capacities = r->question->capacities;
    int lanes = 1;
    bool has_terms = model->columns[0].has_terms;
    *possible = true;
    r->limits = mn_arena_take(r->arena, (size_t)limit_count, sizeof *r->limits);
    if (!r->limits)
        return MN_FAILURE;
    for (int limit = 0; limit < limit_count; limit++)
        if (capacities[limit] != MN_NO_CAPACITY) {
            r->limits[lanes++ - 1] = limit;
            has_terms |= model->columns[1 + limit].has_terms;
        }
    r->state = (mn_entangled_state){.lanes = mn_arena_take(r->arena, (size_t)lanes, sizeof *r->state.lanes)};
    if (!r->state.lanes || !mn_entangled_lane_make(model, has_terms, r->arena, &r->state.lanes[0]))
        return MN_FAILURE;
    for (int lane = 1; lane < lanes; lane++) {
        const int limit = r->limits[lane - 1];
        if (!mn_entangled_lane_make(model, model->columns[1 + limit].has_terms, r->arena, &r->state.lanes[lane]))
            return MN_FAILURE;
        *possible &= mn_entangled_lane_limit(model, limit, capacities[limit], &r->state.lanes[lane]);
    }
    return mn_entangled_state_make(model, lanes, r->arena, &r->state) ? MN_OK : MN_FAILURE;
}

static void raise_bound(run *r, int32_t least)
{
    const int64_t score = mn_entangled_score_bound(r->model, &r->state.lanes[0], r->question->capacities, least);
    r->bound = score > r->bound ? score : r->bound;
}

/* Searches below the root for better networks. */
static mn_status search_problem(run *r, const mn_control *control)
{
    mn_entangled_search search = {.state = &r->state,
                                  .control = control,
                                  .nodes = &r->nodes,
                                  .found = found_in_search,
                                  .context = r,
                                  .left = INT32_MAX};
    mn_status status = MN_OK;
    if (mn_entangled_root_enter(&r->root, cap_of(r))) {
        if (r->terms->count == 1)
            mn_monitor_bound(r->question->control.monitor,
                             mn_entangled_score_bound(r->model, &r->state.lanes[0], r->question->capacities,
                                                      r->state.levels[0].costs[0].least),
                             r->nodes);
        status = mn_entangled_search_run(&search, 0);
    }
    if (status != MN_OK) {
        raise_bound(r, search.left);
        r->bounded = r->index == r->terms->count - 1;
    }
    return status;
}

/* Small spaces need no more than this: multipliers of 0, and a search that is given up soon. */
static mn_status try_plainly(run *r, bool *done)
{
    const mn_control *own = &r->question->control;
    mn_control brief = *own;
    const bool limited = own->node_limit && own->node_limit - r->nodes <= PLAIN_NODES;
    brief.node_limit = limited ? own->node_limit : r->nodes + PLAIN_NODES;
    r->root.plain = true;
    mn_status status = mn_entangled_root_multipliers(&r->root, own, r->arena);
    if (status == MN_OK)
        status = search_problem(r, &brief);
    *done = status != MN_STOPPED || limited || mn_control_check(own) != MN_OK;
    r->root.plain = false;
    r->again = true;
    return status;
}

/* First networks, multipliers, and a search to the end. */
static mn_status search_thoroughly(run *r)
{
    const mn_control *control = &r->question->control;
    const mn_entangled_first first = {.model = r->model,
                                      .capacities = r->question->capacities,
                                      .control = control,
                                      .found = found_first,
                                      .context = r};
    mn_status status = one_wanted(r) ? mn_entangled_first_run(&first, r->arena) : MN_OK;
    r->root.known = r->best.count == r->best.capacity;
    r->root.score = r->root.known ? mn_best_worst(&r->best) : 0;
    if (status == MN_OK)
        status = mn_entangled_root_multipliers(&r->root, control, r->arena);
    r->bound = INT64_MIN;
    return status == MN_OK ? search_problem(r, control) : status;
}

/* Among equals the smallest. */
static mn_status finish_problem(run *r)
{
    if (!one_wanted(r) || r->best.count == 0 || r->best.entries[0].problem != r->index || r->gap > 0)
        return MN_OK;
    r->bounded = r->index == r->terms->count - 1;
    return settle_ties(r);
}

static bool has_networks(const mn_entangled_model *model)
{
    for (int node = 0; node < model->node_count; node++) {
        bool any = false;
        for (int block = 0; block < model->blocks[node]; block++)
            any |= model->allowed[model->at[node] + block];
        if (!any)
            return false;
    }
    return true;
}

static mn_status solve_problem(run *r)
{
    bool possible;
    mn_status status = make_lanes(r, &possible);
    if (status != MN_OK || !possible || r->model->problem->diagram->empty || !has_networks(r->model))
        return status;
    r->root = (mn_entangled_root){.state = &r->state, .capacities = r->question->capacities, .limits = r->limits};
    bool done;
    r->again = false;
    status = try_plainly(r, &done);
    if (!done)
        status = search_thoroughly(r);
    return status == MN_OK ? finish_problem(r) : status;
}

/* ---- the answer ------------------------------------------------------------------------------------------------------------------- */

static mn_status conclude(run *r, mn_status status, mn_answer *answer)
{
    mn_best_sort(&r->best);
    answer->count = r->best.count;
    answer->search_nodes = r->nodes;
    for (int i = 0; i < r->best.count; i++) {
        answer->problems[i] = r->best.entries[i].problem;
        answer->scores[i] = r->best.entries[i].score;
        memcpy(answer->choices + (size_t)i * (size_t)r->best.width, r->best.entries[i].network,
               sizeof(uint16_t) * (size_t)r->best.width);
    }
    const int64_t best = answer->count > 0 ? answer->scores[0] : INT64_MIN / 2;
    if (status == MN_OK) {
        answer->outcome = answer->count > 0 ? MN_OPTIMAL : MN_OUTCOME_INFEASIBLE;
        answer->has_bound = answer->count > 0;
        answer->bound = best;
        if (answer->count > 0 && r->gap > 0) {
            answer->outcome = MN_GAP_LIMIT;
            answer->bound = best + r->gap;
        }
        return answer->count > 0 ? MN_OK : MN_INFEASIBLE;
    }
    answer->has_bound = r->bounded;
    answer->bound = r->bound > best + r->gap ? r->bound : best + r->gap;
    const uint64_t limit = r->question->control.node_limit;
    if (status == MN_STOPPED)
        answer->outcome = limit && r->nodes >= limit ? MN_NODE_LIMIT : MN_TIME_LIMIT;
    if (status == MN_INTERRUPTED)
        answer->outcome = MN_OUTCOME_INTERRUPTED;
    return status;
}

mn_status mn_entangled_solve(mn_entangled *terms, const mn_question *question, mn_arena *arena, mn_answer *answer,
                             mn_error *error)
{
    run r = {.terms = terms, .question = question, .arena = arena, .bound = INT64_MIN};
    mn_arena_reset(arena);
    const mn_distinct *distinct = question->top > 1 ? question->distinct : NULL;
    if (!mn_best_make(&r.best, question->top, terms->width, arena) ||
        (distinct && !mn_best_distinguish(&r.best, distinct, arena)))
        return mn_fail_memory(error);
    r.gap = question->top == 1 && question->gap > 0 ? question->gap : 0;
    if (question->start && question->top == 1) {
        const mn_problem *problem = &terms->problems[question->start_problem];
        mn_best_add(&r.best, mn_problem_value(problem, &problem->score, question->start), question->start_problem,
                    question->start, problem->node_count);
    }
    const mn_arena_mark mark = mn_arena_here(arena);
    mn_status status = MN_OK;
    for (; r.index < terms->count && status == MN_OK; r.index += status == MN_OK) {
        r.model = &terms->models[r.index];
        status = solve_problem(&r);
        mn_arena_return(arena, mark);
    }
    return status == MN_FAILURE ? mn_fail_memory(error) : conclude(&r, status, answer);
}
