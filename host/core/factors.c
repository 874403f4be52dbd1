#include "host/core/factors.h"
#include "host/core/memory.h"

int64_t mn_factor_combinations(const mn_table *table, const mn_factor *factor, int64_t limit)
{
    int64_t combinations = 1;
    for (int i = 0; i < factor->node_count && combinations <= limit; i++)
        combinations *= table->nodes[factor->nodes[i]].block_count;
    return combinations <= limit ? combinations : limit + 1;
}

int64_t mn_factor_value(const mn_table *table, const mn_factor *factor, const uint16_t *network)
{
    int64_t combination = 0;
    for (int i = 0; i < factor->node_count; i++)
        combination = combination * table->nodes[factor->nodes[i]].block_count + network[factor->nodes[i]];
    return factor->values[combination];
}

static mn_status check_factor(mn_table *table, const char *where, const mn_metric *metric, int index)
{
    const mn_factor *factor = &metric->factors[index];
    if (factor->node_count < 2)
        return mn_fail(&table->error, MN_BAD_INPUT, "%s: metric \"%.200s\", factor %d: %d nodes; expected 2 or more",
                       where, metric->name, index, factor->node_count);
    for (int i = 0; i < factor->node_count; i++)
        if (factor->nodes[i] < (i ? factor->nodes[i - 1] + 1 : 0) || factor->nodes[i] >= table->node_count)
            return mn_fail(
                &table->error, MN_BAD_INPUT,
                "%s: metric \"%.200s\", factor %d: expected nodes of the table in its order, each once, found "
                "node %d",
                where, metric->name, index, factor->nodes[i]);
    if (mn_factor_combinations(table, factor, MN_MAX_BLOCKS) > MN_MAX_BLOCKS)
        return mn_fail(&table->error, MN_BAD_INPUT,
                       "%s: metric \"%.200s\", factor %d: its nodes have more than %d combinations of blocks", where,
                       metric->name, index, MN_MAX_BLOCKS);
    return MN_OK;
}

mn_status mn_factors_check(mn_table *table, const char *where)
{
    mn_status status = MN_OK;
    for (int metric = 0; metric < table->metric_count; metric++)
        for (int i = 0; status == MN_OK && i < table->metrics[metric].factor_count; i++)
            status = check_factor(table, where, &table->metrics[metric], i);
    return status;
}

/* ---- which factors share an auxiliary node --------------------------------------------------------------------------------------- */

/* Nodes, ascending, of the table's own numbers. */
typedef struct scope {
    int count;
    int *nodes;
} scope;

typedef struct scopes {
    int count, capacity;
    scope *list;
} scopes;

static int last_of(const scope *s)
{
    return s->nodes[s->count - 1];
}

static bool within(const scope *small, const scope *large)
{
    int at = 0;
    for (int i = 0; i < small->count; i++) {
        while (at < large->count && large->nodes[at] < small->nodes[i])
            at++;
        if (at == large->count || large->nodes[at] != small->nodes[i])
            return false;
    }
    return true;
}

/* The union of two scopes into `nodes`; its size. */
static int unite(const scope *a, const scope *b, int *nodes)
{
    int i = 0, j = 0, count = 0;
    while (i < a->count || j < b->count) {
        const int next = j == b->count || (i < a->count && a->nodes[i] <= b->nodes[j]) ? a->nodes[i] : b->nodes[j];
        i += i < a->count && a->nodes[i] == next;
        j += j < b->count && b->nodes[j] == next;
        nodes[count++] = next;
    }
    return count;
}

static bool same(const scope *a, const scope *b)
{
    return a->count == b->count && !memcmp(a->nodes, b->nodes, sizeof *a->nodes * (size_t)a->count);
}

/* Adds the factor's nodes to a group that ends at the same node, when the union stays small enough (apart: when it is the same), else as a
 * group of their own. */
static bool add_scope(const mn_table *table, scopes *groups, const scope *added, bool apart, int *scratch)
{
    for (int i = 0; i < groups->count; i++) {
        scope *group = &groups->list[i];
        if (last_of(group) != last_of(added) || (apart && !same(group, added)))
            continue;
        const mn_factor all = {.node_count = unite(group, added, scratch), .nodes = scratch};
        if (mn_factor_combinations(table, &all, MN_MAX_BLOCKS) > MN_MAX_BLOCKS)
            continue;
        if (!mn_grow(&group->nodes, (size_t)all.node_count, sizeof *group->nodes))
            return false;
        group->count = all.node_count;
        memcpy(group->nodes, scratch, sizeof *scratch * (size_t)all.node_count);
        return true;
    }
    if (groups->count == groups->capacity) {
        const int capacity = groups->capacity ? 2 * groups->capacity : 8;
        if (!mn_grow(&groups->list, (size_t)capacity, sizeof *groups->list))
            return false;
        groups->capacity = capacity;
    }
    int *nodes = mn_new_array((size_t)added->count, sizeof *nodes);
    if (!nodes)
        return false;
    memcpy(nodes, added->nodes, sizeof *nodes * (size_t)added->count);
    groups->list[groups->count++] = (scope){added->count, nodes};
    return true;
}

