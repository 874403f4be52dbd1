#include "host/fit/classes.h"
#include "host/core/attribute.h"
#include "host/core/memory.h"
#include "host/core/network.h"
#include "host/core/sequence_set.h"
#include "host/fit/cell.h"

#include <inttypes.h>

struct mn_classes {
    const mn_table *table;
    mn_class_rule rule;
    mn_sequence_set keys; /* one for each class */
    uint32_t *key;        /* of the network at hand */

    mn_cell *cell;                   /* cells: below; else NULL */
    mn_sequence_set terms;           /* (kind, value) of an edge */
    mn_sequence_set values;          /* sorted terms of a vertex */
    uint32_t (*sums)[MN_CELL_PATHS]; /* [vertices] terms of each vertex: no more than there are paths to it */

    uint32_t *layer_kinds; /* layers: [items] equal numbers are the same layer, 0 the identity; else NULL */
    bool *keeps_shape;     /* [nodes] */
};

/* ---- cells ---------------------------------------------------------------------------------------------------------------------- */

static int by_number(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Adds what edge `edge` carries to the `length` terms of its target; false when memory ran out. `value_of`: of the vertices before. */
static bool add_edge(mn_classes *c, const uint16_t *network, int edge, const size_t *lengths, const uint32_t *value_of,
                     size_t *length)
{
    const mn_cell_graph *graph = &c->cell->graph;
    const int from = graph->from[edge];
    uint32_t *sum = c->sums[graph->to[edge]];
    if (mn_cell_kind_of(c->cell, network, edge)->operation == MN_OPERATION_IDENTITY) {
        memcpy(sum + *length, c->sums[from], lengths[from] * sizeof *sum);
        *length += lengths[from];
        return true;
    }
    const uint32_t kind = c->cell->kind_of[c->cell->first[edge] + network[edge]];
    const uint32_t term = mn_sequence_set_find(&c->terms, (uint32_t[]){kind, value_of[from]}, 2);
    sum[(*length)++] = term;
    return term != MN_NO_SEQUENCE;
}

/* The number of the output's value. Only live edges count, so a vertex that no path reaches has the empty sum. */
static uint32_t output_value(mn_classes *c, const uint16_t *network, uint64_t live)
{
    const mn_cell_graph *graph = &c->cell->graph;
    size_t lengths[MN_CELL_VERTICES] = {1};
    uint32_t value_of[MN_CELL_VERTICES];
    c->sums[0][0] = 0; /* the input's own term */
    for (int vertex = 0; vertex < graph->vertices; vertex++) {
        for (int edge = 0; edge < graph->edge_count; edge++)
            if (graph->to[edge] == vertex && live >> edge & 1 &&
                !add_edge(c, network, edge, lengths, value_of, &lengths[vertex]))
                return MN_NO_SEQUENCE;
        qsort(c->sums[vertex], lengths[vertex], sizeof **c->sums, by_number);
        value_of[vertex] = mn_sequence_set_find(&c->values, c->sums[vertex], lengths[vertex]);
        if (value_of[vertex] == MN_NO_SEQUENCE)
            return MN_NO_SEQUENCE;
    }
    return value_of[graph->vertices - 1];
}

static bool cell_key(mn_classes *c, const uint16_t *network, size_t *length)
{
    int counts[MN_CELL_KINDS];
    const uint64_t live = mn_cell_count(c->cell, network, counts);
    c->key[(*length)++] = output_value(c, network, live);
    for (int kind = 0; kind < c->cell->kind_count && c->rule == MN_CLASS_LIVE_COUNTS; kind++)
        if (c->cell->kinds[kind].operation > MN_OPERATION_IDENTITY)
            c->key[(*length)++] = (uint32_t)counts[kind];
    return c->key[0] != MN_NO_SEQUENCE;
}

static mn_status prepare_cell(mn_classes *c, mn_error *error)
{
    const mn_status status = mn_cell_create(c->table, error, &c->cell);
    if (status != MN_OK)
        return status;
    c->sums = mn_new_array((size_t)c->cell->graph.vertices, sizeof *c->sums);
    /* Term 0 is the input's own: a kind that no edge has. */
    if (!c->sums || mn_sequence_set_find(&c->terms, (uint32_t[]){MN_CELL_KINDS, 0}, 2) != 0)
        return mn_fail_memory(error);
    return MN_OK;
}

/* ---- layers --------------------------------------------------------------------------------------------------------------------- */

static bool is_cost(const mn_attribute *attribute)
{
    return !strcmp(attribute->name, "flops") || !strcmp(attribute->name, "params");
}

/* Whether all that `a` says, figures of cost aside, `b` says too. */
static bool says_no_more(const mn_block *a, const mn_block *b)
{
    for (int i = 0; i < a->attribute_count; i++) {
        const char *text = mn_block_attribute(b, a->attributes[i].name);
        if (!is_cost(&a->attributes[i]) && (!text || strcmp(text, a->attributes[i].text)))
            return false;
    }
    return true;
}

static bool is_identity(const mn_block *block)
{
    int64_t expansion = 0;
    return mn_block_integer(block, "expansion", &expansion) && expansion == 0;
}

/* Kind 0 is the identity; other blocks are of one kind when their attributes agree, whatever their names are. `kinds` [items]. */
static uint32_t kind_of_layer(const mn_block *block, const mn_block **kinds, uint32_t *kind_count)
{
    if (is_identity(block))
        return 0;
    uint32_t kind = 0;
    while (kind < *kind_count && !(says_no_more(block, kinds[kind]) && says_no_more(kinds[kind], block)))
        kind++;
    if (kind == *kind_count)
        kinds[(*kind_count)++] = block;
    return kind + 1;
}

static mn_status prepare_layers(mn_classes *c, mn_error *error)
{
    const mn_table *table = c->table;
    const mn_block **kinds = mn_new_array((size_t)table->item_count, sizeof *kinds);
    c->layer_kinds = mn_new_array((size_t)table->item_count, sizeof *c->layer_kinds);
    c->keeps_shape = mn_new_array((size_t)table->node_count, sizeof *c->keeps_shape);
    uint32_t kind_count = 0;
    const bool ready = kinds && c->layer_kinds && c->keeps_shape;
    for (int node = 0; node < table->node_count && ready; node++) {
        const mn_layer_shape shape = mn_skeleton_layer(table->skeleton, node);
        c->keeps_shape[node] = mn_layer_keeps_shape(&shape);
        for (int block = 0; block < table->nodes[node].block_count; block++)
            c->layer_kinds[table->first[node] + block] =
                kind_of_layer(&table->nodes[node].blocks[block], kinds, &kind_count);
    }
    free(kinds);
    return ready ? MN_OK : mn_fail_memory(error);
}

/* The layers in order without the identities that keep the shape; a mark 0 where a run of layers that keep it ends, so that no layer
 * passes from one run into the next. */
static bool layers_key(mn_classes *c, const uint16_t *network, size_t *length)
{
    bool in_run = false;
    for (int node = 0; node < c->table->node_count; node++) {
        const uint32_t kind = c->layer_kinds[c->table->first[node] + network[node]];
        if (in_run && !c->keeps_shape[node])
            c->key[(*length)++] = 0;
        in_run = c->keeps_shape[node];
        if (!in_run || kind != 0)
            c->key[(*length)++] = kind + 1;
    }
    return true;
}

/* ---- public --------------------------------------------------------------------------------------------------------------------- */

static bool has_layers(const mn_table *table)
{
    return table->skeleton && table->skeleton->kind == MN_SKELETON_LAYERS;
}

mn_status mn_classes_create(const mn_table *table, mn_class_rule rule, mn_error *error, mn_classes **result)
{
    *result = NULL;
    mn_classes *c = mn_new_array(1, sizeof *c);
    if (!c)
        return mn_fail_memory(error);
    c->table = table;
    c->rule = rule;
    c->key = mn_new_array(2 * (size_t)table->node_count + MN_CELL_KINDS, sizeof *c->key);
    mn_status status = c->key ? MN_OK : mn_fail_memory(error);
    if (status == MN_OK && mn_table_has_cell(table))
        status = prepare_cell(c, error);
    else if (status == MN_OK && has_layers(table))
        status = prepare_layers(c, error);
    if (status == MN_OK)
        *result = c;
    else
        mn_classes_free(c);
    return status;
}

void mn_classes_free(mn_classes *c)
{
    if (!c)
        return;
    mn_sequence_set_free(&c->keys);
    mn_sequence_set_free(&c->terms);
    mn_sequence_set_free(&c->values);
    mn_cell_free(c->cell);
    free(c->key);
    free(c->sums);
    free(c->layer_kinds);
    free(c->keeps_shape);
    free(c);
}

static bool choices_key(mn_classes *c, const uint16_t *network, size_t *length)
{
    for (int node = 0; node < c->table->node_count; node++)
        c->key[(*length)++] = network[node];
    return true;
}

mn_status mn_classes_number(mn_classes *c, const uint16_t *networks, uint64_t count, mn_error *error,
                            uint64_t *class_of)
{
    bool (*const key_of)(mn_classes *, const uint16_t *, size_t *) = c->cell          ? cell_key
                                                                     : c->layer_kinds ? layers_key
                                                                                      : choices_key;
    for (uint64_t i = 0; i < count; i++) {
        size_t length = 0;
        const uint32_t class = key_of(c, networks + i * (uint64_t)c->table->node_count, &length)
                                   ? mn_sequence_set_find(&c->keys, c->key, length)
                                   : MN_NO_SEQUENCE;
        if (class == MN_NO_SEQUENCE)
            return mn_fail_memory(error);
        class_of[i] = class;
    }
    return MN_OK;
}

uint64_t mn_classes_count(const mn_classes *c)
{
    return c->keys.count;
}

bool mn_classes_alive(const mn_classes *c, const uint16_t *network)
{
    return !c->cell || mn_cell_live(c->cell, network) != 0;
}

mn_status mn_classes_of(const mn_table *table, const uint16_t *networks, uint64_t count, mn_error *error,
                        uint64_t *class_of)
{
    mn_classes *classes;
    mn_status status = mn_classes_create(table, MN_CLASS_LIVE_COUNTS, error, &classes);
    if (status == MN_OK)
        status = mn_classes_number(classes, networks, count, error, class_of);
    mn_classes_free(classes);
    return status;
}

/* ---- whole spaces --------------------------------------------------------------------------------------------------------------- */

static mn_status count_one_by_one(const mn_table *table, mn_classes *classes, mn_classes *functions, mn_error *error,
                                  mn_class_counts *counts)
{
    uint16_t *network = mn_new_array((size_t)table->node_count, sizeof *network);
    mn_status status = network ? MN_OK : mn_fail_memory(error);
    for (uint64_t number = 0; number < table->count && status == MN_OK; number++) {
        uint64_t class_of;
        mn_network_from_number(table, number, network);
        if (!mn_rules_admit(table->rules, table->rule_count, network))
            continue;
        counts->networks++;
        counts->constant += !mn_classes_alive(classes, network);
        status = mn_classes_number(classes, network, 1, error, &class_of);
        if (status == MN_OK)
            status = mn_classes_number(functions, network, 1, error, &class_of);
    }
    free(network);
    counts->classes = mn_classes_count(classes);
    counts->functions = mn_classes_count(functions);
    return status;
}

mn_status mn_classes_count_all(const mn_table *table, mn_error *error, mn_class_counts *counts)
{
    *counts = (mn_class_counts){0};
    if (!mn_table_has_cell(table) && !has_layers(table)) {
        counts->networks = counts->classes = counts->functions = table->admissible;
        return MN_OK;
    }
    if (table->count > MN_CLASSES_LIMIT)
        return mn_fail(error, MN_USAGE, "\"%s\": %s networks; function classes are counted among %d at most",
                       table->name, table->count_text, MN_CLASSES_LIMIT);
    mn_classes *classes = NULL, *functions = NULL;
    mn_status status = mn_classes_create(table, MN_CLASS_LIVE_COUNTS, error, &classes);
    if (status == MN_OK)
        status = mn_classes_create(table, MN_CLASS_FUNCTIONS, error, &functions);
    if (status == MN_OK)
        status = count_one_by_one(table, classes, functions, error, counts);
    mn_classes_free(classes);
    mn_classes_free(functions);
    return status;
}
