/* SPDX-License-Identifier: MIT */
/* A walk over two schemas at once: where it stands, and what it found. */
#ifndef MST_SCHEMA_COMPATIBILITY_WALK_H
#define MST_SCHEMA_COMPATIBILITY_WALK_H

#include "schema/compatibility.h"

enum { MST_COMPAT_REASON_MAX = 1024 };

struct mst_compat_walk {
    struct mst_compat_report *report;
    unsigned quiet; /* > 0: only the answer is wanted */
    unsigned depth;
    size_t steps;
    enum mst_status status; /* MST_REJECTED: too large to be compared */
    struct mst_buf path;
};

void mst_compat_walk_init(struct mst_compat_walk *walk,
                          struct mst_compat_report *report);
/* Frees, adds that it was too large where it was, and says how it ended. */
MST_MUST_CHECK enum mst_status mst_compat_walk_end(struct mst_compat_walk *walk,
                                                   struct mst_error *err);

/* One step deeper; false: no further, status says why. */
bool mst_compat_walk_down(struct mst_compat_walk *walk);

/* Adds to the path; returns its length before, to be set again. A path that
 * grows too long stays as it is. mark: ".", "[]", "{}". */
size_t mst_compat_walk_enter(struct mst_compat_walk *walk, const char *mark,
                             struct mst_slice name);

/* Adds a problem at the present path, where it is wanted. Always false. */
bool mst_compat_walk_fail(struct mst_compat_walk *walk, const char *type,
                          const char *fmt, ...) MST_PRINTF(3, 4);

#endif
