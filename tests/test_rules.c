/* Rules and the diagram that holds them: on small random spaces every path is compared with enumeration by the rules' definitions;
 * on large ones counts and times are. */
#include "host/core/diagram.h"
#include "host/core/memory.h"
#include "tests/processor_time.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

enum { MOST_NODES = 1000, MOST_RULES = 1000 };

typedef struct space {
    int node_count;
    int first[MOST_NODES + 1];
    mn_rule rules[MOST_RULES];
    int rule_count;
} space;

static int blocks_of(const space *s, int node)
{
    return s->first[node + 1] - s->first[node];
}

static space *new_space(int nodes, int blocks)
{
    space *s = mn_new_array(1, sizeof *s);
    cr_assert(s);
    s->node_count = nodes;
    for (int node = 0; node < nodes; node++)
        s->first[node + 1] = s->first[node] + blocks;
    return s;
}

static void free_space(space *s)
{
    for (int i = 0; i < s->rule_count; i++)
        mn_rule_free(&s->rules[i]);
    free(s);
}

/* A rule over `count` sets without members. */
static mn_rule *add_rule(space *s, mn_rule_kind kind, int count)
{
    mn_rule *rule = &s->rules[s->rule_count++];
    rule->kind = kind;
    rule->set_count = count;
    rule->sets = mn_new_array((size_t)count, sizeof *rule->sets);
    cr_assert(rule->sets);
    return rule;
}

static mn_choice_set *place_set(const space *s, mn_rule *rule, int index, int node)
{
    mn_choice_set *set = &rule->sets[index];
    set->node = node;
    set->block_count = blocks_of(s, node);
    set->member = mn_new_array((size_t)set->block_count, sizeof *set->member);
    cr_assert(set->member);
    return set;
}

/* "node `from` takes block a => node `to` takes block b", or does not take it. */
static void add_then(space *s, mn_rule_kind kind, int from, int a, int to, int b)
{
    mn_rule *rule = add_rule(s, kind, 2);
    place_set(s, rule, 0, from)->member[a] = true;
    place_set(s, rule, 1, to)->member[b] = true;
}

static mn_rule *add_equal(space *s, int a, int b)
{
    mn_rule *rule = add_rule(s, MN_RULE_EQUAL, 0);
    for (int side = 0; side < 2; side++) {
        rule->node[side] = side ? b : a;
        const int blocks = blocks_of(s, rule->node[side]);
        rule->name_of[side] = mn_new_array((size_t)blocks, sizeof *rule->name_of[side]);
        cr_assert(rule->name_of[side]);
        for (int block = 0; block < blocks; block++)
            rule->name_of[side][block] = block;
    }
    return rule;
}

static void add_random_set_rule(space *s, uint64_t *state)
{
    const mn_rule_kind kind = (mn_rule_kind)random_below(state, 3);
    const int count = kind == MN_RULE_AT_MOST ? (int)random_below(state, 6) : 2;
    mn_rule *rule = add_rule(s, kind, count);
    const uint64_t one_in = 2 + random_below(state, 3);
    for (int i = 0; i < count; i++) {
        mn_choice_set *set = place_set(s, rule, i, (int)random_below(state, (uint64_t)s->node_count));
        for (int block = 0; block < set->block_count; block++)
            set->member[block] = random_below(state, one_in) == 0;
    }
    rule->k = kind == MN_RULE_AT_MOST ? (int)random_below(state, (uint64_t)count + 2) : 0;
}

static void add_random_equal(space *s, uint64_t *state)
{
    const int a = (int)random_below(state, (uint64_t)s->node_count - 1);
    const int b = a + 1 + (int)random_below(state, (uint64_t)(s->node_count - 1 - a));
    mn_rule *rule = add_equal(s, a, b);
    const int shift = (int)random_below(state, 3); /* names that only one of the nodes has */
    for (int side = 0; side < 2; side++)
        for (int block = 0; block < blocks_of(s, rule->node[side]); block++)
            rule->name_of[side][block] = (block + side * shift) * 7 % 11;
}

