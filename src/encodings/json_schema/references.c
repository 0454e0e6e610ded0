/* SPDX-License-Identifier: MIT */
/* Addresses of schemas, and what refers to them. */
#include "encodings/json_schema/compile.h"

#include <stdlib.h>

#include "encodings/json_schema/uri.h"

enum { REFERENCE_TEXT_MAX = 64 * 1024 };

static int
reference_shown(struct mst_slice text)
{
    return (int)(text.len < 200 ? text.len : 200);
}

/* $schema, which says the draft. */
static enum mst_status
reference_draft(struct js_compile *compile, struct js_resource *resource,
                const struct avro_node *object)
{
    struct avro_node value;
    struct mst_slice uri = MST_SLICE_NONE;
    if (!avro_node_find(object, compile->end, "$schema", &value)) {
        return MST_OK;
    }
    if (!avro_node_string(&value, &uri)) {
        return mst_text_fail(&compile->subject, value.text,
                             "$schema is a string");
    }
    if (uri.len > 0 && uri.data[uri.len - 1] == '#') {
        uri.len--;
    }
    if (mst_slice_is(uri, "https://json-schema.org/draft/2020-12/schema")) {
        resource->draft = JS_DRAFT_2020;
    } else if (mst_slice_is(uri, "http://json-schema.org/draft-07/schema")
               || mst_slice_is(uri,
                               "https://json-schema.org/draft-07/schema")) {
        resource->draft = JS_DRAFT_7;
    } else {
        return mst_text_fail(&compile->subject, value.text,
                             "the draft '%.*s' is not known: 2020-12 and 7 are",
                             reference_shown(uri), (const char *)uri.data);
    }
    return MST_OK;
}

static enum mst_status
reference_anchor(struct js_compile *compile, struct js_node *node,
                 struct mst_slice name, bool dynamic)
{
    struct js_anchor *anchor = js_compile_alloc(compile, 1, sizeof(*anchor));
    if (anchor == NULL) {
        return js_compile_memory(compile);
    }
    *anchor = (struct js_anchor){.name = name,
                                 .node = node,
                                 .dynamic = dynamic,
                                 .next = node->resource->anchors};
    node->resource->anchors = anchor;
    return MST_OK;
}

/* A schema with an address of its own; the root has one already. */
static enum mst_status
reference_resource(struct js_compile *compile, struct js_node *node,
                   const struct avro_node *object, struct mst_slice id)
{
    struct js_resource *around = node->resource;
    struct js_resource *made = js_compile_alloc(compile, 1, sizeof(*made));
    struct avro_node *raw = js_compile_alloc(compile, 1, sizeof(*raw));
    struct mst_buf uri;
    mst_buf_init(&uri, REFERENCE_TEXT_MAX);
    if (made == NULL || raw == NULL) {
        return js_compile_memory(compile);
    }
    *raw = *object;
    *made =
        (struct js_resource){.draft = around->draft, .root = node, .raw = raw};
    enum mst_status status = js_uri_resolve(around->uri, id, &uri);
    if (status == MST_OK) {
        made->uri =
            mst_arena_copy(&compile->schema->arena, mst_buf_slice(&uri));
    }
    mst_buf_clear(&uri);
    if (status == MST_REJECTED) {
        return mst_text_fail(&compile->subject, object->text,
                             "the $id is too long");
    }
    if (made->uri.data == NULL) {
        return js_compile_memory(compile);
    }
    if (mst_slice_equal(made->uri, around->uri)) {
        return MST_OK;
    }
    node->resource = made;
    status = avro_names_add(&compile->resources, made->uri, made);
    if (status == MST_AGAIN) {
        return mst_text_fail(&compile->subject, object->text,
                             "another schema has the $id '%.*s'",
                             reference_shown(made->uri),
                             (const char *)made->uri.data);
    }
    return status == MST_OK ? MST_OK : js_compile_memory(compile);
}

