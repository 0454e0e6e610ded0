/* SPDX-License-Identifier: MIT */
/* Every BSON type as JSON in every mode, and what is refused. */
#include "unit/cmocka_all.h"

#include <bson/bson.h>
#include <math.h>

#include "encodings/bson_json.h"
#include "encodings/bson_writer.h"
#include "encodings/little_endian.h"

enum { ROOM = 1 << 22 };

/* The value of field "a" in each mode; relaxed NULL: as canonical. */
static const struct {
    const char *canonical;
    const char *relaxed;
    const char *plain;
} values[] = {
    {"{\"$numberInt\":\"0\"}", "0", "0"},
    {"{\"$numberInt\":\"-2147483648\"}", "-2147483648", "-2147483648"},
    {"{\"$numberInt\":\"2147483647\"}", "2147483647", "2147483647"},
    {"{\"$numberLong\":\"0\"}", "0", "0"},
    {"{\"$numberLong\":\"9223372036854775807\"}", "9223372036854775807",
     "9223372036854775807"},
    {"{\"$numberLong\":\"-9223372036854775808\"}", "-9223372036854775808",
     "-9223372036854775808"},
    {"{\"$numberLong\":\"10000\"}", "10000", "10000"},
    {"{\"$numberLong\":\"100000000\"}", "100000000", "100000000"},
    {"{\"$numberLong\":\"1234567890123456\"}", "1234567890123456",
     "1234567890123456"},
    {"{\"$numberDouble\":\"0.0\"}", "0.0", "0.0"},
    {"{\"$numberDouble\":\"-0.0\"}", "-0.0", "-0.0"},
    {"{\"$numberDouble\":\"5.0\"}", "5.0", "5.0"},
    {"{\"$numberDouble\":\"0.1\"}", "0.1", "0.1"},
    {"{\"$numberDouble\":\"-19.99\"}", "-19.99", "-19.99"},
    {"{\"$numberDouble\":\"1.000001\"}", "1.000001", "1.000001"},
    {"{\"$numberDouble\":\"0.30000000000000004\"}", "0.30000000000000004",
     "0.30000000000000004"},
    {"{\"$numberDouble\":\"9007199254740992.0\"}", "9007199254740992.0",
     "9007199254740992.0"},
    {"{\"$numberDouble\":\"1.7976931348623157e+308\"}",
     "1.7976931348623157e+308", "1.7976931348623157e+308"},
    {"{\"$numberDouble\":\"5e-324\"}", "5e-324", "5e-324"},
    {"{\"$numberDouble\":\"2.2250738585072014e-308\"}",
     "2.2250738585072014e-308", "2.2250738585072014e-308"},
    {"{\"$numberDouble\":\"NaN\"}", NULL, "\"NaN\""},
    {"{\"$numberDouble\":\"Infinity\"}", NULL, "\"Infinity\""},
    {"{\"$numberDouble\":\"-Infinity\"}", NULL, "\"-Infinity\""},
    {"\"\"", NULL, "\"\""},
    {"\"plain text that is longer than a block\"", NULL,
     "\"plain text that is longer than a block\""},
    {"\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u000b\\u001f\x7f\"", NULL,
     "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u000b\\u001f\x7f\""},
    {"\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80 and more \xC3\xB6\"", NULL,
     "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80 and more \xC3\xB6\""},
    {"{\"$oid\":\"0123456789abcdef01234567\"}", NULL,
     "\"0123456789abcdef01234567\""},
    {"true", NULL, "true"},
    {"false", NULL, "false"},
    {"null", NULL, "null"},
    {"{\"$date\":{\"$numberLong\":\"0\"}}",
     "{\"$date\":\"1970-01-01T00:00:00Z\"}", "\"1970-01-01T00:00:00Z\""},
    {"{\"$date\":{\"$numberLong\":\"1795257605123\"}}",
     "{\"$date\":\"2026-11-21T10:40:05.123Z\"}",
     "\"2026-11-21T10:40:05.123Z\""},
    {"{\"$date\":{\"$numberLong\":\"951868799010\"}}",
     "{\"$date\":\"2000-02-29T23:59:59.010Z\"}",
     "\"2000-02-29T23:59:59.010Z\""},
    {"{\"$date\":{\"$numberLong\":\"253402300799999\"}}",
     "{\"$date\":\"9999-12-31T23:59:59.999Z\"}",
     "\"9999-12-31T23:59:59.999Z\""},
    {"{\"$date\":{\"$numberLong\":\"253402300800000\"}}", NULL,
     "\"253402300800000\""},
    {"{\"$date\":{\"$numberLong\":\"-1\"}}", NULL,
     "\"1969-12-31T23:59:59.999Z\""},
    {"{\"$date\":{\"$numberLong\":\"-62167219200000\"}}", NULL,
     "\"0000-01-01T00:00:00Z\""},
    {"{\"$date\":{\"$numberLong\":\"-9223372036854775808\"}}", NULL,
     "\"-9223372036854775808\""},
    {"{\"$numberDecimal\":\"1.50\"}", NULL, "\"1.50\""},
    {"{\"$numberDecimal\":\"-1.234567890123456789012345678901234E+6144\"}",
     NULL, "\"-1.234567890123456789012345678901234E+6144\""},
    {"{\"$numberDecimal\":\"1E-6176\"}", NULL, "\"1E-6176\""},
    {"{\"$numberDecimal\":\"0.000001\"}", NULL, "\"0.000001\""},
    {"{\"$numberDecimal\":\"1E-7\"}", NULL, "\"1E-7\""},
    {"{\"$numberDecimal\":\"-Infinity\"}", NULL, "\"-Infinity\""},
    {"{\"$numberDecimal\":\"NaN\"}", NULL, "\"NaN\""},
    {"{\"$binary\":{\"base64\":\"\",\"subType\":\"00\"}}", NULL, "\"\""},
    {"{\"$binary\":{\"base64\":\"AQ==\",\"subType\":\"80\"}}", NULL,
     "\"AQ==\""},
    {"{\"$binary\":{\"base64\":\"AQI=\",\"subType\":\"02\"}}", NULL,
     "\"AQI=\""},
    {"{\"$binary\":{\"base64\":\"c//SZESzTGmQ6OfR38A11A==\","
     "\"subType\":\"04\"}}",
     NULL, "\"c//SZESzTGmQ6OfR38A11A==\""},
    {"{\"$timestamp\":{\"t\":4294967295,\"i\":7}}", NULL,
     "\"2106-02-07T06:28:15+00:00\""},
    {"{\"$regularExpression\":{\"pattern\":\"^a\\\"\",\"options\":\"ix\"}}",
     NULL, "{\"pattern\":\"^a\\\"\",\"options\":\"ix\"}"},
    {"{\"$code\":\"f()\"}", NULL, "\"f()\""},
    {"{\"$code\":\"f()\",\"$scope\":{}}", NULL,
     "{\"code\":\"f()\",\"scope\":{}}"},
    {"{\"$code\":\"f()\",\"$scope\":{\"x\":{\"y\":true},\"z\":\"q\"}}", NULL,
     "{\"code\":\"f()\",\"scope\":{\"x\":{\"y\":true},\"z\":\"q\"}}"},
    {"{\"$symbol\":\"s\"}", NULL, "\"s\""},
    {"{\"$minKey\":1}", NULL, "\"MinKey\""},
    {"{\"$maxKey\":1}", NULL, "\"MaxKey\""},
    {"{\"$undefined\":true}", NULL, "null"},
    {"{\"$dbPointer\":{\"$ref\":\"d.c\","
     "\"$id\":{\"$oid\":\"0123456789abcdef01234567\"}}}",
     NULL, "{\"ref\":\"d.c\",\"id\":\"0123456789abcdef01234567\"}"},
    {"{}", NULL, "{}"},
    {"[]", NULL, "[]"},
    {"[[],{},[true,null,[{}]]]", NULL, "[[],{},[true,null,[{}]]]"},
    {"{\"$ref\":\"c\",\"$id\":{\"$oid\":\"0123456789abcdef01234567\"},"
     "\"$db\":\"d\"}",
     NULL,
     "{\"$ref\":\"c\",\"$id\":\"0123456789abcdef01234567\",\"$db\":\"d\"}"},
};

