/* SPDX-License-Identifier: MIT */
/* From attributes to a message's place. */
#include "clients/kafka_place.h"

enum mst_status
mst_kafka_place_write(const struct mst_attribute *attributes, size_t n,
                      bool for_machines, struct mst_buf *out)
{
    struct mst_slice topic = mst_attributes_find(attributes, n, "topic");
    struct mst_slice partition =
        mst_attributes_find(attributes, n, "partition");
    struct mst_slice offset = mst_attributes_find(attributes, n, "offset");
    if (!mst_slice_is(mst_attributes_find(attributes, n, "origin"), "kafka")
        || topic.data == NULL || !mst_slice_is_digits(partition)
        || !mst_slice_is_digits(offset)) {
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
