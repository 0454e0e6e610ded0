/* SPDX-License-Identifier: MIT */
/*
 * The saved position of a change stream:
 *   {"kind":"mongodb","token":{"_data":"82..."},"start_after":false}
 * or, for a moment that a person asked for,
 *   {"kind":"mongodb","at":{"seconds":1795259453,"ordinal":1}}
 * or, of the oplog reader, with more inside `at`: "after":true when that entry
 * is done, "changes":3 when the first three changes of its transaction are.
 */
#ifndef MST_SOURCES_MONGODB_POSITION_H
#define MST_SOURCES_MONGODB_POSITION_H

#include <stdbool.h>

#include "base/buf.h"
#include "sources/mongodb/token.h"

enum { MST_MONGO_TOKEN_MAX = 64 * 1024 };

/* Where a stream is to begin. Ownership: token's memory is its own. */
struct mst_mongo_position {
    bool now;             /* neither of the others */
    struct mst_buf token; /* a BSON document; empty: none */
    bool start_after;     /* with startAfter instead of resumeAfter */
    uint32_t seconds;     /* without token: from this cluster time on */
    uint32_t increment;
    uint32_t changes; /* without token: but not the first ones of that time */
    bool after;       /* without token: but none of that time */
};

void mst_mongo_position_init(struct mst_mongo_position *position);
void mst_mongo_position_clear(struct mst_mongo_position *position);

/* Replaces it by a token (borrowed, copied). MST_REJECTED: no resume token. */
MST_MUST_CHECK enum mst_status
mst_mongo_position_set_token(struct mst_mongo_position *position,
                             struct mst_slice doc, struct mst_error *err);
void mst_mongo_position_set_time(struct mst_mongo_position *position,
                                 uint32_t seconds, uint32_t increment);

void mst_mongo_position_set_entry(struct mst_mongo_position *position,
                                  uint32_t seconds, uint32_t increment,
                                  uint32_t changes, bool after);
/* Makes it the same as from. MST_FATAL: no memory, it is as it was. */
MST_MUST_CHECK enum mst_status
mst_mongo_position_copy(struct mst_mongo_position *position,
                        const struct mst_mongo_position *from,
                        struct mst_error *err);

/* Reads the saved form. MST_FATAL: of another source, or damaged. */
MST_MUST_CHECK enum mst_status
mst_mongo_position_parse(struct mst_mongo_position *position,
                         struct mst_slice text, struct mst_error *err);
/* Appends the saved form; a position `now` can not be saved: MST_AGAIN. */
MST_MUST_CHECK enum mst_status
mst_mongo_position_format(const struct mst_mongo_position *position,
                          struct mst_buf *out, struct mst_error *err);

/* Reads the option `start`: RFC 3339, timestamp:S,I, resume_token:X, now and
 * earliest. earliest gives *ret_earliest. MST_FATAL: none of them. */
MST_MUST_CHECK enum mst_status
mst_mongo_position_start(struct mst_mongo_position *position, const char *start,
                         bool *ret_earliest, struct mst_error *err);

/* Appends it in words. */
MST_MUST_CHECK enum mst_status
mst_mongo_position_text(const struct mst_mongo_position *position,
                        struct mst_buf *out);

/* Its cluster time as milliseconds since 1970; false: `now`. */
bool mst_mongo_position_time(const struct mst_mongo_position *position,
                             int64_t *ret_wall_ms);

#endif
