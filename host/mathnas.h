/* mathnas: neural architecture search by mathematical programming.
 *
 * A table holds, for every block of every node, what it contributes to each metric. From it follow the metrics of all networks
 * (mn_predict), the best network under any limits with a proof (mn_solver_*), answers to many limits at once (mn_solver_sweep)
 * and exact Pareto fronts (mn_front_*). Method: MathNAS, NeurIPS 2023, arXiv 2311.04943.
 *
 * Numbers. Every value is an integer count of its metric's resolution ("multiples"), so sums are exact and the same on every
 * device. mn_format prints a count exactly; mn_to_double approximates it.
 *
 * Networks. A network is one block index per node; arrays of networks are uint8_t or uint16_t [count][nodes], row major. Among
 * networks of equal value the lexicographically smallest is the answer.
 *
 * Handles. A function that makes a handle returns MN_OK and the handle; on failure it returns another status and still hands over
 * a handle that only carries the sentence (mn_last_error), or NULL when memory ran out. Free it either way; freeing NULL is fine.
 * Nothing is global: distinct handles may be used from distinct threads. A table may be read by many threads at once and must
 * outlive the solvers and fronts made from it. Returned strings and arrays belong to their handle. Questions about an index out of
 * range, or a NULL handle, are answered by "", 0, -1, false or NULL. */
#ifndef MATHNAS_H
#define MATHNAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MN_API __attribute__((visibility("default")))
#else
#define MN_API
#endif

/* The command exits with these numbers too. */
typedef enum mn_status {
    MN_OK = 0,
    MN_FAILURE = 1, /* out of memory, output not writable, a device that cannot run */
    MN_USAGE = 2, /* malformed value, a metric, node or block that the table lacks, numbers past 64 bits in a request */
    MN_BAD_INPUT = 3,    /* a file that cannot be read or breaks its format */
    MN_INFEASIBLE = 4,   /* the limits and rules exclude every network */
    MN_STOPPED = 5,      /* a time or node limit came first; the best found so far is reported, without proof */
    MN_INTERRUPTED = 130 /* mn_solver_cancel, or a callback that asked to stop */
} mn_status;

typedef struct mn_table mn_table;       /* a block table, or a space (the same without values) */
typedef struct mn_networks mn_networks; /* networks read, drawn or enumerated */
typedef struct mn_solver mn_solver; /* a question on one or more tables, with what was learned from earlier answers */
typedef struct mn_front mn_front;   /* a Pareto front */
typedef struct mn_device mn_device; /* what runs questions: the CPU, a GPU or its emulator */
typedef struct mn_truth mn_truth;   /* measured metrics of a benchmark's networks */
typedef struct mn_measurements mn_measurements; /* measured networks that a table is fitted to */
typedef struct mn_plan mn_plan;                 /* networks to measure */
typedef struct mn_fit mn_fit;                   /* a fitted table and how well it fits */

/* A resolution is mantissa * 10^-decimals of the metric's unit, mantissa >= 1. */
typedef struct mn_resolution {
    int64_t mantissa;
    int decimals;
} mn_resolution;

enum { MN_NUMBER_SIZE = 64 }; /* room for any printed value, with its terminating zero */

MN_API const char *mn_version(void);

/* The sentence of the last failure on any handle above; "" when there was none. Valid until the next call on the handle. */
MN_API const char *mn_last_error(const void *handle);

/* Prints `multiples` of `resolution` exactly, as a decimal without exponent or trailing zeros; returns `text`. */
MN_API char *mn_format(int64_t multiples, mn_resolution resolution, char text[MN_NUMBER_SIZE]);
MN_API double mn_to_double(int64_t multiples, mn_resolution resolution);

/* ---- tables ------------------------------------------------------------------------------------------------------------- */

/* Loads a table or space: a path (.json, .json.gz), or a shipped name such as "nasbench201/edgegpu", looked for in
 * $MATHNAS_DATA, in data/ beside the command's folder, in the installed share/mathnas and in ./data. */
MN_API mn_status mn_table_load(const char *path_or_name, mn_table **table);
MN_API void mn_table_free(mn_table *table);

/* Reads an instance of the multiple-choice multidimensional knapsack problem (the literature's text files; docs/formats.md) as a table:
 * a node for each class, metrics value, w0, w1, ...; its capacities are the table's limits. */
MN_API mn_status mn_table_import_mmkp(const char *path, mn_table **table);

/* Writes a table or space as JSON, exactly and whole or not at all; "-" to standard output. */
MN_API mn_status mn_table_save(const mn_table *table, const char *path);

