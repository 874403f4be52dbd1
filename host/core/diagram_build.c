/* Builds the diagram in two passes. Forward, a state of a layer is what the rules that began before it and end in it or later must
 * remember: one small number each, a sum over the nodes that the rule names. Backward, states without a way to the
 * end go and states with the same ways become one.
 *
 * When a layer would get too many states, the rule that multiplies them most is forgotten from there on and stays outside. What it
 * has excluded until then breaks it, so the diagram still holds every admissible network.
 *
 * A rule that ties an auxiliary node is such a sum too: its parts' blocks add up to the number of their combination, which the auxiliary
 * node takes away again. It is never forgotten, and the auxiliary node's layer is a list of single blocks. Where factors entangle so many nodes
 * that all of these rules are outside from the start (factors.h), auxiliary nodes are like any other. */
#include "host/core/diagram.h"
#include "host/core/key_set.h"
#include "host/core/memory.h"

enum {
    MOST_CELLS = 1 << 24, /* transitions of a layer: 64 MiB */
    TOO_MANY = MN_TOO_MANY_KEYS,
    NO_MEMORY = MN_NO_KEY_MEMORY
};

/* ---- what a rule must remember: a sum over the nodes that it names ----------------------------------------------------------------- */

/* Where a rule begins and ends, and about how many sums it can have between. */
typedef struct span {
    int begin, end; /* nodes; begin > end: it names none */
    int memories;
    bool held;
} span;

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int part_count(const mn_rule *rule)
{
    if (rule->kind == MN_RULE_COMBINE)
        return rule->auxiliary->part_count + 1;
    return rule->kind == MN_RULE_EQUAL ? 2 : rule->set_count;
}

static int node_of_part(const mn_rule *rule, int part)
{
    if (rule->kind == MN_RULE_COMBINE)
        return part < rule->auxiliary->part_count ? rule->auxiliary->parts[part] : rule->auxiliary->node;
    return rule->kind == MN_RULE_EQUAL ? rule->node[part] : rule->sets[part].node;
}

static span span_of(const mn_rule *rule, const mn_diagram *diagram)
{
    span s = {.begin = INT32_MAX, .end = -1, .memories = 2, .held = true};
    for (int part = 0; part < part_count(rule); part++) {
        const int node = node_of_part(rule, part);
        s.begin = smaller(node, s.begin);
        s.end = node > s.end ? node : s.end;
    }
    if (rule->kind == MN_RULE_EQUAL)
        s.memories = mn_diagram_blocks(diagram, s.begin);
    if (rule->kind == MN_RULE_AT_MOST)
        s.memories = smaller(rule->k, rule->set_count) + 1;
    return s;
}

/* What a block of the part's node adds to the rule's sum. Equal: the name, once added, once subtracted. At most: 1 for a member.
 * If-then: 1 for a met condition and 1 for a missed consequence; at most one of them may be. */
static int term_of(const mn_rule *rule, int part, int block)
{
    if (rule->kind == MN_RULE_COMBINE)
        return part < rule->auxiliary->part_count ? rule->auxiliary->strides[part] * block : -block;
    if (rule->kind == MN_RULE_EQUAL)
        return part == 0 ? rule->name_of[0][block] : -rule->name_of[1][block];
    return rule->sets[part].member[block] != (rule->kind == MN_RULE_THEN && part == 1);
}

static bool breaks(const mn_rule *rule, bool at_end, int sum)
{
    if (rule->kind == MN_RULE_EQUAL || rule->kind == MN_RULE_COMBINE)
        return at_end && sum != 0;
    return sum > (rule->kind == MN_RULE_AT_MOST ? rule->k : 1);
}

/* ---- forward ------------------------------------------------------------------------------------------------------------------------ */

/* A node's mention in a rule. */
typedef struct mention {
    int rule, part;
} mention;

/* One rule's way through one node: from its place in the memories before it (-1: it begins here) to that behind (-1: it ends). */
typedef struct passage {
    int rule, from, to;
    int *terms; /* [blocks]; NULL: the node is not named */
} passage;

