#include "host/fit/linear_fit.h"
#include "host/core/memory.h"
#include "host/fit/order.h"
#include "host/fit/regression.h"

#include <math.h>
#include <stdio.h>

enum { REWEIGHTS = 30 };

/* What a fit works on. Targets and residuals are in units of the targets' median size or deviation, so that strengths mean the same
 * for every metric. */
typedef struct work {
    const mn_samples *samples;
    mn_linear_model model;
    mn_design design;
    double *rows, *free_rows;
    mn_regression *regression;
    double *weights, *best_weights, *residuals, *scratch, *first_slack; /* [count] */
    double smallest; /* fitted values below this count as this much, for relative errors */
    bool large;      /* finding the strength by a robust fit at each would take long */
    bool plentiful;  /* so many rows that strength and slacks hardly matter, and finding them would take long */
} work;

/* ---- coverage ------------------------------------------------------------------------------------------------------------------- */

static mn_status fail_unmeasured(const mn_table *table, int node, int block, mn_error *error)
{
    return mn_fail(
        error, MN_BAD_INPUT,
        "too few measurements: no measured network takes block \"%s\" on node \"%s\"; measure one, or choose a "
        "method that learns it from other nodes (process)",
        table->nodes[node].blocks[block].name, table->nodes[node].name);
}

/* Blocks of all networks of the row's class. */
static void see_class(const mn_samples *samples, int row, bool *seen)
{
    const mn_averages *averages = samples->averages;
    const mn_table *table = samples->table;
    const uint16_t *network = samples->networks + (size_t)row * (size_t)table->node_count;
    uint64_t number = 0;
    mn_network_number(table, network, &number);
    const uint64_t class = averages->class_of[number];
    for (uint64_t i = averages->first[class]; i < averages->first[class + 1]; i++) {
        uint64_t rest = averages->member[i];
        for (int node = table->node_count - 1; node >= 0; node--) {
            const uint64_t blocks = (uint64_t)table->nodes[node].block_count;
            seen[table->first[node] + (int)(rest % blocks)] = true;
            rest /= blocks;
        }
    }
}

static mn_status check_items(const mn_samples *samples, const mn_terms *terms, bool *seen, bool *kind_seen,
                             mn_error *error)
{
    const mn_table *table = samples->table;
    for (int row = 0; row < samples->count; row++)
        for (int node = 0; node < table->node_count && !samples->averages; node++) {
            const int item =
                table->first[node] + samples->networks[(size_t)row * (size_t)table->node_count + (size_t)node];
            seen[item] = true;
        }
    for (int row = 0; row < samples->count && samples->averages; row++)
        see_class(samples, row, seen);
    for (int item = 0; item < table->item_count && terms->kind_count; item++)
        kind_seen[terms->kind_of[item]] |= seen[item];
    for (int node = 0; node < table->node_count; node++)
        for (int item = table->first[node]; item < table->first[node + 1]; item++)
            if (!seen[item] && !(terms->kind_count && kind_seen[terms->kind_of[item]]))
                return fail_unmeasured(table, node, item - table->first[node], error);
    return MN_OK;
}

mn_status mn_linear_check(const mn_samples *samples, const mn_linear_model *model, mn_error *error)
{
    mn_terms *terms;
    mn_status status = mn_terms_create(samples->table, model->order, model->counts, error, &terms);
    if (status != MN_OK)
        return status;
    mn_terms_add_inputs(terms, samples->inputs, samples->input_count);
    bool *seen = mn_new_array((size_t)samples->table->item_count + MN_COUNTED_KINDS, sizeof *seen);
    status = seen ? check_items(samples, terms, seen, seen + samples->table->item_count, error) : mn_fail_memory(error);
    const int unknown = terms->free_count + (model->shrink ? 0 : terms->column_count);
    if (status == MN_OK && samples->count < unknown)
        status = mn_fail(error, MN_BAD_INPUT, "too few measurements: %d networks for %d unknown values", samples->count,
                         unknown);
    free(seen);
    mn_terms_free(terms);
    return status;
}

/* ---- setting up ----------------------------------------------------------------------------------------------------------------- */

static void close_work(work *w)
{
    mn_regression_free(w->regression);
    free(w->rows);
    free(w->free_rows);
    free(w->weights);
    free(w->best_weights);
    free(w->residuals);
    free(w->scratch);
    free(w->first_slack);
}

