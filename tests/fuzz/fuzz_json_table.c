/* Any bytes as a table: a sentence, or a table that can be evaluated, priced, classed, and whose rules can be asked. */
#include "host/core/skeleton.h"
#include "host/fit/classes.h"
#include "tests/fuzz/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The network of first blocks has a class, and no cost below zero. */
static void check_space(const mn_table *table, const uint16_t *network)
{
    mn_cost cost;
    if (mn_skeleton_cost(table, network, &cost) && (cost.flops < 0 || cost.params < 0))
        abort();
    mn_error error = {0};
    uint64_t class_of = 1;
    const mn_status status = mn_classes_of(table, network, 1, &error, &class_of);
    check_outcome(status, &error);
    if (status == MN_OK && class_of != 0)
        abort();
}

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
        check_space(table, network);
        free(network);
    }
    mn_table_free(table);
    return 0;
}
