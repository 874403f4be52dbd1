/* A question written for other solvers: host/files/model.h says in what form. */
#include "host/api/export.h"
#include "host/core/memory.h"

static const struct {
    const char *name, *ending;
    mn_model_writer *write;
} formats[] = {
    {"lp", ".lp", mn_model_write_lp}, {"mps", ".mps", mn_model_write_mps}, {"opb", ".opb", mn_model_write_opb}};

enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

static bool ends_with(const char *path, const char *ending)
{
    const size_t length = strlen(path), end = strlen(ending);
    return length > end && !strcmp(path + length - end, ending);
}

const char *mn_export_format(const char *path)
{
    for (int i = 0; path && i < FORMAT_COUNT; i++)
        if (ends_with(path, formats[i].ending))
            return formats[i].name;
    return NULL;
}

static mn_status find_format(mn_solver *solver, const char *path, const mn_export_options *options, int *format)
{
    const char *name = options && options->format ? options->format : mn_export_format(path);
    if (!name)
        return mn_fail(&solver->error, MN_USAGE,
                       "\"%.200s\": expected a name that ends in .lp, .mps or .opb, or a format", path);
    for (*format = 0; *format < FORMAT_COUNT; ++*format)
        if (!strcmp(name, formats[*format].name))
            break;
    if (*format == FORMAT_COUNT)
        return mn_fail(&solver->error, MN_USAGE, "format \"%.100s\": expected lp, mps or opb", name);
    if (options && options->numbered && strcmp(name, "opb"))
        return mn_fail(&solver->error, MN_USAGE, "numbered variables are for the format opb, found %s", name);
    return MN_OK;
}

/* ---- what can be written ------------------------------------------------------------------------------------------------------- */

static mn_status check_linear(mn_solver *solver, const mn_member *member, const mn_linear *column, const char *what)
{
    if (column->scaled_metric < 0)
        return MN_OK;
    const mn_table *table = member->table;
    return mn_fail(&solver->error, MN_USAGE,
                   "the %s \"%.300s\" is scaled (%.300s): the product of two sums, which no linear program can state; "
                   "export it unscaled (--scale none), or ask solve",
                   what, column->text, table->scale_text ? table->scale_text : "scaled");
}

static mn_status check_question(mn_solver *solver)
{
    if (!solver->has_objective)
        return mn_fail(&solver->error, MN_USAGE, "no objective: expected an expression to maximize or to minimize");
    mn_status status = MN_OK;
    for (int i = 0; status == MN_OK && i < solver->member_count; i++) {
        const mn_member *member = &solver->members[i];
        status = check_linear(solver, member, &member->objective, "objective");
        for (int k = 0; status == MN_OK && k < solver->limit_count; k++)
            if (solver->values[k] != MN_NO_LIMIT)
                status = check_linear(solver, member, &member->limits[k], "limit");
    }
    return status;
}

/* ---- the model ------------------------------------------------------------------------------------------------------------------ */

static bool add_table(mn_model *model, const mn_member *member)
{
    mn_model_table *table = &model->tables[model->table_count];
    const mn_table *searched = member->searched;
    *table = (mn_model_table){.node_count = searched->node_count,
                              .first = searched->first,
                              .node_of = mn_new_array((size_t)searched->item_count, sizeof *table->node_of),
                              .number_of = mn_new_array((size_t)searched->node_count, sizeof *table->number_of),
                              .objective = &member->objective};
    model->table_count++;
    if (!table->node_of || !table->number_of)
        return false;
    for (int node = 0; node < table->node_count; node++)
        for (int item = table->first[node]; item < table->first[node + 1]; item++)
            table->node_of[item] = node;
    const mn_expansion *expansion = member->table->expansion;
    for (int node = 0; node < member->table->node_count; node++)
        table->number_of[expansion ? expansion->place[node] : node] = node;
    for (int i = 0; expansion && i < expansion->auxiliary_count; i++)
        table->number_of[expansion->auxiliaries[i].node] = -1 - i;
    return true;
}

