/* SPDX-License-Identifier: MIT */
/* The text of a JSON Schema, its places and its references. */
#include "encodings/schema_tools/doc.h"

#include "encodings/digits_read.h"
#include "encodings/json_bson.h"
#include "encodings/json_check.h"

enum mst_status
schema_doc_memory(const struct schema_doc *doc)
{
    return mst_fail_memory(doc->subject.err, "schema");
}

void *
schema_doc_alloc(struct schema_doc *doc, size_t size)
{
    return mst_arena_alloc_zeroed(&doc->arena, 1, size);
}

enum mst_status
schema_doc_open(struct schema_doc *doc, struct mst_slice text,
                struct mst_error *err)
{
    static const struct mst_json_read_options options = {
        .no_extended = true, .big_numbers = MST_BIG_NUMBERS_DOUBLE};
    struct mst_error why;
    *doc = (struct schema_doc){
        .subject = {err, "schema", "the JSON Schema", text, true}};
    mst_buf_init(&doc->bson, (size_t)SCHEMA_DOC_MAX * 4);
    if (text.len == 0 || text.len > SCHEMA_DOC_MAX) {
        return mst_fail_at(err, MST_REJECTED, "schema", 0,
                           "a JSON Schema of %zu bytes: it may have 1 to %d",
                           text.len, SCHEMA_DOC_MAX);
    }
    doc->end = text.data + text.len;
    mst_error_clear(&why);
    enum mst_status status = mst_json_check(text, &why);
    const uint8_t *first = mst_json_skip_space(text.data, doc->end);
    if (status == MST_OK && *first != '{') {
        return mst_text_fail(&doc->subject, first,
                             "a JSON Schema that says something is an "
                             "object");
    }
    if (status == MST_OK) {
        status = mst_json_to_bson(text, &options, &doc->bson, &why);
    }
    if (status != MST_OK) {
        return status == MST_FATAL ? schema_doc_memory(doc)
                                   : mst_text_fail_as(&doc->subject, &why);
    }
    doc->root = (struct avro_node){
        {MST_BSON_DOCUMENT, mst_buf_slice(&doc->bson)}, first};
    return MST_OK;
}

void
schema_doc_clear(struct schema_doc *doc)
{
    mst_buf_clear(&doc->bson);
    mst_arena_clear(&doc->arena);
}

bool
schema_doc_find(const struct schema_doc *doc, const struct avro_node *node,
                const char *name, struct avro_node *ret_node)
{
    return avro_node_find(node, doc->end, name, ret_node);
}

bool
schema_facets_find(const struct schema_doc *doc,
                   const struct schema_facets *facets, const char *name,
                   struct avro_node *ret_node)
{
    for (size_t i = 0; i < facets->len; i++) {
        if (schema_doc_find(doc, &facets->nodes[i], name, ret_node)) {
            return true;
        }
    }
    return false;
}

struct mst_slice
schema_facets_text(const struct schema_doc *doc,
                   const struct schema_facets *facets, const char *name)
{
    struct avro_node node;
    struct mst_slice text = MST_SLICE_NONE;
    for (size_t i = 0; i < facets->len; i++) {
        if (schema_doc_find(doc, &facets->nodes[i], name, &node)
            && avro_node_string(&node, &text)) {
            return text;
        }
    }
    return MST_SLICE_NONE;
}

bool
schema_facets_require(const struct schema_doc *doc,
                      const struct schema_facets *facets, struct mst_slice name)
{
    for (size_t i = 0; i < facets->len; i++) {
        struct avro_node list;
        struct avro_members members;
        struct mst_slice text = MST_SLICE_NONE;
        if (!schema_doc_find(doc, &facets->nodes[i], "required", &list)
            || list.value.type != MST_BSON_ARRAY) {
            continue;
        }
        avro_members_init(&members, &list, doc->end);
        while (avro_members_next(&members)) {
            if (avro_node_string(&members.node, &text)
                && mst_slice_equal(text, name)) {
                return true;
            }
        }
    }
    return false;
}

/* The next token of a JSON pointer in a URI fragment, decoded and closed by a
 * NUL; *at moves behind it. NULL: no memory. */
