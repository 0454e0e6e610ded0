/* SPDX-License-Identifier: MIT */
/* `rename`: fields get other names, in their places. */
#include "udf/builtin.h"
#include "udf/builtins.h"

struct rename_options {
    struct mst_string_map fields;
};

struct rename {
    struct mst_builtin base;
    struct mst_slice name; /* for the path at hand */
};

static const struct mst_option rename_table[] = {
    {.name = "fields",
     .type = MST_OPTION_STRING_MAP,
     .offset = offsetof(struct rename_options, fields),
     .flags = MST_OPTION_REQUIRED,
     .help = "Paths and the new names of what is there: { \"a.old\" = \"new\" "
             "}. A field that had the new name goes."},
};

static enum mst_status
rename_create(void **ret_ctx, const struct mst_middleware_args *args,
              struct mst_error *err)
{
    void *self = mst_builtin_make(sizeof(struct rename), args);
    if (self == NULL) {
        return mst_fail_memory(err, "rename");
    }
    *ret_ctx = self;
    return MST_OK;
}

static enum mst_status
rename_visit(struct mst_builtin *base, struct mst_doc_node *node,
             struct mst_error *err)
{
    const struct rename *self = (const struct rename *)base;
    if (node->parent == NULL || node->parent->type != MST_BSON_DOCUMENT) {
        return MST_OK;
    }
    return mst_doc_rename(&base->doc, node, self->name, err);
}

static enum mst_status
rename_apply(void *ctx, const struct mst_event *event, struct mst_emit *emit,
             struct mst_error *err)
{
    struct rename *self = ctx;
    const struct rename_options *options = self->base.options;
    enum mst_status status = mst_builtin_read(&self->base, event, err);
    if (status == MST_END) {
        return emit->event(emit, event, err);
    }
    for (size_t i = 0; i < options->fields.len && status == MST_OK; i++) {
        self->name = mst_slice_str(options->fields.values[i]);
        status = mst_builtin_each(&self->base, self->base.doc.root,
                                  mst_slice_str(options->fields.names[i]),
                                  rename_visit, err);
    }
    return status == MST_OK ? mst_builtin_emit(&self->base, event, emit, err)
                            : status;
}

const struct mst_middleware_type mst_rename_middleware = {
    .name = "rename",
    .help = "Gives fields other names.",
    .options = {.options = rename_table,
                .len = MST_ARRAY_SIZE(rename_table),
                .size = sizeof(struct rename_options)},
    .resource_optional = true,
    .builtin = true,
    .encodings = 1U << MST_ENCODING_BSON,
    .create = rename_create,
    .apply = rename_apply,
    .destroy = mst_builtin_destroy,
};
