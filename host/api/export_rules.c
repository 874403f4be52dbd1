/* Rules and forbidden blocks as linear rows.
 *
 * Each node takes one block, so "node takes one of these blocks" is the sum of their variables, 0 or 1, and a rule between such sums
 * is a row. Sets of one node overlap or exclude each other by themselves; those cases get the row that says no more than the blocks
 * they forbid, which is what the general row means in whole numbers, but tight in fractions too. */
#include "host/api/export.h"
#include "host/core/memory.h"

#include <stdarg.h>
#include <stdio.h>

void mn_model_name_row(mn_model_row *row, const mn_model *model, int table, const char *format, ...)
{
    char rest[32];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rest, sizeof rest, format, arguments);
    va_end(arguments);
    const int kind = (int)strcspn(rest, "_");
    if (model->table_count > 1)
        snprintf(row->name, sizeof row->name, "%.*s_%d%s", kind, rest, table, rest + kind);
    else
        snprintf(row->name, sizeof row->name, "%s", rest);
}

/* ---- a row's terms, gathered ----------------------------------------------------------------------------------------------------- */

typedef struct term {
    int item;
    int64_t value;
} term;

typedef struct term_list {
    term *terms;
    size_t count, room;
    bool failed; /* memory ran out */
} term_list;

static void add_term(term_list *list, int item, int64_t value)
{
    if (list->count == list->room) {
        const size_t room = list->room ? 2 * list->room : 16;
        if (!mn_grow(&list->terms, room, sizeof *list->terms)) {
            list->failed = true;
            return;
        }
        list->room = room;
    }
    list->terms[list->count++] = (term){item, value};
}

static void add_set(term_list *list, const int *first, const mn_choice_set *set, int64_t value)
{
    for (int block = 0; block < set->block_count; block++)
        if (set->member[block])
            add_term(list, first[set->node] + block, value);
}

static int by_item(const void *a, const void *b)
{
    const int x = ((const term *)a)->item, y = ((const term *)b)->item;
    return (x > y) - (x < y);
}

/* Sorts the terms, adds those of one item up, and leaves out what is below `least`; what stays becomes 1 when `ones`. */
static void merge_terms(term_list *list, int64_t least, bool ones)
{
    size_t kept = 0;
    qsort(list->terms, list->count, sizeof *list->terms, by_item);
    for (size_t i = 0; i < list->count;) {
        term sum = list->terms[i++];
        for (; i < list->count && list->terms[i].item == sum.item; i++)
            sum.value += list->terms[i].value;
        if (sum.value != 0 && sum.value >= least)
            list->terms[kept++] = (term){sum.item, ones ? 1 : sum.value};
    }
    list->count = kept;
}

/* The gathered terms as a row; none when there are no terms. The list is empty afterwards. */
static mn_model_row *add_row(mn_model *model, int table, term_list *list, mn_row_sense sense, int64_t right)
{
    mn_model_row *row = list->failed ? NULL : mn_model_add_row(model);
    if (!row)
        return NULL;
    row->table = table;
    row->sense = sense;
    row->right = right;
    row->items = row->own_items = mn_new_array(list->count, sizeof *row->own_items);
    row->values = row->own_values = mn_new_array(list->count, sizeof *row->own_values);
    if (!row->items || !row->values)
        return NULL;
    row->count = (int)list->count;
    for (size_t i = 0; i < list->count; i++) {
        row->own_items[i] = list->terms[i].item;
        row->own_values[i] = list->terms[i].value;
    }
    list->count = 0;
    return row;
}

/* ---- the kinds ------------------------------------------------------------------------------------------------------------------- */

static bool add_equal(mn_model *model, int table, const mn_rule *rule, int number, term_list *list)
{
    const int *first = model->tables[table].first;
    const int a = rule->node[0], b = rule->node[1];
    const int blocks[2] = {first[a + 1] - first[a], first[b + 1] - first[b]};
    int *partner =
        mn_new_array((size_t)blocks[0] + (size_t)blocks[1], sizeof *partner); /* by name: block of b, plus 1 */
    term_list alone = {0};                                                    /* blocks whose name the other lacks */
    bool done = partner != NULL;
    int rows = 0;
    for (int block = 0; done && block < blocks[1]; block++)
        partner[rule->name_of[1][block]] = block + 1;
    for (int block = 0; done && block < blocks[0]; block++) {
        int *other = &partner[rule->name_of[0][block]];
        if (!*other) {
            add_term(&alone, first[a] + block, 1);
            continue;
        }
        add_term(list, first[a] + block, 1);
        add_term(list, first[b] + *other - 1, -1);
        mn_model_row *row = add_row(model, table, list, MN_ROW_EQUAL, 0);
        done = row != NULL;
        if (row)
            mn_model_name_row(row, model, table, "rule_%d_%d", number, rows++);
    }
    if (done && (alone.count > 0 || alone.failed)) {
        mn_model_row *row = add_row(model, table, &alone, MN_ROW_EQUAL, 0);
        done = row != NULL;
        if (row)
            mn_model_name_row(row, model, table, "rule_%d_%d", number, rows);
    }
    free(alone.terms);
    free(partner);
    return done;
}

