/* SPDX-License-Identifier: MIT */
/* The growing buffer: bounds and escapes. */
#include "unit/cmocka_all.h"

#include <stdio.h>

#include "base/buf.h"

static void
appending_past_the_maximum_is_rejected_and_changes_nothing(void **state)
{
    (void)state;
    struct mst_buf buf;
    mst_buf_init(&buf, 8);
    assert_int_equal(mst_buf_append(&buf, "12345", 5), MST_OK);
    assert_int_equal(mst_buf_append(&buf, "6789", 4), MST_REJECTED);
    assert_int_equal(buf.len, 5);
    assert_int_equal(mst_buf_append(&buf, "678", 3), MST_OK);
    assert_memory_equal(buf.data, "12345678", 8);
    mst_buf_clear(&buf);
}

static void
a_length_that_overflows_is_rejected(void **state)
{
    (void)state;
    struct mst_buf buf;
    mst_buf_init(&buf, SIZE_MAX);
    assert_int_equal(mst_buf_append(&buf, "x", 1), MST_OK);
    assert_int_equal(mst_buf_reserve(&buf, SIZE_MAX), MST_REJECTED);
    mst_buf_clear(&buf);
}

static void
json_text_is_escaped_and_bad_utf8_replaced(void **state)
{
    (void)state;
    struct mst_buf buf;
    mst_buf_init(&buf, 1000);
    struct mst_slice text = MST_SLICE_LIT("a\"\\\n\x01\xC3\xA9\xFF");
    assert_int_equal(mst_buf_append_json(&buf, text), MST_OK);
    assert_string_equal(mst_buf_text(&buf),
                        "\"a\\\"\\\\\\n\\u0001\xC3\xA9\xEF\xBF\xBD\"");
    mst_buf_clear(&buf);
}

static void
taken_memory_leaves_an_empty_buffer(void **state)
{
    (void)state;
    struct mst_buf buf;
    mst_buf_init(&buf, 1000);
    assert_int_equal(mst_buf_printf(&buf, "%d-%s", 7, "x"), MST_OK);
    size_t len = 0;
    uint8_t *data = mst_buf_take(&buf, &len);
    assert_int_equal(len, 3);
    assert_memory_equal(data, "7-x", 3);
    assert_null(buf.data);
    assert_int_equal(buf.max, 1000);
    free(data);
}

static void
what_is_printed_is_whole_at_every_length_or_not_there(void **state)
{
    (void)state;
    for (size_t max = 0; max < 300; max++) {
        struct mst_buf buf;
        char text[400];
        mst_buf_init(&buf, max);
        size_t len = 0;
        assert_int_equal(mst_buf_printf(&buf, "%s", ""), MST_OK);
        for (int n = 1; len + (size_t)n <= max; n++) {
            assert_int_equal(mst_buf_printf(&buf, "%0*d", n, 7), MST_OK);
            (void)snprintf(text + len, sizeof(text) - len, "%0*d", n, 7);
            len += (size_t)n;
        }
        assert_int_equal(mst_buf_printf(&buf, "%0*d", 300, 7), MST_REJECTED);
        assert_int_equal(buf.len, len);
        assert_true(len == 0 || memcmp(buf.data, text, len) == 0);
        mst_buf_clear(&buf);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            appending_past_the_maximum_is_rejected_and_changes_nothing),
        cmocka_unit_test(a_length_that_overflows_is_rejected),
        cmocka_unit_test(json_text_is_escaped_and_bad_utf8_replaced),
        cmocka_unit_test(taken_memory_leaves_an_empty_buffer),
        cmocka_unit_test(what_is_printed_is_whole_at_every_length_or_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
