/* SPDX-License-Identifier: MIT */
/* Dead letters: events that were refused, kept with their reason until a
 * person replays or discards them. */
#ifndef MST_CORE_LETTER_H
#define MST_CORE_LETTER_H

#include "core/event.h"

/* What refused an event. */
struct mst_refuser {
    const char *stage;
    const char
        *script; /* the resource of a middleware that runs one; or NULL */
    uint64_t script_hash;
};

/* An event that was refused, with all that is needed to try it again. */
struct mst_letter {
    uint64_t id; /* given by the store, grows */
    const char *job;
    const char *sink;   /* NULL: refused before any sink */
    const char *stage;  /* "source", "middleware", "encode", "sink" */
    const char *reason; /* what the error said, never a secret */
    const char *hint;
    int64_t time_ms;
    uint32_t attempts;
    uint64_t connector_hash;    /* of the definition that refused it */
    const char *script;         /* that refused it, or NULL */
    uint64_t script_hash;       /* of its text; 0: none */
    enum mst_encoding encoding; /* of payload */
    enum mst_op op;
    enum mst_key_kind key_kind;
    int64_t source_ts_ms;
    struct mst_slice payload; /* bytes as read; data == NULL: none */
    struct mst_slice key;
    struct mst_slice position; /* the event's mark, the source's own form */
    const struct mst_attribute *attributes;
    size_t attributes_len;
};

struct mst_letter_limits {
    uint64_t max_bytes; /* 0: no limit */
    int64_t max_age_ms; /* 0: for ever; older ones are removed, and counted */
};

/* What is kept for one job, or for all of them. */
struct mst_letter_totals {
    uint64_t letters;
    uint64_t bytes;    /* as max_bytes counts them */
    uint64_t expired;  /* removed by age so far */
    int64_t oldest_ms; /* 0: there is none */
};

struct mst_letter_filter {
    const char *job; /* NULL: all */
    uint64_t id;     /* 0: all */
    uint64_t after;  /* ids above this one */
    size_t limit;    /* 0: no limit */
    bool payloads;   /* false: payload and key stay empty (lists) */
    /* For deleting: these, all or none of them, instead of id. */
    const uint64_t *ids;
    size_t ids_len;
};

#endif
