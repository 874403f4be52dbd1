/* Networks of a front's points, by following from state to state where each point came from. Points go through the layers in groups, so
 * that their memory accesses overlap. */
#include "solver/front_build.h"
#include "solver/threads.h"

enum { GROUP = 256 };

typedef struct walk {
    const mn_front_build *build;
    const uint32_t *order;
    uint64_t count;
    uint16_t *choices;
    uint32_t **start; /* [states] first candidate of each of its row's blocks, and the end */
} walk;

static void walk_group(void *context, uint64_t group, int thread)
{
    (void)thread;
    const walk *w = context;
    const mn_front_build *build = w->build;
    const mn_diagram *diagram = build->request->diagram;
    const uint64_t begin = group * GROUP;
    const int size = w->count - begin < GROUP ? (int)(w->count - begin) : GROUP;
    uint32_t index[GROUP];
    int32_t state[GROUP] = {0};
    for (int i = 0; i < size; i++)
        index[i] = w->order[begin + i];
    for (int node = 0; node < diagram->node_count; node++) {
        for (int i = 0; i < size; i++) {
            const int number = build->space.first_state[node] + state[i];
            const uint32_t id = build->lists[number].ids[index[i]], *start = w->start[number];
            const mn_row row = mn_diagram_row(diagram, node, state[i]);
            int place = 0;
            for (int j = 1; j <= row.end - row.begin; j++)
                place += start[j] <= id;
            const int block = row.begin + place;
            w->choices[(begin + i) * diagram->node_count + node] = (uint16_t)block;
            index[i] = id - start[place];
            state[i] = row.next[place];
        }
    }
}

/* First candidate of each block of each state; blocks that are not admissible have none. */
static bool make_starts(mn_front_build *build, walk *w)
{
    const mn_diagram *diagram = build->request->diagram;
    uint64_t cells = 0;
    for (int node = 0; node < diagram->node_count; node++)
        cells += (uint64_t)diagram->state_count[node] *
                 (uint64_t)(diagram->forced[node] ? 2 : mn_diagram_blocks(diagram, node) + 1);
    uint32_t *next = mn_budget_allocate(&build->budget, cells, sizeof *next);
    w->start = mn_budget_allocate(&build->budget, (uint64_t)build->space.state_count, sizeof *w->start);
    if (!next || !w->start) {
        mn_budget_free(&build->budget, next);
        mn_budget_free(&build->budget, w->start);
        return false;
    }
    for (int node = 0; node < diagram->node_count; node++)
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const mn_row row = mn_diagram_row(diagram, node, state);
            w->start[build->space.first_state[node] + state] = next;
            *next = 0;
            for (int block = row.begin; block < row.end; block++, next++)
                next[1] = next[0] + (mn_row_next(row, block) < 0
                                         ? 0
                                         : (uint32_t)mn_front_list_of(build, node + 1, mn_row_next(row, block))->count);
            next++;
        }
    return true;
}

mn_status mn_front_networks_by_parents(mn_front_build *build, const uint32_t *order, uint64_t count, uint16_t *choices)
{
    walk w = {.build = build, .order = order, .count = count, .choices = choices};
    if (!make_starts(build, &w))
        return mn_front_build_no_memory(build);
    mn_parallel(mn_thread_count(build->request->threads), (count + GROUP - 1) / GROUP, walk_group, &w);
    mn_budget_free(&build->budget, w.start[0]);
    mn_budget_free(&build->budget, w.start);
    return MN_OK;
}
