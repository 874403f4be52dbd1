/* What lanes get from the emulator, against what CUDA's programming guide says: warp operations with random masks, widths and values, block
 * votes, indices, atomics; and what the runtime calls answer to mistakes. */
#include <criterion/criterion.h>

#include <cinttypes>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/kernel.h"
#include "kernels/simt/control.h"
#include "tests/simt/lanes.h"

static uint64_t seed_count()
{
    return getenv("MATHNAS_TEST_FULL") ? 20 : 3;
}

/* One warp's inputs: lanes split at random into up to three groups, each with a mask of its own, and some lanes that take no part. A shuffle's
 * source must lie in the group, so sources are drawn from it; widths are 32 unless the group is the whole warp. */
static void draw_warp(std::mt19937_64 *random, warp_input *inputs, unsigned lanes)
{
    unsigned group_of[32], masks[4] = {0};
    const unsigned groups = (*random)() % 4;
    for (unsigned lane = 0; lane < lanes; lane++) {
        group_of[lane] = groups ? static_cast<unsigned>((*random)() % (groups + 1)) : 1;
        masks[group_of[lane]] |= 1u << lane;
    }
    masks[0] = 0;
    const unsigned range = (*random)() % 2 ? 4 : 1u << 31, own = static_cast<unsigned>((*random)());
    const int width = groups == 0 && lanes == 32 ? 1 << (*random)() % 6 : 32;
    const unsigned delta = groups == 0 && lanes == 32 ? static_cast<unsigned>((*random)() % 33) : 0;
    const int crossing = groups == 0 && lanes == 32 ? static_cast<int>((*random)() % 32) : 0;
    for (unsigned lane = 0; lane < lanes; lane++) {
        const unsigned mask = masks[group_of[lane]];
        int source = static_cast<int>((*random)() % 64) - 16;
        while (mask && width == 32 && !(mask >> (source & 31) & 1))
            source++;
        const int value = own % 5 ? static_cast<int>((*random)() % range) - static_cast<int>(range / 2) : 7;
        inputs[lane] = {mask, value, source, width, delta, crossing};
    }
}

/* The lane whose value a lane reads, from the PTX manual: `bound` is the segment's last (or, going up, first) lane. */
static int source_of(const warp_input &in, int lane, char mode)
{
    const int first = lane / in.width * in.width, last = first + in.width - 1;
    int source = lane;
    if (mode == 'i')
        source = first + (in.source % in.width + in.width) % in.width;
    if (mode == 'u' && lane - static_cast<int>(in.delta) >= first)
        source = lane - static_cast<int>(in.delta);
    if (mode == 'd' && lane + static_cast<int>(in.delta) <= last)
        source = lane + static_cast<int>(in.delta);
    if (mode == 'x' && (lane ^ in.crossing) <= last)
        source = lane ^ in.crossing;
    return source;
}

static warp_results expected_of(const warp_input *inputs, int lane)
{
    const warp_input &in = inputs[lane];
    warp_results want = {};
    want.from = inputs[source_of(in, lane, 'i')].value;
    want.from_wide = static_cast<long long>(want.from) * 4294967296 + 5;
    want.up = inputs[source_of(in, lane, 'u')].value;
    want.down = inputs[source_of(in, lane, 'd')].value;
    want.crossed = inputs[source_of(in, lane, 'x')].value;
    want.crossed_double = want.crossed + 0.5;
    want.all = want.all_equal = 1;
    want.min_signed = INT32_MAX, want.max_signed = INT32_MIN;
    want.min = UINT32_MAX, want.bits_and = UINT32_MAX;
    want.active = 1u << lane;
    for (int other = 0; other < 32; other++) {
        if (!(in.mask >> other & 1))
            continue;
        const int value = inputs[other].value;
        const unsigned word = static_cast<unsigned>(value);
        want.ballot += (value & 2 ? 1u : 0u) << other;
        want.match_any += (value == in.value ? 1u : 0u) << other;
        want.any |= value & 1;
        want.all &= value & 1;
        want.all_equal &= value == in.value;
        want.add += word;
        want.min_signed = value < want.min_signed ? value : want.min_signed;
        want.max_signed = value > want.max_signed ? value : want.max_signed;
        want.min = word < want.min ? word : want.min;
        want.max = word > want.max ? word : want.max;
        want.bits_and &= word;
        want.bits_or |= word;
        want.bits_xor ^= word;
    }
    want.add_signed = static_cast<int>(want.add);
    want.match_all = want.all_equal ? in.mask : 0;
    return want;
}

static bool same_results(const warp_results &a, const warp_results &b)
{
    return a.from == b.from && a.up == b.up && a.down == b.down && a.crossed == b.crossed &&
           a.from_wide == b.from_wide && a.crossed_double == b.crossed_double && a.ballot == b.ballot &&
           a.match_any == b.match_any && a.match_all == b.match_all && a.any == b.any && a.all == b.all &&
           a.all_equal == b.all_equal && a.add_signed == b.add_signed && a.min_signed == b.min_signed &&
           a.max_signed == b.max_signed && a.add == b.add && a.min == b.min && a.max == b.max &&
           a.bits_and == b.bits_and && a.bits_or == b.bits_or && a.bits_xor == b.bits_xor && a.active == b.active;
}

