/* Monotone maps between a metric and the scale on which effects add up.
 *
 * identity: z = y; log: z = log(y) for costs; bounded: z = -log(bound - y) for accuracies: what halves the distance to the bound counts the
 * same everywhere. All increase with y. */
#ifndef MN_FIT_LINK_H
#define MN_FIT_LINK_H

#include <math.h>

typedef enum mn_fit_link_form { MN_LINK_IDENTITY, MN_LINK_LOG, MN_LINK_BOUNDED } mn_fit_link_form;

typedef struct mn_fit_link {
    mn_fit_link_form form;
    double bound; /* MN_LINK_BOUNDED: above every value */
} mn_fit_link;

/* NaN for values outside the link's domain. */
static inline double mn_fit_link_forward(mn_fit_link link, double y)
{
    switch (link.form) {
    case MN_LINK_LOG:
        return y > 0 ? log(y) : NAN;
    case MN_LINK_BOUNDED:
        return y < link.bound ? -log(link.bound - y) : NAN;
    default:
        return y;
    }
}

static inline double mn_fit_link_inverse(mn_fit_link link, double z)
{
    switch (link.form) {
    case MN_LINK_LOG:
        return exp(z);
    case MN_LINK_BOUNDED:
        return link.bound - exp(-z);
    default:
        return z;
    }
}

/* dz/dy at y. */
static inline double mn_fit_link_slope(mn_fit_link link, double y)
{
    switch (link.form) {
    case MN_LINK_LOG:
        return 1 / y;
    case MN_LINK_BOUNDED:
        return 1 / (link.bound - y);
    default:
        return 1;
    }
}

#endif
