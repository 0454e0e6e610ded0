/* SPDX-License-Identifier: MIT */
/* Writes unions and what is in them. */
#include "encodings/schema_tools/to_avro.h"

#include "encodings/avro/parse.h"
#include "encodings/schema_tools/to_avro_impl.h"

/* What an array may hold: items, those of tuples, both forms of "items". */
static enum mst_status
write_items_of(struct to_avro *to, const struct schema_alternatives *arrays,
               struct schema_alternatives *items)
{
    static const char *const words[] = {"items", "prefixItems",
                                        "additionalItems"};
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < arrays->len; i++) {
        const struct schema_facets *facets = arrays->list[i].facets;
        for (size_t j = 0; j < facets->len * MST_ARRAY_SIZE(words); j++) {
            struct avro_node node;
            struct avro_members members;
            if (status != MST_OK
                || !schema_doc_find(&to->doc, &facets->nodes[j / 3],
                                    words[j % 3], &node)) {
                continue;
            }
            if (node.value.type != MST_BSON_ARRAY) {
                status = schema_alternatives_of(&to->doc, &node, items);
                continue;
            }
            avro_members_init(&members, &node, to->doc.end);
            while (status == MST_OK && avro_members_next(&members)) {
                status = schema_alternatives_of(&to->doc, &members.node, items);
            }
        }
    }
    return status;
}

/* Whether any of them says what is inside. */
static bool
write_says(const struct to_avro *to, const struct schema_alternatives *of,
           bool is_map)
{
    static const char *const words[] = {"items", "prefixItems"};
    static const char *const names[] = {"properties", "additionalProperties",
                                        "patternProperties"};
    struct avro_node node;
    for (size_t i = 0; i < of->len; i++) {
        for (size_t j = 0;
             j < (is_map ? MST_ARRAY_SIZE(names) : MST_ARRAY_SIZE(words));
             j++) {
            if (schema_facets_find(&to->doc, of->list[i].facets,
                                   is_map ? names[j] : words[j], &node)
                && node.value.type != MST_BSON_BOOL) {
                return true;
            }
        }
    }
    return false;
}

static enum mst_status
write_container(struct to_avro *to, const struct to_branch *branch,
                struct mst_slice hint)
{
    struct schema_alternatives inside = {.len = 0};
    bool is_map = branch->scalar.kind == MST_AVRO_MAP;
    enum mst_status status = is_map ? to_map_values(to, &branch->of, &inside)
                                    : write_items_of(to, &branch->of, &inside);
    if (status != MST_OK) {
        return status;
    }
    if (inside.len == 0 && !write_says(to, &branch->of, is_map)) {
        /* Nothing is said: anything. */
        static const struct schema_facets none = {.len = 0};
        status = schema_alternatives_add(&to->doc, &none, 0, &inside);
    }
    schema_text_open(&to->text, NULL, '{');
    schema_text_str(&to->text, "type", is_map ? "map" : "array");
    schema_text_key(&to->text, mst_slice_str(is_map ? "values" : "items"));
    status = status == MST_OK
                 ? to_write(to, &inside, is_map || branch->of.len > 1, hint)
                 : status;
    schema_text_close(&to->text, '}');
    return status;
}

/* What makes a fixed or an enum the same as another. No data: no memory. */
static struct mst_slice
named_mark(struct to_avro *to, const struct to_scalar *scalar)
{
    struct mst_buf mark;
    struct mst_slice kept = MST_SLICE_NONE;
    mst_buf_init(&mark, (size_t)SCHEMA_DOC_MAX * 2);
    enum mst_status status = mst_buf_printf(&mark, "%u %u %zu ", scalar->scale,
                                            scalar->precision, scalar->size);
    if (status == MST_OK) {
        status = mst_buf_append(&mark, scalar->name.data, scalar->name.len);
    }
    for (size_t i = 0; i < scalar->symbols_len && status == MST_OK; i++) {
        status = mst_buf_append_char(&mark, ' ');
        if (status == MST_OK) {
            status = mst_buf_append(&mark, scalar->symbols[i].data,
                                    scalar->symbols[i].len);
        }
    }
    if (status == MST_OK) {
        kept = mst_arena_copy(&to->doc.arena, mst_buf_slice(&mark));
    }
    mst_buf_clear(&mark);
    return kept;
}

/* Fixeds and enums that have a name are written whole the first time, then by
 * it. */
static enum mst_status
write_named(struct to_avro *to, const struct to_scalar *scalar,
            struct mst_slice hint)
{
    bool told = scalar->name.data != NULL;
    struct mst_slice *known = schema_doc_alloc(&to->doc, sizeof(*known));
    struct mst_slice mark = named_mark(to, scalar);
    if (known == NULL || mark.data == NULL) {
        return schema_doc_memory(&to->doc);
    }
    const struct mst_slice *before =
        told ? avro_names_find(&to->records, mark) : NULL;
    if (before != NULL) {
        schema_text_slice(&to->text, NULL, *before);
        return MST_OK;
    }
    enum mst_status status =
        to_full_name(to, told ? scalar->name : hint, !told, known);
    if (status == MST_OK && told
        && avro_names_add(&to->records, mark, known) != MST_OK) {
        status = schema_doc_memory(&to->doc);
    }
    if (status != MST_OK) {
        return status;
    }
    schema_text_open(&to->text, NULL, '{');
    schema_text_str(&to->text, "type", mst_avro_kind_name(scalar->kind));
    schema_text_slice(&to->text, "name", *known);
    if (scalar->kind != MST_AVRO_ENUM) {
        schema_text_int(&to->text, "size", (int64_t)scalar->size);
        return MST_OK;
    }
    schema_text_open_line(&to->text, "symbols");
    for (size_t i = 0; i < scalar->symbols_len; i++) {
        schema_text_slice(&to->text, NULL, scalar->symbols[i]);
    }
    schema_text_close(&to->text, ']');
    return MST_OK;
}

