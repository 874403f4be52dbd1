#include "solver/conflict.h"
#include "solver/engine.h"
#include "host/core/memory.h"

enum { TURNS = 2 }; /* in which each question may be asked */

/* Networks that the questions met, each a proof that the limits which it keeps do not clash: asked about before the search is. */
typedef struct witnesses {
    int count, capacity;
    int32_t *problems;
    uint16_t *networks; /* [capacity][width] */
    bool *broken;       /* [capacity][limit_count] which of all limits it breaks */
} witnesses;

typedef struct explanation {
    const mn_problem *problems;
    int problem_count, limit_count, width;
    const int64_t *capacities;
    mn_control control; /* its deadline is the present question's */
    double end;         /* mn_clock(), of the present phase */
    mn_error *error;
    mn_problem *variants; /* [problem_count] the same but for the score */
    int64_t *zero;        /* [largest item_count] a score that does not matter */
    int64_t *kept;        /* [limit_count] the present question's capacities */
    bool *needed;         /* [limit_count] shown: without it there is a network */
    witnesses seen;
} explanation;

/* ---- memory ------------------------------------------------------------------------------------------------------------------------------ */

static mn_status make_explanation(explanation *e)
{
    int items = 0;
    e->width = 1;
    for (int i = 0; i < e->problem_count; i++) {
        items = e->problems[i].item_count > items ? e->problems[i].item_count : items;
        e->width = e->problems[i].node_count > e->width ? e->problems[i].node_count : e->width;
    }
    const size_t limits = (size_t)e->limit_count, networks = 2 * TURNS * limits + 1; /* one for each question at most */
    e->variants = mn_new_array((size_t)e->problem_count, sizeof *e->variants);
    e->zero = mn_new_array((size_t)items, sizeof *e->zero);
    e->kept = mn_new_array(limits, sizeof *e->kept);
    e->needed = mn_new_array(limits, sizeof *e->needed);
    e->seen.capacity = (int)networks;
    e->seen.problems = mn_new_array(networks, sizeof *e->seen.problems);
    e->seen.networks = mn_new_array(networks * (size_t)e->width, sizeof *e->seen.networks);
    e->seen.broken = mn_new_array(networks * limits, sizeof *e->seen.broken);
    const bool made =
        e->variants && e->zero && e->kept && e->needed && e->seen.problems && e->seen.networks && e->seen.broken;
    return made ? MN_OK : mn_fail_memory(e->error);
}

static void free_scores(explanation *e)
{
    for (int i = 0; e->variants && i < e->problem_count; i++) {
        if (e->variants[i].score.values != e->zero)
            free(e->variants[i].score.values);
        e->variants[i].score.values = NULL;
    }
}

static void free_explanation(explanation *e)
{
    free_scores(e);
    free(e->variants);
    free(e->zero);
    free(e->kept);
    free(e->needed);
    free(e->seen.problems);
    free(e->seen.networks);
    free(e->seen.broken);
}

/* ---- questions --------------------------------------------------------------------------------------------------------------------------- */

/* Score: nothing (limit -1), or the negated column of a limit, so that its least value is found. */
static mn_status set_score(explanation *e, int limit)
{
    free_scores(e);
    for (int i = 0; i < e->problem_count; i++) {
        e->variants[i] = e->problems[i];
        e->variants[i].score = (mn_column){.values = e->zero};
        if (limit < 0)
            continue;
        const mn_column *column = &e->problems[i].limits[limit];
        int64_t *values = mn_new_array((size_t)e->problems[i].item_count, sizeof *values);
        if (!values)
            return mn_fail_memory(e->error);
        const int sign = column->scaled ? 1 : -1; /* a scaled column keeps its sum and negates the value */
        for (int item = 0; item < e->problems[i].item_count; item++)
            values[item] = sign * column->values[item];
        e->variants[i].score = (mn_column){.base = sign * column->base, .values = values, .scaled = -column->scaled};
    }
    return MN_OK;
}

static const uint16_t *witness_network(const explanation *e, int witness)
{
    return e->seen.networks + (size_t)witness * (size_t)e->width;
}

static void remember(explanation *e, int32_t problem, const uint16_t *network)
{
    witnesses *seen = &e->seen;
    if (seen->count == seen->capacity)
        return;
    const mn_problem *own = &e->problems[problem];
    bool *broken = seen->broken + (size_t)seen->count * (size_t)e->limit_count;
    for (int i = 0; i < e->limit_count; i++)
        broken[i] =
            e->capacities[i] != MN_NO_CAPACITY && mn_problem_value(own, &own->limits[i], network) > e->capacities[i];
    memcpy(seen->networks + (size_t)seen->count * (size_t)e->width, network, sizeof *network * (size_t)own->node_count);
    seen->problems[seen->count++] = problem;
}

/* A network met before that keeps the limits kept, the best by the column of `limit` (-1: any); -1: none. */
static int find_witness(const explanation *e, int limit)
{
    int best = -1;
    int64_t least = 0;
    for (int k = 0; k < e->seen.count; k++) {
        const bool *broken = e->seen.broken + (size_t)k * (size_t)e->limit_count;
        bool fits = true;
        for (int i = 0; i < e->limit_count && fits; i++)
            fits = e->kept[i] == MN_NO_CAPACITY || !broken[i];
        if (!fits)
            continue;
        if (limit < 0)
            return k;
        const mn_problem *problem = &e->problems[e->seen.problems[k]];
        const int64_t value = mn_problem_value(problem, &problem->limits[limit], witness_network(e, k));
        if (best < 0 || value < least) {
            best = k;
            least = value;
        }
    }
    return best;
}

