#include <math.h>

#include "host/core/memory.h"
#include "host/fit/minimise.h"

enum { REMEMBERED = 10, HALVINGS = 30 };

/* The last steps s and changes of the gradient y, a ring. */
typedef struct history {
    int n, count, next;
    double *s, *y; /* [REMEMBERED][n] */
    double curvature[REMEMBERED];
} history;

static double dot(int n, const double *a, const double *b)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add(int n, double factor, const double *a, double *b)
{
    for (int i = 0; i < n; i++)
        b[i] += factor * a[i];
}

/* Minus the inverse Hessian, as remembered, times the gradient (Nocedal, Wright, algorithm 7.4). */
static void direction_of(const history *h, const double *gradient, double *direction)
{
    const int n = h->n;
    double along[REMEMBERED];
    for (int i = 0; i < n; i++)
        direction[i] = -gradient[i];
    for (int age = 1; age <= h->count; age++) {
        const int at = (h->next - age + REMEMBERED) % REMEMBERED;
        along[at] = dot(n, h->s + (size_t)at * n, direction) / h->curvature[at];
        add(n, -along[at], h->y + (size_t)at * n, direction);
    }
    if (h->count) {
        const int last = (h->next - 1 + REMEMBERED) % REMEMBERED;
        const double *y = h->y + (size_t)last * n, scale = h->curvature[last] / dot(n, y, y);
        for (int i = 0; i < n; i++)
            direction[i] *= scale;
    }
    for (int age = h->count; age >= 1; age--) {
        const int at = (h->next - age + REMEMBERED) % REMEMBERED;
        add(n, along[at] - dot(n, h->y + (size_t)at * n, direction) / h->curvature[at], h->s + (size_t)at * n,
            direction);
    }
}

static void remember(history *h, const double *x, const double *new_x, const double *gradient,
                     const double *new_gradient)
{
    double *s = h->s + (size_t)h->next * h->n, *y = h->y + (size_t)h->next * h->n;
    for (int i = 0; i < h->n; i++) {
        s[i] = new_x[i] - x[i];
        y[i] = new_gradient[i] - gradient[i];
    }
    const double curvature = dot(h->n, s, y);
    if (curvature <= 1e-10 * dot(h->n, y, y))
        return; /* no curvature upwards along this step: it would spoil the Hessian */
    h->curvature[h->next] = curvature;
    h->next = (h->next + 1) % REMEMBERED;
    h->count += h->count < REMEMBERED;
}

static double largest_of(int n, const double *a)
{
    double largest = 0;
    for (int i = 0; i < n; i++)
        largest = fmax(largest, fabs(a[i]));
    return largest;
}

/* Backtracks from a full step until the value falls enough (Armijo); false when it never does. */
static bool search_line(mn_function *function, void *context, int n, double most, const double *x, double value,
                        const double *gradient, const double *direction, double *new_x, double *new_value,
                        double *new_gradient)
{
    const double slope = dot(n, gradient, direction), longest = largest_of(n, direction);
    double step = longest > most ? most / longest : 1;
    if (!(slope < 0))
        return false;
    for (int halving = 0; halving < HALVINGS; halving++, step /= 2) {
        for (int i = 0; i < n; i++)
            new_x[i] = x[i] + step * direction[i];
        *new_value = function(context, new_x, new_gradient);
        if (*new_value <= value + 1e-4 * step * slope)
            return true;
    }
    return false;
}

static void iterate(mn_function *function, void *context, history *h, const mn_minimise_options *options, double *x,
                    double *value, double *work)
{
    const int n = h->n;
    double *gradient = work, *direction = work + n, *new_x = work + 2 * (size_t)n, *new_gradient = work + 3 * (size_t)n;
    double new_value = 0;
    *value = function(context, x, gradient);
    for (int i = 0; i < options->iterations && largest_of(n, gradient) > options->tolerance; i++) {
        if (mn_is_cancelled(options->cancel))
            return;
        direction_of(h, gradient, direction);
        if (!search_line(function, context, n, options->step, x, *value, gradient, direction, new_x, &new_value,
                         new_gradient)) {
            if (!h->count)
                break;
            h->count = 0; /* a bad memory: once more along the gradient */
            continue;
        }
        remember(h, x, new_x, gradient, new_gradient);
        memcpy(x, new_x, (size_t)n * sizeof *x);
        memcpy(gradient, new_gradient, (size_t)n * sizeof *gradient);
        *value = new_value;
    }
}

mn_status mn_minimise(mn_function *function, void *context, int n, const mn_minimise_options *options, mn_error *error,
                      double *x, double *value)
{
    history h = {.n = n};
    h.s = mn_new_array(REMEMBERED * (size_t)n, sizeof *h.s);
    h.y = mn_new_array(REMEMBERED * (size_t)n, sizeof *h.y);
    double *work = mn_new_array(4 * (size_t)n, sizeof *work);
    const bool enough = h.s && h.y && work;
    if (enough)
        iterate(function, context, &h, options, x, value, work);
    free(h.s);
    free(h.y);
    free(work);
    return enough ? mn_check_cancel(options->cancel, error) : mn_fail_memory(error);
}
