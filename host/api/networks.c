/* Networks from text, in order, at random. */
#include "host/api/handle.h"
#include "host/core/memory.h"
#include "host/core/random.h"

#include <stdio.h>

/* A handle with room for `count` networks. NULL when not even the handle could be made. */
static mn_networks *new_networks(const mn_table *table, uint64_t count)
{
    mn_networks *networks = mn_new_array(1, sizeof *networks);
    if (!networks || !table)
        return networks;
    networks->node_count = table->node_count;
    if (count <= SIZE_MAX / sizeof(uint16_t) / (size_t)(table->node_count ? table->node_count : 1))
        networks->choices = malloc((count ? count : 1) * (size_t)table->node_count * sizeof *networks->choices);
    if (networks->choices)
        networks->count = count;
    else
        mn_fail_memory(&networks->error);
    return networks;
}

void mn_networks_free(mn_networks *networks)
{
    if (!networks)
        return;
    free(networks->choices);
    free(networks);
}

uint64_t mn_networks_count(const mn_networks *networks)
{
    return networks ? networks->count : 0;
}

const uint16_t *mn_networks_choices(const mn_networks *networks)
{
    return networks ? networks->choices : NULL;
}

/* Hands over the handle; on failure it keeps only the sentence. */
static mn_status hand_over(mn_networks *networks, mn_status status, mn_networks **result)
{
    *result = networks;
    if (!networks)
        return MN_FAILURE;
    if (status != MN_OK)
        networks->count = 0;
    return status;
}

mn_status mn_networks_parse(const mn_table *table, const char *text, mn_networks **result)
{
    if (!result)
        return MN_USAGE;
    mn_networks *networks = new_networks(table, 1);
    mn_status status = networks ? networks->error.status : MN_FAILURE;
    if (networks && (!table || !text))
        status = mn_fail(&networks->error, MN_USAGE, "mn_networks_parse: expected a table and a text, found NULL");
    if (status == MN_OK)
        status = mn_network_parse(table, text, networks->choices, &networks->error);
    const int broken = status == MN_OK ? mn_rules_broken(table->rules, table->rule_count, networks->choices) : -1;
    if (broken < 0)
        return hand_over(networks, status, result);
    *result = networks;
    return mn_fail(&networks->error, MN_USAGE, "network \"%.200s\" breaks the rule %.600s", text,
                   table->rules[broken].text);
}

/* ---- in order -------------------------------------------------------------------------------------------------------------- */

/* A walk over the diagram's networks in lexicographic order: states along the current path. */
typedef struct walk {
    const mn_diagram *diagram;
    uint16_t *network;
    int32_t *states; /* [nodes + 1] */
    bool ended;
} walk;

/* Completes the path from `node` on with the first block each that the state allows. Every state reaches the end. */
static void descend(walk *w, int node)
{
    for (; node < w->diagram->node_count; node++) {
        const mn_row row = mn_diagram_row(w->diagram, node, w->states[node]);
        int block = row.begin;
        while (mn_row_next(row, block) < 0)
            block++;
        w->network[node] = (uint16_t)block;
        w->states[node + 1] = mn_row_next(row, block);
    }
}

static void advance(walk *w)
{
    for (int node = w->diagram->node_count - 1; node >= 0; node--) {
        const mn_row row = mn_diagram_row(w->diagram, node, w->states[node]);
        const int blocks = mn_diagram_blocks(w->diagram, node);
        for (int block = w->network[node] + 1; block < blocks; block++)
            if (mn_row_next(row, block) >= 0) {
                w->network[node] = (uint16_t)block;
                w->states[node + 1] = mn_row_next(row, block);
                descend(w, node + 1);
                return;
            }
    }
    w->ended = true;
}

/* Starts at the network of rank `rank` among the diagram's. */
static mn_status start_walk(walk *w, uint64_t rank)
{
    unsigned __int128 **counts = mn_diagram_counts(w->diagram);
    if (!counts)
        return MN_FAILURE;
    w->ended = w->diagram->empty || rank >= counts[0][0];
    if (!w->ended) {
        mn_diagram_unrank(w->diagram, counts, rank, w->network);
        w->states[0] = 0;
        for (int node = 0; node < w->diagram->node_count; node++)
            w->states[node + 1] = mn_row_next(mn_diagram_row(w->diagram, node, w->states[node]), w->network[node]);
    }
    free(counts);
    return MN_OK;
}

static bool obeys_outside(const mn_table *table, const uint16_t *network)
{
    for (int i = 0; i < table->diagram->outside_count; i++)
        if (!mn_rule_admits(&table->rules[table->diagram->outside[i]], network))
            return false;
    return true;
}

/* Copies the networks first .. first + count - 1. Ranks are the diagram's; when rules lie outside it, they are counted from the
 * beginning. */
