/* SPDX-License-Identifier: MIT */
/* JSON as BSON: equal to libbson's bytes, exact, or refused with a place. */
#include "unit/cmocka_all.h"

#include <bson/bson.h>

#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"

enum { ROOM = 1 << 24 };

/* Texts that libbson reads too, to the same bytes. */
static const char *const same[] = {
    "{}",
    " \t\r\n{ } \n",
    "{\"a\":1}",
    "{\"a\":-1,\"b\":0,\"c\":-0}",
    "{\"a\":2147483647,\"b\":2147483648,\"c\":-2147483648,\"d\":-2147483649}",
    "{\"a\":9223372036854775807,\"b\":-9223372036854775808}",
    "{\"a\":1.0,\"b\":-0.0,\"c\":0.1,\"d\":1e3,\"e\":1E-3,\"f\":-12.5e+2}",
    "{\"a\":1.7976931348623157e308,\"b\":5e-324,\"c\":2.2250738585072014e-308}",
    "{\"a\":0.1234567890123456789012345678901234567890}",
    "{\"a\":123456789012345678901234567890.5,\"b\":9007199254740993.0}",
    "{\"a\":0.000000000000000000000000000000000000000000000001e48}",
    "{\"a\":true,\"b\":false,\"c\":null}",
    "{\"a\":\"\",\"\":\"a\"}",
    ("{\"a\":\"0123456789abcde\",\"b\":\"0123456789abcdef\",\"c\":"
     "\"0123456789abcdef0\"}"),
    "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e4\\u20ac\\ud83d\\ude00\"}",
    "{\"\\u00e4\\n\":\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"}",
    "{\"a\":[],\"b\":[1],\"c\":[[],[[]],{}],\"d\":{\"e\":{}}}",
    ("{\"a\":[],\"b\":[1],\"c\":[[],[[]],{}],\"d\":{\"e\":{}},\"f\":[ ],"
     "\"text\":\"and so much behind them that no end is near\","
     "\"more\":\"0123456789 0123456789 0123456789 0123456789\"}"),
    "{ \"a\" : [ 1 , \"x\" , { \"b\" : null } ] , \"c\" : { } }",
    "{\"a\":[0,1,2,3,4,5,6,7,8,9,10,11]}",
    "{\"a\":{\"$oid\":\"0123456789abcdefABCDEF01\"}}",
    "{\"a\":{\"$date\":{\"$numberLong\":\"-9223372036854775808\"}}}",
    "{\"a\":{\"$date\":\"2026-11-21T10:40:05.123Z\"}}",
    "{\"a\":{\"$date\":\"1960-02-29T23:59:59.999+0130\"}}",
    "{\"a\":{\"$date\":1234567890123}}",
    "{\"a\":{\"$numberInt\":\"-2147483648\"}}",
    "{\"a\":{\"$numberLong\":\"9223372036854775807\"}}",
    "{\"a\":{\"$numberLong\":\"-9223372036854775808\"}}",
    "{\"a\":{\"$numberDouble\":\"1\"}}",
    "{\"a\":{\"$numberDouble\":\"-0.0\"}}",
    "{\"a\":{\"$numberDouble\":\"-Infinity\"}}",
    "{\"a\":{\"$numberDecimal\":\"1.50\"}}",
    "{\"a\":{\"$numberDecimal\":\"-0E+3\"}}",
    "{\"a\":{\"$numberDecimal\":\"9999999999999999999999999999999999E-6176\"}}",
    "{\"a\":{\"$numberDecimal\":\"1E+6144\"}}",
    "{\"a\":{\"$numberDecimal\":\"NaN\"}}",
    "{\"a\":{\"$numberDecimal\":\"-Infinity\"}}",
    "{\"a\":{\"$numberDecimal\":\"0E+99999\"}}",
    "{\"a\":{\"$binary\":{\"base64\":\"AQID\",\"subType\":\"00\"}}}",
    "{\"a\":{\"$binary\":{\"subType\":\"80\",\"base64\":\"AQI=\"}}}",
    "{\"a\":{\"$binary\":{\"base64\":\"AQ==\",\"subType\":\"02\"}}}",
    "{\"a\":{\"$binary\":{\"base64\":\"\",\"subType\":\"5\"}}}",
    "{\"a\":{\"$binary\":\"AQID\",\"$type\":\"05\"}}",
    "{\"a\":{\"$uuid\":\"73ffd264-44b3-4c69-90e8-e7d1dfc035d4\"}}",
    "{\"a\":{\"$timestamp\":{\"t\":4294967295,\"i\":1}}}",
    "{\"a\":{\"$timestamp\":{\"i\":7,\"t\":0}}}",
    ("{\"a\":{\"$regularExpression\":{\"pattern\":\"^\\u00e4\",\"options\":"
     "\"imx\"}}}"),
    "{\"a\":{\"$regularExpression\":{\"options\":\"i\",\"pattern\":\"abc\"}}}",
    "{\"a\":{\"$code\":\"f()\"}}",
    "{\"a\":{\"$code\":\"f()\",\"$scope\":{}}}",
    ("{\"a\":{\"$code\":\"f()\",\"$scope\":{\"x\":[1,{\"$oid\":"
     "\"0123456789abcdef01234567\"}]}},\"b\":1}"),
    "{\"a\":{\"$symbol\":\"s\"}}",
    "{\"a\":{\"$minKey\":1},\"b\":{\"$maxKey\":1},\"c\":{\"$undefined\":true}}",
    ("{\"a\":{\"$dbPointer\":{\"$ref\":\"d.c\",\"$id\":{\"$oid\":"
     "\"0123456789abcdef01234567\"}}}}"),
    ("{\"a\":{\"$ref\":\"c\",\"$id\":{\"$oid\":\"0123456789abcdef01234567\"},"
     "\"$db\":\"d\"}}"),
    "{\"a\":{\"$set\":{\"b\":1}},\"$x\":1}",
    "{\"a\":[{\"$oid\":\"0123456789abcdef01234567\"},{\"$numberInt\":\"1\"}]}",
    ("{ \"a\" : { \"$date\" : { \"$numberLong\" : \"1\" } } , \"b\" : { "
     "\"$binary\" : { \"base64\" : \"AQ==\" , \"subType\" : \"00\" } } }"),
};

