#include "host/fit/fitted.h"
#include "host/core/memory.h"

#include <math.h>

mn_fitted *mn_fitted_new(const mn_table *table)
{
    mn_fitted *fitted = mn_new_array(1, sizeof *fitted);
    if (!fitted)
        return NULL;
    fitted->base_error = fitted->residual = fitted->loss = NAN;
    fitted->values = mn_new_array((size_t)table->item_count, sizeof(double));
    fitted->errors = mn_new_array((size_t)table->item_count, sizeof(double));
    if (fitted->values && fitted->errors)
        return fitted;
    mn_fitted_free(fitted);
    return NULL;
}

void mn_fitted_free(mn_fitted *fitted)
{
    if (!fitted)
        return;
    for (int i = 0; i < fitted->factor_count; i++) {
        free(fitted->factors[i].nodes);
        free(fitted->factors[i].values);
        free(fitted->factors[i].errors);
    }
    free(fitted->factors);
    free(fitted->values);
    free(fitted->errors);
    free(fitted->leave_one_out);
    free(fitted);
}
