/* The scan's kernels under a sanitizer, through the plugin's functions, on tables made by hand: three high parts, two groups of middle parts, one
 * low table. The best network, the sorted candidates, the count and the answers of many limit sets are compared with plain loops. */
#include <cstdio>
#include <cstring>

#include "host/device/plugin.h"
#include "kernels/simt/control.h"

extern "C" const mn_plugin *mathnas_plugin(void);

static constexpr int highs = 3, middles = 70, lows = 150, ranks = 151, words = MN_KERNEL_STEP_WORDS, rows = 9;
static constexpr int64_t base = 1000, bound = 60;

struct arrays {
    mn_kernel_scan_state state;
    mn_kernel_candidate candidates[MN_KERNEL_SORT_TILE];
    uint64_t redo[4];
    mn_kernel_group groups[2];
    mn_kernel_low low;
    mn_kernel_way ways[highs];
    uint32_t way_first[2], layer_first[2];
    int64_t weights[2][highs], bounds[2], least[2], middle_sums[2][middles];
    uint32_t middle_numbers[middles], low_numbers[lows];
    int64_t low_sums[2][lows];
    uint64_t sets[2][ranks + 1][words];
    uint8_t cells[2][2];
    int64_t bottoms[2][ranks];
    uint32_t edges[2][ranks + 1];
    int64_t capacities[rows], bases[1], scores[rows];
    int32_t problems[rows];
    uint16_t choices[lows], answers[rows];
};

/* Filter 0 is the limit, column 1; filter 1 the score, column 0. Ranks are 0 .. 150 for both: every sum has one. */
static void fill(arrays *a)
{
    memset(a, 0, sizeof *a);
    for (int i = 0; i < lows; i++) {
        a->low_sums[0][i] = i;
        a->low_sums[1][i] = i * 37 % 101;
        a->low_numbers[i] = static_cast<uint32_t>(i);
        a->choices[i] = static_cast<uint16_t>(2 * i);
    }
    for (int i = 0; i < middles; i++) {
        a->middle_sums[0][i] = i * 13 % 50;
        a->middle_sums[1][i] = i * 29 % 90;
        a->middle_numbers[i] = static_cast<uint32_t>(i);
    }
    for (int i = 0; i < highs; i++) {
        a->weights[0][i] = i * 5 % 7;
        a->weights[1][i] = i * 20 % 33;
        a->ways[i] = {1, static_cast<uint64_t>(i * middles), i, 0};
    }
    a->way_first[1] = highs;
    a->bounds[1] = bound;
    a->groups[0] = {0, highs, 0, 0, 0, 40, 1};
    a->groups[1] = {1, highs, 0, 0, 40, middles - 40, 1};
    a->low.set_words = 2 * (ranks + 1) * words;
    a->low.set[1] = (ranks + 1) * words;
    a->low.count = lows;
    a->low.words = words;
    for (int f = 0; f < 2; f++) {
        a->low.bottoms[f] = static_cast<uint64_t>(f * ranks);
        a->low.edges[f] = static_cast<uint64_t>(f * (ranks + 1));
        a->low.ranks[f] = ranks;
        a->cells[f][0] = MN_KERNEL_SEARCH;
        for (int rank = 0; rank <= ranks; rank++) {
            if (rank < ranks)
                a->bottoms[f][rank] = rank;
            a->edges[f][rank] = rank == 0 ? 1 | 1u << 16 : 1u << 16;
            for (int i = 0; i < lows; i++)
                if (a->low_sums[f == 0 ? 1 : 0][i] < rank)
                    a->sets[f][rank][i / 64] |= uint64_t{1} << i % 64;
        }
    }
    for (int row = 0; row < rows; row++) {
        a->capacities[row] = row == 0 ? INT64_MAX : row * 13 - 20;
        a->problems[row] = -1;
    }
    a->state.worst = {INT64_MIN, UINT64_MAX, UINT32_MAX, 0};
}

static mn_kernel_scan parameters(arrays *d, int mode)
{
    mn_kernel_scan p = {};
    mn_kernel_scan_tables &t = p.tables;
    t.column_count = t.filter_count = 2;
    t.score_filter = mode == MN_KERNEL_SCAN_COUNT ? -1 : 1;
    if (mode == MN_KERNEL_SCAN_COUNT)
        t.filter_count = 1;
    t.cell_count = 1;
    t.middle_layer = 1;
    t.group_count = 2;
    t.item_count = highs;
    t.middle_total = middles;
    t.low_total = lows;
    t.score_base = base;
    t.middle_states = 1;
    for (int f = 0; f < 2; f++) {
        t.largest[f] = ranks;
        t.shift[f] = 8;
        t.column[f] = 1 - f;
    }
    t.groups = d->groups;
    t.lows = &d->low;
    t.ways = d->ways;
    t.way_first = d->way_first;
    t.layer_first = d->layer_first;
    t.weights = d->weights[0];
    t.bounds = d->bounds;
    t.least = d->least;
    t.middle_sums = d->middle_sums[0];
    t.middle_numbers = d->middle_numbers;
    t.low_sums = d->low_sums[0];
    t.low_numbers = d->low_numbers;
    t.sets = d->sets[0][0];
    t.cells = d->cells[0];
    t.bottoms = d->bottoms[0];
    t.edges = d->edges[0];
    p.state = &d->state;
    p.candidates = d->candidates;
    p.capacity = MN_KERNEL_SORT_TILE;
    p.redo_in = p.redo = d->redo;
    p.end_chunk = 2;
    p.mode = mode;
    p.one = 1;
    p.blocks = 2;
    p.threads = 64;
    p.shared_bytes = sizeof d->sets;
    return p;
}

