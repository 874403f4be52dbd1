/* The one device there is, its errors, its launches. Its figures are those of an H100, so that launchers choose as they would there. */
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "kernels/simt/grid.h"
#include "kernels/simt/scheduler.h"
#include "kernels/simt/state.h"

namespace simt
{

static std::mutex state_lock;
static options state_options;
static bool options_read;
static std::string state_fault;
static cudaError_t sticky_error = cudaSuccess;
static thread_local cudaError_t last_error = cudaSuccess;
static std::string failing_call;
static int failing_in;
static cudaError_t failing_error;
static bool failing_done;

struct dynamic_limit {
    const void *kernel;
    int bytes;
};
static std::vector<dynamic_limit> dynamic_limits; /* that launchers asked for */

static options plain_options()
{
    options plain = {};
    plain.pattern = 0xa5;
    plain.yield_limit = 20000000;
    plain.memory_bytes = static_cast<size_t>(8) << 30;
    return plain;
}

static options seeded(options how, uint64_t seed)
{
    uint64_t random = seed;
    how.seed = seed;
    how.late = seed && next_random(&random) % 2;
    how.pattern = seed ? static_cast<unsigned char>(next_random(&random)) : static_cast<unsigned char>(0xa5);
    return how;
}

static uint64_t number_from(const char *variable)
{
    const char *const text = getenv(variable);
    return text ? strtoull(text, nullptr, 10) : 0;
}

static void read_options()
{
    if (options_read)
        return;
    options_read = true;
    state_options = seeded(plain_options(), number_from("MATHNAS_SIMT_SEED"));
    state_options.threads = static_cast<int>(number_from("MATHNAS_SIMT_THREADS"));
}

options get_options()
{
    const std::lock_guard<std::mutex> lock(state_lock);
    read_options();
    return state_options;
}

void set_options(const options &wanted)
{
    const std::lock_guard<std::mutex> lock(state_lock);
    options_read = true;
    state_options = wanted;
}

void set_seed(uint64_t seed)
{
    set_options(seeded(get_options(), seed));
}

std::string fault_message()
{
    const std::lock_guard<std::mutex> lock(state_lock);
    return state_fault;
}

/* The first one counts: what follows may be its consequence. */
void record_fault(grid_run *run, const char *text)
{
    const std::lock_guard<std::mutex> lock(state_lock);
    if (!__atomic_exchange_n(&run->failed, 1, __ATOMIC_RELAXED) && state_fault.empty())
        state_fault = text;
    sticky_error = cudaErrorLaunchFailure;
}

void fail_call(const char *name, int nth, cudaError_t error)
{
    const std::lock_guard<std::mutex> lock(state_lock);
    failing_call = name;
    failing_in = nth;
    failing_error = error;
    failing_done = false;
}

bool call_failed()
{
    const std::lock_guard<std::mutex> lock(state_lock);
    failing_call.clear();
    return failing_done;
}

cudaError_t note(cudaError_t error)
{
    if (error != cudaSuccess && error != cudaErrorNotReady)
        last_error = error;
    return error;
}

cudaError_t kernel_error()
{
    const std::lock_guard<std::mutex> lock(state_lock);
    return note(sticky_error);
}

cudaError_t begin_call(const char *name)
{
    const std::lock_guard<std::mutex> lock(state_lock);
    if (!failing_call.empty() && (failing_call == "*" || failing_call == name) && --failing_in == 0) {
        failing_done = true;
        failing_call.clear();
        return note(failing_error);
    }
    return note(sticky_error);
}

int dynamic_shared_limit(const void *kernel)
{
    const std::lock_guard<std::mutex> lock(state_lock);
    for (const dynamic_limit &entry : dynamic_limits)
        if (entry.kernel == kernel)
            return entry.bytes;
    return static_cast<int>(static_shared_limit);
}

static void allow_dynamic_shared(const void *kernel, int bytes)
{
    const std::lock_guard<std::mutex> lock(state_lock);
    for (dynamic_limit &entry : dynamic_limits)
        if (entry.kernel == kernel) {
            entry.bytes = bytes;
            return;
        }
    dynamic_limits.push_back({kernel, bytes});
}

cudaError_t set_attribute(const void *kernel, cudaFuncAttribute attribute, int value)
{
    if (const cudaError_t error = begin_call("cudaFuncSetAttribute"))
        return error;
    if (attribute == cudaFuncAttributePreferredSharedMemoryCarveout)
        return value >= -1 && value <= 100 ? cudaSuccess : note(cudaErrorInvalidValue);
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 ||
        value > static_cast<int>(shared_opt_in_limit))
        return note(cudaErrorInvalidValue);
    allow_dynamic_shared(kernel, value);
    return cudaSuccess;
}

