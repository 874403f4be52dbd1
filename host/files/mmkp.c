#include "host/files/mmkp.h"
#include "host/files/bytes.h"
#include "host/files/words.h"
#include "host/core/memory.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    MAX_CAPACITIES = MN_MAX_METRICS - 1,
    FINEST = 18, /* decimals of a resolution */
    MANY = 4     /* words on a line: more need not be counted */
};

typedef struct reader {
    const char *name; /* begins the sentences */
    mn_error *error;
    mn_words words;
} reader;

/* What the file says before its numbers are put into a table. */
typedef struct instance {
    int class_count, capacity_count;
    int equal_items; /* N L M: items of each class; 0: each class tells */
    int *item_counts;
    mn_word *capacities;
    int *decimals;  /* [1 + capacity_count] finest number of each column */
    mn_words items; /* where the classes begin */
} instance;

/* ---- sentences and counts ---------------------------------------------------------------------------------------------------- */

/* "FILE:LINE: WHAT: expected EXPECTED, found "WORD"" */
__attribute__((format(printf, 4, 5))) static mn_status fail_word(const reader *r, const mn_word *t,
                                                                 const char *expected, const char *what, ...)
{
    char place[160], text[MN_WORD_SHOWN];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(place, sizeof place, what, arguments);
    va_end(arguments);
    if (!t->text)
        return mn_fail(r->error, MN_BAD_INPUT, "%s:%d: %s: expected %s, found the end of the file", r->name,
                       r->words.line, place, expected);
    return mn_fail(r->error, MN_BAD_INPUT, "%s:%d: %s: expected %s, found \"%s\"", r->name, t->line, place, expected,
                   mn_word_shown(t, text));
}

static bool whole_number(const mn_word *t, int64_t *value)
{
    mn_decimal decimal;
    bool exact = false;
    return mn_decimal_parse(t->text, t->length, &decimal) &&
           mn_decimal_to_multiples(decimal, (mn_resolution){1, 0}, MN_NEAREST, value, &exact) && exact;
}

static mn_status read_count(reader *r, const char *what, int most, int *count)
{
    mn_word t = {0};
    int64_t value = 0;
    char expected[64];
    if (mn_word_next(&r->words, true, &t) && whole_number(&t, &value) && value >= 1 && value <= most) {
        *count = (int)value;
        return MN_OK;
    }
    snprintf(expected, sizeof expected, "a whole number from 1 to %d", most);
    return fail_word(r, &t, expected, "%s", what);
}

/* ---- first pass: the shape ------------------------------------------------------------------------------------------------------- */

static mn_status read_head(reader *r, instance *in)
{
    const int numbers = mn_words_on_line(r->words, MANY);
    if (numbers == 0)
        return mn_fail(r->error, MN_BAD_INPUT, "%s: no numbers; expected an instance that begins with N M or N L M",
                       r->name);
    if (numbers == 1) {
        mn_word first;
        mn_word_next(&r->words, true, &first);
        return mn_fail(
            r->error, MN_BAD_INPUT,
            "%s:%d: one number on the first line; expected N M (classes, capacities) or N L M (classes, items of "
            "each, capacities)",
            r->name, first.line);
    }
    mn_status status = read_count(r, "number of classes", MN_MAX_NODES, &in->class_count);
    if (status == MN_OK && numbers == 3)
        status = read_count(r, "items of each class", MN_MAX_BLOCKS, &in->equal_items);
    if (status == MN_OK)
        status = read_count(r, "number of capacities", MAX_CAPACITIES, &in->capacity_count);
    return status;
}

static mn_status read_capacities(reader *r, instance *in)
{
    in->capacities = mn_new_array((size_t)in->capacity_count, sizeof *in->capacities);
    in->decimals = mn_new_array((size_t)in->capacity_count + 1, sizeof *in->decimals);
    if (!in->capacities || !in->decimals)
        return mn_fail_memory(r->error);
    for (int i = 0; i < in->capacity_count; i++) {
        mn_decimal unused;
        mn_word *t = &in->capacities[i];
        if (!mn_word_next(&r->words, true, t) || !mn_decimal_parse(t->text, t->length, &unused))
            return fail_word(r, t, "a number", "capacity %d of %d", i + 1, in->capacity_count);
    }
    return MN_OK;
}

/* The line that begins class `number` (from 0). */
static mn_status read_class_head(reader *r, const instance *in, int number, int *items)
{
    const int on_line = mn_words_on_line(r->words, MANY);
    mn_words ahead = r->words;
    mn_word t = {0};
    int64_t value = 0;
    const bool whole = mn_word_next(&ahead, true, &t) && whole_number(&t, &value);
    const bool counts_it = whole && (value == number || value == number + 1); /* from 0 or from 1 */
    if (in->equal_items) {
        if (!counts_it && (!whole || value != in->equal_items))
            return fail_word(r, &t, "its number", "class %d of %d", number + 1, in->class_count);
        r->words = ahead;
        *items = in->equal_items;
        return MN_OK;
    }
    if (on_line == 2 && counts_it)
        r->words = ahead;
    char what[64];
    snprintf(what, sizeof what, "class %d of %d, number of items", number + 1, in->class_count);
    return read_count(r, what, MN_MAX_BLOCKS, items);
}

