/* One search in phases: each may go on for longer than the one before, with a larger table of suffixes and, from some point on, with
 * all threads. Between phases what is left of the search is a list of subtrees; within a phase, a worker that has none left gets the
 * shallowest open branch of another one. */
#include "solver/search_worker.h"

#include <stdlib.h>
#include <string.h>

enum { CHECK_EVERY = 1 << 12 }; /* search nodes between looks at the clock: some 50 us */

static const struct phase {
    uint64_t nodes; /* the phase ends after so many */
    int suffixes;   /* 0: none; else how many are listed: making them takes a small part of the phase before */
    bool threaded;
} phases[] = {{1 << 14, 0, false},
              {1 << 18, 1 << 11, true},
              {1 << 22, 1 << 15, true},
              {1 << 26, 1 << 18, true},
              {UINT64_MAX, 1 << 20, true}};

/* ---- what a worker reports and asks ---------------------------------------------------------------------------------------------------- */

static void end_search(shared *all, mn_status status)
{
    pthread_mutex_lock(&all->lock);
    if (all->status == MN_OK)
        all->status = status;
    atomic_store(&all->over, true);
    pthread_cond_broadcast(&all->changed);
    pthread_mutex_unlock(&all->lock);
}

/* Lowers the slack of the path's levels up to `depth` to the present threshold. */
static void follow_threshold(worker *w, int depth)
{
    const mn_core *core = w->all->search->core;
    const int64_t threshold = atomic_load(w->all->search->threshold);
    if (threshold == w->threshold)
        return;
    const mn_lanes lowest = {0};
    mn_lanes loss[MN_MOST_GROUPS];
    mn_core_loss(core, threshold, loss);
    w->threshold = threshold;
    for (int group = 0; group < core->groups; group++) {
        const mn_lanes more = loss[group] - w->loss[group];
        w->loss[group] = loss[group];
        for (int level = w->level; level <= depth; level++) {
            mn_lanes *slack = &w->slack[(size_t)level * core->groups + group];
            const mn_lanes left = *slack - more, below = left < lowest - (1 << 29);
            *slack = (left & ~below) | ((lowest - (1 << 29)) & below);
        }
    }
}

/* False: memory ran out. */
static bool push_subtree(shared *all, const worker *w, int level)
{
    if (all->subtree_count == all->subtree_capacity) {
        const int capacity = all->subtree_capacity ? 2 * all->subtree_capacity : 64;
        subtree *larger = realloc(all->subtrees, sizeof *larger * (size_t)capacity);
        if (!larger)
            return false;
        all->subtrees = larger;
        all->subtree_capacity = capacity;
    }
    subtree *s = &all->subtrees[all->subtree_count];
    *s = (subtree){level, w->at[level], w->end[level], malloc(sizeof *s->path * (size_t)(level + 1))};
    if (!s->path)
        return false;
    if (level > 0)
        memcpy(s->path, w->path, sizeof *s->path * (size_t)level);
    all->subtree_count++;
    return true;
}

