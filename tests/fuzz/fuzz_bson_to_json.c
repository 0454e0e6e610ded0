/* SPDX-License-Identifier: MIT */
/* Any bytes as BSON to JSON: the answer is that of the check, the text is
 * JSON, and canonical text gives the bytes back. */
#include <stdlib.h>

#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"
#include "encodings/json_check.h"
#include "fuzz_must.h"

/* The text again as BSON and again as text: nothing changes any more. */
static void
fuzz_back(const struct mst_buf *json, enum mst_json_mode mode)
{
    struct mst_buf bson;
    struct mst_buf again;
    mst_buf_init(&bson, FUZZ_MAX);
    mst_buf_init(&again, FUZZ_MAX);
    /* Duplicate names are BSON, but no JSON that we read. */
    if (mst_json_to_bson(mst_buf_slice(json), NULL, &bson, NULL) == MST_OK) {
        if (mst_bson_check(mst_buf_slice(&bson), NULL) != MST_OK
            || mst_bson_to_json(mst_buf_slice(&bson), mode, &again, NULL)
                   != MST_OK
            || !mst_slice_equal(mst_buf_slice(json), mst_buf_slice(&again))) {
            abort();
        }
    }
    mst_buf_clear(&bson);
    mst_buf_clear(&again);
}

/* A buffer that may be too small for the text, in any place of it: the same
 * text, or nothing. */
static void
fuzz_bounded(struct mst_slice doc, enum mst_json_mode mode,
             const struct mst_buf *json)
{
    struct mst_buf out;
    mst_buf_init(&out, 192 + doc.len * 7 % 1024);
    enum mst_status status = mst_bson_to_json(doc, mode, &out, NULL);
    if (status == MST_OK
            ? !mst_slice_equal(mst_buf_slice(json), mst_buf_slice(&out))
            : out.len != 0) {
        abort();
    }
    mst_buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum mst_json_mode modes[] = {
        MST_JSON_RELAXED, MST_JSON_CANONICAL, MST_JSON_PLAIN};
    struct mst_slice doc = mst_slice_of(data, size);
    bool good = mst_bson_check(doc, NULL) == MST_OK;
    for (size_t i = 0; i < MST_ARRAY_SIZE(modes); i++) {
        struct mst_buf json;
        struct mst_error err;
        mst_buf_init(&json, FUZZ_MAX);
        enum mst_status status = mst_bson_to_json(doc, modes[i], &json, &err);
        fuzz_bounded(doc, modes[i], &json);
        /* Names of wrappers are refused in the modes that have them. */
        if ((status == MST_OK && !good)
            || (status != MST_OK && good && modes[i] == MST_JSON_PLAIN)
            || (status != MST_OK && (json.len != 0 || err.offset < 0))) {
            abort();
        }
        if (status == MST_OK
            && mst_json_check(mst_buf_slice(&json), NULL) != MST_OK) {
            /* Two levels for one of BSON: code with scope and others. */
            if (good && mst_json_check(mst_buf_slice(&json), &err) != MST_OK
                && strstr(err.text, "more than 200") == NULL) {
                abort();
            }
        }
        if (status == MST_OK && modes[i] != MST_JSON_PLAIN) {
            fuzz_back(&json, modes[i]);
        }
        mst_buf_clear(&json);
    }
    return 0;
}
