/* The search by halves against enumeration, and the neighbourhood search against what must hold of any heuristic. */
#include "solver/halves.h"
#include "solver/multipliers.h"
#include "solver/neighbourhood.h"
#include "solver/quarters.h"
#include "tests/random_problem.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = 7, ITEMS = 6, ROWS = 20 };

typedef struct instance {
    int nodes, rows, begin[NODES + 1];
    int64_t score[NODES * ITEMS], weight[ROWS][NODES * ITEMS], caps[ROWS];
    const int64_t *row[ROWS];
    double multipliers[ROWS];
} instance;

static int64_t some_value(uint64_t *state, int kind)
{
    switch (kind) {
    case 0:
        return (int64_t)random_below(state, 50);
    case 1:
        return (int64_t)random_below(state, 4); /* many ties */
    case 2:
        return (int64_t)random_below(state, 2001) - 1000;
    case 3:
        return 7;
    default: /* sums pass 32 bits, and up to 2^61 */
        return (int64_t)(random_next(state) >> 6) - ((int64_t)1 << 57);
    }
}

static instance draw(uint64_t seed)
{
    uint64_t state = seed;
    instance p = {.nodes = 1 + (int)random_below(&state, NODES)};
    p.rows = (int)random_below(&state, seed % 8 == 0 ? ROWS + 1 : 6);
    for (int node = 0; node < p.nodes; node++)
        p.begin[node + 1] = p.begin[node] + 1 + (int)random_below(&state, ITEMS);
    const int kind = (int)random_below(&state, 5), items = p.begin[p.nodes];
    for (int item = 0; item < items; item++)
        p.score[item] = some_value(&state, kind);
    for (int row = 0; row < p.rows; row++) {
        const int own = (int)random_below(&state, 6);
        p.multipliers[row] = (double)random_below(&state, 200) / 100;
        for (int item = 0; item < items; item++)
            p.weight[row][item] = own == 5 ? p.score[item] : some_value(&state, own);
        p.caps[row] = 0; /* near a random network's sum */
        for (int node = 0; node < p.nodes; node++)
            p.caps[row] += p.weight[row][p.begin[node] + (int)random_below(&state, p.begin[node + 1] - p.begin[node])];
        if (random_below(&state, 2)) /* or larger */
            p.caps[row] += (p.caps[row] < 0 ? -p.caps[row] : p.caps[row]) / 3;
    }
    return p;
}

static bool next_network(const instance *p, int *items)
{
    for (int node = p->nodes - 1; node >= 0; node--) {
        if (++items[node] < p->begin[node + 1] - p->begin[node])
            return true;
        items[node] = 0;
    }
    return false;
}

static int64_t sum_of(const instance *p, const int64_t *values, const int *items)
{
    int64_t sum = 0;
    for (int node = 0; node < p->nodes; node++)
        sum += values[p->begin[node] + items[node]];
    return sum;
}

static bool fits(const instance *p, const int *items)
{
    for (int row = 0; row < p->rows; row++)
        if (sum_of(p, p->weight[row], items) > p->caps[row])
            return false;
    return true;
}

typedef struct tally {
    const instance *p;
    int count;
    int64_t target, best;
    bool raise;
    uint64_t code; /* order does not matter: a sum of hashes */
} tally;

static uint64_t code_of(const instance *p, const int *items)
{
    uint64_t code = 17;
    for (int node = 0; node < p->nodes; node++)
        code = code * 31 + (uint64_t)items[node];
    return random_next(&code);
}

static int64_t take(void *context, const int *items, int64_t score)
{
    tally *t = context;
    cr_assert(fits(t->p, items) && score == sum_of(t->p, t->p->score, items) && score >= t->target);
    t->count++;
    t->code += code_of(t->p, items);
    t->best = score > t->best ? score : t->best;
    if (t->raise)
        t->target = score + 1;
    return t->target;
}

/* A target: somewhere between the scores of the networks that fit, often exactly one of them. */
static int64_t draw_target(const instance *p, uint64_t *state)
{
    int items[NODES] = {0};
    int64_t target = sum_of(p, p->score, items);
    uint64_t seen = 0;
    do {
        if (fits(p, items) && random_below(state, ++seen) == 0)
            target = sum_of(p, p->score, items);
    } while (next_network(p, items));
    return target + (int64_t)random_below(state, 3) - 1;
}