/* {"a": value, "end": true} read by libbson, written by us. */
static void
check_mode(const char *canonical, enum mst_json_mode mode, const char *expected)
{
    char text[512];
    struct mst_buf out;
    struct mst_error err;
    bson_error_t other;
    (void)snprintf(text, sizeof(text), "{\"a\":%s,\"end\":true}", canonical);
    bson_t *doc = bson_new_from_json((const uint8_t *)text, -1, &other);
    if (doc == NULL) {
        fail_msg("libbson: %s: %s", text, other.message);
        return;
    }
    mst_buf_init(&out, ROOM);
    struct mst_slice in = mst_slice_of(bson_get_data(doc), doc->len);
    mst_error_clear(&err);
    if (mst_bson_to_json(in, mode, &out, &err) != MST_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    (void)snprintf(text, sizeof(text), "{\"a\":%s,\"end\":true}", expected);
    assert_string_equal(mst_buf_text(&out), text);
    bson_destroy(doc);
    mst_buf_clear(&out);
}

static void
every_type_has_its_form_in_every_mode(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(values); i++) {
        const char *canonical = values[i].canonical;
        const char *relaxed = values[i].relaxed;
        check_mode(canonical, MST_JSON_CANONICAL, canonical);
        check_mode(canonical, MST_JSON_RELAXED,
                   relaxed == NULL ? canonical : relaxed);
        check_mode(canonical, MST_JSON_PLAIN, values[i].plain);
    }
}

