/* D-optimal plans for the additive model: the determinant of X'X + RIDGE largest, X a row of block indicators for each network, the
 * measured ones included. The ridge lets a plan have fewer networks than the model has parameters: it then determines as many
 * differences of blocks as it can.
 *
 * Coordinate exchange (Meyer, Nachtsheim, Technometrics 37, 1995) from random starts: one node of one network takes another block
 * whenever that makes the determinant larger, until no such change does. A change multiplies it by (1 + d(n, n)) (1 - d(o, o)) +
 * d(n, o)^2 with d(x, y) = x' (X'X + RIDGE)^-1 y, n the new and o the old row (Fedorov 1972). */
#include "host/core/memory.h"
#include "host/core/random.h"
#include "host/fit/plan_pool.h"

#include <stdio.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define RIDGE 1e-3
#define LEAST_GAIN 1e-9 /* of the logarithm of the determinant */
enum { MOST_STARTS = 100, MOST_ROUNDS = 100, WORK = 1000000000 };

typedef struct design {
    mn_plan_pool *pool;
    const mn_table *space;
    uint64_t count;
    uint16_t *networks; /* [count][nodes] */
    uint64_t *class_of; /* [count] */
    double *inverse;    /* [items][items] */
    double *row;        /* [items] inverse times a network's indicators */
    uint16_t *changed;  /* [nodes] */
    double log_determinant;
} design;

/* ---- dense matrices: small enough for plain loops ------------------------------------------------------------------------------ */

/* Inverts the symmetric positive definite matrix [n][n] in place (Gauss-Jordan); returns the logarithm of its determinant. */
static double invert(double *a, size_t n)
{
    double logarithm = 0;
    for (size_t k = 0; k < n; k++) {
        const double pivot = a[k * n + k];
        logarithm += log(pivot);
        a[k * n + k] = 1;
        for (size_t j = 0; j < n; j++)
            a[k * n + j] /= pivot;
        for (size_t i = 0; i < n; i++) {
            const double factor = a[i * n + k];
            if (i == k || factor == 0)
                continue;
            a[i * n + k] = 0;
            for (size_t j = 0; j < n; j++)
                a[i * n + j] -= factor * a[k * n + j];
        }
    }
    return logarithm;
}

static void add_network(const mn_table *space, const uint16_t *network, double *matrix)
{
    for (int i = 0; i < space->node_count; i++)
        for (int j = 0; j < space->node_count; j++)
            matrix[(size_t)(space->first[i] + network[i]) * (size_t)space->item_count +
                   (size_t)(space->first[j] + network[j])] += 1;
}

static void compute_inverse(design *d)
{
    const size_t items = (size_t)d->space->item_count, nodes = (size_t)d->space->node_count;
    const mn_plan_request *request = d->pool->request;
    memset(d->inverse, 0, items * items * sizeof *d->inverse);
    for (size_t i = 0; i < items; i++)
        d->inverse[i * items + i] = RIDGE;
    for (uint64_t i = 0; i < request->measured_count; i++)
        add_network(d->space, request->measured + i * nodes, d->inverse);
    for (uint64_t i = 0; i < d->count; i++)
        add_network(d->space, d->networks + i * nodes, d->inverse);
    d->log_determinant = invert(d->inverse, items);
}

/* x' inverse y */
static double form(const design *d, const uint16_t *x, const uint16_t *y)
{
    const size_t items = (size_t)d->space->item_count;
    double sum = 0;
    for (int i = 0; i < d->space->node_count; i++) {
        const double *row = d->inverse + (size_t)(d->space->first[i] + x[i]) * items;
        for (int j = 0; j < d->space->node_count; j++)
            sum += row[d->space->first[j] + y[j]];
    }
    return sum;
}

/* Adds (sign 1) or removes (sign -1) a network (Sherman, Morrison 1950). */
static void update(design *d, const uint16_t *network, double sign)
{
    const size_t items = (size_t)d->space->item_count;
    memset(d->row, 0, items * sizeof *d->row);
    for (int node = 0; node < d->space->node_count; node++) {
        const double *row = d->inverse + (size_t)(d->space->first[node] + network[node]) * items;
        for (size_t j = 0; j < items; j++)
            d->row[j] += row[j];
    }
    const double divisor = 1 + sign * form(d, network, network);
    for (size_t i = 0; i < items; i++) {
        const double factor = sign * d->row[i] / divisor;
        for (size_t j = 0; factor != 0 && j < items; j++)
            d->inverse[i * items + j] -= factor * d->row[j];
    }
}

