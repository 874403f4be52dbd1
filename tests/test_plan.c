/* Plans: counts, no repeats, the same for a seed, designs against exhaustive search and definitions, IMSE against its formula. */
#include "host/core/memory.h"
#include "host/core/network.h"
#include "host/core/random.h"
#include "host/fit/classes.h"
#include "host/fit/plan.h"
#include "host/fit/plan_array.h"
#include "host/fit/plan_variance.h"
#include "host/fit/process.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* ---- spaces -------------------------------------------------------------------------------------------------------------------- */

static mn_table *load(const char *name)
{
    mn_table *table;
    cr_assert_eq(mn_table_load(name, &table), MN_OK, "%s", mn_last_error(table));
    return table;
}

/* A space of `nodes` nodes with `blocks[node]` blocks, without a skeleton: every network is a function of its own. */
static mn_table *plain_space(const int *blocks, int nodes)
{
    char path[] = "/tmp/mathnas_plan_XXXXXX";
    const int file = mkstemp(path);
    FILE *out = fdopen(file, "w");
    cr_assert_not_null(out);
    fprintf(out, "{\"format\": \"mathnas-space\", \"version\": 1, \"name\": \"plain\", \"nodes\": [");
    for (int node = 0; node < nodes; node++) {
        fprintf(out, "%s{\"name\": \"n%d\", \"blocks\": [", node ? ", " : "", node);
        for (int block = 0; block < blocks[node]; block++)
            fprintf(out, "%s{\"name\": \"b%d\", \"flops\": %d}", block ? ", " : "", block, (block + 1) * (node + 3));
        fprintf(out, "]}");
    }
    fprintf(out, "]}\n");
    fclose(out);
    mn_table *table = load(path);
    remove(path);
    return table;
}

static mn_plan *plan_of(const mn_table *space, const char *method, uint64_t count, uint64_t seed)
{
    mn_plan_options options = mn_plan_default_options();
    options.method = method;
    options.count = count;
    options.seed = seed;
    mn_plan *plan;
    cr_assert_eq(mn_plan_create(space, NULL, &options, &plan), MN_OK, "%s: %s", method, mn_last_error(plan));
    return plan;
}

static bool same_plan(const mn_plan *a, const mn_plan *b, int nodes)
{
    return mn_plan_count(a) == mn_plan_count(b) &&
           !memcmp(mn_plan_networks(a), mn_plan_networks(b), mn_plan_count(a) * (size_t)nodes * sizeof(uint16_t));
}

/* ---- all methods --------------------------------------------------------------------------------------------------------------- */

static const char *const counted[] = {"random", "d-optimal", "imse"};

/* As many as asked for, live networks of distinct functions, the same again for the seed; another seed changes random ones. */
Test(plan, proposes_distinct_live_functions)
{
    const char *const names[] = {"nasbench201", "nasbench_macro"};
    for (int s = 0; s < 2; s++) {
        mn_table *space = load(names[s]);
        for (int m = 0; m < 3; m++) {
            mn_plan *plan = plan_of(space, counted[m], 30, 7), *again = plan_of(space, counted[m], 30, 7);
            cr_expect_eq(mn_plan_count(plan), 30);
            cr_expect(same_plan(plan, again, space->node_count), "%s %s", names[s], counted[m]);
            uint64_t class_of[30];
            mn_classes *classes;
            cr_assert_eq(mn_classes_create(space, MN_CLASS_LIVE_COUNTS, NULL, &classes), MN_OK);
            cr_assert_eq(mn_classes_number(classes, mn_plan_networks(plan), 30, NULL, class_of), MN_OK);
            cr_expect_eq(mn_classes_count(classes), 30, "%s %s: a function twice", names[s], counted[m]);
            for (int i = 0; i < 30; i++)
                cr_expect(mn_classes_alive(classes, mn_plan_networks(plan) + i * space->node_count));
            mn_classes_free(classes);
            mn_plan_free(plan);
            mn_plan_free(again);
        }
        mn_plan *one = plan_of(space, "random", 30, 1), *two = plan_of(space, "random", 30, 2);
        cr_expect_not(same_plan(one, two, space->node_count));
        mn_plan_free(one);
        mn_plan_free(two);
        mn_table_free(space);
    }
}

