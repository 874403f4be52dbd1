#include "host/core/standard_error.h"
#include "host/core/factors.h"

#include <math.h>

static double factor_error(const mn_table *table, const mn_factor *factor, const uint16_t *network)
{
    int64_t combination = 0;
    for (int i = 0; i < factor->node_count; i++)
        combination = combination * table->nodes[factor->nodes[i]].block_count + network[factor->nodes[i]];
    return factor->errors ? factor->errors[combination] : 0;
}

/* Half of what the link makes of one error to either side of the latent value. */
static double through_link(const mn_metric *metric, int64_t latent, double error)
{
    const double unit = mn_to_double(1, metric->link.resolution), steps = fmin(fmax(error / unit, 1), 1e15);
    const int64_t step = (int64_t)steps;
    const double above = mn_to_double(mn_link_value(&metric->link, latent + step), metric->resolution);
    const double below = mn_to_double(mn_link_value(&metric->link, latent - step), metric->resolution);
    return (above - below) / 2 * (error / unit / (double)step);
}

double mn_table_standard_error(const mn_table *table, int metric, const uint16_t *network)
{
    const mn_metric *m = &table->metrics[metric];
    if (!m->errors)
        return NAN;
    double squares = 0;
    for (int node = 0; node < table->node_count; node++)
        squares += pow(m->errors[table->first[node] + network[node]], 2);
    for (int i = 0; i < m->factor_count; i++)
        squares += pow(factor_error(table, &m->factors[i], network), 2);
    const double error = sqrt(squares);
    if (m->link.count)
        return through_link(m, mn_table_evaluate_latent(table, metric, network), error);
    if (table->has_scale && table->scale.metric == metric)
        return error *
               ldexp((double)mn_scale_g(&table->scale, mn_table_evaluate(table, table->scale.by, network)), -32);
    return error;
}
