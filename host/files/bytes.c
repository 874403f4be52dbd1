#include "host/files/bytes.h"
#include "host/core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Growing bytes with room for a terminating zero. */
typedef struct byte_buffer {
    char *data;
    size_t size, room;
} byte_buffer;

/* Makes room for one more byte at least. */
static bool grow(byte_buffer *buffer, size_t first_room)
{
    if (buffer->size < buffer->room)
        return true;
    const size_t room = buffer->room ? buffer->room * 2 : first_room;
    char *data = realloc(buffer->data, room + 1);
    if (!data)
        return false;
    buffer->data = data;
    buffer->room = room;
    return true;
}

static mn_status fail_size(const char *name, mn_error *error)
{
    return mn_fail(error, MN_BAD_INPUT, "%s: larger than 4 GiB, the largest file that is read", name);
}

/* ---- reading -------------------------------------------------------------------------------------------------------------------- */

static mn_status read_descriptor(int descriptor, const char *path, size_t expected, byte_buffer *buffer,
                                 mn_error *error)
{
    for (;;) {
        if (!grow(buffer, expected + 1))
            return mn_fail_memory(error);
        const size_t room = buffer->room - buffer->size, most = (size_t)1 << 30;
        const ssize_t got = read(descriptor, buffer->data + buffer->size, room < most ? room : most);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return mn_fail(error, MN_BAD_INPUT, "%s: cannot be read: %s", path, strerror(errno));
        if (got == 0)
            return MN_OK;
        buffer->size += (size_t)got;
        if (buffer->size > MN_MAX_FILE_SIZE)
            return fail_size(path, error);
    }
}

static mn_status read_file(const char *path, byte_buffer *buffer, mn_error *error)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    if (descriptor < 0)
        return mn_fail(error, MN_BAD_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    mn_status status;
    if (fstat(descriptor, &about) != 0)
        status = mn_fail(error, MN_BAD_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    else if (S_ISDIR(about.st_mode))
        status = mn_fail(error, MN_BAD_INPUT, "%s: expected a file, found a folder", path);
    else if (S_ISREG(about.st_mode) && (uint64_t)about.st_size > MN_MAX_FILE_SIZE)
        status = fail_size(path, error);
    else
        status =
            read_descriptor(descriptor, path, S_ISREG(about.st_mode) ? (size_t)about.st_size : 65536, buffer, error);
    close(descriptor);
    return status;
}

/* ---- gzip ----------------------------------------------------------------------------------------------------------------------- */

static bool is_gzip(const char *data, size_t size)
{
    return size >= 2 && (unsigned char)data[0] == 0x1f && (unsigned char)data[1] == 0x8b;
}

/* Runs the inflater until the member ends or the input does; `left` counts the input not yet handed to zlib (32-bit counts). */
static mn_status inflate_member(const char *name, z_stream *stream, size_t *left, byte_buffer *buffer, mn_error *error)
{
    for (;;) {
        if (!grow(buffer, 65536))
            return mn_fail_memory(error);
        const size_t room = buffer->room - buffer->size, most = (size_t)1 << 30;
        const uInt given = (uInt)(room < most ? room : most), piece = (uInt)(*left < most ? *left : most);
        if (stream->avail_in == 0) {
            stream->avail_in = piece;
            *left -= piece;
        }
        stream->next_out = (Bytef *)buffer->data + buffer->size;
        stream->avail_out = given;
        const int answer = inflate(stream, Z_NO_FLUSH);
        buffer->size += given - stream->avail_out;
        if (buffer->size > MN_MAX_FILE_SIZE)
            return fail_size(name, error);
        if (answer == Z_STREAM_END)
            return MN_OK;
        if (answer == Z_MEM_ERROR)
            return mn_fail_memory(error);
        if (answer != Z_OK && answer != Z_BUF_ERROR)
            return mn_fail(error, MN_BAD_INPUT, "%s: damaged gzip data: %s", name,
                           stream->msg ? stream->msg : "no valid stream");
        if (stream->avail_in == 0 && *left == 0 && stream->avail_out > 0)
            return mn_fail(error, MN_BAD_INPUT,
                           "%s: truncated gzip data: the file ends before the compressed data does", name);
    }
}

/* Inflates all members, as gunzip does for concatenated files. */
static mn_status inflate_all(const char *name, const char *packed, size_t packed_size, byte_buffer *buffer,
                             mn_error *error)
{
    z_stream stream = {0};
    size_t left = packed_size;
    stream.next_in = (Bytef *)(uintptr_t)packed;
    if (inflateInit2(&stream, 15 + 16) != Z_OK)
        return mn_fail_memory(error);
    mn_status status;
    for (;;) {
        status = inflate_member(name, &stream, &left, buffer, error);
        const size_t rest = left + stream.avail_in;
        if (status != MN_OK || rest == 0)
            break;
        if (!is_gzip((const char *)stream.next_in, rest)) {
            status = mn_fail(error, MN_BAD_INPUT, "%s: %zu bytes follow the end of the gzip data", name, rest);
            break;
        }
        inflateReset(&stream);
    }
    inflateEnd(&stream);
    return status;
}

/* ---- the public forms ----------------------------------------------------------------------------------------------------------- */

static mn_status hand_over(mn_status status, byte_buffer *buffer, char **data, size_t *size)
{
    if (status != MN_OK) {
        free(buffer->data);
        return status;
    }
    buffer->data[buffer->size] = 0;
    *data = buffer->data;
    *size = buffer->size;
    return MN_OK;
}

mn_status mn_bytes_unpack(const char *name, const char *packed, size_t packed_size, char **data, size_t *size,
                          mn_error *error)
{
    *data = NULL;
    *size = 0;
    byte_buffer buffer = {0};
    if (is_gzip(packed, packed_size))
        return hand_over(inflate_all(name, packed, packed_size, &buffer, error), &buffer, data, size);
    buffer.data = mn_copy_text(packed, packed_size);
    buffer.size = packed_size;
    return hand_over(buffer.data ? MN_OK : mn_fail_memory(error), &buffer, data, size);
}

mn_status mn_bytes_read(const char *path, char **data, size_t *size, mn_error *error)
{
    *data = NULL;
    *size = 0;
    byte_buffer file = {0}, inflated = {0};
    mn_status status = read_file(path, &file, error);
    if (status != MN_OK || !is_gzip(file.data, file.size))
        return hand_over(status, &file, data, size);
    status = inflate_all(path, file.data, file.size, &inflated, error);
    free(file.data);
    return hand_over(status, &inflated, data, size);
}
