#include "solver/entangled_search.h"

#include <math.h>

enum {
    CHECK_EVERY = 1 << 7, /* search nodes between looks at the clock */
    MOST_PASSES = 4,      /* at one search node */
    FEW_FREE = 2          /* so few free nodes are enumerated without a pass */
};

/* ---- branches --------------------------------------------------------------------------------------------------------------------- */

/* About how much is left to search behind a node's blocks: each counts by the share of the slack that it leaves, to a power since a subtree
 * shrinks faster than its slack. */
static double work_behind(const mn_entangled_state *state, const mn_entangled_level *level, int node)
{
    const int at = state->model->at[node];
    const double least = level->costs[0].least, slack = (double)state->lanes[0].cap - least + 1;
    double work = 0;
    for (int i = 0; i < level->live.count[node]; i++) {
        const double left = 1 - ((double)level->reach[at + level->live.blocks[at + i]] - least) / slack;
        work += left < 1 ? left * left * left * left : 1;
    }
    return work;
}

/* The node with the least work, its cheapest blocks first. */
static void branch(const mn_entangled_state *state, mn_entangled_level *level)
{
    double least = INFINITY;
    for (int node = 0; node < state->model->node_count; node++) {
        if (state->taken[node] >= 0)
            continue;
        const double work = work_behind(state, level, node);
        if (work < least) {
            least = work;
            level->node = node;
        }
    }
    const int at = state->model->at[level->node];
    const int32_t *reach = level->reach + at;
    level->next = 0;
    level->count = level->live.count[level->node];
    for (int i = 0; i < level->count; i++) {
        const uint16_t block = level->live.blocks[at + i];
        int place = i;
        for (; place > 0 && (reach[level->order[place - 1]] > reach[block] ||
                             (reach[level->order[place - 1]] == reach[block] && level->order[place - 1] > block));
             place--)
            level->order[place] = level->order[place - 1];
        level->order[place] = block;
    }
}

/* ---- bounds ----------------------------------------------------------------------------------------------------------------------- */

/* Passes while they gain enough. False: nothing is left. */
static bool tighten(mn_entangled_state *state, mn_entangled_level *level)
{
    if (state->free_count <= FEW_FREE)
        return true;
    mn_entangled_own(state, level);
    for (int pass = 0; pass < MOST_PASSES; pass++) {
        const int32_t before = level->costs[0].least;
        if (!mn_entangled_pass(state, level, pass % 2 == 0))
            return false;
        const int32_t gain = level->costs[0].least - before, slack = state->lanes[0].cap - level->costs[0].least;
        if (gain < slack / 8)
            break;
    }
    return true;
}

static mn_status check(const mn_entangled_search *search)
{
    const uint64_t nodes = *search->nodes, limit = search->control->node_limit;
    mn_monitor_nodes(search->control->monitor, nodes);
    if (limit && nodes >= limit)
        return MN_STOPPED;
    return nodes % CHECK_EVERY == 0 ? mn_control_check(search->control) : MN_OK;
}

/* The least that the branches not yet taken cost, on all levels. */
static void note_left(mn_entangled_search *search, int base, int depth)
{
    const mn_entangled_state *state = search->state;
    search->left = INT32_MAX;
    for (int i = base; i <= depth; i++) {
        const mn_entangled_level *level = &state->levels[i];
        const int from = level->next > 0 ? level->next - 1 : 0; /* the one at hand is not done */
        for (int k = from; k < level->count; k++) {
            const int32_t reach = level->reach[state->model->at[level->node] + level->order[k]];
            search->left = reach < search->left ? reach : search->left;
        }
    }
}

/* ---- the loop --------------------------------------------------------------------------------------------------------------------- */

mn_status mn_entangled_search_run(mn_entangled_search *search, int base)
{
    mn_entangled_state *state = search->state;
    search->over = false;
    if (state->free_count == 0) {
        search->over = search->found(search->context, state->network);
        return MN_OK;
    }
    branch(state, &state->levels[base]);
    int depth = base;
    mn_status status = MN_OK;
    while (status == MN_OK && !search->over) {
        mn_entangled_level *level = &state->levels[depth], *below = level + 1;
        const bool done = level->next == level->count ||
                          level->reach[state->model->at[level->node] + level->order[level->next]] > state->lanes[0].cap;
        if (done && depth == base)
            return MN_OK;
        if (done) {
            depth--;
            mn_entangled_release(state, state->levels[depth].node);
            continue;
        }
        const int block = level->order[level->next++];
        ++*search->nodes;
        status = check(search);
        mn_entangled_copy(state, level, below);
        const bool open = mn_entangled_decide(state, below, level->node, block) && tighten(state, below);
        if (open && state->free_count == 0)
            search->over = search->found(search->context, state->network);
        if (open && state->free_count > 0) {
            branch(state, below);
            depth++;
        } else {
            mn_entangled_release(state, level->node);
        }
    }
    if (status != MN_OK)
        note_left(search, base, depth);
    for (; depth > base; depth--)
        mn_entangled_release(state, state->levels[depth - 1].node);
    return status;
}
