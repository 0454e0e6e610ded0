/* SPDX-License-Identifier: MIT */
/* The middlewares that need no script: every option, what is wrong with
 * options, and that what is not meant keeps its bytes. */
#include "unit/cmocka_all.h"

#include <string.h>

#include "builtin_fixture.h"
#include "encodings/bson_reader.h"
#include "log/log.h"
#include "unit/encodings/random_bson.h"

enum { RANDOM_DOCUMENTS = 300 };

#define ATTRIBUTES "|a=1|b=2"

struct builtin_case {
    const char *name;
    const char *options;
    const char *in;
    const char *out; /* "!...": it is rejected, with that; "": dropped */
};

static void
builtin_try(const struct builtin_case *one)
{
    struct builtin_step step;
    struct script_result result;
    struct mst_event event;
    print_message("%s: %s\n", one->name, one->options);
    script_start(&result);
    bool good = builtin_begin(&step, one->name, one->options);
    if (!good) {
        print_message("%s\n", step.err.text);
    }
    assert_true(good);
    script_event(&result, one->in, &event);
    event.op = MST_OP_CREATE;
    builtin_feed(&step, &event, &result);
    if (one->out[0] == '!') {
        assert_int_equal(result.status, MST_REJECTED);
        assert_non_null(strstr(result.err.text, one->out + 1));
    } else {
        assert_int_equal(result.status, MST_OK);
        assert_string_equal(mst_buf_text(&result.out), one->out);
    }
    builtin_end(&step);
    script_clear(&result);
}

static void
builtin_try_all(const struct builtin_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        builtin_try(&cases[i]);
    }
}

#define TRY(cases) builtin_try_all(cases, MST_ARRAY_SIZE(cases))

static void
project_keeps_or_takes_out_fields(void **state)
{
    static const struct builtin_case cases[] = {
        {"project", "fields = ['a']", "{\"a\":1,\"b\":2}",
         "{\"a\":1}" ATTRIBUTES "\n"},
        {"project", "fields = ['b.c', 'd']",
         "{\"a\":1,\"b\":{\"c\":1,\"x\":2},\"d\":[1]}",
         "{\"b\":{\"c\":1},\"d\":[1]}" ATTRIBUTES "\n"},
        {"project", "fields = ['l.c']",
         "{\"l\":[{\"c\":1,\"x\":2},5,{\"x\":1},[{\"c\":3,\"x\":1}]]}",
         "{\"l\":[{\"c\":1},5,{},[{\"c\":3}]]}" ATTRIBUTES "\n"},
        {"project", "fields = ['none']", "{\"a\":1}", "{}" ATTRIBUTES "\n"},
        {"project", "fields = ['a.b']", "{\"a\":5,\"a.b\":6}",
         "{\"a.b\":6}" ATTRIBUTES "\n"},
        {"project", "remove = ['a', 'b.c', 'l.c', 'none']",
         "{\"a\":1,\"b\":{\"c\":1,\"d\":2},\"l\":[{\"c\":1},{\"e\":1}]}",
         "{\"b\":{\"d\":2},\"l\":[{},{\"e\":1}]}" ATTRIBUTES "\n"},
        {"project", "fields = ['a']\nremove = ['a.x']",
         "{\"a\":{\"x\":1,\"y\":2},\"b\":1}",
         "{\"a\":{\"y\":2}}" ATTRIBUTES "\n"},
        {"project", "fields = ['a']", NULL, "(none)" ATTRIBUTES "\n"},
    };
    (void)state;
    TRY(cases);
}

static void
rename_keeps_the_place(void **state)
{
    static const struct builtin_case cases[] = {
        {"rename", "fields = { b = 'z', 'c.d' = 'e', 'l.x' = 'y' }",
         "{\"a\":1,\"b\":2,\"c\":{\"d\":3},\"l\":[{\"x\":1},{\"w\":1}]}",
         "{\"a\":1,\"z\":2,\"c\":{\"e\":3},\"l\":[{\"y\":1},{\"w\":1}]"
         "}" ATTRIBUTES "\n"},
        {"rename", "fields = { a = 'b' }", "{\"b\":1,\"a\":2}",
         "{\"b\":2}" ATTRIBUTES "\n"},
        {"rename", "fields = { none = 'b' }", "{\"b\":1}",
         "{\"b\":1}" ATTRIBUTES "\n"},
        {"rename", "fields = { a = 'b' }", NULL, "(none)" ATTRIBUTES "\n"},
    };
    (void)state;
    TRY(cases);
}

