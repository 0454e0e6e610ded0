/* SPDX-License-Identifier: MIT */
/*
 * Values by the types that the schema allows. What is made up is held against
 * the schema, and made up anew where the schema refuses it: limits that are
 * not looked at here (not, oneOf, uniqueItems) are kept all the same.
 */
#include "encodings/schema_tools/fill.h"

#include <stdio.h>
#include <stdlib.h>

#include "encodings/json_schema/plan.h"
#include "encodings/schema_tools/fill_impl.h"

enum {
    FILL_TRIES = 200,
    /* From here on only what must be there. */
    FILL_DEPTH_USUAL = 6,
    FILL_DEPTH_MAX = 90,
    FILL_ITEMS_USUAL = 3,
    FILL_ITEMS_MAX = 10000,
    FILL_ARENA_KEPT = 1024 * 1024,
    FILL_KEY_MAX = 24
};

struct mst_fill {
    struct fill_run run;
    struct mst_json_plan *plan;
    struct mst_transcoder step;
    struct mst_buf checked;
};

static enum mst_status fill_value(struct fill_run *run,
                                  struct fill_place *place,
                                  const struct schema_alternatives *may_be);

uint64_t
fill_next(struct fill_run *run)
{
    /* splitmix64 */
    uint64_t z = run->state += 0x9E3779B97F4A7C15ULL;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    return z ^ z >> 31;
}

uint64_t
fill_below(struct fill_run *run, uint64_t n)
{
    return fill_next(run) % n;
}

int64_t
fill_between(struct fill_run *run, int64_t low, int64_t high)
{
    uint64_t span = (uint64_t)high - (uint64_t)low;
    uint64_t by =
        span == UINT64_MAX ? fill_next(run) : fill_below(run, span + 1);
    return (int64_t)((uint64_t)low + by);
}

double
fill_fraction(struct fill_run *run)
{
    return (double)(fill_next(run) >> 11) * 0x1p-53;
}

int64_t
fill_limit(const struct fill_run *run, const struct fill_place *place,
           const char *word, int64_t fallback)
{
    struct avro_node node;
    int64_t value = 0;
    return schema_facets_find(&run->doc, place->facets, word, &node)
                   && mst_bson_as_int64(&node.value, &value) && value >= 0
               ? value
               : fallback;
}

enum mst_status
fill_check_limits(const struct fill_run *run, const struct fill_place *place,
                  bool above, const char *low, const char *high)
{
    return above
               ? mst_text_fail(&run->doc.subject, place->facets->nodes[0].text,
                               "no value is within its limits: \"%s\" is "
                               "above \"%s\"",
                               low, high)
               : MST_OK;
}

/* One of the values that "enum" or "const" has of that type. */
static bool
fill_enum(struct fill_run *run, const struct fill_place *place,
          enum schema_type type)
{
    struct avro_node list;
    struct avro_members members;
    size_t n = 0;
    if (schema_facets_find(&run->doc, place->facets, "const", &list)) {
        mst_bson_write_value(&run->writer, mst_slice_str(place->key),
                             &list.value);
        return true;
    }
    if (!schema_facets_find(&run->doc, place->facets, "enum", &list)
        || list.value.type != MST_BSON_ARRAY) {
        return false;
    }
    avro_members_init(&members, &list, run->doc.end);
    while (avro_members_next(&members)) {
        n += schema_type_of(&members.node.value) == type ? 1 : 0;
    }
    size_t chosen = n == 0 ? 0 : (size_t)fill_below(run, n);
    avro_members_init(&members, &list, run->doc.end);
    while (n > 0 && avro_members_next(&members)) {
        if (schema_type_of(&members.node.value) == type && chosen-- == 0) {
            mst_bson_write_value(&run->writer, mst_slice_str(place->key),
                                 &members.node.value);
            return true;
        }
    }
    return false;
}