/* All networks of the target are found, each once, when the search says that it was complete: ties at the target's edge included. */
Test(halves, find_what_enumeration_finds)
{
    mn_halves *halves = mn_halves_create();
    const mn_control control = {0};
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        uint64_t state = seed * 77;
        const instance p = draw(seed);
        const int64_t *rows[ROWS];
        for (int row = 0; row < p.rows; row++)
            rows[row] = p.weight[row];
        const int64_t target = draw_target(&p, &state);
        tally listed = {.p = &p, .best = INT64_MIN}, found = {.p = &p, .target = target, .best = INT64_MIN};
        int items[NODES] = {0};
        do {
            const int64_t score = sum_of(&p, p.score, items);
            if (score < target || !fits(&p, items))
                continue;
            listed.count++;
            listed.code += code_of(&p, items);
            listed.best = score > listed.best ? score : listed.best;
        } while (next_network(&p, items));

        const mn_halves_view view = {p.nodes, p.rows, p.begin, p.score, rows, p.caps};
        const mn_halves_options options = {.list_size = seed % 3 ? 1 << 14 : 20, .seed = seed, .control = &control};
        mn_halves_result result;
        cr_assert(mn_halves_search(halves, &view, p.multipliers, target, &options, take, &found, &result) == MN_OK);
        cr_assert(found.count <= listed.count);
        cr_assert(result.complete || options.list_size < 1000, "seed %" PRIu64, seed);
        cr_assert(!result.complete || (found.count == listed.count && found.code == listed.code),
                  "seed %" PRIu64 ": %d found, %d listed", seed, found.count, listed.count);
        tally best = {.p = &p, .target = target, .best = INT64_MIN, .raise = true};
        cr_assert(mn_halves_search(halves, &view, p.multipliers, target, &options, take, &best, &result) == MN_OK);
        cr_assert(!result.complete || best.best == listed.best, "seed %" PRIu64 ": best %" PRId64 ", listed %" PRId64,
                  seed, best.best, listed.best);
    }
    mn_halves_free(halves);
}

/* Quarters prove nothing, but what they find is there. */
Test(quarters, find_networks_that_fit)
{
    mn_halves *halves = mn_halves_create();
    const mn_control control = {0};
    int best_found = 0, best_there = 0;
    for (uint64_t seed = 1; seed <= 600; seed++) {
        const instance p = draw(seed);
        if (p.rows == 0)
            continue;
        const int64_t *rows[ROWS];
        for (int row = 0; row < p.rows; row++)
            rows[row] = p.weight[row];
        int items[NODES] = {0};
        int64_t lowest = INT64_MAX, best = INT64_MIN;
        do {
            const int64_t score = sum_of(&p, p.score, items);
            lowest = score < lowest ? score : lowest;
            best = score > best && fits(&p, items) ? score : best;
        } while (next_network(&p, items));
        const mn_halves_view view = {p.nodes, p.rows, p.begin, p.score, rows, p.caps};
        const mn_quarters_options options = {
            .list_size = 400, .share = 0.9, .seed = seed, .most_work = 1 << 20, .control = &control};
        tally found = {.p = &p, .target = lowest, .best = INT64_MIN, .raise = true};
        double box = 0;
        uint64_t work;
        cr_assert(mn_quarters_search(halves, &view, p.multipliers, lowest, &options, &box, take, &found, &work) ==
                  MN_OK);
        cr_assert(found.best <= best);
        best_there += best > INT64_MIN;
        best_found += best > INT64_MIN && found.best == best;
    }
    cr_assert(best_found > best_there / 4, "%d of %d optima found", best_found, best_there);
    mn_halves_free(halves);
}

typedef struct report {
    const random_problems *p;
    int count;
    int64_t last;
    uint64_t code;
} report;

