/* Scaling chosen by the user instead of the table's own, and the range that a scaled metric takes. */
#include "host/api/handle.h"
#include "host/core/factors.h"
#include "host/core/memory.h"
#include "host/files/table_json.h"
#include "solver/engine.h"

const char *mn_table_scale_text(const mn_table *table)
{
    return table && table->has_scale && table->scale_text ? table->scale_text : "";
}

/* Adds the mean of some values to whole + fraction / 2^40. */
static void add_mean(const int64_t *values, int64_t count, mn_wide *whole, mn_wide *fraction)
{
    mn_wide sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += values[i];
    mn_wide quotient = sum / count, rest = sum % count;
    if (rest < 0) {
        rest += count;
        quotient--;
    }
    *whole += quotient;
    *fraction += (rest << 40) / count;
}

/* Mean of a metric over all settings of the nodes, rounded to the nearest multiple. */
static int64_t mean_over_settings(const mn_table *table, const mn_metric *metric)
{
    mn_wide whole = metric->base, fraction = 0; /* fraction in 2^-40: its error, terms * 2^-40, is far below one half */
    for (int node = 0; node < table->node_count; node++)
        add_mean(metric->values + table->first[node], table->nodes[node].block_count, &whole, &fraction);
    for (int i = 0; i < metric->factor_count; i++)
        add_mean(metric->factors[i].values, mn_factor_combinations(table, &metric->factors[i], MN_MAX_BLOCKS), &whole,
                 &fraction);
    return (int64_t)(whole + ((fraction + ((mn_wide)1 << 39)) >> 40));
}

static mn_status read_reciprocal(const mn_table *table, const char *mean, mn_scale *scale, mn_error *error)
{
    const mn_metric *by = &table->metrics[scale->by];
    scale->form = MN_RECIPROCAL;
    if (!mean) {
        scale->mean = mean_over_settings(table, by);
        return MN_OK;
    }
    mn_decimal decimal;
    if (!mn_decimal_parse(mean, strlen(mean), &decimal) || decimal.mantissa <= 0 ||
        !mn_decimal_to_multiples(decimal, by->resolution, MN_NEAREST, &scale->mean, NULL))
        return mn_fail(error, MN_USAGE, "scale \"reciprocal=%s\": expected a positive decimal in %s as the mean", mean,
                       by->unit);
    return MN_OK;
}

static mn_status read_power(const char *numbers, mn_scale *scale, mn_error *error)
{
    const char *comma = strchr(numbers, ',');
    scale->form = MN_POWER;
    if (!comma || !mn_decimal_parse(numbers, (size_t)(comma - numbers), &scale->factor) ||
        !mn_decimal_parse(comma + 1, strlen(comma + 1), &scale->exponent))
        return mn_fail(error, MN_USAGE, "scale \"power=%s\": expected power=FACTOR,EXPONENT, two decimals", numbers);
    return MN_OK;
}

static mn_status find_scale_metric(mn_table *table, const char *name, const char *otherwise, int *metric)
{
    const char *wanted = name ? name : otherwise;
    *metric = mn_table_find_metric(table, wanted);
    return *metric >= 0
               ? MN_OK
               : mn_fail(&table->error, MN_USAGE, "scale: table \"%s\" has no metric \"%s\"", table->name, wanted);
}

/* What is searched is scaled as the table is. */
static void share_scale(mn_table *table)
{
    if (!table->expansion)
        return;
    table->expansion->table.has_scale = table->has_scale;
    table->expansion->table.scale = table->scale;
}

/* Puts the scale into the table, and back out when it does not hold. */
static mn_status adopt_scale(mn_table *table, const mn_scale *scale)
{
    mn_scale *before = mn_new_array(1, sizeof *before);
    if (!before)
        return mn_fail_memory(&table->error);
    const bool had_scale = table->has_scale;
    *before = table->scale;
    table->scale = *scale;
    table->has_scale = true;
    mn_status status = mn_table_check_scale(table, table->name);
    char *words = status == MN_OK ? mn_scale_text(table) : NULL;
    if (status == MN_OK && !words)
        status = mn_fail_memory(&table->error);
    if (status == MN_OK) {
        free(table->scale_text);
        table->scale_text = words;
    } else {
        table->scale = *before;
        table->has_scale = had_scale;
        status = table->error.status = status == MN_BAD_INPUT ? MN_USAGE : status;
    }
    share_scale(table);
    free(before);
    return status;
}

mn_status mn_table_set_scale(mn_table *table, const char *scale, const char *metric, const char *by)
{
    if (!table || !scale)
        return table ? mn_fail(&table->error, MN_USAGE,
                               "scale: expected none, reciprocal[=MEAN] or power=FACTOR,EXPONENT")
                     : MN_USAGE;
    if (!strcmp(scale, "none")) {
        free(table->scale_text);
        table->scale_text = NULL;
        table->has_scale = false;
        share_scale(table);
        return MN_OK;
    }
    if (!table->has_values)
        return mn_fail(&table->error, MN_USAGE, "scale: \"%s\" is a space without values", table->name);
    mn_scale *chosen = mn_new_array(1, sizeof *chosen);
    if (!chosen)
        return mn_fail_memory(&table->error);
    mn_status status = find_scale_metric(table, metric, "accuracy", &chosen->metric);
    if (status == MN_OK)
        status = find_scale_metric(table, by, "flops", &chosen->by);
    if (status == MN_OK) {
        if (!strcmp(scale, "reciprocal"))
            status = read_reciprocal(table, NULL, chosen, &table->error);
        else if (!strncmp(scale, "reciprocal=", 11))
            status = read_reciprocal(table, scale + 11, chosen, &table->error);
        else if (!strncmp(scale, "power=", 6))
            status = read_power(scale + 6, chosen, &table->error);
        else
            status = mn_fail(&table->error, MN_USAGE,
                             "scale \"%.200s\": expected none, reciprocal[=MEAN] or power=FACTOR,EXPONENT", scale);
    }
    if (status == MN_OK)
        status = adopt_scale(table, chosen);
    free(chosen);
    return status;
}

