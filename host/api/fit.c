/* A table fitted to measurements: each metric by its method, rounded to its resolution. */
#include "host/api/handle.h"
#include "host/core/memory.h"
#include "host/core/skeleton.h"
#include "host/files/measurements_file.h"
#include "host/fit/choose.h"
#include "host/fit/fit_record.h"
#include "host/fit/fitted_metric.h"
#include "host/fit/inputs.h"
#include "host/fit/lapack.h"
#include "host/fit/measurements.h"

#include <math.h>
#include <stdio.h>

struct mn_fit {
    mn_error error; /* first: mn_last_error */
    mn_table *table;
    int metric_count;
    mn_fit_figures *figures;
    mn_fitted **fitted; /* [metric_count] */
    int note_count;
    char **notes;
};

mn_fit_options mn_fit_default_options(void)
{
    return (mn_fit_options){0};
}

/* ---- options -------------------------------------------------------------------------------------------------------------------- */

typedef struct request {
    const mn_table *space;
    const mn_measurements *measurements;
    mn_fit_method method;
    mn_fit_terms terms;
    mn_fit_scale scale;
    int scaled;        /* the metric that the scale is about, -1: none */
    double mean_flops; /* of the space, for the scale */
    int64_t *flops;    /* [items] and their base: FLOPs as a table */
    int64_t flops_base;
    mn_inputs inputs;      /* with --inputs */
    mn_averages *averages; /* with --augment classes */
    int threads;
    const mn_cancel *cancel;
    mn_features *features[2]; /* of the process, by mn_feature_kind; NULL: no process */
} request;

static mn_status read_method(const char *name, mn_fit_method *method, mn_error *error)
{
    *method = MN_FIT_CHOOSE;
    if (!name)
        return MN_OK;
    for (mn_fit_method i = 1; i < MN_FIT_METHODS; i++)
        if (!strcmp(name, mn_fit_method_names[i])) {
            *method = i;
            return MN_OK;
        }
    return mn_fail(error, MN_USAGE,
                   "method \"%.100s\": expected paper, least-squares, ridge, robust or process (or none: chosen by "
                   "cross-validation)",
                   name);
}

static mn_status read_scale(const char *name, const request *r, mn_fit_scale *scale, mn_error *error)
{
    static const char *const names[] = {"none", "reciprocal", "power"};
    *scale = MN_FIT_UNSCALED;
    if (!name)
        return MN_OK;
    for (int i = 0; i < 3; i++)
        if (!strcmp(name, names[i]))
            *scale = (mn_fit_scale)i;
    if (*scale == MN_FIT_UNSCALED && strcmp(name, names[0]))
        return mn_fail(error, MN_USAGE, "scale \"%.100s\": expected none, reciprocal or power", name);
    if (*scale != MN_FIT_UNSCALED && r->method != MN_FIT_PAPER)
        return mn_fail(error, MN_USAGE, "scale \"%s\" goes with method paper", name);
    return MN_OK;
}

static mn_status read_augment(const char *name, request *r, mn_error *error)
{
    if (!name)
        return MN_OK;
    if (strcmp(name, "classes"))
        return mn_fail(error, MN_USAGE, "augment \"%.100s\": expected classes", name);
    if (r->method == MN_FIT_PAPER)
        return mn_fail(error, MN_USAGE, "augment classes: method paper takes its measurements as they are");
    return mn_averages_create(r->space, error, &r->averages);
}

static mn_status read_inputs(const char *path, request *r, mn_error *error)
{
    mn_measured measured;
    if (!path)
        return MN_OK;
    mn_status status = mn_measurements_file_read(r->space, path, error, &measured);
    if (status == MN_OK)
        status = mn_inputs_make(r->space, path, &measured, error, &r->inputs);
    mn_measured_clear(&measured);
    return status;
}

