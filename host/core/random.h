/* Random numbers that are the same for a seed on every machine: splitmix64 (Steele, Lea, Flood 2014). */
#ifndef MN_CORE_RANDOM_H
#define MN_CORE_RANDOM_H

#include <stdint.h>

static inline uint64_t mn_random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 .. count - 1, count >= 1; its error in uniformity is below count / 2^64. */
static inline uint64_t mn_random_below(uint64_t *state, uint64_t count)
{
    return (uint64_t)(((unsigned __int128)mn_random_next(state) * count) >> 64);
}

#endif
