/* SPDX-License-Identifier: MIT */
/* `project`: only some fields go on, or all but some. */
#include "udf/builtin.h"
#include "udf/builtins.h"

struct project_options {
    struct mst_strings fields;
    struct mst_strings remove;
};

static const struct mst_option project_table[] = {
    {.name = "fields",
     .type = MST_OPTION_STRING_LIST,
     .offset = offsetof(struct project_options, fields),
     .help = "Only these go on, in the order of the document: \"a\", \"a.b\"; "
             "through arrays, in each item. Name `_id` where it is wanted."},
    {.name = "remove",
     .type = MST_OPTION_STRING_LIST,
     .offset = offsetof(struct project_options, remove),
     .help = "These do not go on."},
};

/* What a path says of a field in the document at `prefix`. */
enum project_match { PROJECT_NONE, PROJECT_INSIDE, PROJECT_WHOLE };

/* Where a node is: its names up to the root. */
struct project_place {
    const struct project_place *above;
    struct mst_slice key;
};

/* Takes the names off the path from the root on; NULL: it is another one. */
static const char *
project_rest(const struct project_place *place, const char *path)
{
    if (place == NULL) {
        return path;
    }
    path = project_rest(place->above, path);
    if (path == NULL
        || strncmp(path, (const char *)place->key.data, place->key.len) != 0) {
        return NULL;
    }
    path += place->key.len;
    return *path == '.' ? path + 1 : *path == '\0' ? path : NULL;
}

static enum project_match
project_match(const struct project_options *options,
              const struct project_place *place)
{
    enum project_match match = PROJECT_NONE;
    for (size_t i = 0; i < options->fields.len; i++) {
        const char *rest = project_rest(place, options->fields.items[i]);
        if (rest != NULL && *rest == '\0') {
            return PROJECT_WHOLE;
        }
        match = rest != NULL ? PROJECT_INSIDE : match;
    }
    return match;
}

static enum mst_status project_keep(struct mst_builtin *self,
                                    struct mst_doc_node *node,
                                    const struct project_place *place,
                                    struct mst_error *err);

/* True in *ret_keep: it stays, with what is wanted of it. */
static enum mst_status
project_keep_item(struct mst_builtin *self, struct mst_doc_node *item,
                  const struct project_place *place, bool *ret_keep,
                  struct mst_error *err)
{
    enum project_match match = project_match(self->options, place);
    *ret_keep = match == PROJECT_WHOLE
                || (match == PROJECT_INSIDE && mst_doc_is_container(item));
    return *ret_keep && match == PROJECT_INSIDE
               ? project_keep(self, item, place, err)
               : MST_OK;
}

/* Recursion: as deep as documents may be. */
static enum mst_status
project_keep(struct mst_builtin *self, struct mst_doc_node *node,
             const struct project_place *place, struct mst_error *err)
{
    enum mst_status status = mst_doc_open(&self->doc, node, err);
    for (uint32_t i = node->len; i > 0 && status == MST_OK; i--) {
        struct mst_doc_node *item = node->items[i - 1];
        const struct project_place here = {place, item->key};
        bool keep = true;
        if (node->type == MST_BSON_DOCUMENT) {
            status = project_keep_item(self, item, &here, &keep, err);
        } else if (mst_doc_is_container(item)) {
            status = project_keep(self, item, place, err);
        }
        if (!keep) {
            mst_doc_remove(node, i - 1);
        }
    }
    return status;
}

static enum mst_status
project_take_out(struct mst_builtin *self, struct mst_doc_node *node,
                 struct mst_error *err)
{
    (void)self;
    (void)err;
    (void)mst_doc_remove_node(node);
    return MST_OK;
}

static enum mst_status
project_apply(void *ctx, const struct mst_event *event, struct mst_emit *emit,
              struct mst_error *err)
{
    struct mst_builtin *self = ctx;
    const struct project_options *options = self->options;
    enum mst_status status = mst_builtin_read(self, event, err);
    if (status == MST_END) {
        return emit->event(emit, event, err);
    }
    if (status == MST_OK && options->fields.len > 0) {
        status = project_keep(self, self->doc.root, NULL, err);
    }
    for (size_t i = 0; i < options->remove.len && status == MST_OK; i++) {
        status = mst_builtin_each(self, self->doc.root,
                                  mst_slice_str(options->remove.items[i]),
                                  project_take_out, err);
    }
    return status == MST_OK ? mst_builtin_emit(self, event, emit, err) : status;
}

static enum mst_status
project_check(const struct mst_middleware_args *args, struct mst_error *err)
{
    const struct project_options *options = args->options;
    return options->fields.len > 0 || options->remove.len > 0
               ? MST_OK
               : mst_fail(err, MST_FATAL, "project", 0,
                          "'fields' or 'remove' says what goes on");
}

static enum mst_status
project_create(void **ret_ctx, const struct mst_middleware_args *args,
               struct mst_error *err)
{
    enum mst_status status = project_check(args, err);
    return status == MST_OK ? mst_builtin_create(ret_ctx, args, err) : status;
}

const struct mst_middleware_type mst_project_middleware = {
    .name = "project",
    .help = "Keeps only some fields, or takes some out.",
    .options = {.options = project_table,
                .len = MST_ARRAY_SIZE(project_table),
                .size = sizeof(struct project_options)},
    .resource_optional = true,
    .builtin = true,
    .encodings = 1U << MST_ENCODING_BSON,
    .create = project_create,
    .apply = project_apply,
    .destroy = mst_builtin_destroy,
    .check = project_check,
};
