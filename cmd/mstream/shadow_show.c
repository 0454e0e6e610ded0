/* SPDX-License-Identifier: MIT */
/* Reports of shadows as lines. */
#include "shadow_show.h"

#include <stdlib.h>

#include "online.h"
#include "paint.h"

/* What is counted, and how it is said. */
static const struct {
    const char *key;
    const char *text;
} show_outcomes[] = {
    {"equal", "the same"},
    {"different", "different"},
    {"dropped_only_live", "dropped by the job alone"},
    {"dropped_only_shadow", "dropped by the shadow alone"},
    {"more_results", "more events made by the shadow"},
    {"fewer_results", "fewer events made by the shadow"},
    {"rejected_only_live", "rejected by the job alone"},
    {"rejected_only_shadow", "rejected by the shadow alone"},
};

static json_int_t
show_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

json_int_t
mst_shadow_differences(const json_t *report)
{
    const json_t *outcomes = json_object_get(report, "outcomes");
    json_int_t n = show_number(report, "failed");
    for (size_t i = 1; i < MST_ARRAY_SIZE(show_outcomes); i++) {
        n += show_number(outcomes, show_outcomes[i].key);
    }
    return n;
}

void
mst_shadow_line(struct mst_output *out, const json_t *report)
{
    mst_output_text(out, "%lld compared, %lld differ, %lld not compared",
                    (long long)show_number(report, "compared"),
                    (long long)mst_shadow_differences(report),
                    (long long)show_number(report, "skipped"));
}

static void
show_times(struct mst_output *out, const char *name, const json_t *cost)
{
    static const char *const keys[] = {"mean_ns", "p50_ns", "p99_ns", "max_ns",
                                       "cpu_ns"};
    mst_output_text(out, "  %-7s", name);
    for (size_t i = 0; i < MST_ARRAY_SIZE(keys); i++) {
        mst_output_text(out, " %11.1f",
                        (double)show_number(cost, keys[i]) / 1000);
    }
    mst_output_text(out, "\n");
}

static void
show_cost(struct mst_output *out, const json_t *cost)
{
    mst_output_text(out,
                    "\nmicroseconds for an event\n  %-7s %11s %11s %11s "
                    "%11s %11s\n",
                    "", "mean", "p50", "p99", "max", "CPU");
    show_times(out, "job", json_object_get(cost, "live"));
    show_times(out, "shadow", json_object_get(cost, "shadow"));
}

static void
show_fields(struct mst_output *out, const json_t *report, bool color)
{
    static const struct {
        const char *key;
        enum mst_paint paint;
    } kinds[] = {{"added", MST_PAINT_ADDED},
                 {"removed", MST_PAINT_REMOVED},
                 {"changed", MST_PAINT_CHANGED},
                 {"order", MST_PAINT_CHANGED}};
    const json_t *fields = json_object_get(report, "fields");
    if (json_array_size(fields) > 0) {
        mst_output_text(out, "\nfields that differ\n");
    }
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *field = json_array_get(fields, i);
        const char *name = json_string_value(json_object_get(field, "field"));
        mst_output_text(out, "  ");
        mst_output_shown_line(out, mst_slice_str(name != NULL ? name : "-"));
        for (size_t k = 0; k < MST_ARRAY_SIZE(kinds); k++) {
            json_int_t n = show_number(field, kinds[k].key);
            if (n > 0) {
                mst_output_text(out, "  ");
                mst_paint(out, color, kinds[k].paint);
                mst_output_text(out, "%s %lld", kinds[k].key, (long long)n);
                mst_paint(out, color, MST_PAINT_PLAIN);
            }
        }
        mst_output_text(out, "\n");
    }
    if (show_number(report, "other_fields") > 0) {
        mst_output_text(out, "  (others)  %lld\n",
                        (long long)show_number(report, "other_fields"));
    }
}

/* What one chain made of the event of a sample. */
static void
show_side(struct mst_output *out, const char *name, const json_t *side,
          bool color, enum mst_paint paint)
{
    const json_t *events = json_object_get(side, "events");
    const char *why = json_string_value(json_object_get(side, "rejected"));
    mst_output_text(out, "    %-7s ", name);
    if (why != NULL) {
        mst_paint(out, color, MST_PAINT_REMOVED);
        mst_output_text(out, "REJECTED: ");
        mst_output_shown_line(out, mst_slice_of(why, strcspn(why, "\n")));
        mst_paint(out, color, MST_PAINT_PLAIN);
        mst_output_text(out, "\n");
        return;
    }
    if (json_array_size(events) == 0) {
        mst_output_text(out, "dropped\n");
    }
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        const char *text = json_string_value(json_object_get(event, "payload"));
        mst_output_text(out, "%s", i > 0 ? "            " : "");
        mst_paint(out, color, paint);
        mst_output_shown_line(
            out, mst_slice_str(text != NULL ? text : "(no payload)"));
        mst_paint(out, color, MST_PAINT_PLAIN);
        mst_output_text(out, "\n");
    }
}

