#include "host/fit/choose.h"
#include "host/core/memory.h"
#include "host/core/random.h"
#include "host/fit/differences.h"
#include "host/fit/evaluate.h"
#include "host/fit/live_fit.h"
#include "host/fit/scaled.h"

#include <math.h>
#include <stdio.h>

const char *const mn_fit_method_names[MN_FIT_METHODS] = {NULL, "paper", "least-squares", "ridge", "robust", "process"};
const char *const mn_fit_terms_names[MN_FIT_TERMS] = {"additive", "pairs", "triples", "full"};

enum { MOST_CANDIDATES = 16, FOLDS = 10, FEW_FOLDS = 2 };

typedef struct candidate {
    mn_fit_method method;
    mn_linear_model model;
    bool live; /* of live edges alone (live_fit.h) */
} candidate;

typedef struct choice {
    const mn_metric_request *request;
    bool relative; /* the metric is a positive cost: errors count as shares */
    candidate candidates[MOST_CANDIDATES];
    int count;
} choice;

/* ---- candidates ----------------------------------------------------------------------------------------------------------------- */

static bool is_positive_cost(const mn_metric_request *request)
{
    for (int row = 0; row < request->samples->count; row++)
        if (!(request->samples->targets[row] > 0))
            return false;
    return !request->higher_is_better;
}

/* Adds a candidate whose samples say something of every block; otherwise `error` keeps the sentence. */
static void add(choice *c, mn_fit_method method, mn_linear_model model, mn_error *error)
{
    if (mn_linear_check(c->request->samples, &model, error) == MN_OK)
        c->candidates[c->count++] = (candidate){method, model, false};
}

/* Only where the choice is free: their table is one factor over all nodes. */
static void add_live(choice *c)
{
    const mn_metric_request *request = c->request;
    if (request->method != MN_FIT_CHOOSE || request->terms != MN_FIT_DEFAULT_TERMS || !c->relative ||
        request->samples->averages || !mn_live_fit_possible(request->samples->table))
        return;
    for (mn_loss loss = MN_LOSS_HUBER; loss <= MN_LOSS_BISQUARE; loss++)
        c->candidates[c->count++] = (candidate){MN_FIT_ROBUST, {.counts = true, .relative = true, .loss = loss}, true};
}

static void add_robust(choice *c, int order, bool can_count, mn_error *error)
{
    for (mn_loss loss = MN_LOSS_HUBER; loss <= MN_LOSS_BISQUARE; loss++) {
        const mn_linear_model plain = {.order = order, .shrink = true, .relative = c->relative, .loss = loss};
        mn_linear_model counted = plain, counts = plain;
        counted.counts = counts.counts = true;
        counts.order = 0;
        counts.shrink = false;
        if (can_count) {
            add(c, MN_FIT_ROBUST, counts, error);
            add(c, MN_FIT_ROBUST, counted, error);
        }
        add(c, MN_FIT_ROBUST, plain, error);
    }
}

static void list_candidates(choice *c, mn_error *error)
{
    const mn_metric_request *request = c->request;
    const mn_fit_method method = request->method;
    const int order = request->terms < MN_FIT_FULL ? (int)request->terms + 1 : 1;
    const bool inputs = request->samples->input_count > 0; /* they take the place of counts */
    const bool can_count = !inputs && mn_terms_can_count(request->samples->table);
    if (inputs && (method == MN_FIT_PAPER || method == MN_FIT_LEAST_SQUARES)) {
        mn_fail(error, MN_USAGE, "inputs go with method ridge, robust or process");
        return;
    }
    if ((method == MN_FIT_PROCESS || method == MN_FIT_CHOOSE) && request->features)
        c->candidates[c->count++] = (candidate){.method = MN_FIT_PROCESS};
    if (request->terms == MN_FIT_FULL && method != MN_FIT_PROCESS)
        mn_fail(error, MN_USAGE,
                "terms full: one term over all nodes is what method process gives; others have additive, "
                "pairs or triples");
    if (request->terms == MN_FIT_FULL)
        return;
    if (method == MN_FIT_LEAST_SQUARES)
        add(c, MN_FIT_LEAST_SQUARES, (mn_linear_model){.order = order}, error);
    if (method == MN_FIT_RIDGE || method == MN_FIT_CHOOSE) {
        add(c, MN_FIT_RIDGE, (mn_linear_model){.order = order, .shrink = true}, error);
        if (can_count)
            add(c, MN_FIT_RIDGE, (mn_linear_model){.order = order, .shrink = true, .counts = true}, error);
    }
    if (method == MN_FIT_ROBUST || method == MN_FIT_CHOOSE)
        add_robust(c, order, can_count, error);
    if (can_count)
        add_live(c);
}

