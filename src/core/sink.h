/* SPDX-License-Identifier: MIT */
/*
 * The contract of a sink.
 *
 * Threads: create, open, write, drain, close and destroy run on the sink's
 * runner thread, one at a time; with MST_SINK_ASYNC write may also come from
 * another thread of the engine, but never beside another of these calls.
 * interrupt comes from any thread. The sink confirms deliveries from any
 * thread.
 *
 * Order: events of one key reach the sink in order and must take effect in
 * order. From the moment a delivery is confirmed with RETRY or DISCONNECTED
 * until the engine has called drain and got MST_OK (or has called close),
 * every later delivery of the same key must end the same way, taken before or
 * only then: the engine may not know yet, and offers them all again in their
 * order. Sinks with several writes at once get this by giving each key a lane
 * that stays failed until drain.
 */
#ifndef MST_CORE_SINK_H
#define MST_CORE_SINK_H

#include "core/batch.h"
#include "core/option.h"

enum mst_sink_capability {
    MST_SINK_APPEND = 1U << 0, /* adds records */
    MST_SINK_UPSERT = 1U << 1, /* a replay changes nothing */
    MST_SINK_DELETE = 1U << 2, /* understands op = delete */
    MST_SINK_TRANSACTIONS = 1U << 3,
    MST_SINK_ANY_ORDER = 1U << 4, /* order does not matter to it */
    /* write never waits for the other side: it may be called by the thread
     * that has the events. */
    MST_SINK_ASYNC = 1U << 5,
    /* Its position is stored with the data: `resume` tells how far it is. */
    MST_SINK_RESUMES = 1U << 6,
    /* What it writes carries the attributes of events beside the payload. */
    MST_SINK_ATTRIBUTES = 1U << 7
};

/* What the engine offers a sink. Borrowed; outlives the instance.
 * Thread: any. */
struct mst_sink_host {
    /* The other side does not answer (err: why), or answers again (NULL).
     * For the state of the job only; deliveries stay where they are. */
    void (*health)(const struct mst_sink_host *host,
                   const struct mst_error *err);
    /* There is room again after MST_AGAIN. */
    void (*ready)(const struct mst_sink_host *host);
    /* False: another process may have the job by now, and what is written
     * could be older than what it wrote. A sink with queues of its own asks
     * before each request and confirms what waits as MST_RETRY. NULL: yes. */
    bool (*may_write)(const struct mst_sink_host *host);
};

/* What an instance is made from. Borrowed; outlives the instance. */
struct mst_sink_args {
    const char *job;
    const char *service_name;
    const void *service; /* the provider's options struct */
    const void *options; /* this step's options struct */
    const char *resource;
    enum mst_encoding encoding; /* of the payloads that it will get */
    uint64_t memory;            /* bytes that it may keep in queues */
    size_t batch_events;        /* the connector's `batch`; 0: it has none */
    const struct mst_sink_host *host; /* NULL: nobody listens (doctor) */
};

/* Where the run begins. Borrowed. */
struct mst_sink_start {
    /* What the sink itself wrote by `mark` at the last checkpoint, data ==
     * NULL when there is none. */
    struct mst_slice mark;
};

struct mst_sink_type {
    const char *name;
    const char *help;
    struct mst_option_table service_options;
    struct mst_option_table options; /* keys of `sinks = [{...}]` */
    bool resource_optional;          /* as in a source */
    unsigned capabilities;           /* of enum mst_sink_capability */
    unsigned encodings; /* bits 1 << MST_ENCODING_*: what it takes */

    /* No network. MST_FATAL with the key at fault. */
    enum mst_status (*create)(void **ret_ctx, const struct mst_sink_args *args,
                              struct mst_error *err);

    /* Connects. Statuses as for a source. */
    enum mst_status (*open)(void *ctx, const struct mst_sink_start *start,
                            struct mst_error *err);

    /* Takes the first *ret_taken of n deliveries (set whatever the status
     * is). Each one that is taken is confirmed exactly once, now or later.
     *   MST_OK            all taken
     *   MST_AGAIN         full: the rest is offered again after ready(), or
     *                     after err->retry_after_ms where that is set, or
     *                     after a short while
     *   MST_DISCONNECTED  close (which confirms what was taken), wait, open,
     *                     offer again
     *   MST_FATAL         the job stops */
    enum mst_status (*write)(void *ctx, struct mst_delivery *const *deliveries,
                             size_t n, size_t *ret_taken,
                             struct mst_error *err);

    /* Starts what is waiting to be sent and returns when everything taken is
     * confirmed (MST_OK) or the time is over (MST_AGAIN). With MST_OK lanes
     * that had failed are good again. */
    enum mst_status (*drain)(void *ctx, int timeout_ms, struct mst_error *err);

    /* Optional. Thread: the engine's commit, while write may be running. A
     * checkpoint is about to be saved that covers every event up to upto_seq
     * and none above: appends what open should get back as start->mark after
     * a restart (the file sink: durable lengths that hold all events up to
     * upto_seq, and as few later ones as it can). upto_seq only grows. */
    enum mst_status (*mark)(void *ctx, uint64_t upto_seq, struct mst_buf *out,
                            struct mst_error *err);

    /* Optional. About once a second while there is nothing to write, for what
     * time alone brings about (a file that is old enough). True: it waits for
     * a mark to go on, so a checkpoint is saved soon, news or not. */
    bool (*tick)(void *ctx);

    /* Thread: any. A blocked call returns soon. */
    void (*interrupt)(void *ctx);

    /* Ends the connection. What was taken and is not confirmed yet is
     * confirmed as MST_DISCONNECTED before it returns. */
    void (*close)(void *ctx);
    void (*destroy)(void *ctx);

    /* Optional. Appends one line of text (or JSON when for_machines): what
     * would be written for this delivery. For `dry-run`. Instance created,
     * not opened. */
    enum mst_status (*preview)(void *ctx, const struct mst_delivery *delivery,
                               bool for_machines, struct mst_buf *out,
                               struct mst_error *err);

    const struct mst_inspect *inspect; /* optional */
};

#endif