static void
texts_give_the_same_bytes_as_libbson(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(same); i++) {
        struct mst_buf out;
        struct mst_error err;
        bson_error_t other;
        bson_t *doc = bson_new_from_json((const uint8_t *)same[i], -1, &other);
        if (doc == NULL) {
            fail_msg("libbson: %s: %s", same[i], other.message);
            return;
        }
        mst_buf_init(&out, ROOM);
        mst_error_clear(&err);
        if (mst_json_to_bson(mst_slice_str(same[i]), NULL, &out, &err)
            != MST_OK) {
            fail_msg("%s: %s", same[i], err.text);
        }
        if (out.len != doc->len
            || memcmp(out.data, bson_get_data(doc), out.len) != 0) {
            char *text = bson_as_canonical_extended_json(doc, NULL);
            struct mst_buf ours;
            mst_buf_init(&ours, ROOM);
            (void)(mst_bson_to_json(mst_buf_slice(&out), MST_JSON_CANONICAL,
                                    &ours, NULL)
                   == MST_OK);
            fail_msg("%s:\nlibbson %s\nours    %s", same[i], text,
                     mst_buf_text(&ours));
        }
        assert_int_equal(mst_bson_check(mst_buf_slice(&out), &err), MST_OK);
        bson_destroy(doc);
        mst_buf_clear(&out);
    }
}

