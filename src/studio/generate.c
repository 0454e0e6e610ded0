/* SPDX-License-Identifier: MIT */
/* Cases out of one document. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"
#include "encodings/schema_tools/infer.h"
#include "studio/cases.h"
#include "studio/edges.h"
#include "studio/generated.h"
#include "studio/lexer.h"
#include "studio/studio.h"
#include "udf/doc.h"

#define ORIGIN "studio"

enum {
    GENERATE_FIELDS_MAX = 500,
    GENERATE_DEPTH_MAX = 5,
    GENERATE_TEXT_MAX = 16 * 1024 * 1024
};

/* A field of the sample. */
struct generate_field {
    char *path;
    uint8_t type;
    bool named; /* by the script */
    size_t place;
};

struct generate {
    const struct mst_studio_script *script;
    const struct mst_studio_sample *sample;
    struct mst_json *out;
    struct mst_error *err;
    struct mst_arena arena;
    struct mst_doc doc;
    struct studio_token *tokens;
    size_t tokens_len;
    struct generate_field *fields;
    size_t fields_len;
    struct mst_slice edges; /* BSON: "0": the value of the first edge ... */
    struct studio_generated made;
    size_t left_out;
};

/* Whether the script has the name as a name or as a text. */
static bool
generate_is_named(const struct generate *self, struct mst_slice key)
{
    for (size_t i = 0; i < self->tokens_len; i++) {
        struct mst_slice text = self->tokens[i].text;
        bool quoted = self->tokens[i].kind == STUDIO_TOKEN_TEXT;
        for (size_t at = 0; quoted && at + key.len <= text.len; at++) {
            if (memcmp(text.data + at, key.data, key.len) == 0) {
                return true;
            }
        }
        if (self->tokens[i].kind == STUDIO_TOKEN_NAME
            && mst_slice_equal(text, key)) {
            return true;
        }
    }
    return false;
}

static bool
generate_key_is_plain(struct mst_slice key)
{
    bool plain = key.len > 0 && key.data[0] != '@';
    for (size_t i = 0; i < key.len; i++) {
        plain = plain && key.data[i] != '.' && key.data[i] != '['
                && key.data[i] != ']';
    }
    return plain;
}

/* Recursion: GENERATE_DEPTH_MAX. */
static enum mst_status
generate_collect(struct generate *self, const struct mst_bson_value *value,
                 struct mst_studio_path *path, bool named)
{
    struct mst_bson_iter iter;
    size_t len = path->len;
    bool array = value->type == MST_BSON_ARRAY;
    unsigned depth = 0;
    for (size_t i = 0; i < len; i++) {
        depth += path->text[i] == '.' || path->text[i] == '[' ? 1 : 0;
    }
    if ((!array && value->type != MST_BSON_DOCUMENT)
        || depth >= GENERATE_DEPTH_MAX) {
        return MST_OK;
    }
    enum mst_status status = mst_bson_iter_init(&iter, value->raw, self->err);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK
           && self->fields_len < GENERATE_FIELDS_MAX) {
        struct mst_bson_value item = mst_bson_iter_value(&iter);
        if (!array && !generate_key_is_plain(iter.key)) {
            continue;
        }
        bool is_named = array ? named : generate_is_named(self, iter.key);
        if (array) {
            mst_studio_path_index(path, 0);
        } else {
            mst_studio_path_key(path, iter.key);
        }
        struct mst_slice copy =
            mst_arena_copy(&self->arena, mst_slice_of(path->text, path->len));
        if (copy.data == NULL) {
            return mst_fail_memory(self->err, ORIGIN);
        }
        self->fields[self->fields_len] =
            (struct generate_field){.path = (char *)(uintptr_t)copy.data,
                                    .type = item.type,
                                    .named = is_named,
                                    .place = self->fields_len};
        self->fields_len++;
        status = generate_collect(self, &item, path, is_named);
        mst_studio_path_cut(path, len);
        if (array) {
            break; /* its first item stands for all */
        }
    }
    return status == MST_END ? MST_OK : status;
}

static int
generate_order(const void *a, const void *b)
{
    const struct generate_field *x = a;
    const struct generate_field *y = b;
    if (x->named != y->named) {
        return x->named ? -1 : 1;
    }
    return x->place < y->place ? -1 : x->place > y->place;
}

/* The values of all edges, in one document. */
static enum mst_status
generate_parse_edges(struct generate *self, struct mst_buf *bson)
{
    struct mst_buf text;
    mst_buf_init(&text, GENERATE_TEXT_MAX);
    enum mst_status status = mst_buf_append_char(&text, '{');
    for (size_t i = 0; i < studio_edges_len && status == MST_OK; i++) {
        status = mst_buf_printf(
            &text, "%s\"%zu\":%s", i == 0 ? "" : ",", i,
            studio_edges[i].json == NULL ? "null" : studio_edges[i].json);
    }
    if (status == MST_OK) {
        status = mst_buf_append_char(&text, '}');
    }
    status = status == MST_OK
                 ? mst_json_to_bson(mst_buf_slice(&text), NULL, bson, self->err)
                 : mst_fail_memory(self->err, ORIGIN);
    self->edges = mst_buf_slice(bson);
    mst_buf_clear(&text);
    return status;
}