/* Gives the shallowest open branch away, if another worker has nothing to do. */
static bool share_work(worker *w, int depth)
{
    shared *all = w->all;
    const int deepest = all->suffixes ? all->suffixes->first - 2 : all->search->core->depth;
    int level = w->level;
    while (level < depth && level < deepest && w->at[level] == w->end[level])
        level++;
    if (level >= depth || level >= deepest)
        return true;
    pthread_mutex_lock(&all->lock);
    bool done = true;
    if (all->subtree_count == 0) {
        done = push_subtree(all, w, level);
        if (done)
            w->at[level] = w->end[level];
        pthread_cond_signal(&all->changed);
    }
    pthread_mutex_unlock(&all->lock);
    return done;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Nodes until the next look. */
static uint64_t next_check(const shared *all, uint64_t own, uint64_t total)
{
    const uint64_t limit = all->search->control->node_limit, next = smaller(CHECK_EVERY, all->pause_at - own);
    return limit == 0 ? next : limit > total ? smaller(next, limit - total) : 1;
}

step worker_check(worker *w, int depth)
{
    shared *all = w->all;
    const mn_control *control = all->search->control;
    const uint64_t own = atomic_fetch_add(&all->visited, w->visited) + w->visited,
                   total = atomic_fetch_add(all->total, w->visited) + w->visited;
    w->visited = 0;
    mn_monitor_nodes(control->monitor, total);
    if (atomic_load(&all->over))
        return STEP_DONE;
    mn_status status = control->node_limit && total >= control->node_limit ? MN_STOPPED : mn_control_check(control);
    if (status == MN_OK && atomic_load(&all->waiting) > 0 && !share_work(w, depth))
        status = MN_FAILURE;
    if (status != MN_OK) {
        end_search(all, status);
        return STEP_DONE;
    }
    if (w->index == 0 && all->search->pause && all->search->pause(all->search->context, total)) {
        end_search(all, MN_OK);
        return STEP_DONE;
    }
    follow_threshold(w, depth);
    if (own >= all->pause_at)
        return STEP_PAUSE;
    w->check_at = next_check(all, own, total);
    return STEP_ON;
}

step worker_found(worker *w, int depth)
{
    shared *all = w->all;
    pthread_mutex_lock(&all->lock);
    const bool over = atomic_load(&all->over);
    if (!over && all->search->found(all->search->context, w->network))
        atomic_store(&all->over, true);
    const bool done = atomic_load(&all->over);
    pthread_mutex_unlock(&all->lock);
    if (done)
        return STEP_DONE;
    follow_threshold(w, depth);
    return STEP_ON;
}

/* ---- the loops, for each instruction set ---------------------------------------------------------------------------------------------- */

static inline bool negative_portable(const mn_lanes *lanes)
{
    int32_t bits = 0;
    for (int lane = 0; lane < MN_LANES; lane++)
        bits |= (*lanes)[lane];
    return bits < 0;
}

static inline uint32_t fitting_portable(const int16_t *least, int16_t limit)
{
    uint32_t fitting = 0;
    for (int i = 0; i < MN_SUFFIX_FAN; i++)
        fitting |= (uint32_t)(least[i] <= limit) << i;
    return fitting;
}

/* A prefix's slack in the lanes of the suffixes. False: nothing fits. */
static inline bool suffix_slack(const mn_suffixes *t, const mn_lanes *slack, int16_t *narrow)
{
    int32_t bits = 0;
    for (int own = 0; own < t->lane_count; own++) {
        const int lane = t->lanes[own];
        const int32_t value = slack[lane / MN_LANES][lane % MN_LANES] >> t->shifts[own];
        bits |= value;
        narrow[own] = (int16_t)value;
    }
    return bits >= 0;
}

#define TARGET
#define NAME(x) x##_portable
#define ANY_NEGATIVE negative_portable
#define FITTING fitting_portable
#include "solver/search_body.h"
#undef TARGET
#undef NAME
#undef ANY_NEGATIVE
#undef FITTING

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2"))) static inline bool negative_avx2(const mn_lanes *lanes)
{
    const __m256i *half = (const __m256i *)lanes;
    const __m256i either = _mm256_or_si256(_mm256_load_si256(half), _mm256_load_si256(half + 1));
    return _mm256_movemask_ps(_mm256_castsi256_ps(either)) != 0;
}

__attribute__((target("avx2"))) static inline uint32_t fitting_avx2(const int16_t *least, int16_t limit)
{
    const __m256i *half = (const __m256i *)least, bound = _mm256_set1_epi16(limit);
    const __m256i low = _mm256_cmpgt_epi16(_mm256_load_si256(half), bound),
                  high = _mm256_cmpgt_epi16(_mm256_load_si256(half + 1), bound);
    const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xd8);
    return ~(uint32_t)_mm256_movemask_epi8(bytes);
}

#define TARGET __attribute__((target("avx2")))
#define NAME(x) x##_avx2
#define ANY_NEGATIVE negative_avx2
#define FITTING fitting_avx2
#include "solver/search_body.h"
#undef TARGET
#undef NAME
#undef ANY_NEGATIVE
#undef FITTING

