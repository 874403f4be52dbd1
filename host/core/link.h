/* A link: the increasing, piecewise linear map from a metric's latent value (the sum over blocks and factors) to the metric itself.
 *
 * Between two knots value = v0 + floor((latent - l0) (v1 - v0) / (l1 - l0)), in 128-bit integers; beyond the first and the last knot the
 * end segments go on. The map never falls, so the best latent value is the best value, and a limit on the value is one on the latent value. */
#ifndef MN_CORE_LINK_H
#define MN_CORE_LINK_H

#include "host/core/decimal.h"
#include "host/core/error.h"

typedef struct mn_link {
    int count;                /* of knots: 2 and more; 0: no link */
    int64_t *latents;         /* [count] strictly increasing, multiples of `resolution` */
    int64_t *values;          /* [count] strictly increasing, multiples of the metric's resolution */
    mn_resolution resolution; /* of latent values */
} mn_link;

void mn_link_free(mn_link *link); /* what it holds */

bool mn_link_same(const mn_link *a, const mn_link *b);

/* The value of a latent value, held within 2^62. */
int64_t mn_link_value(const mn_link *link, int64_t latent);

/* The largest latent value whose value is at most `value`; the smallest whose value is at least `value`. Held within 2^62. */
int64_t mn_link_floor(const mn_link *link, int64_t value);
int64_t mn_link_ceil(const mn_link *link, int64_t value);

/* A difference of latent values over which the value never changes by more than `gap`; 0 when there is none. */
int64_t mn_link_latent_gap(const mn_link *link, int64_t gap);

#endif
