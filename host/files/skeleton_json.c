#include "host/files/skeleton_json.h"
#include "host/core/memory.h"
#include "host/core/skeleton.h"

#include <stdio.h>

enum { LARGEST_CHANNELS = 1 << 16, LARGEST_PIXELS = 1 << 14, LARGEST_KERNEL = 255, LARGEST_REPEATS = 1 << 16 };

/* ---- pieces --------------------------------------------------------------------------------------------------------------------- */

/* A whole number within [low, high]. */
static mn_status read_count(const mn_json_document *document, const mn_json *value, const char *what, int low, int high,
                            int *count)
{
    mn_decimal decimal;
    int64_t number = 0;
    bool exact = false;
    char found[MN_JSON_DESCRIPTION];
    const mn_resolution one = {.mantissa = 1};
    if (value->type != MN_JSON_NUMBER || !mn_decimal_parse(value->text, value->length, &decimal) ||
        !mn_decimal_to_multiples(decimal, one, MN_NEAREST, &number, &exact) || !exact || number < low || number > high)
        return mn_json_fail(document, value, "%s: expected a whole number from %d to %d, found %s", what, low, high,
                            mn_json_describe(value, found));
    *count = (int)number;
    return MN_OK;
}

/* A member of an object: `low` to `high`, odd where `odd`. */
typedef struct field {
    const char *key;
    int low, high;
    bool odd;
    int *count;
} field;

/* Reads the fields (up to one without key) of `object`, which has no other keys than these and `others` (NULL-terminated; may be NULL). */
static mn_status read_fields(const mn_json_document *document, const mn_json *object, const char *what,
                             const field *fields, const char *const *others)
{
    const char *keys[8] = {NULL};
    int count = 0;
    for (; fields[count].key; count++)
        keys[count] = fields[count].key;
    for (int i = 0; others && others[i]; i++)
        keys[count + i] = others[i];
    mn_status status = mn_json_check_keys(document, object, what, keys);
    for (int i = 0; i < count && status == MN_OK; i++) {
        char place[128];
        const mn_json *member;
        snprintf(place, sizeof place, "%s, \"%s\"", what, fields[i].key);
        status = mn_json_member(document, object, what, fields[i].key, MN_JSON_NUMBER, &member);
        if (status == MN_OK)
            status = read_count(document, member, place, fields[i].low, fields[i].high, fields[i].count);
        if (status == MN_OK && fields[i].odd && *fields[i].count % 2 == 0)
            status = mn_json_fail(document, member, "%s: expected an odd number, found %d", place, *fields[i].count);
    }
    return status;
}

static mn_status read_object(const mn_json_document *document, const mn_json *network, const char *key,
                             const field *fields, const char *const *others, const mn_json **object)
{
    char what[64];
    snprintf(what, sizeof what, "\"network\", \"%s\"", key);
    const mn_status status = mn_json_member(document, network, "\"network\"", key, MN_JSON_OBJECT, object);
    return status == MN_OK ? read_fields(document, *object, what, fields, others) : status;
}

/* ---- the cell ------------------------------------------------------------------------------------------------------------------- */

static mn_status read_edge(const mn_json_document *document, const mn_json *value, mn_cell_graph *cell, int edge)
{
    char what[64], found[MN_JSON_DESCRIPTION];
    snprintf(what, sizeof what, "\"cell\", edge %d (from 0)", edge);
    if (value->type != MN_JSON_ARRAY || value->count != 2)
        return mn_json_fail(document, value, "%s: expected two vertices, [from, to], found %s", what,
                            mn_json_describe(value, found));
    int from, to;
    mn_status status = read_count(document, value->first, what, 0, cell->vertices - 2, &from);
    if (status == MN_OK)
        status = read_count(document, value->first->next, what, from + 1, cell->vertices - 1, &to);
    if (status == MN_OK) {
        cell->from[edge] = (uint8_t)from;
        cell->to[edge] = (uint8_t)to;
    }
    return status;
}

