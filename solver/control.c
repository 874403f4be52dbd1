#include "solver/control.h"

#include <time.h>

double mn_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

mn_status mn_control_check(const mn_control *control)
{
    mn_monitor_look(control->monitor);
    if (control->cancel && atomic_load_explicit(control->cancel, memory_order_relaxed))
        return MN_INTERRUPTED;
    if (control->deadline > 0 && mn_clock() > control->deadline)
        return MN_STOPPED;
    return MN_OK;
}
