/* SPDX-License-Identifier: MIT */
/* The `terminal` sink: one line per event on standard output. */
#ifndef MST_SINKS_TERMINAL_TERMINAL_H
#define MST_SINKS_TERMINAL_TERMINAL_H

#include "core/sink.h"

enum mst_terminal_layout {
    MST_TERMINAL_AUTO, /* pretty on a terminal, else payloads */
    MST_TERMINAL_PRETTY,
    MST_TERMINAL_PAYLOAD
};

enum mst_terminal_color {
    MST_TERMINAL_COLOR_AUTO, /* on a terminal, unless NO_COLOR is set */
    MST_TERMINAL_COLOR_ALWAYS,
    MST_TERMINAL_COLOR_NEVER
};

/* Keys of `sinks = [{...}]`. */
struct mst_terminal_options {
    int layout; /* an enum mst_terminal_layout */
    int color;  /* an enum mst_terminal_color */
    /* Where to write; not an option that users have: 0 means 1, standard
     * output, and tests set their own. */
    int fd;
};

extern const struct mst_sink_type mst_terminal_sink;

#endif