static mn_status read_cell(const mn_json_document *document, const mn_json *network, mn_table *table)
{
    mn_cell_graph *cell = &table->skeleton->cell;
    const mn_json *object, *edges;
    const field fields[] = {{"vertices", 2, MN_CELL_VERTICES, false, &cell->vertices}, {0}};
    static const char *const others[] = {"edges", "strides", NULL};
    mn_status status = read_object(document, network, "cell", fields, others, &object);
    const mn_json *strides = status == MN_OK ? mn_json_find(object, "strides") : NULL;
    if (strides)
        status = mn_json_expect(document, strides, MN_JSON_BOOLEAN, "\"cell\", \"strides\"");
    cell->strides = strides && strides->is_true;
    if (status == MN_OK)
        status = mn_json_member(document, object, "\"cell\"", "edges", MN_JSON_ARRAY, &edges);
    if (status != MN_OK)
        return status;
    if (edges->count > MN_CELL_EDGES || (int)edges->count != table->node_count)
        return mn_json_fail(document, edges, "\"cell\": %u edges; expected %d, one for each node, and at most %d",
                            edges->count, table->node_count, MN_CELL_EDGES);
    cell->edge_count = (int)edges->count;
    int i = 0;
    for (const mn_json *edge = edges->first; edge && status == MN_OK; edge = edge->next, i++)
        status = read_edge(document, edge, cell, i);
    return status;
}

/* ---- stages --------------------------------------------------------------------------------------------------------------------- */

/* The stage's pixels are those before it divided by the stride; cells leave the stride to be found. */
static mn_status check_stage(const mn_json_document *document, const mn_json *value, const mn_skeleton *s, int index,
                             mn_skeleton_stage *stage)
{
    const int before = index ? s->stages[index - 1].pixels : s->input_pixels;
    const bool cells = s->kind == MN_SKELETON_CELLS;
    if (cells && index == 0 && (stage->pixels != before || stage->channels != s->stem_channels))
        return mn_json_fail(document, value,
                            "\"stages\", stage 0: %d channels of %d pixels; expected the stem's %d channels of the "
                            "input's %d pixels",
                            stage->channels, stage->pixels, s->stem_channels, before);
    if (cells)
        stage->stride = index == 0 ? 1 : s->reduction.shortcut_pool;
    if (stage->pixels * stage->stride != before)
        return mn_json_fail(document, value, "\"stages\", stage %d (from 0): %d pixels; expected %d / %d with %s %d",
                            index, stage->pixels, before, stage->stride, cells ? "\"shortcut_pool\"" : "stride",
                            stage->stride);
    return MN_OK;
}

static mn_status read_stage(const mn_json_document *document, const mn_json *value, mn_skeleton *s, int index)
{
    mn_skeleton_stage *stage = &s->stages[index];
    const bool cells = s->kind == MN_SKELETON_CELLS;
    const field fields[] = {{"channels", 1, LARGEST_CHANNELS, false, &stage->channels},
                            {"pixels", 1, LARGEST_PIXELS, false, &stage->pixels},
                            {cells ? "cells" : "layers", 1, LARGEST_REPEATS, false, &stage->repeats},
                            {cells ? NULL : "stride", 1, 16, false, &stage->stride},
                            {0}};
    char what[64];
    snprintf(what, sizeof what, "\"stages\", stage %d (from 0)", index);
    mn_status status = mn_json_expect(document, value, MN_JSON_OBJECT, what);
    if (status == MN_OK)
        status = read_fields(document, value, what, fields, NULL);
    return status == MN_OK ? check_stage(document, value, s, index, stage) : status;
}

static mn_status read_stages(const mn_json_document *document, const mn_json *network, mn_table *table)
{
    mn_skeleton *s = table->skeleton;
    const mn_json *stages;
    mn_status status = mn_json_member(document, network, "\"network\"", "stages", MN_JSON_ARRAY, &stages);
    if (status == MN_OK && (stages->count < 1 || stages->count > MN_MAX_STAGES))
        status =
            mn_json_fail(document, stages, "\"stages\": %u stages; expected 1 to %d", stages->count, MN_MAX_STAGES);
    if (status != MN_OK)
        return status;
    int64_t layers = 0;
    for (const mn_json *stage = stages->first; stage && status == MN_OK; stage = stage->next) {
        status = read_stage(document, stage, s, s->stage_count);
        layers += s->stages[s->stage_count++].repeats;
    }
    if (status == MN_OK && s->kind == MN_SKELETON_LAYERS && layers != table->node_count)
        status = mn_json_fail(document, stages, "\"stages\": %lld layers in all; expected %d, one for each node",
                              (long long)layers, table->node_count);
    return status;
}

/* ---- the rest ------------------------------------------------------------------------------------------------------------------- */

