/* Work on all cores: indices 0 .. count - 1 handed out one at a time. Which thread takes which index is not determined; what is
 * computed must not depend on it. */
#ifndef MN_SOLVER_THREADS_H
#define MN_SOLVER_THREADS_H

#include <stdint.h>

/* `thread` is 0 .. threads - 1, for scratch memory. */
typedef void (*mn_task)(void *context, uint64_t index, int thread);

int mn_thread_count(int requested); /* 0: all cores that this process may use */

/* Returns when all are done. With one thread, or when no thread can be started, the caller's thread does the work. */
void mn_parallel(int threads, uint64_t count, mn_task task, void *context);

#endif
