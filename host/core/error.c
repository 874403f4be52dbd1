#include "host/core/error.h"

#include <stdarg.h>
#include <stdio.h>

mn_status mn_fail(mn_error *error, mn_status status, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
        error->status = status;
    }
    return status;
}

mn_status mn_fail_memory(mn_error *error)
{
    return mn_fail(error, MN_FAILURE, "out of memory");
}
