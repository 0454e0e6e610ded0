/* SPDX-License-Identifier: MIT */
/* Cases out of BSON, each key checked. */
#include <stddef.h>
#include <string.h>

#include "config/suggest.h"
#include "encodings/bson_reader.h"
#include "studio/case.h"

#define ORIGIN "test"

/* Bits of 1 << an enum studio_shape. */
enum studio_shape {
    SHAPE_DOCUMENT = 1,
    SHAPE_ARRAY = 2,
    SHAPE_NULL = 4,
    SHAPE_TEXT = 8,
    SHAPE_BOOL = 16,
    SHAPE_ANY = 32
};

static const struct case_key {
    const char *name;
    const char *wants;
    unsigned shapes;
    size_t offset; /* of a value; 0: not kept as one */
} case_keys[] = {
    {"name", "a text", SHAPE_TEXT, 0},
    {"description", "a text", SHAPE_TEXT | SHAPE_NULL, 0},
    {"input", "a document, null, or a text of JSON",
     SHAPE_DOCUMENT | SHAPE_NULL | SHAPE_TEXT,
     offsetof(struct studio_case, input)},
    {"inputs", "an array", SHAPE_ARRAY, offsetof(struct studio_case, inputs)},
    {"attributes", "an object of texts", SHAPE_DOCUMENT | SHAPE_NULL,
     offsetof(struct studio_case, attributes)},
    {"expected", "a document, an array of them, or null",
     SHAPE_DOCUMENT | SHAPE_ARRAY | SHAPE_NULL,
     offsetof(struct studio_case, expected)},
    {"expected_attributes", "an object, or an array of them",
     SHAPE_DOCUMENT | SHAPE_ARRAY,
     offsetof(struct studio_case, expected_attributes)},
    {"expected_error", "a text, or true", SHAPE_TEXT | SHAPE_BOOL,
     offsetof(struct studio_case, expected_error)},
    {"assertions", "an array", SHAPE_ARRAY | SHAPE_NULL,
     offsetof(struct studio_case, assertions)},
    {"strict_mode", "true or false", SHAPE_BOOL | SHAPE_NULL, 0},
    {"duration_ms", "a number", SHAPE_ANY, 0},
};

static unsigned
case_shape(uint8_t type)
{
    switch (type) {
    case MST_BSON_DOCUMENT:
        return SHAPE_DOCUMENT | SHAPE_ANY;
    case MST_BSON_ARRAY:
        return SHAPE_ARRAY | SHAPE_ANY;
    case MST_BSON_NULL:
        return SHAPE_NULL | SHAPE_ANY;
    case MST_BSON_STRING:
        return SHAPE_TEXT | SHAPE_ANY;
    case MST_BSON_BOOL:
        return SHAPE_BOOL | SHAPE_ANY;
    default:
        return SHAPE_ANY;
    }
}

static enum mst_status
case_unknown(struct mst_slice key, struct mst_error *err)
{
    char word[64];
    size_t len = key.len < sizeof(word) - 1 ? key.len : sizeof(word) - 1;
    memcpy(word, key.data, len);
    word[len] = '\0';
    struct mst_suggest suggest = {.word = word};
    for (size_t i = 0; i < MST_ARRAY_SIZE(case_keys); i++) {
        mst_suggest_offer(&suggest, case_keys[i].name);
    }
    (void)mst_fail(err, MST_REJECTED, ORIGIN, 0, "a case has no '%s'", word);
    if (suggest.best != NULL) {
        mst_error_hint(err, "did you mean '%s'?", suggest.best);
    }
    return MST_REJECTED;
}