/* By plain loops: the number of networks that obey the limit, and the best of them. */
static uint64_t expected(const arrays *a, mn_kernel_candidate *best)
{
    uint64_t count = 0;
    *best = {INT64_MIN, 0, 0, 0};
    for (int h = 0; h < highs; h++)
        for (int m = 0; m < middles; m++)
            for (int i = 0; i < lows; i++) {
                if (a->weights[1][h] + a->middle_sums[1][m] + a->low_sums[1][i] > bound)
                    continue;
                count++;
                const int64_t score = base - (a->weights[0][h] + a->middle_sums[0][m] + a->low_sums[0][i]);
                if (score > best->score)
                    *best = {score, static_cast<uint64_t>(h * middles + m), static_cast<uint32_t>(i), 0};
            }
    return count;
}

/* The best network for a limit of each row alone, over the low parts; -1: none. */
static int expected_row(const arrays *a, int row)
{
    for (int i = 0; i < lows; i++)
        if (a->low_sums[1][i] <= a->capacities[row])
            return i;
    return -1;
}

static mn_kernel_scan_many many_parameters(arrays *d)
{
    mn_kernel_scan_many p = {};
    p.limit_count = p.filter_count = p.node_count = p.widest = 1;
    p.rows = rows;
    p.networks = lows;
    p.words = words;
    p.score_base = base;
    p.capacities = d->capacities;
    p.bases = d->bases;
    p.sums = d->low_sums[0];
    p.choices = d->choices;
    p.sets = d->sets[0][0];
    p.bottoms = d->bottoms[0];
    p.edges = d->edges[0];
    p.ranks[0] = ranks;
    p.problems = d->problems;
    p.scores = d->scores;
    p.answers = d->answers;
    return p;
}

/* The number of mistakes; a failure is one. */
static int run(const mn_plugin *plugin, mn_gpu *gpu, int mode, bool plain, arrays *a, arrays *d)
{
    mn_error error = {};
    mn_kernel_candidate best;
    fill(a);
    const uint64_t count = expected(a, &best);
    const mn_kernel_scan p = parameters(d, mode);
    const mn_kernel_scan_many many = many_parameters(d);
    bool failed = plugin->upload(gpu, 0, d, a, sizeof *a, &error) ||
                  (plain ? plugin->scan_plain : plugin->scan)(gpu, 0, &p, &error) ||
                  plugin->scan_many(gpu, 0, &many, &error) || plugin->download(gpu, 0, a, d, sizeof *a, &error) ||
                  plugin->synchronise(gpu, 0, &error);
    const uint64_t found = a->state.candidate_count;
    const mn_kernel_scan_fill fill_rest = {d->candidates, found, MN_KERNEL_SORT_TILE};
    const mn_kernel_scan_sort sort = {d->candidates, MN_KERNEL_SORT_TILE, MN_KERNEL_SORT_TILE, 0};
    const mn_kernel_scan_mark mark = {d->candidates, found, &d->state};
    failed = failed || plugin->scan_fill(gpu, 0, &fill_rest, &error) || plugin->scan_sort(gpu, 0, &sort, &error) ||
             (found > 1 && plugin->scan_mark(gpu, 0, &mark, &error)) ||
             plugin->download(gpu, 0, a, d, sizeof *a, &error) || plugin->synchronise(gpu, 0, &error);
    if (failed) {
        fprintf(stderr, "%s; %s\n", error.text, simt::fault_message().c_str());
        return 1;
    }
    int wrong = a->state.duplicates != 0;
    if (mode == MN_KERNEL_SCAN_COUNT)
        wrong += a->state.feasible != count;
    else
        wrong += memcmp(&a->candidates[0], &best, sizeof best) != 0;
    for (int row = 0; row < rows; row++) {
        const int place = expected_row(a, row);
        wrong += a->problems[row] != (place < 0 ? -1 : 0) || (place >= 0 && a->answers[row] != 2 * place);
    }
    return wrong;
}

int main()
{
    static arrays a;
    const mn_plugin *plugin = mathnas_plugin();
    int wrong = 0;
    for (uint64_t seed = 0; seed <= 3; seed++) {
        mn_error error = {};
        mn_gpu *gpu;
        void *memory;
        const mn_gpu_options options = {};
        simt::set_seed(seed);
        if (plugin->open(&options, &gpu, &error) || plugin->allocate(gpu, sizeof a, &memory, &error) || !memory) {
            fprintf(stderr, "%s\n", error.text);
            return 1;
        }
        for (int mode = MN_KERNEL_SCAN_BOUNDED; mode <= MN_KERNEL_SCAN_COUNT; mode++)
            wrong += run(plugin, gpu, mode, false, &a, static_cast<arrays *>(memory));
        wrong += run(plugin, gpu, MN_KERNEL_SCAN_EVERY, true, &a, static_cast<arrays *>(memory));
        plugin->close(gpu);
    }
    if (wrong)
        fprintf(stderr, "%d wrong\n", wrong);
    return wrong != 0;
}
