/* SPDX-License-Identifier: MIT */
/*
 * Ends the waiting of MongoDB clients: a client that was made with one of
 * these has its connections fail at once, in whatever thread they wait, when
 * it is cancelled or its time is over.
 */
#ifndef MST_CLIENTS_MONGO_CANCEL_H
#define MST_CLIENTS_MONGO_CANCEL_H

#include <stdbool.h>

#include "base/error.h"

struct mst_mongo_cancel;

MST_MUST_CHECK enum mst_status
mst_mongo_cancel_create(struct mst_mongo_cancel **ret_cancel,
                        struct mst_error *err);
/* The clients are gone. NULL is fine. */
void mst_mongo_cancel_destroy(struct mst_mongo_cancel *cancel);

/* From now on nothing waits. Thread: any. */
void mst_mongo_cancel_now(struct mst_mongo_cancel *cancel);
/* What is begun from now on waits until timeout_ms from now, all together:
 * for saying goodbye to a server that may be dead. */
void mst_mongo_cancel_within(struct mst_mongo_cancel *cancel, int timeout_ms);
/* Takes both back. Thread: any. */
void mst_mongo_cancel_reset(struct mst_mongo_cancel *cancel);
/* mst_mongo_cancel_now was called. Thread: any. */
bool mst_mongo_cancel_is_now(struct mst_mongo_cancel *cancel);

/* Called by the thread that waits: a server has said nothing for silent_ms
 * while an answer was waited for (true), or says something again (false;
 * nothing is said of a connection that ends). Set before there are clients. */
typedef void (*mst_mongo_silence)(void *arg, bool is_silent);
void mst_mongo_cancel_watch(struct mst_mongo_cancel *cancel, int silent_ms,
                            mst_mongo_silence silence, void *arg);

/* For the connections: milliseconds of silence that are told (0: none are),
 * and the telling. */
int mst_mongo_cancel_silent_ms(const struct mst_mongo_cancel *cancel);
void mst_mongo_cancel_tell(struct mst_mongo_cancel *cancel, bool is_silent);
/* For the connections: a descriptor that is readable once it was cancelled,
 * and the time that they may wait when they want wait_ms (-1: for ever). */
int mst_mongo_cancel_fd(struct mst_mongo_cancel *cancel);
/* For the connections: one was made or begun, and was there ever one? */
void mst_mongo_cancel_met(struct mst_mongo_cancel *cancel);
bool mst_mongo_cancel_has_met(struct mst_mongo_cancel *cancel);
int mst_mongo_cancel_wait(struct mst_mongo_cancel *cancel, int wait_ms);

#endif