/* What is refused: the text, the offset, a part of the message. */
static const struct {
    const char *json;
    int64_t offset;
    const char *text;
} refused[] = {
    {"", 0, "expected '{' but the text ends"},
    {"  ", 2, "the text ends"},
    {"[1]", 0, "a JSON array is not a document"},
    {" \"x\"", 1, "a single JSON value is not a document"},
    {"12", 0, "a single JSON value is not a document"},
    {"x", 0, "expected '{' but there is 'x'"},
    {"{\"a\":1}x", 7, "expected the end of the text"},
    {"{\"a\":1} {}", 8, "expected the end of the text"},
    {"{", 1, "expected a name in quotes but the text ends"},
    {"{\"a\"", 4, "expected ':'"},
    {"{\"a\":", 5, "expected a JSON value but the text ends"},
    {"{\"a\":1", 6, "expected ',' or '}'"},
    {"{\"a\":1,}", 7, "expected a name"},
    {"{,}", 1, "expected a name"},
    {"{\"a\":[1,]}", 8, "field 'a.1' at byte 8: expected a JSON value"},
    {"{\"a\":[1 2]}", 8, "expected ',' or ']'"},
    {"{\"a\":1 \"b\":2}", 7, "expected ',' or '}'"},
    {"{a:1}", 1, "expected a name in quotes"},
    {"{'a':1}", 1, "expected a name in quotes"},
    {"{\"a\":01}", 5, "not a JSON number"},
    {"{\"a\":-}", 5, "not a JSON number"},
    {"{\"a\":1.}", 5, "not a JSON number"},
    {"{\"a\":.5}", 5, "expected a JSON value"},
    {"{\"a\":+1}", 5, "expected a JSON value"},
    {"{\"a\":1e}", 5, "not a JSON number"},
    {"{\"a\":1e+}", 5, "not a JSON number"},
    {"{\"a\":0x10}", 6, "expected ',' or '}'"},
    {"{\"a\":NaN}", 5, "expected a JSON value"},
    {"{\"a\":Infinity}", 5, "expected a JSON value"},
    {"{\"a\":tru}", 5, "expected a JSON value"},
    {"{\"a\":nul", 5, "expected a JSON value"},
    {"{\"a\":9223372036854775808}", 5, "outside the range of int64"},
    {"{\"b\":{\"a\":[0,-9223372036854775809]}}", 13, "field 'b.a.1'"},
    {"{\"a\":1e400}", 5, "outside the range of a double"},
    {"{\"a\":-1e400}", 5, "outside the range of a double"},
    {"{\"a\":1e-400}", 5, "outside the range of a double"},
    {"{\"a\":\"x}", 8, "no closing quote"},
    {"{\"a\":\"x\\", 8, "no closing quote"},
    {"{\"a\":\"x\ny\"}", 7, "control character (0x0a)"},
    {"{\"a\":\"\\x\"}", 6, "no such escape"},
    {"{\"a\":\"\\u12g4\"}", 6, "four hex digits"},
    {"{\"a\":\"\\u12\"}", 6, "four hex digits"},
    {"{\"a\":\"\\ud83d\"}", 6, "half of a surrogate pair"},
    {"{\"a\":\"\\ud83d\\u0041\"}", 6, "half of a surrogate pair"},
    {"{\"a\":\"\\ude00\"}", 6, "half of a surrogate pair"},
    {"{\"a\":\"\xC3\x28\"}", 6, "not valid UTF-8"},
    {"{\"a\":\"\xED\xA0\x80\"}", 6, "not valid UTF-8"},
    {"{\"a\":\"\xC0\x80\"}", 6, "not valid UTF-8"},
    {"{\"a\":\"0123456789abcdef\xE2\x82\"}", 22, "not valid UTF-8"},
    {"{\"a\xFF\":1}", 3, "not valid UTF-8"},
    {"{\"a\\u0000b\":1}", 1, "a NUL in it"},
    {"{\"a\":1,\"b\":2,\"a\":3}", 13, "has 'a' twice"},
    {"{\"x\":{\"a\":1,\"\\u0061\":2}}", 12, "field 'x.a' at byte 12"},
    {"{\"\":1,\"\":1}", 6, "twice"},
    {"{\"a\":{\"$oid\":\"0123\"}}", 13, "field 'a' at byte 13: \"$oid\" needs"},
    {"{\"a\":{\"$oid\":1}}", 13, "expected a text"},
    {"{\"a\":{\"$oid\":\"0123456789abcdef0123456g\"}}", 13, "24 hex digits"},
    {"{\"a\":{\"$oid\":\"0123456789abcdef01234567\",\"b\":1}}", 39,
     "a wrapper has no other names"},
    {"{\"a\":{\"b\":1,\"$oid\":\"0123456789abcdef01234567\"}}", 12,
     "'$oid' must be the first name"},
    {"{\"$oid\":\"0123456789abcdef01234567\"}", 1, "the document itself"},
    {"{\"a\":{\"$date\":\"yesterday\"}}", 14, "\"$date\" needs"},
    {"{\"a\":{\"$date\":\"2020-01-01T00:00:00.1234Z\"}}", 14, "millisecond"},
    {"{\"a\":{\"$date\":\"2020-01-01T00:00:60Z\"}}", 14, "\"$date\" needs"},
    {"{\"a\":{\"$date\":\"2021-02-29T00:00:00Z\"}}", 14, "\"$date\" needs"},
    {"{\"a\":{\"$date\":1.5}}", 14, "\"$date\" needs"},
    {"{\"a\":{\"$date\":{\"$numberInt\":\"1\"}}}", 15, "\"$numberLong\""},
    {"{\"a\":{\"$numberInt\":\"2147483648\"}}", 19, "32 bits"},
    {"{\"a\":{\"$numberInt\":1}}", 19, "expected a text"},
    {"{\"a\":{\"$numberInt\":\"01\"}}", 19, "32 bits"},
    {"{\"a\":{\"$numberInt\":\"\"}}", 19, "32 bits"},
    {"{\"a\":{\"$numberInt\":\"1.0\"}}", 19, "32 bits"},
    {"{\"a\":{\"$numberLong\":\"9223372036854775808\"}}", 20, "64 bits"},
    {"{\"a\":{\"$numberLong\":\"-9223372036854775809\"}}", 20, "64 bits"},
    {"{\"a\":{\"$numberLong\":\"18446744073709551616\"}}", 20, "64 bits"},
    {"{\"a\":{\"$numberDouble\":\"1e999\"}}", 22, "\"$numberDouble\" needs"},
    {"{\"a\":{\"$numberDouble\":\"nan\"}}", 22, "\"$numberDouble\" needs"},
    {"{\"a\":{\"$numberDouble\":\"0x10\"}}", 22, "\"$numberDouble\" needs"},
    {"{\"a\":{\"$numberDouble\":\"\"}}", 22, "\"$numberDouble\" needs"},
    {"{\"a\":{\"$numberDecimal\":\"12345678901234567890123456789012345\"}}", 23,
     "\"$numberDecimal\" needs"},
    {"{\"a\":{\"$numberDecimal\":\"1E+6145\"}}", 23, "needs a decimal"},
    {"{\"a\":{\"$numberDecimal\":\"1E-6177\"}}", 23, "needs a decimal"},
    {"{\"a\":{\"$numberDecimal\":\"\"}}", 23, "needs a decimal"},
    {"{\"a\":{\"$numberDecimal\":\".\"}}", 23, "needs a decimal"},
    {"{\"a\":{\"$numberDecimal\":\"1e\"}}", 23, "needs a decimal"},
    {"{\"a\":{\"$binary\":{\"base64\":\"A\",\"subType\":\"00\"}}}", 26,
     "base64"},
    {"{\"a\":{\"$binary\":{\"base64\":\"AR==\",\"subType\":\"00\"}}}", 26,
     "base64"},
    {"{\"a\":{\"$binary\":{\"base64\":\"AQ==\",\"subType\":\"000\"}}}", 43,
     "subtype"},
    {"{\"a\":{\"$binary\":{\"base64\":\"AQ==\"}}}", 32, "expected ','"},
    {"{\"a\":{\"$binary\":{\"base64\":\"AQ==\",\"base64\":\"AQ==\"}}}", 32,
     "needs {\"base64\""},
    {"{\"a\":{\"$binary\":\"AQ==\"}}", 22, "\"$type\""},
    {"{\"a\":{\"$uuid\":\"73ffd264-44b3-4c69-90e8-e7d1dfc035dX\"}}", 14,
     "UUID"},
    {"{\"a\":{\"$uuid\":\"73ffd26444b34c6990e8e7d1dfc035d4\"}}", 14, "UUID"},
    {"{\"a\":{\"$timestamp\":{\"t\":-1,\"i\":1}}}", 24, "4294967295"},
    {"{\"a\":{\"$timestamp\":{\"t\":4294967296,\"i\":1}}}", 24, "4294967295"},
    {"{\"a\":{\"$timestamp\":{\"t\":1}}}", 25, "expected ','"},
    {"{\"a\":{\"$timestamp\":{\"t\":1,\"i\":1,\"x\":1}}}", 31, "expected '}'"},
    {"{\"a\":{\"$regularExpression\":{\"pattern\":\"a\\u0000\",\"options\":"
     "\"\"}"
     "}}",
     38, "without a NUL"},
    {"{\"a\":{\"$code\":1}}", 14, "expected a text"},
    {"{\"a\":{\"$code\":\"x\",\"$scope\":1}}", 27, "an object for \"$scope\""},
    {"{\"a\":{\"$code\":\"x\",\"y\":1}}", 18, "\"$scope\""},
    {"{\"a\":{\"$scope\":{},\"$code\":\"x\"}}", 15, "needs \"$code\" first"},
    {"{\"a\":{\"$minKey\":2}}", 16, "the number 1"},
    {"{\"a\":{\"$maxKey\":0}}", 16, "the number 1"},
    {"{\"a\":{\"$minKey\":-1}}", 16, "the number 1"},
    {"{\"a\":{\"$undefined\":false}}", 19, "needs true"},
    {"{\"a\":{\"$dbPointer\":{\"$ref\":\"c\",\"$id\":\"x\"}}}", 37,
     "an ObjectId"},
};

