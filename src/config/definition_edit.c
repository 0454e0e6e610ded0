/* SPDX-License-Identifier: MIT */
/* A definition as somebody sends it, made into the one that is kept. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "config/definition.h"
#include "config/env.h"
#include "config/options.h"

/* Texts of what is sent, side by side with those that it replaces. */
struct edit {
    struct mst_problems *problems;
    const char *file;
    enum mst_status status;
};

static void
edit_fail(struct edit *edit, const char *path, const char *hint,
          const char *text)
{
    struct mst_place place = {.file = edit->file, .path = path};
    mst_problems_add(edit->problems, MST_PROBLEM_ERROR, &place, hint, "%s",
                     text);
    edit->status = MST_REJECTED;
}

/* What masking leaves of a secret, or of the password in an address. */
static bool
edit_is_mask(const char *text)
{
    const char *at = strstr(text, "****");
    return at != NULL
           && (strcmp(text, "****") == 0 || strstr(at, "****@") != NULL
               || strstr(text, ":-****}") != NULL);
}

static json_t *
edit_text(struct edit *edit, json_t *sent, const json_t *stored,
          const json_t *shown, const char *path)
{
    const char *text = json_string_value(sent);
    if (!edit_is_mask(text)) {
        return json_incref(sent);
    }
    if (json_is_string(shown) && stored != NULL
        && strcmp(json_string_value(shown), text) == 0) {
        return json_copy((json_t *)(uintptr_t)stored);
    }
    edit_fail(edit, path,
              "send the secret itself; a mask keeps the secret only where "
              "nothing else of the value changes",
              "this is a mask and no value");
    return NULL;
}

static json_t *edit_value(struct edit *edit, json_t *sent, const json_t *stored,
                          const json_t *shown, const char *path);

static json_t *
edit_object(struct edit *edit, json_t *sent, const json_t *stored,
            const json_t *shown, const char *path)
{
    json_t *out = json_object();
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(sent, key, value)
    {
        char inner[MST_PATH_MAX];
        mst_path_key(inner, path, key);
        json_t *made = edit_value(edit, value, json_object_get(stored, key),
                                  json_object_get(shown, key), inner);
        /* Steals. */
        if (made != NULL && json_object_set_new(out, key, made) != 0) {
            edit->status = MST_FATAL;
        }
    }
    return out;
}

static json_t *
edit_array(struct edit *edit, json_t *sent, const json_t *stored,
           const json_t *shown, const char *path)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(sent); i++) {
        char inner[MST_PATH_MAX];
        mst_path_index(inner, path, i);
        json_t *made =
            edit_value(edit, json_array_get(sent, i), json_array_get(stored, i),
                       json_array_get(shown, i), inner);
        if (made != NULL && json_array_append_new(out, made) != 0) {
            edit->status = MST_FATAL;
        }
    }
    return out;
}

/* The value to be kept; NULL: refused, or no memory. */
static json_t *
edit_value(struct edit *edit, json_t *sent, const json_t *stored,
           const json_t *shown, const char *path)
{
    if (json_is_object(sent)) {
        return edit_object(edit, sent, stored, shown, path);
    }
    if (json_is_array(sent)) {
        return edit_array(edit, sent, stored, shown, path);
    }
    return json_is_string(sent) ? edit_text(edit, sent, stored, shown, path)
                                : json_incref(sent);
}

static bool
edit_name_is_good(const char *name)
{
    size_t len = strlen(name);
    bool good = len > 0 && len <= MST_DEFINITION_NAME_MAX
                && mst_utf8_valid((const uint8_t *)name, len) == len
                && !mst_env_has_reference(name) && strcmp(name, ".") != 0
                && strcmp(name, "..") != 0;
    for (size_t i = 0; i < len && good; i++) {
        good = (unsigned char)name[i] >= 0x20 && name[i] != 0x7f;
    }
    return good;
}

/* The name that it goes by; NULL: refused. */
static const char *
edit_name(struct edit *edit, const struct mst_definition_sent *sent,
          const json_t *json)
{
    const json_t *written = json_object_get(json, "name");
    const char *name = json_string_value(written);
    if (written != NULL && !json_is_null(written) && name == NULL) {
        edit_fail(edit, "name", NULL, "expected a string");
        return NULL;
    }
    if (name == NULL && sent->name == NULL) {
        edit_fail(edit, "", NULL, "'name' is missing");
        return NULL;
    }
    if (name != NULL && sent->name != NULL && strcmp(name, sent->name) != 0) {
        edit_fail(edit, "name", "make a new one and remove this one",
                  "a name can not be changed");
        return NULL;
    }
    name = name != NULL ? name : sent->name;
    if (!edit_name_is_good(name)) {
        edit_fail(edit, "name", NULL,
                  "a name has 1 to 255 bytes, no control characters, "
                  "and refers to no variable");
        return NULL;
    }
    return name;
}

