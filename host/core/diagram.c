#include "host/core/diagram.h"
#include "host/core/memory.h"

#include <stdio.h>

/* ---- what a rule must remember: one small number, changed at the nodes that the rule names ------------------------------------ */

/* For if-then rules: whether the block at `node` is on the side that, with the other node's, breaks the rule. */
static bool breaking_side(const mn_rule *rule, int node, int block, int side)
{
    if (side == 0)
        return rule->sets[0].node == node && rule->sets[0].member[block];
    return rule->sets[1].node == node && rule->sets[1].member[block] == (rule->kind == MN_RULE_THEN_NOT);
}

static int last_node(const mn_rule *rule)
{
    if (rule->kind == MN_RULE_EQUAL)
        return rule->node[1];
    int last = 0;
    for (int i = 0; i < rule->set_count; i++)
        last = rule->sets[i].node > last ? rule->sets[i].node : last;
    return last;
}

static bool mentions(const mn_rule *rule, int node)
{
    if (rule->kind == MN_RULE_EQUAL)
        return rule->node[0] == node || rule->node[1] == node;
    for (int i = 0; i < rule->set_count; i++)
        if (rule->sets[i].node == node)
            return true;
    return false;
}

/* The rule's memory after `block` at `node`, a node that it mentions; -1: the rule is broken. 0 again behind its last node. */
static int step(const mn_rule *rule, int memory, int node, int block)
{
    if (rule->kind == MN_RULE_EQUAL) {
        if (node == rule->node[0])
            return 1 + rule->name_of[0][block];
        return memory == 1 + rule->name_of[1][block] ? 0 : -1;
    }
    if (rule->kind == MN_RULE_AT_MOST) {
        for (int i = 0; i < rule->set_count; i++)
            memory += rule->sets[i].node == node && rule->sets[i].member[block];
        if (memory > rule->k)
            return -1;
        return node == last_node(rule) ? 0 : memory;
    }
    if (rule->sets[0].node == rule->sets[1].node)
        return breaking_side(rule, node, block, 0) && breaking_side(rule, node, block, 1) ? -1 : 0;
    const bool breaking = breaking_side(rule, node, block, 0) || breaking_side(rule, node, block, 1);
    if (node == last_node(rule))
        return memory && breaking ? -1 : 0;
    return breaking;
}

/* ---- forward: states of a layer are distinct memories of the rules -------------------------------------------------------------- */

typedef struct state_set {
    int32_t *memories; /* [count][rule_count] */
    int count, capacity;
    int *slots; /* open addressing: state + 1 */
} state_set;

enum { SLOTS = 4 * MN_MAX_STATES };

static uint64_t hash_numbers(const int32_t *numbers, int count)
{
    uint64_t hash = 0x9E3779B97F4A7C15u;
    for (int i = 0; i < count; i++)
        hash = (hash ^ (uint32_t)numbers[i]) * 0xD6E8FEB86659FD93u, hash ^= hash >> 32;
    return hash;
}

/* The state with this memory, added when new; -1: too many states; -2: no memory. */
static int layer_find(state_set *states, const int32_t *memory, int rule_count)
{
    uint64_t slot = hash_numbers(memory, rule_count) % SLOTS;
    for (; states->slots[slot]; slot = (slot + 1) % SLOTS) {
        const int state = states->slots[slot] - 1;
        if (!memcmp(states->memories + (size_t)state * rule_count, memory, sizeof *memory * rule_count))
            return state;
    }
    if (states->count == MN_MAX_STATES)
        return -1;
    if (states->count == states->capacity) {
        const int capacity = states->capacity ? 2 * states->capacity : 8;
        int32_t *memories = realloc(states->memories, sizeof *memories * (size_t)capacity * (rule_count + 1));
        if (!memories)
            return -2;
        states->memories = memories;
        states->capacity = capacity;
    }
    memcpy(states->memories + (size_t)states->count * rule_count, memory, sizeof *memory * rule_count);
    states->slots[slot] = ++states->count;
    return states->count - 1;
}

typedef struct builder {
    mn_diagram *diagram;
    const mn_rule **rules; /* those that the diagram holds */
    int rule_count;
    const bool *allowed;
    state_set here, after;
    int32_t *memory; /* [rule_count] scratch */
} builder;

