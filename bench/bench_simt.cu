/* What emulated kernels cost: a lane that never waits, a barrier, a warp's operations, an atomic; in nanoseconds a lane on one core.
 *
 * Each figure is the median of several launches, less the same launch without the operation. `make bench BENCH=simt`. */
#include <cstdio>

#include "bench/machine.h"
#include "bench/timing.h"
#include "kernels/kernel.h"
#include "kernels/simt/control.h"

static constexpr int steps = 64;
static constexpr unsigned all = 0xffffffffu;

__global__ void write_kernel(int *out)
{
    out[blockIdx.x * blockDim.x + threadIdx.x] = static_cast<int>(threadIdx.x);
}

enum class operation { none, barrier, warp_barrier, shuffle, ballot, reduction, half_shuffle, atomic };

template <operation what> __global__ void repeat_kernel(int *out)
{
    MN_SHARED(int, counter, );
    int value = static_cast<int>(threadIdx.x), *const count = &counter;
    for (int step = 0; step < steps; step++) {
        if (what == operation::barrier)
            __syncthreads();
        else if (what == operation::warp_barrier)
            __syncwarp();
        else if (what == operation::shuffle)
            value += __shfl_xor_sync(all, value, step & 31);
        else if (what == operation::ballot)
            value += static_cast<int>(__ballot_sync(all, value & 1));
        else if (what == operation::reduction)
            value += __reduce_add_sync(all, value);
        else if (what == operation::half_shuffle)
            value += __shfl_xor_sync(threadIdx.x & 16 ? 0xffff0000u : 0xffffu, value, step & 15);
        else if (what == operation::atomic)
            atomicAdd(count, 1);
    }
    out[blockIdx.x * blockDim.x + threadIdx.x] = value;
}

/* This thread's own time: other work on the machine does not count. */
static double processor_seconds()
{
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/* Processor seconds of a launch, the median of 15. */
static double launch_seconds(void (*kernel)(int *), int blocks, int block, int *out)
{
    double times[15];
    for (double &time : times) {
        const double start = processor_seconds();
        if (MN_LAUNCH(kernel, blocks, block, 0, nullptr, out)) {
            fprintf(stderr, "%s\n", simt::fault_message().c_str());
            exit(1);
        }
        time = processor_seconds() - start;
    }
    sort_times(times, 15);
    return share_of_times(times, 15, 0.5);
}

int main()
{
    static const struct {
        const char *name;
        void (*kernel)(int *);
    } rows[] = {
        {"__syncthreads", repeat_kernel<operation::barrier>},
        {"__syncwarp", repeat_kernel<operation::warp_barrier>},
        {"__shfl_xor_sync", repeat_kernel<operation::shuffle>},
        {"__shfl_xor_sync, half a warp", repeat_kernel<operation::half_shuffle>},
        {"__ballot_sync", repeat_kernel<operation::ballot>},
        {"__reduce_add_sync", repeat_kernel<operation::reduction>},
        {"atomicAdd, shared memory", repeat_kernel<operation::atomic>},
    };
    static const int sizes[] = {32, 256, 1024};
    constexpr int lanes = 1 << 16;
    int *out;
    simt::options how = simt::get_options();
    how.threads = 1;
    simt::set_options(how);
    if (cudaMalloc(&out, sizeof *out * lanes))
        return 1;
    print_machine();
    printf("command: make bench BENCH=simt\n\nnanoseconds a lane, one core\n\n| operation | 32 lanes a block | 256 | "
           "1024 |\n| --- | --- | --- | --- |\n");
    printf("| a lane that never waits |");
    for (const int size : sizes)
        printf(" %.1f |", launch_seconds(write_kernel, lanes / size, size, out) / lanes * 1e9);
    printf("\n");
    for (const auto &row : rows) {
        printf("| %s |", row.name);
        for (const int size : sizes) {
            const double plain = launch_seconds(repeat_kernel<operation::none>, lanes / size, size, out);
            const double whole = launch_seconds(row.kernel, lanes / size, size, out);
            printf(" %.1f |", (whole - plain) / lanes / steps * 1e9);
        }
        printf("\n");
    }
    return cudaFree(out) != cudaSuccess;
}