/* ---- exchange ---------------------------------------------------------------------------------------------------------------- */

/* Gives node `node` of network i the block that helps most; whether one did. */
static mn_status improve_node(design *d, uint64_t i, int node, mn_error *error, bool *improved)
{
    const size_t nodes = (size_t)d->space->node_count;
    uint16_t *network = d->networks + i * nodes;
    const double old = form(d, network, network);
    double best = LEAST_GAIN;
    int best_block = -1;
    uint64_t best_class = 0;
    memcpy(d->changed, network, nodes * sizeof *network);
    for (int block = 0; block < d->space->nodes[node].block_count; block++) {
        d->changed[node] = (uint16_t)block;
        const double cross = form(d, d->changed, network);
        const double gain = log((1 + form(d, d->changed, d->changed)) * (1 - old) + cross * cross);
        if (block == network[node] || !(gain > best))
            continue;
        uint64_t class;
        bool is_free;
        mn_plan_pool_release(d->pool, d->class_of[i]); /* a change within the function is no repeat */
        const mn_status status = mn_plan_pool_free_class(d->pool, d->changed, error, &is_free, &class);
        mn_plan_pool_take(d->pool, d->class_of[i]);
        if (status != MN_OK)
            return status;
        if (is_free) {
            best = gain;
            best_block = block;
            best_class = class;
        }
    }
    if (best_block < 0)
        return MN_OK;
    d->changed[node] = (uint16_t)best_block;
    update(d, d->changed, 1);
    update(d, network, -1);
    network[node] = (uint16_t)best_block;
    mn_plan_pool_release(d->pool, d->class_of[i]);
    mn_plan_pool_take(d->pool, d->class_of[i] = best_class);
    *improved = true;
    return MN_OK;
}

static mn_status exchange(design *d, mn_error *error)
{
    bool improved = true;
    for (int round = 0; improved && round < MOST_ROUNDS; round++) {
        improved = false;
        compute_inverse(d); /* rounding of many updates does not add up */
        for (uint64_t i = 0; i < d->count; i++)
            for (int node = 0; node < d->space->node_count; node++) {
                mn_status status = mn_check_cancel(d->pool->request->cancel, error);
                if (status == MN_OK)
                    status = improve_node(d, i, node, error, &improved);
                if (status != MN_OK)
                    return status;
            }
    }
    compute_inverse(d);
    return MN_OK;
}

/* Another start: random functions of the pool. */
static void start(design *d, uint64_t *order, uint64_t *random)
{
    const mn_plan_pool *pool = d->pool;
    const size_t nodes = (size_t)d->space->node_count;
    d->count = 0;
    for (uint64_t i = 0; i < pool->count; i++)
        order[i] = i;
    for (uint64_t i = 0; d->count < pool->request->count; i++) {
        const uint64_t other = i + mn_random_below(random, pool->count - i), drawn = order[other];
        order[other] = order[i];
        if (pool->taken[pool->class_of[drawn]])
            continue;
        memcpy(d->networks + d->count * nodes, pool->networks + drawn * nodes, nodes * sizeof *d->networks);
        mn_plan_pool_take(d->pool, d->class_of[d->count++] = pool->class_of[drawn]);
    }
}

/* Starts that fit the work that a plan may take: a round looks at every block of every network, by sums over pairs of nodes. */
static int starts_of(const mn_table *space, uint64_t count)
{
    const double nodes = space->node_count, items = space->item_count;
    const double work = 10 * ((double)count * items * 2 * nodes * nodes + items * items * items);
    const double starts = WORK / work;
    return starts < 1 ? 1 : starts > MOST_STARTS ? MOST_STARTS : (int)starts;
}

