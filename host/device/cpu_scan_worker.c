#include "host/device/cpu_scan_worker.h"
#include "host/device/cpu_scan_paths.h"

enum { CHECK_STEPS = 1 << 18 };

/* Counts work and looks at the clock now and then; false: stop. */
bool mn_scan_go_on(mn_scan_worker *w, int steps)
{
    w->steps += steps;
    if (w->steps < CHECK_STEPS)
        return true;
    w->steps = 0;
    const int told = atomic_load_explicit(&w->shared->status, memory_order_relaxed);
    w->status = told != MN_OK ? (mn_status)told : mn_control_check(&w->shared->request->control);
    if (mn_scan_stopped(w))
        atomic_store_explicit(&w->shared->status, (int)w->status, memory_order_relaxed);
    return !mn_scan_stopped(w);
}

/* ---- the threshold -------------------------------------------------------------------------------------------------------------- */

void mn_scan_update_threshold(mn_scan_worker *w)
{
    _Atomic int64_t *reached = &w->shared->reached;
    int64_t known = atomic_load_explicit(reached, memory_order_relaxed);
    w->threshold = known;
    if (w->best.count < w->best.capacity)
        return;
    const int64_t worst = mn_best_worst(&w->best);
    while (worst > known &&
           !atomic_compare_exchange_weak_explicit(reached, &known, worst, memory_order_relaxed, memory_order_relaxed))
        ;
    if (worst >= known) /* a later network of equal score is larger, unless low parts come by F */
        w->threshold = worst + !w->shared->parts.columns[0].scaled;
    else
        w->threshold = known;
}

/* ---- checking a prefix's low parts exactly ------------------------------------------------------------------------------------- */

static int64_t scaled_value(const mn_scan_column *column, int64_t sum, uint64_t g)
{
    return column->scaled * mn_scale_apply(column->base, sum, g);
}

bool mn_scan_obeys_limits(const mn_scan_worker *w, const mn_scan_low *low, int index, int64_t *score)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const int last = parts->capability >= 0 ? parts->capability : parts->column_count;
    for (int i = 1; i < last; i++)
        if (!parts->columns[i].scaled && w->prefix[i] + low->part.sums[i][index] > parts->columns[i].bound)
            return false;
    const mn_scan_column *first = &parts->columns[0];
    const int64_t sum = w->prefix[0] + low->part.sums[0][index];
    *score = first->base - sum;
    if (parts->capability < 0)
        return true;
    const int64_t capability = parts->columns[last].base + w->prefix[last] + low->part.sums[last][index];
    const uint64_t g = mn_scale_g(parts->problem->scale, capability);
    for (int i = 1; i < last; i++) {
        const mn_scan_column *column = &parts->columns[i];
        if (column->scaled && scaled_value(column, w->prefix[i] + low->part.sums[i][index], g) > column->capacity)
            return false;
    }
    if (first->scaled)
        *score = scaled_value(first, sum, g);
    return true;
}

/* Bounds of g over 64 low parts, and what their scaled sums must reach. */
typedef struct scaled_bound {
    double least, most; /* g / 2^32 */
    double target;
    double sign;
} scaled_bound;

static scaled_bound bound_word(const mn_scan_worker *w, const mn_scan_low *low, int word)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_scan_column *score = &parts->columns[0];
    const int64_t *capabilities = low->part.sums[parts->capability]; /* ascending */
    const int64_t prefix = parts->columns[parts->capability].base + w->prefix[parts->capability];
    const int last = word * 64 + 63 < low->part.count ? word * 64 + 63 : low->part.count - 1;
    const double a = (double)mn_scale_g(parts->problem->scale, prefix + capabilities[word * 64]) * 0x1p-32;
    const double b = (double)mn_scale_g(parts->problem->scale, prefix + capabilities[last]) * 0x1p-32;
    return (scaled_bound){.least = a < b ? a : b,
                          .most = a < b ? b : a,
                          .target = (double)((mn_wide)w->threshold - score->scaled * (mn_wide)score->base),
                          .sign = score->scaled};
}

