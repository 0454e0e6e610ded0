/* SPDX-License-Identifier: MIT */
/*
 * Requests over HTTP and HTTPS, one at a time, on connections that are kept.
 * It never retries, follows no redirect and goes through no proxy: callers
 * decide. No message has a login, a token or a query in it.
 */
#ifndef MST_CLIENTS_HTTP_CLIENT_H
#define MST_CLIENTS_HTTP_CLIENT_H

#include "base/buf.h"
#include "clients/http_options.h"

struct mst_http;

struct mst_http_request {
    const char *method; /* "GET", "POST", ... */
    const char *url;
    /* "Name: value", NULL-terminated; NULL: none but what is needed. */
    const char *const *headers;
    struct mst_slice body; /* data == NULL: none */
    /* Optional. Takes the body of an answer of 200 piece by piece, as it
     * comes, instead of answer->body; false ends the request with MST_RETRY.
     * A server that says nothing for MST_HTTP_SILENCE_S is given up. */
    bool (*take)(void *arg, struct mst_slice piece);
    void *take_arg;
};

enum {
    MST_HTTP_CONTENT_TYPE_MAX = 128,
    MST_HTTP_CODING_MAX = 32,
    MST_HTTP_SILENCE_S = 45
};

struct mst_http_answer {
    long status; /* 200, 404, ... */
    /* Appended to; the caller initialises it, and its max bounds what is
     * read: a longer answer is MST_RETRY. */
    struct mst_buf body;
    char content_type[MST_HTTP_CONTENT_TYPE_MAX]; /* "" when there is none */
    int64_t retry_after_ms;                       /* 0: not said */
    char content_encoding[MST_HTTP_CODING_MAX];   /* likewise, cut */
    bool cut; /* of pools: the body goes on */
    /* Of pools that keep some headers: "Name: value", each with a NUL behind
     * it, without the prefix. */
    struct mst_buf lines;
};

/* options outlive the client. No network. */
MST_MUST_CHECK enum mst_status
mst_http_create(const struct mst_http_options *options,
                struct mst_http **ret_http, struct mst_error *err);
/* NULL is fine. */
void mst_http_destroy(struct mst_http *http);

/* Thread: any. on: the request at hand ends soon with MST_RETRY, as do later
 * ones until it is taken off. */
void mst_http_interrupt(struct mst_http *http, bool on);

/*
 * One request. Thread: one at a time. MST_OK: there is an answer, whatever
 * its status. MST_RETRY: there is none (no connection, late, cut short, too
 * large). MST_FATAL: a person has to do something (certificates, an address
 * that is none). What is in answer counts with MST_OK only.
 */
MST_MUST_CHECK enum mst_status
mst_http_run(struct mst_http *http, const struct mst_http_request *request,
             struct mst_http_answer *answer, struct mst_error *err);

/* Appends text so that it is one segment of a path or a value of a query:
 * what is not a letter, digit, '-', '.', '_' or '~' as %XX. */
MST_MUST_CHECK enum mst_status mst_http_append_escaped(struct mst_buf *out,
                                                       struct mst_slice text);

/* What a header's name is made of (RFC 9110), and what its value may hold:
 * nothing that ends the line. */
bool mst_http_is_token(struct mst_slice name);
bool mst_http_is_value(struct mst_slice value);

/* Appends "name: value" and a NUL, as libcurl wants it. */
MST_MUST_CHECK enum mst_status mst_http_add_header(struct mst_buf *out,
                                                   struct mst_slice name,
                                                   struct mst_slice value);

#endif
