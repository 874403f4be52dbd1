/* Tables are made once a sweep, on the host: all networks listed, sorted best score first, and the sets of each limit's ranks. Rows go to the
 * device in chunks. */
#include "host/device/gpu_scan_many.h"
#include "host/core/memory.h"
#include "host/device/cpu_scan_low.h"
#include "host/device/cpu_scan_paths.h"
#include "host/device/kernel_scan_many.h"

#define MOST_NETWORKS ((uint64_t)1 << 22) /* of a space: listing and sorting more takes the host seconds */
#define MOST_CHOICES ((uint64_t)1 << 27)  /* networks times nodes: 256 MB */

enum { MOST_ROWS = 1 << 20 };

static const mn_scan_room room = {.most_low_parts = INT32_MAX,
                                  .most_middle_parts = 1,
                                  .block_words = MN_KERNEL_STEP_WORDS,
                                  .set_bytes = (size_t)64 << 20,
                                  .bytes_a_state = true,
                                  .all_set_bytes = SIZE_MAX,
                                  .fewest_ranks = 16};

typedef struct space {
    mn_kernel_scan_many kernel; /* with this problem's tables */
    void *memory[6];            /* the device's */
} space;

struct mn_gpu_many {
    const mn_plugin *plugin;
    mn_gpu *gpu;
    int space_count, limit_count;
    size_t widest;
    space *spaces;
    uint64_t row_room; /* rows that the memory below holds */
    int64_t *capacities, *scores;
    int32_t *problems;
    uint16_t *answers;
};

static mn_status allocate(mn_gpu_many *many, uint64_t bytes, void *field, mn_error *error)
{
    void *memory = NULL;
    const mn_status status = many->plugin->allocate(many->gpu, bytes, &memory, error);
    memcpy(field, &memory, sizeof memory);
    return status == MN_OK && !memory
               ? mn_fail(error, MN_FAILURE, "sweep: the device has no %llu bytes left", (unsigned long long)bytes)
               : status;
}

/* Copies an array to new memory of the device, which `field` receives and the space keeps as `place`. */
static mn_status put(mn_gpu_many *many, space *s, int place, void *field, const void *host, size_t bytes,
                     mn_error *error)
{
    mn_status status = allocate(many, bytes, field, error);
    memcpy(&s->memory[place], field, sizeof s->memory[place]);
    if (status == MN_OK)
        status = many->plugin->upload(many->gpu, 0, s->memory[place], host, bytes, error);
    return status == MN_OK ? many->plugin->synchronise(many->gpu, 0, error) : status;
}

/* ---- the tables of one problem ------------------------------------------------------------------------------------------------------------ */

static mn_status put_sums(mn_gpu_many *many, space *s, const mn_scan_parts *parts, mn_error *error)
{
    const size_t networks = (size_t)s->kernel.networks, columns = (size_t)parts->column_count;
    int64_t *sums = mn_new_array(columns * networks, sizeof *sums);
    int64_t *bases = mn_new_array(columns, sizeof *bases);
    mn_status status = sums && bases ? MN_OK : mn_fail_memory(error);
    for (size_t column = 0; status == MN_OK && column < columns; column++) {
        memcpy(sums + column * networks, parts->lows[0].part.sums[column], networks * sizeof *sums);
        if (column > 0)
            bases[column - 1] = parts->columns[column].base;
    }
    if (status == MN_OK)
        status = put(many, s, 0, &s->kernel.sums, sums, columns * networks * sizeof *sums, error);
    if (status == MN_OK)
        status = put(many, s, 1, &s->kernel.bases, bases, columns * sizeof *bases, error);
    free(sums);
    free(bases);
    return status;
}

static mn_status put_choices(mn_gpu_many *many, space *s, const mn_scan_parts *parts, mn_error *error)
{
    const size_t nodes = (size_t)s->kernel.node_count;
    uint16_t *choices = mn_new_array((size_t)s->kernel.networks * nodes, sizeof *choices);
    if (!choices)
        return mn_fail_memory(error);
    for (size_t i = 0; i < s->kernel.networks; i++)
        mn_paths_find(parts->problem->diagram, parts->low_counts, 0, (int)nodes, 0, parts->lows[0].number[i],
                      choices + i * nodes);
    const mn_status status =
        put(many, s, 2, &s->kernel.choices, choices, (size_t)s->kernel.networks * nodes * sizeof *choices, error);
    free(choices);
    return status;
}

/* Where the filters' arrays begin; the sizes of all. */
static void place_ranks(mn_kernel_scan_many *k, const mn_scan_parts *parts, size_t *words, size_t *bottoms)
{
    size_t edges = 0;
    for (int f = 0; f < parts->filter_count; f++) {
        const int ranks = parts->lows[0].ranks[f].count;
        k->set[f] = *words;
        k->bottom[f] = *bottoms;
        k->edge[f] = edges;
        k->ranks[f] = ranks;
        k->limit[f] = parts->filters[f].column - 1;
        *words += ((size_t)ranks + 1) * k->words;
        *bottoms += (size_t)ranks;
        edges += (size_t)ranks + 1;
    }
}

