/* SPDX-License-Identifier: MIT */
/* Assertions: read from tests, held against results. */
#include "studio/assertion.h"

#include <stdio.h>

#include "base/utf8.h"
#include "encodings/bson_reader.h"
#include "encodings/json_schema/pattern.h"
#include "udf/doc.h"

#define ORIGIN "test"

static const char *const assert_names[] = {
    "equals", "contains", "type_matches", "gt",      "gte",
    "lt",     "lte",      "exists",       "matches", NULL};

const char *
mst_studio_assert_name(enum mst_studio_assert kind)
{
    return assert_names[kind];
}

/* --- reading --------------------------------------------------------------- */

static enum mst_status
assertion_kind(const struct mst_bson_value *value, enum mst_studio_assert *ret,
               struct mst_error *err)
{
    struct mst_slice name = MST_SLICE_LIT("");
    (void)mst_bson_get_string(value, &name);
    for (int i = 0; assert_names[i] != NULL; i++) {
        if (mst_slice_is(name, assert_names[i])) {
            *ret = (enum mst_studio_assert)i;
            return MST_OK;
        }
    }
    (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                   "an assertion's assert_type is none of those that there "
                   "are");
    mst_error_hint(err, "equals, contains, type_matches, gt, gte, lt, lte, "
                        "exists or matches");
    return MST_REJECTED;
}

/* What the value has to be for its kind. */
static enum mst_status
assertion_value(const struct mst_studio_assertion *assertion,
                struct mst_error *err)
{
    struct mst_slice text;
    bool flag = false;
    const struct mst_bson_value *value = &assertion->expected;
    const char *kind = assert_names[assertion->kind];
    if (assertion->kind == MST_STUDIO_EXISTS) {
        return value->type == 0 || mst_bson_get_bool(value, &flag)
                   ? MST_OK
                   : mst_fail(err, MST_REJECTED, ORIGIN, 0,
                              "the expected_value of 'exists' is true or "
                              "false");
    }
    if (value->type == 0) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "an assertion '%s' has no expected_value", kind);
    }
    bool wants_text = assertion->kind == MST_STUDIO_TYPE_MATCHES
                      || assertion->kind == MST_STUDIO_MATCHES;
    if (!wants_text) {
        return MST_OK;
    }
    if (!mst_bson_get_string(value, &text)) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "the expected_value of '%s' is a text", kind);
    }
    if (assertion->kind == MST_STUDIO_TYPE_MATCHES
        && !mst_studio_type_exists(text)) {
        (void)mst_fail(err, MST_REJECTED, ORIGIN, 0, "there is no type '%.*s'",
                       (int)(text.len < 64 ? text.len : 64), text.data);
        mst_error_hint(err, "string, number, integer, int32, int64, double, "
                            "decimal, bool, object, array, null, date, "
                            "objectid, binary, timestamp, regex");
        return MST_REJECTED;
    }
    return MST_OK;
}

static enum mst_status
assertion_field(const struct mst_bson_iter *iter,
                struct mst_studio_assertion *assertion, bool *has_kind,
                struct mst_error *err)
{
    struct mst_bson_value value = mst_bson_iter_value(iter);
    if (mst_slice_is(iter->key, "path")) {
        if (!mst_bson_get_string(&value, &assertion->path)) {
            return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                            "an assertion's path is a text");
        }
        return MST_OK;
    }
    if (mst_slice_is(iter->key, "assert_type")) {
        *has_kind = true;
        return assertion_kind(&value, &assertion->kind, err);
    }
    if (mst_slice_is(iter->key, "expected_value")) {
        assertion->expected = value;
        return MST_OK;
    }
    if (mst_slice_is(iter->key, "result")) {
        return mst_bson_as_int64(&value, &assertion->result)
                       && assertion->result >= 0
                   ? MST_OK
                   : mst_fail(err, MST_REJECTED, ORIGIN, 0,
                              "an assertion's result is a number from 0");
    }
    return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                    "an assertion has no '%.*s': it has path, assert_type, "
                    "expected_value and result",
                    (int)(iter->key.len < 64 ? iter->key.len : 64),
                    iter->key.data);
}

enum mst_status
mst_studio_assertion_read(struct mst_slice bson,
                          struct mst_studio_assertion *ret,
                          struct mst_error *err)
{
    struct mst_studio_assertion assertion = {.path = MST_SLICE_NONE};
    struct mst_bson_iter iter;
    bool has_kind = false;
    enum mst_status status = mst_bson_iter_init(&iter, bson, err);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        status = assertion_field(&iter, &assertion, &has_kind, err);
    }
    if (status != MST_END) {
        return status;
    }
    if (!has_kind || assertion.path.data == NULL) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "an assertion has no '%s'",
                        has_kind ? "path" : "assert_type");
    }
    if (!mst_studio_path_is_good(assertion.path)
        || assertion.path.len >= MST_STUDIO_PATH_MAX) {
        return mst_fail(
            err, MST_REJECTED, ORIGIN, 0, "'%.*s' is no path such as a.b[0].c",
            (int)(assertion.path.len < 64 ? assertion.path.len : 64),
            assertion.path.data);
    }
    status = assertion_value(&assertion, err);
    if (status == MST_OK) {
        *ret = assertion;
    }
    return status;
}

