#include "solver/relaxation_basis.h"

#include <math.h>
#include <string.h>

static const double SMALL_PIVOT = 1e-8;

enum { REFACTOR_AFTER = 48, MOST_RESTARTS = 3 };

<<<<<<< HEAD
/* A variable of the basis besides the keys. */
typedef struct variable {
    int place; /* -1: slack */
    int item;  /* or the slack's row */
    bool held; /* a slack whose multiplier is not 0 */
} variable;

typedef struct breakpoint {
    double at;
    int place; /* or -1 - row: that multiplier reaches 0 */
} breakpoint;

struct mn_relaxation {
    mn_relaxation_lanes lanes;
    int node_count, rows, places;
    size_t vectors;
    char *memory; /* everything below and in the lanes */
    size_t memory_size;
    int *place_of;                  /* [nodes] */
    int *count;                     /* [places] items; 0: an empty lane */
    mn_reals *given;                /* [vectors] score, whether allowed or not */
    double score_base, score_scale; /* sum of the nodes' best scores */
    double *row_base, *row_scale;   /* [rows] */
    double *caps;                   /* [rows] scaled */
    double *multipliers;            /* [rows] scaled */
    variable *basis;                /* [rows] */
    double *inverse;                /* [rows][rows] */
    double *room;                   /* [rows] caps less the keys */
    double *level;                  /* [rows] values of the basis */
    double *ray, *column, *moved;   /* [rows] */
    double *matrix;                 /* [rows][2 rows] */
    breakpoint *heap;               /* [places + rows] */
    mn_relaxation_extra *extras;    /* [rows] */
    int *node_at;                   /* [places] */
    bool started;
    double bound; /* scaled */
    double pending_step;
    int pivots; /* since the inverse was computed anew */
    uint64_t steps;
    bool is_ray; /* the multipliers shown are ray */
    const mn_control *control;
};

/* ---- memory ------------------------------------------------------------------------------------------------------------------------ */

mn_relaxation *mn_relaxation_create(void)
{
    return calloc(1, sizeof(mn_relaxation));
}

void mn_relaxation_free(mn_relaxation *relaxation)
{
    if (relaxation)
        free(relaxation->memory);
    free(relaxation);
}

/* The next `count` elements of the block, or only their size when there is no block yet. */
static void *carve(char *memory, size_t *used, size_t count, size_t size)
{
    char *here = memory ? memory + *used : NULL;
    *used += (count * size + 63) / 64 * 64;
    return here;
}

static size_t lay_out(mn_relaxation *r, char *memory)
{
    const size_t rows = (size_t)r->rows, places = (size_t)r->places, vectors = r->vectors;
    size_t used = 0;
    mn_relaxation_lanes *l = &r->lanes;
    l->weight = carve(memory, &used, vectors * rows, sizeof *l->weight);
    l->score = carve(memory, &used, vectors, sizeof *l->score);
    l->value = carve(memory, &used, vectors, sizeof *l->value);
    l->slope = carve(memory, &used, vectors, sizeof *l->slope);
    l->key = carve(memory, &used, places, sizeof *l->key);
    l->first = carve(memory, &used, places, sizeof *l->first);
    l->first_item = carve(memory, &used, places, sizeof *l->first_item);
    l->group_begin = carve(memory, &used, places / MN_REALS + 1, sizeof *l->group_begin);
    r->place_of = carve(memory, &used, (size_t)r->node_count, sizeof *r->place_of);
    r->node_at = carve(memory, &used, places, sizeof *r->node_at);
    r->count = carve(memory, &used, places, sizeof *r->count);
    r->given = carve(memory, &used, vectors, sizeof *r->given);
    r->row_base = carve(memory, &used, rows, sizeof *r->row_base);
    r->row_scale = carve(memory, &used, rows, sizeof *r->row_scale);
    r->caps = carve(memory, &used, rows, sizeof *r->caps);
    r->multipliers = carve(memory, &used, rows, sizeof *r->multipliers);
    r->basis = carve(memory, &used, rows, sizeof *r->basis);
    r->inverse = carve(memory, &used, rows * rows, sizeof *r->inverse);
    r->room = carve(memory, &used, rows, sizeof *r->room);
    r->level = carve(memory, &used, rows, sizeof *r->level);
    r->ray = carve(memory, &used, rows, sizeof *r->ray);
    r->column = carve(memory, &used, rows, sizeof *r->column);
    r->moved = carve(memory, &used, rows, sizeof *r->moved);
    r->matrix = carve(memory, &used, 2 * rows * rows, sizeof *r->matrix);
    r->heap = carve(memory, &used, places + rows, sizeof *r->heap);
    r->extras = carve(memory, &used, rows, sizeof *r->extras);
    return used;
}