static mn_status read_terms(const char *name, mn_fit_terms *terms, mn_error *error)
{
    *terms = MN_FIT_DEFAULT_TERMS;
    if (!name)
        return MN_OK;
    for (mn_fit_terms i = 0; i < MN_FIT_TERMS; i++)
        if (!strcmp(name, mn_fit_terms_names[i])) {
            *terms = i;
            return MN_OK;
        }
    return mn_fail(error, MN_USAGE, "terms \"%.100s\": expected additive, pairs, triples or full", name);
}

/* ---- one metric ----------------------------------------------------------------------------------------------------------------- */

/* The networks that have a value, in arrays of their own. */
static mn_status select_samples(const request *r, const mn_measured_metric *metric, mn_samples *samples,
                                uint16_t **networks, double **numbers, mn_error *error)
{
    const size_t nodes = (size_t)r->space->node_count, most = (size_t)r->measurements->count;
    *networks = mn_new_array(most * nodes, sizeof **networks);
    *numbers = mn_new_array(2 * most, sizeof **numbers);
    if (!*networks || !*numbers)
        return mn_fail_memory(error);
    int count = 0;
    for (size_t row = 0; row < most; row++) {
        if (metric->repeats[row] == 0)
            continue;
        memcpy(*networks + (size_t)count * nodes, r->measurements->networks + row * nodes, nodes * sizeof **networks);
        (*numbers)[count] = metric->values[row];
        (*numbers)[most + (size_t)count++] = metric->weights[row];
    }
    *samples = (mn_samples){r->space,    *networks,       *numbers,           *numbers + most, count,
                            r->averages, r->inputs.count, r->inputs.additive, r->cancel};
    return count > 0 ? MN_OK : mn_fail(error, MN_BAD_INPUT, "metric \"%s\": no network has a value", metric->name);
}

/* FLOPs of the space as a table, from one-block changes of the network of first blocks: the skeleton's FLOPs are sums over its blocks. */
static mn_status find_flops(request *r, mn_error *error)
{
    const mn_table *space = r->space;
    uint16_t *network = mn_new_array((size_t)space->node_count, sizeof *network);
    r->flops = mn_new_array((size_t)space->item_count, sizeof *r->flops);
    mn_cost origin = {0}, cost;
    mn_status status = network && r->flops ? MN_OK : mn_fail_memory(error);
    if (status == MN_OK && (!space->skeleton || !mn_skeleton_cost(space, network, &origin)))
        status = mn_fail(error, MN_USAGE, "scale: the space \"%s\" tells no FLOPs of its networks (key \"network\")",
                         space->name);
    r->flops_base = origin.flops;
    r->mean_flops = (double)origin.flops;
    for (int node = 0; node < space->node_count && status == MN_OK; node++) {
        double sum = 0;
        for (int block = 0; block < space->nodes[node].block_count; block++) {
            network[node] = (uint16_t)block;
            mn_skeleton_cost(space, network, &cost);
            r->flops[space->first[node] + block] = cost.flops - origin.flops;
            sum += (double)(cost.flops - origin.flops);
        }
        network[node] = 0;
        r->mean_flops += sum / space->nodes[node].block_count;
    }
    free(network);
    return status;
}

static mn_status prepare_scale(request *r, mn_error *error)
{
    r->scaled = -1;
    for (int i = 0; i < r->measurements->metric_count && r->scale != MN_FIT_UNSCALED && r->scaled < 0; i++)
        if (r->measurements->metrics[i].higher_is_better)
            r->scaled = i;
    if (r->scale == MN_FIT_UNSCALED)
        return MN_OK;
    if (r->scaled < 0)
        return mn_fail(error, MN_USAGE, "scale: the measurements have no metric of which more is better");
    return find_flops(r, error);
}

