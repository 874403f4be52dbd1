/* Tables, rules and fixed blocks of a random question. */
#include "tests/random_question.h"
#include "tests/random_table.h"

#include <math.h>
#include <string.h>

static const int64_t largest_value = INT64_C(1) << 53;

uint64_t draw(random_source *source, uint64_t bound)
{
    if (bound < 2)
        return 0;
    if (!source->bytes)
        return random_below(&source->state, bound);
    uint64_t number = 0;
    for (uint64_t span = bound - 1; span > 0; span >>= 8) {
        number <<= 8;
        if (source->left > 0) {
            number |= *source->bytes++;
            source->left--;
        }
    }
    return number % bound;
}

bool draw_chance(random_source *source, int in)
{
    return draw(source, (uint64_t)in) == (uint64_t)(in - 1);
}

static int64_t between(random_source *source, int64_t low, int64_t high)
{
    return low + (int64_t)draw(source, (uint64_t)(high - low) + 1);
}

/* ---- nodes and blocks ------------------------------------------------------------------------------------------------------------ */

static void draw_names(random_source *source, question_table *table, int node)
{
    uint8_t names[QUESTION_NAMES];
    for (int i = 0; i < QUESTION_NAMES; i++)
        names[i] = (uint8_t)i;
    if (draw_chance(source, 3)) /* some of the names, in any order */
        for (int i = 0; i < table->block_count[node]; i++) {
            const int other = i + (int)draw(source, (uint64_t)(QUESTION_NAMES - i));
            const uint8_t name = names[i];
            names[i] = names[other];
            names[other] = name;
        }
    memcpy(table->names[node], names, (size_t)table->block_count[node]);
}

static void draw_nodes(random_source *source, uint64_t networks, question_table *table)
{
    table->node_count = 1 + (int)draw(source, QUESTION_NODES);
    const int usual = 1 + (int)pow((double)networks, 1.0 / table->node_count);
    uint64_t count = 1;
    for (int node = 0; node < table->node_count; node++) {
        uint64_t blocks = 1 + draw(source, draw_chance(source, 3) ? QUESTION_BLOCKS : (uint64_t)usual + 1);
        blocks = blocks < QUESTION_BLOCKS ? blocks : QUESTION_BLOCKS;
        blocks = blocks < networks / count ? blocks : networks / count;
        table->block_count[node] = (int)blocks;
        count *= blocks;
        draw_names(source, table, node);
    }
}

/* Another table of the union: mostly of the same nodes. */
static void copy_nodes(random_source *source, uint64_t networks, const question_table *first, question_table *table)
{
    if (draw_chance(source, 3)) {
        draw_nodes(source, networks, table);
        return;
    }
    table->node_count = first->node_count;
    memcpy(table->block_count, first->block_count, sizeof table->block_count);
    memcpy(table->names, first->names, sizeof table->names);
    if (draw_chance(source, 3) && table->node_count > 1)
        table->node_count--;
    const int node = (int)draw(source, (uint64_t)table->node_count);
    if (draw_chance(source, 3) && table->block_count[node] > 1)
        table->block_count[node]--;
}

/* ---- values ---------------------------------------------------------------------------------------------------------------------- */

typedef enum family {
    UNIFORM,
    TINY,
    SIGNED,
    WEAK,
    STRONG,
    CUMULATIVE,
    SUBSET_SUM,
    INVERSE,
    HUGE_VALUES,
    FAMILIES
} family;

/* The value that goes with a block's weights, in the families that make knapsacks hard. */
static int64_t correlated(random_source *source, family kind, int64_t mean, int64_t range)
{
    switch (kind) {
    case WEAK:
        return mean + between(source, -range / 10, range / 10);
    case STRONG:
        return mean + between(source, 0, range / 25);
    case SUBSET_SUM:
        return mean;
    case INVERSE:
        return mean - range / 100;
    default:
        return between(source, 0, range);
    }
}

