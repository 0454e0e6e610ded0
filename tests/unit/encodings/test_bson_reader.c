/* SPDX-License-Identifier: MIT */
/* Reading and checking BSON, well-formed and hostile. */
#include "unit/cmocka_all.h"

#include <stdlib.h>

#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "encodings/little_endian.h"

enum { ROOM = 1 << 20 };

static const uint8_t oid[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

/* One of everything; the rare types as raw values. */
static void
write_all_types(struct mst_buf *buf)
{
    static const uint8_t decimal[16] = {5, 0, 0, 0, 0, 0, 0,    0,
                                        0, 0, 0, 0, 0, 0, 0x3e, 0x30};
    static const uint8_t scope[] = {18, 0, 0, 0, 2, 0, 0, 0, 'x',
                                    0,  8, 0, 0, 0, 8, 0, 1, 0};
    const struct mst_bson_value rare[] = {
        {MST_BSON_REGEX, MST_SLICE_LIT("^a\0ix\0")},
        {MST_BSON_DBPOINTER, MST_SLICE_LIT("\2\0\0\0c\0abcdefghijkl")},
        {MST_BSON_CODE, MST_SLICE_LIT("\2\0\0\0f\0")},
        {MST_BSON_SYMBOL, MST_SLICE_LIT("\2\0\0\0s\0")},
        {MST_BSON_CODE_SCOPE, {scope, sizeof(scope)}},
        {MST_BSON_DECIMAL128, {decimal, sizeof(decimal)}},
        {MST_BSON_UNDEFINED, {NULL, 0}},
        {MST_BSON_MINKEY, {NULL, 0}},
        {MST_BSON_MAXKEY, {NULL, 0}},
    };
    struct mst_bson_writer w;
    mst_bson_writer_init(&w, buf);
    mst_bson_write_int32(&w, "int", -7);
    mst_bson_write_int64(&w, "long", INT64_MIN);
    mst_bson_write_double(&w, "double", 2.5);
    mst_bson_write_bool(&w, "yes", true);
    mst_bson_write_null(&w, "nil");
    mst_bson_write_string(&w, "text", MST_SLICE_LIT("a\0b"));
    mst_bson_write_oid(&w, "oid", oid);
    mst_bson_write_date(&w, "date", -1);
    mst_bson_write_timestamp(&w, "ts", 0xFFFFFFFF, 3);
    mst_bson_write_binary(&w, "bin", 0, MST_SLICE_LIT("xyz"));
    mst_bson_write_binary(&w, "old", 2, MST_SLICE_LIT("old"));
    mst_bson_write_begin_document(&w, "doc");
    mst_bson_write_begin_array(&w, "list");
    mst_bson_write_text(&w, "0", "zero");
    mst_bson_write_text(&w, "1", "one");
    mst_bson_write_end(&w);
    mst_bson_write_end(&w);
    for (size_t i = 0; i < MST_ARRAY_SIZE(rare); i++) {
        mst_bson_write_value(&w, MST_SLICE_LIT("rare"), &rare[i]);
    }
    assert_int_equal(mst_bson_writer_finish(&w, NULL), MST_OK);
}

static void
every_type_is_written_and_read_back(void **state)
{
    (void)state;
    struct mst_buf buf;
    struct mst_error err;
    struct mst_bson_iter iter;
    mst_buf_init(&buf, ROOM);
    write_all_types(&buf);
    struct mst_slice doc = mst_buf_slice(&buf);
    assert_int_equal(mst_bson_check(doc, &err), MST_OK);
    static const uint8_t types[] = {0x10, 0x12, 0x01, 0x08, 0x0A, 0x02, 0x07,
                                    0x09, 0x11, 0x05, 0x05, 0x03, 0x0B, 0x0C,
                                    0x0D, 0x0E, 0x0F, 0x13, 0x06, 0xFF, 0x7F};
    assert_int_equal(mst_bson_iter_init(&iter, doc, &err), MST_OK);
    for (size_t i = 0; i < sizeof(types); i++) {
        assert_int_equal(mst_bson_iter_next(&iter), MST_OK);
        assert_int_equal(iter.type, types[i]);
        assert_int_equal(doc.data[iter.offset], types[i]);
    }
    assert_int_equal(mst_bson_iter_next(&iter), MST_END);
    mst_buf_clear(&buf);
}

static void
getters_give_the_value_of_exactly_their_type(void **state)
{
    (void)state;
    struct mst_buf buf;
    struct mst_bson_value v;
    mst_buf_init(&buf, ROOM);
    write_all_types(&buf);
    struct mst_slice doc = mst_buf_slice(&buf);
    int32_t i32 = 0;
    int64_t i64 = 0;
    double number = 0;
    bool yes = false;
    uint32_t seconds = 0;
    uint32_t increment = 0;
    uint8_t subtype = 9;
    const uint8_t *id = NULL;
    struct mst_slice text = MST_SLICE_NONE;
    assert_true(mst_bson_find(doc, "int", &v) && mst_bson_get_int32(&v, &i32));
    assert_int_equal(i32, -7);
    assert_false(mst_bson_get_int64(&v, &i64));
    assert_true(mst_bson_as_int64(&v, &i64));
    assert_int_equal(i64, -7);
    assert_true(mst_bson_find(doc, "long", &v) && mst_bson_get_int64(&v, &i64));
    assert_true(i64 == INT64_MIN);
    assert_true(mst_bson_find(doc, "double", &v));
    assert_true(mst_bson_get_double(&v, &number) && number == 2.5);
    assert_false(mst_bson_as_int64(&v, &i64));
    assert_true(mst_bson_find(doc, "yes", &v) && mst_bson_get_bool(&v, &yes));
    assert_true(yes);
    assert_true(mst_bson_find(doc, "text", &v)
                && mst_bson_get_string(&v, &text));
    assert_true(mst_slice_equal(text, MST_SLICE_LIT("a\0b")));
    assert_true(mst_bson_find(doc, "oid", &v) && mst_bson_get_oid(&v, &id));
    assert_memory_equal(id, oid, 12);
    assert_true(mst_bson_find(doc, "date", &v) && mst_bson_get_date(&v, &i64));
    assert_int_equal(i64, -1);
    assert_true(mst_bson_find(doc, "ts", &v)
                && mst_bson_get_timestamp(&v, &seconds, &increment));
    assert_true(seconds == 0xFFFFFFFF && increment == 3);
    assert_true(mst_bson_find(doc, "old", &v)
                && mst_bson_get_binary(&v, &subtype, &text));
    assert_true(subtype == 2 && mst_slice_is(text, "old"));
    assert_true(mst_bson_find_path(doc, "doc.list.1", &v)
                && mst_bson_get_string(&v, &text));
    assert_true(mst_slice_is(text, "one"));
    assert_false(mst_bson_find_path(doc, "doc.list.2", &v));
    assert_false(mst_bson_find_path(doc, "int.x", &v));
    assert_false(mst_bson_find(doc, "in", &v));
    mst_buf_clear(&buf);
}

static void
document_cut_at_any_byte_is_rejected_with_an_offset(void **state)
{
    (void)state;
    struct mst_buf buf;
    mst_buf_init(&buf, ROOM);
    write_all_types(&buf);
    for (size_t len = 0; len < buf.len; len++) {
        struct mst_error err;
        /* A block of its own, so that a sanitizer sees a read behind it. */
        uint8_t *cut = malloc(len + 1);
        assert_non_null(cut);
        memcpy(cut, buf.data, len);
        assert_int_equal(mst_bson_check(mst_slice_of(cut, len), &err),
                         MST_REJECTED);
        /* Also with a length that pretends to be right. */
        if (len >= 5) {
            mst_put_le32(cut, (uint32_t)len);
            cut[len - 1] = 0;
            enum mst_status any = mst_bson_check(mst_slice_of(cut, len), &err);
            assert_true(any == MST_OK || any == MST_REJECTED);
        }
        free(cut);
    }
    mst_buf_clear(&buf);
}

/* Every byte set to a few values: no answer is wrong, a crash is. */
static void
any_byte_changed_never_reads_outside(void **state)
{
    (void)state;
    static const uint8_t values[] = {0, 1, 0x7F, 0x80, 0xFF, 0x0F, 0x0B, 0x0C};
    struct mst_buf buf;
    mst_buf_init(&buf, ROOM);
    write_all_types(&buf);
    size_t accepted = 0;
    uint8_t *copy = malloc(buf.len);
    assert_non_null(copy);
    for (size_t at = 0; at < buf.len; at++) {
        for (size_t i = 0; i < sizeof(values); i++) {
            memcpy(copy, buf.data, buf.len);
            copy[at] = values[i];
            struct mst_slice doc = mst_slice_of(copy, buf.len);
            accepted += mst_bson_check(doc, NULL) == MST_OK ? 1 : 0;
        }
    }
    assert_in_range(accepted, 1, buf.len * sizeof(values) - 1);
    free(copy);
    mst_buf_clear(&buf);
}

/* A constant for tables, which a compound literal is not. */
#define BYTES(s)                                                               \
    {                                                                          \
        (const uint8_t *)(s), sizeof(s) - 1                                    \
    }

static const struct {
    const char *what;
    struct mst_slice doc;
    int64_t offset;
    const char *text;
} bad[] = {
    {"nothing", {NULL, 0}, 0, "longer than"},
    {"length too small", BYTES("\4\0\0\0\0"), 0, "impossible"},
    {"negative length", BYTES("\xff\xff\xff\xff\0"), 0, "impossible"},
    {"trailing byte", BYTES("\5\0\0\0\0\0"), 5, "behind the end"},
    {"no terminator", BYTES("\5\0\0\0\1"), 0, "NUL missing"},
    {"key without end", BYTES("\7\0\0\0\x0A\x61\0"), 4, "field name"},
    {"unknown type", BYTES("\x8\0\0\0\x20\x61\0\0"), 4, "no such element type"},
    {"bool of 2", BYTES("\x9\0\0\0\x8\x61\0\2\0"), 4, "neither 0 nor"},
    {"string without NUL", BYTES("\x0e\0\0\0\2\x61\0\2\0\0\0xy\0"), 4,
     "NUL missing"},
    {"string of length 0", BYTES("\x0d\0\0\0\2\x61\0\0\0\0\0\0\0"), 4,
     "impossible"},
    {"string behind the end", BYTES("\x0e\0\0\0\2\x61\0\x09\0\0\0x\0\0"), 4,
     "longer than"},
    {"string not UTF-8", BYTES("\x0e\0\0\0\2\x61\0\2\0\0\0\xC0\0\0"), 4,
     "UTF-8"},
    {"key not UTF-8", BYTES("\x8\0\0\0\x0A\xff\0\0"), 4, "field name"},
    {"binary with a negative length",
     BYTES("\x0d\0\0\0\5\x61\0\xff\xff\xff\xff\0\0"), 4, "impossible"},
    {"old binary whose lengths differ",
     BYTES("\x11\0\0\0\5\x61\0\4\0\0\0\2\1\0\0\0\0"), 4, "impossible"},
    {"inner document behind the end", BYTES("\x0d\0\0\0\3\x61\0\x09\0\0\0\0\0"),
     4, "longer than"},
};

static void
malformed_documents_are_rejected_where_the_fault_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        struct mst_error err;
        mst_error_clear(&err);
        assert_int_equal(mst_bson_check(bad[i].doc, &err), MST_REJECTED);
        if (err.offset != bad[i].offset
            || strstr(err.text, bad[i].text) == NULL) {
            fail_msg("%s: offset %lld, %s", bad[i].what, (long long)err.offset,
                     err.text);
        }
    }
}