static bool add_node_rows(mn_model *model, int table)
{
    const mn_model_table *t = &model->tables[table];
    for (int node = 0; node < t->node_count; node++) {
        mn_model_row *row = mn_model_add_row(model);
        if (!row)
            return false;
        row->table = table;
        row->sense = MN_ROW_EQUAL;
        row->right = 1;
        row->first = t->first[node];
        row->count = t->first[node + 1] - t->first[node];
        const int number = t->number_of[node];
        mn_model_name_row(row, model, table, number < 0 ? "factor_%d" : "node_%d", number < 0 ? -1 - number : number);
    }
    return true;
}

/* A limit's value, less what every network has. */
static mn_wide right_side(const mn_solver *solver, int member, int limit)
{
    const int64_t capacity = mn_capacity(solver, limit, solver->values[limit]);
    const mn_wide value = solver->senses[limit] == MN_AT_LEAST ? -(mn_wide)capacity : capacity;
    return value - solver->members[member].limits[limit].base;
}

/* What a limit's row is printed in: multiples of its resolution, whole numbers of which one counts far more than a solver's tolerance;
 * or its unit where these pass 10^9. With rows in the billions CBC 2.10.8 and SCIP 10 were seen to miss the optimum (not by a
 * tolerance: the row was slack), and past 10^15 HiGHS refuses the file. OPB prints multiples always. */
static mn_resolution limit_unit(const mn_solver *solver, int limit)
{
    const mn_wide most = 1000000000;
    for (int i = 0; i < solver->member_count; i++) {
        const mn_linear *column = &solver->members[i].limits[limit];
        const mn_wide right = right_side(solver, i, limit);
        bool large = right > most || right < -most;
        for (int item = 0; !large && item < solver->members[i].searched->item_count; item++)
            large = column->values[item] > most || column->values[item] < -most;
        if (large)
            return mn_sum_resolution(column);
    }
    return (mn_resolution){1, 0};
}

static bool add_limit_rows(mn_model *model, int table, const mn_solver *solver)
{
    const mn_member *member = &solver->members[table];
    for (int i = 0; i < solver->limit_count; i++) {
        if (solver->values[i] == MN_NO_LIMIT)
            continue;
        mn_model_row *row = mn_model_add_row(model);
        if (!row)
            return false;
        row->table = table;
        row->sense = solver->senses[i] == MN_AT_LEAST ? MN_ROW_AT_LEAST : MN_ROW_AT_MOST;
        row->right = right_side(solver, table, i);
        row->unit = limit_unit(solver, i);
        row->count = member->searched->item_count;
        row->values = member->limits[i].values;
        mn_model_name_row(row, model, table, "limit_%d", i);
    }
    return true;
}

/* With several tables: one of them. */
static bool add_union_row(mn_model *model)
{
    if (model->table_count == 1)
        return true;
    mn_model_row *row = mn_model_add_row(model);
    if (!row)
        return false;
    row->table = MN_NO_TABLE;
    row->sense = MN_ROW_EQUAL;
    row->right = 1;
    strcpy(row->name, "one_table");
    return true;
}

static bool add_rows(mn_model *model, const mn_solver *solver)
{
    bool done = add_union_row(model);
    for (int i = 0; done && i < solver->member_count; i++) {
        const mn_member *member = &solver->members[i];
        done = add_node_rows(model, i) && mn_model_add_factors(model, i, member) && add_limit_rows(model, i, solver) &&
               mn_model_add_forbidden(model, i, member);
        for (int rule = 0; done && rule < member->rule_count; rule++)
            done = mn_model_add_rule(model, i, member, rule);
    }
    return done;
}

/* ---- for people ----------------------------------------------------------------------------------------------------------------- */

static bool remark_rules(mn_model *model, const mn_solver *solver)
{
    bool done = true;
    for (int i = 0; done && i < solver->member_count; i++)
        for (int rule = 0; done && rule < solver->members[i].rule_count; rule++) {
            mn_model_row named;
            mn_model_name_row(&named, model, i, "rule_%d", rule);
            done = mn_model_remark(model, "%s: %s", named.name, solver->members[i].rules[rule].text);
        }
    return done;
}

static bool remark_tables(mn_model *model, const mn_solver *solver)
{
    if (solver->member_count == 1)
        return mn_model_remark(model, "x_<node>_<block> is 1 when the node takes the block; both count from 0");
    bool done =
        mn_model_remark(model, "x_<table>_<node>_<block> is 1 when table_<table> is 1 and its node takes the block; "
                               "all count from 0");
    for (int i = 0; done && i < solver->member_count; i++)
        done = mn_model_remark(model, "table_%d: %s", i, solver->members[i].table->name);
    return done;
}

