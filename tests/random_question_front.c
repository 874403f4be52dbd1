/* The front of the objective and of what the first limit is on, among the networks of the first round. */
#include "tests/random_question_ask.h"

#include <stdlib.h>
#include <string.h>

typedef struct front_point {
    mn_wide first, second, rank; /* larger is better; rank settles ties of both */
    int number, table;           /* in the order of enumeration */
    uint16_t network[QUESTION_NODES];
} front_point;

typedef struct collecting {
    const question *q;
    front_point *points;
    int count;
} collecting;

static void collect(void *user, const listed_choice *choice)
{
    collecting *c = user;
    if (!question_meets(c->q, 0, choice->limits, 0))
        return;
    const int sign = c->q->maximize ? 1 : -1;
    front_point *p = &c->points[c->count];
    *p = (front_point){.first = sign * choice->objective,
                       .second = c->q->limits[0].at_most ? -choice->limits[0] : choice->limits[0],
                       .rank = sign * choice->rank,
                       .number = c->count++,
                       .table = choice->table};
    memcpy(p->network, choice->network, sizeof *p->network * (size_t)c->q->tables[choice->table].node_count);
}

static int better_first(const void *a, const void *b)
{
    const front_point *p = a, *o = b;
    if (p->first != o->first)
        return p->first > o->first ? -1 : 1;
    if (p->second != o->second)
        return p->second > o->second ? -1 : 1;
    if (p->rank != o->rank)
        return p->rank > o->rank ? -1 : 1;
    return p->number < o->number ? -1 : 1;
}

/* Leaves the points that no other dominates, best first. */
static void keep_front(collecting *c)
{
    int kept = 0;
    qsort(c->points, (size_t)c->count, sizeof *c->points, better_first);
    for (int i = 0; i < c->count; i++)
        if (kept == 0 || c->points[i].second > c->points[kept - 1].second)
            c->points[kept++] = c->points[i];
    c->count = kept;
}

static bool compare_front(asking *a, const mn_front *front, const collecting *wanted)
{
    if (mn_front_count(front) != (uint64_t)wanted->count)
        return ask_differs(a, "%d points, expected %d", (int)mn_front_count(front), wanted->count);
    for (int i = 0; i < wanted->count; i++) {
        const front_point *p = &wanted->points[i];
        const int table = mn_front_table(front, (uint64_t)i);
        const mn_wide first = ask_in_millionths(mn_front_value(front, (uint64_t)i, 0), mn_front_resolution(front, 0));
        if (first != (a->q->maximize ? p->first : -p->first))
            return ask_differs(a, "point %d has another value", i);
        if (table != p->table || memcmp(mn_front_network(front, (uint64_t)i), p->network,
                                        sizeof *p->network * (size_t)a->q->tables[table].node_count) != 0)
            return ask_differs(a, "point %d is another network", i);
    }
    return true;
}

static char *text_of(const question_expression *e)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    question_write_expression(e, out);
    fclose(out);
    return text;
}

bool ask_front(asking *a, int networks)
{
    const question *q = a->q;
    a->way = "front";
    a->round = 0;
    mn_solver *solver = ask_make_solver(a);
    if (!solver)
        return false;
    collecting wanted = {.q = q, .points = calloc((size_t)networks, sizeof *wanted.points)};
    question_visit(q, collect, &wanted);
    keep_front(&wanted);
    char *texts[] = {text_of(&q->objective), text_of(&q->limits[0].expression)};
    mn_front *front;
    const mn_status status = mn_front_compute(solver, (const char *const *)texts,
                                              (const bool[]){q->maximize, !q->limits[0].at_most}, 2, NULL, &front);
    bool same = true;
    if (status != (wanted.count ? MN_OK : MN_INFEASIBLE))
        same = ask_differs(a, "status %d: %s; %d points expected", status, mn_last_error(front), wanted.count);
    else if (wanted.count)
        same = compare_front(a, front, &wanted);
    mn_front_free(front);
    mn_solver_free(solver);
    free(wanted.points);
    free(texts[0]);
    free(texts[1]);
    return same;
}
