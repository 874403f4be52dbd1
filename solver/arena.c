#include "solver/arena.h"

#include <stdint.h>
#include <stdlib.h>

struct mn_arena_block {
    mn_arena_block *next;
    size_t size;
    char *memory; /* 64-byte aligned */
};

enum { ALIGNMENT = 64, FIRST_BLOCK = 1 << 16 };

static mn_arena_block *new_block(size_t size)
{
    mn_arena_block *block = malloc(sizeof *block);
    if (!block)
        return NULL;
    *block = (mn_arena_block){.size = size, .memory = aligned_alloc(ALIGNMENT, size)};
    if (!block->memory) {
        free(block);
        return NULL;
    }
    return block;
}

static void *take_from(mn_arena *arena, mn_arena_block *block, size_t bytes)
{
    arena->current = block;
    arena->used = bytes;
    return block->memory;
}

void *mn_arena_take(mn_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 4)
        return NULL;
    bytes = (bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    if (arena->current && bytes <= arena->current->size - arena->used) {
        char *memory = arena->current->memory + arena->used;
        arena->used += bytes;
        return memory;
    }
    while (arena->current && arena->current->next) { /* blocks of earlier solves */
        if (bytes <= arena->current->next->size)
            return take_from(arena, arena->current->next, bytes);
        arena->current = arena->current->next;
        arena->used = 0;
    }
    size_t block_size = arena->current ? 2 * arena->current->size : FIRST_BLOCK;
    if (block_size < bytes)
        block_size = bytes;
    mn_arena_block *block = new_block(block_size);
    if (!block)
        return NULL;
    if (arena->current)
        arena->current->next = block;
    else
        arena->first = block;
    return take_from(arena, block, bytes);
}

void mn_arena_reset(mn_arena *arena)
{
    arena->current = arena->first;
    arena->used = 0;
}

void mn_arena_free(mn_arena *arena)
{
    for (mn_arena_block *block = arena->first; block;) {
        mn_arena_block *next = block->next;
        free(block->memory);
        free(block);
        block = next;
    }
    *arena = (mn_arena){0};
}

mn_arena_mark mn_arena_here(const mn_arena *arena)
{
    return (mn_arena_mark){arena->current, arena->used};
}

void mn_arena_return(mn_arena *arena, mn_arena_mark mark)
{
    arena->current = mark.current ? mark.current : arena->first;
    arena->used = mark.current ? mark.used : 0;
}
