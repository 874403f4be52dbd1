/* What a metric may have besides values: "errors" (standard errors), "factors" (terms over several nodes) and "link" (a monotone map):
 * docs/formats.md. */
#include "host/files/table_reader.h"
#include "host/core/factors.h"
#include "host/core/memory.h"

#include <stdio.h>

enum { PLACE_SIZE = 800, MOST_FACTORS = 1 << 20, MOST_KNOTS = 1 << 20 };

/* ---- standard errors -------------------------------------------------------------------------------------------------------------- */

/* False when it is no number from 0 on. */
static bool try_error(const mn_json *value, double *error)
{
    mn_decimal decimal;
    if (value->type != MN_JSON_NUMBER || !mn_decimal_parse(value->text, value->length, &decimal) ||
        decimal.mantissa < 0)
        return false;
    *error = mn_decimal_to_double(decimal);
    return true;
}

static mn_status fail_error(const mn_json_document *document, const mn_json *value, const char *place)
{
    char found[MN_JSON_DESCRIPTION];
    return mn_json_fail(document, value, "%s: expected a standard error, 0 or more, found %s", place,
                        mn_json_describe(value, found));
}

static mn_status read_error_row(const mn_json_document *document, const mn_json *row, const mn_node *node,
                                const mn_metric *metric, double *errors)
{
    char place[PLACE_SIZE];
    snprintf(place, sizeof place, "metric \"%.200s\", \"errors\", node \"%.200s\"", metric->name, node->name);
    const mn_status status = mn_json_expect(document, row, MN_JSON_ARRAY, place);
    if (status != MN_OK)
        return status;
    if (row->count != (uint32_t)node->block_count)
        return mn_json_fail(document, row, "%s: %u errors; expected %d, one for each block", place, row->count,
                            node->block_count);
    int block = 0;
    for (const mn_json *value = row->first; value; value = value->next, block++)
        if (!try_error(value, &errors[block])) {
            snprintf(place, sizeof place, "metric \"%.200s\", \"errors\", node \"%.200s\", block \"%.200s\"",
                     metric->name, node->name, node->blocks[block].name);
            return fail_error(document, value, place);
        }
    return MN_OK;
}

mn_status mn_read_errors(const mn_json_document *document, const mn_json *rows, const mn_table *table,
                         mn_metric *metric)
{
    char place[PLACE_SIZE];
    snprintf(place, sizeof place, "metric \"%.200s\", \"errors\"", metric->name);
    mn_status status = mn_json_expect(document, rows, MN_JSON_ARRAY, place);
    if (status != MN_OK)
        return status;
    if (rows->count != (uint32_t)table->node_count)
        return mn_json_fail(document, rows, "%s: %u lists; expected %d, one for each node", place, rows->count,
                            table->node_count);
    size_t items = 0;
    for (int node = 0; node < table->node_count; node++)
        items += (size_t)table->nodes[node].block_count;
    metric->errors = mn_new_array(items, sizeof *metric->errors);
    if (!metric->errors)
        return mn_fail_memory(document->source.error);
    double *errors = metric->errors;
    const mn_node *node = table->nodes;
    for (const mn_json *row = rows->first; row && status == MN_OK; row = row->next, node++) {
        status = read_error_row(document, row, node, metric, errors);
        errors += node->block_count;
    }
    return status;
}

/* ---- factors ------------------------------------------------------------------------------------------------------------------------ */

/* What the readers below share. */
typedef struct factor_reader {
    const mn_json_document *document;
    const mn_table *table;
    mn_metric *metric;
    const char *what; /* "metric "m", factor 3 (from 0)" */
} factor_reader;

static mn_status read_node(const factor_reader *reader, const mn_json *value, int *node)
{
    char number[16] = "", found[MN_JSON_DESCRIPTION];
    if (value->type == MN_JSON_NUMBER && value->length < sizeof number)
        memcpy(number, value->text, value->length);
    *node = mn_table_find_node(reader->table, value->type == MN_JSON_STRING ? value->text : number);
    if (*node >= 0 && (value->type == MN_JSON_STRING || value->type == MN_JSON_NUMBER))
        return MN_OK;
    return mn_json_fail(reader->document, value, "%s: expected a node's name or an index from 0 to %d, found %s",
                        reader->what, reader->table->node_count - 1, mn_json_describe(value, found));
}

