#include "host/core/table.h"
#include "host/core/factors.h"
#include "host/core/memory.h"
#include "host/core/skeleton.h"

#include <stdio.h>

mn_table *mn_table_new(void)
{
    return mn_new_array(1, sizeof(mn_table));
}

static void free_node(mn_node *node)
{
    for (int block = 0; block < node->block_count; block++) {
        mn_block *b = &node->blocks[block];
        for (int i = 0; i < b->attribute_count; i++) {
            free(b->attributes[i].name);
            free(b->attributes[i].text);
        }
        free(b->attributes);
        free(b->name);
    }
    free(node->blocks);
    free(node->name);
    free(node->stage);
}

static void free_metric(mn_metric *metric)
{
    for (int i = 0; metric->factors && i < metric->factor_count; i++) {
        free(metric->factors[i].nodes);
        free(metric->factors[i].values);
        free(metric->factors[i].errors);
    }
    free(metric->factors);
    free(metric->name);
    free(metric->unit);
    free(metric->values);
    free(metric->errors);
    mn_link_free(&metric->link);
    free(metric->fitted.measurements);
    free(metric->fitted.method);
    free(metric->fitted.terms);
}

static void free_metrics(mn_table *table)
{
    mn_expansion_free(table->expansion);
    for (int i = 0; i < table->metric_count; i++)
        free_metric(&table->metrics[i]);
    free(table->metrics);
}

void mn_table_free(mn_table *table)
{
    if (!table)
        return;
    for (int i = 0; i < table->node_count; i++)
        free_node(&table->nodes[i]);
    free(table->nodes);
    free_metrics(table);
    for (int i = 0; i < table->rule_count; i++)
        mn_rule_free(&table->rules[i]);
    free(table->rules);
    mn_diagram_free(table->diagram);
    free(table->first);
    free(table->name);
    free(table->path);
    free(table->encoding);
    free(table->source);
    free(table->network_json);
    mn_skeleton_free(table->skeleton);
    free(table->scale_text);
    free(table->count_text);
    free(table->admissible_text);
    free(table->index_of);
    for (int i = 0; i < table->limit_count; i++)
        free(table->limit_texts[i]);
    free(table->limit_texts);
    free(table->note);
    free(table);
}

/* ---- lookups ------------------------------------------------------------------------------------------------------------------- */

/* The whole of `text` as an index below `count`, or -1. */
static int parse_index(const char *text, int count)
{
    if (!*text || strlen(text) > 9)
        return -1;
    int value = 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        value = value * 10 + (*text - '0');
    }
    return value < count ? value : -1;
}

int mn_table_find_node(const mn_table *table, const char *name)
{
    for (int i = 0; i < table->node_count; i++)
        if (!strcmp(table->nodes[i].name, name))
            return i;
    return parse_index(name, table->node_count);
}

int mn_table_find_block(const mn_table *table, int node, const char *name)
{
    const mn_node *n = &table->nodes[node];
    for (int i = 0; i < n->block_count; i++)
        if (!strcmp(n->blocks[i].name, name))
            return i;
    return parse_index(name, n->block_count);
}

int mn_table_find_metric(const mn_table *table, const char *name)
{
    for (int i = 0; i < table->metric_count; i++)
        if (!strcmp(table->metrics[i].name, name))
            return i;
    return -1;
}

int64_t mn_table_evaluate_latent(const mn_table *table, int metric, const uint16_t *network)
{
    const mn_metric *m = &table->metrics[metric];
    int64_t sum = 0;
    for (int node = 0; node < table->node_count; node++)
        sum += m->values[table->first[node] + network[node]];
    for (int i = 0; i < m->factor_count; i++)
        sum += mn_factor_value(table, &m->factors[i], network);
    if (!table->has_scale || table->scale.metric != metric)
        return m->base + sum;
    return mn_scale_apply(m->base, sum, mn_scale_g(&table->scale, mn_table_evaluate(table, table->scale.by, network)));
}

int64_t mn_table_evaluate(const mn_table *table, int metric, const uint16_t *network)
{
    const mn_link *link = &table->metrics[metric].link;
    const int64_t latent = mn_table_evaluate_latent(table, metric, network);
    return link->count ? mn_link_value(link, latent) : latent;
}

/* ---- preparation ---------------------------------------------------------------------------------------------------------------- */

static mn_status number_items(mn_table *table, const char *where)
{
    table->first = mn_new_array((size_t)table->node_count + 1, sizeof *table->first);
    if (!table->first)
        return mn_fail_memory(&table->error);
    int64_t items = 0;
    for (int node = 0; node < table->node_count; node++) {
        table->first[node] = (int)items;
        items += table->nodes[node].block_count;
        if (items > INT32_MAX / 2)
            return mn_fail(&table->error, MN_BAD_INPUT, "%s: more than %d blocks in all", where, INT32_MAX / 2);
    }
    table->first[table->node_count] = table->item_count = (int)items;
    return MN_OK;
}

