/* SPDX-License-Identifier: MIT */
/* Documents that are edited: what is not touched keeps its bytes. */
#include "unit/cmocka_all.h"

#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "log/log.h"
#include "script_fixture.h"

/* A value of every type there is. */
static const struct {
    uint8_t type;
    const char *raw;
    size_t len;
} doc_values[] = {
    {MST_BSON_DOUBLE, "\x01\x02\x03\x04\x05\x06\xf8\x7f", 8}, /* a NaN */
    {MST_BSON_DOUBLE, "\0\0\0\0\0\0\0\x80", 8},               /* -0.0 */
    {MST_BSON_STRING, "\3\0\0\0a\0\0", 7},                    /* a NUL inside */
    {MST_BSON_DOCUMENT,
     "\x0c\0\0\0\x10"
     "a\0\1\0\0\0\0",
     12},
    {MST_BSON_ARRAY,
     "\x0c\0\0\0\x10"
     "7\0\1\0\0\0\0",
     12}, /* an odd index */
    {MST_BSON_BINARY, "\2\0\0\0\x80\1\2", 7},
    {MST_BSON_BINARY, "\6\0\0\0\2\2\0\0\0\1\2", 11}, /* the old subtype */
    {MST_BSON_UNDEFINED, "", 0},
    {MST_BSON_OBJECTID, "123456789abc", 12},
    {MST_BSON_BOOL, "\1", 1},
    {MST_BSON_DATE, "\xff\xff\xff\xff\xff\xff\xff\x7f", 8},
    {MST_BSON_NULL, "", 0},
    {MST_BSON_REGEX, "a.*\0i\0", 6},
    {MST_BSON_DBPOINTER,
     "\2\0\0\0c\0"
     "123456789abc",
     18},
    {MST_BSON_CODE, "\2\0\0\0x\0", 6},
    {MST_BSON_SYMBOL, "\2\0\0\0s\0", 6},
    {MST_BSON_CODE_SCOPE, "\x0f\0\0\0\2\0\0\0x\0\5\0\0\0\0", 15},
    {MST_BSON_INT32, "\1\0\0\0", 4},
    {MST_BSON_TIMESTAMP, "\1\0\0\0\2\0\0\0", 8},
    {MST_BSON_INT64, "\1\0\0\0\0\0\0\0", 8}, /* would fit in 32 */
    {MST_BSON_DECIMAL128, "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\x3c\x30", 16},
    {MST_BSON_MINKEY, "", 0},
    {MST_BSON_MAXKEY, "", 0},
};

/* {before: 1, v: value, in: {v: value}, list: [value], after: "x"}; without the
 * value: what is to come out of taking it as it was. */
static void
doc_build(const struct mst_bson_value *value, int32_t before,
          struct mst_buf *out)
{
    struct mst_bson_writer writer;
    struct mst_error err;
    mst_buf_reset(out);
    mst_bson_writer_init(&writer, out);
    mst_bson_write_int32(&writer, "before", before);
    mst_bson_write_value(&writer, MST_SLICE_LIT("v"), value);
    mst_bson_write_begin_document(&writer, "in");
    mst_bson_write_int32(&writer, "n", before);
    mst_bson_write_value(&writer, MST_SLICE_LIT("v"), value);
    mst_bson_write_end(&writer);
    mst_bson_write_begin_array(&writer, "list");
    mst_bson_write_int32(&writer, "0", before);
    mst_bson_write_value(&writer, MST_SLICE_LIT("1"), value);
    mst_bson_write_end(&writer);
    mst_bson_write_text(&writer, "after", "x");
    assert_int_equal(mst_bson_writer_finish(&writer, &err), MST_OK);
}

static enum mst_status
doc_keep(struct mst_emit *emit, const struct mst_event *event,
         struct mst_error *err)
{
    struct script_result *result = (struct script_result *)emit;
    (void)err;
    mst_buf_reset(&result->bson);
    result->n++;
    return mst_buf_append(&result->bson, event->payload.data,
                          event->payload.len);
}

static void
check_neighbour(struct mst_lua_script *script,
                const struct mst_bson_value *value, bool changed)
{
    struct script_result result;
    struct mst_event event;
    struct mst_buf in;
    struct mst_buf expected;
    mst_buf_init(&in, 100000);
    mst_buf_init(&expected, 100000);
    script_start(&result);
    result.emit.event = doc_keep;
    script_event(&result, NULL, &event);
    doc_build(value, 1, &in);
    doc_build(value, changed ? 2 : 1, &expected);
    event.payload = mst_buf_slice(&in);
    script_feed(script, &event, &result);
    assert_string_equal(result.err.text, "");
    assert_int_equal(result.bson.len, expected.len);
    assert_memory_equal(result.bson.data, expected.data, expected.len);
    mst_buf_clear(&in);
    mst_buf_clear(&expected);
    script_clear(&result);
}