/* The schema of the nth item: of a tuple, or of all; false: nothing is said. */
static bool
fill_item(const struct fill_run *run, const struct fill_place *place, size_t n,
          struct avro_node *ret_node)
{
    static const char *const words[] = {"prefixItems", "items"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(words); i++) {
        struct avro_members members;
        size_t at = 0;
        if (!schema_facets_find(&run->doc, place->facets, words[i], ret_node)) {
            continue;
        }
        if (ret_node->value.type != MST_BSON_ARRAY) {
            return true;
        }
        struct avro_node tuple = *ret_node;
        avro_members_init(&members, &tuple, run->doc.end);
        while (avro_members_next(&members)) {
            if (at++ == n) {
                *ret_node = members.node;
                return true;
            }
        }
    }
    return false;
}

static enum mst_status
fill_array(struct fill_run *run, const struct fill_place *place)
{
    int64_t low = fill_limit(run, place, "minItems", 0);
    int64_t high = fill_limit(run, place, "maxItems", INT64_MAX);
    bool deep = run->depth > FILL_DEPTH_USUAL;
    enum mst_status status =
        fill_check_limits(run, place, low > high, "minItems", "maxItems");
    if (status != MST_OK || low > FILL_ITEMS_MAX) {
        return status != MST_OK
                   ? status
                   : mst_text_fail(
                       &run->doc.subject, place->facets->nodes[0].text,
                       "more than %d items are not made up", FILL_ITEMS_MAX);
    }
    int64_t n = deep ? 0 : 1 + (int64_t)fill_below(run, FILL_ITEMS_USUAL);
    n = n < low ? low : n > high ? high : n;
    mst_bson_write_begin_array(&run->writer, place->key);
    for (size_t i = 0; i < (size_t)n && status == MST_OK; i++) {
        char key[FILL_KEY_MAX];
        struct avro_node node;
        struct schema_alternatives may_be = {.len = 0};
        struct schema_facets none = {.len = 0};
        (void)snprintf(key, sizeof(key), "%zu", i);
        status = fill_item(run, place, i, &node)
                     ? schema_alternatives_of(&run->doc, &node, &may_be)
                     : schema_alternatives_add(&run->doc, &none, 0, &may_be);
        if (status == MST_OK && may_be.len == 0) {
            break; /* there may be no more */
        }
        struct fill_place item = {key, place->name, NULL};
        status = status == MST_OK ? fill_value(run, &item, &may_be) : status;
    }
    mst_bson_write_end(&run->writer);
    return status;
}

/* A property, whatever schemas speak of it; a text closed by a NUL. */
static enum mst_status
fill_property(struct fill_run *run, const struct fill_place *place,
              struct mst_slice name)
{
    struct schema_facets facets = {.len = 0};
    struct schema_alternatives may_be = {.len = 0};
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < place->facets->len && status == MST_OK; i++) {
        struct avro_node properties;
        struct avro_node node;
        if (schema_doc_find(&run->doc, &place->facets->nodes[i], "properties",
                            &properties)
            && schema_doc_find(&run->doc, &properties, (const char *)name.data,
                               &node)) {
            status = schema_facets_add(&run->doc, &facets, &node);
        }
    }
    if (status == MST_OK) {
        status = schema_alternatives_add(&run->doc, &facets, 0, &may_be);
    }
    if (status != MST_OK || may_be.len == 0) {
        return status;
    }
    struct fill_place one = {(const char *)name.data, name, NULL};
    return fill_value(run, &one, &may_be);
}

/* Whether an earlier one of the schemas has the property too. */
static bool
fill_was_before(const struct fill_run *run, const struct fill_place *place,
                size_t n, struct mst_slice name)
{
    for (size_t i = 0; i < n; i++) {
        struct avro_node properties;
        struct avro_node node;
        if (schema_doc_find(&run->doc, &place->facets->nodes[i], "properties",
                            &properties)
            && schema_doc_find(&run->doc, &properties, (const char *)name.data,
                               &node)) {
            return true;
        }
    }
    return false;
}

/* The properties that are told: those that must be, and most others. */
static enum mst_status
fill_told(struct fill_run *run, const struct fill_place *place, bool *ret_any)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < place->facets->len; i++) {
        struct avro_node properties;
        struct avro_members members;
        if (!schema_doc_find(&run->doc, &place->facets->nodes[i], "properties",
                             &properties)
            || properties.value.type != MST_BSON_DOCUMENT) {
            continue;
        }
        avro_members_init(&members, &properties, run->doc.end);
        while (status == MST_OK && avro_members_next(&members)) {
            struct mst_slice name = members.iter.key;
            bool wanted =
                schema_facets_require(&run->doc, place->facets, name)
                || (run->depth <= FILL_DEPTH_USUAL && fill_below(run, 5) > 0);
            *ret_any = true;
            if (wanted && !fill_was_before(run, place, i, name)) {
                status = fill_property(run, place, name);
            }
        }
    }
    return status;
}

