/* The loops of a search for one instruction set: included with TARGET (a function attribute), NAME(x), ANY_NEGATIVE(pointer to
 * lanes) and FITTING(pointer to 32 int16, limit), a bit for each that is <= limit. */

/* A bit for each child of a block whose minima fit. */
TARGET static inline __attribute__((always_inline)) uint32_t NAME(fitting_children)(const mn_suffixes *t, int block,
                                                                                    const int16_t *slack)
{
    const int16_t *least = t->least + (size_t)block * t->lane_count * MN_SUFFIX_FAN;
    uint32_t fitting = UINT32_MAX;
    for (int lane = 0; lane < t->lane_count && fitting;
         lane += 4) { /* four at once: their loads do not wait for each other */
        const int16_t *own = least + (size_t)lane * MN_SUFFIX_FAN;
        fitting &= FITTING(own, slack[lane]) & FITTING(own + MN_SUFFIX_FAN, slack[lane + 1]) &
                   FITTING(own + 2 * MN_SUFFIX_FAN, slack[lane + 2]) &
                   FITTING(own + 3 * MN_SUFFIX_FAN, slack[lane + 3]);
    }
    return fitting;
}

/* Completes the prefix on the path, whose slack is that of `depth`, by every combination that fits. */
TARGET static step NAME(complete)(worker *w, int depth)
{
    const mn_suffixes *t = w->all->suffixes;
    const mn_core *core = w->all->search->core;
    const mn_lanes *slack = w->slack + (size_t)depth * core->groups;
    int16_t narrow[MN_SUFFIX_LANES];
    int blocks[MN_SUFFIX_LEVELS], level = t->levels - 1;
    uint32_t fitting[MN_SUFFIX_LEVELS];
    if (t->count == 0 || !suffix_slack(t, slack, narrow))
        return STEP_ON;
    blocks[level] = t->begin[level];
    fitting[level] = NAME(fitting_children)(t, blocks[level], narrow);
    w->visited++;
    while (level < t->levels) {
        if (!fitting[level]) {
            level++;
            continue;
        }
        const int index = MN_SUFFIX_FAN * (blocks[level] - t->begin[level]) + __builtin_ctz(fitting[level]);
        fitting[level] &= fitting[level] - 1;
        if (level > 0) {
            level--;
            blocks[level] = t->begin[level] + index;
            fitting[level] = NAME(fitting_children)(t, blocks[level], narrow);
            w->visited++;
            continue;
        }
        if (!mn_suffixes_take(core, t, index, slack, w->network))
            continue;
        const int64_t before = w->threshold;
        const step next = worker_found(w, depth);
        if (next != STEP_ON)
            return next;
        if (w->threshold == before)
            continue;
        if (!suffix_slack(t, slack, narrow))
            return STEP_ON;
        for (int above = level; above < t->levels; above++) /* what did fit may not any more */
            fitting[above] &= NAME(fitting_children)(t, blocks[above], narrow);
    }
    return STEP_ON;
}

TARGET static inline __attribute__((always_inline)) step NAME(explore_groups)(worker *w, const int groups)
{
    const mn_core *core = w->all->search->core;
    const bool sorted = w->all->search->order == MN_BY_COST;
    const int completed = w->all->suffixes ? w->all->suffixes->first : core->depth;
    int depth = w->level;
    for (;;) {
        if (w->at[depth] == w->end[depth]) {
            if (depth-- == w->level)
                return STEP_ON;
            continue;
        }
        const int arc = w->at[depth]++;
        const mn_lanes *slack = w->slack + (size_t)depth * groups, *cost = core->cost + (size_t)arc * groups;
        mn_lanes *below = w->slack + (size_t)(depth + 1) * groups;
        bool negative = false;
        for (int group = 0; group < groups; group++) {
            below[group] = slack[group] - cost[group];
            negative |= ANY_NEGATIVE(&below[group]);
        }
        if (negative) {
            if (sorted && below[0][0] < 0)
                w->at[depth] = w->end[depth]; /* the rest costs more */
            continue;
        }
        w->path[depth] = arc;
        w->network[core->arcs[arc].node] = core->arcs[arc].block;
        step next = STEP_ON;
        if (++w->visited >= w->check_at)
            next = worker_check(w, depth + 1);
        if (next == STEP_PAUSE) {
            w->at[depth]--; /* not gone into yet */
            w->deepest = depth;
        }
        if (next != STEP_ON)
            return next;
        if (depth + 1 == completed && completed < core->depth) {
            next = NAME(complete)(w, depth + 1);
        } else if (depth + 1 < core->depth) {
            depth++;
            w->at[depth] = core->begin[core->arcs[arc].next];
            w->end[depth] = core->begin[core->arcs[arc].next + 1];
        } else {
            next = worker_found(w, depth + 1);
        }
        if (next != STEP_ON)
            return next;
    }
}

TARGET static step NAME(explore)(worker *w)
{
    const int groups = w->all->search->core->groups;
    return groups == 1 ? NAME(explore_groups)(w, 1) : NAME(explore_groups)(w, groups);
}
