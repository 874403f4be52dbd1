/* Several rows: a small simplex over the pool's networks, joined by the best network under its multipliers until none improves. */
#include "solver/pricing.h"

#include <math.h>
#include <string.h>

/* Basis variables: a column c >= 0 of the pool; -2 - 2k: the slack of row k; -3 - 2k: its artificial. */

static const double PENALTY = 1e4;

typedef struct simplex {
    const mn_pricing *w;
    int size;                 /* rows + 1 */
    int *basis;               /* [size] */
    double *inverse;          /* [size][size] */
    double *level;            /* [size] basic values */
    double *dual;             /* [size] */
    double *entering, *moved; /* [size] */
} simplex;

static double cost_of(const simplex *s, int variable)
{
    if (variable >= 0)
        return mn_scaled_score(s->w, variable);
    return variable % 2 == 0 ? 0 : -PENALTY;
}

static void column_of(const simplex *s, int variable, double *column)
{
    memset(column, 0, sizeof *column * (size_t)s->size);
    if (variable >= 0) {
        for (int row = 0; row < s->size - 1; row++)
            column[row] = mn_scaled_row(s->w, variable, row);
        column[s->size - 1] = 1;
    } else if (variable % 2 == 0) {
        column[(-2 - variable) / 2] = 1;
    } else {
        column[(-3 - variable) / 2] = -1;
    }
}

/* Start: the column that breaks the rows least, with slacks where it fits and artificials where it does not. */
static void start(simplex *s)
{
    const mn_pricing *w = s->w;
    const int last = s->size - 1;
    int first = 0;
    double least = INFINITY;
    for (int column = 0; column < w->pool->count; column++) {
        double excess = 0;
        for (int row = 0; row < last; row++)
            excess += fmax(0, mn_scaled_row(w, column, row) - w->cap[row]);
        if (excess < least) {
            least = excess;
            first = column;
        }
    }
    memset(s->inverse, 0, sizeof *s->inverse * (size_t)(s->size * s->size));
    s->basis[last] = first;
    s->level[last] = 1;
    s->inverse[last * s->size + last] = 1;
    for (int row = 0; row < last; row++) {
        const double room = w->cap[row] - mn_scaled_row(w, first, row);
        const double sign = room >= 0 ? 1 : -1;
        s->basis[row] = room >= 0 ? -2 - 2 * row : -3 - 2 * row;
        s->level[row] = fabs(room);
        s->inverse[row * s->size + row] = sign;
        s->inverse[row * s->size + last] = -sign * mn_scaled_row(w, first, row);
    }
}

static void find_duals(simplex *s)
{
    for (int k = 0; k < s->size; k++) {
        s->dual[k] = 0;
        for (int i = 0; i < s->size; i++)
            s->dual[k] += cost_of(s, s->basis[i]) * s->inverse[i * s->size + k];
    }
}

static double reduced_gain(const simplex *s, int variable)
{
    const int last = s->size - 1;
    if (variable < 0)
        return variable % 2 == 0 ? -s->dual[(-2 - variable) / 2] : -PENALTY + s->dual[(-3 - variable) / 2];
    double gain = mn_scaled_score(s->w, variable) - s->dual[last];
    for (int row = 0; row < last; row++)
        gain -= s->dual[row] * mn_scaled_row(s->w, variable, row);
    return gain;
}

/* The variable with the largest gain among pool and slacks; INT32_MIN: none gains. */
static int choose_entering(const simplex *s)
{
    double largest = MN_PRICING_TOLERANCE;
    int entering = INT32_MIN;
    for (int variable = -2 * (s->size - 1); variable < s->w->pool->count; variable++) {
        if (variable < 0 && (variable > -2 || variable % 2 != 0))
            continue;
        const double gain = reduced_gain(s, variable);
        if (gain > largest) {
            largest = gain;
            entering = variable;
        }
    }
    return entering;
}

/* One pivot; false when nothing blocks (numerically lost). */
static bool pivot(simplex *s, int entering)
{
    const int n = s->size;
    column_of(s, entering, s->entering);
    int leaving = -1;
    double step = INFINITY;
    for (int i = 0; i < n; i++) {
        s->moved[i] = 0;
        for (int k = 0; k < n; k++)
            s->moved[i] += s->inverse[i * n + k] * s->entering[k];
        if (s->moved[i] > 1e-11 && s->level[i] / s->moved[i] < step) {
            step = s->level[i] / s->moved[i];
            leaving = i;
        }
    }
    if (leaving < 0)
        return false;
    const double scale = 1 / s->moved[leaving];
    for (int k = 0; k < n; k++)
        s->inverse[leaving * n + k] *= scale;
    for (int i = 0; i < n; i++) {
        if (i == leaving || s->moved[i] == 0)
            continue;
        for (int k = 0; k < n; k++)
            s->inverse[i * n + k] -= s->moved[i] * s->inverse[leaving * n + k];
        s->level[i] = fmax(0, s->level[i] - s->moved[i] * step);
    }
    s->level[leaving] = step;
    s->basis[leaving] = entering;
    return true;
}

mn_status mn_multipliers_by_columns(const mn_pricing *w, mn_arena *arena, double *multipliers)
{
    const int size = w->rows + 1;
    simplex s = {.w = w, .size = size};
    s.basis = mn_arena_take(arena, (size_t)size, sizeof *s.basis);
    s.inverse = mn_arena_take(arena, (size_t)size * size, sizeof *s.inverse);
    s.level = mn_arena_take(arena, (size_t)size, sizeof *s.level);
    s.dual = mn_arena_take(arena, (size_t)size, sizeof *s.dual);
    s.entering = mn_arena_take(arena, (size_t)size, sizeof *s.entering);
    s.moved = mn_arena_take(arena, (size_t)size, sizeof *s.moved);
    if (!s.basis || !s.inverse || !s.level || !s.dual || !s.entering || !s.moved)
        return MN_FAILURE;

    memset(s.dual, 0, sizeof *s.dual * (size_t)size);
    if (w->pool->count == 0)
        mn_price(w, 1, s.dual);
    start(&s);
    for (int step = 0; step < 200 + 50 * size && mn_control_check(w->form->control) == MN_OK; step++) {
        find_duals(&s);
        int entering = choose_entering(&s);
        if (entering == INT32_MIN) {
            for (int row = 0; row < w->rows; row++)
                multipliers[row] = fmax(0, s.dual[row]);
            const int column = mn_price(w, 1, multipliers);
            if (column < 0)
                break;
            if (reduced_gain(&s, column) <= MN_PRICING_TOLERANCE) {
                w->pool->count--;
                break;
            }
            entering = column;
        }
        if (!pivot(&s, entering))
            break;
    }
    find_duals(&s);
    for (int row = 0; row < w->rows; row++)
        multipliers[row] = isfinite(s.dual[row]) ? fmax(0, s.dual[row]) : 0;
    return MN_OK;
}
