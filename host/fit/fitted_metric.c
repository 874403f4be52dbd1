#include "host/fit/fitted_metric.h"

#include "host/core/decimal.h"
#include "host/core/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double multiples_of(double value, mn_resolution resolution)
{
    return value * pow(10, resolution.decimals) / (double)resolution.mantissa;
}

enum { LINK_KNOTS = 1025, LATENT_DECIMALS = 9 };

/* Smallest and largest sum over the network's terms. */
static void latent_range(const mn_table *table, const mn_fitted *fitted, double *low, double *high)
{
    *low = *high = fitted->base;
    for (int node = 0; node < table->node_count; node++) {
        double least = INFINITY, most = -INFINITY;
        for (int item = table->first[node]; item < table->first[node + 1]; item++) {
            least = fmin(least, fitted->values[item]);
            most = fmax(most, fitted->values[item]);
        }
        *low += least;
        *high += most;
    }
    for (int i = 0; i < fitted->factor_count; i++) {
        double least = INFINITY, most = -INFINITY;
        for (size_t k = 0; k < fitted->factors[i].value_count; k++) {
            least = fmin(least, fitted->factors[i].values[k]);
            most = fmax(most, fitted->factors[i].values[k]);
        }
        *low += least;
        *high += most;
    }
}

/* The link as knots, evenly over the latent values that networks take; where it is flatter than the metric's resolution, fewer. */
static mn_status make_link(const mn_table *table, const mn_fitted *fitted, mn_error *error, mn_metric *metric)
{
    double low, high;
    mn_link *link = &metric->link;
    latent_range(table, fitted, &low, &high);
    const double margin = fmax(0.01 * (high - low), 1e-3), step = (high - low + 2 * margin) / (LINK_KNOTS - 1);
    link->resolution = (mn_resolution){1, LATENT_DECIMALS};
    link->latents = mn_new_array(LINK_KNOTS, sizeof *link->latents);
    link->values = mn_new_array(LINK_KNOTS, sizeof *link->values);
    if (!link->latents || !link->values)
        return mn_fail_memory(error);
    for (int i = 0; i < LINK_KNOTS; i++) {
        const int64_t latent = llround(multiples_of(low - margin + i * step, link->resolution));
        const double value = mn_fit_link_inverse(fitted->link, mn_to_double(latent, link->resolution));
        const double multiples = multiples_of(value, metric->resolution);
        if (!(fabs(multiples) < (double)MN_MAX_MULTIPLES))
            continue;
        const int64_t rounded = llround(multiples);
        if (link->count > 0 && (latent <= link->latents[link->count - 1] || rounded <= link->values[link->count - 1]))
            continue;
        link->latents[link->count] = latent;
        link->values[link->count++] = rounded;
    }
    return link->count > 1 ? MN_OK
                           : mn_fail(error, MN_FAILURE, "metric \"%s\": its link does not rise within the resolution",
                                     metric->name);
}

/* Coarser by powers of ten until every value fits; true when that was needed. */
static bool fit_resolution(const mn_table *table, const mn_fitted *fitted, mn_resolution *resolution)
{
    double largest = fabs(fitted->base);
    bool coarser = false;
    for (int item = 0; item < table->item_count; item++)
        largest = fmax(largest, fabs(fitted->values[item]));
    for (; multiples_of(4 * largest, *resolution) > (double)MN_MAX_MULTIPLES; coarser = true) {
        if (resolution->decimals > 0)
            resolution->decimals--;
        else
            resolution->mantissa *= 10;
    }
    return coarser;
}

/* Values as multiples such that differences within a node, and the network of first blocks, are rounded: what is exact in multiples stays exact
 * although the node's values sum to zero. */
static void round_values(const mn_table *table, const mn_fitted *fitted, mn_resolution resolution, mn_metric *metric)
{
    double origin = fitted->base;
    int64_t first_values = 0;
    for (int node = 0; node < table->node_count; node++) {
        const double first = fitted->values[table->first[node]];
        const int64_t rounded = llround(multiples_of(first, resolution));
        origin += first;
        first_values += rounded;
        for (int item = table->first[node]; item < table->first[node + 1]; item++)
            metric->values[item] = rounded + llround(multiples_of(fitted->values[item] - first, resolution));
    }
    metric->base = llround(multiples_of(origin, resolution)) - first_values;
}

