/* SPDX-License-Identifier: MIT */
/* `mask`: what is in some fields becomes unreadable. */
#include <string.h>

#include "udf/builtin.h"
#include "udf/builtins.h"
#include "udf/mask.h"

/* As in the option's choices; the first are those of mst_mask_text. */
enum { MASK_NULL = MST_MASK_HASH + 1, MASK_REPLACE };

struct mask_options {
    struct mst_strings fields;
    int with;
    char *salt;
    char *replacement;
};

static const struct mst_bson_value mask_nothing = {MST_BSON_NULL,
                                                   {(const uint8_t *)"", 0}};

static const char *const mask_ways[] = {"hide", "email", "phone",   "year",
                                        "hash", "null",  "replace", NULL};

static const struct mst_option mask_table[] = {
    {.name = "fields",
     .type = MST_OPTION_STRING_LIST,
     .offset = offsetof(struct mask_options, fields),
     .flags = MST_OPTION_REQUIRED,
     .help = "Paths of what is masked, through arrays in each item."},
    {.name = "with",
     .type = MST_OPTION_ENUM,
     .offset = offsetof(struct mask_options, with),
     .def = "hide",
     .choices = mask_ways,
     .help =
         "`hide`: a star for each character; `email`: the first character "
         "and the domain stay; `phone`: the last four; `year`: the first "
         "of January; `hash`: SHA-256 of salt and value; `null`; `replace`: "
         "`replacement`, whatever it was. What is not of that kind "
         "becomes null."},
    {.name = "salt",
     .type = MST_OPTION_STRING,
     .offset = offsetof(struct mask_options, salt),
     .flags = MST_OPTION_SECRET,
     .help = "In front of the value that `hash` hashes: without one, values "
             "of a small set are found by trying."},
    {.name = "replacement",
     .type = MST_OPTION_STRING,
     .offset = offsetof(struct mask_options, replacement),
     .help = "The text that values get with = \"replace\"; null stays."},
};

static enum mst_status
mask_check(const struct mst_middleware_args *args, struct mst_error *err)
{
    const struct mask_options *options = args->options;
    bool replaces = options->with == MASK_REPLACE;
    if (replaces == (options->replacement != NULL)) {
        return MST_OK;
    }
    return mst_fail(err, MST_FATAL, "mask", 0,
                    replaces ? "with = \"replace\" needs 'replacement'"
                             : "'replacement' needs with = \"replace\"");
}

static enum mst_status
mask_create(void **ret_ctx, const struct mst_middleware_args *args,
            struct mst_error *err)
{
    enum mst_status status = mask_check(args, err);
    return status == MST_OK ? mst_builtin_create(ret_ctx, args, err) : status;
}

static enum mst_status
mask_put(struct mst_builtin *self, struct mst_doc_node *node,
         struct mst_slice text, struct mst_error *err)
{
    const struct mst_bson_value value = {
        MST_BSON_STRING, mst_doc_string(&self->doc.arena, text)};
    if (value.raw.data == NULL) {
        return mst_fail_memory(err, "mask");
    }
    return mst_builtin_replace(self, node, &value, err);
}

/* Whether a text that its mask left as it is has nothing in it to hide. */
static bool
mask_is_bare(int with, struct mst_slice text)
{
    if (with == MST_MASK_EMAIL) {
        return text.len > 1 && memchr(text.data + 1, '@', text.len - 1) != NULL;
    }
    return with == MST_MASK_YEAR && text.len >= 10
           && memcmp(text.data + 4, "-01-01", 6) == 0;
}

/* A text of another kind than was said: null, or for a phone number, of which
 * the last characters stay, all stars. */
static enum mst_status
mask_other(struct mst_builtin *self, struct mst_doc_node *node,
           struct mst_slice text, struct mst_buf *out, struct mst_error *err)
{
    const struct mask_options *options = self->options;
    if (options->with != MST_MASK_PHONE) {
        return mst_builtin_replace(self, node, &mask_nothing, err);
    }
    mst_buf_reset(out);
    return mst_mask_text(MST_MASK_HIDE, text, NULL, out) == MST_OK
               ? mask_put(self, node, mst_buf_slice(out), err)
               : mst_fail_memory(err, "mask");
}

