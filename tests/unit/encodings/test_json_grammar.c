/* SPDX-License-Identifier: MIT */
/* The grammar of RFC 8259, production by production: texts that are JSON,
 * texts that are not, and our answer where the RFC leaves one to us. */
#include "unit/cmocka_all.h"

#include "encodings/bson_json.h"
#include "encodings/json_bson.h"
#include "encodings/json_check.h"

enum { GRAMMAR_MAX = 1 << 20 };

#define T(text) "" text, sizeof(text) - 1
#define INT(n)  "{\"$numberInt\":\"" n "\"}"
#define LONG(n) "{\"$numberLong\":\"" n "\"}"
#define REAL(n) "{\"$numberDouble\":\"" n "\"}"

enum verdict {
    IS,       /* JSON, and a value of BSON */
    IS_NOT,   /* JSON */
    NO_BSON,  /* JSON by its grammar, but beyond what BSON holds */
    NO_ANSWER /* JSON by its grammar, but no text of Unicode */
};

/* Values, and what they are in canonical Extended JSON (NULL: the same). */
static const struct {
    enum verdict verdict;
    const char *text;
    size_t len;
    const char *canonical;
} values[] = {
    /* Section 3: three literal names, in lower case. */
    {IS, T("null"), NULL},
    {IS, T("true"), NULL},
    {IS, T("false"), NULL},
    {IS_NOT, T("Null"), NULL},
    {IS_NOT, T("TRUE"), NULL},
    {IS_NOT, T("nul"), NULL},
    {IS_NOT, T("nulll"), NULL},
    {IS_NOT, T("fals"), NULL},
    {IS_NOT, T("truefalse"), NULL},
    {IS_NOT, T("undefined"), NULL},
    {IS_NOT, T("x"), NULL},
    {IS_NOT, T(""), NULL},
    {IS_NOT, T(" "), NULL},
    /* Section 2: white space is space, tab, line feed, carriage return. */
    {IS, T(" 1"), INT("1")},
    {IS, T("1\t"), INT("1")},
    {IS, T("\n1\n"), INT("1")},
    {IS, T("\r\n1\r\n"), INT("1")},
    {IS, T("[ \t\r\n]"), "[]"},
    {IS, T("[1 ,\n2]"), "[" INT("1") "," INT("2") "]"},
    {IS, T("{ \"a\"\t:\r1\n}"), "{\"a\":" INT("1") "}"},
    {IS_NOT, T("\v1"), NULL},
    {IS_NOT, T("\f1"), NULL},
    {IS_NOT, T("\b1"), NULL},
    {IS_NOT, T("1\0"), NULL},
    {IS_NOT,
     T("\xC2\xA0"
       "1"),
     NULL},
    {IS_NOT,
     T("\xE2\x80\xA8"
       "1"),
     NULL},
    {IS_NOT,
     T("\xEF\xBB\xBF"
       "1"),
     NULL},
    {IS_NOT, T("1 // one"), NULL},
    {IS_NOT, T("/* one */ 1"), NULL},
    {IS_NOT, T("1 # one"), NULL},
    /* Section 6: minus, int, frac, exp. */
    {IS, T("0"), INT("0")},
    {IS, T("-1"), INT("-1")},
    {IS, T("10"), INT("10")},
    {IS, T("2147483647"), INT("2147483647")},
    {IS, T("2147483648"), LONG("2147483648")},
    {IS, T("-2147483648"), INT("-2147483648")},
    {IS, T("-2147483649"), LONG("-2147483649")},
    {IS, T("9223372036854775807"), LONG("9223372036854775807")},
    {IS, T("-9223372036854775808"), LONG("-9223372036854775808")},
    {IS, T("0.0"), REAL("0.0")},
    {IS, T("-0.0"), REAL("-0.0")},
    {IS, T("0.5"), REAL("0.5")},
    {IS, T("10.01"), REAL("10.01")},
    {IS, T("1.50"), REAL("1.5")},
    {IS, T("0e0"), REAL("0.0")},
    {IS, T("-0e-0"), REAL("-0.0")},
    {IS, T("1e2"), REAL("100.0")},
    {IS, T("1E2"), REAL("100.0")},
    {IS, T("1e+2"), REAL("100.0")},
    {IS, T("1e-2"), REAL("0.01")},
    {IS, T("1e00"), REAL("1.0")},
    {IS, T("1e-002"), REAL("0.01")},
    {IS, T("123.456e3"), REAL("123456.0")},
    {IS, T("1.7976931348623157e308"), REAL("1.7976931348623157e+308")},
    {IS, T("5e-324"), REAL("5e-324")},
    {IS_NOT, T("-"), NULL},
    {IS_NOT, T("+1"), NULL},
    {IS_NOT, T("--1"), NULL},
    {IS_NOT, T("- 1"), NULL},
    {IS_NOT, T("00"), NULL},
    {IS_NOT, T("01"), NULL},
    {IS_NOT, T("-01"), NULL},
    {IS_NOT, T("1."), NULL},
    {IS_NOT, T("1.e1"), NULL},
    {IS_NOT, T(".5"), NULL},
    {IS_NOT, T("-.5"), NULL},
    {IS_NOT, T("1.5.5"), NULL},
    {IS_NOT, T("1.-5"), NULL},
    {IS_NOT, T("1e"), NULL},
    {IS_NOT, T("1e+"), NULL},
    {IS_NOT, T("1E-"), NULL},
    {IS_NOT, T("1e1.5"), NULL},
    {IS_NOT, T("1e1e1"), NULL},
    {IS_NOT, T("1e--1"), NULL},
    {IS_NOT, T("e1"), NULL},
    {IS_NOT, T("0x1F"), NULL},
    {IS_NOT, T("0b1"), NULL},
    {IS_NOT, T("0o7"), NULL},
    {IS_NOT, T("1f"), NULL},
    {IS_NOT, T("1L"), NULL},
    {IS_NOT, T("1_000"), NULL},
    {IS_NOT, T("1 000"), NULL},
    {IS_NOT, T("1,5"), NULL},
    {IS_NOT, T("NaN"), NULL},
    {IS_NOT, T("Infinity"), NULL},
    {IS_NOT, T("-Infinity"), NULL},
    {IS_NOT, T("\xD9\xA1"), NULL},
    /* "... limits on the range and precision of numbers" are ours. */
    {IS, T("-0"), INT("0")},
    {IS, T("0.1000000000000000055511151231257827"), REAL("0.1")},
    {IS, T("9007199254740993.0"), REAL("9007199254740992.0")},
    {IS, T("0e999999"), REAL("0.0")},
    {IS, T("0.0E-999999"), REAL("0.0")},
    {NO_BSON, T("9223372036854775808"), NULL},
    {NO_BSON, T("-9223372036854775809"), NULL},
    {NO_BSON, T("123456789012345678901234567890"), NULL},
    {NO_BSON, T("1e400"), NULL},
    {NO_BSON, T("-1e400"), NULL},
    {NO_BSON, T("1.7976931348623159e308"), NULL},
    {NO_BSON, T("1e-400"), NULL},
    {NO_BSON, T("1e99999999999999999999"), NULL},
    /* Section 7: strings. */
    {IS, T("\"\""), NULL},
    {IS, T("\" \""), NULL},
    {IS, T("\"'\""), NULL},
    {IS, T("\"/\""), NULL},
    {IS, T("\"\\/\""), "\"/\""},
    {IS, T("\"\\\"\""), NULL},
    {IS, T("\"\\\\\""), NULL},
    {IS, T("\"\\b\\f\\n\\r\\t\""), NULL},
    {IS, T("\"\\u0041\""), "\"A\""},
    {IS, T("\"\\\\u0041\""), NULL},
    {IS, T("\"\\u00E4\\u00e4\""), "\"\xC3\xA4\xC3\xA4\""},
    {IS, T("\"\\u0000\""), NULL},
    {IS, T("\"\\u001f\""), NULL},
    {IS, T("\"\x7F\""), NULL},
    {IS, T("\"\xC2\x80\""), NULL},
    {IS, T("\"\xE2\x80\xA8\xE2\x80\xA9\""), NULL},
    {IS, T("\"\xEF\xBB\xBF\""), NULL},
    {IS, T("\"\xEF\xBF\xBF\""), NULL},
    {IS, T("\"\xF4\x8F\xBF\xBF\""), NULL},
    {IS, T("\"\\uD834\\uDD1E\""), "\"\xF0\x9D\x84\x9E\""},
    {IS, T("\"\\udbff\\udfff\""), "\"\xF4\x8F\xBF\xBF\""},
    {IS, T("\"\\ufffe\""), "\"\xEF\xBF\xBE\""},
    {IS_NOT, T("\""), NULL},
    {IS_NOT, T("\"a"), NULL},
    {IS_NOT, T("a\""), NULL},
    {IS_NOT, T("'a'"), NULL},
    {IS_NOT, T("`a`"), NULL},
    {IS_NOT, T("\\\"a\\\""), NULL},
    {IS_NOT,
     T("\xE2\x80\x9C"
       "a\xE2\x80\x9D"),
     NULL},
    {IS_NOT, T("\"a\"b\""), NULL},
    {IS_NOT, T("\"a\" \"b\""), NULL},
    {IS_NOT, T("\"\\\""), NULL},
    {IS_NOT, T("\"\\a\""), NULL},
    {IS_NOT, T("\"\\'\""), NULL},
    {IS_NOT, T("\"\\0\""), NULL},
    {IS_NOT, T("\"\\x41\""), NULL},
    {IS_NOT, T("\"\\N\""), NULL},
    {IS_NOT, T("\"\\ n\""), NULL},
    {IS_NOT, T("\"\\u\""), NULL},
    {IS_NOT, T("\"\\u123\""), NULL},
    {IS_NOT, T("\"\\u12G4\""), NULL},
    {IS_NOT, T("\"\\u+041\""), NULL},
    {IS_NOT, T("\"\\U0041\""), NULL},
    {IS_NOT, T("\"\\u{41}\""), NULL},
    {IS_NOT, T("\"\0\""), NULL},
    {IS_NOT, T("\"\t\""), NULL},
    {IS_NOT, T("\"\n\""), NULL},
    {IS_NOT, T("\"\x1F\""), NULL},
    {IS_NOT, T("\"\\\n\""), NULL},
    /* Section 8.1: UTF-8. */
    {IS_NOT, T("\"\x80\""), NULL},
    {IS_NOT, T("\"\xC3\""), NULL},
    {IS_NOT, T("\"\xC0\xAF\""), NULL},
    {IS_NOT, T("\"\xC1\x81\""), NULL},
    {IS_NOT, T("\"\xE0\x80\x80\""), NULL},
    {IS_NOT, T("\"\xE2\x82\""), NULL},
    {IS_NOT, T("\"\xED\xA0\x80\""), NULL},
    {IS_NOT, T("\"\xF0\x80\x80\x80\""), NULL},
    {IS_NOT, T("\"\xF4\x90\x80\x80\""), NULL},
    {IS_NOT, T("\"\xF5\x80\x80\x80\""), NULL},
    {IS_NOT, T("\"\xFE\""), NULL},
    {IS_NOT, T("\"\xFF\""), NULL},
    /* Section 8.2: what halves of surrogate pairs do is left open. */
    {NO_ANSWER, T("\"\\ud800\""), NULL},
    {NO_ANSWER, T("\"\\udfff\""), NULL},
    {NO_ANSWER, T("\"\\ud800\\u0041\""), NULL},
    {NO_ANSWER, T("\"\\ud800\\ud800\""), NULL},
    {NO_ANSWER, T("\"\\udc00\\ud800\""), NULL},
    {NO_ANSWER, T("\"\\ud800x\""), NULL},
    {NO_ANSWER, T("\"\\ud800\\n\""), NULL},
    {NO_ANSWER, T("{\"\\udead\":1}"), NULL},
    /* Section 5: arrays. */
    {IS, T("[]"), NULL},
    {IS, T("[null]"), NULL},
    {IS, T("[true,\"a\",{}]"), NULL},
    {IS, T("[[],[[]]]"), NULL},
    {IS_NOT, T("["), NULL},
    {IS_NOT, T("]"), NULL},
    {IS_NOT, T("[[]"), NULL},
    {IS_NOT, T("[]]"), NULL},
    {IS_NOT, T("[1"), NULL},
    {IS_NOT, T("[1,"), NULL},
    {IS_NOT, T("[1,]"), NULL},
    {IS_NOT, T("[,]"), NULL},
    {IS_NOT, T("[,1]"), NULL},
    {IS_NOT, T("[1,,2]"), NULL},
    {IS_NOT, T("[1 2]"), NULL},
    {IS_NOT, T("[1;2]"), NULL},
    {IS_NOT, T("[1:2]"), NULL},
    {IS_NOT, T("[\"a\":1]"), NULL},
    {IS_NOT, T("[1}"), NULL},
    {IS_NOT, T("(1)"), NULL},
    /* Section 4: objects. */
    {IS, T("{}"), NULL},
    {IS, T("{\"\":null}"), NULL},
    {IS, T("{\"a\":{\"a\":[]}}"), NULL},
    {IS, T("{\"a\":null,\"A\":null}"), NULL},
    {IS, T("{\"\\u0061\\n\":null}"), "{\"a\\n\":null}"},
    {IS_NOT, T("{"), NULL},
    {IS_NOT, T("}"), NULL},
    {IS_NOT, T("{\"a\""), NULL},
    {IS_NOT, T("{\"a\"}"), NULL},
    {IS_NOT, T("{\"a\":"), NULL},
    {IS_NOT, T("{\"a\":}"), NULL},
    {IS_NOT, T("{\"a\":1"), NULL},
    {IS_NOT, T("{\"a\":1,}"), NULL},
    {IS_NOT, T("{,}"), NULL},
    {IS_NOT, T("{\"a\":1,,\"b\":2}"), NULL},
    {IS_NOT, T("{\"a\":1 \"b\":2}"), NULL},
    {IS_NOT, T("{\"a\":1;\"b\":2}"), NULL},
    {IS_NOT, T("{\"a\" 1}"), NULL},
    {IS_NOT, T("{\"a\"=1}"), NULL},
    {IS_NOT, T("{\"a\"::1}"), NULL},
    {IS_NOT, T("{\"a\",1}"), NULL},
    {IS_NOT, T("{:1}"), NULL},
    {IS_NOT, T("{a:1}"), NULL},
    {IS_NOT, T("{'a':1}"), NULL},
    {IS_NOT, T("{1:1}"), NULL},
    {IS_NOT, T("{null:1}"), NULL},
    {IS_NOT, T("{[]:1}"), NULL},
    {IS_NOT, T("{\"a\":1]"), NULL},
    {IS_NOT, T("{\"a\n\":1}"), NULL},
    {IS_NOT, T("{\"\xFF\":1}"), NULL},
    {IS_NOT, T("{...}"), NULL},
    /* Names "SHOULD be unique", and BSON's end with a NUL. */
    {NO_BSON, T("{\"a\":1,\"a\":1}"), NULL},
    {NO_BSON, T("{\"a\":1,\"\\u0061\":2}"), NULL},
    {NO_BSON, T("{\"\":1,\"\":2}"), NULL},
    {NO_BSON, T("[{\"b\":0,\"a\":1,\"a\":2}]"), NULL},
    {NO_BSON, T("{\"\\u0000\":1}"), NULL},
    {NO_BSON, T("{\"a\\u0000b\":1}"), NULL},
};

