/* SPDX-License-Identifier: MIT */
/* Two events side by side, and one of them as JSON. */
#include "encodings/contrast.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "encodings/bson_json.h"
#include "encodings/json_bson.h"

enum {
    CONTRAST_TEXT_MAX = 256 * 1024 * 1024,
    /* Of more attributes only that they differ is said. */
    CONTRAST_ATTRIBUTES_MAX = 1000
};

struct contrast {
    const struct mst_event *before;
    const struct mst_event *after;
    mst_contrast_each each;
    void *arg;
    struct mst_error *err;
    size_t said;
};

static enum mst_status
contrast_pass(void *arg, const struct mst_contrast *one)
{
    struct contrast *self = arg;
    self->said++;
    return self->each(self->arg, one);
}

void
mst_contrast_payload(enum mst_encoding encoding, struct mst_slice payload,
                     struct mst_buf *out)
{
    struct mst_error ignored;
    bool text = mst_utf8_valid(payload.data, payload.len) == payload.len;
    enum mst_status status = MST_REJECTED;
    if (payload.data == NULL) {
        return;
    }
    if (encoding == MST_ENCODING_BSON) {
        status = mst_bson_to_json(payload, MST_JSON_RELAXED, out, &ignored);
    } else if (text) {
        status = mst_buf_append(out, payload.data, payload.len);
    }
    if (status == MST_REJECTED) {
        status = mst_base64_encode(payload, out);
    }
    if (status != MST_OK) {
        mst_buf_reset(out);
    }
}

/* Text as a JSON string; what is no text as base64. */
static enum mst_status
contrast_string(struct mst_slice text, struct mst_buf *out)
{
    struct mst_buf plain;
    mst_buf_init(&plain, CONTRAST_TEXT_MAX);
    mst_contrast_payload(MST_ENCODING_RAW, text, &plain);
    enum mst_status status = mst_buf_append_json(out, mst_buf_slice(&plain));
    mst_buf_clear(&plain);
    return status;
}

static enum mst_status
contrast_key(const struct mst_event *event, struct mst_buf *out)
{
    struct mst_error ignored;
    if (event->key.data == NULL) {
        return MST_OK;
    }
    if (event->key_kind == MST_KEY_BSON
        && mst_bson_to_json(event->key, MST_JSON_RELAXED, out, &ignored)
               == MST_OK) {
        return MST_OK;
    }
    return contrast_string(event->key, out);
}

/* before, after: JSON, empty where there is none. */
static enum mst_status
contrast_say(struct contrast *self, const char *path,
             const struct mst_buf *before, const struct mst_buf *after)
{
    const struct mst_contrast one = {
        .kind = before->len == 0 && after->len > 0   ? MST_CONTRAST_ADDED
                : before->len > 0 && after->len == 0 ? MST_CONTRAST_REMOVED
                                                     : MST_CONTRAST_CHANGED,
        .path = mst_slice_str(path),
        .before = before->len > 0 ? mst_buf_slice(before) : MST_SLICE_NONE,
        .after = after->len > 0 ? mst_buf_slice(after) : MST_SLICE_NONE,
    };
    return contrast_pass(self, &one);
}

static enum mst_status
contrast_words(struct contrast *self, const char *path, const char *before,
               const char *after)
{
    struct mst_buf one;
    struct mst_buf other;
    if (strcmp(before, after) == 0) {
        return MST_OK;
    }
    mst_buf_init(&one, CONTRAST_TEXT_MAX);
    mst_buf_init(&other, CONTRAST_TEXT_MAX);
    enum mst_status status = mst_buf_append_json(&one, mst_slice_str(before));
    if (status == MST_OK) {
        status = mst_buf_append_json(&other, mst_slice_str(after));
    }
    if (status == MST_OK) {
        status = contrast_say(self, path, &one, &other);
    }
    mst_buf_clear(&one);
    mst_buf_clear(&other);
    return status;
}

static enum mst_status
contrast_keys(struct contrast *self)
{
    struct mst_buf one;
    struct mst_buf other;
    struct mst_slice before = self->before->key;
    struct mst_slice after = self->after->key;
    bool both = before.data != NULL && after.data != NULL;
    bool neither = before.data == NULL && after.data == NULL;
    if (neither || (both && mst_slice_equal(before, after))) {
        return MST_OK;
    }
    mst_buf_init(&one, CONTRAST_TEXT_MAX);
    mst_buf_init(&other, CONTRAST_TEXT_MAX);
    enum mst_status status = contrast_key(self->before, &one);
    if (status == MST_OK) {
        status = contrast_key(self->after, &other);
    }
    if (status == MST_OK) {
        status = contrast_say(self, "(key)", &one, &other);
    }
    mst_buf_clear(&one);
    mst_buf_clear(&other);
    return status;
}

