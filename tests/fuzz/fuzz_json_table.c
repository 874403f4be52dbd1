/* Any bytes as a table: a sentence, or a table that can be evaluated and whose rules can be asked. */
#include "tests/fuzz/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mn_table *table = mn_table_new();
    if (!table)
        return 0;
    const mn_status status = mn_table_read_memory("input", (const char *)data, size, table);
    check_outcome(status, &table->error);
    if (status == MN_OK) {
        uint16_t *network = calloc((size_t)table->node_count, sizeof *network);
        mn_rules_broken(table->rules, table->rule_count, network);
        for (int metric = 0; table->has_values && metric < table->metric_count; metric++)
            mn_table_evaluate(table, metric, network);
        free(network);
    }
    mn_table_free(table);
    return 0;
}