static int by_last(const void *a, const void *b)
{
    const scope *x = a, *y = b;
    if (last_of(x) != last_of(y))
        return last_of(x) < last_of(y) ? -1 : 1;
    for (int i = 0; i < x->count && i < y->count; i++)
        if (x->nodes[i] != y->nodes[i])
            return x->nodes[i] < y->nodes[i] ? -1 : 1;
    return (x->count > y->count) - (x->count < y->count);
}

/* Drops groups within a later one. */
static void absorb(scopes *groups)
{
    qsort(groups->list, (size_t)groups->count, sizeof *groups->list, by_last);
    int kept = 0;
    for (int i = 0; i < groups->count; i++) {
        bool needed = true;
        for (int j = i + 1; needed && j < groups->count; j++)
            needed = !within(&groups->list[i], &groups->list[j]);
        if (needed)
            groups->list[kept++] = groups->list[i];
        else
            free(groups->list[i].nodes);
    }
    groups->count = kept;
}

static bool find_groups(const mn_table *table, bool apart, scopes *groups)
{
    int *scratch = mn_new_array((size_t)table->node_count, sizeof *scratch);
    bool ok = scratch;
    for (int metric = 0; ok && metric < table->metric_count; metric++)
        for (int i = 0; ok && i < table->metrics[metric].factor_count; i++) {
            const mn_factor *factor = &table->metrics[metric].factors[i];
            ok = add_scope(table, groups, &(scope){factor->node_count, factor->nodes}, apart, scratch);
        }
    free(scratch);
    if (ok)
        absorb(groups);
    return ok;
}

static void free_groups(scopes *groups)
{
    for (int i = 0; i < groups->count; i++)
        free(groups->list[i].nodes);
    free(groups->list);
    *groups = (scopes){0};
}

/* ---- what must be remembered ------------------------------------------------------------------------------------------------------ */

/* Whether too many combinations must be remembered: behind each node the blocks of all nodes count that some group names which ends there or
 * later. False in `ok`: memory ran out. */
static bool too_wide(const mn_table *table, const scopes *groups, bool *ok)
{
    int *until =
        mn_new_array((size_t)table->node_count, sizeof *until); /* the last node of the groups that name a node */
    *ok = until;
    if (!until)
        return false;
    for (int node = 0; node < table->node_count; node++)
        until[node] = -1;
    for (int i = 0; i < groups->count; i++)
        for (int k = 0; k < groups->list[i].count; k++) {
            int *last = &until[groups->list[i].nodes[k]];
            *last = last_of(&groups->list[i]) > *last ? last_of(&groups->list[i]) : *last;
        }
    const double most = table->most_states ? table->most_states : MN_MAX_FACTOR_STATES;
    bool wide = false;
    for (int i = 0; i < groups->count && !wide; i++) {
        const int first = groups->list[i].nodes[0], last = last_of(&groups->list[i]);
        for (int node = first; node <= last && !wide; node++) {
            double combinations = 1;
            for (int before = 0; before <= node; before++)
                combinations *= until[before] >= node ? table->nodes[before].block_count : 1;
            wide = combinations > most;
        }
    }
    free(until);
    return wide;
}

/* ---- the expanded table ------------------------------------------------------------------------------------------------------------ */

static bool make_auxiliary(const mn_table *table, const mn_expansion *expansion, const scope *group, int node,
                           mn_auxiliary *auxiliary)
{
    *auxiliary = (mn_auxiliary){.node = node, .part_count = group->count, .outside = expansion->entangled};
    auxiliary->parts = mn_new_array((size_t)group->count, sizeof *auxiliary->parts);
    auxiliary->strides = mn_new_array((size_t)group->count, sizeof *auxiliary->strides);
    if (!auxiliary->parts || !auxiliary->strides)
        return false;
    int stride = 1;
    for (int part = group->count - 1; part >= 0; part--) {
        auxiliary->parts[part] = expansion->place[group->nodes[part]];
        auxiliary->strides[part] = stride;
        stride *= table->nodes[group->nodes[part]].block_count;
    }
    return true;
}

