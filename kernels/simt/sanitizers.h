/* What the emulator tells the sanitizers: where stacks change, what is poisoned, what a barrier orders. Empty without them. The emulator is
 * built with MN_SIMT_THREAD_SANITIZER instead of -fsanitize=thread, so that only the kernels' own accesses are watched. */
#ifndef MN_SIMT_SANITIZERS_H
#define MN_SIMT_SANITIZERS_H

#include <cstddef>

#if defined __has_feature
#if __has_feature(memory_sanitizer)
#define MN_SIMT_MEMORY_SANITIZER 1
#endif
#if __has_feature(address_sanitizer)
#define MN_SIMT_ADDRESS_SANITIZER 1
#endif
#elif defined __SANITIZE_ADDRESS__
#define MN_SIMT_ADDRESS_SANITIZER 1
#endif

#ifdef MN_SIMT_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef MN_SIMT_MEMORY_SANITIZER
#include <sanitizer/msan_interface.h>
#endif
#ifdef MN_SIMT_THREAD_SANITIZER
extern "C" {
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
void __tsan_acquire(void *address);
void __tsan_release(void *address);
}
#endif

namespace simt
{

/* Under the thread sanitizer lanes share no stack, not even one after the other: it would take that for races. */
#ifdef MN_SIMT_THREAD_SANITIZER
constexpr bool watches_races = true;
#else
constexpr bool watches_races = false;
#endif

/* What was done before order_release(address) happened before what follows order_acquire(address). */
inline void order_release(void *address)
{
#ifdef MN_SIMT_THREAD_SANITIZER
    __tsan_release(address);
#endif
    static_cast<void>(address);
}
inline void order_acquire(void *address)
{
#ifdef MN_SIMT_THREAD_SANITIZER
    __tsan_acquire(address);
#endif
    static_cast<void>(address);
}

inline void *own_fiber()
{
#ifdef MN_SIMT_THREAD_SANITIZER
    return __tsan_get_current_fiber();
#else
    return nullptr;
#endif
}
inline void *new_fiber()
{
#ifdef MN_SIMT_THREAD_SANITIZER
    return __tsan_create_fiber(0);
#else
    return nullptr;
#endif
}
inline void end_fiber(void *fiber)
{
#ifdef MN_SIMT_THREAD_SANITIZER
    __tsan_destroy_fiber(fiber);
#endif
    static_cast<void>(fiber);
}

/* From here on the thread is that fiber; the change itself orders nothing. */
inline void become_fiber(void *fiber)
{
#ifdef MN_SIMT_THREAD_SANITIZER
    __tsan_switch_to_fiber(fiber, 1);
#endif
    static_cast<void>(fiber);
}

inline void poison(void *address, size_t bytes)
{
#ifdef MN_SIMT_ADDRESS_SANITIZER
    __asan_poison_memory_region(address, bytes);
#endif
    static_cast<void>(address);
    static_cast<void>(bytes);
}
inline void unpoison(void *address, size_t bytes)
{
#ifdef MN_SIMT_ADDRESS_SANITIZER
    __asan_unpoison_memory_region(address, bytes);
#endif
    static_cast<void>(address);
    static_cast<void>(bytes);
}

/* Holds no value that may be read. */
inline void mark_unset(void *address, size_t bytes)
{
#ifdef MN_SIMT_MEMORY_SANITIZER
    __msan_poison(address, bytes);
#endif
    static_cast<void>(address);
    static_cast<void>(bytes);
}

/* Is about to be read by an atomic, which the memory sanitizer takes for a write alone. */
template <typename T> inline void needs_value(const T *address)
{
#ifdef MN_SIMT_MEMORY_SANITIZER
    __msan_check_mem_is_initialized(address, sizeof *address);
#endif
    static_cast<void>(address);
}

} // namespace simt

#endif
