/* SPDX-License-Identifier: MIT */
/*
 * Sessions of browsers: what a token was traded for, so that no script ever
 * sees the token. They are in memory alone, end with the daemon, after a
 * while, and with their token.
 */
#ifndef MST_API_SESSIONS_H
#define MST_API_SESSIONS_H

#include "api/tokens.h"

struct mst_api_sessions;

enum {
    MST_API_SESSION_TEXT_MAX = 2 * MST_API_HASH_LEN + 1,
    MST_API_SESSION_MS = 12 * 60 * 60 * 1000,
    MST_API_SESSIONS_MAX = 256, /* the oldest make room */
    MST_API_SESSIONS_OF_ONE_MAX = 16
};

MST_MUST_CHECK enum mst_status
mst_api_sessions_create(struct mst_api_sessions **ret, struct mst_error *err);
void mst_api_sessions_destroy(struct mst_api_sessions *sessions);

/* Thread: any, from here on. now_ms: monotonic. */

/* A new one for who has that token; its text is told once, to the browser. */
MST_MUST_CHECK enum mst_status
mst_api_sessions_begin(struct mst_api_sessions *sessions,
                       const uint8_t token[MST_API_HASH_LEN], int64_t now_ms,
                       char ret_text[MST_API_SESSION_TEXT_MAX],
                       struct mst_error *err);
/* False: there is none, or its time is over. */
bool mst_api_sessions_find(struct mst_api_sessions *sessions, const char *text,
                           int64_t now_ms, struct mst_api_badge *ret_badge);
/* Whether it is still there. */
bool mst_api_sessions_lasts(struct mst_api_sessions *sessions,
                            const struct mst_api_badge *badge, int64_t now_ms);
void mst_api_sessions_end(struct mst_api_sessions *sessions,
                          const struct mst_api_badge *badge);

#endif