static void
refusals_name_the_byte_the_field_and_the_reason(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t i = 0; i < MST_ARRAY_SIZE(refused); i++) {
        struct mst_buf out;
        struct mst_error err;
        mst_error_clear(&err);
        mst_buf_init(&out, ROOM);
        assert_int_equal(mst_buf_append_str(&out, "before"), MST_OK);
        /* A block of its own, so that a sanitizer sees a read behind it. */
        size_t len = strlen(refused[i].json);
        uint8_t *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, refused[i].json, len);
        enum mst_status status =
            mst_json_to_bson(mst_slice_of(copy, len), NULL, &out, &err);
        if (status != MST_REJECTED || err.offset != refused[i].offset
            || strstr(err.text, refused[i].text) == NULL || out.len != 6) {
            print_error("%s: %s, offset %lld: %s\n", refused[i].json,
                        mst_status_name(status), (long long)err.offset,
                        err.text);
            failures++;
        }
        free(copy);
        mst_buf_clear(&out);
    }
    assert_int_equal(failures, 0);
}

static void
text_cut_at_any_byte_is_refused(void **state)
{
    (void)state;
    struct mst_buf out;
    mst_buf_init(&out, ROOM);
    for (size_t i = 0; i < MST_ARRAY_SIZE(same); i++) {
        size_t len = strlen(same[i]);
        while (len > 0 && same[i][len - 1] != '}') {
            len--;
        }
        for (size_t cut = 0; cut < len; cut++) {
            uint8_t *copy = malloc(cut + 1);
            assert_non_null(copy);
            memcpy(copy, same[i], cut);
            assert_int_equal(
                mst_json_to_bson(mst_slice_of(copy, cut), NULL, &out, NULL),
                MST_REJECTED);
            free(copy);
        }
    }
    mst_buf_clear(&out);
}

