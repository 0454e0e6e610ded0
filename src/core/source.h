/* SPDX-License-Identifier: MIT */
/*
 * The contract of a source.
 *
 * Threads: create, open, read, close and destroy run on the job's reader
 * thread, one at a time. settle, position and committed are called one at a
 * time, from the commit thread while read may be running, or from the reader
 * thread between reads. interrupt comes from any thread.
 *
 * Reopening: after MST_DISCONNECTED the engine first waits until all that was
 * read is confirmed, then closes, and opens at the position that stands then,
 * so that nothing is read a second time behind events still in flight.
 *
 * A source only classifies what goes wrong; sleeping, retrying, reopening
 * and giving up happen in the engine.
 */
#ifndef MST_CORE_SOURCE_H
#define MST_CORE_SOURCE_H

#include "core/batch.h"
#include "core/commons.h"
#include "core/letter.h"
#include "core/option.h"
#include "core/position.h"

/* What an instance is made from. Borrowed; outlives the instance. */
struct mst_source_args {
    const char *job;                  /* name of the job */
    const char *service_name;         /* name of the [[services]] entry */
    const void *service;              /* the provider's options struct */
    const void *options;              /* this step's options struct */
    const char *resource;             /* as the user wrote it */
    enum mst_encoding input_encoding; /* NONE when not said */
    struct mst_commons *commons;      /* of the program; NULL: shares nothing */
};

enum {
    MST_SOURCE_KINDS_MAX = 16,
    MST_SOURCE_PLACE_MAX = 64 * 1024 /* bytes of what locate appends */
};

/* How often something was read, in the source's own words. */
struct mst_source_kind {
    const char *name; /* static: "insert", "drop" */
    uint64_t count;
};

/* Numbers of a running source that people ask for. -1: not known. */
struct mst_source_stats {
    int64_t lag_ms;     /* how old the newest event read is, at the origin */
    int64_t lag_events; /* events between here and the origin's end */
    /* Static: "shared", when changes come by what several jobs read together,
     * "own", when they could and do not; NULL: they never do. */
    const char *tail;
    uint64_t tail_switches; /* from one of them to the other */
    /* What was read since create, also what became no event; zero long where
     * the source tells no kinds apart. */
    size_t kinds_len;
    struct mst_source_kind kinds[MST_SOURCE_KINDS_MAX];
};

struct mst_source_type {
    const char *name; /* the `provider` that users write */
    const char *help; /* one sentence for the reference */
    struct mst_option_table service_options; /* keys of [[services]] */
    struct mst_option_table options;         /* keys of `source = {...}` */
    bool resource_optional; /* `resource` may be left out; it is "" then */

    /* Checks what the tables can not, and makes an instance. No network.
     * MST_FATAL with the key at fault. */
    enum mst_status (*create)(void **ret_ctx,
                              const struct mst_source_args *args,
                              struct mst_error *err);

    /* Connects, and goes to where start says. Called again after close. A
     * position that is not this source's, or damaged: MST_FATAL. Position no
     * longer at the origin: MST_FATAL with the lost interval in words.
     * MST_DISCONNECTED, MST_RETRY: the engine calls again after a while. */
    enum mst_status (*open)(void *ctx, const struct mst_start *start,
                            struct mst_error *err);

    /* Appends events to an empty batch; waits at most timeout_ms for the
     * first, then gives what is there, up to the batch's limits.
     *   MST_OK            zero or more events (zero with end_mark is fine)
     *   MST_AGAIN         nothing within the time
     *   MST_END           bounded, and all of it was read
     *   MST_DISCONNECTED  close, wait, open where it stood
     *   MST_RETRY         as it is, call again after a while
     *   MST_FATAL         with cause and hint
     * Events that were appended count whatever the status is. Input that is
     * not what it should be is still an event: the engine rejects it.
     * batch->max_events == 0: the engine has no room; give nothing, but
     * answer what the origin wants to be answered (heartbeats). */
    enum mst_status (*read)(void *ctx, struct mst_batch *batch, int timeout_ms,
                            struct mst_error *err);

    /* This mark and all before it are confirmed; called in order, for every
     * event with a mark and every end_mark. The mark's bytes are borrowed for
     * the call. Cheap: no I/O. */
    void (*settle)(void *ctx, struct mst_slice mark);

    /* Appends the position of all that was settled, to be saved; as long as
     * nothing was, where reading began. The engine saves that before the
     * first event of a job is delivered, so that a crash right after it is
     * no gap and, where the sink goes by checkpoints, no repeat. MST_AGAIN:
     * nothing was settled, and where reading began can not be said. */
    enum mst_status (*position)(void *ctx, struct mst_buf *out,
                                struct mst_error *err);

    /* Optional. That position is saved: tell the origin. A failure is logged
     * and tried with the next one; it never stops the job. */
    enum mst_status (*committed)(void *ctx, struct mst_slice position,
                                 struct mst_error *err);

    /* Thread: any. A blocked read or open returns soon (MST_AGAIN). */
    void (*interrupt)(void *ctx);

    /* Ends the connection, if there is one; settle may still come, until
     * destroy. */
    void (*close)(void *ctx);
    /* Accepts half-made instances and NULL. */
    void (*destroy)(void *ctx);

    /* Optional. Fills a struct that is zeroed but for the lags, which are -1.
     * Thread: any. */
    void (*stats)(void *ctx, struct mst_source_stats *ret_stats);

    /* A position in plain words for people: appends UTF-8 text. */
    enum mst_status (*describe)(struct mst_slice position, struct mst_buf *out,
                                struct mst_error *err);

    /* Optional. Where the event of a dead letter is at the origin: appends a
     * JSON object when for_machines, else words. Works on letters of any
     * source: MST_REJECTED for those that are not of this one. */
    enum mst_status (*locate)(const struct mst_letter *letter,
                              bool for_machines, struct mst_buf *out);

    /* Optional. The position that stands for a moment, for rewinding by time.
     * May use the network: runs on an instance that was created, not opened.
     * Any other status than MST_OK: the moment was not checked, or is refused
     * (MST_REJECTED); a position that holds all the same is appended then
     * too, for who wants it unchecked. */
    enum mst_status (*seek_time)(void *ctx, int64_t wall_ms,
                                 struct mst_buf *ret_position,
                                 struct mst_error *err);

    /* Optional, with position_time. How far back the origin goes: the time of
     * the oldest change that it still has, on the wall clock. The same for all
     * jobs of a service. May use the network: runs on an instance that was
     * created, not opened, and ends soon when that is interrupted. Any other
     * status than MST_OK: it is not known. */
    enum mst_status (*oldest)(void *ctx, int64_t *ret_wall_ms,
                              struct mst_error *err);
    /* The moment that a saved position stands for. False: for none. */
    bool (*position_time)(struct mst_slice position, int64_t *ret_wall_ms);

    /* Appends what stands for this origin ("mongodb/app.users"), so that a
     * checkpoint of another one is refused. No secret, no host names. */
    enum mst_status (*identity)(const struct mst_source_args *args,
                                struct mst_buf *out, struct mst_error *err);

    /* Encoding of the payloads that it gives (NONE: input_encoding). */
    enum mst_encoding (*encoding)(const struct mst_source_args *args);

    /* Optional. For `doctor` and `explain`, see core/inspect.h. */
    const struct mst_inspect *inspect;
};

#endif
