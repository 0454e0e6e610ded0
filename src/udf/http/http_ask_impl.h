/* SPDX-License-Identifier: MIT */
/* The window of requests, shared by the files of this folder. */
#ifndef MST_UDF_HTTP_ASK_IMPL_H
#define MST_UDF_HTTP_ASK_IMPL_H

#include <stdatomic.h>

#include "udf/http/http_ask.h"

enum ask_state { ASK_WAITING = 0, ASK_SENT, ASK_DONE, ASK_USED };

struct ask_entry {
    const struct mst_event *const *events;
    size_t len;
    uint64_t *keys; /* their hashes, sorted */
    enum ask_state state;
    int64_t started_ms;
    struct http_ask_answer answer;
};

struct ask_slot {
    struct ask_entry *entry; /* NULL: free */
    struct mst_buf url;
    struct mst_buf headers;
    struct mst_buf key;
    struct mst_buf body; /* of several events */
    struct mst_delivery *deliveries;
    struct mst_delivery **pointers; /* to each of them */
    size_t deliveries_cap;
};

struct http_ask {
    struct mst_middleware_args args;
    const struct mst_http_service *service;
    const struct http_ask_options *options;
    struct mst_http_options http;
    struct mst_http_target target;
    struct mst_http_fields fields;
    struct mst_http_rules rules;
    struct mst_http_auth *auth;
    struct mst_buf fixed_headers;
    struct mst_http_pool *pool; /* from open to close */
    atomic_bool interrupted;
    struct ask_slot *slots;
    size_t slots_len;
    size_t busy;
    struct ask_entry *entries;
    size_t entries_len;
    size_t entries_cap;
    uint64_t *keys; /* entries_cap of them */
    size_t first;   /* before it, all are used */
    size_t held;    /* events of a batch that comes again; 0: none does */
    size_t stored;  /* bytes of answers that wait */
    const struct mst_event *alone[1];
};

/* "POST", ... */
const char *http_ask_method(const struct http_ask *ask);
/* Starts the request of an entry in a free slot. MST_REJECTED: none can be
 * made of its events. */
MST_MUST_CHECK enum mst_status http_ask_send(struct http_ask *ask, size_t slot,
                                             const struct ask_entry *entry,
                                             struct mst_error *err);

#endif
