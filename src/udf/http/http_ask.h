/* SPDX-License-Identifier: MIT */
/*
 * Events that are asked about, several at once: the requests of the events
 * that come next are under way while the answer to the first is waited for.
 *
 *   ahead(events) ─► answer(event) ... answer(event)
 *
 * Events of one key follow each other: none is asked about while an earlier
 * one of its key has no good answer.
 */
#ifndef MST_UDF_HTTP_ASK_H
#define MST_UDF_HTTP_ASK_H

#include "clients/http_event.h"
#include "clients/http_pool.h"
#include "clients/http_service.h"
#include "clients/http_status.h"
#include "clients/http_target.h"
#include "core/middleware.h"

enum http_ask_ordering { HTTP_ASK_PER_KEY = 0, HTTP_ASK_ANY_ORDER };
enum http_ask_arrays { HTTP_ASK_EVENTS = 0, HTTP_ASK_VALUE };

/* Keys of `middlewares = [{...}]`. */
struct http_ask_options {
    int method; /* 0: POST, 1: PUT */
    struct mst_strings attributes;
    int64_t concurrency;
    int ordering; /* enum http_ask_ordering */
    uint64_t answer_max;
    int arrays; /* enum http_ask_arrays */
    int64_t batch_events;
    uint64_t batch_bytes;
    int batch_format; /* enum mst_batch_format */
    struct mst_string_map outcomes;
};

/* What came of one event, or of len that were sent together. */
struct http_ask_answer {
    size_t len;
    enum mst_status status;
    struct mst_error err; /* unless OK */
    struct mst_http_answer http;
};

struct http_ask;

/* No network. */
MST_MUST_CHECK enum mst_status
http_ask_create(const struct mst_middleware_args *args,
                struct http_ask **ret_ask, struct mst_error *err);
/* NULL is fine. */
void http_ask_destroy(struct http_ask *ask);

MST_MUST_CHECK enum mst_status http_ask_open(struct http_ask *ask,
                                             struct mst_error *err);
void http_ask_close(struct http_ask *ask);
/* Thread: any. */
void http_ask_interrupt(struct http_ask *ask);

/* The events that come next, valid with their array until the next call. With
 * batch_events above 1 some that follow each other make one request. Nothing
 * is sent yet. False without memory. */
bool http_ask_ahead(struct http_ask *ask, const struct mst_event *const *events,
                    size_t n);

const struct http_ask_options *http_ask_options_of(const struct http_ask *ask);

/* Waits for the answer to this event, the first of its request; asked for a second time it is sent
 * again. *ret_answer is valid until the next call. NULL: no memory. */
const struct http_ask_answer *http_ask_answer(struct http_ask *ask,
                                              const struct mst_event *event);

/* Waits for the answers to all of these events. MST_RETRY: asked for the same
 * events again it only asks what it has no good answer to. */
MST_MUST_CHECK enum mst_status
http_ask_batch(struct http_ask *ask, const struct mst_event *const *events,
               size_t n, struct mst_error *err);
/* Of request number i of them; NULL: there were fewer. */
const struct http_ask_answer *http_ask_batch_answer(const struct http_ask *ask,
                                                    size_t i);

#endif