static void
text_of_any_length_is_escaped_at_any_place(void **state)
{
    (void)state;
    char text[80];
    struct mst_buf bson;
    struct mst_buf out;
    struct mst_buf expected;
    mst_buf_init(&bson, ROOM);
    mst_buf_init(&out, ROOM);
    mst_buf_init(&expected, ROOM);
    for (size_t len = 0; len < 70; len++) {
        for (size_t at = 0; at <= len; at++) {
            struct mst_bson_writer w;
            memset(text, 'x', sizeof(text));
            text[at] = at < len ? '\n' : 'x';
            mst_buf_reset(&bson);
            mst_buf_reset(&out);
            mst_buf_reset(&expected);
            text[len] = '\0';
            mst_bson_writer_init(&w, &bson);
            mst_bson_write_string(&w, text, mst_slice_of(text, len));
            assert_int_equal(mst_bson_writer_finish(&w, NULL), MST_OK);
            assert_int_equal(mst_bson_to_json(mst_buf_slice(&bson),
                                              MST_JSON_RELAXED, &out, NULL),
                             MST_OK);
            struct mst_slice slice = mst_slice_of(text, len);
            assert_int_equal(mst_buf_append_str(&expected, "{"), MST_OK);
            assert_int_equal(mst_buf_append_json(&expected, slice), MST_OK);
            assert_int_equal(mst_buf_append_str(&expected, ":"), MST_OK);
            assert_int_equal(mst_buf_append_json(&expected, slice), MST_OK);
            assert_int_equal(mst_buf_append_str(&expected, "}"), MST_OK);
            assert_string_equal(mst_buf_text(&out), mst_buf_text(&expected));
        }
    }
    mst_buf_clear(&bson);
    mst_buf_clear(&out);
    mst_buf_clear(&expected);
}

/* Each makes a document that must be refused in relaxed mode. */
static void
write_bad_text(struct mst_bson_writer *w)
{
    mst_bson_write_begin_document(w, "a");
    mst_bson_write_begin_array(w, "list");
    mst_bson_write_string(w, "0", MST_SLICE_LIT("fine \xC3\x28"));
}

static void
write_bad_key(struct mst_bson_writer *w)
{
    mst_bson_write_null(w, "k\xFFy");
}

static void
write_wrapper_key(struct mst_bson_writer *w)
{
    mst_bson_write_begin_document(w, "a");
    mst_bson_write_int32(w, "ok", 1);
    mst_bson_write_text(w, "$date", "2020");
}

static const struct {
    void (*write)(struct mst_bson_writer *w);
    int64_t offset;
    const char *text;
    bool plain_too;
} refused[] = {
    {write_bad_text, 21, "field 'a.list.0' at byte 21: the text is not", true},
    {write_bad_key, 4, "field 'k?y' at byte 4: the field name", true},
    {write_wrapper_key, 19, "field 'a.$date' at byte 19: its name", false},
};

