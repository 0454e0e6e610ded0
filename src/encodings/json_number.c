/* SPDX-License-Identifier: MIT */
/* JSON numbers: exact integers, correctly rounded doubles. */
#include "encodings/decimal128.h"
#include "encodings/double_text.h"
#include "encodings/json_bson_impl.h"
#include "encodings/little_endian.h"

enum {
    /* So many digits never wrap 64 bits. */
    NUMBER_DIGITS_SAFE = 19
};

/* A number while it is read. */
struct number {
    uint64_t mantissa; /* of the first NUMBER_DIGITS_SAFE digits */
    unsigned digits;   /* leading zeros not counted */
    int64_t exponent;  /* ten to this: point and written exponent */
    bool whole;        /* neither fraction nor exponent */
};

static inline const uint8_t *
number_digits(struct number *number, const uint8_t *at, const uint8_t *end)
{
    uint64_t mantissa = number->mantissa;
    unsigned digits = number->digits;
    for (; at < end; at++) {
        unsigned digit = (unsigned)*at - '0';
        if (digit > 9) {
            break;
        }
        if (MST_LIKELY(digits < NUMBER_DIGITS_SAFE)) {
            mantissa = mantissa * 10 + digit;
        }
        digits += mantissa != 0 && digits <= NUMBER_DIGITS_SAFE ? 1 : 0;
    }
    number->mantissa = mantissa;
    number->digits = digits;
    return at;
}

/* [eE][+-]digits; NULL when there are no digits. */
static const uint8_t *
number_exponent(struct number *number, const uint8_t *at, const uint8_t *end)
{
    int64_t value = 0;
    at++;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) {
        at++;
    }
    const uint8_t *first = at;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        /* What this cuts is far outside of any range, whatever digits stand
         * in front of it. */
        value = value < INT64_MAX / 100 ? value * 10 + (*at - '0') : value;
    }
    number->exponent += negative ? -value : value;
    return at == first ? NULL : at;
}

/* RFC 8259, section 6, without the sign. NULL: not a number. */
static inline const uint8_t *
number_scan(struct number *number, const uint8_t *at, const uint8_t *end)
{
    *number = (struct number){.whole = true};
    const uint8_t *first = at;
    at = number_digits(number, at, end);
    if (at == first || (*first == '0' && at - first > 1)) {
        return NULL;
    }
    if (at < end && *at == '.') {
        number->whole = false;
        first = ++at;
        at = number_digits(number, at, end);
        if (at == first) {
            return NULL;
        }
        number->exponent = -(int64_t)(at - first);
    }
    if (at < end && (*at | 0x20) == 'e') {
        number->whole = false;
        return number_exponent(number, at, end);
    }
    return at;
}

bool
json_bson_scan_number(const uint8_t **at, const uint8_t *end, bool *ret_whole)
{
    struct number number;
    const uint8_t *first = *at;
    if (first < end && *first == '-') {
        first++;
    }
    const uint8_t *behind = number_scan(&number, first, end);
    if (behind == NULL) {
        return false;
    }
    *at = behind;
    *ret_whole = number.whole;
    return true;
}

static void
number_put_eight(struct json_bson *json, uint8_t type, uint64_t bits)
{
    *json->type = type;
    mst_put_le64(json->out, bits);
    json->out += 8;
}

static enum mst_status
number_double(struct json_bson *json, const struct number *number,
              struct mst_slice text)
{
    double value = 0;
    if (number->digits <= NUMBER_DIGITS_SAFE
        && mst_double_scale(number->mantissa, number->exponent, &value)) {
        value = text.data[0] == '-' ? -value : value;
    } else if (!mst_double_parse(text.data, text.len, &value)) {
        return json_bson_fail(json, text.data,
                              "the number is outside the range of a double");
    }
    *json->type = MST_BSON_DOUBLE;
    mst_put_le_double(json->out, value);
    json->out += 8;
    return MST_OK;
}

/* An integer outside of int64. */
static enum mst_status
number_big(struct json_bson *json, const struct number *number,
           struct mst_slice text)
{
    if (json->options.big_numbers == MST_BIG_NUMBERS_DOUBLE) {
        return number_double(json, number, text);
    }
    if (json->options.big_numbers == MST_BIG_NUMBERS_REJECT) {
        return json_bson_fail(
            json, text.data,
            "the integer is outside the range of int64 (big_numbers = "
            "\"decimal\" or \"double\" would take it)");
    }
    if (!mst_decimal128_parse(text.data, text.len, json->out)) {
        return json_bson_fail(json, text.data,
                              "the integer has more than the 34 digits of a "
                              "Decimal128");
    }
    *json->type = MST_BSON_DECIMAL128;
    json->out += MST_DECIMAL128_LEN;
    return MST_OK;
}

static inline void
number_put_integer(struct json_bson *json, uint64_t mantissa, bool negative)
{
    uint64_t bits = negative ? 0 - mantissa : mantissa;
    if (mantissa > (uint64_t)INT32_MAX + (negative ? 1 : 0)) {
        number_put_eight(json, MST_BSON_INT64, bits);
        return;
    }
    *json->type = MST_BSON_INT32;
    mst_put_le32(json->out, (uint32_t)bits);
    json->out += 4;
}

enum mst_status
json_bson_number(struct json_bson *json)
{
    struct number number;
    const uint8_t *text = json->at;
    bool negative = *text == '-';
    const uint8_t *end =
        number_scan(&number, text + (negative ? 1 : 0), json->end);
    if (end == NULL) {
        return json_bson_fail(json, text, "not a JSON number");
    }
    json->at = end;
    struct mst_slice slice = mst_slice_of(text, (size_t)(end - text));
    if (!number.whole) {
        return number_double(json, &number, slice);
    }
    uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    if (number.digits > NUMBER_DIGITS_SAFE || number.mantissa > limit) {
        return number_big(json, &number, slice);
    }
    number_put_integer(json, number.mantissa, negative);
    return MST_OK;
}
