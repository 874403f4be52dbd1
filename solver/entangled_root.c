/* Multipliers by subgradients: where the bound's network breaks a limit, its multiplier rises (Held, Wolfe, Crowder, Mathematical Programming
 * 6, 1974; the step is Polyak's). The network is the one that costs least if each node takes its cheapest block, one after the other, so it
 * is the relaxation's only where that is tight; a wrong step costs time, since any multipliers bound. Messages stay from step to
 * step: whatever has been moved under other multipliers is a move under these. */
#include "solver/entangled_root.h"

#include <math.h>
#include <string.h>

enum {
    STEPS = 120,       /* of the multipliers */
    FRUITLESS = 6,     /* steps without a better bound, after which they get shorter */
    MOST_PASSES = 200, /* before the search */
    FEW_PASSES = 4,    /* the same where little is expected of them */
    LEAST_GAIN = 10    /* passes end when ten of them gain less than a thousandth of the slack */
};

/* ---- level 0 ---------------------------------------------------------------------------------------------------------------------- */

/* Under new tables a term may cost less than nothing until every node has collected: nothing may be dropped before. */
static void start_lanes(const mn_entangled_root *root)
{
    mn_entangled_state *state = root->state;
    mn_entangled_level *level = &state->levels[0];
    for (int lane = 0; lane < state->lane_count; lane++)
        mn_entangled_refresh(state, level, lane);
    state->keep_all = true;
    mn_entangled_pass(state, level, true);
    mn_entangled_pass(state, level, false);
    state->keep_all = false;
}

static bool all_have_blocks(const mn_entangled_state *state)
{
    for (int node = 0; node < state->model->node_count; node++)
        if (state->levels[0].live.count[node] == 0)
            return false;
    return true;
}

bool mn_entangled_root_enter(const mn_entangled_root *root, int32_t cap)
{
    mn_entangled_state *state = root->state;
    mn_entangled_level *level = &state->levels[0];
    mn_entangled_fill_live(state->model, &level->live);
    if (!all_have_blocks(state))
        return false;
    start_lanes(root);
    state->lanes[0].cap = cap;
    if (!mn_entangled_drop(state, level))
        return false;
    int32_t before = level->costs[0].least;
    const int passes = root->plain || cap == MN_ENTANGLED_LARGEST_CAP ? FEW_PASSES : MOST_PASSES;
    for (int pass = 0; pass < passes; pass++) {
        if (!mn_entangled_pass(state, level, pass % 2 == 0))
            return false;
        if (pass % LEAST_GAIN != LEAST_GAIN - 1)
            continue;
        if (level->costs[0].least - before <= (cap - level->costs[0].least) / 1000)
            break;
        before = level->costs[0].least;
    }
    return true;
}

/* ---- multipliers ------------------------------------------------------------------------------------------------------------------ */

static const double SHORTEST = 0.02; /* of Polyak's step */

typedef struct ascent {
    const mn_entangled_root *root;
    double *now, *best; /* [limits that are on] scores for a multiple of the limit */
    double *excess;     /* [limits that are on] of the bound's network, in ranges of the limit */
    double bound, length;
    int fruitless;
} ascent;

static double range_of(const mn_entangled_root *root, int index)
{
    const mn_wide range = root->state->model->columns[1 + root->limits[index]].range;
    return range > 0 ? (double)range : 1;
}

static double score_range(const mn_entangled_root *root)
{
    const mn_wide range = root->state->model->columns[0].range;
    return range > 0 ? (double)range : 1;
}

/* The main lane under multipliers; in all they may count twice as much as the scores, so that costs keep to their bits. */
static void adopt(const ascent *a, const double *multipliers)
{
    const mn_entangled_root *root = a->root;
    mn_entangled_lane *lane = &root->state->lanes[0];
    const int count = root->state->lane_count - 1;
    double whole = 0;
    for (int i = 0; i < count; i++)
        whole += multipliers[i] * range_of(root, i);
    const double most = 2 * score_range(root), shrink = whole > most ? most / whole : 1;
    for (int i = 0; i < count; i++)
        lane->multipliers[root->limits[i]] = (int64_t)ldexp(multipliers[i] * shrink, lane->scale);
    mn_entangled_lane_score(root->state->model, lane);
    start_lanes(root);
}

/* The bound under the present multipliers, as a difference from the least score. */
static double bound_of(const mn_entangled_root *root)
{
    const mn_entangled_model *model = root->state->model;
    const mn_entangled_lane *lane = &root->state->lanes[0];
    double bound = -ldexp(root->state->levels[0].costs[0].least, lane->shift - lane->scale);
    for (int i = 0; i < root->state->lane_count - 1; i++) {
        const int limit = root->limits[i];
        bound += ldexp((double)lane->multipliers[limit], -lane->scale) *
                 (double)(root->capacities[limit] - model->columns[1 + limit].least);
    }
    return bound;
}