/* "limit_0: latency <= 6000, in multiples of 0.000001" */
static bool remark_limit(mn_model *model, const mn_solver *solver, int limit, bool whole)
{
    char number[MN_NUMBER_SIZE], step[MN_NUMBER_SIZE];
    const mn_linear *column = &solver->members[0].limits[limit];
    const mn_resolution unit = limit_unit(solver, limit);
    const bool multiples = whole || (unit.mantissa == 1 && unit.decimals == 0);
    return mn_model_remark(model, "limit_%s%d: %s %s %s, in %s%s%s", solver->member_count > 1 ? "<table>_" : "", limit,
                           column->text, solver->senses[limit] == MN_AT_LEAST ? ">=" : "<=",
                           mn_format(solver->values[limit], column->resolution, number),
                           column->link ? "its latent value in " : "", multiples ? "multiples of " : "its unit",
                           multiples ? mn_format(1, mn_sum_resolution(column), step) : "");
}

static bool remark_question(mn_model *model, const mn_solver *solver, bool whole)
{
    bool done = mn_model_remark(model, "mathnas export: %s%s", solver->members[0].table->name,
                                solver->member_count > 1 ? " and others" : "");
    done = done && remark_tables(model, solver);
    done = done && mn_model_remark(model, "objective: %s %s%s", solver->maximize ? "maximise" : "minimise",
                                   solver->members[0].objective.text,
                                   solver->members[0].objective.link ? ", as the latent value before its link" : "");
    bool factors = false;
    for (int i = 0; i < solver->member_count; i++)
        factors |= solver->members[i].table->expansion != NULL;
    if (factors)
        done = done && mn_model_remark(model,
                                       "y_%s<group>_<combination> is 1 when the nodes of a group of factors take "
                                       "that combination of blocks",
                                       solver->member_count > 1 ? "<table>_" : "");
    for (int i = 0; done && i < solver->limit_count; i++)
        done = solver->values[i] == MN_NO_LIMIT || remark_limit(model, solver, i, whole);
    return done && remark_rules(model, solver);
}

/* `whole`: the format knows whole numbers only, of any size. */
static mn_status make_model(mn_solver *solver, bool whole, mn_model *model, mn_export *about)
{
    model->maximize = solver->maximize;
    model->resolution = mn_sum_resolution(&solver->members[0].objective);
    model->tables = mn_new_array((size_t)solver->member_count, sizeof *model->tables);
    bool done = model->tables != NULL;
    for (int i = 0; done && i < solver->member_count; i++)
        done = add_table(model, &solver->members[i]);
    done = done && add_rows(model, solver) && remark_question(model, solver, whole);
    if (!done)
        return mn_fail_memory(&solver->error);
    about->variables = mn_model_variable_count(model);
    about->rows = model->row_count;
    about->inexact = !whole && mn_model_exceeds_doubles(model);
    if (about->inexact && !mn_model_remark(model, "Some sums pass 2^53: a reader that keeps doubles rounds them."))
        return mn_fail_memory(&solver->error);
    return MN_OK;
}

/* ---- the public form ------------------------------------------------------------------------------------------------------------ */

mn_status mn_solver_export(mn_solver *solver, const char *path, const mn_export_options *options, mn_export *about)
{
    mn_export unused;
    mn_export *told = about ? about : &unused;
    int format = 0;
    *told = (mn_export){0};
    mn_status status = mn_solver_check(solver, path);
    if (status == MN_OK)
        status = find_format(solver, path, options, &format);
    if (status == MN_OK)
        status = check_question(solver);
    if (status == MN_OK)
        status = mn_solver_expand_rules(solver);
    if (status != MN_OK)
        return status;
    mn_model model = {.numbered = options && options->numbered};
    mn_output *output = NULL;
    told->format = formats[format].name;
    status = make_model(solver, strcmp(told->format, "opb") == 0, &model, told);
    if (status == MN_OK)
        status = mn_output_open(path, &solver->error, &output);
    if (status == MN_OK)
        status = formats[format].write(&model, output, &solver->error);
    if (status == MN_OK)
        status = mn_output_commit(output);
    else
        mn_output_discard(output);
    mn_model_free(&model);
    return status;
}
