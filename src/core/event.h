/* SPDX-License-Identifier: MIT */
/*
 * One change on its way: payload bytes in one encoding, key, operation,
 * source time, position, attributes.
 *
 *   source ──fills──► event ──workers──► delivery (one per sink) ──► sink
 *                       ▲                     │ mst_delivery_confirm
 *                       └──── tracker ◄───────┘
 *
 * Ownership: all slices point into memory of the event's batch (its arena, or
 * foreign memory with a release callback) and live until every delivery of
 * the batch is confirmed.
 */
#ifndef MST_CORE_EVENT_H
#define MST_CORE_EVENT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/slice.h"
#include "core/encoding.h"

enum mst_op {
    MST_OP_NONE = 0, /* not a change of a document: DDL, plain messages */
    MST_OP_CREATE,
    MST_OP_UPDATE,
    MST_OP_REPLACE,
    MST_OP_DELETE,
    MST_OP_READ /* from a snapshot */
};

/* What the key's bytes are. */
enum mst_key_kind {
    MST_KEY_NONE = 0,
    MST_KEY_BYTES, /* as they were: a Kafka message key */
    MST_KEY_BSON   /* a BSON document: the document key, {_id: ...} first */
};

#define MST_TIME_UNKNOWN INT64_MIN

/* Name and value are UTF-8, of any length: a source that adds many counts
 * them in its batch. Both may be shared static text. A name may come more than
 * once; the first one is meant where one is asked for. */
struct mst_attribute {
    struct mst_slice name;
    struct mst_slice value;
};

struct mst_batch;
struct mst_refuser; /* core/letter.h */

struct mst_event {
    struct mst_slice payload; /* data == NULL: none (a tombstone) */
    struct mst_slice key;     /* data == NULL: none */
    /* Where the source stands after this event, in the source's own short
     * form. Read only by the source that wrote it (see settle). */
    struct mst_slice mark;
    const struct mst_attribute *attributes;
    uint32_t attributes_len;
    uint32_t attempts; /* made before: a dead letter that is sent again */
    enum mst_encoding encoding; /* of payload */
    enum mst_key_kind key_kind;
    enum mst_op op;
    int64_t source_ts_ms; /* wall clock at the origin, or MST_TIME_UNKNOWN */
    uint64_t key_hash;    /* set by the engine; 0 for events without a key */
    uint64_t seq;         /* set by the engine: 1, 2, 3 ... in a run */
    struct mst_batch *batch;
    atomic_uint pending; /* deliveries not yet confirmed; engine only */
    /* Of what a middleware made: the event that was read, and which of its
     * results this is, from 0. Engine only; NULL: this was read. */
    struct mst_event *origin;
    uint32_t result;
};

/* The event that was read, also for what a middleware made of it. */
static inline const struct mst_event *
mst_event_read(const struct mst_event *event)
{
    return event->origin != NULL ? event->origin : event;
}

/* A new event like this one, sharing its memory: what a middleware changes and
 * emits. ret_event may not be event. */
void mst_event_derive(const struct mst_event *event,
                      struct mst_event *ret_event);

/* One event on its way to one sink, in the encoding that sink wants. */
struct mst_delivery {
    struct mst_event *event;
    struct mst_slice payload;
    enum mst_encoding encoding;
    uint32_t attempts; /* times it was offered before this one */
    void *sink_data;   /* the sink's own, from write to confirm */
    /* The engine's, not for sinks. */
    struct mst_delivery *next;
    struct mst_error *error; /* why it was rejected, malloc'ed, or NULL */
    const struct mst_refuser *refuser; /* what rejected it; NULL: the sink */
    enum mst_status outcome;
    struct mst_delivery *original; /* of a letter: what was refused */
    const struct mst_delivery_owner *owner;
};

/* Who is told about a delivery's end; filled by the engine. */
struct mst_delivery_owner {
    void (*confirm)(const struct mst_delivery_owner *owner,
                    struct mst_delivery *delivery, enum mst_status status,
                    const struct mst_error *err);
};

/* The sink's word on one delivery, given exactly once, after which neither
 * the delivery nor its event may be touched. status: OK, RETRY, DISCONNECTED
 * (as RETRY, and the sink wants to be reopened), REJECTED or FATAL; err is
 * borrowed, required unless OK. Thread: any. Never blocks. */
static inline void
mst_delivery_confirm(struct mst_delivery *delivery, enum mst_status status,
                     const struct mst_error *err)
{
    delivery->owner->confirm(delivery->owner, delivery, status, err);
}

/* The value of an attribute, data == NULL when it is absent. */
struct mst_slice mst_attributes_find(const struct mst_attribute *attributes,
                                     size_t n, const char *name);
struct mst_slice mst_event_attribute(const struct mst_event *event,
                                     const char *name);

/* "create", ... as in the attribute `op`. Never NULL. */
const char *mst_op_name(enum mst_op op);
/* The name that the published mstream uses: insert, update, replace, delete;
 * "none" and "read" as they are. */
const char *mst_op_legacy_name(enum mst_op op);
/* Understands both sets of names, and Debezium's c u d r. False: unknown. */
bool mst_op_parse(struct mst_slice name, enum mst_op *ret_op);

#endif
