/* SPDX-License-Identifier: MIT */
/* Where two events differ. */
#include "unit/cmocka_all.h"

#include "encodings/contrast.h"
#include "encodings/json_bson.h"

enum { ROOM = 1 << 20 };

static enum mst_status
note(void *arg, const struct mst_contrast *one)
{
    struct mst_buf *out = arg;
    return mst_buf_printf(
        out, "%s %.*s %.*s|%.*s\n", mst_contrast_name(one->kind),
        (int)one->path.len, one->path.data, (int)one->before.len,
        one->before.data, (int)one->after.len, one->after.data);
}

static struct mst_buf
bson(const char *json)
{
    struct mst_buf out;
    struct mst_error err;
    mst_buf_init(&out, ROOM);
    assert_int_equal(mst_json_to_bson(mst_slice_str(json), NULL, &out, &err),
                     MST_OK);
    return out;
}

static void
expect(const struct mst_event *before, const struct mst_event *after,
       const char *wanted)
{
    struct mst_buf out;
    struct mst_error err;
    mst_buf_init(&out, ROOM);
    assert_int_equal(mst_contrast_events(before, after, note, &out, &err),
                     MST_OK);
    assert_string_equal(mst_buf_text(&out), wanted);
    mst_buf_clear(&out);
}

static const struct {
    const char *before;
    const char *after;
    const char *wanted;
} documents[] = {
    {"{\"a\":1,\"b\":\"x\"}", "{\"a\":1,\"b\":\"x\"}", ""},
    {"{\"a\":1,\"b\":2}", "{\"a\":1}", "removed b 2|\n"},
    {"{\"b\":2}", "{\"a\":1,\"b\":2}", "added a |1\n"},
    {"{\"a\":1,\"b\":2,\"c\":3}", "{\"b\":4,\"c\":3}",
     "removed a 1|\nchanged b 2|4\n"},
    {"{\"a\":{\"b\":[{\"c\":1},{\"c\":2}]}}",
     "{\"a\":{\"b\":[{\"c\":1},{\"c\":3},5]}}",
     "changed a.b[1].c 2|3\nadded a.b[2] |5\n"},
    /* Only the type differs. */
    {"{\"a\":1}", "{\"a\":{\"$numberLong\":\"1\"}}",
     "changed a {\"$numberInt\":\"1\"}|{\"$numberLong\":\"1\"}\n"},
    {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "order (payload) |\n"},
    {"{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":9,\"a\":1,\"b\":2}",
     "changed c 3|9\norder (payload) |\n"},
    {"{\"x\":{\"a\":1,\"b\":2}}", "{\"x\":{\"b\":2,\"a\":7}}",
     "changed x.a 1|7\norder x |\n"},
    {"{\"a\":{}}", "{\"a\":[]}", "changed a {}|[]\n"},
    {"{}", "{}", ""},
};

static void
documents_differ_by_field_value_type_and_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(documents); i++) {
        struct mst_buf before = bson(documents[i].before);
        struct mst_buf after = bson(documents[i].after);
        struct mst_event one = {.payload = mst_buf_slice(&before),
                                .encoding = MST_ENCODING_BSON};
        struct mst_event other = one;
        other.payload = mst_buf_slice(&after);
        expect(&one, &other, documents[i].wanted);
        mst_buf_clear(&before);
        mst_buf_clear(&after);
    }
}

static void
json_and_bson_are_compared_by_what_they_say(void **state)
{
    (void)state;
    struct mst_buf document = bson("{\"a\":1,\"b\":[2]}");
    struct mst_event one = {.payload = mst_buf_slice(&document),
                            .encoding = MST_ENCODING_BSON};
    struct mst_event other = {.encoding = MST_ENCODING_JSON};
    other.payload = mst_slice_str("{\"a\":1,\"b\":[3]}");
    expect(&one, &other,
           "changed (encoding) \"bson\"|\"json\"\nchanged b[0] 2|3\n");
    one = other;
    other.payload = mst_slice_str("{ \"a\":1,\"b\":[3]}");
    expect(&one, &other, "changed (bytes) |\n");
    other.payload = mst_slice_str("no json");
    expect(&one, &other,
           "changed (payload) \"{\\\"a\\\":1,\\\"b\\\":[3]}\"|\"no json\"\n");
    mst_buf_clear(&document);
}

static void
key_operation_and_attributes_are_compared(void **state)
{
    (void)state;
    const struct mst_attribute mine[] = {
        {MST_SLICE_LIT("t"), MST_SLICE_LIT("1")},
        {MST_SLICE_LIT("gone"), MST_SLICE_LIT("")}};
    const struct mst_attribute other_ones[] = {
        {MST_SLICE_LIT("new"), MST_SLICE_LIT("x")},
        {MST_SLICE_LIT("t"), MST_SLICE_LIT("2")}};
    struct mst_event one = {
        .attributes = mine, .attributes_len = 2, .op = MST_OP_CREATE};
    struct mst_event other = {.attributes = other_ones,
                              .attributes_len = 2,
                              .op = MST_OP_DELETE,
                              .key = MST_SLICE_LIT("k"),
                              .key_kind = MST_KEY_BYTES};
    expect(&one, &other,
           "changed (op) \"create\"|\"delete\"\nadded (key) |\"k\"\n"
           "changed @t \"1\"|\"2\"\nremoved @gone \"\"|\nadded @new |\"x\"\n");
    other = one;
    expect(&one, &other, "");
    other.payload = mst_slice_of("\xff", 1);
    other.encoding = MST_ENCODING_RAW;
    expect(&one, &other, "added (payload) |\"/w==\"\n");
    expect(&other, &one, "removed (payload) \"/w==\"|\n");
}

