#include "solver/distinct.h"

#include <string.h>

static int64_t *values_of(const mn_distinct_index *index, int id)
{
    return index->values + (size_t)id * index->by->metric_count;
}

static int32_t *bucket_of(const mn_distinct_index *index, int id)
{
    const int64_t *values = values_of(index, id);
    uint64_t hash = 0;
    for (int i = 0; i < index->by->metric_count; i++) {
        hash = (hash ^ (uint64_t)values[i]) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    return &index->head[hash & (uint64_t)(index->bucket_count - 1)];
}

mn_distinct_index *mn_distinct_make(const mn_distinct *by, int capacity, mn_arena *arena)
{
    mn_distinct_index *index = mn_arena_take(arena, 1, sizeof *index);
    if (!index)
        return NULL;
    *index = (mn_distinct_index){.by = by, .capacity = capacity, .bucket_count = 1};
    while (index->bucket_count < capacity)
        index->bucket_count *= 2;
    index->head = mn_arena_take(arena, (size_t)index->bucket_count, sizeof *index->head);
    index->next = mn_arena_take(arena, (size_t)capacity, sizeof *index->next);
    index->place = mn_arena_take(arena, (size_t)capacity, sizeof *index->place);
    index->values = mn_arena_take(arena, ((size_t)capacity + 1) * by->metric_count, sizeof *index->values);
    if (!index->head || !index->next || !index->place || !index->values)
        return NULL;
    mn_distinct_clear(index);
    return index;
}

void mn_distinct_clear(mn_distinct_index *index)
{
    for (int i = 0; i < index->bucket_count; i++)
        index->head[i] = -1;
}

int mn_distinct_find(mn_distinct_index *index, int problem, const uint16_t *network)
{
    int64_t *wanted = values_of(index, index->capacity);
    index->by->metrics(index->by->context, problem, network, wanted);
    int id = *bucket_of(index, index->capacity);
    while (id >= 0 && memcmp(values_of(index, id), wanted, sizeof *wanted * (size_t)index->by->metric_count) != 0)
        id = index->next[id];
    return id;
}

void mn_distinct_insert(mn_distinct_index *index, int id)
{
    memcpy(values_of(index, id), values_of(index, index->capacity),
           sizeof *index->values * (size_t)index->by->metric_count);
    int32_t *bucket = bucket_of(index, id);
    index->next[id] = *bucket;
    *bucket = id;
}

void mn_distinct_remove(mn_distinct_index *index, int id)
{
    int32_t *link = bucket_of(index, id);
    while (*link != id)
        link = &index->next[*link];
    *link = index->next[id];
}
