/* SPDX-License-Identifier: MIT */
/* What is decided of two JSON Schemas, and what is refused to be safe. */
#include "schema/compatibility_json.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit/cmocka_all.h"

struct pair {
    const char *what;
    const char *reader;
    const char *writer;
    const char *problems; /* "TYPE path;" each; "": compatible */
};

static json_t *
parse(const char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    for (char *at = copy; *at != '\0'; at++) {
        if (*at == '\'') {
            *at = '"';
        }
    }
    json_t *root = json_loads(copy, JSON_DECODE_ANY, NULL);
    if (root == NULL) {
        fail_msg("%s", copy);
    }
    free(copy);
    return root;
}

static void
check_pairs(const struct pair *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct mst_compat_report report = {.len = 0};
        struct mst_error err;
        char seen[1024] = "";
        json_t *reader = parse(pairs[i].reader);
        json_t *writer = parse(pairs[i].writer);
        assert_int_equal(mst_compat_json(reader, writer, &report, &err),
                         MST_OK);
        for (size_t k = 0; k < report.len; k++) {
            size_t len = strlen(seen);
            (void)snprintf(seen + len, sizeof(seen) - len, "%s %s;",
                           report.problems[k].type, report.problems[k].path);
        }
        if (strcmp(seen, pairs[i].problems) != 0) {
            fail_msg("%s: wanted '%s', got '%s'", pairs[i].what,
                     pairs[i].problems, seen);
        }
        mst_compat_report_clear(&report);
        json_decref(reader);
        json_decref(writer);
    }
}

#define OBJECT(properties) "{'type':'object','properties':{" properties "}}"
#define CLOSED(properties)                                                     \
    "{'type':'object','additionalProperties':false,'properties':{" properties  \
    "}}"
#define INT(name)    "'" name "':{'type':'integer'}"
#define STRING(name) "'" name "':{'type':'string'}"

static void
types_may_only_grow(void **state)
{
    static const struct pair pairs[] = {
        {"same", "{'type':'string'}", "{'type':'string'}", ""},
        {"words for people", "{'type':'string','title':'a'}",
         "{'type':'string','description':'b'}", ""},
        {"wider", "{'type':'number'}", "{'type':'integer'}", ""},
        {"narrower", "{'type':'integer'}", "{'type':'number'}",
         "TYPE_NARROWED ;"},
        {"nullable", "{'type':['null','string']}", "{'type':'string'}", ""},
        {"no longer nullable", "{'type':'string'}",
         "{'type':['null','string']}", "TYPE_NARROWED ;"},
        {"anything", "true", "{'type':'string'}", ""},
        {"anything in words", "{}", "{'type':'string'}", ""},
        {"from anything", "{'type':'string'}", "{}", "TYPE_NARROWED ;"},
        {"nothing", "false", "{'type':'string'}", "FORBIDDEN ;"},
        {"from nothing", "{'type':'string'}", "false", ""},
        {"values added", "{'enum':['a','b']}", "{'enum':['a']}", ""},
        {"values removed", "{'enum':['a']}", "{'enum':['a','b']}",
         "ENUM_NARROWED ;"},
        {"values instead of a type", "{'type':'string','enum':['a']}",
         "{'type':'string'}", "ENUM_NARROWED ;"},
        {"a type instead of values", "{'type':'string'}", "{'enum':['a']}", ""},
        {"const", "{'const':1}", "{'const':2}", "ENUM_NARROWED ;"},
        {"const into enum", "{'enum':[1,2]}", "{'const':2}", ""},
    };
    (void)state;
    check_pairs(pairs, MST_ARRAY_SIZE(pairs));
}

