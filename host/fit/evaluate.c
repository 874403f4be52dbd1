/* How well predictions order and match measured values.
 *
 * Everything that counts pairs or ranks works in integers, so the figures are the same on every machine up to the last division;
 * sums of squares are taken about the first value and then about the mean, so that a constant side is recognised exactly. */
#include "host/fit/evaluate.h"
#include "host/core/memory.h"
#include "host/core/random.h"

#include <math.h>

/* ---- sorting ------------------------------------------------------------------------------------------------------------ */

typedef struct keyed_row {
    double key;
    double second; /* order of rows with equal keys */
    uint64_t row;
} keyed_row;

static int compare_rows(const void *left, const void *right)
{
    const keyed_row *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (a->second != b->second)
        return a->second < b->second ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

/* Rows sorted by `key`, then `second` (NULL: by row); NULL when memory ran out. `sign` -1 sorts both the other way round. */
static keyed_row *sorted_rows(const double *key, const double *second, uint64_t count, double sign)
{
    keyed_row *rows = mn_new_array(count, sizeof *rows);
    if (!rows)
        return NULL;
    for (uint64_t row = 0; row < count; row++)
        rows[row] = (keyed_row){sign * key[row], second ? sign * second[row] : 0, row};
    qsort(rows, count, sizeof *rows, compare_rows);
    return rows;
}

/* ---- Kendall ------------------------------------------------------------------------------------------------------------ */

static uint64_t pairs_of(uint64_t count)
{
    return count % 2 ? (count - 1) / 2 * count : count == 0 ? 0 : count / 2 * (count - 1);
}

/* Pairs of rows within runs of equal keys; with `both`, of equal keys and equal seconds. */
static uint64_t tied_pairs(const keyed_row *rows, uint64_t count, bool both)
{
    uint64_t pairs = 0;
    for (uint64_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1;
             end < count && rows[end].key == rows[begin].key && (!both || rows[end].second == rows[begin].second);)
            end++;
        pairs += pairs_of(end - begin);
    }
    return pairs;
}

/* Merges rows[begin, middle) and rows[middle, end), both sorted by `second`, into `merged`; returns the exchanges that an
 * exchange sort would have made: the pairs in strictly falling order. */
static uint64_t merge_counting(const keyed_row *rows, uint64_t begin, uint64_t middle, uint64_t end, keyed_row *merged)
{
    uint64_t left = begin, right = middle, exchanges = 0;
    for (uint64_t at = begin; at < end; at++) {
        if (left < middle && (right == end || rows[left].second <= rows[right].second)) {
            merged[at] = rows[left++];
        } else {
            exchanges += middle - left;
            merged[at] = rows[right++];
        }
    }
    return exchanges;
}

/* Sorts rows by `second` and counts discordant pairs; `spare` [count] is scratch. The sorted rows end up in the array returned. */
static keyed_row *count_discordant(keyed_row *rows, keyed_row *spare, uint64_t count, uint64_t *discordant)
{
    *discordant = 0;
    for (uint64_t width = 1; width < count; width *= 2) {
        for (uint64_t begin = 0; begin < count; begin += 2 * width) {
            const uint64_t middle = begin + width < count ? begin + width : count;
            const uint64_t end = middle + width < count ? middle + width : count;
            *discordant += merge_counting(rows, begin, middle, end, spare);
        }
        keyed_row *swap = rows;
        rows = spare;
        spare = swap;
    }
    for (uint64_t row = 0; row < count; row++)
        rows[row].key = rows[row].second;
    return rows;
}

mn_status mn_kendall_tau_b(const double *x, const double *y, uint64_t count, mn_error *error, double *tau)
{
    *tau = NAN;
    keyed_row *rows = sorted_rows(x, y, count, 1);
    keyed_row *spare = rows ? mn_new_array(count, sizeof *spare) : NULL;
    if (!spare) {
        free(rows);
        return mn_fail_memory(error);
    }
    const uint64_t all = pairs_of(count);
    const uint64_t tied_x = tied_pairs(rows, count, false), tied_both = tied_pairs(rows, count, true);
    uint64_t discordant;
    const uint64_t tied_y = tied_pairs(count_discordant(rows, spare, count, &discordant), count, false);
    free(rows);
    free(spare);

    if (tied_x == all || tied_y == all)
        return MN_OK;
    /* concordant + discordant = all - tied_x - tied_y + tied_both */
    const int64_t difference = (int64_t)(all - tied_x - tied_y + tied_both) - 2 * (int64_t)discordant;
    const double ratio = (double)difference / sqrt((double)(all - tied_x) * (double)(all - tied_y));
    *tau = fmax(-1, fmin(1, ratio));
    return MN_OK;
}

