/* SPDX-License-Identifier: MIT */
/* `filter`: only events on which a condition holds go on. */
#include "udf/builtin.h"
#include "udf/builtins.h"
#include "udf/condition.h"

struct filter_options {
    char *where;
};

struct filter {
    struct mst_builtin base;
    struct mst_condition *condition;
};

static const struct mst_option filter_table[] = {
    {.name = "where",
     .type = MST_OPTION_STRING,
     .offset = offsetof(struct filter_options, where),
     .flags = MST_OPTION_REQUIRED,
     .help = "The condition: total > 100 and (status in ('paid', 'sent') or "
             "exists gift) and not @topic like 'test.*'. Left: a path or "
             "@attribute; right: a number, a text in quotes, true, false, "
             "null."},
};

static void
filter_destroy(void *ctx)
{
    struct filter *self = ctx;
    mst_condition_destroy(self->condition);
    mst_builtin_destroy(&self->base);
}

static enum mst_status
filter_create(void **ret_ctx, const struct mst_middleware_args *args,
              struct mst_error *err)
{
    const struct filter_options *options = args->options;
    struct filter *self = mst_builtin_make(sizeof(*self), args);
    if (self == NULL) {
        return mst_fail_memory(err, "filter");
    }
    enum mst_status status =
        mst_condition_compile(options->where, &self->condition, err);
    if (status != MST_OK) {
        filter_destroy(self);
        return status;
    }
    *ret_ctx = self;
    return MST_OK;
}

static enum mst_status
filter_check(const struct mst_middleware_args *args, struct mst_error *err)
{
    const struct filter_options *options = args->options;
    struct mst_condition *condition = NULL;
    enum mst_status status =
        mst_condition_compile(options->where, &condition, err);
    if (status == MST_OK) {
        mst_condition_destroy(condition);
    }
    return status;
}

static enum mst_status
filter_apply(void *ctx, const struct mst_event *event, struct mst_emit *emit,
             struct mst_error *err)
{
    struct filter *self = ctx;
    bool is = false;
    self->base.doc.root = NULL;
    enum mst_status status = mst_builtin_read(&self->base, event, err);
    status = status == MST_END ? MST_OK : status;
    if (status == MST_OK) {
        status = mst_condition_test(self->condition, event, &self->base.doc,
                                    &is, err);
    }
    return status == MST_OK && is ? emit->event(emit, event, err) : status;
}

const struct mst_middleware_type mst_filter_middleware = {
    .name = "filter",
    .help = "Drops all events but those on which a condition holds.",
    .options = {.options = filter_table,
                .len = MST_ARRAY_SIZE(filter_table),
                .size = sizeof(struct filter_options)},
    .resource_optional = true,
    .builtin = true,
    .encodings = 1U << MST_ENCODING_BSON,
    .create = filter_create,
    .apply = filter_apply,
    .destroy = filter_destroy,
    .check = filter_check,
};