Test(simt_lanes, warp_operations_do_what_cuda_says)
{
    for (uint64_t seed = 0; seed < 100 * seed_count(); seed++) {
        std::mt19937_64 random(seed);
        const unsigned lanes = 1 + static_cast<unsigned>(random() % 160);
        std::vector<warp_input> inputs(lanes);
        std::vector<warp_results> results(lanes);
        for (unsigned first = 0; first < lanes; first += 32)
            draw_warp(&random, &inputs[first], lanes - first < 32 ? lanes - first : 32);
        simt::set_seed(seed);
        cr_assert(lanes_warp(inputs.data(), static_cast<int>(lanes), results.data()) == 0, "seed %" PRIu64 ": %s", seed,
                  simt::fault_message().c_str());
        for (unsigned lane = 0; lane < lanes; lane++)
            if (inputs[lane].mask)
                cr_assert(
                    same_results(results[lane], expected_of(&inputs[lane / 32 * 32], static_cast<int>(lane % 32))),
                    "seed %" PRIu64 ", lane %u, mask %08x, width %d", seed, lane, inputs[lane].mask,
                    inputs[lane].width);
    }
}

Test(simt_lanes, atomics_add_up_under_every_order)
{
    for (uint64_t seed = 0; seed <= seed_count(); seed++) {
        constexpr unsigned blocks = 24, block = 192, lanes = blocks * block;
        atomic_results r = {};
        r.min_unsigned = UINT32_MAX, r.bits_and = UINT32_MAX;
        simt::set_seed(seed);
        cr_assert(lanes_atomic(blocks, block, &r) == 0);
        const unsigned sum = lanes * (lanes - 1) / 2;
        unsigned crossed = 0;
        for (unsigned number = 0; number < lanes; number++)
            crossed ^= number;
        cr_expect(r.add == lanes && r.sub == -static_cast<int>(sum) && r.min == 1 - static_cast<int>(lanes) &&
                  r.max == static_cast<int>(lanes) - 1);
        cr_expect(r.add_unsigned == lanes * 0x80000001u && r.inc == lanes % 7 && r.dec == (11 - lanes % 11) % 11);
        cr_expect(r.bits_and == (UINT32_MAX & ~127u) && r.bits_or == (1u << 13) - 1 && r.bits_xor == crossed);
        cr_expect(r.min_unsigned == 3 && r.max_unsigned == 0xf0000000u + lanes - 1 && r.swaps == 2 * lanes);
        cr_expect(r.add_wide == static_cast<uint64_t>(lanes) << 40 &&
                  r.max_wide == static_cast<uint64_t>(lanes - 1) << 33 &&
                  r.wide_swaps == static_cast<uint64_t>(lanes) << 36);
        /* atomicAdd returned each of 0 ... lanes - 1 once, atomicExch each number but the one that stayed */
        cr_expect(r.old_sum == 2ull * sum - static_cast<unsigned>(r.exchange), "seed %" PRIu64, seed);
    }
}

Test(simt_lanes, indices_and_block_votes)
{
    static const unsigned shapes[][6] = {{1, 1, 1, 1, 1, 1},  {3, 1, 1, 96, 1, 1}, {2, 3, 2, 5, 4, 3},
                                         {1, 2, 3, 2, 3, 64}, {7, 1, 2, 1, 50, 2}, {1, 1, 1, 1024, 1, 1}};
    for (const auto &shape : shapes) {
        const unsigned *const grid = shape, *const block = shape + 3;
        const unsigned lanes = block[0] * block[1] * block[2], blocks = grid[0] * grid[1] * grid[2];
        std::vector<lane_place> places(lanes * blocks);
        cr_assert(lanes_places(grid, block, places.data()) == 0);
        size_t at = 0;
        for (unsigned b = 0; b < blocks; b++)
            for (unsigned number = 0; number < lanes; number++, at++) {
                const lane_place &p = places[at];
                const unsigned there[] = {number % block[0], number / block[0] % block[1],
                                          number / block[0] / block[1]};
                const unsigned home[] = {b % grid[0], b / grid[0] % grid[1], b / grid[0] / grid[1]};
                cr_assert(!memcmp(p.thread, there, sizeof there) && !memcmp(p.block, home, sizeof home) &&
                          !memcmp(p.block_size, block, sizeof there) && !memcmp(p.grid_size, grid, sizeof there));
                cr_assert(p.count == static_cast<int>((lanes + 2) / 3) && p.all == (lanes == 1) && p.any == 1);
            }
    }
}

__global__ void copy_kernel(int *to, const int *from)
{
    to[threadIdx.x] = from[threadIdx.x];
}

