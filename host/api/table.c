/* What a table says of itself. Indices out of range and NULL handles give "", 0 or -1. */
#include "host/api/handle.h"

#include <math.h>

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

static const mn_node *node_of(const mn_table *table, int node)
{
    return table && node >= 0 && node < table->node_count ? &table->nodes[node] : NULL;
}

static const mn_block *block_of(const mn_table *table, int node, int block)
{
    const mn_node *n = node_of(table, node);
    return n && block >= 0 && block < n->block_count ? &n->blocks[block] : NULL;
}

static const mn_metric *metric_of(const mn_table *table, int metric)
{
    return table && metric >= 0 && metric < table->metric_count ? &table->metrics[metric] : NULL;
}

const char *mn_table_name(const mn_table *table)
{
    return table ? text_or_empty(table->name) : "";
}

const char *mn_table_path(const mn_table *table)
{
    return table ? text_or_empty(table->path) : "";
}

const char *mn_table_encoding(const mn_table *table)
{
    return table ? text_or_empty(table->encoding) : "";
}

const char *mn_table_source(const mn_table *table)
{
    return table ? text_or_empty(table->source) : "";
}

bool mn_table_has_values(const mn_table *table)
{
    return table && table->has_values;
}

int mn_table_node_count(const mn_table *table)
{
    return table ? table->node_count : 0;
}

const char *mn_table_node_name(const mn_table *table, int node)
{
    const mn_node *n = node_of(table, node);
    return n ? text_or_empty(n->name) : "";
}

const char *mn_table_node_stage(const mn_table *table, int node)
{
    const mn_node *n = node_of(table, node);
    return n ? text_or_empty(n->stage) : "";
}

int mn_table_block_count(const mn_table *table, int node)
{
    const mn_node *n = node_of(table, node);
    return n ? n->block_count : 0;
}

const char *mn_table_block_name(const mn_table *table, int node, int block)
{
    const mn_block *b = block_of(table, node, block);
    return b ? text_or_empty(b->name) : "";
}

int mn_table_attribute_count(const mn_table *table, int node, int block)
{
    const mn_block *b = block_of(table, node, block);
    return b ? b->attribute_count : 0;
}

static const mn_attribute *attribute_of(const mn_table *table, int node, int block, int attribute)
{
    const mn_block *b = block_of(table, node, block);
    return b && attribute >= 0 && attribute < b->attribute_count ? &b->attributes[attribute] : NULL;
}

const char *mn_table_attribute_name(const mn_table *table, int node, int block, int attribute)
{
    const mn_attribute *a = attribute_of(table, node, block, attribute);
    return a ? text_or_empty(a->name) : "";
}

const char *mn_table_attribute_text(const mn_table *table, int node, int block, int attribute)
{
    const mn_attribute *a = attribute_of(table, node, block, attribute);
    return a ? text_or_empty(a->text) : "";
}

int mn_table_metric_count(const mn_table *table)
{
    return table ? table->metric_count : 0;
}

const char *mn_table_metric_name(const mn_table *table, int metric)
{
    const mn_metric *m = metric_of(table, metric);
    return m ? text_or_empty(m->name) : "";
}

const char *mn_table_metric_unit(const mn_table *table, int metric)
{
    const mn_metric *m = metric_of(table, metric);
    return m ? text_or_empty(m->unit) : "";
}

bool mn_table_metric_higher_is_better(const mn_table *table, int metric)
{
    const mn_metric *m = metric_of(table, metric);
    return m && m->higher_is_better;
}

mn_resolution mn_table_metric_resolution(const mn_table *table, int metric)
{
    const mn_metric *m = metric_of(table, metric);
    return m ? m->resolution : (mn_resolution){1, 0};
}

int64_t mn_table_metric_base(const mn_table *table, int metric)
{
    const mn_metric *m = metric_of(table, metric);
    return m ? m->base : 0;
}

int64_t mn_table_metric_value(const mn_table *table, int metric, int node, int block)
{
    const mn_metric *m = metric_of(table, metric);
    return m && m->values && block_of(table, node, block) ? m->values[table->first[node] + block] : 0;
}

