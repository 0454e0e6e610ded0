/* SPDX-License-Identifier: MIT */
/* From the text of a schema to its nodes. */
#include "encodings/json_schema/compile.h"

#include <stdlib.h>

#include "encodings/json_schema/schema.h"

enum mst_status
js_compile_memory(const struct js_compile *compile)
{
    return mst_fail_memory(compile->subject.err, "json_schema");
}

void *
js_compile_alloc(struct js_compile *compile, size_t n, size_t size)
{
    return mst_arena_alloc_zeroed(&compile->schema->arena, n, size);
}

struct mst_slice
js_compile_token(struct js_compile *compile, const char *keyword,
                 struct mst_slice name)
{
    struct mst_buf token;
    mst_buf_init(&token, SIZE_MAX / 2);
    enum mst_status status = mst_buf_printf(&token, "/%s", keyword);
    if (status == MST_OK && name.data != NULL) {
        status = mst_buf_append_char(&token, '/');
    }
    for (size_t i = 0; name.data != NULL && i < name.len && status == MST_OK;
         i++) {
        char c = (char)name.data[i];
        status = c == '~'   ? mst_buf_append_str(&token, "~0")
                 : c == '/' ? mst_buf_append_str(&token, "~1")
                            : mst_buf_append_char(&token, c);
    }
    struct mst_slice kept = MST_SLICE_NONE;
    if (status == MST_OK) {
        kept = mst_arena_copy(&compile->schema->arena, mst_buf_slice(&token));
    }
    mst_buf_clear(&token);
    return kept;
}

struct js_object *
js_compile_object(struct js_compile *compile, struct js_node *node)
{
    if (node->object == NULL) {
        node->object = js_compile_alloc(compile, 1, sizeof(*node->object));
        if (node->object != NULL) {
            node->object->max = JS_NO_LIMIT;
        }
    }
    return node->object;
}

struct js_array *
js_compile_array(struct js_compile *compile, struct js_node *node)
{
    if (node->array == NULL) {
        node->array = js_compile_alloc(compile, 1, sizeof(*node->array));
        if (node->array != NULL) {
            node->array->max = JS_NO_LIMIT;
            node->array->max_contains = JS_NO_LIMIT;
            node->array->min_contains = 1;
        }
    }
    return node->array;
}

struct js_combine *
js_compile_combine(struct js_compile *compile, struct js_node *node)
{
    if (node->combine == NULL) {
        node->combine = js_compile_alloc(compile, 1, sizeof(*node->combine));
    }
    return node->combine;
}

enum mst_status
js_compile_schema(struct js_compile *compile, const struct avro_node *node,
                  const struct js_where *where, struct js_node **ret_node)
{
    bool allowed = true;
    size_t place = (size_t)(node->text - compile->subject.text.data);
    if (compile->nodes[place] != NULL) {
        *ret_node = compile->nodes[place];
        return MST_OK;
    }
    bool object = node->value.type == MST_BSON_DOCUMENT;
    if (!object && !mst_bson_get_bool(&node->value, &allowed)) {
        return mst_text_fail(&compile->subject, node->text,
                             "a schema is an object, true or false");
    }
    struct js_node *made = js_compile_alloc(compile, 1, sizeof(*made));
    if (made == NULL) {
        return js_compile_memory(compile);
    }
    made->up = where->up;
    made->token = where->token;
    made->resource = where->resource;
    made->never = !allowed;
    compile->nodes[place] = made;
    *ret_node = made;
    if (!object) {
        return MST_OK;
    }
    enum mst_status status = js_compile_identity(compile, made, node);
    return status == MST_OK ? js_compile_keywords(compile, made, node) : status;
}

enum mst_status
js_compile_below(struct js_compile *compile, const struct js_node *up,
                 const struct avro_node *node, struct mst_slice token,
                 struct js_node **ret_node)
{
    const struct js_where where = {
        .up = up, .resource = up->resource, .token = token};
    if (token.data == NULL) {
        return js_compile_memory(compile);
    }
    return js_compile_schema(compile, node, &where, ret_node);
}

/* The root, whose draft is 2020-12 until it says another. */
static enum mst_status
compile_root(struct js_compile *compile, const struct avro_node *node)
{
    struct js_resource *resource =
        js_compile_alloc(compile, 1, sizeof(*resource));
    if (resource == NULL) {
        return js_compile_memory(compile);
    }
    resource->draft = JS_DRAFT_2020;
    resource->uri = mst_arena_copy(&compile->schema->arena, MST_SLICE_LIT(""));
    resource->raw = node;
    if (resource->uri.data == NULL
        || avro_names_add(&compile->resources, resource->uri, resource)
               != MST_OK) {
        return js_compile_memory(compile);
    }
    const struct js_where where = {.resource = resource,
                                   .token = MST_SLICE_LIT("")};
    enum mst_status status =
        js_compile_schema(compile, node, &where, &compile->schema->root);
    if (status == MST_OK && resource->root == NULL) {
        resource->root = compile->schema->root;
    }
    return status;
}

static enum mst_status
compile_text(struct js_compile *compile)
{
    struct avro_node root;
    struct mst_error why;
    enum mst_status status =
        avro_node_read(compile->subject.text, MST_BIG_NUMBERS_DECIMAL,
                       &compile->schema->bson, &root, &why);
    if (status == MST_FATAL) {
        return js_compile_memory(compile);
    }
    if (status != MST_OK) {
        return mst_text_fail_as(&compile->subject, &why);
    }
    compile->nodes =
        calloc(compile->subject.text.len + 1, sizeof(struct js_node *));
    if (compile->nodes == NULL) {
        return js_compile_memory(compile);
    }
    status = compile_root(compile, &root);
    if (status == MST_OK) {
        status = js_compile_follow(compile);
    }
    return status == MST_OK ? js_compile_loops(compile) : status;
}

enum mst_status
mst_json_schema_parse(struct mst_slice text, bool formats,
                      struct mst_json_schema **ret_schema,
                      struct mst_error *err)
{
    struct js_compile compile = {
        .subject = {err, "json_schema", "the JSON Schema", text, false}};
    if (text.len == 0 || text.len > MST_JSON_SCHEMA_MAX) {
        return mst_fail_at(err, MST_REJECTED, "json_schema", 0,
                           "a JSON Schema of %zu bytes: it may have 1 to %d",
                           text.len, MST_JSON_SCHEMA_MAX);
    }
    compile.schema = calloc(1, sizeof(*compile.schema));
    if (compile.schema == NULL) {
        return mst_fail_memory(err, "json_schema");
    }
    compile.schema->formats = formats;
    compile.end = text.data + text.len;
    mst_buf_init(&compile.schema->bson, (size_t)MST_JSON_SCHEMA_MAX * 4);
    enum mst_status status = compile_text(&compile);
    free(compile.nodes);
    free(compile.references);
    avro_names_clear(&compile.resources);
    if (status != MST_OK) {
        mst_json_schema_destroy(compile.schema);
        return status;
    }
    *ret_schema = compile.schema;
    return MST_OK;
}

void
mst_json_schema_destroy(struct mst_json_schema *schema)
{
    if (schema != NULL) {
        js_patterns_destroy(schema->patterns);
        mst_buf_clear(&schema->bson);
        mst_arena_clear(&schema->arena);
        free(schema);
    }
}