/* Transitions of one state. Returns 0, -1 (too many states) or -2 (no memory). */
static int expand_state(builder *b, int node, int state, const int *touching, int touching_count)
{
    const int *first = b->diagram->first;
    const int32_t *memory = b->here.memories + (size_t)state * b->rule_count;
    int32_t *row = b->diagram->next[node] + (int64_t)state * mn_diagram_blocks(b->diagram, node);
    for (int block = 0; block < first[node + 1] - first[node]; block++) {
        row[block] = -1;
        if (b->allowed && !b->allowed[first[node] + block])
            continue;
        memcpy(b->memory, memory, sizeof *memory * b->rule_count);
        bool broken = false;
        for (int i = 0; i < touching_count && !broken; i++) {
            const int rule = touching[i];
            b->memory[rule] = step(b->rules[rule], memory[rule], node, block);
            broken = b->memory[rule] < 0;
        }
        if (broken)
            continue;
        row[block] = layer_find(&b->after, b->memory, b->rule_count);
        if (row[block] < 0)
            return row[block];
    }
    return 0;
}

static int expand_layer(builder *b, int node, int *touching)
{
    int touching_count = 0;
    for (int i = 0; i < b->rule_count; i++)
        if (mentions(b->rules[i], node))
            touching[touching_count++] = i;

    const state_set swap = b->here;
    b->here = b->after;
    b->after = swap;
    memset(b->after.slots, 0, sizeof *b->after.slots * SLOTS);
    b->after.count = 0;

    mn_diagram *diagram = b->diagram;
    diagram->state_count[node] = b->here.count;
    diagram->next[node] = mn_new_array((size_t)b->here.count * mn_diagram_blocks(diagram, node), sizeof(int32_t));
    if (!diagram->next[node])
        return -2;
    for (int state = 0; state < b->here.count; state++) {
        const int outcome = expand_state(b, node, state, touching, touching_count);
        if (outcome < 0)
            return outcome;
    }
    return 0;
}

/* ---- backward: dead states go, equal states become one ------------------------------------------------------------------------- */

/* Rewrites one layer's rows by `remap` of the next layer's states and fills `here` with this layer's own map. Returns the number of
 * states kept. */
static int merge_layer(mn_diagram *diagram, int node, const int32_t *remap, int32_t *here)
{
    const int blocks = mn_diagram_blocks(diagram, node);
    int32_t *rows = diagram->next[node];
    int kept = 0;
    for (int state = 0; state < diagram->state_count[node]; state++) {
        int32_t *row = rows + (int64_t)state * blocks;
        bool alive = false;
        for (int block = 0; block < blocks; block++) {
            row[block] = row[block] < 0 ? -1 : remap[row[block]];
            alive |= row[block] >= 0;
        }
        here[state] = -1;
        for (int other = 0; alive && other < kept && here[state] < 0; other++)
            if (!memcmp(rows + (int64_t)other * blocks, row, sizeof *row * blocks))
                here[state] = other;
        if (alive && here[state] < 0) {
            memmove(rows + (int64_t)kept * blocks, row, sizeof *row * blocks);
            here[state] = kept++;
        }
    }
    diagram->state_count[node] = kept;
    return kept;
}

static void merge(mn_diagram *diagram, int32_t *remap, int32_t *here)
{
    remap[0] = 0;
    for (int node = diagram->node_count - 1; node >= 0; node--) {
        merge_layer(diagram, node, remap, here);
        int32_t *swap = remap;
        remap = here;
        here = swap;
    }
    diagram->empty = diagram->state_count[0] == 0;
    diagram->free = !diagram->empty;
    for (int node = 0; node < diagram->node_count; node++)
        diagram->free &= diagram->state_count[node] == 1;
    if (diagram->empty)
        for (int node = 0; node <= diagram->node_count; node++)
            diagram->state_count[node] = 0;
}

/* ---- building ------------------------------------------------------------------------------------------------------------------ */

static void drop_rows(mn_diagram *diagram)
{
    for (int node = 0; node < diagram->node_count; node++) {
        free(diagram->next[node]);
        diagram->next[node] = NULL;
    }
}