/* ---- loading ----------------------------------------------------------------------------------------------------------------------- */

static int items_of(const mn_relaxation_view *view, int node)
{
    return view->begin[node + 1] - view->begin[node];
}

/* Deals nodes to places, most items first (counting sort), and finds how many vectors each group has. */
static bool deal_places(mn_relaxation *r, const mn_relaxation_view *view)
{
    int most = 1;
    for (int node = 0; node < view->node_count; node++)
        most = items_of(view, node) > most ? items_of(view, node) : most;
    int *start = calloc((size_t)most + 2, sizeof *start),
        *sorted = malloc(sizeof *sorted * ((size_t)view->node_count + 1));
    if (!start || !sorted) {
        free(start);
        free(sorted);
        return false;
    }
    for (int node = 0; node < view->node_count; node++)
        start[most - items_of(view, node) + 1]++;
    for (int i = 1; i <= most; i++)
        start[i] += start[i - 1];
    for (int node = 0; node < view->node_count; node++)
        sorted[start[most - items_of(view, node)]++] = node;

    r->node_count = view->node_count;
    r->rows = view->row_count;
    r->places = (view->node_count + MN_REALS - 1) / MN_REALS * MN_REALS;
    r->vectors = 0;
    for (int place = 0; place < view->node_count; place += MN_REALS)
        r->vectors += (size_t)items_of(view, sorted[place]);
    const size_t size = lay_out(r, NULL);
    if (size > r->memory_size) {
        free(r->memory);
        r->memory_size = size + size / 4;
        r->memory_size += 64 - r->memory_size % 64;
        r->memory = aligned_alloc(64, r->memory_size);
        if (!r->memory)
            r->memory_size = 0;
    }
    if (r->memory) {
        lay_out(r, r->memory);
        mn_relaxation_lanes *l = &r->lanes;
        l->group_count = r->places / MN_REALS;
        l->row_count = r->rows;
        l->group_begin[0] = 0;
        for (int place = 0; place < r->places; place++) {
            const int node = place < view->node_count ? sorted[place] : -1;
            r->node_at[place] = node;
            r->count[place] = node >= 0 ? items_of(view, node) : 0;
            if (node >= 0)
                r->place_of[node] = place;
            if (place % MN_REALS == 0)
                l->group_begin[place / MN_REALS + 1] = l->group_begin[place / MN_REALS] + r->count[place];
        }
    }
    free(start);
    free(sorted);
    return r->memory != NULL;
}

typedef struct extent {
    double low_sum, high_sum; /* over the nodes, of the smallest and the largest value */
    double range;             /* the largest of a node */
} extent;

static void node_range(const double *values, int count, double *low, double *high)
{
    *low = *high = values[0];
    for (int item = 1; item < count; item++) {
        *low = values[item] < *low ? values[item] : *low;
        *high = values[item] > *high ? values[item] : *high;
    }
}

static extent measure(const mn_relaxation_view *view, const double *values)
{
    extent e = {0, 0, 0};
    for (int node = 0; node < view->node_count; node++) {
        double low, high;
        node_range(values + view->begin[node], items_of(view, node), &low, &high);
        e.low_sum += low;
        e.high_sum += high;
        e.range = high - low > e.range ? high - low : e.range;
    }
    if (e.range == 0)
        e.range = 1;
    return e;
}

