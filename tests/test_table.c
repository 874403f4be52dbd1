/* mn_table_prepare: what it numbers and counts, and the sentence of everything that it refuses; lookups and evaluation. */
#include "host/core/memory.h"
#include "host/core/table.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

/* A table as its reader leaves it: nothing derived yet. */
static mn_table *unprepared(uint64_t seed, random_shape shape)
{
    mn_table *table = random_table(seed, shape);
    cr_assert(table);
    mn_diagram_free(table->diagram);
    free(table->first);
    free(table->count_text);
    free(table->admissible_text);
    table->diagram = NULL;
    table->first = NULL;
    table->count_text = table->admissible_text = NULL;
    table->count = table->admissible = 0;
    table->item_count = 0;
    return table;
}

static const random_shape small = {.nodes = 3, .blocks = 4, .metrics = 2};

static void rename_to(char **name, const char *text)
{
    free(*name);
    *name = mn_copy_text(text, strlen(text));
}

static void expect_refused(mn_table *table, const char *words)
{
    cr_expect_eq(mn_table_prepare(table, "space.json"), MN_BAD_INPUT, "%s", words);
    cr_expect_eq(table->error.status, MN_BAD_INPUT);
    cr_expect_eq(strncmp(table->error.text, "space.json: ", 12), 0, "%s", table->error.text);
    cr_expect(strstr(table->error.text, words), "\"%s\" is not in \"%s\"", words, table->error.text);
    mn_table_free(table);
}

static mn_table *prepared(mn_table *table)
{
    cr_assert_eq(mn_table_prepare(table, "space.json"), MN_OK, "%s", table->error.text);
    return table;
}

Test(table, items_are_numbered_node_by_node)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        mn_table *table = prepared(
            unprepared(seed, (random_shape){.nodes = 1 + (int)seed % 9, .blocks = 7, .metrics = 1, .ragged = true}));
        int item = 0;
        for (int node = 0; node < table->node_count; node++) {
            cr_assert_eq(table->first[node], item);
            item += table->nodes[node].block_count;
        }
        cr_assert_eq(table->first[table->node_count], item);
        cr_assert_eq(table->item_count, item);
        mn_table_free(table);
    }
}

static bool next_network(const mn_table *table, uint16_t *network)
{
    for (int node = table->node_count - 1; node >= 0; node--) {
        if (++network[node] < table->nodes[node].block_count)
            return true;
        network[node] = 0;
    }
    return false;
}

/* Counts and values of every network against sums written out here. */
Test(table, counts_and_values_equal_enumeration)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        const random_shape shape = {.nodes = 1 + (int)seed % 5,
                                    .blocks = 4,
                                    .metrics = 3,
                                    .ragged = seed % 2,
                                    .rules = (int)seed % 4,
                                    .scale = (int)seed % 3};
        mn_table *table = random_table(seed, shape);
        cr_assert(table, "seed %" PRIu64, seed);
        uint64_t count = 0, admissible = 0;
        uint16_t network[8] = {0};
        do {
            int64_t values[3];
            for (int i = 2; i >= 0; i--) { /* the capability, metric 1, before the metric that it scales */
                int64_t sum = 0;
                for (int node = 0, item = 0; node < table->node_count; item += table->nodes[node++].block_count)
                    sum += table->metrics[i].values[item + network[node]];
                values[i] = table->metrics[i].base + sum;
                if (table->has_scale && i == 0)
                    values[i] = mn_scale_apply(table->metrics[i].base, sum, mn_scale_g(&table->scale, values[1]));
                cr_assert_eq(mn_table_evaluate(table, i, network), values[i], "seed %" PRIu64, seed);
            }
            count++;
            admissible += mn_rules_admit(table->rules, table->rule_count, network);
        } while (next_network(table, network));
        char text[32];
        cr_assert_eq(table->count, count);
        cr_assert_eq(table->admissible, admissible, "seed %" PRIu64, seed);
        snprintf(text, sizeof text, "%" PRIu64, count);
        cr_assert_str_eq(table->count_text, text);
        snprintf(text, sizeof text, "%" PRIu64, admissible);
        cr_assert_str_eq(table->admissible_text, text);
        mn_table_free(table);
    }
}

