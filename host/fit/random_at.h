/* Random numbers by their place: the same everywhere, whoever asks and in whatever order. */
#ifndef MN_FIT_RANDOM_AT_H
#define MN_FIT_RANDOM_AT_H

#include "host/core/random.h"

#include <math.h>

static inline uint64_t mn_random_at(uint64_t place)
{
    return mn_random_next(&place);
}

/* Standard normal (Box, Muller 1958). */
static inline double mn_normal_at(uint64_t place)
{
    const double u = ((double)(mn_random_at(2 * place) >> 11) + 0.5) * 0x1p-53;
    const double v = ((double)(mn_random_at(2 * place + 1) >> 11) + 0.5) * 0x1p-53;
    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

#endif
