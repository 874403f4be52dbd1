#include "solver/relaxation_basis.h"

#include <math.h>
#include <string.h>

static const double SMALL_PIVOT = 1e-8;

enum { REFACTOR_AFTER = 48, MOST_RESTARTS = 3 };

/* ---- the leaving variable ---------------------------------------------------------------------------------------------------------- */

typedef struct leaving {
    int at;        /* of the basis; -1: none, the solution is optimal */
    int sign;      /* -1: it is above what it may be */
    double excess; /* by how much it is off */
} leaving;

static double square(const double *values, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i] * values[i];
    return sum;
}

/* How far a basis variable is from where it may be; *sign: on which side. */
static double violation(const mn_relaxation *r, int i, int *sign)
{
    const mn_basis_variable *v = &r->basis[i];
    const bool fixed = v->place < 0 ? v->held : !mn_basis_allows(r, v->place, v->item);
    *sign = r->level[i] < 0 ? 1 : -1;
    return r->level[i] < 0 || fixed ? fabs(r->level[i]) : 0;
}

/* Dual steepest edge: violation^2 over the square of the inverse's row. `noise`, when not 0, breaks cycles by a random preference. */
static leaving choose_leaving(mn_relaxation *r, uint64_t *noise)
{
    const int n = r->rows;
    leaving best = {.at = -1};
    int key_of = -1;
    double most = 0;
    for (int i = 0; i < n; i++) {
        int sign;
        const double off = violation(r, i, &sign);
        const double random = *noise ? (double)((*noise = *noise * 6364136223846793005u + 1) >> 40) : 1;
        if (off > MN_RELAXATION_TOLERANCE) {
            const double merit = random * off * off / square(r->inverse + i * n, n);
            if (merit > most) {
                most = merit;
                best = (leaving){i, sign, off};
                key_of = -1;
            }
        }
        const int place = r->basis[i].place;
        if (place < 0)
            continue;
        double share = 1; /* of the key */
        memset(r->column, 0, sizeof *r->column * (size_t)n);
        for (int other = 0; other < n; other++)
            if (r->basis[other].place == place) {
                share -= r->level[other];
                for (int k = 0; k < n; k++)
                    r->column[k] += r->inverse[other * n + k];
            }
        if (share < -MN_RELAXATION_TOLERANCE) {
            const double merit = random * share * share / square(r->column, n);
            const int heir = mn_basis_successor(r, place);
            if (merit > most && heir >= 0) {
                most = merit;
                best = (leaving){heir, 1, -share};
                key_of = place;
            }
        }
    }
    if (key_of >= 0) {
        mn_basis_exchange_key(r, best.at);
        r->level[best.at] = -best.excess;
    }
    return best;
}

/* ---- the long step ----------------------------------------------------------------------------------------------------------------- */

static void sink(mn_breakpoint *heap, int count, int at)
{
    const mn_breakpoint own = heap[at];
    for (int child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1].at < heap[child].at)
            child++;
        if (heap[child].at >= own.at)
            break;
        heap[at] = heap[child];
    }
    heap[at] = own;
}

static int collect_breakpoints(mn_relaxation *r, const leaving *out)
{
    int count = 0;
    for (int place = 0; place < r->places; place++)
        if (r->lanes.first[place] < MN_REAL_FAR)
            r->heap[count++] = (mn_breakpoint){r->lanes.first[place], place};
    for (int row = 0; row < r->rows; row++) {
        bool others = false; /* a slack of the basis: its multiplier stays */
        for (int i = 0; i < r->rows; i++)
            others |= i != out->at && r->basis[i].place < 0 && r->basis[i].item == row;
        if (!others && r->ray[row] < -SMALL_PIVOT)
            r->heap[count++] = (mn_breakpoint){fmax(0, r->multipliers[row]) / -r->ray[row], -1 - row};
    }
    for (int at = count / 2 - 1; at >= 0; at--)
        sink(r->heap, count, at);
    return count;
}

