#include "solver/sweep_table.h"
#include "host/core/memory.h"

#define EFFORT_A_ROW 4           /* candidates: a searched row takes at least as long on every table shipped */
#define SECONDS_A_CANDIDATE 2e-7 /* measured: 1e-7 to 3e-7, sorting and comparing */

void mn_sweep_table_open(const mn_problem *problems, int problem_count, int width, mn_sweep_table *table)
{
    *table = (mn_sweep_table){.problems = problems, .problem_count = problem_count, .width = width};
    for (int i = 0; i < problem_count; i++)
        table->never |= problems[i].scale || problems[i].diagram->outside_count > 0;
}

static void drop_lists(mn_sweep_table *table)
{
    mn_undominated_end(table->build);
    for (int i = 0; i < table->made; i++)
        mn_undominated_free(&table->lists[i]);
    free(table->lists);
    table->build = NULL;
    table->lists = NULL;
    table->made = 0;
}

void mn_sweep_table_close(mn_sweep_table *table)
{
    drop_lists(table);
    mn_lookup_free(table->lookup);
    table->lookup = NULL;
}

/* What all lists may cost by now: a quarter of what rows have taken, as long as those to come will take as much again; in the beginning a few
 * candidates for each row. */
static uint64_t effort_allowed(const mn_sweep_table *table, uint64_t rows)
{
    const double to_come = table->rows ? table->seconds / (double)table->rows * (double)rows : 0;
    const double seconds = (to_come < table->seconds ? to_come : table->seconds) / 4;
    const double measured = seconds / SECONDS_A_CANDIDATE, counted = (double)rows * EFFORT_A_ROW;
    return (uint64_t)(measured > counted ? measured : counted);
}

/* One problem's list. */
static mn_status go_on(mn_sweep_table *table, uint64_t *effort, const mn_control *control, mn_error *error)
{
    mn_status status = MN_OK;
    if (!table->build)
        status = mn_undominated_begin(&table->problems[table->made], error, &table->build);
    if (status == MN_OK)
        status =
            mn_undominated_continue(table->build, effort, control, &table->never, error, &table->lists[table->made]);
    if (status != MN_OK)
        return status;
    mn_undominated_end(table->build);
    table->build = NULL;
    table->made++;
    return MN_OK;
}

mn_status mn_sweep_table_consider(mn_sweep_table *table, uint64_t rows, const mn_control *control, mn_error *error)
{
    if (table->never || table->lookup)
        return MN_OK;
    const uint64_t allowed = effort_allowed(table, rows);
    if (allowed <= table->effort)
        return MN_OK;
    uint64_t left = allowed - table->effort;
    const uint64_t begin = left;
    if (!table->lists)
        table->lists = mn_new_array((size_t)table->problem_count, sizeof *table->lists);
    mn_status status = table->lists ? MN_OK : MN_FAILURE;
    while (status == MN_OK && table->made < table->problem_count)
        status = go_on(table, &left, control, error);
    table->effort += begin - left;
    if (status == MN_OK)
        status = mn_lookup_make(table->lists, table->problem_count, table->width, control, error, &table->lookup);
    table->never |= status == MN_FAILURE; /* no memory: rows can still be searched */
    if (table->never || table->lookup)
        drop_lists(table);
    if (status == MN_FAILURE || status == MN_STOPPED || status == MN_INTERRUPTED)
        status = mn_control_check(control);
    return status;
}
