/* Predictions against measured truth. */
#include "host/api/find.h"
#include "host/api/handle.h"
#include "host/core/memory.h"
#include "host/core/standard_error.h"
#include "host/files/networks_file.h"
#include "host/fit/cell.h"
#include "host/fit/classes.h"
#include "host/fit/evaluate.h"

#include <math.h>

/* ---- truth ----------------------------------------------------------------------------------------------------------------- */

mn_status mn_truth_read(const mn_table *table, const char *path, mn_truth **result)
{
    static const char *const patterns[] = {"%s/truth.csv.gz", "%s", NULL};
    if (!result)
        return MN_USAGE;
    mn_truth *truth = *result = mn_new_array(1, sizeof *truth);
    if (!truth)
        return MN_FAILURE;
    if (!table || !path)
        return mn_fail(&truth->error, MN_USAGE, "mn_truth_read: expected a table and a path, found NULL");
    char *found = NULL;
    mn_status status = mn_find_file("truth file", path, patterns, &truth->error, &found);
    if (status == MN_OK)
        status = mn_truth_file_read(table, found, truth);
    truth->path = found;
    return status;
}

void mn_truth_free(mn_truth *truth)
{
    if (!truth)
        return;
    mn_truth_clear(truth);
    free(truth->path);
    free(truth);
}

const char *mn_truth_path(const mn_truth *truth)
{
    return truth && truth->path ? truth->path : "";
}

uint64_t mn_truth_count(const mn_truth *truth)
{
    return truth ? truth->count : 0;
}

const uint16_t *mn_truth_networks(const mn_truth *truth)
{
    return truth ? truth->networks : NULL;
}

int mn_truth_column_count(const mn_truth *truth)
{
    return truth ? truth->column_count : 0;
}

static bool has_column(const mn_truth *truth, int column)
{
    return truth && column >= 0 && column < truth->column_count;
}

const char *mn_truth_column_name(const mn_truth *truth, int column)
{
    return has_column(truth, column) ? truth->names[column] : "";
}

const double *mn_truth_column(const mn_truth *truth, int column)
{
    return has_column(truth, column) ? truth->columns[column] : NULL;
}

int mn_truth_find_column(const mn_truth *truth, const char *name)
{
    for (int i = 0; truth && name && i < truth->column_count; i++)
        if (!strcmp(truth->names[i], name))
            return i;
    return -1;
}

/* ---- subsets --------------------------------------------------------------------------------------------------------------- */

typedef struct subset {
    bool reachable, unmeasured;
    mn_cell *cell; /* for reachable */
} subset;

static mn_status read_subset(const mn_table *table, const mn_truth *truth, const char *name, subset *chosen,
                             mn_error *error)
{
    chosen->reachable = name && !strcmp(name, "reachable");
    chosen->unmeasured = name && !strcmp(name, "unmeasured");
    if (!name || !strcmp(name, "all"))
        return MN_OK;
    if (chosen->unmeasured)
        return truth->fitted ? MN_OK
                             : mn_fail(error, MN_USAGE,
                                       "subset \"unmeasured\": expected the measurements that the table was fitted to");
    if (!chosen->reachable)
        return mn_fail(error, MN_USAGE, "subset \"%.100s\": expected all, reachable or unmeasured", name);
    mn_error inner = {0};
    const mn_status status = mn_cell_create(table, &inner, &chosen->cell);
    return status == MN_OK ? MN_OK : mn_fail(error, status, "subset \"reachable\": %s", inner.text);
}

/* ---- comparison ------------------------------------------------------------------------------------------------------------ */

static mn_status check_request(const mn_table *table, int metric, mn_truth *truth, int column)
{
    if (!table || metric < 0 || metric >= table->metric_count || !table->has_values)
        return mn_fail(&truth->error, MN_USAGE, "the table has no values of a metric %d", metric);
    if (truth->node_count != table->node_count)
        return mn_fail(&truth->error, MN_USAGE, "the truth is about networks of %d nodes, the table of %d",
                       truth->node_count, table->node_count);
    if (!has_column(truth, column))
        return mn_fail(&truth->error, MN_USAGE, "the truth has no column %d", column);
    return MN_OK;
}

