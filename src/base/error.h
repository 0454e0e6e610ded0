/* SPDX-License-Identifier: MIT */
/*
 * The two channels of failure: `enum mst_status` tells the program what to
 * do, `struct mst_error` tells a person what happened. They are never mixed.
 */
#ifndef MST_BASE_ERROR_H
#define MST_BASE_ERROR_H

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

enum mst_status {
    MST_OK = 0,
    MST_AGAIN,        /* nothing now (or full now): ask again later */
    MST_END,          /* a bounded source has given all it had */
    MST_RETRY,        /* the same thing may succeed later; nothing is broken */
    MST_DISCONNECTED, /* the connection is gone: close, reopen, resume */
    MST_REJECTED,     /* this event can never succeed as it is */
    MST_FATAL         /* the job can not go on without a person */
};

enum { MST_ERROR_TEXT_MAX = 1024, MST_ERROR_HINT_MAX = 256 };

/* What a person reads. Value type; a zeroed one is empty. Texts are cut at
 * their maximum on a UTF-8 boundary and never hold a secret: who fills them
 * has redacted connection strings and property values before. */
struct mst_error {
    enum mst_status status;
    char origin[32]; /* who says so: "mongodb", "kafka", "json", "config" */
    int64_t code;    /* the library's or server's code, 0 when none */
    int64_t offset;  /* byte offset in the input, -1 when it has none */
    int64_t retry_after_ms;        /* asked for by the other side, else 0;
                                    * < 0: see mst_error_lasts */
    char text[MST_ERROR_TEXT_MAX]; /* what, where, why */
    char hint[MST_ERROR_HINT_MAX]; /* what to do; may be empty */
};

/* Makes err empty (status OK, offset -1). */
void mst_error_clear(struct mst_error *err);

/* Fills err (NULL is allowed) and returns status, so that a function fails
 * in one line: return mst_fail(err, MST_REJECTED, "json", 0, "...", ...). */
enum mst_status mst_fail(struct mst_error *err, enum mst_status status,
                         const char *origin, int64_t code, const char *fmt, ...)
    MST_PRINTF(5, 6);

/* As mst_fail, for input with a place: offset is in bytes from its start. */
enum mst_status mst_fail_at(struct mst_error *err, enum mst_status status,
                            const char *origin, int64_t offset, const char *fmt,
                            ...) MST_PRINTF(5, 6);

/* Out of memory: FATAL, said without allocating. */
enum mst_status mst_fail_memory(struct mst_error *err, const char *origin);

/* Adds what a person can do about it. Replaces an earlier hint. */
void mst_error_hint(struct mst_error *err, const char *fmt, ...)
    MST_PRINTF(2, 3);

/* Says that no time heals it: what failed is not tried again by itself. */
void mst_error_lasts(struct mst_error *err);

/* Puts context in front of the text: "job 'users', sink 'k': " + text. */
void mst_error_prefix(struct mst_error *err, const char *fmt, ...)
    MST_PRINTF(2, 3);

/* "ok", "again", ... Never NULL. */
const char *mst_status_name(enum mst_status status);

#endif
