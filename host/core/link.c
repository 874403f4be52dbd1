#include "host/core/link.h"

#include <stdlib.h>

#define LARGEST ((mn_wide)1 << 62)

void mn_link_free(mn_link *link)
{
    free(link->latents);
    free(link->values);
    *link = (mn_link){0};
}

bool mn_link_same(const mn_link *a, const mn_link *b)
{
    bool same = a->count == b->count;
    if (same && a->count > 0)
        same = a->resolution.mantissa == b->resolution.mantissa && a->resolution.decimals == b->resolution.decimals;
    for (int i = 0; same && i < a->count; i++)
        same = a->latents[i] == b->latents[i] && a->values[i] == b->values[i];
    return same;
}

static mn_wide floor_divide(mn_wide a, mn_wide positive)
{
    const mn_wide quotient = a / positive;
    return quotient - (a % positive < 0);
}

static int64_t hold(mn_wide value)
{
    return (int64_t)(value > LARGEST ? LARGEST : value < -LARGEST ? -LARGEST : value);
}

/* The segment that `at` lies in, by its first knot; the end segments reach to both infinities. */
static int segment_of(const int64_t *knots, int count, int64_t at)
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

int64_t mn_link_value(const mn_link *link, int64_t latent)
{
    const int i = segment_of(link->latents, link->count, latent);
    const mn_wide rise = (mn_wide)link->values[i + 1] - link->values[i];
    const mn_wide run = (mn_wide)link->latents[i + 1] - link->latents[i];
    return hold(link->values[i] + floor_divide(((mn_wide)latent - link->latents[i]) * rise, run));
}

/* v + floor((l - l0) rise / run) <= value  <=>  (l - l0) rise < (value - v + 1) run */
static mn_wide last_at_most(const mn_link *link, int64_t value)
{
    const int i = segment_of(link->values, link->count, value);
    const mn_wide rise = (mn_wide)link->values[i + 1] - link->values[i];
    const mn_wide run = (mn_wide)link->latents[i + 1] - link->latents[i];
    const mn_wide product = ((mn_wide)value - link->values[i] + 1) * run;
    return link->latents[i] + floor_divide(product - 1, rise);
}

int64_t mn_link_floor(const mn_link *link, int64_t value)
{
    return hold(last_at_most(link, value));
}

int64_t mn_link_ceil(const mn_link *link, int64_t value)
{
    return hold(last_at_most(link, value - 1) + 1);
}

/* Over g latent steps the exact line rises by at most g times the steepest slope, and the rounded value by less than one more. */
int64_t mn_link_latent_gap(const mn_link *link, int64_t gap)
{
    mn_wide least = LARGEST;
    for (int i = 0; i + 1 < link->count && gap > 0; i++) {
        const mn_wide rise = (mn_wide)link->values[i + 1] - link->values[i];
        const mn_wide run = (mn_wide)link->latents[i + 1] - link->latents[i];
        const mn_wide own = ((mn_wide)gap - 1) * run / rise;
        least = own < least ? own : least;
    }
    return gap > 0 ? (int64_t)least : 0;
}