static space *random_space(uint64_t *state)
{
    space *s = new_space(1 + (int)random_below(state, 5), 1);
    for (int node = 0; node < s->node_count; node++)
        s->first[node + 1] = s->first[node] + 1 + (int)random_below(state, 5);
    for (uint64_t rules = random_below(state, 7); rules > 0; rules--)
        if (s->node_count > 1 && random_below(state, 5) == 0)
            add_random_equal(s, state);
        else
            add_random_set_rule(s, state);
    return s;
}

/* The definition, written apart from host/core/rules.c. */
static bool obeys(const mn_rule *rule, const uint16_t *network)
{
    if (rule->kind == MN_RULE_EQUAL) {
        const int *left = rule->name_of[0], *right = rule->name_of[1];
        return left[network[rule->node[0]]] == right[network[rule->node[1]]];
    }
    int held[64], total = 0;
    for (int i = 0; i < rule->set_count; i++)
        total += held[i] = rule->sets[i].member[network[rule->sets[i].node]];
    if (rule->kind == MN_RULE_AT_MOST)
        return total <= rule->k;
    return held[0] == 0 || held[1] == (rule->kind == MN_RULE_THEN);
}

static bool next_network(const space *s, uint16_t *network)
{
    for (int node = s->node_count - 1; node >= 0; node--) {
        if (++network[node] < blocks_of(s, node))
            return true;
        network[node] = 0;
    }
    return false;
}

static mn_diagram *build(const space *s, const bool *allowed)
{
    mn_diagram *diagram = NULL;
    mn_error error = {0};
    cr_assert_eq(mn_diagram_build(s->node_count, s->first, s->rules, s->rule_count, allowed, &error, &diagram), MN_OK);
    cr_assert_eq(diagram->node_count, s->node_count);
    return diagram;
}

static bool has_path(const mn_diagram *diagram, const uint16_t *network)
{
    int state = diagram->empty ? -1 : 0;
    for (int node = 0; node < diagram->node_count && state >= 0; node++)
        state = mn_row_next(mn_diagram_row(diagram, node, state), network[node]);
    return state >= 0;
}

static int64_t best_from(const mn_diagram *diagram, const int64_t *values, int sign, int node, int state)
{
    if (node == diagram->node_count)
        return 0;
    int64_t best = INT64_MAX;
    for (int block = 0; block < mn_diagram_blocks(diagram, node); block++) {
        const int next = mn_row_next(mn_diagram_row(diagram, node, state), block);
        if (next < 0)
            continue;
        const int64_t sum =
            sign * values[diagram->first[node] + block] + best_from(diagram, values, sign, node + 1, next);
        best = sum < best ? sum : best;
    }
    return best;
}

static void check_extremes(const mn_diagram *diagram, uint64_t *state)
{
    int64_t values[64];
    for (int item = 0; item < diagram->first[diagram->node_count]; item++)
        values[item] = (int64_t)random_below(state, 2001) - 1000;
    for (int sign = -1; sign <= 1; sign += 2) {
        int64_t **extremes = mn_diagram_extremes(diagram, values, sign);
        cr_assert(extremes);
        for (int node = 0; node <= diagram->node_count; node++)
            for (int s = 0; s < diagram->state_count[node]; s++)
                cr_assert_eq(extremes[node][s], sign * best_from(diagram, values, sign, node, s));
        free(extremes);
    }
}

/* Every state can be reached and left, and no two states of a layer are the same; `free` and `empty` say what they mean. */
static void check_shape(const mn_diagram *diagram)
{
    cr_assert_eq(diagram->state_count[diagram->node_count], !diagram->empty);
    bool narrow = !diagram->empty;
    for (int node = 0; node < diagram->node_count; node++) {
        const int blocks = mn_diagram_blocks(diagram, node), after = diagram->state_count[node + 1];
        bool *reached = mn_new_array((size_t)after, sizeof *reached);
        for (int s = 0; s < diagram->state_count[node]; s++) {
            const mn_row row = mn_diagram_row(diagram, node, s);
            bool alive = false;
            for (int block = row.begin; block < row.end; block++) {
                cr_assert(mn_row_next(row, block) >= -1 && mn_row_next(row, block) < after);
                if (mn_row_next(row, block) >= 0)
                    alive = reached[mn_row_next(row, block)] = true;
            }
            cr_assert(alive);
            for (int other = 0; other < s; other++)
                cr_assert(memcmp(row.next, mn_diagram_row(diagram, node, other).next,
                                 sizeof *row.next * (size_t)blocks) != 0);
        }
        for (int s = 0; s < after; s++)
            cr_assert(reached[s] || diagram->empty);
        free(reached);
        narrow = narrow && diagram->state_count[node] == 1;
    }
    cr_assert_eq(diagram->state_count[0], !diagram->empty);
    cr_assert_eq(diagram->free, narrow);
}