static enum mst_status
write_scalar(struct to_avro *to, const struct to_scalar *scalar,
             struct mst_slice hint)
{
    enum mst_status status = MST_OK;
    bool named =
        scalar->kind == MST_AVRO_ENUM || scalar->kind == MST_AVRO_FIXED;
    size_t depth = to->text.depth;
    if (named) {
        status = write_named(to, scalar, hint);
    } else if (scalar->logical == MST_AVRO_PLAIN) {
        schema_text_str(&to->text, NULL, mst_avro_kind_name(scalar->kind));
    } else {
        schema_text_open(&to->text, NULL, '{');
        schema_text_str(&to->text, "type", mst_avro_kind_name(scalar->kind));
    }
    if (status != MST_OK || to->text.depth == depth) {
        return status; /* a name was enough */
    }
    if (scalar->logical != MST_AVRO_PLAIN) {
        schema_text_str(&to->text, "logicalType",
                        mst_avro_logical_name(scalar->logical));
    }
    if (scalar->logical == MST_AVRO_DECIMAL) {
        schema_text_int(&to->text, "precision", scalar->precision);
        schema_text_int(&to->text, "scale", scalar->scale);
    }
    schema_text_close(&to->text, '}');
    return status;
}

enum mst_status
to_write_union(struct to_avro *to, const struct to_union *types,
               struct mst_slice hint)
{
    enum mst_status status = MST_OK;
    if (to->depth == TO_AVRO_DEPTH_MAX) {
        return mst_text_fail(
            &to->doc.subject, to->doc.root.text,
            "the Avro schema would have more than %d types inside of each "
            "other at '%.*s', or arrays that hold themselves",
            TO_AVRO_DEPTH_MAX, (int)(hint.len < 200 ? hint.len : 200),
            (const char *)hint.data);
    }
    to->depth++;
    if (types->len == 0) {
        schema_text_str(&to->text, NULL, "null"); /* there is no value */
    } else if (types->len > 1) {
        schema_text_open(&to->text, NULL, '[');
    }
    for (size_t i = 0; i < types->len && status == MST_OK; i++) {
        const struct to_branch *branch = &types->branches[i];
        enum mst_avro_kind kind = branch->scalar.kind;
        if (kind == MST_AVRO_RECORD) {
            status = to_write_record(to, branch, hint);
        } else if (kind == MST_AVRO_ARRAY || kind == MST_AVRO_MAP) {
            status = write_container(to, branch, hint);
        } else {
            status = write_scalar(to, &branch->scalar, hint);
        }
    }
    if (types->len > 1) {
        schema_text_close(&to->text, ']');
    }
    to->depth--;
    return status;
}

enum mst_status
to_write(struct to_avro *to, const struct schema_alternatives *alternatives,
         bool merge, struct mst_slice hint)
{
    struct to_union types;
    enum mst_status status = to_union_of(to, alternatives, merge, &types);
    return status == MST_OK ? to_write_union(to, &types, hint) : status;
}

/* What was written must be a schema: this names what is not. */
static enum mst_status
to_check(struct mst_slice avro, struct mst_error *err)
{
    struct mst_avro_schema *schema = NULL;
    enum mst_status status = mst_avro_schema_parse(avro, &schema, err);
    mst_avro_schema_destroy(schema);
    if (status == MST_REJECTED && err != NULL) {
        mst_error_prefix(err, "what the JSON Schema becomes is refused: ");
    }
    return status;
}

static enum mst_status
to_run(struct to_avro *to, struct mst_buf *out, struct mst_error *err)
{
    const char *name = to->options->name;
    struct schema_alternatives alternatives = {.len = 0};
    size_t before = out->len;
    if (to->options->name_space != NULL) {
        to->space = mst_slice_str(to->options->name_space);
        if (!to_is_full_name(to->space)) {
            return mst_fail(err, MST_REJECTED, "schema", 0,
                            "'%s' is no namespace of Avro: names with dots "
                            "between",
                            to->options->name_space);
        }
    }
    if (name != NULL && !to_is_name(mst_slice_str(name))) {
        return mst_fail(err, MST_REJECTED, "schema", 0,
                        "'%s' is no name of Avro: letters, digits and _ are, "
                        "not a digit first",
                        name);
    }
    enum mst_status status =
        schema_alternatives_of(&to->doc, &to->doc.root, &alternatives);
    schema_text_init(&to->text, out);
    if (status == MST_OK) {
        status = to_write(to, &alternatives, false,
                          mst_slice_str(name == NULL ? "Record" : name));
    }
    if (status == MST_OK) {
        status = schema_text_end(&to->text, err);
    }
    if (status == MST_OK) {
        status =
            to_check(mst_slice_of(out->data + before, out->len - before), err);
    }
    if (status != MST_OK) {
        out->len = before;
    }
    return status;
}

enum mst_status
mst_json_schema_to_avro(struct mst_slice json,
                        const struct mst_to_avro_options *options,
                        struct mst_buf *out, struct mst_error *err)
{
    static const struct mst_to_avro_options usual = {.name = NULL};
    struct to_avro to = {.options = options == NULL ? &usual : options};
    enum mst_status status = schema_doc_open(&to.doc, json, err);
    if (status == MST_OK) {
        status = to_run(&to, out, err);
    }
    avro_names_clear(&to.used);
    avro_names_clear(&to.records);
    schema_doc_clear(&to.doc);
    return status;
}