/* --- checking -------------------------------------------------------------- */

/* One look at one value. */
struct assertion_look {
    const struct mst_studio_assertion *assertion;
    struct mst_bson_value actual; /* type 0: it is not there */
    char why[192];                /* it does not hold */
};

static bool
look_says(struct assertion_look *look, bool holds, const char *why)
{
    if (!holds) {
        (void)snprintf(look->why, sizeof(look->why), "%s", why);
    }
    return holds;
}

static bool
look_has_text(struct mst_slice text, struct mst_slice part)
{
    if (part.len == 0) {
        return true;
    }
    for (size_t at = 0; at + part.len <= text.len; at++) {
        if (memcmp(text.data + at, part.data, part.len) == 0) {
            return true;
        }
    }
    return false;
}

/* An item of an array, or all of a document's fields. */
static bool
look_has_values(const struct mst_bson_value *actual,
                const struct mst_bson_value *expected)
{
    struct mst_bson_iter iter;
    bool array = actual->type == MST_BSON_ARRAY;
    struct mst_slice walked = array ? actual->raw : expected->raw;
    enum mst_status status = mst_bson_iter_init(&iter, walked, NULL);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        struct mst_bson_value one = mst_bson_iter_value(&iter);
        struct mst_bson_value other = {0};
        if (array && mst_studio_equal(&one, expected)) {
            return true;
        }
        if (!array
            && (!mst_bson_find_slice(actual->raw, iter.key, &other)
                || !mst_studio_equal(&one, &other))) {
            return false;
        }
    }
    return !array;
}

static bool
look_contains(struct assertion_look *look)
{
    const struct mst_bson_value *expected = &look->assertion->expected;
    struct mst_slice text;
    struct mst_slice part;
    if (look->actual.type == MST_BSON_ARRAY) {
        return look_says(look, look_has_values(&look->actual, expected),
                         "no item of the array is it");
    }
    if (look->actual.type == MST_BSON_DOCUMENT
        && expected->type == MST_BSON_DOCUMENT) {
        return look_says(look, look_has_values(&look->actual, expected),
                         "the document does not have all of these fields");
    }
    if (mst_bson_get_string(&look->actual, &text)
        && mst_bson_get_string(expected, &part)) {
        return look_says(look, look_has_text(text, part),
                         "the text does not contain it");
    }
    return look_says(look, false,
                     "it is neither a text that could contain a text, nor an "
                     "array, nor a document that could contain fields");
}

static bool
look_orders(struct assertion_look *look)
{
    int order = mst_studio_order(&look->actual, &look->assertion->expected);
    bool holds = false;
    if (order == 2) {
        return look_says(look, false, "these two have no order");
    }
    switch (look->assertion->kind) {
    case MST_STUDIO_GT:
        holds = order > 0;
        break;
    case MST_STUDIO_GTE:
        holds = order >= 0;
        break;
    case MST_STUDIO_LT:
        holds = order < 0;
        break;
    case MST_STUDIO_LTE:
    case MST_STUDIO_EQUALS:
    case MST_STUDIO_CONTAINS:
    case MST_STUDIO_TYPE_MATCHES:
    case MST_STUDIO_EXISTS:
    case MST_STUDIO_MATCHES:
        holds = order <= 0;
        break;
    }
    return look_says(look, holds, "it is not");
}

static bool
look_matches(struct assertion_look *look)
{
    struct js_pattern *pattern = NULL;
    struct js_matcher *matcher = NULL;
    struct mst_slice text = MST_SLICE_NONE;
    struct mst_slice wanted = MST_SLICE_NONE;
    char why[MST_ERROR_HINT_MAX] = "";
    enum js_match match = JS_DIFFERS;
    if (!mst_bson_get_string(&look->assertion->expected, &wanted)
        || !mst_bson_get_string(&look->actual, &text)) {
        return look_says(look, false, "it is no text");
    }
    if (mst_utf8_valid(text.data, text.len) != text.len) {
        return look_says(look, false, "it is not UTF-8");
    }
    if (js_pattern_create(wanted, NULL, &pattern, why) != MST_OK) {
        (void)snprintf(look->why, sizeof(look->why),
                       "the pattern is none: %.120s", why);
        return false;
    }
    matcher = js_matcher_create();
    if (matcher != NULL) {
        match = js_pattern_match(pattern, matcher, text);
    }
    js_matcher_destroy(matcher);
    js_patterns_destroy(pattern);
    return look_says(look, match == JS_MATCHES,
                     match == JS_TOO_HARD ? "the pattern takes too long"
                                          : "it does not match");
}

