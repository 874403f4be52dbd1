#include "host/files/model.h"
#include "host/files/utf8.h"
#include "host/core/memory.h"

#include <stdarg.h>
#include <stdio.h>

enum { LONGEST_REMARK = 400 }; /* bytes; LP lines are read up to 560 */

void mn_model_free(mn_model *model)
{
    for (int i = 0; i < model->table_count; i++) {
        free(model->tables[i].node_of);
        free(model->tables[i].number_of);
    }
    free(model->tables);
    for (int i = 0; i < model->row_count; i++) {
        free(model->rows[i].own_items);
        free(model->rows[i].own_values);
    }
    free(model->rows);
    for (int i = 0; i < model->remark_count; i++)
        free(model->remarks[i]);
    free(model->remarks);
}

mn_model_row *mn_model_add_row(mn_model *model)
{
    if (model->row_count == model->row_room) {
        const int room = model->row_room ? 2 * model->row_room : 64;
        if (model->row_room > INT32_MAX / 2 || !mn_grow(&model->rows, (size_t)room, sizeof *model->rows))
            return NULL;
        model->row_room = room;
    }
    mn_model_row *row = &model->rows[model->row_count++];
    *row = (mn_model_row){.unit = {1, 0}};
    return row;
}

bool mn_model_remark(mn_model *model, const char *format, ...)
{
    char text[LONGEST_REMARK + 8];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0 || !mn_grow(&model->remarks, (size_t)model->remark_count + 1, sizeof *model->remarks))
        return false;
    if (length > LONGEST_REMARK)
        strcpy(text + mn_utf8_shown(text, strlen(text), LONGEST_REMARK), "...");
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    char *copy = mn_copy_text(text, strlen(text));
    if (copy)
        model->remarks[model->remark_count++] = copy;
    return copy != NULL;
}

void mn_model_write_remarks(const mn_model *model, const char *mark, mn_output *output)
{
    for (int i = 0; i < model->remark_count; i++)
        mn_output_printf(output, "%s %s\n", mark, model->remarks[i]);
}

/* ---- variables --------------------------------------------------------------------------------------------------------------- */

static int item_count(const mn_model *model, int table)
{
    return model->tables[table].first[model->tables[table].node_count];
}

int64_t mn_model_variable_count(const mn_model *model)
{
    int64_t count = model->table_count > 1 ? model->table_count : 0;
    for (int i = 0; i < model->table_count; i++)
        count += item_count(model, i);
    return count;
}

bool mn_next_variable(const mn_model *model, mn_variable *variable)
{
    if (variable->node < 0)
        return ++variable->table < model->table_count;
    variable->block++;
    for (; variable->table < model->table_count; variable->table++, variable->node = 0) {
        const mn_model_table *table = &model->tables[variable->table];
        for (; variable->node < table->node_count; variable->node++, variable->block = 0)
            if (variable->block < table->first[variable->node + 1] - table->first[variable->node])
                return true;
    }
    *variable = (mn_variable){0, -1, 0};
    return model->table_count > 1;
}

/* Position among all variables, from 1, in the order of mn_next_variable. */
static int64_t variable_number(const mn_model *model, mn_variable variable)
{
    int64_t before = 0;
    const int tables = variable.node < 0 ? model->table_count : variable.table;
    for (int i = 0; i < tables; i++)
        before += item_count(model, i);
    if (variable.node < 0)
        return before + variable.table + 1;
    return before + model->tables[variable.table].first[variable.node] + variable.block + 1;
}

const char *mn_variable_name(const mn_model *model, mn_variable variable, char text[MN_VARIABLE_SIZE])
{
    if (model->numbered)
        snprintf(text, MN_VARIABLE_SIZE, "x%lld", (long long)variable_number(model, variable));
    else if (variable.node < 0)
        snprintf(text, MN_VARIABLE_SIZE, "table_%d", variable.table);
    else {
        const int number = model->tables[variable.table].number_of[variable.node];
        const char letter = number < 0 ? 'y' : 'x';
        const int named = number < 0 ? -1 - number : number;
        if (model->table_count > 1)
            snprintf(text, MN_VARIABLE_SIZE, "%c_%d_%d_%d", letter, variable.table, named, variable.block);
        else
            snprintf(text, MN_VARIABLE_SIZE, "%c_%d_%d", letter, named, variable.block);
    }
    return text;
}

