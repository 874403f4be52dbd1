/* CPLEX LP. What its readers differ in decides the form: the objective's constant comes last (SCIP, CBC), lines stay below 560
 * characters (CPLEX), an empty sum is written as 0 times a variable (CBC), and "Binaries" is the last section, so that no reader
 * lets it undo a bound. */
#include "host/files/model.h"

#include <stdio.h>
#include <string.h>

enum { LINE_WIDTH = 100 };

/* A line that breaks between terms. */
typedef struct lp_line {
    mn_output *output;
    size_t column;
} lp_line;

static void put(lp_line *line, const char *word)
{
    const size_t length = strlen(word);
    if (line->column + length > LINE_WIDTH) {
        mn_output_write(line->output, "\n ", 2);
        line->column = 1;
    }
    mn_output_write(line->output, word, length);
    line->column += length;
}

static void begin(lp_line *line, const char *name)
{
    mn_output_printf(line->output, " %s:", name);
    line->column = strlen(name) + 2;
}

/* " 3 x_0_1 - x_1_0"; the coefficients are multiples of `resolution`. */
static void put_terms(lp_line *line, const mn_model *model, mn_term_walk walk, mn_resolution resolution)
{
    char number[MN_NUMBER_SIZE], name[MN_VARIABLE_SIZE], word[MN_NUMBER_SIZE + MN_VARIABLE_SIZE + 8];
    mn_variable variable;
    mn_wide coefficient;
    bool any = false;
    for (; mn_next_term(&walk, &variable, &coefficient); any = true) {
        mn_format_multiples(coefficient < 0 ? -coefficient : coefficient, resolution, number);
        snprintf(word, sizeof word, "%s %s%s%s",
                 coefficient < 0 ? " -"
                 : any           ? " +"
                                 : "",
                 strcmp(number, "1") ? number : "", strcmp(number, "1") ? " " : "",
                 mn_variable_name(model, variable, name));
        put(line, word);
    }
    if (!any) {
        snprintf(word, sizeof word, " 0 %s", mn_variable_name(model, (mn_variable){0, 0, 0}, name));
        put(line, word);
    }
}

static void write_objective(const mn_model *model, mn_output *output)
{
    lp_line line = {output, 0};
    char number[MN_NUMBER_SIZE], word[MN_NUMBER_SIZE + 8];
    const int64_t constant = mn_objective_constant(model);
    begin(&line, "objective");
    put_terms(&line, model, mn_objective_terms(model), model->resolution);
    if (constant != 0) {
        snprintf(word, sizeof word, " %s %s", constant < 0 ? "-" : "+",
                 mn_format_multiples(constant < 0 ? -(mn_wide)constant : constant, model->resolution, number));
        put(&line, word);
    }
    mn_output_write(output, "\n", 1);
}

static void write_row(const mn_model *model, const mn_model_row *row, mn_output *output)
{
    static const char *const senses[] = {" <= ", " >= ", " = "};
    lp_line line = {output, 0};
    char number[MN_NUMBER_SIZE], word[MN_NUMBER_SIZE + 8];
    begin(&line, row->name);
    put_terms(&line, model, mn_row_terms(model, row), row->unit);
    snprintf(word, sizeof word, "%s%s", senses[row->sense],
             mn_format_multiples(mn_row_right(model, row), row->unit, number));
    put(&line, word);
    mn_output_write(output, "\n", 1);
}

static void write_names(const mn_model *model, mn_output *output)
{
    lp_line line = {output, 0};
    char name[MN_VARIABLE_SIZE], word[MN_VARIABLE_SIZE + 1];
    for (mn_variable variable = MN_FIRST_VARIABLE; mn_next_variable(model, &variable);) {
        snprintf(word, sizeof word, " %s", mn_variable_name(model, variable, name));
        put(&line, word);
    }
    mn_output_write(output, "\n", 1);
}

mn_status mn_model_write_lp(const mn_model *model, mn_output *output, mn_error *error)
{
    (void)error;
    mn_model_write_remarks(model, "\\", output);
    if (mn_objective_constant(model) != 0)
        mn_output_printf(output, "\\ Gurobi takes a constant in an LP file for a variable: give it the MPS file.\n");
    mn_output_printf(output, "%s\n", model->maximize ? "Maximize" : "Minimize");
    write_objective(model, output);
    mn_output_printf(output, "Subject To\n");
    for (int i = 0; i < model->row_count; i++)
        write_row(model, &model->rows[i], output);
    mn_output_printf(output, "Binaries\n");
    write_names(model, output);
    return mn_output_printf(output, "End\n");
}
