/* SPDX-License-Identifier: MIT */
/*
 * Avro's schema resolution, decided for all data instead of one datum. What
 * can not recur without a record is bounded by the text; pairs of records are
 * remembered, and one that is being compared is taken to be fine.
 */
#include "schema/compatibility_walk.h"

#include <stdio.h>
#include <stdlib.h>

#include "schema/avro_match.h"

enum { COMPARE_PAIRS_MAX = 64 * 1024 * 1024, COMPARE_NAME_MAX = 1024 };

enum compare_known {
    COMPARE_NEW,
    COMPARE_FINE, /* or being compared */
    COMPARE_BAD,
    COMPARE_TOLD /* bad, and reported */
};

struct compare {
    struct mst_compat_walk walk;
    const struct mst_avro_schema *reader;
    uint8_t *known; /* by index of writer and reader: enum compare_known */
    char from[COMPARE_NAME_MAX]; /* names of types, for reports */
    char to[COMPARE_NAME_MAX];
};

static bool compare_types(struct compare *compare,
                          const struct mst_avro_type *writer,
                          const struct mst_avro_type *reader);

/* How the type is called; one whose name is too long by its kind alone. */
static void
compare_describe(struct compare *compare, const struct mst_avro_type *type,
                 char out[COMPARE_NAME_MAX])
{
    struct mst_buf buf;
    const char *text = NULL;
    mst_buf_init(&buf, COMPARE_NAME_MAX - 1);
    enum mst_status status = mst_avro_type_describe(type, &buf);
    if (status == MST_OK) {
        text = mst_buf_text(&buf);
    }
    if (status == MST_FATAL) {
        compare->walk.status = MST_FATAL;
    }
    (void)snprintf(out, COMPARE_NAME_MAX, "%s",
                   text != NULL ? text : mst_avro_kind_name(type->kind));
    mst_buf_clear(&buf);
}

static bool
compare_mismatch(struct compare *compare, const struct mst_avro_type *writer,
                 const struct mst_avro_type *reader)
{
    compare_describe(compare, writer, compare->from);
    compare_describe(compare, reader, compare->to);
    if (writer->kind != reader->kind) {
        return mst_compat_walk_fail(&compare->walk, "TYPE_MISMATCH",
                                    "the reader has %s where the data have %s",
                                    compare->to, compare->from);
    }
    if (writer->name.len > 0 && writer->size != reader->size) {
        return mst_compat_walk_fail(
            &compare->walk, "FIXED_SIZE_MISMATCH",
            "the reader's %s has %zu bytes, the writer's %zu", compare->to,
            reader->size, writer->size);
    }
    if (writer->logical != reader->logical
        || writer->precision != reader->precision
        || writer->scale != reader->scale) {
        return mst_compat_walk_fail(&compare->walk, "LOGICAL_TYPE_MISMATCH",
                                    "%s means other values than %s",
                                    compare->to, compare->from);
    }
    return mst_compat_walk_fail(
        &compare->walk, "NAME_MISMATCH",
        "the reader's %s is not the writer's %s: neither its "
        "name nor an alias",
        compare->to, compare->from);
}

static bool
compare_enums(struct compare *compare, const struct mst_avro_type *writer,
              const struct mst_avro_type *reader)
{
    bool fine = true;
    if (reader->fallback != MST_AVRO_NO_SYMBOL) {
        return true;
    }
    for (size_t i = 0; i < writer->symbols_len; i++) {
        struct mst_slice symbol = writer->symbols[i];
        size_t j = 0;
        while (j < reader->symbols_len
               && !mst_slice_equal(symbol, reader->symbols[j])) {
            j++;
        }
        compare->walk.steps += j;
        if (j == reader->symbols_len) {
            fine = mst_compat_walk_fail(
                &compare->walk, "MISSING_ENUM_SYMBOLS",
                "the reader's enum has no symbol '%.*s' and no "
                "default",
                (int)symbol.len, (const char *)symbol.data);
        }
    }
    return fine;
}

static const struct mst_avro_field *
compare_find(struct compare *compare, const struct mst_avro_type *record,
             struct mst_slice name)
{
    for (size_t i = 0; i < record->fields_len; i++) {
        compare->walk.steps++;
        if (mst_slice_equal(record->fields[i].name, name)) {
            return &record->fields[i];
        }
    }
    return NULL;
}

/* The writer's field that the reader's is filled from: of its name, else of
 * an alias that is not the name of another. */
static const struct mst_avro_field *
compare_source(struct compare *compare, const struct mst_avro_type *writer,
               const struct mst_avro_type *reader,
               const struct mst_avro_field *field)
{
    const struct mst_avro_field *found =
        compare_find(compare, writer, field->name);
    for (size_t i = 0; found == NULL && i < field->aliases_len; i++) {
        if (compare_find(compare, reader, field->aliases[i]) == NULL) {
            found = compare_find(compare, writer, field->aliases[i]);
        }
    }
    return found;
}

