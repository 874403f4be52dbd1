/* The plugin's table of functions (host/device/plugin.h): memory, streams, errors and the profile, on CUDA's runtime or the emulator's.
 *
 * Every call of the interface goes through mn_gpu_call: checked, counted, and made to fail where a test asks for it. The first failure
 * ends the device: CUDA's errors stick to its context, and answers computed around one could be wrong. */
#include "kernels/gpu.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#ifdef __CUDACC__
#include <nvtx3/nvToolsExt.h>
#endif

enum { PROFILES = 32, TIMINGS = 512 };

/* An allocation, in a list. */
struct block {
    void *memory;
    uint64_t bytes;
    bool pinned;
    block *next;
};

/* A launch whose time is not yet known. */
struct timing {
    cudaEvent_t begin, end;
    int profile;
};

struct mn_gpu {
    mn_gpu_options options;
    mn_gpu_facts facts;
    uint64_t calls;
    bool failed;
    char failure[MN_ERROR_SIZE]; /* the first one */
    cudaStream_t streams[MN_GPU_STREAMS];
    cudaEvent_t reached[MN_GPU_STREAMS]; /* for `follow` */
    block *blocks;
    uint64_t allocated;
    int profile_count;
    mn_kernel_profile profiles[PROFILES];
    int timing_count, timings_made;
    timing timings[TIMINGS];
};

/* ---- errors ---------------------------------------------------------------------------------------------------------------------- */

static mn_status fail(mn_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->status = MN_FAILURE;
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return MN_FAILURE;
}

/* What a person can do about an error of the interface, behind its own words. */
static const char *advice(cudaError_t code)
{
    switch ((int)code) {
    case cudaErrorInsufficientDriver:
        return "; there is no driver, or it is older than the toolkit that the plugin was built with";
    case cudaErrorNoDevice:
        return "; no GPU is there";
    case cudaErrorNoKernelImageForDevice:
        return "; the plugin holds no code for this kind of GPU: build it with make cuda-all";
    default:
        return "";
    }
}

bool mn_gpu_may_call(mn_gpu *gpu)
{
    return !gpu->failed && ++gpu->calls != gpu->options.fail_at;
}

mn_status mn_gpu_check(mn_gpu *gpu, cudaError_t code, const char *call, mn_error *error)
{
    if (code == cudaSuccess && !gpu->failed)
        return MN_OK;
    if (!gpu->failed) {
        gpu->failed = true;
        snprintf(gpu->failure, sizeof gpu->failure, "%s: %s%s", call, cudaGetErrorString(code), advice(code));
    }
    const char *name = gpu->facts.name[0] ? gpu->facts.name : "GPU";
    return fail(error, "%s %d: %.800s", name, gpu->options.ordinal, gpu->failure);
}

cudaStream_t mn_gpu_stream(const mn_gpu *gpu, int stream)
{
    return gpu->streams[stream];
}

const mn_gpu_facts *mn_gpu_facts_of(const mn_gpu *gpu)
{
    return &gpu->facts;
}

/* The calling thread's device: a thread may use several. */
static mn_status enter(mn_gpu *gpu, mn_error *error)
{
    return mn_gpu_call(gpu, error, "cudaSetDevice", [&] { return cudaSetDevice(gpu->options.ordinal); });
}

/* ---- opening --------------------------------------------------------------------------------------------------------------------- */

static mn_status count_devices(int *devices, mn_error *error)
{
    *devices = 0;
    const cudaError_t code = cudaGetDeviceCount(devices);
    return code == cudaSuccess ? MN_OK
                               : fail(error, "cudaGetDeviceCount: %s%s", cudaGetErrorString(code), advice(code));
}

static mn_status read_facts(mn_gpu *gpu, mn_error *error)
{
    mn_gpu_facts *facts = &gpu->facts;
    cudaDeviceProp properties;
    size_t free_bytes = 0, bytes = 0;
    mn_status status = mn_gpu_call(gpu, error, "cudaGetDeviceProperties",
                                   [&] { return cudaGetDeviceProperties(&properties, gpu->options.ordinal); });
    if (status == MN_OK)
        status = mn_gpu_call(gpu, error, "cudaMemGetInfo", [&] { return cudaMemGetInfo(&free_bytes, &bytes); });
    if (status == MN_OK)
        status = mn_gpu_call(gpu, error, "cudaDriverGetVersion", [&] { return cudaDriverGetVersion(&facts->driver); });
    if (status == MN_OK)
        status =
            mn_gpu_call(gpu, error, "cudaRuntimeGetVersion", [&] { return cudaRuntimeGetVersion(&facts->runtime); });
    if (status != MN_OK)
        return status;
    snprintf(facts->name, sizeof facts->name, "%s", properties.name);
    facts->compute_major = properties.major;
    facts->compute_minor = properties.minor;
    facts->multiprocessors = properties.multiProcessorCount;
    facts->threads = properties.maxThreadsPerMultiProcessor;
    facts->shared_block = (int)properties.sharedMemPerBlockOptin;
    facts->shared_processor = (int)properties.sharedMemPerMultiprocessor;
    facts->l2_bytes = (uint64_t)properties.l2CacheSize;
    facts->memory = bytes;
    facts->free_memory = free_bytes;
    return MN_OK;
}