/* [samples] FLOPs of each network. */
static double *capability_of(const request *r, const mn_samples *samples)
{
    double *capability = mn_new_array((size_t)samples->count, sizeof *capability);
    for (int row = 0; row < samples->count && capability; row++) {
        const uint16_t *network = samples->networks + (size_t)row * (size_t)r->space->node_count;
        int64_t sum = r->flops_base;
        for (int node = 0; node < r->space->node_count; node++)
            sum += r->flops[r->space->first[node] + network[node]];
        capability[row] = (double)sum;
    }
    return capability;
}

static void find_figures(const mn_samples *samples, const mn_measured_metric *metric, const char *terms,
                         const mn_fitted *fitted, mn_fit_figures *figures)
{
    *figures = (mn_fit_figures){.metric = metric->name,
                                .method = fitted->method,
                                .terms = terms,
                                .model = fitted->model,
                                .networks = samples->count,
                                .parameters = fitted->parameters,
                                .degrees_of_freedom = fitted->freedom,
                                .leave_one_out_rmse = NAN,
                                .leave_one_out_within_10_percent = NAN,
                                .cross_validation = fitted->loss,
                                .residual = fitted->residual,
                                .repeat_deviation = sqrt(metric->repeat_variance)};
    if (!fitted->leave_one_out)
        return;
    double squares = 0, weights = 0;
    int within = 0, counted = 0;
    for (int row = 0; row < samples->count; row++) {
        const double off = fabs(fitted->leave_one_out[row] - samples->targets[row]);
        if (isnan(off))
            continue; /* a constant network: known beforehand */
        squares += samples->weights[row] * off * off;
        weights += samples->weights[row];
        within += off <= 0.1 * fabs(samples->targets[row]);
        counted++;
    }
    figures->leave_one_out_rmse = sqrt(squares / weights);
    figures->leave_one_out_within_10_percent = (double)within / counted;
}

static mn_status fit_metric(const request *r, int index, mn_fit *fit)
{
    const mn_measured_metric *metric = &r->measurements->metrics[index];
    uint16_t *networks = NULL;
    double *numbers = NULL;
    mn_samples samples;
    mn_status status = select_samples(r, metric, &samples, &networks, &numbers, &fit->error);
    double *capability = NULL;
    const bool scaled = r->scaled == index;
    if (status == MN_OK && scaled && !(capability = capability_of(r, &samples)))
        status = mn_fail_memory(&fit->error);
    const mn_metric_request one = {
        .samples = &samples,
        .metric = metric->name,
        .higher_is_better = metric->higher_is_better,
        .repeat_variance = metric->repeat_variance,
        .method = r->method,
        .terms = r->terms,
        .features = r->features[metric->higher_is_better ? MN_FEATURES_FUNCTION : MN_FEATURES_COST],
        .upper = !strcmp(metric->unit, "%") ? 100 : NAN,
        .chance = metric->has_chance ? mn_to_double(metric->chance, metric->resolution) : NAN,
        .scale = scaled ? r->scale : MN_FIT_UNSCALED,
        .capability = capability,
        .mean_capability = r->mean_flops,
        .threads = r->threads};
    mn_fit_terms terms;
    if (status == MN_OK)
        status = mn_fit_one_metric(&one, &fit->error, &fit->fitted[index], &terms);
    if (status == MN_OK)
        find_figures(&samples, metric, mn_fit_terms_names[terms], fit->fitted[index], &fit->figures[index]);
    free(capability);
    free(networks);
    free(numbers);
    return status;
}

/* Features where the process may be used. Without LAPACK the choice goes on without it; a request for it fails. */
static mn_status make_features(request *r, mn_error *error)
{
    mn_error inner = {0};
    if (r->method != MN_FIT_PROCESS && r->method != MN_FIT_CHOOSE)
        return MN_OK;
    mn_status status = mn_lapack_load(&inner) ? MN_OK : inner.status;
    for (int kind = MN_FEATURES_FUNCTION; kind <= MN_FEATURES_COST && status == MN_OK; kind++) {
        bool needed = false;
        for (int i = 0; i < r->measurements->metric_count; i++)
            needed |= r->measurements->metrics[i].higher_is_better == (kind == MN_FEATURES_FUNCTION);
        if (needed)
            status = mn_features_create_with(r->space, (mn_feature_kind)kind, &r->inputs, &inner, &r->features[kind]);
    }
    if (status == MN_OK || (r->method == MN_FIT_CHOOSE && status != MN_FAILURE))
        return MN_OK;
    return mn_fail(error, status, "%s", inner.text);
}