static const struct {
    const char *json;
    enum mst_big_numbers big_numbers;
    const char *canonical; /* NULL: refused */
} big[] = {
    {"9223372036854775808", MST_BIG_NUMBERS_DECIMAL,
     "{\"$numberDecimal\":\"9223372036854775808\"}"},
    {"-9999999999999999999999999999999999", MST_BIG_NUMBERS_DECIMAL,
     "{\"$numberDecimal\":\"-9999999999999999999999999999999999\"}"},
    {"10000000000000000000000000000000000", MST_BIG_NUMBERS_DECIMAL,
     "{\"$numberDecimal\":\"1.000000000000000000000000000000000E+34\"}"},
    {"12345678901234567890123456789012345", MST_BIG_NUMBERS_DECIMAL, NULL},
    {"9223372036854775808", MST_BIG_NUMBERS_DOUBLE,
     "{\"$numberDouble\":\"9223372036854775808.0\"}"},
    {"-18446744073709551616", MST_BIG_NUMBERS_DOUBLE,
     "{\"$numberDouble\":\"-18446744073709551616.0\"}"},
    {"9223372036854775808", MST_BIG_NUMBERS_REJECT, NULL},
    {"9223372036854775807", MST_BIG_NUMBERS_DOUBLE,
     "{\"$numberLong\":\"9223372036854775807\"}"},
};