static mn_status make_streams(mn_gpu *gpu, mn_error *error)
{
    mn_status status = MN_OK;
    for (int i = 0; status == MN_OK && i < MN_GPU_STREAMS; i++) {
        status = mn_gpu_call(gpu, error, "cudaStreamCreateWithFlags",
                             [&] { return cudaStreamCreateWithFlags(&gpu->streams[i], cudaStreamNonBlocking); });
        if (status == MN_OK)
            status = mn_gpu_call(gpu, error, "cudaEventCreateWithFlags",
                                 [&] { return cudaEventCreateWithFlags(&gpu->reached[i], cudaEventDisableTiming); });
    }
    return status;
}

/* Frees everything; errors have no meaning any more. */
static void close_gpu(mn_gpu *gpu)
{
    if (!gpu)
        return;
    (void)cudaSetDevice(gpu->options.ordinal);
    for (int i = 0; i < MN_GPU_STREAMS; i++)
        if (gpu->streams[i])
            (void)cudaStreamSynchronize(gpu->streams[i]);
    for (block *b = gpu->blocks, *next; b; b = next) {
        next = b->next;
        (void)(b->pinned ? cudaFreeHost(b->memory) : cudaFree(b->memory));
        free(b);
    }
    for (int i = 0; i < gpu->timings_made; i++) {
        (void)cudaEventDestroy(gpu->timings[i].begin);
        (void)cudaEventDestroy(gpu->timings[i].end);
    }
    for (int i = 0; i < MN_GPU_STREAMS; i++) {
        if (gpu->reached[i])
            (void)cudaEventDestroy(gpu->reached[i]);
        if (gpu->streams[i])
            (void)cudaStreamDestroy(gpu->streams[i]);
    }
    (void)cudaGetLastError();
    free(gpu);
}

static mn_status open_gpu(const mn_gpu_options *options, mn_gpu **opened, mn_error *error)
{
    *opened = NULL;
    mn_gpu *gpu = static_cast<mn_gpu *>(calloc(1, sizeof *gpu));
    if (!gpu)
        return fail(error, "out of memory");
    gpu->options = *options;
    int devices = 0;
    mn_status status = mn_gpu_call(gpu, error, "cudaGetDeviceCount", [&] { return cudaGetDeviceCount(&devices); });
    if (status == MN_OK && (options->ordinal < 0 || options->ordinal >= devices))
        status = fail(error, "device %d: there %s %d, numbered from 0", options->ordinal, devices == 1 ? "is" : "are",
                      devices);
    if (status == MN_OK)
        status = enter(gpu, error);
    if (status == MN_OK)
        status = read_facts(gpu, error);
    if (status == MN_OK)
        status = make_streams(gpu, error);
    if (status != MN_OK) {
        close_gpu(gpu);
        return status;
    }
    *opened = gpu;
    return MN_OK;
}

/* ---- memory ---------------------------------------------------------------------------------------------------------------------- */

static mn_status allocate_kind(mn_gpu *gpu, uint64_t bytes, bool pinned, void **memory, mn_error *error)
{
    *memory = NULL;
    mn_status status = enter(gpu, error);
    if (status != MN_OK || (gpu->options.memory_limit > 0 && bytes > gpu->options.memory_limit - gpu->allocated))
        return status;
    block *b = static_cast<block *>(calloc(1, sizeof *b));
    if (!b)
        return MN_OK;
    bool lacking = false;
    const size_t size = (size_t)(bytes > 0 ? bytes : 1);
    status = mn_gpu_call(gpu, error, pinned ? "cudaHostAlloc" : "cudaMalloc", [&] {
        const cudaError_t code =
            pinned ? cudaHostAlloc(&b->memory, size, cudaHostAllocDefault) : cudaMalloc(&b->memory, size);
        lacking = code == cudaErrorMemoryAllocation;
        if (lacking)
            (void)cudaGetLastError(); /* no failure: the caller tries less */
        return lacking ? cudaSuccess : code;
    });
    if (status != MN_OK || lacking) {
        free(b);
        return status;
    }
    b->bytes = bytes;
    b->pinned = pinned;
    b->next = gpu->blocks;
    gpu->blocks = b;
    gpu->allocated += bytes;
    *memory = b->memory;
    return MN_OK;
}

