#include "solver/relaxation_basis.h"

#include <math.h>
#include <string.h>

/* ---- keys and columns --------------------------------------------------------------------------------------------------------------------- */

static double weight_of(const mn_relaxation *r, int place, int item, int row)
{
    return r->lanes
        .weight[mn_relaxation_vector(&r->lanes, place, item) * (size_t)r->rows + (size_t)row][place % MN_REALS];
}

bool mn_basis_allows(const mn_relaxation *r, int place, int item)
{
    return r->lanes.score[mn_relaxation_vector(&r->lanes, place, item)][place % MN_REALS] > MN_REAL_NEVER / 2;
}

void mn_basis_find_room(mn_relaxation *r)
{
    memcpy(r->room, r->caps, sizeof *r->room * (size_t)r->rows);
    for (int place = 0; place < r->places; place++)
        if (r->count[place] > 0)
            for (int row = 0; row < r->rows; row++)
                r->room[row] -= weight_of(r, place, r->lanes.key[place], row);
}

void mn_basis_find_levels(mn_relaxation *r)
{
    for (int i = 0; i < r->rows; i++) {
        double sum = 0;
        for (int row = 0; row < r->rows; row++)
            sum += r->inverse[i * r->rows + row] * r->room[row];
        r->level[i] = sum;
    }
}

void mn_basis_set_key(mn_relaxation *r, int place, int item)
{
    for (int row = 0; row < r->rows; row++)
        r->room[row] += weight_of(r, place, r->lanes.key[place], row) - weight_of(r, place, item, row);
    r->lanes.key[place] = item;
}

void mn_basis_column(const mn_relaxation *r, const mn_basis_variable *v, double *column)
{
    for (int row = 0; row < r->rows; row++)
        if (v->place < 0)
            column[row] = row == v->item;
        else
            column[row] = weight_of(r, v->place, v->item, row) - weight_of(r, v->place, r->lanes.key[v->place], row);
}

/* The inverse of the basis by elimination; false when it is singular. */
bool mn_basis_invert(mn_relaxation *r)
{
    const int n = r->rows, width = 2 * n;
    double *m = r->matrix;
    for (int i = 0; i < n; i++) {
        mn_basis_column(r, &r->basis[i], r->column);
        for (int row = 0; row < n; row++) {
            m[row * width + i] = r->column[row];
            m[row * width + n + i] = row == i;
        }
    }
    for (int i = 0; i < n; i++) {
        int largest = i;
        for (int row = i + 1; row < n; row++)
            if (fabs(m[row * width + i]) > fabs(m[largest * width + i]))
                largest = row;
        if (fabs(m[largest * width + i]) < 1e-11)
            return false;
        for (int k = 0; k < width && largest != i; k++) {
            const double kept = m[i * width + k];
            m[i * width + k] = m[largest * width + k];
            m[largest * width + k] = kept;
        }
        const double scale = 1 / m[i * width + i];
        for (int k = i; k < width; k++)
            m[i * width + k] *= scale;
        for (int row = 0; row < n; row++) {
            const double factor = m[row * width + i];
            if (row == i || factor == 0)
                continue;
            for (int k = i; k < width; k++)
                m[row * width + k] -= factor * m[i * width + k];
        }
    }
    for (int row = 0; row < n; row++)
        memcpy(r->inverse + row * n, m + row * width + n, sizeof *m * (size_t)n);
    r->pivots = 0;
    return true;
}

/* Slacks alone, held where their multiplier is not 0; keys as first_item has them. */
static void start_basis(mn_relaxation *r)
{
    memcpy(r->lanes.key, r->lanes.first_item, sizeof *r->lanes.key * (size_t)r->places);
    memset(r->inverse, 0, sizeof *r->inverse * (size_t)(r->rows * r->rows));
    for (int row = 0; row < r->rows; row++) {
        r->basis[row] = (mn_basis_variable){-1, row, r->multipliers[row] > 0};
        r->inverse[row * r->rows + row] = 1;
    }
    r->pivots = 0;
    r->started = true;
}

