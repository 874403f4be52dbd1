#include "solver/entangled_state.h"

#include <string.h>

/* ---- room ------------------------------------------------------------------------------------------------------------------------- */

static bool make_level(const mn_entangled_state *state, mn_arena *arena, mn_entangled_level *level)
{
    const mn_entangled_model *model = state->model;
    const size_t nodes = (size_t)model->node_count, width = (size_t)model->width;
    int most = 0;
    for (int node = 0; node < model->node_count; node++)
        most = model->blocks[node] > most ? model->blocks[node] : most;
    *level = (mn_entangled_level){.costs = mn_arena_take(arena, (size_t)state->lane_count, sizeof *level->costs),
                                  .live = {.count = mn_arena_take(arena, nodes, sizeof(int)),
                                           .blocks = mn_arena_take(arena, width, sizeof(uint16_t))},
                                  .reach = mn_arena_take(arena, width, sizeof *level->reach),
                                  .order = mn_arena_take(arena, (size_t)most, sizeof *level->order)};
    bool ok = level->costs && level->live.count && level->live.blocks && level->reach && level->order;
    for (int lane = 0; ok && lane < state->lane_count; lane++) {
        const size_t messages = state->lanes[lane].has_terms ? (size_t)model->message_width : 0;
        mn_entangled_costs *costs = &level->costs[lane];
        *costs = (mn_entangled_costs){.blocks = mn_arena_take(arena, width, sizeof *costs->blocks),
                                      .own = mn_arena_take(arena, messages, sizeof *costs->own)};
        ok = costs->blocks && costs->own;
        costs->messages = costs->own;
        if (ok && messages > 0)
            memset(costs->own, 0, sizeof *costs->own * messages);
    }
    return ok;
}

void mn_entangled_fill_live(const mn_entangled_model *model, mn_entangled_live *live)
{
    for (int node = 0; node < model->node_count; node++) {
        live->count[node] = 0;
        for (int block = 0; block < model->blocks[node]; block++)
            if (model->allowed[model->at[node] + block])
                live->blocks[model->at[node] + live->count[node]++] = (uint16_t)block;
    }
}

bool mn_entangled_state_make(const mn_entangled_model *model, int lane_count, mn_arena *arena,
                             mn_entangled_state *state)
{
    const size_t nodes = (size_t)model->node_count;
    int most = 0, most_named = 0;
    for (int node = 0; node < model->node_count; node++)
        most = mn_entangled_padded(model, node) > most ? mn_entangled_padded(model, node) : most;
    for (int rule = 0; rule < model->rule_count; rule++) {
        const int named = mn_entangled_rule_nodes(model, model->rules[rule], NULL);
        most_named = named > most_named ? named : most_named;
    }
    state->model = model;
    state->lane_count = lane_count;
    state->free_count = model->node_count;
    state->levels = mn_arena_take(arena, nodes + 2, sizeof *state->levels);
    state->taken = mn_arena_take(arena, nodes, sizeof *state->taken);
    state->open = mn_arena_take(arena, (size_t)model->term_count, sizeof *state->open);
    state->spare = mn_arena_take(arena, (size_t)most, sizeof *state->spare);
    state->network = mn_arena_take(arena, (size_t)model->problem->node_count, sizeof *state->network);
    state->rule_nodes = mn_arena_take(arena, (size_t)most_named, sizeof *state->rule_nodes);
    if (!state->levels || !state->taken || !state->open || !state->spare || !state->network || !state->rule_nodes)
        return false;
    for (int node = 0; node < model->node_count; node++)
        state->taken[node] = -1;
    for (int term = 0; term < model->term_count; term++)
        state->open[term] = model->terms[term].count;
    memset(state->network, 0, sizeof *state->network * (size_t)model->problem->node_count);
    for (int level = 0; level <= model->node_count + 1; level++)
        if (!make_level(state, arena, &state->levels[level]))
            return false;
    mn_entangled_fill_live(model, &state->levels[0].live);
    return true;
}