Test(table, counts_past_64_bits)
{
    static const struct {
        int nodes, blocks;
        uint64_t count;
        const char *text;
    } cases[] = {{63, 2, (uint64_t)1 << 63, "9223372036854775808"},
                 {64, 2, UINT64_MAX, "18446744073709551616"},
                 {127, 2, UINT64_MAX, "170141183460469231731687303715884105728"},
                 {128, 2, UINT64_MAX, "340282366920938463463374607431768211456"},
                 {30, 10, UINT64_MAX, "1000000000000000000000000000000"},
                 {19, 10, 10000000000000000000u, "10000000000000000000"},
                 {40, 1, 1, "1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mn_table *table =
            random_table(1, (random_shape){.nodes = cases[i].nodes, .blocks = cases[i].blocks, .metrics = 1});
        cr_assert_eq(table->count, cases[i].count, "%d^%d", cases[i].blocks, cases[i].nodes);
        cr_assert_eq(table->admissible, cases[i].count, "%d^%d", cases[i].blocks, cases[i].nodes);
        cr_assert_str_eq(table->count_text, cases[i].text);
        cr_assert_str_eq(table->admissible_text, cases[i].text);
        mn_table_free(table);
    }
}

/* Equal rules over wide nodes: the diagram leaves some out, so that the admissible networks are not counted. */
Test(table, entangled_rules_leave_the_count_open)
{
    mn_table *table = unprepared(1, (random_shape){.nodes = 6, .blocks = 20, .metrics = 1});
    free(table->rules);
    table->rules = mn_new_array(3, sizeof *table->rules);
    for (; table->rule_count < 3; table->rule_count++) {
        mn_rule *rule = &table->rules[table->rule_count];
        rule->kind = MN_RULE_EQUAL;
        for (int side = 0; side < 2; side++) {
            rule->node[side] = table->rule_count + 3 * side;
            rule->name_of[side] = mn_new_array(20, sizeof *rule->name_of[side]);
            for (int block = 0; block < 20; block++)
                rule->name_of[side][block] = block;
        }
    }
    prepared(table);
    cr_assert_gt(table->diagram->outside_count, 0);
    cr_assert_eq(table->count, 64000000);
    cr_assert_eq(table->admissible, UINT64_MAX);
    cr_assert_str_eq(table->admissible_text, "");
    mn_table_free(table);
}

Test(table, names_that_are_taken)
{
    mn_table *table = unprepared(1, small);
    rename_to(&table->metrics[1].name, "m0");
    expect_refused(table, "two metrics are named \"m0\"");
    table = unprepared(1, small);
    rename_to(&table->nodes[2].name, "m1");
    expect_refused(table, "a node and a metric are both named \"m1\"");
}

Test(table, sums_end_at_2_to_the_62)
{
    for (int sign = -1; sign <= 1; sign += 2)
        for (int beyond = 0; beyond <= 1; beyond++) {
            mn_table *table = unprepared(1, small);
            mn_metric *metric = &table->metrics[1];
            memset(metric->values, 0, 12 * sizeof *metric->values);
            metric->values[1] = sign * (MN_MAX_SUM / 4);
            metric->values[2] = -sign * (MN_MAX_SUM / 4 - 1); /* the smaller of one node's values counts no more */
            metric->values[7] = -sign * (MN_MAX_SUM / 4);
            metric->values[11] = sign * (MN_MAX_SUM / 4);
            metric->base = -sign * (MN_MAX_SUM / 4 + beyond);
            if (beyond) {
                expect_refused(table, "metric \"m1\": the largest sum passes 2^62 multiples");
            } else {
                const uint16_t network[3] = {1, 3, 3};
                prepared(table);
                cr_expect_eq(mn_table_evaluate(table, 1, network), 0);
                mn_table_free(table);
            }
        }
}

Test(table, a_space_needs_no_values)
{
    mn_table *table = unprepared(1, small);
    table->has_values = false;
    for (int i = 0; i < 2; i++) {
        free(table->metrics[i].values);
        table->metrics[i].values = NULL;
    }
    prepared(table);
    cr_assert_eq(table->count, 64);
    mn_table_free(table);
}

Test(table, scales_that_cannot_be)
{
    const random_shape shape = {.nodes = 3, .blocks = 4, .metrics = 2, .scale = 1};
    mn_table *table = unprepared(1, shape);
    table->scale.by = 0;
    expect_refused(table, "\"m0\" cannot be scaled by itself");

    table = unprepared(1, shape);
    table->scale.mean = 0;
    expect_refused(table, "the mean must be positive");

    table = unprepared(1, shape);
    memset(table->metrics[1].values, 0, 12 * sizeof(int64_t));
    table->metrics[1].base = 0;
    expect_refused(table, "\"m1\" must be positive for every network; its smallest is 0");

    table = unprepared(1, shape);
    memset(table->metrics[1].values, 0, 12 * sizeof(int64_t));
    table->metrics[1].base = 1;
    prepared(table);
    mn_table_free(table);

    table = unprepared(1, shape); /* F is 1, so that g is 2^62: too large for any sum */
    memset(table->metrics[1].values, 0, 12 * sizeof(int64_t));
    table->metrics[1].base = 1;
    table->scale.mean = (int64_t)1 << 40;
    expect_refused(table, "the scaled \"m0\" passes 2^62 multiples");

    table = unprepared(1, shape);
    table->scale.form = MN_POWER;
    table->scale.factor = (mn_decimal){1, -50};
    table->scale.exponent = (mn_decimal){0, 0};
    expect_refused(table, "the scaled \"m0\" passes 2^62 multiples");

    table = unprepared(1, shape);
    table->scale.form = MN_POWER;
    table->scale.factor = (mn_decimal){-1, 0};
    expect_refused(table, "the factor must be positive");
}

/* The sentence for a scaled sum that does not fit is right: just below it every value still fits. */
Test(table, scaled_values_stay_within_2_to_the_62)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t state = seed;
        mn_table *table = unprepared(seed, (random_shape){.nodes = 3, .blocks = 3, .metrics = 2, .scale = 1});
        for (int item = 0; item < 9; item++)
            table->metrics[0].values[item] *= (int64_t)1 << random_below(&state, 48);
        table->scale.mean = (int64_t)(random_next(&state) >> (1 + random_below(&state, 50)));
        if (mn_table_prepare(table, "space.json") == MN_OK) {
            uint16_t network[3] = {0};
            do {
                const uint64_t g = mn_scale_g(&table->scale, mn_table_evaluate(table, 1, network));
                int64_t sum = 0;
                for (int node = 0; node < 3; node++)
                    sum += table->metrics[0].values[table->first[node] + network[node]];
                const mn_wide product = (mn_wide)sum * (mn_wide)g, exactly = (product + ((mn_wide)1 << 31)) >> 32;
                cr_assert(exactly + table->metrics[0].base <= MN_MAX_SUM &&
                              exactly + table->metrics[0].base >= -MN_MAX_SUM,
                          "seed %" PRIu64, seed);
                cr_assert_eq(mn_table_evaluate(table, 0, network), (int64_t)exactly + table->metrics[0].base);
            } while (next_network(table, network));
        }
        mn_table_free(table);
    }
}

