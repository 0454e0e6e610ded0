/* SPDX-License-Identifier: MIT */
/* From an event's attributes to the headers of its message. */
#include "sinks/kafka/kafka_headers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

void
kafka_headers_init(struct kafka_headers *headers,
                   const struct mst_strings *names, const char *job)
{
    headers->names = names;
    headers->job = job;
    headers->all = names->len == 0
                   || (names->len == 1 && strcmp(names->items[0], "all") == 0);
    headers->none = names->len == 1 && strcmp(names->items[0], "none") == 0;
}

static struct mst_slice
headers_op(const struct mst_event *event)
{
    return mst_slice_str(mst_op_name(event->op));
}

static enum mst_status
headers_each_attribute(const struct mst_event *event, kafka_header_visit visit,
                       void *arg)
{
    enum mst_status status = MST_OK;
    /* A plain message has no op: a copy from Kafka to Kafka stays a copy. */
    if (event->op != MST_OP_NONE) {
        status = visit(arg, MST_SLICE_LIT("op"), headers_op(event));
    }
    for (uint32_t i = 0; status == MST_OK && i < event->attributes_len; i++) {
        const struct mst_attribute *attribute = &event->attributes[i];
        if (event->op == MST_OP_NONE || !mst_slice_is(attribute->name, "op")) {
            status = visit(arg, attribute->name, attribute->value);
        }
    }
    return status;
}

/* True: name is one of the fields of every event. */
static bool
headers_field(const struct kafka_headers *headers,
              const struct mst_event *event, const char *name, char digits[24],
              struct mst_slice *ret_value)
{
    if (strcmp(name, "op") == 0) {
        *ret_value = headers_op(event);
    } else if (strcmp(name, "job") == 0) {
        *ret_value = mst_slice_str(headers->job == NULL ? "" : headers->job);
    } else if (strcmp(name, "position") == 0 && event->mark.data != NULL) {
        /* Some sources' marks are bytes that only they can read. */
        *ret_value = event->mark;
        if (mst_utf8_valid(event->mark.data, event->mark.len) != event->mark.len
            || memchr(event->mark.data, 0, event->mark.len) != NULL) {
            *ret_value = MST_SLICE_NONE;
        }
    } else if (strcmp(name, "source_ts_ms") == 0) {
        *ret_value = MST_SLICE_NONE;
        if (event->source_ts_ms != MST_TIME_UNKNOWN) {
            int n = snprintf(digits, 24, "%" PRId64, event->source_ts_ms);
            *ret_value = mst_slice_of(digits, (size_t)n);
        }
    } else {
        return false;
    }
    return true;
}

enum mst_status
kafka_headers_each(const struct kafka_headers *headers,
                   const struct mst_event *event, struct mst_slice key,
                   kafka_header_visit visit, void *arg)
{
    if (headers->none) {
        return MST_OK;
    }
    if (headers->all) {
        return headers_each_attribute(event, visit, arg);
    }
    enum mst_status status = MST_OK;
    for (size_t i = 0; status == MST_OK && i < headers->names->len; i++) {
        const char *name = headers->names->items[i];
        struct mst_slice value;
        char digits[24];
        if (strcmp(name, "key") == 0) {
            value = key;
        } else if (!headers_field(headers, event, name, digits, &value)) {
            value = mst_event_attribute(event, name);
        }
        if (value.data != NULL) {
            status = visit(arg, mst_slice_str(name), value);
        }
    }
    return status;
}

/* The list is made with the first header: it costs an allocation, as does
 * each header, and librdkafka has no cheaper way. */
static enum mst_status
headers_add(void *arg, struct mst_slice name, struct mst_slice value)
{
    rd_kafka_headers_t **list = arg;
    if (*list == NULL) {
        *list = rd_kafka_headers_new(8);
    }
    rd_kafka_resp_err_t code =
        *list == NULL ? RD_KAFKA_RESP_ERR__FAIL
                      : rd_kafka_header_add(*list, (const char *)name.data,
                                            (ssize_t)name.len, value.data,
                                            (ssize_t)value.len);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? MST_OK : MST_FATAL;
}

enum mst_status
kafka_headers_make(const struct kafka_headers *headers,
                   const struct mst_event *event, struct mst_slice key,
                   rd_kafka_headers_t **ret, struct mst_error *err)
{
    rd_kafka_headers_t *list = NULL;
    if (kafka_headers_each(headers, event, key, headers_add, &list) != MST_OK) {
        if (list != NULL) {
            rd_kafka_headers_destroy(list);
        }
        return mst_fail_memory(err, "kafka");
    }
    *ret = list;
    return MST_OK;
}
