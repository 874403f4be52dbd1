#include "host/fit/process_fit.h"
#include "host/core/memory.h"

#include <math.h>
#include <stdio.h>

static mn_status make_process(const mn_process_request *request, mn_error *error, mn_process **process)
{
    const mn_samples *samples = request->samples;
    mn_process_options options = mn_process_default_options();
    options.upper = request->upper;
    options.constant = request->chance;
    options.threads = request->threads;
    options.cancel = samples->cancel;
    return mn_process_fit(request->features, samples->networks, samples->targets, samples->weights, samples->count,
                          &options, error, process);
}

mn_status mn_process_fit_predict(const mn_process_request *request, const uint16_t *networks, int count,
                                 mn_error *error, double *predicted)
{
    const mn_table *table = request->samples->table;
    mn_process *process = NULL;
    mn_distilled *distilled = NULL;
    mn_status status = make_process(request, error, &process);
    if (status == MN_OK && request->terms == MN_DISTILL_FULL)
        status = mn_process_predict(process, networks, (uint64_t)count, error, predicted, NULL);
    else if (status == MN_OK)
        status = mn_process_distill(process, request->terms, false, error, &distilled);
    for (int i = 0; i < count && status == MN_OK; i++) {
        if (distilled)
            predicted[i] = mn_distilled_value(distilled, table, networks + (size_t)i * (size_t)table->node_count);
        predicted[i] = mn_fit_link_inverse(mn_process_link(process), predicted[i]);
    }
    mn_distilled_free(distilled);
    mn_process_free(process);
    return status;
}

/* ---- the outcome ---------------------------------------------------------------------------------------------------------------- */

/* Moves the distilled terms: those of one node become the nodes' values, the others factors. */
static mn_status take_terms(const mn_table *table, mn_distilled *distilled, mn_error *error, mn_fitted *fitted)
{
    fitted->base = distilled->base;
    fitted->base_error = 0; /* the terms' errors are of whole predictions */
    fitted->link = distilled->link;
    fitted->factors = mn_new_array((size_t)distilled->factor_count, sizeof *fitted->factors);
    if (!fitted->factors)
        return mn_fail_memory(error);
    for (int i = 0; i < distilled->factor_count; i++) {
        mn_distilled_factor *factor = &distilled->factors[i];
        if (factor->node_count == 1) {
            const int first = table->first[factor->nodes[0]];
            memcpy(fitted->values + first, factor->values, factor->value_count * sizeof(double));
            memcpy(fitted->errors + first, factor->errors, factor->value_count * sizeof(double));
            continue;
        }
        fitted->factors[fitted->factor_count++] =
            (mn_fitted_factor){factor->node_count, factor->nodes, factor->value_count, factor->values, factor->errors};
        factor->nodes = NULL;
        factor->values = factor->errors = NULL;
    }
    return MN_OK;
}

static mn_status leave_one_out(const mn_process *process, int count, mn_error *error, mn_fitted *fitted)
{
    double *variance = mn_new_array((size_t)count, sizeof *variance);
    fitted->leave_one_out = mn_new_array((size_t)count, sizeof(double));
    mn_status status = variance && fitted->leave_one_out
                           ? mn_process_leave_one_out(process, error, fitted->leave_one_out, variance)
                           : mn_fail_memory(error);
    for (int i = 0; i < count && status == MN_OK; i++)
        fitted->leave_one_out[i] = mn_fit_link_inverse(mn_process_link(process), fitted->leave_one_out[i]);
    free(variance);
    return status;
}

static void describe(const mn_process *process, const mn_distilled *distilled, int inputs, mn_fitted *fitted)
{
    static const char *const links[] = {"no link", "logarithm", "-log(bound - value)"};
    const mn_fit_link link = mn_process_link(process);
    char bound[48] = "", known[32] = "";
    if (link.form == MN_LINK_BOUNDED)
        snprintf(bound, sizeof bound, ", bound %.6g", link.bound);
    if (inputs > 0)
        snprintf(known, sizeof known, " with %d input%s", inputs, inputs > 1 ? "s" : "");
    snprintf(fitted->model, sizeof fitted->model,
             "Gaussian process%s, link: %s%s; its terms keep %.1f %% of the predictions' variance", known,
             links[link.form], bound, 100 * distilled->explained);
    fitted->method = "process";
    fitted->parameters = mn_process_kernel(process)->parameter_count;
    fitted->freedom = NAN;
    fitted->residual = NAN;
}

mn_status mn_process_fit_metric(const mn_process_request *request, mn_error *error, mn_fitted **result)
{
    mn_process *process = NULL;
    mn_distilled *distilled = NULL;
    mn_fitted *fitted = mn_fitted_new(request->samples->table);
    mn_status status = fitted ? make_process(request, error, &process) : mn_fail_memory(error);
    if (status == MN_OK)
        status = mn_process_distill(process, request->terms, true, error, &distilled);
    if (status == MN_OK)
        status = take_terms(request->samples->table, distilled, error, fitted);
    if (status == MN_OK)
        status = leave_one_out(process, request->samples->count, error, fitted);
    if (status == MN_OK)
        describe(process, distilled, request->samples->input_count, fitted);
    mn_distilled_free(distilled);
    mn_process_free(process);
    if (status == MN_OK)
        *result = fitted;
    else
        mn_fitted_free(fitted);
    return status;
}
