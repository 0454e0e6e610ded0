/* SPDX-License-Identifier: MIT */
/* Batch frames: written, read, lying, and converted item by item. */
#include "unit/cmocka_all.h"

#include "encodings/batch_frame.h"
#include "encodings/schema_plan.h"
#include "encodings/stream.h"
#include "encodings/transcode.h"

enum { FRAME_MAX = 1 << 20, FRAME_ITEMS = 3 };

static const char schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\","
    "\"type\":\"int\"},{\"name\":\"b\",\"type\":[\"null\",\"string\"],"
    "\"default\":null}]}";

static void
write_items(struct mst_buf *out, enum mst_encoding encoding,
            const struct mst_slice *items, size_t n)
{
    struct mst_batch_writer writer;
    assert_int_equal(mst_batch_writer_begin(&writer, out, encoding), MST_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(mst_batch_writer_item(&writer), MST_OK);
        assert_int_equal(mst_buf_append(out, items[i].data, items[i].len),
                         MST_OK);
        mst_batch_writer_keep(&writer);
    }
    mst_batch_writer_end(&writer);
}

static void
a_frame_has_the_bytes_of_the_specification(void **state)
{
    (void)state;
    static const uint8_t wanted[] = {2, 0,   0,   0, 1, 2, 0, 0,
                                     0, '{', '}', 0, 0, 0, 0};
    const struct mst_slice items[] = {MST_SLICE_LIT("{}"), MST_SLICE_LIT("")};
    struct mst_batch_frame frame;
    struct mst_slice item;
    struct mst_buf out;
    mst_buf_init(&out, FRAME_MAX);
    write_items(&out, MST_ENCODING_JSON, items, 2);
    assert_int_equal(out.len, sizeof(wanted));
    assert_memory_equal(out.data, wanted, sizeof(wanted));
    assert_int_equal(mst_batch_frame_open(mst_buf_slice(&out), &frame, NULL),
                     MST_OK);
    assert_int_equal(frame.encoding, MST_ENCODING_JSON);
    assert_int_equal(frame.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(mst_batch_frame_next(&frame, &item));
        assert_true(mst_slice_equal(item, items[i]));
    }
    assert_false(mst_batch_frame_next(&frame, &item));
    mst_buf_clear(&out);
}

static void
every_content_type_has_its_number(void **state)
{
    (void)state;
    static const enum mst_encoding encodings[] = {
        MST_ENCODING_RAW, MST_ENCODING_JSON, MST_ENCODING_BSON,
        MST_ENCODING_AVRO};
    for (uint8_t i = 0; i < 4; i++) {
        struct mst_batch_frame frame;
        struct mst_buf out;
        mst_buf_init(&out, FRAME_MAX);
        write_items(&out, encodings[i], NULL, 0);
        assert_int_equal(out.data[4], i);
        assert_int_equal(
            mst_batch_frame_open(mst_buf_slice(&out), &frame, NULL), MST_OK);
        assert_int_equal(frame.encoding, encodings[i]);
        mst_buf_clear(&out);
    }
}

static void
frames_that_lie_are_refused_with_the_place(void **state)
{
    (void)state;
    const struct {
        struct mst_slice bytes;
        int64_t offset;
    } cases[] = {
        {MST_SLICE_LIT(""), 0},
        {MST_SLICE_LIT("\1\0\0\0"), 4},
        {MST_SLICE_LIT("\0\0\0\0\4"), 4},
        {MST_SLICE_LIT("\0\0\0\0\1x"), 5},
        {MST_SLICE_LIT("\1\0\0\0\1"), 5},
        {MST_SLICE_LIT("\1\0\0\0\1\0\0\0"), 5},
        {MST_SLICE_LIT("\1\0\0\0\1\1\0\0\0"), 5},
        {MST_SLICE_LIT("\1\0\0\0\1\1\0\0\0xy"), 10},
        {MST_SLICE_LIT("\2\0\0\0\1\1\0\0\0x"), 10},
        /* 1 GB, and 4 GB of items, in ten bytes. */
        {MST_SLICE_LIT("\1\0\0\0\2\0\0\0\100x"), 5},
        {MST_SLICE_LIT("\377\377\377\377\2\0\0\0\0x"), 9},
        {MST_SLICE_LIT("\1\0\0\0\2\377\377\377\377x"), 5},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_batch_frame frame;
        struct mst_error err;
        mst_error_clear(&err);
        assert_int_equal(mst_batch_frame_open(cases[i].bytes, &frame, &err),
                         MST_REJECTED);
        assert_int_equal(err.offset, cases[i].offset);
        assert_true(err.text[0] != '\0');
    }
}