/* Whole texts; IS: a document. */
static const struct {
    enum verdict verdict;
    const char *text;
    size_t len;
} texts[] = {
    {IS, T("{}")},
    {IS, T(" \t\r\n{} \t\r\n")},
    {NO_BSON, T("[]")},
    {NO_BSON, T("null")},
    {NO_BSON, T("0")},
    {NO_BSON, T("\"a\"")},
    {IS_NOT, T("")},
    {IS_NOT, T("\r\n")},
    {IS_NOT, T("{}{}")},
    {IS_NOT, T("{} {}")},
    {IS_NOT, T("{},")},
    {IS_NOT, T("{};")},
    {IS_NOT, T("{}\0")},
    {IS_NOT, T("{}x")},
    {IS_NOT, T("{}//")},
    {IS_NOT, T("({})")},
    {IS_NOT, T("\x1E{}")},
    /* "... MAY ignore the presence of a byte order mark": we do not. */
    {IS_NOT, T("\xEF\xBB\xBF{}")},
    {IS_NOT, T("\xFF\xFE{\0}\0")},
    {IS_NOT, T("\xFE\xFF\0{\0}")},
    {IS_NOT, T("{\0}\0")},
    {IS_NOT, T("\0{\0}")},
};

/* Whether the grammar's part of the verdict is what json_check says. */
static bool
check_agrees(enum verdict verdict, struct mst_slice text)
{
    bool accepted = verdict == IS || verdict == NO_BSON;
    enum mst_status status = mst_json_check(text, NULL);
    return status == (accepted ? MST_OK : MST_REJECTED);
}

