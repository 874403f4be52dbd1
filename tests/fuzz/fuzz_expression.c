/* Any text as an expression, a comparison and a limit's value. */
#include "host/core/linear.h"
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
    mn_linear linear = {0};
    mn_status status = mn_linear_parse(table, text, strlen(text), &linear, &error);
    check_outcome(status, &error);
    if (status == MN_OK)
        mn_linear_free(&linear);
    size_t length;
    mn_sense sense;
    const char *value;
    status = mn_comparison_split(text, &length, &sense, &value, &error);
    check_outcome(status, &error);
    if (status == MN_OK) {
        int64_t multiples;
        check_outcome(mn_limit_value(value, sense, (mn_resolution){1, 3}, &multiples, &error), &error);
        linear = (mn_linear){0};
        if (mn_linear_parse(table, text, length, &linear, &error) == MN_OK)
            mn_linear_free(&linear);
    }
    free(text);
    return 0;
}
