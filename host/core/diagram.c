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
    for (int node = 0; diagram->forced && node < diagram->node_count; node++)
        free(diagram->forced[node]);
    free(diagram->next);
    free(diagram->forced);
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
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const mn_row row = mn_diagram_row(diagram, node, state);
            int64_t best = 0;
            bool found = false;
            for (int block = row.begin; block < row.end; block++) {
                if (mn_row_next(row, block) < 0)
                    continue;
                const int64_t sum = values[diagram->first[node] + block] + extremes[node + 1][mn_row_next(row, block)];
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
            const mn_row row = mn_diagram_row(diagram, node, state);
            unsigned __int128 sum = 0;
            for (int block = row.begin; block < row.end; block++)
                if (mn_row_next(row, block) >= 0) {
                    const unsigned __int128 paths = counts[node + 1][mn_row_next(row, block)];
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
        const mn_row row = mn_diagram_row(diagram, node, state);
        int block = row.begin;
        for (;; block++) {
            if (mn_row_next(row, block) < 0)
                continue;
            const unsigned __int128 below = counts[node + 1][mn_row_next(row, block)];
            if (rank < below)
                break;
            rank -= below;
        }
        network[node] = (uint16_t)block;
        state = mn_row_next(row, block);
    }
}

/* ---- exact count as text: numbers of base 10^9 ---------------------------------------------------------------------------------- */

enum { GROUP = 1000000000, GROUP_DIGITS = 9 };

/* sum += times * term, both of `groups` groups. */
static void add_multiple(uint32_t *sum, const uint32_t *term, uint32_t times, int groups)
{
    uint64_t carry = 0;
    for (int i = 0; i < groups; i++) {
        const uint64_t total = sum[i] + (uint64_t)times * term[i] + carry;
        sum[i] = (uint32_t)(total % GROUP);
        carry = total / GROUP;
    }
}

/* Numbers of paths from the states of one layer. */
typedef struct layer_counts {
    uint32_t *numbers; /* [states][groups] */
    int groups, used;  /* what lies past the used groups is 0 */
} layer_counts;

/* Adds up the paths of one state; neighbouring blocks mostly lead to the same next state and are added at once. */
static void add_paths(uint32_t *sum, mn_row row, const layer_counts *after, int used)
{
    const int blocks = row.end - row.begin;
    for (int block = 0; block < blocks;) {
        const int begin = block;
        while (block < blocks && row.next[block] == row.next[begin])
            block++;
        if (row.next[begin] >= 0)
            add_multiple(sum, after->numbers + (size_t)row.next[begin] * after->groups, (uint32_t)(block - begin),
                         used);
    }
}

/* Nodes up to *node whose layers have one state are independent: their numbers of paths multiply. As many as fit into the factor. */
static uint32_t take_factor(const mn_diagram *diagram, int *node)
{
    uint64_t factor = 1;
    for (; *node >= 0 && diagram->state_count[*node] == 1 && diagram->state_count[*node + 1] == 1; --*node) {
        const mn_row row = mn_diagram_row(diagram, *node, 0);
        uint64_t paths = 0;
        for (int block = row.begin; block < row.end; block++)
            paths += mn_row_next(row, block) >= 0;
        if (factor * paths > UINT32_MAX)
            break;
        factor *= paths;
    }
    return (uint32_t)factor;
}

/* The counts of an earlier layer: one node on, or several at once; returns the next node. */
static int step_back(const mn_diagram *diagram, int node, const layer_counts *after, layer_counts *here)
{
    const int used = after->used + 2; /* a factor of 32 bits adds 10 digits */
    int before = node;
    const uint32_t factor = take_factor(diagram, &before);
    const int states = before < node ? 1 : diagram->state_count[node];
    here->used = 1;
    for (int state = 0; state < states; state++) {
        uint32_t *sum = here->numbers + (size_t)state * here->groups;
        memset(sum, 0, sizeof *sum * (size_t)used);
        if (before < node)
            add_multiple(sum, after->numbers, factor, used);
        else
            add_paths(sum, mn_diagram_row(diagram, node, state), after, used);
        int own = used;
        while (own > here->used && sum[own - 1] == 0)
            own--;
        here->used = own;
    }
    return before < node ? before : node - 1;
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
    const int groups = (int)(digits / GROUP_DIGITS) + 4;
    uint32_t *numbers = mn_new_array((size_t)2 * widest * groups, sizeof *numbers);
    if (!numbers)
        return NULL;
    layer_counts after = {numbers, groups, 1}, here = {numbers + (size_t)widest * groups, groups, 1};
    after.numbers[0] = !diagram->empty;
    for (int node = diagram->empty ? -1 : diagram->node_count - 1; node >= 0;) {
        node = step_back(diagram, node, &after, &here);
        const layer_counts swap = after;
        after = here;
        here = swap;
    }
    char *text = print_number(after.numbers, after.used);
    free(numbers);
    return text;
}