static char *
doc_token(struct schema_doc *doc, struct mst_slice *at)
{
    const uint8_t *slash = memchr(at->data, '/', at->len);
    size_t len = slash == NULL ? at->len : (size_t)(slash - at->data);
    uint8_t *token = schema_doc_alloc(doc, len + 1);
    size_t n = 0;
    for (size_t i = 0; token != NULL && i < len; i++) {
        uint8_t c = at->data[i];
        if (c == '%' && len - i > 2 && mst_parse_hex(at->data + i + 1, 1, &c)) {
            i += 2;
        }
        if (n > 0 && token[n - 1] == '~' && (c == '0' || c == '1')) {
            token[n - 1] = c == '0' ? '~' : '/';
            /* "~01" is "~1": what is made is not looked at again. */
            if (c == '0' && len - i > 1 && at->data[i + 1] == '1') {
                token[n++] = at->data[++i];
            }
            continue;
        }
        token[n++] = c;
    }
    *at = slash == NULL ? MST_SLICE_NONE
                        : mst_slice_of(slash + 1, at->len - len - 1);
    return (char *)token;
}

/* What "$ref" means: "#" and a JSON pointer. */
static enum mst_status
doc_follow(struct schema_doc *doc, const struct avro_node *node,
           struct avro_node *ret_node, struct mst_slice *ret_name)
{
    struct mst_slice ref = MST_SLICE_NONE;
    struct avro_node at = doc->root;
    if (!avro_node_string(node, &ref) || ref.len == 0 || ref.data[0] != '#'
        || (ref.len > 1 && ref.data[1] != '/')) {
        return mst_text_fail(&doc->subject, node->text,
                             "only references inside of the schema are "
                             "followed: \"#/$defs/name\"");
    }
    struct mst_slice rest =
        ref.len > 1 ? mst_slice_of(ref.data + 2, ref.len - 2) : MST_SLICE_NONE;
    while (rest.data != NULL) {
        char *token = doc_token(doc, &rest);
        struct avro_node next = at;
        if (token == NULL) {
            return schema_doc_memory(doc);
        }
        bool found = schema_doc_find(doc, &at, token, &next);
        if (!found && at.value.type == MST_BSON_ARRAY) {
            struct avro_members members;
            avro_members_init(&members, &at, doc->end);
            while (!found && avro_members_next(&members)) {
                found = mst_slice_is(members.iter.key, token);
                next = members.node;
            }
        }
        if (!found) {
            return mst_text_fail(
                &doc->subject, node->text, "there is nothing at '%.*s'",
                (int)(ref.len < 200 ? ref.len : 200), (const char *)ref.data);
        }
        at = next;
        *ret_name = mst_slice_str(token);
    }
    *ret_node = at;
    return MST_OK;
}

enum mst_status
schema_doc_step(struct schema_doc *doc, const uint8_t *where)
{
    return doc->steps++ < SCHEMA_STEPS_MAX
               ? MST_OK
               : mst_text_fail(&doc->subject, where,
                               "the schema is too large when its references "
                               "are followed");
}

/* A schema of its own; those that it is made of come behind. */
static enum mst_status
facets_push(struct schema_doc *doc, struct schema_facets *facets,
            const struct avro_node *node)
{
    if (node->value.type == MST_BSON_BOOL) {
        bool value = false;
        (void)mst_bson_get_bool(&node->value, &value);
        facets->never = facets->never || !value;
        return MST_OK;
    }
    if (node->value.type != MST_BSON_DOCUMENT) {
        return mst_text_fail(&doc->subject, node->text,
                             "a schema is an object, true or false");
    }
    for (size_t i = 0; i < facets->len; i++) {
        if (facets->nodes[i].text == node->text) {
            return MST_OK;
        }
    }
    enum mst_status status = schema_doc_step(doc, node->text);
    if (status != MST_OK) {
        return status;
    }
    if (facets->len == SCHEMA_FACETS_MAX) {
        return mst_text_fail(&doc->subject, node->text,
                             "more than %d schemas hold at once",
                             SCHEMA_FACETS_MAX);
    }
    facets->nodes[facets->len++] = *node;
    return MST_OK;
}

enum mst_status
schema_facets_add(struct schema_doc *doc, struct schema_facets *facets,
                  const struct avro_node *node)
{
    size_t at = facets->len;
    enum mst_status status = facets_push(doc, facets, node);
    /* Those pushed below are looked at in their turn. */
    for (; at < facets->len && status == MST_OK; at++) {
        const struct avro_node *facet = &facets->nodes[at];
        struct avro_node member;
        struct avro_node target = *facet;
        if (schema_doc_find(doc, facet, "$ref", &member)) {
            status = doc_follow(doc, &member, &target, &facets->ref);
            if (status == MST_OK) {
                status = facets_push(doc, facets, &target);
            }
        }
        if (status == MST_OK && schema_doc_find(doc, facet, "allOf", &member)
            && member.value.type == MST_BSON_ARRAY) {
            struct avro_members members;
            avro_members_init(&members, &member, doc->end);
            while (status == MST_OK && avro_members_next(&members)) {
                status = facets_push(doc, facets, &members.node);
            }
        }
    }
    return status;
}