static void
a_frame_beyond_its_maximum_is_refused_and_nothing_changes(void **state)
{
    (void)state;
    struct mst_batch_writer writer;
    struct mst_buf out;
    mst_buf_init(&out, MST_BATCH_HEAD + MST_BATCH_ITEM_HEAD + 1);
    assert_int_equal(mst_batch_writer_begin(&writer, &out, MST_ENCODING_JSON),
                     MST_OK);
    assert_int_equal(mst_batch_writer_item(&writer), MST_OK);
    mst_batch_writer_keep(&writer);
    assert_int_equal(mst_batch_writer_item(&writer), MST_REJECTED);
    mst_batch_writer_end(&writer);
    assert_int_equal(out.len, MST_BATCH_HEAD + MST_BATCH_ITEM_HEAD);
    assert_int_equal(out.data[0], 1);
    mst_buf_clear(&out);
}

/* The items of each encoding, the second one bad. */
struct batch_case {
    struct mst_schema_plan *plan;
    struct mst_encoding_options options;
    struct mst_buf good[MST_ENCODINGS];
    struct mst_buf bad[MST_ENCODINGS];
    uint32_t refused;
    uint32_t item;
};

static void
tell(void *ctx, uint32_t item, const struct mst_error *err)
{
    struct batch_case *one = ctx;
    assert_true(err->text[0] != '\0');
    one->refused++;
    one->item = item;
}

static void
open_case(struct batch_case *one)
{
    static const char json[] = "{\"a\":5,\"b\":\"x\"}";
    *one = (struct batch_case){.refused = 0};
    assert_int_equal(
        mst_schema_plan_create(mst_slice_str(schema), NULL, &one->plan, NULL),
        MST_OK);
    one->options.schema = one->plan;
    for (int i = 0; i < MST_ENCODINGS; i++) {
        mst_buf_init(&one->good[i], FRAME_MAX);
        mst_buf_init(&one->bad[i], FRAME_MAX);
    }
    for (int to = MST_ENCODING_BSON; to < MST_ENCODINGS; to++) {
        assert_int_equal(mst_transcode(MST_ENCODING_JSON, (enum mst_encoding)to,
                                       &one->options, mst_slice_str(json),
                                       &one->good[to], NULL),
                         MST_OK);
        /* Cut before its end. */
        assert_int_equal(mst_buf_append(&one->bad[to], one->good[to].data,
                                        one->good[to].len - 1),
                         MST_OK);
    }
}

static void
close_case(struct batch_case *one)
{
    for (int i = 0; i < MST_ENCODINGS; i++) {
        mst_buf_clear(&one->good[i]);
        mst_buf_clear(&one->bad[i]);
    }
    mst_schema_plan_destroy(one->plan);
}

static void
check_cell(struct batch_case *one, enum mst_encoding from, enum mst_encoding to,
           bool by_schema)
{
    struct mst_encoding_options plain = {.schema = NULL};
    struct mst_transcoder transcoder;
    struct mst_batch_refusals refusals = {.tell = tell, .ctx = one};
    struct mst_batch_frame frame;
    struct mst_slice item;
    struct mst_buf in;
    struct mst_buf out;
    const struct mst_slice items[FRAME_ITEMS] = {
        mst_buf_slice(&one->good[from]), mst_buf_slice(&one->bad[from]),
        mst_buf_slice(&one->good[from])};
    mst_buf_init(&in, FRAME_MAX);
    mst_buf_init(&out, FRAME_MAX);
    write_items(&in, from, items, FRAME_ITEMS);
    assert_int_equal(mst_transcode_find(from, to,
                                        by_schema ? &one->options : &plain,
                                        &transcoder, NULL),
                     MST_OK);
    one->refused = 0;
    assert_int_equal(mst_batch_convert(&transcoder, mst_buf_slice(&in),
                                       &refusals, &out, NULL),
                     MST_OK);
    assert_int_equal(one->refused, 1);
    assert_int_equal(one->item, 1);
    assert_int_equal(refusals.count, 1);
    assert_int_equal(mst_batch_frame_open(mst_buf_slice(&out), &frame, NULL),
                     MST_OK);
    assert_int_equal(frame.encoding, to);
    assert_int_equal(frame.count, 2);
    while (mst_batch_frame_next(&frame, &item)) {
        assert_true(mst_slice_equal(item, mst_buf_slice(&one->good[to])));
    }
    mst_buf_clear(&in);
    mst_buf_clear(&out);
}

static void
one_bad_item_is_refused_alone_in_every_conversion(void **state)
{
    (void)state;
    struct batch_case one;
    open_case(&one);
    for (int from = MST_ENCODING_BSON; from < MST_ENCODINGS; from++) {
        for (int to = MST_ENCODING_BSON; to < MST_ENCODINGS; to++) {
            check_cell(&one, (enum mst_encoding)from, (enum mst_encoding)to,
                       true);
            if (from != MST_ENCODING_AVRO && to != MST_ENCODING_AVRO) {
                check_cell(&one, (enum mst_encoding)from, (enum mst_encoding)to,
                           false);
            }
        }
    }
    close_case(&one);
}