static mn_status open_work(work *w, const mn_terms *terms, mn_error *error)
{
    const mn_samples *samples = w->samples;
    const size_t count = (size_t)samples->count, nodes = (size_t)samples->table->node_count;
    const size_t columns = (size_t)terms->column_count, free_count = (size_t)terms->free_count;
    w->rows = mn_new_array(count * columns, sizeof(double));
    w->free_rows = mn_new_array(count * free_count, sizeof(double));
    w->weights = mn_new_array(count, sizeof(double));
    w->best_weights = mn_new_array(count, sizeof(double));
    w->residuals = mn_new_array(count, sizeof(double));
    w->scratch = mn_new_array(count, sizeof(double));
    w->first_slack = mn_new_array(count, sizeof(double));
    if (!w->rows || !w->free_rows || !w->weights || !w->best_weights || !w->residuals || !w->scratch || !w->first_slack)
        return mn_fail_memory(error);
    double *means = samples->averages ? mn_new_array(2 * (columns + free_count), sizeof *means) : NULL;
    if (samples->averages && !means)
        return mn_fail_memory(error);
    for (size_t row = 0; row < count; row++) {
        const uint16_t *network = samples->networks + row * nodes;
        double *free_row = w->free_rows + row * free_count, *own_row = w->rows + row * columns;
        if (samples->averages)
            mn_averages_row(samples->averages, terms, network, free_row, own_row, means);
        else
            mn_terms_row(terms, network, free_row, own_row);
        w->scratch[row] = fabs(samples->targets[row]);
    }
    free(means);
    w->smallest = 0.02 * mn_median(w->scratch, samples->count);
    w->large = (double)count * pow((double)(columns + free_count), 2) > 2e7;
    w->plentiful = count >= 8 * (columns + free_count) && (double)count * pow((double)(columns + free_count), 2) > 1e6;
    w->design = (mn_design){.rows = samples->count,
                            .free_columns = terms->free_count,
                            .columns = terms->column_count,
                            .free = w->free_rows,
                            .x = w->rows,
                            .cancel = samples->cancel};
    return mn_regression_create(&w->design, error, &w->regression);
}

/* ---- weights -------------------------------------------------------------------------------------------------------------------- */

/* Weight of a residual of `t` scales. */
static double loss_weight(mn_loss loss, double t)
{
    if (loss == MN_LOSS_HUBER)
        return t <= 1.345 ? 1 : 1.345 / t;
    if (loss == MN_LOSS_BISQUARE)
        return t < 4.685 ? pow(1 - pow(t / 4.685, 2), 2) : 0;
    return 1;
}

/* The measurement's weight, of a residual as a share of `size`. */
static double own_weight(const work *w, int row, double size)
{
    return w->samples->weights[row] / (w->model.relative ? pow(fmax(size, w->smallest), 2) : 1);
}

static void normalise(double *weights, int count)
{
    double sum = 0;
    for (int row = 0; row < count; row++)
        sum += weights[row];
    for (int row = 0; row < count && sum > 0; row++)
        weights[row] *= count / sum;
}

/* Robust scale of the residuals in `w->residuals`. */
static double residual_scale(const work *w)
{
    for (int row = 0; row < w->samples->count; row++)
        w->scratch[row] = fabs(w->residuals[row]);
    return 1.4826 * mn_median(w->scratch, w->samples->count);
}

/* Studentised residuals, weighted to variance 1 up to the scale. Of large fits with the slacks of the first round: leverages hardly change with
 * the weights, and finding them takes longer than the fit. */
static void find_residuals(work *w, bool first)
{
    const double *fitted = mn_regression_fitted(w->regression);
    const double *slack = w->plentiful ? NULL : w->large ? w->first_slack : mn_regression_slack(w->regression);
    if (slack && w->large && first)
        memcpy(w->first_slack, mn_regression_slack(w->regression), (size_t)w->samples->count * sizeof *w->first_slack);
    for (int row = 0; row < w->samples->count; row++) {
        const double off = w->samples->targets[row] - fitted[row], own = slack ? slack[row] : 1;
        w->residuals[row] = off * sqrt(own_weight(w, row, fitted[row]) / fmax(own, 1e-3));
    }
}

