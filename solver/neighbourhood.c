#include "solver/neighbourhood.h"
#include "solver/halves.h"
#include "solver/quarters.h"
#include "solver/relaxation.h"
#include "host/core/memory.h"
#include "host/core/random.h"

#include <math.h>
#include <string.h>

enum {
    FREE_NODES = 24,     /* the smallest neighbourhood; halves cannot list much more */
    LEAST_LIST = 500,    /* combinations in a list, at first */
    MOST_LIST = 1 << 15, /* some 100 MB in all */
    GROW_AFTER = 16,     /* failures before lists grow by an eighth */
    EQUAL_AFTER = 3,     /* failures before an equal value is accepted */
    FORCE_AFTER = 40,    /* failures before a block is forced to change */
    RETURN_AFTER = 400,  /* failures before the search goes back to the best network */
    HALVES_WORK = 60,    /* most work of a search, for each entry of a list */
    QUARTERS_WORK = 4000,
    SHARES = 4 /* of the budget, for the reduced costs */
};

/* A subproblem: the nodes that are free. */
typedef struct freed {
    int count;
    int *nodes;                                         /* [nodes] */
    int *begin;                                         /* [nodes + 1] */
    int *arc;                                           /* [arcs] where each item comes from */
    int64_t *score, *weight, *caps;                     /* [arcs], [rows][arcs], [rows] */
    double *score_real, *weight_real, *caps_real, *low; /* low: [rows] least sums */
    const int64_t **rows;
    const double **rows_real;
    double *multipliers; /* [rows] */
} freed;

struct mn_neighbourhood {
    const mn_form *form;
    const int64_t *capacities;
    int node_count, rows;
    const int *begin;    /* [nodes + 1] arcs of each node */
    double *multipliers; /* of the whole problem */
    double *reduced;     /* [arcs] costs under them */
    double *second;      /* [nodes] second smallest of a node */
    double bound;        /* of the relaxation, without the score's base */
    mn_relaxation *relaxation;
    mn_halves *halves;
    freed part;
    double *rank; /* [nodes] */
    int *order;   /* [nodes] */
    /* the present network */
    bool present;
    int *choice;   /* [nodes] arcs */
    int64_t *sums; /* [rows] */
    int64_t score;
    /* the best */
    bool has_best;
    int64_t best_score;
    int *best_choice;
    uint16_t *best_network;
    int64_t proved; /* score that no network passes */
    /* where the search stands */
    double tightening;      /* of the start */
    double box[SHARES][32]; /* of quarters, by the share and the logarithm of the free nodes */
    int failures, list_size;
    uint64_t random, work;
    /* of a search by halves */
    bool found, accept_equal;
    int *found_choice, *candidate; /* [nodes] arcs */
    uint16_t *network;             /* [nodes] the candidate's */
    int64_t found_score, fixed_score;
    mn_neighbourhood_found report;
    void *report_context;
};

/* ---- making ------------------------------------------------------------------------------------------------------------------------ */

bool mn_neighbourhood_suits(const mn_form *form)
{
    return form->prepared->graph.free && !form->prepared->scaled && form->row_count > 0 &&
           form->row_count <= MN_HALVES_MOST_ROWS && !form->prepared->problem->diagram->empty;
}