/* A function that was measured under another name of it is not proposed again, until none is left. */
Test(plan, leaves_out_measured_functions)
{
    mn_table *space = load("nasbench201");
    mn_networks *all;
    cr_assert_eq(mn_networks_range(space, 0, space->admissible, &all), MN_OK);
    uint64_t *class_of = mn_new_array(all->count, sizeof *class_of);
    cr_assert_eq(mn_classes_of(space, all->choices, all->count, NULL, class_of), MN_OK);
    for (mn_plan_method method = MN_PLAN_PAPER; method <= MN_PLAN_IMSE; method++) {
        if (method == MN_PLAN_ALL)
            continue;
        mn_plan_request request = {.space = space,
                                   .method = method,
                                   .count = method == MN_PLAN_PAPER || method == MN_PLAN_ORTHOGONAL ? 0 : 20,
                                   .seed = 3,
                                   .sample = all->choices,
                                   .sample_count = all->count,
                                   .whole = true,
                                   .measured = all->choices + 6 * 5000,
                                   .measured_count = 500};
        mn_plan plan = {0};
        mn_error error = {0};
        cr_assert_eq(mn_plan_make(&request, &error, &plan), MN_OK, "%s", error.text);
        for (uint64_t i = 0; i < plan.count; i++) {
            uint64_t row = 0;
            cr_assert(mn_network_number(space, plan.networks + i * 6, &row));
            for (uint64_t j = 5000; j < 5500; j++)
                cr_assert_neq(class_of[row], class_of[j], "%s", mn_plan_method_name(method));
        }
        mn_plan_clear(&plan);
    }
    free(class_of);
    mn_networks_free(all);
    mn_table_free(space);
}

/* ---- the paper's --------------------------------------------------------------------------------------------------------------- */

/* 1 + sum (n_i - 1) networks, all but the first one change away from it, whose FLOPs no network's are nearer to the mean. */
Test(plan, paper_changes_one_node_of_the_reference_nearest_to_the_mean)
{
    const int shapes[3][5] = {{3, 4, 2, 5, 3}, {2, 2, 2, 2, 2}, {6, 1, 4, 3, 2}};
    for (int s = 0; s < 3; s++) {
        mn_table *space = plain_space(shapes[s], 5);
        mn_plan *plan = plan_of(space, "paper", 0, 0);
        const uint16_t *networks = mn_plan_networks(plan);
        cr_assert_eq(mn_plan_count(plan), (uint64_t)(1 + space->item_count - 5));
        double mean = 0, distance = 0;
        for (int node = 0; node < 5; node++) {
            mean += (node + 3) * (shapes[s][node] + 1) / 2.0;
            distance += (node + 3) * (networks[node] + 1);
        }
        distance = fabs(distance - mean);
        for (uint64_t i = 1; i < mn_plan_count(plan); i++) {
            int changes = 0;
            for (int node = 0; node < 5; node++)
                changes += networks[i * 5 + (uint64_t)node] != networks[node];
            cr_expect_eq(changes, 1);
        }
        mn_networks *all;
        cr_assert_eq(mn_networks_range(space, 0, space->admissible, &all), MN_OK);
        for (uint64_t i = 0; i < all->count; i++) {
            double flops = 0;
            for (int node = 0; node < 5; node++)
                flops += (node + 3) * (all->choices[i * 5 + (uint64_t)node] + 1);
            cr_expect(fabs(flops - mean) >= distance - 1e-9, "shape %d", s);
        }
        mn_networks_free(all);
        mn_plan_free(plan);
        mn_table_free(space);
    }
}

/* A space too large to look through: 22 nodes of 9 blocks. The mean, 5 sum (node + 3), is itself a sum of blocks. */
Test(plan, paper_finds_the_mean_of_a_large_space)
{
    int blocks[22];
    long mean = 0, flops = 0;
    for (int node = 0; node < 22; node++) {
        blocks[node] = 9;
        mean += 5 * (node + 3);
    }
    mn_table *space = plain_space(blocks, 22);
    mn_plan *plan = plan_of(space, "paper", 0, 0);
    for (int node = 0; node < 22; node++)
        flops += (node + 3) * (mn_plan_networks(plan)[node] + 1);
    cr_expect_eq(flops, mean);
    cr_expect_eq(mn_plan_count(plan), 1 + 22 * 8);
    mn_plan_free(plan);
    mn_table_free(space);
}

