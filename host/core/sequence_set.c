#include "host/core/sequence_set.h"
#include "host/core/memory.h"

void mn_sequence_set_free(mn_sequence_set *set)
{
    free(set->numbers);
    free(set->ends);
    free(set->slots);
}

static size_t begin_of(const mn_sequence_set *set, uint32_t index)
{
    return index ? set->ends[index - 1] : 0;
}

static uint64_t hash_of(const uint32_t *sequence, size_t length)
{
    uint64_t hash = 0x9E3779B97F4A7C15u + length;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ sequence[i]) * 0xD6E8FEB86659FD93u;
        hash ^= hash >> 32;
    }
    return hash;
}

/* The slot that holds the sequence, or the empty one where it belongs. */
static uint32_t *slot_of(const mn_sequence_set *set, const uint32_t *sequence, size_t length)
{
    const size_t mask = set->slot_count - 1;
    for (size_t at = hash_of(sequence, length) & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &set->slots[at];
        if (!*slot)
            return slot;
        const size_t begin = begin_of(set, *slot - 1);
        if (set->ends[*slot - 1] - begin == length &&
            (length == 0 || !memcmp(set->numbers + begin, sequence, length * sizeof *sequence)))
            return slot;
    }
}

/* Keeps the slots at most half full. */
static bool grow_slots(mn_sequence_set *set)
{
    const size_t slot_count = set->slot_count ? 2 * set->slot_count : 64;
    uint32_t *slots = mn_new_array(slot_count, sizeof *slots);
    if (!slots)
        return false;
    free(set->slots);
    set->slots = slots;
    set->slot_count = slot_count;
    for (uint32_t i = 0; i < set->count; i++) {
        const size_t begin = begin_of(set, i);
        *slot_of(set, set->numbers + begin, set->ends[i] - begin) = i + 1;
    }
    return true;
}

static bool has_room(mn_sequence_set *set, size_t length)
{
    if (2 * ((size_t)set->count + 1) > set->slot_count && !grow_slots(set))
        return false;
    if (set->count == set->capacity) {
        const uint32_t capacity = set->capacity ? 2 * set->capacity : 64;
        if (capacity <= set->capacity || !mn_grow(&set->ends, capacity, sizeof *set->ends))
            return false;
        set->capacity = capacity;
    }
    const size_t used = begin_of(set, set->count);
    if (used + length > set->number_capacity) {
        const size_t capacity = 2 * (used + length) + 64;
        if (!mn_grow(&set->numbers, capacity, sizeof *set->numbers))
            return false;
        set->number_capacity = capacity;
    }
    return true;
}

uint32_t mn_sequence_set_find(mn_sequence_set *set, const uint32_t *sequence, size_t length)
{
    if (!has_room(set, length))
        return MN_NO_SEQUENCE;
    uint32_t *slot = slot_of(set, sequence, length);
    if (*slot)
        return *slot - 1;
    const size_t begin = begin_of(set, set->count);
    if (length)
        memcpy(set->numbers + begin, sequence, length * sizeof *sequence);
    set->ends[set->count] = begin + length;
    *slot = ++set->count;
    return set->count - 1;
}