/* Builds with the rules marked in `held`. Returns 0, -1 (too many states) or -2 (no memory). */
static int build_with(mn_diagram *diagram, const mn_rule *rules, int rule_count, const bool *held, const bool *allowed)
{
    builder b = {.diagram = diagram, .allowed = allowed};
    b.rules = mn_new_array((size_t)rule_count, sizeof *b.rules);
    b.memory = mn_new_array((size_t)rule_count, sizeof *b.memory);
    int *touching = mn_new_array((size_t)rule_count, sizeof *touching);
    b.here.slots = mn_new_array(SLOTS, sizeof *b.here.slots);
    b.after.slots = mn_new_array(SLOTS, sizeof *b.after.slots);
    int32_t *remap = mn_new_array(2 * MN_MAX_STATES, sizeof *remap);
    int outcome = b.rules && b.memory && touching && b.here.slots && b.after.slots && remap ? 0 : -2;

    drop_rows(diagram);
    if (outcome == 0) {
        for (int i = 0; i < rule_count; i++)
            if (held[i])
                b.rules[b.rule_count++] = &rules[i];
        outcome = layer_find(&b.after, b.memory, b.rule_count); /* all memories 0: state 0 */
        for (int node = 0; node < diagram->node_count && outcome >= 0; node++)
            outcome = expand_layer(&b, node, touching);
        diagram->state_count[diagram->node_count] = 1;
    }
    if (outcome >= 0)
        merge(diagram, remap, remap + MN_MAX_STATES);
    free(b.rules);
    free(b.memory);
    free(touching);
    free(b.here.slots);
    free(b.here.memories);
    free(b.after.slots);
    free(b.after.memories);
    free(remap);
    return outcome < 0 ? outcome : 0;
}

/* Rule by rule, leaving out those that make a layer too wide. */
static int build_part(mn_diagram *diagram, const mn_rule *rules, int rule_count, bool *held, const bool *allowed)
{
    for (int i = 0; i < rule_count; i++)
        held[i] = false;
    for (int i = 0; i < rule_count; i++) {
        held[i] = true;
        const int outcome = build_with(diagram, rules, rule_count, held, allowed);
        if (outcome == -2)
            return outcome;
        held[i] = outcome == 0;
    }
    return build_with(diagram, rules, rule_count, held, allowed);
}

mn_status mn_diagram_build(int node_count, const int *first, const mn_rule *rules, int rule_count, const bool *allowed,
                           mn_error *error, mn_diagram **result)
{
    mn_diagram *diagram = mn_new_array(1, sizeof *diagram);
    bool *held = mn_new_array((size_t)rule_count, sizeof *held);
    *result = NULL;
    if (!diagram || !held)
        goto no_memory;
    diagram->node_count = node_count;
    diagram->first = mn_new_array((size_t)node_count + 1, sizeof *diagram->first);
    diagram->state_count = mn_new_array((size_t)node_count + 1, sizeof *diagram->state_count);
    diagram->next = mn_new_array((size_t)node_count, sizeof *diagram->next);
    diagram->outside = mn_new_array((size_t)rule_count, sizeof *diagram->outside);
    if (!diagram->first || !diagram->state_count || !diagram->next || !diagram->outside)
        goto no_memory;
    memcpy(diagram->first, first, sizeof *first * ((size_t)node_count + 1));

    for (int i = 0; i < rule_count; i++)
        held[i] = true;
    int outcome = build_with(diagram, rules, rule_count, held, allowed);
    if (outcome == -1)
        outcome = build_part(diagram, rules, rule_count, held, allowed);
    if (outcome < 0)
        goto no_memory;
    for (int i = 0; i < rule_count; i++)
        if (!held[i])
            diagram->outside[diagram->outside_count++] = i;
    free(held);
    *result = diagram;
    return MN_OK;

no_memory:
    free(held);
    mn_diagram_free(diagram);
    return mn_fail_memory(error);
}

void mn_diagram_free(mn_diagram *diagram)
{
    if (!diagram)
        return;
    if (diagram->next)
        drop_rows(diagram);
    free(diagram->next);
    free(diagram->first);
    free(diagram->state_count);
    free(diagram->outside);
    free(diagram);
}

/* ---- walking ------------------------------------------------------------------------------------------------------------------- */

/* One allocation: pointers to layers, then the layers' cells of `size` bytes. */
static void *new_layers(const mn_diagram *diagram, size_t size)
{
    const size_t layers = (size_t)diagram->node_count + 1;
    size_t cells = 0;
    for (size_t layer = 0; layer < layers; layer++)
        cells += (size_t)diagram->state_count[layer];
    const size_t header = (layers * sizeof(void *) + 15) / 16 * 16;
    char *memory = calloc(1, header + (cells + 1) * size);
    if (!memory)
        return NULL;
    char *at = memory + header;
    for (size_t layer = 0; layer < layers; layer++) {
        ((void **)memory)[layer] = at;
        at += (size_t)diagram->state_count[layer] * size;
    }
    return memory;
}

