#include "solver/multipliers.h"
#include "host/core/memory.h"

#include <math.h>

mn_status mn_pool_make(int width, int node_count, mn_error *error, mn_pool *pool)
{
    *pool = (mn_pool){.width = width, .node_count = node_count};
    /* Not cleared: a solve mostly touches a few of them. */
    pool->sums = malloc((size_t)MN_POOL_SIZE * width * sizeof *pool->sums);
    pool->choices = malloc((size_t)MN_POOL_SIZE * node_count * sizeof *pool->choices);
    pool->loaded = mn_new_array((size_t)width, sizeof *pool->loaded);
    if (pool->sums && pool->choices && pool->loaded)
        return MN_OK;
    mn_pool_free(pool);
    return mn_fail_memory(error);
}

void mn_pool_free(mn_pool *pool)
{
    free(pool->sums);
    free(pool->choices);
    free(pool->loaded);
    mn_relaxation_free(pool->relaxation);
    *pool = (mn_pool){0};
}

/* What one call works with. Rows and score are scaled to [0, 1] so that one tolerance fits all. */
typedef struct work {
    const mn_form *form;
    mn_pool *pool;
    const int *row_column;
    bool own_limits; /* the pool's sums are of the problem's limits, whichever are on now */
    int rows;
    double *values;  /* [items] score - multipliers . rows, scratch */
    double *best;    /* [slots] */
    int32_t *choice; /* [slots] arc */
    double score_low, score_range;
    double *row_low, *row_range, *cap; /* [rows]; cap scaled */
} work;

static const double TOLERANCE = 1e-9;

static double scaled_score(const work *w, int column)
{
    return (w->pool->sums[(size_t)column * w->pool->width] - w->score_low) / w->score_range;
}

static double scaled_row(const work *w, int column, int row)
{
    return (w->pool->sums[(size_t)column * w->pool->width + w->row_column[row]] - w->row_low[row]) / w->row_range[row];
}

/* ---- the best network under given multipliers ----------------------------------------------------------------------------------- */

/* values[item] = score_weight * score - sum of multipliers * rows, all in scaled units. */
static void weigh_items(const work *w, double score_weight, const double *multipliers)
{
    const int items = w->form->prepared->problem->item_count;
    const double factor = score_weight / w->score_range;
    for (int item = 0; item < items; item++)
        w->values[item] = factor * (double)w->form->score[item];
    for (int row = 0; row < w->rows; row++) {
        const double weight = multipliers[row] / w->row_range[row];
        const int64_t *values = w->form->rows[row];
        if (weight != 0)
            for (int item = 0; item < items; item++)
                w->values[item] -= weight * (double)values[item];
    }
}

static void longest_path(const work *w)
{
    const mn_graph *graph = &w->form->prepared->graph;
    w->best[graph->slot_count - 1] = 0;
    for (int slot = graph->slot_count - 2; slot >= 0; slot--) {
        double best = -INFINITY;
        int choice = graph->begin[slot];
        for (int arc = graph->begin[slot]; arc < graph->begin[slot + 1]; arc++) {
            const double value = w->values[graph->arcs[arc].item] + w->best[graph->arcs[arc].next];
            if (value > best) {
                best = value;
                choice = arc;
            }
        }
        w->best[slot] = best;
        w->choice[slot] = choice;
    }
}

/* Adds the network that the last longest_path found; returns its column, or -1 when the pool is full. */
static int add_column(const work *w)
{
    mn_pool *pool = w->pool;
    const mn_graph *graph = &w->form->prepared->graph;
    const mn_problem *problem = w->form->prepared->problem;
    if (pool->count == MN_POOL_SIZE)
        return -1;
    double *sums = pool->sums + (size_t)pool->count * pool->width;
    uint16_t *choices = pool->choices + (size_t)pool->count * pool->node_count;
    memset(sums, 0, sizeof *sums * (size_t)pool->width);
    int slot = 0;
    for (int node = 0; node < graph->node_count; node++) {
        const mn_graph_arc *arc = &graph->arcs[w->choice[slot]];
        choices[node] = (uint16_t)(arc->item - problem->first[node]);
        sums[0] += (double)w->form->score[arc->item];
        if (w->own_limits)
            for (int limit = 0; limit < problem->limit_count; limit++)
                sums[1 + limit] += (double)problem->limits[limit].values[arc->item];
        else
            for (int row = 0; row < w->rows; row++)
                sums[1 + row] += (double)w->form->rows[row][arc->item];
        slot = arc->next;
    }
    return pool->count++;
}