#define TYPES                                                                  \
    "{\"s\":\"Ada \xc3\xa9\",\"i\":{\"$numberInt\":\"5\"},\"n\":null,"         \
    "\"d\":{\"$date\":\"2026-11-21T10:00:00Z\"},\"o\":{\"x\":1},\"l\":[1]}"

static void
mask_makes_every_type_unreadable(void **state)
{
    static const struct builtin_case cases[] = {
        {"mask", "fields = ['s', 'i', 'n', 'd', 'o', 'l']", TYPES,
         "{\"s\":\"*****\",\"i\":null,\"n\":null,\"d\":null,\"o\":null,"
         "\"l\":null}" ATTRIBUTES "\n"},
        {"mask", "fields = ['s', 'd', 'i']\nwith = 'year'", TYPES,
         "{\"s\":null,\"i\":null,\"n\":null,\"d\":{\"$date\":\"2026-01-01T00:"
         "00:00Z\"},\"o\":{\"x\":1},\"l\":[1]}" ATTRIBUTES "\n"},
        {"mask", "fields = ['s', 'n']\nwith = 'null'", TYPES,
         "{\"s\":null,\"i\":5,\"n\":null,\"d\":{\"$date\":\"2026-11-21T10:00:"
         "00Z\"},\"o\":{\"x\":1},\"l\":[1]}" ATTRIBUTES "\n"},
        {"mask",
         "fields = ['s', 'i', 'n', 'd', 'o', 'l']\nwith = 'replace'\n"
         "replacement = '-'",
         TYPES,
         "{\"s\":\"-\",\"i\":\"-\",\"n\":null,\"d\":\"-\",\"o\":\"-\",\"l\":"
         "\"-\"}" ATTRIBUTES "\n"},
        {"mask", "fields = ['e']\nwith = 'email'",
         "{\"e\":\"ada@example.org\"}",
         "{\"e\":\"a***@example.org\"}" ATTRIBUTES "\n"},
        {"mask", "fields = ['p.n']\nwith = 'phone'",
         "{\"p\":[{\"n\":\"+49 1234\"},{\"n\":\"12\"}]}",
         "{\"p\":[{\"n\":\"****1234\"},{\"n\":\"**\"}]}" ATTRIBUTES "\n"},
        {"mask", "fields = ['a', 'b', 'c', 'd']\nwith = 'email'",
         "{\"a\":\"Ada\",\"b\":\"@x\",\"c\":\"a***@x\",\"d\":\"\"}",
         "{\"a\":null,\"b\":null,\"c\":\"a***@x\",\"d\":\"\"}" ATTRIBUTES "\n"},
        {"mask", "fields = ['a', 'b', 'c']\nwith = 'year'",
         "{\"a\":\"1984-05-06\",\"b\":\"1984-01-01\",\"c\":\"6 May 1984\"}",
         "{\"a\":\"1984-01-01\",\"b\":\"1984-01-01\",\"c\":null}" ATTRIBUTES
         "\n"},
        {"mask", "fields = ['a', 'b']\nwith = 'hide'",
         "{\"a\":\"***\",\"b\":\"\"}",
         "{\"a\":\"***\",\"b\":\"\"}" ATTRIBUTES "\n"},
        {"mask", "fields = ['a']\nwith = 'hash'", "{\"a\":\"abc\"}",
         "{\"a\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61"
         "f20015ad\"}" ATTRIBUTES "\n"},
        {"mask", "fields = ['a']\nwith = 'hash'\nsalt = 'ab'", "{\"a\":\"c\"}",
         "{\"a\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61"
         "f20015ad\"}" ATTRIBUTES "\n"},
        {"mask", "fields = ['a']", NULL, "(none)" ATTRIBUTES "\n"},
    };
    (void)state;
    TRY(cases);
}