mn_resolution mn_table_metric_value_resolution(const mn_table *table, int metric)
{
    const mn_metric *m = metric_of(table, metric);
    return m ? mn_metric_value_resolution(m) : (mn_resolution){1, 0};
}

double mn_table_metric_error(const mn_table *table, int metric, int node, int block)
{
    const mn_metric *m = metric_of(table, metric);
    return m && m->errors && block_of(table, node, block) ? m->errors[table->first[node] + block] : NAN;
}

static const mn_factor *factor_of(const mn_table *table, int metric, int factor)
{
    const mn_metric *m = metric_of(table, metric);
    return m && factor >= 0 && factor < m->factor_count ? &m->factors[factor] : NULL;
}

int mn_table_factor_count(const mn_table *table, int metric)
{
    const mn_metric *m = metric_of(table, metric);
    return m ? m->factor_count : 0;
}

int mn_table_factor_node_count(const mn_table *table, int metric, int factor)
{
    const mn_factor *f = factor_of(table, metric, factor);
    return f ? f->node_count : 0;
}

int mn_table_factor_node(const mn_table *table, int metric, int factor, int place)
{
    const mn_factor *f = factor_of(table, metric, factor);
    return f && place >= 0 && place < f->node_count ? f->nodes[place] : -1;
}

int mn_table_factor_combinations(const mn_table *table, int metric, int factor)
{
    const mn_factor *f = factor_of(table, metric, factor);
    return f ? (int)mn_factor_combinations(table, f, MN_MAX_BLOCKS) : 0;
}

int64_t mn_table_factor_value(const mn_table *table, int metric, int factor, int combination)
{
    const bool exists = combination >= 0 && combination < mn_table_factor_combinations(table, metric, factor);
    return exists ? factor_of(table, metric, factor)->values[combination] : 0;
}

double mn_table_factor_error(const mn_table *table, int metric, int factor, int combination)
{
    const mn_factor *f = factor_of(table, metric, factor);
    const bool exists = combination >= 0 && combination < mn_table_factor_combinations(table, metric, factor);
    return exists && f->errors ? f->errors[combination] : NAN;
}

int mn_table_link_knots(const mn_table *table, int metric)
{
    const mn_metric *m = metric_of(table, metric);
    return m ? m->link.count : 0;
}

int64_t mn_table_link_knot_latent(const mn_table *table, int metric, int knot)
{
    return knot >= 0 && knot < mn_table_link_knots(table, metric) ? table->metrics[metric].link.latents[knot] : 0;
}

int64_t mn_table_link_knot_value(const mn_table *table, int metric, int knot)
{
    return knot >= 0 && knot < mn_table_link_knots(table, metric) ? table->metrics[metric].link.values[knot] : 0;
}

int64_t mn_table_link_value(const mn_table *table, int metric, int64_t latent)
{
    return mn_table_link_knots(table, metric) ? mn_link_value(&table->metrics[metric].link, latent) : latent;
}

double mn_table_metric_largest_rounding(const mn_table *table, int metric)
{
    const mn_metric *m = metric_of(table, metric);
    return m ? m->largest_rounding : 0;
}

int mn_table_rule_count(const mn_table *table)
{
    return table ? table->rule_count : 0;
}

const char *mn_table_rule_text(const mn_table *table, int rule)
{
    return table && rule >= 0 && rule < table->rule_count ? text_or_empty(table->rules[rule].text) : "";
}

int mn_table_limit_count(const mn_table *table)
{
    return table ? table->limit_count : 0;
}

const char *mn_table_limit_text(const mn_table *table, int limit)
{
    return table && limit >= 0 && limit < table->limit_count ? text_or_empty(table->limit_texts[limit]) : "";
}

const char *mn_table_note(const mn_table *table)
{
    return table ? text_or_empty(table->note) : "";
}

const char *mn_table_network_count_text(const mn_table *table)
{
    return table ? text_or_empty(table->count_text) : "";
}

const char *mn_table_admissible_count_text(const mn_table *table)
{
    return table ? text_or_empty(table->admissible_text) : "";
}

uint64_t mn_table_network_count(const mn_table *table)
{
    return table ? table->count : 0;
}

uint64_t mn_table_admissible_count(const mn_table *table)
{
    return table ? table->admissible : 0;
}