static int64_t largest_magnitude(const int64_t *values, int64_t count)
{
    int64_t largest = 0;
    for (int64_t i = 0; i < count; i++) {
        const int64_t magnitude = values[i] < 0 ? -values[i] : values[i];
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

/* The worst case of |base + partial sums|: whatever the order of additions, nothing leaves 64 bits. */
static mn_status check_sums(mn_table *table, const char *where)
{
    for (int metric = 0; metric < table->metric_count; metric++) {
        const mn_metric *m = &table->metrics[metric];
        mn_wide worst = m->base < 0 ? -(mn_wide)m->base : m->base;
        for (int node = 0; node < table->node_count; node++)
            worst += largest_magnitude(m->values + table->first[node], table->first[node + 1] - table->first[node]);
        for (int i = 0; i < m->factor_count; i++)
            worst +=
                largest_magnitude(m->factors[i].values, mn_factor_combinations(table, &m->factors[i], MN_MAX_BLOCKS));
        if (worst > MN_MAX_SUM)
            return mn_fail(
                &table->error, MN_BAD_INPUT,
                "%s: metric \"%s\": the largest sum passes 2^62 multiples of its resolution; choose a coarser one",
                where, m->name);
    }
    return MN_OK;
}

/* Bounds of the sum without the base: exact without factors. */
static void sum_range(const mn_table *original, int index, int64_t *smallest, int64_t *largest)
{
    const mn_table *table = mn_table_searched(original);
    const mn_metric *metric = &table->metrics[index];
    *smallest = *largest = 0;
    for (int node = 0; node < table->node_count; node++) {
        int64_t low = INT64_MAX, high = INT64_MIN;
        for (int item = table->first[node]; item < table->first[node + 1]; item++) {
            low = metric->values[item] < low ? metric->values[item] : low;
            high = metric->values[item] > high ? metric->values[item] : high;
        }
        *smallest += low;
        *largest += high;
    }
}

mn_status mn_table_check_scale(mn_table *table, const char *where)
{
    mn_scale *scale = &table->scale;
    const mn_metric *metric = &table->metrics[scale->metric], *by = &table->metrics[scale->by];
    if (scale->metric == scale->by)
        return mn_fail(&table->error, MN_BAD_INPUT, "%s: scale: metric \"%s\" cannot be scaled by itself", where,
                       metric->name);
    if (metric->link.count || by->link.count)
        return mn_fail(&table->error, MN_BAD_INPUT,
                       "%s: scale: metric \"%s\" has a link; a scale takes metrics without one", where,
                       metric->link.count ? metric->name : by->name);
    mn_error inner = {0};
    if (mn_scale_prepare(scale, by->resolution, &inner) != MN_OK)
        return mn_fail(&table->error, MN_BAD_INPUT, "%s: %s", where, inner.text);

    int64_t low, high, least, most;
    sum_range(table, scale->by, &low, &high);
    if (by->base + low < 1)
        return mn_fail(&table->error, MN_BAD_INPUT,
                       "%s: scale: \"%s\" must be positive for every network; its smallest is %.6g %s", where, by->name,
                       mn_to_double(by->base + low, by->resolution), by->unit);
    sum_range(table, scale->metric, &least, &most);
    const uint64_t g_low = mn_scale_g(scale, by->base + low), g_high = mn_scale_g(scale, by->base + high);
    const mn_wide g = g_low > g_high ? g_low : g_high;
    const mn_wide magnitude = -(mn_wide)least > most ? -(mn_wide)least : most;
    const mn_wide base = metric->base < 0 ? -(mn_wide)metric->base : metric->base;
    if (g >= (mn_wide)1 << 62 || (magnitude * g >> 32) + base + 1 > MN_MAX_SUM)
        return mn_fail(&table->error, MN_BAD_INPUT,
                       "%s: scale: the scaled \"%s\" passes 2^62 multiples of its resolution", where, metric->name);
    return MN_OK;
}

/* Knots in order, and linked values within 2^62. */
static mn_status check_links(mn_table *table, const char *where)
{
    for (int metric = 0; metric < table->metric_count; metric++) {
        const mn_metric *m = &table->metrics[metric];
        if (m->link.count == 0)
            continue;
        bool rises = m->link.count > 1;
        for (int i = 1; rises && i < m->link.count; i++)
            rises = m->link.latents[i] > m->link.latents[i - 1] && m->link.values[i] > m->link.values[i - 1];
        if (!rises)
            return mn_fail(&table->error, MN_BAD_INPUT,
                           "%s: metric \"%s\", link: expected two knots or more, strictly increasing in both numbers",
                           where, m->name);
        int64_t low, high;
        sum_range(table, metric, &low, &high);
        if (mn_link_value(&m->link, m->base + low) <= -MN_MAX_SUM ||
            mn_link_value(&m->link, m->base + high) >= MN_MAX_SUM)
            return mn_fail(&table->error, MN_BAD_INPUT,
                           "%s: metric \"%s\": its linked values pass 2^62 multiples of its resolution; choose a "
                           "coarser one",
                           where, m->name);
    }
    return MN_OK;
}

static mn_status check_names(mn_table *table, const char *where)
{
    for (int i = 0; i < table->metric_count; i++)
        for (int j = 0; j < i; j++)
            if (!strcmp(table->metrics[i].name, table->metrics[j].name))
                return mn_fail(&table->error, MN_BAD_INPUT, "%s: two metrics are named \"%s\"", where,
                               table->metrics[i].name);
    for (int node = 0; node < table->node_count; node++)
        for (int metric = 0; metric < table->metric_count; metric++)
            if (!strcmp(table->nodes[node].name, table->metrics[metric].name))
                return mn_fail(&table->error, MN_BAD_INPUT, "%s: a node and a metric are both named \"%s\"", where,
                               table->nodes[node].name);
    return MN_OK;
}

/* Product of the nodes' block counts as text and number. */
static mn_status count_networks(mn_table *table)
{
    mn_diagram *all = NULL;
    mn_status status = mn_diagram_build(table->node_count, table->first, NULL, 0, NULL, &table->error, &all);
    if (status != MN_OK)
        return status;
    table->count_text = mn_diagram_count_text(all);
    mn_diagram_free(all);
    const bool countable = table->diagram->outside_count == 0;
    if (table->rule_count == 0)
        table->admissible_text = table->count_text ? mn_copy_text(table->count_text, strlen(table->count_text)) : NULL;
    else
        table->admissible_text = countable ? mn_diagram_count_text(table->diagram) : mn_copy_text("", 0);
    unsigned __int128 **counts = mn_diagram_counts(table->diagram);
    if (!table->count_text || !table->admissible_text || !counts) {
        free(counts);
        return mn_fail_memory(&table->error);
    }
    const unsigned __int128 admissible = table->diagram->empty ? 0 : counts[0][0];
    table->admissible = countable && admissible < UINT64_MAX ? (uint64_t)admissible : UINT64_MAX;
    free(counts);
    table->count = 1;
    for (int node = 0; node < table->node_count; node++)
        if (__builtin_mul_overflow(table->count, (uint64_t)table->nodes[node].block_count, &table->count)) {
            table->count = UINT64_MAX;
            break;
        }
    return MN_OK;
}

/* The diagram of the rules and of what the factors must remember. */
static mn_status build_searched_diagram(mn_table *table)
{
    mn_table *wide = &table->expansion->table;
    int count;
    mn_rule *rules = mn_rules_expand(table, table->rules, table->rule_count, &count);
    if (!rules)
        return mn_fail_memory(&table->error);
    const mn_status status =
        mn_diagram_build(wide->node_count, wide->first, rules, count, NULL, &table->error, &wide->diagram);
    mn_rules_expanded_free(rules, count);
    return status;
}

mn_status mn_table_prepare(mn_table *table, const char *where)
{
    mn_status status = number_items(table, where);
    if (status == MN_OK)
        status = check_names(table, where);
    if (status == MN_OK && table->skeleton)
        status = mn_skeleton_prepare(table, where);
    if (status == MN_OK && table->has_values)
        status = mn_factors_check(table, where);
    if (status == MN_OK && table->has_values)
        status = check_sums(table, where);
    if (status == MN_OK && table->has_values)
        status = mn_expansion_make(table);
    if (status == MN_OK && table->has_values)
        status = check_links(table, where);
    if (status == MN_OK && table->has_values && table->has_scale)
        status = mn_table_check_scale(table, where);
    if (status == MN_OK && table->expansion)
        table->expansion->table.scale = table->scale; /* ready for use */
    if (status == MN_OK)
        status = mn_diagram_build(table->node_count, table->first, table->rules, table->rule_count, NULL, &table->error,
                                  &table->diagram);
    if (status == MN_OK && table->diagram->empty)
        status = mn_fail(&table->error, MN_BAD_INPUT, "%s: the rules exclude every network", where);
    if (status == MN_OK && table->expansion)
        status = build_searched_diagram(table);
    if (status == MN_OK)
        status = count_networks(table);
    return status;
}

mn_status mn_table_take_metrics(mn_table *table, mn_metric *metrics, int count, const char *where)
{
    free_metrics(table);
    mn_diagram_free(table->diagram);
    free(table->first);
    free(table->count_text);
    free(table->admissible_text);
    free(table->scale_text);
    table->expansion = NULL;
    table->diagram = NULL;
    table->first = NULL;
    table->count_text = table->admissible_text = table->scale_text = NULL;
    table->has_scale = false;
    table->metrics = metrics;
    table->metric_count = count;
    table->has_values = true;
    return mn_table_prepare(table, where);
}