static mn_status allocate(mn_gpu *gpu, uint64_t bytes, void **memory, mn_error *error)
{
    return allocate_kind(gpu, bytes, false, memory, error);
}

static mn_status allocate_pinned(mn_gpu *gpu, uint64_t bytes, void **memory, mn_error *error)
{
    return allocate_kind(gpu, bytes, true, memory, error);
}

static mn_status release(mn_gpu *gpu, void *memory, mn_error *error)
{
    block **place = &gpu->blocks;
    while (*place && (*place)->memory != memory)
        place = &(*place)->next;
    block *b = *place;
    if (!memory)
        return MN_OK;
    if (!b)
        return fail(error, "release: memory that was not allocated here");
    const mn_status status = mn_gpu_call(gpu, error, b->pinned ? "cudaFreeHost" : "cudaFree",
                                         [&] { return b->pinned ? cudaFreeHost(memory) : cudaFree(memory); });
    if (status != MN_OK)
        return status; /* it stays in the list, for close */
    *place = b->next;
    gpu->allocated -= b->bytes;
    free(b);
    return MN_OK;
}

/* ---- transfers ------------------------------------------------------------------------------------------------------------------- */

static mn_status copy(mn_gpu *gpu, int stream, void *to, const void *from, uint64_t bytes, cudaMemcpyKind kind,
                      mn_error *error)
{
    const mn_status status = enter(gpu, error);
    return status != MN_OK || bytes == 0 ? status : mn_gpu_call(gpu, error, "cudaMemcpyAsync", [&] {
        return cudaMemcpyAsync(to, from, (size_t)bytes, kind, gpu->streams[stream]);
    });
}

static mn_status upload(mn_gpu *gpu, int stream, void *device, const void *host, uint64_t bytes, mn_error *error)
{
    return copy(gpu, stream, device, host, bytes, cudaMemcpyHostToDevice, error);
}

static mn_status download(mn_gpu *gpu, int stream, void *host, const void *device, uint64_t bytes, mn_error *error)
{
    return copy(gpu, stream, host, device, bytes, cudaMemcpyDeviceToHost, error);
}

static mn_status fill(mn_gpu *gpu, int stream, void *device, uint8_t byte, uint64_t bytes, mn_error *error)
{
    const mn_status status = enter(gpu, error);
    return status != MN_OK || bytes == 0 ? status : mn_gpu_call(gpu, error, "cudaMemsetAsync", [&] {
        return cudaMemsetAsync(device, byte, (size_t)bytes, gpu->streams[stream]);
    });
}

static mn_status synchronise(mn_gpu *gpu, int stream, mn_error *error)
{
    const mn_status status = enter(gpu, error);
    return status != MN_OK ? status : mn_gpu_call(gpu, error, "cudaStreamSynchronize", [&] {
        return cudaStreamSynchronize(gpu->streams[stream]);
    });
}

static mn_status follow(mn_gpu *gpu, int stream, int other, mn_error *error)
{
    mn_status status = enter(gpu, error);
    if (status == MN_OK)
        status = mn_gpu_call(gpu, error, "cudaEventRecord",
                             [&] { return cudaEventRecord(gpu->reached[other], gpu->streams[other]); });
    return status != MN_OK ? status : mn_gpu_call(gpu, error, "cudaStreamWaitEvent", [&] {
        return cudaStreamWaitEvent(gpu->streams[stream], gpu->reached[other], 0);
    });
}

/* ---- the profile ----------------------------------------------------------------------------------------------------------------- */

static void range_push(mn_gpu *gpu, const char *name)
{
    (void)gpu;
#ifdef __CUDACC__
    nvtxRangePushA(name);
#else
    (void)name;
#endif
}

static void range_pop(mn_gpu *gpu)
{
    (void)gpu;
#ifdef __CUDACC__
    nvtxRangePop();
#endif
}

static int profile_of(mn_gpu *gpu, const char *kernel)
{
    int i = 0;
    while (i < gpu->profile_count && strcmp(gpu->profiles[i].kernel, kernel))
        i++;
    if (i == gpu->profile_count && i < PROFILES) {
        gpu->profiles[i] = {};
        gpu->profiles[i].kernel = kernel;
        gpu->profile_count++;
    }
    return i < PROFILES ? i : PROFILES - 1;
}

