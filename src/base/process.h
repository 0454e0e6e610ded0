/* SPDX-License-Identifier: MIT */
/*
 * A name for this process that others can read and judge: who holds a lease
 * or a lock, and whether that process is still there.
 */
#ifndef MST_BASE_PROCESS_H
#define MST_BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { MST_PROCESS_TAG_MAX = 128 };

/* "host pid 4711 BOOT.NAMESPACE.START.RANDOM": differs with each call. The
 * last word tells processes with the same id apart: after a reboot, in
 * another container, or when an id is used again. */
void mst_process_tag(char out[MST_PROCESS_TAG_MAX]);

/* True only when tag surely names a process of this machine that has ended;
 * false for other machines and for texts that are no tags. */
bool mst_process_is_gone(const char *tag);

#endif