/* The one row of another kind of rule: its terms and right side. */
static int64_t gather_rule(const int *first, const mn_rule *rule, term_list *list)
{
    const bool one_node = rule->kind != MN_RULE_AT_MOST && rule->sets[0].node == rule->sets[1].node;
    for (int i = 0; i < rule->set_count; i++)
        add_set(list, first, &rule->sets[i], rule->kind == MN_RULE_THEN && i == 1 ? -1 : 1);
    if (rule->kind == MN_RULE_THEN) { /* within a node: what is in the first set only is forbidden */
        merge_terms(list, one_node ? 1 : INT64_MIN, false);
        return 0;
    }
    if (one_node) { /* what is in both sets is forbidden */
        merge_terms(list, 2, true);
        return 0;
    }
    merge_terms(list, INT64_MIN, false);
    return rule->kind == MN_RULE_THEN_NOT ? 1 : rule->k;
}

bool mn_model_add_rule(mn_model *model, int table, const mn_member *member, int number)
{
    const mn_rule *rule = &mn_member_rules(member)[number];
    term_list list = {0};
    bool done;
    if (rule->kind == MN_RULE_EQUAL) {
        done = add_equal(model, table, rule, number, &list);
    } else {
        const int64_t right = gather_rule(model->tables[table].first, rule, &list);
        done = !list.failed;
        if (done && list.count > 0) {
            mn_model_row *row = add_row(model, table, &list, MN_ROW_AT_MOST, right);
            done = row != NULL;
            if (row)
                mn_model_name_row(row, model, table, "rule_%d", number);
        }
    }
    free(list.terms);
    return done;
}

bool mn_model_add_forbidden(mn_model *model, int table, const mn_member *member)
{
    const int *first = model->tables[table].first;
    term_list list = {0};
    bool done = true;
    const mn_table *own = member->table;
    for (int node = 0; done && node < own->node_count; node++) {
        const int searched = first[own->expansion ? own->expansion->place[node] : node];
        for (int block = 0; block < own->nodes[node].block_count; block++)
            if (!member->allowed[own->first[node] + block])
                add_term(&list, searched + block, 1);
        if (!list.count && !list.failed)
            continue;
        mn_model_row *row = add_row(model, table, &list, MN_ROW_EQUAL, 0);
        done = row != NULL;
        if (row)
            mn_model_name_row(row, model, table, "forbidden_%d", node);
    }
    free(list.terms);
    return done;
}

/* The combinations in which a part takes a block add up to that block's variable. */
static bool add_factor_part(mn_model *model, int table, const mn_auxiliary *auxiliary, int number, int part)
{
    const int *first = model->tables[table].first;
    const int node = auxiliary->parts[part], stride = auxiliary->strides[part], blocks = first[node + 1] - first[node];
    const int combinations = first[auxiliary->node + 1] - first[auxiliary->node];
    term_list list = {0};
    bool done = true;
    for (int block = 0; done && block < blocks; block++) {
        add_term(&list, first[node] + block, -1);
        for (int combination = 0; combination < combinations; combination++)
            if (combination / stride % blocks == block)
                add_term(&list, first[auxiliary->node] + combination, 1);
        mn_model_row *row = add_row(model, table, &list, MN_ROW_EQUAL, 0);
        done = row != NULL;
        if (row)
            mn_model_name_row(row, model, table, "factor_%d_%d_%d", number, part, block);
    }
    free(list.terms);
    return done;
}

bool mn_model_add_factors(mn_model *model, int table, const mn_member *member)
{
    const mn_expansion *expansion = member->table->expansion;
    for (int i = 0; expansion && i < expansion->auxiliary_count; i++)
        for (int part = 0; part < expansion->auxiliaries[i].part_count; part++)
            if (!add_factor_part(model, table, &expansion->auxiliaries[i], i, part))
                return false;
    return true;
}
