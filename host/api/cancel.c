/* Requests to stop, as the public functions make them. */
#include "host/core/cancel.h"
#include "host/core/memory.h"

mn_cancel *mn_cancel_create(void)
{
    mn_cancel *cancel = mn_new_array(1, sizeof *cancel);
    if (cancel)
        atomic_init(&cancel->requested, false);
    return cancel;
}

void mn_cancel_free(mn_cancel *cancel)
{
    free(cancel);
}

void mn_cancel_request(mn_cancel *cancel)
{
    if (cancel)
        atomic_store(&cancel->requested, true);
}
