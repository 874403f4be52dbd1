/* "rules": {"if": [node, blocks], "then": [node, blocks]}, {"if", "then_not"}, {"at_most": k, "of": [[node, blocks], ...]} and
 * {"equal": [node, node]}, where blocks is a block or a list of blocks (any of them). Nodes and blocks go by name, else by index. */
#include "host/files/table_json.h"
#include "host/files/table_reader.h"
#include "host/core/memory.h"

#include <limits.h>
#include <stdio.h>

/* What the readers below share. */
typedef struct rule_reader {
    const mn_json_document *document;
    const mn_table *table;
    const char *what; /* "rule 3" */
} rule_reader;

/* ---- nodes and blocks ----------------------------------------------------------------------------------------------------------- */

/* A name or an index as terminated text in `buffer` or in the document; NULL when the value is neither. */
static const char *reference_text(const mn_json *value, char buffer[16])
{
    if (value->type == MN_JSON_STRING)
        return value->text;
    if (value->type != MN_JSON_NUMBER || value->length >= 16)
        return NULL;
    memcpy(buffer, value->text, value->length);
    buffer[value->length] = 0;
    return buffer;
}

static mn_status read_node(const rule_reader *reader, const mn_json *value, int *node)
{
    char buffer[16], found[MN_JSON_DESCRIPTION];
    const char *text = reference_text(value, buffer);
    *node = text ? mn_table_find_node(reader->table, text) : -1;
    if (*node >= 0)
        return MN_OK;
    return mn_json_fail(reader->document, value, "%s: expected a node's name or an index from 0 to %d, found %s",
                        reader->what, reader->table->node_count - 1, mn_json_describe(value, found));
}

/* The first names of a node's blocks, for a sentence. */
static void list_blocks(const mn_node *node, char *list, size_t room)
{
    size_t used = 0;
    for (int i = 0; i < node->block_count; i++) {
        const size_t length = strlen(node->blocks[i].name);
        if (used + length + 8 > room) {
            snprintf(list + used, room - used, "...");
            return;
        }
        used += (size_t)snprintf(list + used, room - used, i ? ", %s" : "%s", node->blocks[i].name);
    }
}

static mn_status add_block(const rule_reader *reader, const mn_json *value, mn_choice_set *set)
{
    char buffer[16], found[MN_JSON_DESCRIPTION], list[200];
    const char *text = reference_text(value, buffer);
    const int block = text ? mn_table_find_block(reader->table, set->node, text) : -1;
    if (block >= 0) {
        set->member[block] = true;
        return MN_OK;
    }
    const mn_node *node = &reader->table->nodes[set->node];
    list_blocks(node, list, sizeof list);
    return mn_json_fail(reader->document, value, "%s: expected a block of node \"%.200s\" (%s) or its index, found %s",
                        reader->what, node->name, list, mn_json_describe(value, found));
}

static mn_status read_set(const rule_reader *reader, const mn_json *value, mn_choice_set *set)
{
    char found[MN_JSON_DESCRIPTION];
    if (value->type != MN_JSON_ARRAY || value->count != 2)
        return mn_json_fail(reader->document, value, "%s: expected [node, block] or [node, [block, ...]], found %s",
                            reader->what, mn_json_describe(value, found));
    const mn_json *blocks = value->first->next;
    mn_status status = read_node(reader, value->first, &set->node);
    if (status != MN_OK)
        return status;
    set->block_count = reader->table->nodes[set->node].block_count;
    set->member = mn_new_array((size_t)set->block_count, sizeof *set->member);
    if (!set->member)
        return mn_fail_memory(reader->document->source.error);
    if (blocks->type != MN_JSON_ARRAY)
        return add_block(reader, blocks, set);
    if (blocks->count == 0)
        return mn_json_fail(reader->document, blocks, "%s: expected at least one block, found an empty list",
                            reader->what);
    for (const mn_json *block = blocks->first; block && status == MN_OK; block = block->next)
        status = add_block(reader, block, set);
    return status;
}

/* ---- the four kinds ------------------------------------------------------------------------------------------------------------- */

