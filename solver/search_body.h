/* The loops of a search for one instruction set: included with TARGET (a function attribute), NAME(x), ANY_NEGATIVE(pointer to
 * lanes) and FITTING(pointer to 16 int32, limit), a bit for each that is <= limit. */

/* Completes the prefix on the path, whose slack is that of `depth`, by every combination that fits. */
TARGET static step NAME(complete)(worker *w, int depth)
{
    const mn_suffixes *t = w->all->suffixes;
    const int lane_count = t->lane_count, top = t->levels - 1;
    const int32_t *slack = (const int32_t *)(w->slack + (size_t)depth * w->all->search->core->groups);
    struct {
        int block;
        uint32_t fitting;
    } stack[MN_SUFFIX_LEVELS];
    int level = top;
    stack[level].block = t->begin[level];
    stack[level].fitting = UINT32_MAX; /* not looked at yet */
    while (level <= top) {
        if (stack[level].fitting == UINT32_MAX) {
            const int32_t *least = t->least + (size_t)stack[level].block * lane_count * 16;
            uint32_t fitting = 0xffff;
            for (int lane = 0; lane < lane_count && fitting; lane++)
                fitting &= FITTING(least + (size_t)lane * 16, slack[lane]);
            stack[level].fitting = fitting;
            w->visited++;
        }
        if (!stack[level].fitting) {
            level++;
            continue;
        }
        const int child = __builtin_ctz(stack[level].fitting);
        stack[level].fitting &= stack[level].fitting - 1;
        const int index = 16 * (stack[level].block - t->begin[level]) + child;
        if (level > 0) {
            level--;
            stack[level].block = t->begin[level] + index;
            stack[level].fitting = UINT32_MAX;
            continue;
        }
        mn_suffixes_write(w->all->search->core, t, index, w->network);
        const int64_t before = w->raise;
        const step next = worker_found(w, depth);
        if (next != STEP_ON)
            return next;
        if (w->raise != before) /* some that did fit may not any more; those not looked at see the new slack */
            for (int above = 0; above <= top; above++)
                if (above >= level && stack[above].fitting != UINT32_MAX) {
                    const int32_t *least = t->least + (size_t)stack[above].block * lane_count * 16;
                    for (int lane = 0; lane < lane_count; lane++)
                        stack[above].fitting &= FITTING(least + (size_t)lane * 16, slack[lane]);
                }
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
