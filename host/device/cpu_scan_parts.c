/* Where the nodes are split, and the middle parts. */
#include "host/device/cpu_scan_parts.h"
#include "host/core/memory.h"
#include "host/device/cpu_scan_low.h"
#include "host/device/cpu_scan_paths.h"

/* ---- where to split -------------------------------------------------------------------------------------------------------------- */

/* Sets: three columns fit the second-level cache. Costs in cycles, roughly. */
const mn_scan_room mn_scan_room_cpu = {.most_low_parts = 1 << 17,
                                       .most_middle_parts = 1 << 13,
                                       .block_words = MN_SCAN_BLOCK,
                                       .set_bytes = 256 << 10,
                                       .all_set_bytes = SIZE_MAX,
                                       .fewest_ranks = 16,
                                       .cost_prefix = 14,
                                       .cost_block = 3,
                                       .cost_low_part = 100,
                                       .cost_list = 500};

/* Paths from the root to each state of each layer, as floating point: they may be any number. */
static double **forward_counts(const mn_diagram *diagram)
{
    size_t cells = 0;
    for (int layer = 0; layer <= diagram->node_count; layer++)
        cells += (size_t)diagram->state_count[layer];
    double **counts = mn_new_array((size_t)diagram->node_count + 1 + cells, sizeof(double));
    if (!counts)
        return NULL;
    double *at = (double *)(counts + diagram->node_count + 1);
    for (int layer = 0; layer <= diagram->node_count; layer++) {
        counts[layer] = at;
        at += diagram->state_count[layer];
    }
    counts[0][0] = 1;
    for (int node = 0; node < diagram->node_count; node++)
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const mn_row row = mn_diagram_row(diagram, node, state);
            for (int block = row.begin; block < row.end; block++)
                if (mn_row_next(row, block) >= 0)
                    counts[node + 1][mn_row_next(row, block)] += counts[node][state];
        }
    return counts;
}

/* What a split before `layer` costs, and the bytes of a column's sets with few ranks; false: too many low parts. */
static bool weigh_split(const mn_scan_parts *parts, const double *forward, int layer, double *cost, double *sets)
{
    const mn_diagram *diagram = parts->problem->diagram;
    const mn_scan_room *room = parts->room;
    double low = 0, all_sets = 0;
    *cost = room->cost_list * (diagram->state_count[layer] + (layer > 0 ? diagram->state_count[layer - 1] : 0));
    *sets = 0;
    for (int state = 0; state < diagram->state_count[layer]; state++) {
        const double count = (double)parts->low_counts[layer][state];
        low += count;
        if (low > room->most_low_parts)
            return false;
        const int words = mn_scan_words(room, count);
        const double few = room->fewest_ranks * 2, bytes = words * 8.0 * (count < few ? count : few);
        all_sets += bytes;
        *sets = room->bytes_a_state ? (bytes > *sets ? bytes : *sets) : all_sets;
        *cost += forward[state] * (room->cost_prefix + room->cost_block * words / room->block_words) +
                 count * room->cost_low_part;
    }
    return all_sets * parts->filter_count <= (double)room->all_set_bytes;
}

/* The cheapest layer whose low tables stay small. */
static int choose_split(const mn_scan_parts *parts, double *const *forward)
{
    const int nodes = parts->problem->diagram->node_count;
    int best = nodes;
    double least = -1, cost, sets;
    for (int layer = nodes; layer >= 0; layer--) {
        if (!weigh_split(parts, forward[layer], layer, &cost, &sets)) {
            if (parts->room->all_set_bytes == SIZE_MAX)
                break;
            continue;
        }
        if (least < 0 || (cost < least && sets < (double)parts->room->set_bytes)) {
            least = cost;
            best = layer;
        }
    }
    return best;
}

/* The middle part takes at least the node before the split, if there is one. */
static int choose_middle(const mn_scan_parts *parts)
{
    const mn_diagram *diagram = parts->problem->diagram;
    int middle = parts->split > 0 ? parts->split - 1 : 0;
    for (int layer = middle - 1; layer >= 0; layer--) {
        double count = 0;
        for (int state = 0; state < diagram->state_count[layer]; state++)
            count += (double)parts->middle_counts[layer][state];
        if (count > parts->room->most_middle_parts)
            break;
        middle = layer;
    }
    return middle;
}

static bool make_middles(mn_scan_parts *parts)
{
    const mn_diagram *diagram = parts->problem->diagram;
    const int states = diagram->state_count[parts->middle];
    parts->middles = mn_new_array((size_t)states, sizeof *parts->middles);
    bool ok = parts->middles;
    for (int state = 0; ok && state < states; state++)
        ok = mn_paths_list(diagram, parts->columns, parts->column_count, parts->middle, parts->split, state,
                           &parts->middles[state]);
    return ok;
}

mn_status mn_scan_parts_make(mn_scan_parts *parts, mn_error *error)
{
    const mn_diagram *diagram = parts->problem->diagram;
    double **forward = forward_counts(diagram);
    bool ok = forward;
    if (ok) {
        parts->split = choose_split(parts, forward);
        ok = (parts->middle_counts = mn_paths_count(diagram, parts->split));
    }
    if (ok) {
        parts->middle = choose_middle(parts);
        ok = (parts->high_counts = mn_paths_count(diagram, parts->middle));
    }
    free(forward);
    if (ok && mn_scan_lows_make(parts) && make_middles(parts))
        return MN_OK;
    return mn_fail_memory(error);
}

void mn_scan_parts_free(mn_scan_parts *parts)
{
    const mn_diagram *diagram = parts->problem->diagram;
    for (int state = 0; parts->lows && state < diagram->state_count[parts->split]; state++)
        mn_scan_low_free(&parts->lows[state], parts->column_count);
    for (int state = 0; parts->middles && state < diagram->state_count[parts->middle]; state++)
        mn_paths_free(&parts->middles[state], parts->column_count);
    for (int column = 0; column < parts->column_count; column++) {
        free(parts->columns[column].weights);
        free(parts->columns[column].smallest);
        free(parts->columns[column].largest);
    }
    free(parts->columns);
    free(parts->lows);
    free(parts->middles);
    free(parts->low_counts);
    free(parts->middle_counts);
    free(parts->high_counts);
    *parts = (mn_scan_parts){.problem = parts->problem};
}