static void
bounds_may_only_widen(void **state)
{
    static const struct pair pairs[] = {
        {"lower", "{'type':'integer','minimum':1}",
         "{'type':'integer','minimum':2}", ""},
        {"higher", "{'type':'integer','minimum':2}",
         "{'type':'integer','minimum':1}", "BOUND_NARROWED ;"},
        {"new", "{'type':'integer','maximum':2}", "{'type':'integer'}",
         "BOUND_NARROWED ;"},
        {"gone", "{'type':'integer'}", "{'type':'integer','maximum':2}", ""},
        {"strict", "{'type':'integer','exclusiveMinimum':1}",
         "{'type':'integer','minimum':1}", "BOUND_NARROWED ;"},
        {"no longer strict", "{'type':'integer','minimum':1}",
         "{'type':'integer','exclusiveMinimum':1}", ""},
        {"big ones exactly", "{'type':'integer','maximum':9007199254740992}",
         "{'type':'integer','maximum':9007199254740993}", "BOUND_NARROWED ;"},
        {"of another type", "{'type':['string','integer'],'minimum':2}",
         "{'type':'string'}", ""},
        {"divisor", "{'type':'integer','multipleOf':5}",
         "{'type':'integer','multipleOf':10}", ""},
        {"no divisor", "{'type':'integer','multipleOf':10}",
         "{'type':'integer','multipleOf':5}", "BOUND_NARROWED ;"},
        {"longer", "{'type':'string','maxLength':5}",
         "{'type':'string','maxLength':4}", ""},
        {"shorter", "{'type':'string','maxLength':4}",
         "{'type':'string','maxLength':5}", "BOUND_NARROWED ;"},
        {"minimum of nothing", "{'type':'string','minLength':0}",
         "{'type':'string'}", ""},
        {"same pattern", "{'type':'string','pattern':'a+'}",
         "{'type':'string','pattern':'a+','maxLength':3}", ""},
        {"other pattern", "{'type':'string','pattern':'a*'}",
         "{'type':'string','pattern':'a+'}", "NOT_DECIDED ;"},
        {"new format", "{'type':'string','format':'email'}",
         "{'type':'string'}", "NOT_DECIDED ;"},
    };
    (void)state;
    check_pairs(pairs, MST_ARRAY_SIZE(pairs));
}

static void
objects_are_open_or_closed(void **state)
{
    static const struct pair pairs[] = {
        {"added to open", OBJECT(INT("a") "," INT("b")), OBJECT(INT("a")),
         "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL b;"},
        {"anything added to open", OBJECT(INT("a") ",'b':{}"), OBJECT(INT("a")),
         ""},
        {"added to closed", CLOSED(INT("a") "," INT("b")), CLOSED(INT("a")),
         ""},
        {"removed from open", OBJECT(INT("a")), OBJECT(INT("a") "," INT("b")),
         ""},
        {"removed from closed", CLOSED(INT("a")), CLOSED(INT("a") "," INT("b")),
         "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL b;"},
        {"opened", OBJECT(INT("a")), CLOSED(INT("a")), ""},
        {"closed", CLOSED(INT("a")), OBJECT(INT("a")), "FORBIDDEN {};"},
        {"every mistake", OBJECT(INT("a") "," INT("b")),
         OBJECT(STRING("a") "," STRING("b")),
         "TYPE_NARROWED a;TYPE_NARROWED b;"},
        {"required added", "{'type':'object','required':['a']}",
         "{'type':'object'}", "REQUIRED_PROPERTY_ADDED ;"},
        {"required removed", "{'type':'object'}",
         "{'type':'object','required':['a']}", ""},
        {"deep",
         OBJECT("'a':" OBJECT("'b':{'type':'array','items':"
                              "{'type':'integer'}}")),
         OBJECT("'a':" OBJECT("'b':{'type':'array','items':"
                              "{'type':'string'}}")),
         "TYPE_NARROWED a.b[];"},
        {"rest wider",
         "{'type':'object','additionalProperties':"
         "{'type':'number'}}",
         "{'type':'object','additionalProperties':{'type':'integer'}}", ""},
        {"rest narrower",
         "{'type':'object','additionalProperties':"
         "{'type':'integer'}}",
         "{'type':'object','additionalProperties':{'type':'number'}}",
         "TYPE_NARROWED {};"},
        {"named out of the rest",
         "{'type':'object','additionalProperties':{'type':'integer'},"
         "'properties':{'a':{'type':'number'}}}",
         "{'type':'object','additionalProperties':{'type':'integer'}}", ""},
        {"patterns that are new",
         "{'type':'object','patternProperties':{'^x':{'type':'integer'}}}",
         "{'type':'object'}", "NOT_DECIDED ;"},
        {"patterns that are gone", OBJECT(INT("x")),
         "{'type':'object','additionalProperties':false,'patternProperties':{"
         "'^x':{'type':'string'}}}",
         "TYPE_NARROWED ;"},
    };
    (void)state;
    check_pairs(pairs, MST_ARRAY_SIZE(pairs));
}

