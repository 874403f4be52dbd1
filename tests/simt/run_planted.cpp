/* Runs one planted kernel: what a sanitizer has to say about it goes to standard error. A kernel that the emulator itself refuses ends with
 * its sentence there. Exit code 0: nobody noticed anything. */
#include <cstdio>

#include "kernels/simt/control.h"
#include "tests/simt/planted.h"

int main(int count, char **arguments)
{
    static int out[planted_count];
    if (count != 2) {
        fprintf(stderr, "usage: run_planted NAME\n");
        return 2;
    }
    if (const int error = planted_run(arguments[1], out)) {
        fprintf(stderr, "error %d: %s\n", error, simt::fault_message().c_str());
        return 1;
    }
    return 0;
}
