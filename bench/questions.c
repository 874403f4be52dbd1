#include "bench/questions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const shipped_tables[SHIPPED_TABLES] = {"nasbench201/edgegpu",
                                                    "nasbench201/fpga",
                                                    "mobilenetv3/raspberrypi",
                                                    "mobilenetv3/tx2cpu",
                                                    "mobilenetv3/tx2gpu",
                                                    "supervit/192",
                                                    "supervit/224",
                                                    "supervit/256",
                                                    "supervit/288",
                                                    "supertransformer/xeon",
                                                    "supertransformer/titanxp",
                                                    "supertransformer/raspberrypi"};

/* splitmix64 (Steele, Lea and Flood, OOPSLA 2014) */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static bool failed(const char *what, const void *handle)
{
    fprintf(stderr, "%s: %s\n", what, handle ? mn_last_error(handle) : "out of memory");
    return false;
}

static void name_limit(questions *q, int limit, int metric, const char *sign)
{
    snprintf(q->limits[limit], LIMIT_TEXT, "%s%s", mn_table_metric_name(q->table, metric), sign);
    q->resolutions[limit] = mn_table_metric_resolution(q->table, metric);
}

static bool draw_single(questions *q, uint64_t seed)
{
    int64_t smallest, largest;
    name_limit(q, 0, 1, "<=");
    if (mn_table_metric_range(q->table, 1, &smallest, &largest) != MN_OK)
        return failed("range", q->table);
    for (uint64_t i = 0; i < q->count; i++)
        q->values[i] = smallest + (int64_t)(next_random(&seed) % (uint64_t)(largest - smallest + 1));
    return true;
}

/* `columns` [metrics][count]: so many metrics of random networks, from the second on. */
static bool draw_networks(const questions *q, uint64_t seed, int metrics, int64_t *columns)
{
    mn_networks *networks = NULL;
    int64_t **wanted = calloc((size_t)mn_table_metric_count(q->table), sizeof *wanted);
    mn_status status = mn_networks_random(q->table, q->count, seed, &networks);
    if (status != MN_OK || !wanted) {
        failed("random networks", networks);
    } else {
        for (int i = 0; i < metrics; i++)
            wanted[1 + i] = columns + (uint64_t)i * q->count;
        status = mn_predict(q->table, mn_networks_choices(networks), 2, q->count, 0, wanted);
        if (status != MN_OK)
            failed("prediction", q->table);
    }
    const bool ok = wanted && status == MN_OK;
    free(wanted);
    mn_networks_free(networks);
    return ok;
}

static bool draw_pairs(questions *q, uint64_t seed)
{
    const bool third = mn_table_metric_count(q->table) > 2;
    int64_t smallest, largest, *columns = calloc(2 * q->count, sizeof *columns);
    name_limit(q, 0, 1, "<=");
    name_limit(q, 1, third ? 2 : 1, third ? "<=" : ">=");
    if (!columns)
        return failed("questions", NULL);
    bool ok = mn_table_metric_range(q->table, 1, &smallest, &largest) == MN_OK || failed("range", q->table);
    ok = ok && draw_networks(q, seed, third ? 2 : 1, columns);
    const int64_t window = ok ? (largest - smallest) / 100 : 0;
    for (uint64_t i = 0; ok && i < q->count; i++) {
        const int64_t above = (int64_t)(next_random(&seed) % (uint64_t)(window + 1));
        q->values[2 * i] = columns[i] + (third ? 0 : above);
        q->values[2 * i + 1] = third ? columns[q->count + i] : columns[i] + above - window;
    }
    free(columns);
    return ok;
}

static bool draw_triples(questions *q, uint64_t seed)
{
    int64_t *columns = calloc(MOST_LIMITS * q->count, sizeof *columns);
    if (!columns)
        return failed("questions", NULL);
    for (int i = 0; i < MOST_LIMITS; i++)
        name_limit(q, i, 1 + i, "<=");
    const bool ok = draw_networks(q, seed, MOST_LIMITS, columns);
    for (uint64_t i = 0; ok && i < q->count; i++)
        for (uint64_t k = 0; k < MOST_LIMITS; k++)
            q->values[MOST_LIMITS * i + k] = columns[k * q->count + i];
    free(columns);
    return ok;
}

bool questions_make(const mn_table *table, int limit_count, uint64_t count, uint64_t seed, questions *q)
{
    *q = (questions){.table = table,
                     .objective = mn_table_metric_name(table, 0),
                     .limit_count = limit_count,
                     .count = count,
                     .values = calloc(count * (uint64_t)limit_count, sizeof *q->values)};
    if (!q->values)
        return failed("questions", NULL);
    return limit_count == 1 ? draw_single(q, seed) : limit_count == 2 ? draw_pairs(q, seed) : draw_triples(q, seed);
}

void questions_free(questions *q)
{
    free(q->values);
    q->values = NULL;
}

void question_text(const questions *q, uint64_t question, int limit, char text[LIMIT_TEXT + MN_NUMBER_SIZE])
{
    char number[MN_NUMBER_SIZE];
    mn_format(q->values[question * (uint64_t)q->limit_count + (uint64_t)limit], q->resolutions[limit], number);
    snprintf(text, LIMIT_TEXT + MN_NUMBER_SIZE, "%s%s", q->limits[limit], number);
}

mn_solver *question_solver(const questions *q, int64_t question)
{
    char text[LIMIT_TEXT + MN_NUMBER_SIZE];
    mn_solver *solver = NULL;
    mn_status status = mn_solver_create(&q->table, 1, &solver);
    if (status == MN_OK)
        status = mn_solver_maximize(solver, q->objective);
    for (int limit = 0; status == MN_OK && limit < q->limit_count; limit++) {
        if (question >= 0)
            question_text(q, (uint64_t)question, limit, text);
        status = mn_solver_add_limit(solver, question >= 0 ? text : q->limits[limit], NULL);
    }
    if (status == MN_OK)
        return solver;
    failed("solver", solver);
    mn_solver_free(solver);
    return NULL;
}

void question_set(const questions *q, uint64_t question, mn_solver *solver)
{
    for (int limit = 0; limit < q->limit_count; limit++)
        mn_solver_set_limit(solver, limit, q->values[question * (uint64_t)q->limit_count + (uint64_t)limit]);
}