/* Fits at one strength by iterated reweighting, from the weights as they stand. */
static bool iterate(work *w, double strength)
{
    const int count = w->samples->count;
    const bool fixed = w->model.loss == MN_LOSS_SQUARES && !w->model.relative;
    for (int round = 0; round < (fixed ? 1 : REWEIGHTS); round++) {
        double change = 0;
        if (mn_is_cancelled(w->samples->cancel))
            return false;
        normalise(w->weights, count);
        mn_regression_weigh(w->regression, w->weights);
        if (!mn_regression_solve(w->regression, w->samples->targets, strength))
            return false;
        if (fixed)
            return true;
        find_residuals(w, round == 0);
        const double scale = fmax(residual_scale(w), 1e-9);
        const double *fitted = mn_regression_fitted(w->regression);
        const mn_loss loss = w->model.loss == MN_LOSS_BISQUARE && round < 6 ? MN_LOSS_HUBER : w->model.loss;
        double sum = 0, old = 0;
        for (int row = 0; row < count; row++) {
            w->scratch[row] = own_weight(w, row, fitted[row]) * loss_weight(loss, fabs(w->residuals[row]) / scale);
            sum += w->scratch[row];
            old += w->weights[row];
        }
        for (int row = 0; row < count && sum > 0; row++) {
            const double next = w->scratch[row] * old / sum;
            const double moved = fabs(next - w->weights[row]);
            change = w->large ? change + moved / count : fmax(change, moved); /* one row of thousands may waver */
            w->weights[row] = next;
        }
        if (!(sum > 0) || (change < 1e-3 && round > (w->model.loss == MN_LOSS_BISQUARE ? 6 : 1)))
            break;
    }
    return true;
}

static void start_weights(work *w)
{
    for (int row = 0; row < w->samples->count; row++)
        w->weights[row] = own_weight(w, row, 1);
    if (w->model.relative) /* all alike until there are fitted values */
        for (int row = 0; row < w->samples->count; row++)
            w->weights[row] = w->samples->weights[row];
}

/* Prediction of a row from the others. */
static double leave_out(const work *w, int row)
{
    const double fitted = mn_regression_fitted(w->regression)[row], target = w->samples->targets[row];
    return target - (target - fitted) / mn_regression_slack(w->regression)[row];
}

/* Mean leave-one-out loss: squares, or for robust losses absolute errors held at 30 % or three scales. */
static double leave_one_out_loss(const work *w)
{
    double sum = 0, weights = 0;
    const double cap = w->model.loss == MN_LOSS_SQUARES ? INFINITY : w->model.relative ? 0.3 : 3 * residual_scale(w);
    for (int row = 0; row < w->samples->count; row++) {
        const double target = w->samples->targets[row], off = fabs(target - leave_out(w, row));
        const double error = w->model.relative ? off / fmax(fabs(target), w->smallest) : off;
        sum += w->samples->weights[row] * (w->model.loss == MN_LOSS_SQUARES ? error * error : fmin(error, cap));
        weights += w->samples->weights[row];
    }
    return sum / weights;
}

static const double strengths[] = {100, 30, 10, 3, 1, 0.3, 0.1, 0.03, 1e-2, 1e-3, 1e-4, 1e-6};
enum { MIDDLE = 6 }; /* of the strengths */

/* Tries strengths at the weights of a fit at the middle one, so that each costs one solve, until the loss has risen twice in a row. */
static bool choose_strength_at_once(work *w, double *strength)
{
    double best = INFINITY;
    int rises = 0;
    if (!iterate(w, strengths[MIDDLE]))
        return false;
    for (size_t i = 0; i < sizeof strengths / sizeof *strengths && rises < 2; i++) {
        if (mn_is_cancelled(w->samples->cancel))
            return false;
        if (!mn_regression_solve(w->regression, w->samples->targets, strengths[i]))
            continue;
        const double loss = leave_one_out_loss(w);
        rises = loss < best ? 0 : rises + 1;
        if (loss < best) {
            best = loss;
            *strength = strengths[i];
        }
    }
    return best < INFINITY;
}

/* Tries strengths from strong to weak, the weights of one starting the next; the best is fitted last. */
static bool choose_strength(work *w, double *strength)
{
    if (w->large && !w->plentiful)
        return choose_strength_at_once(w, strength);
    double best = INFINITY;
    bool found = false;
    const size_t count = sizeof strengths / sizeof *strengths;
    for (size_t i = w->plentiful ? count - 1 : 0; i < count; i++) {
        if (!iterate(w, strengths[i]))
            continue;
        const double loss = leave_one_out_loss(w);
        if (loss < best) {
            best = loss;
            *strength = strengths[i];
            memcpy(w->best_weights, w->weights, (size_t)w->samples->count * sizeof *w->weights);
            found = true;
        }
    }
    if (found)
        memcpy(w->weights, w->best_weights, (size_t)w->samples->count * sizeof *w->weights);
    return found;
}