/* Where along the ray the next item overtakes `key`, at `from` or later. */
static double next_breakpoint(const mn_relaxation *r, int place, int key, double from, int *item)
{
    const int lane = place % MN_REALS;
    const size_t begin = mn_relaxation_vector(&r->lanes, place, 0);
    const double value = r->lanes.value[begin + (size_t)key][lane], slope = r->lanes.slope[begin + (size_t)key][lane];
    double first = MN_REAL_FAR;
    for (int other = 0; other < r->count[place]; other++) {
        const double closing = slope - r->lanes.slope[begin + (size_t)other][lane];
        if (closing <= MN_RELAXATION_TOLERANCE)
            continue;
        const double where = fmax(from, (value - r->lanes.value[begin + (size_t)other][lane]) / closing);
        if (where < first) {
            first = where;
            *item = other;
        }
    }
    return first;
}

typedef enum step_end { STEP_PIVOT, STEP_RELEASED, STEP_UNBOUNDED } step_end;

/* Moves along the ray to where the bound is least. *entering: what stops it there. */
static step_end long_step(mn_relaxation *r, const leaving *out, mn_basis_variable *entering)
{
    double slope = -out->excess, at = 0;
    int count = collect_breakpoints(r, out);
    step_end end = STEP_UNBOUNDED;
    while (count > 0) {
        const mn_breakpoint next = r->heap[0];
        r->bound += slope * (next.at - at);
        at = next.at;
        if (next.place < 0) {
            const int row = -1 - next.place;
            const mn_basis_variable *own = &r->basis[out->at];
            end = own->place < 0 && own->item == row ? STEP_RELEASED : STEP_PIVOT;
            *entering = (mn_basis_variable){-1, row, false};
            break;
        }
        const int place = next.place, item = r->lanes.first_item[place], lane = place % MN_REALS;
        const size_t begin = mn_relaxation_vector(&r->lanes, place, 0);
        slope += r->lanes.slope[begin + (size_t)r->lanes.key[place]][lane] - r->lanes.slope[begin + (size_t)item][lane];
        if (slope >= -MN_RELAXATION_TOLERANCE || mn_basis_extras_at(r, place) > 0) {
            end = STEP_PIVOT;
            *entering = (mn_basis_variable){place, item, false};
            break;
        }
        mn_basis_set_key(r, place, item);
        r->heap[0].at = next_breakpoint(r, place, item, at, &r->lanes.first_item[place]);
        if (r->heap[0].at >= MN_REAL_FAR)
            r->heap[0] = r->heap[--count];
        sink(r->heap, count, 0);
    }
    if (end == STEP_UNBOUNDED)
        return end;
    for (int row = 0; row < r->rows; row++)
        r->multipliers[row] = fmax(0, r->multipliers[row] + at * r->ray[row]);
    if (entering->place < 0)
        r->multipliers[entering->item] = 0;
    r->pending_step = at;
    return end;
}

/* Puts `entering` in the leaving variable's place; false when the pivot is too small to be trusted. */
static bool pivot(mn_relaxation *r, int at, const mn_basis_variable *entering)
{
    const int n = r->rows;
    mn_basis_column(r, entering, r->column);
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = 0; k < n; k++)
            sum += r->inverse[i * n + k] * r->column[k];
        r->moved[i] = sum;
    }
    r->basis[at] = *entering;
    if (fabs(r->moved[at]) < SMALL_PIVOT)
        return false;
    const double scale = 1 / r->moved[at];
    for (int k = 0; k < n; k++)
        r->inverse[at * n + k] *= scale;
    for (int i = 0; i < n; i++)
        if (i != at && r->moved[i] != 0)
            for (int k = 0; k < n; k++)
                r->inverse[i * n + k] -= r->moved[i] * r->inverse[at * n + k];
    return ++r->pivots < REFACTOR_AFTER;
}

/* ---- solve ------------------------------------------------------------------------------------------------------------------------- */

