/* A table or space as JSON, in the form that table_json.c reads: every value as an exact decimal, a line for each node. */
#include "host/files/table_json.h"
#include "host/core/factors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_string(mn_output *output, const char *text)
{
    mn_output_write(output, "\"", 1);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            mn_output_write(output, "\\", 1);
        if ((unsigned char)*text < 0x20)
            mn_output_printf(output, "\\u%04x", (unsigned)*text);
        else
            mn_output_write(output, text, 1);
    }
    mn_output_write(output, "\"", 1);
}

/* A key and a text on a line of their own, unless there is none. */
static void put_member(mn_output *output, const char *key, const char *text)
{
    if (!text)
        return;
    mn_output_printf(output, ",\n  \"%s\": ", key);
    put_string(output, text);
}

static void put_block(mn_output *output, const mn_block *block)
{
    if (block->attribute_count == 0) {
        put_string(output, block->name);
        return;
    }
    mn_output_printf(output, "{\"name\": ");
    put_string(output, block->name);
    for (int i = 0; i < block->attribute_count; i++) {
        mn_output_printf(output, ", ");
        put_string(output, block->attributes[i].name);
        mn_output_printf(output, ": ");
        mn_output_write(output, block->attributes[i].text, strlen(block->attributes[i].text));
    }
    mn_output_printf(output, "}");
}

static void put_nodes(mn_output *output, const mn_table *table)
{
    mn_output_printf(output, ",\n  \"nodes\": [");
    for (int node = 0; node < table->node_count; node++) {
        const mn_node *n = &table->nodes[node];
        mn_output_printf(output, "%s\n    {\"name\": ", node ? "," : "");
        put_string(output, n->name);
        if (n->stage) {
            mn_output_printf(output, ", \"stage\": ");
            put_string(output, n->stage);
        }
        mn_output_printf(output, ", \"blocks\": [");
        for (int block = 0; block < n->block_count; block++) {
            mn_output_printf(output, block ? ", " : "");
            put_block(output, &n->blocks[block]);
        }
        mn_output_printf(output, "]}");
    }
    mn_output_printf(output, "\n  ]");
}

/* The fewest digits that read back as the same double. */
static void put_double(mn_output *output, double value)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    mn_output_printf(output, "%s", text);
}

static void put_errors(mn_output *output, const mn_table *table, const mn_metric *metric)
{
    if (!metric->errors)
        return;
    mn_output_printf(output, ",\n     \"errors\": [");
    for (int node = 0; node < table->node_count; node++) {
        mn_output_printf(output, "%s\n       [", node ? "," : "");
        for (int item = table->first[node]; item < table->first[node + 1]; item++) {
            mn_output_printf(output, item > table->first[node] ? ", " : "");
            put_double(output, metric->errors[item]);
        }
        mn_output_printf(output, "]");
    }
    mn_output_printf(output, "\n     ]");
}

static void put_factor(mn_output *output, const mn_table *table, const mn_metric *metric, const mn_factor *factor)
{
    char number[MN_NUMBER_SIZE];
    const int64_t combinations = mn_factor_combinations(table, factor, MN_MAX_BLOCKS);
    mn_output_printf(output, "{\"nodes\": [");
    for (int i = 0; i < factor->node_count; i++) {
        mn_output_printf(output, i ? ", " : "");
        put_string(output, table->nodes[factor->nodes[i]].name);
    }
    mn_output_printf(output, "],\n        \"values\": [");
    for (int64_t i = 0; i < combinations; i++)
        mn_output_printf(output, "%s%s", i ? ", " : "",
                         mn_format(factor->values[i], mn_metric_value_resolution(metric), number));
    mn_output_printf(output, "]");
    for (int64_t i = 0; factor->errors && i < combinations; i++) {
        mn_output_printf(output, i ? ", " : ",\n        \"errors\": [");
        put_double(output, factor->errors[i]);
    }
    mn_output_printf(output, factor->errors ? "]}" : "}");
}

static void put_factors(mn_output *output, const mn_table *table, const mn_metric *metric)
{
    if (metric->factor_count == 0)
        return;
    mn_output_printf(output, ",\n     \"factors\": [");
    for (int i = 0; i < metric->factor_count; i++) {
        mn_output_printf(output, i ? ",\n       " : "\n       ");
        put_factor(output, table, metric, &metric->factors[i]);
    }
    mn_output_printf(output, "\n     ]");
}

static void put_link(mn_output *output, const mn_metric *metric)
{
    const mn_link *link = &metric->link;
    char latent[MN_NUMBER_SIZE], value[MN_NUMBER_SIZE];
    if (link->count == 0)
        return;
    mn_output_printf(output, ",\n     \"link\": {\"form\": \"knots\", \"latent_resolution\": %s, \"knots\": [",
                     mn_format(1, link->resolution, latent));
    for (int i = 0; i < link->count; i++)
        mn_output_printf(output, "%s[%s, %s]", i ? ", " : "", mn_format(link->latents[i], link->resolution, latent),
                         mn_format(link->values[i], metric->resolution, value));
    mn_output_printf(output, "]}");
}

