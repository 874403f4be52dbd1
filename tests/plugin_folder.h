/* Where the plugins of this build lie: test programs are in a folder of it. */
#ifndef MN_TESTS_PLUGIN_FOLDER_H
#define MN_TESTS_PLUGIN_FOLDER_H

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline const char *plugin_folder(void)
{
    static char folder[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    folder[length > 0 ? length : 0] = 0;
    for (int part = 0; part < 2; part++)
        if (strrchr(folder, '/'))
            *strrchr(folder, '/') = 0;
    return folder;
}

/* The device that suites of kernels run on: the emulator, or what MATHNAS_TEST_DEVICE names (make gpu-check). */
static inline const char *plugin_device(void)
{
    const char *named = getenv("MATHNAS_TEST_DEVICE");
    return named ? named : "simt";
}

#endif
