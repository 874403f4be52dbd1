#include "host/fit/scaled.h"

#include <math.h>

typedef struct scaling {
    const mn_samples *samples;
    const mn_fitted *differences;
    const double *capability;
    double mean;
} scaling;

static double squares(const scaling *s, double exponent)
{
    const mn_table *table = s->samples->table;
    double total = 0;
    for (int row = 0; row < s->samples->count; row++) {
        const uint16_t *network = s->samples->networks + (size_t)row * (size_t)table->node_count;
        double sum = 0;
        for (int node = 0; node < table->node_count; node++)
            sum += s->differences->values[table->first[node] + network[node]];
        const double predicted = s->differences->base + sum * pow(s->capability[row] / s->mean, exponent);
        total += s->samples->weights[row] * pow(predicted - s->samples->targets[row], 2);
    }
    return total;
}

/* The best of a grid over [-3, 3], refined by golden section between its neighbours. */
static double find_exponent(const scaling *s)
{
    double best = 0;
    for (double exponent = -3; exponent <= 3; exponent += 0.125)
        if (squares(s, exponent) < squares(s, best))
            best = exponent;
    double low = best - 0.125, high = best + 0.125;
    const double ratio = (sqrt(5) - 1) / 2;
    while (high - low > 1e-6) {
        const double left = high - ratio * (high - low), right = low + ratio * (high - low);
        if (squares(s, left) < squares(s, right))
            high = right;
        else
            low = left;
    }
    return (low + high) / 2;
}

/* Networks that differ from the reference on several nodes. */
static int count_others(const mn_samples *samples, int reference)
{
    const size_t nodes = (size_t)samples->table->node_count;
    int count = 0;
    for (int row = 0; row < samples->count; row++) {
        int changes = 0;
        for (size_t node = 0; node < nodes; node++)
            changes +=
                samples->networks[(size_t)row * nodes + node] != samples->networks[(size_t)reference * nodes + node];
        count += changes > 1;
    }
    return count;
}

mn_status mn_fit_exponent(const mn_samples *samples, const mn_fitted *differences, int reference,
                          const double *capability, double mean, mn_error *error, double *exponent)
{
    const scaling s = {samples, differences, capability, mean};
    const int others = count_others(samples, reference);
    if (others < MN_SCALE_NETWORKS)
        return mn_fail(error, MN_BAD_INPUT,
                       "too few measurements: scale power needs %d networks that differ from the reference on several "
                       "nodes to fit the exponent, found %d",
                       MN_SCALE_NETWORKS, others);
    *exponent = find_exponent(&s);
    return MN_OK;
}