static int price(const work *w, double score_weight, const double *multipliers)
{
    weigh_items(w, score_weight, multipliers);
    longest_path(w);
    return add_column(w);
}

/* Without rows there is nothing to multiply, but the best network is worth knowing. */
static void no_row(const work *w)
{
    const int column = price(w, 1, NULL);
    for (int known = 0; known < column; known++)
        if (scaled_score(w, known) >= scaled_score(w, column)) {
            w->pool->count--;
            return;
        }
}

/* ---- one row: the hull edge over the capacity ------------------------------------------------------------------------------------ */

/* The pool's best column under one multiplier. */
static int best_column(const work *w, double score_weight, double multiplier, double *value)
{
    int best = -1;
    *value = -INFINITY;
    for (int column = 0; column < w->pool->count; column++) {
        const double own = score_weight * scaled_score(w, column) - multiplier * scaled_row(w, column, 0);
        if (own > *value) {
            *value = own;
            best = column;
        }
    }
    return best;
}

static bool fits(const work *w, int column)
{
    return scaled_row(w, column, 0) <= w->cap[0];
}

/* A column for one end of the bracket: from the pool, else priced. */
static int end_column(const work *w, double score_weight, double multiplier, bool wanted_fit)
{
    double value;
    const int known = best_column(w, score_weight, multiplier, &value);
    if (known >= 0 && fits(w, known) == wanted_fit)
        return known;
    return price(w, score_weight, &multiplier);
}

static double one_row(const work *w)
{
    int low = -1, high = -1; /* does not fit; fits */
    for (int column = 0; column < w->pool->count; column++) {
        /* any bracket will do: take the nearest sums on both sides */
        if (fits(w, column)) {
            if (high < 0 || scaled_row(w, column, 0) > scaled_row(w, high, 0))
                high = column;
        } else if (low < 0 || scaled_row(w, column, 0) < scaled_row(w, low, 0)) {
            low = column;
        }
    }
    if (low < 0)
        low = end_column(w, 1, 0, false);
    if (low < 0 || fits(w, low))
        return 0; /* the best of all fits */
    if (high < 0)
        high = end_column(w, 0, 1, true);
    if (high < 0)
        return 0;

    double multiplier = 0;
    for (int step = 0; step < 100 && mn_control_check(w->form->control) == MN_OK;
         step++) { /* any multiplier is valid */
        const double rise = scaled_score(w, low) - scaled_score(w, high);
        const double run = scaled_row(w, low, 0) - scaled_row(w, high, 0);
        multiplier = rise > 0 && run > 0 ? rise / run : 0;
        const double on_edge = fmax(scaled_score(w, high) - multiplier * scaled_row(w, high, 0),
                                    scaled_score(w, low) - multiplier * scaled_row(w, low, 0));
        double value;
        int column = best_column(w, 1, multiplier, &value);
        if (value <= on_edge + TOLERANCE) {
            column = price(w, 1, &multiplier);
            if (column < 0)
                break;
            value = scaled_score(w, column) - multiplier * scaled_row(w, column, 0);
            if (value <= on_edge + TOLERANCE) {
                w->pool->count--; /* nothing new */
                break;
            }
        }
        if (fits(w, column))
            high = column;
        else
            low = column;
    }
    return multiplier;
}

/* ---- several rows: a small simplex over the pool ----------------------------------------------------------------------------------- */

/* Basis variables: a column c >= 0 of the pool; -2 - 2k: the slack of row k; -3 - 2k: its artificial. */