static void check_against_enumeration(const space *s, const bool *allowed, uint64_t seed, uint64_t *state)
{
    mn_diagram *diagram = build(s, allowed);
    cr_assert_eq(diagram->outside_count, 0, "seed %" PRIu64, seed);
    unsigned __int128 **counts = mn_diagram_counts(diagram);
    cr_assert(counts);
    uint16_t network[MOST_NODES] = {0}, drawn[MOST_NODES] = {0};
    uint64_t admitted = 0;
    do {
        int broken = -1;
        for (int i = s->rule_count - 1; i >= 0; i--) {
            cr_assert_eq(mn_rule_admits(&s->rules[i], network), obeys(&s->rules[i], network), "seed %" PRIu64, seed);
            broken = obeys(&s->rules[i], network) ? broken : i;
        }
        cr_assert_eq(mn_rules_broken(s->rules, s->rule_count, network), broken);
        cr_assert_eq(mn_rules_admit(s->rules, s->rule_count, network), broken < 0);
        bool expected = broken < 0;
        for (int node = 0; node < s->node_count; node++)
            expected = expected && (!allowed || allowed[s->first[node] + network[node]]);
        cr_assert_eq(has_path(diagram, network), expected, "seed %" PRIu64, seed);
        if (!expected)
            continue;
        mn_diagram_unrank(diagram, (unsigned __int128 *const *)counts, admitted++, drawn);
        cr_assert_arr_eq(drawn, network, sizeof *drawn * (size_t)s->node_count, "seed %" PRIu64 ": rank", seed);
    } while (next_network(s, network));
    cr_assert_eq(diagram->empty, admitted == 0);
    cr_assert_eq(admitted == 0 ? 0 : (uint64_t)counts[0][0], admitted);
    char expected_text[32], *text = mn_diagram_count_text(diagram);
    snprintf(expected_text, sizeof expected_text, "%" PRIu64, admitted);
    cr_assert_str_eq(text, expected_text);
    check_shape(diagram);
    check_extremes(diagram, state);
    free(text);
    free(counts);
    mn_diagram_free(diagram);
}

Test(rules, paths_are_the_admitted_networks)
{
    for (uint64_t seed = 1; seed <= 1500; seed++) {
        uint64_t state = seed;
        space *s = random_space(&state);
        bool allowed[64];
        for (int item = 0; item < 64; item++)
            allowed[item] = random_below(&state, 5) != 0;
        check_against_enumeration(s, seed % 2 ? allowed : NULL, seed, &state);
        free_space(s);
    }
}

Test(rules, corner_cases_agree_with_enumeration)
{
    uint64_t state = 1;
    space *s = new_space(4, 3);
    add_then(s, MN_RULE_THEN, 3, 0, 0, 1);     /* the condition comes after what it asks for */
    add_then(s, MN_RULE_THEN_NOT, 2, 1, 1, 2); /* likewise */
    add_then(s, MN_RULE_THEN, 1, 0, 1, 1);     /* one node: its block 0 is out */
    add_then(s, MN_RULE_THEN_NOT, 2, 2, 2, 2); /* one node, one block: out */
    add_then(s, MN_RULE_THEN, 0, 1, 0, 1);     /* always holds */
    check_against_enumeration(s, NULL, 0, &state);

    mn_rule *thrice = add_rule(s, MN_RULE_AT_MOST, 4); /* the same set three times counts three times */
    thrice->k = 2;
    for (int i = 0; i < 3; i++)
        place_set(s, thrice, i, 1)->member[1] = true;
    place_set(s, thrice, 3, 3);
    check_against_enumeration(s, NULL, 0, &state);
    free_space(s);
}