static mn_status make_sets(const rule_reader *reader, size_t count, mn_rule *rule)
{
    rule->sets = mn_new_array(count, sizeof *rule->sets);
    if (!rule->sets)
        return mn_fail_memory(reader->document->source.error);
    rule->set_count = (int)count;
    return MN_OK;
}

static mn_status read_implication(const rule_reader *reader, const mn_json *object, mn_rule *rule)
{
    const bool forbids = mn_json_find(object, "then_not") != NULL;
    const mn_json *condition, *consequence;
    rule->kind = forbids ? MN_RULE_THEN_NOT : MN_RULE_THEN;
    mn_status status = mn_json_member(reader->document, object, reader->what, "if", MN_JSON_ARRAY, &condition);
    if (status == MN_OK)
        status = mn_json_member(reader->document, object, reader->what, forbids ? "then_not" : "then", MN_JSON_ARRAY,
                                &consequence);
    if (status == MN_OK)
        status = make_sets(reader, 2, rule);
    if (status == MN_OK)
        status = read_set(reader, condition, &rule->sets[0]);
    return status == MN_OK ? read_set(reader, consequence, &rule->sets[1]) : status;
}

static mn_status read_at_most(const rule_reader *reader, const mn_json *object, mn_rule *rule)
{
    const mn_json *bound, *sets;
    mn_decimal decimal;
    int64_t k = 0;
    bool exact = false;
    rule->kind = MN_RULE_AT_MOST;
    mn_status status = mn_json_member(reader->document, object, reader->what, "at_most", MN_JSON_NUMBER, &bound);
    if (status == MN_OK)
        status = mn_json_member(reader->document, object, reader->what, "of", MN_JSON_ARRAY, &sets);
    if (status != MN_OK)
        return status;
    if (!mn_decimal_parse(bound->text, bound->length, &decimal) ||
        !mn_decimal_to_multiples(decimal, (mn_resolution){1, 0}, MN_NEAREST, &k, &exact) || !exact || k < 0 ||
        k > INT_MAX) {
        char found[MN_JSON_DESCRIPTION];
        return mn_json_fail(reader->document, bound, "%s, \"at_most\": expected a whole number from 0 on, found %s",
                            reader->what, mn_json_describe(bound, found));
    }
    if (sets->count == 0)
        return mn_json_fail(reader->document, sets,
                            "%s, \"of\": expected at least one [node, block], found an empty list", reader->what);
    rule->k = (int)k;
    status = make_sets(reader, sets->count, rule);
    int i = 0;
    for (const mn_json *set = sets->first; set && status == MN_OK; set = set->next)
        status = read_set(reader, set, &rule->sets[i++]);
    return status;
}

typedef struct side_name {
    const char *name;
    int side, block;
} side_name;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const side_name *)a)->name, ((const side_name *)b)->name);
}

/* Numbers the names of both nodes' blocks so that equal numbers are equal names. */
static mn_status number_names(const rule_reader *reader, mn_rule *rule)
{
    const mn_node *nodes[2] = {&reader->table->nodes[rule->node[0]], &reader->table->nodes[rule->node[1]]};
    const size_t count = (size_t)nodes[0]->block_count + (size_t)nodes[1]->block_count;
    side_name *names = mn_new_array(count, sizeof *names);
    for (int side = 0; side < 2; side++)
        rule->name_of[side] = mn_new_array((size_t)nodes[side]->block_count, sizeof *rule->name_of[side]);
    if (!names || !rule->name_of[0] || !rule->name_of[1]) {
        free(names);
        return mn_fail_memory(reader->document->source.error);
    }
    size_t used = 0;
    for (int side = 0; side < 2; side++)
        for (int block = 0; block < nodes[side]->block_count; block++)
            names[used++] = (side_name){nodes[side]->blocks[block].name, side, block};
    qsort(names, count, sizeof *names, by_name);
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        number += i > 0 && strcmp(names[i - 1].name, names[i].name) != 0;
        rule->name_of[names[i].side][names[i].block] = number;
    }
    free(names);
    return MN_OK;
}

