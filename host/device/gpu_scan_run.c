#include "host/device/gpu_scan_run.h"
#include "host/core/memory.h"

enum { MOST_THREADS = 512, FEWEST_CANDIDATES = 1 << 14, MORE_CANDIDATES = 1024 };

/* Seconds of a launch: pieces grow while they take less than the first, and shrink when they take longer than the second. */
static const double SHORT_PIECE = 0.008, LONG_PIECE = 0.020;

/* ---- memory ---------------------------------------------------------------------------------------------------------------------------- */

static mn_status allocate(mn_gpu_scan_run *run, uint64_t bytes, void *memory)
{
    void *got = NULL;
    const mn_status status = run->plugin->allocate(run->gpu, bytes, &got, run->error);
    memcpy(memory, &got, sizeof got);
    if (status == MN_OK && !got)
        return mn_fail(run->error, MN_FAILURE, "scan: the device has no %llu bytes left", (unsigned long long)bytes);
    return status;
}

static int larger_of(int a, int b)
{
    return a > b ? a : b;
}

/* As many blocks as run at once, no more than there are chunks. */
static void choose_grid(mn_gpu_scan_run *run)
{
    const mn_gpu_facts *facts = run->plugin->facts(run->gpu);
    mn_kernel_scan *k = &run->kernel;
    k->threads = run->tuning->threads > 0 ? run->tuning->threads : MOST_THREADS;
    int blocks = run->tuning->blocks;
    if (blocks <= 0) {
        const int by_shared = facts->shared_processor / ((int)k->shared_bytes + 1024);
        const int by_threads = facts->threads / k->threads;
        const int fit = by_shared < by_threads ? by_shared : by_threads;
        blocks = facts->multiprocessors * larger_of(fit, 1);
    }
    k->blocks = run->image.chunk_count < (uint64_t)blocks ? (int)run->image.chunk_count : blocks;
    k->blocks = larger_of(k->blocks, 1);
}

static mn_status make_lists(mn_gpu_scan_run *run)
{
    mn_kernel_scan *k = &run->kernel;
    const uint64_t blocks = (uint64_t)k->blocks;
    run->redo = mn_new_array(2 * (size_t)blocks, sizeof *run->redo);
    if (!run->redo)
        return mn_fail_memory(run->error);
    mn_status status = allocate(run, sizeof *k->state, &k->state);
    if (status == MN_OK)
        status = allocate(run, 3 * blocks * sizeof *run->redo, &run->redo_memory);
    k->redo_in = run->redo_memory;
    k->redo = run->redo_memory + 2 * blocks;
    k->capacity = UINT64_MAX;
    if (status != MN_OK || run->top == 0)
        return status;
    const uint64_t least = 2 * run->top + MORE_CANDIDATES;
    const uint64_t wanted = run->tuning->capacity > 0 ? run->tuning->capacity : FEWEST_CANDIDATES;
    k->capacity = wanted > least ? wanted : least;
    run->list_size = MN_KERNEL_SORT_TILE;
    while (run->list_size < k->capacity)
        run->list_size *= 2;
    return allocate(run, run->list_size * sizeof *k->candidates, &k->candidates);
}

mn_status mn_gpu_scan_begin(mn_gpu_scan_run *run, const mn_scan_parts *parts, uint64_t top)
{
    mn_status status = mn_scan_image_make(run->plugin, run->gpu, parts, run->error, &run->image);
    if (status != MN_OK)
        return status;
    run->top = top;
    run->plain = run->tuning->plain && run->mode != MN_KERNEL_SCAN_COUNT && run->image.plain_bytes > 0 &&
                 (int64_t)run->image.plain_bytes < run->plugin->facts(run->gpu)->shared_block;
    run->kernel = (mn_kernel_scan){.tables = run->image.tables,
                                   .mode = run->mode,
                                   .one = top == 1,
                                   .shared_bytes = run->plain ? run->image.plain_bytes : run->image.shared_bytes};
    choose_grid(run);
    run->piece = run->tuning->first_piece > 0 ? run->tuning->first_piece : (uint64_t)run->kernel.blocks;
    run->state.worst = (mn_kernel_candidate){INT64_MIN, UINT64_MAX, UINT32_MAX, 0};
    return make_lists(run);
}

void mn_gpu_scan_end(mn_gpu_scan_run *run)
{
    mn_error ignored; /* an error sticks: the device's next call tells */
    void *const all[] = {run->image.memory, run->kernel.state, run->kernel.candidates, run->redo_memory};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        (void)run->plugin->release(run->gpu, all[i], &ignored);
    free(run->redo);
    run->redo = NULL;
}

/* ---- selection --------------------------------------------------------------------------------------------------------------------------- */

/* Sorts the first `size` of the list, a power of two. */
static mn_status sort(mn_gpu_scan_run *run, uint64_t size)
{
    mn_kernel_scan_sort p = {.candidates = run->kernel.candidates, .count = size, .size = MN_KERNEL_SORT_TILE};
    mn_status status = run->plugin->scan_sort(run->gpu, 0, &p, run->error);
    for (p.size *= 2; status == MN_OK && p.size <= size; p.size *= 2) {
        for (p.distance = p.size / 2; status == MN_OK && p.distance >= MN_KERNEL_SORT_TILE; p.distance /= 2)
            status = run->plugin->scan_sort(run->gpu, 0, &p, run->error);
        p.distance = 0;
        if (status == MN_OK)
            status = run->plugin->scan_sort(run->gpu, 0, &p, run->error);
    }
    return status;
}

