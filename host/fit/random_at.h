/* Random numbers by their place: the same everywhere, whoever asks and in whatever order. */
#ifndef MN_FIT_RANDOM_AT_H
#define MN_FIT_RANDOM_AT_H

#include <math.h>
#include <stdint.h>

/* splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t mn_random_at(uint64_t place)
{
    place += 0x9e3779b97f4a7c15u;
    place = (place ^ place >> 30) * 0xbf58476d1ce4e5b9u;
    place = (place ^ place >> 27) * 0x94d049bb133111ebu;
    return place ^ place >> 31;
}

/* Standard normal (Box, Muller 1958). */
static inline double mn_normal_at(uint64_t place)
{
    const double u = ((double)(mn_random_at(2 * place) >> 11) + 0.5) * 0x1p-53;
    const double v = ((double)(mn_random_at(2 * place + 1) >> 11) + 0.5) * 0x1p-53;
    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

#endif
