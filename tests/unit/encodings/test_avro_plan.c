/* SPDX-License-Identifier: MIT */
/* Avro that was written by one schema and is wanted by another, with the
 * frames of both; and data without a container that come in pieces. */
#include "unit/cmocka_all.h"

#include "encodings/avro/file.h"
#include "encodings/schema_plan.h"
#include "encodings/transcode.h"

enum { PLAN_MAX = 1 << 20 };

static const char old_schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"a\",\"type\":\"int\"},"
    "{\"name\":\"l\",\"type\":{\"type\":\"array\",\"items\":\"string\"}}]}";
static const char new_schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"b\",\"type\":\"string\",\"default\":\"x\"},"
    "{\"name\":\"a\",\"type\":\"long\"}]}";
static const char other_schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"a\",\"type\":\"string\"}]}";

static struct mst_schema_plan *
plan_of(const char *schema, enum mst_framing framing, uint32_t id)
{
    const struct mst_schema_plan_options options = {
        .avro = {.framing = framing, .schema_id = id}};
    struct mst_schema_plan *plan = NULL;
    assert_int_equal(
        mst_schema_plan_create(mst_slice_str(schema), &options, &plan, NULL),
        MST_OK);
    return plan;
}

/* Both are destroyed. said: of the refusal, or NULL. */
static void
check(struct mst_schema_plan *written, struct mst_schema_plan *wanted,
      enum mst_encoding to, struct mst_slice in, struct mst_slice out,
      const char *said)
{
    const struct mst_encoding_options options = {.schema = wanted,
                                                 .written = written};
    struct mst_error err;
    struct mst_buf got;
    mst_error_clear(&err);
    mst_buf_init(&got, PLAN_MAX);
    enum mst_status status =
        mst_transcode(MST_ENCODING_AVRO, to, &options, in, &got, &err);
    if (said == NULL) {
        assert_string_equal(err.text, "");
        assert_int_equal(status, MST_OK);
        assert_true(mst_slice_equal(mst_buf_slice(&got), out));
    } else {
        assert_int_not_equal(status, MST_OK);
        assert_int_equal(got.len, 0);
        assert_non_null(strstr(err.text, said));
    }
    mst_buf_clear(&got);
    mst_schema_plan_destroy(written);
    mst_schema_plan_destroy(wanted);
}

static void
data_of_the_writer_become_those_of_the_reader(void **state)
{
    (void)state;
    struct mst_slice datum = MST_SLICE_LIT("\x0a\2\2q\0");
    check(plan_of(old_schema, MST_FRAMING_BARE, 0),
          plan_of(new_schema, MST_FRAMING_BARE, 0), MST_ENCODING_AVRO, datum,
          MST_SLICE_LIT("\2x\x0a"), NULL);
    check(plan_of(old_schema, MST_FRAMING_BARE, 0),
          plan_of(new_schema, MST_FRAMING_BARE, 0), MST_ENCODING_JSON, datum,
          MST_SLICE_LIT("{\"b\":\"x\",\"a\":5}"), NULL);
}

static void
the_frame_of_the_writer_makes_way_for_that_of_the_reader(void **state)
{
    (void)state;
    check(plan_of(old_schema, MST_FRAMING_CONFLUENT, 7),
          plan_of(new_schema, MST_FRAMING_CONFLUENT, 8), MST_ENCODING_AVRO,
          MST_SLICE_LIT("\0\0\0\0\7\x0a\0"),
          MST_SLICE_LIT("\0\0\0\0\x8\2x\x0a"), NULL);
    check(plan_of(old_schema, MST_FRAMING_CONFLUENT, 7),
          plan_of(new_schema, MST_FRAMING_BARE, 0), MST_ENCODING_AVRO,
          MST_SLICE_LIT("\0\0\0\0\x8\x0a\0"), MST_SLICE_NONE,
          "the frame is 0000000008, that of the schema is 0000000007");
}

static void
data_of_the_same_schema_are_checked_and_stay_as_they_are(void **state)
{
    (void)state;
    /* A block that tells its size, which the decoder would not write. */
    struct mst_slice datum = MST_SLICE_LIT("\x0a\1\4\2q\0");
    check(NULL, plan_of(old_schema, MST_FRAMING_BARE, 0), MST_ENCODING_AVRO,
          datum, datum, NULL);
    check(plan_of(old_schema, MST_FRAMING_BARE, 0),
          plan_of(old_schema, MST_FRAMING_CONFLUENT, 3), MST_ENCODING_AVRO,
          datum, MST_SLICE_LIT("\0\0\0\0\3\x0a\1\4\2q\0"), NULL);
    check(NULL, plan_of(old_schema, MST_FRAMING_BARE, 0), MST_ENCODING_AVRO,
          MST_SLICE_LIT("\x0a\2\2\xff\0"), MST_SLICE_NONE, "field 'l.0'");
    check(NULL, plan_of(old_schema, MST_FRAMING_BARE, 0), MST_ENCODING_AVRO,
          MST_SLICE_LIT("\x0a\2\2"), MST_SLICE_NONE, "field 'l.0'");
}