static void
big_integers_go_where_the_option_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(big); i++) {
        char text[128];
        struct mst_buf bson;
        struct mst_buf json;
        const struct mst_json_read_options options = {.big_numbers =
                                                          big[i].big_numbers};
        mst_buf_init(&bson, ROOM);
        mst_buf_init(&json, ROOM);
        (void)snprintf(text, sizeof(text), "{\"a\":%s}", big[i].json);
        enum mst_status status =
            mst_json_to_bson(mst_slice_str(text), &options, &bson, NULL);
        if (big[i].canonical == NULL) {
            assert_int_equal(status, MST_REJECTED);
        } else {
            assert_int_equal(status, MST_OK);
            assert_int_equal(mst_bson_to_json(mst_buf_slice(&bson),
                                              MST_JSON_CANONICAL, &json, NULL),
                             MST_OK);
            (void)snprintf(text, sizeof(text), "{\"a\":%s}", big[i].canonical);
            assert_string_equal(mst_buf_text(&json), text);
        }
        mst_buf_clear(&bson);
        mst_buf_clear(&json);
    }
}

static void
wrappers_are_documents_when_extended_is_off(void **state)
{
    (void)state;
    const struct mst_json_read_options options = {.no_extended = true};
    struct mst_buf out;
    struct mst_bson_value value;
    struct mst_slice text = MST_SLICE_NONE;
    mst_buf_init(&out, ROOM);
    struct mst_slice json =
        MST_SLICE_LIT("{\"$date\":{\"$oid\":\"x\"},\"b\":1}");
    assert_int_equal(mst_json_to_bson(json, &options, &out, NULL), MST_OK);
    assert_true(mst_bson_find_path(mst_buf_slice(&out), "$date.$oid", &value)
                && mst_bson_get_string(&value, &text));
    assert_true(mst_slice_is(text, "x"));
    mst_buf_clear(&out);
}

