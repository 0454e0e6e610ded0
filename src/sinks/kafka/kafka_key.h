/* SPDX-License-Identifier: MIT */
/* Message keys. Private to this folder. */
#ifndef MST_SINKS_KAFKA_KEY_H
#define MST_SINKS_KAFKA_KEY_H

#include "core/event.h"

enum kafka_key_mode {
    KAFKA_KEY_ID,
    KAFKA_KEY_JSON,
    KAFKA_KEY_BSON,
    KAFKA_KEY_FIELD,
    KAFKA_KEY_NONE
};

/* Thread: one at a time. */
struct kafka_key {
    enum kafka_key_mode mode;
    const char *path;       /* of FIELD; borrowed from the options */
    struct mst_buf scratch; /* holds the key last made */
    struct mst_buf bson;    /* a JSON payload, to find its field */
};

/* MST_FATAL: no such mode, or not for payloads in that encoding. */
MST_MUST_CHECK enum mst_status kafka_key_init(struct kafka_key *key,
                                              const char *text,
                                              enum mst_encoding encoding,
                                              struct mst_error *err);
void kafka_key_clear(struct kafka_key *key);

/* ret_key is valid until the next call, or as long as the event. */
MST_MUST_CHECK enum mst_status
kafka_key_make(struct kafka_key *key, const struct mst_delivery *delivery,
               struct mst_slice *ret_key, struct mst_error *err);

#endif
