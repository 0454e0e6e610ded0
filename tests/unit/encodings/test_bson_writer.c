/* SPDX-License-Identifier: MIT */
/* What is written equals what libbson writes; misuse sticks. */
#include "unit/cmocka_all.h"

#include <bson/bson.h>

#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"

static void
document_equals_the_one_of_libbson(void **state)
{
    (void)state;
    struct mst_buf buf;
    struct mst_bson_writer w;
    bson_t *other = BCON_NEW("a", BCON_INT32(1), "d", "{", "b", BCON_INT64(2),
                             "l", "[", BCON_UTF8("x"), BCON_BOOL(true), "]",
                             "}", "n", BCON_NULL, "f", BCON_DOUBLE(0.1));
    mst_buf_init(&buf, 4096);
    mst_bson_writer_init(&w, &buf);
    mst_bson_write_int32(&w, "a", 1);
    mst_bson_write_begin_document(&w, "d");
    mst_bson_write_int64(&w, "b", 2);
    mst_bson_write_begin_array(&w, "l");
    mst_bson_write_text(&w, "0", "x");
    mst_bson_write_bool(&w, "1", true);
    mst_bson_write_end(&w);
    mst_bson_write_end(&w);
    mst_bson_write_null(&w, "n");
    mst_bson_write_double(&w, "f", 0.1);
    assert_int_equal(mst_bson_writer_finish(&w, NULL), MST_OK);
    assert_int_equal(buf.len, other->len);
    assert_memory_equal(buf.data, bson_get_data(other), buf.len);
    bson_destroy(other);
    mst_buf_clear(&buf);
}

static void
documents_follow_each_other_in_one_buffer(void **state)
{
    (void)state;
    struct mst_buf buf;
    struct mst_bson_writer w;
    mst_buf_init(&buf, 4096);
    mst_bson_writer_init(&w, &buf);
    assert_int_equal(mst_bson_writer_finish(&w, NULL), MST_OK);
    mst_bson_writer_init(&w, &buf);
    mst_bson_write_elements(&w, MST_SLICE_LIT("\x8\0\0\0\x0A\x61\0\0"));
    mst_bson_write_bool(&w, "b", false);
    assert_int_equal(mst_bson_writer_finish(&w, NULL), MST_OK);
    assert_int_equal(buf.len, 5 + 12);
    assert_memory_equal(buf.data + 5, "\x0c\0\0\0\x0A\x61\0\x08\x62\0\0\0", 12);
    mst_buf_clear(&buf);
}

static void
failure_sticks_and_leaves_the_buffer_as_it_was(void **state)
{
    (void)state;
    struct mst_buf buf;
    struct mst_bson_writer w;
    struct mst_error err;
    struct mst_bson_value lie = {MST_BSON_STRING, MST_SLICE_LIT("\7\0\0\0a\0")};
    mst_buf_init(&buf, 64);
    assert_int_equal(mst_buf_append_str(&buf, "before"), MST_OK);
    mst_bson_writer_init(&w, &buf);
    mst_bson_write_value(&w, MST_SLICE_LIT("a\0b"), &lie);
    mst_bson_write_int32(&w, "more", 1);
    assert_int_equal(mst_bson_writer_finish(&w, &err), MST_REJECTED);
    assert_int_equal(buf.len, 6);

    mst_bson_writer_init(&w, &buf);
    mst_bson_write_value(&w, MST_SLICE_LIT("a"), &lie);
    assert_int_equal(mst_bson_writer_finish(&w, &err), MST_REJECTED);

    mst_bson_writer_init(&w, &buf);
    for (int i = 0; i < 20; i++) {
        mst_bson_write_int32(&w, "more", 1);
    }
    assert_int_equal(mst_bson_writer_finish(&w, &err), MST_REJECTED);
    assert_int_equal(buf.len, 6);
    mst_buf_clear(&buf);
}

static void
too_deep_is_rejected_and_200_is_not(void **state)
{
    (void)state;
    struct mst_buf buf;
    struct mst_bson_writer w;
    struct mst_error err;
    mst_buf_init(&buf, 1 << 16);
    for (int depth = 200; depth <= 201; depth++) {
        mst_buf_reset(&buf);
        mst_bson_writer_init(&w, &buf);
        for (int i = 1; i < depth; i++) {
            mst_bson_write_begin_document(&w, "d");
        }
        enum mst_status status = mst_bson_writer_finish(&w, &err);
        assert_int_equal(status, depth == 200 ? MST_OK : MST_REJECTED);
        assert_true(depth == 201
                    || mst_bson_check(mst_buf_slice(&buf), &err) == MST_OK);
    }
    mst_buf_clear(&buf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document_equals_the_one_of_libbson),
        cmocka_unit_test(documents_follow_each_other_in_one_buffer),
        cmocka_unit_test(failure_sticks_and_leaves_the_buffer_as_it_was),
        cmocka_unit_test(too_deep_is_rejected_and_200_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
