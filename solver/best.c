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

bool mn_best_add(mn_best *best, int64_t score, int32_t problem, const uint16_t *network, int nodes)
{
    if (best->count < best->capacity) {
        int at = best->count++;
        write_entry(best, at, score, problem, network, nodes);
        for (; at > 0 && mn_best_compare(&best->entries[at], &best->entries[(at - 1) / 2], best->width) > 0;
             at = (at - 1) / 2)
            swap(best, at, (at - 1) / 2);
        return true;
    }
    const mn_best_entry *worst = &best->entries[0];
    if (score < worst->score || (score == worst->score && problem > worst->problem))
        return false;
    if (score == worst->score && problem == worst->problem) {
        int difference = 0;
        for (int i = 0; i < nodes && difference == 0; i++)
            difference = (int)network[i] - worst->network[i];
        if (difference >= 0)
            return false;
    }
    write_entry(best, 0, score, problem, network, nodes);
    sift_down(best, 0, best->count);
    return true;
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
