/* "metrics": [{"name", "unit", "better", "resolution", "base", "values"}], without the last two in a space; and "scale". What a metric may
 * have besides is read in table_factors.c. */
#include "host/files/table_reader.h"
#include "host/files/table_json.h"
#include "host/core/memory.h"

#include <math.h>
#include <stdio.h>

enum { PLACE_SIZE = 640 };

/* ---- values --------------------------------------------------------------------------------------------------------------------- */

/* Where a value is: base (node -1), a node's list (block -1) or a block. */
typedef struct value_place {
    const mn_table *table;
    const mn_metric *metric;
    int node, block;
} value_place;

static const char *describe_place(const value_place *place, char text[PLACE_SIZE])
{
    const mn_node *node = place->node < 0 ? NULL : &place->table->nodes[place->node];
    if (!node)
        snprintf(text, PLACE_SIZE, "metric \"%.200s\", \"base\"", place->metric->name);
    else if (place->block < 0)
        snprintf(text, PLACE_SIZE, "metric \"%.200s\", node \"%.200s\"", place->metric->name, node->name);
    else
        snprintf(text, PLACE_SIZE, "metric \"%.200s\", node \"%.200s\", block \"%.200s\"", place->metric->name,
                 node->name, node->blocks[place->block].name);
    return text;
}

/* |value - multiples * resolution|: both are short decimals, so 64 bits of mantissa leave the difference its leading digits. */
static double rounding_of(mn_decimal value, int64_t multiples, mn_resolution resolution)
{
    const long double exact = (long double)value.mantissa * powl(10.0L, -(long double)value.decimals);
    const long double kept =
        (long double)multiples * (long double)resolution.mantissa * powl(10.0L, -(long double)resolution.decimals);
    return (double)fabsl(exact - kept);
}

bool mn_try_multiples(const mn_json *value, mn_resolution resolution, int64_t *multiples, double *largest_rounding)
{
    mn_decimal decimal;
    bool exact;
    if (value->type != MN_JSON_NUMBER || !mn_decimal_parse(value->text, value->length, &decimal) ||
        !mn_decimal_to_multiples(decimal, resolution, MN_NEAREST, multiples, &exact) || *multiples > MN_MAX_MULTIPLES ||
        *multiples < -MN_MAX_MULTIPLES)
        return false;
    if (!exact && largest_rounding)
        *largest_rounding = fmax(*largest_rounding, rounding_of(decimal, *multiples, resolution));
    return true;
}

mn_status mn_fail_multiples(const mn_json_document *document, const mn_json *value, const char *place)
{
    char found[MN_JSON_DESCRIPTION];
    mn_decimal decimal;
    if (value->type != MN_JSON_NUMBER || !mn_decimal_parse(value->text, value->length, &decimal))
        return mn_json_decimal(document, value, place, &decimal);
    return mn_json_fail(document, value, "%s: expected at most 2^53 multiples of the resolution, found %s", place,
                        mn_json_describe(value, found));
}

static mn_status read_multiples(const mn_json_document *document, const mn_json *value, mn_metric *metric,
                                const value_place *place, int64_t *multiples)
{
    char text[PLACE_SIZE];
    if (mn_try_multiples(value, mn_metric_value_resolution(metric), multiples, &metric->largest_rounding))
        return MN_OK;
    return mn_fail_multiples(document, value, describe_place(place, text));
}

/* One node's list of values, into `values` [blocks of the node]. */
static mn_status read_row(const mn_json_document *document, const mn_json *row, mn_metric *metric, value_place place,
                          int64_t *values)
{
    char text[PLACE_SIZE];
    const int expected = place.table->nodes[place.node].block_count;
    const mn_status status =
        row->type == MN_JSON_ARRAY ? MN_OK : mn_json_expect(document, row, MN_JSON_ARRAY, describe_place(&place, text));
    if (status != MN_OK)
        return status;
    if (row->count != (uint32_t)expected)
        return mn_json_fail(document, row, "%s: %u values; expected %d, one for each block",
                            describe_place(&place, text), row->count, expected);
    place.block = 0;
    for (const mn_json *value = row->first; value; value = value->next, place.block++) {
        const mn_status read = read_multiples(document, value, metric, &place, &values[place.block]);
        if (read != MN_OK)
            return read;
    }
    return MN_OK;
}