/* Limits that came with an imported table, as texts for mn_solver_add_limit ("w0<=123"); a saved table does not keep them. */
MN_API int mn_table_limit_count(const mn_table *table);
MN_API const char *mn_table_limit_text(const mn_table *table, int limit);
/* What the importer left out, as a sentence; "" when nothing. */
MN_API const char *mn_table_note(const mn_table *table);

MN_API const char *mn_table_name(const mn_table *table);
MN_API const char *mn_table_path(const mn_table *table);     /* the file it was read from */
MN_API const char *mn_table_encoding(const mn_table *table); /* "" when it has none */
MN_API const char *mn_table_source(const mn_table *table);   /* "" when it has none */
MN_API bool mn_table_has_values(const mn_table *table);      /* false: a space */

MN_API int mn_table_node_count(const mn_table *table);
MN_API const char *mn_table_node_name(const mn_table *table, int node);
MN_API const char *mn_table_node_stage(const mn_table *table, int node); /* "" when it has none */
MN_API int mn_table_block_count(const mn_table *table, int node);
MN_API const char *mn_table_block_name(const mn_table *table, int node, int block);
MN_API int mn_table_attribute_count(const mn_table *table, int node, int block);
MN_API const char *mn_table_attribute_name(const mn_table *table, int node, int block, int attribute);
MN_API const char *mn_table_attribute_text(const mn_table *table, int node, int block, int attribute); /* JSON text */

MN_API int mn_table_metric_count(const mn_table *table);
MN_API int mn_table_find_metric(const mn_table *table, const char *name); /* -1 when there is none */
MN_API const char *mn_table_metric_name(const mn_table *table, int metric);
MN_API const char *mn_table_metric_unit(const mn_table *table, int metric);
MN_API bool mn_table_metric_higher_is_better(const mn_table *table, int metric);
MN_API mn_resolution mn_table_metric_resolution(const mn_table *table, int metric);
/* Multiples of mn_table_metric_value_resolution: the metric's own, or its latent value's when it has a link. */
MN_API int64_t mn_table_metric_base(const mn_table *table, int metric);
MN_API int64_t mn_table_metric_value(const mn_table *table, int metric, int node, int block);
MN_API mn_resolution mn_table_metric_value_resolution(const mn_table *table, int metric);
MN_API double mn_table_metric_error(const mn_table *table, int metric, int node,
                                    int block); /* standard error; NaN: none */

/* Factors: terms of a metric over several nodes, one value for each combination of their blocks, the last node's changing fastest. */
MN_API int mn_table_factor_count(const mn_table *table, int metric);
MN_API int mn_table_factor_node_count(const mn_table *table, int metric, int factor);
MN_API int mn_table_factor_node(const mn_table *table, int metric, int factor, int place); /* -1 when there is none */
MN_API int mn_table_factor_combinations(const mn_table *table, int metric, int factor);
MN_API int64_t mn_table_factor_value(const mn_table *table, int metric, int factor, int combination);
MN_API double mn_table_factor_error(const mn_table *table, int metric, int factor, int combination); /* NaN: none */

/* A link: the metric is an increasing function of its latent value (the sum of base, values and factors), linear between knots; multiples
 * of mn_table_metric_value_resolution are mapped to multiples of mn_table_metric_resolution, rounded down. Without a link 0 knots. */
MN_API int mn_table_link_knots(const mn_table *table, int metric);
MN_API int64_t mn_table_link_knot_latent(const mn_table *table, int metric, int knot);
MN_API int64_t mn_table_link_knot_value(const mn_table *table, int metric, int knot);
MN_API int64_t mn_table_link_value(const mn_table *table, int metric,
                                   int64_t latent); /* `latent` itself without a link */
MN_API double mn_table_metric_largest_rounding(const mn_table *table,
                                               int metric); /* made at load, in the metric's unit */

/* What a metric was fitted to and how (the table's key "fitted"). Texts live as long as the table. */
typedef struct mn_fit_origin {
    const char *measurements;   /* the file, as it was named */
    uint64_t networks;          /* distinct ones that had a value */
    const char *method, *terms; /* as mn_fit_figures */
} mn_fit_origin;

/* false: the table says of no fit; `origin` is then empty texts and 0. */
MN_API bool mn_table_metric_origin(const mn_table *table, int metric, mn_fit_origin *origin);

/* Chance level: the value of networks without a path from input to output. NaN when the table does not say it. */
MN_API double mn_table_metric_chance(const mn_table *table, int metric);

/* The smallest and largest value that an admissible network takes. Exact but for the scaled metric, and for one whose factors entangle many
 * nodes where the proof takes long: of these it is an enclosure. MN_INFEASIBLE when the rules exclude every network. */
MN_API mn_status mn_table_metric_range(const mn_table *table, int metric, int64_t *smallest, int64_t *largest);

