/* The machine a benchmark ran on, for its table's head. */
#ifndef MN_BENCH_MACHINE_H
#define MN_BENCH_MACHINE_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static inline void print_machine(void)
{
    char line[256], model[200] = "unknown processor";
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, "model name", 10) && strchr(line, ':')) {
            snprintf(model, sizeof model, "%s", strchr(line, ':') + 2);
            model[strcspn(model, "\n")] = 0;
            break;
        }
    if (file)
        fclose(file);
    printf("machine: %s, %ld cores\n", model, sysconf(_SC_NPROCESSORS_ONLN));
}

#endif