__attribute__((target("avx512f,avx512dq,avx512bw"))) static inline bool negative_avx512(const mn_lanes *lanes)
{
    return _mm512_movepi32_mask(_mm512_load_si512(lanes)) != 0;
}

__attribute__((target("avx512f,avx512dq,avx512bw"))) static inline uint32_t fitting_avx512(const int16_t *least,
                                                                                           int16_t limit)
{
    return _mm512_cmple_epi16_mask(_mm512_load_si512(least), _mm512_set1_epi16(limit));
}

#define TARGET __attribute__((target("avx512f,avx512dq,avx512bw")))
#define NAME(x) x##_avx512
#define ANY_NEGATIVE negative_avx512
#define FITTING fitting_avx512
#include "solver/search_body.h"
#endif

static step explore(worker *w)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return explore_avx512(w);
    if (__builtin_cpu_supports("avx2"))
        return explore_avx2(w);
#endif
    return explore_portable(w);
}

/* ---- workers ---------------------------------------------------------------------------------------------------------------------------- */

static bool paused(const shared *all)
{
    return atomic_load(&all->visited) >= all->pause_at;
}

/* Waits for a subtree. False: the search is over or pauses, or nothing is left. */
static bool take_subtree(worker *w, subtree *own)
{
    shared *all = w->all;
    pthread_mutex_lock(&all->lock);
    atomic_fetch_add(&all->waiting, 1);
    while (all->subtree_count == 0 && all->busy > 0 && !atomic_load(&all->over) && !paused(all))
        pthread_cond_wait(&all->changed, &all->lock);
    atomic_fetch_sub(&all->waiting, 1);
    const bool taken = all->subtree_count > 0 && !atomic_load(&all->over) && !paused(all);
    if (taken) {
        *own = all->subtrees[--all->subtree_count];
        all->busy++;
    }
    pthread_mutex_unlock(&all->lock);
    return taken;
}

static void enter_subtree(worker *w, const subtree *own)
{
    const mn_core *core = w->all->search->core;
    const int groups = core->groups;
    mn_lanes *slack = w->slack + (size_t)own->level * groups;
    w->level = own->level;
    w->threshold = atomic_load(w->all->search->threshold);
    mn_core_loss(core, w->threshold, w->loss);
    for (int group = 0; group < groups; group++)
        slack[group] = core->root[group] - w->loss[group];
    for (int level = 0; level < own->level; level++) {
        const int arc = w->path[level] = own->path[level];
        w->network[core->arcs[arc].node] = core->arcs[arc].block;
        for (int group = 0; group < groups; group++)
            slack[group] -= core->cost[(size_t)arc * groups + group];
    }
    w->at[own->level] = own->at;
    w->end[own->level] = own->end;
}

/* What is left goes back, shallowest first: the deepest is the next to be taken. */
static bool put_back(const worker *w)
{
    for (int level = w->level; level <= w->deepest; level++)
        if (w->at[level] < w->end[level] && !push_subtree(w->all, w, level))
            return false;
    return true;
}

static void *work(void *argument)
{
    worker *w = argument;
    shared *all = w->all;
    for (subtree own; take_subtree(w, &own);) {
        enter_subtree(w, &own);
        free(own.path);
        const step last = explore(w);
        pthread_mutex_lock(&all->lock);
        if (last == STEP_PAUSE && !put_back(w) && all->status == MN_OK) {
            all->status = MN_FAILURE;
            atomic_store(&all->over, true);
        }
        all->busy--;
        pthread_cond_broadcast(&all->changed);
        pthread_mutex_unlock(&all->lock);
    }
    atomic_fetch_add(&all->visited, w->visited);
    atomic_fetch_add(all->total, w->visited);
    w->visited = 0;
    return NULL;
}