static void draw_block(random_source *source, family kind, int64_t range, int metrics, question_table *table, int node,
                       int block)
{
    const bool cumulative = kind == CUMULATIVE && block > 0;
    mn_wide sum = 0;
    for (int metric = 1; metric < metrics; metric++) {
        const int64_t low = kind == SIGNED || kind == HUGE_VALUES ? -range : 0,
                      step = between(source, cumulative ? 1 : low, cumulative ? 1 + range / 10 : range);
        sum += step;
        table->values[metric][node][block] = step + (cumulative ? table->values[metric][node][block - 1] : 0);
    }
    const int64_t mean = metrics > 1 ? (int64_t)(sum / (metrics - 1)) : 0;
    int64_t value = correlated(source, kind, mean, range);
    if (kind == SIGNED || kind == HUGE_VALUES)
        value = between(source, -range, range);
    if (cumulative)
        value = table->values[0][node][block - 1] + mean + 10;
    table->values[0][node][block] = value;
}

/* Makes one metric special: constant, equal to another or its opposite, mostly zero, or without a range at a node. */
static void twist(random_source *source, int metrics, question_table *table)
{
    const int metric = (int)draw(source, (uint64_t)metrics), other = (int)draw(source, (uint64_t)metrics),
              kind = (int)draw(source, 5), at = (int)draw(source, (uint64_t)table->node_count);
    for (int node = 0; node < table->node_count; node++)
        for (int block = 0; block < table->block_count[node]; block++) {
            int64_t *value = &table->values[metric][node][block];
            const int64_t twin = table->values[other][node][block];
            if (kind == 0)
                *value = table->values[metric][0][0];
            else if (kind == 1)
                *value = twin;
            else if (kind == 2)
                *value = -twin;
            else if (kind == 3 && !draw_chance(source, 3))
                *value = 0;
            else if (kind == 4 && node == at)
                *value = table->values[metric][node][0];
        }
}

static void draw_values(random_source *source, int metrics, question_table *table)
{
    static const int64_t ranges[] = {1000, 1, 2, 10, 100, 1000000, INT64_C(1) << 40};
    const family kind = (family)draw(source, FAMILIES);
    const int64_t range = kind == HUGE_VALUES ? largest_value
                          : kind == TINY      ? between(source, 0, 3)
                                              : ranges[draw(source, sizeof ranges / sizeof *ranges)];
    for (int node = 0; node < table->node_count; node++)
        for (int block = 0; block < table->block_count[node]; block++)
            draw_block(source, kind, range, metrics, table, node, block);
    for (int metric = 0; metric < metrics; metric++)
        table->base[metric] = draw_chance(source, 2) ? between(source, -range, range) : 0;
    for (int twists = (int)draw(source, 3); twists > 0; twists--)
        twist(source, metrics, table);
}

/* Blocks of the nodes that factors name, multiplied: the library remembers up to 65,535 combinations. */
static int64_t entangled(const question_table *table)
{
    bool named[QUESTION_NODES] = {false};
    int64_t combinations = 1;
    for (int i = 0; i < table->factor_count; i++)
        for (int k = 0; k < table->factors[i].node_count; k++)
            named[table->factors[i].nodes[k]] = true;
    for (int node = 0; node < table->node_count; node++)
        combinations *= named[node] ? table->block_count[node] : 1;
    return combinations;
}

static void draw_factor(random_source *source, int metrics, const question_table *table, question_factor *factor)
{
    memset(factor, 0, sizeof *factor);
    factor->metric = (int)draw(source, (uint64_t)metrics);
    int64_t range = 0;
    for (int node = 0; node < table->node_count; node++)
        for (int block = 0; block < table->block_count[node]; block++) {
            const int64_t value = table->values[factor->metric][node][block];
            range = value > range ? value : -value > range ? -value : range;
        }
    const int wanted = table->node_count > 2 && draw_chance(source, 3) ? 3 : 2;
    for (int node = 0; node < table->node_count && factor->node_count < wanted; node++)
        if (draw(source, (uint64_t)(table->node_count - node)) < (uint64_t)(wanted - factor->node_count))
            factor->nodes[factor->node_count++] = node;
    const int *nodes = factor->nodes;
    for (int a = 0; a < table->block_count[nodes[0]]; a++)
        for (int b = 0; b < table->block_count[nodes[1]]; b++)
            for (int c = 0; c < (wanted > 2 ? table->block_count[nodes[2]] : 1); c++)
                factor->values[a][b][c] = draw_chance(source, 5) ? 0 : between(source, -range, range);
}

