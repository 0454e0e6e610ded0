/* SPDX-License-Identifier: MIT */
/* From an event's attributes to the headers of its message. */
#include "sinks/kafka/kafka_headers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "clients/kafka_header.h"
#include "clients/kafka_place.h"

enum {
    HEADERS_VALUE_MAX = 1024 * 1024 * 1024,
    HEADERS_KEEP = 64 * 1024 /* bytes of scratch between messages */
};

void
kafka_headers_init(struct kafka_headers *headers,
                   const struct mst_strings *names, const char *job)
{
    headers->names = names;
    headers->job = job;
    headers->all = names->len == 0
                   || (names->len == 1 && strcmp(names->items[0], "all") == 0);
    headers->none = names->len == 1 && strcmp(names->items[0], "none") == 0;
    mst_buf_init(&headers->name, HEADERS_VALUE_MAX);
    mst_buf_init(&headers->value, HEADERS_VALUE_MAX);
    mst_buf_init(&headers->place, HEADERS_VALUE_MAX);
}

void
kafka_headers_clear(struct kafka_headers *headers)
{
    mst_buf_clear(&headers->name);
    mst_buf_clear(&headers->value);
    mst_buf_clear(&headers->place);
}

static struct mst_slice
headers_op(const struct mst_event *event)
{
    return mst_slice_str(mst_op_name(event->op));
}

/* True: an attribute op that says, in its own words (insert, u), what the
 * event is; or that nobody understood. */
static bool
headers_is_right_op(const struct mst_event *event, struct mst_slice value)
{
    enum mst_op op = MST_OP_NONE;
    return event->op == MST_OP_NONE
           || mst_slice_is(value, mst_op_name(event->op))
           || (mst_op_parse(value, &op) && op == event->op);
}

/* All attributes as they are, and op before them where none says it: a copy
 * from Kafka to Kafka stays a copy. */
static enum mst_status
headers_each_attribute(const struct mst_event *event, kafka_header_visit visit,
                       void *arg)
{
    enum mst_status status = MST_OK;
    bool told = event->op == MST_OP_NONE;
    for (uint32_t i = 0; !told && i < event->attributes_len; i++) {
        told = mst_slice_is(event->attributes[i].name, "op")
               && headers_is_right_op(event, event->attributes[i].value);
    }
    if (!told) {
        status = visit(arg, MST_SLICE_LIT("op"), headers_op(event));
    }
    for (uint32_t i = 0; status == MST_OK && i < event->attributes_len; i++) {
        const struct mst_attribute *attribute = &event->attributes[i];
        if (!mst_slice_is(attribute->name, "op")
            || headers_is_right_op(event, attribute->value)) {
            status = visit(arg, attribute->name, attribute->value);
        }
    }
    return status;
}

/* Where the event is at its origin. Marks are for the eyes of their source
 * only where they are not text: then Kafka's attributes say it. */
static struct mst_slice
headers_position(struct kafka_headers *headers, const struct mst_event *event)
{
    mst_buf_reset(&headers->place);
    if (mst_kafka_place_write(event->attributes, event->attributes_len, true,
                              &headers->place)
        == MST_OK) {
        return mst_buf_slice(&headers->place);
    }
    struct mst_slice mark = event->mark;
    if (mark.data == NULL || mst_utf8_valid(mark.data, mark.len) != mark.len
        || memchr(mark.data, 0, mark.len) != NULL) {
        return MST_SLICE_NONE;
    }
    return mark;
}

/* True: name is one of the fields of every event. */
static bool
headers_field(struct kafka_headers *headers, const struct mst_event *event,
              const char *name, char digits[24], struct mst_slice *ret_value)
{
    if (strcmp(name, "op") == 0) {
        *ret_value = headers_op(event);
    } else if (strcmp(name, "job") == 0) {
        *ret_value = mst_slice_str(headers->job == NULL ? "" : headers->job);
    } else if (strcmp(name, "position") == 0) {
        *ret_value = headers_position(headers, event);
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

/* Every attribute of that name. */
static enum mst_status
headers_each_named(const struct mst_event *event, struct mst_slice name,
                   kafka_header_visit visit, void *arg)
{
    enum mst_status status = MST_OK;
    for (uint32_t i = 0; status == MST_OK && i < event->attributes_len; i++) {
        if (mst_slice_equal(event->attributes[i].name, name)) {
            status = visit(arg, name, event->attributes[i].value);
        }
    }
    return status;
}

enum mst_status
kafka_headers_each(struct kafka_headers *headers, const struct mst_event *event,
                   struct mst_slice key, kafka_header_visit visit, void *arg)
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
        struct mst_slice value = key;
        char digits[24];
        if (strcmp(name, "key") != 0
            && !headers_field(headers, event, name, digits, &value)) {
            status = headers_each_named(event, mst_slice_str(name), visit, arg);
        } else if (value.data != NULL) {
            status = visit(arg, mst_slice_str(name), value);
        }
    }
    return status;
}

/* A message's headers while they are made. */
struct headers_made {
    struct kafka_headers *headers;
    const struct mst_event *event;
    struct kafka_header_list *out;
};

/* The first letter of what mst_kafka_header_text writes. Most are not, and
 * need not be looked at any further. */
static bool
headers_may_be_coded(struct mst_slice text)
{
    return text.len >= 5 && (text.data[0] == 'b' || text.data[0] == 'n');
}

/* The list is made with the first header: it costs an allocation, as does
 * each header, and librdkafka has no cheaper way. */
static enum mst_status
headers_add(void *arg, struct mst_slice name, struct mst_slice value)
{
    struct headers_made *made = arg;
    struct kafka_header_list *out = made->out;
    if ((headers_may_be_coded(name) || headers_may_be_coded(value))
        && mst_kafka_header_is_ours(made->event)) {
        enum mst_status status =
            mst_kafka_header_bytes(name, &made->headers->name, &name);
        if (status == MST_OK) {
            status =
                mst_kafka_header_bytes(value, &made->headers->value, &value);
        }
        if (status != MST_OK) {
            return status;
        }
    }
    if (out->list == NULL) {
        out->list = rd_kafka_headers_new(8);
    }
    rd_kafka_resp_err_t code =
        out->list == NULL
            ? RD_KAFKA_RESP_ERR__FAIL
            : rd_kafka_header_add(out->list, (const char *)name.data,
                                  (ssize_t)name.len, value.data,
                                  (ssize_t)value.len);
    out->bytes += name.len + value.len;
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? MST_OK : MST_FATAL;
}

static void
headers_keep_little(struct mst_buf *scratch)
{
    if (scratch->cap > HEADERS_KEEP) {
        mst_buf_clear(scratch);
    }
}

enum mst_status
kafka_headers_make(struct kafka_headers *headers, const struct mst_event *event,
                   struct mst_slice key, struct kafka_header_list *ret,
                   struct mst_error *err)
{
    struct kafka_header_list list = {.list = NULL};
    struct headers_made made = {
        .headers = headers, .event = event, .out = &list};
    enum mst_status status =
        kafka_headers_each(headers, event, key, headers_add, &made);
    headers_keep_little(&headers->name);
    headers_keep_little(&headers->value);
    if (status != MST_OK) {
        if (list.list != NULL) {
            rd_kafka_headers_destroy(list.list);
        }
        return mst_fail_memory(err, "kafka");
    }
    *ret = list;
    return MST_OK;
}
