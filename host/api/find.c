/* The data folders, in order: $MATHNAS_DATA, data/ beside the folder of the running program, share/mathnas of its prefix, the same
 * two beside the library, the prefix that was configured, ./data. */
#include "host/api/find.h"
#include "host/core/memory.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MN_PREFIX
#define MN_PREFIX "/usr/local"
#endif

enum { MOST_FOLDERS = 8 };

typedef struct folders {
    char path[MOST_FOLDERS][PATH_MAX];
    int count;
} folders;

static void add_folder(folders *f, const char *base, size_t base_length, const char *below)
{
    if (f->count == MOST_FOLDERS)
        return;
    char joined[PATH_MAX], *place = f->path[f->count];
    const int length = snprintf(joined, sizeof joined, "%.*s%s", (int)base_length, base, below);
    if (length <= 0 || length >= PATH_MAX)
        return;
    if (!realpath(joined, place))
        snprintf(place, PATH_MAX, "%s", joined);
    for (int i = 0; i < f->count; i++)
        if (!strcmp(f->path[i], place))
            return;
    f->count++;
}

/* The two data folders that go with a file in <prefix>/bin, <prefix>/lib or the build folder. */
static void add_beside(folders *f, const char *file)
{
    const char *slash = strrchr(file, '/');
    if (!slash)
        return;
    add_folder(f, file, (size_t)(slash - file), "/../data");
    add_folder(f, file, (size_t)(slash - file), "/../share/mathnas");
}

static folders *data_folders(void)
{
    folders *f = mn_new_array(1, sizeof *f);
    if (!f)
        return NULL;
    const char *chosen = getenv("MATHNAS_DATA");
    if (chosen && *chosen)
        add_folder(f, chosen, strlen(chosen), "");
    char program[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0) {
        program[length] = 0;
        add_beside(f, program);
    }
    Dl_info library;
    if (dladdr((void *)mn_find_file, &library) && library.dli_fname)
        add_beside(f, library.dli_fname);
    add_folder(f, MN_PREFIX, strlen(MN_PREFIX), "/share/mathnas");
    add_folder(f, "./data", 6, "");
    return f;
}

static bool is_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && !S_ISDIR(about.st_mode);
}

/* "<folder>/<pattern with name>" when that is a file, else NULL. */
static char *try_pattern(const char *folder, const char *pattern, const char *name)
{
    const char *mark = strstr(pattern, "%s");
    const size_t room = strlen(folder) + strlen(pattern) + strlen(name) + 2;
    char *path = malloc(room);
    if (!path)
        return NULL;
    snprintf(path, room, "%s/%.*s%s%s", folder, (int)(mark - pattern), pattern, name, mark + 2);
    if (is_file(path))
        return path;
    free(path);
    return NULL;
}

static mn_status fail_list(const char *what, const char *name, const folders *f, mn_error *error)
{
    char list[MN_ERROR_SIZE] = "";
    size_t used = 0;
    for (int i = 0; i < f->count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", f->path[i]);
    return mn_fail(error, MN_BAD_INPUT, "no %s \"%.200s\": expected a file or a shipped name; looked in %.700s", what,
                   name, list);
}

mn_status mn_find_file(const char *what, const char *name, const char *const *patterns, mn_error *error, char **path)
{
    *path = NULL;
    if (is_file(name)) {
        *path = mn_copy_text(name, strlen(name));
        return *path ? MN_OK : mn_fail_memory(error);
    }
    folders *f = data_folders();
    if (!f)
        return mn_fail_memory(error);
    for (int i = 0; i < f->count && *name && !*path; i++)
        for (int k = 0; patterns[k] && !*path; k++)
            *path = try_pattern(f->path[i], patterns[k], name);
    const mn_status status = *path ? MN_OK : fail_list(what, name, f, error);
    free(f);
    return status;
}
