/* The link of a random question: metric 0 as an increasing, piecewise linear function of its sum, in all tables alike. */
#include "tests/random_question.h"

#include <string.h>

static const int64_t widest_span = INT64_C(1) << 50; /* knots are written like values: within 2^53 */

/* The largest magnitude among bases, values and factors of metric 0. */
static int64_t largest_part(const question *q)
{
    int64_t largest = 1;
    for (int i = 0; i < q->table_count; i++) {
        const question_table *table = &q->tables[i];
        const int64_t base = table->base[0] < 0 ? -table->base[0] : table->base[0];
        largest = base > largest ? base : largest;
        for (int node = 0; node < table->node_count; node++)
            for (int block = 0; block < table->block_count[node]; block++) {
                const int64_t value = table->values[0][node][block], size = value < 0 ? -value : value;
                largest = size > largest ? size : largest;
            }
    }
    return largest < widest_span ? largest : widest_span;
}

/* Flat pieces, on which many sums share a value, beside steep ones. */
static int64_t draw_rise(random_source *source, int64_t run)
{
    const int64_t flat = run / (1 + (int64_t)draw(source, 50));
    return draw_chance(source, 2) ? run * (1 + (int64_t)draw(source, 4)) : flat > 0 ? flat : 1;
}

void random_question_link(random_source *source, question *q)
{
    static const int mantissas[] = {1, 2, 5};
    question_link *link = &q->link;
    const int64_t span = largest_part(q);
    link->resolution = (mn_resolution){mantissas[draw(source, 3)], (int)draw(source, 5)};
    link->count = 2 + (int)draw(source, QUESTION_KNOTS - 1);
    link->latents[0] = (int64_t)draw(source, 4 * (uint64_t)span) - 2 * span;
    link->values[0] = (int64_t)draw(source, 2 * (uint64_t)span) - span;
    for (int i = 1; i < link->count; i++) {
        const int64_t run = 1 + (int64_t)draw(source, (uint64_t)span / 4 + 2);
        link->latents[i] = link->latents[i - 1] + run;
        link->values[i] = link->values[i - 1] + draw_rise(source, run);
    }
}

mn_wide question_link_value(const question *q, mn_wide latent)
{
    const question_link *link = &q->link;
    int piece = 0;
    while (piece < link->count - 2 && latent >= link->latents[piece + 1])
        piece++;
    const mn_wide run = link->latents[piece + 1] - link->latents[piece],
                  product = (latent - link->latents[piece]) * (link->values[piece + 1] - link->values[piece]);
    return link->values[piece] + product / run - (product % run < 0);
}

bool question_linked(const question *q, const question_expression *e)
{
    return q->link.count > 0 && e->term_count == 1 && e->metric[0] == 0 && e->coefficient[0] == 100;
}