typedef struct builder {
    mn_diagram *diagram;
    const mn_rule *rules;
    int rule_count;
    const bool *allowed;
    span *spans; /* [rule_count] */
    mention *mentions;
    int *first_mention; /* [node_count + 1] mentions of each node, by rule */
    int *live;          /* [live_count] rules whose sums are a state's memory, in this order */
    int live_count;
    int *place;        /* [rule_count] of a live rule in `live`, otherwise -1 */
    int *combining;    /* [node_count] the rule that the node is auxiliary of, otherwise -1 */
    passage *passages; /* [rule_count] through the present node */
    int passage_count;
    int *terms;      /* of the present node */
    int32_t *memory; /* [rule_count] scratch */
    mn_key_set here, after;
} builder;

static bool index_mentions(builder *b)
{
    const int nodes = b->diagram->node_count;
    b->first_mention = mn_new_array((size_t)nodes + 2, sizeof *b->first_mention);
    if (!b->first_mention)
        return false;
    int *next =
        b->first_mention + 1; /* counts, then where a node's next mention goes, at last where the next node's begin */
    for (int i = 0; i < b->rule_count; i++)
        for (int part = 0; part < part_count(&b->rules[i]); part++)
            next[node_of_part(&b->rules[i], part) + 1]++;
    for (int node = 0; node < nodes; node++)
        next[node + 1] += next[node];
    b->mentions = mn_new_array((size_t)next[nodes], sizeof *b->mentions);
    if (!b->mentions)
        return false;
    for (int i = 0; i < b->rule_count; i++)
        for (int part = 0; part < part_count(&b->rules[i]); part++)
            b->mentions[next[node_of_part(&b->rules[i], part)]++] = (mention){i, part};
    return true;
}

/* Lists how each rule passes `node`. */
static bool plan_passages(builder *b, int node)
{
    const size_t blocks = (size_t)mn_diagram_blocks(b->diagram, node);
    const int begin = b->first_mention[node], end = b->first_mention[node + 1];
    free(b->terms);
    b->terms = mn_new_array((size_t)(end - begin) * blocks, sizeof *b->terms);
    if (!b->terms)
        return false;
    for (int i = 0; i < b->live_count; i++) {
        b->place[b->live[i]] = i;
        b->passages[i] = (passage){.rule = b->live[i], .from = i};
    }
    b->passage_count = b->live_count;
    for (int i = begin; i < end; i++) {
        const int rule = b->mentions[i].rule;
        if (b->place[rule] < 0) {
            b->place[rule] = b->passage_count;
            b->passages[b->passage_count++] = (passage){.rule = rule, .from = -1};
        }
        passage *p = &b->passages[b->place[rule]];
        if (!p->terms)
            p->terms = b->terms + (size_t)(i - begin) * blocks;
        for (size_t block = 0; block < blocks; block++)
            p->terms[block] += term_of(&b->rules[rule], b->mentions[i].part, (int)block);
    }
    for (int i = 0; i < b->passage_count; i++)
        b->place[b->passages[i].rule] = -1;
    return true;
}

/* Gives the rules that go on behind `node` their places; returns how many there are. */
static int place_rules(builder *b, int node)
{
    int places = 0, kept = 0;
    for (int i = 0; i < b->passage_count; i++) {
        passage p = b->passages[i];
        if (!b->spans[p.rule].held)
            continue;
        p.to = b->spans[p.rule].end > node ? places++ : -1;
        b->passages[kept++] = p;
    }
    b->passage_count = kept;
    return places;
}

/* Memories behind `node` into b->memory; false when a rule is broken. */
static bool pass(const builder *b, const int32_t *memory, int block)
{
    for (int i = 0; i < b->passage_count; i++) {
        const passage *p = &b->passages[i];
        int value = p->from < 0 ? 0 : memory[p->from];
        if (p->terms) {
            value += p->terms[block];
            if (breaks(&b->rules[p->rule], p->to < 0, value))
                return false;
        }
        if (p->to >= 0)
            b->memory[p->to] = value;
    }
    return true;
}