static void
refusals_name_the_field_and_the_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(refused); i++) {
        struct mst_buf bson;
        struct mst_buf out;
        struct mst_error err;
        struct mst_bson_writer w;
        mst_buf_init(&bson, ROOM);
        mst_buf_init(&out, ROOM);
        mst_bson_writer_init(&w, &bson);
        refused[i].write(&w);
        assert_int_equal(mst_bson_writer_finish(&w, NULL), MST_OK);
        struct mst_slice doc = mst_buf_slice(&bson);
        assert_int_equal(mst_buf_append_str(&out, "x"), MST_OK);
        assert_int_equal(mst_bson_to_json(doc, MST_JSON_RELAXED, &out, &err),
                         MST_REJECTED);
        assert_int_equal(out.len, 1);
        if (strstr(err.text, refused[i].text) == NULL
            || err.offset != refused[i].offset) {
            fail_msg("%zu: %lld %s", i, (long long)err.offset, err.text);
        }
        assert_int_equal(mst_bson_to_json(doc, MST_JSON_PLAIN, &out, &err),
                         refused[i].plain_too ? MST_REJECTED : MST_OK);
        mst_buf_clear(&bson);
        mst_buf_clear(&out);
    }
}

static void
cut_and_changed_documents_never_read_outside(void **state)
{
    (void)state;
    struct mst_buf out;
    bson_t *doc = bson_new_from_json(
        (const uint8_t *)"{\"a\":{\"$code\":\"f\",\"$scope\":{\"b\":[1,2.5]}},"
                         "\"r\":{\"$regularExpression\":{\"pattern\":\"p\","
                         "\"options\":\"i\"}},\"s\":\"text\",\"n\":null,"
                         "\"b\":{\"$binary\":{\"base64\":\"AQI=\","
                         "\"subType\":\"02\"}},\"d\":{\"$dbPointer\":{"
                         "\"$ref\":\"c\",\"$id\":{\"$oid\":"
                         "\"0123456789abcdef01234567\"}}}}",
        -1, NULL);
    assert_non_null(doc);
    static const uint8_t bytes[] = {0, 1, 2, 5, 13, 15, 0x7F, 0x80, 0xFF};
    mst_buf_init(&out, ROOM);
    for (size_t len = 0; len <= doc->len; len++) {
        /* Blocks of their own, so that a sanitizer sees a read behind. */
        uint8_t *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, bson_get_data(doc), len);
        enum mst_status status = mst_bson_to_json(
            mst_slice_of(copy, len), MST_JSON_CANONICAL, &out, NULL);
        assert_int_equal(status, len == doc->len ? MST_OK : MST_REJECTED);
        free(copy);
    }
    uint8_t *copy = malloc(doc->len);
    assert_non_null(copy);
    for (size_t at = 0; at < (size_t)doc->len * sizeof(bytes); at++) {
        memcpy(copy, bson_get_data(doc), doc->len);
        copy[at / sizeof(bytes)] = bytes[at % sizeof(bytes)];
        mst_buf_reset(&out);
        enum mst_status status = mst_bson_to_json(mst_slice_of(copy, doc->len),
                                                  MST_JSON_RELAXED, &out, NULL);
        assert_true(status == MST_OK || out.len == 0);
    }
    free(copy);
    bson_destroy(doc);
    mst_buf_clear(&out);
}

static void
output_stops_at_the_maximum_of_its_buffer(void **state)
{
    (void)state;
    struct mst_buf bson;
    struct mst_buf out;
    struct mst_error err;
    struct mst_bson_writer w;
    static uint8_t quotes[4000];
    memset(quotes, '"', sizeof(quotes));
    mst_buf_init(&bson, ROOM);
    mst_bson_writer_init(&w, &bson);
    mst_bson_write_string(&w, "a", mst_slice_of(quotes, sizeof(quotes)));
    assert_int_equal(mst_bson_writer_finish(&w, NULL), MST_OK);
    for (size_t max = 0; max < 9000; max += 100) {
        mst_buf_init(&out, max);
        enum mst_status status = mst_bson_to_json(mst_buf_slice(&bson),
                                                  MST_JSON_RELAXED, &out, &err);
        assert_in_range(out.len, 0, max);
        /* {"a":"..."} of 8008 bytes; 256 more are always enough. */
        assert_true(max >= 8008 || status == MST_REJECTED);
        assert_true(max < 8008 + 256 || status == MST_OK);
        assert_true(status == MST_OK || strstr(err.text, "larger") != NULL);
        mst_buf_clear(&out);
    }
    mst_buf_clear(&bson);
}

