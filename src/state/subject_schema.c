/* SPDX-License-Identifier: MIT */
/* Parses schemas of both kinds and asks each in its own way. */
#include "state/subject_schema.h"

#include <jansson.h>
#include <stdlib.h>

#include "config/suggest.h"
#include "core/schema_store.h"
#include "encodings/schema_plan.h"
#include "schema/compatibility_json.h"
#include "schema/subject.h"

#define ORIGIN "schema"

struct mst_subject_schema {
    struct mst_schema_plan *plan;
    json_t *root;
    uint8_t hash[MST_SCHEMA_HASH_LEN];
};

/* What was asked for, and the nearest name that there is instead. */
struct schema_step {
    char *name; /* of the path's present part */
    struct mst_suggest suggest;
};

void
mst_subject_schema_destroy(struct mst_subject_schema *schema)
{
    if (schema != NULL) {
        mst_schema_plan_destroy(schema->plan);
        json_decref(schema->root);
        free(schema);
    }
}

static enum mst_status
schema_read_json(struct mst_subject_schema *schema, struct mst_slice text,
                 struct mst_error *err)
{
    json_error_t why;
    schema->root = json_loadb((const char *)text.data, text.len,
                              JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);
    if (schema->root != NULL) {
        return MST_OK;
    }
    if (json_error_code(&why) == json_error_out_of_memory) {
        return mst_fail_memory(err, ORIGIN);
    }
    return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                    "the schema at line %d, column %d: %s", why.line,
                    why.column, why.text);
}

static enum mst_status
schema_make_hash(struct mst_subject_schema *schema, struct mst_error *err)
{
    enum mst_schema_kind kind = mst_schema_plan_kind(schema->plan);
    size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    if (kind == MST_SCHEMA_KIND_AVRO) {
        flags |= JSON_SORT_KEYS;
    }
    char *text = json_dumps(schema->root, flags);
    if (text == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status =
        mst_schema_hash(kind, mst_slice_str(text), schema->hash, err);
    free(text);
    return status;
}

enum mst_status
mst_subject_schema_create(struct mst_slice text, enum mst_schema_kind kind,
                          struct mst_subject_schema **ret,
                          struct mst_error *err)
{
    const struct mst_schema_plan_options options = {.kind = kind};
    if (text.len > MST_SCHEMA_TEXT_MAX) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "a schema has at most %d bytes, this one %zu",
                        MST_SCHEMA_TEXT_MAX, text.len);
    }
    struct mst_subject_schema *schema = calloc(1, sizeof(*schema));
    if (schema == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status =
        mst_schema_plan_create(text, &options, &schema->plan, err);
    if (status == MST_OK) {
        status = schema_read_json(schema, text, err);
    }
    if (status == MST_OK) {
        status = schema_make_hash(schema, err);
    }
    if (status != MST_OK) {
        mst_subject_schema_destroy(schema);
        return status;
    }
    *ret = schema;
    return MST_OK;
}

enum mst_schema_kind
mst_subject_schema_kind(const struct mst_subject_schema *schema)
{
    return mst_schema_plan_kind(schema->plan);
}

const uint8_t *
mst_subject_schema_hash(const struct mst_subject_schema *schema)
{
    return schema->hash;
}

/* What a path goes through: a record, or a union of null and one. */
static const struct mst_avro_type *
schema_record(const struct mst_avro_type *type)
{
    const struct mst_avro_type *found = NULL;
    if (type->kind != MST_AVRO_UNION) {
        return type->kind == MST_AVRO_RECORD ? type : NULL;
    }
    for (size_t i = 0; i < type->branches_len; i++) {
        const struct mst_avro_type *branch = type->branches[i];
        if (branch->kind == MST_AVRO_RECORD && found == NULL) {
            found = branch;
        } else if (branch->kind != MST_AVRO_NULL) {
            return NULL;
        }
    }
    return found;
}

/* The field of that name; NULL: none, step knows the nearest. */
static const struct mst_avro_type *
schema_avro_step(const struct mst_avro_type *type, struct schema_step *step)
{
    const struct mst_avro_type *record = schema_record(type);
    for (size_t i = 0; record != NULL && i < record->fields_len; i++) {
        const struct mst_avro_field *field = &record->fields[i];
        if (mst_slice_is(field->name, step->name)) {
            return field->type;
        }
        mst_suggest_offer(&step->suggest, (const char *)field->name.data);
    }
    return NULL;
}

/* Likewise of a JSON Schema, as far as it says what it has. */
static const json_t *
schema_json_step(const json_t *root, const json_t *type,
                 struct schema_step *step)
{
    const char *name;
    json_t *inner;
    const json_t *ref = json_object_get(type, "$ref");
    if (json_is_string(ref)) {
        type = mst_json_schema_point(root, json_string_value(ref));
    }
    json_t *properties = json_object_get(type, "properties");
    json_object_foreach(properties, name, inner)
    {
        if (strcmp(name, step->name) == 0) {
            return inner;
        }
        mst_suggest_offer(&step->suggest, name);
    }
    return NULL;
}

static bool
schema_walk(const struct mst_subject_schema *schema, char *path,
            struct schema_step *step)
{
    const struct mst_avro_plan *plan = mst_schema_plan_avro(schema->plan);
    const struct mst_avro_type *type =
        plan == NULL ? NULL : mst_avro_plan_schema(plan)->root;
    const json_t *json = schema->root;
    bool found = true;
    for (char *next = path; next != NULL && found;) {
        char *dot = strchr(next, '.');
        if (dot != NULL) {
            *dot = '\0';
        }
        step->name = next;
        step->suggest = (struct mst_suggest){.word = next};
        if (type != NULL) {
            type = schema_avro_step(type, step);
            found = type != NULL;
        } else {
            json = schema_json_step(schema->root, json, step);
            found = json != NULL;
        }
        next = dot == NULL ? NULL : dot + 1;
    }
    return found;
}

enum mst_status
mst_subject_schema_has(const struct mst_subject_schema *schema,
                       const char *path, struct mst_error *err)
{
    struct schema_step step = {.name = NULL};
    char *copy = strdup(path);
    if (copy == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status = MST_OK;
    if (!schema_walk(schema, copy, &step)) {
        status = mst_fail(err, MST_REJECTED, ORIGIN, 0,
                          "the schema has no property '%s'", path);
        if (step.suggest.best != NULL && err != NULL) {
            mst_error_hint(err, "did you mean '%s'?", step.suggest.best);
        }
    }
    free(copy);
    return status;
}

enum mst_status
mst_subject_schema_reads(const struct mst_subject_schema *reader,
                         const struct mst_subject_schema *writer,
                         struct mst_compat_report *report,
                         struct mst_error *err)
{
    const struct mst_avro_plan *to = mst_schema_plan_avro(reader->plan);
    const struct mst_avro_plan *from = mst_schema_plan_avro(writer->plan);
    enum mst_status status = MST_OK;
    if (to != NULL && from != NULL) {
        return mst_compat_avro(mst_avro_plan_schema(to),
                               mst_avro_plan_schema(from), report, err);
    }
    if (mst_schema_plan_kind(reader->plan)
        != mst_schema_plan_kind(writer->plan)) {
        status = mst_compat_add(report, "KIND_CHANGED", NULL,
                                "one is an Avro schema, the other a JSON "
                                "Schema");
    } else {
        return mst_compat_json(reader->root, writer->root, report, err);
    }
    return status == MST_OK ? MST_OK : mst_fail_memory(err, ORIGIN);
}