static mn_status read_number(reader *r, const instance *in, int number, int item, int column, mn_word *t,
                             mn_decimal *value)
{
    char what[32] = "value";
    if (mn_word_next(&r->words, true, t) && mn_decimal_parse(t->text, t->length, value))
        return MN_OK;
    if (column > 0)
        snprintf(what, sizeof what, "weight %d of %d", column, in->capacity_count);
    return fail_word(r, t, "a number", "class %d of %d, item %d of %d, %s", number + 1, in->class_count, item + 1,
                     in->item_counts[number], what);
}

static mn_status measure_class(reader *r, instance *in, int number)
{
    mn_word t;
    mn_decimal value;
    for (int item = 0; item < in->item_counts[number]; item++)
        for (int column = 0; column <= in->capacity_count; column++) {
            const mn_status status = read_number(r, in, number, item, column, &t, &value);
            if (status != MN_OK)
                return status;
            if (value.decimals > FINEST)
                return fail_word(r, &t, "at most 18 decimals", "class %d, item %d", number + 1, item + 1);
            in->decimals[column] = value.decimals > in->decimals[column] ? value.decimals : in->decimals[column];
        }
    return MN_OK;
}

/* Grows with what is there: the head may promise more classes than the file has. */
static mn_status measure_classes(reader *r, instance *in)
{
    int room = 0;
    int64_t items = 0;
    in->items = r->words;
    for (int number = 0; number < in->class_count; number++) {
        if (number == room) {
            room = room ? 2 * room : 64;
            if (!mn_grow(&in->item_counts, (size_t)room, sizeof *in->item_counts))
                return mn_fail_memory(r->error);
        }
        mn_status status = read_class_head(r, in, number, &in->item_counts[number]);
        if (status == MN_OK)
            status = measure_class(r, in, number);
        if (status != MN_OK)
            return status;
        items += in->item_counts[number];
        if (items > INT32_MAX / 2)
            return mn_fail(r->error, MN_BAD_INPUT, "%s:%d: more than %d items in all", r->name, r->words.line,
                           INT32_MAX / 2);
    }
    return MN_OK;
}

/* ---- second pass: the table ------------------------------------------------------------------------------------------------------ */

static bool name_of(char **name, const char *format, int number)
{
    char text[32];
    snprintf(text, sizeof text, format, number);
    *name = mn_copy_text(text, strlen(text));
    return *name != NULL;
}

static bool make_node(mn_node *node, int number, int items)
{
    node->blocks = mn_new_array((size_t)items, sizeof *node->blocks);
    if (!node->blocks || !name_of(&node->name, "class %d", number))
        return false;
    for (; node->block_count < items; node->block_count++)
        if (!name_of(&node->blocks[node->block_count].name, "%d", node->block_count))
            return false;
    return true;
}

static bool make_metric(mn_metric *metric, int column, int decimals, size_t items)
{
    metric->unit = mn_copy_text("", 0);
    metric->higher_is_better = column == 0;
    metric->resolution = (mn_resolution){1, decimals};
    metric->values = mn_new_array(items, sizeof *metric->values);
    return metric->unit && metric->values && name_of(&metric->name, column ? "w%d" : "value", column - 1);
}

static mn_status make_shape(reader *r, const instance *in, mn_table *table)
{
    size_t items = 0;
    table->has_values = true;
    table->nodes = mn_new_array((size_t)in->class_count, sizeof *table->nodes);
    table->metrics = mn_new_array((size_t)in->capacity_count + 1, sizeof *table->metrics);
    if (!table->nodes || !table->metrics)
        return mn_fail_memory(r->error);
    for (; table->node_count < in->class_count; items += (size_t)in->item_counts[table->node_count++])
        if (!make_node(&table->nodes[table->node_count], table->node_count, in->item_counts[table->node_count])) {
            table->node_count++;
            return mn_fail_memory(r->error);
        }
    for (; table->metric_count <= in->capacity_count; table->metric_count++)
        if (!make_metric(&table->metrics[table->metric_count], table->metric_count, in->decimals[table->metric_count],
                         items)) {
            table->metric_count++;
            return mn_fail_memory(r->error);
        }
    return MN_OK;
}

