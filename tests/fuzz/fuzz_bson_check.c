/* SPDX-License-Identifier: MIT */
/* Any bytes as BSON: what the check accepts, libbson accepts, and the walk,
 * the conversion and the writer agree with it. */
#include <bson/bson.h>
#include <stdlib.h>

#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "fuzz_must.h"

/* The elements, written again one by one, are the document. */
static void
fuzz_copy(struct mst_slice doc)
{
    struct mst_buf buf;
    struct mst_bson_writer writer;
    struct mst_bson_iter iter;
    mst_buf_init(&buf, doc.len + 64);
    mst_bson_writer_init(&writer, &buf);
    enum mst_status status = mst_bson_iter_init(&iter, doc, NULL);
    while (status == MST_OK) {
        status = mst_bson_iter_next(&iter);
        if (status == MST_OK) {
            struct mst_bson_value value = mst_bson_iter_value(&iter);
            mst_bson_write_value(&writer, iter.key, &value);
        }
    }
    if (status != MST_END || mst_bson_writer_finish(&writer, NULL) != MST_OK
        || !mst_slice_equal(mst_buf_slice(&buf), doc)) {
        abort();
    }
    mst_buf_clear(&buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_slice doc = mst_slice_of(data, size);
    struct mst_error err;
    struct mst_bson_value value;
    bson_t other;
    (void)mst_bson_find_path(doc, "a.b.0", &value);
    if (mst_bson_check(doc, &err) != MST_OK) {
        if (err.offset < 0 || (size_t)err.offset > size || err.text[0] == 0) {
            abort();
        }
        return 0;
    }
    /* libbson goes no deeper than it likes, and has no place for a NUL. */
    if (!bson_init_static(&other, data, size)
        || !bson_validate(&other, BSON_VALIDATE_NONE, NULL)) {
        abort();
    }
    fuzz_copy(doc);
    return 0;
}
