/* SPDX-License-Identifier: MIT */
/* What Avro's schema resolution says of two schemas, with every reason. */
#include "schema/compatibility.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit/cmocka_all.h"

#include "encodings/avro/parse.h"

#define RECORD(fields)    "{'type':'record','name':'R','fields':[" fields "]}"
#define FIELD(name, type) "{'name':'" name "','type':" type "}"
#define FIELD_OR(name, type, fallback)                                         \
    "{'name':'" name "','type':" type ",'default':" fallback "}"
#define ENUM(symbols)          "{'type':'enum','name':'E','symbols':[" symbols "]}"
#define FIXED(size)            "{'type':'fixed','name':'F','size':" size "}"
#define LOGICAL(type, logical) "{'type':'" type "','logicalType':'" logical "'}"
#define ARRAY(items)           "{'type':'array','items':" items "}"
#define MAP(values)            "{'type':'map','values':" values "}"

struct pair {
    const char *what;
    const char *reader;
    const char *writer;
    const char *problems; /* "TYPE path;" each; "": compatible */
};

static struct mst_avro_schema *
parse(const char *text)
{
    struct mst_error err;
    struct mst_avro_schema *schema = NULL;
    struct mst_buf json;
    mst_buf_init(&json, 1 << 20);
    assert_int_equal(mst_buf_append_str(&json, text), MST_OK);
    for (size_t i = 0; i < json.len; i++) {
        if (json.data[i] == '\'') {
            json.data[i] = '"';
        }
    }
    if (mst_avro_schema_parse(mst_buf_slice(&json), &schema, &err) != MST_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    mst_buf_clear(&json);
    return schema;
}

static void
compare(const char *reader, const char *writer,
        struct mst_compat_report *report)
{
    struct mst_error err;
    struct mst_avro_schema *to = parse(reader);
    struct mst_avro_schema *from = parse(writer);
    assert_int_equal(mst_compat_avro(to, from, report, &err), MST_OK);
    mst_avro_schema_destroy(to);
    mst_avro_schema_destroy(from);
}

static void
check_pairs(const struct pair *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct mst_compat_report report = {.len = 0};
        char seen[1024] = "";
        compare(pairs[i].reader, pairs[i].writer, &report);
        for (size_t k = 0; k < report.len; k++) {
            size_t len = strlen(seen);
            (void)snprintf(seen + len, sizeof(seen) - len, "%s %s;",
                           report.problems[k].type, report.problems[k].path);
            assert_true(strlen(report.problems[k].reason) > 10);
        }
        if (strcmp(seen, pairs[i].problems) != 0) {
            fail_msg("%s: wanted '%s', got '%s'", pairs[i].what,
                     pairs[i].problems, seen);
        }
        assert_int_equal(mst_compat_is_fine(&report), seen[0] == '\0');
        mst_compat_report_clear(&report);
    }
}

static void
numbers_and_texts_are_promoted_one_way(void **state)
{
    static const char *const names[] = {"null",  "boolean", "int",   "long",
                                        "float", "double",  "bytes", "string"};
    /* By writer: what else reads it. */
    static const char *const readers[] = {
        "",       "",     "long float double", "float double", "double", "",
        "string", "bytes"};
    (void)state;
    for (size_t w = 0; w < MST_ARRAY_SIZE(names); w++) {
        for (size_t r = 0; r < MST_ARRAY_SIZE(names); r++) {
            char writer[16];
            char reader[16];
            (void)snprintf(writer, sizeof(writer), "'%s'", names[w]);
            (void)snprintf(reader, sizeof(reader), "'%s'", names[r]);
            bool reads = w == r || strstr(readers[w], names[r]) != NULL;
            const struct pair pair = {names[w], reader, writer,
                                      reads ? "" : "TYPE_MISMATCH ;"};
            check_pairs(&pair, 1);
        }
    }
}

