/* SPDX-License-Identifier: MIT */
/*
 * Whether a JSON Schema (the reader's) takes everything that another one (the
 * writer's) permits. What can be proved is fine; all else is refused, and says
 * whether it is wrong or only not decided. Here: references, combinations and
 * types; keywords of each type are in compatibility_json_types.c.
 */
#include "schema/compatibility_json.h"

#include <stdlib.h>

enum { REF_POINTER_MAX = 1024, JSON_STEPS = 40 };

/* Keywords that forbid nothing by themselves. */
static const char *const json_annotations[] = {
    "$schema",         "$id",           "id",          "$anchor",
    "$comment",        "$defs",         "$vocabulary", "definitions",
    "title",           "description",   "default",     "examples",
    "deprecated",      "readOnly",      "writeOnly",   "contentMediaType",
    "contentEncoding", "contentSchema", NULL};

/* Keywords that are decided, here or by types. */
static const char *const json_decided[] = {"$ref",
                                           "allOf",
                                           "anyOf",
                                           "oneOf",
                                           "type",
                                           "const",
                                           "enum",
                                           "minimum",
                                           "maximum",
                                           "exclusiveMinimum",
                                           "exclusiveMaximum",
                                           "multipleOf",
                                           "minLength",
                                           "maxLength",
                                           "pattern",
                                           "format",
                                           "items",
                                           "prefixItems",
                                           "additionalItems",
                                           "minItems",
                                           "maxItems",
                                           "uniqueItems",
                                           "properties",
                                           "required",
                                           "additionalProperties",
                                           "patternProperties",
                                           "minProperties",
                                           "maxProperties",
                                           NULL};

static bool
json_is_one_of(const char *const *words, const char *word)
{
    while (*words != NULL && strcmp(*words, word) != 0) {
        words++;
    }
    return *words != NULL;
}

static bool
json_forbids_nothing(const json_t *schema)
{
    const char *key;
    json_t *value;
    if (json_is_true(schema)) {
        return true;
    }
    json_object_foreach((json_t *)(uintptr_t)schema, key, value)
    {
        if (!json_is_one_of(json_annotations, key)) {
            return false;
        }
    }
    return json_is_object(schema);
}

const json_t *
mst_json_schema_point(const json_t *root, const char *ref)
{
    const json_t *at = root;
    char part[REF_POINTER_MAX];
    if (*ref++ != '#') {
        return NULL;
    }
    while (*ref == '/' && at != NULL) {
        size_t len = 0;
        for (ref++; *ref != '\0' && *ref != '/'; ref++) {
            char c = *ref;
            if (c == '~' && (ref[1] == '0' || ref[1] == '1')) {
                c = *++ref == '0' ? '~' : '/';
            }
            if (c == '%' || len + 1 >= sizeof(part)) {
                return NULL;
            }
            part[len++] = c;
        }
        part[len] = '\0';
        at = json_is_array(at) ? json_array_get(at, strtoul(part, NULL, 10))
                               : json_object_get(at, part);
    }
    return *ref == '\0' ? at : NULL;
}

static bool
json_has_ref(const json_t *schema)
{
    const char *key;
    json_t *value;
    size_t i;
    json_t *all = (json_t *)(uintptr_t)schema;
    json_object_foreach(all, key, value)
    {
        if (strcmp(key, "$ref") == 0 || strcmp(key, "$dynamicRef") == 0
            || json_has_ref(value)) {
            return true;
        }
    }
    json_array_foreach(all, i, value)
    {
        if (json_has_ref(value)) {
            return true;
        }
    }
    return false;
}

/* The same words that mean the same on both sides. */
bool
mst_json_compare_equal(const json_t *writer, const json_t *reader)
{
    return json_equal(writer, reader) == 1 && !json_has_ref(reader);
}

static bool
json_undecided(struct mst_json_compare *compare, const char *keyword)
{
    return mst_compat_walk_fail(
        &compare->walk, "NOT_DECIDED",
        "the reader's '%.64s' is another one or new; what it takes of the "
        "writer's values is not decided",
        keyword);
}

