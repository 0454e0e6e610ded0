/* SPDX-License-Identifier: MIT */
/* A table of hashes. */
#include "api/sessions.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/thread.h"

struct sessions_one {
    uint8_t hash[MST_API_HASH_LEN]; /* of its text */
    uint8_t token[MST_API_HASH_LEN];
    int64_t until_ms; /* monotonic; 0: the place is free */
};

struct mst_api_sessions {
    pthread_mutex_t mutex;
    struct sessions_one items[MST_API_SESSIONS_MAX];
};

enum mst_status
mst_api_sessions_create(struct mst_api_sessions **ret, struct mst_error *err)
{
    struct mst_api_sessions *sessions = calloc(1, sizeof(*sessions));
    if (sessions == NULL || pthread_mutex_init(&sessions->mutex, NULL) != 0) {
        free(sessions);
        return mst_fail_memory(err, "api");
    }
    *ret = sessions;
    return MST_OK;
}

void
mst_api_sessions_destroy(struct mst_api_sessions *sessions)
{
    if (sessions != NULL) {
        (void)pthread_mutex_destroy(&sessions->mutex);
        free(sessions);
    }
}

/* Where a new one goes: the oldest of the same token when that has many, else
 * the oldest of all. A free place is the oldest there is. Lock: held. */
static struct sessions_one *
sessions_place(struct mst_api_sessions *sessions,
               const uint8_t token[MST_API_HASH_LEN])
{
    struct sessions_one *oldest = sessions->items;
    struct sessions_one *own = NULL;
    size_t owned = 0;
    for (size_t i = 0; i < MST_API_SESSIONS_MAX; i++) {
        struct sessions_one *one = &sessions->items[i];
        oldest = one->until_ms < oldest->until_ms ? one : oldest;
        if (one->until_ms > 0
            && memcmp(one->token, token, MST_API_HASH_LEN) == 0) {
            owned++;
            own = own == NULL || one->until_ms < own->until_ms ? one : own;
        }
    }
    return owned >= MST_API_SESSIONS_OF_ONE_MAX ? own : oldest;
}

enum mst_status
mst_api_sessions_begin(struct mst_api_sessions *sessions,
                       const uint8_t token[MST_API_HASH_LEN], int64_t now_ms,
                       char ret_text[MST_API_SESSION_TEXT_MAX],
                       struct mst_error *err)
{
    uint8_t random[MST_API_HASH_LEN];
    struct sessions_one one = {.until_ms = now_ms + MST_API_SESSION_MS};
    char text[MST_API_SESSION_TEXT_MAX] = "";
    if (RAND_bytes(random, sizeof(random)) != 1) {
        return mst_fail(err, MST_FATAL, "api", 0,
                        "the system gives no random numbers");
    }
    for (size_t i = 0; i < sizeof(random); i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", random[i]);
    }
    if (!mst_api_token_hash(text, one.hash)) {
        return mst_fail_memory(err, "api");
    }
    memcpy(one.token, token, sizeof(one.token));
    mst_mutex_lock(&sessions->mutex);
    *sessions_place(sessions, token) = one;
    mst_mutex_unlock(&sessions->mutex);
    memcpy(ret_text, text, sizeof(text));
    OPENSSL_cleanse(random, sizeof(random));
    OPENSSL_cleanse(text, sizeof(text));
    return MST_OK;
}

/* NULL: there is none. Looks at all, whichever it is. Lock: held. */
static struct sessions_one *
sessions_with(struct mst_api_sessions *sessions,
              const uint8_t hash[MST_API_HASH_LEN], int64_t now_ms)
{
    struct sessions_one *found = NULL;
    for (size_t i = 0; i < MST_API_SESSIONS_MAX; i++) {
        struct sessions_one *one = &sessions->items[i];
        if (CRYPTO_memcmp(one->hash, hash, MST_API_HASH_LEN) == 0
            && one->until_ms > now_ms) {
            found = one;
        }
    }
    return found;
}

bool
mst_api_sessions_find(struct mst_api_sessions *sessions, const char *text,
                      int64_t now_ms, struct mst_api_badge *ret_badge)
{
    struct mst_api_badge badge = {.kind = MST_API_BADGE_SESSION};
    if (!mst_api_token_hash(text, badge.session)) {
        return false;
    }
    mst_mutex_lock(&sessions->mutex);
    const struct sessions_one *one =
        sessions_with(sessions, badge.session, now_ms);
    bool found = one != NULL;
    if (found) {
        memcpy(badge.token, one->token, sizeof(badge.token));
        badge.left_ms = one->until_ms - now_ms;
        *ret_badge = badge;
    }
    mst_mutex_unlock(&sessions->mutex);
    return found;
}

bool
mst_api_sessions_lasts(struct mst_api_sessions *sessions,
                       const struct mst_api_badge *badge, int64_t now_ms)
{
    mst_mutex_lock(&sessions->mutex);
    bool lasts = sessions_with(sessions, badge->session, now_ms) != NULL;
    mst_mutex_unlock(&sessions->mutex);
    return lasts;
}

void
mst_api_sessions_end(struct mst_api_sessions *sessions,
                     const struct mst_api_badge *badge)
{
    mst_mutex_lock(&sessions->mutex);
    struct sessions_one *one = sessions_with(sessions, badge->session, 0);
    if (one != NULL) {
        *one = (struct sessions_one){0};
    }
    mst_mutex_unlock(&sessions->mutex);
}
