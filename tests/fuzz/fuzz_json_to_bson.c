/* SPDX-License-Identifier: MIT */
/* Any bytes as JSON: what we read is JSON, its BSON is well formed, and
 * where libbson reads it too, the bytes are the same. */
#include <bson/bson.h>
#include <stdlib.h>

#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"
#include "encodings/json_check.h"
#include "fuzz_must.h"

/* Types that libbson 1.23 reads in ways of its own: code, pointers and
 * expressions in arrays or with unknown options, the older $regex. */
static bool
fuzz_is_comparable(struct mst_slice doc)
{
    static const char *const own[] = {"$code",    "$dbPointer",
                                      "$regex",   "$regularExpression",
                                      "$options", "$numberDecimal"};
    struct mst_buf json;
    mst_buf_init(&json, FUZZ_MAX);
    bool good =
        mst_bson_to_json(doc, MST_JSON_CANONICAL, &json, NULL) == MST_OK;
    const char *text = good ? mst_buf_text(&json) : NULL;
    for (size_t i = 0; i < MST_ARRAY_SIZE(own) && text != NULL; i++) {
        text = strstr(text, own[i]) == NULL ? text : NULL;
    }
    mst_buf_clear(&json);
    return text != NULL;
}

static void
fuzz_compare(struct mst_slice json, struct mst_slice ours)
{
    /* libbson wants one document and reads on behind it. */
    bson_t *other = bson_new_from_json(json.data, (ssize_t)json.len, NULL);
    if (other == NULL) {
        return;
    }
    struct mst_slice theirs = mst_slice_of(bson_get_data(other), other->len);
    if (!mst_slice_equal(ours, theirs) && fuzz_is_comparable(ours)
        && fuzz_is_comparable(theirs)) {
        abort();
    }
    bson_destroy(other);
}

/* Any JSON object is read where wrappers and big integers are no reason to
 * refuse it, but for these. */
static void
fuzz_expect_read(struct mst_slice json, const struct mst_error *err)
{
    static const char *const reasons[] = {"twice", "a NUL in it",
                                          "range of a double", "more than",
                                          "not a document"};
    if (mst_json_check(json, NULL) != MST_OK) {
        return;
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(reasons); i++) {
        if (strstr(err->text, reasons[i]) != NULL) {
            return;
        }
    }
    abort();
}

/* A buffer that may be too small for the document, in any place of it: the
 * same document, or nothing. */
static void
fuzz_bounded(struct mst_slice json, const struct mst_json_read_options *options,
             const struct mst_buf *bson)
{
    struct mst_buf out;
    mst_buf_init(&out, 96 + json.len * 7 % 1024);
    enum mst_status status = mst_json_to_bson(json, options, &out, NULL);
    if (status == MST_OK
            ? !mst_slice_equal(mst_buf_slice(bson), mst_buf_slice(&out))
            : out.len != 0) {
        abort();
    }
    mst_buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mst_json_read_options options[] = {
        {.max_depth = 0},
        {.no_extended = true},
        {.big_numbers = MST_BIG_NUMBERS_DECIMAL},
        {.no_extended = true, .big_numbers = MST_BIG_NUMBERS_DOUBLE},
        {.big_numbers = MST_BIG_NUMBERS_DOUBLE, .max_depth = 5}};
    struct mst_slice json = mst_slice_of(data, size);
    struct mst_slice found;
    bool is_json = mst_json_check(json, NULL) == MST_OK;
    (void)mst_json_find_path(json, "a.0.b", &found);
    for (size_t i = 0; i < MST_ARRAY_SIZE(options); i++) {
        struct mst_buf bson;
        struct mst_error err;
        mst_error_clear(&err);
        mst_buf_init(&bson, FUZZ_MAX);
        enum mst_status status =
            mst_json_to_bson(json, &options[i], &bson, &err);
        fuzz_bounded(json, &options[i], &bson);
        if (status == MST_OK
            && mst_bson_check(mst_buf_slice(&bson), NULL) != MST_OK) {
            abort();
        }
        if (status != MST_OK
            && (bson.len != 0 || err.offset < 0 || (size_t)err.offset > size)) {
            abort();
        }
        /* A wrapper nests deeper in JSON than in BSON. */
        if (status == MST_OK && !is_json
            && (mst_json_check(json, &err) == MST_OK
                || strstr(err.text, "more than 200") == NULL)) {
            abort();
        }
        if (status != MST_OK && options[i].no_extended
            && options[i].big_numbers == MST_BIG_NUMBERS_DOUBLE) {
            fuzz_expect_read(json, &err);
        }
        if (status == MST_OK && i == 0) {
            fuzz_compare(json, mst_buf_slice(&bson));
        }
        mst_buf_clear(&bson);
    }
    return 0;
}