MN_API int mn_table_rule_count(const mn_table *table);
MN_API const char *mn_table_rule_text(const mn_table *table, int rule); /* one JSON object */

/* "", or how the accuracy is scaled, as text for people. The override replaces it: "none", "reciprocal", "reciprocal=MEAN",
 * "power=FACTOR,EXPONENT", of metric `metric` by metric `by` (NULL: accuracy by flops). Without MEAN: the mean over all
 * settings, rules ignored. Call it before solvers and fronts are made. Scaling: g(F(N)) of arXiv 2311.04943, section 3. */
MN_API const char *mn_table_scale_text(const mn_table *table);
MN_API mn_status mn_table_set_scale(mn_table *table, const char *scale, const char *metric, const char *by);

/* Number of networks: all, and those that obey the rules. As decimal text (it may pass 64 bits; the admissible count is "" when
 * the rules are too entangled to count), and as a number, UINT64_MAX when it does not fit or is not known. */
MN_API const char *mn_table_network_count_text(const mn_table *table);
MN_API const char *mn_table_admissible_count_text(const mn_table *table);
MN_API uint64_t mn_table_network_count(const mn_table *table);
MN_API uint64_t mn_table_admissible_count(const mn_table *table);

/* ---- networks ----------------------------------------------------------------------------------------------------------- */

/* One network from text: block indices or names separated by commas, or the table's encoding (arch_str). A network that breaks
 * a rule is MN_USAGE, but the handle holds it. */
MN_API mn_status mn_networks_parse(const mn_table *table, const char *text, mn_networks **networks);

/* A CSV (or .csv.gz) with a column per node or one column arch, arch_str, number or index; or a .npy of integers [count][nodes]. */
MN_API mn_status mn_networks_read(const mn_table *table, const char *path, mn_networks **networks);

/* The admissible networks first .. first + count - 1 in lexicographic order (fewer at the end of the space). */
MN_API mn_status mn_networks_range(const mn_table *table, uint64_t first, uint64_t count, mn_networks **networks);

/* `count` admissible networks, independent and uniform, the same for a seed everywhere. */
MN_API mn_status mn_networks_random(const mn_table *table, uint64_t count, uint64_t seed, mn_networks **networks);

MN_API void mn_networks_free(mn_networks *networks);
MN_API uint64_t mn_networks_count(const mn_networks *networks);
MN_API const uint16_t *mn_networks_choices(const mn_networks *networks); /* [count][nodes] */

/* Mixed-radix number, node 0 most significant; false when the space exceeds 64 bits. */
MN_API bool mn_network_number(const mn_table *table, const uint16_t *network, uint64_t *number);

/* The network in the table's encoding; false when the table has none or `size` is too small. */
MN_API bool mn_network_encode(const mn_table *table, const uint16_t *network, char *text, size_t size);

/* The benchmark's own index of the network (the order of its truth file); -1 when there is none. */
MN_API int64_t mn_network_index(const mn_table *table, const uint16_t *network);

/* FLOPs (single multiply-adds of convolution and linear weights) and parameters of a network, from the table's key "network"; false
 * when it has none, or one that only gives a cell's graph. */
MN_API bool mn_network_cost(const mn_table *table, const uint16_t *network, int64_t *flops, int64_t *params);

typedef struct mn_class_counts {
    uint64_t networks;  /* admissible; UINT64_MAX here and below: does not fit, or is not known */
    uint64_t classes;   /* networks that compute the same function with as many live operations of each kind */
    uint64_t functions; /* networks that compute the same function */
    uint64_t constant;  /* networks without a path from input to output: known to be at chance level */
} mn_class_counts;

/* Function classes of the whole space (host/fit/classes.h says what they are). Without a key "network" every network is its own.
 * MN_USAGE when functions may coincide among more than 20,000,000 networks. */
MN_API mn_status mn_table_count_classes(const mn_table *table, mn_class_counts *counts);

/* ---- devices ------------------------------------------------------------------------------------------------------------ */

/* Opens a device: "cpu"; "cuda" or "cuda:N", a GPU; "simt", the same kernels emulated on the CPU, for tests; "auto": a GPU for work that is
 * long enough for it where there is one, and otherwise the CPU. Every device gives the same answers, bit for bit. All but the CPU are plugins
 * (libmathnas_cuda.so, libmathnas_simt.so), looked for in the folder MATHNAS_PLUGINS, beside the command or library, and in lib/mathnas where
 * it is installed. A device that cannot run is MN_FAILURE with a sentence; "auto" never fails for that. `profile` (mn_device_kernel) costs a
 * little time. One thread at a time may use a device; it must outlive the solvers that use it. */
MN_API mn_status mn_device_open(const char *name, bool profile, mn_device **device);
MN_API void mn_device_close(mn_device *device);