static void
what_is_no_document_is_one_change(void **state)
{
    (void)state;
    struct mst_buf document = bson("{\"a\":1}");
    struct mst_event one = {.payload = mst_buf_slice(&document),
                            .encoding = MST_ENCODING_BSON};
    struct mst_event other = one;
    for (size_t len = 0; len < document.len; len++) {
        struct mst_buf out;
        struct mst_error err;
        mst_buf_init(&out, ROOM);
        other.payload.len = len;
        assert_int_equal(mst_contrast_events(&one, &other, note, &out, &err),
                         MST_OK);
        assert_non_null(strstr(mst_buf_text(&out), "changed (payload)"));
        mst_buf_clear(&out);
    }
    mst_buf_clear(&document);
}

static void
thousands_of_fields_in_another_order_come_to_an_end(void **state)
{
    (void)state;
    struct mst_buf forth;
    struct mst_buf back;
    struct mst_buf out;
    struct mst_error err;
    mst_buf_init(&forth, ROOM);
    mst_buf_init(&back, ROOM);
    mst_buf_init(&out, (size_t)16 * ROOM);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(
            mst_buf_printf(&forth, "%c\"f%d\":%d", i == 0 ? '{' : ',', i, i),
            MST_OK);
        assert_int_equal(mst_buf_printf(&back, "%c\"f%d\":%d",
                                        i == 0 ? '{' : ',', 9999 - i, i),
                         MST_OK);
    }
    assert_int_equal(mst_buf_append_char(&forth, '}'), MST_OK);
    assert_int_equal(mst_buf_append_char(&back, '}'), MST_OK);
    struct mst_buf a = bson(mst_buf_text(&forth));
    struct mst_buf b = bson(mst_buf_text(&back));
    struct mst_event one = {.payload = mst_buf_slice(&a),
                            .encoding = MST_ENCODING_BSON};
    struct mst_event other = one;
    other.payload = mst_buf_slice(&b);
    assert_int_equal(mst_contrast_events(&one, &other, note, &out, &err),
                     MST_OK);
    assert_non_null(strstr(mst_buf_text(&out), "changed (payload)"));
    mst_buf_clear(&a);
    mst_buf_clear(&b);
    mst_buf_clear(&forth);
    mst_buf_clear(&back);
    mst_buf_clear(&out);
}

static enum mst_status
stop(void *arg, const struct mst_contrast *one)
{
    (void)one;
    (*(int *)arg)++;
    return MST_END;
}

static void
who_has_seen_enough_ends_it(void **state)
{
    (void)state;
    int calls = 0;
    struct mst_error err;
    struct mst_buf a = bson("{\"a\":1,\"b\":1}");
    struct mst_buf b = bson("{\"a\":2,\"b\":2}");
    struct mst_event one = {.payload = mst_buf_slice(&a),
                            .encoding = MST_ENCODING_BSON};
    struct mst_event other = one;
    other.payload = mst_buf_slice(&b);
    assert_int_equal(mst_contrast_events(&one, &other, stop, &calls, &err),
                     MST_END);
    assert_int_equal(calls, 1);
    mst_buf_clear(&a);
    mst_buf_clear(&b);
}

static void
an_event_is_described_and_cut_between_characters(void **state)
{
    (void)state;
    const struct mst_attribute attribute = {MST_SLICE_LIT("topic"),
                                            MST_SLICE_LIT("t")};
    const struct mst_event event = {.payload =
                                        MST_SLICE_LIT("{\"a\":\"\xc3\xa4\"}"),
                                    .encoding = MST_ENCODING_JSON,
                                    .op = MST_OP_CREATE,
                                    .attributes = &attribute,
                                    .attributes_len = 1};
    struct mst_json out;
    mst_json_init(&out, ROOM);
    mst_contrast_event(&event, 100, &out, NULL);
    assert_string_equal(
        mst_buf_text(&out.buf),
        "{\"op\":\"create\",\"key\":null,\"attributes\":{\"topic\":\"t\"},"
        "\"encoding\":\"json\",\"payload\":\"{\\\"a\\\":\\\"\xc3\xa4\\\"}\"}");
    mst_json_clear(&out);
    mst_json_init(&out, ROOM);
    mst_contrast_event(&event, 7, &out, NULL);
    assert_non_null(strstr(mst_buf_text(&out.buf),
                           "\"payload\":\"{\\\"a\\\":\\\"\",\"cut\":true"));
    mst_json_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_differ_by_field_value_type_and_order),
        cmocka_unit_test(json_and_bson_are_compared_by_what_they_say),
        cmocka_unit_test(key_operation_and_attributes_are_compared),
        cmocka_unit_test(what_is_no_document_is_one_change),
        cmocka_unit_test(thousands_of_fields_in_another_order_come_to_an_end),
        cmocka_unit_test(who_has_seen_enough_ends_it),
        cmocka_unit_test(an_event_is_described_and_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