/* Reads the times of the launches that are not yet counted, waiting for them. */
static mn_status count_times(mn_gpu *gpu, mn_error *error)
{
    mn_status status = MN_OK;
    for (int i = 0; status == MN_OK && i < gpu->timing_count; i++) {
        const timing *t = &gpu->timings[i];
        float milliseconds = 0;
        status = mn_gpu_call(gpu, error, "cudaEventSynchronize", [&] { return cudaEventSynchronize(t->end); });
        if (status == MN_OK)
            status = mn_gpu_call(gpu, error, "cudaEventElapsedTime",
                                 [&] { return cudaEventElapsedTime(&milliseconds, t->begin, t->end); });
        gpu->profiles[t->profile].seconds += 1e-3 * (double)milliseconds;
    }
    gpu->timing_count = 0;
    return status;
}

static mn_status make_events(mn_gpu *gpu, timing *t, mn_error *error)
{
    mn_status status = mn_gpu_call(gpu, error, "cudaEventCreate", [&] { return cudaEventCreate(&t->begin); });
    if (status != MN_OK)
        return status;
    status = mn_gpu_call(gpu, error, "cudaEventCreate", [&] { return cudaEventCreate(&t->end); });
    if (status == MN_OK)
        gpu->timings_made++;
    else
        (void)cudaEventDestroy(t->begin);
    return status;
}

mn_status mn_gpu_begin(mn_gpu *gpu, int stream, const mn_gpu_work *work, mn_error *error)
{
    const int profile = profile_of(gpu, work->kernel);
    gpu->profiles[profile].launches++;
    gpu->profiles[profile].bytes += work->bytes;
    gpu->profiles[profile].networks += work->networks;
    if (!gpu->options.profile)
        return MN_OK;
    mn_status status = gpu->timing_count < TIMINGS ? MN_OK : count_times(gpu, error);
    if (status == MN_OK && gpu->timing_count == gpu->timings_made)
        status = make_events(gpu, &gpu->timings[gpu->timing_count], error);
    if (status != MN_OK)
        return status;
    timing *t = &gpu->timings[gpu->timing_count];
    t->profile = profile;
    return mn_gpu_call(gpu, error, "cudaEventRecord", [&] { return cudaEventRecord(t->begin, gpu->streams[stream]); });
}

mn_status mn_gpu_end(mn_gpu *gpu, int stream, mn_error *error)
{
    if (!gpu->options.profile)
        return MN_OK;
    timing *t = &gpu->timings[gpu->timing_count];
    const mn_status status =
        mn_gpu_call(gpu, error, "cudaEventRecord", [&] { return cudaEventRecord(t->end, gpu->streams[stream]); });
    gpu->timing_count += status == MN_OK;
    return status;
}

static mn_status read_profile(mn_gpu *gpu, const mn_kernel_profile **profiles, int *count, mn_error *error)
{
    const mn_status status = count_times(gpu, error);
    *profiles = gpu->profiles;
    *count = gpu->profile_count;
    return status;
}

/* ---- the table ------------------------------------------------------------------------------------------------------------------- */

/* A launcher behind the choice of the calling thread's device. */
template <typename Parameters, mn_status (*launch)(mn_gpu *, int, const Parameters *, mn_error *)>
static mn_status run(mn_gpu *gpu, int stream, const Parameters *parameters, mn_error *error)
{
    const mn_status status = enter(gpu, error);
    return status == MN_OK ? launch(gpu, stream, parameters, error) : status;
}

static const mn_plugin plugin = {
    MN_PLUGIN_VERSION,
    sizeof(mn_plugin),
#ifdef __CUDACC__
    "cuda",
#else
    "simt",
#endif
    count_devices,
    open_gpu,
    close_gpu,
    mn_gpu_facts_of,
    allocate,
    allocate_pinned,
    release,
    upload,
    download,
    fill,
    synchronise,
    follow,
    range_push,
    range_pop,
    read_profile,
    run<mn_kernel_predict, mn_launch_predict>,
    run<mn_kernel_scan, mn_launch_scan>,
    run<mn_kernel_scan, mn_launch_scan_plain>,
    run<mn_kernel_scan_sort, mn_launch_scan_sort>,
    run<mn_kernel_scan_mark, mn_launch_scan_mark>,
    run<mn_kernel_scan_fill, mn_launch_scan_fill>,
    run<mn_kernel_scan_many, mn_launch_scan_many>,
};

extern "C" __attribute__((visibility("default"))) const mn_plugin *mathnas_plugin(void)
{
    return &plugin;
}