static void put_values(mn_output *output, const mn_table *table, const mn_metric *metric)
{
    char number[MN_NUMBER_SIZE];
    const mn_resolution resolution = mn_metric_value_resolution(metric);
    mn_output_printf(output, ", \"base\": %s,\n     \"values\": [", mn_format(metric->base, resolution, number));
    for (int node = 0; node < table->node_count; node++) {
        mn_output_printf(output, "%s\n       [", node ? "," : "");
        for (int item = table->first[node]; item < table->first[node + 1]; item++)
            mn_output_printf(output, "%s%s", item > table->first[node] ? ", " : "",
                             mn_format(metric->values[item], resolution, number));
        mn_output_printf(output, "]");
    }
    mn_output_printf(output, "\n     ]");
}

static void put_fitted(mn_output *output, const mn_metric *metric)
{
    const mn_fitted_to *fitted = &metric->fitted;
    if (fitted->networks == 0)
        return;
    mn_output_printf(output, ",\n     \"fitted\": {\"measurements\": ");
    put_string(output, fitted->measurements);
    mn_output_printf(output, ", \"networks\": %" PRId64 ", \"method\": ", fitted->networks);
    put_string(output, fitted->method);
    mn_output_printf(output, ", \"terms\": ");
    put_string(output, fitted->terms);
    mn_output_printf(output, "}");
}

static void put_metrics(mn_output *output, const mn_table *table)
{
    char number[MN_NUMBER_SIZE];
    if (table->metric_count == 0)
        return;
    mn_output_printf(output, ",\n  \"metrics\": [");
    for (int i = 0; i < table->metric_count; i++) {
        const mn_metric *metric = &table->metrics[i];
        mn_output_printf(output, "%s\n    {\"name\": \"%s\", \"unit\": ", i ? "," : "", metric->name);
        put_string(output, metric->unit);
        mn_output_printf(output, ", \"better\": \"%s\", \"resolution\": %s",
                         metric->higher_is_better ? "higher" : "lower", mn_format(1, metric->resolution, number));
        if (metric->has_chance)
            mn_output_printf(output, ", \"chance\": %s", mn_format(metric->chance, metric->resolution, number));
        if (table->has_values) {
            put_values(output, table, metric);
            put_errors(output, table, metric);
            put_factors(output, table, metric);
            put_link(output, metric);
            put_fitted(output, metric);
        }
        mn_output_printf(output, "}");
    }
    mn_output_printf(output, "\n  ]");
}

static void put_scale(mn_output *output, const mn_table *table)
{
    const mn_scale *scale = &table->scale;
    char number[MN_NUMBER_SIZE];
    if (!table->has_scale)
        return;
    mn_output_printf(output, ",\n  \"scale\": {\"metric\": \"%s\", \"by\": \"%s\", ",
                     table->metrics[scale->metric].name, table->metrics[scale->by].name);
    if (scale->form == MN_RECIPROCAL) {
        mn_output_printf(output, "\"form\": \"reciprocal\", \"mean\": %s}",
                         mn_format(scale->mean, table->metrics[scale->by].resolution, number));
        return;
    }
    mn_output_printf(output, "\"form\": \"power\", \"factor\": %se%d, ",
                     mn_format_wide(scale->factor.mantissa, 0, number), -scale->factor.decimals);
    mn_output_printf(output, "\"exponent\": %se%d}", mn_format_wide(scale->exponent.mantissa, 0, number),
                     -scale->exponent.decimals);
}

static void put_rules(mn_output *output, const mn_table *table)
{
    if (table->rule_count == 0)
        return;
    mn_output_printf(output, ",\n  \"rules\": [");
    for (int i = 0; i < table->rule_count; i++)
        mn_output_printf(output, "%s\n    %s", i ? "," : "", table->rules[i].text);
    mn_output_printf(output, "\n  ]");
}

mn_status mn_table_write(const mn_table *table, mn_output *output)
{
    mn_output_printf(output, "{\n  \"format\": \"%s\",\n  \"version\": 1",
                     table->has_values ? "mathnas-table" : "mathnas-space");
    put_member(output, "name", table->name);
    put_member(output, "encoding", table->encoding);
    put_nodes(output, table);
    put_metrics(output, table);
    put_scale(output, table);
    put_rules(output, table);
    if (table->network_json)
        mn_output_printf(output, ",\n  \"network\": %s", table->network_json);
    put_member(output, "source", table->source);
    return mn_output_printf(output, "\n}\n");
}
