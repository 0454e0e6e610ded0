/* SPDX-License-Identifier: MIT */
/* What two chains made of one event: whether it is the same, and where not. */
#include <string.h>

#include "base/thread.h"
#include "pipeline/shadow_impl.h"

enum {
    JUDGE_CHANGES_MAX = 50, /* shown in a sample */
    JUDGE_RESULTS_MAX = 3,  /* of each chain, likewise */
    JUDGE_SAMPLE_MAX = 256 * 1024,
    JUDGE_VALUE_MAX = 512 /* of one field, likewise */
};

/* One comparison; Lock: none until it is noted. */
struct judge {
    struct mst_shadow *shadow;
    struct mst_json *changes; /* NULL: nobody wants them */
    size_t shown;
    size_t found; /* that count */
};

/* The path with all indexes as one. */
static struct mst_slice
judge_path(struct mst_slice path, char out[SHADOW_PATH_MAX])
{
    size_t len = 0;
    for (size_t i = 0; i < path.len && len + 1 < SHADOW_PATH_MAX; i++) {
        out[len++] = (char)path.data[i];
        while (path.data[i] == '[' && i + 1 < path.len
               && path.data[i + 1] != ']') {
            i++;
            if (path.data[i] < '0' || path.data[i] > '9') {
                out[len++] = (char)path.data[i];
                break;
            }
        }
    }
    out[len] = '\0';
    return mst_slice_of(out, len);
}

/* A field, or what is in it. */
static bool
judge_is_below(struct mst_slice path, const char *field)
{
    size_t len = strlen(field);
    return path.len >= len && memcmp(path.data, field, len) == 0
           && (path.len == len || path.data[len] == '.'
               || path.data[len] == '[');
}

static bool
judge_is_ignored(const struct mst_shadow *shadow, struct mst_slice path,
                 struct mst_slice plain)
{
    for (size_t i = 0; i < shadow->args.ignore_len; i++) {
        const char *field = shadow->args.ignore[i];
        if (judge_is_below(path, field) || judge_is_below(plain, field)) {
            return true;
        }
    }
    return false;
}

static void
judge_count(struct mst_shadow *shadow, struct mst_slice path,
            enum mst_contrast_kind kind)
{
    struct shadow_findings *findings = &shadow->findings;
    struct shadow_field *field = NULL;
    mst_mutex_lock(&shadow->mutex);
    for (size_t i = 0; i < findings->fields_len && field == NULL; i++) {
        if (mst_slice_is(path, findings->fields[i].path)) {
            field = &findings->fields[i];
        }
    }
    if (field == NULL && findings->fields_len < SHADOW_FIELDS_MAX) {
        field = &findings->fields[findings->fields_len++];
        memcpy(field->path, path.data, path.len);
        field->path[path.len] = '\0';
    }
    if (field != NULL) {
        field->counts[kind]++;
    } else {
        findings->other_fields++;
    }
    mst_mutex_unlock(&shadow->mutex);
}

static void
judge_value(struct mst_json *out, const char *name, struct mst_slice value)
{
    if (value.data != NULL && value.len <= JUDGE_VALUE_MAX) {
        mst_json_raw(out, name, value);
    } else if (value.data != NULL) {
        mst_json_str(out, name, "(too long to show)");
    }
}

static enum mst_status
judge_change(void *arg, const struct mst_contrast *one)
{
    struct judge *judge = arg;
    char text[SHADOW_PATH_MAX];
    struct mst_slice plain = judge_path(one->path, text);
    if (judge_is_ignored(judge->shadow, one->path, plain)) {
        return MST_OK;
    }
    judge->found++;
    judge_count(judge->shadow, plain, one->kind);
    if (judge->changes != NULL && judge->shown++ < JUDGE_CHANGES_MAX) {
        mst_json_open(judge->changes, NULL, '{');
        mst_json_str(judge->changes, "kind", mst_contrast_name(one->kind));
        mst_json_slice(judge->changes, "field", one->path);
        judge_value(judge->changes, "live", one->before);
        judge_value(judge->changes, "shadow", one->after);
        mst_json_close(judge->changes, '}');
    }
    return MST_OK;
}

static bool
judge_same_slice(struct mst_slice a, struct mst_slice b)
{
    bool both = a.data != NULL && b.data != NULL;
    return both ? mst_slice_equal(a, b) : a.data == NULL && b.data == NULL;
}

static bool
judge_same_attributes(const struct mst_event *a, const struct mst_event *b)
{
    bool same = a->attributes_len == b->attributes_len;
    for (size_t i = 0; i < a->attributes_len && same; i++) {
        same =
            mst_slice_equal(a->attributes[i].name, b->attributes[i].name)
            && mst_slice_equal(a->attributes[i].value, b->attributes[i].value);
    }
    return same;
}

static bool
judge_same_event(const struct mst_event *a, const struct mst_event *b)
{
    return a->op == b->op && judge_same_slice(a->payload, b->payload)
           && (a->payload.data == NULL || a->encoding == b->encoding)
           && judge_same_slice(a->key, b->key) && judge_same_attributes(a, b);
}

