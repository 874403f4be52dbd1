/* Free MPS. Always a minimisation: CBC ignores the OBJSENSE section, so a maximised objective is written with its signs changed, and
 * its row is then called minus_objective. The objective's constant is its right side with the sign changed, as CPLEX, Gurobi, HiGHS,
 * SCIP and CBC read it. Variables stand between integer markers and have BV bounds: some readers take only the one, some the other. */
#include "host/files/model.h"
#include "host/core/memory.h"

/* One entry of a column. */
typedef struct entry {
    int block, row;
    int64_t value;
} entry;

typedef struct column_writer {
    const mn_model *model;
    mn_output *output;
    const char *objective; /* name of its row */
    int *cursor;           /* [row_count] the next term of each row */
    entry *entries, *sorted;
    size_t count, room;
    size_t *begin; /* [blocks + 1] of the present node */
    size_t begin_room;
} column_writer;

static void put_objective(const column_writer *writer, const char *name, mn_wide multiples)
{
    char number[MN_NUMBER_SIZE];
    if (multiples != 0)
        mn_output_printf(
            writer->output, " %s %s %s\n", name, writer->objective,
            mn_format_multiples(writer->model->maximize ? -multiples : multiples, writer->model->resolution, number));
}

static void put_entry(const column_writer *writer, const char *name, const mn_model_row *row, mn_wide value)
{
    char number[MN_NUMBER_SIZE];
    if (value != 0)
        mn_output_printf(writer->output, " %s %s %s\n", name, row->name, mn_format_multiples(value, row->unit, number));
}

/* ---- columns of blocks: the rows' terms of one node, sorted by block ---------------------------------------------------------- */

static bool add_entry(column_writer *writer, entry added)
{
    if (writer->count == writer->room) {
        const size_t room = writer->room ? 2 * writer->room : 1024;
        if (!mn_grow(&writer->entries, room, sizeof *writer->entries) ||
            !mn_grow(&writer->sorted, room, sizeof *writer->sorted))
            return false;
        writer->room = room;
    }
    writer->entries[writer->count++] = added;
    return true;
}

static bool gather_node(column_writer *writer, int table, int node)
{
    const int first = writer->model->tables[table].first[node], end = writer->model->tables[table].first[node + 1];
    writer->count = 0;
    for (int i = 0; i < writer->model->row_count; i++) {
        const mn_model_row *row = &writer->model->rows[i];
        if (row->table != table)
            continue;
        for (int at = writer->cursor[i]; at < row->count; at = ++writer->cursor[i]) {
            const int item = row->items ? row->items[at] : row->first + at;
            if (item >= end)
                break;
            if (!add_entry(writer, (entry){item - first, i, row->values ? row->values[at] : 1}))
                return false;
        }
    }
    return true;
}

/* By counting: within a block the rows keep their order. */
static bool sort_node(column_writer *writer, size_t blocks)
{
    if (blocks + 1 > writer->begin_room) {
        if (!mn_grow(&writer->begin, blocks + 1, sizeof *writer->begin))
            return false;
        writer->begin_room = blocks + 1;
    }
    memset(writer->begin, 0, (blocks + 1) * sizeof *writer->begin);
    for (size_t i = 0; i < writer->count; i++)
        writer->begin[writer->entries[i].block + 1]++;
    for (size_t block = 1; block <= blocks; block++)
        writer->begin[block] += writer->begin[block - 1];
    for (size_t i = 0; i < writer->count; i++)
        writer->sorted[writer->begin[writer->entries[i].block]++] = writer->entries[i]; /* begin becomes end */
    return true;
}

static bool write_node(column_writer *writer, int table, int node)
{
    const mn_model *model = writer->model;
    const int first = model->tables[table].first[node], blocks = model->tables[table].first[node + 1] - first;
    char name[MN_VARIABLE_SIZE];
    if (!gather_node(writer, table, node) || !sort_node(writer, (size_t)blocks))
        return false;
    size_t at = 0;
    for (int block = 0; block < blocks; block++) {
        mn_variable_name(model, (mn_variable){table, node, block}, name);
        put_objective(writer, name, model->tables[table].objective->values[first + block]);
        for (; at < writer->begin[block]; at++)
            put_entry(writer, name, &model->rows[writer->sorted[at].row], writer->sorted[at].value);
    }
    return true;
}

/* ---- sections ------------------------------------------------------------------------------------------------------------------ */

static void write_table_column(const column_writer *writer, int table)
{
    const mn_model *model = writer->model;
    char name[MN_VARIABLE_SIZE];
    mn_variable_name(model, (mn_variable){table, -1, 0}, name);
    put_objective(writer, name, model->tables[table].objective->base);
    for (int i = 0; i < model->row_count; i++) {
        const mn_model_row *row = &model->rows[i];
        if (row->table == table || row->table == MN_NO_TABLE)
            put_entry(writer, name, row, row->table == table ? -row->right : 1);
    }
}

static bool write_columns(column_writer *writer)
{
    const mn_model *model = writer->model;
    mn_output_printf(writer->output, "COLUMNS\n MARKER 'MARKER' 'INTORG'\n");
    for (int table = 0; table < model->table_count; table++)
        for (int node = 0; node < model->tables[table].node_count; node++)
            if (!write_node(writer, table, node))
                return false;
    for (int table = 0; model->table_count > 1 && table < model->table_count; table++)
        write_table_column(writer, table);
    mn_output_printf(writer->output, " MARKER 'MARKER' 'INTEND'\n");
    return true;
}

static void write_rows(const mn_model *model, const char *objective, mn_output *output)
{
    static const char senses[] = {'L', 'G', 'E'};
    mn_output_printf(output, "ROWS\n N %s\n", objective);
    for (int i = 0; i < model->row_count; i++)
        mn_output_printf(output, " %c %s\n", senses[model->rows[i].sense], model->rows[i].name);
}

static void write_right_sides(const column_writer *writer)
{
    const mn_model *model = writer->model;
    mn_output_printf(writer->output, "RHS\n");
    put_objective(writer, "RHS", -(mn_wide)mn_objective_constant(model));
    for (int i = 0; i < model->row_count; i++)
        put_entry(writer, "RHS", &model->rows[i], mn_row_right(model, &model->rows[i]));
}

static void write_bounds(const mn_model *model, mn_output *output)
{
    char name[MN_VARIABLE_SIZE];
    mn_output_printf(output, "BOUNDS\n");
    for (mn_variable variable = MN_FIRST_VARIABLE; mn_next_variable(model, &variable);)
        mn_output_printf(output, " BV BOUND %s\n", mn_variable_name(model, variable, name));
}

mn_status mn_model_write_mps(const mn_model *model, mn_output *output, mn_error *error)
{
    const char *objective = model->maximize ? "minus_objective" : "objective";
    column_writer writer = {.model = model,
                            .output = output,
                            .objective = objective,
                            .cursor = mn_new_array((size_t)model->row_count, sizeof *writer.cursor)};
    mn_model_write_remarks(model, "*", output);
    if (model->maximize)
        mn_output_printf(output, "* This file minimises: its objective is the maximised one with the signs changed.\n");
    mn_output_printf(output, "NAME mathnas FREE\n");
    write_rows(model, objective, output);
    const bool done = writer.cursor && write_columns(&writer);
    if (done) {
        write_right_sides(&writer);
        write_bounds(model, output);
    }
    free(writer.cursor);
    free(writer.entries);
    free(writer.sorted);
    free(writer.begin);
    return done ? mn_output_printf(output, "ENDATA\n") : mn_fail_memory(error);
}