static void
set_makes_fields_of_texts_values_and_attributes(void **state)
{
    static const struct builtin_case cases[] = {
        {"set", "fields = { a = 'x', 'b.c' = 'y' }", "{\"a\":1}",
         "{\"a\":\"x\",\"b\":{\"c\":\"y\"}}" ATTRIBUTES "\n"},
        {"set", "json = { a = '[1, null]', b = '{\"$numberLong\": \"5\"}' }",
         "{}", "{\"a\":[1,null],\"b\":5}" ATTRIBUTES "\n"},
        {"set", "attributes = { x = 'a', o = 'op', n = 'none' }", "{}",
         "{\"o\":\"create\",\"x\":\"1\"}" ATTRIBUTES "\n"},
        {"set", "fields = { a = 'x', b = 'y' }\nkeep = true", "{\"a\":null}",
         "{\"a\":null,\"b\":\"y\"}" ATTRIBUTES "\n"},
        {"set", "time = 'a.t'\nkeep = true", "{\"a\":{\"t\":1}}",
         "{\"a\":{\"t\":1}}" ATTRIBUTES "\n"},
        {"set", "fields = { a = 'x' }", NULL, "(none)" ATTRIBUTES "\n"},
    };
    (void)state;
    TRY(cases);
}

static void
flatten_joins_names(void **state)
{
    static const struct builtin_case cases[] = {
        {"flatten", "", "{\"a\":{\"b\":1,\"c\":{\"d\":2}},\"l\":[{\"x\":1}]}",
         "{\"a_b\":1,\"a_c_d\":2,\"l\":[{\"x\":1}]}" ATTRIBUTES "\n"},
        {"flatten", "separator = '.'\narrays = true",
         "{\"a\":[{\"b\":1},[2,{\"c\":3}]]}",
         "{\"a.0.b\":1,\"a.1.0\":2,\"a.1.1.c\":3}" ATTRIBUTES "\n"},
        {"flatten", "arrays = true", "{\"a\":{},\"b\":[]}",
         "{\"a\":{},\"b\":[]}" ATTRIBUTES "\n"},
        {"flatten", "", "{\"a\":{\"b\":1},\"a_b\":2}", "!become 'a_b'"},
        {"flatten", "", NULL, "(none)" ATTRIBUTES "\n"},
    };
    (void)state;
    TRY(cases);
}

static void
route_sets_attributes(void **state)
{
    static const struct builtin_case cases[] = {
        {"route", "attributes = { t = 'c.t', a = 'n' }",
         "{\"c\":{\"t\":\"x\"},\"n\":5}",
         "{\"c\":{\"t\":\"x\"},\"n\":5}|b=2|a=5|t=x\n"},
        {"route", "attributes = { t = 'd', o = 'o', y = 'y' }",
         "{\"d\":{\"$date\":\"2026-11-21T10:00:00Z\"},\"o\":{\"$oid\":"
         "\"0102030405060708090a0b0c\"},\"y\":true}",
         "{\"d\":{\"$date\":\"2026-11-21T10:00:00Z\"},\"o\":{\"$oid\":"
         "\"0102030405060708090a0b0c\"},\"y\":true}" ATTRIBUTES
         "|o=0102030405060708090a0b0c|t=2026-11-21T10:00:00Z|y=true\n"},
        {"route", "attributes = { t = 'x' }", "{}", "!no field 'x'"},
        {"route", "attributes = { t = 'x' }", "{\"x\":null}", "!no field 'x'"},
        {"route", "attributes = { t = 'x' }", "{\"x\":{}}", "!no field 'x'"},
        {"route", "attributes = { t = 'x' }\nmissing = 'skip'", "{}",
         "{}" ATTRIBUTES "\n"},
        {"route", "attributes = { t = 'x' }\nmissing = 'default'", "{}",
         "{}" ATTRIBUTES "|t=other\n"},
        {"route",
         "attributes = { t = 'x' }\nmissing = 'default'\ndefault = 'none'",
         NULL, "(none)" ATTRIBUTES "|t=none\n"},
        {"route", "values = { a = '9', r = 'eu' }", "{}", "{}|b=2|a=9|r=eu\n"},
        {"route", "remove = ['a', 'none']", "{}", "{}|b=2\n"},
        {"route", "values = { a = '3' }\nremove = ['b']", NULL, "(none)|a=3\n"},
    };
    (void)state;
    TRY(cases);
}

