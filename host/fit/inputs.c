#include "host/fit/inputs.h"
#include "host/core/memory.h"

#include <math.h>

enum { MOST_KNOWN = 1 << 20 }; /* networks of a space whose numbers are kept one by one */

/* Values of the blocks by the fit, centred within each node and of deviation 1 over the space; false when the input is constant. */
static bool read_values(const mn_linear_fit *fit, double *weights, double *values)
{
    const mn_table *table = fit->terms->table;
    double variance = 0, error;
    for (int node = 0; node < table->node_count; node++)
        for (int block = 0; block < table->nodes[node].block_count; block++) {
            const uint16_t choice = (uint16_t)block;
            double *value = &values[table->first[node] + block];
            mn_terms_functional(fit->terms, &fit->terms->terms[node], &choice, weights);
            *value = mn_linear_fit_value(fit, weights, &error);
            variance += *value * *value / table->nodes[node].block_count;
        }
    const bool varies = variance > 1e-20 * fit->coefficients[0] * fit->coefficients[0];
    for (int item = 0; item < table->item_count && varies; item++)
        values[item] /= sqrt(variance);
    return varies;
}

static mn_status make_input(const mn_table *space, const char *file, const mn_measured *measured, int column,
                            mn_samples *samples, uint16_t *networks, double *numbers, mn_error *error, double *values)
{
    const size_t nodes = (size_t)space->node_count;
    mn_linear_fit *fit = NULL;
    samples->count = 0;
    for (int row = 0; row < measured->count; row++) {
        if (isnan(measured->columns[column][row]))
            continue;
        memcpy(networks + (size_t)samples->count * nodes, measured->networks + (size_t)row * nodes,
               nodes * sizeof *networks);
        numbers[measured->count + samples->count] = measured->weights[row];
        numbers[samples->count++] = measured->columns[column][row];
    }
    const mn_linear_model model = {.order = 1, .shrink = true};
    mn_error inner = {0};
    mn_status status = samples->count > 0 ? mn_linear_check(samples, &model, &inner)
                                          : mn_fail(&inner, MN_BAD_INPUT, "no network has a value");
    if (status == MN_OK)
        status = mn_linear_fit_create(samples, &model, false, &inner, &fit);
    double *weights = status == MN_OK ? mn_new_array((size_t)fit->coefficient_count, sizeof *weights) : NULL;
    if (status == MN_OK && !weights)
        status = mn_fail_memory(&inner);
    if (status == MN_OK && !read_values(fit, weights, values))
        status = mn_fail(&inner, MN_BAD_INPUT, "the same for every network");
    free(weights);
    mn_linear_fit_free(fit);
    return status == MN_OK
               ? MN_OK
               : mn_fail(error, status, "%s: input \"%.100s\": %s", file, measured->names[column], inner.text);
}

/* Numbers by network, means of repeats; NULL in `known` where some network has none. */
static mn_status find_known(const mn_table *space, const mn_measured *measured, int column, mn_error *error,
                            double **known)
{
    uint64_t number, found = 0;
    if (space->count > MOST_KNOWN || (uint64_t)measured->count < space->count)
        return MN_OK;
    double *sums = mn_new_array(space->count, sizeof *sums), *weights = mn_new_array(space->count, sizeof *weights);
    for (int row = 0; row < measured->count && sums && weights; row++) {
        const double value = measured->columns[column][row];
        const uint16_t *network = measured->networks + (size_t)row * (size_t)space->node_count;
        if (isnan(value) || !mn_network_number(space, network, &number))
            continue;
        found += weights[number] == 0;
        sums[number] += measured->weights[row] * value;
        weights[number] += measured->weights[row];
    }
    const bool enough = sums && weights;
    for (number = 0; number < space->count && enough && found == space->count; number++)
        sums[number] /= weights[number];
    free(weights);
    if (enough && found == space->count)
        *known = sums;
    else
        free(sums);
    return enough ? MN_OK : mn_fail_memory(error);
}

mn_status mn_inputs_make(const mn_table *space, const char *file, const mn_measured *measured, mn_error *error,
                         mn_inputs *inputs)
{
    const size_t count = (size_t)measured->count, nodes = (size_t)space->node_count;
    if (measured->column_count > MN_MOST_INPUTS)
        return mn_fail(error, MN_USAGE, "%s: %d inputs; expected at most %d", file, measured->column_count,
                       MN_MOST_INPUTS);
    *inputs = (mn_inputs){.space = space, .count = measured->column_count};
    inputs->additive = mn_new_array((size_t)inputs->count * (size_t)space->item_count, sizeof *inputs->additive);
    double *numbers = mn_new_array(2 * count, sizeof *numbers);
    uint16_t *networks = mn_new_array(count * nodes, sizeof *networks);
    mn_status status = inputs->additive && numbers && networks ? MN_OK : mn_fail_memory(error);
    mn_samples samples = {
        .table = space, .networks = networks, .targets = numbers, .weights = numbers ? numbers + count : NULL};
    for (int column = 0; column < inputs->count && status == MN_OK; column++) {
        status = make_input(space, file, measured, column, &samples, networks, numbers, error,
                            inputs->additive + (size_t)column * (size_t)space->item_count);
        if (status == MN_OK)
            status = find_known(space, measured, column, error, &inputs->known[column]);
    }
    free(numbers);
    free(networks);
    return status;
}

void mn_inputs_free(mn_inputs *inputs)
{
    free(inputs->additive);
    for (int i = 0; i < MN_MOST_INPUTS; i++)
        free(inputs->known[i]);
    *inputs = (mn_inputs){0};
}

double mn_inputs_value(const mn_inputs *inputs, int input, const uint16_t *network)
{
    const mn_table *space = inputs->space;
    uint64_t number;
    if (inputs->known[input] && mn_network_number(space, network, &number))
        return inputs->known[input][number];
    double sum = 0;
    for (int node = 0; node < space->node_count; node++)
        sum += inputs->additive[(size_t)input * (size_t)space->item_count + (size_t)space->first[node] + network[node]];
    return sum;
}