/* The nodes and their places; groups are sorted by their last node. */
static bool lay_out(const mn_table *table, const scopes *groups, mn_expansion *expansion)
{
    mn_table *wide = &expansion->table;
    const size_t nodes = (size_t)(table->node_count + groups->count);
    wide->nodes = mn_new_array(nodes, sizeof *wide->nodes);
    wide->first = mn_new_array(nodes + 1, sizeof *wide->first);
    expansion->place = mn_new_array((size_t)table->node_count, sizeof *expansion->place);
    expansion->auxiliaries = mn_new_array((size_t)groups->count, sizeof *expansion->auxiliaries);
    if (!wide->nodes || !wide->first || !expansion->place || !expansion->auxiliaries)
        return false;
    for (int node = 0; node < table->node_count; node++) {
        expansion->place[node] = wide->node_count;
        wide->nodes[wide->node_count++] = table->nodes[node];
        for (; expansion->auxiliary_count < groups->count; wide->node_count++) {
            const scope *group = &groups->list[expansion->auxiliary_count];
            if (last_of(group) != node)
                break;
            const mn_factor all = {.node_count = group->count, .nodes = group->nodes};
            wide->nodes[wide->node_count].block_count = (int)mn_factor_combinations(table, &all, MN_MAX_BLOCKS);
            if (!make_auxiliary(table, expansion, group, wide->node_count,
                                &expansion->auxiliaries[expansion->auxiliary_count++]))
                return false;
        }
    }
    for (int node = 0; node < wide->node_count; node++)
        wide->first[node + 1] = wide->first[node] + wide->nodes[node].block_count;
    wide->item_count = wide->first[wide->node_count];
    return true;
}

/* The first auxiliary node whose parts include the factor's nodes. */
static const mn_auxiliary *auxiliary_of(const mn_expansion *expansion, const mn_factor *factor)
{
    for (const mn_auxiliary *a = expansion->auxiliaries;;
         a++) { /* there is one: absorb() dropped only what another one holds */
        int found = 0;
        for (int part = 0; part < a->part_count && found < factor->node_count; part++)
            found += a->parts[part] == expansion->place[factor->nodes[found]];
        if (found == factor->node_count)
            return a;
    }
}

/* Adds the factor's value to each of the auxiliary node's combinations. */
static bool add_values(const mn_table *table, const mn_expansion *expansion, const mn_factor *factor, int64_t *values)
{
    const mn_auxiliary *auxiliary = auxiliary_of(expansion, factor);
    const int parts = auxiliary->part_count;
    const mn_table *wide = &expansion->table;
    int *strides = mn_new_array(2 * (size_t)parts, sizeof *strides);
    if (!strides)
        return false;
    int *blocks = strides + parts; /* of the combination at hand */
    int stride = 1, named = factor->node_count - 1;
    for (int part = parts - 1; part >= 0; part--)
        if (named >= 0 && auxiliary->parts[part] == expansion->place[factor->nodes[named]]) {
            strides[part] = stride;
            stride *= table->nodes[factor->nodes[named--]].block_count;
        }
    int combination = 0; /* the factor's */
    const int first = wide->first[auxiliary->node], end = wide->first[auxiliary->node + 1];
    for (int item = first; item < end; item++) {
        values[item] += factor->values[combination];
        for (int part = parts - 1; part >= 0; part--) {
            combination += strides[part];
            if (++blocks[part] < wide->nodes[auxiliary->parts[part]].block_count)
                break;
            combination -= strides[part] * blocks[part];
            blocks[part] = 0;
        }
    }
    free(strides);
    return true;
}

static bool expand_metric(const mn_table *table, const mn_expansion *expansion, const mn_metric *metric,
                          mn_metric *wide)
{
    *wide = *metric;
    wide->errors = NULL;
    wide->factors = NULL;
    wide->factor_count = 0;
    wide->values = mn_new_array((size_t)expansion->table.item_count, sizeof *wide->values);
    if (!wide->values)
        return false;
    for (int node = 0; node < table->node_count; node++)
        memcpy(wide->values + expansion->table.first[expansion->place[node]], metric->values + table->first[node],
               sizeof *wide->values * (size_t)table->nodes[node].block_count);
    bool ok = true;
    for (int i = 0; ok && i < metric->factor_count; i++)
        ok = add_values(table, expansion, &metric->factors[i], wide->values);
    return ok;
}