static bool make_worker(shared *all, int index, mn_arena *arena, worker *w)
{
    const mn_core *core = all->search->core;
    const size_t depth = (size_t)core->depth, groups = (size_t)core->groups;
    *w = (worker){.all = all, .index = index};
    w->loss = mn_arena_take(arena, groups, sizeof *w->loss);
    w->slack = mn_arena_take(arena, (depth + 1) * groups, sizeof *w->slack);
    w->at = mn_arena_take(arena, depth, sizeof *w->at);
    w->end = mn_arena_take(arena, depth, sizeof *w->end);
    w->path = mn_arena_take(arena, depth, sizeof *w->path);
    w->network = mn_arena_take(arena, depth, sizeof *w->network);
    return w->loss && w->slack && w->at && w->end && w->path && w->network;
}

/* ---- phases ----------------------------------------------------------------------------------------------------------------------------- */

typedef struct crew {
    int made;
    worker *workers;    /* [threads] */
    pthread_t *handles; /* [threads] */
} crew;

static mn_status run_phase(shared *all, const struct phase *phase, const crew *c)
{
    const int threads = phase->threaded ? c->made : 1;
    for (int i = 0; i < threads; i++)
        c->workers[i].check_at = next_check(all, atomic_load(&all->visited), atomic_load(all->total));
    int started = 1;
    for (; started < threads; started++)
        if (pthread_create(&c->handles[started], NULL, work, &c->workers[started]) != 0)
            break; /* the others do its share */
    work(&c->workers[0]);
    for (int i = 1; i < started; i++)
        pthread_join(c->handles[i], NULL);
    return all->status;
}

static bool make_workers(shared *all, int count, mn_arena *arena, crew *c)
{
    for (; c->made < count; c->made++)
        if (!make_worker(all, c->made, arena, &c->workers[c->made]))
            return false;
    return true;
}

static mn_status run_phases(shared *all, mn_arena *arena)
{
    const mn_search *search = all->search;
    const mn_core *core = search->core;
    const int threads = search->threads > 1 ? search->threads : 1, last = sizeof phases / sizeof *phases - 1;
    const bool listable = core->free && search->order == MN_BY_COST;
    crew c = {.workers = mn_arena_take(arena, (size_t)threads, sizeof *c.workers),
              .handles = mn_arena_take(arena, (size_t)threads, sizeof *c.handles)};
    worker start = {.at = &core->begin[0], .end = &core->begin[1]};
    if (!c.workers || !c.handles || !push_subtree(all, &start, 0) || !make_workers(all, 1, arena, &c))
        return MN_FAILURE;
    mn_arena_mark mark = mn_arena_here(arena);
    for (int i = 0; i <= last; i++) {
        if (i < last && phases[i].nodes < search->expected / 4)
            continue;
        if (c.made < threads && i > 0) {
            mn_arena_return(arena, mark);
            if (!make_workers(all, threads, arena, &c))
                return MN_FAILURE;
            mark = mn_arena_here(arena);
        }
        if (phases[i].suffixes > 0 && listable) {
            mn_arena_return(arena, mark);
            if (mn_suffixes_make(core, phases[i].suffixes / core->groups, threads, arena, &all->listed) != MN_OK)
                return MN_FAILURE;
            all->suffixes = &all->listed;
        }
        all->pause_at = phases[i].nodes;
        const mn_status status = run_phase(all, &phases[i], &c);
        if (status != MN_OK || atomic_load(&all->over) || all->subtree_count == 0)
            return status;
    }
    return MN_OK;
}

mn_status mn_search_run(const mn_search *search, mn_arena *arena, _Atomic uint64_t *nodes)
{
    if (search->core->empty)
        return MN_OK;
    shared all = {.search = search, .total = nodes};
    pthread_mutex_init(&all.lock, NULL);
    pthread_cond_init(&all.changed, NULL);
    const mn_status status = run_phases(&all, arena);
    for (int i = 0; i < all.subtree_count; i++)
        free(all.subtrees[i].path);
    free(all.subtrees);
    pthread_mutex_destroy(&all.lock);
    pthread_cond_destroy(&all.changed);
    return status;
}
