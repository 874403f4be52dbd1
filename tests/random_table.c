#include "tests/random_table.h"
#include "host/core/factors.h"
#include "host/core/memory.h"

#include <stdio.h>

uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint64_t random_below(uint64_t *state, uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)random_next(state) * bound) >> 64);
}

static char *numbered_name(const char *stem, int number)
{
    char name[32];
    const int length = snprintf(name, sizeof name, "%s%d", stem, number);
    return mn_copy_text(name, (size_t)length);
}

static bool make_nodes(mn_table *table, const random_shape *shape, uint64_t *state)
{
    table->nodes = mn_new_array((size_t)shape->nodes, sizeof *table->nodes);
    if (!table->nodes)
        return false;
    for (int i = 0; i < shape->nodes; i++) {
        mn_node *node = &table->nodes[table->node_count++];
        const int blocks = shape->ragged ? 1 + (int)random_below(state, (uint64_t)shape->blocks) : shape->blocks;
        node->name = numbered_name("node", i);
        node->blocks = mn_new_array((size_t)blocks, sizeof *node->blocks);
        if (!node->name || !node->blocks)
            return false;
        for (; node->block_count < blocks; node->block_count++)
            if (!(node->blocks[node->block_count].name = numbered_name("b", node->block_count)))
                return false;
    }
    return true;
}

static int64_t random_value(const random_shape *shape, uint64_t *state, const int64_t *palette)
{
    if (palette)
        return palette[random_below(state, (uint64_t)shape->distinct)];
    const uint64_t largest = (uint64_t)shape->largest;
    if (shape->positive)
        return (int64_t)random_below(state, largest + 1);
    return (int64_t)random_below(state, 2 * largest + 1) - shape->largest;
}

/* Terms over 2 nodes or more, as long as the combinations are few; one in three is over nodes that follow each other. */
static bool make_factors(const mn_table *table, const random_shape *shape, uint64_t *state, mn_metric *metric)
{
    enum { MOST_COMBINATIONS = 4000 };
    const uint64_t nodes = (uint64_t)table->node_count;
    const int count = nodes > 1 ? (int)random_below(state, (uint64_t)shape->factors + 1) : 0;
    metric->factors = mn_new_array((size_t)count, sizeof *metric->factors);
    if (!metric->factors)
        return false;
    while (metric->factor_count < count) {
        mn_factor *factor = &metric->factors[metric->factor_count++];
        factor->nodes = mn_new_array((size_t)nodes, sizeof *factor->nodes);
        if (!factor->nodes)
            return false;
        const uint64_t wanted = 2 + random_below(state, nodes - 1);
        const bool neighbours = random_below(state, 3) == 0;
        uint64_t left = wanted;
        for (uint64_t node = 0; node < nodes && left > 0; node++)
            if (neighbours || random_below(state, nodes - node) < left) {
                factor->nodes[factor->node_count++] = (int)node;
                left--;
            }
        while (factor->node_count > 2 && mn_factor_combinations(table, factor, MOST_COMBINATIONS) > MOST_COMBINATIONS)
            factor->node_count--;
        const int64_t combinations = mn_factor_combinations(table, factor, MN_MAX_BLOCKS);
        factor->values = mn_new_array((size_t)combinations, sizeof *factor->values);
        if (!factor->values)
            return false;
        for (int64_t i = 0; i < combinations; i++)
            factor->values[i] = random_value(shape, state, NULL) / (shape->distinct ? 200 : 1);
    }
    return true;
}

/* Steep, flat (many latent values share a value) and in between; values go on beyond both ends. */
static bool make_link(mn_metric *metric)
{
    static const int64_t latents[] = {-1500, -200, 0, 7, 1000}, values[] = {-900, -700, -100, -98, 20000};
    mn_link *link = &metric->link;
    link->resolution = (mn_resolution){1, 0};
    link->latents = mn_new_array(5, sizeof *link->latents);
    link->values = mn_new_array(5, sizeof *link->values);
    if (!link->latents || !link->values)
        return false;
    memcpy(link->latents, latents, sizeof latents);
    memcpy(link->values, values, sizeof values);
    link->count = 5;
    return true;
}

static bool make_metric(mn_table *table, const random_shape *shape, uint64_t *state, int index)
{
    mn_metric *metric = &table->metrics[table->metric_count++];
    const bool capability = shape->scale && index == 1;
    int64_t palette[16];
    for (int i = 0; i < shape->distinct; i++)
        palette[i] = random_value(shape, state, NULL);

    int items = 0;
    for (int node = 0; node < table->node_count; node++)
        items += table->nodes[node].block_count;
    metric->name = numbered_name("m", index);
    metric->unit = mn_copy_text("", 0);
    metric->values = mn_new_array((size_t)items, sizeof *metric->values);
    if (!metric->name || !metric->unit || !metric->values)
        return false;
    metric->higher_is_better = index == 0;
    metric->resolution = (mn_resolution){1, 0};
    metric->base = capability ? 1 + (int64_t)random_below(state, 1000) : random_value(shape, state, NULL);
    for (int item = 0; item < items; item++) {
        const int64_t value = random_value(shape, state, shape->distinct ? palette : NULL);
        metric->values[item] = capability && value < 0 ? -value : value;
    }
    return (!shape->factors || capability || make_factors(table, shape, state, metric)) &&
           (!shape->links || index > 0 || make_link(metric));
}