/* ---- the fit -------------------------------------------------------------------------------------------------------------------- */

/* The node and block behind a coefficient that the samples do not determine: contrast k of a node sets its block k apart from those before. */
static mn_status fail_undetermined(const mn_samples *samples, const mn_linear_model *model, const mn_terms *terms,
                                   mn_error *error)
{
    const mn_table *table = samples->table;
    int node = 0, block = 0, fewest = samples->count + 1;
    for (int n = 0; n < table->node_count; n++)
        for (int b = 0; b < table->nodes[n].block_count; b++) {
            int uses = 0;
            for (int row = 0; row < samples->count; row++)
                uses += samples->networks[(size_t)row * (size_t)table->node_count + (size_t)n] == b;
            if (uses < fewest) {
                fewest = uses;
                node = n;
                block = b;
            }
        }
    return mn_fail(
        error, MN_BAD_INPUT,
        "too few measurements: %d networks do not determine %d unknown values%s; the least is known of block "
        "\"%s\" on node \"%s\" (%d network%s); measure more, or choose --method ridge",
        samples->count, terms->free_count + terms->column_count,
        model->order > 1 ? ", terms of several nodes among them" : "", table->nodes[node].blocks[block].name,
        table->nodes[node].name, fewest, fewest == 1 ? "" : "s");
}

static void find_residual(const work *w, mn_linear_fit *fit)
{
    const double *fitted = mn_regression_fitted(w->regression);
    double squares = 0, weights = 0, freedom = 0;
    for (int row = 0; row < w->samples->count; row++) {
        const double weight = w->weights[row], off = w->samples->targets[row] - fitted[row];
        squares += weight * off * off;
        weights += weight;
        freedom += 1 - mn_regression_slack(w->regression)[row];
    }
    fit->freedom = freedom;
    fit->residual = w->samples->count - freedom > 1e-6
                        ? sqrt(squares / weights * w->samples->count / (w->samples->count - freedom))
                        : NAN;
}

/* result [n][m] = a [n][n] * b [n][m] */
static void multiply(const double *a, const double *b, size_t n, size_t m, double *result)
{
    memset(result, 0, n * m * sizeof *result);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            for (size_t j = 0; j < m && a[i * n + k] != 0; j++)
                result[i * m + j] += a[i * n + k] * b[k * m + j];
}

static void transpose(double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            const double swap = a[i * n + j];
            a[i * n + j] = a[j * n + i];
            a[j * n + i] = swap;
        }
}

/* Coefficients of classes become those of the table's terms: T b, with covariance T C T'. */
static mn_status project(const mn_averages *averages, mn_linear_fit *fit, mn_error *error)
{
    const size_t n = (size_t)fit->coefficient_count;
    double *matrix = mn_new_array(2 * n * n + n, sizeof *matrix);
    if (!matrix)
        return mn_fail_memory(error);
    double *product = matrix + n * n, *vector = product + n * n;
    const mn_status status = mn_averages_projection(averages, fit->terms, error, matrix);
    if (status == MN_OK) {
        multiply(matrix, fit->coefficients, n, 1, vector);
        memcpy(fit->coefficients, vector, n * sizeof *vector);
    }
    if (status == MN_OK && fit->covariance) {
        multiply(matrix, fit->covariance, n, n, product);
        transpose(product, n);
        multiply(matrix, product, n, n, fit->covariance);
    }
    free(matrix);
    return status;
}

static mn_status keep(work *w, bool covariance, mn_error *error, mn_linear_fit *fit)
{
    const size_t size = (size_t)fit->coefficient_count, count = (size_t)w->samples->count;
    fit->coefficients = mn_new_array(size, sizeof(double));
    fit->leave_one_out = mn_new_array(count, sizeof(double));
    if (!fit->coefficients || !fit->leave_one_out)
        return mn_fail_memory(error);
    memcpy(fit->coefficients, mn_regression_coefficients(w->regression), size * sizeof(double));
    for (size_t row = 0; row < count; row++)
        fit->leave_one_out[row] = leave_out(w, (int)row);
    find_residual(w, fit);
    if (!covariance)
        return w->samples->averages ? project(w->samples->averages, fit, error) : MN_OK;
    fit->covariance = mn_new_array(size * size, sizeof(double));
    if (!fit->covariance)
        return mn_fail_memory(error);
    if (!mn_regression_covariance(w->regression, fit->covariance)) {
        free(fit->covariance);
        fit->covariance = NULL;
    }
    return w->samples->averages ? project(w->samples->averages, fit, error) : MN_OK;
}

