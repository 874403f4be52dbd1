/* Which networks to measure. */
#include "host/fit/plan.h"
#include "host/api/handle.h"
#include "host/core/memory.h"
#include "host/fit/measurements.h"

#include <inttypes.h>

mn_plan_options mn_plan_default_options(void)
{
    return (mn_plan_options){0};
}

/* The method that the options name, or the one that suits what is known. */
static mn_status choose_method(const mn_plan_options *options, bool measured, mn_error *error, mn_plan_method *method)
{
    *method = measured ? MN_PLAN_ADAPTIVE : MN_PLAN_IMSE;
    if (!options->method || mn_plan_method_find(options->method, method))
        return MN_OK;
    char known[200] = "";
    for (int i = 0; i < MN_PLAN_METHODS; i++) {
        strcat(known, i ? ", " : "");
        strcat(known, mn_plan_method_name((mn_plan_method)i));
    }
    return mn_fail(error, MN_USAGE, "method \"%.100s\": expected one of %s", options->method, known);
}

static mn_status choose_targets(const mn_plan_options *options, const mn_measurements *measurements,
                                mn_plan_request *request, mn_error *error)
{
    if (request->method != MN_PLAN_ADAPTIVE && request->method != MN_PLAN_IMPROVEMENT)
        return options->metric
                   ? mn_fail(error, MN_USAGE, "metric \"%.100s\": only the methods adaptive and ei look at a metric",
                             options->metric)
                   : MN_OK;
    if (!measurements)
        return mn_fail(error, MN_USAGE, "method %s: expected measurements, found none",
                       mn_plan_method_name(request->method));
    const int metric = options->metric                  ? mn_measurements_find(measurements, options->metric)
                       : measurements->metric_count > 0 ? 0
                                                        : -1;
    if (metric < 0)
        return mn_fail(error, MN_USAGE, "the measurements have no metric %s%.100s", options->metric ? "" : "at all",
                       options->metric ? options->metric : "");
    request->targets = measurements->metrics[metric].values;
    request->higher_is_better = measurements->metrics[metric].higher_is_better;
    return MN_OK;
}

/* The whole space where that is small enough, else random networks of it. */
static mn_status draw_sample(mn_plan_request *request, mn_error *error, mn_networks **sample)
{
    const mn_table *space = request->space;
    request->whole = space->admissible <= MN_PLAN_WHOLE;
    const uint64_t asked = MN_PLAN_SAMPLE_FACTOR * (request->count < MN_PLAN_MOST ? request->count : MN_PLAN_MOST);
    const mn_status status = request->whole ? mn_networks_range(space, 0, space->admissible, sample)
                                            : mn_networks_random(space, asked > MN_PLAN_SAMPLE ? asked : MN_PLAN_SAMPLE,
                                                                 request->seed, sample);
    if (status != MN_OK)
        return *sample ? mn_fail(error, status, "%s", mn_last_error(*sample)) : mn_fail_memory(error);
    request->sample = mn_networks_choices(*sample);
    request->sample_count = mn_networks_count(*sample);
    return MN_OK;
}

static mn_status make(const mn_table *space, const mn_measurements *measurements, const mn_plan_options *options,
                      mn_plan *plan)
{
    mn_error *error = &plan->error;
    mn_plan_request request = {.space = space,
                               .count = options->count,
                               .seed = options->seed,
                               .threads = options->threads,
                               .cancel = options->cancel};
    if (measurements && measurements->node_count != space->node_count)
        return mn_fail(error, MN_USAGE, "the measurements are about networks of %d nodes, the space has %d",
                       measurements->node_count, space->node_count);
    mn_status status = mn_check_effort(options->threads, 0, error);
    if (status == MN_OK)
        status = choose_method(options, measurements != NULL, error, &request.method);
    if (status == MN_OK)
        status = choose_targets(options, measurements, &request, error);
    if (measurements) {
        request.measured = measurements->networks;
        request.measured_count = (uint64_t)measurements->count;
    }
    mn_networks *sample = NULL;
    if (status == MN_OK)
        status = draw_sample(&request, error, &sample);
    if (status == MN_OK)
        status = mn_plan_make(&request, error, plan);
    mn_networks_free(sample);
    return status;
}

mn_status mn_plan_create(const mn_table *space, const mn_measurements *measurements, const mn_plan_options *options,
                         mn_plan **result)
{
    if (!result)
        return MN_USAGE;
    mn_plan *plan = *result = mn_new_array(1, sizeof *plan);
    if (!plan)
        return MN_FAILURE;
    if (!space || !space->diagram)
        return mn_fail(&plan->error, MN_USAGE, "mn_plan_create: expected a loaded space");
    const mn_plan_options defaults = mn_plan_default_options();
    const mn_status status = make(space, measurements, options ? options : &defaults, plan);
    if (status != MN_OK)
        mn_plan_clear(plan);
    return status;
}

void mn_plan_free(mn_plan *plan)
{
    if (!plan)
        return;
    mn_plan_clear(plan);
    free(plan);
}

uint64_t mn_plan_count(const mn_plan *plan)
{
    return plan ? plan->count : 0;
}

const uint16_t *mn_plan_networks(const mn_plan *plan)
{
    return plan ? plan->networks : NULL;
}

const char *mn_plan_used_method(const mn_plan *plan)
{
    return plan ? mn_plan_method_name(plan->method) : "";
}

const char *mn_plan_note(const mn_plan *plan)
{
    return plan ? plan->note : "";
}
