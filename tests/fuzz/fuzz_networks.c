/* Any bytes as a file of networks and as a truth file: a sentence, or networks that the table has and its rules admit. */
#include "host/files/networks_file.h"
#include "tests/fuzz/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_networks(const mn_table *table, const uint16_t *networks, uint64_t count)
{
    for (uint64_t row = 0; row < count; row++) {
        const uint16_t *network = networks + row * (uint64_t)table->node_count;
        for (int node = 0; node < table->node_count; node++)
            if (network[node] >= table->nodes[node].block_count)
                abort();
        if (!mn_rules_admit(table->rules, table->rule_count, network))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const mn_table *table = fixture();
    mn_networks networks = {0};
    check_outcome(mn_networks_file_read_memory(table, "input", (const char *)data, size, &networks), &networks.error);
    check_networks(table, networks.choices, networks.count);
    free(networks.choices);
    mn_truth truth = {0};
    check_outcome(mn_truth_file_read_memory(table, "input", (const char *)data, size, &truth), &truth.error);
    check_networks(table, truth.networks, truth.count);
    mn_truth_clear(&truth);
    return 0;
}