/* ---- cross-validation ----------------------------------------------------------------------------------------------------------- */

/* A fold for each sample, -1 for those beyond MN_CHOOSE_ROWS: a shuffle that is the same everywhere. */
static void deal_folds(int *fold_of, int count, int folds)
{
    uint64_t state = 201;
    for (int i = 0; i < count; i++)
        fold_of[i] = i < MN_CHOOSE_ROWS ? i % folds : -1;
    for (int i = count - 1; i > 0; i--) {
        const int j = (int)(mn_random_next(&state) % (uint64_t)(i + 1)), swap = fold_of[i];
        fold_of[i] = fold_of[j];
        fold_of[j] = swap;
    }
}

/* Samples outside a fold, in arrays of their own. */
typedef struct training {
    mn_samples samples;
    uint16_t *networks;
    double *targets, *weights;
} training;

static bool open_training(training *t, const mn_samples *all)
{
    const size_t count = (size_t)all->count, nodes = (size_t)all->table->node_count;
    t->networks = mn_new_array(count * nodes, sizeof *t->networks);
    t->targets = mn_new_array(count, sizeof *t->targets);
    t->weights = mn_new_array(count, sizeof *t->weights);
    t->samples = (mn_samples){.table = all->table,
                              .networks = t->networks,
                              .targets = t->targets,
                              .weights = t->weights,
                              .averages = all->averages,
                              .input_count = all->input_count,
                              .inputs = all->inputs,
                              .cancel = all->cancel};
    return t->networks && t->targets && t->weights;
}

static void close_training(training *t)
{
    free(t->networks);
    free(t->targets);
    free(t->weights);
}

static void leave_fold(training *t, const mn_samples *all, const int *fold_of, int fold)
{
    const size_t nodes = (size_t)all->table->node_count;
    t->samples.count = 0;
    for (int row = 0; row < all->count; row++) {
        if (fold_of[row] == fold || fold_of[row] < 0)
            continue;
        const size_t at = (size_t)t->samples.count++;
        memcpy(t->networks + at * nodes, all->networks + (size_t)row * nodes, nodes * sizeof *t->networks);
        t->targets[at] = all->targets[row];
        t->weights[at] = all->weights[row];
    }
}

static mn_fit_terms terms_of(const mn_metric_request *request, mn_fit_method method)
{
    if (request->terms != MN_FIT_DEFAULT_TERMS)
        return request->terms;
    const bool held = request->samples->table->count <= MN_MAX_BLOCKS && request->samples->table->node_count > 1;
    return method == MN_FIT_PROCESS && held ? MN_FIT_FULL : MN_FIT_ADDITIVE;
}

static mn_process_request process_request(const mn_metric_request *request, const mn_samples *samples)
{
    static const mn_distill_terms terms[] = {MN_DISTILL_ADDITIVE, MN_DISTILL_PAIRS, MN_DISTILL_TRIPLES,
                                             MN_DISTILL_FULL};
    return (mn_process_request){.samples = samples,
                                .features = request->features,
                                .upper = request->upper,
                                .chance = request->chance,
                                .terms = terms[terms_of(request, MN_FIT_PROCESS)],
                                .threads = request->threads};
}

