#include "host/core/memory.h"
#include "host/fit/projection.h"

#include <math.h>

enum { ITERATIONS = 200 }; /* they end when the gradient is small */

/* ---- factors --------------------------------------------------------------------------------------------------------------------- */

static size_t value_count(const mn_table *table, int size, const int *nodes)
{
    size_t count = 1;
    for (int i = 0; i < size; i++)
        count *= (size_t)table->nodes[nodes[i]].block_count;
    return count;
}

static void add_factor(mn_projection *p, int size, int a, int b, int c)
{
    const int at = p->factor_count++;
    p->sizes[at] = size;
    p->nodes[at][0] = a;
    p->nodes[at][1] = b;
    p->nodes[at][2] = c;
    p->first[at + 1] = p->first[at] + value_count(p->table, size, p->nodes[at]);
}

mn_status mn_projection_list_factors(mn_projection *p, int order, mn_error *error)
{
    const int n = p->table->node_count;
    size_t count = (size_t)n;
    if (order >= 2)
        count += (size_t)n * (n - 1) / 2;
    if (order >= 3)
        count += (size_t)n * (n - 1) * (n - 2) / 6;
    p->sizes = mn_new_array(count, sizeof *p->sizes);
    p->nodes = mn_new_array(count, sizeof *p->nodes);
    p->first = mn_new_array(count + 1, sizeof *p->first);
    if (!p->sizes || !p->nodes || !p->first)
        return mn_fail_memory(error);
    for (int a = 0; a < n; a++)
        add_factor(p, 1, a, 0, 0);
    for (int a = 0; a < n && order >= 2; a++)
        for (int b = a + 1; b < n; b++)
            add_factor(p, 2, a, b, 0);
    for (int a = 0; a < n && order >= 3; a++)
        for (int b = a + 1; b < n; b++)
            for (int c = b + 1; c < n; c++)
                add_factor(p, 3, a, b, c);
    return MN_OK;
}

/* Where the network's value of the factor lies among all values. */
static size_t place_of(const mn_projection *p, int factor, const uint16_t *network)
{
    size_t place = 0;
    for (int i = 0; i < p->sizes[factor]; i++) {
        const int node = p->nodes[factor][i];
        place = place * (size_t)p->table->nodes[node].block_count + network[node];
    }
    return p->first[factor] + place;
}

static double sum_of(const mn_projection *p, const double *values, const uint16_t *network)
{
    double sum = 0;
    for (int factor = 0; factor < p->factor_count; factor++)
        sum += values[place_of(p, factor, network)];
    return sum;
}

/* ---- least squares --------------------------------------------------------------------------------------------------------------- */

/* gathered [values] = sum of residual [networks] over the networks of each value. */
static void gather(const mn_projection *p, const double *residual, double *gathered)
{
    memset(gathered, 0, p->first[p->factor_count] * sizeof *gathered);
    for (uint64_t i = 0; i < p->count; i++)
        for (int factor = 0; factor < p->factor_count; factor++)
            gathered[place_of(p, factor, p->networks + i * (size_t)p->table->node_count)] += residual[i];
}

double mn_projection_square(size_t count, const double *a)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * a[i];
    return sum;
}

/* Takes the means along one node off a factor's values: `inner` values lie between neighbouring blocks of it. */
static void centre(double *values, size_t count, size_t blocks, size_t inner)
{
    for (size_t outer = 0; outer < count; outer += blocks * inner)
        for (size_t k = outer; k < outer + inner; k++) {
            double mean = 0;
            for (size_t block = 0; block < blocks; block++)
                mean += values[k + block * inner];
            mean /= (double)blocks;
            for (size_t block = 0; block < blocks; block++)
                values[k + block * inner] -= mean;
        }
}

/* Factors of several nodes lose what those of fewer nodes say: what is left is a combination of products of contrasts. */
static void centre_factors(const mn_projection *p, double *values)
{
    for (int factor = 0; factor < p->factor_count; factor++) {
        const size_t count = p->first[factor + 1] - p->first[factor];
        size_t inner = 1;
        for (int i = p->sizes[factor] - 1; i >= 0 && p->sizes[factor] > 1; i--) {
            const size_t blocks = (size_t)p->table->nodes[p->nodes[factor][i]].block_count;
            centre(values + p->first[factor], count, blocks, inner);
            inner *= blocks;
        }
    }
}

/* Each factor's values times the root of their number: every contrast then has the same norm over the whole space. */
static void scale_factors(const mn_projection *p, double *values)
{
    for (int factor = 0; factor < p->factor_count; factor++) {
        const double root = sqrt((double)(p->first[factor + 1] - p->first[factor]));
        for (size_t k = p->first[factor]; k < p->first[factor + 1]; k++)
            values[k] *= root;
    }
}

/* The gradient by the coefficients of orthonormal contrasts, and its square. */
static double find_gradient(const mn_projection *p, const double *residual, double *gradient)
{
    gather(p, residual, gradient);
    centre_factors(p, gradient);
    scale_factors(p, gradient);
    return mn_projection_square(p->first[p->factor_count], gradient);
}

int mn_projection_solve(const mn_projection *p, double tolerance, double *residual, double *values, double *work)
{
    const size_t count = p->first[p->factor_count], nodes = (size_t)p->table->node_count;
    double *gradient = work, *direction = work + count, *moved = work + 2 * count;
    memset(values, 0, count * sizeof *values);
    memset(direction, 0, count * sizeof *direction);
    double norm = find_gradient(p, residual, gradient), before = 0;
    const double enough = tolerance * tolerance * norm;
    int i = 0;
    for (; i < ITERATIONS && norm > enough && !mn_is_cancelled(p->cancel); i++) {
        scale_factors(p, gradient);
        for (size_t k = 0; k < count; k++)
            direction[k] = gradient[k] + (i > 0 ? norm / before : 0) * direction[k];
        for (uint64_t k = 0; k < p->count; k++)
            moved[k] = sum_of(p, direction, p->networks + k * nodes);
        const double step = norm / mn_projection_square(p->count, moved);
        for (size_t k = 0; k < count; k++)
            values[k] += step * direction[k];
        for (uint64_t k = 0; k < p->count; k++)
            residual[k] -= step * moved[k];
        before = norm;
        norm = find_gradient(p, residual, gradient);
    }
    return i;
}