/* A change as one of a dry run: before is the job's. */
static void
show_change(struct mst_output *out, const json_t *change, bool color)
{
    char kind[64];
    const char *field = json_string_value(json_object_get(change, "field"));
    char *live = json_dumps(json_object_get(change, "live"),
                            JSON_COMPACT | JSON_ENCODE_ANY);
    char *shadow = json_dumps(json_object_get(change, "shadow"),
                              JSON_COMPACT | JSON_ENCODE_ANY);
    mst_output_text(out, "      ");
    mst_paint(out, color, MST_PAINT_CHANGED);
    mst_output_text(out, "%s ", mst_online_text(change, "kind", kind));
    mst_output_shown_line(out, mst_slice_str(field != NULL ? field : "-"));
    if (live != NULL || shadow != NULL) {
        mst_output_text(out, ": ");
        mst_output_shown_line(out, mst_slice_str(live != NULL ? live : "-"));
        mst_output_text(out, " -> ");
        mst_output_shown_line(out,
                              mst_slice_str(shadow != NULL ? shadow : "-"));
    }
    mst_paint(out, color, MST_PAINT_PLAIN);
    mst_output_text(out, "\n");
    free(live);
    free(shadow);
}

static void
show_sample(struct mst_output *out, const json_t *sample, bool color)
{
    char event[64];
    char outcome[64];
    const json_t *before = json_object_get(sample, "before");
    const json_t *changes = json_object_get(sample, "changes");
    const char *text = json_string_value(json_object_get(before, "payload"));
    mst_output_text(out, "  event %s: %s\n    before  ",
                    mst_online_text(sample, "event", event),
                    mst_online_text(sample, "outcome", outcome));
    mst_output_shown_line(out,
                          mst_slice_str(text != NULL ? text : "(no payload)"));
    mst_output_text(out, "\n");
    show_side(out, "job", json_object_get(sample, "live"), color,
              MST_PAINT_REMOVED);
    show_side(out, "shadow", json_object_get(sample, "shadow"), color,
              MST_PAINT_ADDED);
    for (size_t i = 0; i < json_array_size(changes); i++) {
        show_change(out, json_array_get(changes, i), color);
    }
}

static void
show_outcomes_of(struct mst_output *out, const json_t *report)
{
    const json_t *outcomes = json_object_get(report, "outcomes");
    for (size_t i = 0; i < MST_ARRAY_SIZE(show_outcomes); i++) {
        json_int_t n = show_number(outcomes, show_outcomes[i].key);
        if (n > 0 || i == 0) {
            mst_output_text(out, "  %-32s %lld\n", show_outcomes[i].text,
                            (long long)n);
        }
    }
    if (show_number(report, "failed") > 0) {
        mst_output_text(out, "  %-32s %lld\n", "given up by the shadow",
                        (long long)show_number(report, "failed"));
    }
    if (show_number(report, "skipped") > 0) {
        mst_output_text(out, "  %-32s %lld\n", "not compared, it lagged",
                        (long long)show_number(report, "skipped"));
    }
}

void
mst_shadow_show(struct mst_output *out, const json_t *report, bool color)
{
    char job[64];
    char state[64];
    char error[64];
    const json_t *samples = json_object_get(report, "samples");
    mst_output_text(
        out, "shadow of job '%s' (%s): ", mst_online_text(report, "job", job),
        mst_online_text(report, "state", state));
    mst_shadow_line(out, report);
    mst_output_text(out, "\n");
    if (json_object_get(report, "error") != NULL) {
        mst_output_text(out, "  it can not go on: %s\n",
                        mst_online_text(report, "error", error));
    }
    show_outcomes_of(out, report);
    show_fields(out, report, color);
    show_cost(out, json_object_get(report, "cost"));
    if (json_array_size(samples) > 0) {
        mst_output_text(out, "\nsamples\n");
    }
    for (size_t i = 0; i < json_array_size(samples); i++) {
        show_sample(out, json_array_get(samples, i), color);
    }
}
