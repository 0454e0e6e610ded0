/* SPDX-License-Identifier: MIT */
/* What sinks would get, as JSON. */
#include "dry_run.h"
#include "encodings/contrast.h"

enum {
    DRY_PAYLOAD_MAX = 256 * 1024 * 1024,
    DRY_STEP_MAX = 64 * 1024 /* of a payload that a step is shown with */
};

static void
dry_json_payload(struct mst_json *out, const struct mst_delivery *delivery)
{
    struct mst_buf payload;
    mst_json_str(out, "encoding", mst_encoding_name(delivery->encoding));
    if (delivery->payload.data == NULL) {
        mst_json_str(out, "payload", NULL);
        return;
    }
    mst_buf_init(&payload, DRY_PAYLOAD_MAX);
    mst_contrast_payload(delivery->encoding, delivery->payload, &payload);
    mst_json_slice(out, "payload", mst_buf_slice(&payload));
    mst_buf_clear(&payload);
}

static void
dry_json_begin(struct mst_json *out, const struct mst_event *event,
               struct mst_slice steps)
{
    mst_json_open(out, NULL, '{');
    mst_json_number(out, "event", (int64_t)event->seq);
    mst_json_str(out, "op", mst_op_name(event->op));
    if (steps.len > 0) {
        mst_json_raw(out, "steps", steps);
    }
}

void
mst_dry_json(struct mst_json *out, const struct mst_dry_sink *sink,
             const struct mst_delivery *delivery, struct mst_slice preview,
             const struct mst_error *refused, struct mst_slice steps)
{
    dry_json_begin(out, delivery->event, steps);
    mst_json_str(out, "sink", sink->spec->name);
    if (refused != NULL) {
        mst_json_str(out, "rejected", refused->text);
    } else {
        if (preview.len > 0) {
            mst_json_raw(out, "preview", preview);
        }
        dry_json_payload(out, delivery);
    }
    mst_json_close(out, '}');
}

static enum mst_status
dry_json_change(void *arg, const struct mst_contrast *one)
{
    struct mst_json *out = arg;
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "kind", mst_contrast_name(one->kind));
    mst_json_slice(out, "field", one->path);
    if (one->before.data != NULL) {
        mst_json_raw(out, "before", one->before);
    }
    if (one->after.data != NULL) {
        mst_json_raw(out, "after", one->after);
    }
    mst_json_close(out, '}');
    return MST_OK;
}

/* One of the results, and in what it differs from what the step was given.
 * True: in something. */
static bool
dry_json_result(struct mst_json *out, const struct mst_dry_step *step,
                const struct mst_event *result)
{
    struct mst_error ignored;
    mst_json_open(out, NULL, '{');
    step->describe(result, DRY_STEP_MAX, out, "event");
    mst_json_open(out, "changes", '[');
    size_t before = out->buf.len;
    mst_json_did(out, step->contrast(step->look->in, result, dry_json_change,
                                     out, &ignored));
    bool changed = out->buf.len > before;
    mst_json_close(out, ']');
    mst_json_close(out, '}');
    return changed;
}

void
mst_dry_json_step(struct mst_json *out, const struct mst_dry_step *step)
{
    const struct mst_chain_look *look = step->look;
    bool changed = false;
    mst_json_open(out, NULL, '{');
    mst_json_number(out, "step", (int64_t)look->step + 1);
    mst_json_str(out, "middleware", look->name);
    if (step->parts > 1) {
        mst_json_number(out, "part", (int64_t)step->part);
    }
    step->describe(look->in, DRY_STEP_MAX, out, "before");
    mst_json_open(out, "after", '[');
    for (size_t i = 0; i < look->out_len; i++) {
        changed = dry_json_result(out, step, look->out[i]) || changed;
    }
    mst_json_close(out, ']');
    mst_json_str(out, "outcome",
                 look->refused != NULL ? "rejected"
                 : look->out_len == 0  ? "dropped"
                 : look->out_len > 1   ? "several"
                 : changed             ? "changed"
                                       : "unchanged");
    if (look->refused != NULL) {
        mst_json_str(out, "rejected", look->refused->text);
    }
    mst_json_close(out, '}');
}

void
mst_dry_json_dropped(struct mst_json *out, const struct mst_event *event,
                     struct mst_slice steps)
{
    dry_json_begin(out, event, steps);
    mst_json_bool(out, "dropped", true);
    mst_json_close(out, '}');
}

void
mst_dry_steps_add(struct mst_json *steps, const struct mst_dry_step *step)
{
    if (steps->buf.len == 0) {
        mst_json_open(steps, NULL, '[');
    }
    mst_dry_json_step(steps, step);
}

struct mst_slice
mst_dry_steps_end(struct mst_json *steps)
{
    if (steps->buf.len > 0) {
        mst_json_close(steps, ']');
    }
    return steps->failed ? MST_SLICE_NONE : mst_buf_slice(&steps->buf);
}

void
mst_dry_steps_reset(struct mst_json *steps)
{
    mst_buf_reset(&steps->buf);
    steps->comma = false;
    steps->failed = false;
}