static void draw_factors(random_source *source, int metrics, question_table *table)
{
    if (table->node_count < 2 || !draw_chance(source, 3))
        return;
    for (int count = 1 + (int)draw(source, QUESTION_FACTORS); count > 0; count--) {
        draw_factor(source, metrics, table, &table->factors[table->factor_count++]);
        if (entangled(table) > 65535) {
            memset(&table->factors[--table->factor_count], 0, sizeof *table->factors);
            break;
        }
    }
}

/* Scaling wants a positive metric 1, and sizes whose product fits. */
static void draw_scale(random_source *source, question_table *table)
{
    enum { MOST = 1000003 };
    table->base[1] = 1 + (table->base[1] < 0 ? -table->base[1] : table->base[1]) % 1000;
    int64_t sum = table->base[1];
    for (int node = 0; node < table->node_count; node++)
        for (int block = 0; block < table->block_count[node]; block++) {
            int64_t *value = &table->values[1][node][block];
            *value = (*value < 0 ? -*value : *value) % MOST;
            table->values[0][node][block] %= MOST;
            sum += block == 0 ? *value : 0;
        }
    for (int i = 0; i < table->factor_count; i++)
        for (int at = 0; at < QUESTION_BLOCKS * QUESTION_BLOCKS * QUESTION_BLOCKS; at++) {
            int64_t *value = &table->factors[i].values[0][0][0] + at;
            *value %= MOST;
            *value = table->factors[i].metric == 1 && *value < 0 ? -*value : *value;
        }
    /* g(F) must stay below 2^30: the steepest powers have small factors. */
    table->scale = (question_scale){.form = draw_chance(source, 2) ? POWER : RECIPROCAL,
                                    .mean = draw_chance(source, 3) ? 1 + (int64_t)draw(source, 1000) : sum,
                                    .factor = 1 + (int)draw(source, 5000),
                                    .exponent = (int)draw(source, 250) - 150};
    if (table->scale.exponent > 75)
        table->scale.factor = 1 + table->scale.factor % 200;
}

/* ---- rules and fixed blocks ------------------------------------------------------------------------------------------------------ */

static unsigned names_of(const question_table *table, int node)
{
    unsigned names = 0;
    for (int block = 0; block < table->block_count[node]; block++)
        names |= 1u << table->names[node][block];
    return names;
}

/* Sets mostly hold names that the table has. */
static question_rule draw_rule(random_source *source, const question_table *table)
{
    question_rule rule = {.kind = (question_rule_kind)draw(source, 4)};
    rule.set_count = rule.kind == AT_MOST ? 1 + (int)draw(source, QUESTION_SETS) : 2;
    for (int i = 0; i < rule.set_count; i++) {
        const int node = (int)draw(source, (uint64_t)table->node_count);
        const unsigned names = (unsigned)draw(source, 1u << QUESTION_NAMES);
        rule.sets[i] = (question_set){node, names & names_of(table, node)};
        if (!rule.sets[i].names)
            rule.sets[i].names = 1u << table->names[node][draw(source, (uint64_t)table->block_count[node])];
    }
    rule.most = (int)draw(source, (uint64_t)rule.set_count + 1);
    return rule;
}

static void draw_restrictions(random_source *source, question *q)
{
    for (int i = 0; i < q->table_count; i++)
        if (draw_chance(source, 3))
            for (int count = 1 + (int)draw(source, 3); count > 0; count--)
                q->tables[i].rules[q->tables[i].rule_count++] = draw_rule(source, &q->tables[i]);
    if (draw_chance(source, 3))
        for (int count = 1 + (int)draw(source, 3); count > 0; count--)
            q->rules[q->rule_count++] = draw_rule(source, &q->tables[draw(source, (uint64_t)q->table_count)]);
    if (!draw_chance(source, 3))
        return;
    for (int count = 1 + (int)draw(source, 3); count > 0; count--) {
        const question_table *table = &q->tables[0];
        const int node = (int)draw(source, (uint64_t)table->node_count),
                  block = (int)draw(source, (uint64_t)table->block_count[node]);
        const bool by_index = draw_chance(source, 2);
        q->fixes[q->fix_count++] = (question_fix){.keep = draw_chance(source, 3),
                                                  .by_index = by_index,
                                                  .node = node,
                                                  .block = by_index ? block : table->names[node][block]};
    }
}