/* ---- orthogonal arrays --------------------------------------------------------------------------------------------------------- */

static void check_array(const int *levels, int columns, uint64_t expected_rows)
{
    mn_array array;
    mn_error error = {0};
    cr_assert_eq(mn_array_make(levels, columns, &error, &array), MN_OK, "%s", error.text);
    cr_expect_eq(array.rows, expected_rows, "%" PRIu64 " rows", array.rows);
    for (int a = 0; a < columns; a++)
        for (int b = 0; b < a; b++) {
            uint64_t counts[64 * 64] = {0};
            for (uint64_t row = 0; row < array.rows; row++) {
                const uint16_t x = array.levels[row * (uint64_t)columns + (uint64_t)a],
                               y = array.levels[row * (uint64_t)columns + (uint64_t)b];
                cr_assert(x < levels[a] && y < levels[b]);
                counts[x * levels[b] + y]++;
            }
            for (int i = 0; i < levels[a] * levels[b]; i++)
                cr_assert_eq(counts[i] * (uint64_t)(levels[a] * levels[b]), array.rows, "columns %d and %d", a, b);
        }
    mn_array_free(&array);
}

Test(plan, arrays_show_every_pair_of_levels_equally_often)
{
    check_array((int[]){5, 5, 5, 5, 5, 5}, 6, 25);
    check_array((int[]){3, 3, 3, 3, 3, 3, 3, 3}, 8, 27);
    check_array((int[]){4, 4, 4, 4, 4, 4}, 6, 32);
    check_array((int[]){4, 4, 4, 4, 4}, 5, 16);
    check_array((int[]){2, 2, 2, 2, 2, 2, 2}, 7, 8);
    check_array((int[]){9, 9, 9, 9, 9, 9, 9, 9, 9, 9}, 10, 81);
    check_array((int[]){2, 3}, 2, 6);
    check_array((int[]){6, 6, 1, 2}, 4, 36);
    check_array((int[]){7, 2, 2, 4, 7}, 5, 49 * 8);
}

/* An orthogonal array is D-optimal: efficiency 1. */
Test(plan, orthogonal_plans_have_full_efficiency)
{
    mn_table *space = plain_space((int[]){5, 5, 5, 5, 5, 5}, 6);
    mn_plan *plan = plan_of(space, "orthogonal", 0, 11);
    cr_expect_eq(mn_plan_count(plan), 25);
    cr_expect_float_eq(mn_plan_d_efficiency(space, mn_plan_networks(plan), 25), 1, 1e-9);
    mn_plan_free(plan);
    mn_table_free(space);
}

/* ---- D-optimality -------------------------------------------------------------------------------------------------------------- */

/* The best efficiency of all subsets of `count` of the space's networks. */
static double best_subset(const mn_table *space, const uint16_t *all, int total, int count)
{
    int chosen[16];
    uint16_t networks[16 * 8];
    double best = 0;
    const size_t nodes = (size_t)space->node_count;
    for (int i = 0; i < count; i++)
        chosen[i] = i;
    for (int at = 0; at >= 0;) {
        for (int i = 0; i < count; i++)
            memcpy(networks + (size_t)i * nodes, all + (size_t)chosen[i] * nodes, nodes * sizeof *networks);
        best = fmax(best, mn_plan_d_efficiency(space, networks, (uint64_t)count));
        for (at = count - 1; at >= 0 && chosen[at] == total - count + at;)
            at--;
        if (at >= 0)
            for (chosen[at]++; at + 1 < count; at++)
                chosen[at + 1] = chosen[at] + 1;
        if (at < 0)
            break;
    }
    return best;
}