/* Standard errors of the nodes' values, with that of the base shared out among the nodes, so that the squares over a network's blocks
 * sum to the square of its own error. None where some are not known. */
static mn_status copy_errors(const mn_table *table, const mn_fitted *fitted, mn_error *error, mn_metric *metric)
{
    const double shared = pow(fitted->base_error, 2) / table->node_count;
    bool known = !isnan(shared);
    for (int item = 0; item < table->item_count; item++)
        known = known && isfinite(fitted->errors[item]);
    if (!known)
        return MN_OK;
    metric->errors = mn_new_array((size_t)table->item_count, sizeof *metric->errors);
    if (!metric->errors)
        return mn_fail_memory(error);
    for (int item = 0; item < table->item_count; item++)
        metric->errors[item] = sqrt(pow(fitted->errors[item], 2) + shared);
    return MN_OK;
}

static mn_status copy_factors(const mn_fitted *fitted, mn_resolution resolution, mn_error *error, mn_metric *metric)
{
    metric->factors = mn_new_array((size_t)fitted->factor_count, sizeof *metric->factors);
    if (!metric->factors)
        return mn_fail_memory(error);
    metric->factor_count = fitted->factor_count;
    for (int i = 0; i < fitted->factor_count; i++) {
        const mn_fitted_factor *from = &fitted->factors[i];
        mn_factor *to = &metric->factors[i];
        to->node_count = from->node_count;
        to->nodes = mn_new_array((size_t)from->node_count, sizeof *to->nodes);
        to->values = mn_new_array(from->value_count, sizeof *to->values);
        to->errors = metric->errors ? mn_new_array(from->value_count, sizeof *to->errors) : NULL;
        if (!to->nodes || !to->values || (metric->errors && !to->errors))
            return mn_fail_memory(error);
        memcpy(to->nodes, from->nodes, (size_t)from->node_count * sizeof *to->nodes);
        for (size_t k = 0; k < from->value_count; k++) {
            to->values[k] = llround(multiples_of(from->values[k], resolution));
            if (to->errors)
                to->errors[k] = isfinite(from->errors[k]) ? from->errors[k] : 0;
        }
    }
    return MN_OK;
}

mn_status mn_fitted_metric(const mn_table *table, const mn_measured_metric *measured, const mn_fitted *fitted,
                           mn_error *error, mn_metric *metric, char *note, size_t note_size)
{
    metric->name = mn_copy_text(measured->name, strlen(measured->name));
    metric->unit = mn_copy_text(measured->unit, strlen(measured->unit));
    metric->values = mn_new_array((size_t)table->item_count, sizeof *metric->values);
    metric->higher_is_better = measured->higher_is_better;
    metric->resolution = measured->resolution;
    if (!metric->name || !metric->unit || !metric->values)
        return mn_fail_memory(error);
    mn_status status = MN_OK;
    const bool linked = fitted->link.form != MN_LINK_IDENTITY;
    if (linked)
        status = make_link(table, fitted, error, metric);
    else if (fit_resolution(table, fitted, &metric->resolution)) {
        char number[MN_NUMBER_SIZE];
        snprintf(note, note_size, "%.200s: values so large are kept to multiples of %s %.100s", metric->name,
                 mn_format(1, metric->resolution, number), metric->unit);
    }
    metric->has_chance = measured->has_chance;
    metric->chance = llround(multiples_of(mn_to_double(measured->chance, measured->resolution), metric->resolution));
    const mn_resolution resolution = linked ? metric->link.resolution : metric->resolution;
    round_values(table, fitted, resolution, metric);
    if (status == MN_OK)
        status = copy_errors(table, fitted, error, metric);
    return status == MN_OK && fitted->factor_count ? copy_factors(fitted, resolution, error, metric) : status;
}