static void
a_schema_that_can_not_read_the_other_is_found_before_any_data(void **state)
{
    (void)state;
    struct mst_schema_plan *written = plan_of(old_schema, MST_FRAMING_BARE, 0);
    struct mst_schema_plan *wanted = plan_of(other_schema, MST_FRAMING_BARE, 0);
    const struct mst_encoding_options options = {.schema = wanted,
                                                 .written = written};
    for (int to = MST_ENCODING_BSON; to < MST_ENCODINGS; to++) {
        struct mst_transcoder transcoder;
        struct mst_error err;
        assert_int_equal(mst_transcode_find(MST_ENCODING_AVRO,
                                            (enum mst_encoding)to, &options,
                                            &transcoder, &err),
                         MST_FATAL);
        assert_non_null(strstr(err.text, "field 'a'"));
    }
    mst_schema_plan_destroy(written);
    mst_schema_plan_destroy(wanted);
}

/* All of in as framed data, piece bytes at a time, to JSON. */
static enum mst_status
run_pieces(struct mst_schema_plan *plan, struct mst_slice in, size_t piece,
           struct mst_buf *out, struct mst_error *err)
{
    const struct mst_avro_file_options options = {
        .to = MST_ENCODING_JSON, .framed = mst_schema_plan_avro(plan)};
    struct mst_avro_file file;
    enum mst_status status = MST_AGAIN;
    mst_avro_file_init(&file, &options);
    for (size_t at = 0; status == MST_AGAIN; at += piece) {
        uint8_t *room = NULL;
        assert_true(at <= in.len + piece);
        size_t n = at >= in.len ? 0 : in.len - at < piece ? in.len - at : piece;
        assert_int_equal(mst_avro_file_room(&file, piece, &room, err), MST_OK);
        memcpy(room, in.data + at, n);
        mst_avro_file_filled(&file, n);
        do {
            mst_error_clear(err);
            status = mst_avro_file_convert(&file, n == 0, out, err);
        } while (status == MST_OK || status == MST_REJECTED);
    }
    mst_avro_file_clear(&file);
    return status;
}

static void
data_without_a_container_come_in_pieces_of_any_size(void **state)
{
    (void)state;
    /* The second is refused, and does not stop the third. */
    struct mst_slice in = MST_SLICE_LIT("\0\0\0\0\7\x0a\1\4\2q\0"
                                        "\0\0\0\0\7\x0a\2\2\xff\0"
                                        "\0\0\0\0\7\x0c\4\2q\x06xyz\0");
    for (size_t piece = 1; piece <= in.len; piece++) {
        struct mst_schema_plan *plan =
            plan_of(old_schema, MST_FRAMING_CONFLUENT, 7);
        struct mst_error err;
        struct mst_buf out;
        mst_buf_init(&out, PLAN_MAX);
        assert_int_equal(run_pieces(plan, in, piece, &out, &err), MST_END);
        assert_string_equal(mst_buf_text(&out),
                            "{\"a\":5,\"l\":[\"q\"]}\n"
                            "{\"a\":6,\"l\":[\"q\",\"xyz\"]}\n");
        mst_buf_clear(&out);
        mst_schema_plan_destroy(plan);
    }
}

static void
data_without_a_container_that_lie_end_the_stream(void **state)
{
    (void)state;
    const struct {
        struct mst_slice in;
        const char *said;
    } cases[] = {
        {MST_SLICE_LIT("\x0a\2\2"), "datum 1: field 'l.0'"},
        {MST_SLICE_LIT("\x0a\0\x0a"), "datum 2: field 'l'"},
        /* A text of 1 GB, and one of fewer than no bytes. */
        {MST_SLICE_LIT("\x0a\2\x80\x80\x80\x80\x08q"), "datum 1: field 'l.0'"},
        {MST_SLICE_LIT("\x0a\2\1q\0\0\0\0"), "datum 1: field 'l.0'"},
        {MST_SLICE_LIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0"),
         "datum 1: field 'a'"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_schema_plan *plan = plan_of(old_schema, MST_FRAMING_BARE, 0);
        struct mst_error err;
        struct mst_buf out;
        mst_buf_init(&out, PLAN_MAX);
        assert_int_equal(run_pieces(plan, cases[i].in, 3, &out, &err),
                         MST_FATAL);
        if (strstr(err.text, cases[i].said) == NULL) {
            fail_msg("case %zu: %s", i, err.text);
        }
        assert_string_not_equal(err.hint, "");
        mst_buf_clear(&out);
        mst_schema_plan_destroy(plan);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_of_the_writer_become_those_of_the_reader),
        cmocka_unit_test(
            the_frame_of_the_writer_makes_way_for_that_of_the_reader),
        cmocka_unit_test(
            data_of_the_same_schema_are_checked_and_stay_as_they_are),
        cmocka_unit_test(
            a_schema_that_can_not_read_the_other_is_found_before_any_data),
        cmocka_unit_test(data_without_a_container_come_in_pieces_of_any_size),
        cmocka_unit_test(data_without_a_container_that_lie_end_the_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