Test(plan, d_optimal_equals_exhaustive_search)
{
    const struct {
        int blocks[4], nodes, count;
    } cases[] = {
        {{2, 2, 2, 1}, 4, 5}, {{3, 3, 1, 1}, 4, 6}, {{2, 3, 2, 1}, 4, 6}, {{4, 3, 1, 1}, 4, 7}, {{2, 2, 2, 2}, 4, 6}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mn_table *space = plain_space(cases[c].blocks, cases[c].nodes);
        mn_networks *all;
        cr_assert_eq(mn_networks_range(space, 0, space->admissible, &all), MN_OK);
        const double best = best_subset(space, all->choices, (int)all->count, cases[c].count);
        mn_plan *plan = plan_of(space, "d-optimal", (uint64_t)cases[c].count, 1);
        const double found = mn_plan_d_efficiency(space, mn_plan_networks(plan), mn_plan_count(plan));
        cr_expect_float_eq(found, best, 1e-9, "case %zu: %.6f, the best is %.6f", c, found, best);
        mn_plan_free(plan);
        mn_networks_free(all);
        mn_table_free(space);
    }
}

/* ---- mean variance ------------------------------------------------------------------------------------------------------------- */

enum { POINTS = 60, CHOICES = 9 };

typedef struct points {
    double covariance[POINTS][POINTS];
} points;

static mn_status block_of(const void *context, uint64_t row, uint64_t rows, uint64_t column, uint64_t columns,
                          mn_error *error, double *block)
{
    const points *p = context;
    (void)error;
    for (uint64_t i = 0; i < rows; i++)
        for (uint64_t j = 0; j < columns; j++)
            block[i * columns + j] = p->covariance[row + i][column + j];
    return MN_OK;
}

/* Random points in the plane with a Gaussian covariance. */
static void make_points(points *p, uint64_t seed)
{
    double x[POINTS][2];
    for (int i = 0; i < POINTS; i++)
        for (int k = 0; k < 2; k++)
            x[i][k] = (double)(mn_random_next(&seed) >> 11) * 0x1p-53 * 3;
    for (int i = 0; i < POINTS; i++)
        for (int j = 0; j < POINTS; j++)
            p->covariance[i][j] = (double)(float)exp(
                -((x[i][0] - x[j][0]) * (x[i][0] - x[j][0]) + (x[i][1] - x[j][1]) * (x[i][1] - x[j][1])));
}

/* Mean posterior variance of the first `evaluations` points after measuring `count` points, by elimination in long double. */
static long double mean_after(const points *p, const double *weights, int evaluations, double noise,
                              const uint64_t *measured, int count)
{
    static long double c[POINTS][POINTS];
    for (int i = 0; i < POINTS; i++)
        for (int j = 0; j < POINTS; j++)
            c[i][j] = p->covariance[i][j];
    for (int k = 0; k < count; k++) {
        const uint64_t x = measured[k];
        long double column[POINTS];
        const long double divisor = c[x][x] + noise;
        for (int i = 0; i < POINTS; i++)
            column[i] = c[i][x];
        for (int i = 0; i < POINTS; i++)
            for (int j = 0; j < POINTS; j++)
                c[i][j] -= column[i] * column[j] / divisor;
    }
    long double mean = 0;
    for (int i = 0; i < evaluations; i++)
        mean += weights[i] * c[i][i];
    return mean;
}

