/* Any bytes as a knapsack instance: a sentence, or a table that can be evaluated and limits that it takes. */
#include "host/core/linear.h"
#include "host/files/mmkp.h"
#include "tests/fuzz/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_limit(const mn_table *table, const char *text)
{
    mn_error error = {0};
    mn_linear linear = {0};
    size_t length;
    mn_sense sense;
    const char *value;
    int64_t multiples;
    if (mn_comparison_split(text, &length, &sense, &value, &error) != MN_OK ||
        mn_linear_parse(table, text, length, &linear, &error) != MN_OK ||
        mn_limit_value(value, sense, linear.resolution, &multiples, &error) != MN_OK)
        abort();
    mn_linear_free(&linear);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mn_table *table = mn_table_new();
    if (!table)
        return 0;
    const mn_status status = mn_mmkp_read_memory("input.txt", (const char *)data, size, table);
    check_outcome(status, &table->error);
    if (status == MN_OK) {
        uint16_t *network = calloc((size_t)table->node_count, sizeof *network);
        for (int metric = 0; network && metric < table->metric_count; metric++)
            mn_table_evaluate(table, metric, network);
        free(network);
        for (int i = 0; i < table->limit_count; i++)
            check_limit(table, table->limit_texts[i]);
    }
    mn_table_free(table);
    return 0;
}
