/* Search by rounds:
 *
 *   parts      each graph in linear form with multipliers, hence a bound (parts.c, form.c, multipliers.c)
 *   rounds     pretend that `top` networks of value >= bound - d are known and search what could be among them (core.c,
 *              search.c). Found: they are the best, proved. Not found: no network is that good; d grows. (Target probing: the
 *              core of a target just below the bound is tiny, so a proof costs little even where good networks are hard to find.)
 *   ties       among equals the lexicographically smallest: a last search at the optimum, nodes and blocks in the table's order
 *
 * The answer does not depend on which networks a round meets first: a round keeps every network better than the worst kept one,
 * and ties are settled by the last step alone. */
#include "solver/rounds_state.h"
#include "solver/search.h"
#include "solver/ties.h"

#include <math.h>
#include <string.h>

/* ---- one solve ------------------------------------------------------------------------------------------------------------------------ */

static bool same_network(const mn_best_entry *entry, int problem, const uint16_t *network, int nodes)
{
    return entry->problem == problem && !memcmp(entry->network, network, sizeof *network * (size_t)nodes);
}

/* Room for the networks that are asked for. One needs no telling apart. */
static bool make_best(const mn_rounds *s, int capacity, mn_best *best)
{
    const mn_distinct *distinct = s->question->top > 1 ? s->question->distinct : NULL;
    return mn_best_make(best, capacity, s->graphs->width, s->arena) &&
           (!distinct || mn_best_distinguish(best, distinct, s->arena));
}

static bool found_in_round(void *context, const uint16_t *network)
{
    mn_rounds *s = context;
    const int64_t value = mn_part_value(s->part, s->question->capacities, network);
    pthread_mutex_lock(&s->lock);
    const bool enough = value >= s->target && mn_rounds_accept(s, value, network, s->part);
    pthread_mutex_unlock(&s->lock);
    return enough;
}

/* Networks come in lexicographic order: the first that is too late ends the part. */
static bool found_in_ties(void *context, const uint16_t *network)
{
    mn_rounds *s = context;
    const mn_prepared *prepared = s->part->form.prepared;
    const int nodes = prepared->problem->node_count;
    if (mn_part_value(s->part, s->question->capacities, network) != s->tied_score)
        return false;
    if (!mn_best_admits(&s->best, s->tied_score, prepared->problem_index, network, nodes))
        return true;
    mn_best_add(&s->best, s->tied_score, prepared->problem_index, network, nodes);
    return ++s->ties_found == s->ties_wanted && !s->best.index;
}

/* ---- one part --------------------------------------------------------------------------------------------------------------------------- */

/* Searches one part for networks of value >= s->target. */
static mn_status search_part(mn_rounds *s, const mn_part *part)
{
    const mn_arena_mark mark = mn_arena_here(s->arena);
    s->part = part;
    atomic_store(&s->threshold, mn_part_threshold(part, s->target));
    mn_core core;
    mn_status status = mn_core_make(&part->form, &part->vectors, s->threshold, MN_BY_COST, s->arena, &core);
    const mn_search search = {.core = &core,
                              .order = MN_BY_COST,
                              .threads = s->question->threads,
                              .expected = s->expected,
                              .control = &s->question->control,
                              .threshold = &s->threshold,
                              .found = found_in_round,
                              .pause = s->best.capacity == 1 ? mn_rounds_look_around : NULL,
                              .context = s};
    if (status == MN_OK)
        status = mn_search_run(&search, s->arena, &s->nodes);
    mn_arena_return(s->arena, mark);
    return status;
}

/* Networks of the tied score in lexicographic order. */
static mn_status list_ties(mn_rounds *s, const mn_part *part)
{
    const mn_arena_mark mark = mn_arena_here(s->arena);
    s->part = part;
    atomic_store(&s->threshold, mn_part_threshold(part, s->tied_score));
    mn_core core;
    mn_status status = mn_core_make(&part->form, &part->vectors, s->threshold, MN_BY_NAME, s->arena, &core);
    const mn_search search = {.core = &core,
                              .order = MN_BY_NAME,
                              .threads = 1,
                              .control = &s->question->control,
                              .threshold = &s->threshold,
                              .found = found_in_ties,
                              .context = s};
    if (status == MN_OK)
        status = mn_search_run(&search, s->arena, &s->nodes);
    mn_arena_return(s->arena, mark);
    return status;
}

/* ---- rounds ----------------------------------------------------------------------------------------------------------------------------- */

