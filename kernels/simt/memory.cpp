/* The device's global memory: allocations of the host with marked gaps around them, so that a write past an end is noticed when the memory is
 * freed. Under the address sanitizer plain allocations: it puts its own gaps and sees reads and uses after the end, too. */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

#include "kernels/simt/sanitizers.h"
#include "kernels/simt/scheduler.h"
#include "kernels/simt/state.h"

namespace simt
{

static constexpr unsigned char gap_mark = 0xc5;
static constexpr size_t alignment = 256;
#ifdef MN_SIMT_ADDRESS_SANITIZER
static constexpr size_t gap = 0;
#else
static constexpr size_t gap = 256;
#endif

static std::mutex memory_lock;
/* Allocations by their address. Vectors throughout the emulator: the memory sanitizer sees into them, into the library's trees it does not. */
struct allocation {
    uintptr_t begin;
    size_t bytes;
};
static std::vector<allocation> device_memory, host_memory;
static size_t device_bytes;

/* The first that begins behind `address`. */
static std::vector<allocation>::iterator first_behind(std::vector<allocation> *memory, uintptr_t address)
{
    return std::upper_bound(memory->begin(), memory->end(), address,
                            [](uintptr_t wanted, const allocation &entry) { return wanted < entry.begin; });
}

static void remember(std::vector<allocation> *memory, void *address, size_t bytes)
{
    const uintptr_t begin = reinterpret_cast<uintptr_t>(address);
    memory->insert(first_behind(memory, begin), {begin, bytes});
}

/* Whether an allocation began there, and its size. */
static bool forget(std::vector<allocation> *memory, const void *address, size_t *bytes)
{
    const auto behind = first_behind(memory, reinterpret_cast<uintptr_t>(address));
    if (behind == memory->begin() || (behind - 1)->begin != reinterpret_cast<uintptr_t>(address))
        return false;
    *bytes = (behind - 1)->bytes;
    memory->erase(behind - 1);
    return true;
}

static bool lies_in(std::vector<allocation> *memory, const void *address, size_t bytes)
{
    const std::lock_guard<std::mutex> lock(memory_lock);
    const uintptr_t begin = reinterpret_cast<uintptr_t>(address);
    const auto behind = first_behind(memory, begin);
    if (behind == memory->begin())
        return false;
    const size_t offset = begin - (behind - 1)->begin, whole = (behind - 1)->bytes;
    return offset <= whole && bytes <= whole - offset;
}

bool on_device(const void *address, size_t bytes)
{
    return lies_in(&device_memory, address, bytes);
}

bool is_pinned(const void *address, size_t bytes)
{
    return lies_in(&host_memory, address, bytes);
}

size_t allocated_bytes()
{
    const std::lock_guard<std::mutex> lock(memory_lock);
    return device_bytes;
}

static cudaError_t new_memory(void **address, size_t bytes)
{
    const options how = get_options();
    const std::lock_guard<std::mutex> lock(memory_lock);
    *address = nullptr;
    if (!bytes)
        return cudaSuccess;
    void *whole;
    if (bytes > how.memory_bytes - device_bytes || posix_memalign(&whole, alignment, bytes + 2 * gap))
        return note(cudaErrorMemoryAllocation);
    unsigned char *const begin = static_cast<unsigned char *>(whole) + gap;
    memset(whole, gap_mark, gap);
    memset(begin, how.pattern, bytes);
    memset(begin + bytes, gap_mark, gap);
    mark_unset(begin, bytes);
    remember(&device_memory, begin, bytes);
    device_bytes += bytes;
    *address = begin;
    return cudaSuccess;
}

static bool is_marked(const unsigned char *begin, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (begin[i] != gap_mark)
            return false;
    return true;
}

/* Frees what begins there; an overrun counts as the fault of a kernel. */
static cudaError_t end_memory(void *address)
{
    size_t bytes;
    {
        const std::lock_guard<std::mutex> lock(memory_lock);
        if (!forget(&device_memory, address, &bytes))
            return note(cudaErrorInvalidValue);
        device_bytes -= bytes;
    }
    unsigned char *const begin = static_cast<unsigned char *>(address);
    if (!is_marked(begin - gap, gap) || !is_marked(begin + bytes, gap)) {
        char text[128];
        snprintf(text, sizeof text, "something wrote past the ends of %zu bytes of the device's memory", bytes);
        grid_run freed = {};
        record_fault(&freed, text);
    }
    free(begin - gap);
    return cudaSuccess;
}

void free_all_memory()
{
    const std::lock_guard<std::mutex> lock(memory_lock);
    for (const allocation &entry : device_memory)
        free(reinterpret_cast<unsigned char *>(entry.begin) - gap);
    for (const allocation &entry : host_memory)
        free(reinterpret_cast<void *>(entry.begin));
    device_memory.clear();
    host_memory.clear();
    device_bytes = 0;
}

cudaError_t allocate(void **address, size_t bytes)
{
    if (const cudaError_t error = begin_call("cudaMalloc"))
        return error;
    return new_memory(address, bytes);
}

cudaError_t allocate_on_stream(void **address, size_t bytes, cudaStream_t)
{
    if (const cudaError_t error = begin_call("cudaMallocAsync"))
        return error;
    return new_memory(address, bytes);
}

cudaError_t allocate_host(void **address, size_t bytes)
{
    if (const cudaError_t error = begin_call("cudaMallocHost"))
        return error;
    void *const memory = malloc(bytes ? bytes : 1);
    if (!memory)
        return note(cudaErrorMemoryAllocation);
    const std::lock_guard<std::mutex> lock(memory_lock);
    remember(&host_memory, memory, bytes);
    *address = memory;
    return cudaSuccess;
}

cudaError_t copy_to_symbol(void *symbol, size_t symbol_bytes, const void *source, size_t bytes, size_t offset)
{
    if (const cudaError_t error = begin_call("cudaMemcpyToSymbol"))
        return error;
    if (offset > symbol_bytes || bytes > symbol_bytes - offset)
        return note(cudaErrorInvalidValue);
    drain_all();
    memcpy(static_cast<char *>(symbol) + offset, source, bytes);
    return cudaSuccess;
}

cudaError_t copy_from_symbol(void *destination, const void *symbol, size_t symbol_bytes, size_t bytes, size_t offset)
{
    if (const cudaError_t error = begin_call("cudaMemcpyFromSymbol"))
        return error;
    if (offset > symbol_bytes || bytes > symbol_bytes - offset)
        return note(cudaErrorInvalidValue);
    drain_all();
    memcpy(destination, static_cast<const char *>(symbol) + offset, bytes);
    return kernel_error();
}

/* What CUDA checks of a copy: its direction, and that its ends lie in the device's memory. */
static cudaError_t check_copy(const void *destination, const void *source, size_t bytes, cudaMemcpyKind kind)
{
    if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault)
        return cudaErrorInvalidMemcpyDirection;
    const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    if ((to_device && !on_device(destination, bytes)) || (from_device && !on_device(source, bytes)))
        return cudaErrorInvalidValue;
    return cudaSuccess;
}

} // namespace simt

