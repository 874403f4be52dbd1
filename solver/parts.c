#include "solver/parts.h"

#include <string.h>

enum {
    MOST_HALVINGS = 48, /* of intervals of F, for one graph */
    MOST_ROWS = 32      /* that improving by exchanges looks at */
};

/* ---- one part --------------------------------------------------------------------------------------------------------------------------- */

int64_t mn_part_value(const mn_part *part, const int64_t *capacities, const uint16_t *network)
{
    const mn_problem *problem = part->form.prepared->problem;
    if (!mn_problem_admits(problem, capacities, network))
        return MN_NO_VALUE;
    /* Intervals of F do not overlap, and the relaxed lanes may let a neighbour's network through. (A problem may have a scale and no
     * scaled column: then there are no intervals.) */
    if (part->form.prepared->scaled) {
        const int64_t capability = mn_problem_value(problem, &problem->capability, network);
        if (capability < part->form.f_low || capability > part->form.f_high)
            return MN_NO_VALUE;
    }
    return mn_problem_value(problem, &problem->score, network);
}

int64_t mn_part_threshold(const mn_part *part, int64_t target)
{
    const int64_t threshold = mn_form_threshold(&part->form, target);
    return threshold < part->form.score_low ? part->form.score_low : threshold;
}

/* ---- a first good network ----------------------------------------------------------------------------------------------------------- */

/* Whether the pool's sums say that the column meets the limits; doubles, so only a first sieve. */
static bool seems_to_fit(const mn_problem *problem, const int64_t *capacities, const double *sums)
{
    for (int i = 0; i < problem->limit_count; i++)
        if (capacities[i] != MN_NO_CAPACITY && sums[1 + i] + (double)problem->limits[i].base > (double)capacities[i])
            return false;
    return true;
}

/* Of the pool's networks that meet all limits, the one of the best value; false when there is none. */
static bool best_of_pool(const mn_prepared *prepared, const int64_t *capacities, const mn_pool *pool, uint16_t *network,
                         int64_t *value)
{
    const mn_problem *problem = prepared->problem;
    bool found = false;
    double best = 0;
    *value = 0;
    for (int i = 0; i < pool->count; i++) {
        const uint16_t *candidate = pool->choices + (size_t)i * pool->node_count;
        const double *sums = pool->sums + (size_t)i * pool->width;
        if (!prepared->scaled && ((found && sums[0] <= best) || !seems_to_fit(problem, capacities, sums)))
            continue;
        if (!mn_problem_admits(problem, capacities, candidate))
            continue;
        const int64_t own = mn_problem_value(problem, &problem->score, candidate);
        if (!found || own > *value) {
            *value = own;
            best = sums[0];
            memcpy(network, candidate, sizeof *network * (size_t)problem->node_count);
            found = true;
        }
    }
    return found;
}

/* Exchanges single blocks of an admitted network while that helps: sums are kept, so a try costs one look at each limit. Only where
 * nodes are independent and everything is additive. */
static void improve(const mn_form *form, uint16_t *network, int64_t *value)
{
    const mn_problem *problem = form->prepared->problem;
    const mn_graph *graph = &form->prepared->graph;
    if (!graph->free || form->checked || form->row_count > MOST_ROWS)
        return;
    int64_t room[MOST_ROWS];
    for (int row = 0; row < form->row_count; row++) {
        room[row] = form->caps[row];
        for (int node = 0; node < graph->node_count; node++)
            room[row] -= form->rows[row][problem->first[node] + network[node]];
    }
    for (bool improved = true; improved && mn_control_check(form->control) == MN_OK;) {
        improved = false;
        for (int node = 0; node < graph->node_count; node++) {
            const int now = problem->first[node] + network[node];
            int best = now;
            for (int arc = graph->begin[node]; arc < graph->begin[node + 1]; arc++) {
                const int item = graph->arcs[arc].item;
                bool fits = form->score[item] > form->score[best];
                for (int row = 0; row < form->row_count && fits; row++)
                    fits = form->rows[row][item] - form->rows[row][now] <= room[row];
                if (fits)
                    best = item;
            }
            if (best == now)
                continue;
            for (int row = 0; row < form->row_count; row++)
                room[row] -= form->rows[row][best] - form->rows[row][now];
            *value += form->score[best] - form->score[now];
            network[node] = (uint16_t)(best - problem->first[node]);
            improved = true;
        }
    }
}