/* Whether the rule still holds behind the present node. */
static bool goes_on(const passage *p)
{
    return p->to >= 0;
}

/* The layer of an auxiliary node: the one block that the rule's sum names. Returns 0, TOO_MANY or NO_MEMORY. */
static int expand_auxiliary(builder *b, int node)
{
    const passage *own = b->passages;
    while (own->rule != b->combining[node])
        own++;
    for (int state = 0; state < b->here.count; state++) {
        const int32_t *memory = b->here.keys + (size_t)state * (size_t)b->here.width;
        const int32_t block = memory[own->from];
        b->diagram->forced[node][state] = block;
        pass(b, memory, block);
        const int next = mn_key_set_find(&b->after, b->memory);
        b->diagram->next[node][state] = next;
        if (next < 0)
            return next;
    }
    return 0;
}

/* All transitions of a layer. Returns 0, TOO_MANY or NO_MEMORY. */
static int expand(builder *b, int node)
{
    if (b->combining[node] >= 0)
        return expand_auxiliary(b, node);
    const int *first = b->diagram->first;
    const int blocks = mn_diagram_blocks(b->diagram, node);
    for (int state = 0; state < b->here.count; state++) {
        const int32_t *memory = b->here.keys + (size_t)state * (size_t)b->here.width;
        int32_t *row = b->diagram->next[node] + (size_t)state * (size_t)blocks;
        for (int block = 0; block < blocks; block++) {
            row[block] = -1;
            if ((b->allowed && !b->allowed[first[node] + block]) || !pass(b, memory, block))
                continue;
            row[block] = mn_key_set_find(&b->after, b->memory);
            if (row[block] < 0)
                return row[block];
        }
    }
    return 0;
}

/* Of the rules that go on behind the node, the one with most memories (then the last to end) is held no longer. False when there is
 * none that may be forgotten. */
static bool forget_a_rule(builder *b)
{
    span *widest = NULL;
    for (int i = 0; i < b->passage_count; i++) {
        span *s = &b->spans[b->passages[i].rule];
        if (!goes_on(&b->passages[i]) || b->rules[b->passages[i].rule].kind == MN_RULE_COMBINE)
            continue;
        if (!widest || s->memories > widest->memories || (s->memories == widest->memories && s->end > widest->end))
            widest = s;
    }
    if (widest)
        widest->held = false;
    return widest;
}

/* How many states may stand behind node `node`. */
static int most_states(const builder *b, int node)
{
    const mn_diagram *diagram = b->diagram;
    if (node + 1 == diagram->node_count)
        return 1;
    int most = MN_MAX_STATES;
    for (int i = 0; i < b->passage_count; i++)
        if (goes_on(&b->passages[i]) && b->rules[b->passages[i].rule].kind == MN_RULE_COMBINE)
            most = MN_MAX_FACTOR_STATES;
    if (b->combining[node + 1] >= 0)
        return most;
    return smaller(MOST_CELLS / (mn_diagram_blocks(diagram, node + 1) + 1), most);
}

/* Room for the transitions of a layer. */
static bool make_layer(mn_diagram *diagram, int node, bool auxiliary, int states)
{
    const size_t width = auxiliary ? 1 : (size_t)mn_diagram_blocks(diagram, node);
    diagram->next[node] = mn_new_array((size_t)states * width, sizeof(int32_t));
    if (auxiliary)
        diagram->forced[node] = mn_new_array((size_t)states, sizeof(int32_t));
    return diagram->next[node] && (!auxiliary || diagram->forced[node]);
}

static int expand_layer(builder *b, int node)
{
    mn_diagram *diagram = b->diagram;
    const mn_key_set swap = b->here;
    b->here = b->after;
    b->after = swap;
    diagram->state_count[node] = b->here.count;
    if (!make_layer(diagram, node, b->combining[node] >= 0, b->here.count) || !plan_passages(b, node))
        return NO_MEMORY;

    int outcome;
    for (;;) {
        const int places = place_rules(b, node);
        mn_key_set_clear(&b->after, places, most_states(b, node));
        outcome = expand(b, node);
        if (outcome != TOO_MANY || !forget_a_rule(b))
            break;
    }
    b->live_count = 0;
    for (int i = 0; i < b->passage_count; i++)
        if (b->passages[i].to >= 0)
            b->live[b->live_count++] = b->passages[i].rule;
    return outcome;
}