/* log2 of the paths in the largest core at a target; stops looking beyond `enough`. */
static double core_size(mn_rounds *s, int64_t target, double enough)
{
    double largest = 0;
    for (int i = 0; i < s->parts.count && largest <= enough; i++) {
        const mn_part *part = &s->parts.parts[i];
        if (part->bound < target)
            continue;
        mn_arena *arena = s->arena;
        const mn_arena_mark mark = mn_arena_here(arena);
        mn_core core;
        if (mn_core_make(&part->form, &part->vectors, mn_part_threshold(part, target), MN_BY_COST, arena, &core) !=
            MN_OK)
            return 0; /* memory ran out: the round itself will say so */
        if (!core.empty && core.log2_paths > largest)
            largest = core.log2_paths;
        mn_arena_return(arena, mark);
    }
    return largest;
}

/* The linear scores exclude nothing at this target, in any part. */
static bool covers_everything(const mn_rounds *s, int64_t target)
{
    for (int i = 0; i < s->parts.count; i++)
        if (mn_form_threshold(&s->parts.parts[i].form, target) > s->parts.parts[i].form.score_low)
            return false;
    return true;
}

enum { EASY_PATHS = 16 }; /* log2: a core that is searched in well under a millisecond */

/* The best network known, when it is all that is asked for: then only better ones are looked for. */
static bool has_rival(const mn_rounds *s)
{
    return s->best.capacity == 1 && s->known.count > 0;
}

static const int64_t LOWEST = -((int64_t)1 << 62); /* no score is below */

static int64_t target_at(int64_t bound, int64_t distance)
{
    return (mn_wide)bound - distance < LOWEST ? LOWEST : bound - distance;
}

/* How far below the bound the first target lies: as far as the best known network, less when that core is large. */
static int64_t first_distance(mn_rounds *s)
{
    int64_t distance;
    if (s->known.count > 0)
        distance = below_bound(s, mn_best_worst(&s->known)) - has_rival(s);
    else
        distance = (int64_t)1 << 40;
    while (distance > 0 && core_size(s, target_at(s->bound, distance), EASY_PATHS) > EASY_PATHS)
        distance /= 4;
    return distance > 0 ? distance : 0;
}

/* The work of a round grows about exponentially with its distance. The next one may cost some WORK_FACTOR times as much: steps that
 * are too short repeat work, one that is too long costs more than all the others together. */
static const double WORK_FACTOR = 6;
static const uint64_t WORK_THAT_TELLS = 1 << 13; /* nodes; below it the work says nothing yet */

typedef struct schedule {
    int64_t distance;
    double work; /* log of the nodes of the round; 0: too few to tell */
} schedule;

static int64_t next_distance(mn_rounds *s, schedule *last, int64_t distance, uint64_t nodes)
{
    const int64_t wide = distance > (int64_t)1 << 60 ? INT64_MAX : 3 * distance + 1;
    const schedule now = {distance, nodes > WORK_THAT_TELLS ? log((double)nodes) : 0};
    const double rate = (now.work - last->work) / (double)(now.distance - last->distance);
    const bool known = last->work > 0 && rate > 0;
    *last = now;
    s->expected = nodes;
    if (now.work == 0)
        return wide;
    const double step = known ? log(WORK_FACTOR) / rate : (double)distance / 4;
    const int64_t near = step > 0x1p60 ? wide : distance + (step > 1 ? (int64_t)step : 1);
    return near < wide ? near : wide;
}

/* A round has found all networks that reach its target, but fewer than are wanted: they are kept for an answer without a proof. */
static mn_status keep_found(mn_rounds *s, int64_t target)
{
    const mn_best all = s->best;
    if (s->found.capacity == 0 && !make_best(s, all.capacity, &s->found))
        return MN_FAILURE;
    s->best = s->found;
    mn_best_clear(&s->best);
    s->found = all;
    s->found_target = target;
    return MN_OK;
}

/* Searches all parts at one target. */
static mn_status run_round(mn_rounds *s, int64_t target)
{
    mn_best_clear(&s->best);
    s->target = target;
    for (int i = 0; i < s->parts.count; i++) {
        if (s->parts.parts[i].bound < s->target)
            continue;
        const mn_status status = search_part(s, &s->parts.parts[i]);
        if (status != MN_OK || s->gap_reached || s->proved || s->bound_met)
            return status;
    }
    return MN_OK;
}

static bool gap_is_met(mn_rounds *s)
{
    s->gap_reached =
        s->question->gap > 0 && has_rival(s) && below_bound(s, mn_best_worst(&s->known)) <= s->question->gap;
    return s->gap_reached;
}

