/* SPDX-License-Identifier: MIT */
/*
 * A dry run: real input from where a job stands, real conversions and
 * middlewares, and what each sink would get. Nothing is written or saved, no
 * lease is taken, no consumer group is joined.
 */
#ifndef MST_CMD_DRY_RUN_H
#define MST_CMD_DRY_RUN_H

#include "base/json_write.h"
#include "config/config.h"
#include "core/store.h"
#include "pipeline/pipeline.h"

/* One sink's instance; ctx is created, never opened. */
struct mst_dry_sink {
    const struct mst_pipeline_sink *spec;
    void *ctx;
};

/* Whoever looks. All are called by the thread that runs it; members may be
 * NULL. */
struct mst_dry_viewer {
    /* checkpoint NULL: it begins where the job's configuration says. */
    void (*begins)(struct mst_dry_viewer *self, const char *job,
                   const struct mst_checkpoint *checkpoint);
    /* The source can not be reached yet; no error so far. */
    void (*waits)(struct mst_dry_viewer *self, const struct mst_error *err);
    /* Middlewares let go of it. */
    void (*dropped)(struct mst_dry_viewer *self, const struct mst_event *event);
    /* What a sink would get, or that it would be rejected: mst_dry_ask. */
    void (*delivery)(struct mst_dry_viewer *self,
                     const struct mst_dry_sink *sink,
                     const struct mst_delivery *delivery, bool good,
                     struct mst_slice preview, const struct mst_error *err);
    /* After each batch; any other status than MST_OK ends the run. */
    enum mst_status (*batch)(struct mst_dry_viewer *self,
                             struct mst_error *err);
};

/* Borrowed for the call. */
struct mst_dry_args {
    const struct mst_config *config;
    const struct mst_config_connector *connector;
    const struct mst_registry *registry;
    struct mst_store *store; /* NULL: no job ran here yet */
    struct mst_dry_viewer *viewer;
    bool as_json; /* how sinks describe what they would get */
    bool bounded; /* only what is there now */
    uint64_t limit;
    int64_t timeout_ms; /* also for a server that does not answer */
};

struct mst_dry_totals {
    uint64_t events;
    uint64_t rejected;
};

/* MST_END: all that was asked for was shown. MST_AGAIN: the time was over
 * before. Else what went wrong: MST_RETRY and MST_DISCONNECTED, the source can
 * not be reached. The totals are set in each case. */
MST_MUST_CHECK enum mst_status mst_dry_run(const struct mst_dry_args *args,
                                           struct mst_dry_totals *ret_totals,
                                           struct mst_error *err);

/* The payload as text: BSON as Extended JSON, what is no text as base64.
 * Empty: there is none. */
void mst_dry_payload(const struct mst_delivery *delivery, struct mst_buf *out);

/* What a viewer's delivery was told, as an object. */
void mst_dry_json(struct mst_json *out, const struct mst_dry_sink *sink,
                  const struct mst_delivery *delivery, bool good,
                  struct mst_slice preview, const struct mst_error *err);
/* The same for what was dropped. */
void mst_dry_json_dropped(struct mst_json *out, const struct mst_event *event);

#endif
