/* What the parts of bench_predictor share: a benchmark's measured networks, plans on them, and how well a process predicts the rest.
 *
 * Each function that a plan proposes is "trained" as a random member of its class (the seed says which): members differ by the noise of
 * their trainings, so that a plan without chance still meets a different measurement with every seed. */
#ifndef MN_BENCH_PREDICTOR_H
#define MN_BENCH_PREDICTOR_H

#include "host/fit/classes.h"
#include "host/fit/plan.h"
#include "host/fit/process.h"

typedef struct benchmark {
    const char *space_name, *set; /* set: the truth's column */
    mn_table *space;
    mn_truth *truth;
    mn_features *features;
    const double *values; /* [count] */
    uint64_t count, nodes;
    const uint16_t *networks; /* [count][nodes] */
    uint64_t *class_of;       /* [count] */
    bool *alive;              /* [count] */
    uint64_t classes;
    uint64_t *class_first; /* [classes + 1] where each class begins in ... */
    uint64_t *members;     /* [count] ... rows, class by class */
    uint64_t *row_of;      /* open addressing by network: 1 + row */
    uint64_t slots;
} benchmark;

/* False, with a sentence on standard error, when something failed. */
bool benchmark_open(benchmark *b, const char *space, const char *set);
void benchmark_close(benchmark *b);

bool bench_failed(const char *what, const char *sentence);

uint64_t benchmark_row(const benchmark *b, const uint16_t *network); /* UINT64_MAX: not measured */

/* A random member of the row's class among those for which allowed [count] holds (NULL: all). */
uint64_t benchmark_member(const benchmark *b, uint64_t row, const bool *allowed, uint64_t *random);

/* Rows to train: what `method` proposes for the allowed rows given those trained so far. rows [have + count], the first `have` filled. */
bool benchmark_plan(const benchmark *b, mn_plan_method method, const bool *allowed, uint64_t seed, uint64_t have,
                    uint64_t count, uint64_t *rows);

typedef struct outcome {
    double tau_all, tau_unmeasured; /* over all evaluated rows; those of live functions that were not trained */
    double fit_seconds, predict_seconds;
} outcome;

/* Fits a process to the rows and compares its order of the evaluated rows (NULL: all) with the truth. */
bool benchmark_evaluate(const benchmark *b, const uint64_t *rows, uint64_t count, const bool *evaluated,
                        outcome *result);

/* Kendall's tau-b of given predictions [count] over the evaluated rows. */
double benchmark_tau(const benchmark *b, const double *predicted, const bool *evaluated);

#endif