/* ---- the table ------------------------------------------------------------------------------------------------------------------ */

static mn_status add_note(mn_fit *fit, const char *text)
{
    if (!mn_grow(&fit->notes, (size_t)fit->note_count + 1, sizeof *fit->notes))
        return mn_fail_memory(&fit->error);
    char *copy = mn_copy_text(text, strlen(text));
    if (!copy)
        return mn_fail_memory(&fit->error);
    fit->notes[fit->note_count++] = copy;
    return MN_OK;
}

/* The space's nodes, blocks, rules and keys, read again from its file; the fit owns the copy. */
static mn_status copy_space(const mn_table *space, mn_fit *fit)
{
    const mn_status status = mn_table_load(space->path, &fit->table);
    if (!fit->table)
        return mn_fail_memory(&fit->error);
    return status == MN_OK ? MN_OK : mn_fail(&fit->error, status, "%s", fit->table->error.text);
}

/* A metric "flops" of the skeleton's FLOPs. */
static mn_status add_flops(const request *r, mn_fit *fit, mn_metric *metric)
{
    metric->name = mn_copy_text("flops", 5);
    metric->unit = mn_copy_text("FLOPs", 5);
    metric->resolution = (mn_resolution){1, 0};
    metric->base = r->flops_base;
    metric->values = mn_new_array((size_t)fit->table->item_count, sizeof *metric->values);
    if (!metric->name || !metric->unit || !metric->values)
        return mn_fail_memory(&fit->error);
    memcpy(metric->values, r->flops, (size_t)fit->table->item_count * sizeof *metric->values);
    return MN_OK;
}

static mn_status set_scale(const request *r, mn_fit *fit)
{
    char text[160];
    const double exponent = fit->fitted[r->scaled]->exponent;
    if (r->scale == MN_FIT_RECIPROCAL)
        snprintf(text, sizeof text, "reciprocal=%.0f", r->mean_flops);
    else
        snprintf(text, sizeof text, "power=%.12g,%.9g", pow(r->mean_flops, -exponent), exponent);
    const mn_status status = mn_table_set_scale(fit->table, text, r->measurements->metrics[r->scaled].name, "flops");
    return status == MN_OK ? MN_OK : mn_fail(&fit->error, status, "%s", fit->table->error.text);
}

static mn_status fill_table(const request *r, mn_fit *fit)
{
    const bool flops = r->scaled >= 0 && mn_measurements_find(r->measurements, "flops") < 0;
    const int count = fit->metric_count + flops;
    mn_metric *metrics = mn_new_array((size_t)count, sizeof *metrics);
    mn_status status = metrics ? MN_OK : mn_fail_memory(&fit->error);
    for (int i = 0; i < fit->metric_count && status == MN_OK; i++) {
        char note[512] = "";
        status = mn_fitted_metric(fit->table, &r->measurements->metrics[i], fit->fitted[i], &fit->error, &metrics[i],
                                  note, sizeof note);
        if (status == MN_OK)
            status = mn_fit_record(r->measurements, &fit->figures[i], &fit->error, &metrics[i]);
        if (status == MN_OK && *note)
            status = add_note(fit, note);
    }
    if (status == MN_OK && flops)
        status = add_flops(r, fit, &metrics[fit->metric_count]);
    if (metrics) {
        const mn_status taken = mn_table_take_metrics(fit->table, metrics, count, fit->table->name);
        if (status == MN_OK && taken != MN_OK)
            status = mn_fail(&fit->error, taken, "%s", fit->table->error.text);
    }
    if (status == MN_OK)
        status = mn_fit_record_source(r->measurements, fit->table, &fit->error);
    return status == MN_OK && r->scaled >= 0 ? set_scale(r, fit) : status;
}

