/* Streams and events.
 *
 * By default the work given to a stream is done before the call returns. With options.late it waits as long as CUDA allows, until something
 * synchronises: a launcher that forgets to do so then reads old memory, every time. Streams created without cudaStreamNonBlocking and
 * the default stream wait for each other, as in CUDA. */
#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>
#include <vector>

#include "kernels/simt/scheduler.h"
#include "kernels/simt/state.h"

using work_item = std::function<void()>;

struct simt_stream {
    std::deque<work_item> work;
    bool blocking = true;
    bool running = false;
};

struct simt_event {
    simt_stream *stream = nullptr;
    uint64_t wanted = 0, reached = 0; /* records asked for, and passed */
    std::chrono::steady_clock::time_point time;
};

namespace simt
{

/* One lock for all streams: it is held while work runs, which may record faults but never calls back. */
static std::recursive_mutex streams_lock;
static std::vector<simt_stream *> streams;
static simt_stream default_stream;

static bool exists(cudaStream_t stream)
{
    return std::find(streams.begin(), streams.end(), stream) != streams.end();
}

static simt_stream *resolve(cudaStream_t stream)
{
    return stream ? stream : &default_stream;
}

/* A stream that is being drained and is met again waits for itself: by way of an event not yet recorded. That returns at once. */
static void drain_one(simt_stream *stream)
{
    if (stream->running)
        return;
    stream->running = true;
    while (!stream->work.empty()) {
        const work_item item = std::move(stream->work.front());
        stream->work.pop_front();
        if (!kernel_error()) /* what follows a fault is never done */
            item();
    }
    stream->running = false;
}

void drain_blocking()
{
    const std::lock_guard<std::recursive_mutex> lock(streams_lock);
    for (simt_stream *const stream : streams)
        if (stream->blocking)
            drain_one(stream);
    drain_one(&default_stream);
}

void drain(cudaStream_t stream)
{
    const std::lock_guard<std::recursive_mutex> lock(streams_lock);
    if (stream)
        drain_one(stream);
    else
        drain_blocking();
}

void drain_all()
{
    const std::lock_guard<std::recursive_mutex> lock(streams_lock);
    for (simt_stream *const stream : streams)
        drain_one(stream);
    drain_one(&default_stream);
}

cudaError_t enqueue(cudaStream_t stream, std::function<void()> work)
{
    const std::lock_guard<std::recursive_mutex> lock(streams_lock);
    simt_stream *const queue = resolve(stream);
    if (stream && !exists(stream))
        return note(cudaErrorInvalidResourceHandle);
    if (!stream)
        drain_blocking();
    else if (queue->blocking)
        drain_one(&default_stream);
    queue->work.push_back(std::move(work));
    if (!get_options().late)
        drain_one(queue);
    return cudaSuccess;
}

void forget_streams()
{
    const std::lock_guard<std::recursive_mutex> lock(streams_lock);
    for (simt_stream *const stream : streams)
        stream->work.clear();
    default_stream.work.clear();
}

} // namespace simt

using namespace simt;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags)
{
    if (const cudaError_t error = begin_call("cudaStreamCreate"))
        return error;
    const std::lock_guard<std::recursive_mutex> lock(streams_lock);
    *stream = new simt_stream;
    (*stream)->blocking = flags != cudaStreamNonBlocking;
    streams.push_back(*stream);
    return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t *stream)
{
    return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    const cudaError_t error = begin_call("cudaStreamDestroy");
    const std::lock_guard<std::recursive_mutex> lock(streams_lock);
    if (!stream || !exists(stream))
        return note(cudaErrorInvalidResourceHandle);
    drain_one(stream);
    streams.erase(std::find(streams.begin(), streams.end(), stream));
    delete stream;
    return error;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    if (const cudaError_t error = begin_call("cudaStreamSynchronize"))
        return error;
    if (stream && !exists(stream))
        return note(cudaErrorInvalidResourceHandle);
    drain(stream);
    return kernel_error();
}

cudaError_t cudaStreamQuery(cudaStream_t stream)
{
    if (const cudaError_t error = begin_call("cudaStreamQuery"))
        return error;
    const std::lock_guard<std::recursive_mutex> lock(streams_lock);
    simt_stream *const queue = resolve(stream);
    if (queue->work.empty())
        return cudaSuccess;
    drain_one(queue); /* the next query finds it done */
    return cudaErrorNotReady;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned)
{
    if (const cudaError_t error = begin_call("cudaStreamWaitEvent"))
        return error;
    simt_stream *const source = event->stream;
    return source ? enqueue(stream, [=] { drain_one(source); }) : cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned)
{
    if (const cudaError_t error = begin_call("cudaEventCreate"))
        return error;
    *event = new simt_event;
    return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *event)
{
    return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    const cudaError_t error = begin_call("cudaEventDestroy");
    drain_all(); /* work that waits may still name it */
    delete event;
    return error;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    if (const cudaError_t error = begin_call("cudaEventRecord"))
        return error;
    event->stream = resolve(stream);
    event->wanted++;
    return enqueue(stream, [=] {
        event->reached++;
        event->time = std::chrono::steady_clock::now();
    });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    if (const cudaError_t error = begin_call("cudaEventSynchronize"))
        return error;
    const std::lock_guard<std::recursive_mutex> lock(streams_lock);
    if (event->reached < event->wanted)
        drain_one(event->stream);
    return kernel_error();
}

cudaError_t cudaEventQuery(cudaEvent_t event)
{
    if (const cudaError_t error = begin_call("cudaEventQuery"))
        return error;
    const std::lock_guard<std::recursive_mutex> lock(streams_lock);
    if (event->reached == event->wanted)
        return cudaSuccess;
    drain_one(event->stream);
    return cudaErrorNotReady;
}

cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t start, cudaEvent_t end)
{
    if (const cudaError_t error = begin_call("cudaEventElapsedTime"))
        return error;
    if (!start->reached || !end->reached)
        return note(cudaErrorInvalidResourceHandle);
    if (start->reached < start->wanted || end->reached < end->wanted)
        return cudaErrorNotReady;
    *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
    return cudaSuccess;
}