static void
each_rule_of_resolution_is_decided(void **state)
{
    static const struct pair pairs[] = {
        {"field added without default",
         RECORD(FIELD("a", "'int'") "," FIELD("b", "'int'")),
         RECORD(FIELD("a", "'int'")), "READER_FIELD_MISSING_DEFAULT_VALUE b;"},
        {"field added with default",
         RECORD(FIELD("a", "'int'") "," FIELD_OR("b", "'int'", "7")),
         RECORD(FIELD("a", "'int'")), ""},
        {"field removed", RECORD(FIELD("a", "'int'")),
         RECORD(FIELD("a", "'int'") "," FIELD("b", "'int'")), ""},
        {"field renamed with alias",
         RECORD("{'name':'new','type':'int','aliases':['old']}"),
         RECORD(FIELD("old", "'int'")), ""},
        {"alias that is another field's name",
         RECORD(
             "{'name':'b','type':'int','aliases':['a']}," FIELD("a", "'int'")),
         RECORD(FIELD("a", "'int'")), "READER_FIELD_MISSING_DEFAULT_VALUE b;"},
        {"every mistake is told",
         RECORD(FIELD("a", "'int'") "," FIELD("b", "'string'") "," FIELD(
             "c", "'int'")),
         RECORD(FIELD("a", "'long'") "," FIELD("b", "'int'")),
         "TYPE_MISMATCH a;TYPE_MISMATCH b;READER_FIELD_MISSING_DEFAULT_VALUE "
         "c;"},
        {"record renamed", "{'type':'record','name':'S','fields':[]}",
         RECORD(""), "NAME_MISMATCH ;"},
        {"record renamed with alias",
         "{'type':'record','name':'S','aliases':['R'],'fields':[]}", RECORD(""),
         ""},
        {"namespaces do not count",
         "{'type':'record','name':'a.R','fields':[]}", RECORD(""), ""},
        {"symbol added", ENUM("'A','B'"), ENUM("'A'"), ""},
        {"symbols removed", ENUM("'A'"), ENUM("'A','B','C'"),
         "MISSING_ENUM_SYMBOLS ;MISSING_ENUM_SYMBOLS ;"},
        {"symbol removed, default",
         "{'type':'enum','name':'E','symbols':['A'],'default':'A'}",
         ENUM("'A','B'"), ""},
        {"fixed of another size", FIXED("8"), FIXED("4"),
         "FIXED_SIZE_MISMATCH ;"},
        {"fixed of another name", "{'type':'fixed','name':'G','size':4}",
         FIXED("4"), "NAME_MISMATCH ;"},
        {"array items", ARRAY("'int'"), ARRAY("'string'"), "TYPE_MISMATCH [];"},
        {"array items promoted", ARRAY("'long'"), ARRAY("'int'"), ""},
        {"map values", MAP("'int'"), MAP("'string'"), "TYPE_MISMATCH {};"},
        {"map is no array", MAP("'int'"), ARRAY("'int'"), "TYPE_MISMATCH ;"},
        {"other unit", LOGICAL("long", "timestamp-millis"),
         LOGICAL("long", "timestamp-micros"), "LOGICAL_TYPE_MISMATCH ;"},
        {"logical type dropped", "'long'", LOGICAL("long", "timestamp-micros"),
         ""},
        {"deep path",
         RECORD(FIELD("a", ARRAY(MAP("{'type':'record','name':'S','fields':["
                                     "{'name':'x','type':'int'}]}")))),
         RECORD(FIELD("a", ARRAY(MAP("{'type':'record','name':'S','fields':["
                                     "{'name':'x','type':'string'}]}")))),
         "TYPE_MISMATCH a[]{}.x;"},
    };
    (void)state;
    check_pairs(pairs, MST_ARRAY_SIZE(pairs));
}

static void
every_branch_of_the_writer_must_be_taken(void **state)
{
    static const struct pair pairs[] = {
        {"made nullable", "['null','int']", "'int'", ""},
        {"made not nullable", "'int'", "['null','int']", "TYPE_MISMATCH ;"},
        {"branch added", "['null','int','string']", "['null','int']", ""},
        {"branch removed", "['null','int']", "['null','int','boolean']",
         "MISSING_UNION_BRANCH ;"},
        {"branch by promotion", "['null','long']", "['null','int']", ""},
        {"order does not count", "['int','null']", "['null','int']", ""},
        {"all promote", "'double'", "['int','long','float']", ""},
        {"inner reason of the branch that is meant",
         "['null'," RECORD(FIELD("a", "'int'")) "]", "['null'," RECORD("") "]",
         "READER_FIELD_MISSING_DEFAULT_VALUE a;"},
        {"second branch takes it",
         "[{'type':'record','name':'x.R','fields':[{'name':'a','type':"
         "'int'}]}," RECORD("") "]",
         RECORD(""), ""},
    };
    (void)state;
    check_pairs(pairs, MST_ARRAY_SIZE(pairs));
}