static enum mst_status
mask_string(struct mst_builtin *self, struct mst_doc_node *node,
            struct mst_slice text, struct mst_error *err)
{
    const struct mask_options *options = self->options;
    struct mst_buf out;
    mst_buf_init(&out, self->scratch.max);
    enum mst_status status = mst_mask_text((enum mst_mask_way)options->with,
                                           text, options->salt, &out);
    if (status != MST_OK) {
        status = mst_fail_memory(err, "mask");
    } else if (text.len > 0 && mst_slice_equal(mst_buf_slice(&out), text)
               && options->with != MST_MASK_HIDE
               && !mask_is_bare(options->with, text)) {
        status = mask_other(self, node, text, &out, err);
    } else {
        status = mask_put(self, node, mst_buf_slice(&out), err);
    }
    mst_buf_clear(&out);
    return status;
}

static enum mst_status
mask_date(struct mst_builtin *self, struct mst_doc_node *node,
          struct mst_error *err)
{
    uint64_t ms = 0;
    uint8_t raw[8];
    for (unsigned i = 0; i < 8; i++) {
        ms |= (uint64_t)node->raw.data[i] << (8 * i);
    }
    ms = (uint64_t)mst_mask_year((int64_t)ms);
    for (unsigned i = 0; i < 8; i++) {
        raw[i] = (uint8_t)(ms >> (8 * i));
    }
    const struct mst_bson_value value = {
        MST_BSON_DATE,
        mst_arena_copy(&self->doc.arena, mst_slice_of(raw, sizeof(raw)))};
    if (value.raw.data == NULL) {
        return mst_fail_memory(err, "mask");
    }
    return mst_builtin_replace(self, node, &value, err);
}

static enum mst_status
mask_visit(struct mst_builtin *self, struct mst_doc_node *node,
           struct mst_error *err)
{
    const struct mask_options *options = self->options;
    if (node->type == MST_BSON_NULL) {
        return MST_OK;
    }
    if (options->with == MASK_NULL) {
        return mst_builtin_replace(self, node, &mask_nothing, err);
    }
    if (options->with == MASK_REPLACE) {
        return mask_put(self, node, mst_slice_str(options->replacement), err);
    }
    if (node->type == MST_BSON_STRING) {
        return mask_string(self, node,
                           mst_slice_of(node->raw.data + 4, node->raw.len - 5),
                           err);
    }
    if (node->type == MST_BSON_DATE && options->with == MST_MASK_YEAR) {
        return mask_date(self, node, err);
    }
    if (options->with != MST_MASK_HASH || mst_doc_is_container(node)) {
        return mst_builtin_replace(self, node, &mask_nothing, err);
    }
    mst_buf_reset(&self->scratch);
    enum mst_status status = mst_builtin_text(node, &self->scratch, err);
    return status == MST_OK
               ? mask_string(self, node, mst_buf_slice(&self->scratch), err)
               : status;
}

static enum mst_status
mask_apply(void *ctx, const struct mst_event *event, struct mst_emit *emit,
           struct mst_error *err)
{
    struct mst_builtin *self = ctx;
    const struct mask_options *options = self->options;
    enum mst_status status = mst_builtin_read(self, event, err);
    if (status == MST_END) {
        return emit->event(emit, event, err);
    }
    for (size_t i = 0; i < options->fields.len && status == MST_OK; i++) {
        status = mst_builtin_each(self, self->doc.root,
                                  mst_slice_str(options->fields.items[i]),
                                  mask_visit, err);
    }
    return status == MST_OK ? mst_builtin_emit(self, event, emit, err) : status;
}

const struct mst_middleware_type mst_mask_middleware = {
    .name = "mask",
    .help = "Makes what is in some fields unreadable. It masks the document, "
            "not the event's key.",
    .options = {.options = mask_table,
                .len = MST_ARRAY_SIZE(mask_table),
                .size = sizeof(struct mask_options)},
    .resource_optional = true,
    .builtin = true,
    .encodings = 1U << MST_ENCODING_BSON,
    .create = mask_create,
    .apply = mask_apply,
    .destroy = mst_builtin_destroy,
    .check = mask_check,
};
