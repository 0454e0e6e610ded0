/* SPDX-License-Identifier: MIT */
/* Paths, bounds and problems of a comparison. */
#include "schema/compatibility_walk.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    WALK_STEPS_MAX = 20 * 1000 * 1000,
    WALK_DEPTH_MAX = 1000,
    WALK_PATH_MAX = 4096
};

void
mst_compat_walk_init(struct mst_compat_walk *walk,
                     struct mst_compat_report *report)
{
    memset(walk, 0, sizeof(*walk));
    walk->report = report;
    mst_buf_init(&walk->path, WALK_PATH_MAX);
}

enum mst_status
mst_compat_walk_end(struct mst_compat_walk *walk, struct mst_error *err)
{
    mst_buf_clear(&walk->path);
    if (walk->status == MST_REJECTED) {
        walk->status =
            mst_compat_add(walk->report, "NOT_DECIDED", NULL,
                           "the schemas are too large to be compared");
    }
    return walk->status == MST_OK ? MST_OK : mst_fail_memory(err, "schema");
}

bool
mst_compat_walk_down(struct mst_compat_walk *walk)
{
    if (walk->status != MST_OK) {
        return false;
    }
    walk->steps++;
    if (walk->steps > WALK_STEPS_MAX || walk->depth == WALK_DEPTH_MAX) {
        walk->status = MST_REJECTED;
        return false;
    }
    walk->depth++;
    return true;
}

size_t
mst_compat_walk_enter(struct mst_compat_walk *walk, const char *mark,
                      struct mst_slice name)
{
    size_t before = walk->path.len;
    bool first = before == 0 && mark[0] == '.';
    if (mst_buf_append_str(&walk->path, first ? "" : mark) == MST_FATAL
        || mst_buf_append(&walk->path, name.data, name.len) == MST_FATAL) {
        walk->status = MST_FATAL;
    }
    return before;
}

bool
mst_compat_walk_fail(struct mst_compat_walk *walk, const char *type,
                     const char *fmt, ...)
{
    va_list list;
    char reason[MST_COMPAT_REASON_MAX];
    if (walk->quiet > 0 || walk->status != MST_OK) {
        return false;
    }
    va_start(list, fmt);
    (void)vsnprintf(reason, sizeof(reason), fmt, list);
    va_end(list);
    const char *path = mst_buf_text(&walk->path);
    walk->status = path == NULL
                       ? MST_FATAL
                       : mst_compat_add(walk->report, type, path, "%s", reason);
    return false;
}
