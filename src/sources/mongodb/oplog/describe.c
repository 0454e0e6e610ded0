/* SPDX-License-Identifier: MIT */
/* From a diff of the oplog to the updateDescription of a change stream. */
#include <stdio.h>

#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "sources/mongodb/oplog/diff.h"

/* One description being made. */
struct describe {
    struct mst_oplog_describer *room;
    struct mst_bson_writer updated;
    struct mst_bson_writer removed;
    struct mst_bson_writer truncated;
    struct mst_bson_writer ambiguous;
    uint32_t removed_len;
    uint32_t truncated_len;
    bool with_paths;
    bool bad; /* the diff is none */
    unsigned depth;
    /* The path: where each part ends, and whether it is an array's index. */
    size_t ends[MST_BSON_DEPTH_MAX + 1];
    bool indexes[MST_BSON_DEPTH_MAX + 1];
};

void
mst_oplog_describer_init(struct mst_oplog_describer *describer)
{
    mst_buf_init(&describer->path, MST_OPLOG_DIFF_MAX);
    mst_buf_init(&describer->updated, MST_OPLOG_DIFF_MAX);
    mst_buf_init(&describer->removed, MST_OPLOG_DIFF_MAX);
    mst_buf_init(&describer->truncated, MST_OPLOG_DIFF_MAX);
    mst_buf_init(&describer->ambiguous, MST_OPLOG_DIFF_MAX);
    mst_buf_init(&describer->out, MST_OPLOG_DIFF_MAX);
}

void
mst_oplog_describer_clear(struct mst_oplog_describer *describer)
{
    mst_buf_clear(&describer->path);
    mst_buf_clear(&describer->updated);
    mst_buf_clear(&describer->removed);
    mst_buf_clear(&describer->truncated);
    mst_buf_clear(&describer->ambiguous);
    mst_buf_clear(&describer->out);
}

/* --- paths -------------------------------------------------------------- */

/* Goes one level down; false: that can not be. */
static bool
describe_push(struct describe *describe, struct mst_slice part, bool is_index)
{
    struct mst_buf *path = &describe->room->path;
    bool dot = describe->depth > 0;
    if (describe->depth == MST_BSON_DEPTH_MAX
        || (dot && mst_buf_append_char(path, '.') != MST_OK)
        || mst_buf_append(path, part.data, part.len) != MST_OK) {
        describe->bad = true;
        return false;
    }
    describe->indexes[describe->depth] = is_index;
    describe->ends[describe->depth++] = path->len;
    return true;
}

static void
describe_pop(struct describe *describe)
{
    describe->depth--;
    describe->room->path.len =
        describe->depth == 0 ? 0 : describe->ends[describe->depth - 1];
}

static struct mst_slice
describe_part(const struct describe *describe, unsigned i)
{
    size_t from = i == 0 ? 0 : describe->ends[i - 1] + 1;
    if (describe->ends[i] == from) {
        return MST_SLICE_LIT(""); /* the path may be no memory at all */
    }
    return mst_slice_of(describe->room->path.data + from,
                        describe->ends[i] - from);
}

/* A decimal number as an index is written: without zeros before it. */
static bool
describe_is_number(struct mst_slice part)
{
    return mst_slice_is_digits(part) && (part.len == 1 || part.data[0] != '0');
}

static bool
describe_is_ambiguous(const struct describe *describe)
{
    for (unsigned i = 0; i < describe->depth; i++) {
        struct mst_slice part = describe_part(describe, i);
        if (!describe->indexes[i]
            && ((part.len > 0 && memchr(part.data, '.', part.len) != NULL)
                || (i > 0 && describe_is_number(part)))) {
            return true;
        }
    }
    return false;
}

/* Numbers of array elements, as their names. */
static const char *
describe_index(char out[16], uint32_t index)
{
    (void)snprintf(out, 16, "%u", index);
    return out;
}

