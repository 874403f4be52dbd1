#include "host/core/measured.h"

#include <stdlib.h>

void mn_measured_clear(mn_measured *measured)
{
    for (int column = 0; column < measured->column_count; column++) {
        free(measured->names[column]);
        free(measured->columns[column]);
    }
    free(measured->names);
    free(measured->columns);
    free(measured->networks);
    free(measured->lines);
    free(measured->weights);
    *measured = (mn_measured){0};
}