/* The known network is proved best. */
static void accept_rival(mn_rounds *s)
{
    const mn_best_entry *known = &s->known.entries[0];
    s->bound = known->score;
    mn_best_add(&s->best, known->score, known->problem, known->network, s->best.width);
}

static mn_status run_rounds(mn_rounds *s)
{
    const int64_t start = s->bound;
    schedule last = {-1, 0};
    for (int64_t distance = first_distance(s);;) {
        int64_t target = target_at(start, distance);
        const bool decides = has_rival(s) && target <= mn_best_worst(&s->known) + 1;
        if (decides)
            target = mn_best_worst(&s->known) + 1;
        const bool everything = covers_everything(s, target);
        if (everything && !decides)
            target = LOWEST; /* the same work, and scaled values far below their relaxation are found too */
        if (gap_is_met(s))
            return MN_OK;
        if (has_rival(s) && mn_best_worst(&s->known) >= s->bound) {
            accept_rival(s);
            return MN_OK;
        }
        const uint64_t before = s->nodes;
        const mn_status status = run_round(s, target);
        if (status != MN_OK || s->gap_reached || s->best.count == s->best.capacity)
            return status;
        if (s->proved)
            accept_rival(s);
        if (s->proved)
            return MN_OK;
        if (decides)
            accept_rival(s);
        if (decides || everything)
            return MN_OK;
        if (s->best.count == 0) {
            s->bound = target - 1;
            mn_monitor_bound(s->question->control.monitor, s->bound, s->nodes);
        } else if (keep_found(s, target) != MN_OK) {
            return MN_FAILURE;
        }
        distance = next_distance(s, &last, (mn_wide)start - target > INT64_MAX ? INT64_MAX : start - target,
                                 s->nodes - before);
    }
}

/* ---- ties ------------------------------------------------------------------------------------------------------------------------------- */

/* Several networks are wanted: those of the worst kept score are replaced by the lexicographically smallest of that score. */
static mn_status settle_several(mn_rounds *s)
{
    mn_best round = s->best, ties;
    const int64_t score = mn_best_worst(&round);
    int above = 0;
    for (int i = 0; i < round.count; i++)
        above += round.entries[i].score > score;
    s->ties_wanted = round.count - above;
    s->tied_score = score;
    if (!make_best(s, s->ties_wanted, &ties))
        return MN_FAILURE;
    s->best = ties;
    mn_status status = MN_OK;
    for (int i = 0; i < s->parts.count && status == MN_OK; i++) {
        const mn_part *part = &s->parts.parts[i];
        const bool filled = s->best.count == s->ties_wanted;
        if (part->bound < score || (filled && s->best.entries[0].problem < part->form.prepared->problem_index))
            continue;
        s->ties_found = 0;
        status = list_ties(s, part);
    }
    ties = s->best;
    s->best = round;
    if (status != MN_OK)
        return status;
    for (int i = 0, next = 0; i < round.count; i++)
        if (round.entries[i].score == score) {
            const mn_best_entry *tie = &ties.entries[next++];
            round.entries[i].problem = tie->problem;
            memcpy(round.entries[i].network, tie->network, sizeof *tie->network * (size_t)round.width);
        }
    return MN_OK;
}

static mn_status settle_ties(mn_rounds *s)
{
    if (s->best.capacity > 1)
        return settle_several(s);
    const mn_ties ties = {.parts = &s->parts,
                          .capacities = s->question->capacities,
                          .control = &s->question->control,
                          .threads = s->question->threads,
                          .expected = s->expected,
                          .arena = s->arena,
                          .nodes = &s->nodes};
    s->bound = s->best.entries[0].score;
    mn_monitor_bound(s->question->control.monitor, s->bound, s->nodes);
    return mn_ties_settle(&ties, &s->best.entries[0]);
}

/* ---- the answer ------------------------------------------------------------------------------------------------------------------------- */

/* The present round did not end: what earlier ones found counts too. Both hold what reaches found_target, `found` all of it. */
static void recall_found(mn_rounds *s)
{
    mn_best all = s->found;
    for (int i = 0; i < s->best.count; i++) {
        const mn_best_entry *entry = &s->best.entries[i];
        if (entry->score < s->found_target)
            mn_best_add(&all, entry->score, entry->problem, entry->network, all.width);
    }
    s->best = all;
}

