/* Measurements of networks: one row a network, repeats averaged, each metric with its unit, direction and resolution.
 *
 * What a metric is follows, in this order, from an option "name:unit:higher|lower", from the space's `metrics`, and from well-known names
 * (accuracy, latency_pixel6, ...); a name that none of them knows is MN_USAGE.
 * Repeats. The mean of a network's repeats, weighted by their weights, counts with the sum of their weights. The variance of
 * repeats is kept per network and, pooled over all networks, per metric.
 * Contradictions. Two repeats contradict each other when they differ by more than noise: by more than six standard deviations of a
 * difference, the deviation being found from the median range of the networks' repeats (which a few wrong rows cannot move), and by more
 * than 1 % of the value, so that rounding never counts. With repeats of fewer than MN_NOISE_NETWORKS networks the deviation is not
 * known; then a tenth of the spread of all values takes its place. Contradictions are notes, not errors: trainings of weak networks
 * do differ that much, and only the user knows whether a row is wrong. */
#ifndef MN_FIT_MEASUREMENTS_H
#define MN_FIT_MEASUREMENTS_H

#include "host/core/measured.h"
#include "host/core/table.h"

enum { MN_NOISE_NETWORKS = 5, MN_CONTRADICTIONS = 5 };

typedef struct mn_measured_metric {
    char *name, *unit;
    bool higher_is_better;
    mn_resolution resolution;
    bool has_chance; /* as the space's metric */
    int64_t chance;
    double *values;         /* [count] mean of the repeats; NaN: not measured */
    double *weights;        /* [count] sum of the repeats' weights; 0: not measured */
    double *variances;      /* [count] of the repeats about their mean; NaN with fewer than two */
    int *repeats;           /* [count] */
    int measured;           /* networks with a value */
    double repeat_variance; /* pooled over the networks that have repeats; NaN without */
} mn_measured_metric;

struct mn_measurements {
    mn_error error; /* first: mn_last_error */
    char *name;     /* of the file */
    int node_count;
    int count;
    uint16_t *networks; /* [count][node_count] distinct, in the order of the file */
    int *lines;         /* [count] of the first row of each */
    int metric_count;
    mn_measured_metric *metrics;
    int rows, left_out; /* rows that count, and those that do not (measured.h) */
    int note_count;
    char **notes; /* repeats that contradict each other, with both lines; at most MN_CONTRADICTIONS of a metric */
};

/* Fills an empty `measurements`. `name` begins the sentences; options [option_count] "name:unit:higher|lower" of --metric. */
mn_status mn_measurements_make(const mn_table *space, const char *name, const mn_measured *measured,
                               const char *const *options, int option_count, mn_measurements *measurements);

/* Frees what it holds, not the struct itself. */
void mn_measurements_clear(mn_measurements *measurements);

int mn_measurements_find(const mn_measurements *measurements, const char *name); /* metric, or -1 */

#endif