/* Values of one metric of all the truth's networks; NULL when that failed. */
static int64_t *predict_truth(const mn_table *table, int metric, mn_truth *truth)
{
    int64_t *values = mn_new_array(truth->count, sizeof *values);
    int64_t **columns = mn_new_array((size_t)table->metric_count, sizeof *columns);
    mn_status status = values && columns ? MN_OK : mn_fail_memory(&truth->error);
    if (status == MN_OK) {
        columns[metric] = values;
        status = mn_predict(table, truth->networks, 2, truth->count, 0, columns);
        if (status != MN_OK)
            mn_fail(&truth->error, status, "%s", mn_last_error(table));
    }
    free(columns);
    if (status == MN_OK)
        return values;
    free(values);
    return NULL;
}

static int compare_networks(const void *a, const void *b, void *context)
{
    const mn_truth *truth = context;
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    const size_t nodes = (size_t)truth->node_count;
    for (size_t node = 0; node < nodes; node++) {
        const int difference = truth->networks[x * nodes + node] - truth->networks[y * nodes + node];
        if (difference)
            return difference;
    }
    return x < y ? -1 : x > y;
}

static bool belongs(const mn_truth *truth, const subset *chosen, uint64_t row)
{
    const uint16_t *network = truth->networks + row * (size_t)truth->node_count;
    return (!chosen->reachable || mn_cell_open(chosen->cell, network) == mn_cell_live(chosen->cell, network)) &&
           (!chosen->unmeasured || !truth->fitted[row]);
}

/* They are in the networks' order, so that of networks which the table ranks alike the one that the solver answers is chosen. */
mn_status mn_evaluate_rows(const mn_table *table, mn_truth *truth, int column, const char *subset_name, uint64_t *rows,
                           uint64_t *count)
{
    if (!truth)
        return MN_USAGE;
    if (!table || !rows || !count || !has_column(truth, column) || truth->node_count != table->node_count)
        return mn_fail(&truth->error, MN_USAGE,
                       "mn_evaluate_rows: expected a table of the truth's networks, a column and places for the rows");
    subset chosen = {0};
    const mn_status status = read_subset(table, truth, subset_name, &chosen, &truth->error);
    *count = 0;
    for (uint64_t row = 0; row < truth->count && status == MN_OK; row++)
        if (!isnan(truth->columns[column][row]) && belongs(truth, &chosen, row))
            rows[(*count)++] = row;
    mn_cell_free(chosen.cell);
    qsort_r(rows, *count, sizeof *rows, compare_networks, truth);
    return status;
}

/* The subset's rows with predictions of one metric, as arrays. */
typedef struct pairs {
    uint64_t count, *rows;
    double *predicted, *measured;
} pairs;

static void free_pairs(pairs *p)
{
    free(p->rows);
    free(p->predicted);
    free(p->measured);
}

static mn_status make_pairs(const mn_table *table, int metric, mn_truth *truth, int column, const char *subset_name,
                            pairs *p)
{
    *p = (pairs){.rows = mn_new_array(truth->count, sizeof *p->rows),
                 .predicted = mn_new_array(truth->count, sizeof *p->predicted),
                 .measured = mn_new_array(truth->count, sizeof *p->measured)};
    int64_t *values = NULL;
    mn_status status = p->rows && p->predicted && p->measured ? MN_OK : mn_fail_memory(&truth->error);
    if (status == MN_OK)
        status = mn_evaluate_rows(table, truth, column, subset_name, p->rows, &p->count);
    if (status == MN_OK && !(values = predict_truth(table, metric, truth)))
        status = truth->error.status;
    for (uint64_t i = 0; i < p->count && status == MN_OK; i++) {
        p->predicted[i] = mn_to_double(values[p->rows[i]], table->metrics[metric].resolution);
        p->measured[i] = truth->columns[column][p->rows[i]];
    }
    free(values);
    return status;
}

