#include "host/files/output.h"
#include "host/core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 20, LARGEST_ROOM = 1 << 16 };

struct mn_output {
    mn_error *error;
    mn_status status; /* of the first failure */
    int descriptor;
    bool is_part;
    char *shown;     /* the path as the user gave it */
    char *path;      /* final name, NULL when written directly */
    char *temporary; /* what is written until then, NULL when written directly */
    size_t used;
    char buffer[BUFFER_SIZE];
};

/* ---- names ---------------------------------------------------------------------------------------------------------------------- */

bool mn_output_is_direct(const char *path)
{
    struct stat about;
    return !strcmp(path, "-") || (stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode));
}

char *mn_output_part_path(const char *path)
{
    const size_t length = strlen(path);
    char *part = malloc(length + sizeof ".part");
    if (part) {
        memcpy(part, path, length);
        memcpy(part + length, ".part", sizeof ".part");
    }
    return part;
}

/* The name `attempt` of a temporary file beside `path`; independent of its last part, which may be as long as names can be. */
static char *temporary_path(const char *path, int attempt)
{
    const char *slash = strrchr(path, '/');
    const size_t folder = slash ? (size_t)(slash - path) + 1 : 0, room = folder + 64;
    char *name = malloc(room);
    if (name) {
        memcpy(name, path, folder);
        snprintf(name + folder, room - folder, ".mathnas-%ld-%d.tmp", (long)getpid(), attempt);
    }
    return name;
}

/* ---- failures ------------------------------------------------------------------------------------------------------------------- */

static mn_status fail(mn_output *output, const char *what, int reason)
{
    if (output->status == MN_OK)
        output->status = mn_fail(output->error, MN_FAILURE, "%s: %s: %s", output->shown, what, strerror(reason));
    return output->status;
}

static mn_status fail_memory(mn_output *output)
{
    if (output->status == MN_OK)
        output->status = mn_fail_memory(output->error);
    return output->status;
}

static void release(mn_output *output)
{
    free(output->shown);
    free(output->path);
    free(output->temporary);
    free(output);
}

/* ---- opening -------------------------------------------------------------------------------------------------------------------- */

static mn_status open_direct(mn_output *output, const char *path)
{
    output->descriptor = strcmp(path, "-") ? open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY) : dup(STDOUT_FILENO);
    return output->descriptor < 0 ? fail(output, "cannot be written", errno) : MN_OK;
}

/* A file of no one else's, with the permissions of the file that it will replace. */
static mn_status open_temporary(mn_output *output, const struct stat *replaced)
{
    for (int attempt = 0; attempt < 10000; attempt++) {
        free(output->temporary);
        output->temporary = temporary_path(output->path, attempt);
        if (!output->temporary)
            return fail_memory(output);
        output->descriptor = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (output->descriptor >= 0) {
            if (replaced && fchmod(output->descriptor, replaced->st_mode & 0777) != 0)
                return fail(output, "cannot be written", errno);
            return MN_OK;
        }
        if (errno != EEXIST)
            break;
    }
    return fail(output, "cannot be written", errno);
}