static void
arrays_are_compared_item_by_item(void **state)
{
    static const struct pair pairs[] = {
        {"wider", "{'type':'array','items':{'type':'number'}}",
         "{'type':'array','items':{'type':'integer'}}", ""},
        {"new", "{'type':'array','items':{'type':'number'}}",
         "{'type':'array'}", "TYPE_NARROWED [];"},
        {"tuple of draft 7",
         "{'type':'array','items':[{'type':'number'}],'additionalItems':true}",
         "{'type':'array','items':[{'type':'integer'}]}", ""},
        {"tuple of 2020-12",
         "{'type':'array','prefixItems':[{'type':'integer'}],'items':false}",
         "{'type':'array','prefixItems':[{'type':'integer'}]}",
         "FORBIDDEN [];"},
        {"fewer", "{'type':'array','maxItems':2}",
         "{'type':'array','maxItems':3}", "BOUND_NARROWED ;"},
        {"unique", "{'type':'array','uniqueItems':true}", "{'type':'array'}",
         "NOT_DECIDED ;"},
        {"not unique", "{'type':'array','uniqueItems':false}",
         "{'type':'array'}", ""},
    };
    (void)state;
    check_pairs(pairs, MST_ARRAY_SIZE(pairs));
}

static void
combinations_are_decided_or_refused(void **state)
{
    static const struct pair pairs[] = {
        {"branch added", "{'anyOf':[{'type':'string'},{'type':'integer'}]}",
         "{'anyOf':[{'type':'string'}]}", ""},
        {"branch removed", "{'anyOf':[{'type':'string'}]}",
         "{'anyOf':[{'type':'string'},{'type':'integer'}]}",
         "UNION_NARROWED ;"},
        {"one of types apart",
         "{'oneOf':[{'type':'string'},{'type':'integer'},{'type':'null'}]}",
         "{'oneOf':[{'type':'integer'},{'type':'string'}]}", ""},
        {"one of types that overlap",
         "{'oneOf':[{'type':'number'},{'type':'integer','minimum':3}]}",
         "{'type':'integer'}", "UNION_NARROWED ;"},
        {"into a union", "{'oneOf':[{'type':'string'},{'type':'null'}]}",
         "{'type':'string'}", ""},
        {"out of a union", "{'type':'string'}",
         "{'anyOf':[{'const':'a'},{'enum':['b']}]}", ""},
        {"all of it", "{'allOf':[{'minimum':1},{'maximum':9}]}",
         "{'type':'integer','minimum':2,'maximum':8}", ""},
        {"not all of it", "{'allOf':[{'minimum':1},{'maximum':9}]}",
         "{'type':'integer','minimum':2}", "BOUND_NARROWED ;"},
        {"one of all is enough", "{'type':'integer'}",
         "{'allOf':[{'type':'integer'},{'minimum':4}]}", ""},
        {"the same not", "{'type':'string','not':{'const':'a'}}",
         "{'type':'string','not':{'const':'a'}}", ""},
        {"a new not", "{'type':'string','not':{'const':'a'}}",
         "{'type':'string'}", "NOT_DECIDED ;"},
        {"a word of somebody", "{'type':'string','x-strict':true}",
         "{'type':'string'}", "NOT_DECIDED ;"},
        {"unevaluated is of what stands beside",
         "{'type':'object','unevaluatedProperties':false}",
         "{'type':'object','unevaluatedProperties':false,'properties':{'a':"
         "{}}}",
         "NOT_DECIDED ;"},
    };
    (void)state;
    check_pairs(pairs, MST_ARRAY_SIZE(pairs));
}

