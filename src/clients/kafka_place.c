/* SPDX-License-Identifier: MIT */
/* From attributes to a message's place. */
#include "clients/kafka_place.h"

static struct mst_slice
place_find(const struct mst_attribute *attributes, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (mst_slice_is(attributes[i].name, name)) {
            return attributes[i].value;
        }
    }
    return MST_SLICE_NONE;
}

static bool
place_is_number(struct mst_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
    }
    return text.len > 0;
}

enum mst_status
mst_kafka_place_write(const struct mst_attribute *attributes, size_t n,
                      bool for_machines, struct mst_buf *out)
{
    struct mst_slice topic = place_find(attributes, n, "topic");
    struct mst_slice partition = place_find(attributes, n, "partition");
    struct mst_slice offset = place_find(attributes, n, "offset");
    if (!mst_slice_is(place_find(attributes, n, "origin"), "kafka")
        || topic.data == NULL || !place_is_number(partition)
        || !place_is_number(offset)) {
        return MST_REJECTED;
    }
    if (!for_machines) {
        return mst_buf_printf(out, "topic %.*s, partition %.*s, offset %.*s",
                              (int)topic.len, (const char *)topic.data,
                              (int)partition.len, (const char *)partition.data,
                              (int)offset.len, (const char *)offset.data);
    }
    enum mst_status status = mst_buf_append_str(out, "{\"topic\":");
    if (status == MST_OK) {
        status = mst_buf_append_json(out, topic);
    }
    if (status == MST_OK) {
        status =
            mst_buf_printf(out, ",\"partition\":%.*s,\"offset\":%.*s}",
                           (int)partition.len, (const char *)partition.data,
                           (int)offset.len, (const char *)offset.data);
    }
    return status;
}
