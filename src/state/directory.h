/* SPDX-License-Identifier: MIT */
/* The state directory: made when it is missing, private to its owner. */
#ifndef MST_STATE_DIRECTORY_H
#define MST_STATE_DIRECTORY_H

#include <stdbool.h>

#include "base/error.h"

/* What stands for no directory at all. */
#define MST_STATE_MEMORY ":memory:"

/* Makes path, and what is missing above it, with mode 0700. One that exists
 * is taken as it is. MST_FATAL, or MST_RETRY when there is no room. */
MST_MUST_CHECK enum mst_status mst_directory_make(const char *path,
                                                  struct mst_error *err);

/* DIRECTORY/NAME, malloc'ed; NULL without memory. */
MST_MUST_CHECK char *mst_directory_join(const char *directory,
                                        const char *name);

/* The status and hint for an errno of a file operation on path. what: "can
 * not open the state file". */
enum mst_status mst_directory_fail(struct mst_error *err, int code,
                                   const char *what, const char *path);

#endif