static const double PENALTY = 1e4;

typedef struct simplex {
    const work *w;
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
        return scaled_score(s->w, variable);
    return variable % 2 == 0 ? 0 : -PENALTY;
}

static void column_of(const simplex *s, int variable, double *column)
{
    memset(column, 0, sizeof *column * (size_t)s->size);
    if (variable >= 0) {
        for (int row = 0; row < s->size - 1; row++)
            column[row] = scaled_row(s->w, variable, row);
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
    const work *w = s->w;
    const int last = s->size - 1;
    int first = 0;
    double least = INFINITY;
    for (int column = 0; column < w->pool->count; column++) {
        double excess = 0;
        for (int row = 0; row < last; row++)
            excess += fmax(0, scaled_row(w, column, row) - w->cap[row]);
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
        const double room = w->cap[row] - scaled_row(w, first, row);
        const double sign = room >= 0 ? 1 : -1;
        s->basis[row] = room >= 0 ? -2 - 2 * row : -3 - 2 * row;
        s->level[row] = fabs(room);
        s->inverse[row * s->size + row] = sign;
        s->inverse[row * s->size + last] = -sign * scaled_row(w, first, row);
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
    double gain = scaled_score(s->w, variable) - s->dual[last];
    for (int row = 0; row < last; row++)
        gain -= s->dual[row] * scaled_row(s->w, variable, row);
    return gain;
}

/* The variable with the largest gain among pool and slacks; INT32_MIN: none gains. */
static int choose_entering(const simplex *s)
{
    double largest = TOLERANCE;
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

static mn_status several_rows(const work *w, mn_arena *arena, double *multipliers)
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
        price(w, 1, s.dual);
    start(&s);
    for (int step = 0; step < 200 + 50 * size && mn_control_check(w->form->control) == MN_OK; step++) {
        find_duals(&s);
        int entering = choose_entering(&s);
        if (entering == INT32_MIN) {
            for (int row = 0; row < w->rows; row++)
                multipliers[row] = fmax(0, s.dual[row]);
            const int column = price(w, 1, multipliers);
            if (column < 0)
                break;
            if (reduced_gain(&s, column) <= TOLERANCE) {
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

/* ---- several rows, independent nodes: the dual simplex ------------------------------------------------------------------------------ */

/* The graph's items as the relaxation reads them. */
static mn_status load_relaxation(const work *w, mn_arena *arena)
{
    const mn_graph *graph = &w->form->prepared->graph;
    const size_t arcs = (size_t)graph->begin[graph->node_count];
    double *values = mn_arena_take(arena, arcs * (size_t)(w->rows + 1), sizeof *values);
    const double **rows = mn_arena_take(arena, (size_t)w->rows, sizeof *rows);
    double *caps = mn_arena_take(arena, (size_t)w->rows, sizeof *caps);
    if (!values || !rows || !caps)
        return MN_FAILURE;
    mn_status status = MN_OK;
    for (int row = -1; row < w->rows && (status = mn_control_check(w->form->control)) == MN_OK; row++) {
        const int64_t *from = row < 0 ? w->form->score : w->form->rows[row];
        double *to = values + arcs * (size_t)(row + 1);
        for (size_t arc = 0; arc < arcs; arc++)
            to[arc] = (double)from[graph->arcs[arc].item];
        if (row >= 0) {
            rows[row] = to;
            caps[row] = (double)w->form->caps[row];
        }
    }
    const mn_relaxation_view view = {graph->node_count, w->rows, graph->begin, values, rows, caps};
    if (status == MN_OK && !mn_relaxation_load(w->pool->relaxation, &view))
        return MN_FAILURE;
    return status;
}

/* Loads the relaxation, or only its caps when it holds these rows already. MN_OK, MN_FAILURE, or what the control says. */
static mn_status prepare_relaxation(const work *w, mn_arena *arena)
{
    mn_pool *pool = w->pool;
    bool same = pool->relaxation && w->own_limits && pool->loaded_count == w->rows;
    for (int row = 0; row < w->rows && same; row++)
        same = pool->loaded[row] == w->form->row_limit[row];
    if (!pool->relaxation)
        pool->relaxation = mn_relaxation_create();
    if (!pool->relaxation)
        return MN_FAILURE;
    pool->loaded_count = 0;
    if (same) {
        double *caps = mn_arena_take(arena, (size_t)w->rows, sizeof *caps);
        if (!caps)
            return MN_FAILURE;
        for (int row = 0; row < w->rows; row++)
            caps[row] = (double)w->form->caps[row];
        mn_relaxation_set_caps(pool->relaxation, caps);
    } else {
        const mn_status status = load_relaxation(w, arena);
        if (status != MN_OK)
            return status;
    }
    if (w->own_limits) {
        pool->loaded_count = w->rows;
        memcpy(pool->loaded, w->form->row_limit, sizeof *pool->loaded * (size_t)w->rows);
    }
    return MN_OK;
}

/* By how much the sums pass their caps, all rows together, scaled; `from` and `to`: with one item exchanged. */
static double excess_of(const work *w, const int64_t *room, int from, int to)
{
    double excess = 0;
    for (int row = 0; row < w->rows; row++) {
        const int64_t left = room[row] + w->form->rows[row][from] - w->form->rows[row][to];
        if (left < 0)
            excess -= (double)left / w->row_range[row];
    }
    return excess;
}

/* Exchanges single items of the network in w->choice for the least loss (w->values) per excess until all rows are met, or
 * `most_moves` are done. */
static void repair(const work *w, int64_t *room, int most_moves)
{
    const mn_graph *graph = &w->form->prepared->graph;
    for (int row = 0; row < w->rows; row++) {
        room[row] = w->form->caps[row];
        for (int node = 0; node < graph->node_count; node++)
            room[row] -= w->form->rows[row][graph->arcs[w->choice[node]].item];
    }
    const int any = graph->arcs[w->choice[0]].item;
    for (double excess = excess_of(w, room, any, any); excess > 0 && most_moves-- > 0;) {
        double most = 0, left = 0;
        int best_node = -1, best_arc = 0;
        for (int node = 0; node < graph->node_count; node++) {
            const int now = graph->arcs[w->choice[node]].item;
            for (int arc = graph->begin[node]; arc < graph->begin[node + 1]; arc++) {
                const int item = graph->arcs[arc].item;
                const double rest = excess_of(w, room, now, item);
                const double merit = (excess - rest) / (fmax(0, w->values[now] - w->values[item]) + 1e-6);
                if (rest < excess && merit > most) {
                    most = merit;
                    left = rest;
                    best_node = node;
                    best_arc = arc;
                }
            }
        }
        if (best_node < 0)
            return;
        const int from = graph->arcs[w->choice[best_node]].item, to = graph->arcs[best_arc].item;
        for (int row = 0; row < w->rows; row++)
            room[row] += w->form->rows[row][from] - w->form->rows[row][to];
        w->choice[best_node] = best_arc;
        excess = left;
    }
}

enum { MOST_REPAIR = 1 << 22 }; /* items looked at, times rows: some ms */

/* The node's best items under the multipliers, made to fit, join the pool. */
static mn_status add_rounded(const work *w, const double *multipliers, mn_arena *arena)
{
    const mn_graph *graph = &w->form->prepared->graph;
    int64_t *room = mn_arena_take(arena, (size_t)w->rows, sizeof *room);
    if (!room)
        return MN_FAILURE;
    weigh_items(w, 1, multipliers);
    for (int node = 0; node < graph->node_count; node++) {
        double share;
        w->choice[node] = graph->begin[node] + mn_relaxation_key(w->pool->relaxation, node, &share);
    }
    const double look = (double)graph->begin[graph->node_count] * w->rows;
    repair(w, room, (int)fmin(2.0 * w->rows + 4, MOST_REPAIR / look));
    add_column(w);
    return MN_OK;
}

static mn_status by_simplex(const work *w, mn_arena *arena, double *multipliers)
{
    const mn_status status = prepare_relaxation(w, arena);
    memset(multipliers, 0, sizeof *multipliers * (size_t)w->rows);
    if (status != MN_OK)
        return status == MN_FAILURE ? status : MN_OK; /* stopped: no multipliers are valid ones, too */
    mn_relaxation_watch(w->pool->relaxation, w->form->control);
    const mn_relaxation_end end = mn_relaxation_solve(w->pool->relaxation, -INFINITY);
    mn_relaxation_watch(w->pool->relaxation, NULL);
    mn_relaxation_multipliers(w->pool->relaxation, multipliers);
    double most = 0;
    for (int row = 0; row < w->rows; row++) {
        multipliers[row] *= w->row_range[row] / w->score_range;
        most = fmax(most, multipliers[row]);
    }
    if (end != MN_RELAXATION_INFEASIBLE)
        return add_rounded(w, multipliers, arena);
    for (int row = 0; row < w->rows; row++) /* a ray: long enough to exclude every score */
        multipliers[row] *= 1e4 / fmax(most, 1e-100);
    return MN_OK;
}

/* ---- entry ------------------------------------------------------------------------------------------------------------------------- */

static mn_status make_work(const mn_form *form, mn_pool *pool, mn_arena *arena, work *w)
{
    const size_t rows = (size_t)form->row_count;
    const mn_graph *graph = &form->prepared->graph;
    *w = (work){.form = form, .pool = pool, .rows = form->row_count, .own_limits = !form->prepared->scaled};
    w->values = mn_arena_take(arena, (size_t)form->prepared->problem->item_count, sizeof *w->values);
    w->best = mn_arena_take(arena, (size_t)graph->slot_count, sizeof *w->best);
    w->choice = mn_arena_take(arena, (size_t)graph->slot_count, sizeof *w->choice);
    w->row_low = mn_arena_take(arena, rows, sizeof *w->row_low);
    w->row_range = mn_arena_take(arena, rows, sizeof *w->row_range);
    w->cap = mn_arena_take(arena, rows, sizeof *w->cap);
    int *own = mn_arena_take(arena, rows, sizeof *own);
    if (!w->values || !w->best || !w->choice || !w->row_low || !w->row_range || !w->cap || !own)
        return MN_FAILURE;
    for (int row = 0; row < form->row_count; row++)
        own[row] = 1 + (w->own_limits ? form->row_limit[row] : row);
    w->row_column = own;
    w->score_low = (double)form->score_low;
    w->score_range = fmax(1, (double)form->score_high - (double)form->score_low);
    for (int row = 0; row < form->row_count; row++) {
        w->row_low[row] = (double)form->row_low[row];
        w->row_range[row] = fmax(1, (double)form->row_high[row] - (double)form->row_low[row]);
        w->cap[row] = ((double)form->caps[row] - w->row_low[row]) / w->row_range[row];
    }
    return MN_OK;
}

mn_status mn_multipliers_find(const mn_form *form, mn_pool *pool, mn_arena *arena, double *multipliers)
{
    const mn_arena_mark mark = mn_arena_here(arena);
    work w;
    mn_status status = make_work(form, pool, arena, &w);
    if (!w.own_limits || pool->count > MN_POOL_SIZE * 3 / 4)
        pool->count = 0;
    if (status == MN_OK && form->row_count == 0)
        no_row(&w);
    else if (status == MN_OK && form->row_count == 1)
        multipliers[0] = one_row(&w);
    else if (status == MN_OK && form->prepared->graph.free)
        status = by_simplex(&w, arena, multipliers);
    else if (status == MN_OK)
        status = several_rows(&w, arena, multipliers);
    for (int row = 0; row < form->row_count && status == MN_OK; row++) /* back to the form's units */
        multipliers[row] *= w.score_range / w.row_range[row];
    mn_arena_return(arena, mark);
    return status;
}