static bool take_memory(mn_neighbourhood *n)
{
    const size_t nodes = (size_t)n->node_count, rows = (size_t)n->rows, arcs = (size_t)n->begin[n->node_count];
    freed *p = &n->part;
    n->multipliers = mn_new_array(rows, sizeof *n->multipliers);
    n->reduced = mn_new_array(arcs, sizeof *n->reduced);
    n->second = mn_new_array(nodes, sizeof *n->second);
    n->rank = mn_new_array(nodes, sizeof *n->rank);
    n->order = mn_new_array(nodes, sizeof *n->order);
    n->choice = mn_new_array(nodes, sizeof *n->choice);
    n->sums = mn_new_array(rows, sizeof *n->sums);
    n->best_choice = mn_new_array(nodes, sizeof *n->best_choice);
    n->best_network = mn_new_array(nodes, sizeof *n->best_network);
    n->found_choice = mn_new_array(nodes, sizeof *n->found_choice);
    n->candidate = mn_new_array(nodes, sizeof *n->candidate);
    n->network = mn_new_array(nodes, sizeof *n->network);
    p->nodes = mn_new_array(nodes, sizeof *p->nodes);
    p->begin = mn_new_array(nodes + 1, sizeof *p->begin);
    p->arc = mn_new_array(arcs, sizeof *p->arc);
    p->score = mn_new_array(arcs, sizeof *p->score);
    p->weight = mn_new_array(arcs * rows, sizeof *p->weight);
    p->caps = mn_new_array(rows, sizeof *p->caps);
    p->score_real = mn_new_array(arcs, sizeof *p->score_real);
    p->weight_real = mn_new_array(arcs * rows, sizeof *p->weight_real);
    p->caps_real = mn_new_array(rows, sizeof *p->caps_real);
    p->low = mn_new_array(rows, sizeof *p->low);
    p->rows = mn_new_array(rows, sizeof *p->rows);
    p->rows_real = mn_new_array(rows, sizeof *p->rows_real);
    p->multipliers = mn_new_array(rows, sizeof *p->multipliers);
    n->relaxation = mn_relaxation_create();
    n->halves = mn_halves_create();
    return n->multipliers && n->reduced && n->second && n->rank && n->order && n->choice && n->sums && n->best_choice &&
           n->best_network && n->found_choice && n->candidate && n->network && p->nodes && p->begin && p->arc &&
           p->score && p->weight && p->caps && p->score_real && p->weight_real && p->caps_real && p->low && p->rows &&
           p->rows_real && p->multipliers && n->relaxation && n->halves;
}

void mn_neighbourhood_free(mn_neighbourhood *n)
{
    if (!n)
        return;
    freed *p = &n->part;
    void *const memory[] = {n->multipliers, n->reduced,    n->second,      n->rank,         n->order,
                            n->choice,      n->sums,       n->best_choice, n->best_network, n->found_choice,
                            p->nodes,       p->begin,      p->arc,         p->score,        p->weight,
                            p->caps,        p->score_real, p->weight_real, p->caps_real,    p->low,
                            p->rows,        p->rows_real,  p->multipliers, n->candidate,    n->network};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        free(memory[i]);
    mn_relaxation_free(n->relaxation);
    mn_halves_free(n->halves);
    free(n);
}

static int item_of(const mn_neighbourhood *n, int arc)
{
    return n->form->prepared->graph.arcs[arc].item;
}

/* Reduced costs of all items, and the bound that the multipliers give. */
static void reduce(mn_neighbourhood *n)
{
    n->bound = 0;
    for (int row = 0; row < n->rows; row++)
        n->bound += n->multipliers[row] * (double)n->form->caps[row];
    for (int node = 0; node < n->node_count; node++) {
        double best = -INFINITY, next = -INFINITY;
        for (int arc = n->begin[node]; arc < n->begin[node + 1]; arc++) {
            double value = (double)n->form->score[item_of(n, arc)];
            for (int row = 0; row < n->rows; row++)
                value -= n->multipliers[row] * (double)n->form->rows[row][item_of(n, arc)];
            n->reduced[arc] = value;
            next = fmax(next, fmin(value, best));
            best = fmax(value, best);
        }
        for (int arc = n->begin[node]; arc < n->begin[node + 1]; arc++)
            n->reduced[arc] = best - n->reduced[arc];
        n->second[node] = best - next;
        n->bound += best;
    }
}