/* NULL: there is none of this name. */
static const struct mst_attribute *
contrast_find(const struct mst_event *event, struct mst_slice name)
{
    for (size_t i = 0; i < event->attributes_len; i++) {
        if (mst_slice_equal(event->attributes[i].name, name)) {
            return &event->attributes[i];
        }
    }
    return NULL;
}

/* before, after: of one name; NULL where there is none. */
static enum mst_status
contrast_attribute(struct contrast *self, const struct mst_attribute *before,
                   const struct mst_attribute *after)
{
    struct mst_slice name = before != NULL ? before->name : after->name;
    struct mst_buf path;
    struct mst_buf one;
    struct mst_buf other;
    if (before != NULL && after != NULL
        && mst_slice_equal(before->value, after->value)) {
        return MST_OK;
    }
    mst_buf_init(&path, CONTRAST_TEXT_MAX);
    mst_buf_init(&one, CONTRAST_TEXT_MAX);
    mst_buf_init(&other, CONTRAST_TEXT_MAX);
    enum mst_status status = mst_buf_append_char(&path, '@');
    if (status == MST_OK) {
        status = mst_buf_append(&path, name.data, name.len);
    }
    if (status == MST_OK && before != NULL) {
        status = contrast_string(before->value, &one);
    }
    if (status == MST_OK && after != NULL) {
        status = contrast_string(after->value, &other);
    }
    const char *text = status == MST_OK ? mst_buf_text(&path) : NULL;
    if (text != NULL) {
        status = contrast_say(self, text, &one, &other);
    } else if (status == MST_OK) {
        status = MST_FATAL;
    }
    mst_buf_clear(&path);
    mst_buf_clear(&one);
    mst_buf_clear(&other);
    return status;
}

static enum mst_status
contrast_attributes(struct contrast *self)
{
    const struct mst_event *before = self->before;
    const struct mst_event *after = self->after;
    enum mst_status status = MST_OK;
    if (before->attributes == after->attributes
        && before->attributes_len == after->attributes_len) {
        return MST_OK;
    }
    if (before->attributes_len > CONTRAST_ATTRIBUTES_MAX
        || after->attributes_len > CONTRAST_ATTRIBUTES_MAX) {
        const struct mst_buf none = {0};
        return contrast_say(self, "(attributes)", &none, &none);
    }
    for (size_t i = 0; i < before->attributes_len && status == MST_OK; i++) {
        const struct mst_attribute *one = &before->attributes[i];
        status = contrast_attribute(self, one, contrast_find(after, one->name));
    }
    for (size_t i = 0; i < after->attributes_len && status == MST_OK; i++) {
        const struct mst_attribute *one = &after->attributes[i];
        if (contrast_find(before, one->name) == NULL) {
            status = contrast_attribute(self, NULL, one);
        }
    }
    return status;
}

/* The payload as BSON, in place or in room. False: it is no document. */
static bool
contrast_document(const struct mst_event *event, struct mst_buf *room,
                  struct mst_slice *ret_document)
{
    static const struct mst_json_read_options options = {
        .big_numbers = MST_BIG_NUMBERS_DECIMAL};
    struct mst_error ignored;
    *ret_document = event->payload;
    if (event->encoding == MST_ENCODING_JSON
        && mst_json_to_bson(event->payload, &options, room, &ignored)
               == MST_OK) {
        *ret_document = mst_buf_slice(room);
        return true;
    }
    return event->encoding == MST_ENCODING_BSON;
}

static enum mst_status
contrast_opaque(struct contrast *self)
{
    struct mst_buf one;
    struct mst_buf other;
    enum mst_status status = MST_OK;
    mst_buf_init(&one, CONTRAST_TEXT_MAX);
    mst_buf_init(&other, CONTRAST_TEXT_MAX);
    if (self->before->payload.data != NULL) {
        status = contrast_string(self->before->payload, &one);
    }
    if (status == MST_OK && self->after->payload.data != NULL) {
        status = contrast_string(self->after->payload, &other);
    }
    if (status == MST_OK) {
        status = contrast_say(self, "(payload)", &one, &other);
    }
    mst_buf_clear(&one);
    mst_buf_clear(&other);
    return status;
}

