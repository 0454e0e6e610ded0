/* SPDX-License-Identifier: MIT */
/* Which texts are Avro schemas and which JSON Schemas. */
#include "unit/cmocka_all.h"

#include "encodings/schema_kind.h"

static const struct {
    const char *text;
    enum mst_schema_kind kind; /* NONE: refused */
} cases[] = {
    {"{\"type\":\"record\",\"name\":\"a\",\"fields\":[]}",
     MST_SCHEMA_KIND_AVRO},
    {"{\"type\":\"enum\",\"name\":\"a\",\"symbols\":[]}", MST_SCHEMA_KIND_AVRO},
    {" {\"type\" : \"map\" , \"values\":\"int\"}", MST_SCHEMA_KIND_AVRO},
    {"{\"type\":{\"type\":\"string\"}}", MST_SCHEMA_KIND_AVRO},
    {"{\"type\":[\"null\",{\"type\":\"int\"}]}", MST_SCHEMA_KIND_AVRO},
    {"{\"type\":\"string\",\"logicalType\":\"uuid\"}", MST_SCHEMA_KIND_AVRO},
    {"{\"type\":\"a.B\",\"fields\":1}", MST_SCHEMA_KIND_AVRO},
    {"[\"null\",\"string\"]", MST_SCHEMA_KIND_AVRO},
    {" \"long\" ", MST_SCHEMA_KIND_AVRO},
    {"{\"$schema\":\"x\",\"type\":\"record\"}", MST_SCHEMA_KIND_JSON},
    {"{\"type\":\"object\"}", MST_SCHEMA_KIND_JSON},
    {"{\"type\":[\"null\",\"integer\"]}", MST_SCHEMA_KIND_JSON},
    {"{\"properties\":{}}", MST_SCHEMA_KIND_JSON},
    {"{\"type\":\"string\",\"enum\":[]}", MST_SCHEMA_KIND_JSON},
    {"{\"allOf\":[{}],\"title\":\"x\"}", MST_SCHEMA_KIND_JSON},
    {"true", MST_SCHEMA_KIND_JSON},
    {"false", MST_SCHEMA_KIND_JSON},
    {"{}", MST_SCHEMA_KIND_NONE},
    {"{\"type\":\"string\"}", MST_SCHEMA_KIND_NONE},
    {"{\"type\":[\"null\",\"string\"]}", MST_SCHEMA_KIND_NONE},
    {"{\"type\":[\"object\",\"map\"]}", MST_SCHEMA_KIND_NONE},
    {"{\"type\":\"array\",\"items\":{}}", MST_SCHEMA_KIND_NONE},
    {"{\"title\":{\"properties\":{}}}", MST_SCHEMA_KIND_NONE},
    {"{\"type\":[]}", MST_SCHEMA_KIND_NONE},
};

static void
text_tells_its_kind_or_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        enum mst_schema_kind kind = MST_SCHEMA_KIND_NONE;
        struct mst_error err;
        mst_error_clear(&err);
        enum mst_status status = mst_schema_kind_of(
            mst_slice_str(cases[i].text), MST_SCHEMA_KIND_NONE, &kind, &err);
        bool refused = cases[i].kind == MST_SCHEMA_KIND_NONE;
        if (kind != cases[i].kind || status != (refused ? MST_REJECTED : MST_OK)
            || refused != (err.hint[0] != '\0')) {
            fail_msg("%s: %d, %s", cases[i].text, (int)kind, err.text);
        }
    }
}

static void
what_was_said_counts(void **state)
{
    (void)state;
    enum mst_schema_kind kind = MST_SCHEMA_KIND_NONE;
    assert_int_equal(mst_schema_kind_of(MST_SLICE_LIT("{\"type\":\"record\"}"),
                                        MST_SCHEMA_KIND_JSON, &kind, NULL),
                     MST_OK);
    assert_int_equal(kind, MST_SCHEMA_KIND_JSON);
}

static void
malformed_text_has_a_place(void **state)
{
    (void)state;
    enum mst_schema_kind kind = MST_SCHEMA_KIND_NONE;
    struct mst_error err;
    assert_int_equal(mst_schema_kind_of(MST_SLICE_LIT("{\n \"a\": x}"),
                                        MST_SCHEMA_KIND_NONE, &kind, &err),
                     MST_REJECTED);
    assert_non_null(strstr(err.text, "line 2, column 7 (byte 8)"));
    assert_int_equal(mst_schema_kind_of(MST_SLICE_LIT(""), MST_SCHEMA_KIND_NONE,
                                        &kind, &err),
                     MST_REJECTED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_tells_its_kind_or_is_refused),
        cmocka_unit_test(what_was_said_counts),
        cmocka_unit_test(malformed_text_has_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
