#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "host/fit/parallel.h"

enum { MOST_THREADS = 64, DEFAULT_THREADS = 8 };

typedef struct team {
    mn_piece *piece;
    void *context;
    const mn_cancel *cancel;
    uint64_t pieces;
    _Atomic uint64_t next;
    atomic_bool failed;
    pthread_mutex_t lock; /* of what follows */
    uint64_t failed_piece;
    mn_error error;
} team;

static void note_failure(team *t, uint64_t piece, const mn_error *error)
{
    pthread_mutex_lock(&t->lock);
    if (!t->failed || piece < t->failed_piece) {
        t->failed_piece = piece;
        t->error = *error;
    }
    t->failed = true;
    pthread_mutex_unlock(&t->lock);
}

static void *work(void *argument)
{
    team *t = argument;
    mn_error error = {0};
    for (uint64_t piece; !t->failed && (piece = t->next++) < t->pieces;)
        if (mn_check_cancel(t->cancel, &error) != MN_OK || t->piece(t->context, piece, &error) != MN_OK)
            note_failure(t, piece, &error);
    return NULL;
}

mn_status mn_run_pieces(int threads, const mn_cancel *cancel, uint64_t pieces, mn_piece *piece, void *context,
                        mn_error *error)
{
    team t = {
        .piece = piece, .context = context, .cancel = cancel, .pieces = pieces, .lock = PTHREAD_MUTEX_INITIALIZER};
    if (threads <= 0) {
        const long cores = sysconf(_SC_NPROCESSORS_ONLN);
        threads = cores < 1 ? 1 : cores > DEFAULT_THREADS ? DEFAULT_THREADS : (int)cores;
    }
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    if ((uint64_t)threads > pieces)
        threads = (int)pieces;

    pthread_t started[MOST_THREADS];
    int count = 0;
    while (count + 1 < threads && !pthread_create(&started[count], NULL, work, &t))
        count++;
    work(&t);
    for (int i = 0; i < count; i++)
        pthread_join(started[i], NULL);
    return t.failed ? mn_fail(error, t.error.status, "%s", t.error.text) : MN_OK;
}
