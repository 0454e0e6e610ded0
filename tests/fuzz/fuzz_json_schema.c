/* SPDX-License-Identifier: MIT */
/*
 * A JSON Schema and a document, with a NUL between: what is read of any bytes
 * judges the document the same as BSON and as JSON, and what it projects fits
 * in the document.
 */
#include "encodings/json_bson.h"
#include "encodings/schema_plan.h"
#include "encodings/transcode.h"
#include "fuzz_must.h"

static struct mst_schema_plan *
fuzz_plan(struct mst_slice text, bool project)
{
    struct mst_schema_plan *plan = NULL;
    struct mst_error err;
    const struct mst_schema_plan_options options = {
        .kind = MST_SCHEMA_KIND_JSON,
        .json = {.project = project, .formats = true}};
    mst_error_clear(&err);
    if (mst_schema_plan_create(text, &options, &plan, &err) != MST_OK) {
        fuzz_must(err.offset >= 0 && (size_t)err.offset <= text.len
                  && err.text[0] != '\0');
        return NULL;
    }
    return plan;
}

static enum mst_status
fuzz_convert(struct mst_schema_plan *plan, enum mst_encoding from,
             struct mst_slice in, struct mst_buf *out)
{
    struct mst_error err;
    const struct mst_encoding_options options = {.schema = plan};
    mst_error_clear(&err);
    mst_buf_reset(out);
    enum mst_status status =
        mst_transcode(from, MST_ENCODING_BSON, &options, in, out, &err);
    fuzz_must(
        status == MST_OK
        || (status == MST_REJECTED && out->len == 0 && err.text[0] != '\0'));
    return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
    size_t len = nul == NULL ? size : (size_t)(nul - data);
    struct mst_slice schema = mst_slice_of(data, len);
    struct mst_slice document =
        nul == NULL ? MST_SLICE_LIT("{\"a\":[1,\"b\",{\"c\":null}]}")
                    : mst_slice_of(nul + 1, size - len - 1);
    struct mst_schema_plan *check = fuzz_plan(schema, false);
    struct mst_schema_plan *project = fuzz_plan(schema, true);
    struct mst_buf bson;
    struct mst_buf out;
    mst_buf_init(&bson, FUZZ_MAX);
    mst_buf_init(&out, FUZZ_MAX);
    fuzz_must((check == NULL) == (project == NULL));
    if (check != NULL
        && mst_json_to_bson(document, NULL, &bson, NULL) == MST_OK) {
        struct mst_slice in = mst_buf_slice(&bson);
        enum mst_status status =
            fuzz_convert(check, MST_ENCODING_BSON, in, &out);
        fuzz_must(status != MST_OK || mst_slice_equal(mst_buf_slice(&out), in));
        fuzz_must(fuzz_convert(check, MST_ENCODING_JSON, document, &out)
                  == status);
        if (fuzz_convert(project, MST_ENCODING_BSON, in, &out) == MST_OK) {
            fuzz_must(status == MST_OK && out.len <= in.len);
        }
    }
    mst_schema_plan_destroy(check);
    mst_schema_plan_destroy(project);
    mst_buf_clear(&bson);
    mst_buf_clear(&out);
    return 0;
}