/* ---- backward ----------------------------------------------------------------------------------------------------------------------- */

/* Rewrites one layer's rows by `remap` of the next layer's states, keeps those that lead to the end, each once, and fills `own` with
 * this layer's map. Returns false when memory ran out. */
static bool merge_layer(mn_diagram *diagram, int node, mn_key_set *rows, const int32_t *remap, int32_t *own)
{
    const int blocks = mn_diagram_blocks(diagram, node);
    mn_key_set_clear(rows, blocks, diagram->state_count[node]);
    for (int state = 0; state < diagram->state_count[node]; state++) {
        int32_t *row = diagram->next[node] + (size_t)state * (size_t)blocks;
        bool alive = false;
        for (int block = 0; block < blocks; block++) {
            row[block] = row[block] < 0 ? -1 : remap[row[block]];
            alive |= row[block] >= 0;
        }
        own[state] = alive ? mn_key_set_find(rows, row) : -1;
        if (alive && own[state] < 0)
            return false;
    }
    diagram->state_count[node] = rows->count;
    const size_t cells = (size_t)rows->count * (size_t)blocks;
    if (cells > 0)
        memcpy(diagram->next[node], rows->keys, sizeof(int32_t) * cells);
    int32_t *shorter = realloc(diagram->next[node], sizeof *shorter * (cells + 1));
    if (!shorter)
        return false;
    diagram->next[node] = shorter;
    return true;
}

/* The same for the layer of an auxiliary node: states are the same when block and next state are. */
static bool merge_auxiliary_layer(mn_diagram *diagram, int node, mn_key_set *rows, const int32_t *remap, int32_t *own)
{
    mn_key_set_clear(rows, 2, diagram->state_count[node]);
    for (int state = 0; state < diagram->state_count[node]; state++) {
        const int32_t key[2] = {diagram->forced[node][state], remap[diagram->next[node][state]]};
        own[state] = key[1] >= 0 ? mn_key_set_find(rows, key) : -1;
        if (key[1] >= 0 && own[state] < 0)
            return false;
    }
    diagram->state_count[node] = rows->count;
    for (int state = 0; state < rows->count; state++) {
        diagram->forced[node][state] = rows->keys[2 * state];
        diagram->next[node][state] = rows->keys[2 * state + 1];
    }
    return true;
}

static int most_states_of(const mn_diagram *diagram)
{
    int most = 1;
    for (int node = 0; node < diagram->node_count; node++)
        most = diagram->state_count[node] > most ? diagram->state_count[node] : most;
    return most;
}

static int merge(mn_diagram *diagram, mn_key_set *rows)
{
    const size_t most = (size_t)most_states_of(diagram);
    int32_t *maps = mn_new_array(2 * most, sizeof *maps);
    if (!maps)
        return NO_MEMORY;
    int32_t *remap = maps, *own = maps + most;
    bool merged = true;
    for (int node = diagram->node_count - 1; node >= 0 && merged; node--) {
        merged = diagram->forced[node] ? merge_auxiliary_layer(diagram, node, rows, remap, own)
                                       : merge_layer(diagram, node, rows, remap, own);
        int32_t *swap = remap;
        remap = own;
        own = swap;
    }
    free(maps);
    diagram->empty = diagram->state_count[0] == 0;
    diagram->free = !diagram->empty;
    for (int node = 0; node < diagram->node_count; node++)
        diagram->free &= diagram->state_count[node] == 1;
    if (diagram->empty)
        memset(diagram->state_count, 0, sizeof *diagram->state_count * ((size_t)diagram->node_count + 1));
    return merged ? 0 : NO_MEMORY;
}

/* ---- both --------------------------------------------------------------------------------------------------------------------------- */