static mn_status download_state(mn_gpu_scan_run *run)
{
    mn_status status =
        run->plugin->download(run->gpu, 0, &run->state, run->kernel.state, sizeof run->state, run->error);
    return status == MN_OK ? run->plugin->synchronise(run->gpu, 0, run->error) : status;
}

/* Keeps the best of the first `count` of the list. Where chunks were done again, candidates may be there twice. */
static mn_status select_best(mn_gpu_scan_run *run, uint64_t count, bool repeated)
{
    const mn_plugin *plugin = run->plugin;
    mn_kernel_candidate *list = run->kernel.candidates;
    uint64_t size = MN_KERNEL_SORT_TILE, duplicates = 0;
    while (size < count)
        size *= 2;
    mn_status status = MN_OK;
    if (size > count) {
        const mn_kernel_scan_fill fill = {.candidates = list, .count = count, .end = size};
        status = plugin->scan_fill(run->gpu, 0, &fill, run->error);
    }
    if (status == MN_OK)
        status = sort(run, size);
    if (status == MN_OK && repeated && count > 1) {
        const mn_kernel_scan_mark mark = {.candidates = list, .count = count, .state = run->kernel.state};
        status = plugin->scan_mark(run->gpu, 0, &mark, run->error);
        if (status == MN_OK)
            status = download_state(run);
        duplicates = run->state.duplicates;
        if (status == MN_OK && duplicates > 0)
            status = sort(run, size);
    }
    run->kept = count - duplicates < run->top ? count - duplicates : run->top;
    if (status != MN_OK || run->kept < run->top)
        return status;
    status = plugin->download(run->gpu, 0, &run->state.worst, list + run->top - 1, sizeof *list, run->error);
    return status == MN_OK ? plugin->synchronise(run->gpu, 0, run->error) : status;
}

mn_status mn_gpu_scan_read_kept(mn_gpu_scan_run *run, mn_kernel_candidate *kept)
{
    const mn_status status =
        run->plugin->download(run->gpu, 0, kept, run->kernel.candidates, run->kept * sizeof *kept, run->error);
    return status == MN_OK ? run->plugin->synchronise(run->gpu, 0, run->error) : status;
}

/* ---- pieces ------------------------------------------------------------------------------------------------------------------------------ */

static mn_status launch(mn_gpu_scan_run *run)
{
    const mn_plugin *plugin = run->plugin;
    mn_kernel_scan *k = &run->kernel;
    const uint64_t left = run->image.chunk_count - run->next_chunk;
    k->first_chunk = run->next_chunk;
    k->end_chunk = run->next_chunk + (run->piece < left ? run->piece : left);
    k->redo_in_count = run->redo_count;
    mn_kernel_scan_state start = {.candidate_count = run->kept, .worst = run->state.worst};
    if (run->kept > 0 && run->top == 1)
        start.reached = (uint64_t)run->state.worst.score ^ (uint64_t)1 << 63;
    run->state = start;
    mn_status status = plugin->upload(run->gpu, 0, k->state, &run->state, sizeof run->state, run->error);
    if (status == MN_OK)
        status =
            plugin->upload(run->gpu, 0, run->redo_memory, run->redo, run->redo_count * sizeof *run->redo, run->error);
    if (status == MN_OK)
        status = (run->plain ? plugin->scan_plain : plugin->scan)(run->gpu, 0, k, run->error);
    return status == MN_OK ? download_state(run) : status;
}

/* What is left to do after a launch: the chunks to be redone that no block took, those that found no room, and the new ones that no block
 * took. */
static mn_status take_stock(mn_gpu_scan_run *run)
{
    const mn_kernel_scan *k = &run->kernel;
    const uint64_t taken = run->state.next_chunk, fresh = k->end_chunk - k->first_chunk;
    const uint64_t again = taken < k->redo_in_count ? taken : k->redo_in_count;
    run->redo_count -= again;
    memmove(run->redo, run->redo + again, run->redo_count * sizeof *run->redo);
    run->next_chunk += taken - again < fresh ? taken - again : fresh;
    run->examined += run->state.examined;
    run->feasible += run->state.feasible;
    if (run->state.redo_count == 0)
        return MN_OK;
    mn_status status = run->plugin->download(run->gpu, 0, run->redo + run->redo_count, k->redo,
                                             run->state.redo_count * sizeof *run->redo, run->error);
    if (status == MN_OK)
        status = run->plugin->synchronise(run->gpu, 0, run->error);
    run->redo_count += run->state.redo_count;
    return status;
}

static mn_status run_piece(mn_gpu_scan_run *run)
{
    const double begun = mn_clock();
    mn_status status = launch(run);
    const bool repeated = run->kernel.redo_in_count > 0;
    if (status == MN_OK)
        status = take_stock(run);
    const uint64_t found = run->state.candidate_count;
    if (status == MN_OK && found > run->kept)
        status = select_best(run, found < run->kernel.capacity ? found : run->kernel.capacity, repeated);
    const double seconds = mn_clock() - begun;
    if (seconds < SHORT_PIECE && run->piece < (uint64_t)1 << 40)
        run->piece *= 2;
    else if (seconds > LONG_PIECE && run->piece > 1)
        run->piece /= 2;
    return status;
}

mn_status mn_gpu_scan_pieces(mn_gpu_scan_run *run)
{
    run->plugin->range_push(run->gpu, "scan");
    mn_status status = MN_OK;
    while (status == MN_OK && (run->next_chunk < run->image.chunk_count || run->redo_count > 0)) {
        status = mn_control_check(&run->request->control);
        if (status == MN_OK)
            status = run_piece(run);
    }
    run->plugin->range_pop(run->gpu);
    return status;
}