/* The document in canonical form, or "refused". */
static void
read_document(struct mst_slice text, struct mst_buf *canonical)
{
    struct mst_buf bson;
    mst_buf_init(&bson, GRAMMAR_MAX);
    mst_buf_reset(canonical);
    enum mst_status status = mst_json_to_bson(text, NULL, &bson, NULL);
    status = status == MST_OK ? mst_bson_to_json(
                 mst_buf_slice(&bson), MST_JSON_CANONICAL, canonical, NULL)
                              : mst_buf_append_str(canonical, "refused");
    assert_int_equal(status, MST_OK);
    mst_buf_clear(&bson);
}

/* The value between head and tail; more: what canonical has behind it. In a
 * block of its own, so that a sanitizer sees a read behind it. */
static bool
value_agrees(size_t i, const char *head, const char *tail, const char *more)
{
    const char *canonical =
        values[i].canonical == NULL ? values[i].text : values[i].canonical;
    size_t len = strlen(head) + values[i].len + strlen(tail);
    uint8_t *text = malloc(len + 1);
    struct mst_buf wanted;
    struct mst_buf got;
    assert_non_null(text);
    mst_buf_init(&wanted, GRAMMAR_MAX);
    mst_buf_init(&got, GRAMMAR_MAX);
    memcpy(text, head, strlen(head));
    memcpy(text + strlen(head), values[i].text, values[i].len);
    memcpy(text + len - strlen(tail), tail, strlen(tail));
    assert_int_equal(
        values[i].verdict == IS
            ? mst_buf_printf(&wanted, "{\"v\":%s%s}", canonical, more)
            : mst_buf_append_str(&wanted, "refused"),
        MST_OK);
    const struct mst_slice document = mst_slice_of(text, len);
    read_document(document, &got);
    bool fine = check_agrees(values[i].verdict, document)
                && mst_slice_equal(mst_buf_slice(&wanted), mst_buf_slice(&got));
    if (!fine) {
        print_error("%s: %s\n", mst_buf_text(&wanted), mst_buf_text(&got));
    }
    mst_buf_clear(&wanted);
    mst_buf_clear(&got);
    free(text);
    return fine;
}