static bool builder_make(builder *b)
{
    const size_t count = (size_t)b->rule_count;
    b->spans = mn_new_array(count, sizeof *b->spans);
    b->live = mn_new_array(count, sizeof *b->live);
    b->place = mn_new_array(count, sizeof *b->place);
    b->passages = mn_new_array(count, sizeof *b->passages);
    b->memory = mn_new_array(count, sizeof *b->memory);
    b->combining = mn_new_array((size_t)b->diagram->node_count, sizeof *b->combining);
    if (!b->spans || !b->live || !b->place || !b->passages || !b->memory || !b->combining)
        return false;
    for (int node = 0; node < b->diagram->node_count; node++)
        b->combining[node] = -1;
    int most = MN_MAX_STATES;
    for (int i = 0; i < b->rule_count; i++) {
        b->spans[i] = span_of(&b->rules[i], b->diagram);
        b->place[i] = -1;
        if (b->rules[i].kind == MN_RULE_COMBINE && b->rules[i].auxiliary->outside) {
            b->spans[i].held = false;
        } else if (b->rules[i].kind == MN_RULE_COMBINE) {
            b->combining[b->rules[i].auxiliary->node] = i;
            most = MN_MAX_FACTOR_STATES;
        }
    }
    return mn_key_set_make(&b->here, most) && mn_key_set_make(&b->after, most) && index_mentions(b);
}

static void builder_free(builder *b)
{
    free(b->spans);
    free(b->mentions);
    free(b->first_mention);
    free(b->live);
    free(b->place);
    free(b->combining);
    free(b->passages);
    free(b->terms);
    free(b->memory);
    mn_key_set_free(&b->here);
    mn_key_set_free(&b->after);
}

static int build(builder *b)
{
    mn_diagram *diagram = b->diagram;
    if (!builder_make(b))
        return NO_MEMORY;
    mn_key_set_clear(&b->after, 0, 1);
    int outcome = mn_key_set_find(&b->after, b->memory); /* the one state before the first node remembers nothing */
    for (int node = 0; node < diagram->node_count && outcome >= 0; node++)
        outcome = expand_layer(b, node);
    if (outcome < 0)
        return outcome;
    diagram->state_count[diagram->node_count] = 1;
    for (int i = 0; i < b->rule_count; i++)
        if (!b->spans[i].held)
            diagram->outside[diagram->outside_count++] = i;
    return merge(diagram, &b->after);
}

mn_status mn_diagram_build(int node_count, const int *first, const mn_rule *rules, int rule_count, const bool *allowed,
                           mn_error *error, mn_diagram **result)
{
    *result = NULL;
    mn_diagram *diagram = mn_new_array(1, sizeof *diagram);
    if (!diagram)
        return mn_fail_memory(error);
    diagram->node_count = node_count;
    diagram->first = mn_new_array((size_t)node_count + 1, sizeof *diagram->first);
    diagram->state_count = mn_new_array((size_t)node_count + 1, sizeof *diagram->state_count);
    diagram->next = mn_new_array((size_t)node_count, sizeof *diagram->next);
    diagram->forced = mn_new_array((size_t)node_count, sizeof *diagram->forced);
    diagram->outside = mn_new_array((size_t)rule_count, sizeof *diagram->outside);
    int outcome =
        diagram->first && diagram->state_count && diagram->next && diagram->forced && diagram->outside ? 0 : NO_MEMORY;
    if (outcome == 0) {
        memcpy(diagram->first, first, sizeof *first * ((size_t)node_count + 1));
        builder b = {.diagram = diagram, .rules = rules, .rule_count = rule_count, .allowed = allowed};
        outcome = build(&b);
        builder_free(&b);
    }
    if (outcome < 0) {
        mn_diagram_free(diagram);
        return outcome == NO_MEMORY
                   ? mn_fail_memory(error)
                   : mn_fail(error, MN_BAD_INPUT, "the factors need more than %d states between two nodes",
                             MN_MAX_FACTOR_STATES);
    }
    *result = diagram;
    return MN_OK;
}