static mn_status read_head(const mn_json_document *document, const mn_json *network, mn_skeleton *s)
{
    const bool layers = s->kind == MN_SKELETON_LAYERS;
    const field fields[] = {{layers ? "kernel" : NULL, 1, LARGEST_KERNEL, true, &s->head_kernel},
                            {"channels", 1, LARGEST_CHANNELS, false, &s->head_channels},
                            {0}};
    static const char *const others[] = {"pool", NULL};
    const mn_json *head, *pool;
    mn_status status = read_object(document, network, "head", fields, others, &head);
    if (status == MN_OK)
        status = mn_json_member(document, head, "\"head\"", "pool", MN_JSON_STRING, &pool);
    if (status == MN_OK && strcmp(pool->text, "average"))
        status = mn_json_fail(document, pool, "\"head\", \"pool\": expected \"average\", found \"%.80s\"", pool->text);
    return status;
}

static mn_status read_reduction(const mn_json_document *document, const mn_json *network, mn_skeleton *s)
{
    mn_reduction *r = &s->reduction;
    const field fields[] = {{"kernel", 1, LARGEST_KERNEL, true, &r->kernel},
                            {"convolutions", 1, 16, false, &r->convolutions},
                            {"shortcut_pool", 1, 16, false, &r->shortcut_pool},
                            {"shortcut_kernel", 1, LARGEST_KERNEL, true, &r->shortcut_kernel},
                            {0}};
    const mn_json *reduction;
    return read_object(document, network, "reduction", fields, NULL, &reduction);
}

static mn_status read_whole(const mn_json_document *document, const mn_json *network, mn_table *table)
{
    mn_skeleton *s = table->skeleton;
    const field input[] = {{"channels", 1, LARGEST_CHANNELS, false, &s->input_channels},
                           {"pixels", 1, LARGEST_PIXELS, false, &s->input_pixels},
                           {0}};
    const field stem[] = {{"kernel", 1, LARGEST_KERNEL, true, &s->stem_kernel},
                          {"channels", 1, LARGEST_CHANNELS, false, &s->stem_channels},
                          {0}};
    const mn_json *value;
    if (s->cell.strides)
        return mn_json_fail(document, mn_json_find(network, "cell"),
                            "\"cell\", \"strides\": expected only where \"network\" has \"kind\" and \"cell\" alone; a "
                            "whole skeleton strides in its \"reduction\"");
    mn_status status = read_object(document, network, "input", input, NULL, &value);
    if (status == MN_OK)
        status = mn_json_member(document, network, "\"network\"", "classes", MN_JSON_NUMBER, &value);
    if (status == MN_OK)
        status = read_count(document, value, "\"network\", \"classes\"", 1, 1 << 24, &s->classes);
    if (status == MN_OK)
        status = read_object(document, network, "stem", stem, NULL, &value);
    if (status == MN_OK && s->kind == MN_SKELETON_CELLS)
        status = read_reduction(document, network, s);
    if (status == MN_OK)
        status = read_stages(document, network, table);
    if (status == MN_OK)
        status = read_head(document, network, s);
    s->complete = status == MN_OK;
    return status;
}

static mn_status read_kind(const mn_json_document *document, const mn_json *network, mn_skeleton_kind *kind)
{
    static const char *const cells[] = {"kind", "input",     "classes", "stem", "stages",
                                        "cell", "reduction", "head",    NULL};
    static const char *const layers[] = {"kind", "input", "classes", "stem", "stages", "head", NULL};
    const mn_json *name;
    mn_status status = mn_json_member(document, network, "\"network\"", "kind", MN_JSON_STRING, &name);
    if (status != MN_OK)
        return status;
    *kind = strcmp(name->text, "cells") ? MN_SKELETON_LAYERS : MN_SKELETON_CELLS;
    if (*kind == MN_SKELETON_LAYERS && strcmp(name->text, "layers"))
        return mn_json_fail(document, name, "\"network\", \"kind\": expected \"cells\" or \"layers\", found \"%.80s\"",
                            name->text);
    return mn_json_check_keys(document, network, "\"network\"", *kind == MN_SKELETON_CELLS ? cells : layers);
}

mn_status mn_skeleton_read(const mn_json_document *document, const mn_json *network, mn_table *table)
{
    mn_skeleton_kind kind;
    if (!mn_json_find(network, "kind"))
        return MN_OK;
    mn_status status = read_kind(document, network, &kind);
    if (status != MN_OK)
        return status;
    table->skeleton = mn_new_array(1, sizeof *table->skeleton);
    if (!table->skeleton)
        return mn_fail_memory(&table->error);
    table->skeleton->kind = kind;
    if (kind == MN_SKELETON_CELLS)
        status = read_cell(document, network, table);
    const bool graph_only = kind == MN_SKELETON_CELLS && network->count == 2; /* kind and cell */
    return status == MN_OK && !graph_only ? read_whole(document, network, table) : status;
}