static bool valid_shape(dim3 grid, dim3 block)
{
    const uint64_t lanes = static_cast<uint64_t>(block.x) * block.y * block.z;
    return grid.x >= 1 && grid.x <= 2147483647u && grid.y >= 1 && grid.y <= 65535 && grid.z >= 1 && grid.z <= 65535 &&
           lanes >= 1 && lanes <= 1024 && block.x <= 1024 && block.y <= 1024 && block.z <= 64;
}

cudaError_t launch(const void *kernel, dim3 grid, dim3 block, size_t bytes, cudaStream_t stream, call *work)
{
    const std::shared_ptr<call> kept(work);
    if (const cudaError_t error = begin_call("cudaLaunchKernel"))
        return error;
    if (!valid_shape(grid, block))
        return note(cudaErrorInvalidConfiguration);
    if (bytes > static_cast<size_t>(dynamic_shared_limit(kernel)))
        return note(cudaErrorInvalidValue);
    return enqueue(stream, [=] {
        grid_run run = {};
        run.work = kept.get();
        run.grid = grid;
        run.size = block;
        run.dynamic_bytes = bytes;
        run.how = get_options();
        run.block_count = static_cast<uint64_t>(grid.x) * grid.y * grid.z;
        run_grid(&run);
    });
}

cudaError_t function_attributes(cudaFuncAttributes *attributes, const void *kernel)
{
    if (const cudaError_t error = begin_call("cudaFuncGetAttributes"))
        return error;
    *attributes = {};
    attributes->maxThreadsPerBlock = 1024;
    attributes->numRegs = 32;
    attributes->maxDynamicSharedSizeBytes = dynamic_shared_limit(kernel);
    return cudaSuccess;
}

cudaError_t blocks_per_multiprocessor(int *blocks, int block_size, size_t dynamic_bytes)
{
    if (const cudaError_t error = begin_call("cudaOccupancyMaxActiveBlocksPerMultiprocessor"))
        return error;
    if (block_size < 1 || block_size > 1024)
        return note(cudaErrorInvalidValue);
    const int by_lanes = 2048 / ((block_size + 31) / 32 * 32);
    const int by_memory = static_cast<int>((static_cast<size_t>(228) << 10) / (dynamic_bytes + 1024));
    *blocks = by_lanes < by_memory ? by_lanes : by_memory;
    if (*blocks > 32)
        *blocks = 32;
    return cudaSuccess;
}

long long clock_ticks()
{
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

} // namespace simt

using namespace simt;

cudaError_t cudaGetLastError()
{
    const cudaError_t error = cudaPeekAtLastError();
    last_error = cudaSuccess;
    return error;
}

cudaError_t cudaPeekAtLastError()
{
    const std::lock_guard<std::mutex> lock(state_lock);
    return sticky_error ? sticky_error : last_error;
}

cudaError_t cudaGetDeviceCount(int *count)
{
    if (const cudaError_t error = begin_call("cudaGetDeviceCount"))
        return error;
    *count = 1;
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int device)
{
    if (const cudaError_t error = begin_call("cudaSetDevice"))
        return error;
    return device == 0 ? cudaSuccess : note(cudaErrorInvalidDevice);
}