/* Whether the scaled score of a low part may reach the threshold: sums and products err by less than the slack. */
static bool may_reach(const mn_scan_worker *w, const scaled_bound *bound, const mn_scan_low *low, int index)
{
    const double sum = bound->sign * (double)(w->prefix[0] + low->part.sums[0][index]);
    const double value = sum * (sum >= 0 ? bound->most : bound->least);
    const double size = (value < 0 ? -value : value) + (bound->target < 0 ? -bound->target : bound->target);
    return value + 2 + size * 0x1p-45 >= bound->target;
}

static bool obeys_rules(const mn_scan_worker *w)
{
    const mn_problem *problem = w->shared->parts.problem;
    for (int i = 0; i < problem->diagram->outside_count; i++)
        if (!mn_rule_admits(&problem->rules[problem->diagram->outside[i]], w->network))
            return false;
    return true;
}

/* Writes the network of the high part walked to, a middle part and a low part. */
static void compose(mn_scan_worker *w, int state, int middle_index, const mn_scan_low *low, int low_index)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_diagram *diagram = parts->problem->diagram;
    for (int layer = 0; layer < parts->middle; layer++)
        w->network[layer] = (uint16_t)w->blocks[layer];
    const int end = mn_paths_find(diagram, parts->middle_counts, parts->middle, parts->split, state,
                                  (uint64_t)middle_index, w->network + parts->middle);
    mn_paths_find(diagram, parts->low_counts, parts->split, diagram->node_count, end, low->number[low_index],
                  w->network + parts->split);
}

bool mn_scan_obeys_rules(mn_scan_worker *w, int state, int middle_index, const mn_scan_low *low, int low_index)
{
    compose(w, state, middle_index, low, low_index);
    return obeys_rules(w);
}

static void consider(mn_scan_worker *w, int state, int middle_index, const mn_scan_low *low, int low_index)
{
    int64_t score;
    if (!mn_scan_obeys_limits(w, low, low_index, &score) || score < w->threshold ||
        !mn_scan_obeys_rules(w, state, middle_index, low, low_index))
        return;
    mn_best_add(&w->best, score, 0, w->network, w->shared->parts.problem->node_count);
    mn_scan_update_threshold(w);
}

void mn_scan_add_middle(mn_scan_worker *w, int state, int index)
{
    const mn_scan_parts *parts = &w->shared->parts;
    for (int column = 0; column < parts->column_count; column++)
        w->prefix[column] =
            w->sums[parts->middle * parts->column_count + column] + parts->middles[state].sums[column][index];
}

/* The low parts that the sets of all columns share, best score first (by F when the score is scaled). */
void mn_scan_check_prefix(mn_scan_worker *w, int state, int first, int index)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_scan_low *low = mn_scan_low_of(&w->batch, index);
    const uint64_t *sets[MN_SCAN_FILTERS];
    for (int filter = 0; filter < parts->filter_count; filter++)
        sets[filter] =
            low->ranks[filter].sets + (size_t)mn_scan_rank(&w->batch, low, filter, index) * (size_t)low->words;
    mn_scan_add_middle(w, state, first + index);

    const bool scaled = parts->columns[0].scaled;
    scaled_bound bound = {0};
    for (int word = 0; word * 64 < low->part.count; word++) {
        const int rest = low->part.count - word * 64;
        uint64_t common = rest < 64 ? ((uint64_t)1 << rest) - 1 : UINT64_MAX;
        for (int filter = 0; filter < parts->filter_count; filter++)
            common &= sets[filter][word];
        if (scaled && common)
            bound = bound_word(w, low, word);
        for (; common; common &= common - 1) {
            const int low_index = word * 64 + __builtin_ctzll(common);
            if (scaled ? !may_reach(w, &bound, low, low_index)
                       : parts->columns[0].base - w->prefix[0] - low->part.sums[0][low_index] < w->threshold) {
                if (!scaled)
                    return; /* the others are no better */
                continue;
            }
            consider(w, state, first + index, low, low_index);
            if (!mn_scan_go_on(w, parts->capability >= 0 ? 16 : 1))
                return;
        }
        if (scaled && !mn_scan_go_on(w, 64))
            return;
    }
}
