/* SPDX-License-Identifier: MIT */
/* Finds an event's place in its source. */
#include "sinks/mongodb/mongodb_guard.h"

#include "encodings/bson_reader.h"

#define ORIGIN "mongodb"

/* Digits from *at on; false when there are none or too many. */
static bool
guard_number(struct mst_slice text, size_t *at, int64_t *ret)
{
    int64_t value = 0;
    size_t start = *at;
    while (*at < text.len && text.data[*at] >= '0' && text.data[*at] <= '9') {
        if (__builtin_mul_overflow(value, 10, &value)
            || __builtin_add_overflow(value, text.data[*at] - '0', &value)) {
            return false;
        }
        (*at)++;
    }
    *ret = value;
    return *at > start;
}

static bool
guard_whole(struct mst_slice text, int64_t *ret)
{
    size_t at = 0;
    return text.data != NULL && guard_number(text, &at, ret) && at == text.len;
}

static bool
guard_pair(int64_t seconds, int64_t ordinal, int64_t *ret)
{
    if (seconds > INT32_MAX || ordinal > UINT32_MAX) {
        return false;
    }
    *ret = seconds * (INT64_C(1) << 32) + ordinal;
    return true;
}

/* "SECONDS,ORDINAL" or "SECONDS.ORDINAL" or "SECONDS:ORDINAL". */
static bool
guard_cluster_time(struct mst_slice text, int64_t *ret)
{
    size_t at = 0;
    int64_t seconds = 0;
    int64_t ordinal = 0;
    if (text.data == NULL || !guard_number(text, &at, &seconds)
        || at == text.len || strchr(",.:", text.data[at]) == NULL) {
        return false;
    }
    at++;
    return guard_number(text, &at, &ordinal) && at == text.len
           && guard_pair(seconds, ordinal, ret);
}

static bool
guard_change_time(struct mst_slice change, int64_t *ret)
{
    struct mst_bson_value value;
    uint32_t seconds = 0;
    uint32_t ordinal = 0;
    return change.data != NULL && mst_bson_find(change, "clusterTime", &value)
           && mst_bson_get_timestamp(&value, &seconds, &ordinal)
           && guard_pair(seconds, ordinal, ret);
}

enum mst_status
mst_mongosink_guard_of(const struct mst_event *event, struct mst_slice change,
                       struct mst_buf *scratch, struct mst_slice *ret_scope,
                       int64_t *ret_order, struct mst_error *err)
{
    if (guard_change_time(change, ret_order)
        || guard_cluster_time(mst_event_attribute(event, "cluster_time"),
                              ret_order)) {
        *ret_scope = MST_SLICE_LIT("mongodb");
        return MST_OK;
    }
    struct mst_slice topic = mst_event_attribute(event, "topic");
    struct mst_slice partition = mst_event_attribute(event, "partition");
    if (topic.data != NULL && partition.data != NULL
        && guard_whole(mst_event_attribute(event, "offset"), ret_order)) {
        mst_buf_reset(scratch);
        if (mst_buf_append(scratch, topic.data, topic.len) != MST_OK
            || mst_buf_append_char(scratch, '/') != MST_OK
            || mst_buf_append(scratch, partition.data, partition.len)
                   != MST_OK) {
            return mst_fail_memory(err, ORIGIN);
        }
        *ret_scope = mst_buf_slice(scratch);
        return MST_OK;
    }
    if (event->source_ts_ms != MST_TIME_UNKNOWN) {
        *ret_scope = MST_SLICE_LIT("time");
        *ret_order = event->source_ts_ms;
        return MST_OK;
    }
    (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                   "guard = \"position\": the event has neither cluster_time "
                   "nor topic, partition and offset, nor a time");
    mst_error_hint(err, "guard = \"off\" writes it without comparing");
    return MST_REJECTED;
}
