/* SPDX-License-Identifier: MIT */
/* Counting how often a place is reached, and dying there when asked. */
#include "base/fault_point.h"

#ifdef MST_FAULT_POINTS

#    include <signal.h>
#    include <stdatomic.h>
#    include <stdlib.h>
#    include <string.h>

void
mst_fault_point(const char *name)
{
    /* Shared by the whole program: there is one crash per process. */
    static atomic_long reached;
    const char *wanted = getenv("MSTREAM_CRASH_AT");
    size_t len = strlen(name);
    if (wanted == NULL || strncmp(wanted, name, len) != 0
        || wanted[len] != ':') {
        return;
    }
    if (atomic_fetch_add(&reached, 1) + 1
        == strtol(wanted + len + 1, NULL, 10)) {
        (void)raise(SIGKILL);
    }
}

#else
/* ISO C wants something in a file. */
extern int mst_fault_point_unused;
#endif
