/* SPDX-License-Identifier: MIT */
/* `route`: attributes of the event from its fields, which sinks name topics,
 * collections and files by. */
#include "udf/builtin.h"
#include "udf/builtins.h"

enum route_missing { ROUTE_REJECT, ROUTE_SKIP, ROUTE_DEFAULT };

struct route_options {
    struct mst_string_map attributes;
    struct mst_string_map values;
    struct mst_strings remove;
    int missing;
    char *fallback;
};

static const char *const route_missing_words[] = {"reject", "skip", "default",
                                                  NULL};

static const struct mst_option route_table[] = {
    {.name = "attributes",
     .type = MST_OPTION_STRING_MAP,
     .offset = offsetof(struct route_options, attributes),
     .help = "Attributes and the paths of the fields whose text they get: { "
             "tenant = \"customer.tenant\" }. A sink names its topic, "
             "collection or file by `{attr:tenant}`."},
    {.name = "values",
     .type = MST_OPTION_STRING_MAP,
     .offset = offsetof(struct route_options, values),
     .help = "Attributes that get a fixed text: { region = \"eu\" }."},
    {.name = "remove",
     .type = MST_OPTION_STRING_LIST,
     .offset = offsetof(struct route_options, remove),
     .help = "Attributes that do not go on."},
    {.name = "missing",
     .type = MST_OPTION_ENUM,
     .offset = offsetof(struct route_options, missing),
     .def = "reject",
     .choices = route_missing_words,
     .help = "Where the field is absent, null, or a document: `reject` the "
             "event, `skip` the attribute, or the `default`."},
    {.name = "default",
     .type = MST_OPTION_STRING,
     .offset = offsetof(struct route_options, fallback),
     .def = "other",
     .help = "What the attribute gets with missing = \"default\"."},
};

/* The text of the field for attribute i; data == NULL: it gets none. */
static enum mst_status
route_text(struct mst_builtin *self, size_t i, struct mst_arena *arena,
           struct mst_slice *ret_text, struct mst_error *err)
{
    const struct route_options *options = self->options;
    const char *path = options->attributes.values[i];
    struct mst_doc_node *node = NULL;
    enum mst_status status = MST_OK;
    if (self->doc.root != NULL) {
        status = mst_doc_find(&self->doc, self->doc.root, mst_slice_str(path),
                              &node, err);
    }
    if (status != MST_OK) {
        return status;
    }
    mst_buf_reset(&self->scratch);
    if (node != NULL && node->type != MST_BSON_NULL
        && !mst_doc_is_container(node)) {
        status = mst_builtin_text(node, &self->scratch, err);
    } else if (options->missing == ROUTE_REJECT) {
        return mst_fail(err, MST_REJECTED, "route", 0,
                        "there is no field '%s' to route by", path);
    } else if (options->missing == ROUTE_SKIP) {
        *ret_text = MST_SLICE_NONE;
        return MST_OK;
    } else {
        status = mst_buf_append_str(&self->scratch, options->fallback);
    }
    *ret_text = mst_arena_copy(arena, mst_buf_slice(&self->scratch));
    return status == MST_OK && ret_text->data == NULL
               ? mst_fail_memory(err, "route")
               : status;
}

/* Whether the event's own attribute of that name does not go on. */
static bool
route_is_gone(const struct route_options *options, struct mst_slice name,
              const struct mst_slice *texts)
{
    for (size_t i = 0; i < options->remove.len; i++) {
        if (mst_slice_is(name, options->remove.items[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < options->values.len; i++) {
        if (mst_slice_is(name, options->values.names[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < options->attributes.len; i++) {
        if (texts[i].data != NULL
            && mst_slice_is(name, options->attributes.names[i])) {
            return true;
        }
    }
    return false;
}

/* Those of the event but for what is set anew, then that. */
static enum mst_status
route_emit(const struct route_options *options, const struct mst_event *event,
           const struct mst_slice *texts, struct mst_emit *emit,
           struct mst_error *err)
{
    struct mst_event result;
    size_t most =
        event->attributes_len + options->attributes.len + options->values.len;
    struct mst_attribute *all =
        mst_arena_alloc(emit->arena, (most + 1) * sizeof(*all));
    uint32_t n = 0;
    if (all == NULL) {
        return mst_fail_memory(err, "route");
    }
    for (uint32_t i = 0; i < event->attributes_len; i++) {
        if (!route_is_gone(options, event->attributes[i].name, texts)) {
            all[n++] = event->attributes[i];
        }
    }
    for (size_t i = 0; i < options->attributes.len; i++) {
        if (texts[i].data != NULL) {
            all[n++] = (struct mst_attribute){
                mst_slice_str(options->attributes.names[i]), texts[i]};
        }
    }
    for (size_t i = 0; i < options->values.len; i++) {
        all[n++] =
            (struct mst_attribute){mst_slice_str(options->values.names[i]),
                                   mst_slice_str(options->values.values[i])};
    }
    mst_event_derive(event, &result);
    result.attributes = all;
    result.attributes_len = n;
    return emit->event(emit, &result, err);
}

static enum mst_status
route_apply(void *ctx, const struct mst_event *event, struct mst_emit *emit,
            struct mst_error *err)
{
    struct mst_builtin *self = ctx;
    const struct route_options *options = self->options;
    struct mst_slice *texts = mst_arena_alloc(
        emit->arena, (options->attributes.len + 1) * sizeof(*texts));
    if (texts == NULL) {
        return mst_fail_memory(err, "route");
    }
    self->doc.root = NULL;
    enum mst_status status = mst_builtin_read(self, event, err);
    status = status == MST_END ? MST_OK : status;
    for (size_t i = 0; i < options->attributes.len && status == MST_OK; i++) {
        status = route_text(self, i, emit->arena, &texts[i], err);
    }
    return status == MST_OK ? route_emit(options, event, texts, emit, err)
                            : status;
}

static bool
route_map_has(const struct mst_string_map *map, const char *name)
{
    size_t i = 0;
    while (i < map->len && strcmp(map->names[i], name) != 0) {
        i++;
    }
    return i < map->len;
}

static enum mst_status
route_check(const struct mst_middleware_args *args, struct mst_error *err)
{
    const struct route_options *options = args->options;
    if (options->attributes.len == 0 && options->values.len == 0
        && options->remove.len == 0) {
        return mst_fail(err, MST_FATAL, "route", 0,
                        "'attributes', 'values' or 'remove' says what to do");
    }
    for (size_t i = 0; i < options->values.len; i++) {
        const char *name = options->values.names[i];
        if (route_map_has(&options->attributes, name)) {
            return mst_fail(err, MST_FATAL, "route", 0,
                            "'%s' is in 'attributes' and in 'values'", name);
        }
    }
    return MST_OK;
}

static enum mst_status
route_create(void **ret_ctx, const struct mst_middleware_args *args,
             struct mst_error *err)
{
    enum mst_status status = route_check(args, err);
    return status == MST_OK ? mst_builtin_create(ret_ctx, args, err) : status;
}

const struct mst_middleware_type mst_route_middleware = {
    .name = "route",
    .help = "Sets attributes from fields, for sinks to go by.",
    .options = {.options = route_table,
                .len = MST_ARRAY_SIZE(route_table),
                .size = sizeof(struct route_options)},
    .resource_optional = true,
    .builtin = true,
    .encodings = 1U << MST_ENCODING_BSON,
    .create = route_create,
    .apply = route_apply,
    .destroy = mst_builtin_destroy,
    .check = route_check,
};