/* "cpu" (also "auto" that started no GPU), "simt", "cuda:0" */
MN_API const char *mn_device_name(const mn_device *device);
MN_API const char *mn_device_ran(const mn_device *device); /* what the last question ran on; NULL is the CPU */

/* "" or why the CPU ran the last question though another device was wanted: a sentence. */
MN_API const char *mn_device_note(const mn_device *device);

/* What a kernel did since the device was opened. */
typedef struct mn_kernel_use {
    const char *kernel;
    uint64_t launches;
    double seconds;    /* on the device; 0 without `profile` */
    uint64_t bytes;    /* of its arrays in the device's memory, read and written once */
    uint64_t networks; /* that it answered for */
} mn_kernel_use;

/* The device's kernels in the order of their first use: index from 0. False: there are no more. */
MN_API bool mn_device_kernel(mn_device *device, int index, mn_kernel_use *use);

/* ---- prediction --------------------------------------------------------------------------------------------------------- */

/* Metrics of `count` networks.
 *
 * networks  [count][nodes], uint8_t (width 1) or uint16_t (width 2); indices in range (checked: MN_USAGE names the first bad one)
 * columns   [metrics] pointers to int64_t [count], multiples; NULL where a metric is not wanted
 * threads   0: all cores. The answer does not depend on it. */
MN_API mn_status mn_predict(const mn_table *table, const void *networks, int width, uint64_t count, int threads,
                            int64_t *const *columns);

/* The same on a device; NULL: the CPU. A device that fails: MN_FAILURE ("auto" goes on with the CPU). */
MN_API mn_status mn_predict_on(mn_device *device, const mn_table *table, const void *networks, int width,
                               uint64_t count, int threads, int64_t *const *columns);

/* Standard error of one network's value, in the metric's unit: the root of the sum of squares of the errors of its blocks and factors.
 * NaN when the table has none. */
MN_API double mn_predict_error(const mn_table *table, int metric, const uint16_t *network);

/* ---- solving ------------------------------------------------------------------------------------------------------------ */

/* Return true to stop. Called at most ten times a second, from the thread that called the solver. */
typedef bool (*mn_progress)(void *user, double seconds, uint64_t done, uint64_t total);

typedef enum mn_outcome {
    MN_OPTIMAL,
    MN_OUTCOME_INFEASIBLE,
    MN_TIME_LIMIT,
    MN_NODE_LIMIT,
    MN_GAP_LIMIT,
    MN_OUTCOME_INTERRUPTED
} mn_outcome;

/* What a line of the log reports. Several may meet in one line; with none of them the search goes on as before. */
enum {
    MN_LOG_START = 1,     /* the first line */
    MN_LOG_INCUMBENT = 2, /* a better network was found */
    MN_LOG_BOUND = 4,     /* a better bound was proved */
    MN_LOG_END = 8        /* the last line */
};

typedef struct mn_log_line {
    unsigned events;       /* MN_LOG_... added together */
    double seconds;        /* since the call began */
    uint64_t search_nodes; /* so far */
    bool has_incumbent, has_bound;
    int64_t incumbent;  /* objective of the best network known, multiples of the objective's resolution */
    int64_t bound;      /* no network has a better objective; likewise */
    int64_t gap;        /* |bound - incumbent|, likewise; 0 unless both are known */
    mn_outcome outcome; /* with MN_LOG_END */
} mn_log_line;

/* Follows mn_solver_solve: a line at the start, at every better network and better bound (at most a burst of twenty and then ten a
 * second: later ones tell of everything in between), about once a second while nothing happens, and one at the end, before limits
 * that clash are looked for. Called from the thread that called the solver. Return true to stop. */
typedef bool (*mn_log)(void *user, const mn_log_line *line);

/* A network to start from. */
typedef struct mn_start {
    int table;               /* which of the solver's tables */
    const uint16_t *network; /* [nodes] indices in range (checked: MN_USAGE) */
} mn_start;

typedef struct mn_options {
    int top;               /* the K best networks; default 1 */
    bool distinct_metrics; /* networks that agree in every metric count once, the first of them */
    int threads;           /* 0: all cores */
    double time_limit;     /* seconds; 0: none */
    uint64_t node_limit;   /* search nodes; 0: none */
    const char *gap; /* decimal in the objective's unit: stop once bound - objective is no larger; NULL or "0": prove */
    const char *engine; /* NULL or "auto", "search" (bounds and branch and bound), "scan" (every network) */
    mn_progress progress;
    mn_log log;
    void *user;      /* handed to progress and log */
    int start_count; /* networks known already: the best that meets the limits and rules is the first incumbent. */
    const mn_start *starts; /* [start_count] They never change an answer that is proved. */
} mn_options;

