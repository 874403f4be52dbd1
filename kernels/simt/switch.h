/* From one stack to another, in some ten instructions.
 *
 * Everything but the stack and frame pointer is declared clobbered, so the compiler saves just what it holds. Saved on the stack that is
 * left: the frame pointer, and on top of it the address to go on at. A fresh stack holds the address of its first function
 * there (stack_prepare). The red zone below the stack pointer may hold live values of the caller: stepped over first. */
#ifndef MN_SIMT_SWITCH_H
#define MN_SIMT_SWITCH_H

#include <cstdint>

namespace simt
{

#if defined __x86_64__

__attribute__((always_inline)) inline void switch_stack(void **left, void *taken)
{
    asm volatile("leaq -128(%%rsp), %%rsp\n\t"
                 "pushq %%rbp\n\t"
                 "leaq 1f(%%rip), %%rax\n\t"
                 "pushq %%rax\n\t"
                 "movq %%rsp, (%%rdi)\n\t"
                 "movq %%rsi, %%rsp\n\t"
                 "popq %%rax\n\t"
                 "jmpq *%%rax\n"
                 "1:\n\t"
                 "endbr64\n\t"
                 "popq %%rbp\n\t"
                 "leaq 128(%%rsp), %%rsp"
                 : "+D"(left), "+S"(taken)
                 :
                 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc",
                   "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                   "xmm12", "xmm13", "xmm14", "xmm15");
}

/* A stack that begins with first(): entered as if called, so that its own frames are aligned. */
inline void *stack_prepare(char *top, void (*first)())
{
    auto *word = reinterpret_cast<uint64_t *>(reinterpret_cast<uintptr_t>(top) & ~static_cast<uintptr_t>(63));
    *--word = 0; /* a return address, never used: the end for whoever unwinds */
    *--word = reinterpret_cast<uint64_t>(first);
    return word;
}

#elif defined __aarch64__

__attribute__((always_inline)) inline void switch_stack(void **left, void *taken)
{
    register void **x0 asm("x0") = left;
    register void *x1 asm("x1") = taken;
    asm volatile("adr x9, 1f\n\t"
                 "stp x29, x9, [sp, #-16]!\n\t"
                 "mov x10, sp\n\t"
                 "str x10, [x0]\n\t"
                 "mov sp, x1\n\t"
                 "ldp x29, x9, [sp], #16\n\t"
                 "br x9\n"
                 "1:\n"
                 : "+r"(x0), "+r"(x1)
                 :
                 : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
                   "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30", "memory",
                   "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14",
                   "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28",
                   "v29", "v30", "v31");
}

inline void *stack_prepare(char *top, void (*first)())
{
    auto *word = reinterpret_cast<uint64_t *>(reinterpret_cast<uintptr_t>(top) & ~static_cast<uintptr_t>(63));
    *--word = reinterpret_cast<uint64_t>(first);
    *--word = 0; /* the frame pointer: the end for whoever unwinds */
    return word;
}

#else
#error "kernels/simt/switch.h knows x86-64 and aarch64; other processors need their own switch_stack and stack_prepare"
#endif

} // namespace simt

#endif
