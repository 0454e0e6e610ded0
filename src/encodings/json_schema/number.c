/* SPDX-License-Identifier: MIT */
/* Whole numbers directly, all others as decimals. */
#include "encodings/json_schema/number.h"

#include <math.h>

#include "base/hash.h"
#include "encodings/decimal128.h"
#include "encodings/double_text.h"
#include "encodings/little_endian.h"

static struct avro_decimal
number_strip(struct avro_decimal decimal)
{
    if (decimal.coefficient == 0) {
        decimal.exponent = 0;
        return decimal;
    }
    while (decimal.coefficient % 10 == 0) {
        decimal.coefficient /= 10;
        decimal.exponent++;
    }
    return decimal;
}

bool
js_number_of(const struct mst_bson_value *value, struct js_number *ret)
{
    const uint8_t *data = value->raw.data;
    switch (value->type) {
    case MST_BSON_INT32:
        ret->kind = JS_INT;
        ret->integer = (int32_t)mst_le32(data);
        return true;
    case MST_BSON_INT64:
        ret->kind = JS_INT;
        ret->integer = (int64_t)mst_le64(data);
        return true;
    case MST_BSON_DOUBLE:
        ret->real = mst_le_double(data);
        ret->kind = isfinite(ret->real) ? JS_DOUBLE : JS_NOT_FINITE;
        return true;
    case MST_BSON_DECIMAL128:
        ret->kind = JS_DECIMAL;
        if (!avro_decimal_get(data, &ret->decimal)) {
            ret->kind = JS_NOT_FINITE;
            ret->real = NAN;
            return true;
        }
        ret->decimal = number_strip(ret->decimal);
        return true;
    default:
        return false;
    }
}

bool
js_number_is_whole(const struct js_number *number)
{
    switch (number->kind) {
    case JS_INT:
        return true;
    case JS_DOUBLE:
        return number->real == trunc(number->real);
    case JS_DECIMAL:
        return number->decimal.exponent >= 0;
    case JS_NOT_FINITE:
        break;
    }
    return false;
}

/* Of a finite number. */
static struct avro_decimal
number_decimal(const struct js_number *number)
{
    struct avro_decimal decimal = {.coefficient = 0, .exponent = 0};
    if (number->kind == JS_DECIMAL) {
        return number->decimal;
    }
    if (number->kind == JS_INT) {
        decimal.coefficient = number->integer;
        return number_strip(decimal);
    }
    uint8_t text[MST_DOUBLE_TEXT_MAX];
    uint8_t data[MST_DECIMAL128_LEN];
    const uint8_t *end = mst_double_print(text, number->real);
    /* At most 17 digits: that always fits. */
    if (mst_decimal128_parse(text, (size_t)(end - text), data)) {
        (void)avro_decimal_get(data, &decimal);
    }
    return number_strip(decimal);
}

static int
number_digits(avro_wide value)
{
    int digits = 0;
    for (; value != 0; value /= 10) {
        digits++;
    }
    return digits;
}

static int
number_sign(avro_wide value)
{
    return (value > 0) - (value < 0);
}

static int
number_compare_decimals(struct avro_decimal a, struct avro_decimal b)
{
    int sign = number_sign(a.coefficient);
    if (sign != number_sign(b.coefficient)) {
        return sign - number_sign(b.coefficient);
    }
    int places = number_digits(a.coefficient) + a.exponent
                 - number_digits(b.coefficient) - b.exponent;
    if (sign == 0 || places != 0) {
        return places > 0 ? sign : -sign * (places != 0);
    }
    /* As many digits in front of the point: neither gets more than 34. */
    for (; a.exponent > b.exponent; a.exponent--) {
        a.coefficient *= 10;
    }
    for (; b.exponent > a.exponent; b.exponent--) {
        b.coefficient *= 10;
    }
    return number_sign(a.coefficient - b.coefficient);
}

static int
number_compare_int(int64_t a, double b)
{
    /* 2^63 is exact; what is left is in range of int64. */
    if (b >= 0x1p63) {
        return -1;
    }
    if (b < -0x1p63) {
        return 1;
    }
    double whole = trunc(b);
    int64_t other = (int64_t)whole;
    if (a != other) {
        return a < other ? -1 : 1;
    }
    return (b < whole) - (b > whole);
}

bool
js_number_compare(const struct js_number *a, const struct js_number *b,
                  int *ret)
{
    if (a->kind == JS_NOT_FINITE || b->kind == JS_NOT_FINITE) {
        return false;
    }
    if (a->kind == JS_INT && b->kind == JS_INT) {
        *ret = (a->integer > b->integer) - (a->integer < b->integer);
    } else if (a->kind == JS_DOUBLE && b->kind == JS_DOUBLE) {
        *ret = (a->real > b->real) - (a->real < b->real);
    } else if (a->kind == JS_INT && b->kind == JS_DOUBLE) {
        *ret = number_compare_int(a->integer, b->real);
    } else if (a->kind == JS_DOUBLE && b->kind == JS_INT) {
        *ret = -number_compare_int(b->integer, a->real);
    } else {
        *ret = number_compare_decimals(number_decimal(a), number_decimal(b));
    }
    return true;
}

bool
js_number_is_multiple(const struct js_number *number,
                      const struct js_number *of)
{
    if (number->kind == JS_NOT_FINITE) {
        return false;
    }
    if (number->kind == JS_INT && of->kind == JS_INT) {
        return number->integer % of->integer == 0;
    }
    struct avro_decimal a = number_decimal(number);
    struct avro_decimal b = number_decimal(of);
    const avro_wide limit = (avro_wide)1 << 120;
    for (; b.exponent > a.exponent; b.exponent--) {
        /* Larger than a is: a is no multiple, but for zero. */
        if (b.coefficient > limit / 10) {
            return a.coefficient == 0;
        }
        b.coefficient *= 10;
    }
    avro_wide rest = a.coefficient % b.coefficient;
    for (; a.exponent > b.exponent && rest != 0; a.exponent--) {
        rest = rest * 10 % b.coefficient;
    }
    return rest == 0;
}

uint64_t
js_number_hash(const struct js_number *number)
{
    if (number->kind == JS_NOT_FINITE) {
        return 1;
    }
    if (number->kind == JS_INT) {
        return mst_hash64(&number->integer, sizeof(number->integer));
    }
    if (number->kind == JS_DOUBLE && number->real >= -0x1p63
        && number->real < 0x1p63 && number->real == trunc(number->real)) {
        int64_t whole = (int64_t)number->real;
        return mst_hash64(&whole, sizeof(whole));
    }
    struct avro_decimal decimal = number_decimal(number);
    avro_wide whole = decimal.coefficient;
    for (int i = 0; i < decimal.exponent && i < 20; i++) {
        if (whole > INT64_MAX || whole < INT64_MIN) {
            break;
        }
        whole *= 10;
    }
    if (decimal.exponent >= 0 && whole <= INT64_MAX && whole >= INT64_MIN) {
        int64_t integer = (int64_t)whole;
        return mst_hash64(&integer, sizeof(integer));
    }
    return mst_hash64(&decimal.coefficient, sizeof(decimal.coefficient))
           ^ (uint64_t)(int64_t)decimal.exponent;
}