/* ---- parts -------------------------------------------------------------------------------------------------------------------------- */

static mn_status append(mn_parts *parts, const mn_form *form, const double *multipliers, mn_arena *arena)
{
    if (parts->count == parts->capacity) {
        const int capacity = parts->capacity ? 2 * parts->capacity : 4;
        mn_part *larger = mn_arena_take(arena, (size_t)capacity, sizeof *larger);
        if (!larger)
            return MN_FAILURE;
        if (parts->count > 0)
            memcpy(larger, parts->parts, sizeof *larger * (size_t)parts->count);
        parts->parts = larger;
        parts->capacity = capacity;
    }
    mn_part *part = &parts->parts[parts->count];
    part->form = *form;
    part->multipliers = multipliers;
    const mn_status status = mn_vectors_make(&part->form, multipliers, mn_core_vectors(form), arena, &part->vectors);
    if (status == MN_OK) {
        part->bound = mn_form_value_bound(&part->form, mn_vectors_bound(&part->form, &part->vectors, arena));
        parts->count++;
    }
    return status;
}

static double *find_multipliers(const mn_form *form, mn_pool *pool, mn_arena *arena)
{
    double *multipliers = mn_arena_take(arena, (size_t)form->row_count, sizeof *multipliers);
    return multipliers && mn_multipliers_find(form, pool, arena, multipliers) == MN_OK ? multipliers : NULL;
}

static mn_status add_additive(const mn_prepared *prepared, const int64_t *capacities, mn_pool *pool,
                              const mn_control *control, mn_arena *arena, mn_parts *parts, mn_best *best)
{
    mn_form form;
    mn_status status = mn_form_make(prepared, capacities, 0, 0, NULL, control, arena, &form);
    if (status != MN_OK)
        return status == MN_INFEASIBLE ? MN_OK : status;
    const double *multipliers = find_multipliers(&form, pool, arena);
    uint16_t *network = mn_arena_take(arena, (size_t)prepared->problem->node_count, sizeof *network);
    if (!multipliers || !network)
        return MN_FAILURE;
    int64_t value;
    if (best_of_pool(prepared, capacities, pool, network, &value)) {
        improve(&form, network, &value);
        mn_best_add(best, value, prepared->problem_index, network, prepared->problem->node_count);
    }
    return append(parts, &form, multipliers, arena);
}

/* Improves the guess where the tangents touch: the relaxation's own good networks, a few times (Dinkelbach). */
static mn_status find_guess(const mn_prepared *prepared, const int64_t *capacities, mn_pool *pool,
                            const mn_control *control, mn_arena *arena, uint16_t *network, mn_guess *guess, bool *found)
{
    const mn_problem *problem = prepared->problem;
    guess->score = problem->score.scaled * problem->score.base;
    guess->capability = prepared->capability_low + (prepared->capability_high - prepared->capability_low) / 2;
    *found = false;
    for (int round = 0; round < 6; round++) {
        mn_form form;
        int64_t value;
        mn_status status = mn_form_make(prepared, capacities, prepared->capability_low, prepared->capability_high,
                                        round > 0 ? guess : NULL, control, arena, &form);
        if (status != MN_OK)
            return status;
        pool->count = 0;
        if (!find_multipliers(&form, pool, arena))
            return MN_FAILURE;
        uint16_t *candidate = mn_arena_take(arena, (size_t)problem->node_count, sizeof *candidate);
        if (!candidate)
            return MN_FAILURE;
        if (!best_of_pool(prepared, capacities, pool, candidate, &value) || (*found && value <= guess->score))
            break;
        *found = true;
        guess->score = value;
        guess->capability = mn_problem_value(problem, &problem->capability, candidate);
        memcpy(network, candidate, sizeof *network * (size_t)problem->node_count);
    }
    return MN_OK;
}

