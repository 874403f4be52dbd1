/* Errors of handles, and the version. */
#include "host/api/handle.h"

#include <pthread.h>

#ifndef MATHNAS_VERSION
#define MATHNAS_VERSION "0.1.0"
#endif

const char *mn_version(void)
{
    return MATHNAS_VERSION;
}

const char *mn_last_error(const void *handle)
{
    return handle ? ((const mn_error *)handle)->text : "";
}

mn_status mn_table_record(const mn_table *table, const mn_error *error)
{
    static pthread_mutex_t recording = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&recording);
    ((mn_table *)table)->error = *error;
    pthread_mutex_unlock(&recording);
    return error->status;
}
