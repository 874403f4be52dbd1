/* Kernels that show every operation of lanes, warps and blocks to the tests (tests/simt/lanes.cu). */
#ifndef MN_TESTS_SIMT_LANES_H
#define MN_TESTS_SIMT_LANES_H

/* What one lane got from each operation of its warp. */
struct warp_results {
    int from, up, down, crossed;
    long long from_wide;
    double crossed_double;
    unsigned ballot, match_any, match_all;
    int any, all, all_equal;
    int add_signed, min_signed, max_signed;
    unsigned add, min, max, bits_and, bits_or, bits_xor, active;
};

/* What one lane brings. */
struct warp_input {
    unsigned mask; /* 0: the lane takes no part */
    int value, source, width;
    unsigned delta;
    int crossing;
};

/* Results of atomics by many lanes on one word each, and what the lanes got back (their sum). */
struct atomic_results {
    int add, sub, min, max, exchange;
    unsigned add_unsigned, inc, dec, bits_and, bits_or, bits_xor, min_unsigned, max_unsigned, swaps;
    unsigned long long add_wide, max_wide, old_sum, wide_swaps;
};

/* Where a lane stood. */
struct lane_place {
    unsigned thread[3], block[3], block_size[3], grid_size[3];
    int count, all, any;
};

#ifdef __cplusplus
extern "C" {
#endif

/* Lanes, a multiple of 32 or not; one block. Return a cudaError_t. */
int lanes_warp(const struct warp_input *inputs, int lanes, struct warp_results *results);
int lanes_atomic(int blocks, int block, struct atomic_results *results);

/* places [all lanes], in CUDA's order; the predicate of the block votes is thread number % 3 == 0. */
int lanes_places(const unsigned *grid, const unsigned *block, struct lane_place *places);

#ifdef __cplusplus
}
#endif

#endif
