#include "host/core/key_set.h"
#include "host/core/memory.h"

bool mn_key_set_make(mn_key_set *set, int largest)
{
    set->slot_count = 4 * largest;
    set->slots = mn_new_array((size_t)set->slot_count, sizeof *set->slots);
    set->slot_of = mn_new_array((size_t)largest, sizeof *set->slot_of);
    return set->slots && set->slot_of;
}

void mn_key_set_free(mn_key_set *set)
{
    free(set->keys);
    free(set->slots);
    free(set->slot_of);
}

void mn_key_set_clear(mn_key_set *set, int width, int most)
{
    for (int key = 0; key < set->count; key++)
        set->slots[set->slot_of[key]] = 0;
    if (width > set->width) {
        free(set->keys);
        set->keys = NULL;
        set->capacity = 0;
    }
    set->count = 0;
    set->width = width;
    set->most = most;
}

static uint64_t hash_numbers(const int32_t *numbers, int count)
{
    uint64_t hash = 0x9E3779B97F4A7C15u;
    for (int i = 0; i < count; i++) {
        hash = (hash ^ (uint32_t)numbers[i]) * 0xD6E8FEB86659FD93u;
        hash ^= hash >> 32;
    }
    return hash;
}

static bool grow(mn_key_set *set)
{
    const int capacity = set->capacity ? 2 * set->capacity : 8;
    int32_t *keys = realloc(set->keys, sizeof *keys * (size_t)capacity * ((size_t)set->width + 1));
    if (!keys)
        return false;
    set->keys = keys;
    set->capacity = capacity;
    return true;
}

int mn_key_set_find(mn_key_set *set, const int32_t *key)
{
    const size_t width = (size_t)set->width, size = sizeof *key * width;
    int slot = (int)(hash_numbers(key, set->width) % (uint64_t)set->slot_count);
    for (; set->slots[slot]; slot = (slot + 1) % set->slot_count) {
        const int known = set->slots[slot] - 1;
        if (!memcmp(set->keys + (size_t)known * width, key, size))
            return known;
    }
    if (set->count == set->most)
        return MN_TOO_MANY_KEYS;
    if (set->count == set->capacity && !grow(set))
        return MN_NO_KEY_MEMORY;
    memcpy(set->keys + (size_t)set->count * width, key, size);
    set->slot_of[set->count] = slot;
    set->slots[slot] = ++set->count;
    return set->count - 1;
}