Test(rules, the_two_nodes_of_an_equal_rule_in_any_order)
{
    uint64_t state = 1;
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++) {
            space *s = new_space(4, 3);
            add_equal(s, a, b);
            add_equal(s, 1, 2);
            check_against_enumeration(s, NULL, 0, &state);
            free_space(s);
        }
}

Test(rules, nothing_admissible)
{
    space *s = new_space(3, 2);
    uint64_t state = 1;
    bool allowed[6] = {true, true, false, false, true, true};
    check_against_enumeration(s, allowed, 0, &state);

    add_then(s, MN_RULE_THEN, 0, 0, 2, 0);
    add_then(s, MN_RULE_THEN, 0, 0, 2, 1);
    add_then(s, MN_RULE_THEN, 0, 1, 2, 0);
    add_then(s, MN_RULE_THEN, 0, 1, 2, 1);
    check_against_enumeration(s, NULL, 0, &state);
    mn_diagram *diagram = build(s, NULL);
    cr_assert(diagram->empty && !diagram->free);
    mn_diagram_free(diagram);

    free_space(s);
    s = new_space(2, 2);
    mn_rule *none = add_rule(s, MN_RULE_AT_MOST, 2); /* at most 0 of "any block at all" */
    for (int i = 0; i < 2; i++)
        memset(place_set(s, none, i, i)->member, true, 2);
    check_against_enumeration(s, NULL, 0, &state);
    free_space(s);
}

/* 2^127 and more cannot be told apart as numbers, never wrap around, and are exact as text. */
Test(rules, huge_spaces_are_counted)
{
    static const struct {
        int nodes;
        const char *text;
    } powers[] = {{126, "85070591730234615865843651857942052864"},
                  {127, "170141183460469231731687303715884105728"},
                  {128, "340282366920938463463374607431768211456"},
                  {129, "680564733841876926926749214863536422912"},
                  {130, "1361129467683753853853498429727072845824"},
                  {200, "1606938044258990275541962092341162602522202993782792835301376"}};
    const unsigned __int128 largest = (unsigned __int128)1 << 127;
    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
        space *s = new_space(powers[i].nodes, 2);
        mn_diagram *diagram = build(s, NULL);
        cr_assert(diagram->free);
        unsigned __int128 **counts = mn_diagram_counts(diagram);
        for (int node = 0; node <= s->node_count; node++) {
            const int left = s->node_count - node;
            cr_assert(counts[node][0] == (left < 127 ? (unsigned __int128)1 << left : largest), "2^%d", left);
        }
        char *text = mn_diagram_count_text(diagram);
        cr_assert_str_eq(text, powers[i].text);
        uint16_t network[MOST_NODES];
        mn_diagram_unrank(diagram, (unsigned __int128 *const *)counts, 5, network);
        for (int node = 0; node < s->node_count; node++)
            cr_assert_eq(network[node], node == s->node_count - 1 || node == s->node_count - 3, "rank 5 is 101");
        free(text);
        free(counts);
        mn_diagram_free(diagram);
        free_space(s);
    }
}

/* Nodes with rules among many without: 10^k times what the rules leave. */
Test(rules, counts_with_few_rules_are_exact)
{
    for (int gap = 1; gap <= 40; gap++) {
        space *s = new_space(150, 10);
        add_then(s, MN_RULE_THEN_NOT, 70, 0, 70 + gap, 0); /* excludes 1 of 100 pairs */
        add_then(s, MN_RULE_THEN, 3, 9, 4, 9);             /* excludes 9 of 100 */
        mn_diagram *diagram = build(s, NULL);
        char *text = mn_diagram_count_text(diagram), expected[160];
        memcpy(expected, "9009", 4); /* 99 * 91 */
        memset(expected + 4, '0', 146);
        expected[150] = 0;
        cr_assert_str_eq(text, expected, "gap %d", gap);
        free(text);
        mn_diagram_free(diagram);
        free_space(s);
    }
}

