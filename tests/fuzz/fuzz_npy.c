/* Any bytes as a .npy of networks and as a benchmark's order: a sentence, or numbers in range. */
#include "host/files/npy.h"
#include "tests/fuzz/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const mn_table *table = fixture();
    mn_error error = {0};
    uint64_t count;
    uint16_t *choices;
    mn_status status = mn_npy_read_choices(table, "input", (const char *)data, size, &count, &choices, &error);
    check_outcome(status, &error);
    for (uint64_t i = 0; i < count * (uint64_t)table->node_count; i++)
        if (choices[i] >= table->nodes[i % (uint64_t)table->node_count].block_count)
            abort();
    free(choices);
    int64_t *index_of;
    status = mn_npy_read_index(table, "input", (const char *)data, size, &index_of, &error);
    check_outcome(status, &error);
    free(index_of);
    return 0;
}