static void write_answer(mn_rounds *s, mn_status status, mn_answer *answer)
{
    if (status != MN_OK && s->found.count > 0)
        recall_found(s);
    if (s->best.count == 0 && s->known.count > 0)
        s->best = s->known;
    if (s->known.count > 0 && s->best.count > 0) {
        const mn_best_entry *known = &s->known.entries[0];
        bool there = false;
        for (int i = 0; i < s->best.count; i++)
            there |= same_network(&s->best.entries[i], known->problem, known->network, s->best.width);
        if (!there && (s->best.count < s->best.capacity || known->score > mn_best_worst(&s->best)))
            mn_best_add(&s->best, known->score, known->problem, known->network, s->best.width);
    }
    mn_best_sort(&s->best);
    answer->count = s->best.count;
    for (int i = 0; i < s->best.count; i++) {
        answer->problems[i] = s->best.entries[i].problem;
        answer->scores[i] = s->best.entries[i].score;
        memcpy(answer->choices + (size_t)i * s->best.width, s->best.entries[i].network,
               sizeof(uint16_t) * (size_t)s->best.width);
    }
    answer->search_nodes = s->nodes;
}

static mn_status conclude(mn_rounds *s, mn_status status, mn_answer *answer)
{
    write_answer(s, status, answer);
    answer->has_bound = s->bound != MN_NO_VALUE;
    answer->bound = s->bound;
    if (status == MN_OK && s->gap_reached && answer->count > 0 && answer->scores[0] < s->bound) {
        answer->outcome = MN_GAP_LIMIT;
    } else if (status == MN_OK && answer->count > 0) {
        answer->outcome = MN_OPTIMAL;
        answer->bound = answer->scores[0];
    } else if (status == MN_OK) {
        answer->outcome = MN_OUTCOME_INFEASIBLE;
        answer->has_bound = false;
        status = MN_INFEASIBLE;
    } else if (status == MN_STOPPED) {
        const uint64_t limit = s->question->control.node_limit;
        answer->outcome = limit && s->nodes >= limit ? MN_NODE_LIMIT : MN_TIME_LIMIT;
    } else if (status == MN_INTERRUPTED) {
        answer->outcome = MN_OUTCOME_INTERRUPTED;
    }
    return status;
}

/* The start network counts among those known. */
static void add_start(mn_rounds *s)
{
    const mn_question *question = s->question;
    for (int i = 0; question->start && i < s->graphs->count; i++) {
        const mn_problem *problem = s->graphs->prepared[i].problem;
        if (s->graphs->prepared[i].problem_index != question->start_problem)
            continue;
        mn_best_add(&s->known, mn_problem_value(problem, &problem->score, question->start), question->start_problem,
                    question->start, problem->node_count);
        return;
    }
}

static mn_status make_parts(mn_rounds *s)
{
    const mn_graphs *graphs = s->graphs;
    for (int i = 0; i < graphs->count; i++) {
        mn_status status = mn_parts_add(&graphs->prepared[i], s->question->capacities, &graphs->pools[i],
                                        &s->question->control, s->arena, &s->parts, &s->known);
        if (status != MN_OK)
            return status;
        if (i + 1 < graphs->count && (status = mn_control_check(&s->question->control)) != MN_OK)
            return status; /* without a bound: the next graph may hold anything */
    }
    for (int i = 0; i < s->parts.count; i++)
        s->bound = s->parts.parts[i].bound > s->bound ? s->parts.parts[i].bound : s->bound;
    if (s->known.count > 0)
        mn_monitor_incumbent(s->question->control.monitor, mn_best_worst(&s->known));
    if (s->parts.count > 0)
        mn_monitor_bound(s->question->control.monitor, s->bound, s->nodes);
    return MN_OK;
}

mn_status mn_rounds_solve(const mn_graphs *graphs, const mn_question *question, mn_arena *arena, mn_answer *answer,
                          mn_error *error)
{
    mn_rounds s = {.graphs = graphs, .arena = arena, .question = question, .bound = MN_NO_VALUE};
    mn_arena_reset(arena);
    if (!mn_best_make(&s.known, 1, graphs->width, arena) || !make_best(&s, question->top, &s.best))
        return mn_fail_memory(error);
    pthread_mutex_init(&s.lock, NULL);
    add_start(&s);
    mn_status status = make_parts(&s);
    if (status == MN_OK && s.parts.count > 0)
        status = run_rounds(&s);
    if (status == MN_OK && s.best.count == s.best.capacity && !s.gap_reached) /* fewer: they are all there are */
        status = settle_ties(&s);
    mn_neighbourhood_free(s.neighbourhood);
    pthread_mutex_destroy(&s.lock);
    if (status == MN_FAILURE)
        return mn_fail_memory(error);
    return conclude(&s, status, answer);
}