/* Six equal rules over nodes of 40 blocks need 40^6 states: some stay outside, and the diagram with them is still exact. */
Test(rules, rules_that_need_too_many_states_stay_outside)
{
    space *s = new_space(13, 40);
    for (int i = 0; i < 6; i++)
        add_equal(s, i, i + 6);
    add_then(s, MN_RULE_THEN_NOT, 0, 3, 12, 4);
    mn_diagram *diagram = build(s, NULL);
    cr_assert(diagram->outside_count > 0 && diagram->outside_count <= 4, "%d", diagram->outside_count);
    bool outside[7] = {false};
    for (int i = 0; i < diagram->outside_count; i++) {
        cr_assert(i == 0 || diagram->outside[i - 1] < diagram->outside[i]);
        outside[diagram->outside[i]] = true;
    }
    cr_assert_not(outside[6], "the rule that needs two states is held");
    for (int node = 0; node < s->node_count; node++)
        cr_assert(diagram->state_count[node] <= MN_MAX_STATES);

    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        uint16_t network[13];
        for (int node = 0; node < 13; node++)
            network[node] = node >= 6 && node < 12 && random_below(&state, 16) ? network[node - 6]
                                                                               : (uint16_t)random_below(&state, 40);
        if (random_below(&state, 2)) {
            network[0] = network[6] = 3;
            network[12] = (uint16_t)(4 + random_below(&state, 2));
        }
        bool admitted = has_path(diagram, network), held = true;
        for (int rule = 0; rule < s->rule_count; rule++)
            held = held && (outside[rule] || obeys(&s->rules[rule], network));
        cr_assert(held || !admitted, "seed 1, step %d: a held rule is broken", i);
        for (int k = 0; k < diagram->outside_count; k++)
            admitted = admitted && mn_rule_admits(&s->rules[diagram->outside[k]], network);
        cr_assert_eq(admitted, mn_rules_admit(s->rules, s->rule_count, network), "seed 1, step %d", i);
    }
    mn_diagram_free(diagram);
    free_space(s);
}

static double seconds_to_build(const space *s, mn_diagram **diagram)
{
    const double start = processor_seconds();
    *diagram = build(s, NULL);
    char *text = mn_diagram_count_text(*diagram);
    unsigned __int128 **counts = mn_diagram_counts(*diagram);
    cr_assert(text && counts);
    free(text);
    free(counts);
    return processor_seconds() - start;
}

static void expect_quick(const space *s, const char *what)
{
    mn_diagram *diagram;
    const double seconds = seconds_to_build(s, &diagram);
    cr_log_info("%s: %.3f s", what, seconds);
    cr_expect(seconds < seconds_worth(3), "%s: %.2f s", what, seconds);
    mn_diagram_free(diagram);
}

Test(rules, large_spaces_are_quick)
{
    space *s = new_space(1000, 100);
    expect_quick(s, "no rules");
    mn_diagram *diagram;
    seconds_to_build(s, &diagram);
    char *text = mn_diagram_count_text(diagram);
    cr_assert(strlen(text) == 2001 && text[0] == '1' && strspn(text + 1, "0") == 2000, "100^1000");
    free(text);
    mn_diagram_free(diagram);
    for (int node = 0; node + 1 < 1000; node++)
        add_then(s, MN_RULE_THEN, node, 99, node + 1, 99);
    expect_quick(s, "a chain of 999 rules");
    free_space(s);

    s = new_space(1000, 20);
    mn_rule *rule = add_rule(s, MN_RULE_AT_MOST, 1000);
    rule->k = 300;
    for (int node = 0; node < 1000; node++)
        place_set(s, rule, node, node)->member[7] = true;
    expect_quick(s, "at most 300 of 1000");
    free_space(s);

    s = new_space(200, 30);
    for (int node = 0; node < 100; node++)
        add_equal(s, node, 199 - node);
    expect_quick(s, "a hundred nested equal rules");
    free_space(s);

    s = new_space(200, 10);
    for (int i = 0; i < 100; i++)
        add_then(s, MN_RULE_THEN_NOT, i, 0, 100 + i, 0);
    expect_quick(s, "a hundred rules across the space");
    free_space(s);
}