/* ---- what a table lacks ---------------------------------------------------------------------------------------------------------- */

static bool has_node(const question *q, int first, int last, int node)
{
    for (int i = first; i <= last; i++)
        if (node >= q->tables[i].node_count)
            return false;
    return true;
}

/* Whether anything is left of a rule on the tables first .. last. */
static bool tidy_rule(const question *q, int first, int last, question_rule *rule)
{
    int kept = 0;
    for (int i = 0; i < rule->set_count; i++) {
        question_set set = rule->sets[i];
        if (!has_node(q, first, last, set.node))
            continue;
        for (int table = first; table <= last; table++)
            set.names &= names_of(&q->tables[table], set.node);
        if (set.names || rule->kind == EQUAL)
            rule->sets[kept++] = set;
    }
    rule->set_count = kept;
    if (rule->kind == EQUAL && kept == 2 && rule->sets[0].node == rule->sets[1].node)
        return false;
    return rule->kind == AT_MOST ? kept > 0 : kept == 2;
}

static void tidy_rules(const question *q, int first, int last, question_rule *rules, int *count)
{
    int kept = 0;
    for (int i = 0; i < *count; i++)
        if (tidy_rule(q, first, last, &rules[i]))
            rules[kept++] = rules[i];
    *count = kept;
}

void question_tidy(question *q)
{
    for (int i = 0; i < q->table_count; i++)
        tidy_rules(q, i, i, q->tables[i].rules, &q->tables[i].rule_count);
    tidy_rules(q, 0, q->table_count - 1, q->rules, &q->rule_count);
    int kept = 0;
    for (int i = 0; i < q->fix_count; i++) {
        bool known = has_node(q, 0, q->table_count - 1, q->fixes[i].node);
        for (int table = 0; known && table < q->table_count; table++)
            known = question_fixed_block(q, table, &q->fixes[i]) >= 0;
        if (known)
            q->fixes[kept++] = q->fixes[i];
    }
    q->fix_count = kept;
}

void random_question(random_source *source, uint64_t networks, question *q)
{
    static const int mantissas[] = {1, 1, 1, 2, 3, 5, 25};
    memset(q, 0, sizeof *q);
    q->digits = draw_chance(source, 4);
    q->metric_count = 1 + (int)draw(source, QUESTION_METRICS);
    for (int metric = 0; metric < q->metric_count; metric++)
        q->resolution[metric] = (mn_resolution){mantissas[draw(source, 7)], (int)draw(source, 5)};
    q->table_count = draw_chance(source, 4) ? 2 + (int)draw(source, QUESTION_TABLES - 1) : 1;
    const bool scaled = q->metric_count > 1 && draw_chance(source, 4);
    const uint64_t share = networks > QUESTION_TABLES ? networks / (uint64_t)q->table_count : 1;
    for (int i = 0; i < q->table_count; i++) {
        question_table *table = &q->tables[i];
        if (i == 0)
            draw_nodes(source, share, table);
        else
            copy_nodes(source, share, &q->tables[0], table);
        draw_values(source, q->metric_count, table);
        draw_factors(source, q->metric_count, table);
        if (scaled && !(q->table_count > 1 && draw_chance(source, 5)))
            draw_scale(source, table);
    }
    if (!scaled && draw_chance(source, 3))
        random_question_link(source, q);
    draw_restrictions(source, q);
    question_tidy(q);
    q->top = draw_chance(source, 3) ? 1 + (int)draw(source, QUESTION_TOP) : 1;
    q->round_count = QUESTION_ROUNDS;
    random_question_limits(source, q);
    q->bounded = !scaled && draw_chance(source, 2);
}
