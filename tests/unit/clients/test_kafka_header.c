/* SPDX-License-Identifier: MIT */
/* Headers as attributes and back, and places of messages. */
#include "clients/kafka_header.h"
#include "clients/kafka_place.h"
#include "unit/cmocka_all.h"

static const struct {
    struct mst_slice bytes;
    const char *text;
} cases[] = {
    {{(const uint8_t *)"plain", 5}, "plain"},
    {{(const uint8_t *)"", 0}, ""},
    {{NULL, 0}, "null:"},
    {{(const uint8_t *)"gr\xc3\xbc\xc3\x9f", 6}, "gr\xc3\xbc\xc3\x9f"},
    {{(const uint8_t *)"\xff\xfe", 2}, "base64://4="},
    {{(const uint8_t *)"null:", 5}, "base64:bnVsbDo="},
    {{(const uint8_t *)"null:x", 6}, "null:x"},
    {{(const uint8_t *)"base64:", 7}, "base64:YmFzZTY0Og=="},
    {{(const uint8_t *)"base64:AA==", 11}, "base64:YmFzZTY0OkFBPT0="},
};

static void
every_value_becomes_text_and_the_same_value_again(void **state)
{
    (void)state;
    struct mst_arena arena = {.blocks = NULL};
    struct mst_buf scratch;
    mst_buf_init(&scratch, 4096);
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_slice text = MST_SLICE_NONE;
        struct mst_slice back = MST_SLICE_NONE;
        assert_int_equal(mst_kafka_header_text(&arena, cases[i].bytes, &text),
                         MST_OK);
        assert_true(mst_slice_is(text, cases[i].text));
        assert_int_equal(mst_kafka_header_bytes(text, &scratch, &back), MST_OK);
        assert_true(mst_slice_equal(back, cases[i].bytes));
        assert_int_equal(back.data == NULL, cases[i].bytes.data == NULL);
    }
    mst_arena_clear(&arena);
    mst_buf_clear(&scratch);
}

static void
text_that_nobody_wrote_stands_for_itself(void **state)
{
    (void)state;
    static const char *const texts[] = {"base64:", "base64:?", "base64:A"};
    struct mst_buf scratch;
    mst_buf_init(&scratch, 4096);
    for (size_t i = 0; i < MST_ARRAY_SIZE(texts); i++) {
        struct mst_slice back = MST_SLICE_NONE;
        assert_int_equal(
            mst_kafka_header_bytes(mst_slice_str(texts[i]), &scratch, &back),
            MST_OK);
        assert_true(mst_slice_is(back, texts[i]));
    }
    mst_buf_clear(&scratch);
}

static void
a_place_is_topic_partition_and_offset(void **state)
{
    (void)state;
    const struct mst_attribute all[] = {
        {MST_SLICE_LIT("origin"), MST_SLICE_LIT("kafka")},
        {MST_SLICE_LIT("topic"), MST_SLICE_LIT("app.users")},
        {MST_SLICE_LIT("partition"), MST_SLICE_LIT("3")},
        {MST_SLICE_LIT("offset"), MST_SLICE_LIT("12")},
        {MST_SLICE_LIT("topic"), MST_SLICE_LIT("a header")}};
    struct mst_buf out;
    mst_buf_init(&out, 1000);
    assert_int_equal(
        mst_kafka_place_write(all, MST_ARRAY_SIZE(all), true, &out), MST_OK);
    assert_string_equal(
        mst_buf_text(&out),
        "{\"topic\":\"app.users\",\"partition\":3,\"offset\":12}");
    mst_buf_reset(&out);
    assert_int_equal(
        mst_kafka_place_write(all, MST_ARRAY_SIZE(all), false, &out), MST_OK);
    assert_string_equal(mst_buf_text(&out),
                        "topic app.users, partition 3, offset 12");
    mst_buf_reset(&out);
    assert_int_equal(mst_kafka_place_write(all, 3, true, &out), MST_REJECTED);
    assert_int_equal(mst_kafka_place_write(all + 1, 3, true, &out),
                     MST_REJECTED);
    mst_buf_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_becomes_text_and_the_same_value_again),
        cmocka_unit_test(text_that_nobody_wrote_stands_for_itself),
        cmocka_unit_test(a_place_is_topic_partition_and_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