static void
every_type_survives_an_edit_beside_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool changed;
    } scripts[] = {
        {"function transform(d) return d end", false},
        {"function transform(d) d.before = 2 d['in'].n = 2 d.list[1] = 2 "
         "return d end",
         true},
        /* Read, and put back: the same bytes. */
        {"function transform(d) d.before = 2 d['in'].n = 2 d.list[1] = 2 "
         "d.v = d.v d['in'].v = d['in'].v d.list[2] = d.list[2] return d end",
         true},
        {"function transform(d) for k, v in pairs(d) do d[k] = v end "
         "return d end",
         false},
    };
    for (size_t s = 0; s < MST_ARRAY_SIZE(scripts); s++) {
        struct mst_lua_script *script = script_make(scripts[s].text);
        for (size_t i = 0; i < MST_ARRAY_SIZE(doc_values); i++) {
            const struct mst_bson_value value = {
                doc_values[i].type,
                mst_slice_of(doc_values[i].raw, doc_values[i].len)};
            check_neighbour(script, &value, scripts[s].changed);
        }
        mst_lua_script_destroy(script);
    }
}

static void
untouched_documents_keep_their_memory(void **state)
{
    (void)state;
    struct mst_doc doc = {0};
    struct mst_arena arena = {0};
    struct mst_bson_value value;
    struct mst_doc_node *node = NULL;
    struct mst_error err;
    struct mst_buf in;
    const struct mst_bson_value one = {MST_BSON_INT32,
                                       mst_slice_of("\1\0\0\0", 4)};
    mst_buf_init(&in, 100000);
    doc_build(&one, 1, &in);
    assert_int_equal(mst_doc_read(&doc, mst_buf_slice(&in), &err), MST_OK);
    assert_int_equal(
        mst_doc_find(&doc, doc.root, MST_SLICE_LIT("list[1]"), &node, &err),
        MST_OK);
    assert_int_equal(node->type, MST_BSON_INT32);
    assert_int_equal(
        mst_doc_find(&doc, doc.root, MST_SLICE_LIT("in.x.y"), &node, &err),
        MST_OK);
    assert_null(node);
    assert_int_equal(mst_doc_value(doc.root, &arena, &value, &err), MST_OK);
    assert_ptr_equal(value.raw.data, in.data);
    mst_arena_clear(&arena);
    mst_doc_clear(&doc);
    mst_buf_clear(&in);
}

static void
names_with_dots_and_renamed_fields_are_found(void **state)
{
    (void)state;
    struct mst_doc doc = {0};
    struct mst_arena arena = {0};
    struct mst_bson_value value;
    struct mst_doc_node *node = NULL;
    struct mst_error err;
    struct mst_bson_writer writer;
    struct mst_buf in;
    mst_buf_init(&in, 1000);
    mst_bson_writer_init(&writer, &in);
    mst_bson_write_int32(&writer, "a.b", 5);
    mst_bson_write_int32(&writer, "c", 6);
    mst_bson_write_int32(&writer, "d", 7);
    assert_int_equal(mst_bson_writer_finish(&writer, &err), MST_OK);
    assert_int_equal(mst_doc_read(&doc, mst_buf_slice(&in), &err), MST_OK);
    assert_int_equal(
        mst_doc_find(&doc, doc.root, MST_SLICE_LIT("a.b"), &node, &err),
        MST_OK);
    assert_non_null(node);
    assert_int_equal(mst_doc_rename(&doc, node, MST_SLICE_LIT("c"), &err),
                     MST_OK);
    assert_int_equal(doc.root->len, 2);
    assert_int_equal(mst_doc_value(doc.root, &arena, &value, &err), MST_OK);
    int32_t n = 0;
    struct mst_bson_value found;
    assert_true(mst_bson_find(value.raw, "c", &found));
    assert_true(mst_bson_get_int32(&found, &n));
    assert_int_equal(n, 5);
    assert_int_equal(mst_bson_check(value.raw, &err), MST_OK);
    mst_arena_clear(&arena);
    mst_doc_clear(&doc);
    mst_buf_clear(&in);
}

static void
malformed_documents_are_refused_where_they_are_touched(void **state)
{
    (void)state;
    struct mst_lua_script *script =
        script_make("function transform(d) return d.x and d or d end");
    static const struct mst_slice bad[] = {
        {(const uint8_t *)"\5\0\0\0", 4},
        {(const uint8_t *)"\xff\0\0\0\0", 5},
        {(const uint8_t *)"\x0c\0\0\0\x02"
                          "a\0\xff\0\0\0\0",
         12},
        {(const uint8_t *)"\x08\0\0\0\x99"
                          "a\0\0",
         8},
        {(const uint8_t *)"", 0},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        struct script_result result;
        struct mst_event event;
        script_start(&result);
        script_event(&result, NULL, &event);
        event.payload = bad[i];
        script_feed(script, &event, &result);
        assert_int_equal(result.status, MST_REJECTED);
        script_clear(&result);
    }
    mst_lua_script_destroy(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_survives_an_edit_beside_it),
        cmocka_unit_test(untouched_documents_keep_their_memory),
        cmocka_unit_test(names_with_dots_and_renamed_fields_are_found),
        cmocka_unit_test(
            malformed_documents_are_refused_where_they_are_touched),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