typedef struct mn_solution {
    int table;               /* which of the solver's tables */
    const uint16_t *network; /* [nodes] */
    int64_t objective;       /* multiples of the objective's resolution */
} mn_solution;

typedef struct mn_result {
    mn_outcome outcome;
    int solution_count; /* best first; 0 when none was found */
    const mn_solution *solutions;
    bool has_bound;
    int64_t bound; /* no network is better than this; equals the objective when optimal */
    uint64_t search_nodes;
    double seconds;
    const char *engine;     /* "search" or "scan" */
    const char *device;     /* what it ran on: "cpu", "simt", "cuda:0" */
    const char *start_note; /* "", or what excludes all of options.starts: a limit or rule that the first breaks */
    int conflict_count;     /* infeasible: limits that clash (indices); see conflict_minimal */
    const int *conflict;
    const bool *nearest_exists; /* [conflict_count] false: no network meets the other limits either */
    const bool *
        nearest_proved; /* [conflict_count] false: two seconds did not suffice; nearest is the best found (if exists) */
    const int64_t *nearest; /* [conflict_count] nearest value reachable with the other limits kept, multiples */
    bool conflict_minimal;  /* every limit of the conflict is needed; false: two seconds did not suffice to tell */
} mn_result;

MN_API mn_options mn_default_options(void);
MN_API const char *mn_outcome_name(mn_outcome outcome); /* "optimal", "infeasible", "time_limit", ... */

/* A question over the union of `table_count` tables with the same metrics (and, for fix, forbid and rules, the names used). */
MN_API mn_status mn_solver_create(const mn_table *const *tables, int table_count, mn_solver **solver);
MN_API void mn_solver_free(mn_solver *solver);

/* What runs the solver's questions; NULL (the default): the CPU. What has no kernel runs on the CPU (mn_device_note). */
MN_API mn_status mn_solver_set_device(mn_solver *solver, mn_device *device);

/* The objective: a metric or a linear expression of metrics ("accuracy - 0.02*latency"). The last call counts. */
MN_API mn_status mn_solver_maximize(mn_solver *solver, const char *expression);
MN_API mn_status mn_solver_minimize(mn_solver *solver, const char *expression);
MN_API mn_resolution mn_solver_objective_resolution(const mn_solver *solver);

/* Adds "E<=V" or "E>=V"; E alone with a sign ("latency<=") adds a limit that is off until a value is set. `limit` (may be NULL)
 * receives its index. V is rounded inwards to the expression's resolution, which does not change what it allows. */
MN_API mn_status mn_solver_add_limit(mn_solver *solver, const char *text, int *limit);
MN_API int mn_solver_limit_count(const mn_solver *solver);
MN_API const char *mn_solver_limit_text(const mn_solver *solver, int limit);
MN_API mn_resolution mn_solver_limit_resolution(const mn_solver *solver, int limit);
#define MN_NO_LIMIT INT64_MIN                                       /* as a limit's value: the limit is off */
MN_API int64_t mn_solver_limit(const mn_solver *solver, int limit); /* its present value, multiples */
MN_API mn_status mn_solver_set_limit(mn_solver *solver, int limit, int64_t multiples);

/* A decimal as multiples of the limit's resolution, rounded inwards. */
MN_API mn_status mn_solver_limit_value(mn_solver *solver, int limit, const char *decimal, int64_t *multiples);

MN_API mn_status mn_solver_fix(mn_solver *solver, const char *node, const char *block);
MN_API mn_status mn_solver_forbid(mn_solver *solver, const char *node, const char *block);
MN_API mn_status mn_solver_add_rule(mn_solver *solver, const char *json);

/* Solves at the limits now set. MN_OK, MN_INFEASIBLE, MN_STOPPED and MN_INTERRUPTED fill `result` (valid until the next call on
 * the solver); other statuses are failures. A second call with other limits starts from what the first one learned. */
MN_API mn_status mn_solver_solve(mn_solver *solver, const mn_options *options, const mn_result **result);

/* As mn_solver_solve without the explanation of infeasibility: the quickest answer. */
MN_API mn_status mn_solver_resolve(mn_solver *solver, const mn_options *options, const mn_result **result);

/* Stops a running solve, sweep or front soon; may be called from another thread or a signal handler. When none runs, the next one
 * stops. A call that returned MN_INTERRUPTED has used the request up. */
MN_API void mn_solver_cancel(mn_solver *solver);

/* How many networks meet the limits now set, fixed and forbidden blocks and rules, exactly, by looking at every one that bounds do not settle; over
 * several tables their sum. Needs no objective. Options used: threads, time_limit. MN_USAGE: a space of 2^64 networks and more. MN_STOPPED,
 * MN_INTERRUPTED: those counted so far. */
