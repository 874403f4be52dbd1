#include "solver/best.h"

#include <string.h>

bool mn_best_make(mn_best *best, int capacity, int width, mn_arena *arena)
{
    *best = (mn_best){.capacity = capacity, .width = width};
    best->entries = mn_arena_take(arena, (size_t)capacity, sizeof *best->entries);
    uint16_t *networks = mn_arena_take(arena, (size_t)capacity * width, sizeof *networks);
    if (!best->entries || !networks)
        return false;
    for (int i = 0; i < capacity; i++)
        best->entries[i].network = networks + (size_t)i * width;
    return true;
}

int mn_best_compare(const mn_best_entry *a, const mn_best_entry *b, int width)
{
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->problem != b->problem)
        return a->problem < b->problem ? -1 : 1;
    for (int i = 0; i < width; i++)
        if (a->network[i] != b->network[i])
            return a->network[i] < b->network[i] ? -1 : 1;
    return 0;
}

static void swap(mn_best *best, int a, int b)
{
    const mn_best_entry entry = best->entries[a];
    best->entries[a] = best->entries[b];
    best->entries[b] = entry;
    if (best->index) {
        best->index->place[best->entries[a].id] = a;
        best->index->place[best->entries[b].id] = b;
    }
}

/* Moves the entry at `at` up until its parent is no better. */
static void sift_up(mn_best *best, int at)
{
    for (; at > 0 && mn_best_compare(&best->entries[at], &best->entries[(at - 1) / 2], best->width) > 0;
         at = (at - 1) / 2)
        swap(best, at, (at - 1) / 2);
}

/* Moves the entry at `at` down until no child is worse. */
static void sift_down(mn_best *best, int at, int count)
{
    for (;;) {
        int worst = at;
        for (int child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
            if (mn_best_compare(&best->entries[child], &best->entries[worst], best->width) > 0)
                worst = child;
        if (worst == at)
            return;
        swap(best, at, worst);
        at = worst;
    }
}

static void write_entry(mn_best *best, int at, int64_t score, int32_t problem, const uint16_t *network, int nodes)
{
    mn_best_entry *entry = &best->entries[at];
    entry->score = score;
    entry->problem = problem;
    memcpy(entry->network, network, sizeof *network * (size_t)nodes);
    memset(entry->network + nodes, 0, sizeof *network * (size_t)(best->width - nodes));
}

/* Whether the network is better than the entry. */
static bool beats(const mn_best_entry *entry, int64_t score, int32_t problem, const uint16_t *network, int nodes)
{
    if (score != entry->score)
        return score > entry->score;
    if (problem != entry->problem)
        return problem < entry->problem;
    int difference = 0;
    for (int i = 0; i < nodes && difference == 0; i++)
        difference = (int)network[i] - entry->network[i];
    return difference < 0;
}

bool mn_best_admits(const mn_best *best, int64_t score, int32_t problem, const uint16_t *network, int nodes)
{
    return best->count < best->capacity || beats(&best->entries[0], score, problem, network, nodes);
}

/* Puts the network into the heap, in the place of the worst one when it is full. */
static void insert(mn_best *best, int32_t id, int64_t score, int32_t problem, const uint16_t *network, int nodes)
{
    const bool full = best->count == best->capacity;
    const int at = full ? 0 : best->count++;
    best->entries[at].id = id;
    write_entry(best, at, score, problem, network, nodes);
    if (best->index)
        best->index->place[id] = at;
    if (full)
        sift_down(best, 0, best->count);
    else
        sift_up(best, at);
}

/* Networks of equal metrics have equal scores: the objective is made of metrics. */
static bool add_distinct(mn_best *best, int64_t score, int32_t problem, const uint16_t *network, int nodes)
{
    mn_distinct_index *index = best->index;
    if (!mn_best_admits(best, score, problem, network, nodes))
        return false; /* then it beats no kept one of the same metrics either */
    const int known = mn_distinct_find(index, problem, network);
    if (known >= 0) {
        const int at = index->place[known];
        if (!beats(&best->entries[at], score, problem, network, nodes))
            return false;
        write_entry(best, at, score, problem, network, nodes);
        sift_down(best, at, best->count);
        return true;
    }
    const int id = best->count < best->capacity ? best->count : best->entries[0].id;
    if (best->count == best->capacity)
        mn_distinct_remove(index, id);
    mn_distinct_insert(index, id);
    insert(best, id, score, problem, network, nodes);
    return true;
}

bool mn_best_distinguish(mn_best *best, const mn_distinct *by, mn_arena *arena)
{
    best->index = mn_distinct_make(by, best->capacity, arena);
    return best->index != NULL;
}

bool mn_best_add(mn_best *best, int64_t score, int32_t problem, const uint16_t *network, int nodes)
{
    if (best->index)
        return add_distinct(best, score, problem, network, nodes);
    if (!mn_best_admits(best, score, problem, network, nodes))
        return false;
    insert(best, 0, score, problem, network, nodes);
    return true;
}

void mn_best_clear(mn_best *best)
{
    best->count = 0;
    if (best->index)
        mn_distinct_clear(best->index);
}

void mn_best_sort(mn_best *best)
{
    for (int at = best->count / 2 - 1; at >= 0; at--) /* the caller may have changed entries */
        sift_down(best, at, best->count);
    for (int count = best->count; count > 1; count--) {
        swap(best, 0, count - 1);
        sift_down(best, 0, count - 1);
    }
}
