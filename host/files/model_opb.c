/* OPB, the format of the pseudo-Boolean competitions: whole numbers, minimisation, rows with >= or =. A maximised objective has its
 * signs changed, and a remark says how the file's value becomes the objective again. The competitions' grammar names variables x1, x2,
 * ...; solvers that insist on it get them with `numbered`. */
#include "host/files/model.h"

/* "+3 x_0_1 -2 x_1_0 ", all signs changed when `negate`. */
static void put_terms(const mn_model *model, mn_term_walk walk, bool negate, mn_output *output)
{
    char number[MN_NUMBER_SIZE], name[MN_VARIABLE_SIZE];
    mn_variable variable;
    mn_wide coefficient;
    bool any = false;
    for (; mn_next_term(&walk, &variable, &coefficient); any = true) {
        const mn_wide written = negate ? -coefficient : coefficient;
        mn_output_printf(output, "%s%s %s ", written > 0 ? "+" : "", mn_format_wide(written, 0, number),
                         mn_variable_name(model, variable, name));
    }
    if (!any)
        mn_output_printf(output, "+0 %s ", mn_variable_name(model, (mn_variable){0, 0, 0}, name));
}

static void write_row(const mn_model *model, const mn_model_row *row, mn_output *output)
{
    char number[MN_NUMBER_SIZE];
    const bool negate = row->sense == MN_ROW_AT_MOST;
    const mn_wide right = mn_row_right(model, row);
    put_terms(model, mn_row_terms(model, row), negate, output);
    mn_output_printf(output, "%s %s ;\n",
                     row->sense == MN_ROW_EQUAL ? "=" : ">=", mn_format_wide(negate ? -right : right, 0, number));
}

static void write_conversion(const mn_model *model, mn_output *output)
{
    char step[MN_NUMBER_SIZE], constant[MN_NUMBER_SIZE];
    mn_output_printf(output, "* objective = %s %s %s * VALUE, where VALUE is this file's minimum\n",
                     mn_format_multiples(mn_objective_constant(model), model->resolution, constant),
                     model->maximize ? "-" : "+", mn_format_multiples(1, model->resolution, step));
}

/* Which x_<node>_<block> each number stands for. */
static void write_numbers(const mn_model *model, mn_output *output)
{
    char name[MN_VARIABLE_SIZE], number[MN_VARIABLE_SIZE];
    mn_model named = *model;
    named.numbered = false;
    for (mn_variable variable = MN_FIRST_VARIABLE; mn_next_variable(model, &variable);)
        mn_output_printf(output, "* %s = %s\n", mn_variable_name(model, variable, number),
                         mn_variable_name(&named, variable, name));
}

mn_status mn_model_write_opb(const mn_model *model, mn_output *output, mn_error *error)
{
    (void)error;
    mn_output_printf(output, "* #variable= %lld #constraint= %d\n", (long long)mn_model_variable_count(model),
                     model->row_count);
    mn_model_write_remarks(model, "*", output);
    write_conversion(model, output);
    if (model->numbered)
        write_numbers(model, output);
    mn_output_printf(output, "min: ");
    put_terms(model, mn_objective_terms(model), model->maximize, output);
    mn_output_printf(output, ";\n");
    for (int i = 0; i < model->row_count; i++)
        write_row(model, &model->rows[i], output);
    return mn_output_flush(output);
}