MN_API mn_status mn_solver_count(mn_solver *solver, const mn_options *options, uint64_t *count);

/* Answers many limit vectors at once; uses all threads, and a front where one limit varies.
 *
 * values    [count][limits] multiples, MN_NO_LIMIT where a limit is off
 * tables    [count] index of the answer's table, -1: infeasible
 * networks  [count][nodes of the widest table]
 * Options used: threads, time_limit, progress. MN_STOPPED and MN_INTERRUPTED: `answered` (may be NULL) rows are complete. */
MN_API mn_status mn_solver_sweep(mn_solver *solver, const mn_options *options, uint64_t count, const int64_t *values,
                                 int32_t *tables, uint16_t *networks, uint64_t *answered);

/* ---- for other solvers --------------------------------------------------------------------------------------------------- */

typedef struct mn_export_options {
    const char *format; /* "lp" (CPLEX LP), "mps" (free MPS) or "opb" (pseudo-Boolean); NULL: by the path's ending */
    bool numbered;      /* opb: variables are x1, x2, ..., as the competitions' grammar has them */
} mn_export_options;

typedef struct mn_export {
    const char *format;
    int64_t variables, rows;
    bool inexact; /* lp, mps: some sum may pass 2^53, so a reader that keeps doubles rounds it */
} mn_export;

/* The format that a file's name asks for; NULL when it ends otherwise. */
MN_API const char *mn_export_format(const char *path);

/* Writes the question, at the limits now set, as a 0-1 linear program: whole or not at all, "-" to standard output. Variables are
 * x_<node>_<block>, over several tables x_<table>_<node>_<block> and table_<table>; docs/formats.md has the form. A scaled objective
 * or limit is not linear: MN_USAGE. `options` and `about` (what was written) may be NULL. */
MN_API mn_status mn_solver_export(mn_solver *solver, const char *path, const mn_export_options *options,
                                  mn_export *about);

/* ---- fronts ------------------------------------------------------------------------------------------------------------- */

/* The exact front of 2 to 4 objectives, over what the solver's tables, limits, fixes and rules admit (its objective is ignored).
 * Points are sorted by the first objective, best first, then the next; equal points appear once, with the lexicographically
 * smallest network of the first table that has one.
 *
 * expressions  [count] as for mn_solver_maximize;  maximize  [count]
 * epsilon      decimal >= 0 or NULL: every point of the front is within a factor 1 + epsilon of a kept one on every objective
 * memory       bytes the computation may use; 0: 3/4 of the machine's
 *
 * MN_INFEASIBLE when no network meets the limits and rules; MN_STOPPED and MN_INTERRUPTED leave no points. */
typedef struct mn_front_options {
    int threads;
    double time_limit;
    const char *epsilon;
    uint64_t memory;
    mn_progress progress;
    void *user;
} mn_front_options;

MN_API mn_status mn_front_compute(mn_solver *solver, const char *const *expressions, const bool *maximize, int count,
                                  const mn_front_options *options, mn_front **front);
MN_API void mn_front_free(mn_front *front);
MN_API uint64_t mn_front_count(const mn_front *front);
MN_API int mn_front_table(const mn_front *front, uint64_t point);
MN_API const uint16_t *mn_front_network(const mn_front *front, uint64_t point);
MN_API int64_t mn_front_value(const mn_front *front, uint64_t point, int objective);
MN_API mn_resolution mn_front_resolution(const mn_front *front, int objective);

/* The reference point of objective `objective`: by default the sum of the worst block of each node. */
MN_API mn_status mn_front_set_reference(mn_front *front, const char *expression_equals_value);

/* Dominated volume against the reference point, exact, as decimal text in the product of the units. */
MN_API mn_status mn_front_hypervolume(mn_front *front, const char **decimal);

/* ---- measurements and fits ---------------------------------------------------------------------------------------------- */

/* Reads a CSV or .csv.gz of measured networks (docs/formats.md). metrics [metric_count]: "name:unit:higher" or "name:unit:lower" for
 * columns that neither the space nor a well-known name describes; MN_USAGE for a column that nothing describes. Repeats of one
 * network are averaged; notes name the lines of those that contradict each other. */
MN_API mn_status mn_measurements_read(const mn_table *space, const char *path, const char *const *metrics,
                                      int metric_count, mn_measurements **measurements);
MN_API void mn_measurements_free(mn_measurements *measurements);
MN_API int mn_measurements_count(const mn_measurements *measurements);                /* distinct networks */
MN_API int mn_measurements_row_count(const mn_measurements *measurements);            /* rows that count */
MN_API int mn_measurements_left_out(const mn_measurements *measurements);             /* rows that do not */
MN_API const uint16_t *mn_measurements_networks(const mn_measurements *measurements); /* [count][nodes] */
MN_API int mn_measurements_metric_count(const mn_measurements *measurements);
MN_API int mn_measurements_find_metric(const mn_measurements *measurements, const char *name); /* -1: there is none */
MN_API const char *mn_measurements_metric_name(const mn_measurements *measurements, int metric);
MN_API const double *mn_measurements_values(const mn_measurements *measurements,
                                            int metric); /* [count]; NaN: not measured */

