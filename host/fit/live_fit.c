#include "host/fit/live_fit.h"
#include "host/core/memory.h"
#include "host/core/network.h"
#include "host/fit/cell.h"

#include <math.h>
#include <stdio.h>

typedef struct live_fit {
    mn_cell *cell;
    size_t nodes;
    int none[MN_CELL_EDGES];   /* the block that is "none" at each node */
    uint16_t *networks;        /* [samples] with dead edges as "none"; those without live ones left out */
    double *targets, *weights; /* [samples] */
    int *given_as;             /* their places among the samples given */
    mn_samples samples;        /* of these */
    double constant;           /* cost of networks without live edges; NaN: none was measured */
    mn_linear_fit *fit;
    double *scratch; /* [coefficients] */
} live_fit;

static int none_of(const mn_cell *cell, const mn_table *table, int node)
{
    for (int block = 0; block < table->nodes[node].block_count; block++)
        if (cell->kinds[cell->kind_of[table->first[node] + block]].operation == MN_OPERATION_NONE)
            return block;
    return -1;
}

bool mn_live_fit_possible(const mn_table *table)
{
    mn_error error = {0};
    mn_cell *cell = NULL;
    if (!mn_table_has_cell(table) || table->count > MN_MAX_BLOCKS || table->rule_count > 0 ||
        mn_cell_create(table, &error, &cell) != MN_OK)
        return false;
    bool possible = true;
    for (int node = 0; node < table->node_count; node++)
        possible = possible && none_of(cell, table, node) >= 0;
    mn_cell_free(cell);
    return possible;
}

/* False when no edge is live. */
static bool reduce(const live_fit *l, const uint16_t *network, uint16_t *reduced)
{
    const uint64_t live = mn_cell_live(l->cell, network);
    for (size_t node = 0; node < l->nodes; node++)
        reduced[node] = live >> node & 1 ? network[node] : (uint16_t)l->none[node];
    return live != 0;
}

static void take_samples(live_fit *l, const mn_samples *samples)
{
    double sum = 0, weights = 0;
    int count = 0;
    for (int row = 0; row < samples->count; row++) {
        if (!reduce(l, samples->networks + (size_t)row * l->nodes, l->networks + (size_t)count * l->nodes)) {
            sum += samples->weights[row] * samples->targets[row];
            weights += samples->weights[row];
            continue;
        }
        l->given_as[count] = row;
        l->targets[count] = samples->targets[row];
        l->weights[count++] = samples->weights[row];
    }
    l->constant = weights > 0 ? sum / weights : NAN;
    l->samples = (mn_samples){.table = samples->table,
                              .networks = l->networks,
                              .targets = l->targets,
                              .weights = l->weights,
                              .count = count,
                              .cancel = samples->cancel};
}

static void close_fit(live_fit *l)
{
    mn_linear_fit_free(l->fit);
    mn_cell_free(l->cell);
    free(l->networks);
    free(l->targets);
    free(l->weights);
    free(l->given_as);
    free(l->scratch);
}

static mn_status open_fit(live_fit *l, const mn_samples *samples, const mn_linear_model *model, bool covariance,
                          mn_error *error)
{
    const mn_table *table = samples->table;
    const size_t count = (size_t)samples->count;
    *l = (live_fit){.nodes = (size_t)table->node_count};
    mn_status status = mn_cell_create(table, error, &l->cell);
    if (status != MN_OK)
        return status;
    for (int node = 0; node < table->node_count; node++)
        l->none[node] = none_of(l->cell, table, node);
    l->networks = mn_new_array(count * l->nodes, sizeof *l->networks);
    l->targets = mn_new_array(count, sizeof *l->targets);
    l->weights = mn_new_array(count, sizeof *l->weights);
    l->given_as = mn_new_array(count, sizeof *l->given_as);
    if (!l->networks || !l->targets || !l->weights || !l->given_as)
        return mn_fail_memory(error);
    take_samples(l, samples);
    if (l->samples.count == 0)
        return mn_fail(error, MN_BAD_INPUT, "no measured network has a live edge");
    status = mn_linear_check(&l->samples, model, error);
    if (status == MN_OK)
        status = mn_linear_fit_create(&l->samples, model, covariance, error, &l->fit);
    if (status == MN_OK && !(l->scratch = mn_new_array((size_t)l->fit->coefficient_count, sizeof *l->scratch)))
        status = mn_fail_memory(error);
    return status;
}

