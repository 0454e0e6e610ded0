/* SPDX-License-Identifier: MIT */
/* `set`: fields with a fixed value, or one of the event's attributes. */
#include <stdlib.h>

#include "base/clock.h"
#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"
#include "encodings/json_check.h"
#include "udf/builtin.h"
#include "udf/builtins.h"

struct set_options {
    struct mst_string_map fields;
    struct mst_string_map json;
    struct mst_string_map attributes;
    char *time;
    bool keep;
};

struct set {
    struct mst_builtin base;
    struct mst_buf values; /* one document: the JSON values, "0", "1" ... */
};

static const struct mst_option set_table[] = {
    {.name = "fields",
     .type = MST_OPTION_STRING_MAP,
     .offset = offsetof(struct set_options, fields),
     .help = "Paths and the texts that they get; documents on the way are "
             "made."},
    {.name = "json",
     .type = MST_OPTION_STRING_MAP,
     .offset = offsetof(struct set_options, json),
     .help = "Paths and values in (Extended) JSON: { version = \"2\", tags = "
             "\"[]\" }."},
    {.name = "attributes",
     .type = MST_OPTION_STRING_MAP,
     .offset = offsetof(struct set_options, attributes),
     .help = "Paths and the attributes of the event whose text they get; "
             "\"op\" is the operation. One that is absent sets nothing."},
    {.name = "time",
     .type = MST_OPTION_STRING,
     .offset = offsetof(struct set_options, time),
     .help = "A path that gets the time, as a date."},
    {.name = "keep",
     .type = MST_OPTION_BOOL,
     .offset = offsetof(struct set_options, keep),
     .def = "false",
     .help = "Fields that are there already stay."},
};

/* Each is one value; together they could pass for others. */
static enum mst_status
set_check_json(const char *path, const char *text, struct mst_error *err)
{
    if (mst_json_check(mst_slice_str(text), err) == MST_OK) {
        return MST_OK;
    }
    mst_error_prefix(err, "the values of 'json' are no JSON: '%s': ", path);
    mst_error_hint(err, "a text is written as \"\\\"text\\\"\", or in "
                        "'fields'");
    err->status = MST_FATAL;
    return MST_FATAL;
}

/* All values of `json` as one document, read once. */
static enum mst_status
set_compile(const struct set_options *options, struct mst_buf *out,
            struct mst_error *err)
{
    struct mst_buf text;
    if (options->fields.len + options->json.len + options->attributes.len == 0
        && options->time == NULL) {
        return mst_fail(err, MST_FATAL, "set", 0,
                        "'fields', 'json', 'attributes' or 'time' says what "
                        "is set");
    }
    mst_buf_init(&text, 1 << 24);
    enum mst_status status = mst_buf_append_char(&text, '{');
    for (size_t i = 0; i < options->json.len && status == MST_OK; i++) {
        status = set_check_json(options->json.names[i], options->json.values[i],
                                err);
        if (status != MST_OK) {
            mst_buf_clear(&text);
            return status;
        }
        status = mst_buf_printf(&text, "%s\"%zu\":%s", i == 0 ? "" : ",", i,
                                options->json.values[i]);
    }
    if (status == MST_OK) {
        status = mst_buf_append_char(&text, '}');
    }
    if (status == MST_OK) {
        status = mst_json_to_bson(mst_buf_slice(&text), NULL, out, err);
        if (status != MST_OK) {
            mst_error_prefix(err, "the values of 'json': ");
            err->status = MST_FATAL;
            status = MST_FATAL;
        }
    } else {
        status = mst_fail_memory(err, "set");
    }
    mst_buf_clear(&text);
    return status;
}

static void
set_destroy(void *ctx)
{
    struct set *self = ctx;
    mst_buf_clear(&self->values);
    mst_builtin_destroy(&self->base);
}

static enum mst_status
set_create(void **ret_ctx, const struct mst_middleware_args *args,
           struct mst_error *err)
{
    struct set *self = mst_builtin_make(sizeof(*self), args);
    if (self == NULL) {
        return mst_fail_memory(err, "set");
    }
    mst_buf_init(&self->values, 1 << 24);
    enum mst_status status = set_compile(args->options, &self->values, err);
    if (status != MST_OK) {
        set_destroy(self);
        return status;
    }
    *ret_ctx = self;
    return MST_OK;
}

