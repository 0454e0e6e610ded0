/* SPDX-License-Identifier: MIT */
/* `flatten`: fields of documents inside become fields of the document. */
#include "udf/builtin.h"
#include "udf/builtins.h"

struct flatten_options {
    char *separator;
    bool arrays;
};

struct flatten {
    struct mst_builtin base;
    struct mst_doc out;
};

static const struct mst_option flatten_table[] = {
    {.name = "separator",
     .type = MST_OPTION_STRING,
     .offset = offsetof(struct flatten_options, separator),
     .def = "_",
     .help = "Between the names: a.b becomes a_b."},
    {.name = "arrays",
     .type = MST_OPTION_BOOL,
     .offset = offsetof(struct flatten_options, arrays),
     .def = "false",
     .help = "Arrays too: items[0] becomes items_0."},
};

static enum mst_status
flatten_create(void **ret_ctx, const struct mst_middleware_args *args,
               struct mst_error *err)
{
    void *self = mst_builtin_make(sizeof(struct flatten), args);
    if (self == NULL) {
        return mst_fail_memory(err, "flatten");
    }
    *ret_ctx = self;
    return MST_OK;
}

static void
flatten_destroy(void *ctx)
{
    struct flatten *self = ctx;
    mst_doc_clear(&self->out);
    mst_builtin_destroy(&self->base);
}

/* A field that is nothing more to be split. The name is in scratch. */
static enum mst_status
flatten_put(struct flatten *self, const struct mst_doc_node *item,
            struct mst_error *err)
{
    const struct mst_bson_value value = {item->type, item->raw};
    struct mst_slice name = mst_buf_slice(&self->base.scratch);
    if (mst_doc_field(self->out.root, name) != NULL) {
        return mst_fail(err, MST_REJECTED, "flatten", 0,
                        "two fields become '%.*s'",
                        (int)(name.len < 100 ? name.len : 100), name.data);
    }
    return mst_doc_set(&self->out, self->out.root, name, &value, err);
}

/* Recursion: as deep as documents may be. */
static enum mst_status
flatten_walk(struct flatten *self, struct mst_doc_node *node, bool outermost,
             struct mst_error *err)
{
    const struct flatten_options *options = self->base.options;
    struct mst_buf *name = &self->base.scratch;
    size_t before = name->len;
    enum mst_status status = mst_doc_open(&self->base.doc, node, err);
    for (uint32_t i = 0; i < node->len && status == MST_OK; i++) {
        struct mst_doc_node *item = node->items[i];
        name->len = before;
        if (!outermost) {
            status = mst_buf_append_str(name, options->separator);
        }
        if (status == MST_OK) {
            status = mst_buf_append(name, item->key.data, item->key.len);
        }
        if (status != MST_OK) {
            return mst_fail_memory(err, "flatten");
        }
        bool split = item->type == MST_BSON_DOCUMENT
                     || (options->arrays && item->type == MST_BSON_ARRAY);
        bool empty = item->raw.len == MST_BSON_DOCUMENT_MIN;
        status = split && !empty ? flatten_walk(self, item, false, err)
                                 : flatten_put(self, item, err);
    }
    name->len = before;
    return status;
}

static bool
flatten_is_flat(const struct flatten *self)
{
    const struct flatten_options *options = self->base.options;
    const struct mst_doc_node *root = self->base.doc.root;
    for (uint32_t i = 0; i < root->len; i++) {
        if (root->items[i]->type == MST_BSON_DOCUMENT
            || (options->arrays && root->items[i]->type == MST_BSON_ARRAY)) {
            return false;
        }
    }
    return true;
}

static enum mst_status
flatten_apply(void *ctx, const struct mst_event *event, struct mst_emit *emit,
              struct mst_error *err)
{
    static const uint8_t empty[] = {5, 0, 0, 0, 0};
    struct flatten *self = ctx;
    struct mst_event result;
    struct mst_bson_value value;
    enum mst_status status = mst_builtin_read(&self->base, event, err);
    if (status == MST_END || (status == MST_OK && flatten_is_flat(self))) {
        return emit->event(emit, event, err);
    }
    if (status == MST_OK) {
        status =
            mst_doc_read(&self->out, mst_slice_of(empty, sizeof(empty)), err);
    }
    if (status == MST_OK) {
        status = mst_doc_open(&self->out, self->out.root, err);
    }
    if (status == MST_OK) {
        mst_buf_reset(&self->base.scratch);
        status = flatten_walk(self, self->base.doc.root, true, err);
    }
    if (status == MST_OK) {
        status = mst_doc_value(self->out.root, emit->arena, &value, err);
    }
    if (status != MST_OK) {
        return status;
    }
    mst_event_derive(event, &result);
    result.payload = value.raw;
    return emit->event(emit, &result, err);
}

const struct mst_middleware_type mst_flatten_middleware = {
    .name = "flatten",
    .help = "Makes fields of documents inside fields of the document itself.",
    .options = {.options = flatten_table,
                .len = MST_ARRAY_SIZE(flatten_table),
                .size = sizeof(struct flatten_options)},
    .resource_optional = true,
    .builtin = true,
    .encodings = 1U << MST_ENCODING_BSON,
    .create = flatten_create,
    .apply = flatten_apply,
    .destroy = flatten_destroy,
};