/* Takes `enabled` out: whether it runs is kept beside the definition. */
static void
edit_enabled(struct edit *edit, json_t *json,
             struct mst_definition_draft *draft)
{
    const json_t *enabled = json_object_get(json, "enabled");
    if (enabled == NULL) {
        return;
    }
    if (json_is_boolean(enabled)) {
        draft->says_enabled = true;
        draft->enabled = json_is_true(enabled);
    } else if (!json_is_null(enabled)) {
        edit_fail(edit, "enabled", NULL, "expected true or false");
    }
    (void)json_object_del(json, "enabled");
}

static enum mst_status
edit_keep(const char *name, json_t *json, struct mst_definition_draft *draft)
{
    mst_buf_init(&draft->text, (size_t)MST_DEFINITION_TEXT_MAX * 2);
    draft->name = strdup(name);
    char *text = json_object_set_new(json, "name", json_string(name)) == 0
                     ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS)
                     : NULL;
    enum mst_status status = draft->name == NULL || text == NULL
                                 ? MST_FATAL
                                 : mst_buf_append_str(&draft->text, text);
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
        free(text);
    }
    return status;
}

static json_t *
edit_parse(struct mst_slice text)
{
    return text.len == 0 ? NULL
                         : json_loadb((const char *)text.data, text.len,
                                      JSON_REJECT_DUPLICATES, NULL);
}

enum mst_status
mst_definition_read(const struct mst_definition_sent *sent,
                    struct mst_problems *problems,
                    struct mst_definition_draft *ret_draft)
{
    struct edit edit = {.problems = problems,
                        .file = sent->kind == MST_DEFINITION_JOB ? "job"
                                                                 : "service"};
    struct mst_definition_draft draft = {0};
    json_t *json = edit_parse(sent->text);
    json_t *stored = edit_parse(sent->stored);
    json_t *shown = edit_parse(sent->shown);
    json_t *made = NULL;
    const char *name = NULL;
    if (!json_is_object(json)) {
        edit_fail(&edit, "", NULL, "this is no JSON object");
    } else {
        name = edit_name(&edit, sent, json);
        made = edit_object(&edit, json, stored, shown, "");
    }
    if (made != NULL && sent->kind == MST_DEFINITION_JOB) {
        edit_enabled(&edit, made, &draft);
    }
    if (name != NULL && edit.status == MST_OK) {
        edit.status = made == NULL ? MST_FATAL : edit_keep(name, made, &draft);
    }
    if (edit.status == MST_OK) {
        *ret_draft = draft;
    } else {
        mst_definition_draft_clear(&draft);
    }
    json_decref(made);
    json_decref(shown);
    json_decref(stored);
    json_decref(json);
    return edit.status;
}

void
mst_definition_draft_clear(struct mst_definition_draft *draft)
{
    if (draft->text.data != NULL) {
        explicit_bzero(draft->text.data, draft->text.len);
    }
    mst_buf_clear(&draft->text);
    free(draft->name);
    *draft = (struct mst_definition_draft){0};
}

enum mst_status
mst_definition_put(struct mst_slice text, const char *key,
                   struct mst_slice value, struct mst_buf *out)
{
    json_t *json = edit_parse(text);
    json_t *made = edit_parse(value);
    enum mst_status status = MST_REJECTED;
    if (json_is_object(json) && made != NULL) {
        char *all = json_object_set(json, key, made) == 0
                        ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS)
                        : NULL;
        status = all == NULL ? MST_FATAL : mst_buf_append_str(out, all);
        if (all != NULL) {
            explicit_bzero(all, strlen(all));
            free(all);
        }
    }
    json_decref(made);
    json_decref(json);
    return status;
}

enum mst_status
mst_definition_wrap(struct mst_slice text, bool trusted, struct mst_buf *out)
{
    enum mst_status status = mst_buf_append_str(out, "{\"definition\":");
    if (status == MST_OK) {
        status = mst_buf_append(out, text.data, text.len);
    }
    if (status == MST_OK) {
        status = mst_buf_printf(out, ",\"origin\":\"%s\"}",
                                trusted ? "file" : "api");
    }
    return status;
}

enum mst_status
mst_definition_unwrap(struct mst_slice body, struct mst_buf *out,
                      bool *ret_trusted)
{
    json_t *json = edit_parse(body);
    const json_t *definition = json_object_get(json, "definition");
    const char *origin = json_string_value(json_object_get(json, "origin"));
    enum mst_status status = MST_REJECTED;
    if (json_is_object(definition) && origin != NULL) {
        char *text = json_dumps(definition, JSON_COMPACT | JSON_SORT_KEYS);
        status = text == NULL ? MST_FATAL : mst_buf_append_str(out, text);
        *ret_trusted = strcmp(origin, "file") == 0;
        if (text != NULL) {
            explicit_bzero(text, strlen(text));
            free(text);
        }
    }
    json_decref(json);
    return status;
}