static mn_status fill_range(const mn_table *table, uint64_t first, mn_networks *networks)
{
    const size_t nodes = (size_t)table->node_count;
    const bool entangled = table->diagram->outside_count > 0;
    walk w = {.diagram = table->diagram};
    w.network = mn_new_array(nodes, sizeof *w.network);
    w.states = mn_new_array(nodes + 1, sizeof *w.states);
    mn_status status = w.network && w.states ? start_walk(&w, entangled ? 0 : first) : MN_FAILURE;
    uint64_t skip = entangled ? first : 0, found = 0;
    for (; status == MN_OK && !w.ended && found < networks->count; advance(&w)) {
        if (entangled && (!obeys_outside(table, w.network) || skip-- > 0))
            continue;
        memcpy(networks->choices + found++ * nodes, w.network, nodes * sizeof *w.network);
    }
    networks->count = found;
    free(w.network);
    free(w.states);
    return status == MN_OK ? MN_OK : mn_fail_memory(&networks->error);
}

mn_status mn_networks_range(const mn_table *table, uint64_t first, uint64_t count, mn_networks **result)
{
    if (!result)
        return MN_USAGE;
    if (table && table->admissible != UINT64_MAX) {
        const uint64_t left = first < table->admissible ? table->admissible - first : 0;
        count = count < left ? count : left;
    }
    mn_networks *networks = new_networks(table, count);
    mn_status status = networks ? networks->error.status : MN_FAILURE;
    if (networks && !table)
        status = mn_fail(&networks->error, MN_USAGE, "mn_networks_range: expected a table, found NULL");
    if (status == MN_OK)
        status = fill_range(table, first, networks);
    return hand_over(networks, status, result);
}

/* ---- at random ------------------------------------------------------------------------------------------------------------- */

/* The share of each state's networks among those of its layer, from sums and products only: the same on every machine. Normalising
 * by layer lets spaces of any size fit a double. NULL when memory ran out; free() frees it at once. */
static double **state_weights(const mn_diagram *diagram)
{
    size_t cells = 0;
    for (int layer = 0; layer <= diagram->node_count; layer++)
        cells += (size_t)diagram->state_count[layer];
    const size_t layers = (size_t)diagram->node_count + 1;
    double **weights = malloc(layers * sizeof *weights + cells * sizeof **weights);
    if (!weights)
        return NULL;
    double *at = (double *)(weights + layers);
    for (int layer = 0; layer <= diagram->node_count; layer++) {
        weights[layer] = at;
        at += diagram->state_count[layer];
    }
    weights[diagram->node_count][0] = 1;
    for (int node = diagram->node_count - 1; node >= 0; node--) {
        double total = 0;
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const mn_row row = mn_diagram_row(diagram, node, state);
            double sum = 0;
            for (int block = row.begin; block < row.end; block++)
                sum += mn_row_next(row, block) < 0 ? 0 : weights[node + 1][mn_row_next(row, block)];
            weights[node][state] = sum;
            total += sum;
        }
        for (int state = 0; state < diagram->state_count[node]; state++)
            weights[node][state] /= total;
    }
    return weights;
}

/* One uniform network of the diagram. */
static void draw(const mn_diagram *diagram, double *const *weights, uint64_t *random, uint16_t *network)
{
    int state = 0;
    for (int node = 0; node < diagram->node_count; node++) {
        const mn_row row = mn_diagram_row(diagram, node, state);
        double total = 0;
        for (int block = row.begin; block < row.end; block++)
            total += mn_row_next(row, block) < 0 ? 0 : weights[node + 1][mn_row_next(row, block)];
        double left = (double)(mn_random_next(random) >> 11) * 0x1p-53 * total;
        int chosen = -1;
        for (int block = row.begin; block < row.end; block++) {
            if (mn_row_next(row, block) < 0)
                continue;
            chosen = block; /* rounding may leave a trifle: the last block takes it */
            left -= weights[node + 1][mn_row_next(row, block)];
            if (left < 0)
                break;
        }
        network[node] = (uint16_t)chosen;
        state = mn_row_next(row, chosen);
    }
}

static mn_status fill_random(const mn_table *table, uint64_t seed, mn_networks *networks)
{
    enum { MOST_TRIES = 10000000 };
    double **weights = state_weights(table->diagram);
    if (!weights)
        return mn_fail_memory(&networks->error);
    mn_status status = MN_OK;
    for (uint64_t i = 0; status == MN_OK && i < networks->count; i++) {
        uint16_t *network = networks->choices + i * (size_t)table->node_count;
        int tries = 0;
        do
            draw(table->diagram, weights, &seed, network);
        while (!obeys_outside(table, network) && ++tries < MOST_TRIES);
        if (tries == MOST_TRIES)
            status = mn_fail(&networks->error, MN_FAILURE,
                             "no network that obeys the rules was found among %d random ones", MOST_TRIES);
    }
    free(weights);
    return status;
}

mn_status mn_networks_random(const mn_table *table, uint64_t count, uint64_t seed, mn_networks **result)
{
    if (!result)
        return MN_USAGE;
    mn_networks *networks = new_networks(table, count);
    mn_status status = networks ? networks->error.status : MN_FAILURE;
    if (networks && !table)
        status = mn_fail(&networks->error, MN_USAGE, "mn_networks_random: expected a table, found NULL");
    if (status == MN_OK && table->diagram->empty && count > 0)
        status =
            mn_fail(&networks->error, MN_INFEASIBLE, "the rules of table \"%s\" exclude every network", table->name);
    if (status == MN_OK && count > 0)
        status = fill_random(table, seed, networks);
    return hand_over(networks, status, result);
}
