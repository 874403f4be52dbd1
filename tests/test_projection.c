/* Least squares onto terms of a few nodes (host/fit/projection.h): the normal equations decide, by values of blocks and by nothing else. */
#include "host/core/memory.h"
#include "host/fit/projection.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>

static mn_error error;

static void make_projection(const mn_table *table, int order, uint64_t count, uint64_t *state, mn_projection *p)
{
    *p = (mn_projection){.table = table, .count = count};
    cr_assert_eq(mn_projection_list_factors(p, order, &error), MN_OK);
    p->networks = mn_new_array(count * (size_t)table->node_count, sizeof *p->networks);
    for (uint64_t i = 0; i < count; i++)
        for (int node = 0; node < table->node_count; node++)
            p->networks[i * (size_t)table->node_count + (size_t)node] =
                (uint16_t)random_below(state, (uint64_t)table->nodes[node].block_count);
}

static void free_projection(mn_projection *p)
{
    free(p->networks);
    free(p->sizes);
    free(p->nodes);
    free(p->first);
}

static size_t place(const mn_projection *p, int factor, const uint16_t *network)
{
    size_t at = 0;
    for (int i = 0; i < p->sizes[factor]; i++)
        at = at * (size_t)p->table->nodes[p->nodes[factor][i]].block_count + network[p->nodes[factor][i]];
    return p->first[factor] + at;
}

/* A least squares solution is one whose residuals sum to 0 over the networks of every value. */
static void check_residuals(const mn_projection *p, const double *targets, const double *values, uint64_t seed)
{
    const size_t nodes = (size_t)p->table->node_count;
    double *sums = mn_new_array(p->first[p->factor_count], sizeof *sums);
    for (uint64_t i = 0; i < p->count; i++) {
        double off = targets[i];
        for (int factor = 0; factor < p->factor_count; factor++)
            off -= values[place(p, factor, p->networks + i * nodes)];
        for (int factor = 0; factor < p->factor_count; factor++)
            sums[place(p, factor, p->networks + i * nodes)] += off;
    }
    for (size_t k = 0; k < p->first[p->factor_count]; k++)
        cr_assert_lt(fabs(sums[k]), 1e-6, "seed %" PRIu64 ": residuals of value %zu sum to %g", seed, k, sums[k]);
    free(sums);
}

/* What a pair says of one of its nodes alone is with that node. */
static void check_pairs(const mn_projection *p, const double *values, uint64_t seed)
{
    for (int factor = 0; factor < p->factor_count; factor++) {
        if (p->sizes[factor] != 2)
            continue;
        const int a = p->table->nodes[p->nodes[factor][0]].block_count,
                  b = p->table->nodes[p->nodes[factor][1]].block_count;
        for (int i = 0; i < a; i++) {
            double sum = 0;
            for (int k = 0; k < b; k++)
                sum += values[p->first[factor] + (size_t)(i * b + k)];
            cr_assert_lt(fabs(sum), 1e-9, "seed %" PRIu64 ": row %d of factor %d sums to %g", seed, i, factor, sum);
        }
    }
}

/* Projects random targets and checks what came out. Returns the number of iterations. */
static int solve_and_check(const mn_projection *p, uint64_t *state, uint64_t seed)
{
    const size_t count = p->first[p->factor_count];
    double *targets = mn_new_array(p->count, sizeof *targets), *residual = mn_new_array(p->count, sizeof *residual);
    double *values = mn_new_array(count, sizeof *values), *work = mn_new_array(2 * count + p->count, sizeof *work);
    double mean = 0;
    for (uint64_t i = 0; i < p->count; i++)
        mean += targets[i] = (double)random_below(state, 2000) / 1000;
    for (uint64_t i = 0; i < p->count; i++)
        residual[i] = targets[i] -= mean / (double)p->count;
    const int iterations = mn_projection_solve(p, 1e-12, residual, values, work);
    check_residuals(p, targets, values, seed);
    check_pairs(p, values, seed);
    free(targets);
    free(residual);
    free(values);
    free(work);
    return iterations;
}

Test(projection, solves_the_normal_equations)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        uint64_t state = seed;
        const int order = 1 + (int)(seed % 3);
        mn_table *table = random_table(seed, (random_shape){.nodes = 4, .blocks = 5, .metrics = 1});
        mn_projection p;
        /* many for each value, or so few that some values have no network */
        make_projection(table, order, seed % 2 ? 3000 : 60, &state, &p);
        solve_and_check(&p, &state, seed);
        free_projection(&p);
        mn_table_free(table);
    }
}

/* Thousands of values over networks drawn at random: steps by contrasts take 30 iterations, where steps by the values themselves take 72,
 * and by contrasts that are not of one norm 70. */
Test(projection, converges_with_as_many_values_as_a_large_space_has)
{
    uint64_t state = 1;
    mn_table *table = random_table(1, (random_shape){.nodes = 6, .blocks = 30, .metrics = 1});
    mn_projection p;
    make_projection(table, 2, 100000, &state, &p);
    cr_assert_leq(solve_and_check(&p, &state, 1), 40);
    free_projection(&p);
    mn_table_free(table);
}