/* Long enough that the fast reader of JSON takes the value. */
#define REST                                                                   \
    ",\"rest\":\"and so much text behind the value that its reader need not "  \
    "look for the end of the document at each byte, which it does in the "     \
    "last hundred and twenty-eight bytes of it and nowhere else\"}"

static void
values_are_json_as_the_grammar_has_them(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < MST_ARRAY_SIZE(values); i++) {
        bool fine = check_agrees(values[i].verdict,
                                 mst_slice_of(values[i].text, values[i].len));
        fine &= value_agrees(i, "{\"v\":", "}", "");
        struct mst_buf rest;
        mst_buf_init(&rest, GRAMMAR_MAX);
        assert_int_equal(mst_buf_append(&rest, REST, sizeof(REST) - 2), MST_OK);
        fine &= value_agrees(i, "{\"v\":", REST, mst_buf_text(&rest));
        mst_buf_clear(&rest);
        if (!fine) {
            print_error("... %s\n", values[i].text);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void
texts_are_one_value_and_white_space(void **state)
{
    (void)state;
    int wrong = 0;
    struct mst_buf got;
    mst_buf_init(&got, GRAMMAR_MAX);
    for (size_t i = 0; i < MST_ARRAY_SIZE(texts); i++) {
        struct mst_slice text = mst_slice_of(texts[i].text, texts[i].len);
        read_document(text, &got);
        if (!check_agrees(texts[i].verdict, text)
            || strcmp(mst_buf_text(&got),
                      texts[i].verdict == IS ? "{}" : "refused")
                   != 0) {
            print_error("%s: %s\n", texts[i].text, mst_buf_text(&got));
            wrong++;
        }
    }
    mst_buf_clear(&got);
    assert_int_equal(wrong, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_json_as_the_grammar_has_them),
        cmocka_unit_test(texts_are_one_value_and_white_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
