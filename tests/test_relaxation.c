/* The linear relaxation: every answer is checked by duality, which needs no second solver. Shares that meet the rows and whose score
 * equals the bound of the multipliers are optimal; a ray whose capacity is below what any choice needs proves that there are none. */
#include "solver/relaxation.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { MOST_NODES = 40, MOST_ITEMS = 12, MOST_ROWS = 32 };

typedef struct instance {
    int nodes, rows;
    int begin[MOST_NODES + 1];
    double score[MOST_NODES * MOST_ITEMS], weight[MOST_ROWS][MOST_NODES * MOST_ITEMS], caps[MOST_ROWS];
    bool forbidden[MOST_NODES * MOST_ITEMS];
    const double *row[MOST_ROWS];
} instance;

static double some_value(uint64_t *state, int kind)
{
    switch (kind) {
    case 0:
        return (double)random_below(state, 1000);
    case 1:
        return (double)random_below(state, 3); /* many ties */
    case 2:
        return (double)random_below(state, 2000001) - 1e6;
    case 3:
        return 7; /* no range at all */
    default:
        return (double)random_below(state, 1u << 30) * 1e6;
    }
}

static void draw_caps(instance *p, uint64_t *state)
{
    for (int row = 0; row < p->rows; row++) {
        double low = 0, high = 0;
        for (int node = 0; node < p->nodes; node++) {
            double least = INFINITY, most = -INFINITY;
            for (int item = p->begin[node]; item < p->begin[node + 1]; item++) {
                least = fmin(least, p->weight[row][item]);
                most = fmax(most, p->weight[row][item]);
            }
            low += least;
            high += most;
        }
        p->caps[row] = floor(low + (high - low) * ((double)random_below(state, 130) - 5) / 100);
    }
}

static instance *draw(uint64_t seed)
{
    uint64_t state = seed;
    instance *p = calloc(1, sizeof *p);
    p->nodes = 1 + (int)random_below(&state, MOST_NODES);
    p->rows = (int)random_below(&state, seed % 10 == 0 ? MOST_ROWS + 1 : 7);
    const int items = 1 + (int)random_below(&state, MOST_ITEMS);
    const bool ragged = random_below(&state, 2);
    for (int node = 0; node < p->nodes; node++)
        p->begin[node + 1] = p->begin[node] + (ragged ? 1 + (int)random_below(&state, items) : items);
    const int all = p->begin[p->nodes], score_kind = (int)random_below(&state, 5);
    for (int item = 0; item < all; item++)
        p->score[item] = some_value(&state, score_kind);
    for (int row = 0; row < p->rows; row++) {
        const int kind = (int)random_below(&state, 7);
        for (int item = 0; item < all; item++)
            p->weight[row][item] = kind == 5              ? p->score[item] /* the score is the row */
                                   : kind == 6 && row > 0 ? p->weight[row - 1][item]
                                                          : some_value(&state, kind);
        p->row[row] = p->weight[row];
    }
    draw_caps(p, &state);
    return p;
}

static double largest(const double *values, int count)
{
    double most = 1;
    for (int i = 0; i < count; i++)
        most = fmax(most, fabs(values[i]));
    return most;
}

/* The bound that the multipliers give, or with `scores` false the least L.rows less L.caps: positive proves infeasible. */
static double lagrangian(const instance *p, const double *multipliers, bool scores)
{
    double bound = 0;
    for (int row = 0; row < p->rows; row++)
        bound += multipliers[row] * p->caps[row];
    for (int node = 0; node < p->nodes; node++) {
        double best = -INFINITY;
        for (int item = p->begin[node]; item < p->begin[node + 1]; item++) {
            double value = scores ? p->score[item] : 0;
            for (int row = 0; row < p->rows; row++)
                value -= multipliers[row] * p->weight[row][item];
            best = fmax(best, p->forbidden[item] ? -INFINITY : value);
        }
        bound += best;
    }
    return scores ? bound : -bound;
}

static void check_ray(const instance *p, const double *ray, uint64_t seed)
{
    double size = 0;
    for (int row = 0; row < p->rows; row++) {
        cr_assert(ray[row] >= 0);
        size += ray[row] * largest(p->weight[row], p->begin[p->nodes]);
    }
    cr_assert(lagrangian(p, ray, false) > 1e-11 * size, "seed %" PRIu64 ": the ray proves nothing", seed);
}

/* The shares are a solution whose score is `value`. */
static void check_shares(const instance *p, const mn_relaxation *relaxation, double value, uint64_t seed)
{
    const int items = p->begin[p->nodes];
    double *share = calloc((size_t)items, sizeof *share), score = 0;
    for (int node = 0; node < p->nodes; node++) {
        double own;
        const int key = mn_relaxation_key(relaxation, node, &own);
        cr_assert(key >= 0 && key < p->begin[node + 1] - p->begin[node]);
        share[p->begin[node] + key] += own;
    }
    const mn_relaxation_extra *extras = mn_relaxation_extras(relaxation);
    for (int row = 0; row < p->rows; row++)
        if (extras[row].node >= 0)
            share[p->begin[extras[row].node] + extras[row].item] += extras[row].share;
    for (int item = 0; item < items; item++) {
        cr_assert(share[item] > -1e-6 && (share[item] < 1e-6 || !p->forbidden[item]), "seed %" PRIu64 ": share %g",
                  seed, share[item]);
        score += share[item] * p->score[item];
    }
    for (int row = 0; row < p->rows; row++) {
        double sum = 0;
        for (int item = 0; item < items; item++)
            sum += share[item] * p->weight[row][item];
        cr_assert(sum <= p->caps[row] + 1e-6 * largest(p->weight[row], items), "seed %" PRIu64 ": row %d: %g over %g",
                  seed, row, sum, p->caps[row]);
    }
    cr_assert(fabs(score - value) <= 1e-6 * largest(p->score, items) * (1 + p->nodes / 10.0),
              "seed %" PRIu64 ": score %.9g of the shares, bound %.9g", seed, score, value);
    free(share);
}

