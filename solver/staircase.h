/* A staircase: pairs (key, value) of which none has both smaller than another's, so values fall as keys rise. A sweep asks of each new
 * pair whether one on the staircase is no larger in both, and otherwise puts it there and takes off what it beats.
 *
 * Keys are below 2^key_bits and marked in a 64-ary tree of bits, so both questions (the nearest key below, the next key above) take
 * one word a level: three levels for 16 bits. */
#ifndef MN_SOLVER_STAIRCASE_H
#define MN_SOLVER_STAIRCASE_H

#include "solver/budget.h"

#include <string.h>

enum { MN_STAIRCASE_LEVELS = 6 };

typedef struct mn_staircase {
    int levels;
    uint64_t *bits[MN_STAIRCASE_LEVELS]; /* bits[0]: one bit a key; bits[l]: one bit a word of bits[l - 1] */
    uint32_t *value;                     /* [2^key_bits], of marked keys */
} mn_staircase;

static inline void mn_staircase_free(mn_staircase *stairs, mn_budget *budget)
{
    mn_budget_free(budget, stairs->bits[0]);
    mn_budget_free(budget, stairs->value);
    *stairs = (mn_staircase){0};
}

/* An empty staircase; false when memory ran out. key_bits <= 32. */
static inline bool mn_staircase_create(mn_staircase *stairs, int key_bits, mn_budget *budget)
{
    const uint64_t keys = (uint64_t)1 << key_bits;
    uint64_t words = 0, level_words[MN_STAIRCASE_LEVELS];
    *stairs = (mn_staircase){0};
    for (uint64_t cells = keys; stairs->levels == 0 || cells > 1; stairs->levels++) {
        cells = (cells + 63) / 64;
        level_words[stairs->levels] = cells;
        words += cells;
    }
    uint64_t *bits = mn_budget_allocate(budget, words, sizeof *bits);
    stairs->bits[0] = bits;
    stairs->value = bits ? mn_budget_allocate(budget, keys, sizeof *stairs->value) : NULL;
    if (!stairs->value) {
        mn_staircase_free(stairs, budget);
        return false;
    }
    memset(bits, 0, words * sizeof *bits);
    for (int level = 0; level < stairs->levels; level++) {
        stairs->bits[level] = bits;
        bits += level_words[level];
    }
    return true;
}

static inline void mn_staircase_mark(mn_staircase *stairs, uint64_t key)
{
    for (int level = 0; level < stairs->levels; level++, key >>= 6)
        stairs->bits[level][key >> 6] |= (uint64_t)1 << (key & 63);
}

static inline void mn_staircase_unmark(mn_staircase *stairs, uint64_t key)
{
    for (int level = 0; level < stairs->levels; level++, key >>= 6)
        if (stairs->bits[level][key >> 6] &= ~((uint64_t)1 << (key & 63)))
            return;
}

/* The largest marked key <= key, or -1. */
static inline int64_t mn_staircase_below(const mn_staircase *stairs, uint64_t key)
{
    uint64_t word = stairs->bits[0][key >> 6] & (~(uint64_t)0 >> (63 - (key & 63)));
    if (word)
        return (int64_t)((key & ~(uint64_t)63) | (uint64_t)(63 - __builtin_clzll(word)));
    for (int level = 1; level < stairs->levels; level++) {
        key >>= 6;
        word = stairs->bits[level][key >> 6] & (((uint64_t)1 << (key & 63)) - 1);
        if (!word)
            continue;
        key = (key & ~(uint64_t)63) | (uint64_t)(63 - __builtin_clzll(word));
        while (level-- > 0)
            key = key << 6 | (uint64_t)(63 - __builtin_clzll(stairs->bits[level][key]));
        return (int64_t)key;
    }
    return -1;
}

/* The smallest marked key > key, or -1. */
static inline int64_t mn_staircase_above(const mn_staircase *stairs, uint64_t key)
{
    for (int level = 0; level < stairs->levels; level++, key >>= 6) {
        uint64_t word = stairs->bits[level][key >> 6] & (~(uint64_t)0 << (key & 63)) & ~((uint64_t)1 << (key & 63));
        if (!word)
            continue;
        key = (key & ~(uint64_t)63) | (uint64_t)__builtin_ctzll(word);
        while (level-- > 0)
            key = key << 6 | (uint64_t)__builtin_ctzll(stairs->bits[level][key]);
        return (int64_t)key;
    }
    return -1;
}

/* Whether a pair on the staircase is no larger in both. */
static inline bool mn_staircase_covers(const mn_staircase *stairs, uint64_t key, uint32_t value)
{
    const int64_t below = mn_staircase_below(stairs, key);
    return below >= 0 && stairs->value[below] <= value;
}

/* Puts a pair on the staircase, unless it is covered: then false. */
static inline bool mn_staircase_insert(mn_staircase *stairs, uint64_t key, uint32_t value)
{
    if (mn_staircase_covers(stairs, key, value))
        return false;
    for (int64_t above; (above = mn_staircase_above(stairs, key)) >= 0 && stairs->value[above] >= value;)
        mn_staircase_unmark(stairs, (uint64_t)above);
    mn_staircase_mark(stairs, key);
    stairs->value[key] = value;
    return true;
}

static inline void mn_staircase_clear(mn_staircase *stairs)
{
    int64_t key = mn_staircase_below(stairs, 0);
    for (key = key >= 0 ? key : mn_staircase_above(stairs, 0); key >= 0;
         key = mn_staircase_above(stairs, (uint64_t)key))
        mn_staircase_unmark(stairs, (uint64_t)key);
}

#endif