/* depth times open, then inner, then close. */
static enum mst_status
nest(size_t depth, const char *open, const char *inner, const char *close)
{
    struct mst_buf json;
    struct mst_buf out;
    struct mst_error err;
    mst_buf_init(&json, ROOM);
    mst_buf_init(&out, ROOM);
    for (size_t i = 0; i < depth; i++) {
        assert_int_equal(mst_buf_append_str(&json, open), MST_OK);
    }
    assert_int_equal(mst_buf_append_str(&json, inner), MST_OK);
    for (size_t i = 0; i < depth; i++) {
        assert_int_equal(mst_buf_append_str(&json, close), MST_OK);
    }
    enum mst_status status =
        mst_json_to_bson(mst_buf_slice(&json), NULL, &out, &err);
    if (status == MST_OK) {
        assert_int_equal(mst_bson_check(mst_buf_slice(&out), &err), MST_OK);
    } else {
        assert_non_null(strstr(err.text, "more than 200"));
    }
    mst_buf_clear(&json);
    mst_buf_clear(&out);
    return status;
}

static void
depth_is_bounded_and_a_wrapper_does_not_count(void **state)
{
    (void)state;
    static const char oid[] = "{\"$oid\":\"0123456789abcdef01234567\"}";
    assert_int_equal(nest(200, "{\"a\":", "1", "}"), MST_OK);
    assert_int_equal(nest(200, "{\"a\":", oid, "}"), MST_OK);
    assert_int_equal(nest(200, "{\"a\":", "{}", "}"), MST_REJECTED);
    assert_int_equal(nest(200, "{\"a\":", "{\"b\":1}", "}"), MST_REJECTED);
    assert_int_equal(nest(200, "{\"a\":", "[]", "}"), MST_REJECTED);
    assert_int_equal(nest(100, "{\"a\":[", "1", "]}"), MST_OK);
    assert_int_equal(nest(100, "{\"a\":[", "[]", "]}"), MST_REJECTED);
    assert_int_equal(nest(199, "{\"a\":", "{\"a\":[]}", "}"), MST_REJECTED);
    assert_int_equal(nest(100000, "{\"a\":", "1", "}"), MST_REJECTED);
    assert_int_equal(
        nest(199, "{\"a\":", "{\"b\":{\"$code\":\"\",\"$scope\":{}}}", "}"),
        MST_REJECTED);
    assert_int_equal(
        nest(198, "{\"a\":", "{\"b\":{\"$code\":\"\",\"$scope\":{}}}", "}"),
        MST_OK);
}

/* An object of n names; the name at again is that of the first. */
static enum mst_status
write_wide(size_t n, size_t again, struct mst_error *err, size_t *ret_offset)
{
    struct mst_buf json;
    struct mst_buf out;
    mst_buf_init(&json, ROOM);
    mst_buf_init(&out, ROOM);
    assert_int_equal(mst_buf_append_str(&json, "{\"o\":{"), MST_OK);
    for (size_t i = 0; i < n; i++) {
        *ret_offset = i == again ? json.len : *ret_offset;
        assert_int_equal(mst_buf_printf(&json, "\"name%zu\":{\"x\":[%zu,2]},",
                                        i == again ? 0 : i, i),
                         MST_OK);
    }
    json.len--;
    assert_int_equal(mst_buf_append_str(&json, "}}"), MST_OK);
    enum mst_status status =
        mst_json_to_bson(mst_buf_slice(&json), NULL, &out, err);
    mst_buf_clear(&json);
    mst_buf_clear(&out);
    return status;
}

static void
duplicate_is_found_in_objects_of_any_width(void **state)
{
    (void)state;
    static const size_t widths[] = {2,   31,  32,  33,   34,   64,   511,
                                    512, 513, 520, 1000, 1025, 50000};
    for (size_t i = 0; i < MST_ARRAY_SIZE(widths); i++) {
        struct mst_error err;
        size_t offset = 0;
        size_t n = widths[i];
        assert_int_equal(write_wide(n, n, &err, &offset), MST_OK);
        for (size_t again = 1; again < n; again = again * 3 + 1) {
            assert_int_equal(write_wide(n, again, &err, &offset), MST_REJECTED);
            assert_non_null(strstr(err.text, "'name0' twice"));
            assert_int_equal(err.offset, offset);
        }
        assert_int_equal(write_wide(n, n - 1, &err, &offset), MST_REJECTED);
        assert_int_equal(err.offset, offset);
    }
}

