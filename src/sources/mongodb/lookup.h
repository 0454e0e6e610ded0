/* SPDX-License-Identifier: MIT */
/*
 * Looking many documents up with one command: those that changes of either
 * reader name, as a majority has them at the time of the change or later. How
 * many at once follows the size of what comes, so that memory stays bounded.
 */
#ifndef MST_SOURCES_MONGODB_LOOKUP_H
#define MST_SOURCES_MONGODB_LOOKUP_H

#include "core/batch.h"
#include "sources/mongodb/stream.h"

enum { MST_MONGO_LOOKUPS_MAX = 1000 };

/* One document that is wanted. */
struct mst_mongo_lookup {
    struct mst_slice name; /* of the collection */
    struct mst_slice key;  /* documentKey */
    uint32_t seconds;      /* time of the change */
    uint32_t increment;
    bool wanted;               /* false once it is known */
    struct mst_slice document; /* what was found; none: there is none */
};

/* Zeroed is empty. Thread: reader. */
struct mst_mongo_lookups {
    struct mst_mongo_lookup *items; /* MST_MONGO_LOOKUPS_MAX */
    size_t limit;                   /* items to fill before they are fetched */
    struct mst_buf command;
    /* Items by the hash of what they want, as indexes + 1. */
    uint16_t table[4 * 512];
    uint16_t next[MST_MONGO_LOOKUPS_MAX];
};

MST_MUST_CHECK enum mst_status
mst_mongo_lookups_init(struct mst_mongo_lookups *lookups,
                       struct mst_error *err);
void mst_mongo_lookups_clear(struct mst_mongo_lookups *lookups);

/* What a fetch works with. */
struct mst_mongo_fetch {
    struct mst_mongo_stream *stream;
    const char *db;          /* of the source */
    struct mst_batch *batch; /* keeps what is fetched */
    struct mst_mongo_failure failure;
};

/* Finds the documents of the first *len items. *len of them are done then,
 * the others are to be asked for again: they were too much at once. On
 * failure fetch->failure says why. */
MST_MUST_CHECK enum mst_status
mst_mongo_lookups_fetch(struct mst_mongo_lookups *lookups,
                        struct mst_mongo_fetch *fetch, size_t *len);

/* --- for others that fetch by the same means ----------------------------- */

/* The table: empties it, enters an item, and walks over the items of a hash
 * (SIZE_MAX: no more). */
void mst_mongo_lookups_forget(struct mst_mongo_lookups *lookups);
void mst_mongo_lookups_enter(struct mst_mongo_lookups *lookups, uint64_t hash,
                             size_t item);
size_t mst_mongo_lookups_find(const struct mst_mongo_lookups *lookups,
                              uint64_t hash);
size_t mst_mongo_lookups_next(const struct mst_mongo_lookups *lookups,
                              size_t item);
/* Makes the batch keep a reply, which is moved in. */
MST_MUST_CHECK enum mst_status
mst_mongo_fetch_keep(struct mst_mongo_fetch *fetch,
                     struct mst_mongo_reply *reply);
/* Sends lookups->command for wanted documents and makes the batch keep the
 * reply. MST_AGAIN: they were too much for one reply: ask for half. */
MST_MUST_CHECK enum mst_status
mst_mongo_lookups_ask(struct mst_mongo_lookups *lookups,
                      struct mst_mongo_fetch *fetch, const char *db,
                      size_t wanted, struct mst_mongo_reply **ret_reply);

#endif