static void make_scale(mn_table *table, const random_shape *shape, uint64_t *state)
{
    mn_wide mean = table->metrics[1].base;
    int item = 0;
    for (int node = 0; node < table->node_count; node++)
        for (int block = 0; block < table->nodes[node].block_count; block++, item++)
            mean += table->metrics[1].values[item] / table->nodes[node].block_count;
    table->has_scale = true;
    table->scale = (mn_scale){.metric = 0, .by = 1};
    if (shape->scale == 1) {
        table->scale.form = MN_RECIPROCAL;
        table->scale.mean = (int64_t)mean;
    } else {
        table->scale.form = MN_POWER;
        table->scale.factor = (mn_decimal){1 + (int64_t)random_below(state, 50), 1};
        table->scale.exponent = (mn_decimal){-(mn_wide)random_below(state, 90), 2};
    }
}

/* ---- rules, built around a network that obeys them all -------------------------------------------------------------------------- */

static bool make_set(const mn_table *table, uint64_t *state, mn_choice_set *set)
{
    set->node = (int)random_below(state, (uint64_t)table->node_count);
    set->block_count = table->nodes[set->node].block_count;
    set->member = mn_new_array((size_t)set->block_count, sizeof *set->member);
    if (!set->member)
        return false;
    for (int block = 0; block < set->block_count; block++)
        set->member[block] = random_below(state, 2);
    return true;
}

static bool make_equal_rule(const mn_table *table, mn_rule *rule, uint64_t *state, uint16_t *obedient)
{
    const int nodes = table->node_count;
    rule->kind = MN_RULE_EQUAL;
    rule->node[0] = (int)random_below(state, (uint64_t)nodes - 1);
    rule->node[1] = rule->node[0] + 1 + (int)random_below(state, (uint64_t)(nodes - 1 - rule->node[0]));
    for (int side = 0; side < 2; side++) {
        const int blocks = table->nodes[rule->node[side]].block_count;
        rule->name_of[side] = mn_new_array((size_t)blocks, sizeof *rule->name_of[side]);
        if (!rule->name_of[side])
            return false;
        for (int block = 0; block < blocks; block++)
            rule->name_of[side][block] = block;
    }
    const int blocks = table->nodes[rule->node[1]].block_count;
    if (obedient[rule->node[0]] >= blocks)
        obedient[rule->node[0]] = 0;
    obedient[rule->node[1]] = obedient[rule->node[0]];
    return true;
}

static bool make_set_rule(const mn_table *table, mn_rule *rule, uint64_t *state, const uint16_t *obedient)
{
    rule->kind = (mn_rule_kind)random_below(state, 3);
    const int sets = rule->kind == MN_RULE_AT_MOST ? 2 + (int)random_below(state, 4) : 2;
    rule->sets = mn_new_array((size_t)sets, sizeof *rule->sets);
    if (!rule->sets)
        return false;
    for (; rule->set_count < sets; rule->set_count++)
        if (!make_set(table, state, &rule->sets[rule->set_count]))
            return false;
    mn_choice_set *last = &rule->sets[sets - 1];
    if (rule->kind == MN_RULE_THEN)
        last->member[obedient[last->node]] = true;
    if (rule->kind == MN_RULE_THEN_NOT)
        last->member[obedient[last->node]] = false;
    if (rule->kind == MN_RULE_AT_MOST) {
        for (int i = 0; i < sets; i++)
            rule->k += rule->sets[i].member[obedient[rule->sets[i].node]];
        if (rule->k < sets - 1 && random_below(state, 2))
            rule->k++;
    }
    return true;
}

static bool make_rules(mn_table *table, const random_shape *shape, uint64_t *state)
{
    uint16_t *obedient = mn_new_array((size_t)table->node_count, sizeof *obedient);
    table->rules = mn_new_array((size_t)shape->rules, sizeof *table->rules);
    if (!obedient || !table->rules) {
        free(obedient);
        return false;
    }
    for (int node = 0; node < table->node_count; node++)
        obedient[node] = (uint16_t)random_below(state, (uint64_t)table->nodes[node].block_count);
    bool made = true;
    while (made && table->rule_count < shape->rules) {
        const bool equal = table->rule_count == 0 && table->node_count > 1 && random_below(state, 3) == 0;
        mn_rule *rule = &table->rules[table->rule_count++];
        made = equal ? make_equal_rule(table, rule, state, obedient) : make_set_rule(table, rule, state, obedient);
        made = made && (rule->text = numbered_name("rule ", table->rule_count - 1));
    }
    free(obedient);
    return made;
}

mn_table *random_table(uint64_t seed, random_shape shape)
{
    uint64_t state = seed * 0x2545F4914F6CDD1Du + 1;
    if (shape.largest == 0)
        shape.largest = 1000;
    if (shape.distinct > 16)
        shape.distinct = 16;
    mn_table *table = mn_table_new();
    if (!table)
        return NULL;
    table->has_values = true;
    table->most_states = shape.entangled ? 1 : 0;
    table->name = numbered_name("random", (int)(seed & 0xFFFFFF));
    table->path = mn_copy_text("random", 6);
    table->scale_text = mn_copy_text("", 0);
    table->metrics = mn_new_array((size_t)shape.metrics, sizeof *table->metrics);
    bool made = table->name && table->path && table->scale_text && table->metrics && make_nodes(table, &shape, &state);
    for (int metric = 0; made && metric < shape.metrics; metric++)
        made = make_metric(table, &shape, &state, metric);
    if (made && shape.scale)
        make_scale(table, &shape, &state);
    made = made && make_rules(table, &shape, &state) && mn_table_prepare(table, "random table") == MN_OK;
    if (!made) {
        mn_table_free(table);
        return NULL;
    }
    return table;
}