static mn_status read_values(const mn_json_document *document, const mn_json *rows, const mn_table *table,
                             mn_metric *metric)
{
    if (rows->count != (uint32_t)table->node_count)
        return mn_json_fail(document, rows, "metric \"%.200s\", \"values\": %u lists; expected %d, one for each node",
                            metric->name, rows->count, table->node_count);
    size_t items = 0;
    for (int node = 0; node < table->node_count; node++)
        items += (size_t)table->nodes[node].block_count;
    metric->values = mn_new_array(items, sizeof *metric->values);
    if (!metric->values)
        return mn_fail_memory(document->source.error);
    int64_t *values = metric->values;
    int node = 0;
    for (const mn_json *row = rows->first; row; row = row->next, node++) {
        const mn_status status = read_row(document, row, metric, (value_place){table, metric, node, -1}, values);
        if (status != MN_OK)
            return status;
        values += table->nodes[node].block_count;
    }
    return MN_OK;
}

/* ---- metrics -------------------------------------------------------------------------------------------------------------------- */

static bool is_metric_name(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return *name && !(*name >= '0' && *name <= '9') && strspn(name, letters) == strlen(name);
}

static mn_status read_metric_name(const mn_json_document *document, const mn_json *value, const char *place,
                                  mn_metric *metric)
{
    const mn_json *name;
    const mn_status status = mn_json_member(document, value, place, "name", MN_JSON_STRING, &name);
    if (status != MN_OK)
        return status;
    if (!is_metric_name(name->text))
        return mn_json_fail(document, name,
                            "%s: expected a name of letters, digits and _ that begins with no digit, found \"%.80s\"",
                            place, name->text);
    return mn_json_copy(document, name, &metric->name);
}

static mn_status read_direction(const mn_json_document *document, const mn_json *value, const char *place,
                                mn_metric *metric)
{
    const mn_json *better;
    const mn_status status = mn_json_member(document, value, place, "better", MN_JSON_STRING, &better);
    if (status != MN_OK)
        return status;
    metric->higher_is_better = !strcmp(better->text, "higher");
    if (!metric->higher_is_better && strcmp(better->text, "lower"))
        return mn_json_fail(document, better, "%s, \"better\": expected \"higher\" or \"lower\", found \"%.80s\"",
                            place, better->text);
    return MN_OK;
}

static mn_status read_resolution(const mn_json_document *document, const mn_json *value, const char *place,
                                 mn_metric *metric)
{
    const mn_json *resolution;
    char inner[PLACE_SIZE];
    mn_decimal decimal;
    snprintf(inner, sizeof inner, "%.400s, \"resolution\"", place);
    mn_status status = mn_json_member(document, value, place, "resolution", MN_JSON_NUMBER, &resolution);
    if (status == MN_OK)
        status = mn_json_decimal(document, resolution, inner, &decimal);
    if (status == MN_OK && !mn_decimal_to_resolution(decimal, &metric->resolution)) {
        char found[MN_JSON_DESCRIPTION];
        status = mn_json_fail(document, resolution, "%s: expected a positive number of at most 18 decimals, found %s",
                              inner, mn_json_describe(resolution, found));
    }
    return status;
}

/* "chance": the value of a network whose output is constant. */
static mn_status read_chance(const mn_json_document *document, const mn_json *value, mn_metric *metric)
{
    const mn_json *chance = mn_json_find(value, "chance");
    char place[PLACE_SIZE];
    metric->has_chance = chance != NULL;
    if (!chance || mn_try_multiples(chance, metric->resolution, &metric->chance, &metric->largest_rounding))
        return MN_OK;
    snprintf(place, sizeof place, "metric \"%.200s\", \"chance\"", metric->name);
    return mn_fail_multiples(document, chance, place);
}

