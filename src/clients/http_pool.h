/* SPDX-License-Identifier: MIT */
/*
 * Requests over HTTP and HTTPS, many at once on one thread, on connections
 * that are kept. As http_client.h, it never retries, follows no redirect and
 * goes through no proxy unless told to.
 *
 * A pool has slots; each carries one request at a time:
 *
 *   start(slot) ──► turn ... turn ──► next: the slot is free again
 */
#ifndef MST_CLIENTS_HTTP_POOL_H
#define MST_CLIENTS_HTTP_POOL_H

#include "clients/http_client.h"

struct mst_http_pool;

struct mst_http_pool_args {
    const struct mst_http_options *options; /* outlives the pool */
    size_t slots;
    size_t answer_max; /* bytes of an answer that are kept */
    /* Headers whose names begin so are kept; NULL: none. */
    const char *keep_headers;
    /* Nobody wants a longer answer: it is cut at once, not read to its end
     * where that is near, to keep the connection. */
    bool whole;
};

/* Borrowed until the request has ended. */
struct mst_http_send {
    const char *method;
    const char *url;
    struct mst_slice headers; /* "Name: value", each with a NUL behind it */
    struct mst_slice body;    /* data == NULL: none */
};

struct mst_http_ended {
    size_t slot;
    /* As of mst_http_run. */
    enum mst_status status;
    /* With MST_OK; valid until the slot is started again. */
    const struct mst_http_answer *answer;
};

/* No network. */
MST_MUST_CHECK enum mst_status
mst_http_pool_create(const struct mst_http_pool_args *args,
                     struct mst_http_pool **ret_pool, struct mst_error *err);
/* Ends what is under way. NULL is fine. */
void mst_http_pool_destroy(struct mst_http_pool *pool);

/* The slot is free. MST_FATAL: no memory, or libcurl can not. */
MST_MUST_CHECK enum mst_status
mst_http_pool_start(struct mst_http_pool *pool, size_t slot,
                    const struct mst_http_send *send, struct mst_error *err);
/* Ends the request of a slot, if it has one, without a word. */
void mst_http_pool_cancel(struct mst_http_pool *pool, size_t slot);

/* Moves bytes; waits up to timeout_ms for some, or for a wake, when nothing
 * has ended. MST_FATAL: libcurl is out of memory. */
MST_MUST_CHECK enum mst_status mst_http_pool_turn(struct mst_http_pool *pool,
                                                  int timeout_ms,
                                                  struct mst_error *err);
/* A request that has ended; false: there is none. err: unless MST_OK. */
bool mst_http_pool_next(struct mst_http_pool *pool,
                        struct mst_http_ended *ret_ended,
                        struct mst_error *err);
/* Moves out the answer of a slot that has ended; to be cleared: body and
 * lines. */
struct mst_http_answer mst_http_pool_take(struct mst_http_pool *pool,
                                          size_t slot);
/* The turn at hand, or the next one, does not wait. Thread: any. */
void mst_http_pool_wake(struct mst_http_pool *pool);

#endif
