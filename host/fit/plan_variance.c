#include "host/fit/plan_variance.h"
#include "host/core/memory.h"
#include "host/fit/parallel.h"

#include <math.h>

enum {
    ROWS = 256, /* of one block of covariances */
    LANES = 16  /* sums that are kept beside each other, so that they become vector instructions in a fixed order */
};

typedef struct choice {
    const mn_variance_problem *problem;
    float *kept;       /* [candidates][evaluations] covariances before any choice */
    double *gains;     /* [candidates] G */
    double *variances; /* [candidates] */
    bool *gone;        /* [candidates] */
    uint64_t vector_count;
    double *vectors;  /* [count][candidates] v of each choice */
    double *overlaps; /* [count] of each earlier v with the newest: sum of w v v' */
    double *weighted; /* [evaluations] w(y) v(y) of the newest v */
} choice;

/* Sum of a[i] b[i]. */
static double dot_kept(const float *a, const double *b, uint64_t count)
{
    double lanes[LANES] = {0}, sum = 0;
    uint64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int lane = 0; lane < LANES; lane++)
            lanes[lane] += (double)a[i + (uint64_t)lane] * b[i + (uint64_t)lane];
    for (; i < count; i++)
        sum += (double)a[i] * b[i];
    for (int lane = 0; lane < LANES; lane++)
        sum += lanes[lane];
    return sum;
}

static uint64_t rows_of_piece(const choice *c, uint64_t piece)
{
    const uint64_t left = c->problem->candidates - piece * ROWS;
    return left < ROWS ? left : ROWS;
}

/* Covariances of ROWS candidates, kept, with their G and variances. */
static mn_status begin_piece(void *context, uint64_t piece, mn_error *error)
{
    choice *c = context;
    const mn_variance_problem *p = c->problem;
    const uint64_t first = piece * ROWS, rows = rows_of_piece(c, piece);
    double *block = mn_new_array(rows * p->evaluations, sizeof *block);
    if (!block)
        return mn_fail_memory(error);
    mn_status status = p->covariance(p->context, first, rows, 0, p->evaluations, error, block);
    for (uint64_t i = 0; status == MN_OK && i < rows; i++) {
        const double *row = block + i * p->evaluations;
        float *kept = c->kept + (first + i) * p->evaluations;
        double sum = 0;
        for (uint64_t y = 0; y < p->evaluations; y++) {
            kept[y] = (float)row[y];
            sum += p->weights[y] * row[y] * row[y];
        }
        c->gains[first + i] = sum;
        if (first + i < p->evaluations)
            c->variances[first + i] = row[first + i];
        else
            status = p->covariance(p->context, first + i, 1, first + i, 1, error, &c->variances[first + i]);
    }
    free(block);
    return status;
}

static double mean_variance(const choice *c)
{
    double mean = 0;
    for (uint64_t y = 0; y < c->problem->evaluations; y++)
        mean += c->problem->weights[y] * c->variances[y];
    return mean;
}

/* Gains that differ by rounding alone are equal: then the first one is taken, whatever the processor. */
static const double TIE = 1e-9;

static uint64_t best_candidate(const choice *c)
{
    uint64_t best = 0;
    double best_gain = 0;
    bool found = false;
    for (uint64_t x = 0; x < c->problem->candidates; x++) {
        const double gain = c->gains[x] / (c->variances[x] + c->problem->noise);
        if (!c->gone[x] && (!found || gain > best_gain * (1 + TIE))) {
            best = x;
            best_gain = gain;
            found = true;
        }
    }
    return best;
}

/* The vector of candidate x: its present covariances with all candidates over the root of its variance and the noise. What is kept is
 * not asked for again: given many measurements a row costs as much as a block. */