void mn_entangled_copy(const mn_entangled_state *state, const mn_entangled_level *from, mn_entangled_level *to)
{
    const mn_entangled_model *model = state->model;
    const size_t width = (size_t)model->width;
    for (int lane = 0; lane < state->lane_count; lane++) {
        to->costs[lane].least = from->costs[lane].least;
        to->costs[lane].messages = from->costs[lane].messages;
        memcpy(to->costs[lane].blocks, from->costs[lane].blocks, sizeof(int32_t) * width);
    }
    memcpy(to->live.count, from->live.count, sizeof(int) * (size_t)model->node_count);
    memcpy(to->live.blocks, from->live.blocks, sizeof(uint16_t) * width);
    memcpy(to->reach, from->reach, sizeof *to->reach * width);
}

void mn_entangled_own(const mn_entangled_state *state, mn_entangled_level *level)
{
    for (int lane = 0; lane < state->lane_count; lane++) {
        mn_entangled_costs *costs = &level->costs[lane];
        if (state->lanes[lane].has_terms && costs->messages != costs->own)
            memcpy(costs->own, costs->messages, sizeof *costs->own * (size_t)state->model->message_width);
        costs->messages = costs->own;
    }
}

/* ---- blocks that cost too much ---------------------------------------------------------------------------------------------------- */

/* Moves the least cost of a node's live blocks into the lane's. */
static void settle(const mn_entangled_state *state, mn_entangled_level *level, int lane, int node)
{
    mn_entangled_costs *costs = &level->costs[lane];
    int32_t *blocks = costs->blocks + state->model->at[node];
    const uint16_t *live = level->live.blocks + state->model->at[node];
    int32_t least = blocks[live[0]];
    for (int i = 1; i < level->live.count[node]; i++)
        least = blocks[live[i]] < least ? blocks[live[i]] : least;
    for (int i = 0; i < level->live.count[node]; i++)
        blocks[live[i]] -= least;
    costs->least += least;
}

/* Drops the blocks of one node that pass the lane's cap; how many, or -1 when none is left. */
static int drop_by_lane(const mn_entangled_state *state, mn_entangled_level *level, int lane, int node)
{
    const int at = state->model->at[node], count = level->live.count[node];
    const mn_entangled_costs *costs = &level->costs[lane];
    uint16_t *live = level->live.blocks + at;
    const int32_t room = state->lanes[lane].cap - costs->least;
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (costs->blocks[at + live[i]] <= room)
            live[kept++] = live[i];
    level->live.count[node] = kept;
    return kept > 0 ? count - kept : -1;
}

/* What the main lane's networks with each of the node's blocks cost at least. */
static void note_reach(const mn_entangled_state *state, mn_entangled_level *level, int node)
{
    const int at = state->model->at[node];
    const mn_entangled_costs *main = &level->costs[0];
    for (int i = 0; i < level->live.count[node]; i++) {
        const int block = at + level->live.blocks[at + i];
        const int32_t reach = main->least + main->blocks[block];
        level->reach[block] = reach > level->reach[block] ? reach : level->reach[block];
    }
}

/* Drops what is too dear in some lane, and, as that may raise what other blocks cost least, again. */
static bool drop_blocks(const mn_entangled_state *state, mn_entangled_level *level, int node)
{
    bool again = true;
    while (again) {
        again = false;
        for (int lane = 0; lane < state->lane_count; lane++) {
            settle(state, level, lane, node);
            const int dropped = state->keep_all ? 0 : drop_by_lane(state, level, lane, node);
            if (dropped < 0)
                return false;
            again |= dropped > 0 && state->lane_count > 1;
        }
    }
    if (!state->keep_all)
        note_reach(state, level, node);
    return true;
}

bool mn_entangled_drop(mn_entangled_state *state, mn_entangled_level *level)
{
    for (int node = 0; node < state->model->node_count; node++)
        if (state->taken[node] < 0 && !drop_blocks(state, level, node))
            return false;
    return true;
}

bool mn_entangled_keep(mn_entangled_state *state, mn_entangled_level *level, int node, int low, int high)
{
    uint16_t *live = level->live.blocks + state->model->at[node];
    int kept = 0;
    for (int i = 0; i < level->live.count[node]; i++)
        if (live[i] >= low && live[i] < high)
            live[kept++] = live[i];
    level->live.count[node] = kept;
    return kept > 0 && drop_blocks(state, level, node);
}