/* --- dedupe ----------------------------------------------------------------- */

static unsigned
dedupe_passed(struct builtin_step *step, struct script_result *result,
              const char *json)
{
    struct mst_event event;
    script_event(result, json, &event);
    builtin_feed(step, &event, result);
    assert_int_equal(result->status, MST_OK);
    return result->n;
}

static void
dedupe_drops_what_came_already(void **state)
{
    static const struct {
        const char *json;
        unsigned passes;
    } steps[] = {{"{\"a\":1,\"b\":{\"c\":1},\"x\":1}", 1},
                 {"{\"a\":1,\"b\":{\"c\":1},\"x\":2}", 0},
                 {"{\"a\":1,\"b\":{\"c\":2}}", 1},
                 {"{\"a\":1}", 1},
                 {"{\"a\":1,\"b\":{}}", 0},
                 {"{\"a\":\"1\"}", 1},
                 {"{\"a\":{\"$numberLong\":\"1\"}}", 1},
                 {"{\"x\":1}", 1},
                 {"{\"x\":1}", 1},
                 {NULL, 1},
                 {NULL, 1}};
    struct builtin_step step;
    struct script_result result;
    (void)state;
    script_start(&result);
    assert_true(builtin_begin(&step, "dedupe", "by = ['a', 'b.c']"));
    for (size_t i = 0; i < MST_ARRAY_SIZE(steps); i++) {
        print_message("%s\n", steps[i].json == NULL ? "none" : steps[i].json);
        assert_int_equal(dedupe_passed(&step, &result, steps[i].json),
                         steps[i].passes);
    }
    builtin_end(&step);
    assert_true(builtin_begin(&step, "dedupe", "key = true"));
    assert_int_equal(dedupe_passed(&step, &result, "{\"a\":1}"), 1);
    assert_int_equal(dedupe_passed(&step, &result, "{\"a\":2}"), 0);
    assert_int_equal(dedupe_passed(&step, &result, NULL), 0);
    builtin_end(&step);
    assert_true(builtin_begin(&step, "dedupe", "by = 'a'\nsize = 2"));
    assert_int_equal(dedupe_passed(&step, &result, "{\"a\":1}"), 1);
    assert_int_equal(dedupe_passed(&step, &result, "{\"a\":2}"), 1);
    assert_int_equal(dedupe_passed(&step, &result, "{\"a\":1}"), 0);
    assert_int_equal(dedupe_passed(&step, &result, "{\"a\":3}"), 1);
    assert_int_equal(dedupe_passed(&step, &result, "{\"a\":2}"), 0);
    assert_int_equal(dedupe_passed(&step, &result, "{\"a\":1}"), 1);
    builtin_end(&step);
    script_clear(&result);
}

static enum mst_status
dedupe_refuse(struct mst_emit *emit, const struct mst_event *event,
              struct mst_error *err)
{
    (void)emit;
    (void)event;
    return mst_fail(err, MST_RETRY, "test", 0, "not now");
}

static void
dedupe_forgets_what_did_not_go_on(void **state)
{
    struct builtin_step step;
    struct script_result result;
    struct mst_event event;
    (void)state;
    script_start(&result);
    assert_true(builtin_begin(&step, "dedupe", "by = 'a'"));
    script_event(&result, "{\"a\":1}", &event);
    struct mst_emit refusing = {.event = dedupe_refuse, .arena = &result.arena};
    assert_int_equal(step.type->apply(step.ctx, &event, &refusing, &result.err),
                     MST_RETRY);
    assert_int_equal(dedupe_passed(&step, &result, "{\"a\":1}"), 1);
    assert_int_equal(dedupe_passed(&step, &result, "{\"a\":1}"), 0);
    builtin_end(&step);
    script_clear(&result);
}

