/* SPDX-License-Identifier: MIT */
/* A condition, a NUL, and the document that it is asked of. Whatever compiles
 * has an answer, and the same one every time. */
#include <stdlib.h>
#include <string.h>

#include "encodings/bson_reader.h"
#include "fuzz_must.h"
#include "udf/condition.h"

/* What filter does with the two. */
static enum mst_status
fuzz_test(const struct mst_condition *condition, struct mst_slice bson,
          bool *ret_is)
{
    static const struct mst_attribute attributes[] = {
        {{(const uint8_t *)"topic", 5}, {(const uint8_t *)"orders.eu", 9}},
        {{(const uint8_t *)"n", 1}, {(const uint8_t *)"12.5", 4}}};
    const struct mst_event event = {
        .payload = bson, .attributes = attributes, .attributes_len = 2};
    struct mst_doc doc = {0};
    struct mst_error err;
    enum mst_status status = MST_OK;
    if (bson.len > 0) {
        status = mst_doc_read(&doc, bson, &err);
        status = status == MST_OK ? mst_doc_open(&doc, doc.root, &err) : status;
    }
    if (status == MST_OK) {
        status = mst_condition_test(condition, &event, &doc, ret_is, &err);
    }
    mst_doc_clear(&doc);
    return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_condition *condition = NULL;
    struct mst_error err;
    const uint8_t *end = size == 0 ? NULL : memchr(data, 0, size);
    if (end == NULL) {
        return 0;
    }
    struct mst_slice bson =
        mst_slice_of(end + 1, size - (size_t)(end + 1 - data));
    if (mst_condition_compile((const char *)data, &condition, &err) != MST_OK) {
        return 0;
    }
    bool is = false;
    bool again = false;
    bool whole = bson.len == 0 || mst_bson_check(bson, &err) == MST_OK;
    enum mst_status status = fuzz_test(condition, bson, &is);
    if (whole && status != MST_OK) {
        abort();
    }
    if (fuzz_test(condition, bson, &again) != status || is != again) {
        abort();
    }
    mst_condition_destroy(condition);
    return 0;
}