cudaError_t cudaGetDevice(int *device)
{
    if (const cudaError_t error = begin_call("cudaGetDevice"))
        return error;
    *device = 0;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device)
{
    if (const cudaError_t error = begin_call("cudaGetDeviceProperties"))
        return error;
    if (device != 0)
        return note(cudaErrorInvalidDevice);
    *properties = {};
    snprintf(properties->name, sizeof properties->name, "mathnas emulator on the processor");
    properties->totalGlobalMem = get_options().memory_bytes;
    properties->sharedMemPerBlock = static_shared_limit;
    properties->sharedMemPerBlockOptin = shared_opt_in_limit;
    properties->sharedMemPerMultiprocessor = static_cast<size_t>(228) << 10;
    properties->totalConstMem = 64 << 10;
    properties->regsPerBlock = 65536;
    properties->warpSize = 32;
    properties->maxThreadsPerBlock = properties->maxThreadsDim[0] = properties->maxThreadsDim[1] = 1024;
    properties->maxThreadsDim[2] = 64;
    properties->maxGridSize[0] = 2147483647;
    properties->maxGridSize[1] = properties->maxGridSize[2] = 65535;
    properties->multiProcessorCount = 132;
    properties->maxThreadsPerMultiProcessor = 2048;
    properties->maxBlocksPerMultiProcessor = 32;
    properties->l2CacheSize = 50 << 20;
    properties->major = 9;
    return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int device)
{
    cudaDeviceProp properties;
    if (const cudaError_t error = cudaGetDeviceProperties(&properties, device))
        return error;
    const struct {
        cudaDeviceAttr attribute;
        size_t value;
    } values[] = {
        {cudaDevAttrMaxThreadsPerBlock, static_cast<size_t>(properties.maxThreadsPerBlock)},
        {cudaDevAttrMaxSharedMemoryPerBlock, properties.sharedMemPerBlock},
        {cudaDevAttrWarpSize, static_cast<size_t>(properties.warpSize)},
        {cudaDevAttrMultiProcessorCount, static_cast<size_t>(properties.multiProcessorCount)},
        {cudaDevAttrL2CacheSize, static_cast<size_t>(properties.l2CacheSize)},
        {cudaDevAttrMaxThreadsPerMultiProcessor, static_cast<size_t>(properties.maxThreadsPerMultiProcessor)},
        {cudaDevAttrComputeCapabilityMajor, static_cast<size_t>(properties.major)},
        {cudaDevAttrComputeCapabilityMinor, static_cast<size_t>(properties.minor)},
        {cudaDevAttrMaxSharedMemoryPerMultiprocessor, properties.sharedMemPerMultiprocessor},
        {cudaDevAttrMaxSharedMemoryPerBlockOptin, properties.sharedMemPerBlockOptin},
    };
    for (const auto &entry : values)
        if (entry.attribute == attribute) {
            *value = static_cast<int>(entry.value);
            return cudaSuccess;
        }
    return note(cudaErrorInvalidValue);
}

cudaError_t cudaDriverGetVersion(int *version)
{
    if (const cudaError_t error = begin_call("cudaDriverGetVersion"))
        return error;
    *version = 13000;
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version)
{
    if (const cudaError_t error = begin_call("cudaRuntimeGetVersion"))
        return error;
    *version = 13000;
    return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize()
{
    if (const cudaError_t error = begin_call("cudaDeviceSynchronize"))
        return error;
    drain_all();
    return kernel_error();
}

cudaError_t cudaDeviceReset()
{
    forget_streams();
    free_all_memory();
    const std::lock_guard<std::mutex> lock(state_lock);
    sticky_error = last_error = cudaSuccess;
    state_fault.clear();
    dynamic_limits.clear();
    return cudaSuccess;
}