int64_t **mn_diagram_extremes(const mn_diagram *diagram, const int64_t *values, int sign)
{
    int64_t **extremes = new_layers(diagram, sizeof(int64_t));
    if (!extremes)
        return NULL;
    if (!diagram->empty)
        extremes[diagram->node_count][0] = 0;
    for (int node = diagram->node_count - 1; node >= 0; node--) {
        const int blocks = mn_diagram_blocks(diagram, node);
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const int32_t *row = mn_diagram_row(diagram, node, state);
            int64_t best = 0;
            bool found = false;
            for (int block = 0; block < blocks; block++) {
                if (row[block] < 0)
                    continue;
                const int64_t sum = values[diagram->first[node] + block] + extremes[node + 1][row[block]];
                if (!found || (sign > 0 ? sum < best : sum > best))
                    best = sum;
                found = true;
            }
            extremes[node][state] = best;
        }
    }
    return extremes;
}

unsigned __int128 **mn_diagram_counts(const mn_diagram *diagram)
{
    const unsigned __int128 largest = (unsigned __int128)1 << 127;
    unsigned __int128 **counts = new_layers(diagram, sizeof(unsigned __int128));
    if (!counts)
        return NULL;
    if (!diagram->empty)
        counts[diagram->node_count][0] = 1;
    for (int node = diagram->node_count - 1; node >= 0; node--)
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const int32_t *row = mn_diagram_row(diagram, node, state);
            unsigned __int128 sum = 0;
            for (int block = 0; block < mn_diagram_blocks(diagram, node); block++)
                if (row[block] >= 0) {
                    sum += counts[node + 1][row[block]];
                    sum = sum > largest ? largest : sum;
                }
            counts[node][state] = sum;
        }
    return counts;
}

void mn_diagram_unrank(const mn_diagram *diagram, unsigned __int128 *const *counts, unsigned __int128 rank, uint16_t *network)
{
    int state = 0;
    for (int node = 0; node < diagram->node_count; node++) {
        const int32_t *row = mn_diagram_row(diagram, node, state);
        int block = 0;
        for (;; block++) {
            if (row[block] < 0)
                continue;
            const unsigned __int128 below = counts[node + 1][row[block]];
            if (rank < below)
                break;
            rank -= below;
        }
        network[node] = (uint16_t)block;
        state = row[block];
    }
}

/* ---- exact count as text: numbers of base 10^9 ---------------------------------------------------------------------------------- */

enum { GROUP = 1000000000, GROUP_DIGITS = 9 };

static void add_number(uint32_t *sum, const uint32_t *term, int groups)
{
    uint32_t carry = 0;
    for (int i = 0; i < groups; i++) {
        const uint32_t total = sum[i] + term[i] + carry;
        carry = total >= GROUP;
        sum[i] = carry ? total - GROUP : total;
    }
}

static char *print_number(const uint32_t *number, int groups)
{
    while (groups > 1 && number[groups - 1] == 0)
        groups--;
    char *text = malloc((size_t)groups * GROUP_DIGITS + 2);
    if (!text)
        return NULL;
    int length = sprintf(text, "%u", number[groups - 1]);
    for (int i = groups - 2; i >= 0; i--)
        length += sprintf(text + length, "%09u", number[i]);
    return text;
}

char *mn_diagram_count_text(const mn_diagram *diagram)
{
    double digits = 1;
    int widest = 1;
    for (int node = 0; node < diagram->node_count; node++) {
        digits += __builtin_log10((double)mn_diagram_blocks(diagram, node));
        widest = diagram->state_count[node] > widest ? diagram->state_count[node] : widest;
    }
    const int groups = (int)(digits / GROUP_DIGITS) + 2;
    uint32_t *numbers = mn_new_array((size_t)2 * widest * groups, sizeof *numbers);
    if (!numbers)
        return NULL;
    uint32_t *after = numbers, *here = numbers + (size_t)widest * groups;
    after[0] = !diagram->empty;
    for (int node = diagram->node_count - 1; node >= 0 && !diagram->empty; node--) {
        memset(here, 0, sizeof *here * widest * groups);
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const int32_t *row = mn_diagram_row(diagram, node, state);
            for (int block = 0; block < mn_diagram_blocks(diagram, node); block++)
                if (row[block] >= 0)
                    add_number(here + (size_t)state * groups, after + (size_t)row[block] * groups, groups);
        }
        uint32_t *swap = after;
        after = here;
        here = swap;
    }
    char *text = print_number(after, groups);
    free(numbers);
    return text;
}