static mn_status read_values(reader *r, const instance *in, mn_table *table)
{
    size_t at = 0;
    int items;
    r->words = in->items;
    for (int number = 0; number < in->class_count; number++) {
        mn_status status = read_class_head(r, in, number, &items);
        for (int item = 0; status == MN_OK && item < items; item++, at++)
            for (int column = 0; status == MN_OK && column <= in->capacity_count; column++) {
                mn_word t;
                mn_decimal value;
                int64_t *multiples = &table->metrics[column].values[at];
                status = read_number(r, in, number, item, column, &t, &value);
                if (status == MN_OK &&
                    (!mn_decimal_to_multiples(value, table->metrics[column].resolution, MN_NEAREST, multiples, NULL) ||
                     *multiples > MN_MAX_MULTIPLES || *multiples < -MN_MAX_MULTIPLES))
                    status = fail_word(r, &t, "at most 2^53 multiples of the finest decimal of its column",
                                       "class %d, item %d", number + 1, item + 1);
            }
        if (status != MN_OK)
            return status;
    }
    return MN_OK;
}

/* Rounded down to the column's resolution, which does not change what it allows. */
static mn_status make_limits(reader *r, const instance *in, mn_table *table)
{
    table->limit_texts = mn_new_array((size_t)in->capacity_count, sizeof *table->limit_texts);
    if (!table->limit_texts)
        return mn_fail_memory(r->error);
    for (int i = 0; i < in->capacity_count; i++) {
        const mn_word *t = &in->capacities[i];
        const mn_resolution resolution = table->metrics[i + 1].resolution;
        mn_decimal capacity;
        int64_t multiples = 0;
        char number[MN_NUMBER_SIZE], text[MN_NUMBER_SIZE + 32];
        if (!mn_decimal_parse(t->text, t->length, &capacity) ||
            !mn_decimal_to_multiples(capacity, resolution, MN_FLOOR, &multiples, NULL) || multiples > MN_MAX_SUM ||
            multiples < -MN_MAX_SUM)
            return fail_word(r, t, "at most 2^62 multiples of the weights' finest decimal", "capacity %d of %d", i + 1,
                             in->capacity_count);
        snprintf(text, sizeof text, "w%d<=%s", i, mn_format(multiples, resolution, number));
        table->limit_texts[i] = mn_copy_text(text, strlen(text));
        if (!table->limit_texts[i])
            return mn_fail_memory(r->error);
        table->limit_count++;
    }
    return MN_OK;
}

/* ---- what goes with it ------------------------------------------------------------------------------------------------------------ */

/* The file's name without folders and endings, as plain text. */
static mn_status name_table(const char *path, mn_table *table)
{
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    const size_t length = strcspn(*base == '.' ? base + 1 : base, ".") + (*base == '.');
    char source[160];
    table->path = mn_copy_text(path, strlen(path));
    table->name = length > 0 ? mn_copy_text(base, length) : mn_copy_text("instance", 8);
    if (!table->path || !table->name)
        return mn_fail_memory(&table->error);
    for (char *c = table->name; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
            *c = '_';
    snprintf(source, sizeof source, "knapsack instance %.100s, read by mathnas import --mmkp", table->name);
    table->source = mn_copy_text(source, strlen(source));
    return table->source ? MN_OK : mn_fail_memory(&table->error);
}

/* What follows the instance: its place, its size, its beginning. */
static mn_status note_rest(reader *r, const instance *in, mn_table *table)
{
    mn_word t;
    char first[MN_WORD_SHOWN], text[256];
    uint64_t count = 1;
    const int last_line = r->words.line;
    if (!mn_word_next(&r->words, true, &t))
        return MN_OK;
    for (mn_word more; mn_word_next(&r->words, true, &more);)
        count++;
    mn_decimal number;
    const bool another = mn_decimal_parse(t.text, t.length, &number);
    snprintf(
        text, sizeof text,
        "read the first instance (%d classes), which ends on line %d; left aside what follows%s: %llu words from line "
        "%d on, the first is \"%s\"",
        in->class_count, last_line, another ? ", perhaps another instance" : "", (unsigned long long)count, t.line,
        mn_word_shown(&t, first));
    table->note = mn_copy_text(text, strlen(text));
    return table->note ? MN_OK : mn_fail_memory(&table->error);
}

mn_status mn_mmkp_read_memory(const char *name, const char *text, size_t size, mn_table *table)
{
    reader r = {name, &table->error, mn_words_open(text, size)};
    instance in = {0};
    mn_status status = name_table(name, table);
    if (status == MN_OK)
        status = read_head(&r, &in);
    if (status == MN_OK)
        status = read_capacities(&r, &in);
    if (status == MN_OK)
        status = measure_classes(&r, &in);
    if (status == MN_OK)
        status = note_rest(&r, &in, table);
    if (status == MN_OK)
        status = make_shape(&r, &in, table);
    if (status == MN_OK)
        status = read_values(&r, &in, table);
    if (status == MN_OK)
        status = make_limits(&r, &in, table);
    if (status == MN_OK)
        status = mn_table_prepare(table, name);
    free(in.item_counts);
    free(in.capacities);
    free(in.decimals);
    return status;
}

mn_status mn_mmkp_read(const char *path, mn_table *table)
{
    char *text;
    size_t size;
    mn_status status = mn_bytes_read(path, &text, &size, &table->error);
    if (status == MN_OK)
        status = mn_mmkp_read_memory(path, text, size, table);
    free(text);
    return status;
}