static mn_status read_factor_nodes(const factor_reader *reader, const mn_json *nodes, mn_factor *factor)
{
    if (nodes->count < 2)
        return mn_json_fail(reader->document, nodes, "%s, \"nodes\": %u nodes; expected 2 or more", reader->what,
                            nodes->count);
    factor->nodes = mn_new_array(nodes->count, sizeof *factor->nodes);
    if (!factor->nodes)
        return mn_fail_memory(reader->document->source.error);
    for (const mn_json *value = nodes->first; value; value = value->next) {
        int *node = &factor->nodes[factor->node_count];
        const mn_status status = read_node(reader, value, node);
        if (status != MN_OK)
            return status;
        if (factor->node_count > 0 && *node <= node[-1])
            return mn_json_fail(reader->document, value,
                                "%s, \"nodes\": expected each node once, in the table's order, found \"%.200s\" behind "
                                "\"%.200s\"",
                                reader->what, reader->table->nodes[*node].name, reader->table->nodes[node[-1]].name);
        factor->node_count++;
    }
    if (mn_factor_combinations(reader->table, factor, MN_MAX_BLOCKS) > MN_MAX_BLOCKS)
        return mn_json_fail(reader->document, nodes,
                            "%s, \"nodes\": more than %d combinations of blocks; a factor has that many at most",
                            reader->what, MN_MAX_BLOCKS);
    return MN_OK;
}

/* Where a combination's number is: its nodes and blocks. */
static void describe_combination(const factor_reader *reader, const mn_factor *factor, int64_t combination,
                                 char place[PLACE_SIZE])
{
    int64_t rest = mn_factor_combinations(reader->table, factor, MN_MAX_BLOCKS);
    size_t used = (size_t)snprintf(place, PLACE_SIZE, "%.300s", reader->what);
    for (int i = 0; i < factor->node_count && used < PLACE_SIZE; i++) {
        const mn_node *node = &reader->table->nodes[factor->nodes[i]];
        rest /= node->block_count;
        used += (size_t)snprintf(place + used, PLACE_SIZE - used, ", node \"%.100s\" block \"%.100s\"", node->name,
                                 node->blocks[combination / rest].name);
        combination %= rest;
    }
}

static mn_status check_count(const factor_reader *reader, const mn_factor *factor, const mn_json *list, const char *key)
{
    const int64_t expected = mn_factor_combinations(reader->table, factor, MN_MAX_BLOCKS);
    return list->count == expected
               ? MN_OK
               : mn_json_fail(
                     reader->document, list,
                     "%s, \"%s\": %u numbers; expected %lld, one for each combination of its nodes' blocks, the "
                     "last node's changing fastest",
                     reader->what, key, list->count, (long long)expected);
}

static mn_status read_factor_values(const factor_reader *reader, const mn_json *list, mn_factor *factor)
{
    char place[PLACE_SIZE];
    mn_status status = check_count(reader, factor, list, "values");
    if (status != MN_OK)
        return status;
    factor->values = mn_new_array(list->count, sizeof *factor->values);
    if (!factor->values)
        return mn_fail_memory(reader->document->source.error);
    const mn_resolution resolution = mn_metric_value_resolution(reader->metric);
    int64_t combination = 0;
    for (const mn_json *value = list->first; value; value = value->next, combination++)
        if (!mn_try_multiples(value, resolution, &factor->values[combination], &reader->metric->largest_rounding)) {
            describe_combination(reader, factor, combination, place);
            return mn_fail_multiples(reader->document, value, place);
        }
    return MN_OK;
}

static mn_status read_factor_errors(const factor_reader *reader, const mn_json *object, mn_factor *factor)
{
    const mn_json *list;
    char place[PLACE_SIZE];
    if (!mn_json_find(object, "errors"))
        return MN_OK;
    mn_status status = mn_json_member(reader->document, object, reader->what, "errors", MN_JSON_ARRAY, &list);
    if (status == MN_OK)
        status = check_count(reader, factor, list, "errors");
    if (status != MN_OK)
        return status;
    factor->errors = mn_new_array(list->count, sizeof *factor->errors);
    if (!factor->errors)
        return mn_fail_memory(reader->document->source.error);
    int64_t combination = 0;
    for (const mn_json *value = list->first; value; value = value->next, combination++)
        if (!try_error(value, &factor->errors[combination])) {
            describe_combination(reader, factor, combination, place);
            return fail_error(reader->document, value, place);
        }
    return MN_OK;
}

static mn_status read_factor(const factor_reader *reader, const mn_json *object, mn_factor *factor)
{
    static const char *const keys[] = {"nodes", "values", "errors", NULL};
    const mn_json *nodes, *values;
    mn_status status = mn_json_expect(reader->document, object, MN_JSON_OBJECT, reader->what);
    if (status == MN_OK)
        status = mn_json_check_keys(reader->document, object, reader->what, keys);
    if (status == MN_OK)
        status = mn_json_member(reader->document, object, reader->what, "nodes", MN_JSON_ARRAY, &nodes);
    if (status == MN_OK)
        status = read_factor_nodes(reader, nodes, factor);
    if (status == MN_OK)
        status = mn_json_member(reader->document, object, reader->what, "values", MN_JSON_ARRAY, &values);
    if (status == MN_OK)
        status = read_factor_values(reader, values, factor);
    return status == MN_OK ? read_factor_errors(reader, object, factor) : status;
}