/* A pair of schemas that is being compared, or was found fine. */
static bool
json_is_known(struct mst_json_compare *compare, const json_t *writer,
              const json_t *reader)
{
    for (size_t i = 0; i < compare->known_len; i++) {
        if (compare->known[i].writer == writer
            && compare->known[i].reader == reader) {
            return true;
        }
    }
    if (compare->known_len < MST_ARRAY_SIZE(compare->known)) {
        compare->known[compare->known_len].writer = writer;
        compare->known[compare->known_len++].reader = reader;
    } else {
        compare->walk.status = MST_REJECTED;
    }
    return false;
}

/* Beside a reference other words may count or not, by the draft: for the
 * writer they do not, which permits more, for the reader they do. */
static bool
json_refs(struct mst_json_compare *compare, const json_t *writer,
          const json_t *reader)
{
    const json_t *from = json_object_get(writer, "$ref");
    const json_t *to = json_object_get(reader, "$ref");
    const json_t *source = writer;
    const json_t *target = NULL;
    if (from != NULL) {
        source = json_is_string(from) ? mst_json_schema_point(
                     compare->writer, json_string_value(from))
                                      : NULL;
    }
    if (to != NULL) {
        target =
            json_is_string(to)
                ? mst_json_schema_point(compare->reader, json_string_value(to))
                : NULL;
    }
    if (source == NULL || (to != NULL && target == NULL)) {
        return json_undecided(compare, "$ref");
    }
    size_t before = compare->known_len;
    bool fine = json_is_known(compare, source, to == NULL ? reader : target);
    if (!fine) {
        fine = mst_json_compare(compare, source, to == NULL ? reader : target);
    }
    if (to != NULL) {
        fine = mst_json_compare_words(compare, source, reader) && fine;
    }
    if (!fine) {
        compare->known_len = before;
    }
    return fine;
}

/* Each of the writer's branches; what stands beside them is left out, so more
 * is permitted. */
static bool
json_each_branch(struct mst_json_compare *compare, const json_t *branches,
                 const json_t *reader)
{
    size_t i;
    const json_t *branch;
    bool fine = json_array_size(branches) > 0;
    json_array_foreach((json_t *)(uintptr_t)branches, i, branch)
    {
        fine = mst_json_compare(compare, branch, reader) && fine;
    }
    return fine;
}

/* One of all of them is enough: the value has to be each. */
static bool
json_any_part(struct mst_json_compare *compare, const json_t *parts,
              const json_t *reader)
{
    size_t i;
    const json_t *part;
    bool fine = false;
    json_array_foreach((json_t *)(uintptr_t)parts, i, part)
    {
        fine = fine || mst_json_compare(compare, part, reader);
    }
    return fine;
}

static bool
json_quietly(struct mst_json_compare *compare,
             bool (*ask)(struct mst_json_compare *compare, const json_t *writer,
                         const json_t *reader),
             const json_t *writer, const json_t *reader)
{
    size_t before = compare->known_len;
    compare->walk.quiet++;
    bool fine = writer != NULL && ask(compare, writer, reader);
    compare->walk.quiet--;
    if (!fine) {
        compare->known_len = before;
    }
    return fine;
}

/* The reader's anyOf or oneOf. Of oneOf's branches the others must take
 * nothing of it; that is told by types alone. */
static bool
json_takes_one(struct mst_json_compare *compare, const json_t *writer,
               const json_t *branches, bool exclusive)
{
    size_t i;
    const json_t *branch;
    bool taken = false;
    bool clear = true;
    unsigned types = mst_json_compare_types(writer);
    json_array_foreach((json_t *)(uintptr_t)branches, i, branch)
    {
        if (!taken && json_quietly(compare, mst_json_compare, writer, branch)) {
            taken = true;
        } else {
            clear = clear && (types & mst_json_compare_types(branch)) == 0;
        }
    }
    return taken && (clear || !exclusive);
}

