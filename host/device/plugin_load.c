#include "host/device/plugin_load.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDERS = 4 };

/* The folder of the file that holds this code, or of the running program: "" when not known. */
static void folder_of_library(char *folder)
{
    Dl_info info;
    folder[0] = 0;
    if (!dladdr((void *)(uintptr_t)mn_plugin_load, &info) || !info.dli_fname || !strchr(info.dli_fname, '/') ||
        !realpath(info.dli_fname, folder))
        folder[0] = 0;
}

static void folder_of_program(char *folder)
{
    const ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    folder[length > 0 ? length : 0] = 0;
}

static void cut_last_part(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = 0;
}

/* Where plugins are looked for, in this order; empty ones are skipped. */
static void list_folders(char folders[FOLDERS][PATH_MAX + 16])
{
    char program[PATH_MAX] = "", library[PATH_MAX] = "", parent[PATH_MAX];
    const char *named = getenv("MATHNAS_PLUGINS");
    folder_of_program(program);
    folder_of_library(library);
    cut_last_part(program);
    cut_last_part(library);
    memcpy(parent, program, sizeof parent);
    cut_last_part(parent);
    snprintf(folders[0], sizeof folders[0], "%.*s", PATH_MAX, named ? named : "");
    snprintf(folders[1], sizeof folders[1], "%s", program);
    snprintf(folders[2], sizeof folders[2], "%s%s", program[0] ? parent : "", program[0] ? "/lib/mathnas" : "");
    snprintf(folders[3], sizeof folders[3], "%s%s", library, library[0] ? "/mathnas" : "");
    if (library[0] && strcmp(library, program))
        snprintf(folders[1], sizeof folders[1], "%s", library);
}

/* The plugin in a file that is there. */
static mn_status load_file(const char *path, const char *name, const mn_plugin **plugin, mn_error *error)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library)
        return mn_fail(error, MN_FAILURE, "%.300s cannot be loaded: %.600s", path, dlerror());
    mn_plugin_get *get = (mn_plugin_get *)(uintptr_t)dlsym(library, MN_PLUGIN_SYMBOL);
    const mn_plugin *found = get ? get() : NULL;
    if (!found)
        return mn_fail(error, MN_FAILURE, "%.600s is no plugin: it has no function " MN_PLUGIN_SYMBOL, path);
    if (found->version != MN_PLUGIN_VERSION || found->size != sizeof *found)
        return mn_fail(
            error, MN_FAILURE,
            "%.600s is of another version: interface %u (%u bytes), expected %d (%zu bytes); build both together", path,
            found->version, found->size, MN_PLUGIN_VERSION, sizeof *found);
    if (strcmp(found->name, name))
        return mn_fail(error, MN_FAILURE, "%.600s: expected a plugin for %s, found one for %.100s", path, name,
                       found->name);
    *plugin = found;
    return MN_OK;
}

mn_status mn_plugin_load(const char *name, const char *folder, const mn_plugin **plugin, mn_error *error)
{
    char folders[FOLDERS][PATH_MAX + 16] = {"", "", "", ""}, path[PATH_MAX + 64], looked[600] = "";
    *plugin = NULL;
    if (folder)
        snprintf(folders[0], sizeof folders[0], "%.*s", PATH_MAX, folder);
    else
        list_folders(folders);
    for (int i = 0; i < FOLDERS; i++) {
        if (!folders[i][0])
            continue;
        snprintf(path, sizeof path, "%.*s/libmathnas_%.20s.so", PATH_MAX + 16, folders[i], name);
        if (!access(path, F_OK))
            return load_file(path, name, plugin, error);
        const size_t length = strlen(looked);
        snprintf(looked + length, sizeof looked - length, "%s%.*s", length ? ", " : "", 140, folders[i]);
    }
    return mn_fail(error, MN_FAILURE, "libmathnas_%.20s.so was not found in %s (make builds it where %s is)", name,
                   looked[0] ? looked : "any folder", strcmp(name, "cuda") ? "g++" : "nvcc");
}