Test(simt_lanes, launches_refuse_what_a_gpu_refuses)
{
    int *out;
    cr_assert(cudaMalloc(&out, 4096) == cudaSuccess);
    cr_expect(MN_LAUNCH(copy_kernel, 1, 1025, 0, nullptr, out, out) == cudaErrorInvalidConfiguration);
    cr_expect(MN_LAUNCH(copy_kernel, 0, 32, 0, nullptr, out, out) == cudaErrorInvalidConfiguration);
    cr_expect(MN_LAUNCH(copy_kernel, dim3(1, 70000), 32, 0, nullptr, out, out) == cudaErrorInvalidConfiguration);
    cr_expect(MN_LAUNCH(copy_kernel, 1, dim3(8, 8, 65), 0, nullptr, out, out) == cudaErrorInvalidConfiguration);
    cr_expect(MN_LAUNCH(copy_kernel, 1, 32, 49153, nullptr, out, out) == cudaErrorInvalidValue);
    cr_expect(cudaFuncSetAttribute(copy_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, 232449) ==
              cudaErrorInvalidValue);
    cr_expect(cudaFuncSetAttribute(copy_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, 232448) == cudaSuccess);
    cr_expect(MN_LAUNCH(copy_kernel, 1, 32, 232448, nullptr, out, out) == cudaSuccess);
    cr_expect(cudaFree(out) == cudaSuccess && cudaFree(nullptr) == cudaSuccess);
}

Test(simt_lanes, memory_calls_refuse_what_is_not_the_devices)
{
    int host[8] = {1, 2, 3}, *device, *too_much;
    size_t free_bytes, total_bytes;
    cr_assert(cudaMalloc(&device, sizeof host) == cudaSuccess);
    cr_expect(cudaMemcpy(host, host, sizeof host, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
    cr_expect(cudaMemcpy(device, host, sizeof host + 4, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
    cr_expect(cudaMemcpy(host, device + 2, sizeof host, cudaMemcpyDeviceToHost) == cudaErrorInvalidValue);
    cr_expect(cudaMemset(host, 0, 4) == cudaErrorInvalidValue);
    cr_expect(cudaFree(host) == cudaErrorInvalidValue && cudaFree(device + 1) == cudaErrorInvalidValue);
    cr_expect(cudaMemGetInfo(&free_bytes, &total_bytes) == cudaSuccess && total_bytes - free_bytes == sizeof host);
    cr_expect(cudaMalloc(&too_much, free_bytes + 1) == cudaErrorMemoryAllocation && too_much == nullptr);
    cr_expect(cudaGetLastError() == cudaErrorMemoryAllocation && cudaGetLastError() == cudaSuccess);
    cr_expect(cudaFree(device) == cudaSuccess && cudaFree(device) == cudaErrorInvalidValue);
}

/* A copy in one stream, behind an event of another; late or at once, the order is kept. */
Test(simt_lanes, streams_keep_their_order_and_wait_for_events)
{
    for (int late = 0; late < 2; late++) {
        simt::options how = simt::get_options();
        how.late = late;
        simt::set_options(how);
        int *pinned, *first, *second;
        cudaStream_t a, b;
        cudaEvent_t start, done;
        float milliseconds = -1;
        cr_assert(!cudaMallocHost(&pinned, 64 * sizeof *pinned) && !cudaMalloc(&first, 256) &&
                  !cudaMalloc(&second, 256));
        cr_assert(!cudaStreamCreateWithFlags(&a, cudaStreamNonBlocking) &&
                  !cudaStreamCreateWithFlags(&b, cudaStreamNonBlocking));
        cr_assert(!cudaEventCreate(&start) && !cudaEventCreate(&done));
        for (int i = 0; i < 64; i++)
            pinned[i] = 3 * i;
        cr_expect(!cudaEventRecord(start, a) && !cudaMemcpyAsync(first, pinned, 256, cudaMemcpyHostToDevice, a));
        cr_expect(!MN_LAUNCH(copy_kernel, 1, 64, 0, a, second, static_cast<const int *>(first)));
        cr_expect(!cudaEventRecord(done, a) && !cudaStreamWaitEvent(b, done));
        cr_expect(cudaEventQuery(done) == (late ? cudaErrorNotReady : cudaSuccess));
        cr_expect(!cudaMemsetAsync(first, 0, 256, b) &&
                  !cudaMemcpyAsync(pinned, second, 256, cudaMemcpyDeviceToHost, b));
        cr_expect(!cudaStreamSynchronize(b));
        for (int i = 0; i < 64; i++)
            cr_assert(pinned[i] == 3 * i);
        cr_expect(!cudaEventSynchronize(done) && !cudaEventElapsedTime(&milliseconds, start, done) &&
                  milliseconds >= 0);
        cr_expect(!cudaEventDestroy(start) && !cudaEventDestroy(done) && !cudaStreamDestroy(a) &&
                  !cudaStreamDestroy(b));
        cr_expect(!cudaFree(first) && !cudaFree(second) && !cudaFreeHost(pinned) && simt::allocated_bytes() == 0);
    }
}
