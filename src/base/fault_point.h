/* SPDX-License-Identifier: MIT */
/*
 * Places where tests end the process as a crash would. Only in builds with
 * MST_FAULT_POINTS; otherwise nothing is left of them.
 */
#ifndef MST_BASE_FAULT_POINT_H
#define MST_BASE_FAULT_POINT_H

#ifdef MST_FAULT_POINTS
/* MSTREAM_CRASH_AT="name:n": the n-th time (from 1) that the place `name` is
 * reached, the process kills itself with SIGKILL. Thread: any. */
void mst_fault_point(const char *name);
#else
static inline void
mst_fault_point(const char *name)
{
    (void)name;
}
#endif

#endif