static void
names_of_nested_objects_do_not_collide(void **state)
{
    (void)state;
    struct mst_buf json;
    struct mst_buf out;
    mst_buf_init(&json, ROOM);
    mst_buf_init(&out, ROOM);
    /* 150 levels of 8 names: more than are kept for narrow objects. */
    for (int i = 0; i < 150; i++) {
        assert_int_equal(mst_buf_append_str(&json, "{\"a\":1,\"b\":1,\"c\":1,"
                                                   "\"d\":1,\"e\":1,\"f\":1,"
                                                   "\"g\":1,\"n\":"),
                         MST_OK);
    }
    assert_int_equal(mst_buf_append_str(&json, "1"), MST_OK);
    for (int i = 0; i < 150; i++) {
        assert_int_equal(mst_buf_append_str(&json, ",\"h\":1}"), MST_OK);
    }
    assert_int_equal(mst_json_to_bson(mst_buf_slice(&json), NULL, &out, NULL),
                     MST_OK);
    /* And a duplicate at the end of the outermost. */
    json.len--;
    assert_int_equal(mst_buf_append_str(&json, ",\"a\":1}"), MST_OK);
    assert_int_equal(mst_json_to_bson(mst_buf_slice(&json), NULL, &out, NULL),
                     MST_REJECTED);
    mst_buf_clear(&json);
    mst_buf_clear(&out);
}

static void
output_stops_at_the_maximum_of_its_buffer(void **state)
{
    (void)state;
    static const char json[] = "{\"a\":[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8],"
                               "\"b\":\"0123456789012345678901234567890123\"}";
    for (size_t max = 0; max < 500; max++) {
        struct mst_buf out;
        struct mst_error err;
        mst_buf_init(&out, max);
        enum mst_status status = mst_json_to_bson(
            MST_SLICE_LIT("") /* empty first */, NULL, &out, &err);
        assert_int_equal(status, MST_REJECTED);
        status = mst_json_to_bson(mst_slice_str(json), NULL, &out, &err);
        assert_in_range(out.len, 0, max);
        assert_true(max < 210 + 128 || status == MST_OK);
        assert_true(max >= 180 || status == MST_REJECTED);
        mst_buf_clear(&out);
    }
}

static void
options_of_an_expression_stay_in_their_order(void **state)
{
    (void)state;
    const struct mst_slice json = MST_SLICE_LIT(
        "{\"a\":{\"$regularExpression\":{\"pattern\":\"p\",\"options\":"
        "\"xi\"}}}");
    struct mst_buf bson;
    struct mst_buf again;
    mst_buf_init(&bson, 1024);
    mst_buf_init(&again, 1024);
    assert_int_equal(mst_json_to_bson(json, NULL, &bson, NULL), MST_OK);
    assert_int_equal(mst_bson_to_json(mst_buf_slice(&bson), MST_JSON_CANONICAL,
                                      &again, NULL),
                     MST_OK);
    assert_true(mst_slice_equal(mst_buf_slice(&again), json));
    mst_buf_clear(&bson);
    mst_buf_clear(&again);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_of_an_expression_stay_in_their_order),
        cmocka_unit_test(texts_give_the_same_bytes_as_libbson),
        cmocka_unit_test(refusals_name_the_byte_the_field_and_the_reason),
        cmocka_unit_test(text_cut_at_any_byte_is_refused),
        cmocka_unit_test(big_integers_go_where_the_option_says),
        cmocka_unit_test(wrappers_are_documents_when_extended_is_off),
        cmocka_unit_test(depth_is_bounded_and_a_wrapper_does_not_count),
        cmocka_unit_test(duplicate_is_found_in_objects_of_any_width),
        cmocka_unit_test(names_of_nested_objects_do_not_collide),
        cmocka_unit_test(output_stops_at_the_maximum_of_its_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