/* Names of "required" that no schema tells of. */
static enum mst_status
fill_required(struct fill_run *run, const struct fill_place *place)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < place->facets->len; i++) {
        struct avro_node list;
        struct avro_members members;
        struct mst_slice name = MST_SLICE_NONE;
        if (!schema_doc_find(&run->doc, &place->facets->nodes[i], "required",
                             &list)
            || list.value.type != MST_BSON_ARRAY) {
            continue;
        }
        avro_members_init(&members, &list, run->doc.end);
        while (status == MST_OK && avro_members_next(&members)) {
            if (avro_node_string(&members.node, &name)
                && !fill_was_before(run, place, place->facets->len, name)) {
                status = fill_property(run, place, name);
            }
        }
    }
    return status;
}

static enum mst_status
fill_object(struct fill_run *run, const struct fill_place *place)
{
    struct avro_node node;
    bool told = false;
    enum mst_status status = fill_told(run, place, &told);
    if (status == MST_OK) {
        status = fill_required(run, place);
    }
    int64_t low = fill_limit(run, place, "minProperties", told ? 0 : 1);
    bool open = schema_facets_find(&run->doc, place->facets,
                                   "additionalProperties", &node)
                && node.value.type == MST_BSON_DOCUMENT;
    low = low > FILL_ITEMS_MAX ? FILL_ITEMS_MAX : low;
    for (int64_t i = 0; i < low && open && status == MST_OK; i++) {
        char key[FILL_KEY_MAX];
        struct schema_alternatives may_be = {.len = 0};
        (void)snprintf(key, sizeof(key), "key%lld", (long long)i + 1);
        status = schema_alternatives_of(&run->doc, &node, &may_be);
        struct fill_place one = {key, place->name, NULL};
        if (status == MST_OK && may_be.len > 0) {
            status = fill_value(run, &one, &may_be);
        }
    }
    return status;
}

static enum mst_status
fill_typed(struct fill_run *run, const struct fill_place *place,
           enum schema_type type)
{
    enum mst_status status = MST_OK;
    if (fill_enum(run, place, type)) {
        return MST_OK;
    }
    switch (type) {
    case SCHEMA_NULL:
        mst_bson_write_null(&run->writer, place->key);
        return MST_OK;
    case SCHEMA_BOOLEAN:
        mst_bson_write_bool(&run->writer, place->key, fill_below(run, 2) == 1);
        return MST_OK;
    case SCHEMA_INTEGER:
        return fill_integer(run, place);
    case SCHEMA_NUMBER:
        return fill_number(run, place);
    case SCHEMA_ARRAY:
        return fill_array(run, place);
    case SCHEMA_OBJECT:
        mst_bson_write_begin_document(&run->writer, place->key);
        status = fill_object(run, place);
        mst_bson_write_end(&run->writer);
        return status;
    case SCHEMA_STRING:
    case SCHEMA_ANY:
        break;
    }
    return fill_string(run, place);
}

/* One of the alternatives: seldom null, and none that nests where it is deep
 * already. */
static const struct schema_alternative *
fill_choose(struct fill_run *run, const struct schema_alternatives *may_be)
{
    for (int i = 0; i < 20; i++) {
        const struct schema_alternative *one =
            &may_be->list[fill_below(run, may_be->len)];
        bool nests = one->type == SCHEMA_OBJECT || one->type == SCHEMA_ARRAY;
        bool deep = run->depth > FILL_DEPTH_USUAL;
        if ((deep && !nests)
            || (!deep
                && (one->type != SCHEMA_NULL || fill_below(run, 8) == 0))) {
            return one;
        }
    }
    return &may_be->list[0];
}