mn_status mn_read_factors(const mn_json_document *document, const mn_json *factors, const mn_table *table,
                          mn_metric *metric)
{
    char what[PLACE_SIZE];
    snprintf(what, sizeof what, "metric \"%.200s\", \"factors\"", metric->name);
    mn_status status = mn_json_expect(document, factors, MN_JSON_ARRAY, what);
    if (status != MN_OK)
        return status;
    if (factors->count > MOST_FACTORS)
        return mn_json_fail(document, factors, "%s: %u factors; expected at most %d", what, factors->count,
                            MOST_FACTORS);
    metric->factors = mn_new_array(factors->count, sizeof *metric->factors);
    if (!metric->factors)
        return mn_fail_memory(document->source.error);
    const factor_reader reader = {document, table, metric, what};
    for (const mn_json *value = factors->first; value && status == MN_OK; value = value->next) {
        snprintf(what, sizeof what, "metric \"%.200s\", factor %d (from 0)", metric->name, metric->factor_count);
        status = read_factor(&reader, value, &metric->factors[metric->factor_count++]);
    }
    return status;
}

/* ---- the link ----------------------------------------------------------------------------------------------------------------------- */

static mn_status read_latent_resolution(const mn_json_document *document, const mn_json *link, const char *what,
                                        mn_resolution *resolution)
{
    const mn_json *value;
    char place[PLACE_SIZE], found[MN_JSON_DESCRIPTION];
    mn_decimal decimal;
    snprintf(place, sizeof place, "%.400s, \"latent_resolution\"", what);
    mn_status status = mn_json_member(document, link, what, "latent_resolution", MN_JSON_NUMBER, &value);
    if (status == MN_OK)
        status = mn_json_decimal(document, value, place, &decimal);
    if (status == MN_OK && !mn_decimal_to_resolution(decimal, resolution))
        status = mn_json_fail(document, value, "%s: expected a positive number of at most 18 decimals, found %s", place,
                              mn_json_describe(value, found));
    return status;
}

static mn_status read_knot(const mn_json_document *document, const mn_json *knot, const char *place, mn_metric *metric,
                           int index)
{
    mn_link *link = &metric->link;
    char found[MN_JSON_DESCRIPTION];
    if (knot->type != MN_JSON_ARRAY || knot->count != 2)
        return mn_json_fail(document, knot, "%s: expected [latent, value], found %s", place,
                            mn_json_describe(knot, found));
    const mn_json *latent = knot->first, *value = latent->next;
    if (!mn_try_multiples(latent, link->resolution, &link->latents[index], NULL))
        return mn_fail_multiples(document, latent, place);
    if (!mn_try_multiples(value, metric->resolution, &link->values[index], NULL))
        return mn_fail_multiples(document, value, place);
    if (index > 0 &&
        (link->latents[index] <= link->latents[index - 1] || link->values[index] <= link->values[index - 1]))
        return mn_json_fail(
            document, knot,
            "%s: expected a larger latent value and a larger value than the knot before has, in multiples "
            "of their resolutions",
            place);
    return MN_OK;
}

mn_status mn_read_link(const mn_json_document *document, const mn_json *object, mn_metric *metric)
{
    static const char *const keys[] = {"form", "latent_resolution", "knots", NULL};
    const mn_json *form, *knots;
    char what[PLACE_SIZE], place[PLACE_SIZE];
    mn_link *link = &metric->link;
    snprintf(what, sizeof what, "metric \"%.200s\", \"link\"", metric->name);
    mn_status status = mn_json_expect(document, object, MN_JSON_OBJECT, what);
    if (status == MN_OK)
        status = mn_json_check_keys(document, object, what, keys);
    if (status == MN_OK)
        status = mn_json_member(document, object, what, "form", MN_JSON_STRING, &form);
    if (status == MN_OK && strcmp(form->text, "knots"))
        status = mn_json_fail(document, form, "%s, \"form\": expected \"knots\", found \"%.80s\"", what, form->text);
    if (status == MN_OK)
        status = read_latent_resolution(document, object, what, &link->resolution);
    if (status == MN_OK)
        status = mn_json_member(document, object, what, "knots", MN_JSON_ARRAY, &knots);
    if (status == MN_OK && (knots->count < 2 || knots->count > MOST_KNOTS))
        status =
            mn_json_fail(document, knots, "%s, \"knots\": %u knots; expected 2 to %d", what, knots->count, MOST_KNOTS);
    if (status != MN_OK)
        return status;
    link->latents = mn_new_array(knots->count, sizeof *link->latents);
    link->values = mn_new_array(knots->count, sizeof *link->values);
    if (!link->latents || !link->values)
        return mn_fail_memory(document->source.error);
    int index = 0;
    for (const mn_json *knot = knots->first; knot && status == MN_OK; knot = knot->next) {
        snprintf(place, sizeof place, "%.400s, knot %d (from 0)", what, index);
        status = read_knot(document, knot, place, metric, index++);
    }
    link->count = (int)knots->count;
    return status;
}