mn_status mn_fit_create(const mn_table *space, const mn_measurements *measurements, const mn_fit_options *options,
                        mn_fit **result)
{
    if (!result)
        return MN_USAGE;
    mn_fit *fit = *result = mn_new_array(1, sizeof *fit);
    if (!fit)
        return MN_FAILURE;
    if (!space || !space->diagram || !measurements || measurements->count < 1 ||
        measurements->node_count != space->node_count)
        return mn_fail(&fit->error, MN_USAGE,
                       "mn_fit_create: expected a loaded space and measurements of its networks");
    const mn_fit_options defaults = mn_fit_default_options();
    options = options ? options : &defaults;
    request r = {.space = space,
                 .measurements = measurements,
                 .scaled = -1,
                 .threads = options->threads,
                 .cancel = options->cancel};
    mn_status status = read_method(options->method, &r.method, &fit->error);
    if (status == MN_OK)
        status = read_terms(options->terms, &r.terms, &fit->error);
    if (status == MN_OK)
        status = read_scale(options->scale, &r, &r.scale, &fit->error);
    if (status == MN_OK)
        status = read_augment(options->augment, &r, &fit->error);
    if (status == MN_OK)
        status = read_inputs(options->inputs, &r, &fit->error);
    if (status == MN_OK)
        status = prepare_scale(&r, &fit->error);
    fit->figures = mn_new_array((size_t)measurements->metric_count, sizeof *fit->figures);
    fit->fitted = mn_new_array((size_t)measurements->metric_count, sizeof(mn_fitted *));
    if (status == MN_OK && (!fit->figures || !fit->fitted))
        status = mn_fail_memory(&fit->error);
    if (status == MN_OK)
        status = copy_space(space, fit);
    if (status == MN_OK) {
        fit->metric_count = measurements->metric_count;
        status = make_features(&r, &fit->error);
    }
    for (int i = 0; i < fit->metric_count && status == MN_OK; i++)
        status = fit_metric(&r, i, fit);
    mn_features_free(r.features[MN_FEATURES_FUNCTION]);
    mn_features_free(r.features[MN_FEATURES_COST]);
    if (status == MN_OK)
        status = fill_table(&r, fit);
    free(r.flops);
    mn_inputs_free(&r.inputs);
    mn_averages_free(r.averages);
    return status;
}

void mn_fit_free(mn_fit *fit)
{
    if (!fit)
        return;
    for (int i = 0; i < fit->metric_count; i++)
        mn_fitted_free(fit->fitted[i]);
    for (int i = 0; i < fit->note_count; i++)
        free(fit->notes[i]);
    free(fit->notes);
    free(fit->fitted);
    free(fit->figures);
    mn_table_free(fit->table);
    free(fit);
}

/* ---- questions ------------------------------------------------------------------------------------------------------------------ */

static bool is_done(const mn_fit *fit)
{
    return fit && fit->error.status == MN_OK && fit->table;
}

const mn_table *mn_fit_table(const mn_fit *fit)
{
    return is_done(fit) ? fit->table : NULL;
}

int mn_fit_metric_count(const mn_fit *fit)
{
    return is_done(fit) ? fit->metric_count : 0;
}

const mn_fit_figures *mn_fit_metric(const mn_fit *fit, int metric)
{
    return is_done(fit) && metric >= 0 && metric < fit->metric_count ? &fit->figures[metric] : NULL;
}

int mn_fit_note_count(const mn_fit *fit)
{
    return fit ? fit->note_count : 0;
}

const char *mn_fit_note(const mn_fit *fit, int note)
{
    return fit && note >= 0 && note < fit->note_count ? fit->notes[note] : "";
}