static bool
json_union(struct mst_json_compare *compare, const json_t *writer,
           const json_t *reader, const char *keyword)
{
    const json_t *branches = json_object_get(reader, keyword);
    const json_t *own = json_object_get(writer, keyword);
    bool exclusive = strcmp(keyword, "oneOf") == 0;
    if (branches == NULL
        || (own != NULL && mst_json_compare_equal(own, branches))
        || json_takes_one(compare, writer, branches, exclusive)) {
        return true;
    }
    /* Of the writer's own branches each may be taken by another one. */
    const json_t *split = own;
    if (split == NULL) {
        split = json_object_get(writer, exclusive ? "anyOf" : "oneOf");
    }
    bool fine = json_array_size(split) > 0;
    size_t i;
    const json_t *branch;
    json_array_foreach((json_t *)(uintptr_t)split, i, branch)
    {
        fine = fine && json_takes_one(compare, branch, branches, exclusive);
    }
    return fine
           || mst_compat_walk_fail(
               &compare->walk, "UNION_NARROWED",
               "no branch of the reader's %s surely takes all that the writer "
               "permits",
               keyword);
}

static bool
json_all_of(struct mst_json_compare *compare, const json_t *writer,
            const json_t *reader)
{
    size_t i;
    const json_t *part;
    bool fine = true;
    json_array_foreach(json_object_get(reader, "allOf"), i, part)
    {
        fine = mst_json_compare(compare, writer, part) && fine;
    }
    return fine;
}

/* Words that are compared as they are. */
static bool
json_others(struct mst_json_compare *compare, const json_t *writer,
            const json_t *reader)
{
    const char *key;
    json_t *value;
    bool fine = true;
    json_object_foreach((json_t *)(uintptr_t)reader, key, value)
    {
        if (json_is_one_of(json_annotations, key)
            || json_is_one_of(json_decided, key)) {
            continue;
        }
        const json_t *own = json_object_get(writer, key);
        bool wide = strncmp(key, "unevaluated", 11) == 0;
        if (own == NULL || wide || !mst_json_compare_equal(own, value)) {
            fine = json_undecided(compare, key);
        }
    }
    return fine;
}

bool
mst_json_compare_words(struct mst_json_compare *compare, const json_t *writer,
                       const json_t *reader)
{
    const json_t *any = json_object_get(writer, "anyOf");
    const json_t *one = json_object_get(writer, "oneOf");
    const json_t *all = json_object_get(writer, "allOf");
    if (json_is_false(writer) || json_forbids_nothing(reader)) {
        return true;
    }
    if (json_is_false(reader)) {
        return mst_compat_walk_fail(&compare->walk, "FORBIDDEN",
                                    "the reader takes nothing here");
    }
    if (json_quietly(compare, json_each_branch, any, reader)
        || json_quietly(compare, json_each_branch, one, reader)
        || json_quietly(compare, json_any_part, all, reader)) {
        return true;
    }
    bool fine = json_all_of(compare, writer, reader);
    fine = json_union(compare, writer, reader, "anyOf") && fine;
    fine = json_union(compare, writer, reader, "oneOf") && fine;
    fine = json_others(compare, writer, reader) && fine;
    return mst_json_compare_keywords(compare, writer, reader) && fine;
}

bool
mst_json_compare(struct mst_json_compare *compare, const json_t *writer,
                 const json_t *reader)
{
    if (!mst_compat_walk_down(&compare->walk)) {
        return false;
    }
    compare->walk.steps += JSON_STEPS; /* what others take for nothing */
    bool refers = json_object_get(writer, "$ref") != NULL
                  || json_object_get(reader, "$ref") != NULL;
    bool fine = mst_json_compare_equal(writer, reader)
                || (refers ? json_refs(compare, writer, reader)
                           : mst_json_compare_words(compare, writer, reader));
    compare->walk.depth--;
    return fine;
}

enum mst_status
mst_compat_json(const json_t *reader, const json_t *writer,
                struct mst_compat_report *report, struct mst_error *err)
{
    struct mst_json_compare *compare = calloc(1, sizeof(*compare));
    if (compare == NULL) {
        return mst_fail_memory(err, "schema");
    }
    compare->reader = reader;
    compare->writer = writer;
    mst_compat_walk_init(&compare->walk, report);
    if (json_equal(writer, reader) != 1) {
        (void)mst_json_compare(compare, writer, reader);
    }
    enum mst_status status = mst_compat_walk_end(&compare->walk, err);
    free(compare);
    return status;
}
