/* SPDX-License-Identifier: MIT */
/* Which type of Avro takes what a JSON Schema says of a scalar. */
#include "encodings/schema_tools/to_avro_impl.h"

enum { OBJECTID_LEN = 12, PRECISION_MAX = MST_AVRO_DECIMAL_DIGITS };

/* One alternative being looked at. */
struct scalar_case {
    struct to_avro *to;
    const struct schema_facets *facets;
    const uint8_t *where;
    struct to_union *types;
    bool merge; /* records become one */
    bool maps;  /* and that is a map, as one of them is */
};

static enum mst_status
scalar_put(const struct scalar_case *one, enum mst_avro_kind kind,
           enum mst_avro_logical logical)
{
    const struct to_scalar scalar = {.kind = kind, .logical = logical};
    return to_union_add(one->to, one->types, &scalar, one->where);
}

static bool
scalar_bound(const struct scalar_case *one, const char *word, int64_t *ret)
{
    struct avro_node node;
    return schema_facets_find(&one->to->doc, one->facets, word, &node)
           && mst_bson_as_int64(&node.value, ret);
}

static enum mst_status
scalar_integer(const struct scalar_case *one, struct mst_slice format)
{
    int64_t low = 0;
    int64_t high = 0;
    bool bounded = (scalar_bound(one, "minimum", &low)
                    || scalar_bound(one, "exclusiveMinimum", &low))
                   && (scalar_bound(one, "maximum", &high)
                       || scalar_bound(one, "exclusiveMaximum", &high));
    bool narrow = mst_slice_is(format, "int32")
                  || (bounded && !mst_slice_is(format, "int64")
                      && low >= INT32_MIN && high <= INT32_MAX);
    return scalar_put(one, narrow ? MST_AVRO_INT : MST_AVRO_LONG,
                      MST_AVRO_PLAIN);
}

static enum mst_status
scalar_decimal(const struct scalar_case *one)
{
    const struct mst_to_avro_options *options = one->to->options;
    const struct to_scalar scalar = {.kind = MST_AVRO_BYTES,
                                     .logical = MST_AVRO_DECIMAL,
                                     .precision = options->precision,
                                     .scale = options->scale};
    if (options->precision == 0) {
        enum mst_status status = mst_text_fail(
            &one->to->doc.subject, one->where,
            "a decimal without precision and scale: Avro's have both");
        if (one->to->doc.subject.err != NULL) {
            mst_error_hint(one->to->doc.subject.err,
                           "give them for all such: --decimal 34,10");
        }
        return status;
    }
    return to_union_add(one->to, one->types, &scalar, one->where);
}

/* "enum" or "const" whose texts are names of Avro, each once. False: they are
 * not, or there is none. */
static enum mst_status
scalar_enum(const struct scalar_case *one, bool *ret_is)
{
    struct avro_node list;
    struct avro_members members;
    struct schema_doc *doc = &one->to->doc;
    struct to_scalar scalar = {.kind = MST_AVRO_ENUM};
    size_t n = 0;
    *ret_is = false;
    if (!schema_facets_find(doc, one->facets, "enum", &list)
        || list.value.type != MST_BSON_ARRAY) {
        return MST_OK;
    }
    avro_members_init(&members, &list, doc->end);
    while (avro_members_next(&members)) {
        n++;
    }
    scalar.symbols = schema_doc_alloc(doc, (n + 1) * sizeof(*scalar.symbols));
    if (scalar.symbols == NULL) {
        return schema_doc_memory(doc);
    }
    avro_members_init(&members, &list, doc->end);
    while (avro_members_next(&members)) {
        struct mst_slice text = MST_SLICE_NONE;
        if (!avro_node_string(&members.node, &text)) {
            continue; /* of another type, and told there */
        }
        if (!to_is_name(text)) {
            return MST_OK;
        }
        scalar.symbols[scalar.symbols_len++] = text;
    }
    scalar.name = schema_facets_text(doc, one->facets, "x-avro-name");
    *ret_is = scalar.symbols_len > 0;
    return *ret_is ? to_union_add(one->to, one->types, &scalar, one->where)
                   : MST_OK;
}