/* Under the limits kept: MN_OK with the best score, or MN_INFEASIBLE, MN_STOPPED (`found`: with the best score so far), ... The
 * question gets its share of the time that is left for `questions` of them. */
static mn_status ask(explanation *e, mn_engine *engine, int limit, int questions, int64_t *score, bool *found)
{
    int32_t problem;
    mn_answer answer = {
        .problems = &problem, .scores = score, .choices = mn_new_array((size_t)e->width, sizeof(uint16_t))};
    *found = false;
    if (!answer.choices)
        return mn_fail_memory(e->error);
    const double now = mn_clock();
    e->control.deadline = now + (e->end - now) / questions;
    mn_question question = {.capacities = e->kept, .top = 1, .control = e->control};
    const int start = limit < 0 ? -1 : find_witness(e, limit);
    if (start >= 0) {
        question.start = witness_network(e, start);
        question.start_problem = e->seen.problems[start];
    }
    const mn_status status = mn_engine_solve(engine, &question, &answer, e->error);
    *found = answer.count > 0;
    if (*found)
        remember(e, problem, answer.choices);
    free(answer.choices);
    return status;
}

/* ---- which limits ------------------------------------------------------------------------------------------------------------------------ */

/* Limits that are kept though nothing shows yet that they are needed. */
static int count_open(const explanation *e, int from)
{
    int count = 0;
    for (int limit = from; limit < e->limit_count; limit++)
        count += e->kept[limit] != MN_NO_CAPACITY && !e->needed[limit];
    return count;
}

/* Leaves the limit out if what is left stays infeasible without it. */
static mn_status try_without(explanation *e, mn_engine *engine, int limit)
{
    const int questions = count_open(e, limit);
    e->kept[limit] = MN_NO_CAPACITY;
    if (find_witness(e, -1) >= 0)
        e->needed[limit] = true;
    int64_t ignored;
    const mn_status status = e->needed[limit] ? MN_OK : ask(e, engine, -1, questions, &ignored, &e->needed[limit]);
    if (status != MN_INFEASIBLE)
        e->kept[limit] = e->capacities[limit];
    return status == MN_INFEASIBLE || status == MN_STOPPED ? MN_OK : status;
}

/* One limit after the other is left out while what is left stays infeasible: what remains is minimal, where time sufficed. A second turn gives
 * the hard questions, of fewer limits now, what the easy ones left of their time. */
static mn_status find_minimal(explanation *e, mn_conflict *conflict)
{
    mn_engine *engine = NULL;
    mn_status status = set_score(e, -1);
    if (status == MN_OK)
        status = mn_engine_create(e->variants, e->problem_count, e->error, &engine);
    for (int turn = 0; turn < TURNS; turn++)
        for (int limit = 0; limit < e->limit_count && status == MN_OK; limit++)
            if (e->kept[limit] != MN_NO_CAPACITY && !e->needed[limit])
                status = try_without(e, engine, limit);
    mn_engine_free(engine);
    conflict->count = 0;
    for (int limit = 0; limit < e->limit_count; limit++) {
        if (e->kept[limit] == MN_NO_CAPACITY)
            continue;
        conflict->needed[conflict->count] = e->needed[limit];
        conflict->limits[conflict->count++] = limit;
    }
    return status;
}

/* ---- how near -------------------------------------------------------------------------------------------------------------------------- */

static mn_status find_nearest(explanation *e, int i, mn_conflict *conflict)
{
    const int limit = conflict->limits[i];
    int questions = 0;
    for (int k = i; k < conflict->count; k++)
        questions += !conflict->proved[k];
    mn_engine *engine = NULL;
    int64_t score = 0;
    memcpy(e->kept, e->capacities, sizeof *e->kept * (size_t)e->limit_count);
    e->kept[limit] = MN_NO_CAPACITY;
    mn_status status = set_score(e, limit);
    if (status == MN_OK)
        status = mn_engine_create(e->variants, e->problem_count, e->error, &engine);
    if (status == MN_OK)
        status = ask(e, engine, limit, questions, &score, &conflict->exists[i]);
    mn_engine_free(engine);
    conflict->proved[i] = status == MN_OK || status == MN_INFEASIBLE;
    conflict->needed[i] |= conflict->exists[i];
    conflict->nearest[i] = -score;
    return status == MN_INFEASIBLE || status == MN_STOPPED ? MN_OK : status;
}

mn_status mn_conflict_explain(const mn_problem *problems, int problem_count, const int64_t *capacities,
                              const mn_control *control, mn_error *error, mn_conflict *conflict)
{
    explanation e = {.problems = problems,
                     .problem_count = problem_count,
                     .limit_count = problems[0].limit_count,
                     .capacities = capacities,
                     .control = *control,
                     .error = error};
    const double begun = mn_clock(), own_end = begun + MN_EXPLANATION_SECONDS;
    const double end = control->deadline > 0 && control->deadline < own_end ? control->deadline : own_end;
    mn_status status = make_explanation(&e);
    if (status == MN_OK && e.limit_count > 0)
        memcpy(e.kept, capacities, sizeof *e.kept * (size_t)e.limit_count);
    e.end = begun + (end - begun) / 2;
    if (status == MN_OK)
        status = find_minimal(&e, conflict);
    e.end = end;
    for (int i = 0; i < conflict->count; i++)
        conflict->proved[i] = false;
    for (int turn = 0; turn < TURNS; turn++)
        for (int i = 0; i < conflict->count && status == MN_OK; i++)
            if (!conflict->proved[i])
                status = find_nearest(&e, i, conflict);
    free_explanation(&e);
    return status;
}