static mn_variable item_variable(const mn_model *model, int table, int item)
{
    const mn_model_table *t = &model->tables[table];
    const int node = t->node_of[item];
    return (mn_variable){table, node, item - t->first[node]};
}

/* ---- terms ------------------------------------------------------------------------------------------------------------------- */

mn_term_walk mn_row_terms(const mn_model *model, const mn_model_row *row)
{
    return (mn_term_walk){model, row, row->table < 0 ? 0 : row->table, 0};
}

mn_term_walk mn_objective_terms(const mn_model *model)
{
    return (mn_term_walk){model, NULL, 0, 0};
}

/* The row's items, and behind them the table's own variable with what the right side asks of it. */
static bool next_row_term(mn_term_walk *walk, mn_variable *variable, mn_wide *coefficient)
{
    const mn_model_row *row = walk->row;
    while (walk->at < row->count) {
        const int at = walk->at++;
        *coefficient = row->values ? row->values[at] : 1;
        *variable = item_variable(walk->model, row->table, row->items ? row->items[at] : row->first + at);
        if (*coefficient != 0)
            return true;
    }
    *coefficient = -row->right;
    *variable = (mn_variable){row->table, -1, 0};
    return walk->at++ == row->count && walk->model->table_count > 1 && row->right != 0;
}

bool mn_next_term(mn_term_walk *walk, mn_variable *variable, mn_wide *coefficient)
{
    const mn_model *model = walk->model;
    if (walk->row && walk->row->table >= 0)
        return next_row_term(walk, variable, coefficient);
    if (walk->row) { /* one of the tables */
        *variable = (mn_variable){walk->at++, -1, 0};
        *coefficient = 1;
        return variable->table < model->table_count;
    }
    for (; walk->table < model->table_count; walk->table++, walk->at = 0) {
        const mn_linear *objective = model->tables[walk->table].objective;
        while (walk->at < item_count(model, walk->table)) {
            const int item = walk->at++;
            *coefficient = objective->values[item];
            *variable = item_variable(model, walk->table, item);
            if (*coefficient != 0)
                return true;
        }
        *coefficient = objective->base;
        *variable = (mn_variable){walk->table, -1, 0};
        if (walk->at++ == item_count(model, walk->table) && model->table_count > 1 && *coefficient != 0)
            return true;
    }
    return false;
}

mn_wide mn_row_right(const mn_model *model, const mn_model_row *row)
{
    return model->table_count > 1 && row->table >= 0 ? 0 : row->right;
}

int64_t mn_objective_constant(const mn_model *model)
{
    return model->table_count > 1 ? 0 : model->tables[0].objective->base;
}

const char *mn_format_multiples(mn_wide multiples, mn_resolution resolution, char text[MN_NUMBER_SIZE])
{
    return mn_format_wide(multiples * resolution.mantissa, resolution.decimals, text);
}

/* ---- doubles ------------------------------------------------------------------------------------------------------------------ */

/* The largest |sum| that a solution of the node rows can make. */
static mn_wide largest_sum(mn_term_walk walk, mn_wide constant)
{
    mn_wide sum = constant < 0 ? -constant : constant, largest = 0, coefficient;
    mn_variable variable, last = {0};
    while (mn_next_term(&walk, &variable, &coefficient)) {
        if (variable.table != last.table || variable.node != last.node || variable.node < 0) {
            sum += largest;
            largest = 0;
        }
        const mn_wide magnitude = coefficient < 0 ? -coefficient : coefficient;
        largest = magnitude > largest ? magnitude : largest;
        last = variable;
    }
    return sum + largest;
}

bool mn_model_exceeds_doubles(const mn_model *model)
{
    if (largest_sum(mn_objective_terms(model), mn_objective_constant(model)) > MN_MAX_MULTIPLES)
        return true;
    for (int i = 0; i < model->row_count; i++)
        if (largest_sum(mn_row_terms(model, &model->rows[i]), model->rows[i].right) > MN_MAX_MULTIPLES)
            return true;
    return false;
}