/* Every choice leaves a mean variance that no other choice beats, and the reported mean is it. */
Test(plan, each_choice_lowers_the_mean_variance_most)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        static points p;
        make_points(&p, seed);
        const int evaluations = seed % 2 ? 40 : POINTS - 3, candidates = POINTS;
        double weights[POINTS], sum = 0;
        bool excluded[POINTS] = {false};
        uint64_t random = seed, measured[CHOICES], chosen[CHOICES];
        for (int i = 0; i < evaluations; i++)
            sum += weights[i] = (double)(1 + mn_random_below(&random, 9));
        for (int i = 0; i < evaluations; i++)
            weights[i] /= sum;
        for (int i = 0; i < candidates; i++)
            excluded[i] = mn_random_below(&random, 5) == 0;
        const mn_variance_problem problem = {.covariance = block_of,
                                             .context = &p,
                                             .candidates = (uint64_t)candidates,
                                             .evaluations = (uint64_t)evaluations,
                                             .weights = weights,
                                             .excluded = excluded,
                                             .noise = 0.01,
                                             .count = CHOICES};
        double mean[CHOICES + 1];
        mn_error error = {0};
        cr_assert_eq(mn_variance_choose(&problem, &error, chosen, mean), MN_OK, "%s", error.text);
        for (int k = 0; k < CHOICES; k++) {
            measured[k] = chosen[k];
            cr_assert_not(excluded[chosen[k]]);
            const long double found = mean_after(&p, weights, evaluations, 0.01, measured, k + 1);
            cr_expect_float_eq((double)found, mean[k + 1], 1e-6, "seed %" PRIu64 " choice %d", seed, k);
            for (int other = 0; other < candidates; other++) {
                bool gone = excluded[other];
                for (int i = 0; i < k; i++)
                    gone |= chosen[i] == (uint64_t)other;
                if (gone)
                    continue;
                measured[k] = (uint64_t)other;
                cr_expect(mean_after(&p, weights, evaluations, 0.01, measured, k + 1) >= found - 1e-6L,
                          "seed %" PRIu64 " choice %d: point %d is better", seed, k, other);
            }
            measured[k] = chosen[k];
            excluded[chosen[k]] = false;
        }
    }
}

/* ---- weights of adaptive plans --------------------------------------------------------------------------------------------------- */

enum { SMALL = 64, KNOWN = 12, NEXT = 4 };

typedef struct small_plan {
    uint16_t networks[SMALL][3], measured[KNOWN][3];
    double targets[KNOWN], mean[SMALL], variance[SMALL], covariance[SMALL * SMALL], weights[SMALL], noise;
    bool gone[SMALL];
} small_plan;

static void make_small_plan(small_plan *p, uint64_t seed)
{
    for (int i = 0; i < SMALL; i++)
        for (int node = 0, rest = i; node < 3; node++, rest /= 4)
            p->networks[i][2 - node] = (uint16_t)(rest % 4);
    for (int i = 0; i < KNOWN; i++) {
        int at;
        do
            at = (int)mn_random_below(&seed, SMALL);
        while (p->gone[at]);
        p->gone[at] = true;
        memcpy(p->measured[i], p->networks[at], sizeof p->measured[i]);
        p->targets[i] = 60 + 5 * p->measured[i][0] + 3 * p->measured[i][1] * p->measured[i][2] +
                        (double)mn_random_below(&seed, 100) / 50;
    }
}

/* Half the share of the space, half density of the values over deviation, the density at the mean itself. */
static void weigh(small_plan *p)
{
    double worth[SMALL], sum = 0;
    for (int i = 0; i < SMALL; i++) {
        double density = 0;
        for (int j = 0; j < SMALL; j++)
            density += exp(-pow(p->mean[i] - p->mean[j], 2) / (2 * p->variance[j])) / sqrt(p->variance[j]);
        sum += worth[i] = density / sqrt(p->variance[i]);
    }
    for (int i = 0; i < SMALL; i++)
        p->weights[i] = 0.5 / SMALL + 0.5 * worth[i] / sum;
}

static double gain_of(const small_plan *p, int x)
{
    double gain = 0;
    for (int y = 0; y < SMALL; y++)
        gain += p->weights[y] * pow(p->covariance[x * SMALL + y], 2);
    return gain / (p->covariance[x * SMALL + x] + p->noise);
}

static void take_out(small_plan *p, int x)
{
    double row[SMALL];
    const double divisor = p->covariance[x * SMALL + x] + p->noise;
    memcpy(row, p->covariance + x * SMALL, sizeof row);
    for (int y = 0; y < SMALL; y++)
        for (int z = 0; z < SMALL; z++)
            p->covariance[y * SMALL + z] -= row[y] * row[z] / divisor;
    p->gone[x] = true;
}