/* Writes `values` scaled into lanes, one vector every `stride`; the smallest (or largest) of a node becomes 0. */
static void fill(const mn_relaxation *r, const mn_relaxation_view *view, const double *values, double range,
                 bool from_largest, mn_reals *to, size_t stride)
{
    const double factor = 1 / range;
    for (int place = 0; place < r->places; place++) {
        if (r->count[place] == 0)
            continue;
        const double *own = values + view->begin[r->node_at[place]];
        double low, high;
        node_range(own, r->count[place], &low, &high);
        const double from = from_largest ? high : low;
        double *lane = (double *)(to + mn_relaxation_vector(&r->lanes, place, 0) * stride) + place % MN_REALS;
        for (int item = 0; item < r->count[place]; item++)
            lane[(size_t)item * stride * MN_REALS] = (own[item] - from) * factor;
    }
}

bool mn_relaxation_load(mn_relaxation *r, const mn_relaxation_view *view)
{
    if (!deal_places(r, view))
        return false;
    mn_relaxation_lanes *l = &r->lanes;
    memset(l->weight, 0, sizeof *l->weight * r->vectors * (size_t)r->rows);
    for (size_t vector = 0; vector < r->vectors; vector++)
        for (int lane = 0; lane < MN_REALS; lane++)
            r->given[vector][lane] = MN_REAL_NEVER;
    const extent scores = measure(view, view->score);
    r->score_base = scores.high_sum;
    r->score_scale = scores.range;
    fill(r, view, view->score, scores.range, true, r->given, 1);
    for (int row = 0; row < r->rows; row++) {
        const extent own = measure(view, view->rows[row]);
        r->row_base[row] = own.low_sum;
        r->row_scale[row] = own.range;
        fill(r, view, view->rows[row], own.range, false, l->weight + row, (size_t)r->rows);
    }
    memcpy(l->score, r->given, sizeof *l->score * r->vectors);
    memset(l->slope, 0, sizeof *l->slope * r->vectors);
    mn_relaxation_set_caps(r, view->caps);
    mn_relaxation_start(r, NULL);
    return true;
}

void mn_relaxation_set_caps(mn_relaxation *r, const double *caps)
{
    for (int row = 0; row < r->rows; row++)
        r->caps[row] = (caps[row] - r->row_base[row]) / r->row_scale[row];
}

void mn_relaxation_allow(mn_relaxation *r, int node, int item, bool allowed)
{
    const int place = r->place_of[node], lane = place % MN_REALS;
    const size_t vector = mn_relaxation_vector(&r->lanes, place, item);
    r->lanes.score[vector][lane] = allowed ? r->given[vector][lane] : MN_REAL_NEVER;
}

void mn_relaxation_start(mn_relaxation *r, const double *multipliers)
{
    for (int row = 0; row < r->rows; row++)
        r->multipliers[row] = multipliers ? fmax(0, multipliers[row] * r->row_scale[row] / r->score_scale) : 0;
    r->started = false;
}

/* ---- the basis --------------------------------------------------------------------------------------------------------------------- */

static double weight_of(const mn_relaxation *r, int place, int item, int row)
{
    return r->lanes
        .weight[mn_relaxation_vector(&r->lanes, place, item) * (size_t)r->rows + (size_t)row][place % MN_REALS];
}

static bool is_allowed(const mn_relaxation *r, int place, int item)
{
    return r->lanes.score[mn_relaxation_vector(&r->lanes, place, item)][place % MN_REALS] > MN_REAL_NEVER / 2;
}

static void find_room(mn_relaxation *r)
{
    memcpy(r->room, r->caps, sizeof *r->room * (size_t)r->rows);
    for (int place = 0; place < r->places; place++)
        if (r->count[place] > 0)
            for (int row = 0; row < r->rows; row++)
                r->room[row] -= weight_of(r, place, r->lanes.key[place], row);
}

static void find_levels(mn_relaxation *r)
{
    for (int i = 0; i < r->rows; i++) {
        double sum = 0;
        for (int row = 0; row < r->rows; row++)
            sum += r->inverse[i * r->rows + row] * r->room[row];
        r->level[i] = sum;
    }
}

static void set_key(mn_relaxation *r, int place, int item)
{
    for (int row = 0; row < r->rows; row++)
        r->room[row] += weight_of(r, place, r->lanes.key[place], row) - weight_of(r, place, item, row);
    r->lanes.key[place] = item;
}