mn_status mn_neighbourhood_create(const mn_form *form, const int64_t *capacities, const double *multipliers,
                                  uint64_t seed, mn_error *error, mn_neighbourhood **neighbourhood)
{
    mn_neighbourhood *n = mn_new_array(1, sizeof *n);
    *neighbourhood = n;
    if (!n)
        return mn_fail_memory(error);
    n->form = form;
    n->capacities = capacities;
    n->node_count = form->prepared->graph.node_count;
    n->rows = form->row_count;
    n->begin = form->prepared->graph.begin;
    n->random = seed;
    n->list_size = LEAST_LIST;
    n->proved = INT64_MAX;
    if (!take_memory(n)) {
        mn_neighbourhood_free(n);
        *neighbourhood = NULL;
        return mn_fail_memory(error);
    }
    memcpy(n->multipliers, multipliers, sizeof *multipliers * (size_t)n->rows);
    reduce(n);
    return MN_OK;
}

/* ---- the present network and the best ---------------------------------------------------------------------------------------------- */

static double draw_real(mn_neighbourhood *n)
{
    return ((double)(mn_random_next(&n->random) >> 11) + 0.5) * 0x1p-53;
}

static void set_present(mn_neighbourhood *n, const int *choice)
{
    memmove(n->choice, choice, sizeof *choice * (size_t)n->node_count);
    n->score = 0;
    for (int node = 0; node < n->node_count; node++)
        n->score += n->form->score[item_of(n, choice[node])];
    for (int row = 0; row < n->rows; row++) {
        n->sums[row] = 0;
        for (int node = 0; node < n->node_count; node++)
            n->sums[row] += n->form->rows[row][item_of(n, choice[node])];
    }
    n->present = true;
}

/* Whether the choice, as a network, meets everything that the problem itself asks for. */
static bool admitted(const mn_neighbourhood *n, const int *choice)
{
    const mn_problem *problem = n->form->prepared->problem;
    for (int node = 0; node < n->node_count; node++)
        n->network[node] = (uint16_t)(item_of(n, choice[node]) - problem->first[node]);
    return mn_problem_admits(problem, n->capacities, n->network);
}

/* Makes the present network the best if it is better, and reports it. */
static void keep_best(mn_neighbourhood *n)
{
    const mn_problem *problem = n->form->prepared->problem;
    if (n->has_best && n->score <= n->best_score)
        return;
    n->has_best = true;
    n->best_score = n->score;
    memcpy(n->best_choice, n->choice, sizeof *n->choice * (size_t)n->node_count);
    for (int node = 0; node < n->node_count; node++)
        n->best_network[node] = (uint16_t)(item_of(n, n->choice[node]) - problem->first[node]);
    if (n->report)
        n->report(n->report_context, n->best_network, n->best_score + problem->score.base);
}

void mn_neighbourhood_offer(mn_neighbourhood *n, const uint16_t *network)
{
    const mn_problem *problem = n->form->prepared->problem;
    for (int node = 0; node < n->node_count; node++) {
        int arc = n->begin[node];
        while (arc < n->begin[node + 1] && item_of(n, arc) != problem->first[node] + network[node])
            arc++;
        if (arc == n->begin[node + 1])
            return; /* not a network of this graph */
        n->found_choice[node] = arc;
    }
    int64_t score = 0;
    for (int node = 0; node < n->node_count; node++)
        score += n->form->score[item_of(n, n->found_choice[node])];
    if ((n->has_best && score <= n->best_score) || !admitted(n, n->found_choice))
        return;
    set_present(n, n->found_choice);
    keep_best(n);
}

const uint16_t *mn_neighbourhood_best(const mn_neighbourhood *n, int64_t *value)
{
    *value = n->best_score + n->form->prepared->problem->score.base;
    return n->has_best ? n->best_network : NULL;
}

int64_t mn_neighbourhood_bound(const mn_neighbourhood *n)
{
    return n->proved == INT64_MAX ? INT64_MAX : n->proved + n->form->prepared->problem->score.base;
}

/* ---- a subproblem ------------------------------------------------------------------------------------------------------------------ */

