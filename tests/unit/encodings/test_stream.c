/* SPDX-License-Identifier: MIT */
/* Documents cut out of streams that come in pieces of any size. */
#include "unit/cmocka_all.h"

#include "encodings/stream.h"

enum { ROOM = 1 << 20 };

static const char lines[] = "{\"a\":1}\n\n  {\"b\":\"x\"} \r\n{\"c\":[true]}";
static const char same_lines[] = "{\"a\":1}\n{\"b\":\"x\"}\n{\"c\":[true]}\n";

/* All of in, piece bytes at a time; the status that ended it. */
static enum mst_status
run(struct mst_stream *stream, struct mst_slice in, size_t piece,
    struct mst_buf *out, struct mst_error *err)
{
    for (size_t at = 0; at <= in.len; at += piece) {
        size_t left = in.len - at;
        size_t n = left < piece ? left : piece;
        enum mst_status status =
            mst_stream_push(stream, mst_slice_of(in.data + at, n), err);
        while (status == MST_OK || status == MST_REJECTED) {
            status = mst_stream_convert(stream, n == left, out, err);
        }
        if (status != MST_AGAIN) {
            return status;
        }
    }
    return MST_AGAIN;
}

static void
lines_become_bson_and_lines_again_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < sizeof(lines) + 1; piece++) {
        struct mst_stream to_bson;
        struct mst_stream to_json;
        struct mst_buf bson;
        struct mst_buf json;
        struct mst_error err;
        mst_buf_init(&bson, ROOM);
        mst_buf_init(&json, ROOM);
        assert_int_equal(mst_stream_init(&to_bson, MST_ENCODING_JSON,
                                         MST_ENCODING_BSON, NULL, ROOM, &err),
                         MST_OK);
        assert_int_equal(mst_stream_init(&to_json, MST_ENCODING_BSON,
                                         MST_ENCODING_JSON, NULL, ROOM, &err),
                         MST_OK);
        assert_int_equal(
            run(&to_bson, mst_slice_str(lines), piece, &bson, &err), MST_END);
        assert_int_equal(
            run(&to_json, mst_buf_slice(&bson), piece, &json, &err), MST_END);
        assert_string_equal(mst_buf_text(&json), same_lines);
        assert_int_equal(to_bson.taken, 3);
        assert_int_equal(to_json.taken, 3);
        mst_stream_clear(&to_bson);
        mst_stream_clear(&to_json);
        mst_buf_clear(&bson);
        mst_buf_clear(&json);
    }
}

static void
refused_document_is_passed_over_and_its_place_told(void **state)
{
    (void)state;
    struct mst_stream stream;
    struct mst_buf out;
    struct mst_error err;
    mst_buf_init(&out, ROOM);
    assert_int_equal(mst_stream_init(&stream, MST_ENCODING_JSON,
                                     MST_ENCODING_JSON, NULL, ROOM, &err),
                     MST_OK);
    struct mst_slice in = MST_SLICE_LIT("{\"a\":1}\n{\"a\":}\n[2]\n");
    assert_int_equal(mst_stream_push(&stream, in, &err), MST_OK);
    assert_int_equal(mst_stream_convert(&stream, true, &out, &err), MST_OK);
    assert_int_equal(mst_stream_convert(&stream, true, &out, &err),
                     MST_REJECTED);
    assert_int_equal(err.offset, 8 + 5);
    assert_non_null(strstr(err.text, "document 2, from byte 8: "));
    assert_int_equal(mst_stream_convert(&stream, true, &out, &err), MST_OK);
    assert_int_equal(mst_stream_convert(&stream, true, &out, &err), MST_END);
    assert_string_equal(mst_buf_text(&out), "{\"a\":1}\n[2]\n");
    assert_int_equal(stream.taken, 3);
    assert_int_equal(stream.refused, 1);
    mst_stream_clear(&stream);
    mst_buf_clear(&out);
}

static const struct {
    const char *what;
    struct mst_slice in;
    const char *text;
} broken[] = {
    {"a length that can not be",
     {(const uint8_t *)"\5\0\0\0\0\4\0\0\0\0", 10},
     "no BSON document at byte 5"},
    {"an end inside of a document",
     {(const uint8_t *)"\5\0\0\0\0\x09\0\0\0\0", 10},
     "5 of 9 bytes are there"},
    {"an end inside of a length", {(const uint8_t *)"\5\0", 2}, "2 of 5 bytes"},
    {"one that is too large",
     {(const uint8_t *)"\x7f\x7f\x7f\x7f", 4},
     "larger than 1000"},
};

static void
stream_whose_next_document_is_lost_is_fatal(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(broken); i++) {
        struct mst_stream stream;
        struct mst_buf out;
        struct mst_error err;
        mst_buf_init(&out, ROOM);
        assert_int_equal(mst_stream_init(&stream, MST_ENCODING_BSON,
                                         MST_ENCODING_JSON, NULL, 1000, &err),
                         MST_OK);
        assert_int_equal(run(&stream, broken[i].in, 100, &out, &err),
                         MST_FATAL);
        if (strstr(err.text, broken[i].text) == NULL) {
            fail_msg("%s: %s", broken[i].what, err.text);
        }
        mst_stream_clear(&stream);
        mst_buf_clear(&out);
    }
}

static void
line_without_end_stops_at_the_maximum(void **state)
{
    (void)state;
    struct mst_stream stream;
    struct mst_buf out;
    struct mst_error err;
    mst_buf_init(&out, ROOM);
    assert_int_equal(mst_stream_init(&stream, MST_ENCODING_JSON,
                                     MST_ENCODING_BSON, NULL, 1000, &err),
                     MST_OK);
    enum mst_status status = MST_OK;
    for (int i = 0; i < 100 && status == MST_OK; i++) {
        status = mst_stream_push(
            &stream, MST_SLICE_LIT("                                "), &err);
        if (status == MST_OK) {
            assert_int_equal(mst_stream_convert(&stream, false, &out, &err),
                             MST_AGAIN);
        }
    }
    assert_int_equal(status, MST_FATAL);
    assert_non_null(strstr(err.text, "larger than 1000 bytes"));
    mst_stream_clear(&stream);
    mst_buf_clear(&out);
}

static void
encodings_that_are_no_stream_are_refused(void **state)
{
    (void)state;
    struct mst_stream stream;
    struct mst_error err;
    assert_int_equal(mst_stream_init(&stream, MST_ENCODING_RAW,
                                     MST_ENCODING_RAW, NULL, 1000, &err),
                     MST_FATAL);
    mst_stream_clear(&stream);
    assert_int_equal(mst_stream_init(&stream, MST_ENCODING_AVRO,
                                     MST_ENCODING_BSON, NULL, 1000, &err),
                     MST_FATAL);
    mst_stream_clear(&stream);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            lines_become_bson_and_lines_again_in_pieces_of_any_size),
        cmocka_unit_test(refused_document_is_passed_over_and_its_place_told),
        cmocka_unit_test(stream_whose_next_document_is_lost_is_fatal),
        cmocka_unit_test(line_without_end_stops_at_the_maximum),
        cmocka_unit_test(encodings_that_are_no_stream_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