static void
a_frame_of_another_encoding_is_refused_as_a_whole(void **state)
{
    (void)state;
    struct mst_transcoder transcoder;
    struct mst_batch_refusals refusals = {.tell = NULL};
    struct mst_error err;
    struct mst_buf out;
    mst_buf_init(&out, FRAME_MAX);
    assert_int_equal(mst_transcode_find(MST_ENCODING_JSON, MST_ENCODING_BSON,
                                        NULL, &transcoder, NULL),
                     MST_OK);
    assert_int_equal(mst_batch_convert(&transcoder, MST_SLICE_LIT("\0\0\0\0\2"),
                                       &refusals, &out, &err),
                     MST_REJECTED);
    assert_string_equal(err.text, "the frame holds bson, not json");
    assert_int_equal(out.len, 0);
    mst_buf_clear(&out);
}

/* All of in, piece bytes at a time, into out; the status that ended it. */
static enum mst_status
run_stream(struct mst_slice in, size_t piece, size_t max, struct mst_buf *out,
           struct mst_error *err)
{
    struct mst_stream stream;
    enum mst_status status = mst_stream_init_batches(
        &stream, MST_ENCODING_JSON, MST_ENCODING_JSON, NULL, max, err);
    assert_int_equal(status, MST_OK);
    for (size_t at = 0; at <= in.len && status != MST_FATAL; at += piece) {
        size_t n = in.len - at < piece ? in.len - at : piece;
        status = mst_stream_push(&stream, mst_slice_of(in.data + at, n), err);
        while (status == MST_OK || status == MST_REJECTED) {
            status = mst_stream_convert(&stream, n == in.len - at, out, err);
        }
        if (status != MST_AGAIN) {
            break;
        }
    }
    mst_stream_clear(&stream);
    return status;
}

static void
frames_in_a_stream_come_in_pieces_of_any_size(void **state)
{
    (void)state;
    const struct mst_slice items[] = {MST_SLICE_LIT("{\"a\":1}"),
                                      MST_SLICE_LIT("{\"a\":}"),
                                      MST_SLICE_LIT("{}")};
    struct mst_buf in;
    mst_buf_init(&in, FRAME_MAX);
    write_items(&in, MST_ENCODING_JSON, items, 3);
    write_items(&in, MST_ENCODING_JSON, NULL, 0);
    write_items(&in, MST_ENCODING_JSON, items, 1);
    for (size_t piece = 1; piece <= in.len; piece++) {
        struct mst_buf out;
        mst_buf_init(&out, FRAME_MAX);
        assert_int_equal(
            run_stream(mst_buf_slice(&in), piece, FRAME_MAX, &out, NULL),
            MST_END);
        assert_string_equal(mst_buf_text(&out), "{\"a\":1}\n{}\n{\"a\":1}\n");
        mst_buf_clear(&out);
    }
    mst_buf_clear(&in);
}

static void
frames_in_a_stream_that_lie_end_it(void **state)
{
    (void)state;
    const struct {
        struct mst_slice bytes;
        const char *said;
    } cases[] = {
        {MST_SLICE_LIT("\1\0\0"), "inside of a frame's head"},
        {MST_SLICE_LIT("\1\0\0\0\11"), "no content type 9"},
        {MST_SLICE_LIT("\1\0\0\0\2\0\0\0\0"), "holds bson, not json"},
        {MST_SLICE_LIT("\1\0\0\0\1\0\0\0"), "inside of the item"},
        {MST_SLICE_LIT("\1\0\0\0\1\0\0\0\100x"), "is larger than 1048576"},
        {MST_SLICE_LIT("\2\0\0\0\1\2\0\0\0{}"), "inside of the item"},
        {MST_SLICE_LIT("\0\0\0\0\1x"), "inside of a frame's head"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_error err;
        struct mst_buf out;
        mst_buf_init(&out, FRAME_MAX);
        mst_error_clear(&err);
        assert_int_equal(run_stream(cases[i].bytes, 2, FRAME_MAX, &out, &err),
                         MST_FATAL);
        assert_non_null(strstr(err.text, cases[i].said));
        mst_buf_clear(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_has_the_bytes_of_the_specification),
        cmocka_unit_test(every_content_type_has_its_number),
        cmocka_unit_test(frames_that_lie_are_refused_with_the_place),
        cmocka_unit_test(
            a_frame_beyond_its_maximum_is_refused_and_nothing_changes),
        cmocka_unit_test(one_bad_item_is_refused_alone_in_every_conversion),
        cmocka_unit_test(a_frame_of_another_encoding_is_refused_as_a_whole),
        cmocka_unit_test(frames_in_a_stream_come_in_pieces_of_any_size),
        cmocka_unit_test(frames_in_a_stream_that_lie_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