/* ---- ranges ---------------------------------------------------------------------------------------------------------------- */

void mn_scaled_range(const mn_scale *scale, int64_t base, int64_t sum_low, int64_t sum_high, int64_t by_low,
                     int64_t by_high, int64_t *smallest, int64_t *largest)
{
    const int64_t sums[2] = {sum_low, sum_high};
    const uint64_t factors[2] = {mn_scale_g(scale, by_low), mn_scale_g(scale, by_high)};
    *smallest = INT64_MAX;
    *largest = INT64_MIN;
    for (int i = 0; i < 4; i++) { /* monotone in the sum and in g: the extremes are at corners */
        const int64_t value = mn_scale_apply(base, sums[i / 2], factors[i % 2]);
        *smallest = value < *smallest ? value : *smallest;
        *largest = value > *largest ? value : *largest;
    }
}

enum { RANGE_NODES = 20000 }; /* search nodes for each end of an entangled metric's range */

/* The most that a problem's networks score, or a bound of it where that takes long. */
static mn_status largest_score(const mn_problem *problem, mn_error *error, int64_t *score)
{
    mn_engine *engine;
    mn_status status = mn_engine_create(problem, 1, error, &engine);
    if (status != MN_OK)
        return status;
    int32_t table;
    int64_t best;
    mn_answer answer = {.problems = &table,
                        .scores = &best,
                        .choices = mn_new_array((size_t)problem->node_count, sizeof *answer.choices)};
    const mn_question question = {.top = 1, .control = {.node_limit = RANGE_NODES}};
    status = answer.choices ? mn_engine_solve(engine, &question, &answer, error) : mn_fail_memory(error);
    *score = answer.bound;
    free(answer.choices);
    mn_engine_free(engine);
    return status == MN_STOPPED ? MN_OK : status;
}

/* Smallest and largest sum of a metric whose factors no diagram holds. */
static mn_status entangled_range(const mn_table *table, int metric, mn_error *error, int64_t *low, int64_t *high)
{
    const mn_table *wide = mn_table_searched(table);
    const mn_linear sum = {.values = wide->metrics[metric].values, .scaled_metric = -1};
    int count;
    mn_rule *rules = mn_rules_expand(table, table->rules, table->rule_count, &count);
    if (!rules)
        return mn_fail_memory(error);
    mn_status status = MN_OK;
    for (int sign = 1; sign >= -1 && status == MN_OK; sign -= 2) {
        mn_problem problem;
        int64_t score = 0;
        status = mn_problem_make(wide, wide->diagram, rules, count, &sum, sign > 0, NULL, NULL, 0, error, &problem);
        if (status != MN_OK)
            break;
        status = largest_score(&problem, error, &score);
        mn_problem_free(&problem);
        *(sign > 0 ? high : low) = sign * score;
    }
    mn_rules_expanded_free(rules, count);
    return status;
}

/* Smallest and largest sum over the admissible networks. */
static mn_status sum_range(const mn_table *original, int metric, mn_error *error, int64_t *low, int64_t *high)
{
    if (mn_table_entangled(original))
        return entangled_range(original, metric, error, low, high);
    const mn_table *table = mn_table_searched(original);
    for (int sign = 1; sign >= -1; sign -= 2) {
        int64_t **extremes = mn_diagram_extremes(table->diagram, table->metrics[metric].values, sign);
        if (!extremes)
            return mn_fail_memory(error);
        *(sign > 0 ? low : high) = extremes[0][0];
        free(extremes);
    }
    return MN_OK;
}

mn_status mn_table_metric_range(const mn_table *table, int metric, int64_t *smallest, int64_t *largest)
{
    if (!table || !smallest || !largest)
        return MN_USAGE;
    mn_error error = {0};
    if (metric < 0 || metric >= table->metric_count || !table->has_values) {
        mn_fail(&error, MN_USAGE, "table \"%s\" has no values of a metric %d", table->name, metric);
        return mn_table_record(table, &error);
    }
    if (table->diagram->empty) {
        mn_fail(&error, MN_INFEASIBLE, "the rules of table \"%s\" exclude every network", table->name);
        return mn_table_record(table, &error);
    }
    const mn_metric *m = &table->metrics[metric];
    int64_t low = 0, high = 0, by_low = 0, by_high = 0;
    mn_status status = sum_range(table, metric, &error, &low, &high);
    const bool scaled = table->has_scale && table->scale.metric == metric;
    if (status == MN_OK && scaled)
        status = sum_range(table, table->scale.by, &error, &by_low, &by_high);
    if (status != MN_OK)
        return mn_table_record(table, &error);
    if (scaled) {
        const int64_t by_base = table->metrics[table->scale.by].base;
        mn_scaled_range(&table->scale, m->base, low, high, by_base + by_low, by_base + by_high, smallest, largest);
    } else {
        *smallest = m->link.count ? mn_link_value(&m->link, m->base + low) : m->base + low;
        *largest = m->link.count ? mn_link_value(&m->link, m->base + high) : m->base + high;
    }
    return MN_OK;
}