static void take_report(void *context, const uint16_t *network, int64_t value)
{
    report *r = context;
    const mn_problem *problem = &r->p->problems[0];
    cr_assert(mn_problem_admits(problem, r->p->capacities, network));
    cr_assert(value == mn_problem_value(problem, &problem->score, network));
    cr_assert(r->count == 0 || value > r->last);
    r->last = value;
    r->count++;
    for (int node = 0; node < problem->node_count; node++)
        r->code = r->code * 31 + network[node];
}

typedef struct outcome {
    report seen;
    bool suits, proved;
    int64_t bound;
} outcome;

static outcome run_on(const random_problems *p, uint64_t seed, uint64_t slice, int slices)
{
    outcome o = {.seen = {.p = p}};
    const mn_problem *problem = &p->problems[0];
    mn_error error = {0};
    mn_graph graph;
    mn_prepared prepared;
    mn_pool pool;
    mn_arena arena = {0};
    mn_form form;
    cr_assert(mn_graph_make(problem->diagram, &error, &graph) == MN_OK);
    cr_assert(mn_prepare(problem, graph, &error, &prepared) == MN_OK);
    cr_assert(mn_pool_make(1 + problem->limit_count, problem->node_count, &error, &pool) == MN_OK);
    const mn_control none = {0};
    if (!problem->diagram->empty && mn_form_make(&prepared, p->capacities, 0, 0, NULL, &none, &arena, &form) == MN_OK &&
        mn_neighbourhood_suits(&form)) {
        double multipliers[PROBLEM_LIMITS];
        mn_neighbourhood *n;
        const mn_control control = {0};
        o.suits = true;
        cr_assert(mn_multipliers_find(&form, &pool, &arena, multipliers) == MN_OK);
        cr_assert(mn_neighbourhood_create(&form, p->capacities, multipliers, seed, &error, &n) == MN_OK);
        for (int i = 0; i < slices; i++)
            cr_assert(mn_neighbourhood_run(n, slice, &control, take_report, &o.seen) == MN_OK);
        o.bound = mn_neighbourhood_bound(n);
        int64_t value;
        const uint16_t *best = mn_neighbourhood_best(n, &value);
        cr_assert((best != NULL) == (o.seen.count > 0) && (!best || value == o.seen.last));
        mn_neighbourhood_free(n);
    }
    mn_arena_free(&arena);
    mn_pool_free(&pool);
    mn_prepared_free(&prepared);
    return o;
}

/* Whatever is reported is within the limits and better than what was reported before; a proved bound holds; the same effort and seed
 * give the same networks, also in slices. Mostly the optimum is found. */
Test(neighbourhood, reports_only_what_holds)
{
    int optimal = 0, feasible = 0, proved = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t state = seed;
        random_problems p =
            make_random_problems(seed, (problem_shape){.table = {.nodes = PROBLEM_NODES,
                                                                 .blocks = 4,
                                                                 .metrics = 4,
                                                                 .ragged = seed % 2,
                                                                 .distinct = seed % 3 ? 0 : 5,
                                                                 .largest = seed % 5 ? 0 : (int64_t)1 << 50,
                                                                 .rules = seed % 7 == 0 ? 2 : 0},
                                                       .tables = 1,
                                                       .limits = 1 + (int)(seed % PROBLEM_LIMITS)});
        draw_capacities(&p, &state);
        const outcome whole = run_on(&p, seed, 400000, 1), again = run_on(&p, seed, 400000, 1);
        cr_assert(whole.seen.count == again.seen.count && whole.seen.code == again.seen.code, "seed %" PRIu64, seed);
        const int best = next_fitting(&p, p.capacities, 0);
        if (whole.suits) {
            const bool there = best < p.network_count;
            cr_assert(!there || whole.bound >= p.networks[best].score, "seed %" PRIu64 ": bound %" PRId64, seed,
                      whole.bound);
            feasible += there;
            optimal += there && whole.seen.count > 0 && whole.seen.last == p.networks[best].score;
            proved += whole.bound < INT64_MAX;
        }
        free_random_problems(&p);
    }
    cr_assert(feasible > 50 && optimal > feasible * 9 / 10, "%d optima found of %d, %d proved", optimal, feasible,
              proved);
}
