/* SPDX-License-Identifier: MIT */
/*
 * A queue of pointers between threads. It grows; what bounds it is the
 * memory budget of what is in it, not a count.
 */
#ifndef MST_BASE_QUEUE_H
#define MST_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct mst_queue;

MST_MUST_CHECK struct mst_queue *mst_queue_create(void);
/* The queue must be empty of anything owned. NULL is fine. */
void mst_queue_destroy(struct mst_queue *queue);

/* Thread: any. Moves item in; false without memory or when closed (item
 * stays with the caller). */
MST_MUST_CHECK bool mst_queue_push(struct mst_queue *queue, void *item);

/* Takes the oldest item, waiting up to timeout_ms (0: do not wait, -1: for
 * ever). NULL: none within the time, or closed and empty, or woken. */
void *mst_queue_pop(struct mst_queue *queue, int timeout_ms);

/* Waits as long for an item, and leaves it where it is. False: there is none. */
bool mst_queue_wait(struct mst_queue *queue, int timeout_ms);

/* No more pushes; waiting pops return what is left, then NULL. */
void mst_queue_close(struct mst_queue *queue);
/* One waiting (or the next) pop returns NULL at once, queue or not; a wait
 * returns. */
void mst_queue_wake(struct mst_queue *queue);

bool mst_queue_is_closed(struct mst_queue *queue);
size_t mst_queue_len(struct mst_queue *queue);

#endif