static mn_status open_kept(mn_output *output, uint64_t keep)
{
    output->temporary = mn_output_part_path(output->path);
    if (!output->temporary)
        return fail_memory(output);
    struct stat about;
    output->descriptor = open(output->temporary, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (output->descriptor < 0 || fstat(output->descriptor, &about) != 0)
        return fail(output, "its .part file cannot be written", errno);
    if (S_ISREG(about.st_mode) && (uint64_t)about.st_size < keep) {
        output->status =
            mn_fail(output->error, MN_BAD_INPUT, "%s: expected at least %llu bytes to go on from, found %llu",
                    output->temporary, (unsigned long long)keep, (unsigned long long)about.st_size);
        return output->status;
    }
    if (ftruncate(output->descriptor, (off_t)keep) != 0 || lseek(output->descriptor, (off_t)keep, SEEK_SET) < 0)
        return fail(output, "its .part file cannot be written", errno);
    return MN_OK;
}

/* Through a link to the file that it names: a rename would replace the link. */
static mn_status choose_path(mn_output *output, const char *path, bool exists)
{
    if (exists) {
        output->path = realpath(path, NULL);
        return output->path ? MN_OK : fail(output, "cannot be written", errno);
    }
    output->path = mn_copy_text(path, strlen(path));
    return output->path ? MN_OK : fail_memory(output);
}

static mn_status open_file(mn_output *output, const char *path, uint64_t keep)
{
    struct stat about;
    const bool exists = stat(path, &about) == 0;
    if (!*path || (exists && S_ISDIR(about.st_mode)))
        return fail(output, "cannot be written", *path ? EISDIR : ENOENT);
    if (exists && access(path, W_OK) != 0)
        return fail(output, "cannot be written", errno);
    const mn_status status = choose_path(output, path, exists);
    if (status != MN_OK)
        return status;
    return output->is_part ? open_kept(output, keep) : open_temporary(output, exists ? &about : NULL);
}

static mn_status open_output(const char *path, bool is_part, uint64_t keep, mn_error *error, mn_output **output)
{
    *output = NULL;
    mn_output *fresh = malloc(sizeof *fresh);
    if (!fresh)
        return mn_fail_memory(error);
    fresh->error = error;
    fresh->status = MN_OK;
    fresh->descriptor = -1;
    fresh->path = fresh->temporary = NULL;
    fresh->used = 0;
    const bool direct = mn_output_is_direct(path);
    fresh->is_part = is_part && !direct;
    const char *shown = strcmp(path, "-") ? path : "standard output";
    fresh->shown = mn_copy_text(shown, strlen(shown));
    mn_status status = fresh->shown ? MN_OK : fail_memory(fresh);
    if (status == MN_OK)
        status = direct ? open_direct(fresh, path) : open_file(fresh, path, keep);
    if (status == MN_OK) {
        *output = fresh;
        return MN_OK;
    }
    if (fresh->descriptor >= 0) {
        close(fresh->descriptor);
        if (!fresh->is_part && fresh->temporary)
            unlink(fresh->temporary);
    }
    release(fresh);
    return status;
}

mn_status mn_output_open(const char *path, mn_error *error, mn_output **output)
{
    return open_output(path, false, 0, error, output);
}

mn_status mn_output_open_part(const char *path, uint64_t keep, mn_error *error, mn_output **output)
{
    return open_output(path, true, keep, error, output);
}

/* ---- writing -------------------------------------------------------------------------------------------------------------------- */

static mn_status write_all(mn_output *output, const char *data, size_t size)
{
    while (size > 0 && output->status == MN_OK) {
        const ssize_t written = write(output->descriptor, data, size);
        if (written < 0 && errno != EINTR)
            fail(output, "cannot be written", errno);
        if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
    return output->status;
}

mn_status mn_output_flush(mn_output *output)
{
    const size_t used = output->used;
    output->used = 0;
    return write_all(output, output->buffer, used);
}

mn_status mn_output_write(mn_output *output, const void *data, size_t size)
{
    if (size > BUFFER_SIZE - output->used && mn_output_flush(output) != MN_OK)
        return output->status;
    if (size > BUFFER_SIZE)
        return write_all(output, data, size);
    if (size > 0)
        memcpy(output->buffer + output->used, data, size);
    output->used += size;
    return output->status;
}

char *mn_output_room(mn_output *output, size_t size)
{
    if (size > LARGEST_ROOM)
        return NULL;
    if (size > BUFFER_SIZE - output->used)
        mn_output_flush(output);
    return output->status == MN_OK ? output->buffer + output->used : NULL;
}

void mn_output_advance(mn_output *output, size_t size)
{
    output->used += size;
}

mn_status mn_output_printf(mn_output *output, const char *format, ...)
{
    char small[512];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    mn_status status;
    if (length < 0) {
        status = fail(output, "cannot be written", errno);
    } else if ((size_t)length < sizeof small) {
        status = mn_output_write(output, small, (size_t)length);
    } else {
        char *text = malloc((size_t)length + 1);
        status = text ? MN_OK : fail_memory(output);
        if (text) {
            vsnprintf(text, (size_t)length + 1, format, again);
            status = mn_output_write(output, text, (size_t)length);
        }
        free(text);
    }
    va_end(again);
    return status;
}

/* ---- closing -------------------------------------------------------------------------------------------------------------------- */

/* The folder's entry reaches the disk too; some file systems cannot do that, and the file is whole either way. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? mn_copy_text(path, (size_t)(slash - path) + 1) : mn_copy_text(".", 1);
    const int descriptor = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    free(folder);
}

static mn_status close_descriptor(mn_output *output)
{
    if (close(output->descriptor) != 0 && errno != EINTR)
        fail(output, "cannot be written", errno);
    return output->status;
}

mn_status mn_output_commit(mn_output *output)
{
    mn_output_flush(output);
    if (output->path && output->status == MN_OK && fsync(output->descriptor) != 0 && errno != EINVAL)
        fail(output, "cannot be written", errno);
    mn_status status = close_descriptor(output);
    if (output->path) {
        if (status == MN_OK && rename(output->temporary, output->path) != 0)
            status = fail(output, "cannot be written", errno);
        if (status == MN_OK)
            sync_folder(output->path);
        else if (!output->is_part)
            unlink(output->temporary);
    }
    release(output);
    return status;
}

mn_status mn_output_keep_part(mn_output *output)
{
    mn_output_flush(output);
    if (output->is_part && output->status == MN_OK && fsync(output->descriptor) != 0 && errno != EINVAL)
        fail(output, "cannot be written", errno);
    const mn_status status = close_descriptor(output);
    if (output->temporary && !output->is_part)
        unlink(output->temporary);
    release(output);
    return status;
}

void mn_output_discard(mn_output *output)
{
    if (!output)
        return;
    close(output->descriptor);
    if (output->temporary)
        unlink(output->temporary);
    release(output);
}
