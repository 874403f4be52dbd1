/* Expected improvement on the best measured network (Mockus 1975; Jones, Schonlau, Welch 1998), on the link's scale, where it means
 * the same order. Of a batch each later network is chosen as if the earlier ones had come out at their means (Ginsbourger et al. 2010):
 * means stay, variances fall. Logarithms are compared, so that networks far below the best are still told apart (Ament et al. 2023). */
#include "host/core/memory.h"
#include "host/fit/plan_process.h"

#include <math.h>
#include <string.h>

typedef struct improvement {
    const mn_plan_process *planned;
    double *means, *variances; /* [count] larger is better */
    double *vectors;           /* [batch][count] what each choice took from the covariances */
    uint64_t vector_count;
    bool *gone; /* [count] */
    double best;
} improvement;

/* Logarithm of E max(0, X - best), X normal. */
static double log_improvement(double mean, double variance, double best)
{
    const double deviation = sqrt(variance);
    if (deviation <= 0)
        return mean > best ? log(mean - best) : -INFINITY;
    const double z = (mean - best) / deviation, log_density = -0.5 * z * z - 0.5 * log(2 * M_PI);
    if (z < -20) /* the asymptotic value: the difference below has no digits left */
        return log_density - 2 * log(-z) + log(deviation);
    return log(deviation * (exp(log_density) + z * 0.5 * erfc(-z / M_SQRT2)));
}

/* Values that differ by rounding alone are equal: then the first one is taken, whatever the processor. */
static const double TIE = 1e-9;

static uint64_t choose(const improvement *e)
{
    uint64_t best = 0;
    double best_value = -INFINITY;
    bool found = false;
    for (uint64_t i = 0; i < e->planned->count; i++) {
        if (e->gone[i])
            continue;
        const double value = log_improvement(e->means[i], e->variances[i], e->best);
        if (!found || value > best_value + TIE) {
            best = i;
            best_value = value;
            found = true;
        }
    }
    return best;
}

/* As if candidate x had been measured and came out at its mean. */
static mn_status believe(improvement *e, uint64_t x, mn_error *error)
{
    const mn_plan_process *planned = e->planned;
    const uint64_t count = planned->count;
    double *v = e->vectors + e->vector_count * count;
    const mn_status status = mn_points_covariance(planned->points, x, 1, planned->points, 0, count, error, v);
    if (status != MN_OK)
        return status;
    const double root = sqrt(e->variances[x] + mn_process_noise(planned->process));
    for (uint64_t j = 0; j < e->vector_count; j++) {
        const double factor = e->vectors[j * count + x];
        for (uint64_t i = 0; i < count; i++)
            v[i] -= factor * e->vectors[j * count + i];
    }
    for (uint64_t i = 0; i < count; i++) {
        v[i] /= root;
        e->variances[i] = fmax(0, e->variances[i] - v[i] * v[i]);
    }
    e->vector_count++;
    e->gone[x] = true;
    e->best = fmax(e->best, e->means[x]);
    return MN_OK;
}

/* Means and variances with larger values better, and the best measurement. */
static mn_status begin(improvement *e, mn_error *error)
{
    const mn_plan_process *planned = e->planned;
    const mn_plan_request *request = planned->pool->request;
    const double sign = request->higher_is_better ? 1 : -1;
    const mn_status status =
        mn_process_predict(planned->process, planned->networks, planned->count, error, e->means, e->variances);
    e->best = -INFINITY;
    for (uint64_t i = 0; i < planned->count; i++) {
        e->means[i] *= sign;
        e->gone[i] = planned->excluded[i];
    }
    for (uint64_t i = 0; i < request->measured_count; i++) /* fmax passes over what is not known */
        e->best = fmax(e->best, sign * mn_fit_link_forward(mn_process_link(planned->process), request->targets[i]));
    return status;
}

static mn_status choose_all(improvement *e, mn_error *error, mn_plan *plan)
{
    const mn_plan_request *request = e->planned->pool->request;
    const size_t nodes = (size_t)request->space->node_count;
    mn_status status = begin(e, error);
    if (status == MN_OK)
        status = mn_plan_reserve(plan, request->space, request->count, error);
    for (uint64_t i = 0; status == MN_OK && i < request->count; i++) {
        const uint64_t x = choose(e);
        mn_plan_append(plan, request->space, e->planned->networks + x * nodes);
        status = believe(e, x, error);
        if (status == MN_OK)
            status = mn_check_cancel(request->cancel, error);
    }
    return status;
}

mn_status mn_plan_improvement(mn_plan_pool *pool, mn_error *error, mn_plan *plan)
{
    mn_plan_process planned;
    mn_status status = mn_plan_process_make(pool, error, &planned);
    improvement e = {.planned = &planned};
    e.means = mn_new_array(planned.count, sizeof *e.means);
    e.variances = mn_new_array(planned.count, sizeof *e.variances);
    e.vectors = mn_new_array(pool->request->count * planned.count, sizeof *e.vectors);
    e.gone = mn_new_array(planned.count, sizeof *e.gone);
    if (status == MN_OK && (!e.means || !e.variances || !e.vectors || !e.gone))
        status = mn_fail_memory(error);
    if (status == MN_OK)
        status = choose_all(&e, error, plan);
    free(e.means);
    free(e.variances);
    free(e.vectors);
    free(e.gone);
    mn_plan_process_free(&planned);
    return status;
}