/* The whole path as the name of an array of its parts, where it is needed. */
static void
describe_disambiguate(struct describe *describe)
{
    struct mst_buf *path = &describe->room->path;
    if (!describe->with_paths || !describe_is_ambiguous(describe)) {
        return;
    }
    const char *name = mst_buf_text(path);
    if (name == NULL) {
        describe->bad = true;
        return;
    }
    mst_bson_write_begin_array(&describe->ambiguous, name);
    for (unsigned i = 0; i < describe->depth; i++) {
        char key[16];
        struct mst_slice part = describe_part(describe, i);
        (void)describe_index(key, i);
        if (describe->indexes[i]) {
            int64_t number = 0;
            for (size_t at = 0; at < part.len && number <= INT32_MAX; at++) {
                number = number * 10 + (part.data[at] - '0');
            }
            mst_bson_write_int32(&describe->ambiguous, key, (int32_t)number);
        } else {
            mst_bson_write_string(&describe->ambiguous, key, part);
        }
    }
    mst_bson_write_end(&describe->ambiguous);
}

/* --- what a diff says --------------------------------------------------- */

static void
describe_updated(struct describe *describe, struct mst_slice name,
                 bool is_index, const struct mst_bson_value *value)
{
    if (describe_push(describe, name, is_index)) {
        mst_bson_write_value(&describe->updated,
                             mst_buf_slice(&describe->room->path), value);
        describe_disambiguate(describe);
        describe_pop(describe);
    }
}

static void
describe_removed(struct describe *describe, struct mst_slice name)
{
    if (describe_push(describe, name, false)) {
        char key[16];
        mst_bson_write_string(&describe->removed,
                              describe_index(key, describe->removed_len++),
                              mst_buf_slice(&describe->room->path));
        describe_disambiguate(describe);
        describe_pop(describe);
    }
}

static void
describe_truncated(struct describe *describe,
                   const struct mst_bson_value *value)
{
    int64_t size;
    char key[16];
    if (!mst_bson_as_int64(value, &size) || size < 0 || size > INT32_MAX) {
        describe->bad = true;
        return;
    }
    mst_bson_write_begin_document(
        &describe->truncated, describe_index(key, describe->truncated_len++));
    mst_bson_write_string(&describe->truncated, "field",
                          mst_buf_slice(&describe->room->path));
    mst_bson_write_int32(&describe->truncated, "newSize", (int32_t)size);
    mst_bson_write_end(&describe->truncated);
    describe_disambiguate(describe);
}

/* The fields of a section d, u, i or b. */
static void
describe_section(struct describe *describe, uint8_t section,
                 struct mst_slice doc)
{
    struct mst_bson_iter iter;
    if (mst_bson_iter_init(&iter, doc, NULL) != MST_OK) {
        describe->bad = true;
        return;
    }
    enum mst_status status;
    while ((status = mst_bson_iter_next(&iter)) == MST_OK && !describe->bad) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        if (section == 'd') {
            describe_removed(describe, iter.key);
        } else {
            describe_updated(describe, iter.key, false, &value);
        }
    }
    describe->bad = describe->bad || status != MST_END;
}

static void describe_level(struct describe *describe, struct mst_slice diff);

/* A field of an array's diff: l, u<index> or s<index>. */
static void
describe_element(struct describe *describe, const struct mst_bson_iter *iter)
{
    struct mst_bson_value value = mst_bson_iter_value(iter);
    struct mst_slice index =
        mst_slice_of(iter->key.data + 1, iter->key.len - 1);
    uint8_t what = iter->key.data[0];
    if (what == 'l' && index.len == 0) {
        describe_truncated(describe, &value);
    } else if (what == 'u' && mst_slice_is_digits(index) && index.len < 11) {
        describe_updated(describe, index, true, &value);
    } else if (what == 's' && mst_slice_is_digits(index) && index.len < 11
               && iter->type == MST_BSON_DOCUMENT) {
        if (describe_push(describe, index, true)) {
            describe_level(describe, iter->value);
            describe_pop(describe);
        }
    } else {
        describe->bad = true;
    }
}