void mn_entangled_refresh(mn_entangled_state *state, mn_entangled_level *level, int lane)
{
    const mn_entangled_model *model = state->model;
    mn_entangled_costs *costs = &level->costs[lane];
    costs->least = 0;
    memcpy(costs->blocks, state->lanes[lane].blocks, sizeof *costs->blocks * (size_t)model->width);
    for (int slot = 0; state->lanes[lane].has_terms && slot < model->slot_count; slot++) {
        const int at = model->at[model->slots[slot].node], blocks = model->blocks[model->slots[slot].node];
        for (int block = 0; block < blocks; block++)
            costs->blocks[at + block] += costs->messages[model->slots[slot].at + block];
    }
    for (int node = 0; node < model->node_count; node++)
        settle(state, level, lane, node);
    for (int i = 0; lane == 0 && i < model->width; i++)
        level->reach[i] = INT32_MIN;
}

/* ---- passes ----------------------------------------------------------------------------------------------------------------------- */

/* Whether a free member of the term comes after (before) the node. */
static bool has_free(const mn_entangled_state *state, const mn_term *term, int node, bool after)
{
    for (int member = 0; member < term->count; member++) {
        const int other = term->nodes[member];
        if (state->taken[other] < 0 && (after ? other > node : other < node))
            return true;
    }
    return false;
}

/* A node takes what its terms can spare. */
static void collect(mn_entangled_state *state, mn_entangled_level *level, int lane, int node)
{
    const mn_entangled_model *model = state->model;
    mn_entangled_costs *costs = &level->costs[lane];
    const uint16_t *live = level->live.blocks + model->at[node];
    int32_t *blocks = costs->blocks + model->at[node];
    for (int i = model->first_slot_of[node]; i < model->first_slot_of[node + 1]; i++) {
        const int slot = model->slots_of[i];
        if (state->open[model->slots[slot].term] < 2)
            continue;
        mn_entangled_collect(model, &state->lanes[lane], costs->messages, &level->live, state->taken, slot,
                             state->spare);
        int32_t *messages = costs->messages + model->slots[slot].at;
        for (int k = 0; k < level->live.count[node]; k++) {
            const int32_t spare = state->spare[live[k]];
            if (spare > MN_ENTANGLED_MOST_MOVED || spare < -MN_ENTANGLED_MOST_MOVED)
                continue;
            blocks[live[k]] += spare - messages[live[k]];
            messages[live[k]] = spare;
        }
    }
}

/* ... and hands its cost on, in equal shares, to those that go on in the pass's direction. */
static void hand_on(mn_entangled_state *state, mn_entangled_level *level, int lane, int node, bool forwards)
{
    const mn_entangled_model *model = state->model;
    mn_entangled_costs *costs = &level->costs[lane];
    const uint16_t *live = level->live.blocks + model->at[node];
    int32_t *blocks = costs->blocks + model->at[node];
    int ahead = 0, behind = 0;
    for (int i = model->first_slot_of[node]; i < model->first_slot_of[node + 1]; i++) {
        const mn_term *term = &model->terms[model->slots[model->slots_of[i]].term];
        ahead += has_free(state, term, node, forwards);
        behind += has_free(state, term, node, !forwards);
    }
    if (ahead == 0)
        return;
    const int shares = ahead > behind ? ahead : behind;
    for (int k = 0; k < level->live.count[node]; k++)
        state->spare[k] = blocks[live[k]] / shares;
    for (int i = model->first_slot_of[node]; i < model->first_slot_of[node + 1]; i++) {
        const mn_term_slot *slot = &model->slots[model->slots_of[i]];
        if (!has_free(state, &model->terms[slot->term], node, forwards))
            continue;
        int32_t *messages = costs->messages + slot->at;
        for (int k = 0; k < level->live.count[node]; k++) {
            if (messages[live[k]] - state->spare[k] < -MN_ENTANGLED_MOST_MOVED)
                continue;
            messages[live[k]] -= state->spare[k];
            blocks[live[k]] -= state->spare[k];
        }
    }
}

bool mn_entangled_pass(mn_entangled_state *state, mn_entangled_level *level, bool forwards)
{
    const int nodes = state->model->node_count;
    for (int i = 0; i < nodes; i++) {
        const int node = forwards ? i : nodes - 1 - i;
        if (state->taken[node] >= 0)
            continue;
        for (int lane = 0; lane < state->lane_count; lane++)
            if (state->lanes[lane].has_terms)
                collect(state, level, lane, node);
        if (!drop_blocks(state, level, node))
            return false;
        for (int lane = 0; lane < state->lane_count; lane++)
            if (state->lanes[lane].has_terms)
                hand_on(state, level, lane, node, forwards);
    }
    return true;
}

