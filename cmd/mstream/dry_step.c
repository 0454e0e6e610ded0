/* SPDX-License-Identifier: MIT */
/* What middlewares made of an event, as lines for people. */
#include "dry_step.h"

#include <stdlib.h>

#include "online.h"
#include "paint.h"

static void
step_value(struct mst_output *out, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text != NULL) {
        mst_output_shown_line(out, mst_slice_str(text));
    }
    free(text);
}

static void
step_change(struct mst_output *out, const json_t *change, const char *indent,
            bool color)
{
    static const struct {
        const char *kind;
        const char *sign;
        enum mst_paint paint;
    } kinds[] = {
        {"added", "+", MST_PAINT_ADDED},
        {"removed", "-", MST_PAINT_REMOVED},
        {"changed", "~", MST_PAINT_CHANGED},
        {"order", "~", MST_PAINT_CHANGED},
    };
    char text[64];
    const char *kind = mst_online_text(change, "kind", text);
    const char *field = json_string_value(json_object_get(change, "field"));
    const json_t *before = json_object_get(change, "before");
    const json_t *after = json_object_get(change, "after");
    size_t i = 0;
    while (i + 1 < MST_ARRAY_SIZE(kinds) && strcmp(kinds[i].kind, kind) != 0) {
        i++;
    }
    mst_output_text(out, "%s", indent);
    mst_paint(out, color, kinds[i].paint);
    mst_output_text(out, "%s ", kinds[i].sign);
    mst_output_shown_line(out, mst_slice_str(field != NULL ? field : "-"));
    if (strcmp(kind, "order") == 0) {
        mst_output_text(out, ": the same fields in another order");
    } else if (before != NULL || after != NULL) {
        mst_output_text(out, ": ");
        step_value(out, before);
        mst_output_text(out, "%s",
                        before != NULL && after != NULL ? " -> " : "");
        step_value(out, after);
    }
    mst_paint(out, color, MST_PAINT_PLAIN);
    mst_output_text(out, "\n");
}

void
mst_dry_changes_text(struct mst_output *out, const json_t *changes,
                     const char *indent, bool color)
{
    for (size_t i = 0; i < json_array_size(changes); i++) {
        step_change(out, json_array_get(changes, i), indent, color);
    }
}

/* The event as it was read. */
static void
step_event(struct mst_output *out, int64_t event, const char *op,
           const json_t *before)
{
    const json_t *payload = json_object_get(before, "payload");
    mst_output_text(out, "%lld %s: ", (long long)event, op);
    if (json_is_string(payload)) {
        mst_output_shown_line(out, mst_slice_str(json_string_value(payload)));
        mst_output_text(out, "%s\n",
                        json_object_get(before, "cut") != NULL ? "..." : "");
    } else {
        mst_output_text(out, "(no payload)\n");
    }
}

/* The step's name, and which of several events it was given. */
static void
step_title(struct mst_output *out, const json_t *step, bool color)
{
    const json_t *part = json_object_get(step, "part");
    const char *name = json_string_value(json_object_get(step, "middleware"));
    mst_output_text(out, "  ");
    mst_paint(out, color, MST_PAINT_TITLE);
    mst_output_shown_line(out, mst_slice_str(name != NULL ? name : "-"));
    mst_paint(out, color, MST_PAINT_PLAIN);
    if (part != NULL) {
        mst_output_text(out, ", event %lld",
                        (long long)json_integer_value(part));
    }
}

static void
step_refused(struct mst_output *out, const json_t *step, bool color)
{
    /* The rest, a traceback say, is shown with the delivery. */
    const char *why = json_string_value(json_object_get(step, "rejected"));
    size_t len = why != NULL ? strcspn(why, "\n") : 0;
    mst_output_text(out, ": ");
    mst_paint(out, color, MST_PAINT_REMOVED);
    mst_output_text(out, "REJECTED: ");
    mst_output_shown_line(out, mst_slice_of(why, len));
    mst_paint(out, color, MST_PAINT_PLAIN);
    mst_output_text(out, "\n");
}

static void
step_text(struct mst_output *out, const json_t *step, bool color)
{
    char text[64];
    const json_t *after = json_object_get(step, "after");
    const char *outcome = mst_online_text(step, "outcome", text);
    bool several = json_array_size(after) > 1;
    step_title(out, step, color);
    if (strcmp(outcome, "rejected") == 0) {
        step_refused(out, step, color);
        return;
    }
    if (several) {
        mst_output_text(out, ": %zu events\n", json_array_size(after));
    } else {
        mst_output_text(out, ": %s\n", outcome);
    }
    for (size_t i = 0; i < json_array_size(after); i++) {
        if (several) {
            mst_output_text(out, "    event %zu:\n", i + 1);
        }
        mst_dry_changes_text(
            out, json_object_get(json_array_get(after, i), "changes"),
            several ? "      " : "    ", color);
    }
}

void
mst_dry_steps_text(struct mst_output *out, int64_t event, const char *op,
                   const json_t *steps, bool color)
{
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        if (i == 0) {
            step_event(out, event, op, json_object_get(step, "before"));
        }
        step_text(out, step, color);
    }
}
