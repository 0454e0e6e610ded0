/* SPDX-License-Identifier: MIT */
/* The parts of mstream top: what is shown, and where. */
#ifndef MST_MSTREAM_TOP_H
#define MST_MSTREAM_TOP_H

#include <jansson.h>
#include <termios.h>

#include "base/buf.h"
#include "output.h"

enum mst_top_sort {
    MST_TOP_BY_NAME,
    MST_TOP_BY_RATE,
    MST_TOP_BY_LAG,
    MST_TOP_BY_ERRORS,
    MST_TOP_BY_QUEUE,
    MST_TOP_BY_STATE, /* those in trouble first */
    MST_TOP_SORTS
};

/* One look at a daemon. Ownership: the caller's. */
struct mst_top_look {
    json_t *jobs;
    json_t *stats;
    int64_t at_ms; /* monotonic */
};

const char *mst_top_sort_name(enum mst_top_sort sort);

/* Appends the table as it stands at `now`, rates since `before` (jobs NULL:
 * there was none, so the means since the jobs' starts are shown). width, rows:
 * at most so wide and high; 0: as they come. */
void mst_top_view(const struct mst_top_look *now,
                  const struct mst_top_look *before, enum mst_top_sort sort,
                  size_t width, size_t rows, struct mst_output *out);

/* The terminal while it is ours: another screen, no echo, key by key. */
struct mst_top_screen {
    struct termios before;
    int signals; /* a descriptor */
    bool open;
};

/* False: stdin or stdout is no terminal. Signals that end a program, and that
 * of another size, are taken from then on. */
bool mst_top_screen_open(struct mst_top_screen *screen);
void mst_top_screen_close(struct mst_top_screen *screen);
void mst_top_screen_size(size_t *ret_width, size_t *ret_rows);
/* Shows the text from the top, in place of what is there. */
void mst_top_screen_show(const struct mst_buf *text);

enum mst_top_key { MST_TOP_NONE, MST_TOP_QUIT, MST_TOP_SORT, MST_TOP_DRAW };

/* Waits for a key, a signal, or the end of the time. */
enum mst_top_key mst_top_screen_wait(struct mst_top_screen *screen, int ms);

#endif
