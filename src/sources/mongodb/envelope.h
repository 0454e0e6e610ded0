/* SPDX-License-Identifier: MIT */
/*
 * The payload of payload = "debezium": the JSON value that Debezium's MongoDB
 * connector writes, without its schema. docs/mongodb-source.md has an example.
 */
#ifndef MST_SOURCES_MONGODB_ENVELOPE_H
#define MST_SOURCES_MONGODB_ENVELOPE_H

#include "base/buf.h"
#include "sources/mongodb/change.h"

enum { MST_MONGO_ENVELOPE_MAX = 512 * 1024 * 1024 };

/* What all envelopes of a stream share, and room to work in. */
struct mst_mongo_envelope {
    const char *name;     /* of the service */
    const char *set_name; /* of the replica set */
    struct mst_buf out;   /* the envelope made last */
    struct mst_buf part;  /* one document as JSON, before it is quoted */
};

void mst_mongo_envelope_init(struct mst_mongo_envelope *envelope,
                             const char *name, const char *set_name);
void mst_mongo_envelope_clear(struct mst_mongo_envelope *envelope);

/* Makes envelope->out. now_ms: wall clock, for the envelope's own ts_ms.
 * MST_REJECTED: larger than MST_MONGO_ENVELOPE_MAX; MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_mongo_envelope_make(struct mst_mongo_envelope *envelope,
                        const struct mst_mongo_change *change, int64_t now_ms,
                        struct mst_error *err);

#endif
