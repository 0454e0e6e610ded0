/* SPDX-License-Identifier: MIT */
/* Fields of stored documents. */
#include "state/mongo_doc.h"

#include "encodings/bson_reader.h"

int64_t
mst_mongo_doc_number(struct mst_slice doc, const char *name)
{
    struct mst_bson_value value;
    int64_t number = 0;
    if (mst_bson_find(doc, name, &value)
        && !mst_bson_get_date(&value, &number)) {
        (void)mst_bson_as_int64(&value, &number);
    }
    return number;
}

struct mst_slice
mst_mongo_doc_text(struct mst_slice doc, const char *name)
{
    struct mst_bson_value value;
    struct mst_slice text = MST_SLICE_LIT("");
    if (mst_bson_find(doc, name, &value)) {
        (void)mst_bson_get_string(&value, &text);
    }
    return text;
}

struct mst_slice
mst_mongo_doc_bytes(struct mst_slice doc, const char *name)
{
    struct mst_bson_value value;
    struct mst_slice bytes = MST_SLICE_NONE;
    uint8_t subtype = 0;
    if (mst_bson_find(doc, name, &value)) {
        (void)mst_bson_get_binary(&value, &subtype, &bytes);
    }
    return bytes;
}