static double predict(live_fit *l, const uint16_t *network, double *standard_error)
{
    uint16_t reduced[MN_CELL_EDGES];
    if (!reduce(l, network, reduced) && !isnan(l->constant)) {
        *standard_error = 0;
        return l->constant;
    }
    mn_terms_row(l->fit->terms, reduced, l->scratch, l->scratch + l->fit->terms->free_count);
    return mn_linear_fit_value(l->fit, l->scratch, standard_error);
}

mn_status mn_live_fit_predict(const mn_samples *samples, const mn_linear_model *model, const uint16_t *networks,
                              int count, mn_error *error, double *predicted)
{
    live_fit l;
    double standard_error;
    const mn_status status = open_fit(&l, samples, model, false, error);
    for (int i = 0; i < count && status == MN_OK; i++)
        predicted[i] = predict(&l, networks + (size_t)i * l.nodes, &standard_error);
    close_fit(&l);
    return status;
}

/* Every network of the space, the last node's block fastest, as a factor about their mean. */
static mn_status fill_factor(live_fit *l, mn_error *error, mn_fitted *fitted)
{
    const mn_table *table = l->samples.table;
    const size_t count = table->count;
    mn_fitted_factor *factor = fitted->factors = mn_new_array(1, sizeof *fitted->factors);
    if (!factor)
        return mn_fail_memory(error);
    fitted->factor_count = 1;
    *factor = (mn_fitted_factor){.node_count = table->node_count, .value_count = count};
    factor->nodes = mn_new_array(l->nodes, sizeof *factor->nodes);
    factor->values = mn_new_array(count, sizeof *factor->values);
    factor->errors = mn_new_array(count, sizeof *factor->errors);
    if (!factor->nodes || !factor->values || !factor->errors)
        return mn_fail_memory(error);
    for (int node = 0; node < table->node_count; node++)
        factor->nodes[node] = node;
    fitted->base = fitted->base_error = 0;
    for (size_t i = 0; i < count; i++) {
        uint16_t network[MN_CELL_EDGES];
        mn_network_from_number(table, i, network);
        factor->values[i] = predict(l, network, &factor->errors[i]);
        fitted->base += factor->values[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++)
        factor->values[i] -= fitted->base;
    return MN_OK;
}

/* leave_one_out [given]: NaN at networks without live edges. */
static mn_status copy_leave_one_out(const live_fit *l, int given, mn_error *error, mn_fitted *fitted)
{
    if (!l->fit->leave_one_out)
        return MN_OK;
    fitted->leave_one_out = mn_new_array((size_t)given, sizeof *fitted->leave_one_out);
    if (!fitted->leave_one_out)
        return mn_fail_memory(error);
    for (int row = 0; row < given; row++)
        fitted->leave_one_out[row] = NAN;
    for (int i = 0; i < l->samples.count; i++)
        fitted->leave_one_out[l->given_as[i]] = l->fit->leave_one_out[i];
    return MN_OK;
}

mn_status mn_live_fit_metric(const mn_samples *samples, const mn_linear_model *model, mn_error *error,
                             mn_fitted **result)
{
    live_fit l;
    mn_fitted *fitted = mn_fitted_new(samples->table);
    mn_status status = open_fit(&l, samples, model, true, error);
    if (status == MN_OK && !fitted)
        status = mn_fail_memory(error);
    if (status == MN_OK)
        status = fill_factor(&l, error, fitted);
    if (status == MN_OK)
        status = copy_leave_one_out(&l, samples->count, error, fitted);
    if (status == MN_OK) {
        char text[200];
        mn_linear_fit_describe(l.fit, text, sizeof text);
        snprintf(fitted->model, sizeof fitted->model, "of live edges alone: %s", text);
        fitted->method = "robust";
        fitted->parameters = l.fit->coefficient_count;
        fitted->freedom = l.fit->freedom;
        fitted->residual = l.fit->residual;
        *result = fitted;
    } else {
        mn_fitted_free(fitted);
    }
    close_fit(&l);
    return status;
}