static void
references_are_followed(void **state)
{
#define LIST(type)                                                             \
    "{'$ref':'#/$defs/l','$defs':{'l':{'type':'object','properties':{'v':{"    \
    "'type':'" type "'},'next':{'$ref':'#/$defs/l'}}}}}"
    static const struct pair pairs[] = {
        {"recursive", LIST("number"), LIST("integer"), ""},
        {"recursive and wrong", LIST("integer"), LIST("number"),
         "TYPE_NARROWED v;"},
        {"definitions of draft 7",
         "{'properties':{'a':{'$ref':'#/definitions/x~1y'}},'definitions':{"
         "'x/y':{'type':'string'}}}",
         "{'properties':{'a':{'type':'string'}}}", ""},
        {"by the root", "{'type':'object','properties':{'a':{'$ref':'#'}}}",
         "{'type':'object','properties':{'a':{'$ref':'#'}},'title':'x'}", ""},
        {"elsewhere", "{'$ref':'http://x/y.json'}",
         "{'$ref':'http://x/y.json','title':'x'}", "NOT_DECIDED ;"},
        {"nowhere", "{'$ref':'#/$defs/no'}", "{'type':'string'}",
         "NOT_DECIDED ;"},
        {"round in a circle",
         "{'$ref':'#/$defs/a','$defs':{'a':{'$ref':'#/$defs/a'}}}",
         "{'type':'string'}", ""},
    };
    (void)state;
    check_pairs(pairs, MST_ARRAY_SIZE(pairs));
}

static void
a_schema_that_unfolds_without_end_is_refused(void **state)
{
    (void)state;
    struct mst_buf text;
    struct mst_compat_report report = {.len = 0};
    struct mst_error err;
    mst_buf_init(&text, 1 << 20);
    /* Two branches at each of 40 levels. */
    assert_int_equal(mst_buf_append_str(&text, "{\"$ref\":\"#/$defs/d0\","
                                               "\"$defs\":{"),
                     MST_OK);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(
            mst_buf_printf(&text,
                           "\"d%d\":{\"anyOf\":[{\"$ref\":\"#/$defs/d%d\"},{"
                           "\"$ref\":\"#/$defs/d%d\",\"title\":\"x\"}]},",
                           i, i + 1, i + 1),
            MST_OK);
    }
    assert_int_equal(
        mst_buf_append_str(&text, "\"d40\":{\"type\":\"integer\"}}}"), MST_OK);
    json_t *reader = json_loads(mst_buf_text(&text), 0, NULL);
    json_t *writer = parse("{'type':'string'}");
    assert_non_null(reader);
    assert_int_equal(mst_compat_json(reader, writer, &report, &err), MST_OK);
    assert_false(mst_compat_is_fine(&report));
    mst_compat_report_clear(&report);
    json_decref(reader);
    json_decref(writer);
    mst_buf_clear(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_may_only_grow),
        cmocka_unit_test(bounds_may_only_widen),
        cmocka_unit_test(objects_are_open_or_closed),
        cmocka_unit_test(arrays_are_compared_item_by_item),
        cmocka_unit_test(combinations_are_decided_or_refused),
        cmocka_unit_test(references_are_followed),
        cmocka_unit_test(a_schema_that_unfolds_without_end_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
