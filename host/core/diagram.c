/* Walks of a diagram: sums, counts and the order of its paths. Building it is diagram_build.c. */
#include "host/core/diagram.h"
#include "host/core/memory.h"

#include <stdio.h>

void mn_diagram_free(mn_diagram *diagram)
{
    if (!diagram)
        return;
    for (int node = 0; diagram->next && node < diagram->node_count; node++)
        free(diagram->next[node]);
    free(diagram->next);
    free(diagram->first);
    free(diagram->state_count);
    free(diagram->outside);
    free(diagram);
}

/* ---- walking ------------------------------------------------------------------------------------------------------------------- */

/* One allocation: pointers to layers, then the layers' cells of `size` bytes. */
static void *new_layers(const mn_diagram *diagram, size_t size)
{
    const size_t layers = (size_t)diagram->node_count + 1;
    size_t cells = 0;
    for (size_t layer = 0; layer < layers; layer++)
        cells += (size_t)diagram->state_count[layer];
    const size_t header = (layers * sizeof(void *) + 15) / 16 * 16;
    char *memory = mn_new_array(1, header + (cells + 1) * size);
    if (!memory)
        return NULL;
    char *at = memory + header;
    for (size_t layer = 0; layer < layers; layer++) {
        ((void **)memory)[layer] = at;
        at += (size_t)diagram->state_count[layer] * size;
    }
    return memory;
}

int64_t **mn_diagram_extremes(const mn_diagram *diagram, const int64_t *values, int sign)
{
    int64_t **extremes = new_layers(diagram, sizeof(int64_t));
    if (!extremes)
        return NULL;
    if (!diagram->empty)
        extremes[diagram->node_count][0] = 0;
    for (int node = diagram->node_count - 1; node >= 0; node--) {
        const int blocks = mn_diagram_blocks(diagram, node);
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const int32_t *row = mn_diagram_row(diagram, node, state);
            int64_t best = 0;
            bool found = false;
            for (int block = 0; block < blocks; block++) {
                if (row[block] < 0)
                    continue;
                const int64_t sum = values[diagram->first[node] + block] + extremes[node + 1][row[block]];
                if (!found || (sign > 0 ? sum < best : sum > best))
                    best = sum;
                found = true;
            }
            extremes[node][state] = best;
        }
    }
    return extremes;
}

unsigned __int128 **mn_diagram_counts(const mn_diagram *diagram)
{
    const unsigned __int128 largest = (unsigned __int128)1 << 127;
    unsigned __int128 **counts = new_layers(diagram, sizeof(unsigned __int128));
    if (!counts)
        return NULL;
    if (!diagram->empty)
        counts[diagram->node_count][0] = 1;
    for (int node = diagram->node_count - 1; node >= 0; node--)
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const int32_t *row = mn_diagram_row(diagram, node, state);
            unsigned __int128 sum = 0;
            for (int block = 0; block < mn_diagram_blocks(diagram, node); block++)
                if (row[block] >= 0) {
                    const unsigned __int128 paths = counts[node + 1][row[block]];
                    sum = paths > largest - sum ? largest : sum + paths;
                }
            counts[node][state] = sum;
        }
    return counts;
}

void mn_diagram_unrank(const mn_diagram *diagram, unsigned __int128 *const *counts, unsigned __int128 rank,
                       uint16_t *network)
{
    int state = 0;
    for (int node = 0; node < diagram->node_count; node++) {
        const int32_t *row = mn_diagram_row(diagram, node, state);
        int block = 0;
        for (;; block++) {
            if (row[block] < 0)
                continue;
            const unsigned __int128 below = counts[node + 1][row[block]];
            if (rank < below)
                break;
            rank -= below;
        }
        network[node] = (uint16_t)block;
        state = row[block];
    }
}

/* ---- exact count as text: numbers of base 10^9 ---------------------------------------------------------------------------------- */

enum { GROUP = 1000000000, GROUP_DIGITS = 9 };

/* sum += times * term */
static void add_multiple(uint32_t *sum, const uint32_t *term, uint32_t times, int groups)
{
    uint64_t carry = 0;
    for (int i = 0; i < groups; i++) {
        const uint64_t total = sum[i] + (uint64_t)times * term[i] + carry;
        sum[i] = (uint32_t)(total % GROUP);
        carry = total / GROUP;
    }
}

/* Adds up the paths of one state; neighbouring blocks mostly lead to the same next state and are added at once. */
static void add_paths(uint32_t *sum, const int32_t *row, int blocks, const uint32_t *after, int groups)
{
    for (int block = 0; block < blocks;) {
        const int begin = block;
        while (block < blocks && row[block] == row[begin])
            block++;
        if (row[begin] >= 0)
            add_multiple(sum, after + (size_t)row[begin] * groups, (uint32_t)(block - begin), groups);
    }
}

static char *print_number(const uint32_t *number, int groups)
{
    while (groups > 1 && number[groups - 1] == 0)
        groups--;
    char *text = malloc((size_t)groups * GROUP_DIGITS + 2);
    if (!text)
        return NULL;
    int length = sprintf(text, "%u", number[groups - 1]);
    for (int i = groups - 2; i >= 0; i--)
        length += sprintf(text + length, "%09u", number[i]);
    return text;
}

char *mn_diagram_count_text(const mn_diagram *diagram)
{
    double digits = 1;
    int widest = 1;
    for (int node = 0; node < diagram->node_count; node++) {
        digits += __builtin_log10((double)mn_diagram_blocks(diagram, node));
        widest = diagram->state_count[node] > widest ? diagram->state_count[node] : widest;
    }
    const int groups = (int)(digits / GROUP_DIGITS) + 2;
    uint32_t *numbers = mn_new_array((size_t)2 * widest * groups, sizeof *numbers);
    if (!numbers)
        return NULL;
    uint32_t *after = numbers, *here = numbers + (size_t)widest * groups;
    after[0] = !diagram->empty;
    for (int node = diagram->node_count - 1; node >= 0 && !diagram->empty; node--) {
        memset(here, 0, sizeof *here * widest * groups);
        for (int state = 0; state < diagram->state_count[node]; state++)
            add_paths(here + (size_t)state * groups, mn_diagram_row(diagram, node, state),
                      mn_diagram_blocks(diagram, node), after, groups);
        uint32_t *swap = after;
        after = here;
        here = swap;
    }
    char *text = print_number(after, groups);
    free(numbers);
    return text;
}