/* --- options ---------------------------------------------------------------- */

static void
wrong_options_are_refused(void **state)
{
    static const struct {
        const char *name;
        const char *options;
        const char *said;
    } cases[] = {
        {"filter", "", "'where' is missing"},
        {"filter", "where = ' '", "at character 2: the path of a field"},
        {"filter", "where = 'a'", "at character 2: one of =="},
        {"filter", "where = 'a ='", "at character 3: one of =="},
        {"filter", "where = 'a == '", "at character 6: a number"},
        {"filter", "where = 'a == b'", "at character 6: a number"},
        {"filter", "where = 'a == 1 b'", "at character 8: 'and', 'or'"},
        {"filter", "where = '(a == 1'", "at character 8: a closing bracket"},
        {"filter", "where = \"a == 'x\"", "no closing quote"},
        {"filter", "where = 'a in 1'", "values in brackets"},
        {"filter", "where = 'a in ()'", "a number, a text"},
        {"filter", "where = 'a in (1'", "a closing bracket"},
        {"filter", "where = 'a in (1,)'", "a number, a text"},
        {"filter", "where = 'a like 5'", "a text in quotes"},
        {"filter", "where = '@ == 5'", "the path of a field"},
        {"filter", "were = 'a == 1'", "unknown key 'were'"},
        {"mask", "", "'fields' is missing"},
        {"mask", "fields = ['a']\nwith = 'stars'", "unknown value \"stars\""},
        {"mask", "fields = ['a']\nwith = 'replace'", "needs 'replacement'"},
        {"mask", "fields = ['a']\nreplacement = 'x'", "needs with"},
        {"mask", "fields = 'a'", "expected an array of strings"},
        {"project", "", "'fields' or 'remove'"},
        {"rename", "", "'fields' is missing"},
        {"rename", "fields = ['a']", "expected a table"},
        {"route", "", "says what to do"},
        {"route", "attributes = { a = 'b' }\nmissing = 'drop'",
         "unknown value \"drop\""},
        {"route", "attributes = { a = 'b' }\nvalues = { a = 'b' }",
         "in 'attributes' and in 'values'"},
        {"dedupe", "", "either 'by' or key = true"},
        {"dedupe", "by = 'a'\nkey = true", "either 'by' or key = true"},
        {"dedupe", "by = 'a'\nsize = 0", "must be between 1"},
        {"dedupe", "by = 'a'\nwindow = '0s'", "must be between 1"},
        {"set", "", "says what is set"},
        {"set", "json = { a = '{' }", "no JSON: 'a': "},
        {"set", "json = { a = '{\"$date\": []}' }", "the values of 'json': "},
        {"set", "json = { a = '1,\"x\":2' }", "no JSON"},
        {"flatten", "separator = 5", "expected a string"},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct builtin_step step;
        bool good = builtin_begin(&step, cases[i].name, cases[i].options);
        print_message("%s: %s: %s\n", cases[i].name, cases[i].options,
                      step.err.text);
        assert_false(good);
        assert_non_null(strstr(step.err.text, cases[i].said));
        builtin_end(&step);
    }
}

/* --- what is not meant ------------------------------------------------------ */

/* What the step makes of the document; valid until the next one. */
static struct mst_slice
bytes_of(const char *name, const char *options, struct mst_slice document,
         struct script_result *result)
{
    struct builtin_step step;
    assert_true(builtin_begin(&step, name, options));
    const struct mst_event event = {.payload = document,
                                    .encoding = MST_ENCODING_BSON};
    builtin_feed(&step, &event, result);
    assert_int_equal(result->status, MST_OK);
    assert_int_equal(result->n, 1);
    builtin_end(&step);
    struct mst_slice bytes =
        mst_arena_copy(&result->arena, mst_buf_slice(&result->bson));
    assert_non_null(bytes.data);
    return bytes;
}