void mn_basis_find_bound(mn_relaxation *r)
{
    r->bound = 0;
    for (int row = 0; row < r->rows; row++)
        r->bound += r->multipliers[row] * r->caps[row];
    for (int place = 0; place < r->places; place++)
        if (r->count[place] > 0)
            r->bound +=
                r->lanes.value[mn_relaxation_vector(&r->lanes, place, r->lanes.first_item[place])][place % MN_REALS];
}

int mn_basis_extras_at(const mn_relaxation *r, int place)
{
    int count = 0;
    for (int i = 0; i < r->rows; i++)
        count += r->basis[i].place == place;
    return count;
}

/* Makes the basis variable at i its node's key, and the key a basis variable. The inverse follows: the columns of the node's
 * variables are differences to the key. */
void mn_basis_exchange_key(mn_relaxation *r, int i)
{
    const int n = r->rows, place = r->basis[i].place, key = r->lanes.key[place];
    for (int other = 0; other < n; other++)
        if (other != i && r->basis[other].place == place)
            for (int k = 0; k < n; k++)
                r->inverse[i * n + k] += r->inverse[other * n + k];
    for (int k = 0; k < n; k++)
        r->inverse[i * n + k] = -r->inverse[i * n + k];
    mn_basis_set_key(r, place, r->basis[i].item);
    r->basis[i].item = key;
}

/* The basis variable of a node that can be its key: allowed, with the largest share; -1. */
int mn_basis_successor(const mn_relaxation *r, int place)
{
    int best = -1;
    for (int i = 0; i < r->rows; i++)
        if (r->basis[i].place == place && mn_basis_allows(r, place, r->basis[i].item) &&
            (best < 0 || r->level[i] > r->level[best]))
            best = i;
    return best;
}

/* After changes of what is allowed: keys are allowed and the best of their node. False: only a new start can bring that about. */
static bool repair_keys(mn_relaxation *r)
{
    for (int place = 0; place < r->places; place++) {
        if (r->count[place] == 0)
            continue;
        const int key = r->lanes.key[place], best = r->lanes.first_item[place], lane = place % MN_REALS;
        const bool allowed = mn_basis_allows(r, place, key);
        const double loss = r->lanes.value[mn_relaxation_vector(&r->lanes, place, best)][lane] -
                            r->lanes.value[mn_relaxation_vector(&r->lanes, place, key)][lane];
        if (key == best || (allowed && loss <= MN_RELAXATION_TOLERANCE))
            continue;
        if (mn_basis_extras_at(r, place) == 0) {
            mn_basis_set_key(r, place, best);
            continue;
        }
        const int heir = mn_basis_successor(r, place);
        if (allowed || heir < 0)
            return false;
        mn_basis_exchange_key(r, heir);
        const double left = r->lanes.value[mn_relaxation_vector(&r->lanes, place, best)][lane] -
                            r->lanes.value[mn_relaxation_vector(&r->lanes, place, r->lanes.key[place])][lane];
        if (left > MN_RELAXATION_TOLERANCE)
            return false;
    }
    return true;
}

void mn_basis_restart(mn_relaxation *r)
{
    mn_relaxation_lanes_evaluate(&r->lanes, r->multipliers);
    start_basis(r);
    mn_basis_find_room(r);
    mn_basis_find_levels(r);
    mn_basis_find_bound(r);
    r->pending_step = 0;
}

void mn_basis_resume(mn_relaxation *r)
{
    mn_relaxation_lanes_evaluate(&r->lanes, r->multipliers);
    if (!r->started)
        start_basis(r);
    mn_basis_find_room(r);
    mn_basis_find_levels(r);
    if (!repair_keys(r)) {
        start_basis(r);
        mn_basis_find_room(r);
    }
    mn_basis_find_levels(r);
    mn_basis_find_bound(r);
    r->pending_step = 0;
}
