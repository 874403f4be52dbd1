#include "host/device/cpu_scan_paths.h"
#include "host/core/memory.h"

uint64_t **mn_paths_count(const mn_diagram *diagram, int to)
{
    const size_t layers = (size_t)diagram->node_count + 1;
    size_t cells = 0;
    for (size_t layer = 0; layer < layers; layer++)
        cells += (size_t)diagram->state_count[layer];
    uint64_t **counts = mn_new_array(layers + cells, sizeof(uint64_t));
    if (!counts)
        return NULL;
    uint64_t *at = (uint64_t *)(counts + layers);
    for (size_t layer = 0; layer < layers; layer++) {
        counts[layer] = at;
        at += diagram->state_count[layer];
    }
    for (int state = 0; state < diagram->state_count[to]; state++)
        counts[to][state] = 1;
    for (int node = to - 1; node >= 0; node--)
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const mn_row row = mn_diagram_row(diagram, node, state);
            uint64_t sum = 0;
            for (int block = row.begin; block < row.end; block++)
                if (mn_row_next(row, block) >= 0 &&
                    __builtin_add_overflow(sum, counts[node + 1][mn_row_next(row, block)], &sum))
                    sum = UINT64_MAX;
            counts[node][state] = sum;
        }
    return counts;
}

int mn_paths_find(const mn_diagram *diagram, uint64_t *const *counts, int from, int to, int state, uint64_t number,
                  uint16_t *choices)
{
    for (int node = from; node < to; node++) {
        const mn_row row = mn_diagram_row(diagram, node, state);
        int block = row.begin;
        for (;; block++) {
            if (mn_row_next(row, block) < 0)
                continue;
            if (number < counts[node + 1][mn_row_next(row, block)])
                break;
            number -= counts[node + 1][mn_row_next(row, block)];
        }
        choices[node - from] = (uint16_t)block;
        state = mn_row_next(row, block);
    }
    return state;
}

static bool new_part(mn_scan_part *part, int count, int column_count)
{
    *part = (mn_scan_part){.count = count};
    part->end = mn_new_array((size_t)count, sizeof *part->end);
    part->sums = mn_new_array((size_t)column_count, sizeof *part->sums);
    bool ok = part->end && part->sums;
    for (int column = 0; ok && column < column_count; column++)
        ok = (part->sums[column] = mn_new_array((size_t)count, sizeof(int64_t)));
    return ok;
}

void mn_paths_free(mn_scan_part *part, int column_count)
{
    for (int column = 0; part->sums && column < column_count; column++)
        free(part->sums[column]);
    free(part->sums);
    free(part->end);
    *part = (mn_scan_part){0};
}

/* Every path of `shorter`, prolonged by every block that its end admits. */
static void prolong(const mn_diagram *diagram, const mn_scan_column *columns, int column_count, int node,
                    const mn_scan_part *shorter, mn_scan_part *longer)
{
    const int first = diagram->first[node];
    for (int column = 0; column < column_count; column++) {
        const int64_t *weights = columns[column].weights + first;
        int at = 0;
        for (int path = 0; path < shorter->count; path++) {
            const mn_row row = mn_diagram_row(diagram, node, shorter->end[path]);
            for (int block = row.begin; block < row.end; block++)
                if (mn_row_next(row, block) >= 0) {
                    longer->end[at] = (uint16_t)mn_row_next(row, block);
                    longer->sums[column][at++] = shorter->sums[column][path] + weights[block];
                }
        }
    }
}

static int prolonged_count(const mn_diagram *diagram, int node, const mn_scan_part *part)
{
    int count = 0;
    for (int path = 0; path < part->count; path++) {
        const mn_row row = mn_diagram_row(diagram, node, part->end[path]);
        for (int block = row.begin; block < row.end; block++)
            count += mn_row_next(row, block) >= 0;
    }
    return count;
}

bool mn_paths_list(const mn_diagram *diagram, const mn_scan_column *columns, int column_count, int from, int to,
                   int state, mn_scan_part *part)
{
    if (!new_part(part, 1, column_count))
        return false;
    part->end[0] = (uint16_t)state;
    for (int node = from; node < to; node++) {
        mn_scan_part longer;
        const bool ok = new_part(&longer, prolonged_count(diagram, node, part), column_count);
        if (ok)
            prolong(diagram, columns, column_count, node, part, &longer);
        mn_paths_free(part, column_count);
        *part = longer;
        if (!ok)
            return false;
    }
    return true;
}