/* Predictions of a fold by what takes its networks as a list: the process, or live edges, fitted to the others. */
static mn_status predict_list(const choice *c, const candidate *one, const training *t, const int *fold_of, int fold,
                              double *predicted, mn_error *error)
{
    const mn_samples *all = c->request->samples;
    const size_t nodes = (size_t)all->table->node_count;
    uint16_t *networks = mn_new_array((size_t)all->count * nodes, sizeof *networks);
    double *values = mn_new_array((size_t)all->count, sizeof *values);
    int count = 0;
    for (int row = 0; row < all->count && networks; row++)
        if (fold_of[row] == fold)
            memcpy(networks + (size_t)count++ * nodes, all->networks + (size_t)row * nodes, nodes * sizeof *networks);
    const mn_process_request request = process_request(c->request, &t->samples);
    mn_status status = networks && values ? MN_OK : mn_fail_memory(error);
    if (status == MN_OK)
        status = one->live ? mn_live_fit_predict(&t->samples, &one->model, networks, count, error, values)
                           : mn_process_fit_predict(&request, networks, count, error, values);
    count = 0;
    for (int row = 0; row < all->count && status == MN_OK; row++)
        if (fold_of[row] == fold)
            predicted[row] = values[count++];
    free(networks);
    free(values);
    return status;
}

static mn_status predict_by_linear(const choice *c, const candidate *one, const training *t, const int *fold_of,
                                   int fold, double *predicted, mn_error *error)
{
    const mn_samples *all = c->request->samples;
    mn_linear_fit *fit = NULL;
    mn_status status = mn_linear_fit_create(&t->samples, &one->model, false, error, &fit);
    double *scratch = status == MN_OK ? mn_new_array((size_t)fit->coefficient_count, sizeof *scratch) : NULL;
    if (status == MN_OK && !scratch)
        status = mn_fail_memory(error);
    for (int row = 0; row < all->count && status == MN_OK; row++)
        if (fold_of[row] == fold)
            predicted[row] =
                mn_linear_fit_predict(fit, all->networks + (size_t)row * (size_t)all->table->node_count, scratch);
    free(scratch);
    mn_linear_fit_free(fit);
    return status;
}

/* predicted [count]: each sample of the first `folds` folds from the folds that do not hold it. */
static mn_status predict_folds(const choice *c, const candidate *one, const int *fold_of, int folds, double *predicted,
                               mn_error *error)
{
    const mn_samples *all = c->request->samples;
    training t = {0};
    mn_status status = open_training(&t, all) ? MN_OK : mn_fail_memory(error);
    for (int fold = 0; fold < folds && status == MN_OK; fold++) {
        leave_fold(&t, all, fold_of, fold);
        status = one->live || one->method == MN_FIT_PROCESS
                     ? predict_list(c, one, &t, fold_of, fold, predicted, error)
                     : predict_by_linear(c, one, &t, fold_of, fold, predicted, error);
    }
    close_training(&t);
    return status;
}

/* The loss of choose.h over the samples of the first `folds` folds. predicted [count]; kept [2 * count] is scratch. */
static mn_status loss_of(const choice *c, const int *fold_of, int folds, const double *predicted, double *kept,
                         double *loss, mn_error *error)
{
    const mn_samples *samples = c->request->samples;
    double sum = 0, weights = 0, tau, *targets = kept + samples->count;
    uint64_t count = 0;
    for (int row = 0; row < samples->count; row++) {
        const double target = samples->targets[row];
        if (fold_of[row] < 0 || fold_of[row] >= folds)
            continue;
        sum += c->relative ? samples->weights[row] * fmin(fabs(predicted[row] - target) / target, 0.3) : 0;
        weights += samples->weights[row];
        kept[count] = predicted[row];
        targets[count++] = target;
    }
    *loss = sum / weights;
    if (c->relative)
        return MN_OK;
    const mn_status status = mn_kendall_tau_b(kept, targets, count, error, &tau);
    *loss = status == MN_OK && !isnan(tau) ? 1 - tau : 1;
    return status;
}