static mn_relaxation_end run(mn_relaxation *r, double enough)
{
    const int patience =
        10 * r->rows + 40; /* steps without progress before random choices, ten times that before the end */
    uint64_t noise = 0;
    int still = 0, restarts = 0;
    for (;;) {
        const leaving out = choose_leaving(r, &noise);
        if (out.at < 0) {
            if (r->pivots <= 8)
                return MN_RELAXATION_OPTIMAL;
            if (!mn_basis_invert(r)) {
                if (restarts++ == MOST_RESTARTS)
                    return MN_RELAXATION_STALLED;
                mn_basis_restart(r);
                continue;
            }
            mn_basis_find_room(r); /* look again with exact levels */
            mn_basis_find_levels(r);
            continue;
        }
        if (r->control && mn_control_check(r->control) != MN_OK)
            return MN_RELAXATION_STALLED;
        r->steps++;
        for (int row = 0; row < r->rows; row++)
            r->ray[row] = out.sign * r->inverse[out.at * r->rows + row];
        mn_relaxation_lanes_ray(&r->lanes, r->pending_step, r->ray);
        r->pending_step = 0;
        const double before = r->bound;
        mn_basis_variable entering;
        const step_end end = long_step(r, &out, &entering);
        if (end == STEP_UNBOUNDED)
            return MN_RELAXATION_INFEASIBLE;
        if (end == STEP_RELEASED)
            r->basis[out.at].held = false;
        else if (!pivot(r, out.at, &entering)) {
            if (mn_basis_invert(r)) {
                mn_basis_find_room(r);
            } else {
                if (restarts++ == MOST_RESTARTS)
                    return MN_RELAXATION_STALLED;
                mn_basis_restart(r);
            }
        }
        mn_basis_find_levels(r);
        if (r->bound < enough)
            return MN_RELAXATION_BELOW;
        still = r->bound < before - 1e-12 ? 0 : still + 1;
        if (still > patience && noise == 0)
            noise = 1;
        if (still > 10 * patience)
            return MN_RELAXATION_STALLED;
    }
}

mn_relaxation_end mn_relaxation_solve(mn_relaxation *r, double enough)
{
    mn_basis_resume(r);
    const mn_relaxation_end end = run(r, (enough - r->score_base) / r->score_scale);
    r->is_ray = end == MN_RELAXATION_INFEASIBLE;
    if (!r->is_ray && end != MN_RELAXATION_OPTIMAL) {
        mn_relaxation_lanes_evaluate(&r->lanes, r->multipliers);
        mn_basis_find_bound(r);
    }
    return end;
}

double mn_relaxation_value(const mn_relaxation *r)
{
    return r->score_base + r->score_scale * r->bound;
}

void mn_relaxation_multipliers(const mn_relaxation *r, double *multipliers)
{
    for (int row = 0; row < r->rows; row++)
        multipliers[row] =
            (r->is_ray ? fmax(0, r->ray[row]) : r->multipliers[row] * r->score_scale) / r->row_scale[row];
}

int mn_relaxation_key(const mn_relaxation *r, int node, double *share)
{
    const int place = r->place_of[node];
    *share = 1;
    for (int i = 0; i < r->rows; i++)
        if (r->basis[i].place == place)
            *share -= r->level[i];
    return r->lanes.key[place];
}

const mn_relaxation_extra *mn_relaxation_extras(const mn_relaxation *r)
{
    for (int i = 0; i < r->rows; i++) {
        const mn_basis_variable *v = &r->basis[i];
        r->extras[i] =
            (mn_relaxation_extra){v->place < 0 ? -1 : r->node_at[v->place], v->place < 0 ? 0 : v->item, r->level[i]};
    }
    return r->extras;
}

uint64_t mn_relaxation_steps(const mn_relaxation *r)
{
    return r->steps;
}

void mn_relaxation_watch(mn_relaxation *r, const mn_control *control)
{
    r->control = control;
}
