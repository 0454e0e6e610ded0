/* SPDX-License-Identifier: MIT */
/*
 * What a resume token says. Its `_data` is the hexadecimal form of the
 * server's KeyString: 82, seconds (4 bytes, big endian), increment (4), then
 * version, kind, index in the transaction, and whether it is an
 * invalidation's; what follows is the server's business.
 */
#ifndef MST_SOURCES_MONGODB_TOKEN_H
#define MST_SOURCES_MONGODB_TOKEN_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

struct mst_mongo_token {
    uint32_t seconds; /* cluster time */
    uint32_t increment;
    /* false: a high-water mark, everything before its time was seen;
     * true: everything up to and with one event was. */
    bool event;
    bool invalidate; /* resumeAfter refuses it, startAfter does not */
    uint32_t index;  /* in a transaction, else 0 */
};

/* doc: the token as a BSON document. MST_REJECTED: not a resume token. */
MST_MUST_CHECK enum mst_status
mst_mongo_token_decode(struct mst_slice doc, struct mst_mongo_token *ret_token,
                       struct mst_error *err);

enum { MST_MONGO_TOKEN_TEXT_MAX = 160 };

/* "2026-11-21T11:10:53Z, ordinal 2, after that change", for people. */
void mst_mongo_token_text(const struct mst_mongo_token *token,
                          char out[MST_MONGO_TOKEN_TEXT_MAX]);

#endif