/* ---- deciding --------------------------------------------------------------------------------------------------------------------- */

/* The one member of the term that is free. */
static int last_free(const mn_entangled_state *state, const mn_term *term)
{
    int member = 0;
    while (state->taken[term->nodes[member]] >= 0)
        member++;
    return member;
}

/* Terms with one free member left are now that member's costs. */
static void absorb_terms(mn_entangled_state *state, mn_entangled_level *level, int node)
{
    const mn_entangled_model *model = state->model;
    for (int i = model->first_slot_of[node]; i < model->first_slot_of[node + 1]; i++) {
        const int index = model->slots[model->slots_of[i]].term;
        const mn_term *term = &model->terms[index];
        if (state->open[index] != 1)
            continue;
        const int slot = term->slot + last_free(state, term), at = model->at[model->slots[slot].node];
        for (int lane = 0; lane < state->lane_count; lane++) {
            mn_entangled_costs *costs = &level->costs[lane];
            if (!state->lanes[lane].has_terms)
                continue;
            mn_entangled_collect(model, &state->lanes[lane], costs->messages, &level->live, state->taken, slot,
                                 state->spare);
            const int32_t *given = costs->messages + model->slots[slot].at;
            const uint16_t *live = level->live.blocks + at;
            for (int k = 0; k < level->live.count[model->slots[slot].node]; k++)
                costs->blocks[at + live[k]] += state->spare[live[k]] - given[live[k]];
        }
    }
}

/* The one node that a rule names and that is free; -1: none, -2: several. */
static int only_free(const mn_entangled_state *state, const mn_rule *rule)
{
    const int named = mn_entangled_rule_nodes(state->model, rule, state->rule_nodes);
    int only = -1;
    for (int i = 0; i < named; i++) {
        const int node = state->rule_nodes[i];
        if (state->taken[node] >= 0 || node == only)
            continue;
        if (only >= 0)
            return -2;
        only = node;
    }
    return only;
}

/* Rules that the decided node leaves one node or none. */
static bool obey_rules(mn_entangled_state *state, mn_entangled_level *level, int node)
{
    const mn_entangled_model *model = state->model;
    for (int i = model->first_rule_of[node]; i < model->first_rule_of[node + 1]; i++) {
        const mn_rule *rule = model->rules[model->rules_of[i]];
        const int last = only_free(state, rule);
        if (last == -1 && !mn_rule_admits(rule, state->network))
            return false;
        if (last < 0)
            continue;
        uint16_t *live = level->live.blocks + model->at[last];
        int kept = 0;
        for (int k = 0; k < level->live.count[last]; k++) {
            state->network[model->place[last]] = live[k];
            if (mn_rule_admits(rule, state->network))
                live[kept++] = live[k];
        }
        level->live.count[last] = kept;
        if (kept == 0)
            return false;
    }
    return true;
}

bool mn_entangled_decide(mn_entangled_state *state, mn_entangled_level *level, int node, int block)
{
    const mn_entangled_model *model = state->model;
    state->taken[node] = block;
    state->free_count--;
    state->network[model->place[node]] = (uint16_t)block;
    for (int i = model->first_slot_of[node]; i < model->first_slot_of[node + 1]; i++)
        state->open[model->slots[model->slots_of[i]].term]--;
    for (int lane = 0; lane < state->lane_count; lane++) {
        mn_entangled_costs *costs = &level->costs[lane];
        costs->least += costs->blocks[model->at[node] + block];
        if (costs->least > state->lanes[lane].cap && !state->keep_all)
            return false;
    }
    level->live.count[node] = 1;
    level->live.blocks[model->at[node]] = (uint16_t)block;
    absorb_terms(state, level, node);
    return obey_rules(state, level, node) && mn_entangled_drop(state, level);
}

void mn_entangled_release(mn_entangled_state *state, int node)
{
    const mn_entangled_model *model = state->model;
    state->taken[node] = -1;
    state->free_count++;
    for (int i = model->first_slot_of[node]; i < model->first_slot_of[node + 1]; i++)
        state->open[model->slots[model->slots_of[i]].term]++;
}
