#include "host/fit/differences.h"
#include "host/core/memory.h"
#include "host/core/network.h"
#include "host/core/skeleton.h"

#include <math.h>
#include <stdio.h>

static const uint16_t *network_of(const mn_samples *samples, int row)
{
    return samples->networks + (size_t)row * (size_t)samples->table->node_count;
}

/* The only node on which two networks differ; -1 when they are equal or differ on several. */
static int single_change(const mn_samples *samples, int one, int other)
{
    const uint16_t *a = network_of(samples, one), *b = network_of(samples, other);
    int node = -1;
    for (int n = 0; n < samples->table->node_count; n++)
        if (a[n] != b[n]) {
            if (node >= 0)
                return -1;
            node = n;
        }
    return node;
}

/* FLOPs are additive over nodes, so the mean over the space is the sum of the nodes' means, found from one-block changes of network 0. */
static bool mean_flops(const mn_table *table, double *mean)
{
    uint16_t *network = mn_new_array((size_t)table->node_count, sizeof *network);
    mn_cost origin = {0}, cost;
    bool known = network && table->skeleton && mn_skeleton_cost(table, network, &origin);
    *mean = (double)origin.flops;
    for (int node = 0; node < table->node_count && known; node++) {
        double sum = 0;
        for (int block = 0; block < table->nodes[node].block_count && known; block++) {
            network[node] = (uint16_t)block;
            known = mn_skeleton_cost(table, network, &cost);
            sum += known ? (double)(cost.flops - origin.flops) : 0;
        }
        network[node] = 0;
        *mean += sum / table->nodes[node].block_count;
    }
    free(network);
    return known;
}

static int choose_reference(const mn_samples *samples)
{
    double mean = 0, best_distance = INFINITY;
    const bool has_flops = mean_flops(samples->table, &mean);
    int best = 0, best_count = -1;
    for (int row = 0; row < samples->count; row++) {
        int count = 0;
        for (int other = 0; other < samples->count; other++)
            count += single_change(samples, row, other) >= 0;
        mn_cost cost;
        double distance = INFINITY;
        if (has_flops && mn_skeleton_cost(samples->table, network_of(samples, row), &cost))
            distance = fabs((double)cost.flops - mean);
        if (count > best_count || (count == best_count && distance < best_distance)) {
            best = row;
            best_count = count;
            best_distance = distance;
        }
    }
    return best;
}

static mn_status fail_missing(const mn_samples *samples, int reference, int node, int block, mn_error *error)
{
    const mn_table *table = samples->table;
    char text[256];
    if (!mn_network_print(table, network_of(samples, reference), text, sizeof text))
        snprintf(text, sizeof text, "of measurement %d", reference + 1);
    return mn_fail(
        error, MN_BAD_INPUT,
        "too few measurements: method paper needs the reference network %s with block \"%s\" on node \"%s\", "
        "which was not measured (plan --method paper lists what to measure)",
        text, table->nodes[node].blocks[block].name, table->nodes[node].name);
}

static mn_status take_differences(const mn_samples *samples, double repeat_variance, int reference, mn_error *error,
                                  mn_fitted *fitted)
{
    const mn_table *table = samples->table;
    const double own_variance = repeat_variance / samples->weights[reference];
    for (int item = 0; item < table->item_count; item++)
        fitted->values[item] = NAN;
    fitted->base = samples->targets[reference];
    fitted->base_error = sqrt(own_variance);
    for (int node = 0; node < table->node_count; node++) {
        const int own = table->first[node] + network_of(samples, reference)[node];
        fitted->values[own] = fitted->errors[own] = 0;
    }
    for (int row = 0; row < samples->count; row++) {
        const int node = single_change(samples, reference, row);
        if (node < 0)
            continue;
        const int item = table->first[node] + network_of(samples, row)[node];
        fitted->values[item] = samples->targets[row] - samples->targets[reference];
        fitted->errors[item] = sqrt(own_variance + repeat_variance / samples->weights[row]);
    }
    for (int node = 0; node < table->node_count; node++)
        for (int item = table->first[node]; item < table->first[node + 1]; item++)
            if (isnan(fitted->values[item]))
                return fail_missing(samples, reference, node, item - table->first[node], error);
    return MN_OK;
}

mn_status mn_fit_differences(const mn_samples *samples, double repeat_variance, mn_error *error, mn_fitted **result,
                             int *reference)
{
    mn_fitted *fitted = *result = mn_fitted_new(samples->table);
    if (!fitted)
        return mn_fail_memory(error);
    const int row = choose_reference(samples);
    const mn_status status = take_differences(samples, repeat_variance, row, error, fitted);
    if (status != MN_OK) {
        mn_fitted_free(fitted);
        *result = NULL;
        return status;
    }
    char text[160];
    if (!mn_network_print(samples->table, network_of(samples, row), text, sizeof text))
        snprintf(text, sizeof text, "of measurement %d", row + 1);
    snprintf(fitted->model, sizeof fitted->model, "differences from the reference network %s", text);
    fitted->method = "paper";
    fitted->parameters = 1 + samples->table->item_count - samples->table->node_count;
    fitted->freedom = fitted->parameters;
    if (reference)
        *reference = row;
    return MN_OK;
}