/* depth documents inside each other under the key "a". */
static void
write_nested(struct mst_buf *buf, uint32_t depth)
{
    uint32_t len = 5 + (depth - 1) * 8;
    for (uint32_t i = 0; i < depth; i++, len -= 8) {
        uint8_t head[7] = {0, 0, 0, 0, MST_BSON_DOCUMENT, 'a', 0};
        mst_put_le32(head, len);
        assert_int_equal(mst_buf_append(buf, head, i + 1 < depth ? 7 : 4),
                         MST_OK);
    }
    for (uint32_t i = 0; i < depth; i++) {
        assert_int_equal(mst_buf_append_char(buf, '\0'), MST_OK);
    }
}

static void
depth_is_bounded_at_200(void **state)
{
    (void)state;
    struct mst_buf buf;
    struct mst_error err;
    mst_buf_init(&buf, ROOM);
    write_nested(&buf, 200);
    assert_int_equal(mst_bson_check(mst_buf_slice(&buf), &err), MST_OK);
    mst_buf_reset(&buf);
    write_nested(&buf, 201);
    assert_int_equal(mst_bson_check(mst_buf_slice(&buf), &err), MST_REJECTED);
    assert_non_null(strstr(err.text, "200"));
    mst_buf_reset(&buf);
    write_nested(&buf, 100000);
    assert_int_equal(mst_bson_check(mst_buf_slice(&buf), &err), MST_REJECTED);
    mst_buf_clear(&buf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_written_and_read_back),
        cmocka_unit_test(getters_give_the_value_of_exactly_their_type),
        cmocka_unit_test(document_cut_at_any_byte_is_rejected_with_an_offset),
        cmocka_unit_test(any_byte_changed_never_reads_outside),
        cmocka_unit_test(malformed_documents_are_rejected_where_the_fault_is),
        cmocka_unit_test(depth_is_bounded_at_200),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