/* Copies the items of the free nodes; `avoid`: an arc that is left out, -1: none. */
static void free_nodes(mn_neighbourhood *n, int avoid)
{
    freed *p = &n->part;
    int count = 0;
    for (int i = 0; i < p->count; i++) {
        p->begin[i] = count;
        for (int arc = n->begin[p->nodes[i]]; arc < n->begin[p->nodes[i] + 1]; arc++)
            if (arc != avoid)
                p->arc[count++] = arc;
    }
    p->begin[p->count] = count;
    for (int item = 0; item < count; item++) {
        p->score[item] = n->form->score[item_of(n, p->arc[item])];
        p->score_real[item] = (double)p->score[item];
    }
    n->fixed_score = n->present ? n->score : 0;
    for (int i = 0; n->present && i < p->count; i++)
        n->fixed_score -= n->form->score[item_of(n, n->choice[p->nodes[i]])];
    for (int row = 0; row < n->rows; row++) {
        const int64_t *values = n->form->rows[row];
        int64_t *own = p->weight + (size_t)row * (size_t)count;
        double *real = p->weight_real + (size_t)row * (size_t)count;
        for (int item = 0; item < count; item++) {
            own[item] = values[item_of(n, p->arc[item])];
            real[item] = (double)own[item];
        }
        p->rows[row] = own;
        p->rows_real[row] = real;
        p->caps[row] = n->form->caps[row] - (n->present ? n->sums[row] : 0);
        p->low[row] = 0;
        for (int i = 0; i < p->count; i++) {
            int64_t least = own[p->begin[i]];
            for (int item = p->begin[i]; item < p->begin[i + 1]; item++)
                least = own[item] < least ? own[item] : least;
            p->low[row] += (double)least;
            if (n->present)
                p->caps[row] += values[item_of(n, n->choice[p->nodes[i]])];
        }
    }
}

/* Multipliers of the subproblem with limits tightened by a part of what they leave. False: nothing can reach the target, or there is
 * nothing to say. */
static bool relax(mn_neighbourhood *n, double tightening, int64_t target)
{
    freed *p = &n->part;
    for (int row = 0; row < n->rows; row++)
        p->caps_real[row] = (double)p->caps[row] - tightening * ((double)p->caps[row] - p->low[row]);
    const mn_relaxation_view view = {p->count, n->rows, p->begin, p->score_real, p->rows_real, p->caps_real};
    if (!mn_relaxation_load(n->relaxation, &view))
        return false;
    mn_relaxation_start(n->relaxation, n->multipliers);
    const uint64_t before = mn_relaxation_steps(n->relaxation);
    const mn_relaxation_end end = mn_relaxation_solve(n->relaxation, -INFINITY);
    const uint64_t steps = mn_relaxation_steps(n->relaxation) - before + 4;
    n->work += steps * (uint64_t)p->begin[p->count] * (uint64_t)(n->rows + 4) / 64 + 1;
    if (end == MN_RELAXATION_INFEASIBLE)
        return false;
    mn_relaxation_multipliers(n->relaxation, p->multipliers);
    return tightening > 0 || mn_relaxation_value(n->relaxation) > (double)target - 1e-6 * fabs((double)target) - 0.5;
}

static int64_t take_found(void *context, const int *items, int64_t score)
{
    mn_neighbourhood *n = context;
    const freed *p = &n->part;
    bool same = n->present;
    for (int i = 0; i < p->count && same; i++)
        same = p->arc[p->begin[i] + items[i]] == n->choice[p->nodes[i]];
    if (same)
        return INT64_MIN;
    int *choice = n->candidate;
    if (n->present)
        memcpy(choice, n->choice, sizeof *choice * (size_t)n->node_count);
    for (int i = 0; i < p->count; i++)
        choice[p->nodes[i]] = p->arc[p->begin[i] + items[i]];
    if (!admitted(n, choice)) /* rules that the graph does not hold */
        return INT64_MIN;
    memcpy(n->found_choice, choice, sizeof *choice * (size_t)n->node_count);
    n->found = true;
    n->found_score = score;
    return n->accept_equal ? MN_HALVES_ENOUGH : score + 1;
}

