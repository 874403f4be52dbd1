/* The value of a latent value (link.h), as the CPU and the kernels compute it. */
#ifndef MN_CORE_LINK_VALUE_H
#define MN_CORE_LINK_VALUE_H

#include "host/core/device_code.h"

#include <stdint.h>

#define MN_LARGEST_LINKED ((__int128)1 << 62)

MN_SHARED_CODE __int128 mn_floor_divide(__int128 a, __int128 positive)
{
    const __int128 quotient = a / positive;
    return quotient - (a % positive < 0);
}

MN_SHARED_CODE int64_t mn_hold_linked(__int128 value)
{
    return (int64_t)(value > MN_LARGEST_LINKED    ? MN_LARGEST_LINKED
                     : value < -MN_LARGEST_LINKED ? -MN_LARGEST_LINKED
                                                  : value);
}

/* The segment that `at` lies in, by its first knot; the end segments reach to both infinities. */
MN_SHARED_CODE int mn_link_segment(const int64_t *knots, int count, int64_t at)
{
    int low = 0, high = count - 2;
    while (low < high) {
        const int middle = (low + high + 1) / 2;
        if (knots[middle] <= at)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

MN_SHARED_CODE int64_t mn_link_value_of(const int64_t *latents, const int64_t *values, int count, int64_t latent)
{
    const int i = mn_link_segment(latents, count, latent);
    const __int128 rise = (__int128)values[i + 1] - values[i];
    const __int128 run = (__int128)latents[i + 1] - latents[i];
    return mn_hold_linked(values[i] + mn_floor_divide(((__int128)latent - latents[i]) * rise, run));
}

#endif