Test(table, rules_that_exclude_everything)
{
    mn_table *table = unprepared(1, small);
    free(table->rules);
    table->rules = mn_new_array(1, sizeof *table->rules);
    table->rule_count = 1;
    mn_rule *rule = table->rules;
    rule->kind = MN_RULE_AT_MOST;
    rule->set_count = 1;
    rule->sets = mn_new_array(1, sizeof *rule->sets);
    rule->sets[0].block_count = 4;
    rule->sets[0].member = mn_new_array(4, sizeof(bool));
    memset(rule->sets[0].member, true, 4);
    expect_refused(table, "the rules exclude every network");
}

Test(table, names_come_before_indices)
{
    mn_table *table = random_table(1, small);
    cr_expect_eq(mn_table_find_node(table, "node2"), 2);
    cr_expect_eq(mn_table_find_node(table, "2"), 2);
    cr_expect_eq(mn_table_find_node(table, "02"), 2);
    rename_to(&table->nodes[0].name, "2");
    rename_to(&table->nodes[1].blocks[3].name, "0");
    cr_expect_eq(mn_table_find_node(table, "2"), 0);
    cr_expect_eq(mn_table_find_block(table, 1, "0"), 3);
    cr_expect_eq(mn_table_find_block(table, 1, "3"), 3);
    cr_expect_eq(mn_table_find_block(table, 0, "0"), 0);
    static const char *const nothing[] = {"",   "3",   "4", "-1",    "+1",         "1.0",        "1 ",
                                          " 1", "0x1", "b", "Node1", "4294967297", "1000000000", "000000000000001"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        cr_expect_eq(mn_table_find_node(table, nothing[i]), -1, "\"%s\"", nothing[i]);
    cr_expect_eq(mn_table_find_block(table, 1, "4"), -1);
    cr_expect_eq(mn_table_find_metric(table, "m1"), 1);
    cr_expect_eq(mn_table_find_metric(table, "1"), -1, "metrics have no indices: a limit on \"1\" is a slip");
    cr_expect_eq(mn_table_find_metric(table, ""), -1);
    mn_table_free(table);
}

Test(table, freeing_what_is_half_made)
{
    mn_table_free(NULL);
    mn_table_free(mn_table_new());
    mn_table *table = mn_table_new();
    table->nodes = mn_new_array(2, sizeof *table->nodes);
    table->node_count = 2;
    table->nodes[0].blocks = mn_new_array(2, sizeof *table->nodes[0].blocks);
    table->nodes[0].block_count = 2;
    table->nodes[0].blocks[0].attributes = mn_new_array(1, sizeof *table->nodes[0].blocks[0].attributes);
    table->nodes[0].blocks[0].attribute_count = 1;
    table->metrics = mn_new_array(1, sizeof *table->metrics);
    table->metric_count = 1;
    table->rules = mn_new_array(1, sizeof *table->rules);
    table->rule_count = 1;
    mn_table_free(table);
}