/* The candidate of least loss, the first of those alike. One whose folds cannot be fitted has no loss. */
static mn_status cross_validate(const choice *c, int *best, double *best_loss, mn_error *error)
{
    const int count = c->request->samples->count, dealt = count < 2 * FOLDS ? count : FOLDS;
    const int items = c->request->samples->table->item_count;
    const int folds = count < MN_CHOOSE_PLENTY || items < MN_CHOOSE_WIDE ? dealt : FEW_FOLDS;
    int *fold_of = mn_new_array((size_t)count, sizeof *fold_of);
    double *predicted = mn_new_array(3 * (size_t)count, sizeof *predicted);
    mn_status status = fold_of && predicted ? MN_OK : mn_fail_memory(error);
    if (status == MN_OK)
        deal_folds(fold_of, count, dealt);
    *best_loss = INFINITY;
    *best = 0;
    for (int i = 0; i < c->count && status == MN_OK; i++) {
        double loss = INFINITY;
        mn_error inner = {0};
        const mn_status fitted = predict_folds(c, &c->candidates[i], fold_of, folds, predicted, &inner);
        if (fitted == MN_FAILURE || fitted == MN_INTERRUPTED)
            status = mn_fail(error, fitted, "%s", inner.text);
        else if (fitted == MN_OK)
            status = loss_of(c, fold_of, folds, predicted, predicted + count, &loss, error);
        if (status == MN_OK && loss < *best_loss) {
            *best_loss = loss;
            *best = i;
        }
    }
    free(fold_of);
    free(predicted);
    return status;
}

/* ---- the outcome ---------------------------------------------------------------------------------------------------------------- */

/* Node values, base and their errors from the coefficients. */
static mn_status read_values(const mn_linear_fit *fit, mn_fitted *fitted, mn_error *error)
{
    const mn_terms *terms = fit->terms;
    double *weights = mn_new_array((size_t)fit->coefficient_count, sizeof *weights);
    if (!weights)
        return mn_fail_memory(error);
    weights[0] = 1;
    fitted->base = mn_linear_fit_value(fit, weights, &fitted->base_error);
    for (int node = 0; node < terms->table->node_count; node++) {
        const mn_term counted = {.node_count = 1, .nodes = {node}};
        const mn_term *term = fit->model.order > 0 ? &terms->terms[node] : &counted;
        for (int item = terms->table->first[node]; item < terms->table->first[node + 1]; item++) {
            const uint16_t block = (uint16_t)(item - terms->table->first[node]);
            mn_terms_functional(terms, term, &block, weights);
            fitted->values[item] = mn_linear_fit_value(fit, weights, &fitted->errors[item]);
        }
    }
    free(weights);
    return MN_OK;
}

/* The terms of several nodes: a value for every combination of their blocks. */
static mn_status read_factor(const mn_linear_fit *fit, const mn_term *term, double *weights, mn_error *error,
                             mn_fitted_factor *factor)
{
    const mn_table *table = fit->terms->table;
    size_t count = 1;
    for (int i = 0; i < term->node_count; i++)
        count *= (size_t)table->nodes[term->nodes[i]].block_count;
    factor->node_count = term->node_count;
    factor->nodes = mn_new_array((size_t)term->node_count, sizeof *factor->nodes);
    factor->values = mn_new_array(count, sizeof(double));
    factor->errors = mn_new_array(count, sizeof(double));
    if (!factor->nodes || !factor->values || !factor->errors)
        return mn_fail_memory(error);
    memcpy(factor->nodes, term->nodes, (size_t)term->node_count * sizeof *factor->nodes);
    factor->value_count = count;
    for (size_t k = 0; k < count; k++) {
        uint16_t blocks[MN_TERM_NODES];
        size_t rest = k;
        for (int i = term->node_count - 1; i >= 0; i--) {
            blocks[i] = (uint16_t)(rest % (size_t)table->nodes[term->nodes[i]].block_count);
            rest /= (size_t)table->nodes[term->nodes[i]].block_count;
        }
        mn_terms_functional(fit->terms, term, blocks, weights);
        factor->values[k] = mn_linear_fit_value(fit, weights, &factor->errors[k]);
    }
    return MN_OK;
}

static mn_status read_factors(const mn_linear_fit *fit, mn_fitted *fitted, mn_error *error)
{
    const mn_terms *terms = fit->terms;
    double *weights = mn_new_array((size_t)fit->coefficient_count, sizeof *weights);
    fitted->factors = mn_new_array((size_t)terms->term_count, sizeof *fitted->factors);
    mn_status status = weights && fitted->factors ? MN_OK : mn_fail_memory(error);
    for (int i = 0; i < terms->term_count && status == MN_OK; i++)
        if (terms->terms[i].node_count > 1 && terms->terms[i].count > 0)
            status = read_factor(fit, &terms->terms[i], weights, error, &fitted->factors[fitted->factor_count++]);
    free(weights);
    return status;
}