static mn_status put_ranks(mn_gpu_many *many, space *s, const mn_scan_parts *parts, mn_error *error)
{
    mn_kernel_scan_many *k = &s->kernel;
    size_t words = 0, bottom_count = 0;
    place_ranks(k, parts, &words, &bottom_count);
    const size_t edge_count = bottom_count + (size_t)parts->filter_count;
    uint64_t *sets = mn_new_array(words, sizeof *sets);
    int64_t *bottoms = mn_new_array(bottom_count, sizeof *bottoms);
    uint32_t *edges = mn_new_array(edge_count, sizeof *edges);
    mn_status status = sets && bottoms && edges ? MN_OK : mn_fail_memory(error);
    for (int f = 0; status == MN_OK && f < parts->filter_count; f++) {
        const mn_scan_ranks *ranks = &parts->lows[0].ranks[f];
        memcpy(sets + k->set[f], ranks->sets, ((size_t)ranks->count + 1) * k->words * sizeof *sets);
        memcpy(bottoms + k->bottom[f], ranks->bottoms, (size_t)ranks->count * sizeof *bottoms);
        for (int rank = 0; rank <= ranks->count; rank++)
            edges[k->edge[f] + (size_t)rank] = ranks->first[rank] | (uint32_t)ranks->last[rank] << 16;
    }
    if (status == MN_OK)
        status = put(many, s, 3, &k->sets, sets, words * sizeof *sets, error);
    if (status == MN_OK)
        status = put(many, s, 4, &k->bottoms, bottoms, bottom_count * sizeof *bottoms, error);
    if (status == MN_OK)
        status = put(many, s, 5, &k->edges, edges, edge_count * sizeof *edges, error);
    free(sets);
    free(bottoms);
    free(edges);
    return status;
}

static mn_status make_space(mn_gpu_many *many, const mn_problem *problem, int index, mn_error *error)
{
    space *s = &many->spaces[index];
    s->kernel = (mn_kernel_scan_many){.problem = index,
                                      .limit_count = problem->limit_count,
                                      .node_count = problem->node_count,
                                      .widest = (int32_t)many->widest,
                                      .score_base = problem->score.base};
    if (problem->diagram->empty)
        return MN_OK;
    mn_scan_parts parts;
    mn_status status = mn_scan_columns_all(problem, &room, error, &parts);
    if (status != MN_OK)
        return status;
    if (!mn_scan_lows_make(&parts))
        status = mn_fail_memory(error);
    if (status == MN_OK) {
        s->kernel.networks = (uint64_t)parts.lows[0].part.count;
        s->kernel.words = (uint32_t)parts.lows[0].words;
        s->kernel.filter_count = parts.filter_count;
        status = put_sums(many, s, &parts, error);
    }
    if (status == MN_OK)
        status = put_choices(many, s, &parts, error);
    if (status == MN_OK)
        status = put_ranks(many, s, &parts, error);
    mn_scan_parts_free(&parts);
    return status;
}

/* Why the kernel cannot run the problem; NULL: it can, or memory ran out, as is found out soon. */
static const char *lacks(const mn_problem *problem)
{
    bool scaled = problem->score.scaled;
    for (int i = 0; i < problem->limit_count; i++)
        scaled |= problem->limits[i].scaled != 0;
    if (scaled)
        return "scaled metrics";
    if (problem->diagram->outside_count > 0)
        return "rules that are checked network by network";
    if (problem->limit_count >= MN_KERNEL_COLUMNS)
        return "more than 31 limits";
    uint64_t **counts = mn_paths_count(problem->diagram, problem->node_count);
    const uint64_t networks = counts && !problem->diagram->empty ? counts[0][0] : 0;
    free(counts);
    return networks > MOST_NETWORKS || networks * (uint64_t)problem->node_count > MOST_CHOICES
               ? "spaces of more than 4 million networks"
               : NULL;
}

mn_status mn_gpu_many_create(const mn_plugin *plugin, mn_gpu *gpu, const mn_problem *problems, int problem_count,
                             const char **unfit, mn_error *error, mn_gpu_many **made)
{
    *made = NULL;
    *unfit = NULL;
    for (int i = 0; i < problem_count && !*unfit; i++)
        *unfit = lacks(&problems[i]);
    if (*unfit)
        return MN_OK;
    mn_gpu_many *many = mn_new_array(1, sizeof *many);
    if (!many)
        return mn_fail_memory(error);
    many->plugin = plugin;
    many->gpu = gpu;
    many->limit_count = problems[0].limit_count;
    for (int i = 0; i < problem_count; i++)
        many->widest = (size_t)problems[i].node_count > many->widest ? (size_t)problems[i].node_count : many->widest;
    many->spaces = mn_new_array((size_t)problem_count, sizeof *many->spaces);
    mn_status status = many->spaces ? MN_OK : mn_fail_memory(error);
    plugin->range_push(gpu, "sweep: tables");
    for (int i = 0; status == MN_OK && i < problem_count; i++) {
        many->space_count++;
        status = make_space(many, &problems[i], i, error);
    }
    plugin->range_pop(gpu);
    if (status == MN_OK)
        *made = many;
    else
        mn_gpu_many_free(many, gpu);
    return status;
}

