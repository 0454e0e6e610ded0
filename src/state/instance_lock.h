/* SPDX-License-Identifier: MIT */
/*
 * One daemon per state directory: a lock on DIRECTORY/mstream.lock, with a
 * line in it that says who holds it. The kernel drops the lock when the
 * process ends, however it ends; the file stays.
 */
#ifndef MST_STATE_INSTANCE_LOCK_H
#define MST_STATE_INSTANCE_LOCK_H

#include "base/error.h"

#define MST_INSTANCE_LOCK_FILE "mstream.lock"

struct mst_instance_lock;

/* Takes the lock; makes the directory when it is missing. MST_AGAIN: another
 * process holds it; err names host, process id and since when. For ":memory:"
 * there is nothing to lock: MST_OK with *ret_lock = NULL.
 * Thread: any. Ownership: mst_instance_lock_release ends it. */
MST_MUST_CHECK enum mst_status
mst_instance_lock_take(const char *directory,
                       struct mst_instance_lock **ret_lock,
                       struct mst_error *err);

/* NULL is fine. */
void mst_instance_lock_release(struct mst_instance_lock *lock);

#endif