typedef struct split_intervals {
    const mn_prepared *prepared;
    const int64_t *capacities;
    mn_pool *pool;
    const mn_control *control;
    mn_arena *arena;
    mn_parts *parts;
    mn_best *best;
    mn_guess *guess;
    bool split;
} split_intervals;

/* Appends the part of one interval of F. */
static mn_status add_interval(const split_intervals *w, int64_t f_low, int64_t f_high)
{
    const int nodes = w->prepared->problem->node_count;
    mn_form form;
    mn_status status = mn_form_make(w->prepared, w->capacities, f_low, f_high, w->guess, w->control, w->arena, &form);
    if (status != MN_OK)
        return status == MN_INFEASIBLE ? MN_OK : status;
    w->pool->count = 0;
    const double *multipliers = find_multipliers(&form, w->pool, w->arena);
    uint16_t *network = mn_arena_take(w->arena, (size_t)nodes, sizeof *network);
    if (!multipliers || !network)
        return MN_FAILURE;
    int64_t value;
    if (best_of_pool(w->prepared, w->capacities, w->pool, network, &value))
        mn_best_add(w->best, value, w->prepared->problem_index, network, nodes);
    return append(w->parts, &form, multipliers, w->arena);
}

/* Of the parts from `first` on, the one of best bound that is above every known network and not a single F; -1. */
static int part_to_halve(const split_intervals *w, int first)
{
    int best = -1;
    for (int i = first; i < w->parts->count; i++) {
        const mn_part *part = &w->parts->parts[i];
        const bool open =
            part->form.f_low < part->form.f_high && (w->best->count == 0 || part->bound > mn_best_worst(w->best));
        if (open && (best < 0 || part->bound > w->parts->parts[best].bound))
            best = i;
    }
    return best;
}

/* A chord's distance from its curve falls with the square of the interval: the interval of best bound is halved, again and again. */
static mn_status add_intervals(const split_intervals *w)
{
    const int first = w->parts->count;
    mn_status status = add_interval(w, w->prepared->capability_low, w->prepared->capability_high);
    for (int i = 0; i < MOST_HALVINGS && w->split && status == MN_OK; i++) {
        const int chosen = part_to_halve(w, first);
        if (chosen < 0)
            break;
        const int64_t low = w->parts->parts[chosen].form.f_low, high = w->parts->parts[chosen].form.f_high;
        const int64_t middle = low + (high - low) / 2;
        w->parts->parts[chosen] = w->parts->parts[--w->parts->count];
        status = add_interval(w, low, middle);
        if (status == MN_OK)
            status = add_interval(w, middle + 1, high);
    }
    return status;
}

static mn_status add_scaled(const mn_prepared *prepared, const int64_t *capacities, mn_pool *pool,
                            const mn_control *control, mn_arena *arena, mn_parts *parts, mn_best *best)
{
    const int nodes = prepared->problem->node_count;
    uint16_t *network = mn_arena_take(arena, (size_t)nodes, sizeof *network);
    mn_guess guess;
    bool found;
    if (!network)
        return MN_FAILURE;
    mn_status status = find_guess(prepared, capacities, pool, control, arena, network, &guess, &found);
    if (status != MN_OK)
        return status == MN_INFEASIBLE ? MN_OK : status;
    if (found)
        mn_best_add(best, guess.score, prepared->problem_index, network, nodes);

    const split_intervals work = {prepared, capacities, pool,
                                  control,  arena,      parts,
                                  best,     &guess,     mn_form_wants_intervals(prepared, capacities, &guess)};
    return add_intervals(&work);
}

mn_status mn_parts_add(const mn_prepared *prepared, const int64_t *capacities, mn_pool *pool, const mn_control *control,
                       mn_arena *arena, mn_parts *parts, mn_best *best)
{
    if (prepared->scaled)
        return add_scaled(prepared, capacities, pool, control, arena, parts, best);
    return add_additive(prepared, capacities, pool, control, arena, parts, best);
}
