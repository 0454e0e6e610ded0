/* SPDX-License-Identifier: MIT */
/* What values are, and how they stand to each other. */
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "base/macros.h"
#include "encodings/bson_reader.h"
#include "encodings/decimal128.h"
#include "studio/value.h"

/* Each name with the types that it stands for, 0 behind the last. */
static const struct {
    const char *name;
    uint8_t types[5];
} value_types[] = {
    {"array", {MST_BSON_ARRAY}},
    {"binary", {MST_BSON_BINARY}},
    {"bool", {MST_BSON_BOOL}},
    {"boolean", {MST_BSON_BOOL}},
    {"code", {MST_BSON_CODE}},
    {"code with scope", {MST_BSON_CODE_SCOPE}},
    {"date", {MST_BSON_DATE}},
    {"dbpointer", {MST_BSON_DBPOINTER}},
    {"decimal", {MST_BSON_DECIMAL128}},
    {"decimal128", {MST_BSON_DECIMAL128}},
    {"document", {MST_BSON_DOCUMENT}},
    {"double", {MST_BSON_DOUBLE}},
    {"float", {MST_BSON_DOUBLE}},
    {"int", {MST_BSON_INT32, MST_BSON_INT64}},
    {"int32", {MST_BSON_INT32}},
    {"int64", {MST_BSON_INT64}},
    {"integer", {MST_BSON_INT32, MST_BSON_INT64}},
    {"long", {MST_BSON_INT64}},
    {"map", {MST_BSON_DOCUMENT}},
    {"maxkey", {MST_BSON_MAXKEY}},
    {"minkey", {MST_BSON_MINKEY}},
    {"null", {MST_BSON_NULL}},
    {"number",
     {MST_BSON_INT32, MST_BSON_INT64, MST_BSON_DOUBLE, MST_BSON_DECIMAL128}},
    {"object", {MST_BSON_DOCUMENT}},
    {"objectid", {MST_BSON_OBJECTID}},
    {"regex", {MST_BSON_REGEX}},
    {"regular expression", {MST_BSON_REGEX}},
    {"string", {MST_BSON_STRING}},
    {"symbol", {MST_BSON_SYMBOL}},
    {"timestamp", {MST_BSON_TIMESTAMP}},
    {"undefined", {MST_BSON_UNDEFINED}},
};

static bool
value_is_called(struct mst_slice name, const char *word)
{
    return name.len == strlen(word)
           && strncasecmp((const char *)name.data, word, name.len) == 0;
}

bool
mst_studio_type_exists(struct mst_slice name)
{
    size_t i = 0;
    while (i < MST_ARRAY_SIZE(value_types)
           && !value_is_called(name, value_types[i].name)) {
        i++;
    }
    return i < MST_ARRAY_SIZE(value_types);
}

bool
mst_studio_type_is(uint8_t type, struct mst_slice name)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(value_types); i++) {
        if (value_is_called(name, value_types[i].name)) {
            const uint8_t *one = value_types[i].types;
            while (*one != 0 && *one != type) {
                one++;
            }
            return *one != 0 && *one == type;
        }
    }
    return false;
}

/* False: it is no number. */
static bool
value_double(const struct mst_bson_value *value, double *ret)
{
    int64_t whole = 0;
    if (mst_bson_get_double(value, ret)) {
        return true;
    }
    if (value->type == MST_BSON_DECIMAL128) {
        char text[MST_DECIMAL128_TEXT_MAX + 1];
        uint8_t *end = mst_decimal128_print((uint8_t *)text, value->raw.data);
        *end = '\0';
        *ret = strtod(text, NULL);
        return true;
    }
    if (!mst_bson_as_int64(value, &whole)) {
        return false;
    }
    *ret = (double)whole;
    return true;
}

static int
value_order_double(double a, double b)
{
    return isnan(a) || isnan(b) ? 2 : a < b ? -1 : a > b;
}

/* Exact also where a double is too narrow for the integer. */
static int
value_order_mixed(int64_t whole, double other)
{
    if (isnan(other)) {
        return 2;
    }
    if (other >= 9223372036854775808.0) {
        return -1;
    }
    if (other < -9223372036854775808.0) {
        return 1;
    }
    int64_t floor_of = (int64_t)floor(other);
    if (whole != floor_of) {
        return whole < floor_of ? -1 : 1;
    }
    return floor(other) < other ? -1 : 0;
}

static int
value_order_number(const struct mst_bson_value *a,
                   const struct mst_bson_value *b)
{
    int64_t left = 0;
    int64_t right = 0;
    double x = 0;
    double y = 0;
    bool whole_a = a->type != MST_BSON_DOUBLE && mst_bson_as_int64(a, &left);
    bool whole_b = b->type != MST_BSON_DOUBLE && mst_bson_as_int64(b, &right);
    if (whole_a && whole_b) {
        return left < right ? -1 : left > right;
    }
    if (!value_double(a, &x) || !value_double(b, &y)) {
        return 2;
    }
    if (whole_a) {
        return value_order_mixed(left, y);
    }
    if (whole_b) {
        int order = value_order_mixed(right, x);
        return order == 2 ? 2 : -order;
    }
    return value_order_double(x, y);
}

int
mst_studio_order(const struct mst_bson_value *a, const struct mst_bson_value *b)
{
    struct mst_slice left = MST_SLICE_NONE;
    struct mst_slice right = MST_SLICE_NONE;
    int64_t before = 0;
    int64_t after = 0;
    if (mst_bson_get_string(a, &left) && mst_bson_get_string(b, &right)) {
        size_t len = left.len < right.len ? left.len : right.len;
        int order = len == 0 ? 0 : memcmp(left.data, right.data, len);
        if (order != 0) {
            return order < 0 ? -1 : 1;
        }
        return left.len < right.len ? -1 : left.len > right.len;
    }
    if (mst_bson_get_date(a, &before) && mst_bson_get_date(b, &after)) {
        return before < after ? -1 : before > after;
    }
    if (a->type == MST_BSON_DATE || b->type == MST_BSON_DATE) {
        return 2;
    }
    return value_order_number(a, b);
}