static void release_rows(mn_gpu_many *many)
{
    mn_error ignored; /* an error sticks: the device's next call tells */
    void *const all[] = {many->capacities, many->scores, many->problems, many->answers};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        (void)many->plugin->release(many->gpu, all[i], &ignored);
    many->capacities = many->scores = NULL;
    many->problems = NULL;
    many->answers = NULL;
    many->row_room = 0;
}

bool mn_gpu_many_is_of(const mn_gpu_many *many, const mn_gpu *gpu)
{
    return many && gpu && many->gpu == gpu;
}

void mn_gpu_many_free(mn_gpu_many *many, const mn_gpu *gpu)
{
    mn_error ignored;
    if (!many)
        return;
    const bool open = mn_gpu_many_is_of(many, gpu);
    if (open)
        release_rows(many);
    for (int i = 0; open && i < many->space_count; i++)
        for (size_t k = 0; k < sizeof many->spaces[i].memory / sizeof *many->spaces[i].memory; k++)
            (void)many->plugin->release(many->gpu, many->spaces[i].memory[k], &ignored);
    free(many->spaces);
    free(many);
}

/* ---- rows --------------------------------------------------------------------------------------------------------------------------------- */

static mn_status make_row_room(mn_gpu_many *many, uint64_t rows, mn_error *error)
{
    if (rows <= many->row_room)
        return MN_OK;
    release_rows(many);
    const uint64_t limits = many->limit_count > 0 ? (uint64_t)many->limit_count : 1;
    mn_status status = allocate(many, rows * limits * sizeof *many->capacities, &many->capacities, error);
    if (status == MN_OK)
        status = allocate(many, rows * sizeof *many->scores, &many->scores, error);
    if (status == MN_OK)
        status = allocate(many, rows * sizeof *many->problems, &many->problems, error);
    if (status == MN_OK)
        status = allocate(many, rows * many->widest * sizeof *many->answers, &many->answers, error);
    many->row_room = status == MN_OK ? rows : 0;
    return status;
}

static mn_status run_rows(mn_gpu_many *many, const mn_sweep_request *request, uint64_t first, uint64_t rows,
                          mn_error *error)
{
    const mn_plugin *plugin = many->plugin;
    mn_gpu *gpu = many->gpu;
    const size_t limits = (size_t)many->limit_count;
    mn_status status = make_row_room(many, rows, error);
    if (status == MN_OK)
        status = plugin->upload(gpu, 0, many->capacities, request->capacities + first * limits,
                                rows * limits * sizeof *many->capacities, error);
    if (status == MN_OK)
        status = plugin->fill(gpu, 0, many->problems, 0xff, rows * sizeof *many->problems, error);
    if (status == MN_OK)
        status = plugin->fill(gpu, 0, many->answers, 0, rows * many->widest * sizeof *many->answers, error);
    for (int i = 0; status == MN_OK && i < many->space_count; i++) {
        mn_kernel_scan_many k = many->spaces[i].kernel;
        k.rows = rows;
        k.capacities = many->capacities;
        k.problems = many->problems;
        k.scores = many->scores;
        k.answers = many->answers;
        if (k.networks > 0)
            status = plugin->scan_many(gpu, 0, &k, error);
    }
    if (status == MN_OK)
        status = plugin->download(gpu, 0, request->answer_problem + first, many->problems,
                                  rows * sizeof *many->problems, error);
    if (status == MN_OK)
        status = plugin->download(gpu, 0, request->choices + first * many->widest, many->answers,
                                  rows * many->widest * sizeof *many->answers, error);
    return status == MN_OK ? plugin->synchronise(gpu, 0, error) : status;
}

mn_status mn_gpu_many_run(mn_gpu_many *many, mn_sweep_request *request, mn_error *error)
{
    request->answered = 0;
    mn_status status = MN_OK;
    while (status == MN_OK && request->answered < request->count) {
        const uint64_t left = request->count - request->answered, rows = left < MOST_ROWS ? left : MOST_ROWS;
        status = mn_control_check(&request->control);
        if (status == MN_OK)
            status = run_rows(many, request, request->answered, rows, error);
        if (status == MN_OK)
            request->answered += rows;
    }
    return status;
}