/* The sample with one field otherwise. *ret_same: it is so already. */
static enum mst_status
generate_edit(struct generate *self, const struct generate_field *field,
              size_t edge, struct mst_slice *ret, bool *ret_same)
{
    struct mst_doc_node *node = NULL;
    struct mst_bson_value value = {0};
    struct mst_bson_value whole = {0};
    struct mst_slice path = mst_slice_str(field->path);
    char key[24];
    (void)snprintf(key, sizeof(key), "%zu", edge);
    enum mst_status status =
        mst_doc_read(&self->doc, self->sample->bson, self->err);
    if (status == MST_OK) {
        status =
            mst_doc_find(&self->doc, self->doc.root, path, &node, self->err);
    }
    if (status == MST_OK && node != NULL) {
        struct mst_bson_value now = {node->type, node->raw};
        (void)mst_bson_find(self->edges, key, &value);
        *ret_same =
            studio_edges[edge].json != NULL && mst_studio_equal(&now, &value);
        if (studio_edges[edge].json == NULL) {
            (void)mst_doc_remove_node(node);
        } else {
            status = mst_doc_set_path(&self->doc, self->doc.root, path, &value,
                                      self->err);
        }
    }
    if (status == MST_OK) {
        status =
            mst_doc_value(self->doc.root, &self->doc.arena, &whole, self->err);
    }
    *ret = whole.raw;
    return status;
}

/* One case, where there is room for it. */
static enum mst_status
generate_case(struct generate *self, const char *name, struct mst_slice input,
              bool assertions)
{
    if (self->made.n >= self->sample->most
        || mst_studio_budget_check(self->script->budget, self->err) != MST_OK) {
        self->left_out++;
        return MST_OK;
    }
    enum mst_status status =
        studio_generated_add(&self->made, name, input, assertions, self->err);
    self->left_out += status == MST_RETRY ? 1 : 0;
    return status == MST_RETRY ? MST_OK : status;
}

static enum mst_status
generate_field_cases(struct generate *self, const struct generate_field *field)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < studio_edges_len && status == MST_OK; i++) {
        const struct studio_edge *edge = &studio_edges[i];
        struct mst_slice input = MST_SLICE_NONE;
        char name[200];
        bool same = false;
        if (edge->type[0] != '*'
            && !mst_studio_type_is(field->type, mst_slice_str(edge->type))) {
            continue;
        }
        status = generate_edit(self, field, i, &input, &same);
        if (status == MST_OK && !same) {
            (void)snprintf(name, sizeof(name), "%.150s %s", field->path,
                           edge->words);
            status = generate_case(self, name, input, false);
        }
    }
    return status;
}

static enum mst_status
generate_cases(struct generate *self)
{
    static const uint8_t empty[] = {5, 0, 0, 0, 0};
    enum mst_status status =
        generate_case(self, "baseline", self->sample->bson, true);
    for (size_t i = 0; i < self->fields_len && status == MST_OK; i++) {
        status = generate_field_cases(self, &self->fields[i]);
    }
    if (status == MST_OK) {
        status = generate_case(self, "the document is empty",
                               mst_slice_of(empty, sizeof(empty)), false);
    }
    return status == MST_OK ? generate_case(self, "there is no document",
                                            MST_SLICE_NONE, false)
                            : status;
}

static enum mst_status
generate_schema(struct generate *self)
{
    struct mst_infer *infer = NULL;
    struct mst_buf schema;
    mst_buf_init(&schema, GENERATE_TEXT_MAX);
    enum mst_status status = mst_infer_create(NULL, &infer, self->err);
    if (status == MST_OK) {
        status = mst_infer_add(infer, self->sample->bson, self->err);
    }
    if (status == MST_OK) {
        status = mst_infer_finish(infer, &schema, self->err);
    }
    if (status == MST_OK) {
        mst_json_raw(self->out, "input_schema", mst_buf_slice(&schema));
    }
    mst_infer_destroy(infer);
    mst_buf_clear(&schema);
    return status;
}

static enum mst_status
generate_prepare(struct generate *self, struct mst_buf *edges)
{
    const struct mst_bson_value whole = {MST_BSON_DOCUMENT, self->sample->bson};
    struct mst_studio_path path = {0};
    struct mst_studio_run run;
    enum mst_status status = mst_bson_check(self->sample->bson, self->err);
    if (status == MST_OK) {
        status = mst_studio_run_start(&run, self->script, self->err);
        mst_studio_run_clear(&run);
        status = status == MST_FATAL ? MST_REJECTED : status;
    }
    if (status == MST_OK) {
        status = studio_lex(self->script->text, &self->arena, &self->tokens,
                            &self->tokens_len, self->err);
    }
    if (status == MST_OK) {
        self->fields = mst_arena_alloc_zeroed(&self->arena, GENERATE_FIELDS_MAX,
                                              sizeof(*self->fields));
        status = self->fields == NULL
                     ? mst_fail_memory(self->err, ORIGIN)
                     : generate_collect(self, &whole, &path, false);
    }
    if (status == MST_OK && self->fields != NULL) {
        qsort(self->fields, self->fields_len, sizeof(*self->fields),
              generate_order);
    }
    return status == MST_OK ? generate_parse_edges(self, edges) : status;
}

enum mst_status
mst_studio_generate(const struct mst_studio_script *script,
                    const struct mst_studio_sample *sample,
                    struct mst_json *out, struct mst_error *err)
{
    struct generate self = {
        .script = script, .sample = sample, .out = out, .err = err};
    struct mst_buf edges;
    mst_buf_init(&edges, GENERATE_TEXT_MAX);
    self.made = (struct studio_generated){
        .script = script, .attributes = sample->attributes, .out = out};
    enum mst_status status = generate_prepare(&self, &edges);
    if (status == MST_OK) {
        mst_json_open(out, NULL, '{');
        status = generate_schema(&self);
    }
    if (status == MST_OK) {
        mst_json_open(out, "cases", '[');
        status = generate_cases(&self);
        mst_json_close(out, ']');
        mst_json_number(out, "left_out", (int64_t)self.left_out);
        mst_json_close(out, '}');
    }
    mst_buf_clear(&edges);
    mst_doc_clear(&self.doc);
    mst_arena_clear(&self.arena);
    return status;
}
