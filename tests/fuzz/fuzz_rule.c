/* Any text as a rule: a sentence, or a rule that every network can be asked about. */
#include "host/core/network.h"
#include "tests/fuzz/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const mn_table *table = fixture();
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    mn_error error = {0};
    mn_rule rule;
    const mn_status status = mn_rule_read(table, text, "--rule", &rule, &error);
    check_outcome(status, &error);
    for (uint64_t number = 0; status == MN_OK && number < table->count; number++) {
        uint16_t network[3];
        if (!mn_network_from_number(table, number, network))
            abort();
        mn_rule_admits(&rule, network);
    }
    mn_rule_free(&rule);
    free(text);
    return 0;
}
