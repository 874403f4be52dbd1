/* "nodes": [{"name", "stage", "blocks": [name or {"name", attribute...}]}] */
#include "host/files/table_reader.h"
#include "host/core/memory.h"

#include <stdio.h>

enum { PLACE_SIZE = 320 };

/* ---- names are distinct --------------------------------------------------------------------------------------------------------- */

typedef struct named {
    const char *name;
    const mn_json *value;
} named;

static int by_name(const void *a, const void *b)
{
    const named *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order ? order : (x->value->begin > y->value->begin) - (x->value->begin < y->value->begin);
}

/* `names` [count] are sorted here; `what` begins the sentence. */
static mn_status check_distinct(const mn_json_document *document, named *names, int count, const char *what)
{
    qsort(names, (size_t)count, sizeof *names, by_name);
    for (int i = 1; i < count; i++)
        if (!strcmp(names[i - 1].name, names[i].name))
            return mn_json_fail(document, names[i].value, "%s are named \"%.200s\", the first in line %u", what,
                                names[i].name, names[i - 1].value->line);
    return MN_OK;
}

/* ---- blocks --------------------------------------------------------------------------------------------------------------------- */

static mn_status read_attributes(const mn_json_document *document, const mn_json *object, mn_block *block)
{
    block->attributes = mn_new_array(object->count, sizeof *block->attributes);
    if (!block->attributes)
        return mn_fail_memory(document->source.error);
    for (const mn_json *member = object->first; member; member = member->next) {
        if (!strcmp(member->key, "name"))
            continue;
        mn_attribute *attribute = &block->attributes[block->attribute_count++];
        attribute->name = mn_copy_text(member->key, strlen(member->key));
        attribute->text = mn_json_compact(document, member);
        if (!attribute->name || !attribute->text)
            return mn_fail_memory(document->source.error);
    }
    return MN_OK;
}

static mn_status read_block(const mn_json_document *document, const mn_json *value, const char *place, mn_block *block)
{
    if (value->type == MN_JSON_STRING)
        return mn_json_name(document, value, place, &block->name);
    char found[MN_JSON_DESCRIPTION];
    if (value->type != MN_JSON_OBJECT)
        return mn_json_fail(document, value, "%s: expected a name or an object with a \"name\", found %s", place,
                            mn_json_describe(value, found));
    const mn_json *name;
    mn_status status = mn_json_member(document, value, place, "name", MN_JSON_STRING, &name);
    if (status == MN_OK)
        status = mn_json_name(document, name, place, &block->name);
    return status == MN_OK ? read_attributes(document, value, block) : status;
}

static mn_status read_blocks(const mn_json_document *document, const mn_json *blocks, mn_node *node)
{
    if (blocks->count < 1 || blocks->count > MN_MAX_BLOCKS)
        return mn_json_fail(document, blocks, "node \"%.200s\": %u blocks; expected 1 to %d", node->name, blocks->count,
                            MN_MAX_BLOCKS);
    node->blocks = mn_new_array(blocks->count, sizeof *node->blocks);
    named *names = mn_new_array(blocks->count, sizeof *names);
    mn_status status = node->blocks && names ? MN_OK : mn_fail_memory(document->source.error);
    if (node->blocks)
        node->block_count = (int)blocks->count;
    int i = 0;
    for (const mn_json *value = blocks->first; value && status == MN_OK; value = value->next, i++) {
        char place[PLACE_SIZE];
        snprintf(place, sizeof place, "node \"%.200s\", block %d (from 0)", node->name, i);
        status = read_block(document, value, place, &node->blocks[i]);
        names[i] = (named){node->blocks[i].name, value};
    }
    char what[PLACE_SIZE];
    snprintf(what, sizeof what, "node \"%.200s\": two blocks", node->name);
    if (status == MN_OK)
        status = check_distinct(document, names, node->block_count, what);
    free(names);
    return status;
}

/* ---- nodes ---------------------------------------------------------------------------------------------------------------------- */

/* A stage is a label: a string, or a number kept as written. */
static mn_status read_stage(const mn_json_document *document, const mn_json *stage, mn_node *node)
{
    char found[MN_JSON_DESCRIPTION];
    if (!stage)
        return MN_OK;
    if (stage->type != MN_JSON_STRING && stage->type != MN_JSON_NUMBER)
        return mn_json_fail(document, stage, "node \"%.200s\", \"stage\": expected a string or a number, found %s",
                            node->name, mn_json_describe(stage, found));
    return mn_json_copy(document, stage, &node->stage);
}

static mn_status read_node(const mn_json_document *document, const mn_json *value, int index, mn_node *node)
{
    static const char *const keys[] = {"name", "stage", "blocks", NULL};
    char place[PLACE_SIZE];
    snprintf(place, sizeof place, "node %d (from 0)", index);
    const mn_json *name, *blocks;
    mn_status status = mn_json_expect(document, value, MN_JSON_OBJECT, place);
    if (status == MN_OK)
        status = mn_json_member(document, value, place, "name", MN_JSON_STRING, &name);
    if (status == MN_OK)
        status = mn_json_name(document, name, place, &node->name);
    if (status != MN_OK)
        return status;
    snprintf(place, sizeof place, "node \"%.200s\"", node->name);
    status = mn_json_check_keys(document, value, place, keys);
    if (status == MN_OK)
        status = read_stage(document, mn_json_find(value, "stage"), node);
    if (status == MN_OK)
        status = mn_json_member(document, value, place, "blocks", MN_JSON_ARRAY, &blocks);
    return status == MN_OK ? read_blocks(document, blocks, node) : status;
}

mn_status mn_read_nodes(const mn_json_document *document, const mn_json *nodes, mn_table *table)
{
    if (nodes->count < 1 || nodes->count > MN_MAX_NODES)
        return mn_json_fail(document, nodes, "%u nodes; expected 1 to %d", nodes->count, MN_MAX_NODES);
    table->nodes = mn_new_array(nodes->count, sizeof *table->nodes);
    named *names = mn_new_array(nodes->count, sizeof *names);
    mn_status status = table->nodes && names ? MN_OK : mn_fail_memory(document->source.error);
    if (table->nodes)
        table->node_count = (int)nodes->count;
    int i = 0;
    for (const mn_json *value = nodes->first; value && status == MN_OK; value = value->next, i++) {
        status = read_node(document, value, i, &table->nodes[i]);
        names[i] = (named){table->nodes[i].name, value};
    }
    if (status == MN_OK)
        status = check_distinct(document, names, table->node_count, "two nodes");
    free(names);
    return status;
}