static void
depth_is_bounded_and_costs_no_stack(void **state)
{
    (void)state;
    for (uint32_t depth = 199; depth < 100000; depth = depth * 8 / 7 + 1) {
        struct mst_buf bson;
        struct mst_buf out;
        mst_buf_init(&bson, ROOM);
        mst_buf_init(&out, ROOM);
        uint32_t len = 5 + (depth - 1) * 8;
        for (uint32_t i = 0; i < depth; i++, len -= 8) {
            uint8_t head[7] = {0, 0, 0, 0, MST_BSON_DOCUMENT, 'a', 0};
            mst_put_le32(head, len);
            assert_int_equal(mst_buf_append(&bson, head, i + 1 < depth ? 7 : 4),
                             MST_OK);
        }
        for (uint32_t i = 0; i < depth; i++) {
            assert_int_equal(mst_buf_append_char(&bson, '\0'), MST_OK);
        }
        enum mst_status status = mst_bson_to_json(mst_buf_slice(&bson),
                                                  MST_JSON_RELAXED, &out, NULL);
        assert_int_equal(status, depth <= 200 ? MST_OK : MST_REJECTED);
        mst_buf_clear(&bson);
        mst_buf_clear(&out);
    }
}

static const struct {
    const char *value;
    const char *json;
    const char *text;
} keys[] = {
    {"{\"$oid\":\"0123456789abcdef01234567\"}",
     "{\"$oid\":\"0123456789abcdef01234567\"}", "0123456789abcdef01234567"},
    {"\"a\\\"b\"", "\"a\\\"b\"", "a\"b"},
    {"\"\"", "\"\"", ""},
    {"-5", "-5", "-5"},
    {"{\"$numberLong\":\"8589934592\"}", "8589934592", "8589934592"},
    {"2.5", "2.5", "2.5"},
    {"{\"$numberDouble\":\"NaN\"}", "{\"$numberDouble\":\"NaN\"}", "NaN"},
    {"{\"$numberDecimal\":\"1.50\"}", "{\"$numberDecimal\":\"1.50\"}", "1.50"},
    {"{\"x\":1}", "{\"x\":1}", "{\"x\":{\"$numberInt\":\"1\"}}"},
    {"true", "true", "true"},
    {"null", "null", "null"},
};

static void
single_values_become_json_and_key_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(keys); i++) {
        char text[128];
        struct mst_buf out;
        struct mst_error err;
        (void)snprintf(text, sizeof(text), "{\"_id\":%s}", keys[i].value);
        bson_t *doc = bson_new_from_json((const uint8_t *)text, -1, NULL);
        assert_non_null(doc);
        /* Type byte, "_id", NUL; the document's own NUL is not part of it. */
        const uint8_t *data = bson_get_data(doc);
        struct mst_bson_value value = {data[4],
                                       {data + 9, doc->len - (size_t)10}};
        mst_buf_init(&out, ROOM);
        assert_int_equal(
            mst_bson_value_to_json(&value, MST_JSON_RELAXED, &out, &err),
            MST_OK);
        assert_string_equal(mst_buf_text(&out), keys[i].json);
        mst_buf_reset(&out);
        assert_int_equal(mst_bson_value_to_text(&value, &out, &err), MST_OK);
        assert_string_equal(mst_buf_text(&out), keys[i].text);
        mst_buf_clear(&out);
        bson_destroy(doc);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_its_form_in_every_mode),
        cmocka_unit_test(text_of_any_length_is_escaped_at_any_place),
        cmocka_unit_test(refusals_name_the_field_and_the_byte),
        cmocka_unit_test(cut_and_changed_documents_never_read_outside),
        cmocka_unit_test(output_stops_at_the_maximum_of_its_buffer),
        cmocka_unit_test(depth_is_bounded_and_costs_no_stack),
        cmocka_unit_test(single_values_become_json_and_key_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
