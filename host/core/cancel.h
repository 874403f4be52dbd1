/* A request to stop, made by another thread or a signal handler: long computations look for it between their steps. */
#ifndef MN_CORE_CANCEL_H
#define MN_CORE_CANCEL_H

#include "host/core/error.h"

#include <stdatomic.h>

struct mn_cancel {
    atomic_bool requested;
};

/* cancel may be NULL: nobody can ask. */
static inline bool mn_is_cancelled(const mn_cancel *cancel)
{
    return cancel && atomic_load_explicit(&cancel->requested, memory_order_relaxed);
}

/* MN_OK, or MN_INTERRUPTED with its sentence. */
static inline mn_status mn_check_cancel(const mn_cancel *cancel, mn_error *error)
{
    return mn_is_cancelled(cancel) ? mn_fail(error, MN_INTERRUPTED, "interrupted") : MN_OK;
}

#endif