static enum mst_status
reference_id(struct js_compile *compile, struct js_node *node,
             const struct avro_node *object)
{
    struct avro_node value;
    struct avro_node ref;
    struct mst_slice id = MST_SLICE_NONE;
    bool old = node->resource->draft == JS_DRAFT_7;
    if (!avro_node_find(object, compile->end, "$id", &value)
        || (old && avro_node_find(object, compile->end, "$ref", &ref))) {
        return MST_OK;
    }
    if (!avro_node_string(&value, &id)) {
        return mst_text_fail(&compile->subject, value.text, "$id is a string");
    }
    struct mst_slice fragment = js_uri_fragment(id);
    if (old && id.len > 1 && id.data[0] == '#') {
        return reference_anchor(compile, node, fragment, false);
    }
    if (!old && fragment.len > 0) {
        return mst_text_fail(&compile->subject, value.text,
                             "an $id has no fragment: $anchor gives names");
    }
    enum mst_status status = reference_resource(compile, node, object, id);
    return status == MST_OK ? reference_draft(compile, node->resource, object)
                            : status;
}

enum mst_status
js_compile_identity(struct js_compile *compile, struct js_node *node,
                    const struct avro_node *object)
{
    struct avro_node value;
    struct mst_slice name = MST_SLICE_NONE;
    enum mst_status status = MST_OK;
    if (node->resource->root == NULL) {
        node->resource->root = node;
        status = reference_draft(compile, node->resource, object);
    }
    if (status == MST_OK) {
        status = reference_id(compile, node, object);
    }
    static const char *const words[] = {"$anchor", "$dynamicAnchor"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(words) && status == MST_OK; i++) {
        if (node->resource->draft == JS_DRAFT_7
            || !avro_node_find(object, compile->end, words[i], &value)) {
            continue;
        }
        status = avro_node_string(&value, &name)
                     ? reference_anchor(compile, node, name, i == 1)
                     : mst_text_fail(&compile->subject, value.text,
                                     "%s is a string", words[i]);
    }
    return status;
}

enum mst_status
js_compile_refer(struct js_compile *compile, struct js_node *node,
                 const struct avro_node *value, bool dynamic)
{
    struct mst_slice text = MST_SLICE_NONE;
    if (!avro_node_string(value, &text)) {
        return mst_text_fail(&compile->subject, value->text,
                             "a reference is a string");
    }
    if (compile->references_len == compile->references_cap) {
        size_t cap =
            compile->references_cap == 0 ? 16 : compile->references_cap * 2;
        struct js_reference *wider =
            realloc(compile->references, cap * sizeof(*wider));
        if (wider == NULL) {
            return js_compile_memory(compile);
        }
        compile->references = wider;
        compile->references_cap = cap;
    }
    compile->references[compile->references_len++] =
        (struct js_reference){node, *value, dynamic};
    return MST_OK;
}

/* One step of a JSON pointer. MST_END: it leads nowhere. */
static enum mst_status
reference_step(const struct js_compile *compile, const struct avro_node *node,
               struct mst_slice token, struct avro_node *ret_node)
{
    struct mst_buf name;
    struct avro_members members;
    bool found = false;
    if (node->value.type != MST_BSON_DOCUMENT
        && node->value.type != MST_BSON_ARRAY) {
        return MST_END;
    }
    mst_buf_init(&name, token.len + 1);
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < token.len && status == MST_OK; i++) {
        uint8_t c = token.data[i];
        if (c == '~' && i + 1 < token.len
            && (token.data[i + 1] == '0' || token.data[i + 1] == '1')) {
            c = token.data[++i] == '0' ? '~' : '/';
        }
        status = mst_buf_append_char(&name, (char)c);
    }
    avro_members_init(&members, node, compile->end);
    while (status == MST_OK && !found && avro_members_next(&members)) {
        found = mst_slice_equal(members.iter.key, mst_buf_slice(&name));
        *ret_node = members.node;
    }
    mst_buf_clear(&name);
    if (status != MST_OK) {
        return js_compile_memory(compile);
    }
    return found ? MST_OK : MST_END;
}