static bool make_expansion(mn_table *table, const scopes *groups, bool entangled)
{
    mn_expansion *expansion = table->expansion = mn_new_array(1, sizeof *expansion);
    if (!expansion)
        return false;
    expansion->entangled = entangled;
    mn_table *wide = &expansion->table;
    wide->name = table->name;
    wide->has_values = true;
    wide->has_scale = table->has_scale;
    wide->scale = table->scale;
    bool ok = lay_out(table, groups, expansion);
    wide->metrics = ok ? mn_new_array((size_t)table->metric_count, sizeof *wide->metrics) : NULL;
    for (ok = wide->metrics; ok && wide->metric_count < table->metric_count; wide->metric_count++)
        ok = expand_metric(table, expansion, &table->metrics[wide->metric_count], &wide->metrics[wide->metric_count]);
    return ok;
}

mn_status mn_expansion_make(mn_table *table)
{
    bool needed = false;
    for (int metric = 0; metric < table->metric_count; metric++)
        needed |= table->metrics[metric].factor_count > 0;
    if (!needed)
        return MN_OK;
    scopes groups = {0};
    bool ok = find_groups(table, false, &groups);
    const bool entangled = ok && too_wide(table, &groups, &ok);
    if (entangled) {
        free_groups(&groups);
        ok = find_groups(table, true, &groups);
    }
    ok = ok && make_expansion(table, &groups, entangled);
    free_groups(&groups);
    return ok ? MN_OK : mn_fail_memory(&table->error);
}

void mn_expansion_free(mn_expansion *expansion)
{
    if (!expansion)
        return;
    mn_table *wide = &expansion->table;
    for (int metric = 0; metric < wide->metric_count; metric++)
        free(wide->metrics[metric].values);
    free(wide->metrics);
    free(wide->nodes);
    free(wide->first);
    mn_diagram_free(wide->diagram);
    for (int i = 0; i < expansion->auxiliary_count; i++) {
        free(expansion->auxiliaries[i].parts);
        free(expansion->auxiliaries[i].strides);
    }
    free(expansion->auxiliaries);
    free(expansion->place);
    free(expansion);
}

/* ---- networks, blocks and rules ----------------------------------------------------------------------------------------------------- */

void mn_network_expand(const mn_table *table, const uint16_t *network, uint16_t *expanded)
{
    const mn_expansion *expansion = table->expansion;
    for (int node = 0; node < table->node_count; node++)
        expanded[expansion ? expansion->place[node] : node] = network[node];
    for (int i = 0; expansion && i < expansion->auxiliary_count; i++)
        expanded[expansion->auxiliaries[i].node] = (uint16_t)mn_auxiliary_block(&expansion->auxiliaries[i], expanded);
}

void mn_network_strip(const mn_table *table, const uint16_t *expanded, uint16_t *network)
{
    for (int node = 0; node < table->node_count; node++)
        network[node] = expanded[table->expansion ? table->expansion->place[node] : node];
}

bool *mn_allowed_expand(const mn_table *table, const bool *allowed)
{
    const mn_table *wide = mn_table_searched(table);
    bool *expanded = mn_new_array((size_t)wide->item_count, sizeof *expanded);
    if (!expanded)
        return NULL;
    memset(expanded, true, sizeof *expanded * (size_t)wide->item_count);
    for (int node = 0; node < table->node_count; node++)
        memcpy(expanded + wide->first[table->expansion ? table->expansion->place[node] : node],
               allowed + table->first[node], sizeof *allowed * (size_t)table->nodes[node].block_count);
    return expanded;
}

mn_rule *mn_rules_expand(const mn_table *table, const mn_rule *rules, int count, int *expanded_count)
{
    const mn_expansion *expansion = table->expansion;
    mn_rule *expanded = mn_new_array((size_t)(count + expansion->auxiliary_count), sizeof *expanded);
    bool ok = expanded;
    *expanded_count = 0;
    for (int i = 0; ok && i < count; i++) {
        mn_rule *rule = &expanded[(*expanded_count)++];
        *rule = rules[i];
        rule->sets = mn_new_array((size_t)rule->set_count, sizeof *rule->sets);
        ok = rule->sets;
        for (int k = 0; ok && k < rule->set_count; k++) {
            rule->sets[k] = rules[i].sets[k];
            rule->sets[k].node = expansion->place[rule->sets[k].node];
        }
        if (rule->kind == MN_RULE_EQUAL)
            for (int side = 0; side < 2; side++)
                rule->node[side] = expansion->place[rule->node[side]];
    }
    for (int i = 0; ok && i < expansion->auxiliary_count; i++)
        expanded[(*expanded_count)++] =
            (mn_rule){.kind = MN_RULE_COMBINE, .text = "", .auxiliary = &expansion->auxiliaries[i]};
    if (ok)
        return expanded;
    mn_rules_expanded_free(expanded, *expanded_count);
    return NULL;
}

void mn_rules_expanded_free(mn_rule *rules, int count)
{
    for (int i = 0; rules && i < count; i++)
        free(rules[i].sets);
    free(rules);
}
