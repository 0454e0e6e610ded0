/* SPDX-License-Identifier: MIT */
/*
 * A script on events that somebody made up: the sandbox of a job, without a
 * job. What it gives is kept until the run is cleared.
 */
#ifndef MST_STUDIO_RUN_H
#define MST_STUDIO_RUN_H

#include <stdatomic.h>

#include "base/arena.h"
#include "core/encoding.h"
#include "core/middleware.h"

enum {
    MST_STUDIO_PAYLOAD_MAX = 256 * 1024 * 1024,
    MST_STUDIO_SCRIPT_MAX = 4 * 1024 * 1024,
    MST_STUDIO_ATTRIBUTES_MAX = 256
};

/* How long scripts may go on, all together. Borrowed. */
struct mst_studio_budget {
    int64_t until_ms;        /* monotonic; 0: no end */
    const atomic_bool *stop; /* NULL: nobody asks for it */
};

/* MST_RETRY: it is over; nothing more is begun. */
MST_MUST_CHECK enum mst_status
mst_studio_budget_check(const struct mst_studio_budget *budget,
                        struct mst_error *err);

/* A script and what its events are made by. Borrowed. */
struct mst_studio_script {
    const char *name; /* for messages */
    struct mst_slice text;
    /* What payloads are converted by on the way in and on the way out; NULL:
     * BSON as it is. */
    struct mst_schema_plan *read_schema;
    struct mst_schema_plan *write_schema;
    const struct mst_studio_budget *budget; /* NULL: none */
};

/* One event that came out. Ownership: the run's. */
struct mst_studio_result {
    struct mst_studio_result *next;
    struct mst_slice payload; /* BSON; data == NULL: none */
    const struct mst_attribute *attributes;
    uint32_t attributes_len;
};

struct mst_lua_script;

/* Thread: one at a time. */
struct mst_studio_run {
    struct mst_emit emit; /* first: its function casts back */
    struct mst_arena arena;
    const struct mst_studio_script *script;
    struct mst_lua_script *lua;
    struct mst_studio_result *first;
    struct mst_studio_result **last;
    size_t results;
    size_t bytes;
    size_t results_max; /* passing one of these rejects the event */
    size_t bytes_max;
};

/* With the limits that a job has by default. MST_FATAL: the script does not
 * compile, has no transform, or its init() fails. Whatever it returns, it may
 * be cleared. */
MST_MUST_CHECK enum mst_status
mst_studio_run_start(struct mst_studio_run *run,
                     const struct mst_studio_script *script,
                     struct mst_error *err);
/* Adds what becomes of the event; its payload is BSON or none. MST_REJECTED:
 * by the script, by a limit, or by a schema; nothing of it was added. */
MST_MUST_CHECK enum mst_status
mst_studio_run_event(struct mst_studio_run *run, const struct mst_event *event,
                     struct mst_error *err);
void mst_studio_run_finish(struct mst_studio_run *run);
/* Forgets the results, keeps the script and its state. */
void mst_studio_run_reset(struct mst_studio_run *run);
void mst_studio_run_clear(struct mst_studio_run *run);

/* Gives an event the members of a BSON document as attributes, copied into
 * arena. MST_REJECTED: one of them is no text. */
MST_MUST_CHECK enum mst_status mst_studio_attributes(struct mst_arena *arena,
                                                     struct mst_slice bson,
                                                     struct mst_event *event,
                                                     struct mst_error *err);

/* A payload in `encoding` as the BSON that a script sees: JSON is Extended
 * JSON, Avro needs a schema. Appends to out. */
MST_MUST_CHECK enum mst_status
mst_studio_payload(enum mst_encoding encoding, struct mst_slice payload,
                   struct mst_schema_plan *schema, struct mst_buf *out,
                   struct mst_error *err);

#endif