/* ---- Pearson and Spearman ----------------------------------------------------------------------------------------------- */

static double mean_about_first(const double *x, uint64_t count)
{
    double sum = 0;
    for (uint64_t row = 0; row < count; row++)
        sum += x[row] - x[0];
    return sum / (double)count;
}

double mn_pearson(const double *x, const double *y, uint64_t count)
{
    if (count < 2)
        return NAN;
    const double mean_x = mean_about_first(x, count), mean_y = mean_about_first(y, count);
    double xx = 0, yy = 0, xy = 0;
    for (uint64_t row = 0; row < count; row++) {
        const double dx = x[row] - x[0] - mean_x, dy = y[row] - y[0] - mean_y;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    if (!(xx > 0) || !(yy > 0))
        return NAN;
    return fmax(-1, fmin(1, xy / (sqrt(xx) * sqrt(yy))));
}

/* Rank of each value, 1 upwards; equal values share the mean of their ranks. NULL when memory ran out. */
static double *mid_ranks(const double *x, uint64_t count)
{
    double *ranks = mn_new_array(count, sizeof *ranks);
    keyed_row *rows = ranks ? sorted_rows(x, NULL, count, 1) : NULL;
    if (!rows) {
        free(ranks);
        return NULL;
    }
    for (uint64_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && rows[end].key == rows[begin].key;)
            end++;
        for (uint64_t at = begin; at < end; at++)
            ranks[rows[at].row] = (double)(begin + 1 + end) / 2;
    }
    free(rows);
    return ranks;
}

mn_status mn_spearman(const double *x, const double *y, uint64_t count, mn_error *error, double *rho)
{
    *rho = NAN;
    double *ranks_x = mid_ranks(x, count), *ranks_y = ranks_x ? mid_ranks(y, count) : NULL;
    if (ranks_y)
        *rho = mn_pearson(ranks_x, ranks_y, count);
    const mn_status status = ranks_y ? MN_OK : mn_fail_memory(error);
    free(ranks_x);
    free(ranks_y);
    return status;
}

/* ---- all figures -------------------------------------------------------------------------------------------------------- */

static void measure_errors(const double *predicted, const double *truth, uint64_t count, mn_evaluation *evaluation)
{
    double squares = 0, magnitudes = 0;
    uint64_t within_5 = 0, within_10 = 0;
    for (uint64_t row = 0; row < count; row++) {
        const double off = fabs(predicted[row] - truth[row]), size = fabs(truth[row]);
        squares += off * off;
        magnitudes += off;
        within_5 += off <= 0.05 * size;
        within_10 += off <= 0.10 * size;
    }
    evaluation->rmse = sqrt(squares / (double)count);
    evaluation->mae = magnitudes / (double)count;
    evaluation->within_5_percent = (double)within_5 / (double)count;
    evaluation->within_10_percent = (double)within_10 / (double)count;
}

/* Share of the predicted best `size` rows whose truth is at least as good as the truth of rank `size`: rows tied there count
 * whichever of them was predicted. Both orders have the best row first; keys are negated where higher is better. */
static double recall_of_top(const keyed_row *by_prediction, const keyed_row *by_truth, const double *truth, double sign,
                            uint64_t size)
{
    const double worst_key = by_truth[size - 1].key;
    uint64_t hits = 0;
    for (uint64_t at = 0; at < size; at++)
        hits += sign * truth[by_prediction[at].row] <= worst_key;
    return (double)hits / (double)size;
}

/* What choosing by prediction costs: regret, rank, recall of the best. */
static mn_status measure_choice(const double *predicted, const double *truth, uint64_t count, double sign,
                                mn_error *error, mn_evaluation *evaluation)
{
    keyed_row *by_prediction = sorted_rows(predicted, NULL, count, sign);
    keyed_row *by_truth = by_prediction ? sorted_rows(truth, NULL, count, sign) : NULL;
    if (!by_truth) {
        free(by_prediction);
        return mn_fail_memory(error);
    }
    evaluation->chosen = by_prediction[0].row;
    evaluation->true_best = by_truth[0].row;
    evaluation->regret = sign * truth[evaluation->chosen] - by_truth[0].key;
    evaluation->chosen_rank = 1;
    for (uint64_t at = 0; at < count && by_truth[at].key < sign * truth[evaluation->chosen]; at++)
        evaluation->chosen_rank++;
    for (int i = 0, size = 10; i < 3; i++, size *= 10)
        if (count >= (uint64_t)size)
            evaluation->top_recall[i] = recall_of_top(by_prediction, by_truth, truth, sign, (uint64_t)size);
    free(by_prediction);
    free(by_truth);
    return MN_OK;
}