/* No network would do more for the order than the one that is chosen; the density's grid may cost a hundredth. */
Test(plan, adaptive_choices_do_most_for_the_order)
{
    mn_table *space = plain_space((int[]){4, 4, 4}, 3);
    mn_error error = {0};
    mn_features *features;
    cr_assert_eq(mn_features_create(space, MN_FEATURES_FUNCTION, &error, &features), MN_OK, "%s", error.text);
    for (uint64_t seed = 1; seed <= 10; seed++) {
        static small_plan p;
        p = (small_plan){0};
        make_small_plan(&p, seed);
        const mn_process_options options = mn_process_default_options();
        mn_process *process;
        mn_plan plan = {0};
        const mn_plan_request request = {.space = space,
                                         .method = MN_PLAN_ADAPTIVE,
                                         .count = NEXT,
                                         .sample = p.networks[0],
                                         .sample_count = SMALL,
                                         .whole = true,
                                         .measured = p.measured[0],
                                         .targets = p.targets,
                                         .measured_count = KNOWN,
                                         .higher_is_better = true};
        cr_assert_eq(mn_plan_make(&request, &error, &plan), MN_OK, "%s", error.text);
        cr_assert_eq(mn_process_fit(features, p.measured[0], p.targets, NULL, KNOWN, &options, &error, &process), MN_OK,
                     "%s", error.text);
        cr_assert_eq(mn_process_predict(process, p.networks[0], SMALL, &error, p.mean, p.variance), MN_OK);
        cr_assert_eq(mn_process_covariance(process, p.networks[0], SMALL, p.networks[0], SMALL, &error, p.covariance),
                     MN_OK);
        p.noise = mn_process_noise(process);
        weigh(&p);
        for (int k = 0; k < NEXT; k++) {
            const uint16_t *network = plan.networks + 3 * k;
            const int chosen = network[0] * 16 + network[1] * 4 + network[2];
            cr_assert_not(p.gone[chosen], "seed %" PRIu64, seed);
            for (int x = 0; x < SMALL; x++)
                cr_expect(p.gone[x] || gain_of(&p, x) <= 1.01 * gain_of(&p, chosen), "seed %" PRIu64 " choice %d: %d",
                          seed, k, x);
            take_out(&p, chosen);
        }
        mn_plan_clear(&plan);
        mn_process_free(process);
    }
    mn_features_free(features);
    mn_table_free(space);
}

/* The answer does not depend on the number of threads. */
Test(plan, threads_change_nothing)
{
    mn_table *space = load("nasbench201");
    mn_plan *plans[2];
    for (int i = 0; i < 2; i++) {
        mn_plan_options options = mn_plan_default_options();
        options.threads = i ? 3 : 1;
        options.count = 40;
        cr_assert_eq(mn_plan_create(space, NULL, &options, &plans[i]), MN_OK);
        cr_expect_str_eq(mn_plan_used_method(plans[i]), "imse");
    }
    cr_expect(same_plan(plans[0], plans[1], 6));
    mn_plan_free(plans[0]);
    mn_plan_free(plans[1]);
    mn_table_free(space);
}

/* ---- requests that cannot be met ----------------------------------------------------------------------------------------------- */

static void refuse(const mn_table *space, mn_plan_options options, const char *words)
{
    mn_plan *plan = NULL;
    cr_expect_eq(mn_plan_create(space, NULL, &options, &plan), MN_USAGE);
    cr_expect(strstr(mn_last_error(plan), words), "expected \"%s\" in \"%s\"", words, mn_last_error(plan));
    cr_expect_eq(mn_plan_count(plan), 0);
    mn_plan_free(plan);
}

Test(plan, says_why_it_cannot)
{
    mn_table *space = load("nasbench201"), *plain = plain_space((int[]){2, 2}, 2);
    refuse(space, (mn_plan_options){.method = "best"}, "expected one of paper, all");
    refuse(space, (mn_plan_options){.method = "adaptive"}, "expected measurements");
    refuse(space, (mn_plan_options){.method = "ei"}, "expected measurements");
    refuse(space, (mn_plan_options){.method = "paper", .count = 3}, "leave the count out");
    refuse(space, (mn_plan_options){.method = "orthogonal", .count = 24}, "has 25 networks");
    refuse(space, (mn_plan_options){.method = "random", .count = 6000}, "at most 54");
    refuse(space, (mn_plan_options){.metric = "accuracy"}, "only the methods adaptive and ei");
    refuse(plain, (mn_plan_options){.method = "random", .count = 5}, "at most 4");
    mn_table_free(space);
    mn_table_free(plain);
}