/* Base and values: what a table has and a space has not. */
static mn_status read_numbers(const mn_json_document *document, const mn_json *value, const mn_table *table,
                              const char *place, mn_metric *metric)
{
    const mn_json *base, *values, *link = mn_json_find(value, "link"), *errors = mn_json_find(value, "errors"),
                                  *factors = mn_json_find(value, "factors");
    mn_status status = link ? mn_read_link(document, link, metric) : MN_OK;
    if (status == MN_OK)
        status = mn_json_member(document, value, place, "base", MN_JSON_NUMBER, &base);
    if (status == MN_OK)
        status = read_multiples(document, base, metric, &(value_place){table, metric, -1, -1}, &metric->base);
    if (status == MN_OK)
        status = mn_json_member(document, value, place, "values", MN_JSON_ARRAY, &values);
    if (status == MN_OK)
        status = read_values(document, values, table, metric);
    if (status == MN_OK && errors)
        status = mn_read_errors(document, errors, table, metric);
    return status == MN_OK && factors ? mn_read_factors(document, factors, table, metric) : status;
}

static mn_status read_metric(const mn_json_document *document, const mn_json *value, const mn_table *table, int index)
{
    static const char *const table_keys[] = {"name",   "unit",   "better",  "resolution", "chance", "base",
                                             "values", "errors", "factors", "link",       "fitted", NULL};
    static const char *const space_keys[] = {"name", "unit", "better", "resolution", "chance", NULL};
    mn_metric *metric = &table->metrics[index];
    char place[PLACE_SIZE];
    snprintf(place, sizeof place, "metric %d (from 0)", index);
    mn_status status = mn_json_expect(document, value, MN_JSON_OBJECT, place);
    if (status == MN_OK)
        status = read_metric_name(document, value, place, metric);
    if (status != MN_OK)
        return status;
    snprintf(place, sizeof place, "metric \"%.200s\"", metric->name);
    for (int other = 0; other < index; other++)
        if (!strcmp(table->metrics[other].name, metric->name))
            return mn_json_fail(document, value, "two metrics are named \"%.200s\"", metric->name);
    const mn_json *unit;
    status = mn_json_check_keys(document, value, place, table->has_values ? table_keys : space_keys);
    if (status == MN_OK)
        status = mn_json_member(document, value, place, "unit", MN_JSON_STRING, &unit);
    if (status == MN_OK)
        status = mn_json_copy(document, unit, &metric->unit);
    if (status == MN_OK)
        status = read_direction(document, value, place, metric);
    if (status == MN_OK)
        status = read_resolution(document, value, place, metric);
    if (status == MN_OK)
        status = read_chance(document, value, metric);
    if (status == MN_OK)
        status = mn_read_fitted(document, value, metric);
    return status == MN_OK && table->has_values ? read_numbers(document, value, table, place, metric) : status;
}

mn_status mn_read_metrics(const mn_json_document *document, const mn_json *metrics, mn_table *table)
{
    if ((metrics->count < 1 && table->has_values) || metrics->count > MN_MAX_METRICS)
        return mn_json_fail(document, metrics, "%u metrics; expected 1 to %d", metrics->count, MN_MAX_METRICS);
    table->metrics = mn_new_array(metrics->count, sizeof *table->metrics);
    if (!table->metrics)
        return mn_fail_memory(document->source.error);
    table->metric_count = (int)metrics->count;
    int i = 0;
    for (const mn_json *value = metrics->first; value; value = value->next) {
        const mn_status status = read_metric(document, value, table, i++);
        if (status != MN_OK)
            return status;
    }
    return MN_OK;
}

/* ---- scale ---------------------------------------------------------------------------------------------------------------------- */

static mn_status read_scale_metric(const mn_json_document *document, const mn_json *scale, const char *key,
                                   const mn_table *table, int *metric)
{
    const mn_json *name;
    const mn_status status = mn_json_member(document, scale, "\"scale\"", key, MN_JSON_STRING, &name);
    if (status != MN_OK)
        return status;
    *metric = mn_table_find_metric(table, name->text);
    return *metric >= 0
               ? MN_OK
               : mn_json_fail(document, name, "\"scale\", \"%s\": the table has no metric \"%.200s\"", key, name->text);
}

static mn_status read_scale_number(const mn_json_document *document, const mn_json *scale, const char *key,
                                   mn_decimal *number)
{
    const mn_json *value;
    char place[64];
    snprintf(place, sizeof place, "\"scale\", \"%s\"", key);
    const mn_status status = mn_json_member(document, scale, "\"scale\"", key, MN_JSON_NUMBER, &value);
    return status == MN_OK ? mn_json_decimal(document, value, place, number) : status;
}

