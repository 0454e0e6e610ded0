/* SPDX-License-Identifier: MIT */
/* Reading, walking and emitting for the built-in middlewares. */
#include "udf/builtin.h"

#include <stdlib.h>

#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "encodings/date_text.h"

enum { BUILTIN_TEXT_MAX = 64 * 1024 * 1024, BUILTIN_KEEP = 1024 * 1024 };

void *
mst_builtin_make(size_t size, const struct mst_middleware_args *args)
{
    struct mst_builtin *self = calloc(1, size);
    if (self != NULL) {
        self->options = args->options;
        mst_buf_init(&self->scratch, BUILTIN_TEXT_MAX);
    }
    return self;
}

enum mst_status
mst_builtin_create(void **ret_ctx, const struct mst_middleware_args *args,
                   struct mst_error *err)
{
    void *self = mst_builtin_make(sizeof(struct mst_builtin), args);
    if (self == NULL) {
        return mst_fail_memory(err, "middleware");
    }
    *ret_ctx = self;
    return MST_OK;
}

void
mst_builtin_clear(struct mst_builtin *self)
{
    mst_doc_clear(&self->doc);
    mst_buf_clear(&self->scratch);
}

void
mst_builtin_destroy(void *ctx)
{
    mst_builtin_clear(ctx);
    free(ctx);
}

enum mst_status
mst_builtin_read(struct mst_builtin *self, const struct mst_event *event,
                 struct mst_error *err)
{
    if (self->scratch.cap > BUILTIN_KEEP) {
        mst_buf_clear(&self->scratch);
    }
    if (event->payload.data == NULL) {
        return MST_END;
    }
    enum mst_status status = mst_doc_read(&self->doc, event->payload, err);
    return status == MST_OK ? mst_doc_open(&self->doc, self->doc.root, err)
                            : status;
}

enum mst_status
mst_builtin_emit(struct mst_builtin *self, const struct mst_event *event,
                 struct mst_emit *emit, struct mst_error *err)
{
    struct mst_event result;
    struct mst_bson_value value;
    enum mst_status status =
        mst_doc_value(self->doc.root, emit->arena, &value, err);
    if (status != MST_OK) {
        return status;
    }
    mst_event_derive(event, &result);
    result.payload = value.raw;
    return emit->event(emit, &result, err);
}

/* Up to the first dot; *path is what is left. */
static struct mst_slice
builtin_step(struct mst_slice *path)
{
    const uint8_t *dot =
        path->len == 0 ? NULL : memchr(path->data, '.', path->len);
    size_t len = dot == NULL ? path->len : (size_t)(dot - path->data);
    struct mst_slice step = mst_slice_of(path->data, len);
    size_t used = dot == NULL ? len : len + 1;
    *path = mst_slice_of(path->data + used, path->len - used);
    return step;
}

/* Recursion: as deep as documents may be, see mst_doc_split. */
static enum mst_status
builtin_each_item(struct mst_builtin *self, const struct mst_doc_node *node,
                  struct mst_slice path, mst_builtin_visit visit,
                  struct mst_error *err)
{
    enum mst_status status = MST_OK;
    for (uint32_t i = node->len; i > 0 && status == MST_OK; i--) {
        status = mst_builtin_each(self, node->items[i - 1], path, visit, err);
    }
    return status;
}

enum mst_status
mst_builtin_each(struct mst_builtin *self, struct mst_doc_node *node,
                 struct mst_slice path, mst_builtin_visit visit,
                 struct mst_error *err)
{
    if (path.len == 0) {
        return visit(self, node, err);
    }
    if (!mst_doc_is_container(node)) {
        return MST_OK;
    }
    enum mst_status status = mst_doc_open(&self->doc, node, err);
    if (status != MST_OK) {
        return status;
    }
    if (node->type == MST_BSON_ARRAY) {
        return builtin_each_item(self, node, path, visit, err);
    }
    struct mst_doc_node *whole = mst_doc_field(node, path);
    if (whole != NULL) {
        return visit(self, whole, err);
    }
    struct mst_slice step = builtin_step(&path);
    struct mst_doc_node *next = mst_doc_field(node, step);
    return next == NULL ? MST_OK
                        : mst_builtin_each(self, next, path, visit, err);
}

enum mst_status
mst_builtin_replace(struct mst_builtin *self, struct mst_doc_node *node,
                    const struct mst_bson_value *value, struct mst_error *err)
{
    struct mst_doc_node *parent = node->parent;
    if (parent == NULL) {
        return MST_OK;
    }
    if (parent->type == MST_BSON_DOCUMENT) {
        return mst_doc_set(&self->doc, parent, node->key, value, err);
    }
    uint32_t i = 0;
    while (parent->items[i] != node) {
        i++;
    }
    return mst_doc_put(&self->doc, parent, i, false, value, err);
}

enum mst_status
mst_builtin_text(const struct mst_doc_node *node, struct mst_buf *out,
                 struct mst_error *err)
{
    struct mst_bson_value value = {node->type, node->raw};
    if (node->type == MST_BSON_NULL) {
        return mst_buf_append_str(out, "null");
    }
    if (node->type == MST_BSON_BOOL) {
        return mst_buf_append_str(out, node->raw.data[0] ? "true" : "false");
    }
    int64_t ms = 0;
    if (mst_bson_get_date(&value, &ms) && ms >= MST_DATE_YEAR_0
        && ms <= MST_DATE_YEAR_9999) {
        uint8_t text[MST_DATE_TEXT_MAX];
        size_t len = (size_t)(mst_date_print(text, ms) - text);
        text[len++] = 'Z';
        return mst_buf_append(out, text, len);
    }
    return mst_bson_value_to_text(&value, out, err);
}
