/* SPDX-License-Identifier: MIT */
/* Putting references back where their values came out in a text. */
#include "config/conceal.h"

#include <stdio.h>

enum {
    /* Shorter values are words that stand everywhere: only in quotes. */
    CONCEAL_LEN_MIN = 4,
    /* So much of a value is enough to know it: messages cut long ones. */
    CONCEAL_START = 8
};

struct conceal {
    const struct mst_env *env;
    struct mst_buf *text;
    enum mst_status status;
};

static bool
conceal_is_quoted(const struct mst_buf *text, size_t at, size_t len)
{
    if (at == 0 || at + len >= text->len) {
        return false;
    }
    uint8_t before = text->data[at - 1];
    return (before == '\'' || before == '"') && text->data[at + len] == before;
}

/* Length of the value, or of what a message left of it, at `at`; 0: none. */
static size_t
conceal_match(const struct mst_buf *text, size_t at, struct mst_slice value)
{
    size_t len = 0;
    while (len < value.len && at + len < text->len
           && text->data[at + len] == value.data[len]) {
        len++;
    }
    if (len == value.len) {
        return len >= CONCEAL_LEN_MIN || conceal_is_quoted(text, at, len) ? len
                                                                          : 0;
    }
    return len >= CONCEAL_START ? len : 0;
}

static void
conceal_value(struct conceal *self, const char *name, struct mst_slice value)
{
    struct mst_buf out;
    mst_buf_init(&out, self->text->max);
    for (size_t i = 0; i < self->text->len && self->status == MST_OK;) {
        size_t len = value.len == 0 ? 0 : conceal_match(self->text, i, value);
        self->status =
            len > 0 ? mst_buf_printf(&out, "${%s}", name)
                    : mst_buf_append_char(&out, (char)self->text->data[i]);
        i += len > 0 ? len : 1;
    }
    if (self->status == MST_OK) {
        mst_buf_reset(self->text);
        self->status = mst_buf_append(self->text, out.data, out.len);
    }
    mst_buf_clear(&out);
}

static void
conceal_variable(void *arg, const char *name)
{
    struct conceal *self = arg;
    const char *value = self->env->get(self->env->arg, name);
    if (value == NULL || self->status != MST_OK) {
        return;
    }
    /* Inside of a JSON text it has escapes, and the quotes of that text. */
    struct mst_buf json;
    mst_buf_init(&json, (size_t)MST_ENV_MAX_VALUE * 8);
    self->status = mst_buf_append_json(&json, mst_slice_str(value));
    if (self->status == MST_OK && json.len - 2 != strlen(value)) {
        conceal_value(self, name, mst_slice_of(json.data + 1, json.len - 2));
    }
    mst_buf_clear(&json);
    if (self->status == MST_OK) {
        conceal_value(self, name, mst_slice_str(value));
    }
}

static void
conceal_node(struct conceal *self, const struct mst_toml_node *node)
{
    if (node->type == MST_TOML_STRING) {
        mst_env_each(node->text, conceal_variable, self);
    }
    for (const struct mst_toml_node *at = node->first; at != NULL;
         at = at->next) {
        conceal_node(self, at);
    }
}

enum mst_status
mst_config_conceal(const struct mst_toml_node *node, const struct mst_env *env,
                   struct mst_buf *text)
{
    struct conceal self = {.env = env, .text = text};
    conceal_node(&self, node);
    return self.status;
}

void
mst_config_conceal_error(const struct mst_toml_node *node,
                         const struct mst_env *env, struct mst_error *err)
{
    char *const parts[] = {err->text, err->hint};
    const size_t sizes[] = {sizeof(err->text), sizeof(err->hint)};
    for (size_t i = 0; i < MST_ARRAY_SIZE(parts); i++) {
        struct mst_buf text;
        mst_buf_init(&text, (size_t)64 * 1024);
        enum mst_status status = mst_buf_append_str(&text, parts[i]);
        if (status == MST_OK) {
            status = mst_config_conceal(node, env, &text);
        }
        const char *shown = status == MST_OK ? mst_buf_text(&text) : "";
        (void)snprintf(parts[i], sizes[i], "%s", shown == NULL ? "" : shown);
        mst_buf_clear(&text);
    }
}
