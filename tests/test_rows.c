/* Limits of the same sum: tightened capacities admit the same networks, those dropped are implied, crossed ends admit none. */
#include "solver/rows.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>

enum { NODES = 4, BLOCKS = 3, ITEMS = NODES * BLOCKS, LIMITS = 6 };

typedef struct rows {
    int64_t values[LIMITS][ITEMS];
    mn_column columns[LIMITS];
    int first[NODES + 1];
    mn_problem problem;
} rows;

/* Few different sums, and multiples of them: many limits share one. */
static void make_rows(uint64_t *state, rows *r)
{
    for (int node = 0; node <= NODES; node++)
        r->first[node] = node * BLOCKS;
    for (int i = 0; i < LIMITS; i++) {
        const int twin = i > 0 && random_below(state, 3) ? (int)random_below(state, (uint64_t)i) : -1;
        const int64_t factor = (int64_t)random_below(state, 4) - 2;
        for (int item = 0; item < ITEMS; item++)
            r->values[i][item] =
                twin < 0 ? 5 * (int64_t)random_below(state, 4) : factor * r->values[twin][item] + item / BLOCKS;
        r->columns[i] = (mn_column){.values = r->values[i]};
    }
    r->problem = (mn_problem){
        .node_count = NODES, .item_count = ITEMS, .first = r->first, .limit_count = LIMITS, .limits = r->columns};
}

static bool meets(const rows *r, int network, const int64_t *sums)
{
    for (int i = 0; i < LIMITS; i++) {
        int64_t sum = 0;
        for (int node = 0, rest = network; node < NODES; node++, rest /= BLOCKS)
            sum += r->values[i][node * BLOCKS + rest % BLOCKS];
        if (sums[i] != MN_NO_CAPACITY && sum > sums[i])
            return false;
    }
    return true;
}

Test(rows, tightened_capacities_admit_the_same_networks)
{
    int dropped = 0, crossed = 0;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        uint64_t state = seed;
        rows r;
        mn_row_shape shapes[LIMITS];
        int64_t sums[LIMITS], tight[LIMITS];
        make_rows(&state, &r);
        for (int i = 0; i < LIMITS; i++)
            tight[i] = sums[i] =
                random_below(&state, 4) == 0 ? MN_NO_CAPACITY : (int64_t)random_below(&state, 120) - 40;
        mn_row_shapes(&r.problem, shapes);
        const bool open = mn_rows_tighten(shapes, LIMITS, tight);
        crossed += !open;
        for (int i = 0; i < LIMITS; i++) {
            dropped += open && sums[i] != MN_NO_CAPACITY && tight[i] == MN_NO_CAPACITY;
            cr_assert(tight[i] == MN_NO_CAPACITY || tight[i] <= sums[i], "seed %" PRIu64, seed);
        }
        for (int network = 0; network < 81; network++)
            cr_assert_eq(open && meets(&r, network, tight), meets(&r, network, sums), "seed %" PRIu64 ", network %d",
                         seed, network);
    }
    cr_assert(dropped > 300 && crossed > 100, "%d dropped, %d crossed: the test lost its subject", dropped, crossed);
}
