/* The proof comes first, and most of the time easily. What turns out hard gets a search for good networks beside it, on the caller's
 * thread: with the best network known early, the last round is the cheapest that can prove it; and where no proof will come, the
 * network is what counts. */
#include "solver/rounds_state.h"

enum {
    FIRST_LOOK = 1 << 20, /* search nodes before it begins: some 20 ms */
    SLICE = 1 << 17       /* effort at a time */
};
static const uint64_t HARD = (uint64_t)1 << 30; /* nodes, after which networks get as much effort as the proof */

static void raise_target(mn_rounds *s, int64_t target)
{
    const int64_t threshold = mn_form_threshold(&s->part->form, target);
    s->target = target;
    if (threshold > atomic_load(&s->threshold))
        atomic_store(&s->threshold, threshold);
}

bool mn_rounds_accept(mn_rounds *s, int64_t value, const uint16_t *network, const mn_part *part)
{
    mn_monitor_incumbent(s->question->control.monitor, value);
    mn_best_add(&s->best, value, part->form.prepared->problem_index, network, part->form.prepared->problem->node_count);
    if (s->best.count < s->best.capacity)
        return false;
    if (s->question->gap > 0 && below_bound(s, mn_best_worst(&s->best)) <= s->question->gap && s->best.capacity == 1)
        s->gap_reached = true;
    s->bound_met = mn_best_worst(&s->best) >= s->bound;
    raise_target(s, mn_best_worst(&s->best) + 1);
    return s->gap_reached || s->bound_met;
}

static const mn_part *best_part(const mn_rounds *s)
{
    const mn_part *best = NULL;
    for (int i = 0; i < s->parts.count; i++)
        if (!best || s->parts.parts[i].bound > best->bound)
            best = &s->parts.parts[i];
    return best;
}

static void begin_neighbourhood(mn_rounds *s)
{
    const mn_part *part = best_part(s);
    mn_error error = {0};
    s->hopeless = !part || !mn_neighbourhood_suits(&part->form) ||
                  mn_neighbourhood_create(&part->form, s->question->capacities, part->multipliers, 1, &error,
                                          &s->neighbourhood) != MN_OK;
    if (!s->hopeless && s->known.count > 0 && s->known.entries[0].problem == part->form.prepared->problem_index)
        mn_neighbourhood_offer(s->neighbourhood, s->known.entries[0].network);
}

/* Takes over what the neighbourhood has found. True: enough. */
static bool take_over(mn_rounds *s)
{
    const mn_part *part = best_part(s);
    int64_t value;
    const uint16_t *network = mn_neighbourhood_best(s->neighbourhood, &value);
    bool enough = false;
    pthread_mutex_lock(&s->lock);
    if (network && (s->known.count == 0 || value > mn_best_worst(&s->known))) {
        mn_best_add(&s->known, value, part->form.prepared->problem_index, network,
                    part->form.prepared->problem->node_count);
        mn_monitor_incumbent(s->question->control.monitor, value);
    }
    if (network && value >= s->target)
        enough = mn_rounds_accept(s, value, network, part);
    if (network && s->parts.count == 1 && mn_neighbourhood_bound(s->neighbourhood) <= value) {
        s->bound = value < s->bound ? value : s->bound;
        s->proved = enough = true;
    }
    pthread_mutex_unlock(&s->lock);
    return enough;
}

bool mn_rounds_look_around(void *context, uint64_t nodes)
{
    mn_rounds *s = context;
    const uint64_t share = nodes < HARD ? nodes / 4 : nodes;
    if (nodes < FIRST_LOOK || s->hopeless || share < s->effort + SLICE)
        return false;
    if (!s->neighbourhood)
        begin_neighbourhood(s);
    if (s->hopeless)
        return false;
    s->effort += SLICE;
    mn_neighbourhood_run(s->neighbourhood, SLICE, &s->question->control, NULL, NULL);
    return take_over(s);
}