typedef struct attempt {
    bool by_quarters;
    double tightening;
    int64_t target;
} attempt;

/* Looks for the best network of at least the target with the nodes of the part free. *complete: no better one than what was found. */
static mn_status explore(mn_neighbourhood *n, const attempt *a, const mn_control *control, bool *complete)
{
    freed *p = &n->part;
    const int64_t target = a->target - n->fixed_score;
    *complete = false;
    n->found = false;
    if (!relax(n, a->tightening, target))
        return MN_OK;
    const mn_status late = mn_control_check(control); /* the relaxation of a large table takes a while */
    if (late != MN_OK)
        return late;
    const mn_halves_view view = {p->count, n->rows, p->begin, p->score, p->rows, p->caps};
    const uint64_t size = (uint64_t)n->list_size;
    if (!a->by_quarters) {
        const mn_halves_options options = {.list_size = n->list_size,
                                           .most_work = HALVES_WORK * size,
                                           .seed = mn_random_next(&n->random),
                                           .control = control};
        mn_halves_result result;
        const mn_status status =
            mn_halves_search(n->halves, &view, p->multipliers, target, &options, take_found, n, &result);
        n->work += result.work;
        *complete = result.complete;
        return status;
    }
    const int share = (int)(mn_random_next(&n->random) % SHARES);
    const mn_quarters_options options = {.list_size = n->list_size,
                                         .share = 0.3 + 0.7 * share / (SHARES - 1),
                                         .seed = mn_random_next(&n->random),
                                         .most_work = QUARTERS_WORK * size,
                                         .control = control};
    uint64_t work;
    const mn_status status = mn_quarters_search(n->halves, &view, p->multipliers, target, &options,
                                                &n->box[share][ilogb((double)p->count)], take_found, n, &work);
    n->work += work;
    return status;
}

/* ---- which nodes are free ---------------------------------------------------------------------------------------------------------- */

static void free_all(mn_neighbourhood *n)
{
    n->part.count = n->node_count;
    for (int node = 0; node < n->node_count; node++)
        n->part.nodes[node] = node;
}

/* The `count` nodes of least rank come first (quickselect). */
static void select_nodes(mn_neighbourhood *n, int count)
{
    int *order = n->order, low = 0, high = n->node_count - 1;
    for (int node = 0; node < n->node_count; node++)
        order[node] = node;
    while (low < high) {
        const double pivot = n->rank[order[low + (high - low) / 2]];
        int i = low, j = high;
        while (i <= j) {
            while (n->rank[order[i]] < pivot)
                i++;
            while (n->rank[order[j]] > pivot)
                j--;
            if (i <= j) {
                const int kept = order[i];
                order[i++] = order[j];
                order[j--] = kept;
            }
        }
        if (count <= j)
            high = j;
        else if (count >= i)
            low = i;
        else
            break;
    }
    n->part.count = count;
    memcpy(n->part.nodes, order, sizeof *order * (size_t)count);
}

static void draw_nodes(mn_neighbourhood *n, int count)
{
    if (count >= n->node_count) {
        free_all(n);
        return;
    }
    const int way = (int)(mn_random_next(&n->random) % 3);
    for (int node = 0; node < n->node_count; node++) {
        const double random = draw_real(n), cost = n->reduced[n->choice[node]];
        n->rank[node] = way == 0 ? random : way == 1 ? n->second[node] * (0.2 + random) : -(cost + 1e-9) * random;
    }
    select_nodes(n, count);
}

/* ---- the search -------------------------------------------------------------------------------------------------------------------- */

static const double MOST_TIGHTENING = 0.034, FIRST_TIGHTENING = 0.002, GROWTH = 1.6;

static void accept(mn_neighbourhood *n)
{
    set_present(n, n->found_choice);
    keep_best(n);
}

