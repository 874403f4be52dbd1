#include "solver/conflict.h"
#include "solver/engine.h"
#include "host/core/memory.h"

/* Problems of their own with another score, sharing everything else. */
typedef struct variant {
    mn_problem *problems;
    int count;
    int64_t *zero; /* [largest item_count] a score that does not matter */
} variant;

static mn_status make_variant(const mn_problem *problems, int count, mn_error *error, variant *v)
{
    int items = 0;
    for (int i = 0; i < count; i++)
        items = problems[i].item_count > items ? problems[i].item_count : items;
    *v = (variant){.problems = mn_new_array((size_t)count, sizeof *problems), .count = count};
    v->zero = mn_new_array((size_t)items, sizeof *v->zero);
    return v->problems && v->zero ? MN_OK : mn_fail_memory(error);
}

static void free_variant(variant *v)
{
    for (int i = 0; v->problems && i < v->count; i++)
        if (v->problems[i].score.values != v->zero)
            free(v->problems[i].score.values);
    free(v->problems);
    free(v->zero);
}

/* Score: nothing (limit -1), or the negated column of a limit, so that its least value is found. */
static mn_status set_score(variant *v, const mn_problem *problems, int limit, mn_error *error)
{
    for (int i = 0; i < v->count; i++) {
        if (v->problems[i].score.values != v->zero)
            free(v->problems[i].score.values);
        v->problems[i] = problems[i];
        v->problems[i].score = (mn_column){.values = v->zero};
        if (limit < 0)
            continue;
        const mn_column *column = &problems[i].limits[limit];
        int64_t *values = mn_new_array((size_t)problems[i].item_count, sizeof *values);
        if (!values)
            return mn_fail_memory(error);
        const int sign = column->scaled ? 1 : -1; /* a scaled column keeps its sum and negates the value */
        for (int item = 0; item < problems[i].item_count; item++)
            values[item] = sign * column->values[item];
        v->problems[i].score = (mn_column){.base = sign * column->base, .values = values, .scaled = -column->scaled};
    }
    return MN_OK;
}

/* MN_OK with the best score, or MN_INFEASIBLE, MN_STOPPED (`found`: with the best score so far), ... */
static mn_status ask(const variant *v, const int64_t *capacities, const mn_control *control, mn_error *error,
                     int64_t *score, bool *found)
{
    mn_engine *engine;
    mn_status status = mn_engine_create(v->problems, v->count, error, &engine);
    if (status != MN_OK)
        return status;
    int width = 1;
    for (int i = 0; i < v->count; i++)
        width = v->problems[i].node_count > width ? v->problems[i].node_count : width;
    int32_t problem;
    mn_answer answer = {
        .problems = &problem, .scores = score, .choices = mn_new_array((size_t)width, sizeof(uint16_t))};
    const mn_question question = {.capacities = capacities, .top = 1, .control = *control};
    status = answer.choices ? mn_engine_solve(engine, &question, &answer, error) : mn_fail_memory(error);
    *found = answer.count > 0;
    free(answer.choices);
    mn_engine_free(engine);
    return status;
}

/* Leaves out one limit after the other while what is left stays infeasible: what remains is minimal. */
static mn_status find_minimal(variant *v, const mn_problem *problems, const int64_t *capacities,
                              const mn_control *control, mn_error *error, int64_t *kept, mn_conflict *conflict)
{
    const int limits = problems[0].limit_count;
    if (limits > 0)
        memcpy(kept, capacities, sizeof *kept * (size_t)limits);
    mn_status status = set_score(v, problems, -1, error);
    for (int limit = 0; limit < limits && status == MN_OK; limit++) {
        int64_t ignored;
        bool found;
        if (capacities[limit] == MN_NO_CAPACITY)
            continue;
        kept[limit] = MN_NO_CAPACITY;
        status = ask(v, kept, control, error, &ignored, &found);
        if (status == MN_OK || status == MN_STOPPED) /* without it there is an answer, or might be: it stays */
            kept[limit] = capacities[limit];
        status = status == MN_INFEASIBLE || status == MN_STOPPED ? MN_OK : status;
    }
    conflict->count = 0;
    for (int limit = 0; limit < limits; limit++)
        if (kept[limit] != MN_NO_CAPACITY)
            conflict->limits[conflict->count++] = limit;
    return status;
}

mn_status mn_conflict_explain(const mn_problem *problems, int problem_count, const int64_t *capacities,
                              const mn_control *control, mn_error *error, mn_conflict *conflict)
{
    mn_control brief = *control;
    const double end = mn_clock() + MN_EXPLANATION_SECONDS;
    brief.deadline = brief.deadline > 0 && brief.deadline < end ? brief.deadline : end;
    variant v;
    int64_t *others = mn_new_array((size_t)problems[0].limit_count, sizeof *others);
    mn_status status = make_variant(problems, problem_count, error, &v);
    if (status == MN_OK && !others)
        status = mn_fail_memory(error);
    if (status == MN_OK)
        status = find_minimal(&v, problems, capacities, &brief, error, others, conflict);
    for (int i = 0; i < conflict->count && status == MN_OK; i++) {
        const int limit = conflict->limits[i];
        int64_t score = 0;
        memcpy(others, capacities, sizeof *others * (size_t)problems[0].limit_count);
        others[limit] = MN_NO_CAPACITY;
        status = set_score(&v, problems, limit, error);
        if (status == MN_OK)
            status = ask(&v, others, &brief, error, &score, &conflict->exists[i]);
        conflict->proved[i] = status == MN_OK || status == MN_INFEASIBLE;
        conflict->nearest[i] = -score;
        status = status == MN_INFEASIBLE || status == MN_STOPPED ? MN_OK : status;
    }
    free_variant(&v);
    free(others);
    return status;
}
