/* The search by halves against enumeration, and the neighbourhood search against what must hold of any heuristic. */
#include "solver/halves.h"
#include "solver/multipliers.h"
#include "solver/neighbourhood.h"
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
