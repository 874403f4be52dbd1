/* Tables are made once a sweep, on the host: of each problem the networks that can be an answer, best score first, and the sets of each limit's
 * ranks. Rows go to the device in chunks. */
#include "host/device/gpu_scan_many.h"
#include "host/core/memory.h"
#include "host/device/kernel_scan_many.h"
#include "solver/lookup.h"

#define MOST_EFFORT ((uint64_t)1 << 23) /* candidates that listing may look at: one to two seconds */

enum { MOST_ROWS = 1 << 20 };

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

/* Where the filters' arrays begin; the sizes of all. */
static void place_ranks(mn_kernel_scan_many *k, const mn_lookup *lookup, size_t *words, size_t *bottoms)
{
    size_t edges = 0;
    for (int f = 0; f < k->filter_count; f++) {
        const int ranks = lookup->ranks[f].count;
        k->set[f] = *words;
        k->bottom[f] = *bottoms;
        k->edge[f] = edges;
        k->ranks[f] = ranks;
        k->limit[f] = f;
        *words += ((size_t)ranks + 1) * k->words;
        *bottoms += (size_t)ranks;
        edges += (size_t)ranks + 1;
    }
}

/* The first step of a set that is not empty, and behind the last one, << 16. */
static uint32_t edges_of(const uint64_t *set, size_t words)
{
    size_t first = 0, last = words;
    while (first < words && !set[first])
        first++;
    while (last > first && !set[last - 1])
        last--;
    const size_t end = (last + MN_KERNEL_STEP_WORDS - 1) / MN_KERNEL_STEP_WORDS;
    return (uint32_t)(first / MN_KERNEL_STEP_WORDS) | (uint32_t)end << 16;
}

/* The sets with as many words as the kernel's steps have. */
static void fill_ranks(const mn_kernel_scan_many *k, const mn_lookup *lookup, uint64_t *sets, int64_t *bottoms,
                       uint32_t *edges)
{
    for (int f = 0; f < k->filter_count; f++) {
        const mn_lookup_ranks *ranks = &lookup->ranks[f];
        memcpy(bottoms + k->bottom[f], ranks->bottoms, (size_t)ranks->count * sizeof *bottoms);
        for (size_t rank = 0; rank <= (size_t)ranks->count; rank++) {
            uint64_t *set = sets + k->set[f] + rank * k->words;
            memcpy(set, ranks->sets + rank * lookup->words, lookup->words * sizeof *set);
            edges[k->edge[f] + rank] = edges_of(set, k->words);
        }
    }
}

static mn_status put_ranks(mn_gpu_many *many, space *s, const mn_lookup *lookup, mn_error *error)
{
    mn_kernel_scan_many *k = &s->kernel;
    size_t words = 0, bottom_count = 0;
    place_ranks(k, lookup, &words, &bottom_count);
    const size_t edge_count = bottom_count + (size_t)k->filter_count;
    uint64_t *sets = mn_new_array(words, sizeof *sets);
    int64_t *bottoms = mn_new_array(bottom_count, sizeof *bottoms);
    uint32_t *edges = mn_new_array(edge_count, sizeof *edges);
    mn_status status = sets && bottoms && edges ? MN_OK : mn_fail_memory(error);
    if (status == MN_OK) {
        fill_ranks(k, lookup, sets, bottoms, edges);
        status = put(many, s, 3, &k->sets, sets, words * sizeof *sets, error);
    }
    if (status == MN_OK)
        status = put(many, s, 4, &k->bottoms, bottoms, bottom_count * sizeof *bottoms, error);
    if (status == MN_OK)
        status = put(many, s, 5, &k->edges, edges, edge_count * sizeof *edges, error);
    free(sets);
    free(bottoms);
    free(edges);
    return status;
}

static mn_status put_list(mn_gpu_many *many, space *s, const mn_undominated *list, mn_error *error)
{
    mn_lookup *lookup;
    const mn_control control = {0};
    mn_status status = mn_lookup_make(list, 1, list->node_count, &control, error, &lookup);
    if (status != MN_OK)
        return status;
    s->kernel.networks = list->count;
    s->kernel.words =
        (uint32_t)((lookup->words + MN_KERNEL_STEP_WORDS - 1) / MN_KERNEL_STEP_WORDS * MN_KERNEL_STEP_WORDS);
    s->kernel.filter_count = list->limit_count < MN_KERNEL_FILTERS ? list->limit_count : MN_KERNEL_FILTERS;
    status = put(many, s, 0, &s->kernel.worth, list->scores, list->count * sizeof *list->scores, error);
    if (status == MN_OK)
        status = put(many, s, 1, &s->kernel.values, lookup->limits,
                     (size_t)list->limit_count * list->count * sizeof *lookup->limits, error);
    if (status == MN_OK)
        status = put(many, s, 2, &s->kernel.choices, list->choices,
                     list->count * (size_t)list->node_count * sizeof *list->choices, error);
    if (status == MN_OK)
        status = put_ranks(many, s, lookup, error);
    mn_lookup_free(lookup);
    return status;
}

/* `*effort` falls by what listing took. *unfit: too much would be needed. */
static mn_status make_space(mn_gpu_many *many, const mn_problem *problem, int index, uint64_t *effort,
                            const char **unfit, mn_error *error)
{
    space *s = &many->spaces[index];
    s->kernel = (mn_kernel_scan_many){.problem = index,
                                      .limit_count = problem->limit_count,
                                      .node_count = problem->node_count,
                                      .widest = (int32_t)many->widest};
    mn_undominated_build *build;
    mn_undominated list = {0};
    const mn_control control = {0};
    bool never;
    mn_status status = mn_undominated_begin(problem, error, &build);
    if (status == MN_OK)
        status = mn_undominated_continue(build, effort, &control, &never, error, &list);
    mn_undominated_end(build);
    if (status == MN_STOPPED) {
        *unfit = "spaces in which too many networks can be an answer";
        return MN_OK;
    }
    if (status == MN_OK && list.count > 0)
        status = put_list(many, s, &list, error);
    mn_undominated_free(&list);
    return status;
}

/* Why the kernel cannot run the problem; NULL: it can, or it turns out when networks are listed. */
static const char *lacks(const mn_problem *problem)
{
    bool scaled = problem->score.scaled;
    for (int i = 0; i < problem->limit_count; i++)
        scaled |= problem->limits[i].scaled != 0;
    if (scaled)
        return "scaled metrics";
    if (problem->diagram->outside_count > 0)
        return "rules that are checked network by network";
    return problem->limit_count >= MN_KERNEL_COLUMNS ? "more than 31 limits" : NULL;
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
    uint64_t effort = MOST_EFFORT;
    for (int i = 0; status == MN_OK && !*unfit && i < problem_count; i++) {
        many->space_count++;
        status = make_space(many, &problems[i], i, &effort, unfit, error);
    }
    plugin->range_pop(gpu);
    if (status == MN_OK && !*unfit)
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