static mn_status run(const mn_samples *samples, bool covariance, mn_error *error, mn_linear_fit *fit)
{
    work w = {.samples = samples, .model = fit->model};
    mn_status status = open_work(&w, fit->terms, error);
    if (status == MN_OK) {
        start_weights(&w);
        const bool shrink = fit->model.shrink && fit->terms->column_count > 0;
        const bool solved = shrink ? choose_strength(&w, &fit->strength) && iterate(&w, fit->strength) : iterate(&w, 0);
        status = mn_check_cancel(samples->cancel, error);
        if (status == MN_OK && !solved)
            status = fail_undetermined(samples, &fit->model, fit->terms, error);
    }
    if (status == MN_OK)
        status = keep(&w, covariance, error, fit);
    if (status == MN_OK)
        status = mn_check_cancel(samples->cancel, error);
    close_work(&w);
    return status;
}

mn_status mn_linear_fit_create(const mn_samples *samples, const mn_linear_model *model, bool covariance,
                               mn_error *error, mn_linear_fit **result)
{
    mn_linear_fit *fit = *result = mn_new_array(1, sizeof *fit);
    if (!fit)
        return mn_fail_memory(error);
    fit->model = *model;
    mn_status status = mn_terms_create(samples->table, model->order, model->counts, error, &fit->terms);
    if (status == MN_OK) {
        mn_terms_add_inputs(fit->terms, samples->inputs, samples->input_count);
        fit->coefficient_count = fit->terms->free_count + fit->terms->column_count;
        status = run(samples, covariance, error, fit);
    }
    if (status != MN_OK) {
        mn_linear_fit_free(fit);
        *result = NULL;
    }
    return status;
}

void mn_linear_fit_free(mn_linear_fit *fit)
{
    if (!fit)
        return;
    mn_terms_free(fit->terms);
    free(fit->coefficients);
    free(fit->covariance);
    free(fit->leave_one_out);
    free(fit);
}

double mn_linear_fit_predict(const mn_linear_fit *fit, const uint16_t *network, double *scratch)
{
    double sum = 0;
    mn_terms_row(fit->terms, network, scratch, scratch + fit->terms->free_count);
    for (int i = 0; i < fit->coefficient_count; i++)
        sum += scratch[i] * fit->coefficients[i];
    return sum;
}

double mn_linear_fit_value(const mn_linear_fit *fit, const double *functional, double *standard_error)
{
    const int size = fit->coefficient_count;
    double value = 0, variance = fit->covariance ? 0 : NAN;
    for (int i = 0; i < size; i++) {
        value += functional[i] * fit->coefficients[i];
        for (int j = 0; j < size && fit->covariance && functional[i] != 0; j++)
            variance += functional[i] * functional[j] * fit->covariance[(size_t)i * (size_t)size + (size_t)j];
    }
    *standard_error = fit->residual * sqrt(variance > 0 || isnan(variance) ? variance : 0);
    return value;
}

void mn_linear_fit_describe(const mn_linear_fit *fit, char *text, size_t size)
{
    static const char *const orders[] = {"", "additive terms", "terms of pairs", "terms of triples"};
    static const char *const losses[] = {"least squares", "Huber's loss", "bisquare loss"};
    const mn_linear_model *model = &fit->model;
    char counts[64] = "", strength[64] = "", inputs[64] = "";
    if (fit->terms->input_count > 0)
        snprintf(inputs, sizeof inputs, " around %d input%s", fit->terms->input_count,
                 fit->terms->input_count > 1 ? "s" : "");
    if (model->counts)
        snprintf(counts, sizeof counts, "%scounts of %d operations", model->order > 0 ? " around " : "",
                 fit->terms->kind_count);
    if (fit->strength > 0)
        snprintf(strength, sizeof strength, ", ridge of strength %.3g", fit->strength);
    snprintf(text, size, "%s%s%s, %s on %s errors%s", orders[model->order], counts, inputs, losses[model->loss],
             model->relative ? "relative" : "absolute", strength);
}
