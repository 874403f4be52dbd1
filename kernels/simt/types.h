/* CUDA's vector types, with CUDA's sizes and alignments. */
#ifndef MN_SIMT_TYPES_H
#define MN_SIMT_TYPES_H

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_)
    {
    }
};

#define MN_SIMT_VECTOR(type, name, align1, align2, align3, align4)                                                     \
    struct alignas(align1) name##1                                                                                     \
    {                                                                                                                  \
        type x;                                                                                                        \
    };                                                                                                                 \
    struct alignas(align2) name##2                                                                                     \
    {                                                                                                                  \
        type x, y;                                                                                                     \
    };                                                                                                                 \
    struct alignas(align3) name##3                                                                                     \
    {                                                                                                                  \
        type x, y, z;                                                                                                  \
    };                                                                                                                 \
    struct alignas(align4) name##4                                                                                     \
    {                                                                                                                  \
        type x, y, z, w;                                                                                               \
    };                                                                                                                 \
    inline name##1 make_##name##1(type x)                                                                              \
    {                                                                                                                  \
        return {x};                                                                                                    \
    }                                                                                                                  \
    inline name##2 make_##name##2(type x, type y)                                                                      \
    {                                                                                                                  \
        return {x, y};                                                                                                 \
    }                                                                                                                  \
    inline name##3 make_##name##3(type x, type y, type z)                                                              \
    {                                                                                                                  \
        return {x, y, z};                                                                                              \
    }                                                                                                                  \
    inline name##4 make_##name##4(type x, type y, type z, type w)                                                      \
    {                                                                                                                  \
        return {x, y, z, w};                                                                                           \
    }

MN_SIMT_VECTOR(signed char, char, 1, 2, 1, 4)
MN_SIMT_VECTOR(unsigned char, uchar, 1, 2, 1, 4)
MN_SIMT_VECTOR(short, short, 2, 4, 2, 8)
MN_SIMT_VECTOR(unsigned short, ushort, 2, 4, 2, 8)
MN_SIMT_VECTOR(int, int, 4, 8, 4, 16)
MN_SIMT_VECTOR(unsigned, uint, 4, 8, 4, 16)
MN_SIMT_VECTOR(long long, longlong, 8, 16, 8, 16)
MN_SIMT_VECTOR(unsigned long long, ulonglong, 8, 16, 8, 16)
MN_SIMT_VECTOR(float, float, 4, 8, 4, 16)
MN_SIMT_VECTOR(double, double, 8, 16, 8, 16)

#undef MN_SIMT_VECTOR

#endif