static mn_status read_equal(const rule_reader *reader, const mn_json *object, mn_rule *rule)
{
    const mn_json *pair;
    char found[MN_JSON_DESCRIPTION];
    int a = 0, b = 0;
    rule->kind = MN_RULE_EQUAL;
    mn_status status = mn_json_member(reader->document, object, reader->what, "equal", MN_JSON_ARRAY, &pair);
    if (status == MN_OK && pair->count != 2)
        status = mn_json_fail(reader->document, pair, "%s, \"equal\": expected [node, node], found %s", reader->what,
                              mn_json_describe(pair, found));
    if (status == MN_OK)
        status = read_node(reader, pair->first, &a);
    if (status == MN_OK)
        status = read_node(reader, pair->first->next, &b);
    if (status != MN_OK)
        return status;
    if (a == b)
        return mn_json_fail(reader->document, pair, "%s, \"equal\": expected two nodes, found \"%.200s\" twice",
                            reader->what, reader->table->nodes[a].name);
    rule->node[0] = a < b ? a : b;
    rule->node[1] = a < b ? b : a;
    return number_names(reader, rule);
}

/* The kind by the key that only it has; its other keys are then checked against the full list. */
static mn_status read_kind(const rule_reader *reader, const mn_json *object, mn_rule *rule)
{
    static const struct {
        const char *key;
        const char *keys[3];
        mn_status (*read)(const rule_reader *, const mn_json *, mn_rule *);
    } kinds[] = {{"then_not", {"if", "then_not", NULL}, read_implication},
                 {"then", {"if", "then", NULL}, read_implication},
                 {"if", {"if", "then", NULL}, read_implication},
                 {"at_most", {"at_most", "of", NULL}, read_at_most},
                 {"of", {"at_most", "of", NULL}, read_at_most},
                 {"equal", {"equal", NULL}, read_equal}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!mn_json_find(object, kinds[i].key))
            continue;
        const mn_status status = mn_json_check_keys(reader->document, object, reader->what, kinds[i].keys);
        return status == MN_OK ? kinds[i].read(reader, object, rule) : status;
    }
    return mn_json_fail(
        reader->document, object,
        "%s: expected the keys \"if\" and \"then\", \"if\" and \"then_not\", \"at_most\" and \"of\", or \"equal\"",
        reader->what);
}

/* On failure the rule holds nothing. */
static mn_status read_rule(const rule_reader *reader, const mn_json *object, mn_rule *rule)
{
    *rule = (mn_rule){0};
    mn_status status = mn_json_expect(reader->document, object, MN_JSON_OBJECT, reader->what);
    if (status == MN_OK)
        status = read_kind(reader, object, rule);
    if (status == MN_OK) {
        rule->text = mn_json_compact(reader->document, object);
        status = rule->text ? MN_OK : mn_fail_memory(reader->document->source.error);
    }
    if (status != MN_OK)
        mn_rule_free(rule);
    return status;
}

/* ---- the public forms ----------------------------------------------------------------------------------------------------------- */

mn_status mn_read_rules(const mn_json_document *document, const mn_json *rules, mn_table *table)
{
    table->rules = mn_new_array(rules->count, sizeof *table->rules);
    if (!table->rules)
        return mn_fail_memory(document->source.error);
    for (const mn_json *value = rules->first; value; value = value->next, table->rule_count++) {
        char what[32];
        snprintf(what, sizeof what, "rule %d (from 0)", table->rule_count);
        const rule_reader reader = {document, table, what};
        const mn_status status = read_rule(&reader, value, &table->rules[table->rule_count]);
        if (status != MN_OK)
            return status;
    }
    return MN_OK;
}

mn_status mn_rule_read(const mn_table *table, const char *json, const char *where, mn_rule *rule, mn_error *error)
{
    mn_json_document document;
    *rule = (mn_rule){0};
    const mn_json_source source = {.name = where, .one_line = true, .failure = MN_USAGE, .error = error};
    mn_status status = mn_json_parse(&document, source, json, strlen(json));
    if (status == MN_OK)
        status = read_rule(&(rule_reader){&document, table, "the rule"}, document.root, rule);
    mn_json_free(&document);
    return status;
}