static bool
compare_fields(struct compare *compare, const struct mst_avro_type *writer,
               const struct mst_avro_type *reader)
{
    bool fine = true;
    for (size_t i = 0; i < reader->fields_len && compare->walk.status == MST_OK;
         i++) {
        const struct mst_avro_field *field = &reader->fields[i];
        const struct mst_avro_field *source =
            compare_source(compare, writer, reader, field);
        size_t before = mst_compat_walk_enter(&compare->walk, ".", field->name);
        if (source != NULL) {
            fine = compare_types(compare, source->type, field->type) && fine;
        } else if (!field->has_default) {
            fine = mst_compat_walk_fail(
                &compare->walk, "READER_FIELD_MISSING_DEFAULT_VALUE",
                "the writer does not have this field, and the "
                "reader has no default for it");
        }
        compare->walk.path.len = before;
        if (!fine && compare->walk.quiet > 0) {
            break;
        }
    }
    return fine;
}

static bool
compare_records(struct compare *compare, const struct mst_avro_type *writer,
                const struct mst_avro_type *reader)
{
    uint8_t *known = &compare->known[writer->index * compare->reader->types_len
                                     + reader->index];
    bool quiet = compare->walk.quiet > 0;
    if (*known == COMPARE_FINE) {
        return true;
    }
    if (*known == COMPARE_TOLD || (*known == COMPARE_BAD && quiet)) {
        return false;
    }
    *known = COMPARE_FINE;
    bool fine = compare_fields(compare, writer, reader);
    if (!fine) {
        *known = quiet ? COMPARE_BAD : COMPARE_TOLD;
    }
    return fine;
}

/* What no branch takes: with the inner reasons where one has the name. */
static bool
compare_no_branch(struct compare *compare, const struct mst_avro_type *writer,
                  const struct mst_avro_type *reader)
{
    const struct mst_avro_type *near = NULL;
    for (size_t i = 0; i < reader->branches_len && near == NULL; i++) {
        if (mst_avro_match_types(writer, reader->branches[i])
            == MST_AVRO_MATCH_SAME) {
            near = reader->branches[i];
        }
    }
    if (near != NULL) {
        return compare_types(compare, writer, near);
    }
    compare_describe(compare, writer, compare->from);
    return mst_compat_walk_fail(&compare->walk, "MISSING_UNION_BRANCH",
                                "no branch of the reader's union takes %s",
                                compare->from);
}

static bool
compare_branches(struct compare *compare, const struct mst_avro_type *writer,
                 const struct mst_avro_type *reader)
{
    bool fine = false;
    compare->walk.quiet++;
    for (size_t i = 0; i < reader->branches_len && !fine; i++) {
        fine = compare_types(compare, writer, reader->branches[i]);
    }
    compare->walk.quiet--;
    if (fine || compare->walk.quiet > 0) {
        return fine;
    }
    return compare_no_branch(compare, writer, reader);
}

static bool
compare_matching(struct compare *compare, const struct mst_avro_type *writer,
                 const struct mst_avro_type *reader)
{
    bool fine = true;
    if (writer->kind == MST_AVRO_UNION) {
        for (size_t i = 0; i < writer->branches_len; i++) {
            fine = compare_types(compare, writer->branches[i], reader) && fine;
        }
        return fine;
    }
    if (reader->kind == MST_AVRO_UNION) {
        return compare_branches(compare, writer, reader);
    }
    if (mst_avro_match_types(writer, reader) == MST_AVRO_MATCH_NONE) {
        return compare_mismatch(compare, writer, reader);
    }
    if (writer->kind == MST_AVRO_ENUM) {
        return compare_enums(compare, writer, reader);
    }
    if (writer->kind == MST_AVRO_RECORD) {
        return compare_records(compare, writer, reader);
    }
    if (writer->items != NULL) {
        const char *mark = writer->kind == MST_AVRO_ARRAY ? "[]" : "{}";
        size_t before =
            mst_compat_walk_enter(&compare->walk, mark, MST_SLICE_LIT(""));
        fine = compare_types(compare, writer->items, reader->items);
        compare->walk.path.len = before;
    }
    return fine;
}

static bool
compare_types(struct compare *compare, const struct mst_avro_type *writer,
              const struct mst_avro_type *reader)
{
    if (!mst_compat_walk_down(&compare->walk)) {
        return false;
    }
    bool fine = compare_matching(compare, writer, reader);
    compare->walk.depth--;
    return fine;
}

enum mst_status
mst_compat_avro(const struct mst_avro_schema *reader,
                const struct mst_avro_schema *writer,
                struct mst_compat_report *report, struct mst_error *err)
{
    struct compare compare = {.reader = reader};
    size_t pairs = reader->types_len * writer->types_len;
    mst_compat_walk_init(&compare.walk, report);
    if (pairs > COMPARE_PAIRS_MAX) {
        compare.walk.status = MST_REJECTED;
    } else {
        compare.known = calloc(pairs + 1, 1);
        compare.walk.status = compare.known == NULL ? MST_FATAL : MST_OK;
    }
    (void)compare_types(&compare, writer->root, reader->root);
    free(compare.known);
    return mst_compat_walk_end(&compare.walk, err);
}