mn_status mn_evaluate_arrays(const double *predicted, const double *truth, uint64_t count, bool higher_is_better,
                             mn_error *error, mn_evaluation *evaluation)
{
    *evaluation = (mn_evaluation){.count = count,
                                  .kendall_tau = NAN,
                                  .spearman = NAN,
                                  .pearson = NAN,
                                  .rmse = NAN,
                                  .mae = NAN,
                                  .within_5_percent = NAN,
                                  .within_10_percent = NAN,
                                  .regret = NAN,
                                  .top_recall = {NAN, NAN, NAN},
                                  .within_1_error = NAN,
                                  .within_2_errors = NAN,
                                  .error_ratio = NAN};
    if (count == 0)
        return MN_OK;
    mn_status status = mn_kendall_tau_b(predicted, truth, count, error, &evaluation->kendall_tau);
    if (status == MN_OK)
        status = mn_spearman(predicted, truth, count, error, &evaluation->spearman);
    if (status == MN_OK)
        status = measure_choice(predicted, truth, count, higher_is_better ? -1 : 1, error, evaluation);
    evaluation->pearson = mn_pearson(predicted, truth, count);
    measure_errors(predicted, truth, count, evaluation);
    return status;
}

void mn_evaluate_errors(const double *predicted, const double *truth, const double *errors, uint64_t count,
                        mn_evaluation *evaluation)
{
    uint64_t within_1 = 0, within_2 = 0, uncertain = 0;
    double squares = 0;
    for (uint64_t row = 0; row < count; row++) {
        const double off = fabs(predicted[row] - truth[row]);
        within_1 += off <= errors[row];
        within_2 += off <= 2 * errors[row];
        if (errors[row] > 0) { /* what is known without error has no ratio */
            squares += pow(off / errors[row], 2);
            uncertain++;
        }
    }
    evaluation->within_1_error = count ? (double)within_1 / (double)count : NAN;
    evaluation->within_2_errors = count ? (double)within_2 / (double)count : NAN;
    evaluation->error_ratio = uncertain ? sqrt(squares / (double)uncertain) : NAN;
}

/* ---- regret under limits -------------------------------------------------------------------------------------------------- */

/* Regret of the best prediction among the `within` rows of least cost, at each `within`: regrets [count]. Ties go to the first row. */
static void prefix_regrets(const keyed_row *by_cost, const double *predicted, const double *truth, double sign,
                           uint64_t count, double *regrets)
{
    uint64_t chosen = by_cost[0].row, best = chosen;
    for (uint64_t at = 0; at < count; at++) {
        const uint64_t row = by_cost[at].row;
        const double ahead = sign * (predicted[row] - predicted[chosen]);
        if (ahead > 0 || (ahead == 0 && row < chosen))
            chosen = row;
        if (sign * (truth[row] - truth[best]) > 0)
            best = row;
        regrets[at] = sign * (truth[best] - truth[chosen]);
    }
    for (uint64_t at = count - 1; at > 0; at--) /* rows of equal cost are within the limit together */
        if (by_cost[at - 1].key == by_cost[at].key)
            regrets[at - 1] = regrets[at];
}

mn_status mn_regret_under_limits(const double *predicted, const double *truth, const double *costs, uint64_t count,
                                 bool higher_is_better, int limits, uint64_t seed, mn_error *error,
                                 mn_limit_regret *regret)
{
    *regret = (mn_limit_regret){.limits = limits, .mean = NAN, .worst = NAN, .share_best = NAN};
    if (count == 0)
        return MN_OK;
    keyed_row *by_cost = sorted_rows(costs, NULL, count, 1);
    double *regrets = by_cost ? calloc(count, sizeof *regrets) : NULL;
    if (!regrets) {
        free(by_cost);
        return mn_fail_memory(error);
    }
    prefix_regrets(by_cost, predicted, truth, higher_is_better ? 1 : -1, count, regrets);
    double sum = 0, worst = 0;
    int best = 0;
    for (int i = 0; i < limits; i++) {
        const double value = regrets[mn_random_next(&seed) % count];
        sum += value;
        worst = value > worst ? value : worst;
        best += value == 0;
    }
    regret->mean = sum / limits;
    regret->worst = worst;
    regret->share_best = (double)best / limits;
    free(regrets);
    free(by_cost);
    return MN_OK;
}