static bool
look_type(struct assertion_look *look)
{
    struct mst_slice name = MST_SLICE_LIT("");
    (void)mst_bson_get_string(&look->assertion->expected, &name);
    if (mst_studio_type_is(look->actual.type, name)) {
        return true;
    }
    (void)snprintf(look->why, sizeof(look->why), "it is %s",
                   mst_bson_type_name(look->actual.type));
    return false;
}

static bool
look_exists(struct assertion_look *look)
{
    bool wanted = true;
    bool there = look->actual.type != 0;
    (void)mst_bson_get_bool(&look->assertion->expected, &wanted);
    return look_says(look, wanted == there,
                     there ? "it should not be there" : "it is not there");
}

static bool
look_holds(struct assertion_look *look)
{
    if (look->assertion->kind == MST_STUDIO_EXISTS) {
        return look_exists(look);
    }
    if (look->actual.type == 0) {
        return look_says(look, false, "it is not there");
    }
    switch (look->assertion->kind) {
    case MST_STUDIO_CONTAINS:
        return look_contains(look);
    case MST_STUDIO_TYPE_MATCHES:
        return look_type(look);
    case MST_STUDIO_MATCHES:
        return look_matches(look);
    case MST_STUDIO_GT:
    case MST_STUDIO_GTE:
    case MST_STUDIO_LT:
    case MST_STUDIO_LTE:
        return look_orders(look);
    case MST_STUDIO_EQUALS:
    case MST_STUDIO_EXISTS:
        break;
    }
    bool same = mst_studio_equal(&look->assertion->expected, &look->actual);
    const char *have = mst_bson_type_name(look->actual.type);
    if (!same && look->assertion->expected.type != look->actual.type) {
        (void)snprintf(look->why, sizeof(look->why), "it is %s instead of %s",
                       have,
                       mst_bson_type_name(look->assertion->expected.type));
    } else if (!same) {
        (void)snprintf(look->why, sizeof(look->why), "it is another %s", have);
    }
    return same;
}

/* The value that is meant; of an attribute a string in the document's memory.
 */
static enum mst_status
assertion_find(const struct mst_studio_assertion *assertion,
               const struct mst_studio_result *result, struct mst_doc *doc,
               struct mst_bson_value *ret, struct mst_error *err)
{
    struct mst_doc_node *node = NULL;
    struct mst_slice path = assertion->path;
    struct mst_bson_value value = {0};
    if (path.len > 0 && path.data[0] == '@') {
        struct mst_slice name = mst_slice_of(path.data + 1, path.len - 1);
        for (uint32_t i = 0; i < result->attributes_len; i++) {
            if (value.type == 0
                && mst_slice_equal(result->attributes[i].name, name)) {
                value.type = MST_BSON_STRING;
                value.raw =
                    mst_doc_string(&doc->arena, result->attributes[i].value);
            }
        }
        *ret = value;
        return value.type == 0 || value.raw.data != NULL
                   ? MST_OK
                   : mst_fail_memory(err, ORIGIN);
    }
    if (result->payload.data == NULL) {
        *ret = value;
        return MST_OK;
    }
    enum mst_status status = mst_doc_read(doc, result->payload, err);
    if (status == MST_OK) {
        status = mst_doc_find(doc, doc->root, path, &node, err);
    }
    if (status == MST_OK && node != NULL) {
        status = mst_doc_value(node, &doc->arena, &value, err);
    }
    *ret = value;
    return status;
}

enum mst_status
mst_studio_assertion_check(const struct mst_studio_assertion *assertion,
                           const struct mst_studio_run *run,
                           struct mst_studio_failures *failures,
                           struct mst_error *err)
{
    struct assertion_look look = {.assertion = assertion};
    const struct mst_studio_result *result = run->first;
    struct mst_doc doc = {0};
    char path[MST_STUDIO_PATH_MAX];
    enum mst_status status = MST_OK;
    for (int64_t i = 0; result != NULL && i < assertion->result; i++) {
        result = result->next;
    }
    if (result != NULL) {
        status = assertion_find(assertion, result, &doc, &look.actual, err);
    }
    if (status == MST_OK && !look_holds(&look)) {
        (void)snprintf(path, sizeof(path), "%.*s", (int)assertion->path.len,
                       assertion->path.data);
        mst_studio_failures_add(failures, path, assert_names[assertion->kind],
                                &assertion->expected, &look.actual,
                                result == NULL ? "there is no such result"
                                               : look.why);
    }
    mst_doc_clear(&doc);
    return status;
}

bool
mst_studio_assertion_covers(const struct mst_studio_assertion *assertion,
                            int64_t n, struct mst_slice path)
{
    if (assertion->result != n) {
        return false;
    }
    return assertion->kind == MST_STUDIO_EQUALS
               ? mst_studio_path_is_in(path, assertion->path)
               : mst_studio_path_equal(path, assertion->path);
}