static mn_status search(design *d, uint64_t *order, mn_error *error, mn_plan *plan)
{
    const mn_plan_request *request = d->pool->request;
    const size_t nodes = (size_t)d->space->node_count;
    const int starts = starts_of(d->space, request->count);
    uint64_t random = request->seed;
    double best = -INFINITY;
    for (int i = 0; i < starts; i++) {
        start(d, order, &random);
        const mn_status status = exchange(d, error);
        if (status != MN_OK)
            return status;
        if (d->log_determinant > best) {
            best = d->log_determinant;
            plan->count = 0;
            for (uint64_t k = 0; k < d->count; k++)
                mn_plan_append(plan, d->space, d->networks + k * nodes);
        }
        for (uint64_t k = 0; k < d->count; k++)
            mn_plan_pool_release(d->pool, d->class_of[k]);
    }
    const double efficiency = mn_plan_d_efficiency(d->space, plan->networks, plan->count);
    if (efficiency > 0)
        snprintf(plan->note, sizeof plan->note, "D-efficiency of these networks alone for the additive model: %.1f %%",
                 100 * efficiency);
    return MN_OK;
}

mn_status mn_plan_d_optimal(mn_plan_pool *pool, mn_error *error, mn_plan *plan)
{
    const mn_table *space = pool->request->space;
    const size_t items = (size_t)space->item_count, nodes = (size_t)space->node_count;
    const uint64_t count = pool->request->count;
    design d = {.pool = pool, .space = space};
    uint64_t *order = mn_new_array(pool->count, sizeof *order);
    d.networks = mn_new_array(count * nodes, sizeof *d.networks);
    d.class_of = mn_new_array(count, sizeof *d.class_of);
    d.inverse = mn_new_array(items * items, sizeof *d.inverse);
    d.row = mn_new_array(items, sizeof *d.row);
    d.changed = mn_new_array(nodes, sizeof *d.changed);
    mn_status status = order && d.networks && d.class_of && d.inverse && d.row && d.changed
                           ? mn_plan_reserve(plan, space, count, error)
                           : mn_fail_memory(error);
    if (status == MN_OK)
        status = search(&d, order, error, plan);
    free(order);
    free(d.networks);
    free(d.class_of);
    free(d.inverse);
    free(d.row);
    free(d.changed);
    return status;
}

/* ---- efficiency -------------------------------------------------------------------------------------------------------------- */

/* Column of a block in the model with a constant whose first blocks are left out; -1 for a first block. */
static int column_of(const mn_table *space, int node, int block)
{
    return block == 0 ? -1 : space->first[node] - node + block;
}

/* All networks once have the moment matrix of independent indicators, of determinant product of n_i^-n_i. */
double mn_plan_d_efficiency(const mn_table *space, const uint16_t *networks, uint64_t count)
{
    const size_t width = (size_t)(space->item_count - space->node_count + 1);
    double *matrix = mn_new_array(width * width, sizeof *matrix), whole = 0;
    int *columns = mn_new_array((size_t)space->node_count + 1, sizeof *columns);
    if (!matrix || !columns) {
        free(matrix);
        free(columns);
        return NAN;
    }
    for (uint64_t i = 0; i < count; i++) {
        int used = 1; /* columns[0] = 0: the constant */
        for (int node = 0; node < space->node_count; node++) {
            const int column = column_of(space, node, networks[i * (size_t)space->node_count + (size_t)node]);
            if (column >= 0)
                columns[used++] = column;
        }
        for (int a = 0; a < used; a++)
            for (int b = 0; b < used; b++)
                matrix[(size_t)columns[a] * width + (size_t)columns[b]] += 1.0 / (double)count;
    }
    for (int node = 0; node < space->node_count; node++)
        whole -= space->nodes[node].block_count * log(space->nodes[node].block_count);
    double logarithm = 0;
    for (size_t k = 0; k < width && isfinite(logarithm); k++) { /* Gauss: the pivots' product */
        const double pivot = matrix[k * width + k];
        logarithm = pivot > 1e-10 ? logarithm + log(pivot) : -INFINITY;
        for (size_t i = k + 1; isfinite(logarithm) && i < width; i++) {
            const double factor = matrix[i * width + k] / pivot;
            for (size_t j = k; factor != 0 && j < width; j++)
                matrix[i * width + j] -= factor * matrix[k * width + j];
        }
    }
    free(matrix);
    free(columns);
    return exp((logarithm - whole) / (double)width);
}
