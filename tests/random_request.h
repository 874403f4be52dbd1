/* Random requests to the public interface, with the answers that enumeration gives.
 *
 * Every network of one or more tables is written down once with its metrics, in units of 10^-8, straight from
 * mn_table_metric_value (and factors and link, by their definition); a request is then answered by looking at all of them. A scaled metric is mn_predict's, after comparing it
 * with the formula in floating point. Nothing here calls the solver, except to put the request to it. */
#ifndef MN_TESTS_RANDOM_REQUEST_H
#define MN_TESTS_RANDOM_REQUEST_H

#include "host/mathnas.h"

enum { MOST_TABLES = 3, MOST_NODES = 6, MOST_METRICS = 5, MOST_LIMITS = 4, MOST_OBJECTIVES = 3, MOST_TEXT = 320 };

/* All networks, in the order in which ties are settled: table by table, lexicographically. */
typedef struct all_networks {
    int table_count, metric_count, scaled_metric; /* -1: none */
    const mn_table *tables[MOST_TABLES];
    int count;
    int *table;                      /* [count] */
    uint16_t (*choices)[MOST_NODES]; /* [count] unused nodes 0 */
    int64_t *values[MOST_METRICS];   /* [count] 10^-8 */
    int64_t *latents[MOST_METRICS];  /* [count] what orders networks: multiples before the link; NULL without one */
} all_networks;

typedef struct expression {
    char text[MOST_TEXT];
    int64_t *values;        /* [count] 10^-8 */
    const int64_t *latents; /* of a metric with a link, else NULL */
} expression;

typedef struct request_limit {
    expression column;
    bool at_most, on;
    int64_t value; /* 10^-8 */
} request_limit;

typedef struct request {
    const all_networks *all;
    char label[96]; /* the tables and the seed, for messages */
    expression objective;
    bool maximize;
    int limit_count;
    request_limit limits[MOST_LIMITS];
    bool *admitted; /* [count] by fixed and forbidden blocks and rules */
    mn_solver *solver;
} request;

/* Asserts that the tables are as this helper expects. `scale` (NULL: none) is what mn_table_set_scale was given. */
all_networks *all_networks_of(const mn_table *const *tables, int table_count, const char *scale);
void all_networks_free(all_networks *all);

/* A request of `limits` limits, with fixed and forbidden blocks and rules where `restricted`. */
request *random_request(const all_networks *all, uint64_t seed, int limits, bool restricted);
void request_free(request *r);

/* Draws other values for the limits and sets them: near those of networks, now and then off or out of reach. */
void draw_limits(request *r, uint64_t *state);

/* A random expression of the tables' metrics; free its values. */
expression random_expression(const all_networks *all, uint64_t *state);

/* A decimal of 10^-8. */
void write_decimal(int64_t value, char text[32]);

/* Multiples of a resolution in 10^-8. */
int64_t in_units(int64_t multiples, mn_resolution resolution);

/* ---- answers ------------------------------------------------------------------------------------------------------------- */

/* Whether the network meets the limits of the set (bit i: limit i, where it is on) and the restrictions. */
bool meets_limits(const request *r, int network, unsigned limits);

/* The `top` best networks under all limits, best first; returns how many there are. */
int best_networks(const request *r, int top, int *best);

/* The front of the objectives under all limits, sorted as the interface promises; returns its size. */
int front_networks(const request *r, const expression *objectives, const bool *maximize, int count, int *front);

#endif
