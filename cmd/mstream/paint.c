/* SPDX-License-Identifier: MIT */
/* Colours, where a terminal shows them and nobody minds. */
#include "paint.h"

#include <stdlib.h>
#include <unistd.h>

enum { PAINT_AUTO, PAINT_ALWAYS, PAINT_NEVER };

const char *const mst_paint_choices[] = {"auto", "always", "never", NULL};

bool
mst_paint_is_on(const struct mst_cli_args *args)
{
    int choice = mst_cli_choice(args, "color", PAINT_AUTO);
    const char *none = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if (choice != PAINT_AUTO) {
        return choice == PAINT_ALWAYS;
    }
    return (none == NULL || none[0] == '\0')
           && (term == NULL || strcmp(term, "dumb") != 0)
           && isatty(STDOUT_FILENO) == 1;
}

void
mst_paint(struct mst_output *out, bool on, enum mst_paint paint)
{
    static const char *const codes[] = {
        [MST_PAINT_PLAIN] = "\033[0m",    [MST_PAINT_ADDED] = "\033[32m",
        [MST_PAINT_REMOVED] = "\033[31m", [MST_PAINT_CHANGED] = "\033[33m",
        [MST_PAINT_TITLE] = "\033[1m",
    };
    if (on) {
        mst_output_bytes(out, mst_slice_str(codes[paint]));
    }
}
