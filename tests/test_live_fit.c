/* Fits of live edges against costs made of them. Which edges live is found here from the four paths of NAS-Bench-201's cell. */
#include "host/fit/choose.h"
#include "host/fit/live_fit.h"
#include "host/mathnas.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>

enum { EDGES = 6, BLOCKS = 5, NONE = 0, NETWORKS = 15625, MEASURED = 60 };

static mn_error error;

/* Edges 0->1, 0->2, 1->2, 0->3, 1->3, 2->3; the paths from 0 to 3 are 3; 0 4; 1 5; 0 2 5. */
static const int paths[4] = {1 << 3, 1 << 0 | 1 << 4, 1 << 1 | 1 << 5, 1 << 0 | 1 << 2 | 1 << 5};

static void network_at(int number, uint16_t *network)
{
    for (int edge = EDGES - 1; edge >= 0; edge--, number /= BLOCKS)
        network[edge] = (uint16_t)(number % BLOCKS);
}

/* Operations that run: the live ones, or with `all` every one. */
static double cost_of(const uint16_t *network, const double *costs, bool all)
{
    int open = 0, live = 0;
    double sum = 3;
    for (int edge = 0; edge < EDGES; edge++)
        open |= (network[edge] != NONE) << edge;
    for (int path = 0; path < 4; path++)
        live |= (paths[path] & ~open) == 0 ? paths[path] : 0;
    for (int edge = 0; edge < EDGES; edge++)
        sum += all || live >> edge & 1 ? costs[network[edge]] : 0;
    return all || live ? sum : 0.25;
}

typedef struct measured {
    uint16_t networks[MEASURED * EDGES];
    double targets[MEASURED], weights[MEASURED];
    mn_samples samples;
} measured;

/* Random networks, the last of them without a live edge. */
static void measure(measured *m, const mn_table *table, const double *costs, bool all, uint64_t *random)
{
    for (int i = 0; i < MEASURED; i++) {
        uint16_t *network = m->networks + i * EDGES;
        network_at((int)random_below(random, NETWORKS), network);
        if (i == MEASURED - 1)
            network[3] = network[4] = network[5] = NONE;
        m->targets[i] = cost_of(network, costs, all);
        m->weights[i] = 1;
    }
    m->samples = (mn_samples){
        .table = table, .networks = m->networks, .targets = m->targets, .weights = m->weights, .count = MEASURED};
}

static mn_table *load(void)
{
    mn_table *table;
    cr_assert_eq(mn_table_load("nasbench201", &table), MN_OK, "%s", mn_last_error(table));
    cr_assert_str_eq(mn_table_block_name(table, 0, NONE), "none");
    return table;
}

static void random_costs(double *costs, uint64_t *random)
{
    costs[NONE] = 0;
    for (int block = 1; block < BLOCKS; block++)
        costs[block] = 0.5 + (double)random_below(random, 1000) / 200;
}

static mn_fitted *choose(const measured *m, mn_fit_terms *terms)
{
    const mn_metric_request request = {.samples = &m->samples,
                                       .metric = "latency",
                                       .repeat_variance = NAN,
                                       .method = MN_FIT_CHOOSE,
                                       .terms = MN_FIT_DEFAULT_TERMS,
                                       .upper = NAN};
    mn_fitted *fitted;
    cr_assert_eq(mn_fit_one_metric(&request, &error, &fitted, terms), MN_OK, "%s", error.text);
    return fitted;
}

/* Cross-validation finds it, and its factor is the cost of every network, those without a live edge included. */
Test(live_fit, costs_of_live_operations_become_one_exact_factor)
{
    mn_table *table = load();
    for (uint64_t seed = 1; seed <= 5; seed++) {
        uint64_t random = seed;
        double costs[BLOCKS];
        measured m;
        mn_fit_terms terms;
        random_costs(costs, &random);
        measure(&m, table, costs, false, &random);
        mn_fitted *fitted = choose(&m, &terms);
        cr_assert_eq(terms, MN_FIT_FULL, "seed %" PRIu64 ": %s", seed, fitted->model);
        cr_assert_eq(fitted->factor_count, 1);
        cr_assert_eq(fitted->factors[0].value_count, NETWORKS);
        for (int i = 0; i < NETWORKS; i++) {
            uint16_t network[EDGES];
            network_at(i, network);
            cr_assert_float_eq(fitted->base + fitted->factors[0].values[i], cost_of(network, costs, false), 1e-6,
                               "seed %" PRIu64 " network %d", seed, i);
        }
        mn_fitted_free(fitted);
    }
    mn_table_free(table);
}

/* Where dead edges cost time too, the table stays additive. */
Test(live_fit, is_not_chosen_where_dead_operations_cost)
{
    mn_table *table = load();
    for (uint64_t seed = 1; seed <= 5; seed++) {
        uint64_t random = seed;
        double costs[BLOCKS];
        measured m;
        mn_fit_terms terms;
        random_costs(costs, &random);
        measure(&m, table, costs, true, &random);
        mn_fitted *fitted = choose(&m, &terms);
        cr_assert_eq(terms, MN_FIT_ADDITIVE, "seed %" PRIu64 ": %s", seed, fitted->model);
        mn_fitted_free(fitted);
    }
    mn_table_free(table);
}

/* Predictions of a list are those of the factor, and each measurement is predicted from the others. */
Test(live_fit, predictions_and_leave_one_out_agree_with_the_factor)
{
    mn_table *table = load();
    uint64_t random = 11;
    double costs[BLOCKS], predicted[MEASURED];
    measured m;
    random_costs(costs, &random);
    measure(&m, table, costs, false, &random);
    const mn_linear_model model = {.counts = true, .relative = true, .loss = MN_LOSS_HUBER};
    mn_fitted *fitted;
    cr_assert_eq(mn_live_fit_predict(&m.samples, &model, m.networks, MEASURED, &error, predicted), MN_OK, "%s",
                 error.text);
    cr_assert_eq(mn_live_fit_metric(&m.samples, &model, &error, &fitted), MN_OK, "%s", error.text);
    for (int i = 0; i < MEASURED; i++) {
        cr_expect_float_eq(predicted[i], m.targets[i], 1e-6);
        if (m.targets[i] == 0.25)
            cr_expect(isnan(fitted->leave_one_out[i]));
        else
            cr_expect_float_eq(fitted->leave_one_out[i], m.targets[i], 1e-5);
    }
    mn_fitted_free(fitted);
    mn_table_free(table);
}
