/* SPDX-License-Identifier: MIT */
/* From events to header lines. */
#include "clients/http_event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "clients/http_client.h"

enum { EVENT_NAME_MAX = 256, EVENT_DIGITS = 24 };

void
mst_http_fields_init(struct mst_http_fields *fields,
                     const struct mst_strings *names, const char *job)
{
    *fields = (struct mst_http_fields){.names = names, .job = job};
    fields->all = names->len == 0
                  || (names->len == 1 && strcmp(names->items[0], "all") == 0);
    fields->none = names->len == 1 && strcmp(names->items[0], "none") == 0;
}

/* The value of a field of every event, or of an attribute. digits holds a
 * number. */
static struct mst_slice
fields_value(const struct mst_http_fields *fields,
             const struct mst_event *event, const char *name,
             char digits[EVENT_DIGITS])
{
    if (strcmp(name, "op") == 0) {
        return mst_slice_str(mst_op_name(event->op));
    }
    if (strcmp(name, "job") == 0) {
        return mst_slice_str(fields->job);
    }
    if (strcmp(name, "source_ts_ms") == 0) {
        if (event->source_ts_ms == MST_TIME_UNKNOWN) {
            return MST_SLICE_NONE;
        }
        int n = snprintf(digits, EVENT_DIGITS, "%" PRId64, event->source_ts_ms);
        return mst_slice_of(digits, (size_t)n);
    }
    return mst_event_attribute(event, name);
}

static bool
fields_equal(const struct mst_http_fields *fields, const struct mst_event *a,
             const struct mst_event *b, const char *name)
{
    char left[EVENT_DIGITS];
    char right[EVENT_DIGITS];
    return mst_slice_equal(fields_value(fields, a, name, left),
                           fields_value(fields, b, name, right));
}

bool
mst_http_fields_agree(const struct mst_http_fields *fields,
                      const struct mst_event *a, const struct mst_event *b)
{
    static const char *const places[] = {"database", "collection", "topic"};
    bool agree = a->op == b->op;
    if (fields->all) {
        for (size_t i = 0; agree && i < MST_ARRAY_SIZE(places); i++) {
            agree = fields_equal(fields, a, b, places[i]);
        }
        return agree;
    }
    for (size_t i = 0; agree && !fields->none && i < fields->names->len; i++) {
        agree = fields_equal(fields, a, b, fields->names->items[i]);
    }
    return agree;
}

static enum mst_status
fields_line(struct mst_slice name, struct mst_slice value, struct mst_buf *out,
            struct mst_error *err)
{
    if (!mst_http_is_token(name) || !mst_http_is_value(value)) {
        int len = name.len < 100 ? (int)name.len : 100;
        (void)mst_fail(err, MST_REJECTED, "http", 0,
                       "the attribute '%.*s' can not be a header: its %s", len,
                       (const char *)name.data,
                       mst_http_is_token(name)
                           ? "value has a control character in it"
                           : "name has a character that headers have not");
        mst_error_hint(err, "name those that are wanted: attributes = [...]");
        return MST_REJECTED;
    }
    enum mst_status status = mst_buf_append_str(out, "X-");
    if (status == MST_OK) {
        status = mst_http_add_header(out, name, value);
    }
    return status == MST_OK
               ? MST_OK
               : mst_fail(err, status, "http", 0,
                          "the headers are larger than %zu bytes", out->max);
}

/* Whether all have this value of the attribute. */
static bool
fields_is_common(struct mst_delivery *const *deliveries, size_t n,
                 const struct mst_attribute *attribute)
{
    char name[EVENT_NAME_MAX];
    if (attribute->name.len >= sizeof(name)) {
        return false;
    }
    memcpy(name, attribute->name.data, attribute->name.len);
    name[attribute->name.len] = '\0';
    for (size_t i = 1; i < n; i++) {
        if (!mst_slice_equal(mst_event_attribute(deliveries[i]->event, name),
                             attribute->value)) {
            return false;
        }
    }
    return true;
}