/* What a JSON pointer leads to, from the root of a resource. */
static enum mst_status
reference_point(struct js_compile *compile, const struct js_reference *from,
                struct js_resource *resource, struct mst_slice pointer,
                struct js_node **ret_node)
{
    struct avro_node at = *resource->raw;
    for (size_t i = 1; i <= pointer.len; i++) {
        size_t end = i;
        while (end < pointer.len && pointer.data[end] != '/') {
            end++;
        }
        struct avro_node next;
        enum mst_status status = reference_step(
            compile, &at, mst_slice_of(pointer.data + i, end - i), &next);
        if (status == MST_FATAL) {
            return status;
        }
        if (status != MST_OK) {
            return mst_text_fail(&compile->subject, from->place.text,
                                 "there is nothing at '%.*s'",
                                 reference_shown(pointer),
                                 (const char *)pointer.data);
        }
        at = next;
        i = end;
    }
    struct js_where where = {
        .resource = resource,
        .token = mst_arena_copy(&compile->schema->arena, pointer)};
    return where.token.data == NULL
               ? js_compile_memory(compile)
               : js_compile_schema(compile, &at, &where, ret_node);
}

/* The schema that a fragment names in a resource. */
static enum mst_status
reference_fragment(struct js_compile *compile, const struct js_reference *from,
                   struct js_resource *resource, struct mst_slice fragment,
                   struct js_node **ret_node)
{
    if (fragment.len == 0) {
        *ret_node = resource->root;
        return MST_OK;
    }
    if (fragment.data[0] == '/') {
        return reference_point(compile, from, resource, fragment, ret_node);
    }
    for (struct js_anchor *anchor = resource->anchors; anchor != NULL;
         anchor = anchor->next) {
        if (!mst_slice_equal(anchor->name, fragment)) {
            continue;
        }
        *ret_node = anchor->node;
        if (from->dynamic && anchor->dynamic) {
            from->node->combine->dynamic_name = anchor->name;
            compile->schema->dynamic = true;
        }
        return MST_OK;
    }
    return mst_text_fail(
        &compile->subject, from->place.text, "no schema has the anchor '%.*s'",
        reference_shown(fragment), (const char *)fragment.data);
}

/* The schema that an address and a fragment lead to. */
static enum mst_status
reference_find(struct js_compile *compile, const struct js_reference *from,
               struct mst_slice address, struct mst_slice fragment,
               struct js_node **ret_node)
{
    struct js_resource *resource =
        avro_names_find(&compile->resources, address);
    if (resource == NULL) {
        return mst_text_fail(&compile->subject, from->place.text,
                             "it refers to '%.*s', which is not part of it: "
                             "other documents are not loaded",
                             reference_shown(address),
                             (const char *)address.data);
    }
    return reference_fragment(compile, from, resource, fragment, ret_node);
}

static enum mst_status
reference_follow(struct js_compile *compile, const struct js_reference *from)
{
    struct mst_buf uri;
    struct mst_buf fragment;
    struct mst_slice text = MST_SLICE_NONE;
    struct js_node *target = NULL;
    struct js_combine *combine = js_compile_combine(compile, from->node);
    (void)avro_node_string(&from->place, &text);
    if (combine == NULL) {
        return js_compile_memory(compile);
    }
    if (text.len > REFERENCE_TEXT_MAX / 2) {
        return mst_text_fail(&compile->subject, from->place.text,
                             "the reference is too long");
    }
    mst_buf_init(&uri, (size_t)REFERENCE_TEXT_MAX * 2);
    mst_buf_init(&fragment, REFERENCE_TEXT_MAX);
    enum mst_status status =
        js_uri_resolve(from->node->resource->uri, text, &uri);
    if (status == MST_OK) {
        status = js_uri_decode(js_uri_fragment(text), &fragment);
    }
    if (status == MST_OK) {
        status = reference_find(compile, from,
                                uri.len == 0 ? MST_SLICE_LIT("")
                                             : mst_buf_slice(&uri),
                                mst_buf_slice(&fragment), &target);
    } else {
        status = js_compile_memory(compile);
    }
    mst_buf_clear(&uri);
    mst_buf_clear(&fragment);
    struct js_node **slot =
        from->dynamic ? &combine->dynamic_ref : &combine->ref;
    *slot = target;
    return status;
}

enum mst_status
js_compile_follow(struct js_compile *compile)
{
    /* What they lead to may refer further. */
    for (size_t i = 0; i < compile->references_len; i++) {
        struct js_reference from = compile->references[i];
        enum mst_status status = reference_follow(compile, &from);
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}