static enum mst_status
contrast_payloads(struct contrast *self)
{
    struct mst_slice before = self->before->payload;
    struct mst_slice after = self->after->payload;
    struct mst_buf one;
    struct mst_buf other;
    size_t said = self->said;
    bool both = before.data != NULL && after.data != NULL;
    bool neither = before.data == NULL && after.data == NULL;
    if (neither
        || (both && self->before->encoding == self->after->encoding
            && mst_slice_equal(before, after))) {
        return MST_OK;
    }
    mst_buf_init(&one, CONTRAST_TEXT_MAX);
    mst_buf_init(&other, CONTRAST_TEXT_MAX);
    enum mst_status status =
        both && contrast_document(self->before, &one, &before)
                && contrast_document(self->after, &other, &after)
            ? mst_contrast_documents(before, after, contrast_pass, self,
                                     self->err)
            : contrast_opaque(self);
    if (status == MST_REJECTED) {
        status = contrast_opaque(self);
    }
    if (status == MST_OK && self->said == said
        && self->before->encoding == self->after->encoding) {
        /* Blanks between, another way to write a number. */
        const struct mst_buf none = {0};
        status = contrast_say(self, "(bytes)", &none, &none);
    }
    mst_buf_clear(&one);
    mst_buf_clear(&other);
    return status;
}

enum mst_status
mst_contrast_events(const struct mst_event *before,
                    const struct mst_event *after, mst_contrast_each each,
                    void *arg, struct mst_error *err)
{
    struct contrast self = {
        .before = before, .after = after, .each = each, .arg = arg, .err = err};
    mst_error_clear(err);
    enum mst_status status = contrast_words(
        &self, "(op)", mst_op_name(before->op), mst_op_name(after->op));
    if (status == MST_OK) {
        status = contrast_keys(&self);
    }
    if (status == MST_OK) {
        status = contrast_attributes(&self);
    }
    if (status == MST_OK && before->payload.data != NULL
        && after->payload.data != NULL) {
        status = contrast_words(&self, "(encoding)",
                                mst_encoding_name(before->encoding),
                                mst_encoding_name(after->encoding));
    }
    if (status == MST_OK) {
        status = contrast_payloads(&self);
    }
    return status == MST_FATAL && err->status == MST_OK
               ? mst_fail_memory(err, "contrast")
               : status;
}

/* Where text of at most max bytes ends, between two characters. */
static size_t
contrast_cut(struct mst_slice text, size_t max)
{
    size_t len = text.len < max ? text.len : max;
    while (len < text.len && len > 0 && (text.data[len] & 0xC0) == 0x80) {
        len--;
    }
    return len;
}

static void
contrast_write_attributes(const struct mst_event *event, size_t max,
                          struct mst_json *out)
{
    mst_json_open(out, "attributes", '{');
    for (size_t i = 0;
         i < event->attributes_len && i < CONTRAST_ATTRIBUTES_MAX && max > 0;
         i++) {
        const struct mst_attribute *one = &event->attributes[i];
        struct mst_buf name;
        mst_buf_init(&name, CONTRAST_TEXT_MAX);
        mst_json_did(out, mst_buf_append(&name, one->name.data, one->name.len));
        const char *text = mst_buf_text(&name);
        size_t len = contrast_cut(one->value, max);
        if (text != NULL) {
            mst_json_slice(out, text, mst_slice_of(one->value.data, len));
        }
        max -= len;
        mst_buf_clear(&name);
    }
    mst_json_close(out, '}');
}

void
mst_contrast_event(const struct mst_event *event, size_t max,
                   struct mst_json *out, const char *name)
{
    struct mst_buf text;
    mst_buf_init(&text, CONTRAST_TEXT_MAX);
    mst_json_open(out, name, '{');
    mst_json_str(out, "op", mst_op_name(event->op));
    mst_json_did(out, contrast_key(event, &text));
    if (text.len > 0 && text.len <= max) {
        mst_json_raw(out, "key", mst_buf_slice(&text));
    } else {
        mst_json_str(out, "key", NULL);
    }
    contrast_write_attributes(event, max, out);
    mst_json_str(out, "encoding", mst_encoding_name(event->encoding));
    mst_buf_reset(&text);
    mst_contrast_payload(event->encoding, event->payload, &text);
    size_t len = contrast_cut(mst_buf_slice(&text), max);
    if (event->payload.data == NULL) {
        mst_json_str(out, "payload", NULL);
    } else {
        mst_json_slice(out, "payload", mst_slice_of(text.data, len));
    }
    if (len < text.len) {
        mst_json_bool(out, "cut", true);
    }
    mst_json_close(out, '}');
    mst_buf_clear(&text);
}