static mn_relaxation_end solve_and_check(const instance *p, mn_relaxation *relaxation, uint64_t seed)
{
    const mn_relaxation_end end = mn_relaxation_solve(relaxation, -INFINITY);
    double multipliers[MOST_ROWS + 1];
    mn_relaxation_multipliers(relaxation, multipliers);
    cr_assert(end == MN_RELAXATION_OPTIMAL || end == MN_RELAXATION_INFEASIBLE, "seed %" PRIu64 ": end %d", seed, end);
    if (end == MN_RELAXATION_INFEASIBLE) {
        check_ray(p, multipliers, seed);
        return end;
    }
    const double value = mn_relaxation_value(relaxation), own = lagrangian(p, multipliers, true);
    cr_assert(fabs(own - value) <= 1e-7 * largest(p->score, p->begin[p->nodes]) * (1 + p->nodes),
              "seed %" PRIu64 ": bound %.9g, of the multipliers %.9g", seed, value, own);
    check_shares(p, relaxation, value, seed);
    return end;
}

static mn_relaxation_view view_of(const instance *p)
{
    return (mn_relaxation_view){p->nodes, p->rows, p->begin, p->score, p->row, p->caps};
}

/* Random instances with ties, equal rows, rows that are the score, zero ranges, negative and huge values, some infeasible. */
Test(relaxation, is_optimal_or_proved_infeasible)
{
    mn_relaxation *relaxation = mn_relaxation_create();
    int infeasible = 0;
    for (uint64_t seed = 1; seed <= 4000; seed++) {
        instance *p = draw(seed);
        const mn_relaxation_view view = view_of(p);
        cr_assert(mn_relaxation_load(relaxation, &view));
        infeasible += solve_and_check(p, relaxation, seed) == MN_RELAXATION_INFEASIBLE;
        free(p);
    }
    cr_assert(infeasible > 100 && infeasible < 3000, "%d infeasible", infeasible);
    mn_relaxation_free(relaxation);
}

/* Other caps, items that come and go, and a start from any multipliers: the same optimum each time. */
Test(relaxation, is_optimal_after_changes)
{
    mn_relaxation *relaxation = mn_relaxation_create();
    for (uint64_t seed = 1; seed <= 600; seed++) {
        instance *p = draw(seed);
        const mn_relaxation_view view = view_of(p);
        cr_assert(mn_relaxation_load(relaxation, &view));
        uint64_t state = seed;
        for (int change = 0; change < 12; change++) {
            if (random_below(&state, 3) == 0) {
                draw_caps(p, &state);
                mn_relaxation_set_caps(relaxation, p->caps);
            }
            for (int i = (int)random_below(&state, 6); i > 0; i--) {
                const int node = (int)random_below(&state, p->nodes), count = p->begin[node + 1] - p->begin[node];
                const int item = (int)random_below(&state, count);
                bool *forbidden = p->forbidden + p->begin[node];
                int left = -1;
                for (int other = 0; other < count; other++)
                    left += !forbidden[other];
                if (!forbidden[item] && left < 1)
                    continue;
                forbidden[item] = !forbidden[item];
                mn_relaxation_allow(relaxation, node, item, !forbidden[item]);
            }
            if (random_below(&state, 4) == 0) {
                double multipliers[MOST_ROWS + 1];
                for (int row = 0; row < p->rows; row++)
                    multipliers[row] = largest(p->score, p->begin[p->nodes]) /
                                       largest(p->weight[row], p->begin[p->nodes]) * (double)random_below(&state, 3);
                mn_relaxation_start(relaxation, multipliers);
            }
            solve_and_check(p, relaxation, seed);
        }
        free(p);
    }
    mn_relaxation_free(relaxation);
}

/* A solve that is told what is enough ends there, with a bound that holds. */
Test(relaxation, ends_early_with_a_valid_bound)
{
    mn_relaxation *relaxation = mn_relaxation_create();
    int early = 0;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        instance *p = draw(seed);
        const mn_relaxation_view view = view_of(p);
        double multipliers[MOST_ROWS + 1];
        cr_assert(mn_relaxation_load(relaxation, &view));
        if (mn_relaxation_solve(relaxation, -INFINITY) == MN_RELAXATION_OPTIMAL) {
            const double size = largest(p->score, p->begin[p->nodes]),
                         enough = mn_relaxation_value(relaxation) + size / 2;
            mn_relaxation_start(relaxation, NULL);
            const mn_relaxation_end end = mn_relaxation_solve(relaxation, enough);
            mn_relaxation_multipliers(relaxation, multipliers);
            early += end == MN_RELAXATION_BELOW;
            cr_assert(end != MN_RELAXATION_BELOW || lagrangian(p, multipliers, true) < enough + 1e-6 * size,
                      "seed %" PRIu64, seed);
        }
        free(p);
    }
    cr_assert(early > 50, "only %d ended early", early);
    mn_relaxation_free(relaxation);
}
