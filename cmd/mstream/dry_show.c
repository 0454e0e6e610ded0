/* SPDX-License-Identifier: MIT */
/* Deliveries as the sinks themselves describe them, and their payloads. */
#include "dry_show.h"

#include <stdio.h>

#include "dry_step.h"
#include "encodings/contrast.h"
#include "jobs/words.h"

enum { SHOW_MAX = 256 * 1024 * 1024 };

static struct mst_dry_show *
show_of(struct mst_dry_viewer *viewer)
{
    return (struct mst_dry_show *)viewer;
}

static void
show_begins(struct mst_dry_viewer *viewer, const char *job,
            const struct mst_checkpoint *checkpoint)
{
    struct mst_buf words;
    (void)viewer;
    mst_buf_init(&words, MST_POSITION_MAX);
    if (checkpoint != NULL) {
        mst_words_position(mst_cli_registry(), checkpoint->identity,
                           checkpoint->position, &words);
    }
    (void)fprintf(stderr, "dry run of job '%s' from %s; nothing is written\n",
                  job,
                  words.len > 0 ? (const char *)words.data
                                : "the start that is configured");
    mst_buf_clear(&words);
}

/* What it waits for, while it does; it is no error yet. */
static void
show_waits(struct mst_dry_viewer *viewer, const struct mst_error *err)
{
    struct mst_output out;
    mst_output_init(&out);
    if (show_of(viewer)->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_str(&out, "waiting", err->text);
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    } else {
        mst_output_text(&out, "%s\n", err->text);
    }
    (void)fwrite(out.json.buf.data, 1, out.json.buf.len, stderr);
    mst_output_clear(&out);
}

static void
show_step(struct mst_dry_viewer *viewer, const struct mst_dry_step *step)
{
    struct mst_dry_show *show = show_of(viewer);
    mst_dry_steps_add(&show->steps, step);
}

/* Before the first thing that is shown of an event. */
static void
show_steps(struct mst_dry_show *show, const struct mst_event *event)
{
    struct mst_slice text = mst_dry_steps_end(&show->steps);
    json_t *steps =
        text.len == 0 ? NULL
                      : json_loadb((const char *)text.data, text.len, 0, NULL);
    mst_dry_steps_text(&show->out, (int64_t)event->seq, mst_op_name(event->op),
                       steps, show->color);
    json_decref(steps);
}

static void
show_dropped(struct mst_dry_viewer *viewer, const struct mst_event *event)
{
    struct mst_dry_show *show = show_of(viewer);
    if (show->json) {
        mst_dry_json_dropped(&show->out.json, event,
                             mst_dry_steps_end(&show->steps));
        mst_output_newline(&show->out);
    } else {
        show_steps(show, event);
        mst_output_text(&show->out, "%llu %s: dropped by a middleware\n",
                        (unsigned long long)event->seq, mst_op_name(event->op));
    }
    mst_dry_steps_reset(&show->steps);
}

/* Sinks that show the payload themselves do not need it a second time. */
static bool
show_has(struct mst_slice preview, const struct mst_buf *payload)
{
    return payload->len == 0
           || (preview.len > 0
               && memmem(preview.data, preview.len, payload->data, payload->len)
                      != NULL);
}

static void
show_text(struct mst_output *out, const struct mst_dry_sink *sink,
          const struct mst_delivery *delivery, struct mst_slice preview,
          const struct mst_error *err)
{
    struct mst_buf payload;
    mst_output_text(out,
                    "%llu %s -> %s: ", (unsigned long long)delivery->event->seq,
                    mst_op_name(delivery->event->op), sink->spec->name);
    if (err != NULL) {
        mst_output_text(out, "REJECTED: %s\n", err->text);
        return;
    }
    mst_buf_init(&payload, SHOW_MAX);
    if (delivery->payload.data != NULL) {
        mst_contrast_payload(delivery->encoding, delivery->payload, &payload);
    }
    mst_output_shown(out, preview);
    if (preview.len > 0) {
        mst_output_text(out, "\n");
    }
    if (!show_has(preview, &payload)) {
        mst_output_text(out, "%s", preview.len > 0 ? "    " : "");
        mst_output_shown(out, mst_buf_slice(&payload));
        mst_output_text(out, "\n");
    } else if (preview.len == 0) {
        mst_output_text(out, "(no payload)\n");
    }
    mst_buf_clear(&payload);
}

static void
show_delivery(struct mst_dry_viewer *viewer, const struct mst_dry_sink *sink,
              const struct mst_delivery *delivery, bool good,
              struct mst_slice preview, const struct mst_error *err)
{
    struct mst_dry_show *show = show_of(viewer);
    if (show->json) {
        mst_dry_json(&show->out.json, sink, delivery, preview,
                     good ? NULL : err, mst_dry_steps_end(&show->steps));
        mst_output_newline(&show->out);
    } else {
        show_steps(show, delivery->event);
        show_text(&show->out, sink, delivery, preview, good ? NULL : err);
    }
    mst_dry_steps_reset(&show->steps);
}

static enum mst_status
show_batch(struct mst_dry_viewer *viewer, struct mst_error *err)
{
    struct mst_buf *text = &show_of(viewer)->out.json.buf;
    int code = mst_cli_print(text, 0);
    mst_buf_reset(text);
    return code == 0 ? MST_OK
                     : mst_fail(err, MST_FATAL, "dry-run", 0,
                                "standard output is closed");
}

void
mst_dry_show_init(struct mst_dry_show *show, bool json, bool color)
{
    *show = (struct mst_dry_show){.viewer = {.begins = show_begins,
                                             .waits = show_waits,
                                             .step = show_step,
                                             .dropped = show_dropped,
                                             .delivery = show_delivery,
                                             .batch = show_batch},
                                  .json = json,
                                  .color = color};
    mst_output_init(&show->out);
    mst_json_init(&show->steps, SHOW_MAX);
}

void
mst_dry_show_clear(struct mst_dry_show *show)
{
    mst_output_clear(&show->out);
    mst_json_clear(&show->steps);
}