static enum mst_status
set_check(const struct mst_middleware_args *args, struct mst_error *err)
{
    struct mst_buf out;
    mst_buf_init(&out, 1 << 24);
    enum mst_status status = set_compile(args->options, &out, err);
    mst_buf_clear(&out);
    return status;
}

static enum mst_status
set_put(struct set *self, const char *path, const struct mst_bson_value *value,
        struct mst_error *err)
{
    const struct set_options *options = self->base.options;
    struct mst_doc *doc = &self->base.doc;
    struct mst_doc_node *old = NULL;
    enum mst_status status = MST_OK;
    if (value->raw.data == NULL) {
        return mst_fail_memory(err, "set");
    }
    if (options->keep) {
        status = mst_doc_find(doc, doc->root, mst_slice_str(path), &old, err);
    }
    return status != MST_OK || old != NULL
               ? status
               : mst_doc_set_path(doc, doc->root, mst_slice_str(path), value,
                                  err);
}

static enum mst_status
set_text(struct set *self, const char *path, struct mst_slice text,
         struct mst_error *err)
{
    const struct mst_bson_value value = {
        MST_BSON_STRING, mst_doc_string(&self->base.doc.arena, text)};
    return set_put(self, path, &value, err);
}

static enum mst_status
set_json(struct set *self, struct mst_error *err)
{
    const struct set_options *options = self->base.options;
    struct mst_bson_iter iter;
    enum mst_status status =
        mst_bson_iter_init(&iter, mst_buf_slice(&self->values), err);
    for (size_t i = 0; i < options->json.len && status == MST_OK; i++) {
        status = mst_bson_iter_next(&iter);
        if (status == MST_OK) {
            const struct mst_bson_value value = mst_bson_iter_value(&iter);
            status = set_put(self, options->json.names[i], &value, err);
        }
    }
    return status;
}

static enum mst_status
set_attributes(struct set *self, const struct mst_event *event,
               struct mst_error *err)
{
    const struct set_options *options = self->base.options;
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < options->attributes.len && status == MST_OK; i++) {
        const char *name = options->attributes.values[i];
        struct mst_slice text = mst_event_attribute(event, name);
        if (text.data == NULL && strcmp(name, "op") == 0) {
            text = mst_slice_str(mst_op_name(event->op));
        }
        if (text.data != NULL) {
            status = set_text(self, options->attributes.names[i], text, err);
        }
    }
    return status;
}

static enum mst_status
set_time(struct set *self, struct mst_error *err)
{
    const struct set_options *options = self->base.options;
    uint64_t now = (uint64_t)mst_clock_wall_ms();
    uint8_t raw[8];
    for (unsigned i = 0; i < 8; i++) {
        raw[i] = (uint8_t)(now >> (8 * i));
    }
    const struct mst_bson_value value = {
        MST_BSON_DATE,
        mst_arena_copy(&self->base.doc.arena, mst_slice_of(raw, sizeof(raw)))};
    return set_put(self, options->time, &value, err);
}

static enum mst_status
set_apply(void *ctx, const struct mst_event *event, struct mst_emit *emit,
          struct mst_error *err)
{
    struct set *self = ctx;
    const struct set_options *options = self->base.options;
    enum mst_status status = mst_builtin_read(&self->base, event, err);
    if (status == MST_END) {
        return emit->event(emit, event, err);
    }
    for (size_t i = 0; i < options->fields.len && status == MST_OK; i++) {
        status = set_text(self, options->fields.names[i],
                          mst_slice_str(options->fields.values[i]), err);
    }
    if (status == MST_OK) {
        status = set_json(self, err);
    }
    if (status == MST_OK) {
        status = set_attributes(self, event, err);
    }
    if (status == MST_OK && options->time != NULL) {
        status = set_time(self, err);
    }
    return status == MST_OK ? mst_builtin_emit(&self->base, event, emit, err)
                            : status;
}

const struct mst_middleware_type mst_set_middleware = {
    .name = "set",
    .help = "Gives fields a value.",
    .options = {.options = set_table,
                .len = MST_ARRAY_SIZE(set_table),
                .size = sizeof(struct set_options)},
    .resource_optional = true,
    .builtin = true,
    .encodings = 1U << MST_ENCODING_BSON,
    .create = set_create,
    .apply = set_apply,
    .destroy = set_destroy,
    .check = set_check,
};