static void column_of(const mn_relaxation *r, const variable *v, double *column)
{
    for (int row = 0; row < r->rows; row++)
        if (v->place < 0)
            column[row] = row == v->item;
        else
            column[row] = weight_of(r, v->place, v->item, row) - weight_of(r, v->place, r->lanes.key[v->place], row);
}

/* The inverse of the basis by elimination; false when it is singular. */
static bool invert(mn_relaxation *r)
{
    const int n = r->rows, width = 2 * n;
    double *m = r->matrix;
    for (int i = 0; i < n; i++) {
        column_of(r, &r->basis[i], r->column);
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
        r->basis[row] = (variable){-1, row, r->multipliers[row] > 0};
        r->inverse[row * r->rows + row] = 1;
    }
    r->pivots = 0;
    r->started = true;
}

static void find_bound(mn_relaxation *r)
{
    r->bound = 0;
    for (int row = 0; row < r->rows; row++)
        r->bound += r->multipliers[row] * r->caps[row];
    for (int place = 0; place < r->places; place++)
        if (r->count[place] > 0)
            r->bound +=
                r->lanes.value[mn_relaxation_vector(&r->lanes, place, r->lanes.first_item[place])][place % MN_REALS];
}

static int extras_at(const mn_relaxation *r, int place)
{
    int count = 0;
    for (int i = 0; i < r->rows; i++)
        count += r->basis[i].place == place;
    return count;
}

/* Makes the basis variable at i its node's key, and the key a basis variable. The inverse follows: the columns of the node's
 * variables are differences to the key. */
static void exchange_key(mn_relaxation *r, int i)
{
    const int n = r->rows, place = r->basis[i].place, key = r->lanes.key[place];
    for (int other = 0; other < n; other++)
        if (other != i && r->basis[other].place == place)
            for (int k = 0; k < n; k++)
                r->inverse[i * n + k] += r->inverse[other * n + k];
    for (int k = 0; k < n; k++)
        r->inverse[i * n + k] = -r->inverse[i * n + k];
    set_key(r, place, r->basis[i].item);
    r->basis[i].item = key;
}

/* The basis variable of a node that can be its key: allowed, with the largest share; -1. */
static int successor_of_key(const mn_relaxation *r, int place)
{
    int best = -1;
    for (int i = 0; i < r->rows; i++)
        if (r->basis[i].place == place && is_allowed(r, place, r->basis[i].item) &&
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
        const bool allowed = is_allowed(r, place, key);
        const double loss = r->lanes.value[mn_relaxation_vector(&r->lanes, place, best)][lane] -
                            r->lanes.value[mn_relaxation_vector(&r->lanes, place, key)][lane];
        if (key == best || (allowed && loss <= TOLERANCE))
            continue;
        if (extras_at(r, place) == 0) {
            set_key(r, place, best);
            continue;
        }
        const int heir = successor_of_key(r, place);
        if (allowed || heir < 0)
            return false;
        exchange_key(r, heir);
        const double left = r->lanes.value[mn_relaxation_vector(&r->lanes, place, best)][lane] -
                            r->lanes.value[mn_relaxation_vector(&r->lanes, place, r->lanes.key[place])][lane];
        if (left > TOLERANCE)
            return false;
    }
    return true;
}

static void restart(mn_relaxation *r)
{
    mn_relaxation_lanes_evaluate(&r->lanes, r->multipliers);
    start_basis(r);
    find_room(r);
    find_levels(r);
    find_bound(r);
    r->pending_step = 0;
}

static void resume(mn_relaxation *r)
{
    mn_relaxation_lanes_evaluate(&r->lanes, r->multipliers);
    if (!r->started)
        start_basis(r);
    find_room(r);
    find_levels(r);
    if (!repair_keys(r)) {
        start_basis(r);
        find_room(r);
    }
    find_levels(r);
    find_bound(r);
    r->pending_step = 0;
}

=======
>>>>>>> refs/heads/neighbourhood
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

void mn_relaxation_watch(mn_relaxation *r, const mn_control *control)
{
    r->control = control;
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
