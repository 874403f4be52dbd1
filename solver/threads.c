#include "solver/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { MOST_THREADS = 256 };

typedef struct job {
    uint64_t count;
    mn_task task;
    void *context;
    _Atomic uint64_t next;
} job;

typedef struct worker {
    job *shared;
    int thread;
    pthread_t handle;
} worker;

static void *work(void *argument)
{
    const worker *self = argument;
    job *shared = self->shared;
    for (uint64_t index; (index = atomic_fetch_add(&shared->next, 1)) < shared->count;)
        shared->task(shared->context, index, self->thread);
    return NULL;
}

int mn_thread_count(int requested)
{
    if (requested <= 0) {
        cpu_set_t usable;
        requested = sched_getaffinity(0, sizeof usable, &usable) == 0 ? CPU_COUNT(&usable) : 1;
    }
    return requested < 1 ? 1 : requested > MOST_THREADS ? MOST_THREADS : requested;
}

void mn_parallel(int threads, uint64_t count, mn_task task, void *context)
{
    job shared = {.count = count, .task = task, .context = context};
    worker workers[MOST_THREADS];
    threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
    if ((uint64_t)threads > count)
        threads = count > 0 ? (int)count : 1;
    int started = 1;
    workers[0] = (worker){&shared, 0, 0};
    for (; started < threads; started++) {
        workers[started] = (worker){&shared, started, 0};
        if (pthread_create(&workers[started].handle, NULL, work, &workers[started]) != 0)
            break; /* the others do its share */
    }
    work(&workers[0]);
    for (int i = 1; i < started; i++)
        pthread_join(workers[i].handle, NULL);
}