/* Each node takes its cheapest block, one after the other. */
static void cheapest_network(mn_entangled_state *state)
{
    const mn_entangled_model *model = state->model;
    mn_entangled_level *level = &state->levels[1];
    state->keep_all = true;
    mn_entangled_copy(state, &state->levels[0], level);
    for (int node = 0; node < model->node_count; node++) {
        const uint16_t *live = level->live.blocks + model->at[node];
        const int32_t *costs = level->costs[0].blocks + model->at[node];
        int cheapest = live[0];
        for (int i = 1; i < level->live.count[node]; i++)
            if (costs[live[i]] < costs[cheapest])
                cheapest = live[i];
        mn_entangled_decide(state, level, node, cheapest);
    }
    for (int node = model->node_count - 1; node >= 0; node--)
        mn_entangled_release(state, node);
    state->keep_all = false;
}

/* By how much the network breaks each limit; what it leaves is negative. */
static void measure_excess(const ascent *a, uint16_t *network, uint16_t *choice)
{
    const mn_entangled_root *root = a->root;
    const mn_entangled_model *model = root->state->model;
    for (int node = 0; node < model->node_count; node++)
        choice[node] = root->state->network[model->place[node]];
    mn_entangled_model_expand(model, choice, network);
    for (int i = 0; i < root->state->lane_count - 1; i++) {
        const int limit = root->limits[i];
        const mn_column *column = &model->problem->limits[limit];
        const mn_wide excess = (mn_wide)mn_problem_value(model->problem, column, network) - root->capacities[limit];
        a->excess[i] = (double)excess / range_of(root, i);
    }
}

/* One step; false: the bound's network breaks no limit and leaves nothing that costs, or steps have become too short to gain. */
static bool step(ascent *a)
{
    const mn_entangled_root *root = a->root;
    const int count = root->state->lane_count - 1;
    const double bound = bound_of(root);
    if (bound < a->bound - 1e-6 * score_range(root)) {
        memcpy(a->best, a->now, sizeof *a->now * (size_t)count);
        a->bound = bound;
        a->fruitless = 0;
    } else if (++a->fruitless == FRUITLESS) {
        a->fruitless = 0;
        a->length /= 2;
        if (a->length < SHORTEST)
            return false;
    }
    double square = 0;
    for (int i = 0; i < count; i++)
        if (a->excess[i] > 0 || a->now[i] > 0)
            square += a->excess[i] * a->excess[i];
    if (square == 0)
        return false;
    const double known = (double)(root->score - root->state->model->columns[0].least);
    double gap = root->known ? bound - known : score_range(root) / 10;
    gap = gap > score_range(root) / 1000 ? gap : score_range(root) / 1000;
    for (int i = 0; i < count; i++) {
        a->now[i] += a->length * gap / square * a->excess[i] / range_of(root, i);
        a->now[i] = a->now[i] > 0 ? a->now[i] : 0;
    }
    return true;
}

mn_status mn_entangled_root_multipliers(mn_entangled_root *root, const mn_control *control, mn_arena *arena)
{
    mn_entangled_state *state = root->state;
    const mn_entangled_model *model = state->model;
    const int count = state->lane_count - 1;
    ascent a = {.root = root, .bound = INFINITY, .length = 1};
    a.now = mn_arena_take(arena, 3 * (size_t)count, sizeof *a.now);
    uint16_t *network = mn_arena_take(arena, (size_t)model->problem->node_count, sizeof *network);
    uint16_t *choice = mn_arena_take(arena, (size_t)model->node_count, sizeof *choice);
    if (!a.now || !network || !choice)
        return MN_FAILURE;
    a.best = a.now + count;
    a.excess = a.best + count;
    memset(a.now, 0, sizeof *a.now * 2 * (size_t)count);
    mn_entangled_fill_live(model, &state->levels[0].live);
    mn_entangled_lane_scale(model, count > 0, &state->lanes[0]);
    mn_status status = MN_OK;
    const int steps = root->plain ? 0 : STEPS;
    for (int i = 0; i < steps && count > 0 && status == MN_OK; i++) {
        adopt(&a, a.now);
        cheapest_network(state);
        measure_excess(&a, network, choice);
        if (!step(&a))
            break;
        status = mn_control_check(control);
    }
    adopt(&a, a.best);
    return status;
}
