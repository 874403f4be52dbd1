/* Scratch memory that a solve fills and the next solve reuses, so that a re-solve calls no allocator. */
#ifndef MN_SOLVER_ARENA_H
#define MN_SOLVER_ARENA_H

#include <stddef.h>

typedef struct mn_arena_block mn_arena_block;

typedef struct mn_arena {
    mn_arena_block *first, *current;
    size_t used; /* of the current block */
} mn_arena;

/* 64-byte aligned, not zeroed; NULL when memory ran out. */
void *mn_arena_take(mn_arena *arena, size_t count, size_t size);
void mn_arena_reset(mn_arena *arena); /* everything taken is gone, the memory stays */
void mn_arena_free(mn_arena *arena);

/* A place to come back to: what was taken since then is gone. */
typedef struct mn_arena_mark {
    mn_arena_block *current;
    size_t used;
} mn_arena_mark;
mn_arena_mark mn_arena_here(const mn_arena *arena);
void mn_arena_return(mn_arena *arena, mn_arena_mark mark);

#endif
