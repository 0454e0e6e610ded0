/* SPDX-License-Identifier: MIT */
/* Colours, where a terminal shows them and nobody minds. */
#ifndef MST_MSTREAM_PAINT_H
#define MST_MSTREAM_PAINT_H

#include "output.h"

enum mst_paint {
    MST_PAINT_PLAIN,
    MST_PAINT_ADDED,
    MST_PAINT_REMOVED,
    MST_PAINT_CHANGED,
    MST_PAINT_TITLE
};

extern const char *const mst_paint_choices[];

/* The flag of commands that have colours. */
#define MST_PAINT_FLAG                                                         \
    {                                                                          \
        "color", "WHEN", "auto (where a terminal shows it), always, never",    \
            mst_paint_choices                                                  \
    }

/* By --color, else by NO_COLOR, TERM, and what standard output is. */
bool mst_paint_is_on(const struct mst_cli_args *args);

/* What is printed from here on; nothing where colours are off. */
void mst_paint(struct mst_output *out, bool on, enum mst_paint paint);

#endif
