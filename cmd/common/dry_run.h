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
#include "core/contrast.h"
#include "core/store.h"
#include "pipeline/chain.h"
#include "pipeline/pipeline.h"

/* One sink's instance; ctx is created, never opened. */
struct mst_dry_sink {
    const struct mst_pipeline_sink *spec;
    void *ctx;
};

/* What one middleware made of one event. Borrowed for the call. */
struct mst_dry_step {
    const struct mst_event *event; /* as it was read */
    const struct mst_chain_look *look;
    size_t part; /* of what earlier steps made of the event, from 1 */
    size_t parts;
    mst_contrast_find contrast;
    mst_contrast_describe describe;
};

/* Whoever looks. All are called by the thread that runs it; members may be
 * NULL. */
struct mst_dry_viewer {
    /* checkpoint NULL: it begins where the job's configuration says. */
    void (*begins)(struct mst_dry_viewer *self, const char *job,
                   const struct mst_checkpoint *checkpoint);
    /* The source can not be reached yet; no error so far. */
    void (*waits)(struct mst_dry_viewer *self, const struct mst_error *err);
    /* What a middleware made of it, before dropped or delivery; one for each
     * step that it came to, and for each of what steps before made of it. */
    void (*step)(struct mst_dry_viewer *self, const struct mst_dry_step *step);
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

/* What a viewer's step was told. */
void mst_dry_json_step(struct mst_json *out, const struct mst_dry_step *step);
/* What a viewer's delivery was told, as an object; refused: NULL, it is good.
 * steps: those of its event, an array, in the first one of that; data == NULL:
 * none. */
void mst_dry_json(struct mst_json *out, const struct mst_dry_sink *sink,
                  const struct mst_delivery *delivery, struct mst_slice preview,
                  const struct mst_error *refused, struct mst_slice steps);
/* The same for what was dropped. */
void mst_dry_json_dropped(struct mst_json *out, const struct mst_event *event,
                          struct mst_slice steps);

/* The steps of an event, until the first thing that is shown of it. */
void mst_dry_steps_add(struct mst_json *steps, const struct mst_dry_step *step);
/* All of them as an array, or nothing. */
struct mst_slice mst_dry_steps_end(struct mst_json *steps);
void mst_dry_steps_reset(struct mst_json *steps);

#endif