static enum mst_status
case_field(const struct mst_bson_iter *iter, struct studio_case *one,
           struct mst_error *err)
{
    struct mst_bson_value value = mst_bson_iter_value(iter);
    const struct case_key *key = case_keys;
    const struct case_key *end = key + MST_ARRAY_SIZE(case_keys);
    while (key < end && !mst_slice_is(iter->key, key->name)) {
        key++;
    }
    if (key == end) {
        return case_unknown(iter->key, err);
    }
    if ((case_shape(value.type) & key->shapes) == 0) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0, "its '%s' is not %s",
                        key->name, key->wants);
    }
    if (key->offset != 0) {
        memcpy((uint8_t *)one + key->offset, &value, sizeof(value));
    } else if (strcmp(key->name, "name") == 0) {
        (void)mst_bson_get_string(&value, &one->name);
    } else if (strcmp(key->name, "strict_mode") == 0) {
        (void)mst_bson_get_bool(&value, &one->strict);
    }
    return MST_OK;
}

/* Each of the items with what `each` says of it. */
static enum mst_status
case_items(const struct mst_bson_value *array, size_t most,
           enum mst_status (*each)(const struct mst_bson_value *item,
                                   struct mst_error *err),
           struct mst_error *err)
{
    struct mst_bson_iter iter;
    size_t n = 0;
    if (array->type != MST_BSON_ARRAY && array->type != MST_BSON_DOCUMENT) {
        return MST_OK;
    }
    enum mst_status status = mst_bson_iter_init(&iter, array->raw, err);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        struct mst_bson_value item = mst_bson_iter_value(&iter);
        if (n++ == most) {
            return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                            "more than %zu of them are too many", most);
        }
        status = each(&item, err);
    }
    return status == MST_END ? MST_OK : status;
}

static enum mst_status
case_check_assertion(const struct mst_bson_value *item, struct mst_error *err)
{
    struct mst_studio_assertion assertion;
    return item->type == MST_BSON_DOCUMENT
               ? mst_studio_assertion_read(item->raw, &assertion, err)
               : mst_fail(err, MST_REJECTED, ORIGIN, 0,
                          "an assertion is an object");
}

static enum mst_status
case_check_attribute(const struct mst_bson_value *item, struct mst_error *err)
{
    return item->type == MST_BSON_STRING
               ? MST_OK
               : mst_fail(err, MST_REJECTED, ORIGIN, 0,
                          "the value of an attribute is a text");
}

static enum mst_status
case_check_input(const struct mst_bson_value *item, struct mst_error *err)
{
    return (case_shape(item->type) & (SHAPE_DOCUMENT | SHAPE_NULL | SHAPE_TEXT))
                   != 0
               ? MST_OK
               : mst_fail(err, MST_REJECTED, ORIGIN, 0,
                          "one of its inputs is neither a document nor null");
}

static enum mst_status
case_check(const struct studio_case *one, struct mst_error *err)
{
    if (one->name.data == NULL || one->name.len == 0
        || one->name.len > STUDIO_CASE_NAME_MAX) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "a case has no name of 1 to %d bytes",
                        (int)STUDIO_CASE_NAME_MAX);
    }
    if ((one->input.type == 0) == (one->inputs.type == 0)) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "it has not one of 'input' and 'inputs'");
    }
    if (one->expected_error.type != 0 && one->expected.type != 0) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "it has both 'expected' and 'expected_error'");
    }
    enum mst_status status =
        case_items(&one->assertions, STUDIO_CASE_ASSERTIONS_MAX,
                   case_check_assertion, err);
    if (status == MST_OK) {
        status = case_items(&one->attributes, MST_STUDIO_ATTRIBUTES_MAX,
                            case_check_attribute, err);
    }
    return status == MST_OK ? case_items(
               &one->inputs, STUDIO_CASE_ASSERTIONS_MAX, case_check_input, err)
                            : status;
}

enum mst_status
studio_case_read(struct mst_slice bson, struct studio_case *ret,
                 struct mst_error *err)
{
    struct studio_case one = {.strict = false};
    struct mst_bson_iter iter;
    enum mst_status status = mst_bson_iter_init(&iter, bson, err);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        status = case_field(&iter, &one, err);
    }
    status = status == MST_END ? case_check(&one, err) : status;
    if (status == MST_OK) {
        *ret = one;
    } else if (one.name.len > 0) {
        mst_error_prefix(
            err, "case '%.*s': ", (int)(one.name.len < 64 ? one.name.len : 64),
            one.name.data);
    }
    return status;
}
