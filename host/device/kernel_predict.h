/* Parameters of the kernel that predicts (kernels/predict.cu); made by host/device/gpu_predict.c. */
#ifndef MN_DEVICE_KERNEL_PREDICT_H
#define MN_DEVICE_KERNEL_PREDICT_H

#include <stdint.h>

typedef struct mn_kernel_predict {
    const void *networks; /* [count][node_count] */
    uint64_t count;
    uint64_t *first_bad; /* becomes the least `first + network` whose index is out of range, if that is less */
    uint64_t first;      /* number of the first network */
    int32_t width;       /* bytes of an index: 1, 2 */
    int32_t node_count;
} mn_kernel_predict;

#endif
