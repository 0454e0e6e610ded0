/* SPDX-License-Identifier: MIT */
/* Any bytes as a container file, in pieces: it ends, whatever they are. */
#include <stdlib.h>

#include "encodings/avro/file.h"
#include "fuzz_must.h"

enum { FUZZ_PIECE = 100 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct mst_avro_file_options options = {.to = MST_ENCODING_BSON};
    struct mst_avro_file file;
    struct mst_buf out;
    struct mst_error err;
    enum mst_status status = MST_AGAIN;
    mst_buf_init(&out, FUZZ_MAX);
    mst_avro_file_init(&file, &options);
    for (size_t at = 0; status == MST_AGAIN;) {
        uint8_t *room = NULL;
        size_t n = size - at < FUZZ_PIECE ? size - at : FUZZ_PIECE;
        if (mst_avro_file_room(&file, FUZZ_PIECE, &room, &err) != MST_OK) {
            abort();
        }
        if (n > 0) {
            memcpy(room, data + at, n);
        }
        mst_avro_file_filled(&file, n);
        at += n;
        do {
            mst_buf_reset(&out);
            status = mst_avro_file_convert(&file, n == 0, &out, &err);
        } while (status == MST_OK || status == MST_REJECTED);
        if (status == MST_AGAIN && n == 0) {
            abort();
        }
    }
    mst_avro_file_clear(&file);
    mst_buf_clear(&out);
    return 0;
}
