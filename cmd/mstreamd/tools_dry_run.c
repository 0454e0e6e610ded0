/* SPDX-License-Identifier: MIT */
/* A dry run whose events go into an answer. */
#include "dry_run.h"

#include "tools.h"

/* Beyond this events are counted, no longer shown; an answer takes more. */
enum {
    DRY_SHOWN_MAX = 4 * 1024 * 1024,
    /* Of one event; beyond that they are left out. */
    DRY_STEPS_MAX = 16 * 1024 * 1024
};

struct dry_answer {
    struct mst_dry_viewer viewer; /* first: add casts back */
    struct mst_json *out;
    struct mst_json steps;
    uint64_t left_out;
};

static struct mst_json *
dry_room(struct dry_answer *self)
{
    if (self->out->buf.len <= DRY_SHOWN_MAX) {
        return self->out;
    }
    self->left_out++;
    return NULL;
}

static void
dry_step(struct mst_dry_viewer *viewer, const struct mst_dry_step *step)
{
    struct dry_answer *self = (struct dry_answer *)viewer;
    if (self->out->buf.len <= DRY_SHOWN_MAX) {
        mst_dry_steps_add(&self->steps, step);
    }
}

static void
dry_dropped(struct mst_dry_viewer *viewer, const struct mst_event *event)
{
    struct dry_answer *self = (struct dry_answer *)viewer;
    struct mst_json *out = dry_room(self);
    if (out != NULL) {
        mst_dry_json_dropped(out, event, mst_dry_steps_end(&self->steps));
    }
    mst_dry_steps_reset(&self->steps);
}

static void
dry_delivery(struct mst_dry_viewer *viewer, const struct mst_dry_sink *sink,
             const struct mst_delivery *delivery, bool good,
             struct mst_slice preview, const struct mst_error *err)
{
    struct dry_answer *self = (struct dry_answer *)viewer;
    struct mst_json *out = dry_room(self);
    if (out != NULL) {
        mst_dry_json(out, sink, delivery, preview, good ? NULL : err,
                     mst_dry_steps_end(&self->steps));
    }
    mst_dry_steps_reset(&self->steps);
}

enum mst_status
mst_tools_dry_run(const struct mst_api_dry_run *what, struct mst_json *out,
                  struct mst_error *err)
{
    struct dry_answer answer = {.viewer = {.step = dry_step,
                                           .dropped = dry_dropped,
                                           .delivery = dry_delivery},
                                .out = out};
    const struct mst_dry_args args = {
        .config = what->config,
        .connector = what->connector,
        .registry = what->registry,
        .store = what->store,
        .viewer = &answer.viewer,
        .as_json = true,
        .bounded = !what->follow,
        .limit = (uint64_t)what->limit,
        .timeout_ms = what->timeout_ms,
    };
    struct mst_dry_totals totals = {0};
    mst_json_init(&answer.steps, DRY_STEPS_MAX);
    mst_json_open(out, NULL, '{');
    mst_json_open(out, "deliveries", '[');
    enum mst_status status = mst_dry_run(&args, &totals, err);
    mst_json_close(out, ']');
    mst_json_clear(&answer.steps);
    mst_json_number(out, "events", (int64_t)totals.events);
    mst_json_number(out, "rejected", (int64_t)totals.rejected);
    mst_json_number(out, "left_out", (int64_t)answer.left_out);
    mst_json_bool(out, "timed_out", status == MST_AGAIN);
    mst_json_close(out, '}');
    /* That nothing came is an answer; that nobody answered is none. */
    bool silent = status == MST_AGAIN && err->text[0] != '\0';
    return status == MST_END || (status == MST_AGAIN && !silent) ? MST_OK
           : silent                                              ? MST_RETRY
                                                                 : status;
}
