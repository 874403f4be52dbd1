/* The emulator as a kernel's source sees it: included by kernels/kernel.h where no CUDA compiler is. */
#ifndef MN_SIMT_SIMT_H
#define MN_SIMT_SIMT_H

#include <cstddef>
#include <cstdint>

#include "kernels/simt/types.h"
#include "kernels/simt/lane.h"
#include "kernels/simt/words.h"
#include "kernels/simt/warp.h"
#include "kernels/simt/atomics.h"
#include "kernels/simt/runtime.h"
#include "kernels/simt/launch.h"

#define __global__ static
#define __device__
#define __host__
#define __constant__
#define __launch_bounds__(...)
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(bytes) __attribute__((aligned(bytes)))

#define MN_SHARED(type, name, extent)                                                                                  \
    using mn_shared_type_##name = type extent;                                                                         \
    static const simt::shared_site mn_shared_site_##name = {#name, __FILE__, __LINE__};                                \
    mn_shared_type_##name &name = *static_cast<mn_shared_type_##name *>(                                               \
        simt::shared_object(&mn_shared_site_##name, sizeof(mn_shared_type_##name), alignof(mn_shared_type_##name)))

#define MN_DYNAMIC_SHARED(type, name) type *const name = static_cast<type *>(simt::dynamic_shared())

#endif
