/* A launch: the kernel with its arguments, copied, for the grid to call once a lane. */
#ifndef MN_SIMT_LAUNCH_H
#define MN_SIMT_LAUNCH_H

#include <cstddef>
#include <tuple>
#include <utility>

#include "kernels/simt/runtime.h"

namespace simt
{

/* A kernel and its arguments behind one pointer. */
struct call {
    virtual ~call() = default;
    virtual void lane() const = 0;
};

template <typename... Parameters> struct kernel_call final : call {
    void (*kernel)(Parameters...);
    std::tuple<Parameters...> arguments;

    kernel_call(void (*wanted)(Parameters...), Parameters... given) : kernel(wanted), arguments(given...)
    {
    }
    void lane() const override
    {
        std::apply(kernel, arguments);
    }
};

/* Takes over `work`. */
cudaError_t launch(const void *kernel, dim3 grid, dim3 block, size_t bytes, cudaStream_t stream, call *work);

} // namespace simt

template <typename... Parameters, typename... Arguments>
inline cudaError_t mn_launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t bytes, cudaStream_t stream,
                             Arguments... arguments)
{
    return simt::launch(reinterpret_cast<const void *>(kernel), grid, block, bytes, stream,
                        new simt::kernel_call<Parameters...>(kernel, static_cast<Parameters>(arguments)...));
}

#endif