static mn_status add_vector(choice *c, uint64_t x, mn_error *error)
{
    const mn_variance_problem *p = c->problem;
    double *v = c->vectors + c->vector_count * p->candidates;
    for (uint64_t y = 0; y < p->evaluations; y++)
        v[y] = c->kept[x * p->evaluations + y];
    const uint64_t others = p->candidates - p->evaluations;
    const mn_status status =
        others ? p->covariance(p->context, x, 1, p->evaluations, others, error, v + p->evaluations) : MN_OK;
    if (status != MN_OK)
        return status;
    const double root = sqrt(c->variances[x] + p->noise);
    for (uint64_t j = 0; j < c->vector_count; j++) {
        const double *earlier = c->vectors + j * p->candidates, factor = earlier[x];
        for (uint64_t y = 0; y < p->candidates; y++)
            v[y] -= factor * earlier[y];
    }
    for (uint64_t y = 0; y < p->candidates; y++)
        v[y] /= root;
    for (uint64_t y = 0; y < p->evaluations; y++)
        c->weighted[y] = p->weights[y] * v[y];
    for (uint64_t j = 0; j <= c->vector_count; j++) {
        double sum = 0;
        for (uint64_t y = 0; y < p->evaluations; y++)
            sum += c->weighted[y] * c->vectors[j * p->candidates + y];
        c->overlaps[j] = sum;
    }
    c->vector_count++;
    return MN_OK;
}

/* G and variances of ROWS candidates after the newest choice: sum of w (C - v(x) v)^2, opened. */
static mn_status update_piece(void *context, uint64_t piece, mn_error *error)
{
    choice *c = context;
    const mn_variance_problem *p = c->problem;
    const uint64_t first = piece * ROWS, rows = rows_of_piece(c, piece), newest = c->vector_count - 1;
    (void)error;
    for (uint64_t x = first; x < first + rows; x++) {
        double cross = dot_kept(c->kept + x * p->evaluations, c->weighted, p->evaluations);
        for (uint64_t j = 0; j < newest; j++)
            cross -= c->vectors[j * p->candidates + x] * c->overlaps[j];
        const double v = c->vectors[newest * p->candidates + x];
        c->gains[x] = fmax(0, c->gains[x] - 2 * v * cross + v * v * c->overlaps[newest]);
        c->variances[x] = fmax(0, c->variances[x] - v * v);
    }
    return MN_OK;
}

/* Everything as it is once candidate x is measured. */
static mn_status measure(choice *c, uint64_t x, uint64_t pieces, mn_error *error)
{
    c->gone[x] = true;
    const mn_status status = add_vector(c, x, error);
    return status == MN_OK ? mn_run_pieces(c->problem->threads, c->problem->cancel, pieces, update_piece, c, error)
                           : status;
}

static mn_status choose_all(choice *c, mn_error *error, uint64_t *chosen, double *mean)
{
    const mn_variance_problem *p = c->problem;
    const uint64_t pieces = (p->candidates + ROWS - 1) / ROWS;
    mn_status status = mn_run_pieces(p->threads, p->cancel, pieces, begin_piece, c, error);
    for (uint64_t x = 0; status == MN_OK && x < p->candidates; x++)
        c->gone[x] = p->excluded && p->excluded[x];
    if (status == MN_OK)
        mean[0] = mean_variance(c);
    for (uint64_t i = 0; status == MN_OK && i < p->count; i++) {
        chosen[i] = best_candidate(c);
        status = measure(c, chosen[i], pieces, error);
        if (status == MN_OK)
            mean[i + 1] = mean_variance(c);
    }
    return status;
}

mn_status mn_variance_choose(const mn_variance_problem *problem, mn_error *error, uint64_t *chosen, double *mean)
{
    const uint64_t candidates = problem->candidates;
    choice c = {.problem = problem};
    c.kept = mn_new_array(candidates * problem->evaluations, sizeof *c.kept);
    c.gains = mn_new_array(candidates, sizeof *c.gains);
    c.variances = mn_new_array(candidates, sizeof *c.variances);
    c.gone = mn_new_array(candidates, sizeof *c.gone);
    c.vectors = mn_new_array(problem->count * candidates, sizeof *c.vectors);
    c.overlaps = mn_new_array(problem->count, sizeof *c.overlaps);
    c.weighted = mn_new_array(problem->evaluations, sizeof *c.weighted);
    const bool room = c.kept && c.gains && c.variances && c.gone && c.vectors && c.overlaps && c.weighted;
    const mn_status status = room ? choose_all(&c, error, chosen, mean) : mn_fail_memory(error);
    free(c.kept);
    free(c.gains);
    free(c.variances);
    free(c.gone);
    free(c.vectors);
    free(c.overlaps);
    free(c.weighted);
    return status;
}