/* An attribute op is what a source was told; op itself is what it is. */
static enum mst_status
fields_append_all(struct mst_delivery *const *deliveries, size_t n,
                  struct mst_buf *out, struct mst_error *err)
{
    const struct mst_event *event = deliveries[0]->event;
    enum mst_status status = fields_line(
        MST_SLICE_LIT("op"), mst_slice_str(mst_op_name(event->op)), out, err);
    for (uint32_t i = 0; status == MST_OK && i < event->attributes_len; i++) {
        const struct mst_attribute *attribute = &event->attributes[i];
        if (!mst_slice_is(attribute->name, "op")
            && (n == 1 || fields_is_common(deliveries, n, attribute))) {
            status = fields_line(attribute->name, attribute->value, out, err);
        }
    }
    return status;
}

enum mst_status
mst_http_fields_append(const struct mst_http_fields *fields,
                       struct mst_delivery *const *deliveries, size_t n,
                       struct mst_slice key, struct mst_buf *out,
                       struct mst_error *err)
{
    const struct mst_event *event = deliveries[0]->event;
    enum mst_status status = MST_OK;
    if (fields->none) {
        return MST_OK;
    }
    if (fields->all) {
        return fields_append_all(deliveries, n, out, err);
    }
    for (size_t i = 0; status == MST_OK && i < fields->names->len; i++) {
        const char *name = fields->names->items[i];
        char digits[EVENT_DIGITS];
        bool is_key = strcmp(name, "key") == 0;
        struct mst_slice value =
            is_key ? key : fields_value(fields, event, name, digits);
        if (value.data != NULL && !(is_key && n > 1)) {
            status = fields_line(mst_slice_str(name), value, out, err);
        }
    }
    return status;
}

bool
mst_http_wants_key(const struct mst_http_target *target,
                   const struct mst_strings *names)
{
    bool wants = target->has_key;
    for (size_t i = 0; !wants && i < names->len; i++) {
        wants = strcmp(names->items[i], "key") == 0;
    }
    return wants;
}

const char *
mst_http_content_type(enum mst_encoding encoding)
{
    switch (encoding) {
    case MST_ENCODING_BSON:
        return "application/bson";
    case MST_ENCODING_JSON:
        return "application/json";
    case MST_ENCODING_AVRO:
        return "avro/binary";
    case MST_ENCODING_NONE:
    case MST_ENCODING_RAW:
        break;
    }
    return "application/octet-stream";
}

enum mst_encoding
mst_http_encoding_of(const char *content_type, bool *ret_framed)
{
    static const struct {
        const char *name;
        enum mst_encoding encoding;
    } types[] = {{"application/json", MST_ENCODING_JSON},
                 {"text/json", MST_ENCODING_JSON},
                 {"application/bson", MST_ENCODING_BSON},
                 {"avro/binary", MST_ENCODING_AVRO},
                 {"application/avro", MST_ENCODING_AVRO},
                 {"application/octet-stream", MST_ENCODING_RAW},
                 {"application/x-mstream-framed", MST_ENCODING_NONE}};
    size_t len = strcspn(content_type, "; \t");
    *ret_framed = false;
    for (size_t i = 0; i < MST_ARRAY_SIZE(types); i++) {
        if (strlen(types[i].name) == len
            && strncasecmp(types[i].name, content_type, len) == 0) {
            *ret_framed = types[i].encoding == MST_ENCODING_NONE;
            return types[i].encoding;
        }
    }
    return len > 5 && len < 128
                   && strncasecmp(content_type + len - 5, "+json", 5) == 0
               ? MST_ENCODING_JSON
               : MST_ENCODING_NONE;
}

static uint64_t
event_mix(uint64_t sum, uint64_t more)
{
    uint64_t both[2] = {sum, more};
    return mst_hash64(both, sizeof(both));
}

void
mst_http_idempotency_key(const char *job,
                         struct mst_delivery *const *deliveries, size_t n,
                         char out[MST_HTTP_KEY_HEX + 1])
{
    uint64_t where = mst_hash64(job, strlen(job));
    uint64_t what = n;
    for (size_t i = 0; i < n; i++) {
        const struct mst_event *event = deliveries[i]->event;
        const struct mst_slice *payload = &deliveries[i]->payload;
        where = event_mix(where, mst_hash64(event->mark.data, event->mark.len));
        where = event_mix(where, mst_hash64(event->key.data, event->key.len));
        what = event_mix(what, mst_hash64(payload->data, payload->len));
        what = event_mix(what, (uint64_t)event->op);
        what = event_mix(what, event->result);
    }
    (void)snprintf(out, MST_HTTP_KEY_HEX + 1, "%016" PRIx64 "%016" PRIx64,
                   where, what);
}