MN_API int mn_measurements_note_count(const mn_measurements *measurements);
MN_API const char *mn_measurements_note(const mn_measurements *measurements, int note);

typedef struct mn_fit_options {
    const char *
        method; /* "paper", "least-squares", "ridge", "robust" or "process"; NULL: by cross-validation, for each metric */
    const char *terms;   /* "additive", "pairs", "triples" or "full"; NULL: additive */
    const char *scale;   /* with "paper": "none", "reciprocal" or "power"; NULL: none */
    const char *augment; /* NULL, or "classes": a measurement counts for all networks that compute the same function */
    const char *
        inputs; /* NULL, or a CSV of numbers known beforehand for networks (scores, FLOPs, accuracies after few epochs) */
    int threads; /* 0: all cores. The answer does not depend on it. */
} mn_fit_options;

MN_API mn_fit_options mn_fit_default_options(void);

/* How one metric was fitted. Errors are in the metric's unit. */
typedef struct mn_fit_figures {
    const char *metric, *method, *terms;
    const char *model;         /* what the method chose, in words */
    int networks;              /* measured */
    int parameters;            /* of the model */
    double degrees_of_freedom; /* that the fit spends: fewer than parameters where it shrinks them */
    double leave_one_out_rmse; /* each network predicted from the others; NaN where the method has no such figure */
    double leave_one_out_within_10_percent; /* share of those predictions within 10 % of the measurement */
    double cross_validation;                /* loss by which the method was chosen; NaN when it was given */
    double residual;                        /* standard deviation of a measurement about the fit */
    double repeat_deviation;                /* of repeats of one network; NaN without repeats */
} mn_fit_figures;

/* Fits a table of the space's nodes and blocks to the measurements. MN_USAGE: an unknown name, a method that the metric does not allow;
 * MN_BAD_INPUT: too few measurements, with the node and block about which they say nothing. */
MN_API mn_status mn_fit_create(const mn_table *space, const mn_measurements *measurements,
                               const mn_fit_options *options, mn_fit **fit);
MN_API void mn_fit_free(mn_fit *fit);
MN_API const mn_table *mn_fit_table(const mn_fit *fit); /* lives as long as the fit */
MN_API int mn_fit_metric_count(const mn_fit *fit);
MN_API const mn_fit_figures *mn_fit_metric(const mn_fit *fit, int metric);
MN_API int mn_fit_note_count(const mn_fit *fit); /* what a user should know: sentences */
MN_API const char *mn_fit_note(const mn_fit *fit, int note);

/* ---- plans -------------------------------------------------------------------------------------------------------------- */

typedef struct mn_plan_options {
    const char *
        method; /* "paper", "all", "random", "d-optimal", "orthogonal", "imse", "adaptive" or "ei" (docs/fit.md); NULL: imse,
                         * and adaptive with measurements */
    uint64_t count; /* 0: as many as the method needs, else 25; paper, all and orthogonal take no other */
    uint64_t seed;
    const char *metric; /* what adaptive and ei fit, one of the measurements'; NULL: their first */
    int threads;        /* 0: all cores. The answer does not depend on it. */
} mn_plan_options;

MN_API mn_plan_options mn_plan_default_options(void);

/* Which networks to measure, in order. measurements: those so far, or NULL; no network that computes the same function as one of them is
 * proposed again. MN_USAGE: an unknown name, a count that the method or the space does not allow. */
MN_API mn_status mn_plan_create(const mn_table *space, const mn_measurements *measurements,
                                const mn_plan_options *options, mn_plan **plan);
MN_API void mn_plan_free(mn_plan *plan);
MN_API uint64_t mn_plan_count(const mn_plan *plan);
MN_API const uint16_t *mn_plan_networks(const mn_plan *plan); /* [count][nodes] */
MN_API const char *mn_plan_used_method(const mn_plan *plan);
MN_API const char *mn_plan_note(const mn_plan *plan); /* what a user should know; "" when nothing */

/* ---- comparison with measured truth ------------------------------------------------------------------------------------- */

/* A CSV or .csv.gz of networks (columns as mn_networks_read) and metrics; or the name of a shipped space ("nasbench201"), whose
 * truth.csv.gz is looked for where tables are. */