static enum mst_status
scalar_string(const struct scalar_case *one, struct mst_slice format)
{
    struct mst_slice content =
        schema_facets_text(&one->to->doc, one->facets, "contentEncoding");
    bool is_enum = false;
    if (mst_slice_is(format, "date-time")) {
        return scalar_put(one, MST_AVRO_LONG, MST_AVRO_TIMESTAMP_MILLIS);
    }
    if (mst_slice_is(format, "date")) {
        return scalar_put(one, MST_AVRO_INT, MST_AVRO_DATE);
    }
    if (mst_slice_is(format, "uuid")) {
        return scalar_put(one, MST_AVRO_STRING, MST_AVRO_UUID);
    }
    if (mst_slice_is(format, "decimal")) {
        return scalar_decimal(one);
    }
    if (mst_slice_is(format, "objectid") && one->to->options->objectid_fixed) {
        const struct to_scalar scalar = {.kind = MST_AVRO_FIXED,
                                         .size = OBJECTID_LEN,
                                         .name = MST_SLICE_LIT("ObjectId")};
        return to_union_add(one->to, one->types, &scalar, one->where);
    }
    if (mst_slice_is(content, "base64")) {
        return scalar_put(one, MST_AVRO_BYTES, MST_AVRO_PLAIN);
    }
    enum mst_status status = scalar_enum(one, &is_enum);
    return status != MST_OK || is_enum
               ? status
               : scalar_put(one, MST_AVRO_STRING, MST_AVRO_PLAIN);
}

static bool
scalar_number_of(const struct scalar_case *one, const struct avro_node *node,
                 const char *word, int64_t max, unsigned *ret)
{
    struct avro_node member;
    int64_t value = 0;
    if (!schema_doc_find(&one->to->doc, node, word, &member)) {
        return true;
    }
    if (!avro_node_integer(&member, 0, max, &value)) {
        return false;
    }
    *ret = (unsigned)value;
    return true;
}

/* "x-avro": the type as Avro writes it, without those that hold others. */
static enum mst_status
scalar_told(const struct scalar_case *one, const struct avro_node *node)
{
    struct schema_doc *doc = &one->to->doc;
    struct to_scalar scalar = {.kind = MST_AVRO_NULL};
    struct avro_node member;
    struct mst_slice name = MST_SLICE_NONE;
    unsigned size = 0;
    bool is_text = avro_node_string(node, &name);
    bool good = is_text
                || (schema_doc_find(doc, node, "type", &member)
                    && avro_node_string(&member, &name));
    good = good && mst_avro_kind_find(name, &scalar.kind)
           && (scalar.kind <= MST_AVRO_STRING
               || (scalar.kind == MST_AVRO_FIXED && !is_text));
    if (good && !is_text) {
        good = scalar_number_of(one, node, "precision", PRECISION_MAX,
                                &scalar.precision)
               && scalar_number_of(one, node, "scale", PRECISION_MAX,
                                   &scalar.scale)
               && scalar_number_of(one, node, "size", INT32_MAX, &size);
        scalar.size = size;
        if (schema_doc_find(doc, node, "name", &member)) {
            good = good && avro_node_string(&member, &scalar.name)
                   && to_is_full_name(scalar.name);
        }
        if (schema_doc_find(doc, node, "logicalType", &member)
            && avro_node_string(&member, &name)) {
            const struct mst_avro_type type = {.kind = scalar.kind,
                                               .precision = scalar.precision,
                                               .scale = scalar.scale,
                                               .size = scalar.size};
            scalar.logical = mst_avro_logical_find(name);
            good = good && scalar.logical != MST_AVRO_PLAIN
                   && mst_avro_logical_fits(&type, scalar.logical);
        }
    }
    if (!good) {
        return mst_text_fail(&doc->subject, node->text,
                             "\"x-avro\" is a primitive type of Avro or a "
                             "fixed, with a logical type that fits it");
    }
    return to_union_add(one->to, one->types, &scalar, one->where);
}

/* "x-bson-type": what JSON has no words for, and Avro neither. */
static enum mst_status
scalar_bson(const struct scalar_case *one, struct mst_slice bson)
{
    struct mst_error *err = one->to->doc.subject.err;
    if (!mst_slice_is(bson, "timestamp")) {
        return mst_text_fail(&one->to->doc.subject, one->where,
                             "BSON's %.*s has no type in Avro",
                             (int)(bson.len < 50 ? bson.len : 50),
                             (const char *)bson.data);
    }
    if (one->to->options->lossy_timestamps) {
        return scalar_put(one, MST_AVRO_LONG, MST_AVRO_TIMESTAMP_MILLIS);
    }
    enum mst_status status =
        mst_text_fail(&one->to->doc.subject, one->where,
                      "a BSON timestamp with an increment has no type in "
                      "Avro that keeps the increment");
    if (err != NULL) {
        mst_error_hint(err, "--lossy-numbers drops it, here and in "
                            "'mstream convert'");
    }
    return status;
}

/* The branch that the type belongs to; a new one if there is none. NULL: there
 * are too many. */
static struct to_branch *
scalar_branch(const struct scalar_case *one, enum mst_avro_kind kind,
              struct mst_slice key)
{
    struct to_union *types = one->types;
    for (size_t i = 0; i < types->len; i++) {
        struct to_branch *branch = &types->branches[i];
        if (branch->scalar.kind == kind
            && (kind != MST_AVRO_RECORD || one->merge
                || mst_slice_equal(branch->key, key))) {
            return branch;
        }
    }
    if (types->len == TO_AVRO_BRANCHES_MAX) {
        return NULL;
    }
    struct to_branch *branch = &types->branches[types->len++];
    *branch = (struct to_branch){.scalar = {.kind = kind}, .key = key};
    return branch;
}