static mn_status read_reciprocal(const mn_json_document *document, const mn_json *scale, mn_table *table)
{
    static const char *const keys[] = {"metric", "by", "form", "mean", NULL};
    mn_decimal mean;
    mn_status status = mn_json_check_keys(document, scale, "\"scale\" of the form \"reciprocal\"", keys);
    if (status == MN_OK)
        status = read_scale_number(document, scale, "mean", &mean);
    if (status != MN_OK)
        return status;
    const mn_metric *by = &table->metrics[table->scale.by];
    table->scale.form = MN_RECIPROCAL;
    if (!mn_decimal_to_multiples(mean, by->resolution, MN_NEAREST, &table->scale.mean, NULL) || table->scale.mean < 1)
        return mn_json_fail(
            document, mn_json_find(scale, "mean"),
            "\"scale\", \"mean\": expected at least one multiple of the resolution of \"%s\" and less than 2^63",
            by->name);
    return MN_OK;
}

static mn_status read_power(const mn_json_document *document, const mn_json *scale, mn_table *table)
{
    static const char *const keys[] = {"metric", "by", "form", "factor", "exponent", NULL};
    mn_status status = mn_json_check_keys(document, scale, "\"scale\" of the form \"power\"", keys);
    table->scale.form = MN_POWER;
    if (status == MN_OK)
        status = read_scale_number(document, scale, "factor", &table->scale.factor);
    if (status == MN_OK)
        status = read_scale_number(document, scale, "exponent", &table->scale.exponent);
    if (status == MN_OK && table->scale.factor.mantissa <= 0)
        status =
            mn_json_fail(document, mn_json_find(scale, "factor"), "\"scale\", \"factor\": expected a positive number");
    return status;
}

/* A short decimal in words' company: its digits as they count. */
static void print_decimal(mn_decimal decimal, char text[64])
{
    if (decimal.decimals >= 0 && decimal.decimals <= 18)
        mn_format_wide(decimal.mantissa, decimal.decimals, text);
    else
        snprintf(text, 64, "%.9g", mn_decimal_to_double(decimal));
}

char *mn_scale_text(const mn_table *table)
{
    const mn_scale *scale = &table->scale;
    const char *metric = table->metrics[scale->metric].name, *unit = table->metrics[scale->by].unit;
    const char *by = table->metrics[scale->by].name;
    char text[1024], first[64], second[64];
    if (scale->form == MN_RECIPROCAL) {
        mn_format(scale->mean, table->metrics[scale->by].resolution, first);
        snprintf(text, sizeof text, "%.300s by %.300s: reciprocal, mean %s %.100s", metric, by, first, unit);
    } else {
        print_decimal(scale->factor, first);
        print_decimal(scale->exponent, second);
        snprintf(text, sizeof text, "%.300s by %.300s: power, factor %s, exponent %s", metric, by, first, second);
    }
    return mn_copy_text(text, strlen(text));
}

mn_status mn_read_scale(const mn_json_document *document, const mn_json *scale, mn_table *table)
{
    const mn_json *form;
    mn_status status = read_scale_metric(document, scale, "metric", table, &table->scale.metric);
    if (status == MN_OK)
        status = read_scale_metric(document, scale, "by", table, &table->scale.by);
    if (status == MN_OK)
        status = mn_json_member(document, scale, "\"scale\"", "form", MN_JSON_STRING, &form);
    if (status != MN_OK)
        return status;
    if (!strcmp(form->text, "reciprocal"))
        status = read_reciprocal(document, scale, table);
    else if (!strcmp(form->text, "power"))
        status = read_power(document, scale, table);
    else
        return mn_json_fail(document, form,
                            "\"scale\", \"form\": expected \"reciprocal\" or \"power\", found \"%.80s\"", form->text);
    if (status != MN_OK)
        return status;
    table->has_scale = true;
    table->scale_text = mn_scale_text(table);
    return table->scale_text ? MN_OK : mn_fail_memory(&table->error);
}
