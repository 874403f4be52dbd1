/* Progress on standard error: a bar on a terminal, JSON lines when asked, otherwise nothing. */
#ifndef MN_CLI_PROGRESS_H
#define MN_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum progress_mode { PROGRESS_NONE, PROGRESS_BAR, PROGRESS_JSON } progress_mode;

typedef struct progress {
    progress_mode mode;
    bool color;
    double shown; /* seconds since the start at the last line, < 0: none yet */
    bool drawn;   /* a bar stands on the current line */
} progress;

/* mode: "auto", "none", "json". False when it is none of them. */
bool progress_init(progress *p, const char *mode, bool quiet);

/* At most ten lines a second, and one at the end. */
void progress_show(progress *p, const char *what, double seconds, uint64_t done, uint64_t total);

/* Clears the bar: before other lines go to the terminal. */
void progress_clear(progress *p);

#endif
