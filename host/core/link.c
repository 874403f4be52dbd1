#include "host/core/link.h"
#include "host/core/link_value.h"

#include <stdlib.h>

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

int64_t mn_link_value(const mn_link *link, int64_t latent)
{
    return mn_link_value_of(link->latents, link->values, link->count, latent);
}

/* v + floor((l - l0) rise / run) <= value  <=>  (l - l0) rise < (value - v + 1) run */
static mn_wide last_at_most(const mn_link *link, int64_t value)
{
    const int i = mn_link_segment(link->values, link->count, value);
    const mn_wide rise = (mn_wide)link->values[i + 1] - link->values[i];
    const mn_wide run = (mn_wide)link->latents[i + 1] - link->latents[i];
    const mn_wide product = ((mn_wide)value - link->values[i] + 1) * run;
    return link->latents[i] + mn_floor_divide(product - 1, rise);
}

int64_t mn_link_floor(const mn_link *link, int64_t value)
{
    return mn_hold_linked(last_at_most(link, value));
}

int64_t mn_link_ceil(const mn_link *link, int64_t value)
{
    return mn_hold_linked(last_at_most(link, value - 1) + 1);
}

/* Over g latent steps the exact line rises by at most g times the steepest slope, and the rounded value by less than one more. */
int64_t mn_link_latent_gap(const mn_link *link, int64_t gap)
{
    mn_wide least = MN_LARGEST_LINKED;
    for (int i = 0; i + 1 < link->count && gap > 0; i++) {
        const mn_wide rise = (mn_wide)link->values[i + 1] - link->values[i];
        const mn_wide run = (mn_wide)link->latents[i + 1] - link->latents[i];
        const mn_wide own = ((mn_wide)gap - 1) * run / rise;
        least = own < least ? own : least;
    }
    return gap > 0 ? (int64_t)least : 0;
}