/* A field of a document's diff: d, u, i, b or s<field>. */
static void
describe_field(struct describe *describe, const struct mst_bson_iter *iter)
{
    uint8_t what = iter->key.data[0];
    bool named = iter->type == MST_BSON_DOCUMENT;
    if (named && what == 's') {
        if (describe_push(describe,
                          mst_slice_of(iter->key.data + 1, iter->key.len - 1),
                          false)) {
            describe_level(describe, iter->value);
            describe_pop(describe);
        }
    } else if (named && iter->key.len == 1
               && (what == 'd' || what == 'u' || what == 'i' || what == 'b')) {
        describe_section(describe, what, iter->value);
    } else {
        describe->bad = true;
    }
}

static void
describe_level(struct describe *describe, struct mst_slice diff)
{
    struct mst_bson_iter iter;
    bool is_array = false;
    if (mst_bson_iter_init(&iter, diff, NULL) != MST_OK) {
        describe->bad = true;
        return;
    }
    enum mst_status status;
    for (bool first = true;
         (status = mst_bson_iter_next(&iter)) == MST_OK && !describe->bad;
         first = false) {
        if (iter.key.len == 0) {
            describe->bad = true;
        } else if (first && mst_slice_is(iter.key, "a")) {
            is_array = true;
        } else if (is_array) {
            describe_element(describe, &iter);
        } else {
            describe_field(describe, &iter);
        }
    }
    describe->bad = describe->bad || status != MST_END;
}

/* --- the description ---------------------------------------------------- */

static void
describe_begin(struct describe *describe)
{
    struct mst_oplog_describer *room = describe->room;
    mst_buf_reset(&room->path);
    mst_buf_reset(&room->updated);
    mst_buf_reset(&room->removed);
    mst_buf_reset(&room->truncated);
    mst_buf_reset(&room->ambiguous);
    mst_buf_reset(&room->out);
    mst_bson_writer_init(&describe->updated, &room->updated);
    mst_bson_writer_init(&describe->removed, &room->removed);
    mst_bson_writer_init(&describe->truncated, &room->truncated);
    mst_bson_writer_init(&describe->ambiguous, &room->ambiguous);
}

static enum mst_status
describe_end(struct describe *describe)
{
    struct mst_bson_writer *parts[] = {&describe->updated, &describe->removed,
                                       &describe->truncated,
                                       &describe->ambiguous};
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < MST_ARRAY_SIZE(parts); i++) {
        enum mst_status one = mst_bson_writer_finish(parts[i], NULL);
        status = status == MST_OK ? one : status;
    }
    if (status != MST_OK) {
        return status;
    }
    struct mst_oplog_describer *room = describe->room;
    struct mst_bson_writer out;
    mst_bson_writer_init(&out, &room->out);
    mst_bson_write_document(&out, "updatedFields",
                            mst_buf_slice(&room->updated));
    mst_bson_write_array(&out, "removedFields", mst_buf_slice(&room->removed));
    mst_bson_write_array(&out, "truncatedArrays",
                         mst_buf_slice(&room->truncated));
    if (describe->with_paths) {
        mst_bson_write_document(&out, "disambiguatedPaths",
                                mst_buf_slice(&room->ambiguous));
    }
    return mst_bson_writer_finish(&out, NULL);
}

enum mst_status
mst_oplog_describe(struct mst_oplog_describer *describer, struct mst_slice diff,
                   bool with_paths, struct mst_error *err)
{
    struct describe describe;
    describe.room = describer;
    describe.removed_len = 0;
    describe.truncated_len = 0;
    describe.with_paths = with_paths;
    describe.bad = false;
    describe.depth = 0;
    describe_begin(&describe);
    describe_level(&describe, diff);
    enum mst_status status = describe_end(&describe);
    if (describe.bad && status == MST_OK) {
        status = MST_REJECTED;
    }
    if (status != MST_OK) {
        return mst_fail(err, status, "mongodb", 0,
                        "an update in the oplog has a form that this build "
                        "does not know, or is too large");
    }
    return MST_OK;
}