static mn_status fit_linear(const mn_metric_request *request, const candidate *one, mn_error *error, mn_fitted **result)
{
    mn_linear_fit *fit = NULL;
    mn_fitted *fitted = mn_fitted_new(request->samples->table);
    mn_status status =
        fitted ? mn_linear_fit_create(request->samples, &one->model, true, error, &fit) : mn_fail_memory(error);
    if (status == MN_OK)
        status = read_values(fit, fitted, error);
    if (status == MN_OK && fit->model.order > 1)
        status = read_factors(fit, fitted, error);
    if (status == MN_OK) {
        fitted->method = mn_fit_method_names[one->method];
        mn_linear_fit_describe(fit, fitted->model, sizeof fitted->model);
        fitted->parameters = fit->coefficient_count;
        fitted->freedom = fit->freedom;
        fitted->residual = fit->residual;
        fitted->leave_one_out = fit->leave_one_out;
        fit->leave_one_out = NULL;
        *result = fitted;
    } else {
        mn_fitted_free(fitted);
    }
    mn_linear_fit_free(fit);
    return status;
}

static mn_status fit_candidate(const mn_metric_request *request, const candidate *one, mn_error *error,
                               mn_fitted **fitted)
{
    if (one->live)
        return mn_live_fit_metric(request->samples, &one->model, error, fitted);
    if (one->method != MN_FIT_PROCESS)
        return fit_linear(request, one, error, fitted);
    const mn_process_request process = process_request(request, request->samples);
    return mn_process_fit_metric(&process, error, fitted);
}

static mn_status fit_paper(const mn_metric_request *request, mn_error *error, mn_fitted **fitted)
{
    int reference;
    mn_error inner = {0};
    if (request->terms != MN_FIT_ADDITIVE && request->terms != MN_FIT_DEFAULT_TERMS)
        return mn_fail(error, MN_USAGE, "metric \"%s\": method paper gives additive terms", request->metric);
    mn_status status = mn_fit_differences(request->samples, request->repeat_variance, &inner, fitted, &reference);
    if (status == MN_OK && request->scale != MN_FIT_UNSCALED) {
        double exponent = -1;
        if (request->scale == MN_FIT_POWER)
            status = mn_fit_exponent(request->samples, *fitted, reference, request->capability,
                                     request->mean_capability, &inner, &exponent);
        (*fitted)->exponent = exponent;
        const size_t length = strlen((*fitted)->model);
        snprintf((*fitted)->model + length, sizeof(*fitted)->model - length, ", scaled by FLOPs to the power %.4g",
                 exponent);
    }
    if (status == MN_OK)
        return MN_OK;
    mn_fitted_free(*fitted);
    *fitted = NULL;
    return mn_fail(error, status, "metric \"%s\": %s", request->metric, inner.text);
}

mn_status mn_fit_one_metric(const mn_metric_request *request, mn_error *error, mn_fitted **fitted, mn_fit_terms *terms)
{
    *fitted = NULL;
    *terms = MN_FIT_ADDITIVE;
    if (request->method == MN_FIT_PAPER && !request->samples->input_count)
        return fit_paper(request, error, fitted);
    choice c = {.request = request, .relative = is_positive_cost(request)};
    mn_error missing = {.status = MN_USAGE, .text = "the method cannot be used here"};
    list_candidates(&c, &missing);
    if (c.count == 0)
        return mn_fail(error, missing.status, "metric \"%s\": %s", request->metric, missing.text);
    int best = 0;
    double loss = NAN;
    mn_status status = c.count > 1 ? cross_validate(&c, &best, &loss, error) : MN_OK;
    if (status == MN_OK)
        status = fit_candidate(request, &c.candidates[best], error, fitted);
    if (status == MN_OK) {
        (*fitted)->loss = loss;
        *terms = c.candidates[best].live ? MN_FIT_FULL : terms_of(request, c.candidates[best].method);
    }
    return status;
}