MN_API mn_status mn_truth_read(const mn_table *table, const char *path, mn_truth **truth);
MN_API void mn_truth_free(mn_truth *truth);
MN_API const char *mn_truth_path(const mn_truth *truth); /* the file it was read from; "" when that failed */
MN_API uint64_t mn_truth_count(const mn_truth *truth);
MN_API const uint16_t *mn_truth_networks(const mn_truth *truth);          /* [count][nodes] */
MN_API int mn_truth_find_column(const mn_truth *truth, const char *name); /* -1 when there is none */
MN_API int mn_truth_column_count(const mn_truth *truth);
MN_API const char *mn_truth_column_name(const mn_truth *truth, int column);
MN_API const double *mn_truth_column(const mn_truth *truth, int column); /* [count]; NaN: not measured */

typedef struct mn_evaluation {
    uint64_t count; /* networks compared */
    double kendall_tau, spearman, pearson, rmse, mae;
    double within_5_percent, within_10_percent; /* shares, 0 to 1 */
    double
        regret; /* best truth minus the truth of the network that the table ranks first, in the metric's unit, >= 0 */
    uint64_t chosen;      /* row of the network that the table ranks first */
    uint64_t true_best;   /* row of the best truth */
    uint64_t chosen_rank; /* 1 + number of networks with a better truth */
    double top_recall
        [3]; /* share of the truly best 10, 100, 1000 among the predicted best 10, 100, 1000; NaN when fewer */
    double within_1_error,
        within_2_errors; /* share of truths within 1 and 2 standard errors of the table; NaN: it has none */
    double error_ratio;  /* root mean square of (truth - prediction) / standard error: 1 when the errors are right */
} mn_evaluation;

/* Tells the truth which networks a fit has seen, for the subset "unmeasured": rows of their function classes do not belong to it. */
MN_API mn_status mn_truth_set_measured(mn_truth *truth, const mn_table *table, const mn_networks *measured);

/* Compares predictions of `metric` with the truth's column.
 * subset  "all", "reachable" (cells: no operation that cannot influence the output) or "unmeasured" (mn_truth_set_measured)
 * Kendall's tau-b by merge counting (Knight 1966), Spearman with mid-ranks. */
MN_API mn_status mn_evaluate(const mn_table *table, int metric, mn_truth *truth, int column, const char *subset,
                             mn_evaluation *evaluation);

/* Whether figures of mn_evaluate test what a fitted metric predicts, or say how well it fits what it has seen. */
typedef enum mn_fit_seen {
    MN_SEEN_NOT_FITTED, /* the table says of no fit */
    MN_SEEN_UNKNOWN,    /* some of the truth's networks may have been measured for the fit */
    MN_SEEN_NONE,       /* the subset is "unmeasured" */
    MN_SEEN_SAME_FILE,  /* the fit's measurements had the truth's file name */
    MN_SEEN_ALL         /* all admissible networks were measured for the fit */
} mn_fit_seen;

MN_API mn_fit_seen mn_truth_seen(const mn_truth *truth, const mn_table *table, int metric, const char *subset);

/* rows [mn_truth_count]: those that mn_evaluate compares, in the networks' lexicographic order; `count` of them. */
MN_API mn_status mn_evaluate_rows(const mn_table *table, mn_truth *truth, int column, const char *subset,
                                  uint64_t *rows, uint64_t *count);

typedef struct mn_limit_regret {
    int limits;         /* drawn */
    double mean, worst; /* regret, in the metric's unit, >= 0 */
    double share_best;  /* of limits at which the truly best network was chosen, 0 to 1 */
} mn_limit_regret;

/* Regret under random limits on a metric that is better when lower, such as latency: a limit is the predicted `cost` of a network drawn at
 * random from the subset; the network that the table ranks first among those within the limit is compared with the truly best of
 * them. The same for a seed everywhere. */
MN_API mn_status mn_evaluate_limits(const mn_table *table, int metric, int cost, mn_truth *truth, int column,
                                    const char *subset, int limits, uint64_t seed, mn_limit_regret *regret);

typedef struct mn_rank {
    double value;      /* the truth of the network */
    uint64_t rank;     /* 1 + number of networks that meet the limits and have a better truth */
    uint64_t count;    /* measured networks that meet the limits */
    uint64_t best;     /* row of the best of them */
    double best_value; /* NaN when count is 0 */
    bool meets;        /* whether the network itself meets them */
} mn_rank;

/* What the truth says of one network among those that meet the solver's limits (at their present values, by the predictions of its
 * first table), fixed and forbidden blocks and rules. MN_USAGE when the truth does not hold the network. */
MN_API mn_status mn_truth_rank(mn_truth *truth, int column, const mn_solver *solver, const uint16_t *network,
                               bool higher_is_better, mn_rank *rank);

#ifdef __cplusplus
}
#endif
#endif