using namespace simt;

cudaError_t cudaMemGetInfo(size_t *free, size_t *total)
{
    if (const cudaError_t error = begin_call("cudaMemGetInfo"))
        return error;
    *total = get_options().memory_bytes;
    *free = *total - allocated_bytes();
    return cudaSuccess;
}

cudaError_t cudaFree(void *address)
{
    if (const cudaError_t error = begin_call("cudaFree"))
        return error;
    drain_all();
    return address ? end_memory(address) : cudaSuccess;
}

cudaError_t cudaFreeAsync(void *address, cudaStream_t stream)
{
    if (const cudaError_t error = begin_call("cudaFreeAsync"))
        return error;
    if (!on_device(address, 0))
        return note(cudaErrorInvalidValue);
    return enqueue(stream, [=] { end_memory(address); });
}

cudaError_t cudaFreeHost(void *address)
{
    if (const cudaError_t error = begin_call("cudaFreeHost"))
        return error;
    drain_all();
    {
        const std::lock_guard<std::mutex> lock(memory_lock);
        size_t bytes;
        if (address && !forget(&host_memory, address, &bytes))
            return note(cudaErrorInvalidValue);
    }
    free(address);
    return cudaSuccess;
}

cudaError_t cudaMemcpy(void *destination, const void *source, size_t bytes, cudaMemcpyKind kind)
{
    if (const cudaError_t error = begin_call("cudaMemcpy"))
        return error;
    if (const cudaError_t error = check_copy(destination, source, bytes, kind))
        return note(error);
    drain_blocking();
    if (bytes)
        memcpy(destination, source, bytes);
    return kernel_error();
}

/* Memory of the host that is not pinned is read before the call returns, and written before it does. */
cudaError_t cudaMemcpyAsync(void *destination, const void *source, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream)
{
    if (const cudaError_t error = begin_call("cudaMemcpyAsync"))
        return error;
    if (const cudaError_t error = check_copy(destination, source, bytes, kind))
        return note(error);
    if (!bytes)
        return cudaSuccess;
    if (kind == cudaMemcpyHostToDevice && !is_pinned(source, bytes)) {
        const char *const first = static_cast<const char *>(source);
        const std::string staged(first, first + bytes);
        return enqueue(stream, [=] { memcpy(destination, staged.data(), bytes); });
    }
    const cudaError_t error = enqueue(stream, [=] { memcpy(destination, source, bytes); });
    if (kind == cudaMemcpyDeviceToHost && !is_pinned(destination, bytes))
        drain(stream);
    return error ? error : kernel_error();
}

cudaError_t cudaMemset(void *address, int value, size_t bytes)
{
    if (const cudaError_t error = begin_call("cudaMemset"))
        return error;
    if (!on_device(address, bytes))
        return note(cudaErrorInvalidValue);
    drain_blocking();
    memset(address, value, bytes);
    return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void *address, int value, size_t bytes, cudaStream_t stream)
{
    if (const cudaError_t error = begin_call("cudaMemsetAsync"))
        return error;
    if (!on_device(address, bytes))
        return note(cudaErrorInvalidValue);
    return enqueue(stream, [=] { memset(address, value, bytes); });
}