static void
recursive_records_are_compared_once(void **state)
{
#define LIST(type)                                                             \
    "{'type':'record','name':'L','fields':[{'name':'v','type':'" type          \
    "'},{'name':'next','type':['null','L']}]}"
    static const struct pair pairs[] = {
        {"same", LIST("int"), LIST("int"), ""},
        {"promoted", LIST("long"), LIST("int"), ""},
        {"not", LIST("int"), LIST("long"), "TYPE_MISMATCH v;"},
        {"used twice", RECORD(FIELD("a", LIST("int")) "," FIELD("b", "'L'")),
         RECORD(FIELD("a", LIST("string")) "," FIELD("b", "'L'")),
         "TYPE_MISMATCH a.v;"},
        {"bad in a union first, then alone",
         RECORD(FIELD("a", "['null'," LIST("int") "]") "," FIELD("b", "'L'")),
         RECORD(
             FIELD("a", "['null'," LIST("string") "]") "," FIELD("b", "'L'")),
         "TYPE_MISMATCH a.v;"},
    };
    (void)state;
    check_pairs(pairs, MST_ARRAY_SIZE(pairs));
}

static void
a_long_list_is_cut_and_counted(void **state)
{
    (void)state;
    struct mst_compat_report report = {.version = 3, .forward = true};
    struct mst_buf text;
    mst_buf_init(&text, 1 << 20);
    assert_int_equal(mst_buf_append_str(&text, "{'type':'record','name':'R',"
                                               "'fields':["),
                     MST_OK);
    for (int i = 0; i < 150; i++) {
        assert_int_equal(mst_buf_printf(&text, "%s{'name':'f%d','type':'int'}",
                                        i == 0 ? "" : ",", i),
                         MST_OK);
    }
    assert_int_equal(mst_buf_append_str(&text, "]}"), MST_OK);
    compare(mst_buf_text(&text), RECORD(""), &report);
    assert_int_equal(report.len, MST_COMPAT_PROBLEMS_MAX);
    assert_int_equal(report.more, 50);
    mst_buf_reset(&text);
    assert_int_equal(mst_compat_describe(&report.problems[7], &text), MST_OK);
    assert_string_equal(
        mst_buf_text(&text),
        "version 3 can not read data of the new schema: f7: the writer does "
        "not have this field, and the reader has no default for it");
    mst_buf_clear(&text);
    mst_compat_report_clear(&report);
}

static void
thousands_of_records_that_refer_to_each_other_are_compared(void **state)
{
    (void)state;
    struct mst_compat_report report = {.len = 0};
    struct mst_buf text;
    mst_buf_init(&text, 1 << 20);
    assert_int_equal(mst_buf_append_str(&text, "[{'type':'record','name':'R0',"
                                               "'fields':[]}"),
                     MST_OK);
    for (int i = 1; i < 3000; i++) {
        assert_int_equal(
            mst_buf_printf(&text,
                           ",{'type':'record','name':'R%d','fields':[{'name':"
                           "'f','type':'R%d'}]}",
                           i, i - 1),
            MST_OK);
    }
    assert_int_equal(mst_buf_append_str(&text, "]"), MST_OK);
    compare(mst_buf_text(&text), mst_buf_text(&text), &report);
    /* From the front on each record is known when the next asks for it. */
    assert_true(mst_compat_is_fine(&report));
    mst_buf_clear(&text);
    mst_compat_report_clear(&report);
}

static void
levels_ask_for_their_ways(void **state)
{
    static const struct {
        bool backward;
        bool forward;
        bool transitive;
    } wanted[MST_LEVELS] = {
        [MST_LEVEL_NONE] = {false, false, false},
        [MST_LEVEL_BACKWARD] = {true, false, false},
        [MST_LEVEL_BACKWARD_TRANSITIVE] = {true, false, true},
        [MST_LEVEL_FORWARD] = {false, true, false},
        [MST_LEVEL_FORWARD_TRANSITIVE] = {false, true, true},
        [MST_LEVEL_FULL] = {true, true, false},
        [MST_LEVEL_FULL_TRANSITIVE] = {true, true, true},
    };
    (void)state;
    for (int i = 0; i < MST_LEVELS; i++) {
        enum mst_schema_level level = (enum mst_schema_level)i;
        assert_int_equal(mst_compat_wants(level, false), wanted[i].backward);
        assert_int_equal(mst_compat_wants(level, true), wanted[i].forward);
        assert_int_equal(mst_compat_is_transitive(level), wanted[i].transitive);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_texts_are_promoted_one_way),
        cmocka_unit_test(each_rule_of_resolution_is_decided),
        cmocka_unit_test(every_branch_of_the_writer_must_be_taken),
        cmocka_unit_test(recursive_records_are_compared_once),
        cmocka_unit_test(a_long_list_is_cut_and_counted),
        cmocka_unit_test(
            thousands_of_records_that_refer_to_each_other_are_compared),
        cmocka_unit_test(levels_ask_for_their_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