/* True: they differ in something that counts. */
static bool
judge_events(struct judge *judge, const struct mst_event *live,
             const struct mst_event *mine)
{
    const struct mst_shadow *shadow = judge->shadow;
    struct mst_error err;
    size_t before = judge->found;
    if (judge_same_event(live, mine)) {
        return false;
    }
    if (shadow->args.contrast == NULL
        || shadow->args.contrast(live, mine, judge_change, judge, &err)
               != MST_OK) {
        const struct mst_contrast whole = {.kind = MST_CONTRAST_CHANGED,
                                           .path = MST_SLICE_LIT("(event)")};
        (void)judge_change(judge, &whole);
    }
    return judge->found > before;
}

static enum mst_shadow_outcome
judge_outcome(struct judge *judge, const struct shadow_result *live,
              const struct shadow_result *mine)
{
    bool differs = false;
    if (live->refused != NULL || mine->refused != NULL) {
        return live->refused == NULL   ? MST_SHADOW_REJECTED
               : mine->refused == NULL ? MST_SHADOW_REJECTED_LIVE
                                       : MST_SHADOW_EQUAL;
    }
    if (live->len != mine->len) {
        return live->len == 0          ? MST_SHADOW_DROPPED_LIVE
               : mine->len == 0        ? MST_SHADOW_DROPPED
               : mine->len > live->len ? MST_SHADOW_MORE
                                       : MST_SHADOW_FEWER;
    }
    for (size_t i = 0; i < live->len; i++) {
        differs =
            judge_events(judge, live->events[i], mine->events[i]) || differs;
    }
    return differs ? MST_SHADOW_DIFFERENT : MST_SHADOW_EQUAL;
}

static void
judge_describe(const struct mst_shadow *shadow, struct mst_json *out,
               const char *name, const struct shadow_result *result)
{
    mst_json_open(out, name, '{');
    if (result->refused != NULL) {
        mst_json_str(out, "rejected", result->refused->text);
    }
    mst_json_number(out, "results", (int64_t)result->len);
    mst_json_open(out, "events", '[');
    for (size_t i = 0; i < result->len && i < JUDGE_RESULTS_MAX; i++) {
        shadow->args.describe(result->events[i], SHADOW_SAMPLE_TEXT, out, NULL);
    }
    mst_json_close(out, ']');
    mst_json_close(out, '}');
}

/* Whether one more event that came out like this is to be kept. */
static bool
judge_wants(struct mst_shadow *shadow, enum mst_shadow_outcome outcome)
{
    struct shadow_findings *findings = &shadow->findings;
    mst_mutex_lock(&shadow->mutex);
    bool wants = outcome != MST_SHADOW_EQUAL && shadow->args.describe != NULL
                 && findings->samples_len < shadow->args.samples
                 && findings->sampled[outcome] < SHADOW_OF_OUTCOME_MAX;
    mst_mutex_unlock(&shadow->mutex);
    return wants;
}

/* Moves the sample in, if there is room still. */
static void
judge_keep(struct mst_shadow *shadow, enum mst_shadow_outcome outcome,
           struct mst_json *sample)
{
    struct shadow_findings *findings = &shadow->findings;
    mst_mutex_lock(&shadow->mutex);
    if (!sample->failed && findings->samples_len < shadow->args.samples
        && findings->sampled[outcome] < SHADOW_OF_OUTCOME_MAX) {
        findings->samples[findings->samples_len++] = *sample;
        findings->sampled[outcome]++;
        mst_json_init(sample, JUDGE_SAMPLE_MAX);
    }
    mst_mutex_unlock(&shadow->mutex);
}

void
mst_shadow_judge(struct mst_shadow *shadow, const struct mst_event *event,
                 const struct shadow_result *live,
                 const struct shadow_result *mine)
{
    struct mst_json changes;
    struct mst_json sample;
    bool wanted = judge_wants(shadow, MST_SHADOW_DIFFERENT);
    mst_json_init(&changes, JUDGE_SAMPLE_MAX);
    mst_json_init(&sample, JUDGE_SAMPLE_MAX);
    struct judge judge = {.shadow = shadow,
                          .changes = wanted ? &changes : NULL};
    enum mst_shadow_outcome outcome = judge_outcome(&judge, live, mine);
    if (judge_wants(shadow, outcome)) {
        mst_json_open(&sample, NULL, '{');
        mst_json_number(&sample, "event", (int64_t)event->seq);
        mst_json_str(&sample, "outcome", mst_shadow_outcome_name(outcome));
        shadow->args.describe(event, SHADOW_SAMPLE_TEXT, &sample, "before");
        judge_describe(shadow, &sample, "live", live);
        judge_describe(shadow, &sample, "shadow", mine);
        mst_json_open(&sample, "changes", '[');
        if (!changes.failed && changes.buf.len > 0) {
            mst_json_raw(&sample, NULL, mst_buf_slice(&changes.buf));
        }
        mst_json_close(&sample, ']');
        mst_json_close(&sample, '}');
        judge_keep(shadow, outcome, &sample);
    }
    mst_mutex_lock(&shadow->mutex);
    shadow->findings.outcomes[outcome]++;
    shadow->findings.compared++;
    mst_mutex_unlock(&shadow->mutex);
    mst_json_clear(&changes);
    mst_json_clear(&sample);
}