/* All nodes free, with tighter and tighter limits: until something fits. */
static mn_status start(mn_neighbourhood *n, const mn_control *control)
{
    bool complete;
    free_all(n);
    free_nodes(n, -1);
    const attempt a = {.tightening = n->tightening, .target = n->form->score_low};
    const mn_status status = explore(n, &a, control, &complete);
    if (status != MN_OK)
        return status;
    if (n->found)
        accept(n);
    else if (complete)
        n->proved = a.target - 1;
    else if (n->tightening > MOST_TIGHTENING) {
        n->tightening = 0;
        n->list_size = n->list_size < MOST_LIST / 2 ? 2 * n->list_size : MOST_LIST;
    } else {
        n->tightening = n->tightening == 0 ? FIRST_TIGHTENING : n->tightening * GROWTH;
    }
    return MN_OK;
}

static void count_failure(mn_neighbourhood *n)
{
    n->failures++;
    if (n->failures % GROW_AFTER == 0 && n->list_size < MOST_LIST)
        n->list_size += n->list_size / 8;
    if (n->failures % RETURN_AFTER == 0)
        set_present(n, n->best_choice);
}

/* One attempt to find a better network: among all, or around the present one. */
static mn_status improve(mn_neighbourhood *n, const mn_control *control)
{
    /* Half of the attempts free all nodes, an eighth looks around thoroughly, the others draw the number of nodes. */
    const double kind = draw_real(n);
    attempt a = {.by_quarters = kind < 0.875 && n->node_count >= 8};
    int count = n->node_count;
    if (!a.by_quarters)
        count = FREE_NODES;
    else if (kind > 0.5) {
        /* The relaxation mixes blocks on as many nodes as there are rows: fewer than twice that leave little choice. */
        const double least = fmin(n->node_count, fmax(FREE_NODES, 2 * n->rows));
        count = (int)(least * pow(n->node_count / least, draw_real(n)));
    }
    draw_nodes(n, count);
    const bool around = n->part.count < n->node_count;
    const bool forced = around && n->failures % FORCE_AFTER == FORCE_AFTER - 1;
    n->accept_equal = around && !forced && n->failures % FORCE_AFTER > EQUAL_AFTER;
    int avoid = -1;
    a.target = around ? n->score + !n->accept_equal : n->best_score + 1;
    if (forced) {
        const int node = n->part.nodes[mn_random_next(&n->random) % (uint64_t)n->part.count];
        avoid = n->begin[node + 1] - n->begin[node] > 1 ? n->choice[node] : -1;
        a.target -= 1 + (int64_t)(fmax(0, n->bound - (double)n->score) * draw_real(n) * 0.5);
    }
    if (mn_random_next(&n->random) % 4 == 0)
        a.tightening = FIRST_TIGHTENING * pow(GROWTH, (double)(mn_random_next(&n->random) % 6));
    free_nodes(n, avoid);
    bool complete;
    const int64_t before = n->best_score;
    const mn_status status = explore(n, &a, control, &complete);
    if (status != MN_OK)
        return status;
    if (n->found)
        accept(n);
    if (complete && !around) /* what was found last is the best there is */
        n->proved = n->best_score;
    if (n->best_score > before)
        n->failures = 0;
    else
        count_failure(n);
    return MN_OK;
}

static bool is_finished(const mn_neighbourhood *n)
{
    return n->proved < INT64_MAX && (!n->has_best ? n->proved < n->form->score_low : n->proved <= n->best_score);
}

mn_status mn_neighbourhood_run(mn_neighbourhood *n, uint64_t effort, const mn_control *control,
                               mn_neighbourhood_found found, void *context)
{
    n->report = found;
    n->report_context = context;
    const uint64_t end = n->work + effort;
    mn_status status = MN_OK;
    while (status == MN_OK && n->work < end && !is_finished(n)) {
        status = mn_control_check(control);
        if (status == MN_OK)
            status = n->has_best ? improve(n, control) : start(n, control);
    }
    return status;
}