static mn_status calibrate(const mn_table *table, int metric, mn_truth *truth, const pairs *p,
                           mn_evaluation *evaluation)
{
    double *errors = mn_new_array(p->count, sizeof *errors);
    if (!errors)
        return mn_fail_memory(&truth->error);
    for (uint64_t i = 0; i < p->count; i++)
        errors[i] = mn_table_standard_error(table, metric, truth->networks + p->rows[i] * (size_t)truth->node_count);
    mn_evaluate_errors(p->predicted, p->measured, errors, p->count, evaluation);
    free(errors);
    return MN_OK;
}

mn_status mn_evaluate(const mn_table *table, int metric, mn_truth *truth, int column, const char *subset_name,
                      mn_evaluation *evaluation)
{
    if (!truth)
        return MN_USAGE;
    if (!evaluation)
        return mn_fail(&truth->error, MN_USAGE, "mn_evaluate: expected a place for the figures, found NULL");
    mn_status status = check_request(table, metric, truth, column);
    if (status != MN_OK)
        return status;
    pairs p;
    status = make_pairs(table, metric, truth, column, subset_name, &p);
    if (status == MN_OK)
        status = mn_evaluate_arrays(p.predicted, p.measured, p.count, table->metrics[metric].higher_is_better,
                                    &truth->error, evaluation);
    if (status == MN_OK && table->metrics[metric].errors)
        status = calibrate(table, metric, truth, &p, evaluation);
    if (status == MN_OK && p.count > 0) {
        evaluation->chosen = p.rows[evaluation->chosen];
        evaluation->true_best = p.rows[evaluation->true_best];
    }
    free_pairs(&p);
    return status;
}

mn_status mn_evaluate_limits(const mn_table *table, int metric, int cost, mn_truth *truth, int column,
                             const char *subset_name, int limits, uint64_t seed, mn_limit_regret *regret)
{
    if (!truth)
        return MN_USAGE;
    if (!regret || limits < 1)
        return mn_fail(&truth->error, MN_USAGE,
                       "mn_evaluate_limits: expected at least one limit and a place for the figures");
    mn_status status = check_request(table, metric, truth, column);
    if (status == MN_OK)
        status = check_request(table, cost, truth, column);
    if (status == MN_OK && table->metrics[cost].higher_is_better)
        status =
            mn_fail(&truth->error, MN_USAGE, "random limits: expected a metric that is better when lower, found \"%s\"",
                    table->metrics[cost].name);
    if (status != MN_OK)
        return status;
    pairs p = {0}, costs = {0};
    status = make_pairs(table, metric, truth, column, subset_name, &p);
    if (status == MN_OK)
        status = make_pairs(table, cost, truth, column, subset_name, &costs);
    if (status == MN_OK)
        status = mn_regret_under_limits(p.predicted, p.measured, costs.predicted, p.count,
                                        table->metrics[metric].higher_is_better, limits, seed, &truth->error, regret);
    free_pairs(&p);
    free_pairs(&costs);
    return status;
}

/* ---- what a fit has seen ------------------------------------------------------------------------------------------------------- */

static mn_status mark_fitted(mn_truth *truth, const mn_networks *networks, mn_classes *classes, uint64_t *class_of,
                             bool *seen)
{
    const uint64_t measured = networks->count;
    mn_status status = mn_classes_number(classes, networks->choices, measured, &truth->error, class_of);
    for (uint64_t i = 0; i < measured && status == MN_OK; i++)
        seen[class_of[i]] = true;
    if (status == MN_OK)
        status = mn_classes_number(classes, truth->networks, truth->count, &truth->error, class_of);
    for (uint64_t row = 0; row < truth->count && status == MN_OK; row++)
        truth->fitted[row] = seen[class_of[row]];
    return status;
}

