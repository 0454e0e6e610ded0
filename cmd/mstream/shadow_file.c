/* SPDX-License-Identifier: MIT */
/* TOML with middlewares and services, as the JSON that the API takes. */
#include "shadow_file.h"

#include <string.h>

#include "base/arena.h"
#include "config/toml.h"
#include "input.h"

enum { FILE_TEXT_MAX = 2 * 1024 * 1024 };

static json_t *file_json(const struct mst_toml_node *node);

static json_t *
file_children(const struct mst_toml_node *node)
{
    bool table = node->type == MST_TOML_TABLE;
    json_t *out = table ? json_object() : json_array();
    for (const struct mst_toml_node *at = node->first; at != NULL;
         at = at->next) {
        json_t *one = file_json(at);
        /* Both steal it, also when they fail. */
        if (one == NULL
            || (table ? json_object_set_new(out, at->key, one)
                      : json_array_append_new(out, one))
                   != 0) {
            json_decref(out);
            return NULL;
        }
    }
    return out;
}

/* NULL: no memory. */
static json_t *
file_json(const struct mst_toml_node *node)
{
    switch (node->type) {
    case MST_TOML_TABLE:
    case MST_TOML_ARRAY:
        return file_children(node);
    case MST_TOML_INTEGER:
        return json_integer(node->integer);
    case MST_TOML_FLOAT:
        return json_real(node->number);
    case MST_TOML_BOOLEAN:
        return json_boolean(node->boolean);
    case MST_TOML_STRING:
    case MST_TOML_DATETIME:
        break;
    }
    return json_string(node->text);
}

static enum mst_status
file_check(const char *path, const struct mst_toml_node *root,
           struct mst_error *err)
{
    bool found = false;
    for (const struct mst_toml_node *at = root->first; at != NULL;
         at = at->next) {
        bool middlewares = strcmp(at->key, "middlewares") == 0;
        found = found || middlewares;
        if (middlewares || strcmp(at->key, "services") == 0) {
            continue;
        }
        (void)mst_fail(err, MST_REJECTED, "shadow", 0,
                       "%s:%u: '%s' is not for a shadow", path, at->key_line,
                       at->key);
        mst_error_hint(err, "the file has middlewares = [ ... ] and the "
                            "[[services]] that they need; the rest is the "
                            "job's");
        return MST_REJECTED;
    }
    if (!found) {
        (void)mst_fail(err, MST_REJECTED, "shadow", 0,
                       "%s: there are no middlewares", path);
        mst_error_hint(err, "say middlewares = [ ... ]; an empty list is one");
    }
    return found ? MST_OK : MST_REJECTED;
}

static json_t *
file_parse(const char *path, const struct mst_buf *text, struct mst_error *err)
{
    struct mst_arena arena = {0};
    struct mst_toml_node *root = NULL;
    struct mst_toml_error wrong = {0};
    json_t *out = NULL;
    enum mst_status status = mst_toml_parse(
        &arena, path, (const char *)text->data, text->len, &root, &wrong);
    if (status == MST_REJECTED) {
        status = mst_fail(err, MST_REJECTED, "shadow", 0, "%s:%u:%u: %s", path,
                          wrong.line, wrong.column, wrong.text);
    } else if (status == MST_OK) {
        status = file_check(path, root, err);
    }
    if (status == MST_OK) {
        out = file_json(root);
    }
    if (out == NULL && status != MST_REJECTED) {
        (void)mst_fail_memory(err, "shadow");
    }
    mst_arena_clear(&arena);
    return out;
}

json_t *
mst_shadow_file(const char *path, struct mst_error *err)
{
    struct mst_buf text;
    mst_buf_init(&text, FILE_TEXT_MAX);
    mst_error_clear(err);
    json_t *out = mst_input_read(path, &text, err) == MST_OK
                      ? file_parse(path, &text, err)
                      : NULL;
    mst_buf_clear(&text);
    return out;
}
