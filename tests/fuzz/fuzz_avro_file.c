/* SPDX-License-Identifier: MIT */
/* Any bytes as a container file, and as single data one behind the other, in
 * pieces: it ends, whatever they are, and the size of the pieces does not
 * matter. */
#include "encodings/avro/file.h"
#include "fuzz_avro_schema_of.h"
#include "fuzz_must.h"

enum { FUZZ_PIECE = 100 };

/* What a stream became. */
struct fuzz_end {
    enum mst_status status;
    uint64_t taken;
    uint64_t refused;
};

static struct fuzz_end
fuzz_run(const struct mst_avro_file_options *options, struct mst_slice in,
         size_t piece, struct mst_buf *out)
{
    struct mst_avro_file file;
    struct fuzz_end end = {.status = MST_AGAIN};
    mst_buf_reset(out);
    mst_avro_file_init(&file, options);
    for (size_t at = 0; end.status == MST_AGAIN;) {
        uint8_t *room = NULL;
        size_t n = in.len - at < piece ? in.len - at : piece;
        fuzz_must(mst_avro_file_room(&file, piece, &room, NULL) == MST_OK);
        if (n > 0) {
            memcpy(room, in.data + at, n);
        }
        mst_avro_file_filled(&file, n);
        at += n;
        do {
            end.status = mst_avro_file_convert(&file, n == 0, out, NULL);
        } while (end.status == MST_OK || end.status == MST_REJECTED);
        fuzz_must(end.status != MST_AGAIN || n > 0);
    }
    end.taken = file.taken;
    end.refused = file.refused;
    mst_avro_file_clear(&file);
    return end;
}

static void
fuzz_both(const struct mst_avro_file_options *options, struct mst_slice in)
{
    struct mst_buf pieces;
    struct mst_buf whole;
    mst_buf_init(&pieces, FUZZ_MAX);
    mst_buf_init(&whole, FUZZ_MAX);
    struct fuzz_end a = fuzz_run(options, in, FUZZ_PIECE, &pieces);
    struct fuzz_end b = fuzz_run(options, in, in.len + 1, &whole);
    fuzz_must(a.status == b.status && a.taken == b.taken
              && a.refused == b.refused);
    fuzz_must(mst_slice_equal(mst_buf_slice(&pieces), mst_buf_slice(&whole)));
    mst_buf_clear(&pieces);
    mst_buf_clear(&whole);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mst_avro_plan *plan;
    struct mst_avro_file_options options = {.to = MST_ENCODING_BSON};
    if (plan == NULL) {
        fuzz_must(
            mst_avro_plan_create(mst_slice_str(fuzz_schema), NULL, &plan, NULL)
            == MST_OK);
    }
    fuzz_both(&options, mst_slice_of(data, size));
    options.framed = plan;
    fuzz_both(&options, mst_slice_of(data, size));
    return 0;
}