/* Arrays are one branch, maps too, whatever is in them. */
static enum mst_status
scalar_nested(const struct scalar_case *one,
              const struct schema_alternative *alternative)
{
    struct schema_doc *doc = &one->to->doc;
    enum mst_avro_kind kind = MST_AVRO_ARRAY;
    struct mst_slice key = MST_SLICE_NONE;
    if (alternative->type == SCHEMA_OBJECT) {
        kind = one->maps || to_is_map(one->to, one->facets) ? MST_AVRO_MAP
                                                            : MST_AVRO_RECORD;
    }
    struct schema_alternative *list = schema_doc_alloc(doc, sizeof(*list));
    if (list == NULL) {
        return schema_doc_memory(doc);
    }
    *list = *alternative;
    const struct schema_alternatives only = {list, 1, 1};
    if (kind == MST_AVRO_RECORD) {
        enum mst_status status = to_record_key(one->to, &only, &key);
        if (status != MST_OK) {
            return status;
        }
    }
    struct to_branch *branch = scalar_branch(one, kind, key);
    if (branch == NULL) {
        return mst_text_fail(&doc->subject, one->where,
                             "a value may be more than %d types of Avro",
                             TO_AVRO_BRANCHES_MAX);
    }
    if (branch->of.len == 0) {
        branch->of = only;
        return MST_OK;
    }
    return kind == MST_AVRO_RECORD && mst_slice_equal(branch->key, key)
               ? MST_OK
               : schema_alternatives_push(doc, &branch->of, alternative);
}

/* What nothing is said of: any scalar. */
static enum mst_status
scalar_any(const struct scalar_case *one)
{
    static const enum mst_avro_kind kinds[] = {
        MST_AVRO_NULL,   MST_AVRO_BOOLEAN, MST_AVRO_LONG,
        MST_AVRO_DOUBLE, MST_AVRO_STRING,  MST_AVRO_BYTES,
    };
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < MST_ARRAY_SIZE(kinds) && status == MST_OK; i++) {
        status = scalar_put(one, kinds[i], MST_AVRO_PLAIN);
    }
    return status;
}

static enum mst_status
scalar_of(const struct scalar_case *one,
          const struct schema_alternative *alternative)
{
    struct avro_node node;
    struct schema_doc *doc = &one->to->doc;
    struct mst_slice format = schema_facets_text(doc, one->facets, "format");
    struct mst_slice bson = schema_facets_text(doc, one->facets, "x-bson-type");
    if (!alternative->said) {
        return scalar_any(one);
    }
    if (alternative->type == SCHEMA_NULL) {
        return scalar_put(one, MST_AVRO_NULL, MST_AVRO_PLAIN);
    }
    if (alternative->type == SCHEMA_ARRAY
        || alternative->type == SCHEMA_OBJECT) {
        return scalar_nested(one, alternative);
    }
    if (schema_facets_find(doc, one->facets, "x-avro", &node)) {
        return scalar_told(one, &node);
    }
    if (bson.data != NULL) {
        return scalar_bson(one, bson);
    }
    if (alternative->type == SCHEMA_BOOLEAN) {
        return scalar_put(one, MST_AVRO_BOOLEAN, MST_AVRO_PLAIN);
    }
    if (alternative->type == SCHEMA_INTEGER) {
        return scalar_integer(one, format);
    }
    if (alternative->type == SCHEMA_NUMBER) {
        return scalar_put(one,
                          mst_slice_is(format, "float") ? MST_AVRO_FLOAT
                                                        : MST_AVRO_DOUBLE,
                          MST_AVRO_PLAIN);
    }
    return scalar_string(one, format);
}

enum mst_status
to_union_of(struct to_avro *to, const struct schema_alternatives *alternatives,
            bool merge, struct to_union *ret_union)
{
    enum mst_status status = MST_OK;
    const uint8_t *where = to->doc.root.text;
    bool maps = false;
    ret_union->len = 0;
    for (size_t i = 0; i < alternatives->len && merge; i++) {
        const struct schema_alternative *one = &alternatives->list[i];
        maps = maps
               || (one->type == SCHEMA_OBJECT && one->said
                   && to_is_map(to, one->facets));
    }
    for (size_t i = 0; i < alternatives->len && status == MST_OK; i++) {
        const struct schema_alternative *one = &alternatives->list[i];
        where = one->facets->nodes[0].text;
        const struct scalar_case here = {to,        one->facets, where,
                                         ret_union, merge,       maps};
        status = scalar_of(&here, one);
    }
    return status == MST_OK ? to_union_settle(to, ret_union, where) : status;
}