static enum mst_status
fill_value(struct fill_run *run, struct fill_place *place,
           const struct schema_alternatives *may_be)
{
    const struct schema_alternative *one = fill_choose(run, may_be);
    /* Anything: a scalar is as good. */
    enum schema_type type = one->said ? one->type : SCHEMA_STRING;
    place->facets = one->facets;
    if (run->depth == FILL_DEPTH_MAX) {
        return mst_text_fail(&run->doc.subject, run->doc.root.text,
                             "a document by this schema would never end");
    }
    run->depth++;
    enum mst_status status = fill_typed(run, place, type);
    run->depth--;
    return status;
}

enum mst_status
mst_fill_create(struct mst_slice schema, const struct mst_fill_options *options,
                struct mst_fill **ret_fill, struct mst_error *err)
{
    static const struct mst_json_plan_options checks = {.formats = true};
    struct mst_fill *fill = calloc(1, sizeof(*fill));
    if (fill == NULL) {
        return mst_fail_memory(err, "schema");
    }
    mst_buf_init(&fill->checked, INT32_MAX);
    fill->run.state = options == NULL ? 0 : options->seed;
    fill->run.texts = options != NULL && options->texts;
    fill->step = (struct mst_transcoder){.from = MST_ENCODING_BSON,
                                         .to = MST_ENCODING_BSON};
    enum mst_status status = schema_doc_open(&fill->run.doc, schema, err);
    if (status == MST_OK) {
        status = mst_json_plan_create(schema, &checks, &fill->plan, err);
    }
    if (status != MST_OK) {
        mst_fill_destroy(fill);
        return status;
    }
    *ret_fill = fill;
    return MST_OK;
}

void
mst_fill_destroy(struct mst_fill *fill)
{
    if (fill != NULL) {
        mst_json_plan_destroy(fill->plan);
        schema_doc_clear(&fill->run.doc);
        mst_buf_clear(&fill->checked);
        free(fill);
    }
}

/* One document, valid or not. */
static enum mst_status
fill_try(struct fill_run *run, struct mst_buf *out, struct mst_error *err)
{
    struct schema_alternatives may_be = {.len = 0};
    struct fill_place place = {"", MST_SLICE_NONE, NULL};
    mst_arena_reset(&run->doc.arena, FILL_ARENA_KEPT);
    run->doc.steps = 0;
    run->doc.subject.err = err;
    run->depth = 0;
    enum mst_status status =
        schema_alternatives_of(&run->doc, &run->doc.root, &may_be);
    size_t objects = 0;
    for (size_t i = 0; i < may_be.len; i++) {
        if (may_be.list[i].type == SCHEMA_OBJECT) {
            may_be.list[objects++] = may_be.list[i];
        }
    }
    if (status == MST_OK && objects == 0) {
        return mst_text_fail(&run->doc.subject, run->doc.root.text,
                             "no document is valid: it allows no object");
    }
    if (status != MST_OK) {
        return status;
    }
    place.facets = may_be.list[fill_below(run, objects)].facets;
    mst_bson_writer_init(&run->writer, out);
    status = fill_object(run, &place);
    enum mst_status written = mst_bson_writer_finish(&run->writer, err);
    return status == MST_OK ? written : status;
}

enum mst_status
mst_fill_next(struct mst_fill *fill, struct mst_buf *out, struct mst_error *err)
{
    struct mst_error why;
    size_t before = out->len;
    mst_error_clear(&why);
    for (int i = 0; i < FILL_TRIES; i++) {
        out->len = before;
        enum mst_status status = fill_try(&fill->run, out, err);
        if (status != MST_OK) {
            out->len = before;
            return status;
        }
        mst_buf_reset(&fill->checked);
        status = mst_json_plan_convert(
            fill->plan, &fill->step,
            mst_slice_of(out->data + before, out->len - before), &fill->checked,
            &why);
        if (status == MST_OK) {
            return MST_OK;
        }
        if (status != MST_REJECTED) {
            out->len = before;
            return mst_fail_memory(err, "schema");
        }
    }
    out->len = before;
    return mst_fail(err, MST_REJECTED, "schema", 0,
                    "no valid document was found in %d tries; the last one: %s",
                    FILL_TRIES, why.text);
}
