/* Any bytes as a CSV: a sentence, or rows whose cells lie inside the buffer. */
#include "host/files/csv.h"
#include "tests/fuzz/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_cells(const mn_csv *csv, const mn_cell *cells, const char *begin, const char *end)
{
    for (int i = 0; i < csv->column_count; i++)
        if (cells[i].text < begin || cells[i].text + cells[i].length > end)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size ? size : 1);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    mn_csv csv;
    mn_error error = {0};
    mn_status status = mn_csv_open(&csv, "input", copy, size, &error);
    if (status == MN_OK)
        check_cells(&csv, csv.header, copy, copy + size);
    for (bool found = true; status == MN_OK && found;) {
        status = mn_csv_next(&csv, &found);
        if (status == MN_OK && found)
            check_cells(&csv, csv.cells, copy, copy + size);
    }
    check_outcome(status, &error);
    mn_csv_close(&csv);
    free(copy);
    return 0;
}