/* Its fields are those of document, bit for bit, and what is behind them. */
static void
assert_begins_with(struct mst_slice bytes, struct mst_slice document)
{
    struct mst_error err;
    assert_int_equal(mst_bson_check(bytes, &err), MST_OK);
    assert_true(bytes.len >= document.len);
    assert_memory_equal(bytes.data + 4, document.data + 4, document.len - 5);
}

static void
every_type_beside_an_edit_keeps_its_bytes(void **state)
{
    struct random_bson random = {.state = 20261122};
    struct script_result result;
    struct mst_buf document;
    (void)state;
    mst_buf_init(&document, 1 << 24);
    for (unsigned i = 0; i < RANDOM_DOCUMENTS; i++) {
        script_start(&result);
        mst_buf_reset(&document);
        random_bson_write(&random, &document);
        struct mst_slice in = mst_buf_slice(&document);
        struct mst_slice set =
            bytes_of("set", "fields = { '~~' = 'a@b' }", in, &result);
        assert_begins_with(set, in);
        assert_begins_with(
            bytes_of("mask", "fields = ['~~']\nwith = 'email'", set, &result),
            in);
        assert_begins_with(
            bytes_of("mask", "fields = ['~~']\nwith = 'hash'", set, &result),
            in);
        assert_begins_with(
            bytes_of("rename", "fields = { '~~' = '~' }", set, &result), in);
        assert_true(mst_slice_equal(
            bytes_of("project", "remove = ['~~']", set, &result), in));
        static const char *const passing[][2] = {
            {"filter", "where = 'not exists none'"},
            {"route", "values = { a = 'b' }"},
            {"dedupe", "by = '~~'"},
            {"mask", "fields = ['~~']"},
            {"rename", "fields = { '~~' = '~' }"},
            {"project", "remove = ['~~', '~.~']"},
        };
        for (size_t k = 0; k < MST_ARRAY_SIZE(passing); k++) {
            assert_true(mst_slice_equal(
                bytes_of(passing[k][0], passing[k][1], in, &result), in));
        }
        script_clear(&result);
    }
    mst_buf_clear(&document);
}

static void
a_document_that_is_none_is_rejected(void **state)
{
    static const uint8_t broken[] = {12, 0,   0, 0, 0x10, 'a',
                                     0,  255, 0, 0, 0,    1};
    static const char *const steps[][2] = {
        {"filter", "where = 'a == 1'"},        {"project", "fields = ['a']"},
        {"rename", "fields = { a = 'b' }"},    {"mask", "fields = ['a']"},
        {"set", "fields = { a = 'b' }"},       {"flatten", ""},
        {"route", "attributes = { x = 'a' }"}, {"dedupe", "by = 'a'"}};
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(steps); i++) {
        struct builtin_step step;
        struct script_result result;
        script_start(&result);
        assert_true(builtin_begin(&step, steps[i][0], steps[i][1]));
        const struct mst_event event = {
            .payload = mst_slice_of(broken, sizeof(broken)),
            .encoding = MST_ENCODING_BSON};
        builtin_feed(&step, &event, &result);
        print_message("%s: %s\n", steps[i][0], result.err.text);
        assert_int_equal(result.status, MST_REJECTED);
        builtin_end(&step);
        script_clear(&result);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(project_keeps_or_takes_out_fields),
        cmocka_unit_test(rename_keeps_the_place),
        cmocka_unit_test(mask_makes_every_type_unreadable),
        cmocka_unit_test(set_makes_fields_of_texts_values_and_attributes),
        cmocka_unit_test(flatten_joins_names),
        cmocka_unit_test(route_sets_attributes),
        cmocka_unit_test(dedupe_drops_what_came_already),
        cmocka_unit_test(dedupe_forgets_what_did_not_go_on),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(every_type_beside_an_edit_keeps_its_bytes),
        cmocka_unit_test(a_document_that_is_none_is_rejected),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