mn_status mn_truth_set_measured(mn_truth *truth, const mn_table *table, const mn_networks *measured)
{
    if (!truth)
        return MN_USAGE;
    if (!table || !measured || truth->node_count != table->node_count || measured->node_count != table->node_count)
        return mn_fail(&truth->error, MN_USAGE,
                       "mn_truth_set_measured: expected a table and measured networks of the truth's space");
    const uint64_t most = truth->count + measured->count;
    bool *fitted = mn_new_array(truth->count, sizeof *fitted), *seen = mn_new_array(most, sizeof *seen);
    uint64_t *class_of = mn_new_array(most, sizeof *class_of);
    mn_classes *classes = NULL;
    free(truth->fitted);
    truth->fitted = fitted;
    mn_status status = fitted && seen && class_of ? MN_OK : mn_fail_memory(&truth->error);
    if (status == MN_OK)
        status = mn_classes_create(table, MN_CLASS_LIVE_COUNTS, &truth->error, &classes);
    if (status == MN_OK)
        status = mark_fitted(truth, measured, classes, class_of, seen);
    mn_classes_free(classes);
    free(class_of);
    free(seen);
    return status;
}

/* ---- one network among those that meet the limits ---------------------------------------------------------------------------- */

/* `expanded`: the network of the searched table. */
static int64_t value_of(const mn_member *member, const mn_linear *linear, const uint16_t *network,
                        const uint16_t *expanded)
{
    const mn_table *searched = member->searched;
    if (linear->scaled_metric >= 0)
        return mn_table_evaluate(member->table, linear->scaled_metric, network);
    int64_t value = linear->base;
    for (int node = 0; node < searched->node_count; node++)
        value += linear->values[searched->first[node] + expanded[node]];
    return mn_linked(linear, value);
}

/* Whether the network of the solver's first table obeys its limits, fixed and forbidden blocks and rules. */
static bool admits(const mn_solver *solver, const uint16_t *network, uint16_t *scratch)
{
    const mn_member *member = &solver->members[0];
    mn_network_expand(member->table, network, scratch);
    for (int node = 0; node < member->table->node_count; node++)
        if (!member->allowed[member->table->first[node] + network[node]])
            return false;
    for (int i = 0; i < solver->limit_count; i++)
        if (solver->values[i] != MN_NO_LIMIT) {
            const int64_t value = value_of(member, &member->limits[i], network, scratch);
            if (solver->senses[i] == MN_AT_LEAST ? value < solver->values[i] : value > solver->values[i])
                return false;
        }
    return mn_rules_admit(member->rules, member->rule_count, network);
}

mn_status mn_truth_rank(mn_truth *truth, int column, const mn_solver *solver, const uint16_t *network,
                        bool higher_is_better, mn_rank *rank)
{
    if (!truth)
        return MN_USAGE;
    if (!solver || !solver->member_count || !network || !rank)
        return mn_fail(&truth->error, MN_USAGE,
                       "mn_truth_rank: expected a solver, a network and a place for the rank, found NULL");
    if (!has_column(truth, column) || truth->node_count != solver->members[0].table->node_count)
        return mn_fail(&truth->error, MN_USAGE, "the truth has no column %d for the solver's networks", column);
    const size_t nodes = (size_t)truth->node_count, size = nodes * sizeof *network;
    const double *measured = truth->columns[column];
    uint64_t row = 0;
    while (row < truth->count && (memcmp(truth->networks + row * nodes, network, size) || isnan(measured[row])))
        row++;
    if (row == truth->count)
        return mn_fail(&truth->error, MN_USAGE, "the truth holds no value of \"%s\" for this network",
                       truth->names[column]);
    uint16_t *scratch = mn_new_array((size_t)solver->widest_searched, sizeof *scratch);
    if (!scratch)
        return mn_fail_memory(&truth->error);
    *rank = (mn_rank){
        .value = measured[row], .rank = 1, .best = row, .best_value = NAN, .meets = admits(solver, network, scratch)};
    for (uint64_t other = 0; other < truth->count; other++) {
        if (isnan(measured[other]) || !admits(solver, truth->networks + other * nodes, scratch))
            continue;
        rank->count++;
        rank->rank += higher_is_better ? measured[other] > measured[row] : measured[other] < measured[row];
        if (isnan(rank->best_value) ||
            (higher_is_better ? measured[other] > rank->best_value : measured[other] < rank->best_value)) {
            rank->best_value = measured[other];
            rank->best = other;
        }
    }
    free(scratch);
    return MN_OK;
}
